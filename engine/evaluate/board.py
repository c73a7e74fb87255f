"""The arms of a run side by side, and the metric in which they are compared."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, TypeVar

import msgspec
import numpy as np

from engine.core import events, outcome
from engine.core.costs import Costs, expected_cost
from engine.core.points import FIXED, parse
from engine.evaluate.bootstrap import Floats, RankedArm
from engine.evaluate.classes import Weights, choose_weights, predict_classes
from engine.evaluate.metrics import class_sizes, confusion_at
from engine.evaluate.probabilities import Labels, Scores
from engine.evaluate.threshold import choose
from engine.evaluate.verdict import words

CONTROL = "untreated"
# With fewer test rows of a class than this nothing is adopted: a bootstrap of so few
# is too sure of itself, and one row more or less is a change of five points.
TOO_FEW = 20

RANKING = ("average_precision", None)
"""What is compared beside every aim: a metric that needs no threshold."""
_COSTS = Costs(cost_fn=10.0, cost_fp=1.0)
_MOST_CLASSES = 5
_SHOWN = 6
_MOST_ROWS = 5000
"""Rows that class weights are chosen on in a fold: the search is slow."""

Label = TypeVar("Label", str, int)
_Point = TypeVar("_Point", outcome.OperatingPoint, outcome.ClassPoint)


@dataclass(frozen=True)
class Board:
    """The arms that came to a result, and how each differs from the control.

    Parameters
    ----------
    evaluations : sequence of ArmEvaluated
        With the control among them.
    comparison : sequence of Comparison
        Arm minus control.
    kinds : mapping of str to str
        ``control`` or ``method`` per arm.
    matched : mapping of str to OperatingPoint
        Per arm the point of the control with about its recall at 0.5, as far as known.
    folds : sequence of FoldComparison
        Arm minus control over the folds.
    detectable : sequence of Detectable
        What differences in recall the test positives could show.
    disagreement : mapping of str to float
        Per arm the share of test rows that it and the control decide differently at
        the recommended operating point, as far as known.
    aim : str
        The operating point that the recommendation aims at.
    costs : Costs
    skill : Skill or None
        Whether an arm ranks better than chance, if that was asked.
    control : str, default="untreated"
        The arm that the others are compared with.
    models : int, default=1
        Models of the run; see `engine.evaluate.verdict.rules.confidence`.
    """

    RECALL: ClassVar[str] = "recall"
    MULTICLASS: ClassVar[bool] = False

    evaluations: Sequence[events.ArmEvaluated]
    comparison: Sequence[outcome.Comparison]
    kinds: Mapping[str, str] = field(default_factory=dict)
    matched: Mapping[str, outcome.OperatingPoint] = field(default_factory=dict)
    folds: Sequence[outcome.FoldComparison] = ()
    detectable: Sequence[outcome.Detectable] = ()
    disagreement: Mapping[str, float] = field(default_factory=dict)
    aim: str = "cost"
    costs: Costs = _COSTS
    skill: outcome.Skill | None = None
    control: str = CONTROL
    models: int = 1

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
        there = words.precision_there(point, self.costs.prevalence)
        share = words.amount_found(point, self.costs.column)
        found = f"{hits:,} of {positives:,} positives ({recall}){share}"
        return f"{found} with {price}{there}"

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
            cost=expected_cost(point, self.costs),
        )

    def scarce(self) -> Scarce | None:
        """Return the rarer class if it has too few test rows."""
        both = [Scarce(*item) for item in self.rows().items()]
        rarer = min(both, key=lambda c: c.rows, default=None)
        return rarer if rarer and rarer.rows < TOO_FEW else None

    def fold(self, arm: str, metric: str) -> outcome.FoldComparison | None:
        """Return how an arm differs from the control over the folds, if known."""
        known = {(c.a, c.b, c.metric): c for c in self.folds}
        return known.get((arm, self.control, metric))

    def arms(self) -> list[str]:
        """Return every arm, the simplest first: none, controls, samplers."""
        return sorted((e.arm for e in self.evaluations), key=self.simplicity)

    def others(self) -> list[str]:
        """Return every arm but the control, the simplest first."""
        return [arm for arm in self.arms() if arm != self.control]

    def simplicity(self, arm: str) -> tuple[int, str]:
        """Return a key that sorts the control before other controls before methods."""
        return (0 if arm == self.control else 1 if self.is_control(arm) else 2), arm

    def is_control(self, arm: str) -> bool:
        """Tell whether an arm changes no row."""
        return self.kinds.get(arm) == "control"

    def difference(
        self, arm: str, metric: str, at: str | None
    ) -> outcome.Comparison | None:
        """Return how an arm differs from the control, if that was compared."""
        known = {(c.a, c.b, c.metric, c.at, c.klass): c for c in self.comparison}
        return known.get((arm, self.control, metric, at, None))

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
        few = Scarce(f"of class `{label}`", known[label], label)
        return few if few.rows < TOO_FEW else None


class Scarce(NamedTuple):
    """A class with too few test rows, as a reader calls them."""

    name: str
    rows: int
    klass: str | None = None


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


# What is compared for an aim --------------------------------------------------------


class Aim(NamedTuple):
    """What arms are compared in, as a comparison names it.

    `at` is the operating point at which they are compared: each arm at its own
    threshold for a cost, all arms matched for the others.
    """

    metric: str
    at: str


def aim(at: str) -> Aim:
    """Return in what arms are compared where an operating point is aimed at.

    Parameters
    ----------
    at : str
        `engine.core.experiment.DecisionSpec.aim`.

    Returns
    -------
    Aim
        The cost at the thresholds of least cost, or at a fixed threshold; the false
        positive rate at equal recall; the recall at equal alerts or at equal
        precision; the highest F1.

    Examples
    --------
    >>> aim("cost"), aim("recall>=0.8").metric, aim("alerts<=5%").metric
    (Aim(metric='cost_per_1000', at='cost'), 'false_positive_rate', 'recall')
    """
    return Aim(parse(at).kind.metric, at)


def deciding_metrics(at: str) -> tuple[Aim, tuple[str, None]]:
    """Return the two metrics that decide: that of the aim, and the ranking.

    Examples
    --------
    >>> deciding_metrics("cost")[1]
    ('average_precision', None)
    """
    return aim(at), RANKING


def cross_fit(
    at: str,
    y: Labels,
    scores: Scores,
    folds: Sequence[Labels],
    *,
    costs: Costs,
    prevalence: float,
    test_rows: int | None = None,
    worth: Floats | None = None,
) -> list[float]:
    """Return the metric of an aim for each fold.

    Parameters
    ----------
    at : str
        The operating point that is aimed at.
    y : array of shape (n,)
        0 or 1 per validation row.
    scores : array of shape (n,)
        Out-of-fold scores.
    folds : sequence of array of int
        The rows of each fold.
    costs : Costs
    prevalence : float
        The threshold of the operating point ``prevalence``.
    test_rows : int or None, default=None
        Rows that ``alerts<=k`` speaks of: a fold of other size has its share of them.
    worth : array of shape (n,) or None, default=None
        What each positive counts beside one that costs ``costs.cost_fn``.

    Returns
    -------
    list of float
        A cost per 1,000 rows at the threshold that the *other* folds choose, so that
        no fold validates a threshold chosen on it [1]_; the other metrics are of the
        fold's ranking alone. NaN where a fold has rows of one class only.

    References
    ----------
    .. [1] Chernozhukov, V. et al. (2018). Double/debiased machine learning for
       treatment and structural parameters. Econometrics Journal 21(1), on
       cross-fitting.

    Examples
    --------
    >>> y = np.tile([0, 0, 0, 1], 6)
    >>> folds = [np.arange(k, 24, 3) for k in range(3)]
    >>> costs = Costs(cost_fn=3, cost_fp=1)
    >>> cross_fit("cost", y, y * 0.5, folds, costs=costs, prevalence=0.25)
    [0.0, 0.0, 0.0]
    """
    if aim(at).metric == "cost_per_1000":
        return [
            costs.per_1000(
                **msgspec.structs.asdict(confusion_at(y[fold], scores[fold], at_fold)),
                missed=_missed(y[fold], scores[fold], at_fold, worth, fold),
            )
            if 0 < np.count_nonzero(y[fold]) < len(fold)
            else math.nan
            for fold, at_fold in _cross_fit_thresholds(
                at, y, scores, folds, costs=costs, prevalence=prevalence, worth=worth
            )
        ]
    values = []
    for fold in folds:
        labels, ranked = y[fold], scores[fold]
        if len(labels) == 0 or labels.min() == labels.max():
            values.append(math.nan)
            continue
        sizes = class_sizes(labels)
        once = [np.ones((size, 1), dtype=np.int32) for size in sizes]
        negative = costs.weight_of_negative(*sizes)
        draws = RankedArm(labels, ranked, negative).count(*once)
        values.append(float(draws.value(at, len(labels), test_rows)[0]))
    return values


def cross_fit_counts(
    at: str,
    y: Labels,
    scores: Scores,
    folds: Sequence[Labels],
    *,
    costs: Costs,
    prevalence: float,
    test_rows: int | None = None,
    worth: Floats | None = None,
) -> list[outcome.Confusion]:
    """Return the four outcomes in each fold, at the threshold the others choose.

    The parameters are those of `cross_fit`.
    """
    return [
        confusion_at(y[fold], scores[fold], threshold)
        for fold, threshold in _cross_fit_thresholds(
            at,
            y,
            scores,
            folds,
            costs=costs,
            prevalence=prevalence,
            test_rows=test_rows,
            worth=worth,
        )
    ]


def _cross_fit_thresholds(
    at: str,
    y: Labels,
    scores: Scores,
    folds: Sequence[Labels],
    *,
    costs: Costs,
    prevalence: float,
    test_rows: int | None = None,
    worth: Floats | None = None,
) -> Iterator[tuple[Labels, float]]:
    """Yield each fold, and the threshold that the others choose."""
    for fold in folds:
        rest = np.ones(len(y), dtype=bool)
        rest[fold] = False
        chosen = choose(
            at,
            y[rest],
            scores[rest],
            prevalence=prevalence,
            costs=costs,
            test_rows=test_rows,
            worth=None if worth is None else worth[rest],
        )
        yield fold, chosen.threshold


def _missed(
    y: Labels, scores: Scores, threshold: float, worth: Floats | None, rows: Labels
) -> float | None:
    """Return what the missed positives count together, if each counts otherwise."""
    if worth is None:
        return None
    return float(worth[rows][(y == 1) & (scores < np.float64(threshold))].sum())


def cross_fit_classes(
    at: str,
    y: Labels,
    scores: Scores,
    folds: Sequence[Labels],
    *,
    costs: Weights,
    fixed: Weights,
) -> list[float]:
    """Return the cost per 1,000 rows of each fold, of more than two classes.

    Parameters
    ----------
    at : str
        One of `engine.evaluate.classes.POINTS`.
    y : array of shape (n,)
        Classes from 0 up.
    scores : array of shape (n, n_classes)
        Out-of-fold scores.
    folds : sequence of array of int
        The rows of each fold.
    costs : array of shape (n_classes,)
        The cost of predicting another class for a row of each class.
    fixed : array of shape (n_classes,)
        The weights of an operating point that is not tuned.

    Returns
    -------
    list of float
        With the class weights that the other folds choose, as `cross_fit`.
    """
    values = []
    for fold in folds:
        weights = fixed
        if at not in FIXED:
            rest = np.setdiff1d(np.arange(len(y)), fold)
            rest = rest[:: max(1, len(rest) // _MOST_ROWS)]
            weights = choose_weights(
                at, y[rest], scores[rest], seen=[1.0] * len(costs), costs=costs
            )
        wrong = predict_classes(scores[fold], weights) != y[fold]
        values.append(1000 * float(np.mean(costs[y[fold]] * wrong)))
    return values
