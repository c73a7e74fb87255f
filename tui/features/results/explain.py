"""What is known of the errors in the run that is looked at: pure functions."""

from __future__ import annotations

from msgspec.structs import replace

from tui.features.results.state import PLACES, ErrorQuery, ErrorsRequest, ExplainState
from tui.features.session import Session


def state_of(session: Session) -> ExplainState:
    """Return what is known of the run that is looked at."""
    run, state = session.run, session.explain
    same = run is not None and run.id == state.run
    return state if same else ExplainState(run=run.id if run else "")


def unanswered(session: Session, request: ErrorsRequest | None) -> ErrorsRequest | None:
    """Return a request if it is still to be asked."""
    if request is None:
        return None
    state, place = state_of(session), PLACES[type(request)]
    known = getattr(state, place).request == request
    return None if known and state.done.get(place) == _done(session) else request


def choose(session: Session, choice: ErrorQuery) -> Session:
    """Look at something else."""
    return replace(session, explain=replace(state_of(session), choice=choice))


def note_request(session: Session, request: ErrorsRequest) -> Session:
    """Note how many arms have a result now that something is asked."""
    state = state_of(session)
    done = state.done | {PLACES[type(request)]: _done(session)}
    return replace(session, explain=replace(state, done=done))


def _done(session: Session) -> int:
    """Return how many arms have a result."""
    arms = session.run.state.arms if session.run is not None else ()
    return sum(arm.evaluated is not None for arm in arms)
