"""Whether a store is whole, and what can be saved of one that is not."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import EngineError, StoreError
from engine.events import Event, RunFinished, decode
from engine.events import path as event_path
from engine.store import carve, database, raw, rows
from engine.store.migrations import VERSION
from engine.store.record import ENDED
from engine.store.store import Store

__all__ = ["Salvaged", "check", "salvage"]

MOST_LINES = 100
"""Lines that SQLite's own check is asked for."""


class Salvaged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a salvage.

    Attributes
    ----------
    runs : tuple of str
        Ids of the runs that are in the new store.
    lost : tuple of str
        What is not, one line each; empty if everything is.
    """

    runs: tuple[str, ...]
    lost: tuple[str, ...]


_Event = tuple[int, str, bytes, bytes]
_Kept = tuple[str, bytes, bytes]


class _Carved(msgspec.Struct):
    """Whole rows of a damaged store that were found past SQLite, by run."""

    runs: dict[str, rows.Row] = {}
    events: dict[str, dict[int, _Event]] = {}
    artifacts: dict[str, dict[str, _Kept]] = {}


class _Left(msgspec.Struct, kw_only=True):
    """What can be read of a run and is what was written."""

    row: dict[str, Any]
    sound: bool = True
    sealed: bool = True
    events: list[_Event] = []
    artifacts: list[_Kept] = []
    progress: list[tuple[str, bytes]] = []
    lost: list[str] = []
    gone: set[str] = set()


def check(store: Store) -> tuple[str, ...]:
    """Look at every page and every checksum of a store.

    Parameters
    ----------
    store : Store

    Returns
    -------
    tuple of str
        What is wrong, one line each; empty if all is well. Of a store by a newer
        version only the pages are looked at.

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
    if store.damaged and store.problem:
        found.append(store.problem)
    for statement in (
        f"PRAGMA integrity_check({MOST_LINES})",
        "PRAGMA foreign_key_check",
    ):
        try:
            for row in db.execute(statement).fetchall():
                if row != ("ok",):
                    found += _lines(row)
        except sqlite3.DatabaseError as error:
            found.append(str(error))
    if store.version <= VERSION:
        for left in _runs(store):
            name = left.row["id"]
            if not left.sound:
                found.append(f"the experiment of run {name} is not what was written")
            if not left.sealed:
                found.append(f"the row of run {name} is not what was written")
            found += left.lost
    return tuple(dict.fromkeys(found))


def salvage(store: Store, out: Path) -> Salvaged:
    """Copy what is whole to a new store.

    Ids and numbers stay. Of a run whose results are damaged those before the damage
    are kept: it can be resumed, which works the others out again.

    Parameters
    ----------
    store : Store
        It is only read.
    out : Path
        Where nothing is yet.

    Returns
    -------
    Salvaged

    Raises
    ------
    StoreError
        If there is something at `out`, or it cannot be written; nothing is left then.
    """
    if any(map(os.path.lexists, (out, database.folder(out), *raw.beside(out)))):
        raise StoreError(f"{str(out)!r} is there already", "name a file that is not")
    saved: list[str] = []
    lost: list[str] = []
    try:
        with Store(out) as target, target._transaction() as db:
            for left in _runs(store, _carved(store)):
                name = left.row["id"]
                lost += left.lost
                if not left.sound or not rows.is_id(name):
                    lost.append(f"run {name}: its experiment is not what was written")
                elif name in saved:
                    lost.append(f"run {name}: its id is that of another")
                else:
                    lost += _put(db, left)
                    saved.append(name)
    except BaseException:
        for file in (out, *raw.beside(out), out.with_name(f"{out.name}-shm")):
            with suppress(OSError):
                file.unlink()
        shutil.rmtree(database.folder(out), ignore_errors=True)
        raise
    lost += _pages(store)
    return Salvaged(runs=tuple(saved), lost=tuple(dict.fromkeys(lost)))


def _runs(store: Store, carved: _Carved | None = None) -> Iterator[_Left]:
    """Yield what can be read of each run, the oldest first."""
    db, carved = store._db, carved or _Carved()
    statement = "SELECT id FROM runs ORDER BY id"
    ids = [run_id for (run_id,) in rows.while_it_goes(db, statement)]
    found: dict[str, rows.Row] = {}
    for row in rows.one_by_one(db, "runs", store._columns):
        # The index has the id too, and it may be that what is damaged.
        others = () if rows.intact(row)[1] else [(one, *row[1:]) for one in ids]
        row = next((one for one in others if rows.intact(one)[1]), row)
        found.setdefault(row[0], row)
    for run_id, row in carved.runs.items():
        if run_id not in found or not all(rows.intact(found[run_id])):
            found[run_id] = row
    for run_id, row in found.items():
        sound, sealed = rows.intact(row)
        known = dict(zip(rows.COLUMNS, row, strict=True))
        left = _Left(row=known, sound=sound, sealed=sealed)
        _read_events(db, left, carved.events.get(run_id, {}))
        _read_artifacts(db, left, carved.artifacts.get(run_id, {}))
        left.progress = list(
            rows.while_it_goes(
                db, "SELECT path, payload FROM progress WHERE run = ?", run_id
            )
        )
        yield left


def _carved(store: Store) -> _Carved:
    """Return the whole rows that lie anywhere in a damaged store's pages."""
    carved = _Carved()
    if not store.damaged:
        return carved
    for row in carve.records(store._db.serialize()):
        if len(row) == len(rows.COLUMNS):
            for at in (2, 6, 8, 12):  # whole numbers of seconds are stored as such
                row[at] = float(row[at]) if isinstance(row[at], int) else row[at]
            if all(rows.intact(tuple(row))):
                carved.runs[row[0]] = tuple(row)
            continue
        if len(row) not in (4, 5) or not isinstance(row[-2], bytes):
            continue
        run_id, *rest = row
        if rows.checksum(row[-2]) == row[-1]:
            where: dict[str, dict[Any, Any]] = (
                carved.artifacts if len(row) == 4 else carved.events
            )
            where.setdefault(run_id, {}).setdefault(rest[0], tuple(rest))
    return carved


def _read_events(
    db: sqlite3.Connection, left: _Left, carved: dict[int, _Event]
) -> None:
    name = left.row["id"]
    statement = (
        "SELECT seq, path, payload, checksum FROM events WHERE run = ? ORDER BY seq"
    )
    found = dict(carved)
    last = max(found, default=0)
    for seq, path, payload, known in rows.while_it_goes(db, statement, name):
        last = max(last, _number(seq))
        if isinstance(payload, bytes) and rows.checksum(payload) == known:
            found[seq] = (seq, path, payload, known)
    # It may have ended at a page that cannot be read.
    statement = "SELECT max(seq) FROM events WHERE run = ?"
    known_last = list(rows.while_it_goes(db, statement, name))
    last = max(last, _number(known_last[0][0])) if known_last else last
    for seq in range(1, last + 1):
        if seq not in found:
            left.lost.append(f"results of run {name} from the {seq}. on")
            return
        _, path, payload, known = found[seq]
        event = _event(payload)
        about = path if event is None else event_path(event)
        left.events.append((seq, about, payload, known))
    if not known_last and _last_word(left.events) is None:
        left.lost.append(f"results of run {name} from the {last + 1}. on, perhaps")


def _read_artifacts(
    db: sqlite3.Connection, left: _Left, carved: dict[str, _Kept]
) -> None:
    name, found = left.row["id"], dict(carved)
    statement = "SELECT name FROM artifacts WHERE run = ?"
    names = {str(kept) for (kept,) in rows.while_it_goes(db, statement, name)}
    for kept, payload, known in rows.one_by_one(
        db, "artifacts", "name, payload, checksum", "WHERE run = ?", name
    ):
        names.add(str(kept))
        if isinstance(payload, bytes) and rows.checksum(payload) == known:
            found[kept] = (kept, payload, known)
    left.artifacts = list(found.values())
    left.gone = names - set(found)
    left.lost += [f"{kept} of run {name}" for kept in sorted(left.gone)]


def _put(db: sqlite3.Connection, left: _Left) -> list[str]:
    """Write what is left of a run; return what is lost besides."""
    row, lost = dict(left.row), []
    run_id, events = row["id"], _consistent(left)
    if not left.sealed:
        lost.append(f"number, dates, note and tags of run {run_id}, where damaged")
        _guess(db, row)
    if _taken(db, row["number"]):  # a deleted run of that number may be back
        row["number"] = _next(db)
    status = _last_word(events)
    if not left.sealed or (row["status"] in ENDED and row["status"] != status):
        # Without its last word it has not ended: it can be resumed.
        row |= {"status": status or "running", "pid": None}
        row["finished"] = row["finished"] if status else None
    row["checksum"] = rows.checksum(row["experiment"] + row["options"])
    db.execute(
        f"INSERT INTO runs ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
        tuple(row.values()),
    )
    rows.seal(db, run_id)
    for table, found in (
        ("events", events),
        ("progress", left.progress),
        ("artifacts", left.artifacts),
    ):
        if found:
            marks = ", ".join("?" * (1 + len(found[0])))
            db.executemany(
                f"INSERT INTO {table} VALUES ({marks})",
                [(run_id, *one) for one in found],
            )
    return lost


def _consistent(left: _Left) -> list[_Event]:
    """Return the results that a resumed run can go on from.

    What an arm kept is needed with its results; without it they are worked out again.
    """
    arms = {name.partition("/")[2] for name in left.gone}
    if _last_word(left.events) == "done":
        return left.events
    for at, (_, _, payload, _) in enumerate(left.events):
        if getattr(_event(payload), "arm", None) in arms:
            return left.events[:at]
    return left.events


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _last_word(events: list[_Event]) -> str | None:
    last = _event(events[-1][2]) if events else None
    return last.status if isinstance(last, RunFinished) else None


def _event(payload: bytes) -> Event | None:
    try:
        return decode(payload)
    except (msgspec.MsgspecError, EngineError, RecursionError):
        return None


def _taken(db: sqlite3.Connection, number: object) -> bool:
    found = db.execute("SELECT 1 FROM runs WHERE number = ?", (number,)).fetchone()
    return found is not None


def _next(db: sqlite3.Connection) -> int:
    (number,) = db.execute("SELECT coalesce(max(number), 0) + 1 FROM runs").fetchone()
    return int(number)


def _guess(db: sqlite3.Connection, row: dict[str, Any]) -> None:
    """Put what is likely where a run's row is not what was written."""
    if not isinstance(row["number"], int):
        row["number"] = _next(db)
    for name, kind, instead in (
        ("created", float, 0.0),
        ("queued", float, 0.0),
        ("finished", float, None),
        ("epoch", int, 0),
        ("cancel", int, 0),
        ("machine", str, ""),
        ("note", str, ""),
        ("tags", bytes, b"[]"),
        ("beat", float, None),
    ):
        if not isinstance(row[name], kind):
            row[name] = instead


def _pages(store: Store) -> list[str]:
    """Say that runs may be missing of which nothing at all could be read."""
    try:
        store._db.execute("SELECT count(*) FROM runs NOT INDEXED").fetchone()
        store._db.execute("SELECT max(number) FROM runs").fetchone()
    except sqlite3.DatabaseError:
        return ["runs, perhaps, of which not even the id can be read"]
    return []


def _lines(row: tuple[Any, ...]) -> list[str]:
    if len(row) == 1:
        text = str(row[0]).replace("*** in database main ***", "")
        return [" ".join(one.split()) for one in text.splitlines() if one.strip()]
    return [f"a row of {row[0]} belongs to no {row[2]}"]
