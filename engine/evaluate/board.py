"""The arms of a run side by side, as the rules read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, TypeVar

import msgspec

from engine.core import events, outcome
from engine.core.costs import Costs
from engine.core.points import parse
from engine.evaluate.aims import RANKING, Aim, aim, deciding_metrics
from engine.evaluate.verdict import words

Label = TypeVar("Label", str, int)
_Point = TypeVar("_Point", outcome.OperatingPoint, outcome.ClassPoint)

_COSTS = Costs(cost_fn=10.0, cost_fp=1.0)
CONTROL = "untreated"
# With fewer test rows of a class than this nothing is adopted: a bootstrap of so few
# is too sure of itself, and one row more or less is a change of five points.
TOO_FEW = 20
_MOST_CLASSES = 5
_SHOWN = 6


class Scarce(NamedTuple):
    """A class with too few test rows, as a reader calls them."""

    name: str
    rows: int


def compared_classes(rows: Mapping[Label, int]) -> tuple[Label, ...]:
    """Return the classes that arms are compared on: those with enough test rows.

    One rare class does not silence the others: with two or more of at least 20 test
    rows the rest are left out of the comparison; else all that have rows are in it.

    Examples
    --------
    >>> compared_classes({"a": 900, "b": 40, "c": 5})
    ('a', 'b')
    >>> compared_classes({"a": 90, "b": 5})
    ('a', 'b')
    """
    enough = tuple(label for label, count in rows.items() if count >= TOO_FEW)
    if len(enough) > 1:
        return enough
    return tuple(label for label, count in rows.items() if count)


@dataclass(frozen=True)
class Board:
    """The arms that came to a result, and how each differs from `untreated`.

    Parameters
    ----------
    evaluations : sequence of ArmEvaluated
        With `untreated` among them.
    comparison : sequence of Comparison
        Arm minus `untreated`.
    kinds : mapping of str to str
        ``control`` or ``method`` per arm.
    matched : mapping of str to OperatingPoint
        Per arm the point of `untreated` with about its recall at 0.5, as far as known.
    folds : sequence of FoldComparison
        Arm minus `untreated` over the folds.
    detectable : sequence of Detectable
        What differences in recall the test positives could show.
    aim : str
        The operating point that the recommendation aims at.
    costs : Costs
    skill : Skill or None
        Whether an arm ranks better than chance, if that was asked.
    """

    RECALL: ClassVar[str] = "recall"
    MULTICLASS: ClassVar[bool] = False

    evaluations: Sequence[events.ArmEvaluated]
    comparison: Sequence[outcome.Comparison]
    kinds: Mapping[str, str] = field(default_factory=dict)
    matched: Mapping[str, outcome.OperatingPoint] = field(default_factory=dict)
    folds: Sequence[outcome.FoldComparison] = ()
    detectable: Sequence[outcome.Detectable] = ()
    aim: str = "cost"
    costs: Costs = _COSTS
    skill: outcome.Skill | None = None

    def point(self, arm: str, at: str) -> outcome.OperatingPoint:
        """Return an arm's operating point.

        Raises
        ------
        ValueError
            If the arm has no such operating point.
        """
        return _find(self.evaluation(arm).operating_points, at, arm)

    def evaluation(self, arm: str) -> events.ArmEvaluated:
        """Return an arm's result on the test rows."""
        return next(e for e in self.evaluations if e.arm == arm)

    def at(self, at: str) -> str:
        """Say where a decision was made."""
        return parse(at).phrase

    def describe(self, c: outcome.Comparison) -> dict[str, str]:
        """Return the arm, what was compared and where, and the figures."""
        what, figures = words.name(c, self.at), words.figures(c)
        return {"arm": c.a, "what": what, "figures": figures}

    def phrase(self, c: outcome.Comparison) -> str:
        """Say what was compared and where, with the figures."""
        return "{what} ({figures})".format(**self.describe(c))

    def missed(self, arm: str, at: str) -> float:
        """Return what is to be small: the positives that an arm misses."""
        return self.point(arm, at).confusion.fn

    def summary(self, arm: str, at: str) -> str:
        """Return what an arm finds, with its interval, and its false alarms."""
        point = self.point(arm, at)
        hits, positives = point.confusion.tp, point.confusion.tp + point.confusion.fn
        recall = words.share(hits, positives)
        price = words.alarms(point)
        return f"{hits:,} of {positives:,} positives ({recall}) with {price}"

    def instruction(self, arm: str, at: str) -> str:
        """Say how an arm is used at an operating point."""
        if self.predicts_none(arm, at):
            return "predict no row positive"
        point = self.point(arm, at)
        reached = point.confusion.tp + point.confusion.fp
        unreached = "" if reached else ", which no test row reaches"
        return f"predict positive from {words.threshold(point)} on{unreached}"

    def place(self, arm: str, at: str) -> str:
        """Say where an arm is used there."""
        if self.predicts_none(arm, at):
            return f"`{arm}` above all scores"
        return f"`{arm}` at {words.threshold(self.point(arm, at))}"

    def predicts_none(self, arm: str, at: str) -> bool:
        """Tell whether the threshold is above all scores that it was chosen on."""
        point, steps = self.point(arm, at), self.evaluation(arm).cost_steps
        if not steps or point.confusion.tp or point.confusion.fp:
            return False  # a test row may score higher than all that it was chosen on
        return point.threshold >= steps[0].threshold

    def deciding_metrics(self) -> tuple[Aim, tuple[str, None]]:
        """Return the two metrics that decide: that of the aim, and the ranking."""
        return deciding_metrics(self.aim)

    @property
    def compares_costs(self) -> bool:
        """Whether costs decide; of several classes they do at every point."""
        return self.MULTICLASS or aim(self.aim).metric == "cost_per_1000"

    def rows(self) -> dict[str, int]:
        """Return the test rows of each class; empty without a result."""
        points = (p for e in self.evaluations for p in e.operating_points)
        for counts in (point.confusion for point in points):
            positives, negatives = counts.fn + counts.tp, counts.tn + counts.fp
            return {"positives": positives, "negatives": negatives}
        return {}

    def choice(self, arm: str) -> outcome.Choice:
        """Return an arm at the recommended operating point."""
        point = self.point(arm, "recommended")
        return outcome.Choice(
            arm=arm,
            at="recommended",
            threshold=point.threshold,
            confusion=point.confusion,
            cost=self.costs.per_1000(**msgspec.structs.asdict(point.confusion)),
        )

    def scarce(self) -> Scarce | None:
        """Return the rarer class if it has too few test rows."""
        both = [Scarce(*item) for item in self.rows().items()]
        rarer = min(both, key=lambda c: c.rows, default=None)
        return rarer if rarer and rarer.rows < TOO_FEW else None

    def fold(self, arm: str, metric: str) -> outcome.FoldComparison | None:
        """Return how an arm differs from `untreated` over the folds, if known."""
        known = {(c.a, c.b, c.metric): c for c in self.folds}
        return known.get((arm, CONTROL, metric))

    def arms(self) -> list[str]:
        """Return every arm, the simplest first: none, controls, samplers."""
        return sorted((e.arm for e in self.evaluations), key=self.simplicity)

    def others(self) -> list[str]:
        """Return every arm but `untreated`, the simplest first."""
        return [arm for arm in self.arms() if arm != CONTROL]

    def simplicity(self, arm: str) -> tuple[int, str]:
        """Return a key that sorts `untreated` before controls before methods."""
        return (0 if arm == CONTROL else 1 if self.is_control(arm) else 2), arm

    def is_control(self, arm: str) -> bool:
        """Tell whether an arm changes no row."""
        return self.kinds.get(arm) == "control"

    def difference(
        self, arm: str, metric: str, at: str | None
    ) -> outcome.Comparison | None:
        """Return how an arm differs from `untreated`, if that was compared."""
        known = {(c.a, c.b, c.metric, c.at, c.klass): c for c in self.comparison}
        return known.get((arm, CONTROL, metric, at, None))

    def in_order(self) -> list[outcome.Comparison]:
        """Return the comparisons by metric, point and arm, the simplest first."""
        known = set(self.others())
        return sorted(
            (c for c in self.comparison if c.a in known),
            key=lambda c: (c.metric, c.at or "", self.simplicity(c.a), c.klass or ""),
        )


@dataclass(frozen=True)
class ClassBoard(Board):
    """A board of more than two classes: its points are in `class_points`."""

    RECALL: ClassVar[str] = "macro_recall"
    MULTICLASS: ClassVar[bool] = True

    def class_point(self, arm: str, at: str) -> outcome.ClassPoint:
        """Return how an arm calls the test rows.

        Raises
        ------
        ValueError
            If the arm has no such operating point.
        """
        return _find(self.evaluation(arm).class_points, at, arm)

    def missed(self, arm: str, at: str) -> float:
        """Return 1 minus the mean recall of the classes."""
        return 1 - _mean_recall(self.class_point(arm, at))

    def at(self, at: str) -> str:
        """Say how rows were called."""
        return parse(at).kind.classes

    def summary(self, arm: str, at: str) -> str:
        """Say the recall of the classes, the rarest first, and their mean."""
        point = self.class_point(arm, at)
        rows = self.rows()
        known = [(rows[k], k, v) for k, v in point.recall.items() if v is not None]
        shown = [
            f"`{k}` {v:.2f}" + (f" of {n} rows" if n < TOO_FEW else "")
            for n, k, v in sorted(known)[:_MOST_CLASSES]
        ]
        more = ", …" if len(known) > _MOST_CLASSES else ""
        return f"Mean recall {_mean_recall(point):.2f} ({', '.join(shown)}{more})"

    def instruction(self, arm: str, at: str) -> str:
        """Say how an arm is used there."""
        point = self.class_point(arm, at)
        labels = point.confusion.labels
        given = ", ".join(f"`{k}` × {point.weights[k]:.3g}" for k in labels[:_SHOWN])
        more = ", …" if len(labels) > _SHOWN else ""
        return f"predict the class with the largest weighted score ({given}{more})"

    def place(self, arm: str, at: str) -> str:
        """Say where an arm is used there."""
        return f"`{arm}` {self.at(at)}"

    def predicts_none(self, arm: str, at: str) -> bool:
        """Tell whether all rows are called the most frequent class."""
        table = self.class_point(arm, at).confusion
        return all(not any(row[1:]) for row in table.matrix)

    def deciding_metrics(self) -> tuple[Aim, tuple[str, None]]:
        """Return what decides: the cost at the weights aimed at, and the ranking."""
        return Aim("cost_per_1000", self.aim), RANKING

    def choice(self, arm: str) -> outcome.Choice:
        """Return an arm with the recommended weights."""
        point = self.class_point(arm, "recommended")
        return outcome.Choice(
            arm=arm,
            at="recommended",
            weights=point.weights,
            confusion=point.confusion,
            cost=point.metrics.get("cost_per_1000"),
        )

    def rows(self) -> dict[str, int]:
        """Return the test rows of each class; empty without a result."""
        points = (p for e in self.evaluations for p in e.class_points)
        for table in (point.confusion for point in points):
            return dict(zip(table.labels, map(sum, table.matrix), strict=True))
        return {}

    def scarce(self) -> Scarce | None:
        """Return the rarest of the compared classes if it has too few test rows."""
        known = self.rows()
        inside = compared_classes(known)
        if not inside:
            return None
        label = min(inside, key=lambda name: (known[name], name))
        few = Scarce(f"of class `{label}`", known[label])
        return few if few.rows < TOO_FEW else None


def _mean_recall(point: outcome.ClassPoint) -> float:
    """Return the mean recall of the classes that have test rows."""
    known = [value for value in point.recall.values() if value is not None]
    return sum(known) / len(known)


def _find(points: Sequence[_Point], at: str, arm: str) -> _Point:
    """Return the operating point of that name; a ValueError lists those known."""
    known = {point.name: point for point in points}
    if at not in known:
        raise ValueError(
            f"arm {arm} has no operating point {at!r}, only: {', '.join(known)}"
        )
    return known[at]
