"""Which unit of work comes next, and the events that come of it.

The order decides only how long a run takes, never its numbers: an arm's settings
depend on that arm's earlier trials alone. Arms advance side by side, so that all
of them end at about the same time; the dear recipes are prepared early, beside
the trials of the cheap ones.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, MutableMapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from engine.cancel import CancelToken
from engine.errors import ArmError, CancelledError
from engine.events import ArmFailed, Event, Progress, TrialFinished
from engine.execute.port import Executor
from engine.resample import registry
from engine.spec import Arm, Experiment
from engine.state import FINAL_FOLD, ArmState, State, better
from engine.train.tune import Tuner
from engine.train.workshop import Workshop

__all__ = ["Schedule"]

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1


class _Unit(NamedTuple):
    kind: Literal["prepare", "trial", "finish"]
    arm: str
    number: int


@dataclass
class _Line:
    """What is left to do for one arm."""

    arm: Arm
    tuner: Tuner
    folds: list[int]
    dear: bool
    trials: int = 0
    best: TrialFinished | None = None
    known: set[int] = field(default_factory=set)
    preparing: set[int] = field(default_factory=set)
    busy: bool = False
    over: bool = False

    def tuned(self, *, out_of_time: bool) -> bool:
        """Tell whether no further trial is wanted."""
        return self.trials >= self.tuner.wanted or (out_of_time and self.trials > 0)


class Schedule:
    """Drives an experiment's units through an executor.

    Parameters
    ----------
    experiment : Experiment
    state : State
        What an earlier part of the run came to.
    workshop : Workshop
        Does the units.
    place : Executor
        Where they run.
    kept : mutable mapping of str to bytes
        Receives out-of-fold scores, test scores and models.
    """

    def __init__(
        self,
        experiment: Experiment,
        state: State,
        workshop: Workshop,
        place: Executor,
        kept: MutableMapping[str, bytes],
    ) -> None:
        self._experiment = experiment
        self._workshop = workshop
        self._place = place
        self._kept = kept
        self._folds = len(workshop.folds)
        self._units: dict[Future[Any], _Unit] = {}
        self._grown: dict[str, tuple[int, tuple[tuple[int, float], ...]]] = {}
        before = {arm.name: arm for arm in state.arms}
        self._lines = {
            arm.name: self._line(arm, before.get(arm.name)) for arm in experiment.arms
        }

    def events(self, token: CancelToken, *, deadline: float | None) -> Iterator[Event]:
        """Run all units and yield what comes of them.

        Parameters
        ----------
        token : CancelToken
            Ends the run within a tenth of a second.
        deadline : float or None
            Time of the monotonic clock after which no further trial starts.

        Yields
        ------
        Event

        Raises
        ------
        CancelledError
            If the token was set.
        """
        while True:
            token.raise_if_cancelled()
            late = deadline is not None and time.monotonic() >= deadline
            while len(self._units) < self._place.slots:
                unit = self._next(out_of_time=late)
                if unit is None:
                    break
                yield self._progress(unit)
                self._start(unit)
            if not self._units:
                return
            done, _ = wait(
                self._units, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED
            )
            for future in sorted(done, key=lambda f: self._units[f]):
                yield from self._finished(self._units.pop(future), future)
            yield from self._growing()

    def _line(self, arm: Arm, before: ArmState | None) -> _Line:
        wanted = [*range(self._folds), FINAL_FOLD]
        dear = any(registry.sampler(s.sampler).dear for s in arm.steps)
        if before is None:
            return _Line(arm, Tuner(self._experiment), wanted, dear)
        return _Line(
            arm,
            Tuner(self._experiment, before.trials),
            wanted,
            dear,
            trials=len(before.trials),
            best=before.best,
            known={p.fold for p in before.prepared},
            over=bool(before.evaluated or before.failed),
        )

    def _next(self, *, out_of_time: bool) -> _Unit | None:
        """Return the most urgent unit that can start now, if there is one."""
        ready: list[tuple[float, int, _Unit]] = []
        for order, line in enumerate(self._lines.values()):
            if line.over or line.busy:
                continue
            name = line.arm.name
            tuned = line.tuned(out_of_time=out_of_time)
            missing = [f for f in line.folds if not (tuned and f != FINAL_FOLD)]
            if missing:
                urgency = self._urgency(line, missing[0])
                ready.append((urgency, order, _Unit("prepare", name, missing[0])))
            waiting = any(f != FINAL_FOLD for f in line.folds)
            if line.preparing or (waiting and not tuned):
                continue
            if not tuned:
                ready.append((line.trials, order, _Unit("trial", name, line.trials)))
            elif FINAL_FOLD not in line.folds:
                ready.append((-1, order, _Unit("finish", name, 0)))
        return min(ready)[2] if ready else None

    def _urgency(self, line: _Line, fold: int) -> float:
        """Rank a preparation among trials, which rank by their number.

        A dear one is worth starting at once, but not on more than half of the
        slots while there is other work; the final fold can wait longest.
        """
        if not line.dear:
            return 0.5 if fold != FINAL_FOLD else line.tuner.wanted
        dear = sum(
            unit.kind == "prepare" and self._lines[unit.arm].dear
            for unit in self._units.values()
        )
        return -0.5 if 2 * (dear + 1) <= self._place.slots else line.tuner.wanted + 1

    def _start(self, unit: _Unit) -> None:
        line = self._lines[unit.arm]
        match unit.kind:
            case "prepare":
                line.folds.remove(unit.number)
                line.preparing.add(unit.number)
                future = self._place.submit(
                    self._workshop.prepare, line.arm, unit.number
                )
            case "trial":
                line.busy = True
                params = line.tuner.ask(unit.number)
                future = self._place.submit(
                    self._workshop.trial, line.arm, unit.number, params
                )
            case "finish":
                line.busy = True
                future = self._place.submit(
                    self._workshop.finish,
                    line.arm,
                    line.best,
                    self._kept[f"oof/{unit.arm}"],
                    self._kept,
                )
        self._units[future] = unit

    def _finished(self, unit: _Unit, future: Future[Any]) -> Iterator[Event]:
        line = self._lines[unit.arm]
        line.preparing.discard(unit.number)
        if unit.kind != "prepare":
            line.busy = False
        try:
            result = future.result()
        except CancelledError:
            raise
        except Exception as error:
            if not line.over:
                line.over = True
                self._workshop.release(line.arm)
                yield _failure(unit, error)
            return
        if line.over:
            return
        match unit.kind:
            case "prepare":
                if unit.number not in line.known:
                    yield result
            case "trial":
                event, oof = result
                objective = self._experiment.search.objective
                if line.best is None or better(objective, event.score, line.best.score):
                    line.best = event
                    self._kept[f"oof/{unit.arm}"] = oof
                line.trials += 1
                line.tuner.tell(event.params, event.score)
                yield event
            case "finish":
                line.over = True
                yield result
        yield self._progress(unit)

    def _growing(self) -> Iterator[Progress]:
        """Yield the curves of the trials that grew since the last look."""
        for name, grown in list(self._workshop.growing.items()):
            if self._grown.get(name) == grown or not self._lines[name].busy:
                continue
            self._grown[name] = grown
            number, curve = grown
            line = self._lines[name]
            yield Progress(
                arm=name,
                stage="tune",
                done=line.trials,
                total=line.tuner.wanted,
                trial=number,
                curve=curve,
            )

    def _progress(self, unit: _Unit) -> Progress:
        line = self._lines[unit.arm]
        if unit.kind == "prepare" and not line.trials:
            total = self._folds + 1
            left = len(line.folds) + len(line.preparing)
            return Progress(
                arm=unit.arm, stage="prepare", done=total - left, total=total
            )
        stage = "fit" if unit.kind == "finish" else "tune"
        return Progress(
            arm=unit.arm, stage=stage, done=line.trials, total=line.tuner.wanted
        )


def _failure(unit: _Unit, error: Exception) -> ArmFailed:
    if isinstance(error, ArmError):
        code, message, remedy = error.code, error.message, error.remedy
    elif isinstance(error, MemoryError) or "bad_alloc" in str(error):
        code, message = "memory", "not enough memory"
        remedy = "give fewer jobs (--jobs), or use random-under"
    else:
        log.error("arm %s failed in %s", unit.arm, unit.kind, exc_info=error)
        first = str(error).strip().partition("\n")[0]
        code, message = "internal", f"{type(error).__name__}: {first}"
        remedy = "the log file has the details"
    return ArmFailed(arm=unit.arm, code=code, message=message, remedy=remedy)
