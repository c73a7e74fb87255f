"""Rows of the store as values, each checked against its checksum."""

from __future__ import annotations

import functools
import hashlib
import re
import sqlite3
import time
from pathlib import Path
from typing import TypeAlias, TypeVar

import msgspec

from engine.core import record
from engine.core.errors import EngineError, StoreError
from engine.core.events import Event, decode
from engine.core.experiment import Experiment
from engine.core.record import ENDED, UNKNOWN, Run, RunOptions, unreadable
from engine.store import lock

START_SECONDS = 60.0
"""How long a queued run may take until its process holds the lock."""
LAST_SECOND = 250e9
"""Before the year 9999, the last that a date can have."""
NO_ID = "????????"
"""Stands for an id that cannot be one."""
Row: TypeAlias = sqlite3.Row
_ONE = "WHERE id = ?"
_T = TypeVar("_T")
_D = TypeVar("_D")

SEALED = ("id", "number", "created", "status", "finished", "note", "tags")
"""What the seal of a run's row covers; `checksum` is that of its experiment."""


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
        what = f"{what} is damaged: it is not what was written"
        raise StoreError(what, "delete the run and start it again")


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


def select_runs(
    db: sqlite3.Connection, rest: str, *values: object
) -> list[sqlite3.Row]:
    """Return rows of the table of runs, whose cells are found by name."""
    cursor = db.execute(f"SELECT * FROM runs {rest}", values)
    return [sqlite3.Row(cursor, row) for row in cursor.fetchall()]


def seal(db: sqlite3.Connection, run_id: str) -> None:
    """Renew the checksum of a run's row after a change of it."""
    for row in select_runs(db, "WHERE id = ?", run_id):
        db.execute("UPDATE runs SET seal = ? WHERE id = ?", (seal_of(row), run_id))


def seal_of(row: Row) -> bytes:
    """Return the checksum that a run's row has to have."""
    facts = tuple(row[name] for name in SEALED)
    return checksum(repr(facts).encode("utf-8", "replace"))


def intact(row: Row) -> tuple[bool, bool]:
    """Tell whether a run's experiment is what was written, and whether the rest is."""
    wanted, how = row["experiment"], row["options"]
    typed = isinstance(wanted, bytes) and isinstance(how, bytes)
    return typed and is_whole(wanted + how, row["checksum"]), seal_of(row) == row[
        "seal"
    ]


def run_of(row: Row, db: sqlite3.Connection, folder: Path) -> Run:
    """Return a row as a run, and what has become of its process.

    Parameters
    ----------
    row : sqlite3.Row
    db : sqlite3.Connection
        Read again for the last word of a process that is gone.
    folder : Path
        That of the store, with the locks.
    """
    run_id, status = row["id"], row["status"]
    sound, sealed = intact(row)
    if not sealed or not _fits(row):
        return _unreadable(row)
    here = row["machine"] == lock.machine_id()
    last = row["beat"] if here else None
    quiet = max(0.0, time.monotonic() - last) if isinstance(last, float) else None
    if status not in ENDED and lock.held(folder, run_id) is False:
        # Its last word may have come since the row was read.
        status = next((r["status"] for r in select_runs(db, _ONE, run_id)), status)
        if status not in ENDED:
            fresh = quiet is not None and quiet < START_SECONDS
            status = status if status == "queued" and fresh else "interrupted"
    try:
        if not sound:
            raise StoreError(f"run {run_id} is damaged")
        wanted = _experiment(row["experiment"])
        how = msgspec.json.decode(row["options"], type=RunOptions)
    except (msgspec.MsgspecError, EngineError, RecursionError):
        # Of another version, or damaged; it can still be listed and deleted.
        wanted, how, status = UNKNOWN, RunOptions(), "unreadable"
    return Run(
        id=run_id,
        number=row["number"],
        created=row["created"],
        experiment=wanted,
        options=how,
        status=status,
        queued=_of(float, row["queued"], 0.0),
        pid=_of(int, row["pid"], None),
        finished=row["finished"],
        cancel=bool(row["cancel"]),
        epoch=_of(int, row["epoch"], 0),
        machine=_of(str, row["machine"], ""),
        silent=quiet if status == "running" else None,
        note=row["note"],
        tags=record.tags_of(row["tags"]),
    )


@functools.lru_cache(maxsize=512)
def _experiment(data: bytes) -> Experiment:
    """Return an experiment; followers ask for the same again and again."""
    return msgspec.json.decode(data, type=Experiment)


def _of(kind: type[_T], value: object, instead: _D) -> _T | _D:
    """Return what the seal does not cover, if it is at least of its kind."""
    return value if isinstance(value, kind) else instead


def _fits(row: Row) -> bool:
    """Return whether the sealed values are such as are written: a seal is no secret."""
    return (
        is_id(row["id"])
        and isinstance(row["number"], int)
        and _is_date(row["created"])
        and row["status"] in ("queued", "running", *ENDED)
        and (row["finished"] is None or _is_date(row["finished"]))
        and isinstance(row["note"], str)
        and isinstance(row["tags"], bytes)
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


def _unreadable(row: Row) -> Run:
    """Return a run of which nothing is sure but that it is there."""
    return Run(
        id=row["id"] if is_id(row["id"]) else NO_ID,
        number=_of(int, row["number"], 0),
        created=row["created"] if _is_date(row["created"]) else 0.0,
        experiment=UNKNOWN,
        options=RunOptions(),
        status="unreadable",
    )
