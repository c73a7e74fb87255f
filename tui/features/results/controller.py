"""The controller of the results: what is looked at, and the errors of an arm."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tui.features import messages, reducers
from tui.features.controller import Controller, Routes
from tui.features.results.state import (
    PLACES,
    ErrorsChosen,
    ErrorsRequest,
    ExplainRequested,
)


class ResultsController(Controller):
    """Handles messages about results."""

    def routes(self) -> Routes:
        """Return the handlers of messages about results."""
        return {
            **{f"explain.{place}": self.take for place in PLACES.values()},
            messages.PointChosen: self.changes(reducers.choose_point),
            messages.ClassChosen: self.changes(reducers.choose_class),
            messages.ThresholdMoved: self.changes(reducers.move_threshold),
            ErrorsChosen: self._choose,
            ExplainRequested: self._explain,
        }

    def _choose(self, changes: dict[str, Any]) -> None:
        """Look at something else."""
        now, explain = self.session, self.session.explained
        new = {k: v(now) if callable(v) else v for k, v in changes.items()}
        explain = replace(explain, choice=replace(explain.choice, **new))
        self.change(replace(now, explain=explain))

    def _explain(self, request: ErrorsRequest) -> None:
        state, evaluated = self.session.explained, self.session.evaluated
        if state.lacks(request, evaluated):
            # Noted with the question, in one change: screens would ask once more.
            noted = replace(self.session, explain=state.expect(request, evaluated))
            self.ask(f"explain.{PLACES[type(request)]}", request, noted)
