"""Scores as probabilities: what a model needs once everything is fitted. Light.

NumPy and `scipy.special` alone, so that a bundle is scored without scikit-learn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from engine.core.outcome import CalibrationMap

Labels: TypeAlias = npt.NDArray[Any]
"""0 or 1 per row, shape (n,), of any integer or boolean type."""

Scores: TypeAlias = npt.NDArray[Any]
"""Probability of the positive class per row, shape (n,), float32 or float64."""

CLIP: Final = 1e-7
"""Probabilities are kept so far from 0 and 1 before log-odds are taken."""
IDENTITY: Final = CalibrationMap()


def log_odds(scores: Scores) -> npt.NDArray[np.float64]:
    """Return the log-odds of probabilities, clipped to [1e-7, 1 - 1e-7]."""
    return np.asarray(logit(np.clip(scores.astype(np.float64), CLIP, 1 - CLIP)))


def apply(map: CalibrationMap, scores: Scores) -> Scores:
    """Return the recalibrated probabilities of scores.

    Parameters
    ----------
    map : CalibrationMap
        Log-odds are taken of scores clipped to [1e-7, 1 - 1e-7]; beyond the ends of a
        map with points the probability is that of its end.
    scores : array of shape (n,)
        Probabilities as the model says them, in [0, 1].

    Returns
    -------
    array of shape (n,)
        In [0, 1], rising with the score, float64; the scores themselves where the map
        changes nothing.

    Examples
    --------
    >>> apply(CalibrationMap(intercept=-np.log(9)), np.array([0.5, 0.9])).round(12)
    array([0.1, 0.5])
    """
    scores = np.asarray(scores)
    if map == IDENTITY:
        return scores
    if map.scores:
        wide = scores.astype(np.float64)
        risks = np.interp(wide, map.scores, map.probabilities)
        # The interpolation may be past an end by the last bit.
        return np.clip(risks, map.probabilities[0], map.probabilities[-1])
    return np.asarray(expit(map.intercept + map.slope * log_odds(scores)))


def shift(map: CalibrationMap, negative: float) -> CalibrationMap:
    """Return a map of two classes whose odds are those of another prevalence.

    Parameters
    ----------
    map : CalibrationMap
        For the prevalence of the rows that it was fitted on.
    negative : float
        What a negative counts beside a positive there, above 0
        (`engine.core.prevalence.weight_of_negative`).

    Returns
    -------
    CalibrationMap
        Its odds are divided by `negative` ([1]_, equation 4): everywhere, or at its
        points, which are then those of a fit on rows that count so much.

    References
    ----------
    .. [1] Saerens, M., Latinne, P. and Decaestecker, C. (2002). Adjusting the outputs
       of a classifier to new a priori probabilities. Neural Computation 14(1), 21-41.

    Examples
    --------
    >>> apply(shift(CalibrationMap(), 9.0), np.array([0.5, 0.9])).round(12)
    array([0.1, 0.5])
    """
    if not map.scores:
        moved = map.intercept - math.log(negative)
        return msgspec.structs.replace(map, intercept=moved)
    risks = np.asarray(map.probabilities)
    moved_risks = risks / (risks + negative * (1 - risks))
    return msgspec.structs.replace(map, probabilities=tuple(moved_risks.tolist()))


def apply_classes(maps: Sequence[CalibrationMap], scores: Scores) -> Scores:
    """Return the recalibrated probabilities of several classes.

    Parameters
    ----------
    maps : sequence of CalibrationMap
        One per class. If each has a factor they are corrected together.
    scores : array of shape (n, k)
        Probabilities as the model says them.

    Returns
    -------
    array of shape (n, k), dtype float64
        Rows add up to 1 if the maps have factors or change nothing; else each class is
        repaired against the rest, and they need not.

    Examples
    --------
    >>> both = [CalibrationMap(factor=2.0), CalibrationMap(factor=0.5)]
    >>> apply_classes(both, np.array([[0.5, 0.5]]))
    array([[0.8, 0.2]])
    """
    factors = [each.factor for each in maps if each.factor is not msgspec.UNSET]
    if len(factors) == len(maps):
        return correct_priors(scores, factors)
    columns = [apply(each, column) for each, column in zip(maps, scores.T, strict=True)]
    return np.column_stack(columns).astype(np.float64)


def correct_priors(scores: Scores, factors: Sequence[float]) -> Scores:
    """Return probabilities for other shares of the classes, of all classes together.

    Parameters
    ----------
    scores : array of shape (n, k)
        Probabilities as the model says them.
    factors : sequence of float
        Of each class, as `class_factors` returns them.

    Returns
    -------
    array of shape (n, k), dtype float64
        Each row adds up to 1.

    Examples
    --------
    >>> shares = np.array([0.7, 0.2, 0.1])  # and the model saw a third of each
    >>> likely = np.array([[0.05, 0.9, 0.05]]) / shares
    >>> correct_priors(likely / likely.sum(), 3 * shares).round(12)
    array([[0.05, 0.9 , 0.05]])
    """
    weighed = scores.astype(np.float64) * np.asarray(factors)
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))
