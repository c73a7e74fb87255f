"""What a store must still hold after something was killed, and how it is looked at."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from engine.core.events import Compared, RunFinished, RunStarted, Warned, path
from engine.store import Run, Store, open_store
from tests.support.documents import build
from tests.support.runs import timeless

__all__ = ["Row", "committed", "document", "intact", "integrity", "last_word", "stop"]

Row = tuple[int, str, bytes]
"""Number, path and checksum of a result, as it is stored."""


def committed(db: sqlite3.Connection, run: str) -> list[Row]:
    """Return the results of a run that are in a store at this moment."""
    rows = db.execute(
        "SELECT seq, path, checksum FROM events WHERE run = ? ORDER BY seq", (run,)
    )
    return rows.fetchall()


def integrity(file: Path) -> str:
    """Return what SQLite says after it has looked at every page."""
    with closing(sqlite3.connect(file)) as db:
        return "; ".join(row for (row,) in db.execute("PRAGMA integrity_check"))


def intact(file: Path, run: str, before: list[Row]) -> Run:
    """Assert that a store lost nothing and holds nothing twice; return the run.

    Parameters
    ----------
    file : Path
        The store.
    run : str
    before : list of Row
        What was committed for certain.
    """
    with open_store(file) as store:
        assert getattr(store, "problem", None) is None
        events = store.events(run)  # its checksums are looked at by that
        store.artifacts(run)
        with closing(sqlite3.connect(file)) as db:
            now = committed(db, run)
        assert now[: len(before)] == before, "a committed result is gone"
        assert [seq for seq, _ in events] == list(range(1, len(events) + 1))
        _once(events)
        found = store.run(run)
    assert integrity(file) == "ok"
    return found


def _once(events: list[tuple[int, Any]]) -> None:
    """Assert that no result is there twice."""
    alone = [
        (type(event).__name__, path(event))
        for _, event in events
        # Said again by each process that goes on with a run.
        if not isinstance(event, Warned | RunFinished)
    ]
    doubled = [what for what, times in Counter(alone).items() if times > 1]
    assert not doubled, f"stored twice: {doubled}"
    kinds = Counter(type(event) for _, event in events)
    assert kinds[RunStarted] <= 1
    assert kinds[Compared] <= 1


def document(store: Store, run: str) -> dict[str, Any]:
    """Return the result document of a run without what may differ: times and ids."""
    return timeless(build(store.state(run), run="", status=store.run(run).status))


def last_word(log: Path) -> str:
    """Return the end of a log, to be shown with a failure."""
    return log.read_text(errors="replace")[-2000:] if log.exists() else "no log"


def stop(pid: int, file: Path) -> None:
    """Stop a process where it holds no lock on a store, as it does most of the time."""
    for _ in range(1000):
        os.kill(pid, signal.SIGSTOP)
        with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as db:
            try:
                db.execute("BEGIN IMMEDIATE")
                db.execute("ROLLBACK")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
                time.sleep(0.001)
            else:
                return
    raise AssertionError("it never lets go of the store")
