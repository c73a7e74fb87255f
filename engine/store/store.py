"""Runs, their results and their progress in one SQLite file."""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import StoreError
from engine.events import Event, RunFinished, decode, encode, is_result
from engine.events import path as event_path
from engine.spec import Experiment
from engine.state import State, reduce
from engine.store import lock
from engine.store.record import ENDED, Run, RunOptions

__all__ = ["Run", "RunOptions", "Store", "default_path", "open_store"]

VERSION = 1
BUSY_SECONDS = 10.0
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


def open_store(path: str | Path | None = None) -> Store:
    """Open a store, creating it if there is none.

    Parameters
    ----------
    path : str, Path or None, default=None
        The file; `default_path` when None.

    Returns
    -------
    Store

    Raises
    ------
    StoreError
        If it cannot be created, is no store, or is of a newer version.
    """
    return Store(Path(path).expanduser() if path is not None else default_path())


class Store:
    """Runs in one SQLite file; any number of processes may have it open.

    Parameters
    ----------
    path : Path
        The file; its folder is created if needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._named():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.mkdir(exist_ok=True, mode=0o700)
            if path.is_dir():
                raise StoreError(
                    f"the store {str(path)!r} is a directory",
                    "give the path of a file with --store",
                )
            if not path.exists():
                # SQLite would create it readable for everybody.
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            # One connection per thread is not needed: writes come from one.
            self._db = sqlite3.connect(
                path,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            self._db.execute("PRAGMA foreign_keys = ON")
            # SQLite does not wait for others while it changes to WAL.
            with lock.exclusive(self.folder / "open.lock"):
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                self._migrate()

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
                    msgspec.json.encode(experiment),
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

    def queue(self, run_id: str) -> None:
        """Note that a process is being started for the run."""
        with self._transaction() as db:
            db.execute(
                "UPDATE runs SET status = 'queued', queued = ?, cancel = 0,"
                " finished = NULL WHERE id = ?",
                (time.time(), run_id),
            )

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
            found.append((seq, decode(payload)))
        return found

    def progress(self, run_id: str) -> list[Event]:
        """Return the newest progress of a run, one event per path."""
        with self._named():
            rows = self._db.execute(
                "SELECT payload FROM progress WHERE run = ? ORDER BY path", (run_id,)
            ).fetchall()
        return [decode(payload) for (payload,) in rows]

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

    def delete(self, run_id: str) -> None:
        """Remove a run and all that it kept."""
        with self._transaction() as db:
            db.execute("DELETE FROM runs WHERE id = ?", (run_id,))
        for file in (lock.path(self.folder, run_id), self.log_path(run_id)):
            file.unlink(missing_ok=True)

    def log_path(self, run_id: str) -> Path:
        """Return the log file of a run's process."""
        return self.folder / f"{run_id}.log"

    @property
    def folder(self) -> Path:
        """The folder beside the store, with the runs' locks and logs."""
        return self.path.with_name(f"{self.path.name}.d")

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
        if status not in ENDED and not lock.held(self.folder, run_id):
            fresh = status == "queued" and time.time() - queued < START_SECONDS
            status = status if fresh else "interrupted"
        return Run(
            id=run_id,
            number=number,
            created=created,
            experiment=msgspec.json.decode(experiment, type=Experiment),
            options=msgspec.json.decode(options, type=RunOptions),
            status=status,
            pid=pid,
            finished=finished,
            cancel=bool(cancel),
        )

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise StoreError(
                f"the store {str(self.path)!r} was written by a newer imbtui "
                f"(version {version}, this one knows {VERSION})",
                "update imbtui, or give another file with --store",
            )
        if version == VERSION:
            return
        schema = resources.files("engine.store").joinpath("schema.sql").read_text()
        with self._transaction() as db:
            # Somebody else may have been first.
            if db.execute("PRAGMA user_version").fetchone() == (0,):
                for statement in schema.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._named():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turn what SQLite and the system say into one line with the file's name."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"the store {str(self.path)!r} cannot be used: {error}",
                "check the disk and the file, or give another with --store",
            ) from None
        except OSError as error:
            raise StoreError(
                f"the store {str(self.path)!r} cannot be used: {error.strerror}",
                "give a file in a folder you may write to with --store",
            ) from None


def _checksum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _verify(data: object, checksum: bytes, what: str) -> None:
    if not isinstance(data, bytes) or _checksum(data) != checksum:
        raise StoreError(
            f"{what} is damaged: it is not what was written",
            "delete the run and start it again",
        )
