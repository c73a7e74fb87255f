"""Runs, from the app's side: started, followed, ended, listed; all through the store.

A run is a process of its own. A follower only reads the store, so it makes no
difference who started a run, and closing the app does not end it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App
from textual.worker import get_current_worker

from engine.client import runs
from engine.errors import EngineError, StoreError
from engine.spec import Experiment
from engine.store.store import Run as Stored
from engine.store.store import RunOptions, Store
from tui import errorlog, history
from tui import messages as said
from tui import run_messages as told
from tui.draft import Problem
from tui.following import Follower
from tui.history_jobs import HistoryJobs
from tui.jobs import Jobs


class RunJobs(HistoryJobs):
    """Starts, follows and ends runs for the app.

    Parameters
    ----------
    jobs : Jobs
        Runs the threads and posts the messages.
    store : Path or None
        The store's file; the default one when None.
    """

    def __init__(self, jobs: Jobs, store: Path | None) -> None:
        super().__init__(jobs, store)
        self._ending: set[str] = set()

    @property
    def app(self) -> App[Any]:
        """The app that owns the workers."""
        return self._jobs.app

    def start(self, experiment: Experiment) -> None:
        """Store a new run, start its process and follow it."""
        self._replace("The run cannot be started", partial(self._start, experiment))

    def resume(self, run_id: str) -> None:
        """Go on with a run and follow it."""
        resume = partial(self._resume, run_id)
        self._work("resume", "The run cannot be resumed", resume)

    def open(self, run_id: str) -> None:
        """Look at a stored run; a living one is followed."""
        follow = partial(self._follow, run_id, started=False)
        self._replace("The run cannot be opened", follow)

    def attach(self, run_id: str) -> None:
        """Follow a run that was found working, without setting anything up."""
        follow = partial(self._follow, run_id, started=True)
        self._replace("The run cannot be followed", follow)

    def find_living(self) -> None:
        """Follow the newest run that still works, or was left unfinished."""
        self._jobs.work("living", self._find_living)

    def cancel(self, run_id: str) -> None:
        """End a run; a second wish while the first is worked on changes nothing."""
        if run_id in self._ending:
            return
        self._ending.add(run_id)
        cancel = partial(self._cancel, run_id)
        self._work("cancel", "The run cannot be cancelled", cancel)

    def stop(self) -> None:
        """Follow nothing any more."""
        self.app.workers.cancel_group(self.app, "follow")

    # In threads --------------------------------------------------------------------

    def _replace(self, title: str, function: Callable[[], None]) -> None:
        """Follow something else from now on."""
        self.stop()
        self._work("follow", title, function)

    def _start(self, experiment: Experiment) -> None:
        with self._store() as store:
            stored = store.create(experiment, RunOptions(folder=history.here()))
            try:
                runs.start(store, stored, behind=True)
            except EngineError:
                store.delete(stored.id)
                raise
            self._accompany(store, stored.id, started=True)

    def _resume(self, run_id: str) -> None:
        """Start a process for what is left, unless there is one."""
        with self._store() as store:
            stored = store.run(run_id)
            if not stored.ended:
                self._jobs.post(told.RunBusy(run_id, _who(stored)))
                return
            runs.resume(store, stored, behind=True)
        self._jobs.post(told.RunResumed(run_id))

    def _follow(self, run_id: str, *, started: bool) -> None:
        with self._store() as store:
            self._accompany(store, run_id, started=started)

    def _accompany(self, store: Store, run_id: str, *, started: bool) -> None:
        """Tell of a run until nobody wants it; what ends that is told, too."""
        given_up = get_current_worker().cancelled_event
        follower = Follower(store, run_id, self._jobs.post, given_up)
        try:
            follower.work(started=started)
        except Exception as error:
            if given_up.is_set():
                return
            if _gone(store, run_id):
                if run_id not in self._deleting:
                    self._jobs.post(said.RunDeleted(run_id, elsewhere=True))
                return
            if not follower.told:
                raise
            problem = Problem.of(error)
            if problem.code == "bug":
                path = errorlog.write(error)
                problem = Problem(
                    message=problem.message, remedy=f"the log has more: {path}"
                )
            self._jobs.post(told.RunLost(run_id, problem))

    def _find_living(self) -> None:
        try:
            with self._store() as store:
                found = store.runs()
        except EngineError as error:
            self._jobs.post(
                said.JobFailed("The store cannot be opened", Problem.of(error))
            )
            return
        living = next((run for run in found if not run.ended), None)
        if living is None and found and found[0].status == "interrupted":
            living = found[0]
        if living is not None:
            self._jobs.post(said.RunFound(living.id))

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
            self._jobs.post(told.CancelUnheard(run_id, stored.number))


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
    return f"Run {run.number} works already: {who}, since {since}."
