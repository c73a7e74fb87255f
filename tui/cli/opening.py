"""Stores as the commands open them: what must be said about one is said, once."""

from __future__ import annotations

import shutil
from pathlib import Path

from engine import store as stores
from engine.store.record import unreadable
from engine.store.store import Run, Store
from tui.cli.streams import tell_once


def open_store(path: str | Path | None = None, *, create: bool = True) -> Store:
    """Open a store, and say on standard error what a person must know about it.

    Parameters
    ----------
    path, create
        As in `engine.store.open_store`.

    Returns
    -------
    Store
        Where it is damaged or newer, one that is only read.

    Raises
    ------
    StoreError
        If it cannot be opened at all.
    """
    opened = stores.open_store(path, create=create)
    problem = (opened.problem,) if opened.problem else ()
    for text in (*opened.notices, *problem):
        tell_once(text)
    return opened


def readable(store: Store, name: str) -> Run:
    """Return a run by its name.

    Raises
    ------
    StoreError
        If there is no such run, or another version wrote it.
    """
    run = store.run(name)
    if run.status == "unreadable":
        raise unreadable(run.id)
    return run


def free_bytes(store: Store) -> int | None:
    """Return the room on the disk of a store; None if that cannot be told."""
    try:
        return shutil.disk_usage(store.path.parent).free
    except OSError:
        return None
