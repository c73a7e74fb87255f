"""What happens to messages about methods on the open table; a part of the desk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.client.lab import Balance, Balanced, LeakDemo
from engine.resample.balance import test_path
from tui import arm_messages as told
from tui import questions
from tui.console import figures
from tui.dialogs import Dialogs
from tui.mail import Intent, Result
from tui.questions import Ask

if TYPE_CHECKING:
    from engine.spec import Arm
    from tui.jobs import Jobs
    from tui.session import Session


class LabDesk(Dialogs):
    """The part of the desk that knows what methods do."""

    jobs: Jobs
    questions: questions.Questions

    def change(self, session: Session) -> None:
        """Replace the session and hand it on."""
        raise NotImplementedError

    def intend_lab(self, message: Intent) -> bool:
        """Do what the person wants; False if it is about something else."""
        match message:
            case told.BalanceAsked(arm=arm):
                self.ask_balance(arm)
            case told.BalanceRequested():
                self._balance(message)
            case told.LeakAsked(arm=arm):
                self.show_leak(arm)
            case told.LeakLeft():
                self.questions.stop("lab.leak")
                self.change(questions.stop(self.session, "lab.leak"))
            case _:
                return False
        return True

    def take_lab(self, message: Result) -> bool:
        """Take what a job found out; False if it is about something else."""
        match message:
            case told.BalanceWritten(balanced=balanced):
                self.app.tell(_said(balanced), "Balanced table written")
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

    def _balance(self, wanted: told.BalanceRequested) -> None:
        """Write the balanced training table."""
        self.app.tell("the balanced table is being written …")
        request = Balance(
            id=0,
            arm=wanted.arm,
            path=str(Path(wanted.path).expanduser().absolute()),
            split=wanted.split,
            flag=wanted.flag,
            overwrite=wanted.overwrite,
        )
        title = "The table cannot be written"
        self.jobs.order(request, title, told.BalanceWritten)

    # The leak ----------------------------------------------------------------------

    def show_leak(self, arm: Arm) -> None:
        """Show the wrong way beside the right one, and work it out unless it is."""
        from tui.screens.leak import Leak

        leak, load = self.session.lab.leak, self.session.load.request
        if isinstance(self.app.screen, Leak):
            return
        request = LeakDemo(id=0, arm=arm, seed=42 if load is None else load.seed)
        if leak.request != request or not (leak.pending or leak.answered == request):
            self.app.post_message(Ask("lab.leak", request))
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
