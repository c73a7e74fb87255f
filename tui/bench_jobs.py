"""Work on runs over many tables: the service reads the store and compares."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.client.messages import Failure
from engine.client.suite import AskSuite, SuiteShown
from engine.store.store import default_path
from tui.bench_messages import BenchFailed, BenchTold
from tui.draft import Problem
from tui.spoken import spoken

if TYPE_CHECKING:
    from tui.jobs import Jobs

__all__ = ["BenchJobs"]

GROUP = "bench"


class BenchJobs:
    """Asks the service about many tables.

    Parameters
    ----------
    jobs : Jobs
        Has the service, and owns the workers.
    store : Path or None
        The store's file; the default one when None.
    """

    def __init__(self, jobs: Jobs, store: Path | None) -> None:
        self._jobs = jobs
        self._store = store

    def ask(self, job: int, group: str | None, metric: str) -> None:
        """Work out what runs come to; an earlier question is given up."""
        self._jobs.app.workers.cancel_group(self._jobs.app, GROUP)
        self._jobs.work(GROUP, partial(self._ask, job, group, metric))

    def _ask(self, job: int, group: str | None, metric: str) -> None:
        path = self._store or default_path()
        store = str(path.expanduser().absolute())
        answer = self._jobs.answer(
            AskSuite(id=0, store=store, group=group, metric=metric)
        )
        if isinstance(answer, SuiteShown):
            self._jobs.post(BenchTold(job, answer))
        elif isinstance(answer, Failure):
            problem = Problem(
                code=answer.code,
                message=spoken(answer.message),
                remedy=spoken(answer.remedy),
            )
            self._jobs.post(BenchFailed(job, problem))
