"""Runs and their store, from the app's side: started, followed, ended, listed, tidied.

A run is a process of its own. A follower only reads the store, so it makes no
difference who started a run, and closing the app does not end it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

from textual.worker import get_current_worker

from engine.core import result as results
from engine.core.compare_runs import Contrast, contrast
from engine.core.errors import EngineError, StoreError
from engine.core.events import Event, RunFinished, is_result
from engine.core.events import path as event_path
from engine.core.experiment import Experiment
from engine.core.record import unreadable
from engine.core.state import State, reduce
from engine.io.machine import cores
from engine.io.source import here
from engine.service.client import runs
from engine.service.client.runs import hint
from engine.store.store import Run as Stored
from engine.store.store import RunOptions, Store, default_path, open_store
from engine.store.usage import prune, usage
from tui.features import messages
from tui.features.arms.draft import Problem
from tui.features.jobs import Jobs
from tui.features.mail import JobMessage, Outbox
from tui.features.reducers import replay
from tui.features.runs import messages as run_messages
from tui.features.session import CurrentRun, DiskUse, RunSummary, StoreInfo

_FAILURES = (EngineError, OSError, UnicodeError)
_Outcome: TypeAlias = tuple[str, float | None, str]
"""What a run came to, its seconds, and its target."""


class RunJobs:
    """Works on runs and their store for the app.

    Parameters
    ----------
    jobs : Jobs
        Runs the threads and posts the messages.
    store : Path or None
        The store's file; the default one when None.
    """

    def __init__(self, jobs: Jobs, store: Path | None) -> None:
        self._jobs = jobs
        self.store = store
        """The store's file; None for the default one."""
        self._waits = False
        self._listed = Outbox(jobs.post)
        self._outcomes: dict[tuple[object, ...], _Outcome] = {}
        self._info = StoreInfo()
        self._deleting: set[str] = set()
        self._ending: set[str] = set()
        self._reading = threading.Lock()
        self._open: tuple[Store, object] | None = None

    def close(self) -> None:
        """Let go of the store; called when the app leaves."""
        with self._reading:
            self._let_go()

    def list(self) -> None:
        """List what the store holds; of looks that wait one is enough."""
        if not self._waits:
            self._waits = True
            self._jobs.work("list", self._list)

    def measure(self) -> None:
        """Measure the disk that the store takes."""
        title = "The store cannot be measured"
        self._jobs.work("usage", self._measure, title, loud=False)  # nobody asked

    def prune(self) -> None:
        """Remove the cached folds."""
        self._work("prune", "The cached folds cannot be removed", self._prune)

    def annotate(self, *values: str | tuple[str, ...] | None) -> None:
        """Give a run another note, or other tags: as `AnnotateRequested` has them."""
        self._work(
            "annotate", "The note or the tags cannot be saved", self._annotate, *values
        )

    def recall(self, run_id: str) -> None:
        """Read the experiment of a run, to be set up again."""
        self._work("recall", "The run cannot be set up again", self._recall, run_id)

    def compare(self, run_ids: tuple[str, ...]) -> None:
        """Set runs side by side."""
        self._jobs.work("compare", partial(self._compare, run_ids))

    def delete(self, run_id: str) -> None:
        """Delete a run; one that works is ended first."""
        self._work("delete", "The run cannot be deleted", self._delete, run_id)

    # One run -----------------------------------------------------------------------

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

    def _work(
        self, group: str, title: str, function: Callable[..., None], *given: Any
    ) -> None:
        """Work in a thread; an error of the engine is shown under the title."""
        self._jobs.work(group, partial(function, *given), title)

    # In threads --------------------------------------------------------------------

    @contextmanager
    def _store(self) -> Iterator[Store]:
        """Open the store, and report its state."""
        with open_store(self.store) as store:
            self._tell(store)
            yield store

    def _look(self) -> tuple[RunSummary, ...]:
        """Return what the store holds now.

        It stays open: it is looked at every few seconds, and is checked for damage
        whenever it is opened.
        """
        if self._open is not None and identity(self._open[0]) != self._open[1]:
            self._let_go()
        good = False
        try:
            if self._open is None:
                store = open_store(self.store)
                self._open = store, identity(store)
            store = self._open[0]
            self._tell(store)
            summaries = tuple(self._summary(store, run) for run in store.runs())
            good = store.problem is None  # it may be over when it is opened again
        finally:
            if not good:
                self._let_go()
        return summaries

    def _let_go(self) -> None:
        if self._open is not None:
            self._open[0].close()
            self._open = None

    def _tell(self, store: Store) -> None:
        """Tell what is to be known about the store, if that is news."""
        if (info := _info(store, self.store)) != self._info:
            self._info = info
            self._jobs.post(run_messages.StoreStatus(info))

    def _list(self) -> None:
        with self._reading:
            self._waits = False
            try:
                self._listed.put(messages.RunsListed(self._look()))
            except _FAILURES as error:
                self._listed.put(run_messages.RunsUnlisted(Problem.of(error)))

    def _measure(self) -> None:
        with self._store() as store:
            disk = usage(store)
        folds, own = disk.bytes_folds, disk.bytes_store
        total = own + folds + disk.bytes_inputs + disk.bytes_logs
        runs = dict(disk.bytes_runs)
        use = DiskUse(total=total, folds=folds, free=disk.free, runs=runs)
        self._jobs.post(run_messages.UsageMeasured(use))

    def _prune(self) -> None:
        with self._store() as store:
            freed = prune(store)
        self._jobs.post(run_messages.Pruned(freed))
        self._measure()

    def _annotate(
        self, run_id: str, note: str | None, tags: tuple[str, ...] | None
    ) -> None:
        with self._store() as store:
            store.annotate(run_id, note=note, tags=tags)
        self.list()

    def _recall(self, run_id: str) -> None:
        with self._store() as store:
            run = store.run(run_id)
        if run.status == "unreadable":
            raise unreadable(run.name)
        folder = run.options.folder
        self._jobs.post(run_messages.RunRecalled(run.number, run.experiment, folder))

    def _delete(self, run_id: str) -> None:
        self._deleting.add(run_id)
        try:
            with self._store() as store:
                stored = store.run(run_id)
                if not stored.ended:
                    runs.cancel(store, stored)
                store.delete(run_id)
        finally:
            self._deleting.discard(run_id)
        self._jobs.post(messages.RunDeleted(run_id))

    def _compare(self, run_ids: tuple[str, ...]) -> None:
        try:
            with self._store() as store:
                compared = [_result(store, store.run(run_id)) for run_id in run_ids]
            answer: Contrast | Problem = contrast(compared)
        except _FAILURES as error:
            answer = Problem.of(error)
        self._jobs.post(run_messages.RunsCompared(run_ids, answer))

    def _summary(self, store: Store, run: Stored) -> RunSummary:
        """Describe a run in a line; what is damaged is described too."""
        data = run.experiment.data
        key = (run.id, run.status, run.epoch, run.finished)
        if not run.ended or key not in self._outcomes:
            self._outcomes[key] = _outcome(store, run)
        headline, seconds, target = self._outcomes[key]
        return RunSummary(
            id=run.id,
            number=run.number,
            created=run.created,
            status=run.status,
            source=data.source,
            target=target,
            arms=tuple(arm.name for arm in run.experiment.arms),
            trials=run.experiment.search.trials,
            seconds=seconds,
            headline=headline,
            note=run.note,
            tags=run.tags,
            silent=unheard(run),
        )

    # In threads: one run -------------------------------------------------------------

    def _replace(self, title: str, function: Callable[..., None], *given: Any) -> None:
        """Follow something else from now on."""
        self.stop()
        self._work("follow", title, function, *given)

    def _start(self, experiment: Experiment) -> None:
        with self._store() as store:
            stored = store.create(experiment, RunOptions(folder=here()))
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


def unheard(run: Stored) -> float | None:
    """Return for how long the run's process was not heard, if that is too long."""
    return run.silent if run.stalled and not run.ended else None


def _outcome(store: Store, run: Stored) -> _Outcome:
    """Return what a run came to, how long it took, and the target it had."""
    target = run.experiment.data.target or ""
    try:
        state = store.state(run.id)
    except EngineError as error:
        return str(error), None, target
    headline = ""
    if state.compared is not None:
        headline = state.compared.verdict.headline
    elif state.error and run.status == "failed":
        headline = state.error.get("message", "")
    elif run.status == "interrupted":
        headline = hint(store, run)
    if not target and state.dataset is not None:
        target = state.dataset.target  # it was guessed
    return headline, state.seconds or None, target


def _result(store: Store, run: Stored) -> results.Result:
    """Return the result of a run as far as it has come, by its number."""
    if run.status == "unreadable":
        raise unreadable(run.name)
    return results.of_run(store.state(run.id), run, name=f"run {run.number}")


def _info(store: Store, given: Path | None) -> StoreInfo:
    usual = given
    with suppress(EngineError, RuntimeError):
        usual = usual or default_path().expanduser()
    return StoreInfo(
        path=str(store.path),
        problem=store.problem,
        fix=store.fix,
        elsewhere=given is None and store.path != usual,
        notices=store.notices,
    )


def identity(store: Store) -> tuple[int, int] | None:
    """Return what identifies the store's file; None if it is not there."""
    try:
        stat = store.path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


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


# One run, step by step --------------------------------------------------------------

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
            jobs=stored.options.jobs or cores(),
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
        last, now, moment = time.monotonic(), stored, time.time()
        shown: tuple[object, ...] = ()
        for news in runs.follow(self._store, stored.id, after=after, poll=POLL_SECONDS):
            if self._given_up.is_set():
                return False
            if news is not None:
                batch.append(news)
                continue
            looked = time.time()  # before: it still worked then
            seen = self._store.run(stored.id)
            if not seen.ended:
                now, moment = seen, looked  # its end is reported with its last events
            state = (now.status, now.cancel, now.stalled)
            clock = time.monotonic() - last >= CLOCK_SECONDS
            if clock:
                self._check_file()
            if batch or clock or state != shown:
                last, shown = time.monotonic(), state
                self._tell(batch, now, earlier, moment)
                batch = []
        if self._given_up.is_set():
            return False
        ended = self._store.run(stored.id)
        self._tell(batch, ended, earlier, moment)
        self._outbox.put(messages.RunEnded(stored.id, ended.status))
        return True

    def _tell(
        self, batch: list[Event], run: Stored, earlier: float, moment: float
    ) -> None:
        ends = [event.seconds for event in batch if isinstance(event, RunFinished)]
        elapsed = earlier + (ends[-1] if ends else max(0.0, moment - run.queued))
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
    newest = {event_path(e): e for e in batch if not is_result(e)}
    return tuple(e for e in batch if is_result(e) or newest[event_path(e)] is e)


def _elapsed(state: State, stored: Stored) -> float:
    if stored.ended:
        end = stored.finished or stored.created
        return state.seconds or max(0.0, end - stored.created)
    return state.seconds + max(0.0, time.time() - stored.queued)


def _version(run: Stored) -> tuple[object, ...]:
    return run.status, run.epoch, run.queued
