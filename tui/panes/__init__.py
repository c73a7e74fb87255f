"""The four panes and their pictures.

What belongs here: one module per pane (`dataset`, `arms`, `training`, `results`)
with a `Pane` for the left column and a `Picture` for the right side, and what they
alone share. They read a session and post intents; they start no work and know
neither the app nor each other. The workbench mounts them.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "arms": ("ArmsPane",),
        "arms_lineage": ("judgements",),
        "arms_preview": ("PreviewView",),
        "base": ("Pane", "Picture", "SessionWidget"),
        "dataset": ("DatasetPane",),
        "dataset_lists": ("RowsView",),
        "dataset_views": ("OverviewView",),
        "operating": ("arm_rows=rows",),
    },
)
