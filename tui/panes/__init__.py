"""The four panes and their pictures.

What belongs here: one module per pane (`dataset`, `arms`, `training`, `results`)
with a `Pane` for the left column and a `Picture` for the right side, and what they
alone share. They read a session and post intents; they start no work and know
neither the app nor each other. `registry` names those that the workbench mounts.
"""
