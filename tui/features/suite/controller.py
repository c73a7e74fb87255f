"""The controller of the comparison over many tables."""

from __future__ import annotations

from tui.features.controller import Controller, Routes
from tui.features.suite.state import SuiteRequested, ask_suite


class SuiteController(Controller):
    """Shows the screen over many tables."""

    def routes(self) -> Routes:
        """Return the handlers of its message and its answer."""
        return {"bench.suite": self.take, SuiteRequested: self._show}

    def _show(self) -> None:
        """Show the screen, with what is read anew: runs may have ended since."""
        from tui.features.suite.screen import Bench  # put off: it brings charts

        state = self.session.bench
        question = ask_suite(state.group, state.metric)
        self.ask(question.place, question.request)
        self.app.show(Bench())
