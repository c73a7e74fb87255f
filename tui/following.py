"""One run followed, in a thread: told to the app until it ends, and looked at after.

A follower only reads the store, so any number of them show the same. What it tells
goes through an `Outbox`: while nobody listens, news are put together.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from engine.client import runs
from engine.errors import StoreError
from engine.events import Event, Progress, RunFinished, is_result
from engine.events import path as event_path
from engine.state import State, reduce
from engine.store.store import Run as Stored
from engine.store.store import Store
from tui import messages as said
from tui.mail import Result
from tui.outbox import Outbox
from tui.runlog import LogLine, written
from tui.running import MOST_LOG_LINES
from tui.session import Run

POLL_SECONDS: Final = 0.15
CLOCK_SECONDS: Final = 1.0
"""Seconds after which a quiet run is told of again, so that its clock moves."""
IDLE_SECONDS: Final = 1.0
"""Seconds between two looks at a run that has ended: somebody may resume it."""


class Follower:
    """Follows one run for the app.

    Parameters
    ----------
    store : Store
        Open as long as the follower works.
    run_id : str
    post : callable
        Gives the app a message, from any thread.
    given_up : threading.Event
        Set once nobody wants it any more.
    """

    def __init__(
        self,
        store: Store,
        run_id: str,
        post: Callable[[Result], object],
        given_up: threading.Event,
    ) -> None:
        self._store = store
        self._id = run_id
        self._outbox = Outbox(post, merged)
        self._given_up = given_up
        self._file = identity(store)
        self.told = False
        """Whether the app knows of the run."""

    def work(self, *, started: bool) -> None:
        """Tell all that is known of the run, then what comes, until given up.

        Parameters
        ----------
        started : bool
            Whether the run came about by itself: see `RunOpened`.

        Raises
        ------
        StoreError
            If the run is not there, or the store cannot be read.
        """
        while not self._given_up.is_set():
            stored = self._store.run(self._id)
            if self._told(stored, started=started) is None:
                return
            started = True
            if not self._revived():
                return

    def _told(self, stored: Stored, *, started: bool) -> Stored | None:
        """Tell of the run to its end; None if given up before."""
        history = self._store.events(stored.id)
        state, log = _replayed([event for _, event in history])
        live = not stored.ended
        for event in self._store.progress(stored.id) if live else ():
            state = reduce(state, event)
        run = Run(
            id=stored.id,
            number=stored.number,
            created=stored.created,
            experiment=stored.experiment,
            status=stored.status,
            state=state,
            elapsed=_elapsed(state, stored),
            cancelling=stored.cancel and live,
            log=log,
            folder=stored.options.folder,
            silent=_unheard(stored),
        )
        self._outbox.put(said.RunOpened(run, started))
        self.told = True
        if not live:
            return stored
        return self._live(stored, history[-1][0] if history else 0, state.seconds)

    def _live(self, stored: Stored, after: int, earlier: float) -> Stored | None:
        batch: list[Event] = []
        told, now = time.monotonic(), stored
        shown: tuple[object, ...] = ()
        for news in runs.follow(self._store, stored.id, after=after, poll=POLL_SECONDS):
            if self._given_up.is_set():
                return None
            if news is not None:
                batch.append(news)
                continue
            seen = self._store.run(stored.id)
            if not seen.ended:
                now = seen  # its end is told with its last events
            state = (now.status, now.cancel, now.stalled)
            clock = time.monotonic() - told >= CLOCK_SECONDS
            if clock:
                self._still_there()
            if batch or clock or state != shown:
                told, shown = time.monotonic(), state
                self._tell(batch, now, earlier)
                batch = []
        if self._given_up.is_set():
            return None
        last = self._store.run(stored.id)
        self._tell(batch, last, earlier)
        self._outbox.put(said.RunEnded(stored.id, last.status))
        return last

    def _tell(self, batch: Iterable[Event], run: Stored, earlier: float) -> None:
        batch = list(batch)
        elapsed = earlier + max(0.0, time.time() - run.queued)
        for event in batch:
            if isinstance(event, RunFinished):
                elapsed = earlier + event.seconds
        self._outbox.put(
            said.RunEvents(
                run.id,
                thinned(batch),
                run.status,
                elapsed,
                cancelling=run.cancel and not run.ended,
                silent=_unheard(run),
            )
        )

    def _revived(self) -> bool:
        """Wait until somebody resumes the run; False if given up before."""
        ended = _version(self._store.run(self._id))
        while not self._given_up.wait(IDLE_SECONDS):
            self._still_there()
            if _version(self._store.run(self._id)) != ended:
                return True
        return False

    def _still_there(self) -> None:
        """Refuse a store whose file is gone: SQLite would not notice."""
        if self._file is not None and identity(self._store) != self._file:
            raise StoreError(
                f"the store {str(self._store.path)!r} is no longer there",
                "bring it back, or open another one",
            )


def merged(waiting: Result, new: Result) -> Result | None:
    """Return news that wait and newer ones as one message; None if they are two."""
    if not (
        isinstance(waiting, said.RunEvents)
        and isinstance(new, said.RunEvents)
        and waiting.run_id == new.run_id
    ):
        return None
    return said.RunEvents(
        new.run_id,
        thinned((*waiting.events, *new.events)),
        new.status,
        new.elapsed,
        cancelling=new.cancelling,
        silent=new.silent,
    )


def thinned(batch: Iterable[Event]) -> tuple[Event, ...]:
    """Return a batch with every result and only the newest progress of each arm."""
    batch = list(batch)
    newest = {event_path(e): e for e in batch if isinstance(e, Progress)}
    return tuple(e for e in batch if is_result(e) or newest[event_path(e)] is e)


def _replayed(events: Iterable[Event]) -> tuple[State, tuple[LogLine, ...]]:
    state = State()
    log: list[LogLine] = []
    for event in events:
        new = reduce(state, event)
        log += written(event, state, new)
        state = new
    return state, tuple(log[-MOST_LOG_LINES:])


def _elapsed(state: State, stored: Stored) -> float:
    if stored.ended:
        return state.seconds or max(
            0.0, (stored.finished or stored.created) - stored.created
        )
    return state.seconds + max(0.0, time.time() - stored.queued)


def _unheard(run: Stored) -> float | None:
    """Return for how long the run's process was not heard, if that is too long."""
    return run.silent if run.stalled and not run.ended else None


def _version(run: Stored) -> tuple[object, ...]:
    return run.status, run.epoch, run.queued


def identity(store: Store) -> tuple[int, int] | None:
    """Return what tells the store's file from any other; None if it is not there."""
    try:
        found = store.path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
