"""How much memory units take, and how much there is: fewer in flight, not a crash."""

from __future__ import annotations

import contextlib
from pathlib import Path

from engine.events import ArmFailed
from engine.resample import cost
from engine.spec import Arm
from engine.train.plan import Plan, Unit
from engine.train.workshop import matrix_bytes

__all__ = ["Limit", "available"]

SHARE = 0.8
"""Share of what is free that a run takes unless told otherwise."""
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def available() -> int | None:
    """Return the bytes that this process may still take, or None if unknown.

    That is what the machine has free, or what is left of the limit of the control
    group that a container or a batch system has put it in.
    """
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        found += [
            int(line.split()[1]) * 1024
            for line in _MEMINFO.read_text().splitlines()
            if line.startswith("MemAvailable:")
        ]
    with contextlib.suppress(OSError, ValueError):
        most = int((_CGROUP / "memory.max").read_text())  # "max" is no limit
        found.append(most - int((_CGROUP / "memory.current").read_text()))
    return min(found, default=None)


class Limit:
    """Keeps count of what the units under way are estimated to take.

    Parameters
    ----------
    plan : Plan
    most : int or None
        Bytes for all of them together; no limit when None.
    """

    def __init__(self, plan: Plan, most: int | None) -> None:
        self._plan = plan
        self._most = most
        self._taken: dict[tuple[str, str, int], int] = {}

    @property
    def room(self) -> int | None:
        """Bytes for matrices that are kept between units."""
        return None if self._most is None else self._most // 3

    def objections(self) -> tuple[ArmFailed, ...]:
        """Return the arms that would not come to an end, or not fit at all."""
        plan = self._plan
        train = plan.counts(plan.dataset.y[plan.split.train])
        found = cost.objections(
            plan.experiment,
            rows=sum(train.values()),
            minority=min(train.values()),
            features=self.features,
            memory=self._most,
            patience=plan.experiment.search.patience,
        )
        return tuple(
            ArmFailed(arm=o.arm, code=o.code, message=o.message, remedy=o.remedy)
            for o in found
        )

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
        plan, arm = self._plan, self._plan.arm(unit.arm)
        features = self.features
        if unit.kind == "prepare":
            rows, after, sampling = self._sizes(arm, unit.number)
            # Numbers are float64 until they are scaled, then float32.
            return rows * features * 12 + after * features * 4 + sampling
        folds = range(len(plan.folds)) if unit.kind == "trial" else (-1,)
        total = 0
        for fold in folds:
            _, after, _ = self._sizes(arm, fold)
            judged = len(plan.indices(fold)[1])
            # A booster keeps margins, gradients and where each row is.
            total += matrix_bytes(after + judged, features) + 24 * after + 4 * judged
        return total

    @property
    def features(self) -> int:
        """Roughly the columns of the matrix: a category has one per level."""
        most = self._plan.experiment.features.max_categories
        return sum(
            min(most, c.levels) if c.kind == "category" else 1
            for c in self._plan.dataset.columns
        )

    def _sizes(self, arm: Arm, fold: int) -> tuple[int, int, int]:
        """Return a fold's rows before and after the recipe, and the recipe's bytes."""
        fit, _ = self._plan.indices(fold)
        y = self._plan.dataset.y[fit]
        minority = int(min(y.sum(), len(y) - y.sum()))
        found = cost.arm_estimate(
            arm, rows=len(fit), minority=minority, features=self.features
        )
        return len(fit), found.rows_after, found.bytes
