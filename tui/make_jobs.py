"""Work on tables that are made up: points for the picture, and files."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.client.messages import Failure, Sketch, Sketched, WriteMade, Written
from tui import make_messages as made
from tui.draft import Problem
from tui.messages import JobFailed
from tui.spoken import spoken

if TYPE_CHECKING:
    from tui.jobs import Jobs

__all__ = ["MakeJobs"]


class MakeJobs:
    """Asks the service for made-up tables.

    Parameters
    ----------
    jobs : Jobs
        Has the service, and owns the workers.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._wanted: tuple[int, Sketch] | None = None
        self._busy = False

    def sketch(self, job: int, source: str, axes: tuple[str, str] | None) -> None:
        """Fetch points of a table.

        One request is under way at most; of those that wait only the newest is sent.
        """
        with self._lock:
            self._wanted = (job, Sketch(id=0, source=source, axes=axes))
            if self._busy:
                return
            self._busy = True
        self._jobs.work("sketch", self._sketch)

    def _sketch(self) -> None:
        while (wanted := self._next()) is not None:
            job, request = wanted
            try:
                answer = self._jobs.answer(request)
            except BaseException:
                self._stop()
                raise
            if answer is None:  # given up: the app leaves
                self._stop()
                return
            if isinstance(answer, Sketched):
                self._jobs.post(made.SketchLoaded(job, answer))
            elif isinstance(answer, Failure):
                self._jobs.post(made.SketchFailed(job, _problem(answer)))

    def _next(self) -> tuple[int, Sketch] | None:
        """Take what is wanted; without that, the next wish begins a new worker."""
        with self._lock:
            wanted, self._wanted = self._wanted, None
            self._busy = wanted is not None
            return wanted

    def _stop(self) -> None:
        with self._lock:
            self._busy = False

    def write(self, source: str, path: str, overwrite: bool) -> None:
        """Write a table to a file."""
        whole = str(Path(path).expanduser().absolute())
        request = WriteMade(id=0, source=source, path=whole, overwrite=overwrite)
        self._jobs.work("write-made", partial(self._write, request))

    def _write(self, request: WriteMade) -> None:
        answer = self._jobs.answer(request)
        if isinstance(answer, Written):
            self._jobs.post(made.MadeWritten(answer.path, answer.rows))
        elif isinstance(answer, Failure):
            title = "The table cannot be written"
            self._jobs.post(JobFailed(title, _problem(answer)))


def _problem(failure: Failure) -> Problem:
    return Problem(
        code=failure.code, message=failure.message, remedy=spoken(failure.remedy)
    )
