"""Questions to the person: each puts a dialog up; the answer becomes an intent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui import messages as say
from tui.mail import Intent
from tui.session import RunSummary, Session

if TYPE_CHECKING:
    from tui.app import ImbTuiApp
    from tui.follow import RunJobs

__all__ = ["Dialogs"]


class Dialogs:
    """The part of the desk that asks."""

    app: ImbTuiApp
    runs: RunJobs
    session: Session

    def ask_dataset(self) -> None:
        """Ask for a table to open."""
        from tui.screens.open_dataset import OpenDataset

        self.app.push_screen(OpenDataset(), self._posting(say.OpenRequested))

    def ask_experiment(self) -> None:
        """Ask for an experiment file to open."""
        from tui.screens.experiment_file import OpenExperiment

        done = self._posting(say.OpenExperimentRequested)
        self.app.push_screen(OpenExperiment(), done)

    def ask_save(self) -> None:
        """Ask where the experiment is to be saved."""
        from tui.screens.experiment_file import SaveExperiment

        dialog = SaveExperiment(self.session.draft.path)
        self.app.push_screen(dialog, self._posting(say.SaveExperimentRequested))

    def ask_leave(self, done: Callable[[str | None], None]) -> None:
        """Ask what becomes of the run that still works."""
        from tui.screens.leave import Leave

        run = self.session.run
        self.app.push_screen(Leave(run.number if run is not None else 0), done)

    def confirm_delete(self, run_id: str) -> None:
        """Ask before a run is deleted."""
        from tui.screens.confirm import Confirm

        found = [run for run in self.session.stored or () if run.id == run_id]
        self.app.push_screen(
            Confirm("Delete the run?", _described(found), yes="Delete"),
            self._posting(lambda _: say.DeleteRunRequested(run_id, confirmed=True)),
        )

    def show_runs(self) -> None:
        """List the stored runs."""
        from tui.screens.runs import Runs

        self.runs.list()
        if not isinstance(self.app.screen, Runs):
            self.app.open_screen(Runs())

    def _posting(
        self, made: Callable[[str], Intent | None]
    ) -> Callable[[str | None], None]:
        """Return what posts the intent made of an answer, if there is one."""

        def answered(answer: str | None) -> None:
            intent = made(answer) if answer else None
            if intent is not None:
                self.app.post_message(intent)

        return answered


def _described(found: list[RunSummary]) -> str:
    lost = "Its results cannot be brought back."
    if not found:
        return lost
    run = found[0]
    living = " It works now and will be ended." if run.status == "running" else ""
    return f"Run {run.number} on {run.source}, {len(run.arms)} arms.{living} {lost}"
