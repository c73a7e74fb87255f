"""Work on remedies: what they do to the open table, and what comes of it."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.client import lab
from engine.client.messages import Failure, LoadProgress, Reply
from engine.spec import Arm
from tui import lab_messages as told
from tui.draft import Problem
from tui.lab import Wish
from tui.messages import JobFailed
from tui.spoken import spoken

if TYPE_CHECKING:
    from tui.jobs import Jobs

__all__ = ["LabJobs"]

LEAK = "leak"
STAGES = {
    "splitting": "splitting",
    "treating": "balancing the rows",
    "training wrong": "training the wrong way's model",
    "training right": "training the right way's model",
    "scoring": "scoring",
}
PATIENCE = 3.0
"""Seconds that a treatment may be estimated to take: it is only to be looked at."""


class LabJobs:
    """Asks the service about remedies.

    Parameters
    ----------
    jobs : Jobs
        Has the service, and owns the workers.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = threading.Lock()
        self._wanted: tuple[int, Wish] | None = None
        self._busy = False

    def treat(self, job: int, wish: Wish) -> None:
        """Find out what an arm does.

        One request is under way at most; of those that wait only the newest is sent.
        """
        with self._lock:
            self._wanted = (job, wish)
            if self._busy:
                return
            self._busy = True
        self._jobs.work("treat", self._treat)

    def _treat(self) -> None:
        while (wanted := self._next()) is not None:
            job, wish = wanted
            request = lab.Treat(
                id=0,
                arm=wish.arm,
                axes=wish.axes,
                column=wish.column,
                patience=PATIENCE,
            )
            try:
                answer = self._jobs.answer(request)
            except BaseException:
                self._stop()
                raise
            if answer is None:  # given up: the app leaves
                self._stop()
                return
            if isinstance(answer, lab.TreatedRows):
                self._jobs.post(told.TreatedShown(job, wish, answer))
            elif isinstance(answer, Failure):
                self._jobs.post(told.TreatFailed(job, _problem(answer)))

    def _next(self) -> tuple[int, Wish] | None:
        """Take what is wanted; without that, the next wish begins a new worker."""
        with self._lock:
            wanted, self._wanted = self._wanted, None
            self._busy = wanted is not None
            return wanted

    def _stop(self) -> None:
        with self._lock:
            self._busy = False

    def judge(self, job: int, request: lab.Judge) -> None:
        """Find out what will become of arms."""

        def judge() -> None:
            answer = self._jobs.answer(request)
            found = answer if isinstance(answer, lab.Judged) else None
            self._jobs.post(told.JudgedRows(job, found))

        self._jobs.work("judge", judge)

    def balance(self, wanted: told.BalanceRequested) -> None:
        """Write the balanced training table."""
        self._jobs.work("balance", partial(self._balance, wanted))

    def _balance(self, wanted: told.BalanceRequested) -> None:
        request = lab.Balance(
            id=0,
            arm=wanted.arm,
            path=str(Path(wanted.path).expanduser().absolute()),
            split=wanted.split,
            flag=wanted.flag,
            overwrite=wanted.overwrite,
        )
        answer = self._jobs.answer(request)
        if isinstance(answer, lab.Balanced):
            self._jobs.post(told.BalanceWritten(answer))
        elif isinstance(answer, Failure):
            title = "The table cannot be written"
            self._jobs.post(JobFailed(title, _problem(answer)))

    def leak(self, job: int, arm: Arm, seed: int) -> None:
        """Work out the wrong way beside the right one."""
        self.stop_leak()
        self._jobs.work(LEAK, partial(self._leak, job, arm, seed))

    def stop_leak(self) -> None:
        """Give up what is being worked out."""
        self._jobs.app.workers.cancel_group(self._jobs.app, LEAK)

    def _leak(self, job: int, arm: Arm, seed: int) -> None:
        def progressed(reply: Reply) -> None:
            if isinstance(reply, LoadProgress):
                self._jobs.post(told.LeakProgressed(job, _stage(reply)))

        request = lab.LeakDemo(id=0, arm=arm, seed=seed)
        answer = self._jobs.answer(request, progressed)
        if isinstance(answer, lab.LeakShown):
            self._jobs.post(told.LeakTold(job, answer))
        elif isinstance(answer, Failure):
            self._jobs.post(told.LeakFailed(job, _problem(answer)))


def _stage(progress: LoadProgress) -> str:
    """Return what is being done, in words."""
    words = STAGES.get(progress.stage, progress.stage)
    if not progress.total:
        return words
    return f"{words}: {progress.done:,} of {progress.total:,}"


def _problem(failure: Failure) -> Problem:
    return Problem(
        code=failure.code,
        message=spoken(failure.message),
        remedy=spoken(failure.remedy),
    )
