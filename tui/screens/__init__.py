"""The screens: one module each, with a ``.tcss`` of the same name beside it.

What belongs here: the workbench, the start view, dialogs, and what frames them
(`frame`). A screen reads the app's session and posts intents, as panes do.
"""

from engine.core.lazy import public

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "base": ("SessionScreen", "TooSmall"),
        "columns": ("ChooseColumns", "ColumnRole", "role_intent=intent"),
        "compare_runs": ("COMPARE", "CompareRuns"),
        "costs": ("GiveCosts", "at_costs"),
        "dialogs": ("ChoiceDialog", "ErrorDialog", "PickColumn"),
        "frame": ("Headline", "KeyLine"),
        "generate": ("Generate", "MAKE"),
        "help": ("Help", "manual", "offered"),
        "methods": ("arm_choices=choices",),
        "pick_path": (
            "OpenDataset OpenTestRows PickPath SUFFIXES common_start=common "
            "list_paths=listing"
        ),
        "read_options": ("ReadOptions", "given_options=set_option"),
        "runs": ("RUNS", "Runs"),
        "start": ("Start",),
        "workbench": ("WORKBENCH", "Workbench", "pane_types"),
    },
)
