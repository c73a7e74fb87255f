"""The arms of a run side by side, as the rules read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from engine.evaluate import words
from engine.events import (
    ArmEvaluated,
    Comparison,
    Detectable,
    FoldComparison,
    OperatingPoint,
)

__all__ = ["CONTROL", "TOO_FEW", "Board", "Scarce"]

CONTROL = "none"
# With fewer test rows of a class than this nothing is adopted: a bootstrap of so few
# is too sure of itself, and one row more or less is a change of five points.
TOO_FEW = 20


class Scarce(NamedTuple):
    """A class with too few test rows, as a reader calls them."""

    name: str
    rows: int


@dataclass(frozen=True)
class Board:
    """The arms that came to a result, and how each differs from `none`.

    Parameters
    ----------
    evaluations : sequence of ArmEvaluated
        With `none` among them.
    comparison : sequence of Comparison
        Arm minus `none`.
    kinds : dict of str to str
        ``control`` or ``recipe`` per arm.
    matched : mapping of str to OperatingPoint
        Per arm the point of `none` with about its recall at 0.5, as far as known.
    folds : sequence of FoldComparison
        Arm minus `none` over the folds.
    detectable : sequence of Detectable
        What differences in recall the test positives could show.
    """

    FOUND: ClassVar[str] = "recall"

    evaluations: Sequence[ArmEvaluated]
    comparison: Sequence[Comparison]
    kinds: dict[str, str] = field(default_factory=dict)
    matched: Mapping[str, OperatingPoint] = field(default_factory=dict)
    folds: Sequence[FoldComparison] = ()
    detectable: Sequence[Detectable] = ()

    def point(self, arm: str, policy: str) -> OperatingPoint:
        """Return an arm's operating point.

        Raises
        ------
        ValueError
            If the arm has no such policy.
        """
        points = {p.policy: p for p in self.evaluation(arm).operating_points}
        if policy not in points:
            raise ValueError(
                f"arm {arm} has no operating point {policy!r}, only: "
                + ", ".join(points)
            )
        return points[policy]

    def evaluation(self, arm: str) -> ArmEvaluated:
        """Return an arm's result on the test rows."""
        return next(e for e in self.evaluations if e.arm == arm)

    def at(self, policy: str) -> str:
        """Say where a decision was made."""
        return words.at(policy)

    def named(self, c: Comparison) -> str:
        """Say what was compared, and where."""
        return words.name(c, self.at)

    def missed(self, arm: str, policy: str) -> float:
        """Return what is to be small: the positives that an arm misses."""
        return self.point(arm, policy).confusion.fn

    def scarce(self) -> Scarce | None:
        """Return the rarer class if it has too few test rows."""
        points = self.evaluation(CONTROL).operating_points
        if not points:
            return None
        counts = points[0].confusion
        rarer = min(
            Scarce("positives", counts.fn + counts.tp),
            Scarce("negatives", counts.tn + counts.fp),
            key=lambda one: one.rows,
        )
        return rarer if rarer.rows < TOO_FEW else None

    def fold(self, arm: str, metric: str) -> FoldComparison | None:
        """Return how an arm differs from `none` over the folds, if known."""
        for c in self.folds:
            if (c.a, c.b, c.metric) == (arm, CONTROL, metric):
                return c
        return None

    def arms(self) -> list[str]:
        """Return every arm, the simplest first: none, controls, recipes."""
        return sorted((e.arm for e in self.evaluations), key=self.simplicity)

    def others(self) -> list[str]:
        """Return every arm but `none`, the simplest first."""
        return [arm for arm in self.arms() if arm != CONTROL]

    def simplicity(self, arm: str) -> tuple[int, str]:
        """Return a key that sorts `none` before controls before recipes."""
        if arm == CONTROL:
            return 0, arm
        return (1 if self.is_control(arm) else 2), arm

    def is_control(self, arm: str) -> bool:
        """Tell whether an arm changes no row."""
        return self.kinds.get(arm) == "control"

    def moved(self) -> list[str]:
        """Return the policies of `none` that move the threshold off 0.5."""
        points = self.evaluation(CONTROL).operating_points
        return [p.policy for p in points if p.policy != "default"]

    def difference(
        self, arm: str, metric: str, policy: str | None
    ) -> Comparison | None:
        """Return how an arm differs from `none`, if that was compared."""
        for c in self.comparison:
            if (c.a, c.b, c.metric, c.policy) == (arm, CONTROL, metric, policy):
                return c
        return None

    def sorted(self) -> list[Comparison]:
        """Return the comparisons by metric, policy and arm, the simplest first."""

        def order(c: Comparison) -> tuple[str, str, tuple[int, str]]:
            return c.metric, c.policy or "", self.simplicity(c.a)

        known = set(self.others())
        return sorted((c for c in self.comparison if c.a in known), key=order)
