"""What a store takes on the disk, whether it is whole, and making room."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from engine.core.errors import DiskError, ReadOnlyError, StoreError
from engine.core.record import unreadable
from engine.io.source import INPUT
from engine.store import database, inputs, place, rows
from engine.store.store import Store

MOST_LINES = 100
"""Lines that SQLite's own check is asked for."""

YOUNG_SECONDS = 600.0
"""How long a table from standard input may wait for its run to be stored."""
PATIENCE_MILLISECONDS = 200


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a store takes on the disk.

    Attributes
    ----------
    path : Path
        Its file.
    filesystem : str
        What it is on, such as ``ext4``; empty if unknown.
    journal : str
        How changes are written: ``wal``, or ``delete`` on a network file system.
    bytes_store : int
        The file, and what SQLite keeps beside it.
    bytes_folds : int
        Prepared folds; they are made again when needed.
    bytes_inputs : int
        Tables from standard input.
    bytes_logs : int
        Logs of runs.
    bytes_runs : dict of str to int
        By run: its results, progress, what it kept, and its log.
    free : int
        What the disk has left.
    """

    path: Path
    filesystem: str
    journal: str
    bytes_store: int
    bytes_folds: int
    bytes_inputs: int
    bytes_logs: int
    bytes_runs: dict[str, int]
    free: int


def usage(store: Store) -> Usage:
    """Measure a store.

    Parameters
    ----------
    store : Store

    Returns
    -------
    Usage

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from engine.store import open_store
    >>> with TemporaryDirectory() as folder:
    ...     with open_store(Path(folder) / "runs.sqlite") as store:
    ...         usage(store).journal, usage(store).bytes_runs
    ('wal', {})
    """
    db, folder = store._db, store.folder
    runs: dict[str, int] = {}
    with database.translate_errors(store.path):
        (journal,) = db.execute("PRAGMA journal_mode").fetchone()
        for (run_id,) in db.execute("SELECT id FROM runs").fetchall():
            runs[run_id] = _sizes([store.log_path(run_id)])
        for table in ("events", "progress", "artifacts"):
            sums = f"SELECT run, sum(length(payload)) FROM {table} GROUP BY run"
            for run_id, count in db.execute(sums).fetchall():
                if run_id in runs:
                    runs[run_id] += count
    free = 0
    with suppress(OSError):
        free = shutil.disk_usage(store.path.parent).free
    return Usage(
        path=store.path,
        filesystem=place.filesystem(store.path.parent)[0],
        journal=str(journal),
        bytes_store=_sizes(_files(store.path)),
        bytes_folds=_deep(store.folds),
        bytes_inputs=_sizes(folder.glob(f"{INPUT}*")),
        bytes_logs=_sizes(folder.glob("*.log")),
        bytes_runs=runs,
        free=free,
    )


def check(store: Store) -> tuple[str, ...]:
    """Look at every page and every checksum of a store.

    Parameters
    ----------
    store : Store

    Returns
    -------
    tuple of str
        What is wrong, one line each; empty if all is well.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from engine.store import open_store
    >>> with TemporaryDirectory() as folder:
    ...     with open_store(Path(folder) / "runs.sqlite") as store:
    ...         check(store)
    ()
    """
    db, found = store._db, []
    try:
        for (text,) in db.execute(f"PRAGMA integrity_check({MOST_LINES})"):
            lines = (" ".join(line.split()) for line in text.splitlines())
            found += [line for line in lines if line != "ok"]
        for table, _, parent, _ in db.execute("PRAGMA foreign_key_check").fetchall():
            found.append(f"a row of {table} belongs to no {parent}")
        for row in rows.select_runs(db, "ORDER BY id"):
            run_id, (sound, sealed) = row["id"], rows.intact(row)
            if not sound:
                found.append(f"the experiment of run {run_id} is not what was written")
            if not sealed:
                found.append(f"the row of run {run_id} is not what was written")
            found += _find_damage(store, run_id)
    except sqlite3.DatabaseError as error:
        found.append(str(error))
    return tuple(dict.fromkeys(found))


def _find_damage(store: Store, run_id: str) -> Iterator[str]:
    """Say which results of a run, and what else it kept, are not what was written."""
    for read in (store.events, store.artifacts):
        try:
            read(run_id)
        except StoreError as error:
            if error.message != unreadable(run_id).message:  # it is of another version
                yield error.message


def prune(store: Store) -> int:
    """Make room: what no run needs goes, and the file is packed.

    Prepared folds stay as long as a run lives, if they were used since it began; the
    others are made again when needed. Locks, logs and tables from standard input go
    if their runs are gone. The file itself is packed when no run lives.

    Parameters
    ----------
    store : Store

    Returns
    -------
    int
        Bytes freed.

    Raises
    ------
    ReadOnlyError
        If the store is only read.
    """
    if store.problem is not None:
        raise ReadOnlyError(store.problem, store.fix, field="store")
    before = _all(store)
    # Listed before the runs: what comes meanwhile belongs to a run.
    of_runs = [*store.folder.glob("????????.lock"), *store.folder.glob("????????.log")]
    runs = store.runs()
    living = [run for run in runs if not run.ended]
    if not living:
        shutil.rmtree(store.folds, ignore_errors=True)
    known = {run.id for run in runs}
    for file in of_runs:
        if file.stem not in known and rows.held(store.folder, file.stem) is False:
            with suppress(OSError):
                file.unlink()
    with database.translate_errors(store.path):
        wanted = store._db.execute("SELECT experiment FROM runs").fetchall()
    inputs.sweep(store.folder, [one for (one,) in wanted], young=YOUNG_SECONDS)
    _pack(store, whole=not living)
    return max(0, before - _all(store))


def _pack(store: Store, *, whole: bool) -> None:
    """Put what was changed into the file, and give back what is free in it."""
    # There may be no room for the second copy that packing needs, or a user reads or
    # writes: then it is for the next time.
    db = store._db
    with suppress(DiskError), database.translate_errors(store.path), store._writing:
        db.execute(f"PRAGMA busy_timeout = {PATIENCE_MILLISECONDS}")
        try:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if whole:
                db.execute("VACUUM")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            db.execute(f"PRAGMA busy_timeout = {database.BUSY_SECONDS * 1000:.0f}")


def _all(store: Store) -> int:
    return _sizes(_files(store.path)) + _deep(store.folder)


def _files(path: Path) -> list[Path]:
    ends = ("", "-wal", "-journal", "-shm")
    return [path.with_name(f"{path.name}{end}") for end in ends]


def _sizes(files: Iterable[Path]) -> int:
    found = 0
    for file in files:
        with suppress(OSError):
            found += file.lstat().st_size
    return found


def _deep(folder: Path) -> int:
    return _sizes(Path(at) / name for at, _, names in os.walk(folder) for name in names)
