"""Runs, their results and their progress in one SQLite file: read and written."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import msgspec

from engine.core import record
from engine.core.errors import DiskError, LeaseLostError, ReadOnlyError, StoreError
from engine.core.events import Event, RunFinished, encode, is_result
from engine.core.events import path as event_path
from engine.core.experiment import Experiment
from engine.core.record import ENDED, Run, RunOptions
from engine.core.state import State, reduce
from engine.store import database, inputs, opening, place, rows

__all__ = ["Run", "RunOptions", "Store", "default_path", "open_store"]


def default_path() -> Path:
    """Return where runs are kept by default; nothing is made.

    ``IMBTUI_STORE`` if set, else a file in the platform's folder for state; where that
    cannot be written, one in the temporary folder.
    """
    return place.choose().path


def open_store(path: str | Path | None = None, *, create: bool = True) -> Store:
    """Open a store, creating it if there is none.

    Parameters
    ----------
    path : str, Path or None, default=None
        The file; `default_path` when None.
    create : bool, default=True
        Whether to create it; a store that is not there is an empty one otherwise.

    Returns
    -------
    Store
        One that is only read if it may not be written by this user, or the disk is
        full: see its `problem`. One that was damaged is moved aside for a new one, if
        `create` is true: see its `notices`.

    Raises
    ------
    StoreError
        If it cannot be created, is no store, of another version, or damaged.
    """
    chosen = place.choose() if path is None else place.StorePlace(Path(path))
    name = f"the store {str(chosen.path if path is None else path)!r}"
    try:
        where = chosen.path.expanduser()
    except RuntimeError as error:
        raise StoreError(f"{name}: {error}", "give its path") from None
    if not where.name:
        raise StoreError(f"{name} is no file", "give the path of one", field="store")
    notices = () if chosen.notice is None else (chosen.notice,)
    return Store(where, create=create, notices=notices)


class Store:
    """Runs in one SQLite file; any number of processes may have it open.

    Parameters
    ----------
    path : Path
        The file; its folder is created if needed.
    create : bool, default=True
        Whether to create it.
    notices : tuple of str, default=()
        What is to be said about where it is.

    Attributes
    ----------
    path : Path
    problem : str or None
        Why it is only read, in one line: every write raises a `ReadOnlyError` with
        it. None if it can be written.
    fix : str
        What to do about that.
    notices : tuple of str
        What to tell the user once, one line each.
    """

    def __init__(
        self, path: Path, *, create: bool = True, notices: tuple[str, ...] = ()
    ) -> None:
        self.path = path
        # Threads of one process may share a store; their transactions follow.
        self._writing = threading.RLock()
        self._take(opening.connect(path, create=create), notices)

    def _take(self, opened: opening.OpenStore, notices: tuple[str, ...] = ()) -> None:
        self._db = opened.db
        self.problem, self.fix = opened.problem, opened.fix
        self.notices = (*notices, *opened.notices)
        self._passing = opened.passing
        self._user = opened.user
        self._whole = True

    def close(self) -> None:
        """Close the file, which then has all that was written without its log."""
        if self.problem is None:
            database.checkpoint(self._db)
        self._db.close()
        self._leave()
        if self._whole and self.problem is None:
            opening.vouch(self.path)

    def _leave(self) -> None:
        """Tell others no longer that the store is open here."""
        user, self._user = self._user, None
        if user is not None:
            os.close(user)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading --------------------------------------------------------------------------

    def runs(self) -> tuple[Run, ...]:
        """Return all runs, the newest first."""
        return self._select("ORDER BY number DESC")

    def run(self, name: str) -> Run:
        """Return the run of that number, id, unique beginning of an id, or ``last``.

        A number comes before an id that begins so.

        Raises
        ------
        StoreError
            If there is none, or more than one begins so.
        """
        if name == "last":
            found = self._select("ORDER BY number DESC LIMIT 1")
        else:
            begins = "WHERE substr(id, 1, ?) = ? ORDER BY number DESC"
            # "03" is no number, but may begin an id.
            found = ()
            counts = name.isascii() and name.isdigit() and name[0] != "0"
            if counts and len(name) < 19:
                found = self._select("WHERE number = ?", int(name))
            found = found or self._select(begins, len(name), name)
        if len(found) == 1 and name:
            return found[0]
        if found and name:
            ids = ", ".join(run.id for run in found)
            what = f"{name!r} begins more than one run: {ids}"
            raise StoreError(what, "give more of it")
        if self._select("LIMIT 1"):
            how = "choose one of those there are"
            raise StoreError(f"no run {name!r}", how, action="runs")
        what = f"no run {name!r}: the store {str(self.path)!r} holds none"
        raise StoreError(what, "start one", action="run")

    def events(self, run_id: str, *, after: int = 0) -> list[tuple[int, Event]]:
        """Return the results of a run beyond a sequence number, in order.

        Raises
        ------
        StoreError
            If a row is not what was written.
        """
        with self._named():
            # One statement sees one moment: a run that has ended has its last word.
            read = self._db.execute(
                "SELECT seq, payload, events.checksum, status FROM runs"
                " LEFT JOIN events ON run = id AND seq > ? WHERE id = ? ORDER BY seq",
                (after, run_id),
            ).fetchall()
        found: list[tuple[int, Event]] = []
        for wanted, (seq, payload, checksum, _) in enumerate(read, after + 1):
            if seq is None:  # there is none beyond that number
                break
            what = f"result {wanted} of run {run_id}"
            rows.verify(payload if seq == wanted else None, checksum, what)
            found.append((seq, rows.decode_event(payload, run_id)))
        last = found[-1][1] if found else None
        ended = bool(read) and read[0][3] in ENDED and (found or not after)
        if ended and not isinstance(last, RunFinished):
            raise StoreError(
                f"the last results of run {run_id} are missing",
                "check the store: it says what else is",
                action="check",
            )
        return found

    def progress(self, run_id: str) -> list[Event]:
        """Return the newest progress of a run, one event per path."""
        wanted = "SELECT payload FROM progress WHERE run = ? ORDER BY path"
        with self._named():
            read = self._db.execute(wanted, (run_id,)).fetchall()
        return [rows.decode_event(payload, run_id) for (payload,) in read]

    def state(self, run_id: str) -> State:
        """Return the state of a run: its results, reduced."""
        state = State()
        for _, event in self.events(run_id):
            state = reduce(state, event)
        return state

    def artifact(self, run_id: str, name: str) -> bytes:
        """Return what a run kept under a name.

        Raises
        ------
        StoreError
            If there is nothing of that name, or it is damaged.
        """
        return self.artifacts(run_id, name)[name]

    def artifacts(self, run_id: str, *names: str) -> dict[str, bytes]:
        """Return what a run kept, all of it or the names given."""
        wanted = "SELECT name, payload, checksum FROM artifacts WHERE run = ?"
        wanted += f" AND name IN ({', '.join('?' * len(names))})" if names else ""
        with self._named():
            read = self._db.execute(wanted, (run_id, *names)).fetchall()
        found: dict[str, bytes] = {}
        for name, payload, checksum in read:
            rows.verify(payload, checksum, f"{name} of run {run_id}")
            found[name] = payload
        if missing := sorted(set(names) - set(found)):
            raise StoreError(f"run {run_id} kept no {', '.join(missing)}")
        return found

    def cancel_requested(self, run_id: str) -> bool:
        """Tell whether a user asked for the run's end, or deleted it."""
        wanted = "SELECT cancel FROM runs WHERE id = ?"
        with self._named():
            row = self._db.execute(wanted, (run_id,)).fetchone()
        return row is None or bool(row[0])

    def log_path(self, run_id: str) -> Path:
        """Return the log file of a run's process."""
        return self.folder / f"{run_id}.log"

    @property
    def folds(self) -> Path:
        """The folder of cached folds, shared by the store's runs."""
        return self.folder / "folds"

    @property
    def folder(self) -> Path:
        """The folder beside the store, with the runs' locks and logs."""
        return database.folder(self.path)

    # Writing --------------------------------------------------------------------------

    def create(self, experiment: Experiment, options: RunOptions) -> Run:
        """Add a run that waits for a process.

        Returns
        -------
        Run
            With a new id of 8 hexadecimal digits.
        """
        run_id = secrets.token_hex(4)
        try:
            wanted, how = msgspec.json.encode(experiment), msgspec.json.encode(options)
        except UnicodeEncodeError:
            what = "the experiment holds a name that is no UTF-8 text"
            raise StoreError(what, "rename it") from None
        with self._transaction() as db:
            db.execute(
                "INSERT INTO runs (id, number, created, experiment, options, checksum,"
                " status, queued)"
                " SELECT ?, max(coalesce(max(number), 0), ?) + 1, ?, ?, ?, ?, '', 0"
                " FROM runs",
                (
                    run_id,
                    rows.last_deleted(self.folder),
                    time.time(),
                    wanted,
                    how,
                    rows.checksum(wanted + how),
                ),
            )
            _wait(db, run_id)
        return self.run(run_id)

    def queue(self, run_id: str) -> bool:
        """Claim an unfinished run for a process that is about to be started.

        Returns
        -------
        bool
            False if it is done, has a process, or another process is starting one.
        """
        with self._transaction() as db:
            # Nobody else can claim it between this look and the update.
            run = self.run(run_id)
            free = run.ended and run.status not in ("done", "unreadable")
            if free:
                _wait(db, run_id)
        return free

    def begin(self, run_id: str, pid: int) -> int:
        """Note that a process has taken the run up.

        Returns
        -------
        int
            Its epoch. From now on a process of an earlier one can write no more: one
            that was stopped, or slept with its machine, while another took over.
        """
        with self._transaction() as db:
            db.execute(
                "UPDATE runs SET status = 'running', pid = ?, epoch = epoch + 1,"
                " machine = ?, beat = ? WHERE id = ?",
                (pid, rows.machine_id(), time.monotonic(), run_id),
            )
            rows.seal(db, run_id)
            (epoch,) = db.execute(
                "SELECT epoch FROM runs WHERE id = ?", (run_id,)
            ).fetchone() or (0,)
        return int(epoch)

    def heartbeat(self, run_id: str, epoch: int) -> None:
        """Say that the run's process lives.

        Raises
        ------
        LeaseLostError
            If another process has taken the run up, or it is deleted.
        """
        with self._transaction() as db:
            _fence(db, run_id, epoch)
            change = "UPDATE runs SET beat = ? WHERE id = ?"
            db.execute(change, (time.monotonic(), run_id))

    def annotate(
        self,
        run_id: str,
        *,
        note: str | None = None,
        tags: Collection[str] | None = None,
    ) -> Run:
        """Set a run's note, or its tags; what is None stays as it is.

        Raises
        ------
        StoreError
            If one is too long, or no text.
        """
        with self._transaction() as db:
            for column, value in record.annotation(note, tags).items():
                change = f"UPDATE runs SET {column} = ? WHERE id = ?"
                db.execute(change, (value, run_id))
            rows.seal(db, run_id)
        return self.run(run_id)

    def append(
        self,
        run_id: str,
        event: Event,
        artifacts: Mapping[str, bytes] | None = None,
        *,
        epoch: int | None = None,
    ) -> None:
        """Store one event, and its artifacts, in one transaction.

        Parameters
        ----------
        run_id : str
        event : Event
            A result gets a row of its own; progress replaces the newest.
        artifacts : mapping of str to bytes, optional
            Stored under their names, replacing earlier ones.
        epoch : int, optional
            That of the process that writes; not looked at if None.

        Raises
        ------
        LeaseLostError
            If another process has taken the run up since, or it is deleted.
        """
        with self._transaction() as db:
            if epoch is not None:
                _fence(db, run_id, epoch)
            for name, data in (artifacts or {}).items():
                db.execute(
                    "INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?)",
                    (run_id, name, data, rows.checksum(data)),
                )
            _put(db, run_id, event)

    def finish(self, run_id: str, last: RunFinished) -> None:
        """Write the last word of a run in the place of its process, which is gone.

        Should that be there after all, it can write no more.
        """
        with self._transaction() as db:
            db.execute("UPDATE runs SET epoch = epoch + 1 WHERE id = ?", (run_id,))
            _put(db, run_id, last)

    def request_cancel(self, run_id: str) -> None:
        """Ask the run's process to end; it looks several times a second."""
        with self._transaction() as db:
            db.execute("UPDATE runs SET cancel = 1 WHERE id = ?", (run_id,))

    def delete(self, run_id: str, *, keep_log: bool = False) -> None:
        """Remove a run and all that it kept; its log may be left to be read.

        Prepared folds and tables from standard input go with the last run they are of.
        """
        if run_id == rows.NO_ID:
            what = "the id of this run is none that imbtui gives: it cannot be deleted"
            raise StoreError(what, "leave it there: nothing reads it")
        with self._transaction() as db:
            gone = "DELETE FROM runs WHERE id = ? RETURNING number"
            for (number,) in db.execute(gone, (run_id,)).fetchall():
                rows.note_deleted(self.folder, number)
            left = [row for (row,) in db.execute("SELECT experiment FROM runs")]
        if not left:
            shutil.rmtree(self.folds, ignore_errors=True)
        inputs.sweep(self.folder, left)
        rows.lock_path(self.folder, run_id).unlink(missing_ok=True)
        if not keep_log:
            self.log_path(run_id).unlink(missing_ok=True)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing, self._named():
            if self._passing:  # perhaps there is room by now
                again = opening.connect(self.path, create=False)
                self._db.close()
                self._leave()
                self._take(again)
            if self.problem is not None and self._passing:
                raise DiskError(self.problem, self.fix)
            if self.problem is not None:
                raise ReadOnlyError(self.problem, self.fix, field="store")
            with database.transaction(self._db) as db:
                yield db

    def _select(self, rest: str, *values: object) -> tuple[Run, ...]:
        with self._named():
            found = rows.select_runs(self._db, rest, *values)
            return tuple(rows.run_of(row, self._db, self.folder) for row in found)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            with database.translate_errors(self.path):
                yield
        except StoreError:
            self._whole = False
            raise


def _wait(db: sqlite3.Connection, run_id: str) -> None:
    """Let a run wait for a process, that is started on this machine."""
    db.execute(
        "UPDATE runs SET status = 'queued', queued = ?, cancel = 0, finished = NULL,"
        " machine = ?, beat = ? WHERE id = ?",
        (time.time(), rows.machine_id(), time.monotonic(), run_id),
    )
    # That of a process which is gone tells nothing of the next one.
    db.execute("DELETE FROM progress WHERE run = ?", (run_id,))
    rows.seal(db, run_id)


def _put(db: sqlite3.Connection, run_id: str, event: Event) -> None:
    """Write an event: a row of its own, or in the place of the newest progress."""
    about, payload = event_path(event), encode(event)
    if is_result(event):
        db.execute(
            "INSERT INTO events SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ?"
            " FROM events WHERE run = ?",
            (run_id, about, payload, rows.checksum(payload), run_id),
        )
    else:
        change = "INSERT OR REPLACE INTO progress VALUES (?, ?, ?)"
        db.execute(change, (run_id, about, payload))
    if isinstance(event, RunFinished):
        db.execute(
            "UPDATE runs SET status = ?, finished = ?, pid = NULL WHERE id = ?",
            (event.status, time.time(), run_id),
        )
        rows.seal(db, run_id)


def _fence(db: sqlite3.Connection, run_id: str, epoch: int) -> None:
    """Refuse what a process of an earlier epoch would write."""
    row = db.execute("SELECT epoch FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row != (epoch,):
        what = "deleted" if row is None else "taken up by another process"
        what = f"run {run_id} was {what}"
        raise LeaseLostError(what, "follow it", action=f"watch {run_id}")
