"""Runs, from the app's side: started, followed, ended, listed; all through the store.

A run is a process of its own. A follower only reads the store, so it makes no
difference who started a run, and closing the app does not end it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

from textual.app import App
from textual.worker import get_current_worker

from engine.client import runs
from engine.errors import EngineError
from engine.events import Event, Progress, RunFinished, is_result
from engine.events import path as event_path
from engine.spec import Experiment
from engine.state import State, reduce
from engine.store.store import Run as Stored
from engine.store.store import RunOptions, Store, open_store
from tui import messages as said
from tui.draft import Problem
from tui.jobs import Jobs
from tui.runlog import LogLine, written
from tui.session import Run, RunSummary

__all__ = ["RunJobs"]

POLL_SECONDS: Final = 0.15
CLOCK_SECONDS: Final = 1.0
"""Seconds after which a quiet run is told of again, so that its clock moves."""
MOST_LOG_LINES: Final = 500


class RunJobs:
    """Starts, follows and ends runs for the app.

    Parameters
    ----------
    jobs : Jobs
        Runs the threads and posts the messages.
    store : Path or None
        The store's file; the default one when None.
    """

    def __init__(self, jobs: Jobs, store: Path | None) -> None:
        self._jobs = jobs
        self._path = store

    @property
    def app(self) -> App[Any]:
        """The app that owns the workers."""
        return self._jobs.app

    @property
    def store(self) -> Path | None:
        """The store's file; None for the default one."""
        return self._path

    def start(self, experiment: Experiment) -> None:
        """Store a new run, start its process and follow it."""
        title = "The run cannot be started"
        self._replace(self._jobs.guarded(title, partial(self._start, experiment)))

    def resume(self, run_id: str) -> None:
        """Go on with a run and follow it."""
        title = "The run cannot be resumed"
        self._replace(self._jobs.guarded(title, partial(self._resume, run_id)))

    def open(self, run_id: str) -> None:
        """Look at a stored run; a living one is followed."""
        title = "The run cannot be opened"
        self._replace(self._jobs.guarded(title, partial(self._open, run_id)))

    def attach(self, run_id: str) -> None:
        """Follow a run that was found working, without setting anything up."""
        title = "The run cannot be followed"
        work = partial(self._open, run_id, started=True)
        self._replace(self._jobs.guarded(title, work))

    def find_living(self) -> None:
        """Follow the newest run that still works, if there is one."""
        self._jobs.work("living", self._find_living)

    def cancel(self, run_id: str) -> None:
        """Ask a run to end."""
        title = "The run cannot be cancelled"
        self._jobs.work(
            "cancel", self._jobs.guarded(title, partial(self._cancel, run_id))
        )

    def list(self) -> None:
        """List what the store holds."""
        title = "The runs cannot be listed"
        self._jobs.work("list", self._jobs.guarded(title, self._list))

    def delete(self, run_id: str) -> None:
        """Delete a run; one that works is ended first."""
        title = "The run cannot be deleted"
        self._jobs.work(
            "delete", self._jobs.guarded(title, partial(self._delete, run_id))
        )

    def stop(self) -> None:
        """Follow nothing any more."""
        self.app.workers.cancel_group(self.app, "follow")

    # In threads --------------------------------------------------------------------

    def _replace(self, function: Any) -> None:
        """Follow something else from now on."""
        self.stop()
        self._jobs.work("follow", function)

    def _start(self, experiment: Experiment) -> None:
        with self._store() as store:
            stored = store.create(experiment, RunOptions())
            try:
                runs.start(store, stored, behind=True)
            except EngineError:
                store.delete(stored.id)
                raise
            self._follow(store, stored, time.time(), started=True)

    def _resume(self, run_id: str) -> None:
        with self._store() as store:
            stored = store.run(run_id)
            runs.resume(store, stored, behind=True)
            self._follow(store, store.run(run_id), time.time(), started=True)

    def _open(self, run_id: str, started: bool = False) -> None:
        with self._store() as store:
            stored = store.run(run_id)
            self._follow(store, stored, stored.created, started=started)

    def _find_living(self) -> None:
        try:
            with self._store() as store:
                living = next((run for run in store.runs() if not run.ended), None)
        except EngineError as error:
            self._jobs.post(
                said.JobFailed("The store cannot be opened", Problem.of(error))
            )
            return
        if living is not None:
            self._jobs.post(said.RunFound(living.id))

    def _cancel(self, run_id: str) -> None:
        with self._store() as store:
            runs.cancel(store, store.run(run_id))

    def _list(self) -> None:
        with self._store() as store:
            found = tuple(_summary(store, run) for run in store.runs())
        self._jobs.post(said.RunsListed(found))

    def _delete(self, run_id: str) -> None:
        with self._store() as store:
            stored = store.run(run_id)
            if not stored.ended:
                runs.cancel(store, stored)
            store.delete(run_id)
        self._jobs.post(said.RunDeleted(run_id))

    def _follow(
        self, store: Store, stored: Stored, began: float, *, started: bool
    ) -> None:
        """Say what the store knows of a run, then what comes."""
        worker = get_current_worker()
        history = store.events(stored.id)
        progress = store.progress(stored.id) if not stored.ended else []
        state, log = _replayed([event for _, event in history])
        for event in progress:
            state = reduce(state, event)
        run = Run(
            id=stored.id,
            number=stored.number,
            created=stored.created,
            experiment=stored.experiment,
            status=stored.status,
            state=state,
            elapsed=_elapsed(state, stored, began),
            cancelling=stored.cancel and not stored.ended,
            log=log,
        )
        self._jobs.post(said.RunOpened(run, started))
        if stored.ended:
            return
        after = history[-1][0] if history else 0
        earlier = state.seconds
        batch: list[Event] = []
        told = time.monotonic()
        status = stored.status
        for news in runs.follow(store, stored.id, after=after, poll=POLL_SECONDS):
            if worker.is_cancelled:
                return
            if news is not None:
                batch.append(news)
                if status == "queued":
                    status = "running"
                continue
            now = time.monotonic()
            if batch or now - told >= CLOCK_SECONDS:
                told = now
                elapsed = earlier + time.time() - began
                self._tell(stored.id, batch, status, elapsed)
                batch = []
        if worker.is_cancelled:
            return
        last = store.run(stored.id)
        elapsed = earlier + time.time() - began
        finished = [e for e in batch if isinstance(e, RunFinished)]
        if finished:
            elapsed = earlier + finished[-1].seconds
        self._tell(stored.id, batch, last.status, elapsed)
        self._jobs.post(said.RunEnded(stored.id, last.status))

    def _tell(
        self, run_id: str, batch: Iterable[Event], status: str, elapsed: float
    ) -> None:
        self._jobs.post(said.RunEvents(run_id, _thinned(batch), status, elapsed))

    def _store(self) -> Store:
        return open_store(self._path)


def _thinned(batch: Iterable[Event]) -> tuple[Event, ...]:
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


def _elapsed(state: State, stored: Stored, began: float) -> float:
    if stored.ended:
        return state.seconds or max(0.0, (stored.finished or began) - stored.created)
    return state.seconds + max(0.0, time.time() - began)


def _summary(store: Store, run: Stored) -> RunSummary:
    """Describe a run in a line; what is damaged is described too."""
    headline, seconds = "", None
    data = run.experiment.data
    target = data.target or ""
    try:
        state = store.state(run.id)
    except EngineError as error:
        headline = str(error)
    else:
        seconds = state.seconds or None
        if not target and state.dataset is not None:
            target = state.dataset.target  # it was guessed
        if state.compared is not None:
            headline = state.compared.verdict.headline
        elif state.error:
            headline = state.error.get("message", "")
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
    )
