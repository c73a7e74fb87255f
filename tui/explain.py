"""What is known of a finished arm's errors, and what is looked at of them: pure.

A part of the session. All of it is about the run that is looked at; of another run
there is nothing known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from engine.client import explain as client
from tui.mail import Intent
from tui.questions import Question

if TYPE_CHECKING:
    from tui.session import Session

PAGE: Final = 200

Asked: TypeAlias = (
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


class ErrorsChosen(Intent):
    """Look at other rows, or at them in another way."""

    choice: ErrorQuery


class ExplainRequested(Intent):
    """Find something out about an arm's errors, unless it was asked already."""

    request: Asked


def state_of(session: Session) -> ExplainState:
    """Return what is known of the run that is looked at."""
    run, state = session.run, session.explain
    same = run is not None and run.id == state.run
    return state if same else ExplainState(run=run.id if run else "")


def unanswered(session: Session, request: Asked | None) -> Asked | None:
    """Return a request if it is still to be asked."""
    if request is None:
        return None
    state, place = state_of(session), PLACES[type(request)]
    known = getattr(state, place).request == request
    return None if known and state.done.get(place) == _done(session) else request


def choose(session: Session, choice: ErrorQuery) -> Session:
    """Look at something else."""
    return replace(session, explain=replace(state_of(session), choice=choice))


def note_request(session: Session, request: Asked) -> Session:
    """Note how many arms have a result now that something is asked."""
    state = state_of(session)
    done = state.done | {PLACES[type(request)]: _done(session)}
    return replace(session, explain=replace(state, done=done))


def _done(session: Session) -> int:
    """Return how many arms have a result."""
    arms = session.run.state.arms if session.run is not None else ()
    return sum(arm.evaluated is not None for arm in arms)
