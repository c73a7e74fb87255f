"""A run that a program waits for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from engine.api.methods import keep_objects
from engine.api.place import RunPlace
from engine.api.progress import How, Progress, shown
from engine.core.errors import EngineError, StoreError
from engine.core.record import Run
from engine.core.state import State, reduce
from engine.service.client import runs
from engine.store.store import Store


def drive(
    place: RunPlace, run: Run, progress: How = "auto", objects: Mapping[str, Any] = {}
) -> None:
    """Start the process of a queued run and wait for its end; an interrupt cancels it.

    Parameters
    ----------
    place : RunPlace
    run : Run
    progress : bool, "auto" or callable, default="auto"
    objects : mapping of str to object
        Samplers that are not in the registry, by the names of their methods.

    Raises
    ------
    EngineError
        If it came to no result, for a reason that is not an interrupt.
    """
    with (
        place.open() as store,
        shown(progress, run) as display,
        keep_objects(objects) as file,
    ):
        state = _so_far(store, run)
        runs.start(store, run, objects=file)
        try:
            state = _drain(store, run, state, display)
        except KeyboardInterrupt:
            with suppress(StoreError):  # it may have ended in this moment
                runs.cancel(store, store.run(run.id))
            state = store.state(run.id)
            display(state)
        runs.reap(run.id)
        ended = store.run(run.id)
        if state.experiment is None and ended.status != "cancelled":
            # It never began: nothing is kept of it.
            store.delete(run.id, keep_log=state.error is None)
    if ended.status != "cancelled" and not any(a.evaluated for a in state.arms):
        raise _failure(state, place.log(run.id))


def _drain(store: Store, run: Run, state: State, display: Progress) -> State:
    after = len(store.events(run.id))
    for event in runs.follow(store, run.id, after=after):
        if event is not None:
            state = reduce(state, event)
        display(state)
    return state


def _so_far(store: Store, run: Run) -> State:
    """Return the state that an earlier part of a run came to."""
    state = store.state(run.id)
    return replace(state, status="running", error=None)


def _failure(state: State, log: Path) -> EngineError:
    """Return the error that ended a run."""
    known = state.error or {
        "message": "the run's process ended without an error",
        "fix": f"its log has the details: {log}",
    }
    kind = next(
        (k for k in _every(EngineError) if k.code == known.get("code")), EngineError
    )
    return kind(known["message"], known.get("fix", ""), field=known.get("field"))


def _every(kind: type[EngineError]) -> list[type[EngineError]]:
    return [kind, *(k for sub in kind.__subclasses__() for k in _every(sub))]
