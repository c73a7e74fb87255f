"""The arms of a run side by side, as the rules read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, TypeVar

import msgspec

from engine.costs import Costs
from engine.evaluate import words
from engine.evaluate.aims import Aim, decided_by
from engine.events import (
    ArmEvaluated,
    Choice,
    Comparison,
    Delivered,
    Detectable,
    FoldComparison,
    OperatingPoint,
    Skill,
)

__all__ = ["CONTROL", "TOO_FEW", "Board", "Scarce", "judged_classes"]

Label = TypeVar("Label", str, int)

_COSTS = Costs(cost_fn=10.0, cost_fp=1.0)
CONTROL = "none"
# With fewer test rows of a class than this nothing is adopted: a bootstrap of so few
# is too sure of itself, and one row more or less is a change of five points.
TOO_FEW = 20


class Scarce(NamedTuple):
    """A class with too few test rows, as a reader calls them."""

    name: str
    rows: int


def judged_classes(rows: Mapping[Label, int]) -> tuple[Label, ...]:
    """Return the classes that arms are compared on: those with enough test rows.

    One rare class does not silence the others: with two or more of at least 20 test
    rows the rest are left out of the comparison; else all that have rows are in it.

    Examples
    --------
    >>> judged_classes({"a": 900, "b": 40, "c": 5}), judged_classes({"a": 90, "b": 5})
    (('a', 'b'), ('a', 'b'))
    """
    enough = tuple(label for label, count in rows.items() if count >= TOO_FEW)
    if len(enough) > 1:
        return enough
    return tuple(label for label, count in rows.items() if count)


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
    aim : str
        The policy that the recommendation aims at.
    costs : Costs
    skill : Skill or None
        Whether an arm ranks better than chance, if that was asked.
    """

    FOUND: ClassVar[str] = "recall"

    evaluations: Sequence[ArmEvaluated]
    comparison: Sequence[Comparison]
    kinds: dict[str, str] = field(default_factory=dict)
    matched: Mapping[str, OperatingPoint] = field(default_factory=dict)
    folds: Sequence[FoldComparison] = ()
    detectable: Sequence[Detectable] = ()
    aim: str = "cost"
    costs: Costs = _COSTS
    skill: Skill | None = None

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

    def summary(self, arm: str, policy: str) -> str:
        """Say what an arm finds, with its interval, and at what price."""
        point = self.point(arm, policy)
        found, missed = point.confusion.tp, point.confusion.fn
        return (
            f"{found:,} of {found + missed:,} positives "
            f"({words.share(found, found + missed)}) with {words.alarms(point)}"
        )

    def instruction(self, arm: str, policy: str) -> str:
        """Say how an arm is used there."""
        if self.is_nobody(arm, policy):
            return "call no row positive"
        point = self.point(arm, policy)
        reached = point.confusion.tp + point.confusion.fp
        none = "" if reached else ", which no test row reaches"
        return f"call a row positive from {words.threshold(point)} on{none}"

    def place(self, arm: str, policy: str) -> str:
        """Say where an arm is used there."""
        if self.is_nobody(arm, policy):
            return f"`{arm}` above all scores"
        return f"`{arm}` at {words.threshold(self.point(arm, policy))}"

    def is_nobody(self, arm: str, policy: str) -> bool:
        """Tell whether the threshold is above all scores that it was chosen on."""
        point, steps = self.point(arm, policy), self.evaluation(arm).cost_steps
        if not steps or point.confusion.tp or point.confusion.fp:
            return False  # a test row may score higher than all that it was chosen on
        return point.threshold >= steps[0].threshold

    def decided_by(self) -> tuple[Aim, tuple[str, None]]:
        """Return the two metrics that decide: that of the aim, and the ranking."""
        return decided_by(self.aim)

    @property
    def prices_costs(self) -> bool:
        """Whether costs decide: at least cost, or at a fixed threshold."""
        return self.aim in ("cost", "default", "prevalence")

    def delivered(self, arm: str) -> Delivered | None:
        """Return what the recommended policy asked for, and what came of it."""
        return self.point(arm, "recommended").delivered

    def two_counts(self) -> tuple[int, int] | None:
        """Return the positive and the negative test rows; None of more classes."""
        for one in self.evaluations:
            for point in one.operating_points:
                counts = point.confusion
                return counts.fn + counts.tp, counts.tn + counts.fp
        return None

    def no_false_alarm(self) -> str | None:
        """Say so if no arm has a false alarm at 0.5, though positives are found."""
        points = [self.point(arm, "default").confusion for arm in self.arms()]
        if len(points) < 3 or any(p.fp for p in points):
            return None
        if not all(p.tp for p in points):
            return None
        return (
            f"None of the {len(points)} arms has a false alarm at 0.5: look at what "
            "the negative test rows are."
        )

    def choice(self, arm: str) -> Choice:
        """Return an arm at the recommended operating point."""
        point = self.point(arm, "recommended")
        return Choice(
            arm=arm,
            at="recommended",
            threshold=point.threshold,
            confusion=point.confusion,
            cost=self.costs.per_1000(**msgspec.structs.asdict(point.confusion)),
        )

    def scarce(self) -> Scarce | None:
        """Return the rarer class if it has too few test rows."""
        counts = self.two_counts()
        if counts is None:
            return None
        rarer = min(
            Scarce("positives", counts[0]),
            Scarce("negatives", counts[1]),
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
        """Return every arm, the simplest first: none, controls, samplers."""
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

    def difference(
        self, arm: str, metric: str, policy: str | None
    ) -> Comparison | None:
        """Return how an arm differs from `none`, if that was compared."""
        for c in self.comparison:
            what = (c.a, c.b, c.metric, c.policy, c.klass)
            if what == (arm, CONTROL, metric, policy, None):
                return c
        return None

    def sorted(self) -> list[Comparison]:
        """Return the comparisons by metric, policy and arm, the simplest first."""

        def order(c: Comparison) -> tuple[str, str, tuple[int, str], str]:
            return c.metric, c.policy or "", self.simplicity(c.a), c.klass or ""

        known = set(self.others())
        return sorted((c for c in self.comparison if c.a in known), key=order)
