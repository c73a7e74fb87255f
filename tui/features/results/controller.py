"""The controller of the results: what is looked at, and the errors of an arm."""

from __future__ import annotations

from tui.features import messages, reducers
from tui.features.controller import Controller, Routes
from tui.features.results import explain
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
            ErrorsChosen: self.changes(explain.choose),
            ExplainRequested: self._explain,
        }

    def _explain(self, request: ErrorsRequest) -> None:
        if explain.unanswered(self.session, request) is not None:
            # Noted with the question, in one change: screens would ask once more.
            session = explain.note_request(self.session, request)
            self.ask(f"explain.{PLACES[type(request)]}", request, session)
