"""The state and the messages of what is known of a finished arm's errors.

A part of the session. All of it is about the run that is looked at; of another run
there is nothing known.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from engine.core import explain as client
from tui.features.mail import Intent
from tui.features.questions import Question

PAGE: Final = 200

ErrorsRequest: TypeAlias = (
    client.ErrorRows | client.ErrorGroups | client.Importance | client.Contributions
)
PLACES: Final = {
    client.ErrorRows: "rows",
    client.ErrorGroups: "groups",
    client.Importance: "importance",
    client.Contributions: "parts",
}
"""Where in `ExplainState` a question belongs."""


class ErrorQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What a user wants to see of an arm's errors.

    Parameters
    ----------
    kind : {"missed", "alarms", "found", "left"}
    against : str or None
        Only rows that this arm predicts otherwise.
    by : str or None
        Column whose levels are counted, in the place of the rows.
    where : tuple of (str, str) or None
        Only rows that have this level in this column.
    best : bool
        The other end of the rows first.
    sort : tuple of (int, bool) or None
        Column that they are sorted by in its place, and whether the largest come first.
    start : int
        First row of the page.
    row : int or None
        Number in the table of the row whose score is taken apart.
    """

    kind: client.Kind = "missed"
    against: str | None = None
    by: str | None = None
    where: tuple[str, str] | None = None
    best: bool = False
    sort: tuple[int, bool] | None = None
    start: int = 0
    row: int | None = None


class ExplainState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the errors in the run `run`, and what is looked at.

    `done` has the number of arms with a result when each place was asked.
    """

    run: str = ""
    choice: ErrorQuery = ErrorQuery()
    rows: Question[client.ErrorRows, client.RowsShown] = Question()
    groups: Question[client.ErrorGroups, client.GroupsShown] = Question()
    importance: Question[client.Importance, client.ImportanceShown] = Question()
    parts: Question[client.Contributions, client.ContributionsShown] = Question()
    done: dict[str, int] = {}

    def lacks(self, request: ErrorsRequest, evaluated: int) -> bool:
        """Tell whether a question is still to be asked, with so many results."""
        place = PLACES[type(request)]
        asked = getattr(self, place).request == request
        return not asked or self.done.get(place) != evaluated

    def expect(self, request: ErrorsRequest, evaluated: int) -> ExplainState:
        """Note how many arms have a result now that something is asked."""
        return replace(self, done=self.done | {PLACES[type(request)]: evaluated})


class ErrorsChosen(Intent):
    """Look at other rows, or at them in another way.

    Some fields of the `ErrorQuery`; a function makes its value of the newest session.
    """

    changes: dict[str, Any]


class ExplainRequested(Intent):
    """Find something out about an arm's errors, unless it was asked already."""

    request: ErrorsRequest
