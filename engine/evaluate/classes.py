"""More than two classes: predicted classes, their confusion matrix and metrics.

Labels are 0 to k - 1, the most frequent class first; scores have a column per class.
The predicted class is that with the largest score times weight (the first of equals),
so that one vector of weights is to k classes what a threshold is to two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.core.errors import unknown
from engine.core.points import OF_CLASSES
from engine.evaluate.probabilities import Labels, Scores

POINTS = OF_CLASSES[1:]  # that which is recommended is one of these
"""The operating points that select one of more than two classes."""

Weights: TypeAlias = npt.NDArray[np.float64]
"""One number above 0 per class."""

_MOST_SWEEPS = 8
_MOST_MOMENTS = 2_000
_NEAR, _TINY = 1e-12, 1e-12

_Values: TypeAlias = npt.NDArray[np.float64]
_Counts: TypeAlias = npt.NDArray[np.integer[Any]]
_Judge: TypeAlias = Callable[[_Counts, _Counts, _Counts], _Values]
"""From true positives, predicted rows and actual rows by class (lines of them): the
higher the better."""


def predict_classes(scores: Scores, weights: Weights) -> npt.NDArray[np.intp]:
    """Return the predicted class of each row.

    Parameters
    ----------
    scores : array of shape (n, k)
    weights : array of shape (k,)
        Above 0.

    Examples
    --------
    >>> predict_classes(np.array([[0.7, 0.3], [0.4, 0.6]]), np.array([1.0, 3.0]))
    array([1, 1])
    """
    return np.asarray(np.argmax(scores.astype(np.float64) * weights, axis=1))


def confusion(y: Labels, predicted: npt.NDArray[np.intp], classes: int) -> np.ndarray:
    """Count rows by actual class (down) and predicted class (across).

    Examples
    --------
    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    pairs = y.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def matrix_metrics(matrix: np.ndarray) -> dict[str, float | None]:
    """Return the metrics of a confusion matrix.

    Parameters
    ----------
    matrix : array of shape (k, k)
        As `confusion` returns it, of at least one row.

    Returns
    -------
    dict
        ``accuracy``, ``macro_recall`` (balanced accuracy: the mean over classes that
        have rows), ``macro_precision``, ``macro_f1``, ``weighted_f1``, Cohen's
        ``kappa`` [1]_ and ``mcc``, Gorodkin's coefficient [2]_. A class that is never
        predicted has precision 0 in the means, as in scikit-learn with
        ``zero_division=0``.

    References
    ----------
    .. [1] Cohen, J. (1960). A coefficient of agreement for nominal scales.
       Educational and Psychological Measurement 20(1), 37-46.
    .. [2] Gorodkin, J. (2004). Comparing two K-category assignments by a K-category
       correlation coefficient. Computational Biology and Chemistry 28, 367-374.

    Examples
    --------
    >>> metrics = matrix_metrics(np.array([[8, 2, 0], [1, 4, 0], [0, 1, 4]]))
    >>> metrics["accuracy"], round(metrics["macro_recall"], 3)
    (0.8, 0.8)
    """
    counts = matrix.astype(np.float64)
    rows, predicted = counts.sum(axis=1), counts.sum(axis=0)
    total, right = counts.sum(), np.diag(counts)
    present = rows > 0
    met = (rows + predicted) > 0
    recall = right[present] / rows[present]
    f1 = 2 * right[met] / (rows[met] + predicted[met])
    precision = np.divide(
        right, predicted, out=np.zeros_like(right), where=predicted > 0
    )[met]
    expected = float(rows @ predicted) / total**2
    agreed = float(right.sum() / total)
    spread = (total**2 - float(rows @ rows)) * (total**2 - float(predicted @ predicted))
    kappa = (agreed - expected) / (1 - expected) if expected < 1 else None
    covered = float(right.sum() * total - rows @ predicted)
    return {
        "accuracy": agreed,
        "macro_recall": float(recall.mean()),
        "macro_precision": float(precision.mean()),
        "macro_f1": float(f1.mean()),
        "weighted_f1": float(f1 @ rows[met] / total),
        "kappa": None if kappa is None else float(kappa),
        "mcc": covered / math.sqrt(spread) if spread > 0 else 0.0,
    }


# The weights of an operating point --------------------------------------------------


def choose_weights(
    at: str, y: Labels, scores: Scores, *, seen: Sequence[float], costs: Weights
) -> Weights:
    """Choose the weights of the classes on scores that no row's own model has seen.

    Parameters
    ----------
    at : {"fixed", "prevalence", "f1", "cost"}
        ``fixed``: all 1, the most probable class. ``prevalence``: one by the share
        of the class among the rows the model saw, as for two classes the cut at the
        prevalence. ``f1``: a high mean F1 over the classes. ``cost``: a low total
        cost; what a mistake costs is the best weight of a class only if the scores are
        probabilities [1]_, so it is where the search begins.
    y : array of shape (n,)
    scores : array of shape (n, k)
        Out-of-fold scores.
    seen : sequence of float
        Share of each class among the rows that the model was trained on.
    costs : array of shape (k,)
        The cost of predicting another class for a row of each class.

    Returns
    -------
    array of shape (k,)
        Scaled so that the first is 1.

    Raises
    ------
    SpecError
        If the operating point is not one for more than two classes.

    Notes
    -----
    ``f1`` and ``cost`` change one weight at a time, each time to the best of all its
    values while the others stay (of more than 2,000 values that differ, so many spread
    evenly over the rows), until no change helps. For more than two classes
    nobody knows a quick way to the very best of all [2]_.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978.
    .. [2] Narasimhan, H. et al. (2015). Consistent multiclass algorithms for complex
       performance measures. ICML, 2398-2407.

    Examples
    --------
    >>> y = np.array([0, 0, 1, 2])
    >>> scores = np.array([[0.8, 0.1, 0.1], [0.6, 0.2, 0.2], [0.5, 0.3, 0.2]] * 2)[:4]
    >>> costs = np.array([1.0, 10.0, 10.0])
    >>> choose_weights("prevalence", y, scores, seen=(0.5, 0.25, 0.25), costs=costs)
    array([1., 2., 2.])
    """
    if at == "fixed":
        return np.ones(scores.shape[1])
    # A class of which no row was left has no say in the scores either.
    rarity = np.array([seen[0] / share if share > 0 else 1.0 for share in seen])
    if at == "prevalence":
        return rarity
    starts = (np.ones(scores.shape[1]), rarity, costs / costs[0])
    if at == "cost":
        return _climb(y, scores, starts, lambda right, _, rows: (right - rows) @ costs)
    if at == "f1":
        return _climb(y, scores, starts, _mean_f1)
    what = f"no operating point {at!r} for more than two classes"
    raise unknown(what, POINTS, field="decision.at")


def _mean_f1(right: _Counts, predicted: _Counts, rows: _Counts) -> _Values:
    """Return the mean F1 over the classes, of each line of counts."""
    met = (rows + predicted) > 0
    f1 = np.divide(
        2.0 * right, rows + predicted, out=np.zeros(predicted.shape), where=met
    )
    return np.asarray(f1.sum(axis=-1) / met.sum(axis=-1))


def _climb(
    y: Labels, scores: Scores, starts: Sequence[Weights], judge: _Judge
) -> Weights:
    """Return the weights that one start comes to, of all the best."""
    values = scores.astype(np.float64)
    classes = values.shape[1]
    rows = np.bincount(y, minlength=classes)

    def value(weights: Weights) -> float:
        matrix = confusion(y, predict_classes(values, weights), classes)
        return float(judge(np.diag(matrix), matrix.sum(axis=0), rows))

    best = max(starts, key=value)
    reached = value(best)
    for _ in range(_MOST_SWEEPS):
        before = reached
        for place in range(classes):
            tried = best.copy()
            tried[place] = _best_weight(y, values, best, place, rows, judge)
            tried /= tried[0]
            if (now := value(tried)) > reached + _NEAR * abs(reached):
                best, reached = tried, now
        if reached == before:
            break
    return best


def _best_weight(
    y: Labels,
    scores: Scores,
    weights: Weights,
    place: int,
    rows: _Counts,
    judge: _Judge,
) -> float:
    """Return the best weight of one class while those of the others stay.

    As it grows, one row after the other is predicted to be of that class instead of the
    best of the others; between two such moments nothing changes.
    """
    weighed = scores * weights
    weighed[:, place] = -np.inf
    rival = weighed.argmax(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        moment = weighed[np.arange(len(y)), rival] / scores[:, place]
    order = np.argsort(moment, kind="stable")
    order = order[np.isfinite(moment[order])]
    moment, rival, truth = moment[order], rival[order], y[order]
    classes = scores.shape[1]
    predicted = weighed.argmax(axis=1)
    columns = np.bincount(predicted, minlength=classes)
    right = np.bincount(y[predicted == y], minlength=classes)
    if not len(order):
        return float(weights[place])
    ends = np.flatnonzero(np.append(np.diff(moment) > 0, True))
    if len(ends) > _MOST_MOMENTS:
        ends = ends[np.linspace(0, len(ends) - 1, _MOST_MOMENTS).astype(np.int64)]
    # How many rows of each class change sides between one end and the next.
    stretch = np.searchsorted(ends, np.arange(len(moment)))
    cells, size = stretch * classes + rival, len(ends) * classes

    def by_then(rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
        counted = np.bincount(rows, minlength=size)[:size].reshape(-1, classes)
        return np.asarray(np.cumsum(counted, axis=0))

    columns_at = columns - by_then(cells)
    right_at = right - by_then(cells[truth == rival])
    columns_at[:, place] += ends + 1
    right_at[:, place] += np.cumsum(truth == place)[ends]
    values = judge(right_at, columns_at, rows)
    if float(judge(right, columns, rows)) > values.max():
        return max(float(moment[0]), _TINY) / 2  # no row is predicted so
    last = int(ends[int(np.argmax(values))])
    reached = max(float(moment[last]), _TINY)
    if last + 1 < len(moment):
        # In the middle of the stretch in which nothing changes, on the log scale.
        return math.sqrt(reached * float(moment[last + 1]))
    return 2.0 * reached
