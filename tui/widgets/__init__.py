"""Small widgets that know nothing of sessions, runs or tables.

What belongs here: what more than one screen or pane needs and Textual has not.
"""
