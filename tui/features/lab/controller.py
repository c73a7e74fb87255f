"""The controller of the lab: what methods do, the balanced table, the leak."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.core import format as figures
from engine.core.lab import Balance, Balanced, EstimateRun, LeakDemo
from engine.core.methods.grammar import Arm
from engine.io.balanced import test_path
from tui.features import messages
from tui.features.controller import Controller, Routes
from tui.features.lab import words
from tui.features.lab.screens import BalanceTable, Leak
from tui.features.lab.state import (
    BalanceDialogRequested,
    BalanceRequested,
    EstimateRequested,
    LeakScreenClosed,
    LeakScreenRequested,
)
from tui.features.questions import News
from tui.features.session import experiment


class LabController(Controller):
    """Handles messages about what methods do before a run."""

    def routes(self) -> Routes:
        """Return the handlers of messages about the lab."""
        return {
            "lab.treat": self.take,
            "lab.judge": self._take_findings,
            "lab.leak": self.take,
            "lab.estimate": self.take,
            EstimateRequested: self._estimate,
            BalanceDialogRequested: self._ask_balance,
            BalanceRequested: self._balance,
            LeakScreenRequested: self._show_leak,
            LeakScreenClosed: lambda: self.stop_asking("lab.leak"),
        }

    def _take_findings(self, news: News) -> None:
        self.take(news)
        self.change(words.keep_findings(self.session))

    def _ask_balance(self, arm: Arm) -> None:
        """Ask where and how the balanced training table is to be written."""

        def write(request: BalanceRequested) -> None:
            path = Path(request.path).expanduser()
            files = [path, test_path(path)] if request.split else [path]
            self.ask_replace(files, request, replace(request, overwrite=True))

        table, rows = self.session.load.table, self.session.lab.of(arm)
        if table is not None:
            self.put(BalanceTable(arm, table, rows), write)

    def _balance(
        self, arm: Arm, path: str, split: bool, flag: str | None, overwrite: bool
    ) -> None:
        """Write the balanced training table."""
        self.app.tell("the balanced table is being written …")
        out = str(Path(path).expanduser().absolute())
        request = Balance(
            id=0, arm=arm, path=out, split=split, flag=flag, overwrite=overwrite
        )
        self.jobs.order(request, "The table cannot be written", _notice_of_balanced)

    def _estimate(self) -> None:
        """Ask what a run would take, unless one is at work or cannot begin."""
        if (problem := self.session.runnable) is not None:
            self.refuse("The run cannot be timed", problem)
            return
        request = EstimateRun(id=0, experiment=experiment(self.session))
        known = self.session.lab.estimate
        if known.request != request or not (known.pending or known.answer):
            self.ask("lab.estimate", request)

    def _show_leak(self, arm: Arm) -> None:
        """Show the wrong way beside the right one, and work it out unless it is."""
        leak, load = self.session.lab.leak, self.session.load.request
        request = LeakDemo(id=0, arm=arm, seed=42 if load is None else load.seed)
        if leak.request != request or not (leak.pending or leak.answered == request):
            self.ask("lab.leak", request)
        self.app.show(Leak())


def _notice_of_balanced(balanced: Balanced) -> messages.Notice:
    """Say what is in which file."""
    rows = sum(balanced.after.values())
    text = f"{figures.plural(rows, 'training row')} in {balanced.path}"
    if balanced.synthetic:
        text += f", {balanced.synthetic:,} of them synthetic"
    if balanced.test_path is not None:
        text += f"; test rows, unchanged, in {balanced.test_path}"
    text += "".join(f"; adjusted: {repair}" for repair in balanced.repairs)
    return messages.Notice(text, "Balanced table written")
