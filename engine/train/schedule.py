"""Which unit of work comes next, and the events that come of it.

The order decides only how long a run takes, never its numbers: an arm's settings
depend on that arm's earlier trials alone. Arms advance side by side, so that all
of them end at about the same time; the slow methods are prepared early, beside
the trials of the cheap ones. What would not fit into memory beside the units that
are under way waits for them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from functools import cached_property

import msgspec

from engine.core import space
from engine.core.errors import (
    LESS,
    LESS_FIELD,
    ArmError,
    CancelledError,
    ClusterError,
    out_of_memory,
    shortage,
)
from engine.core.events import (
    ArmEvaluated,
    ArmFailed,
    FoldPrepared,
    Progress,
    SplitEvents,
    TrialFinished,
    Warned,
    Work,
)
from engine.core.execution import CancelToken
from engine.core.methods import cost, registry
from engine.core.methods.grammar import Arm
from engine.core.state import FINAL_FOLD, ArmState, State, is_better_trial
from engine.features.encoder import BLOCK_CELLS
from engine.resample.training_rows import TrainingRows
from engine.train.models.port import find
from engine.train.plan import Curve, Executor, Plan, Unit, UnitResult, setting_key
from engine.train.tune import ArmQueue, Tuner

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
BLOCK_COPIES = 6 * 8
"""Bytes per cell that an encoding takes of what it learns from at a time."""
MANY = 50_000
"""Training rows from which on treating them is measured before a run begins."""
BUDGET = 4.0
"""Seconds of one core for that."""
FEWEST, BRIEF = 5_000, 0.5
"""Rows, and seconds, where it is only to tell how long the run takes."""
FEWEST_CELLS = 1_000_000
"""Of fewer rows: cells of their columns from which on it is told, too."""


def are_few(rows: int, columns: int) -> bool:
    """Tell whether training rows are too few to tell how long a run takes.

    Examples
    --------
    >>> are_few(4_000, 20), are_few(4_000, 500), are_few(5_000, 1)
    (True, False, False)
    """
    return rows < FEWEST and rows * columns < FEWEST_CELLS


class Schedule:
    """Drives an experiment's units through an executor.

    Parameters
    ----------
    plan : Plan
    state : State
        What an earlier part of the run came to.
    place : Executor
        Where units run.
    artifacts : mutable mapping of str to bytes
        Receives out-of-fold scores, test scores and models.
    limit : Limit
        The memory that units may take together.
    final : bool, default=True
        Whether each arm is fitted on all training rows and evaluated on the test rows
        in the end; else its search is all.
    """

    def __init__(
        self,
        plan: Plan,
        state: State,
        place: Executor,
        artifacts: MutableMapping[str, bytes],
        *,
        limit: Limit,
        final: bool = True,
    ) -> None:
        self._plan = plan
        self._experiment = plan.experiment
        self._place = place
        self._artifacts = artifacts
        self._limit = limit
        self._final = final
        self._units: dict[Future[UnitResult], Unit] = {}
        self._grown: dict[str, tuple[int, Curve]] = {}
        self._folds = range(len(plan.folds))
        self._searched = self._rows_searched(state)
        self._heard = set(state.warnings)
        before = {arm.name: arm for arm in state.arms}
        self._queues = {
            arm.name: self._make_queue(arm, before.get(arm.name))
            for arm in self._experiment.arms
        }

    def events(
        self, token: CancelToken, *, deadline: float | None
    ) -> Iterator[SplitEvents]:
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
            yield from self._hopeless(out_of_time=late)
            while len(self._units) < self._place.slots:
                unit = self._next(out_of_time=late)
                if unit is None:
                    break
                yield self._progress(unit)
                self._start(unit)
            if not self._units:
                queues = self._queues.values()
                if any(one.is_stuck or one.is_lost(out_of_time=late) for one in queues):
                    continue
                return
            done, _ = wait(self._units, POLL_SECONDS, FIRST_COMPLETED)
            for future in sorted(done, key=lambda f: self._units[f].name):
                unit = self._units.pop(future)
                log.info("ended: %s", unit.label)
                self._limit.release(unit)
                yield from self._finished(unit, future)
            yield from self._growing()

    def _make_queue(self, arm: Arm, before: ArmState | None) -> ArmQueue:
        slow = any(registry.sampler(s.sampler).slow for s in arm.steps)
        before = before or ArmState(name=arm.name, kind=arm.kind)
        queue = ArmQueue(
            arm,
            Tuner(self._experiment, arm, before.trials),
            slow,
            finished={trial.number for trial in before.trials},
            best=before.best,
            known={(setting_key(p.setting), p.fold) for p in before.prepared},
            failed_trials={t.number: t.failed for t in before.trials if t.failed},
            over=bool(before.evaluated or before.failed),
        )
        later = arm.tuned or not self._final or self._plan.is_large
        folds = self._folds if later else self._plan.all_folds
        queue.want(space.first_setting(arm), folds)
        return queue

    def _next(self, *, out_of_time: bool) -> Unit | None:
        """Return the most urgent unit that can start now, if there is one."""
        ready: list[tuple[float, int, Unit]] = []
        for order, queue in enumerate(self._queues.values()):
            if queue.over or queue.finishing:
                continue
            name = queue.arm.name
            tuned = queue.is_searched(out_of_time=out_of_time)
            if tuned and not queue.growing and queue.best is not None:
                if not self._final:
                    self._close(queue)
                    continue
                chosen = space.setting(queue.arm, queue.best.params)
                queue.want(chosen, [FINAL_FOLD])
            number = None
            if not tuned and not (out_of_time and queue.growing):
                number = queue.next_trial(self._folds)
            missing = [r for r in queue.todo if not (tuned and r[1] != FINAL_FOLD)]
            if missing:
                chosen, fold = queue.settings[missing[0][0]], missing[0][1]
                urgency = self._urgency(queue, fold)
                unit = Unit("prepare", name, fold, setting=chosen)
                ready.append((urgency, order, unit))
            if tuned:
                if queue.best is None:
                    continue
                if not queue.growing and not queue.preparing and not missing:
                    ready.append((-1, order, Unit("finish", name, FINAL_FOLD)))
                continue
            if number is not None:
                # Of the last trials the untreated rows' come last: what is left alone
                # at the end, a final fit on one core, is then the shortest.
                last = number == queue.tuner.wanted - 1
                place = -order if last else order
                ready.append((number, place, Unit("trial", name, number)))
        ready.sort(key=lambda r: r[:2])
        alone = not self._units
        fitting = (unit for *_, unit in ready if alone or self._limit.allows(unit))
        return next(fitting, None)

    def _urgency(self, queue: ArmQueue, fold: int) -> float:
        """Rank a preparation among trials, which rank by their number.

        A slow one is worth starting as soon as there is a first score to look at, but
        not on more than half of the slots while there is other work; the final fold can
        wait longest.
        """
        if not queue.slow:
            return 0.5 if fold != FINAL_FOLD else queue.tuner.wanted
        if not any(other.finished for other in self._queues.values()):
            return 0.75
        slow = sum(
            unit.kind == "prepare" and self._queues[unit.arm].slow
            for unit in self._units.values()
        )
        return -0.5 if 2 * (slow + 1) <= self._place.slots else queue.tuner.wanted + 1

    def _start(self, unit: Unit) -> None:
        queue = self._queues[unit.arm]
        match unit.kind:
            case "prepare":
                place = (setting_key(unit.setting), unit.number)
                queue.todo.remove(place)
                queue.preparing.add(place)
            case "trial":
                queue.growing.add(unit.number)
                params, bar = queue.waiting.pop(unit.number)
                chosen = space.setting(queue.arm, params)
                unit = replace(unit, params=params, bar=bar, setting=chosen)
            case "finish":
                assert queue.best is not None
                queue.finishing = True
                oof = self._artifacts[f"oof/{unit.arm}"]
                chosen = space.setting(queue.arm, queue.best.params)
                unit = replace(unit, best=queue.best, oof=oof, setting=chosen)
        self._limit.take(unit)
        log.info("begun: %s", unit.label)
        self._units[self._place.submit(unit)] = unit

    def _finished(
        self, unit: Unit, future: Future[UnitResult]
    ) -> Iterator[SplitEvents]:
        queue = self._queues[unit.arm]
        place = (setting_key(unit.setting), unit.number)
        if unit.kind == "prepare":
            queue.preparing.discard(place)
        else:
            queue.growing.discard(unit.number)
        try:
            done = future.result()
        except (CancelledError, ClusterError):
            raise
        except Exception as error:
            if (others := self._one_of_many(unit, queue, error)) is not None:
                yield from others
                return
            if not queue.over:
                self._close(queue)
                yield _failure(unit, error)
            return
        if queue.over:
            return
        # Before the result: a unit that is done again then says it again.
        yield from self._warned(unit, done)
        event = done.event
        match event:
            case FoldPrepared():
                event = self._counted_once(unit, event)
                if place not in queue.known:
                    yield event
            case TrialFinished():
                objective = queue.tuner.objective
                if queue.best is None or is_better_trial(objective, event, queue.best):
                    queue.best = event
                    self._artifacts.update(done.artifacts)
                queue.finished.add(event.number)
                queue.tuner.tell(event)
                yield event
            case ArmEvaluated():
                self._close(queue)
                self._artifacts.update(done.artifacts)
                yield event
        yield self._progress(unit)

    def _close(self, queue: ArmQueue) -> None:
        queue.over = True
        self._place.forget(queue.arm.name)

    def _warned(self, unit: Unit, done: UnitResult) -> Iterator[Warned]:
        """Yield what libraries warned of, once per arm; a preparation has its notes."""
        for text in () if unit.kind == "prepare" else done.warnings:
            if (text_of_arm := f"{unit.arm}: {text}") not in self._heard:
                self._heard.add(text_of_arm)
                yield Warned(message=text, arm=unit.arm)

    def _rows_searched(self, state: State) -> set[tuple[str, int]]:
        """Return the rows of searched samplers whose work was counted before."""
        arms = {arm.name for arm in self._experiment.arms}
        return {
            (self._plan.rows_of(self._plan.variant(p.arm, p.setting)), p.fold)
            for arm in state.arms
            if arm.name in arms
            for p in arm.prepared
            if p.setting
        }

    def _one_of_many(
        self, unit: Unit, queue: ArmQueue, error: Exception
    ) -> list[TrialFinished] | None:
        """Return what comes of an error that costs one setting, and not the arm."""
        if queue.over or not isinstance(error, ArmError):
            return None
        if unit.kind == "prepare" and queue.arm.tuned and unit.number != FINAL_FOLD:
            queue.give_up(unit.setting, unit.number, error)
            return []
        if unit.kind == "trial":
            return [queue.fail_trial(unit.number, unit.params, error)]
        return None

    def _hopeless(self, *, out_of_time: bool) -> Iterator[SplitEvents]:
        """Yield the trials that end before they begin, and arms with no other."""
        for name, queue in self._queues.items():
            yield from queue.fail_hopeless()
            if queue.is_lost(out_of_time=out_of_time):
                self._close(queue)
                yield _failure(Unit("prepare", name, 0), queue.failure)

    def _counted_once(self, unit: Unit, event: FoldPrepared) -> FoldPrepared:
        """Take the work away from rows that another arm's search has asked for."""
        if not unit.setting:
            return event
        arm = self._plan.variant(unit.arm, unit.setting)
        rows = (self._plan.rows_of(arm), unit.number)
        if rows in self._searched:
            return msgspec.structs.replace(event, work=Work(), reused=False)
        self._searched.add(rows)
        return event

    def _growing(self) -> Iterator[Progress]:
        """Yield the curves of the trials that grew since the last look."""
        for name, grown in list(self._place.growing.items()):
            if self._grown.get(name) == grown or not self._queues[name].growing:
                continue
            self._grown[name] = grown
            number, curve = grown
            yield self._where(name, "tune", trial=number, curve=curve)

    def _progress(self, unit: Unit) -> Progress:
        queue = self._queues[unit.arm]
        if unit.kind == "prepare" and not queue.finished:
            total = len(queue.made)
            done = total - len(queue.todo) - len(queue.preparing)
            return Progress(arm=unit.arm, stage="prepare", done=done, total=total)
        return self._where(unit.arm, "fit" if unit.kind == "finish" else "tune")

    def _where(
        self, arm: str, stage: str, trial: int | None = None, curve: Curve = ()
    ) -> Progress:
        queue = self._queues[arm]
        done, total = len(queue.finished), queue.tuner.wanted
        return Progress(
            arm=arm, stage=stage, done=done, total=total, trial=trial, curve=curve
        )


def _failure(unit: Unit, error: Exception) -> ArmFailed:
    if out_of_memory(error):
        error = shortage(f"the {unit.label}", LESS, LESS_FIELD)
    elif not isinstance(error, ArmError):
        log.error("%s failed", unit.label, exc_info=error)
        first = str(error).strip().partition("\n")[0]
        message = f"{type(error).__name__}: {first}"
        error = ArmError(message, "the log file has the details", code="internal")
    return ArmFailed(arm=unit.arm, **error.facts)


class Limit:
    """Keeps count of what the units under way are estimated to take.

    Parameters
    ----------
    plan : Plan
    most : int or None
        Bytes for all of them together; no limit when None.
    check : callable or None, default=None
        Called while arms are tried, so that this can be cancelled; with None none is
        tried: where a crash of a sampler is to be its arm's alone.
    """

    def __init__(
        self, plan: Plan, most: int | None, check: Callable[[], object] | None = None
    ) -> None:
        self._plan = plan
        self._most = most
        self._check = check
        self._taken: dict[tuple[str, str, int, str], int] = {}
        self._known: dict[tuple[str, int], tuple[int, int, int]] = {}

    @property
    def room(self) -> int | None:
        """Bytes for matrices that are kept between units."""
        return None if self._most is None else self._most // 3

    def estimates(self) -> dict[str, float]:
        """Return the seconds that preparing each method's rows takes, if measured."""
        search = self._plan.experiment.search
        return {
            arm.name: cost.preparations(arm, self.seconds[arm.name], search)
            for arm in self._plan.experiment.arms
            if arm.name in self.seconds
        }

    def objections(self) -> tuple[ArmFailed, ...]:
        """Return the arms that would not come to an end, or not fit at all."""
        plan, failures = self._plan, list[ArmFailed]()
        counts = plan.counts(plan.dataset.y[plan.split.fit])
        # What was measured briefly refuses none.
        seconds = self.seconds if self._are_many else {}
        for arm in plan.experiment.arms:
            refused = cost.refusal(
                arm,
                counts,
                plan.experiment.search,
                seconds=seconds.get(arm.name),
                size=cost.estimate_memory(arm, counts, self.features)[1],
                memory=self._most,
            )
            if refused is not None:
                failures.append(ArmFailed(arm=arm.name, **refused.facts))
        return tuple(failures)

    def peak(self, jobs: int) -> int:
        """Return the bytes that units hold at most, so many of them at a time.

        Matrices are kept, and those that are shared are there once; of many rows those
        of an arm's trials are gone when all rows are prepared. These are prepared, and
        fitted on, once for each arm.
        """
        plan = self._plan
        kept, largest, taken = 0, 0, list[int]()
        for arm in plan.experiment.arms:
            trial, growth = self._matrices(arm, range(len(plan.folds)))
            whole, last = self._matrices(arm, [FINAL_FOLD])
            folds = [
                self.estimate(Unit("prepare", arm.name, n)) for n in plan.all_folds
            ]
            *some, final = folds
            taken += [max(last, final), *[max(growth, *some)] * jobs]
            both = max(trial, whole) if plan.is_large else trial + whole
            kept += both if plan.matrix_maker(arm) == arm.name else 0
            largest = max(largest, trial)
        if self.room is not None:  # what has no room there is made again by each unit
            kept = min(kept, self.room + jobs * largest)
        total = kept + sum(sorted(taken)[-jobs:])
        return total if self._most is None else min(total, self._most)

    @property
    def _are_many(self) -> bool:
        return len(self._plan.split.fit) >= MANY

    @cached_property
    def seconds(self) -> dict[str, float]:
        """What one treatment of all training rows takes, where they are not few."""
        plan, check = self._plan, self._check
        rows, columns = len(plan.split.fit), len(plan.dataset.columns)
        if check is None or (not self._are_many and are_few(rows, columns)):
            return {}
        experiment = plan.experiment
        most = experiment.features.max_categories
        bench = TrainingRows.encode(plan.dataset, plan.split, experiment.seed, most)
        counts = plan.counts(bench.y)
        first = [
            space.fix_setting(arm, space.first_setting(arm))
            for arm in experiment.arms
            if self._most is None
            or cost.estimate_memory(arm, counts, self.features)[1] <= self._most
        ]
        tried = bench.measure(first, BUDGET if self._are_many else BRIEF, check)
        return {name: one.seconds for name, one in tried.items() if one.seconds}

    def allows(self, unit: Unit) -> bool:
        """Tell whether a unit fits beside those that are under way."""
        if self._most is None:
            return True
        held = sum(self._taken.values()) + (self.room or 0)
        return held + self.estimate(unit) <= self._most

    def take(self, unit: Unit) -> None:
        """Count a unit in."""
        self._taken[unit.name] = self.estimate(unit)

    def release(self, unit: Unit) -> None:
        """Count a unit out."""
        self._taken.pop(unit.name, None)

    def estimate(self, unit: Unit) -> int:
        """Return the bytes that a unit takes while it is under way."""
        plan, arm = self._plan, self._plan.variant(unit.arm, unit.setting)
        features = self.features
        if unit.kind == "prepare":
            rows, _, sampling = self._sizes(arm, unit.number)
            held = len(plan.indices(unit.number)[1])
            # Numbers are float64 in blocks until they are scaled, then float32; what a
            # method leaves is in what it takes, and without one it is the same array.
            block = BLOCK_COPIES * min(rows * features, max(rows, BLOCK_CELLS))
            return block + (rows + held) * features * 4 + sampling
        trial = unit.kind == "trial"
        return sum(self._matrices(arm, range(len(plan.folds)) if trial else [-1]))

    def _matrices(self, arm: Arm, folds: Iterable[int]) -> tuple[int, int]:
        """Return the bytes of folds' matrices, and those that they take to grow."""
        model = find(arm.learner)
        features = self.codes if model.takes_codes else self.features
        made = growth = 0
        for fold in folds:
            _, after, _ = self._sizes(arm, fold)
            held = len(self._plan.indices(fold)[1])
            made += model.matrix_bytes(after + held, features)
            growth += model.growth_bytes(after, held, features)
        return made, growth

    @cached_property
    def features(self) -> int:
        """Columns of the matrix: one per level, and one where numbers are missing."""
        most = self._plan.experiment.features.max_categories
        return sum(
            (min(most, c.levels) if c.kind == "category" else 1) + (c.missing > 0)
            for c in self._plan.dataset.columns
        )

    @cached_property
    def codes(self) -> int:
        """Columns of the same matrix where a category is one column of codes."""
        columns = self._plan.dataset.columns
        return len(columns) + sum(column.missing > 0 for column in columns)

    def _sizes(self, arm: Arm, fold: int) -> tuple[int, int, int]:
        """Return a fold's rows before and after the method, and the method's bytes."""
        key = (self._plan.rows_of(arm), fold)
        if key not in self._known:
            fit, _ = self._plan.indices(fold)
            counts = self._plan.counts(self._plan.dataset.y[fit])
            self._known[key] = (
                len(fit),
                *cost.estimate_memory(arm, counts, self.features),
            )
        return self._known[key]
