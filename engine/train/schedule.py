"""Which unit of work comes next, and the events that come of it.

The order decides only how long a run takes, never its numbers: an arm's settings
depend on that arm's earlier trials alone. Arms advance side by side, so that all
of them end at about the same time; the dear recipes are prepared early, beside
the trials of the cheap ones. What would not fit into memory beside the units that
are under way waits for them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, MutableMapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace

from engine.cancel import CancelToken
from engine.errors import ArmError, CancelledError, ClusterError
from engine.events import (
    ArmEvaluated,
    ArmFailed,
    Event,
    FoldPrepared,
    Progress,
    TrialFinished,
)
from engine.execute.port import Executor
from engine.resample import registry
from engine.spec import Arm
from engine.state import FINAL_FOLD, ArmState, State, beats
from engine.train.memory import Limit
from engine.train.plan import Curve, Done, Plan, Unit
from engine.train.tune import Tuner

__all__ = ["Schedule"]

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1


@dataclass
class _Line:
    """What is left to do for one arm."""

    arm: Arm
    tuner: Tuner
    folds: list[int]
    dear: bool
    told: set[int] = field(default_factory=set)
    best: TrialFinished | None = None
    known: set[int] = field(default_factory=set)
    preparing: set[int] = field(default_factory=set)
    growing: set[int] = field(default_factory=set)
    finishing: bool = False
    over: bool = False

    def tuned(self, *, out_of_time: bool) -> bool:
        """Tell whether no further trial is wanted."""
        return len(self.told) >= self.tuner.wanted or (out_of_time and bool(self.told))

    def next_trial(self) -> int | None:
        """Return the first trial that can start, if there is one."""
        for number in range(self.tuner.wanted):
            if not self.tuner.ready(number):
                return None
            if number not in self.told and number not in self.growing:
                return number
        return None


class Schedule:
    """Drives an experiment's units through an executor.

    Parameters
    ----------
    plan : Plan
    state : State
        What an earlier part of the run came to.
    place : Executor
        Where units run.
    kept : mutable mapping of str to bytes
        Receives out-of-fold scores, test scores and models.
    limit : Limit
        The memory that units may take together.
    """

    def __init__(
        self,
        plan: Plan,
        state: State,
        place: Executor,
        kept: MutableMapping[str, bytes],
        *,
        limit: Limit,
    ) -> None:
        self._plan = plan
        self._experiment = plan.experiment
        self._place = place
        self._kept = kept
        self._limit = limit
        self._units: dict[Future[Done], Unit] = {}
        self._grown: dict[str, tuple[int, Curve]] = {}
        before = {arm.name: arm for arm in state.arms}
        self._lines = {
            arm.name: self._line(arm, before.get(arm.name))
            for arm in self._experiment.arms
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
            for future in sorted(done, key=lambda f: self._units[f].name):
                unit = self._units.pop(future)
                self._limit.release(unit)
                yield from self._finished(unit, future)
            yield from self._growing()

    def _line(self, arm: Arm, before: ArmState | None) -> _Line:
        wanted = list(self._plan.all_folds)
        dear = any(registry.sampler(s.sampler).dear for s in arm.steps)
        if before is None:
            return _Line(arm, Tuner(self._experiment), wanted, dear)
        return _Line(
            arm,
            Tuner(self._experiment, before.trials),
            wanted,
            dear,
            told={trial.number for trial in before.trials},
            best=before.best,
            known={p.fold for p in before.prepared},
            over=bool(before.evaluated or before.failed),
        )

    def _next(self, *, out_of_time: bool) -> Unit | None:
        """Return the most urgent unit that can start now, if there is one."""
        ready: list[tuple[float, int, Unit]] = []
        for order, line in enumerate(self._lines.values()):
            if line.over or line.finishing:
                continue
            name = line.arm.name
            tuned = line.tuned(out_of_time=out_of_time)
            missing = [f for f in line.folds if not (tuned and f != FINAL_FOLD)]
            if missing:
                urgency = self._urgency(line, missing[0])
                ready.append((urgency, order, Unit("prepare", name, missing[0])))
            if tuned:
                waiting = line.growing or line.preparing or FINAL_FOLD in line.folds
                if not waiting:
                    ready.append((-1, order, Unit("finish", name, FINAL_FOLD)))
                continue
            if line.preparing - {FINAL_FOLD} or any(f >= 0 for f in line.folds):
                continue
            number = line.next_trial()
            if number is not None and not (out_of_time and line.growing):
                # Of the last trials the untreated rows' come last: what is left alone
                # at the end, a final fit on one core, is then the shortest.
                last = number == line.tuner.wanted - 1
                place = -order if last else order
                ready.append((number, place, Unit("trial", name, number)))
        ready.sort(key=lambda r: r[:2])
        alone = not self._units
        return next(
            (unit for _, _, unit in ready if alone or self._limit.allows(unit)), None
        )

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

    def _start(self, unit: Unit) -> None:
        line = self._lines[unit.arm]
        match unit.kind:
            case "prepare":
                line.folds.remove(unit.number)
                line.preparing.add(unit.number)
            case "trial":
                line.growing.add(unit.number)
                params, bar = line.tuner.ask(unit.number)
                unit = replace(unit, params=params, bar=bar)
            case "finish":
                line.finishing = True
                oof = self._kept[f"oof/{unit.arm}"]
                unit = replace(unit, best=line.best, oof=oof)
        self._limit.take(unit)
        self._units[self._place.submit(unit)] = unit

    def _finished(self, unit: Unit, future: Future[Done]) -> Iterator[Event]:
        line = self._lines[unit.arm]
        (line.preparing if unit.kind == "prepare" else line.growing).discard(
            unit.number
        )
        try:
            done = future.result()
        except (CancelledError, ClusterError):
            raise
        except Exception as error:
            if not line.over:
                line.over = True
                self._place.forget(unit.arm)
                yield _failure(unit, error)
            return
        if line.over:
            return
        event = done.event
        match event:
            case FoldPrepared():
                if unit.number not in line.known:
                    yield event
            case TrialFinished():
                objective = self._experiment.search.objective
                if line.best is None or beats(objective, event, line.best):
                    line.best = event
                    self._keep(done.kept)
                line.told.add(event.number)
                line.tuner.tell(event)
                yield event
            case ArmEvaluated():
                line.over = True
                self._place.forget(unit.arm)
                self._keep(done.kept)
                yield event
        yield self._progress(unit)

    def _keep(self, kept: dict[str, bytes]) -> None:
        for name, data in kept.items():
            self._kept[name] = data

    def _growing(self) -> Iterator[Progress]:
        """Yield the curves of the trials that grew since the last look."""
        for name, grown in list(self._place.growing.items()):
            if self._grown.get(name) == grown or not self._lines[name].growing:
                continue
            self._grown[name] = grown
            number, curve = grown
            line = self._lines[name]
            yield Progress(
                arm=name,
                stage="tune",
                done=len(line.told),
                total=line.tuner.wanted,
                trial=number,
                curve=curve,
            )

    def _progress(self, unit: Unit) -> Progress:
        line = self._lines[unit.arm]
        if unit.kind == "prepare" and not line.told:
            total = len(self._plan.all_folds)
            left = len(line.folds) + len(line.preparing)
            return Progress(
                arm=unit.arm, stage="prepare", done=total - left, total=total
            )
        stage = "fit" if unit.kind == "finish" else "tune"
        return Progress(
            arm=unit.arm, stage=stage, done=len(line.told), total=line.tuner.wanted
        )


def _failure(unit: Unit, error: Exception) -> ArmFailed:
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
