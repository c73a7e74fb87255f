"""Questions to the person: each puts a dialog up; the answer becomes an intent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui import messages as say
from tui.session import RunSummary

if TYPE_CHECKING:
    from tui.app import ImbTuiApp

__all__ = [
    "ask_dataset",
    "ask_experiment",
    "ask_leave",
    "ask_save",
    "confirm_delete",
    "show_runs",
]


def ask_dataset(app: ImbTuiApp) -> None:
    """Ask for a table to open."""
    from tui.screens.open_dataset import OpenDataset

    app.push_screen(OpenDataset(), _posting(app, say.OpenRequested))


def ask_experiment(app: ImbTuiApp) -> None:
    """Ask for an experiment file to open."""
    from tui.screens.experiment_file import OpenExperiment

    app.push_screen(OpenExperiment(), _posting(app, say.OpenExperimentRequested))


def ask_save(app: ImbTuiApp) -> None:
    """Ask where the experiment is to be saved."""
    from tui.screens.experiment_file import SaveExperiment

    dialog = SaveExperiment(app.session.draft.path)
    app.push_screen(dialog, _posting(app, say.SaveExperimentRequested))


def ask_leave(app: ImbTuiApp, done: Callable[[str | None], None]) -> None:
    """Ask what becomes of the run that still works."""
    from tui.screens.leave import Leave

    run = app.session.run
    app.push_screen(Leave(run.number if run is not None else 0), done)


def confirm_delete(app: ImbTuiApp, run_id: str) -> None:
    """Ask before a run is deleted."""
    from tui.screens.confirm import Confirm

    found = [run for run in app.session.stored or () if run.id == run_id]
    app.push_screen(
        Confirm("Delete the run?", _described(found), yes="Delete"),
        _posting(app, lambda _: say.DeleteRunRequested(run_id, confirmed=True)),
    )


def show_runs(app: ImbTuiApp) -> None:
    """List the stored runs."""
    from tui.screens.runs import Runs

    app.runs.list()
    if not isinstance(app.screen, Runs):
        app.open_screen(Runs())


def _posting(
    app: ImbTuiApp, made: Callable[[str], say.Intent]
) -> Callable[[str | None], None]:
    """Return what posts the intent made of an answer, if there is one."""

    def answered(answer: str | None) -> None:
        if answer:
            app.post_message(made(answer))

    return answered


def _described(found: list[RunSummary]) -> str:
    lost = "Its results cannot be brought back."
    if not found:
        return lost
    run = found[0]
    living = " It works now and will be ended." if run.status == "running" else ""
    return f"Run {run.number} on {run.source}, {len(run.arms)} arms.{living} {lost}"
