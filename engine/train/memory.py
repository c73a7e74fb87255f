"""How much memory units take: fewer in flight, not a crash."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from engine.core.events import ArmFailed
from engine.core.methods import cost, tuning
from engine.core.methods.grammar import Arm
from engine.resample.bench import TrainingRows
from engine.train.plan import Plan, Unit
from engine.train.prepare import matrix_bytes

MANY = 50_000
"""Training rows from which on treating them is measured before a run begins."""
BUDGET = 4.0
"""Seconds of one core for that."""


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
            arm.name: cost.preparations(arm, self._seconds[arm.name], search)
            for arm in self._plan.experiment.arms
            if arm.name in self._seconds
        }

    def objections(self) -> tuple[ArmFailed, ...]:
        """Return the arms that would not come to an end, or not fit at all."""
        plan, failures = self._plan, list[ArmFailed]()
        counts = plan.counts(plan.dataset.y[plan.split.train])
        for arm in plan.experiment.arms:
            refused = cost.refusal(
                arm,
                counts,
                plan.experiment.search,
                seconds=self._seconds.get(arm.name),
                size=cost.estimate_memory(arm, counts, self.features)[1],
                memory=self._most,
            )
            if refused is not None:
                failures.append(ArmFailed(arm=arm.name, **refused.facts))
        return tuple(failures)

    @cached_property
    def _seconds(self) -> dict[str, float]:
        """What one treatment of all training rows takes, where they are many."""
        plan, check = self._plan, self._check
        if check is None or len(plan.split.train) < MANY:
            return {}
        experiment = plan.experiment
        most = experiment.features.max_categories
        bench = TrainingRows.encode(plan.dataset, plan.split, experiment.seed, most)
        counts = plan.counts(bench.y)
        first = [
            tuning.fix_setting(arm, tuning.first(arm))
            for arm in experiment.arms
            if self._most is None
            or cost.estimate_memory(arm, counts, self.features)[1] <= self._most
        ]
        tried = bench.measure(first, BUDGET, check)
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
            rows, after, sampling = self._sizes(arm, unit.number)
            # Numbers are float64 until they are scaled, then float32.
            return rows * features * 12 + after * features * 4 + sampling
        folds = range(len(plan.folds)) if unit.kind == "trial" else (-1,)
        total = 0
        for fold in folds:
            _, after, _ = self._sizes(arm, fold)
            held = len(plan.indices(fold)[1])
            # A booster keeps margins, gradients and where each row is.
            total += matrix_bytes(after + held, features) + 24 * after + 4 * held
        return total

    @cached_property
    def features(self) -> int:
        """Columns of the matrix: one per level, and one where numbers are missing."""
        most = self._plan.experiment.features.max_categories
        return sum(
            (min(most, c.levels) if c.kind == "category" else 1) + (c.missing > 0)
            for c in self._plan.dataset.columns
        )

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
