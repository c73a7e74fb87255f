"""Rows of the store as values, each checked against its checksum."""

from __future__ import annotations

import functools
import hashlib
import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import EngineError, StoreError
from engine.events import Event, decode
from engine.spec import Experiment
from engine.store import lock, record
from engine.store.record import ENDED, UNKNOWN, Run, RunOptions, unreadable

START_SECONDS = 60.0
"""How long a queued run may take until its process holds the lock."""
LAST_SECOND = 250e9
"""Before the year 9999, the last that a date can have."""
NO_ID = "????????"
"""Stands for an id that cannot be one."""

COLUMNS = (
    *("id", "number", "created", "experiment", "options", "status", "queued", "pid"),
    *("finished", "cancel", "epoch", "machine", "beat", "note", "tags", "checksum"),
    "seal",
)
"""Those of a run."""
SEALED = ("id", "number", "created", "status", "finished", "note", "tags")
"""What the seal of a run's row covers; `checksum` is that of its experiment."""

Row = tuple[Any, ...]


def checksum(data: bytes) -> bytes:
    """Return the checksum of what is stored.

    Examples
    --------
    >>> checksum(b"result").hex()
    '9a0af8c54b85ba4d2769356f9606970f'
    """
    return hashlib.blake2b(data, digest_size=16).digest()


def is_whole(data: object, known: object) -> bool:
    """Tell whether data is what was written, by its checksum."""
    return isinstance(data, bytes) and checksum(data) == known


def verify(data: object, known: object, what: str) -> None:
    """Raise a StoreError that names a row if it is not what was written."""
    if not is_whole(data, known):
        raise StoreError(
            f"{what} is damaged: it is not what was written",
            "delete the run and start it again",
        )


def decode_event(payload: bytes, run_id: str) -> Event:
    """Return the event that a row holds.

    Raises
    ------
    StoreError
        If another version wrote it.
    """
    try:
        return decode(payload)
    except (msgspec.MsgspecError, EngineError, RecursionError):
        raise unreadable(run_id) from None


def seal(db: sqlite3.Connection, run_id: str) -> None:
    """Renew the checksum of a run's row after a change of it."""
    row = db.execute(
        f"SELECT {', '.join(SEALED)} FROM runs WHERE id = ?", (run_id,)
    ).fetchone()
    if row is not None:
        db.execute("UPDATE runs SET seal = ? WHERE id = ?", (_sealed(row), run_id))


def intact(row: Row) -> tuple[bool, bool]:
    """Tell whether a run's experiment is what was written, and whether the rest is.

    Parameters
    ----------
    row : tuple
        Of `COLUMNS`.
    """
    known = dict(zip(COLUMNS, row, strict=True))
    wanted, how = known["experiment"], known["options"]
    return (
        isinstance(wanted, bytes)
        and isinstance(how, bytes)
        and checksum(wanted + how) == known["checksum"],
        _sealed([known[name] for name in SEALED]) == known["seal"],
    )


def run_of(row: Row, db: sqlite3.Connection, folder: Path) -> Run:
    """Return a row as a run, and what has become of its process.

    Parameters
    ----------
    row : tuple
        Of `COLUMNS`.
    db : sqlite3.Connection
        Asked again for the last word of a process that is gone.
    folder : Path
        That of the store, with the locks.
    """
    known = dict(zip(COLUMNS, row, strict=True))
    run_id, status = known["id"], known["status"]
    sound, sealed = intact(row)
    if not sealed or not _fits(known):
        return _damaged(known)
    here = known["machine"] == lock.machine_id()
    beat = known["beat"] if here else None
    quiet = max(0.0, time.monotonic() - beat) if isinstance(beat, float) else None
    if status not in ENDED and lock.held(folder, run_id) is False:
        # Its last word may have come since the row was read.
        status = _status(db, run_id) or status
        if status not in ENDED:
            fresh = quiet is not None and quiet < START_SECONDS
            status = status if status == "queued" and fresh else "interrupted"
    try:
        if not sound:
            raise StoreError(f"run {run_id} is damaged")
        wanted = _experiment(known["experiment"])
        how = msgspec.json.decode(known["options"], type=RunOptions)
    except (msgspec.MsgspecError, EngineError, RecursionError):
        # Of another version, or damaged; it can still be listed and deleted.
        wanted, how, status = UNKNOWN, RunOptions(), "unreadable"
    return Run(
        id=run_id,
        number=known["number"],
        created=known["created"],
        experiment=wanted,
        options=how,
        status=status,
        queued=_of(float, known["queued"], 0.0),
        pid=_of(int, known["pid"], None),
        finished=known["finished"],
        cancel=bool(known["cancel"]),
        epoch=_of(int, known["epoch"], 0),
        machine=_of(str, known["machine"], ""),
        silent=quiet if status == "running" else None,
        note=known["note"],
        tags=record.tags_of(known["tags"]),
    )


@functools.lru_cache(maxsize=512)
def _experiment(data: bytes) -> Experiment:
    """Return an experiment; followers ask for the same again and again."""
    return msgspec.json.decode(data, type=Experiment)


def _of(kind: type, value: Any, instead: Any) -> Any:
    """Return what the seal does not cover, if it is at least of its kind."""
    return value if isinstance(value, kind) else instead


def _status(db: sqlite3.Connection, run_id: str) -> str | None:
    row = db.execute("SELECT status FROM runs WHERE id = ?", (run_id,)).fetchone()
    return None if row is None else str(row[0])


def _sealed(facts: Any) -> bytes:
    return checksum(repr(tuple(facts)).encode("utf-8", "replace"))


def _fits(known: dict[str, Any]) -> bool:
    """Return whether the sealed values are such as are written: a seal is no secret."""
    return (
        is_id(known["id"])
        and isinstance(known["number"], int)
        and _is_date(known["created"])
        and known["status"] in ("queued", "running", *ENDED)
        and (known["finished"] is None or _is_date(known["finished"]))
        and isinstance(known["note"], str)
        and isinstance(known["tags"], bytes)
    )


def is_id(value: object) -> bool:
    """Return whether a value can be an id, which also names files.

    Examples
    --------
    >>> is_id("0a1b2c3d"), is_id("../../up"), is_id(None)
    (True, False, False)
    """
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}", value) is not None


def _is_date(value: object) -> bool:
    return isinstance(value, float) and 0 <= value < LAST_SECOND


def _damaged(known: dict[str, Any]) -> Run:
    """Return a run of which nothing is sure but that it is there."""
    number, created = known["number"], known["created"]
    return Run(
        id=known["id"] if is_id(known["id"]) else NO_ID,
        number=number if isinstance(number, int) else 0,
        created=created if _is_date(created) else 0.0,
        experiment=UNKNOWN,
        options=RunOptions(),
        status="unreadable",
    )
