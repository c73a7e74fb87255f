"""The SQLite file under a store: its tables, its errors in words, all or nothing.

Nothing a file holds is executed: its tables have to be those that `schema.sql` makes.
"""

from __future__ import annotations

import errno
import functools
import os
import re
import resource
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from engine.core.errors import DiskError, FileLimitError, StoreError
from engine.core.format import size

_SCHEMA: Final = (
    resources.files("engine.store").joinpath("schema.sql").read_text("utf-8")
)
VERSION = 3
"""Of the tables that `schema.sql` makes."""
APPLICATION_ID = int.from_bytes(b"imbt", "big")
"""Tells a store of ours from everybody else's SQLite files."""

_PLAIN = re.compile(r"CREATETABLE[^()]*\([\w,]*\)")
"""A table that nothing reads: SQLite's ``.recover`` puts there what it cannot place."""

Shape = dict[tuple[str, str, str], str]
"""Kind, name and table of everything in a database, and its SQL without blanks."""

ELSEWHERE = "give a file in a folder you may write to"
BUSY_SECONDS = 10.0
CHECKPOINT_SECONDS = 0.5
"""How long a checkpoint waits for others who read or write."""

_MOST_AT_ONCE = 1 << 16
"""A page of SQLite, the largest: what a file grows by."""
_FAILING = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_TAKEN = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG}


class _Connection(sqlite3.Connection):
    """One whose errors quote a damaged file without being errors of text."""

    def execute(self, *args: Any) -> sqlite3.Cursor:
        try:
            return super().execute(*args)
        except UnicodeDecodeError:  # of what SQLite says, not of a value
            error = sqlite3.DatabaseError("malformed database schema")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error from None


def folder(path: Path) -> Path:
    """Return the folder beside a store, with the runs' locks and logs."""
    return path.with_name(f"{path.name}.d")


def open_database(path: Path | None, *, mode: str = "rw") -> sqlite3.Connection:
    """Open a connection and nothing else.

    Parameters
    ----------
    path : Path or None
        The file; an empty database in memory when None.
    mode : str, default="rw"
        ``"ro"`` only reads; ``"immutable"`` only reads, and assumes that nobody
        else writes: it looks for no lock and for no write-ahead log.
    """
    if path is None:
        uri = ":memory:"
    else:
        how = "mode=ro&immutable=1" if mode == "immutable" else f"mode={mode}"
        # With the slashes of a host: a path may begin with two of its own.
        uri = f"file://{quote(os.fsencode(path.absolute()))}?{how}"
    # One connection per thread is not needed: writes come from one.
    db = sqlite3.connect(
        uri,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        uri=True,
        factory=_Connection,
    )
    # A damaged text must not hide the rows around it.
    db.text_factory = lambda data: data.decode("utf-8", "replace")
    with suppress(sqlite3.DatabaseError):  # of a damaged file: the next line says it
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA trusted_schema = OFF")  # the file may be another user's
    return db


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Write all of a block, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        # SQLite has undone it by itself after some errors, such as a full disk.
        if db.in_transaction:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
        raise


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into one line with the file's name.

    Raises
    ------
    DiskError
        If the disk is full or fails, or another process writes all the time.
    StoreError
        For everything else that they say.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(error, path) from None
    except UnicodeEncodeError:
        what = "there is a character that is no UTF-8 text"
        raise StoreError(what, "leave it out") from None
    except OSError as error:
        why = error.strerror or str(error)
        if failing(error):
            raise _disk_error(path, why) from None
        raise store_error(path, f"cannot be used: {why}", ELSEWHERE) from None


def checkpoint(db: sqlite3.Connection) -> None:
    """Move what was written from the log into the store's file: a copy of it is whole.

    Where others use the store, or the disk is full, the log stays: nothing is lost.
    """
    with suppress(sqlite3.Error):
        if not db.total_changes:
            return
        db.execute(f"PRAGMA busy_timeout = {int(CHECKPOINT_SECONDS * 1000)}")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def store_error(path: Path, what: str, todo: str) -> StoreError:
    """Return the error of a store that another may stand in for."""
    return StoreError(f"the store {str(path)!r} {what}", todo, field="store")


def primary(error: sqlite3.Error) -> int:
    """Return SQLite's code of an error without its refinements; 0 if it has none."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def failing(error: sqlite3.Error | OSError) -> bool:
    """Tell whether an error is that of a disk that is full, or fails."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return primary(error) in _FAILING


def busy(error: sqlite3.Error) -> bool:
    """Tell whether an error says that another process has the file."""
    return primary(error) in _TAKEN


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether an error says that the file is damaged."""
    return primary(error) in _DAMAGED


def recovery(path: Path) -> str:
    """Return what to do with a damaged store: SQLite's own way.

    Examples
    --------
    >>> recovery(Path("runs.sqlite"))
    'sqlite3 runs.sqlite .recover | sqlite3 NEW copies what is whole (see sqlite.org)'
    """
    copy = f"sqlite3 {shlex.quote(str(path))} .recover | sqlite3 NEW"
    return f"{copy} copies what is whole (see sqlite.org)"


def room(path: Path) -> str:
    """Return what to do where a store's disk is full.

    Examples
    --------
    >>> room(Path("/runs.sqlite"))  # doctest: +ELLIPSIS
    "make room in '/' (... free)"
    """
    left = "unknown how much is free"
    with suppress(OSError):
        left = f"{size(shutil.disk_usage(path.parent).free)} free"
    return f"make room in {str(path.parent)!r} ({left})"


def _disk_error(path: Path, why: str, fix: str = "") -> DiskError:
    what = f"the store {str(path)!r} cannot be written: {why}"
    return DiskError(what, fix or room(path))


def size_of(path: Path, end: str = "") -> int:
    """Return the bytes of a store's file, or of one that SQLite has beside it."""
    try:
        return path.with_name(path.name + end).stat().st_size
    except OSError:
        return 0


def _translate(error: sqlite3.Error, path: Path) -> StoreError:
    if failing(error):
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        most = max(size_of(path, end) for end in ("", "-wal", "-journal"))
        if limit != resource.RLIM_INFINITY and most + _MOST_AT_ONCE >= limit:
            return FileLimitError(
                f"the store {str(path)!r} cannot be written: no file may be larger "
                f"than {limit:,} bytes here (ulimit -f)",
                "set ulimit -f unlimited in the shell and try again",
            )
        if primary(error) == sqlite3.SQLITE_IOERR:
            fix = "the disk may fail, or the file was removed while it was in use"
            return _disk_error(path, str(error), fix)
        return _disk_error(path, str(error))
    if busy(error):
        return DiskError(
            f"the store {str(path)!r} is locked: another process writes all the time",
            "try again; if it stays so, see which processes have it open",
        )
    if primary(error) == sqlite3.SQLITE_CORRUPT:
        return store_error(path, f"is damaged: {error}", recovery(path))
    todo = "check the disk and the file, or give another"
    return store_error(path, f"cannot be used: {error}", todo)


# Tables ------------------------------------------------------------------------------


def schema_problem(db: sqlite3.Connection, version: int) -> str | None:
    """Return what is wrong with a store's tables; None if they are as they were made.

    A view, a trigger, or a constraint of another user's would be executed.
    """
    found = _shape(db)
    if version == 0:
        return "it has tables and no version" if found else None
    expected = _expected()
    for key in sorted(expected.keys() | found.keys(), reverse=True):  # a view first
        kind, name, _ = key
        if key not in expected and not _PLAIN.fullmatch(found[key]):
            return f"its {kind} {name!r} is none of imbtui's"
        if key in expected and found.get(key) != expected[key]:
            return f"its {kind} {name} is not as it was made"
    return None


@functools.cache
def _expected() -> Shape:
    with closing(open_database(None)) as db:
        build(db)
        return _shape(db)


def _shape(db: sqlite3.Connection) -> Shape:
    rows = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return {
        (str(kind), str(name), str(table)): "".join(str(sql or "").split())
        for kind, name, table, sql in rows
    }


def build(db: sqlite3.Connection) -> None:
    """Make the tables of a store that has none."""
    with transaction(db):
        # Another user may have been first.
        if db.execute("PRAGMA user_version").fetchone() != (0,):
            return
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
