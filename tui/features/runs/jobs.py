"""The store as a whole, from the app's side: listed, measured, tidied, annotated.

The part of `tui.features.runs.follow.RunJobs` that needs no living run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from engine.core import result as results
from engine.core.contrast import Contrast, contrast
from engine.core.errors import EngineError
from engine.core.record import unreadable
from engine.service.client import runs
from engine.service.client.runs import hint
from engine.store.store import Run as Stored
from engine.store.store import Store, default_path, open_store
from engine.store.usage import prune, usage
from tui.features import messages
from tui.features.arms.draft import Problem
from tui.features.jobs import Jobs
from tui.features.mail import Outbox
from tui.features.runs import messages as run_messages
from tui.features.session import DiskUse, RunSummary, StoreInfo

_FAILURES = (EngineError, OSError, UnicodeError)
_Outcome: TypeAlias = tuple[str, float | None, str]
"""What a run came to, its seconds, and its target."""


class HistoryJobs:
    """Works on the store for the app.

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
            raise unreadable(run.id)
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
        raise unreadable(run.id)
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
