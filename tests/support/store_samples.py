"""Stores with runs made of events: nothing is trained, and nothing is started."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.core.events import Event, RunFinished, RunStarted
from engine.core.experiment import Experiment
from engine.store import Run, RunLock, RunOptions, Store, open_store
from tests.support.console_samples import events


def add(store: Store, some: Iterable[Event] | None = None, **options: object) -> Run:
    """Store a run that has said all this; one that is done when None."""
    told = events() if some is None else list(some)
    run = store.create(wanted(told), RunOptions(**options))  # type: ignore[arg-type]
    epoch = store.begin(run.id, os.getpid())
    for event in told:
        store.append(run.id, event, epoch=epoch)
    return store.run(run.id)


def wanted(some: Iterable[Event]) -> Experiment:
    return next(e.experiment for e in some if isinstance(e, RunStarted))


def unfinished() -> list[Event]:
    """All but the last two arms' results and the end."""
    return [e for e in events() if not isinstance(e, RunFinished)][:-6]


@contextlib.contextmanager
def living(store: Store, some: Iterable[Event] | None = None) -> Iterator[Run]:
    """A run whose process is this one, as far as anybody can tell."""
    run = add(store, unfinished() if some is None else some)
    held = RunLock(store.folder, run.id)
    assert held.acquire()
    try:
        yield store.run(run.id)
    finally:
        held.release()


def silence(store: Store, run: Run, seconds: float) -> Run:
    """Let the process of a run have said nothing for so long."""
    with store._transaction() as db:
        db.execute("UPDATE runs SET beat = beat - ? WHERE id = ?", (seconds, run.id))
    return store.run(run.id)


def damage(store: Store, run: Run) -> None:
    """Change a result of a run behind the store's back."""
    with store._transaction() as db:
        db.execute(
            "UPDATE events SET payload = payload || x'20' WHERE run = ? AND seq = 2",
            (run.id,),
        )


def opened(folder: Path) -> Store:
    return open_store(folder / "runs.sqlite")
