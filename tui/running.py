"""What happens to runs in a session: pure functions from a session to the next one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from engine.events import Event
from engine.state import reduce
from tui.draft import Problem
from tui.looking import looking
from tui.runlog import written
from tui.session import DiskUse, Run, RunSummary, Session, StoreInfo

MOST_LOG_LINES = 500


def follow(session: Session, run: Run) -> Session:
    """Look at a run from now on; one that was looked at is seen as before."""
    if session.run is None or session.run.id != run.id:
        session = looking(session, policy=None, klass=None, thresholds={})
    return _replace(session, run=run)


def run_events(
    session: Session,
    run_id: str,
    events: Iterable[Event],
    status: str,
    elapsed: float,
    cancelling: bool = False,
    silent: float | None = None,
) -> Session:
    """Take news of the followed run; those of any other are dropped."""
    run = session.run
    if run is None or run.id != run_id:
        return session
    state, log = run.state, run.log
    for event in events:
        new = reduce(state, event)
        log += written(event, state, new)
        state = new
    live = status in ("queued", "running")
    return _replace(
        session,
        run=msgspec.structs.replace(
            run,
            state=state,
            status=status,
            elapsed=elapsed,
            log=log[-MOST_LOG_LINES:],
            cancelling=(run.cancelling or cancelling) and live,
            silent=silent if live else None,
            lost=None,
        ),
    )


def cancelling(session: Session, run_id: str) -> Session:
    """Note that the followed run was asked to end."""
    run = session.run
    if run is None or run.id != run_id or not run.live:
        return session
    return _replace(session, run=msgspec.structs.replace(run, cancelling=True))


def lost(session: Session, run_id: str, problem: Problem) -> Session:
    """Note that the followed run cannot be followed any more."""
    run = session.run
    if run is None or run.id != run_id:
        return session
    return _replace(session, run=msgspec.structs.replace(run, lost=problem))


def forget_run(session: Session, run_id: str) -> Session:
    """Look at no run any more, if it was that one."""
    if session.run is None or session.run.id != run_id:
        return session
    return _replace(session, run=None)


def stored(session: Session, runs: tuple[RunSummary, ...]) -> Session:
    """Note what the store holds."""
    if runs == session.stored and session.unlisted is None:
        return session
    return _replace(session, stored=runs, unlisted=None)


def unlisted(session: Session, problem: Problem) -> Session:
    """Note that the store cannot be listed."""
    return _replace(session, unlisted=problem)


def store_told(session: Session, store: StoreInfo) -> Session:
    """Note where runs are kept."""
    return session if store == session.store else _replace(session, store=store)


def usage(session: Session, found: DiskUse) -> Session:
    """Note how much of the disk the store takes."""
    return session if found == session.usage else _replace(session, usage=found)


def _replace(session: Session, **changes: Any) -> Session:
    return msgspec.structs.replace(session, **changes)
