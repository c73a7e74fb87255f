"""What happens to messages about remedies on the open table; a part of the desk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.client.lab import Balanced, Judge
from engine.resample.balance import test_path
from tui import lab
from tui import lab_messages as told
from tui.console import figures
from tui.dialogs import Dialogs
from tui.lab_jobs import LabJobs
from tui.mail import Intent, Result

if TYPE_CHECKING:
    from engine.spec import Arm
    from tui.session import Session

__all__ = ["LabDesk"]


class LabDesk(Dialogs):
    """The part of the desk that knows what remedies do."""

    labs: LabJobs

    def change(self, session: Session) -> None:
        """Replace the session and hand it on."""
        raise NotImplementedError

    def intend_lab(self, message: Intent) -> bool:
        """Do what the person wants; False if it is about something else."""
        session = self.session
        match message:
            case told.TreatRequested(wish=wish):
                self.change(lab.ask_treat(session, wish))
                self.labs.treat(self.session.lab.job, wish)
            case told.JudgeRequested(arms=arms, folds=folds, max_categories=most):
                self.change(lab.ask_judge(session))
                request = Judge(id=0, arms=arms, folds=folds, max_categories=most)
                self.labs.judge(self.session.lab.judging, request)
            case told.BalanceAsked(arm=arm):
                self.ask_balance(arm)
            case told.BalanceRequested():
                self.app.tell("the balanced table is being written …")
                self.labs.balance(message)
            case told.LeakAsked(arm=arm):
                self.show_leak(arm)
            case told.LeakRequested(arm=arm):
                self.change(lab.ask_leak(session, arm))
                request_of = session.load.request
                seed = 42 if request_of is None else request_of.seed
                self.labs.leak(self.session.lab.leak_job, arm, seed)
            case told.LeakLeft():
                self.labs.stop_leak()
                self.change(lab.leak_ended(session))
            case _:
                return False
        return True

    def take_lab(self, message: Result) -> bool:
        """Take what a job found out; False if it is about something else."""
        session = self.session
        match message:
            case told.TreatedShown(job=job, wish=wish, treated=answer):
                self.change(lab.treated(session, job, wish, answer))
            case told.TreatFailed(job=job, problem=problem):
                self.change(lab.treat_failed(session, job, problem))
            case told.JudgedRows(job=job, judged=answer):
                self.change(lab.judged(session, job, answer))
            case told.BalanceWritten(balanced=balanced):
                self.app.tell(_said(balanced), "Balanced table written")
            case told.LeakProgressed(job=job, stage=stage):
                self.change(lab.leak_progressed(session, job, stage))
            case told.LeakTold(job=job, shown=shown):
                self.change(lab.leak_shown(session, job, shown))
            case told.LeakFailed(job=job, problem=problem):
                self.change(lab.leak_failed(session, job, problem))
            case _:
                return False
        return True

    # The balanced table ------------------------------------------------------------

    def ask_balance(self, arm: Arm) -> None:
        """Ask where and how the balanced training table is to be written."""
        from tui.screens.balance import BalanceTable

        load = self.session.load
        if load.table is None:
            return

        def answered(wish: told.BalanceRequested | None) -> None:
            if wish is not None:
                self.ask_replace(_files(wish), wish, replace(wish, overwrite=True))

        rows = self.session.lab.of(arm)
        self.app.push_screen(BalanceTable(arm, load.table, rows), answered)

    # The leak ----------------------------------------------------------------------

    def show_leak(self, arm: Arm) -> None:
        """Show the wrong way beside the right one, and work it out unless it is."""
        from tui.screens.leak import Leak

        state = self.session.lab
        if isinstance(self.app.screen, Leak):
            return
        if state.leak_arm != arm or (state.leak is None and not state.leak_job):
            self.intend_lab(told.LeakRequested(arm))
        self.app.open_screen(Leak())


def _files(wish: told.BalanceRequested) -> list[Path]:
    """Return what would be written."""
    path = Path(wish.path).expanduser()
    return [path, test_path(path)] if wish.split else [path]


def _said(balanced: Balanced) -> str:
    """Say what is in which file."""
    rows = sum(balanced.after.values())
    text = f"{figures.plural(rows, 'training row')} in {balanced.path}"
    if balanced.synthetic:
        text += f", {balanced.synthetic:,} of them synthetic"
    if balanced.test_path is not None:
        text += f"; test rows, untouched, in {balanced.test_path}"
    for repair in balanced.repairs:
        text += f"; repaired: {repair}"
    return text
