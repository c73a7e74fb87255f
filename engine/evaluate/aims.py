"""The aim of a recommendation, and the metric in which arms are compared for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from engine.core.costs import Costs
from engine.core.points import FIXED, parse
from engine.evaluate.bootstrap import RankedArm
from engine.evaluate.classes import Weights, choose_weights, predict_classes
from engine.evaluate.metrics import confusion_at
from engine.evaluate.objective import Labels, Scores
from engine.evaluate.threshold import choose

_MOST_ROWS = 5000
"""Rows that class weights are chosen on in a fold: the search is slow."""

RANKING = ("average_precision", None)
"""What is compared beside every aim: a metric that needs no threshold."""


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
    metric, values = aim(at).metric, []
    for fold in folds:
        labels, ranked = y[fold], scores[fold]
        if len(labels) == 0 or labels.min() == labels.max():
            values.append(float("nan"))
        elif metric == "cost_per_1000":
            rest = np.ones(len(y), dtype=bool)
            rest[fold] = False
            threshold = choose(
                at, y[rest], scores[rest], prevalence=prevalence, costs=costs
            ).threshold
            counts = confusion_at(labels, ranked, threshold)
            values.append(costs.per_1000(**msgspec.structs.asdict(counts)))
        else:
            sizes = (int(np.sum(labels == k)) for k in (1, 0))
            once = [np.ones((size, 1), dtype=np.int32) for size in sizes]
            draws = RankedArm(labels, ranked).count(*once)
            values.append(float(draws.value(at, len(labels), test_rows)[0]))
    return values


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
