"""A store's file opened: made, recognised, checked, brought up to date, or only read.

A file that is damaged, or of a newer version, is never written: not by what is done
here, and not by SQLite when it is closed.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from engine import scratch
from engine.errors import StoreError
from engine.store import (
    backup,
    database,
    lock,
    memo,
    mend,
    network,
    place,
    raw,
    shape,
)
from engine.store.migrations import STEPS, VERSION

__all__ = ["Opened", "connect", "vouch"]

ELSEWHERE = "give a file in a folder you may write to with --store"
SALVAGE = "imbtui store --salvage NEW copies what is whole; go on with --store NEW"
MOST_DETAIL = 100


class Opened(NamedTuple):
    """A store's connection, and what is to be known about it.

    Attributes
    ----------
    db : sqlite3.Connection
    version : int
        That of its tables.
    problem : str or None
        Why it is only read.
    remedy : str
        What to do about that.
    notices : tuple of str
        What the person should know.
    passing : bool
        Whether the problem may be over when it is opened again: a full disk.
    damaged : bool
        Whether the problem is damage.
    """

    db: sqlite3.Connection
    version: int = VERSION
    problem: str | None = None
    remedy: str = ""
    notices: tuple[str, ...] = ()
    passing: bool = False
    damaged: bool = False


class _Found(NamedTuple):
    """What a look at a file told: its version, and what is wrong with it."""

    version: int
    damage: str | None = None


def connect(path: Path, *, create: bool) -> Opened:
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
        If it cannot be created, or is no store.
    """
    with database.named(path):
        if _exists(path):
            found = _found(path)
            others = place.exposed(path, database.folder(path))
            return found._replace(notices=(*others, *found.notices))
        if not create:
            db = database.opened(None)
            _migrate(db)
            return Opened(db)
        scratch.make_folder(path.parent)
        _make(path)
        scratch.make_folder(database.folder(path))
        with lock.exclusive(database.folder(path) / "open.lock"):
            return _writable(path)


def vouch(path: Path) -> None:
    """Remember a store as whole that was opened so and is closed.

    It is looked at again if others change it, or if it is not closed: a process that
    was killed, a machine that lost its power.
    """
    folder, now = database.folder(path), raw.signature(path)
    if now[0][1] and memo.recall(folder, "good", now) != VERSION:
        memo.remember(folder, "good", now, VERSION)


def _found(path: Path) -> Opened:
    """Open a file that is there."""
    _recognise(path)
    if why := place.unwritable(path):
        return _read_only(path, f"the store {str(path)!r} is only read: {why}")
    place.own(path)
    folder = database.folder(path)
    try:
        scratch.make_folder(folder)
        with lock.exclusive(folder / "open.lock"):
            found = _look(path)
            if found.damage is None and found.version <= VERSION:
                return _writable(path)
    except (OSError, sqlite3.Error) as error:
        if not _cannot_write(error):
            raise
        said = error.strerror if isinstance(error, OSError) else error
        passing = database.failing(error)
        return _read_only(
            path,
            f"the store {str(path)!r} is only read: {said}",
            f"make room in {str(path.parent)!r} ({database.free(path.parent)})"
            if passing
            else ELSEWHERE,
        )._replace(passing=passing)
    if found.damage is None:
        return _read_only(
            path,
            f"the store {str(path)!r} was written by a newer imbtui (version "
            f"{found.version}, this one knows {VERSION}): it is only read",
            "update imbtui, or give another file with --store",
            (backup.keep(path, "newer"),),
        )
    notice = backup.keep(path, "damaged")
    return _damaged(path, found.damage, notice)


def _recognise(path: Path) -> None:
    """Refuse a file that is not ours, before anything is made beside it."""
    ours = (database.folder(path) / "open.lock").exists()
    db = database.opened(path, mode="immutable")
    try:
        (owner,) = db.execute("PRAGMA application_id").fetchone()
        if owner == shape.APPLICATION_ID or ours:
            return
        # The number that tells may be what is damaged.
        with suppress(sqlite3.Error):
            rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if set(shape.TABLES) <= {name for (name,) in rows}:
                return
    except sqlite3.DatabaseError as error:
        mark = shape.APPLICATION_ID.to_bytes(4, "big")
        if ours or raw.head(path)[68:72] == mark:
            return
        if not database.damage(error):
            raise
        raise StoreError(
            f"the store {str(path)!r} cannot be used: {error}",
            "give another file with --store",
        ) from None
    finally:
        db.close()
    raise StoreError(
        f"the store {str(path)!r} cannot be used: it is another program's file",
        "give another with --store",
    )


def _look(path: Path) -> _Found:
    """Read a store's version and look for damage."""
    if path.stat().st_size == 0:
        return _Found(VERSION, "it is empty, and what is beside it is not")
    try:
        return _looked(path, "ro")
    except sqlite3.DatabaseError as error:
        if database.primary(error) != sqlite3.SQLITE_READONLY:
            raise
        # Whoever wrote last was killed, and what was half written must be undone.
        return _looked(path, "rw")


def _looked(path: Path, mode: str) -> _Found:
    folder, now = database.folder(path), raw.signature(path)
    db = database.opened(path, mode=mode)
    try:
        (owner,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if db.execute("PRAGMA page_count").fetchone() == (0,):
            # Whoever made it was killed before it had a first page.
            return _Found(version)
        if owner != shape.APPLICATION_ID:
            return _Found(VERSION, "its first page is not what was written")
        damage = shape.wrong(db, version)
        if damage or version > VERSION or memo.recall(folder, "good", now) == version:
            return _Found(version, damage)
        # Whoever works in it has looked, and a look takes longer the larger it is.
        if memo.same_file(folder, "good", now) == version and lock.any_held(folder):
            return _Found(version)
        damage = _bad_page(db)
    except sqlite3.DatabaseError as error:
        if _busy(error) or _cannot_write(error):
            raise
        return _Found(VERSION, str(error))
    finally:
        db.close()
    if damage is None:
        memo.remember(folder, "good", now, version)
    return _Found(version, damage)


def _bad_page(db: sqlite3.Connection) -> str | None:
    """Look at every page; return what SQLite says of the first that is damaged."""
    (said,) = db.execute("PRAGMA quick_check(1)").fetchone()
    return None if said == "ok" else str(said)


def _writable(path: Path) -> Opened:
    """Open a store that is whole for writing."""
    folder = database.folder(path)
    notices: list[str] = []
    kind = network.filesystem(path)
    shared = network.is_network(kind)
    if shared and (said := network.unlocked(folder)):
        raise StoreError(
            f"the store {str(path)!r} is on a file system ({kind}) whose locks do not "
            f"work: {said}",
            "give a file on a local disk with --store",
        )
    db = database.opened(path)
    try:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        if not pages:
            db.execute(f"PRAGMA application_id = {shape.APPLICATION_ID}")
        if _journal(db, shared=shared) == "wal" and shared:
            notices.append(
                "another process has the store open as on a local disk: use it from "
                "this machine only until that has ended"
            )
        if shared:
            notices.append(
                f"the store is on a network file system ({kind}): writing is slower, "
                "and runs should be started and followed from one machine at a time"
            )
        notices += _migrate(db, path)
    except BaseException:
        db.close()
        raise
    return Opened(db, notices=tuple(notices))


def _journal(db: sqlite3.Connection, *, shared: bool) -> str:
    """Choose how changes are written, so that each is kept or undone as a whole.

    A write-ahead log needs memory that all who have the store open share, so it cannot
    be where they are on several machines.
    """
    wanted = "delete" if shared else "wal"
    with suppress(sqlite3.OperationalError):  # somebody has it open in the other way
        db.execute(f"PRAGMA journal_mode = {wanted}")
    (mode,) = db.execute("PRAGMA journal_mode").fetchone()
    # Without that log, the folder too must be on the disk before the change is.
    db.execute(f"PRAGMA synchronous = {'FULL' if mode == 'wal' else 'EXTRA'}")
    return str(mode)


def _migrate(db: sqlite3.Connection, path: Path | None = None) -> list[str]:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version >= VERSION:
        return []
    notices = [backup.before(path, version)] if path and version else []
    with database.transaction(db):
        # Somebody else may have been first.
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version >= VERSION:
            return notices
        if version == 0:
            shape.build(db)
        else:
            for step in range(version, VERSION):
                STEPS[step](db)
        db.execute(f"PRAGMA user_version = {VERSION}")
    return notices


def _damaged(path: Path, detail: str, notice: str) -> Opened:
    """Open what can be read of a damaged store."""
    detail = " ".join(detail.replace("*** in database main ***", "").split())
    problem = (
        f"the store {str(path)!r} is damaged ({detail[:MOST_DETAIL]}): it is only read"
    )
    db = None
    try:
        if not path.stat().st_size:  # SQLite would remove the changes beside it
            raise sqlite3.DatabaseError("it is empty")
        db = _reader(path)
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if shape.wrong(db, version) is None:
            return Opened(db, version, problem, SALVAGE, (notice,), damaged=True)
    except sqlite3.Error:
        pass  # said already
    if db is not None:
        db.close()
    try:
        db = mend.image(path, mended=True)
        if said := shape.wrong(db, VERSION):
            raise sqlite3.DatabaseError(said)
        return Opened(db, VERSION, problem, SALVAGE, (notice,), damaged=True)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"the store {str(path)!r} is damaged, and nothing in it can be read: "
            f"{error}",
            f"{notice}; give another file with --store",
        ) from None


def _read_only(
    path: Path, problem: str, remedy: str = ELSEWHERE, notices: tuple[str, ...] = ()
) -> Opened:
    """Open a store that is whole, and not to be written."""
    try:
        db = _reader(path)
        (version,) = db.execute("PRAGMA user_version").fetchone()
        damage = shape.wrong(db, version)
    except sqlite3.DatabaseError as error:
        if not database.damage(error):
            raise
        damage = str(error)
    if damage is not None:
        return _damaged(path, damage, "no copy of it was made")
    return Opened(db, version, problem, remedy, notices)


def _reader(path: Path) -> sqlite3.Connection:
    """Open a file so that nothing at all can be written to it."""
    db = database.opened(path, mode="ro")
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        db.close()
        if database.damage(error) or _busy(error):
            raise
        # SQLite needs a file beside it to read with others, and cannot make it.
        if raw.pending(path):
            return mend.image(path, mended=False)
        return database.opened(path, mode="immutable")
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
    # One that was emptied may have its last changes beside it; SQLite would take
    # them away.
    return path.stat().st_size > 0 or raw.pending(path)


def _make(path: Path) -> None:
    """Make an empty file that only its owner can read, whatever the umask."""
    # SQLite would create it readable for everybody.
    with suppress(FileExistsError):
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        os.fchmod(made, 0o600)
        os.close(made)


def _busy(error: sqlite3.Error) -> bool:
    return database.primary(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _cannot_write(error: sqlite3.Error | OSError) -> bool:
    """Tell whether an error leaves a store that can be read, though not written."""
    if database.failing(error):
        return True
    if isinstance(error, OSError):
        return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    return database.primary(error) in (
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    )
