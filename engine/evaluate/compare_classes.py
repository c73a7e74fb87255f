"""Every arm against the control on the same test rows, for more than two classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.core.outcome import Comparison
from engine.core.points import FIXED
from engine.evaluate import bootstrap
from engine.evaluate.aims import RANKING, Aim
from engine.evaluate.board import CONTROL, compared_classes
from engine.evaluate.classes import predict_classes
from engine.evaluate.compare import HeldOutScores, bootstrap_rows
from engine.evaluate.objective import Labels, score
from engine.evaluate.paired import Raw, adjust_p_values, rate


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
        Bootstrap draws, or fewer with very many test rows, as in
        `engine.evaluate.compare.compare`.
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
    pairs = [_Pair(arm, reference, rows, wanted) for arm in others]
    redrawn = _redraw(pairs, reference, rows, seed=seed, draws=draw_count)
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


class _Pair:
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


def _redraw(
    pairs: Sequence[_Pair],
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
