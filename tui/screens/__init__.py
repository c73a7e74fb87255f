"""The screens: one module each, with a ``.tcss`` of the same name beside it.

What belongs here: the workbench, the start view, dialogs, and what frames them
(`frame`). A screen reads the app's session and posts intents, as panes do.
"""
