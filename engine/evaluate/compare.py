"""Every arm against the control on the same test rows, for any number of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.core.costs import Costs, error_costs
from engine.core.outcome import Comparison
from engine.core.points import FIXED, parse
from engine.evaluate import bootstrap
from engine.evaluate.board import (
    CONTROL,
    RANKING,
    Aim,
    aim,
    compared_classes,
    deciding_metrics,
)
from engine.evaluate.bootstrap import (
    BOOTSTRAP,
    MATCHED,
    Raw,
    adjust_p_values,
    rate,
)
from engine.evaluate.classes import predict_classes
from engine.evaluate.metrics import class_sizes, score
from engine.evaluate.probabilities import Labels, Scores
from engine.evaluate.row_costs import WIDER, uneven, wider

_RATES = ("recall", "false_positive_rate")


@dataclass(frozen=True, eq=False)
class HeldOutScores:
    """An arm's scores of the test rows, for any number of classes."""

    name: str
    y_test: Labels
    scores: Scores


def bootstrap_rows(
    arm: str,
    what: Sequence[tuple[str, str | None]],
    observed: bootstrap.Floats,
    redrawn: bootstrap.Floats,
    matched: Sequence[Aim] = (),
    by_row: bool = False,
) -> list[Raw]:
    """Return a comparison for each metric and point, given all draws of each.

    `by_row` is whether rows have costs of their own.
    """
    rows = []
    for (metric, at), value, draws in zip(what, observed, redrawn, strict=True):
        wide = by_row and metric == "cost_per_1000"
        method = MATCHED if (metric, at) in matched else WIDER if wide else BOOTSTRAP
        found = wider(draws, float(value)) if wide else bootstrap.interval_and_p(draws)
        text = method.format(draws=len(draws))
        rows.append(Raw(arm, at, metric, float(value), *found, text))
    return rows


# Two classes ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ArmScores(HeldOutScores):
    """An arm's scores of the test rows, with its thresholds.

    Parameters
    ----------
    name : str
        The arm.
    y_test : array of shape (n,)
        0 or 1 per test row; the same for every arm.
    scores : array of shape (n,)
        Score per test row, finite.
    thresholds : dict of str to float
        Threshold per operating point, chosen on out-of-fold scores.
    redrawn : array of shape (k,) or None, default=None
        Thresholds of least cost that redrawn out-of-fold rows choose
        (`engine.evaluate.costs.least_cost_thresholds`), the same draws for every
        arm. With them a difference in cost at ``cost`` is tested with the chance in
        its thresholds; without, thresholds are taken as given.
    """

    thresholds: dict[str, float]
    redrawn: bootstrap.Floats | None = None


def compare(
    arms: Sequence[ArmScores],
    *,
    control: str = CONTROL,
    costs: Costs,
    seed: int,
    draws: int = 2000,
    wanted: str = "cost",
    worth: bootstrap.Floats | None = None,
) -> tuple[Comparison, ...]:
    """Compare every arm with the control, row by row.

    Parameters
    ----------
    arms : sequence of ArmScores
        With or without the control; their order changes only the order of the
        result.
    control : str, default="untreated"
        The arm that the others are compared with.
    costs : Costs
    seed : int
        Seed of the bootstrap, at least 0. Every arm sees the same draws.
    draws : int, default=2000
        Bootstrap draws. With more than 100,000 test rows fewer are made (see
        `engine.evaluate.bootstrap.affordable`) and `method` says how many. With
        fewer than 40 per p-value that decides, two per arm, nothing can come out
        as supported.
    wanted : str, default="cost"
        The point that the recommendation aims at (`engine.evaluate.board.aim`): what
        it is compared in is adjusted together with the average precision, and with
        ``f1`` or ``precision>=p`` compared as well, matched within each draw.
    worth : array of shape (n,) or None, default=None
        What each positive of the test rows counts beside one that costs
        ``costs.cost_fn``, where each has its own cost.

    Returns
    -------
    tuple of Comparison
        Arm minus control, per arm. At ``fixed`` and ``prevalence``, as far as
        both have them: ``recall`` and ``false_positive_rate`` (exact McNemar test
        and Tango's interval on the rows of that class). At these and at ``cost``:
        ``cost_per_1000`` (paired bootstrap within each class, percentile
        interval). With point None: ``average_precision`` by the same bootstrap.
        At ``recall>=r``: ``false_positive_rate`` with all arms at that recall, and at
        ``alerts<=k``: ``recall`` with all arms at so many alerts, both matched within
        each draw (see Notes).
        `adjusted_p` is Holm's: over the arms in a metric and point, but over the
        arms and both metrics together for the two that decide, that of the aim and
        the average precision; `method` says which. Empty without the control; a rate
        of a class without test rows is left out.

    Notes
    -----
    Models are taken as given, and so are thresholds unless an arm says otherwise
    (`ArmScores.redrawn`): the intervals tell how far the difference depends on the
    rows drawn, not how another training sample would have turned out. The intervals
    are per comparison, not adjusted.

    So nothing is tested where that would mislead. The thresholds of ``f1``,
    ``cost`` and ``recall>=r`` are tuned on out-of-fold scores, arm by arm, and
    come out apart for arms that are equally good. Such a pair trades recall for
    false alarms, and a test of either finds a difference in most runs. The cost at
    ``cost`` is the exception: it is what that threshold was tuned to, and changes
    little around its least value.

    References
    ----------
    See `engine.evaluate.bootstrap`.

    Examples
    --------
    >>> y = np.array([0] * 90 + [1] * 10)
    >>> low, high = np.linspace(0.0, 0.4, 100), np.linspace(0.0, 0.9, 100)
    >>> untreated = ArmScores("untreated", y, low, {"fixed": 0.5})
    >>> smote = ArmScores("smote", y, high, {"fixed": 0.5})
    >>> costs = Costs(cost_fn=10, cost_fp=1)
    >>> result = compare([untreated, smote], costs=costs, seed=0, draws=200)
    >>> [(c.metric, round(c.difference, 2)) for c in result]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('recall', 1.0), ('false_positive_rate', 0.39), ('cost_per_1000', -650.0),
     ('average_precision', 0.0)]
    """
    others = [arm for arm in arms if arm.name != control]
    reference = next((arm for arm in arms if arm.name == control), None)
    if reference is None or not others:
        return ()
    decisive = deciding_metrics(wanted)
    tests = len(others) * len(decisive)
    draw_count = bootstrap.affordable(len(reference.y_test), draws, tests)
    pairs = [_Pair(arm, reference, costs, wanted, worth) for arm in others]
    redrawn = _redraw(pairs, reference, seed=seed, draws=draw_count)
    raw = [
        row
        for pair, draws_of_pair in zip(pairs, redrawn, strict=True)
        for row in (*pair.rates(), *pair.comparisons(draws_of_pair))
    ]
    return adjust_p_values(raw, control, decisive)


class _Pair:
    """An arm beside the control: where they disagree, by operating point and class."""

    def __init__(
        self,
        arm: ArmScores,
        reference: ArmScores,
        costs: Costs,
        wanted: str,
        worth: bootstrap.Floats | None,
    ) -> None:
        self.arm, self.reference = arm, reference
        sizes = class_sizes(reference.y_test)
        # What it saves to find a positive, and what it costs to alarm for nothing.
        self.costs = error_costs(costs.of_rows(*sizes))
        self.negative = costs.weight_of_negative(*sizes)
        shared = [p for p in reference.thresholds if p in arm.thresholds]
        self.points = [at for at in shared if at in FIXED or at == "cost"]
        positive = reference.y_test == 1
        self.worth = None if worth is None else worth[positive]
        self.matches: list[Aim] = []
        if positive.any():
            first = [aim(wanted)] if aim(wanted).metric != "cost_per_1000" else []
            others = [p for p in shared if p not in (wanted, "recommended")]
            self.matches = [*first, *_matches(others, positive)]
        self.what: list[tuple[str, str | None]] = [
            *(("cost_per_1000", at) for at in self.points),
            *([RANKING] if positive.any() else []),
            *self.matches,
        ]
        # +1 where only the arm calls a row positive, -1 where only the control.
        changes = np.zeros((len(self.points), len(positive)), dtype=np.int8)
        for row, at in enumerate(self.points):
            changes[row] += arm.scores >= np.float64(arm.thresholds[at])
            changes[row] -= reference.scores >= np.float64(reference.thresholds[at])
        self.hits, self.alarms = changes[:, positive], changes[:, ~positive]

    def rates(self) -> list[Raw]:
        """Compare recall and false-positive rate where thresholds are not tuned."""
        return [
            rate(self.arm.name, at, metric, changes, len(changes))
            for metric, by_point in zip(_RATES, (self.hits, self.alarms), strict=True)
            for at, changes in zip(self.points, by_point, strict=True)
            if at in FIXED and len(changes)
        ]

    def cost(self, hits: npt.NDArray[Any], alarms: npt.NDArray[Any]) -> Any:
        """Turn net found positives and net alarms into cost per 1,000 rows."""
        rows = self.hits.shape[1] + self.alarms.shape[1]
        cost_fn, cost_fp = self.costs["cost_fn"], self.costs["cost_fp"]
        return 1000 * (cost_fp * alarms - cost_fn * hits) / rows

    def differences(
        self,
        up: bootstrap.Counts,
        down: bootstrap.Counts,
        ranked: tuple[bootstrap.Draws, bootstrap.Draws, bootstrap.Floats] | None,
    ) -> bootstrap.Floats:
        """Return the differences in every draw, a line for each of `what`.

        `ranked` are both arms' counts at every score, and the control's average
        precision; None without positives.
        """
        costs = self.cost(
            bootstrap.sum_over_rows(self.hits, up, self.worth),
            bootstrap.sum_over_rows(self.alarms, down),
        )
        if ranked is None:
            return np.asarray(costs)
        arm, base, least = ranked
        rows = len(up) + len(down)
        matched = [
            arm.value(aim_.at, rows) - base.value(aim_.at, rows)
            for aim_ in self.matches
        ]
        return np.vstack([costs, arm.average_precision() - least, *matched])

    def comparisons(self, redrawn: bootstrap.Floats) -> list[Raw]:
        """Compare in each of `what`, given its difference in every draw."""
        y, both = self.reference.y_test, (self.arm, self.reference)
        up, down = (np.ones((int(np.sum(y == k)), 1), dtype=np.int32) for k in (1, 0))
        ranked = None
        if len(up):
            arm, base = (
                bootstrap.RankedArm(y, a.scores, self.negative).count(up, down)
                for a in both
            )
            ranked = arm, base, base.average_precision()
        observed = self.differences(up, down, ranked)[:, 0]
        if ranked is not None:
            value, least = (score("average_precision", y, side.scores) for side in both)
            observed[self.what.index(RANKING)] = value - least
        name, wide = self.arm.name, uneven(self.worth)
        return bootstrap_rows(name, self.what, observed, redrawn, self.matches, wide)


def _matches(points: Sequence[str], positive: npt.NDArray[np.bool_]) -> list[Aim]:
    """Return what can be matched; no false positive rate if there are no negatives."""
    aims = [aim(at) for at in points if parse(at).kind.always]
    rate = "false_positive_rate"
    return [aimed for aimed in aims if not (positive.all() and aimed.metric == rate)]


def _redraw(
    pairs: Sequence[_Pair], reference: ArmScores, *, seed: int, draws: int
) -> list[bootstrap.Floats]:
    """Return each pair's differences in every draw."""
    y = reference.y_test
    positives = int(np.count_nonzero(y))
    arms = [reference, *(pair.arm for pair in pairs)]
    if any(a.redrawn is None for a in arms):
        arms = [replace(a, redrawn=None) for a in arms]
    negative = pairs[0].negative
    worth = pairs[0].worth
    control, *others = (bootstrap.RankedArm(y, a.scores, negative) for a in arms)
    chunks: list[list[bootstrap.Floats]] = []
    start, sizes = 0, (positives, len(y) - positives)
    for up, down in bootstrap.strata(sizes, seed=seed, draws=draws):
        chunk = []
        base = control.count(up, down) if positives else None
        least = base.average_precision() if base else np.zeros(0)
        moved = [_at_redrawn(a, up, down, start, worth) for a in arms]
        start += up.shape[1]
        for pair, arm, own in zip(pairs, others, moved[1:], strict=True):
            ranked = (arm.count(up, down), base, least) if base else None
            chunk.append(pair.differences(up, down, ranked))
            if len(own[0]) and "cost" in pair.points:
                net = [a - b for a, b in zip(own, moved[0], strict=True)]
                chunk[-1][pair.points.index("cost")] = pair.cost(*net)
        chunks.append(chunk)
    return [np.hstack(parts) for parts in zip(*chunks, strict=True)]


def _at_redrawn(
    arm: ArmScores,
    up: bootstrap.Counts,
    down: bootstrap.Counts,
    start: int,
    worth: bootstrap.Floats | None,
) -> tuple[bootstrap.Floats, bootstrap.Floats]:
    """Count what an arm finds, and its false alarms, at redrawn thresholds.

    Each positive counts its `worth`, or 1. Draw after draw has the next threshold,
    beginning anew after the last one; empty where thresholds are taken as given.
    """
    if arm.redrawn is None:
        return np.zeros(0), np.zeros(0)
    levels, place = np.unique(-arm.redrawn, return_inverse=True)
    columns = np.arange(up.shape[1])
    place = place[(start + columns) % len(place)]
    counted = []
    sides = (up, arm.y_test == 1, worth), (down, arm.y_test != 1, None)
    for draws, inside, own in sides:
        reached = np.searchsorted(levels, -arm.scores[inside].astype(np.float64))
        total = np.cumsum(bootstrap.bins(reached, len(levels), own) @ draws, axis=0)
        counted.append(total[place, columns].astype(np.float64))
    return counted[0], counted[1]


# More than two classes --------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ClassScores(HeldOutScores):
    """An arm's scores of the test rows, with its class weights.

    Parameters
    ----------
    name : str
        The arm.
    y_test : array of shape (n,)
        Class per test row, from 0 up; the same for every arm.
    scores : array of shape (n, n_classes)
        Probability per test row and class, finite.
    weights : mapping of str to sequence of float
        Per point a weight for each class, chosen on out-of-fold scores: the class
        with the largest weight times probability is predicted.
    """

    weights: Mapping[str, Sequence[float]]


def compare_classes(
    arms: Sequence[ClassScores],
    *,
    control: str = CONTROL,
    costs: Sequence[float],
    seed: int,
    draws: int = 2000,
    wanted: str = "cost",
    labels: Sequence[str] = (),
) -> tuple[Comparison, ...]:
    """Compare every arm with the control where there are more than two classes.

    Parameters
    ----------
    arms : sequence of ClassScores
        With or without the control.
    control : str, default="untreated"
        The arm that the others are compared with.
    costs : sequence of float
        Per class the cost of predicting another class for a row of it.
    seed : int
        Seed of the bootstrap, at least 0. Every arm sees the same draws.
    draws : int, default=2000
        Bootstrap draws, or fewer with very many test rows, as in `compare`.
    wanted : str, default="cost"
        The operating point that the recommendation aims at, at which costs decide.
    labels : sequence of str, default=()
        Names of the classes; their numbers when empty.

    Returns
    -------
    tuple of Comparison
        Arm minus control, per arm: ``macro_recall``, the mean of the classes'
        recalls, at ``fixed`` and ``prevalence``; ``cost_per_1000`` at these, at
        ``cost`` and at what is aimed at; and with point None ``average_precision``,
        the mean of each class against the rest. All by a bootstrap that is paired and
        stratified by class, with a percentile interval, over the classes with at
        least 20 test rows, or over all if fewer than two have so many. Of each of
        these classes the ``recall`` at ``fixed`` and ``prevalence``, by the exact
        McNemar test.
        `adjusted_p` is Holm's over the same families as with two classes.

    References
    ----------
    .. [1] Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their
       Application. Cambridge University Press, section 3.2 (several samples).
    .. [2] Hand, D. J. and Till, R. J. (2001). A simple generalisation of the area
       under the ROC curve for multiple class classification problems. Machine
       Learning 45, 171-186 (on means over classes).

    Examples
    --------
    >>> y = np.repeat([0, 1, 2], [20, 6, 4])
    >>> poor, good = np.full((30, 3), [0.5, 0.3, 0.2]), np.eye(3)[y] * 0.8 + 0.1
    >>> untreated = ClassScores("untreated", y, poor, {"fixed": (1, 1, 1)})
    >>> smote = ClassScores("smote", y, good, {"fixed": (1, 1, 1)})
    >>> found = compare_classes([untreated, smote], costs=(1, 5, 5), seed=0, draws=200)
    >>> [(c.metric, round(c.difference, 2)) for c in found if c.klass is None]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('macro_recall', 0.67), ('cost_per_1000', -1666.67),
     ('average_precision', 0.67)]
    """
    others = [arm for arm in arms if arm.name != control]
    reference = next((arm for arm in arms if arm.name == control), None)
    if reference is None or not others:
        return ()
    rows = _Rows(reference.y_test, np.asarray(costs, dtype=np.float64))
    decisive = (Aim("cost_per_1000", wanted), RANKING)
    draw_count = bootstrap.affordable(len(rows.y), draws, len(others) * len(decisive))
    pairs = [_ClassPair(arm, reference, rows, wanted) for arm in others]
    redrawn = _redraw_classes(pairs, reference, rows, seed=seed, draws=draw_count)
    raw = [
        row
        for pair, draws_of_pair in zip(pairs, redrawn, strict=True)
        for row in pair.comparisons(draws_of_pair)
    ]
    return adjust_p_values(raw, control, decisive, labels)


class _Rows:
    """The test rows sorted by class: which class each is of, and what it costs."""

    def __init__(self, y: Labels, costs: bootstrap.Floats) -> None:
        self.y, self.costs = y, costs
        known, counts = np.unique(y, return_counts=True)
        rows = dict(zip(known.tolist(), counts.tolist(), strict=True))
        self.present = list(compared_classes(rows))
        self.sizes = np.array([rows[k] for k in self.present])
        self.of_class = np.zeros((len(self.present), len(y)), dtype=np.int32)
        for place, k in enumerate(self.present):
            self.of_class[place, y == k] = 1

    def counts(self, draws: Sequence[bootstrap.Counts]) -> bootstrap.Counts:
        """Put what was drawn of each class at its rows."""
        # Rows of classes that are left out stay as they are.
        counts = np.ones((len(self.y), draws[0].shape[1]), dtype=np.int32)
        for k, some in zip(self.present, draws, strict=True):
            counts[self.y == k] = some
        return counts


class _ClassPair:
    """An arm beside the control: the rows that only one of them predicts right."""

    def __init__(
        self, arm: ClassScores, reference: ClassScores, rows: _Rows, wanted: str
    ) -> None:
        self.arm, self.reference, self.rows = arm, reference, rows
        self.points = [
            at
            for at in reference.weights
            if at in arm.weights and (at in FIXED or at in ("cost", wanted))
        ]
        self.fixed = [at in FIXED for at in self.points]
        self.what: list[tuple[str, str | None]] = [
            *(("macro_recall", p) for p in self.points if p in FIXED),
            *(("cost_per_1000", p) for p in self.points),
            RANKING,
        ]
        # +1 where only the arm is right, -1 where only the control; a line per class.
        self.changes = [
            rows.of_class
            * (
                (_predict(arm, p) == rows.y).astype(np.int32)
                - (_predict(reference, p) == rows.y)
            )
            for p in self.points
        ]

    def differences(
        self, counts: bootstrap.Counts, ranking: bootstrap.Floats
    ) -> bootstrap.Floats:
        """Return the differences in every draw, a line for each of `what`."""
        rows = self.rows
        gained = np.array(
            [bootstrap.sum_over_rows(changes, counts) for changes in self.changes]
        )
        gained = gained.reshape(len(self.points), len(rows.present), -1)
        recall = np.mean(gained / rows.sizes[:, np.newaxis], axis=1)
        costs = rows.costs[rows.present]
        cost = -1000 * np.einsum("pcd,c->pd", gained, costs) / len(rows.y)
        return np.vstack([recall[self.fixed], cost, ranking])

    def comparisons(self, redrawn: bootstrap.Floats) -> list[Raw]:
        """Compare in each of `what`, and the recall of each class, exactly."""
        name, rows = self.arm.name, self.rows
        once = np.ones((len(rows.y), 1), dtype=np.int32)
        ranking = _ranking(self.arm, rows) - _ranking(self.reference, rows)
        observed = self.differences(once, np.array([ranking]))[:, 0]
        *others, ranked = bootstrap_rows(name, self.what, observed, redrawn)
        by_class = [
            rate(name, at, "recall", changes[place], int(rows.sizes[place]), k)
            for at, changes in zip(self.points, self.changes, strict=True)
            if at in FIXED
            for place, k in enumerate(rows.present)
        ]
        return [*others, *by_class, ranked]


def _predict(arm: ClassScores, at: str) -> npt.NDArray[np.intp]:
    return predict_classes(arm.scores, np.asarray(arm.weights[at], dtype=np.float64))


def _ranking(arm: ClassScores, rows: _Rows) -> float:
    """Return the mean average precision of each class against the rest."""
    by_class = [
        score("average_precision", (rows.y == k).astype(int), arm.scores[:, k])
        for k in rows.present
    ]
    return float(np.mean(by_class))


def _redraw_classes(
    pairs: Sequence[_ClassPair],
    reference: ClassScores,
    rows: _Rows,
    *,
    seed: int,
    draws: int,
) -> list[bootstrap.Floats]:
    """Return each pair's differences in every draw."""
    arms = [reference, *(pair.arm for pair in pairs)]
    ranked = [
        [
            bootstrap.RankedArm((rows.y == k).astype(int), arm.scores[:, k])
            for k in rows.present
        ]
        for arm in arms
    ]
    chunks: list[list[bootstrap.Floats]] = []
    for chunk_draws in bootstrap.strata(rows.sizes.tolist(), seed=seed, draws=draws):
        counts = rows.counts(chunk_draws)
        total = np.zeros((len(arms), counts.shape[1]))
        for place, k in enumerate(rows.present):
            up, down = chunk_draws[place], counts[rows.y != k]
            for line, arm in zip(total, ranked, strict=True):
                line += arm[place].average_precision(up, down)
        control, *others = total / len(rows.present)
        chunks.append(
            [
                pair.differences(counts, ranking - control)
                for pair, ranking in zip(pairs, others, strict=True)
            ]
        )
    return [np.hstack(parts) for parts in zip(*chunks, strict=True)]
