"""A store's run that has a process: this one, which holds its lock."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from engine.store import Store, open_store, rows


@contextlib.contextmanager
def at_work(path: Path, run_id: str) -> Iterator[Store]:
    """Hold a run's lock, as its process does, with the store open to write events."""
    with open_store(path) as store:
        held = rows.RunLock(store.folder, run_id)
        assert held.acquire()
        store.begin(run_id, os.getpid())
        try:
            yield store
        finally:
            held.release()
