"""The SQLite file under a store: opened, created, recognised, brought up to date."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path

from engine.errors import StoreError
from engine.store import lock

__all__ = ["VERSION", "connect", "folder", "named", "transaction"]

VERSION = 1
APPLICATION_ID = int.from_bytes(b"imbt", "big")
"""Tells a store of ours from everybody else's SQLite files."""
BUSY_SECONDS = 10.0


def folder(path: Path) -> Path:
    """Return the folder beside a store, with the runs' locks and logs."""
    return path.with_name(f"{path.name}.d")


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """Open a store's file; what is not ours is left as it is.

    Parameters
    ----------
    path : Path
    create : bool
        Whether to make a file where there is none. If not, an empty store in
        memory stands in for it, and nothing is written anywhere.

    Raises
    ------
    StoreError
        If it cannot be created, is no store, or is of a newer version.
    """
    with named(path):
        exists = _exists(path)
        if not exists and not create:
            db = _open(":memory:")
            _migrate(db, path)
            return db
        if not exists:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # SQLite would create it readable for everybody.
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        db = _open(path)
        try:
            if exists and not folder(path).is_dir():
                _is_new(db, path)
            folder(path).mkdir(exist_ok=True, mode=0o700)
            # SQLite does not wait for others while it changes to WAL.
            with lock.exclusive(folder(path) / "open.lock"):
                if _is_new(db, path):
                    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                _migrate(db, path)
        except BaseException:
            db.close()
            raise
        return db


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into one line with the file's name."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"the store {str(path)!r} cannot be used: {error}",
            "check the disk and the file, or give another with --store",
        ) from None
    except OSError as error:
        raise StoreError(
            f"the store {str(path)!r} cannot be used: {error.strerror}",
            "give a file in a folder you may write to with --store",
        ) from None


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Write all of a block, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _open(path: str | Path) -> sqlite3.Connection:
    # One connection per thread is not needed: writes come from one.
    db = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    db.execute("PRAGMA foreign_keys = ON")
    return db


def _exists(path: Path) -> bool:
    """Tell whether a file with something in it is there.

    It is not opened: closing it would undo the locks that SQLite has on it in this
    process, and another process could then take the log of its changes away.
    """
    if not path.exists():
        return False
    if not path.is_file():
        what = "a directory" if path.is_dir() else "no regular file"
        raise StoreError(
            f"the store {str(path)!r} is {what}", "give the path of a file with --store"
        )
    return path.stat().st_size > 0


def _is_new(db: sqlite3.Connection, path: Path) -> bool:
    """Tell whether nothing was ever written; refuse what is not ours."""
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    if pages and owner != APPLICATION_ID:
        raise StoreError(
            f"the store {str(path)!r} cannot be used: it is another program's file",
            "give another with --store",
        )
    return not pages


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StoreError(
            f"the store {str(path)!r} was written by a newer imbtui "
            f"(version {version}, this one knows {VERSION})",
            "update imbtui, or give another file with --store",
        )
    if version == VERSION:
        return
    schema = resources.files("engine.store").joinpath("schema.sql").read_text("utf-8")
    with transaction(db):
        # Somebody else may have been first.
        if db.execute("PRAGMA user_version").fetchone() == (0,):
            for statement in schema.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
