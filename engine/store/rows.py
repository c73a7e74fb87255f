"""Runs as the store holds them: rows with their checksums, and the locks of processes.

A run has a living process while the lock of its file is held. No heartbeat and no
process number can tell as surely: a lock is gone the moment its process is, however it
ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import os
import platform
import re
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.core import record
from engine.core.errors import EngineError, StoreError
from engine.core.events import Event, decode
from engine.core.experiment import Experiment
from engine.core.record import ENDED, UNKNOWN, Run, RunOptions, unreadable
from engine.io import machine
from engine.io.scratch import appending

PATIENCE_SECONDS = 1.0
OPENING_SECONDS = 10.0
"""How long to wait for others who open the same store."""


# Numbers of runs ----------------------------------------------------------------------

_DELETED = "deleted-numbers"


def note_deleted(folder: Path, number: int) -> None:
    """Note the number of a run that is deleted: no other run is given it."""
    # Without the note a number may be given again, which is no reason to keep a run.
    with (
        contextlib.suppress(OSError),
        os.fdopen(appending(folder / _DELETED), "w") as file,
    ):
        file.write(f"{number}\n")


def last_deleted(folder: Path) -> int:
    """Return the highest number that a deleted run had; 0 without any."""
    try:
        words = (folder / _DELETED).read_text("ascii", errors="replace").split()
    except OSError:
        return 0
    return max((int(word) for word in words if word.isdecimal()), default=0)


# Locks --------------------------------------------------------------------------------


def lock_path(folder: Path, run_id: str) -> Path:
    """Return the lock file of a run."""
    return folder / f"{run_id}.lock"


class RunLock:
    """The lock of a run, held by the one process that writes it.

    Parameters
    ----------
    folder : Path
    run_id : str
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self._path = lock_path(folder, run_id)
        self._file = _open(self._path)

    def acquire(self) -> bool:
        """Take the lock; return False if another process holds on to it.

        A process that only looks (`held`) has it for a moment, and one that ends for
        a little longer.
        """
        done = _acquire(self._file, PATIENCE_SECONDS)
        if done:
            os.ftruncate(self._file, 0)  # an earlier process's memory
        return done

    def reserve(self, most: int, given: int | None) -> int | None:
        """Plan this run's memory beside that of the store's other living runs.

        What one of them may still take is not free. The lock's file says how much it
        may hold in the end, so that this counts as long as its process lives.

        Parameters
        ----------
        most : int
            Bytes that the run can use on top of what it holds.
        given : int or None
            Bytes that the user allows.

        Returns
        -------
        int or None
            Bytes that it may take; None without a limit.
        """
        folder, session = self._path.parent, os.getsid(0)
        with exclusive(folder / "memory.lock", patience=PATIENCE_SECONDS):
            allowed = machine.plan_memory(given, _promised(folder, self._path))
            end = machine.held_memory(session) + min(most, allowed or most)
            word = msgspec.json.encode((machine_id(), session, end))
            os.ftruncate(self._file, os.pwrite(self._file, word, 0))
        return allowed

    def release(self) -> None:
        """Let go of the lock.

        Its file stays until the run is deleted: others may have it open, and
        must not come to hold the lock of a file that is no longer there.
        """
        os.close(self._file)


def _promised(folder: Path, own: Path) -> int:
    """Return the bytes that other living runs of this machine may still take."""
    total = 0
    for path in folder.glob("????????.lock"):
        if path != own and held(folder, path.stem):
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                where, session, end = msgspec.json.decode(
                    path.read_bytes(), type=tuple[str, int, int]
                )
                if where == machine_id():
                    total += max(0, end - machine.held_memory(session))
    return total


@contextlib.contextmanager
def exclusive(file: Path, *, patience: float = OPENING_SECONDS) -> Iterator[int | None]:
    """Hold a lock while the block runs, and wait for others that hold it.

    Yields its file, opened; None if the lock could not be had in time: one who was
    stopped while holding it is not waited for for ever.
    """
    handle = _open(file)
    try:
        yield handle if _acquire(handle, patience) else None
    finally:
        os.close(handle)


def acquire_shared(file: Path) -> int | None:
    """Hold a lock that others may hold too; return its file, to be closed.

    None if a user holds it alone, or the file cannot be had.
    """
    with contextlib.suppress(OSError):
        handle = _open(file)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
        else:
            return handle
    return None


def held(folder: Path, run_id: str) -> bool | None:
    """Tell whether a process holds the lock of a run; None if unknown.

    That is where the file system knows no locks, or the file may not be read.
    """
    try:
        with lock_path(folder, run_id).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None
    return False


def any_held(folder: Path) -> bool:
    """Tell whether a process holds the lock of some run."""
    return any(held(folder, file.stem) for file in folder.glob("????????.lock"))


@functools.cache
def machine_id() -> str:
    """Return what two processes share if a process number means the same to both.

    That is the start of the machine and the namespace of process numbers; the clock
    that `time.monotonic` reads is then the same, too.
    """
    parts = [platform.node()]
    with contextlib.suppress(OSError):
        parts = [Path("/proc/sys/kernel/random/boot_id").read_text().strip()]
    with contextlib.suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def lock_problem(folder: Path) -> str | None:
    """Try the locks of a folder's file system.

    Returns
    -------
    str or None
        What is wrong with them; None if they lock.
    """
    with tempfile.NamedTemporaryFile(prefix=".locks-", dir=folder) as one:
        try:
            # SQLite's kind of lock, then that of a run's process.
            fcntl.lockf(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.lockf(one, fcntl.LOCK_UN)
            fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with Path(one.name).open("rb+") as other:
                try:
                    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return None
        except OSError as error:
            return error.strerror or str(error)
    return "two may have one lock at once"


def _open(file: Path) -> int:
    return os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)


def _acquire(file: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


# Rows ---------------------------------------------------------------------------------

START_SECONDS = 60.0
"""How long a queued run may take until its process holds the lock."""
LAST_SECOND = 250e9
"""Before the year 9999, the last that a date can have."""
NO_ID = "????????"
"""Stands for an id that cannot be one."""
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
    for row in select_runs(db, _ONE, run_id):
        db.execute(f"UPDATE runs SET seal = ? {_ONE}", (seal_of(row), run_id))


def seal_of(row: sqlite3.Row) -> bytes:
    """Return the checksum that a run's row has to have."""
    facts = tuple(row[name] for name in SEALED)
    return checksum(repr(facts).encode("utf-8", "replace"))


def intact(row: sqlite3.Row) -> tuple[bool, bool]:
    """Tell whether a run's experiment is what was written, and whether the rest is."""
    wanted, how = row["experiment"], row["options"]
    typed = isinstance(wanted, bytes) and isinstance(how, bytes)
    sound = typed and is_whole(wanted + how, row["checksum"])
    return sound, seal_of(row) == row["seal"]


def run_of(row: sqlite3.Row, db: sqlite3.Connection, folder: Path) -> Run:
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
    here = row["machine"] == machine_id()
    last = row["beat"] if here else None
    quiet = max(0.0, time.monotonic() - last) if isinstance(last, float) else None
    if status not in ENDED and held(folder, run_id) is False:
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


def _fits(row: sqlite3.Row) -> bool:
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


def _unreadable(row: sqlite3.Row) -> Run:
    """Return a run of which nothing is sure but that it is there."""
    return Run(
        id=row["id"] if is_id(row["id"]) else NO_ID,
        number=_of(int, row["number"], 0),
        created=row["created"] if _is_date(row["created"]) else 0.0,
        experiment=UNKNOWN,
        options=RunOptions(),
        status="unreadable",
    )
