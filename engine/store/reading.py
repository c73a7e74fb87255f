"""Read a store: its runs, their results and artifacts."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from engine.core.errors import StoreError
from engine.core.events import Event, RunFinished
from engine.core.record import ENDED, Run
from engine.core.state import State, reduce
from engine.store import database, opening, rows


class StoreReader:
    """The reading half of a store.

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
        What the user should be told once, one line each.
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
