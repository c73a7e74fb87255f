"""A store's file: where it is, and how it is made, recognised, checked and opened.

A name that was given, or is that of ``IMBTUI_STORE``, is used or refused; only the
usual place has another one for the time when it cannot be had. A file that is none of
ours, or of another version, is left as it is; a damaged one is moved aside.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import ExitStack, closing, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

from engine.core.errors import StoreError
from engine.io import files, scratch
from engine.store import database, rows
from engine.store.database import APPLICATION_ID, ELSEWHERE, VERSION, size_of
from engine.store.place import filesystem, own, unwritable

# Opening ------------------------------------------------------------------------------

MOST_DETAIL = 100
MOST_MARK = 200


class OpenStore(NamedTuple):
    """A store's connection, and what is to be known about it.

    Attributes
    ----------
    db : sqlite3.Connection
    problem : str or None
        Why it is only read.
    fix : str
        What to do about that.
    notices : tuple of str
        What the user should know.
    passing : bool
        Whether the problem may be over when it is opened again: a full disk.
    user : int or None
        The file of a lock that tells others that the store is open here.
    """

    db: sqlite3.Connection
    problem: str | None = None
    fix: str = ""
    notices: tuple[str, ...] = ()
    passing: bool = False
    user: int | None = None


def connect(path: Path, *, create: bool) -> OpenStore:
    """Open a store's file; what is not ours is left as it is.

    Parameters
    ----------
    path : Path
    create : bool
        Whether to make a file where there is none, or a damaged one. If not, an empty
        store in memory stands in for one that is missing, and nothing is written.

    Raises
    ------
    StoreError
        If it cannot be created, is no store, of another version, or damaged.
    """
    with database.translate_errors(path):
        if _exists(path):
            return _open_file(path, create=create)
        if not create:
            db = database.open_database(None)
            database.build(db)
            return OpenStore(db)
        scratch.make_folder(path.parent)
        _make(path)
        scratch.make_folder(database.folder(path))
        return _open_locked(path, create=True)


def vouch(path: Path) -> None:
    """Remember a store as whole that was opened so and is closed.

    It is looked at again if others change it, or if it is not closed: a process that
    was killed, a machine that lost its power.
    """
    file = _lock_file(path)
    with suppress(OSError):
        if file.exists() and path.stat().st_size:
            # Closing does not wait: without its mark a store is only checked again.
            with rows.exclusive(file, patience=0) as handle:
                if handle is not None:
                    _remember(path, handle)


def _open_file(path: Path, *, create: bool) -> OpenStore:
    """Open a file that is there."""
    _recognise(path)
    if why := unwritable(path):
        return _read_only(path, why)
    own(path)
    try:
        scratch.make_folder(database.folder(path))
        return _open_locked(path, create=create)
    except (OSError, sqlite3.Error) as error:
        if not _cannot_write(error):
            raise
        problem = error.strerror if isinstance(error, OSError) else error
        store = _read_only(path, str(problem))
        if database.failing(error):
            store = store._replace(fix=database.room(path), passing=True)
        return store


def _recognise(path: Path) -> None:
    """Refuse a file that is not ours, before anything is made beside it."""
    if _lock_file(path).exists():
        return
    # Closing it as a plain file would undo SQLite's locks on it in this process.
    with closing(database.open_database(path, mode="immutable")) as db:
        (owner,) = db.execute("PRAGMA application_id").fetchone()
    if owner != APPLICATION_ID:
        raise _of_another_program(path)


def _open_locked(path: Path, *, create: bool) -> OpenStore:
    """Open a store for writing; look for damage while nobody else opens it."""
    with rows.exclusive(_lock_file(path)) as handle:
        # SQLite would take the changes beside an empty file away.
        damage = "it is empty, and what is beside it is not" if _emptied(path) else None
        if damage is None:
            db = database.open_database(path)
            with ExitStack() as failed:
                failed.callback(db.close)
                damage = _find_damage(db, path, handle)
                if damage is None:
                    store = _prepare(db, path)
                    failed.pop_all()
                    return store
        if not create:
            raise _damage_error(path, damage)
        if handle is None:
            raise _in_use(path, damage, "another process is opening it")
        notice = _move_aside(path, damage)
        _make(path)
        store = _prepare(database.open_database(path), path)
        return store._replace(notices=(notice, *store.notices))


def _find_damage(db: sqlite3.Connection, path: Path, handle: int | None) -> str | None:
    """Return what is wrong with a store; None if it is whole, or still empty.

    Raises
    ------
    StoreError
        If it is of another version or program, or has tables of others.
    """
    try:
        (owner,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if db.execute("PRAGMA page_count").fetchone() == (0,):
            return None  # its maker was killed before it had a first page
        if owner != APPLICATION_ID:
            raise _of_another_program(path)
        if version not in (0, VERSION):
            newer = version > VERSION
            raise database.store_error(
                path,
                f"was written by {'a newer' if newer else 'an older'} imbtui (version "
                f"{version}, this one knows {VERSION})",
                f"{'update imbtui' if newer else 'open it with that one'}, or give "
                "another file",
            )
        if wrong := database.schema_problem(db, version):
            todo = "drop what was added to it, or give another file"
            raise database.store_error(path, f"cannot be used: {wrong}", todo)
        # Whoever has it open has checked it, and a check of a large one takes long.
        if (
            handle is not None and os.pread(handle, MOST_MARK, 0) == _mark(path)
        ) or rows.any_held(database.folder(path)):
            return None
        (problem,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if not database.is_damage(error):
            raise
        return str(error)
    if problem != "ok":
        return str(problem)
    if handle is not None:
        _remember(path, handle)
    return None


def _prepare(db: sqlite3.Connection, path: Path) -> OpenStore:
    """Prepare a store that is whole for writing."""
    notices: list[str] = []
    kind, shared = filesystem(path.parent)
    if shared and (problem := rows.lock_problem(database.folder(path))):
        what = f"is on a file system ({kind}) whose locks do not work: {problem}"
        raise database.store_error(path, what, "give a file on a local disk")
    if db.execute("PRAGMA page_count").fetchone() == (0,):
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
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
    if db.execute("PRAGMA user_version").fetchone() == (0,):
        database.build(db)
    user = rows.acquire_shared(database.folder(path) / "users.lock")
    return OpenStore(db, notices=tuple(notices), user=user)


def _journal(db: sqlite3.Connection, *, shared: bool) -> str:
    """Choose how changes are written, so that each is kept or undone as a whole.

    A write-ahead log needs memory that all who have the store open share, so it cannot
    be where they are on several machines.
    """
    wanted = "delete" if shared else "wal"
    with suppress(sqlite3.OperationalError):  # a user has it open in the other way
        db.execute(f"PRAGMA journal_mode = {wanted}")
    (mode,) = db.execute("PRAGMA journal_mode").fetchone()
    # Without that log, the folder too must be on the disk before the change is.
    db.execute(f"PRAGMA synchronous = {'FULL' if mode == 'wal' else 'EXTRA'}")
    return str(mode)


def _read_only(path: Path, why: str) -> OpenStore:
    """Open a store so that nothing at all can be written to it."""
    db = database.open_database(path, mode="ro")
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        db.close()
        if database.is_damage(error) or database.busy(error):
            raise
        # SQLite needs a file beside it to read with others, and cannot make it.
        if size_of(path, "-wal") or size_of(path, "-journal"):
            raise database.store_error(
                path,
                "cannot be read: it has changes beside it, and its folder cannot be "
                "written",
                "copy it with the -wal and -journal beside it, and give the copy",
            ) from None
        db = database.open_database(path, mode="immutable")
    if damage := _find_damage(db, path, None):
        db.close()
        raise _damage_error(path, damage)
    return OpenStore(db, f"the store {str(path)!r} is only read: {why}", ELSEWHERE)


def _of_another_program(path: Path) -> StoreError:
    what = "cannot be used: it is another program's file"
    return database.store_error(path, what, "give another")


def _damage_error(path: Path, detail: str) -> StoreError:
    todo = f"{database.recovery(path)}; the next run moves it aside"
    return database.store_error(path, f"is damaged ({_brief(detail)})", todo)


def _move_aside(path: Path, detail: str) -> str:
    """Give a damaged store another name, with SQLite's files beside it.

    Returns
    -------
    str
        One line for the user.
    """
    if rows.any_held(database.folder(path)):
        raise _in_use(path, detail, "a run uses it")
    date = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{path.name}.damaged-{date}{f'-{n}' if n else ''}" for n in count())
    aside = next(p for n in names if not os.path.lexists(p := path.with_name(n)))
    with rows.exclusive(database.folder(path) / "users.lock", patience=0) as alone:
        if alone is None:
            raise _in_use(path, detail, "another imbtui has it open")
        pairs = [
            (old, aside.with_name(aside.name + end))
            for end in ("-wal", "-journal", "")
            if (old := path.with_name(path.name + end)).exists()
        ]
        try:
            # Whole under its new name before anything of it goes from the old one.
            for old, new in pairs:
                os.link(old, new)
            files.sync(path.parent)
            for old, _ in pairs:
                old.unlink()
        except OSError:  # a file system without links
            for old, new in pairs:
                new.unlink(missing_ok=True)
                old.rename(new)
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    return (
        f"the store was damaged ({_brief(detail)}) and is now {str(aside)!r}: "
        f"{database.recovery(aside)}"
    )


def _in_use(path: Path, detail: str, by: str) -> StoreError:
    what = f"is damaged ({_brief(detail)}), and {by}"
    return database.store_error(path, what, "end that, or give another file")


def _brief(detail: str) -> str:
    detail = detail.replace("*** in database main ***", "")
    return " ".join(detail.split())[:MOST_DETAIL]


def _exists(path: Path) -> bool:
    """Tell whether a file with something in it, or beside it, is there.

    It is not opened: closing it would undo the locks that SQLite has on it in this
    process, and another process could then take the log of its changes away.
    """
    if not path.exists():
        return False
    if not path.is_file():
        what = "a directory" if path.is_dir() else "no regular file"
        raise database.store_error(path, f"is {what}", "give the path of a file")
    return path.stat().st_size > 0 or _emptied(path)


def _emptied(path: Path) -> bool:
    return not size_of(path) and size_of(path, "-wal") > 0


def _make(path: Path) -> None:
    """Make an empty file that only its owner can read."""
    # SQLite would create it readable for everybody.
    with suppress(FileExistsError):
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        os.close(made)


def _lock_file(path: Path) -> Path:
    """Return the file that is locked while a store is opened.

    It holds the mark that the store had when it was last found whole.
    """
    return database.folder(path) / "open.lock"


def _mark(path: Path) -> bytes:
    """Return what changes when a store does: number, size and time of its files."""
    marks = [VERSION]
    for file in (path, path.with_name(f"{path.name}-wal")):
        with suppress(OSError):
            status = file.stat()
            if status.st_size:  # an empty file beside it says the same as none
                marks += [status.st_ino, status.st_size, status.st_mtime_ns]
    return " ".join(map(str, marks)).encode()


def _remember(path: Path, handle: int) -> None:
    with suppress(OSError):  # a full disk forgets it
        os.ftruncate(handle, 0)
        os.pwrite(handle, _mark(path), 0)


def _cannot_write(error: sqlite3.Error | OSError) -> bool:
    """Tell whether an error leaves a store that can be read, though not written."""
    if isinstance(error, OSError):
        return database.failing(error) or isinstance(error, PermissionError)
    return database.failing(error) or database.primary(error) in (
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    )
