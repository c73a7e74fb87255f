"""More than two classes: which class a row is called, and what that comes to.

Labels are 0 to k - 1, the most frequent class first; scores have a column per class.
A row is called the class whose score times its weight is the largest (the first of
equals), so that one vector of weights is to k classes what a threshold is to two.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from engine.evaluate.objective import Labels, Scores

__all__ = [
    "POLICIES",
    "Weights",
    "called",
    "confusion",
    "matrix_metrics",
]

POLICIES = ("default", "prevalence", "f1", "cost")
"""The policies that say which of more than two classes a row is called."""

Weights: TypeAlias = npt.NDArray[np.float64]
"""One number above 0 per class."""


def called(scores: Scores, weights: Weights) -> npt.NDArray[np.intp]:
    """Return the class that each row is called.

    Parameters
    ----------
    scores : array of shape (n, k)
    weights : array of shape (k,)
        Above 0.

    Examples
    --------
    >>> called(np.array([[0.7, 0.3], [0.4, 0.6]]), np.array([1.0, 3.0]))
    array([1, 1])
    """
    found: npt.NDArray[np.intp] = np.argmax(scores.astype(np.float64) * weights, axis=1)
    return found


def confusion(y: Labels, said: npt.NDArray[np.intp], classes: int) -> np.ndarray:
    """Count rows by what they are (down) and what they are called (across).

    Examples
    --------
    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    pairs = y.astype(np.int64) * classes + said
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def matrix_metrics(matrix: np.ndarray) -> dict[str, float | None]:
    """Work out what a board shows of a matrix of classes.

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
        said has precision 0 in the means, as in scikit-learn with ``zero_division=0``.

    References
    ----------
    .. [1] Cohen, J. (1960). A coefficient of agreement for nominal scales.
       Educational and Psychological Measurement 20(1), 37-46.
    .. [2] Gorodkin, J. (2004). Comparing two K-category assignments by a K-category
       correlation coefficient. Computational Biology and Chemistry 28, 367-374.

    Examples
    --------
    >>> found = matrix_metrics(np.array([[8, 2, 0], [1, 4, 0], [0, 1, 4]]))
    >>> found["accuracy"], round(found["macro_recall"], 3)
    (0.8, 0.8)
    """
    counts = matrix.astype(np.float64)
    rows, said = counts.sum(axis=1), counts.sum(axis=0)
    total, right = counts.sum(), np.diag(counts)
    there = rows > 0
    met = (rows + said) > 0
    recall = right[there] / rows[there]
    f1 = 2 * right[met] / (rows[met] + said[met])
    precision = np.divide(right, said, out=np.zeros_like(right), where=said > 0)[met]
    expected = float(rows @ said) / total**2
    agreed = float(right.sum() / total)
    spread = (total**2 - float(rows @ rows)) * (total**2 - float(said @ said))
    kappa = (agreed - expected) / (1 - expected) if expected < 1 else None
    covered = float(right.sum() * total - rows @ said)
    return {
        "accuracy": agreed,
        "macro_recall": float(recall.mean()),
        "macro_precision": float(precision.mean()),
        "macro_f1": float(f1.mean()),
        "weighted_f1": float(f1 @ rows[met] / total),
        "kappa": None if kappa is None else float(kappa),
        "mcc": covered / math.sqrt(spread) if spread > 0 else 0.0,
    }
