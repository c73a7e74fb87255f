"""Work on the mistakes of finished arms: questions to the service child."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.client.explain import Shown
from engine.client.messages import Failure, LoadProgress, Reply
from tui import explain_messages as told
from tui.draft import Problem
from tui.explain import Asked, SlotName, slot_of
from tui.spoken import spoken

if TYPE_CHECKING:
    from tui.jobs import Jobs

__all__ = ["ExplainJobs"]

STAGES = {
    "fetching": "fetching the table",
    "decompressing": "reading the table",
    "checking": "reading the table",
    "reading": "reading the table",
    "cleaning": "reading the table",
    "preparing": "dividing the rows as the run did",
    "opening the model": "opening the model",
}
FIRST: tuple[SlotName, ...] = ("rows", "parts", "groups", "importance")
"""What is asked before what, if several wait: the quickest first."""


class ExplainJobs:
    """Asks the service about finished arms.

    Parameters
    ----------
    jobs : Jobs
        Has the service, and owns the workers.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._wanted: dict[SlotName, tuple[int, Asked]] = {}
        self._busy = False

    def ask(self, job: int, wish: Asked) -> None:
        """Find something out.

        One request is under way at most; of those of a kind that wait only the newest
        is sent.
        """
        with self._lock:
            self._wanted[slot_of(wish)] = (job, wish)
            if self._busy:
                return
            self._busy = True
        self._jobs.work("explain", self._ask)

    def _ask(self) -> None:
        while (wanted := self._next()) is not None:
            job, wish = wanted
            said = ""

            def progressed(reply: Reply, job: int = job, wish: Asked = wish) -> None:
                nonlocal said
                if not isinstance(reply, LoadProgress):
                    return
                stage = _stage(reply)
                if stage != said:
                    said = stage
                    self._jobs.post(told.ExplainProgressed(job, wish, stage))

            try:
                answer = self._jobs.answer(wish, progressed)
            except BaseException:
                self._stop()
                raise
            if answer is None:  # given up: the app leaves
                self._stop()
                return
            if isinstance(answer, Failure):
                problem = Problem(
                    code=answer.code,
                    message=spoken(answer.message),
                    remedy=spoken(answer.remedy),
                )
                self._jobs.post(told.ExplainFailed(job, wish, problem))
            elif isinstance(answer, Shown):
                self._jobs.post(told.Explained(job, wish, answer))

    def _next(self) -> tuple[int, Asked] | None:
        """Take what is wanted; without that, the next wish begins a new worker."""
        with self._lock:
            name = next((one for one in FIRST if one in self._wanted), None)
            self._busy = name is not None
            return self._wanted.pop(name) if name is not None else None

    def _stop(self) -> None:
        with self._lock:
            self._busy = False


def _stage(progress: LoadProgress) -> str:
    """Return what is being done, in words."""
    words = STAGES.get(progress.stage, progress.stage)
    if not progress.total or progress.stage in STAGES:
        return words
    return f"{words}: {progress.done:,} of {progress.total:,}"
