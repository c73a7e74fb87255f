"""The light side of the engine's child processes; no science stack here.

`runs` starts, follows and cancels the process of a run. `service` speaks to the
child that loads and describes tables for the app; `messages` is their language.
"""

from typing import TYPE_CHECKING

from engine._public import public

if TYPE_CHECKING:
    from engine.client.runs import cancel as cancel
    from engine.client.runs import follow as follow
    from engine.client.runs import resume as resume
    from engine.client.runs import start as start
    from engine.client.runs import wait as wait

__all__, __getattr__, __dir__ = public(
    __name__,
    {
        "child": "Child",
        "explain": (
            "ArmPair ColumnImportance Contribution Contributions ContributionsShown "
            "ErrorGroups ErrorRow ErrorRows GroupsShown Importance ImportanceShown "
            "Level RowsShown Shown Uneven"
        ),
        "lab": (
            "Balance Balanced Finding Preflight LeakDemo LeakScore LeakShown "
            "PreflightReport SyntheticRow Treat TreatedRows"
        ),
        "messages": (
            "Alone Answer AskSuite ColumnInfo ColumnPicture ExportPlanned Exported "
            "Failure Load LoadProgress Look PageRequest PictureRequest PlanExport "
            "Preview Ready Reply Request Sketch Sketched SuiteGroup SuiteShown "
            "TableInfo TablePage Warming WriteExport WriteMade TableWritten"
        ),
        "runs": "* cancel follow resume start wait",
        "service": "LONG Service",
        "wire": "*",
    },
)
