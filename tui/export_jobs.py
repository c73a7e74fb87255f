"""Work on exports: the service says what would be written, and writes it."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from engine.client.export import Exported, ExportPlanned, PlanExport, WriteExport
from engine.client.messages import Failure, LoadProgress, Reply
from engine.export.asked import Asked
from tui import export_messages as told
from tui.draft import Problem
from tui.exporting import STAGES
from tui.outbox import Outbox
from tui.spoken import spoken

if TYPE_CHECKING:
    from tui.jobs import Jobs

__all__ = ["ExportJobs"]

RESTARTED = Problem(
    code="cancelled",
    message="the service was started anew meanwhile, and nothing is written",
    remedy="export it again",
)


class ExportJobs:
    """Asks the service for exports.

    Parameters
    ----------
    jobs : Jobs
        Has the service, and owns the workers.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._wanted: tuple[int, Asked] | None = None
        self._busy = False

    def plan(self, job: int, asked: Asked) -> None:
        """Find out what would be written.

        One question is under way at most; of those that wait only the newest is sent.
        """
        with self._lock:
            self._wanted = (job, asked)
            if self._busy:
                return
            self._busy = True
        self._jobs.work("plan-export", self._plan)

    def _plan(self) -> None:
        while (wanted := self._next()) is not None:
            job, asked = wanted
            try:
                answer = self._jobs.answer(PlanExport(id=0, asked=asked))
            except BaseException:
                self._stop()
                raise
            if answer is None:  # given up: the app leaves
                self._stop()
                return
            if isinstance(answer, ExportPlanned):
                self._jobs.post(told.PlanTold(job, asked, answer.planned))
            elif isinstance(answer, Failure):
                self._jobs.post(told.PlanFailed(job, _problem(answer)))

    def _next(self) -> tuple[int, Asked] | None:
        """Take what is wanted; without that, the next wish begins a new worker."""
        with self._lock:
            wanted, self._wanted = self._wanted, None
            self._busy = wanted is not None
            return wanted

    def _stop(self) -> None:
        with self._lock:
            self._busy = False

    def write(self, asked: Asked) -> None:
        """Write an export."""
        self._jobs.work("export", partial(self._write, asked))

    def _write(self, asked: Asked) -> None:
        outbox, said = Outbox(self._jobs.post), ""

        def progressed(reply: Reply) -> None:
            nonlocal said
            if not isinstance(reply, LoadProgress):
                return
            stage = _stage(reply)
            if stage != said:
                said = stage
                outbox.put(told.ExportProgressed(stage))

        answer = self._jobs.answer(WriteExport(id=0, asked=asked), progressed)
        if isinstance(answer, Exported):
            outbox.put(told.ExportWritten(asked, answer.written))
        elif isinstance(answer, Failure):
            given_up = answer.code == RESTARTED.code
            problem = RESTARTED if given_up else _problem(answer)
            outbox.put(told.ExportFailed(asked, problem))


def _stage(progress: LoadProgress) -> str:
    """Return what is being done, in words."""
    words = STAGES.get(progress.stage, progress.stage)
    if not progress.total or progress.stage in STAGES:
        return words
    return f"{words}: {progress.done:,} of {progress.total:,}"


def _problem(failure: Failure) -> Problem:
    return Problem(
        code=failure.code,
        message=spoken(failure.message),
        remedy=spoken(failure.remedy),
    )
