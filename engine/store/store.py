"""Runs, their results and their progress in one SQLite file."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import EngineError, StoreError
from engine.events import Event, RunFinished, decode, encode, is_result
from engine.events import path as event_path
from engine.spec import Experiment
from engine.state import State, reduce
from engine.store import database, inputs, lock
from engine.store.record import ENDED, UNKNOWN, Run, RunOptions, unreadable

__all__ = ["Run", "RunOptions", "Store", "default_path", "open_store"]

START_SECONDS = 60.0
"""How long a queued run may take until its process holds the lock."""


def default_path() -> Path:
    """Return where runs are kept unless told otherwise.

    ``IMBTUI_STORE`` if set, else a file in the platform's folder for state.
    """
    if given := os.environ.get("IMBTUI_STORE"):
        return Path(given).expanduser()
    import platformdirs

    return platformdirs.user_state_path("imbtui", appauthor=False) / "runs.sqlite"


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

    Raises
    ------
    StoreError
        If it cannot be created, is no store, or is of a newer version.
    """
    chosen = default_path() if path is None else Path(path)
    try:
        chosen = chosen.expanduser()
    except RuntimeError as error:
        raise StoreError(f"the store {str(path)!r}: {error}", "give its path") from None
    if not chosen.name:
        raise StoreError(
            f"the store {str(path)!r} is no file", "give the path of one with --store"
        )
    return Store(chosen, create=create)


class Store:
    """Runs in one SQLite file; any number of processes may have it open.

    Parameters
    ----------
    path : Path
        The file; its folder is created if needed.
    create : bool, default=True
        Whether to create it.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self._db = database.connect(path, create=create)

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def create(self, experiment: Experiment, options: RunOptions) -> Run:
        """Add a run that waits for a process.

        Returns
        -------
        Run
            With a new id of 8 hexadecimal digits.
        """
        run_id = secrets.token_hex(4)
        try:
            wanted = msgspec.json.encode(experiment)
        except UnicodeEncodeError:
            raise StoreError(
                "the experiment holds a name that is no UTF-8 text", "rename it"
            ) from None
        with self._transaction() as db:
            (number,) = db.execute(
                "SELECT coalesce(max(number), 0) + 1 FROM runs"
            ).fetchone()
            db.execute(
                "INSERT INTO runs (id, number, created, experiment, options, status,"
                " queued) VALUES (?, ?, ?, ?, ?, 'queued', ?)",
                (
                    run_id,
                    number,
                    now := time.time(),
                    wanted,
                    msgspec.json.encode(options),
                    now,
                ),
            )
        return self.run(run_id)

    def runs(self) -> tuple[Run, ...]:
        """Return all runs, the newest first."""
        return self._select("ORDER BY number DESC")

    def run(self, name: str) -> Run:
        """Return the run of that id, unique beginning of an id, or ``last``.

        Raises
        ------
        StoreError
            If there is none, or more than one begins so.
        """
        if name == "last":
            found = self._select("ORDER BY number DESC LIMIT 1")
        else:
            found = self._select(
                "WHERE substr(id, 1, ?) = ? ORDER BY number DESC", len(name), name
            )
        if len(found) == 1 and name:
            return found[0]
        if found and name:
            ids = ", ".join(run.id for run in found)
            raise StoreError(
                f"{name!r} begins more than one run: {ids}", "give more of it"
            )
        empty = not self._select("LIMIT 1")
        raise StoreError(
            f"no run {name!r}"
            + (f": the store {str(self.path)!r} holds none" if empty else ""),
            "start one with imbtui run" if empty else "imbtui runs lists them",
        )

    def queue(self, run_id: str) -> bool:
        """Claim an unfinished run for a process that is about to be started.

        Returns
        -------
        bool
            False if it is done, has a process, or somebody else is starting one.
        """
        with self._transaction() as db:
            # Nobody else can claim it between this look and the update.
            run = self.run(run_id)
            free = run.ended and run.status != "done"
            if free:
                db.execute(
                    "UPDATE runs SET status = 'queued', queued = ?, cancel = 0,"
                    " finished = NULL WHERE id = ?",
                    (time.time(), run_id),
                )
        return free

    def begin(self, run_id: str, pid: int) -> None:
        """Note that a process has taken the run up."""
        with self._transaction() as db:
            db.execute(
                "UPDATE runs SET status = 'running', pid = ? WHERE id = ?",
                (pid, run_id),
            )

    def append(
        self, run_id: str, event: Event, kept: Mapping[str, bytes] | None = None
    ) -> None:
        """Store one event, and what was kept with it, in one transaction.

        Parameters
        ----------
        run_id : str
        event : Event
            A result gets a row of its own; progress replaces the newest.
        kept : mapping of str to bytes, optional
            Stored under their names, replacing earlier ones.
        """
        payload = encode(event)
        with self._transaction() as db:
            for name, data in (kept or {}).items():
                db.execute(
                    "INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?)",
                    (run_id, name, data, _checksum(data)),
                )
            if is_result(event):
                db.execute(
                    "INSERT INTO events SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ?"
                    " FROM events WHERE run = ?",
                    (run_id, event_path(event), payload, _checksum(payload), run_id),
                )
            else:
                db.execute(
                    "INSERT OR REPLACE INTO progress VALUES (?, ?, ?)",
                    (run_id, event_path(event), payload),
                )
            if isinstance(event, RunFinished):
                db.execute(
                    "UPDATE runs SET status = ?, finished = ?, pid = NULL WHERE id = ?",
                    (event.status, time.time(), run_id),
                )

    def events(self, run_id: str, *, after: int = 0) -> list[tuple[int, Event]]:
        """Return the results of a run beyond a sequence number, in order.

        Raises
        ------
        StoreError
            If a row is not what was written.
        """
        with self._named():
            rows = self._db.execute(
                "SELECT seq, payload, checksum FROM events WHERE run = ? AND seq > ?"
                " ORDER BY seq",
                (run_id, after),
            ).fetchall()
        found: list[tuple[int, Event]] = []
        for seq, payload, checksum in rows:
            _verify(payload, checksum, f"result {seq} of run {run_id}")
            found.append((seq, _decoded(payload, run_id)))
        return found

    def progress(self, run_id: str) -> list[Event]:
        """Return the newest progress of a run, one event per path."""
        with self._named():
            rows = self._db.execute(
                "SELECT payload FROM progress WHERE run = ? ORDER BY path", (run_id,)
            ).fetchall()
        return [_decoded(payload, run_id) for (payload,) in rows]

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
        with self._named():
            rows = self._db.execute(
                "SELECT name, payload, checksum FROM artifacts WHERE run = ?", (run_id,)
            ).fetchall()
        found: dict[str, bytes] = {}
        for name, payload, checksum in rows:
            if not names or name in names:
                _verify(payload, checksum, f"{name} of run {run_id}")
                found[name] = payload
        missing = sorted(set(names) - set(found))
        if missing:
            raise StoreError(f"run {run_id} kept no {', '.join(missing)}")
        return found

    def ask_cancel(self, run_id: str) -> None:
        """Ask the run's process to end; it looks several times a second."""
        with self._transaction() as db:
            db.execute("UPDATE runs SET cancel = 1 WHERE id = ?", (run_id,))

    def cancel_asked(self, run_id: str) -> bool:
        """Tell whether somebody asked for the run's end, or deleted it."""
        with self._named():
            row = self._db.execute(
                "SELECT cancel FROM runs WHERE id = ?", (run_id,)
            ).fetchone()
        return row is None or bool(row[0])

    def delete(self, run_id: str, *, keep_log: bool = False) -> None:
        """Remove a run and all that it kept; its log may be left to be read.

        Prepared folds and tables from standard input go with the last run they are of.
        """
        with self._transaction() as db:
            db.execute("DELETE FROM runs WHERE id = ?", (run_id,))
            left = [row for (row,) in db.execute("SELECT experiment FROM runs")]
        if not left:
            shutil.rmtree(self.folds, ignore_errors=True)
        inputs.sweep(self.folder, left)
        lock.path(self.folder, run_id).unlink(missing_ok=True)
        if not keep_log:
            self.log_path(run_id).unlink(missing_ok=True)

    def log_path(self, run_id: str) -> Path:
        """Return the log file of a run's process."""
        return self.folder / f"{run_id}.log"

    @property
    def folds(self) -> Path:
        """The folder of prepared folds, shared by the store's runs."""
        return self.folder / "folds"

    @property
    def folder(self) -> Path:
        """The folder beside the store, with the runs' locks and logs."""
        return database.folder(self.path)

    def _select(self, rest: str, *values: object) -> tuple[Run, ...]:
        with self._named():
            rows = self._db.execute(
                "SELECT id, number, created, experiment, options, status, queued, pid,"
                f" finished, cancel FROM runs {rest}",
                values,
            ).fetchall()
        return tuple(self._run(row) for row in rows)

    def _run(self, row: tuple[Any, ...]) -> Run:
        run_id, number, created, experiment, options, status, *rest = row
        queued, pid, finished, cancel = rest
        alive = status in ENDED or lock.held(self.folder, run_id)
        if not alive:
            # Its last word may have come since the row was read.
            with self._named():
                now = self._db.execute(
                    "SELECT status FROM runs WHERE id = ?", (run_id,)
                ).fetchone()
            status = now[0] if now else status
        if not alive and status not in ENDED:
            fresh = status == "queued" and time.time() - queued < START_SECONDS
            status = status if fresh else "interrupted"
        try:
            wanted = msgspec.json.decode(experiment, type=Experiment)
            how = msgspec.json.decode(options, type=RunOptions)
        except (msgspec.MsgspecError, EngineError):
            # Of another version; it can still be listed and deleted.
            wanted, how, status = UNKNOWN, RunOptions(), "unreadable"
        return Run(
            id=run_id,
            number=number,
            created=created,
            experiment=wanted,
            options=how,
            status=status,
            queued=queued,
            pid=pid,
            finished=finished,
            cancel=bool(cancel),
        )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._named(), database.transaction(self._db) as db:
            yield db

    def _named(self) -> AbstractContextManager[None]:
        return database.named(self.path)


def _checksum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _verify(data: object, checksum: bytes, what: str) -> None:
    if not isinstance(data, bytes) or _checksum(data) != checksum:
        raise StoreError(
            f"{what} is damaged: it is not what was written",
            "delete the run and start it again",
        )


def _decoded(payload: bytes, run_id: str) -> Event:
    try:
        return decode(payload)
    except (msgspec.MsgspecError, EngineError):
        raise unreadable(run_id) from None
