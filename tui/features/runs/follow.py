"""Runs, from the app's side: started, followed, ended, listed; all through the store.

A run is a process of its own. A follower only reads the store, so it makes no
difference who started a run, and closing the app does not end it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from textual.worker import get_current_worker

from engine.core.errors import EngineError, StoreError
from engine.core.events import Event, Progress, RunFinished, is_result
from engine.core.events import path as event_path
from engine.core.experiment import Experiment
from engine.core.state import State, reduce
from engine.service.client import runs
from engine.store.store import Run as Stored
from engine.store.store import RunOptions, Store
from tui.features import messages
from tui.features.arms.draft import Problem
from tui.features.mail import JobMessage, Outbox
from tui.features.reducers import replay
from tui.features.runs import history
from tui.features.runs import messages as run_messages
from tui.features.runs.jobs import HistoryJobs, identity, unheard
from tui.features.session import CurrentRun


class RunJobs(HistoryJobs):
    """Starts, follows and ends runs for the app."""

    def start(self, experiment: Experiment) -> None:
        """Store a new run, start its process and follow it."""
        self._replace("The run cannot be started", self._start, experiment)

    def resume(self, run_id: str) -> None:
        """Go on with a run and follow it."""
        self._work("resume", "The run cannot be resumed", self._resume, run_id)

    def open(self, run_id: str) -> None:
        """Look at a stored run; a living one is followed."""
        self._replace("The run cannot be opened", self._follow, run_id, False)

    def attach(self, run_id: str) -> None:
        """Follow a run that was found working, without setting anything up."""
        self._replace("The run cannot be followed", self._follow, run_id, True)

    def find_living(self) -> None:
        """Follow the newest run that still works, or was left unfinished."""
        self._work("living", "The store cannot be opened", self._find_living)

    def cancel(self, run_id: str) -> None:
        """End a run; a second wish while the first is worked on changes nothing."""
        if run_id in self._ending:
            return
        self._ending.add(run_id)
        self._work("cancel", "The run cannot be cancelled", self._cancel, run_id)

    def stop(self) -> None:
        """Follow nothing any more."""
        self._jobs.stop("follow")

    # In threads --------------------------------------------------------------------

    def _replace(self, title: str, function: Callable[..., None], *given: Any) -> None:
        """Follow something else from now on."""
        self.stop()
        self._work("follow", title, function, *given)

    def _start(self, experiment: Experiment) -> None:
        with self._store() as store:
            stored = store.create(experiment, RunOptions(folder=history.here()))
            try:
                runs.start(store, stored, behind=True)
            except EngineError:
                store.delete(stored.id)
                raise
            self._accompany(store, stored.id, True)

    def _resume(self, run_id: str) -> None:
        """Start a process for what is left, unless there is one."""
        news: JobMessage = run_messages.RunResumed(run_id)
        with self._store() as store:
            stored = store.run(run_id)
            if stored.ended:
                runs.resume(store, stored, behind=True)
            else:
                news = run_messages.RunBusy(run_id, _who(stored))
        self._jobs.post(news)

    def _follow(self, run_id: str, started: bool) -> None:
        with self._store() as store:
            self._accompany(store, run_id, started)

    def _accompany(self, store: Store, run_id: str, started: bool) -> None:
        """Report a run until nobody follows it, or an error, which is reported too."""
        given_up = get_current_worker().cancelled_event
        follower = Follower(store, run_id, self._jobs.post, given_up)
        try:
            follower.work(started=started)
        except Exception as error:
            if given_up.is_set():
                return
            if _gone(store, run_id):
                if run_id not in self._deleting:
                    self._jobs.post(messages.RunDeleted(run_id, elsewhere=True))
                return
            if not follower.known:
                raise
            engine = isinstance(error, EngineError)
            problem = Problem.of(error) if engine else self._jobs.log(error)
            self._jobs.post(run_messages.RunLost(run_id, problem))

    def _find_living(self) -> None:
        with self._store() as store:
            stored = store.runs()
        left = [run for run in stored[:1] if run.status == "interrupted"]
        for run in [*(run for run in stored if not run.ended), *left][:1]:
            self._jobs.post(messages.RunFound(run.id))

    def _cancel(self, run_id: str) -> None:
        try:
            with self._store() as store:
                stored = store.run(run_id)
                if not stored.ended:
                    try:
                        stored = runs.cancel(store, stored)
                    except StoreError:
                        stored = store.run(run_id)
                        if not stored.ended:  # by itself, in that moment
                            raise
        finally:
            self._ending.discard(run_id)
        if not stored.ended:
            text = "its process does not respond yet; x tries again"
            self._jobs.post(messages.Notice(text, f"run {stored.number}", problem=True))


def _gone(store: Store, run_id: str) -> bool:
    """Tell whether a run is no longer in a store that can be read."""
    try:
        return all(run.id != run_id for run in store.runs())
    except EngineError:
        return False


def _who(run: Stored) -> str:
    """Say who works on a run."""
    since = time.strftime("%H:%M", time.localtime(run.queued))
    who = "a process is being started" if run.pid is None else f"process {run.pid}"
    return f"Run {run.number} is active already: {who}, since {since}."


POLL_SECONDS: Final = 0.15
CLOCK_SECONDS: Final = 1.0
"""Seconds after which a quiet run is reported again, so that its clock moves."""
IDLE_SECONDS: Final = 1.0
"""Seconds between two looks at a run that has ended: a user may resume it."""


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
        post: Callable[[JobMessage], object],
        given_up: threading.Event,
    ) -> None:
        self._store = store
        self._id = run_id
        self._outbox = Outbox(post, merge_news)
        self._given_up = given_up
        self._file = identity(store)
        self.known = False
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
            if not self._tell_all(stored, started=started) or not self._await_resume():
                return
            started = True

    def _tell_all(self, stored: Stored, *, started: bool) -> bool:
        """Tell of the run to its end; False if given up before."""
        history = self._store.events(stored.id)
        state, log = replay((event for _, event in history), State(), ())
        live = not stored.ended
        for event in self._store.progress(stored.id) if live else ():
            state = reduce(state, event)
        run = CurrentRun(
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
            silent=unheard(stored),
        )
        self._outbox.put(messages.RunOpened(run, started))
        self.known = True
        after = history[-1][0] if history else 0
        return not live or self._tell_news(stored, after, state.seconds)

    def _tell_news(self, stored: Stored, after: int, earlier: float) -> bool:
        batch: list[Event] = []
        last, now = time.monotonic(), stored
        shown: tuple[object, ...] = ()
        for news in runs.follow(self._store, stored.id, after=after, poll=POLL_SECONDS):
            if self._given_up.is_set():
                return False
            if news is not None:
                batch.append(news)
                continue
            seen = self._store.run(stored.id)
            if not seen.ended:
                now = seen  # its end is reported with its last events
            state = (now.status, now.cancel, now.stalled)
            clock = time.monotonic() - last >= CLOCK_SECONDS
            if clock:
                self._check_file()
            if batch or clock or state != shown:
                last, shown = time.monotonic(), state
                self._tell(batch, now, earlier)
                batch = []
        if self._given_up.is_set():
            return False
        ended = self._store.run(stored.id)
        self._tell(batch, ended, earlier)
        self._outbox.put(messages.RunEnded(stored.id, ended.status))
        return True

    def _tell(self, batch: list[Event], run: Stored, earlier: float) -> None:
        ends = [event.seconds for event in batch if isinstance(event, RunFinished)]
        elapsed = earlier + (ends[-1] if ends else max(0.0, time.time() - run.queued))
        news, ends_soon = thin_progress(batch), run.cancel and not run.ended
        about = (run.id, news, run.status, elapsed, ends_soon, unheard(run))
        self._outbox.put(messages.RunEvents(*about))

    def _await_resume(self) -> bool:
        """Wait until a user resumes the run; False if given up before."""
        ended = _version(self._store.run(self._id))
        while not self._given_up.wait(IDLE_SECONDS):
            self._check_file()
            if _version(self._store.run(self._id)) != ended:
                return True
        return False

    def _check_file(self) -> None:
        """Refuse a store whose file is gone: SQLite would not notice."""
        if self._file is not None and identity(self._store) != self._file:
            problem = f"the store {str(self._store.path)!r} no longer exists"
            raise StoreError(problem, "restore it, or open another one")


def merge_news(waiting: JobMessage, new: JobMessage) -> JobMessage | None:
    """Return news that wait and newer ones as one message; None if they are two."""
    match waiting, new:
        case messages.RunEvents(run_id=a), messages.RunEvents(run_id=b) if a == b:
            return replace(new, events=thin_progress((*waiting.events, *new.events)))
    return None


def thin_progress(batch: Iterable[Event]) -> tuple[Event, ...]:
    """Return a batch with every result and only the newest progress of each arm."""
    batch = list(batch)
    newest = {event_path(e): e for e in batch if isinstance(e, Progress)}
    return tuple(e for e in batch if is_result(e) or newest[event_path(e)] is e)


def _elapsed(state: State, stored: Stored) -> float:
    if stored.ended:
        end = stored.finished or stored.created
        return state.seconds or max(0.0, end - stored.created)
    return state.seconds + max(0.0, time.time() - stored.queued)


def _version(run: Stored) -> tuple[object, ...]:
    return run.status, run.epoch, run.queued
