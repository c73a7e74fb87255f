"""What a user can do, a folder each: state, messages, controller, pane, dialogs, style.

Beside them stands what all share: the session, messages, and the bases of controllers,
panes and screens.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "arms.dialogs": "GiveCosts at_costs arm_choices",
        "arms.pane": "ArmsPane",
        "dataset.dialogs": ("ChooseColumns ColumnRole ReadOptions set_option"),
        "dataset.generate": "Generate MAKE",
        "dataset.lists": "RowsView",
        "dataset.pane": "DatasetPane",
        "dataset.pick_path": (
            "OpenDataset OpenTestRows PickPath SUFFIXES common_start list_paths"
        ),
        "dataset.views": "OverviewView",
        "dialogs": "ChoiceDialog ErrorDialog PickColumn",
        "screen": "Headline KeyLine SessionScreen TooSmall",
        "lab.lineage": "judgements",
        "lab.views": "PreviewView",
        "pane": "Pane Picture SessionWidget",
        "results.operating": "arm_rows",
        "runs.screen": "COMPARE CompareRuns RUNS Runs",
    },
)
