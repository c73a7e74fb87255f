"""Repairs of scores: fitted on out-of-fold scores, one of them chosen there too.

A repair is a `CalibrationMap` from a score to a probability. All maps rise: no repair
turns the order of two rows round.
"""

from __future__ import annotations

import math
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import StratifiedKFold

from engine.evaluate.arrays import Labels, Scores
from engine.evaluate.metrics import ranking_metrics
from engine.events import CalibrationMap

__all__ = ["METHODS", "Method", "apply", "best", "maps"]

Method: TypeAlias = Literal["none", "prior", "platt", "isotonic"]
METHODS: Final[tuple[Method, ...]] = ("none", "prior", "platt", "isotonic")
"""From the simplest to the one that bends most."""

_IDENTITY: Final = CalibrationMap()
_CLIP: Final = 1e-7
"""As `engine.evaluate.metrics` clips before it takes log-odds."""
_FOLDS: Final = 5


def apply(map: CalibrationMap, scores: Scores) -> Scores:
    """Return the repaired probabilities of scores.

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
    >>> apply(CalibrationMap(intercept=-math.log(9)), np.array([0.5, 0.9])).round(12)
    array([0.1, 0.5])
    """
    scores = np.asarray(scores)
    if map == _IDENTITY:
        return scores
    wide = scores.astype(np.float64)
    if map.scores:
        found = np.interp(wide, map.scores, map.probabilities)
        # The interpolation may be past an end by the last bit.
        return np.clip(found, map.probabilities[0], map.probabilities[-1])
    logits = logit(np.clip(wide, _CLIP, 1 - _CLIP))
    return np.asarray(expit(map.intercept + map.slope * logits))


def maps(
    y: Labels, scores: Scores, *, prevalence: float, trained_prevalence: float
) -> dict[Method, CalibrationMap]:
    """Return every repair that there is, the simplest first.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
        Scores of rows, as they came, that the model which scored them has not seen.
    prevalence : float
        Share of positives in the training rows as they are.
    trained_prevalence : float
        Share of positives that the model saw, after resampling, as weighed.

    Returns
    -------
    dict of str to CalibrationMap
        ``none`` changes nothing. ``prior`` multiplies the odds by those of the
        prevalence over those of the trained one [1]_ [2]_; left out where these are
        equal, or where one is 0 or 1. ``platt`` is the logistic regression on
        log-odds [3]_ without a penalty; where the score parts the classes and no
        finite fit exists, only the intercept is fitted; where it ranks them the wrong
        way round the slope is 0, the best that still rises. ``isotonic`` is the best
        map of all that rise [4]_, drawn straight between its points. The last two are
        left out where there is one class only.

    Notes
    -----
    The isotonic map is kept within [1/(n+2), 1 - 1/(n+2)], what Laplace's rule of
    succession says of n rows of which none, or all, were positive. No more than that
    was seen, and a single positive at a probability of 0 would cost an infinite log
    loss.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978.
    .. [2] Saerens, M., Latinne, P. and Decaestecker, C. (2002). Adjusting the outputs
       of a classifier to new a priori probabilities. Neural Computation 14(1), 21-41.
    .. [3] Platt, J. (1999). Probabilistic outputs for support vector machines.
       Advances in Large Margin Classifiers, 61-74.
    .. [4] Zadrozny, B. and Elkan, C. (2002). Transforming classifier scores into
       accurate multiclass probability estimates. KDD, 694-699.

    Examples
    --------
    >>> y, scores = np.array([0, 0, 1, 0, 1]), np.array([0.1, 0.3, 0.4, 0.6, 0.8])
    >>> found = maps(y, scores, prevalence=783 / 43_400, trained_prevalence=0.5)
    >>> list(found), round(found["prior"].intercept, 3)
    (['none', 'prior', 'platt', 'isotonic'], -3.997)
    """
    found: dict[Method, CalibrationMap] = {"none": _IDENTITY}
    shift = _shift(prevalence, trained_prevalence)
    if shift:
        found["prior"] = CalibrationMap(intercept=shift)
    positives = int(np.count_nonzero(y))
    if 0 < positives < len(y):
        found["platt"] = _platt(y, scores, positives)
        found["isotonic"] = _isotonic(y, scores)
    return found


def best(
    y: Labels,
    scores: Scores,
    *,
    prevalence: float,
    trained_prevalence: float,
    seed: int,
    repeats: int = 1,
) -> Method:
    """Choose the repair of least log loss, in cross-validation within these rows.

    Parameters
    ----------
    y : array of shape (repeats * n,)
        0 or 1 per score.
    scores : array of shape (repeats * n,)
        Out-of-fold scores of n rows, one repeat after the other.
    prevalence, trained_prevalence : float
        As for `maps`.
    seed : int
        Of the folds, in [0, 2**32).
    repeats : int, default=1
        A row is in the same fold in each of them.

    Returns
    -------
    str
        The simplest whose mean log loss is within one standard error (of the
        differences, row by row) of the least [1]_: what only chance may have made
        better is not worth a bend. With fewer than two rows of a class nothing that is
        fitted can be judged: ``none`` or ``prior`` then.

    References
    ----------
    .. [1] Breiman, L. et al. (1984). Classification and Regression Trees, 3.4.3. The
       one-standard-error rule.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> scores = rng.random(2000)
    >>> y = (rng.random(2000) < scores).astype(int)
    >>> best(y, scores, prevalence=0.5, trained_prevalence=0.5, seed=1)
    'none'
    """
    losses = _losses(
        y, scores, (prevalence, trained_prevalence), seed=seed, repeats=repeats
    )
    least = losses[min(losses, key=lambda name: float(losses[name].mean()))]
    for name, values in losses.items():
        more = values - least
        if more.mean() <= more.std() / math.sqrt(len(more)):
            return name
    raise AssertionError("the least of all is within its own error")


def _shift(prevalence: float, trained: float) -> float:
    """Return what the log-odds differ by; 0 where that is undefined."""
    for name, share in (("prevalence", prevalence), ("trained prevalence", trained)):
        if not 0 <= share <= 1:
            raise ValueError(f"the {name} is {share}; it is a share from 0 to 1")
    if not (0 < prevalence < 1 and 0 < trained < 1):
        return 0.0
    if math.isclose(prevalence, trained, rel_tol=1e-9):
        return 0.0
    return float(logit(prevalence) - logit(trained))


def _platt(y: Labels, scores: Scores, positives: int) -> CalibrationMap:
    judged = ranking_metrics(y, scores)
    auc, slope = judged["roc_auc"], judged["calibration_slope"]
    intercept = judged["calibration_intercept"]
    if slope is not None and intercept is not None:
        if slope > 0:
            return CalibrationMap(slope=slope, intercept=intercept)
    elif auc is not None and auc >= 0.5:
        return CalibrationMap(intercept=judged["calibration_in_the_large"] or 0.0)
    return CalibrationMap(slope=0.0, intercept=float(logit(positives / len(y))))


def _isotonic(y: Labels, scores: Scores) -> CalibrationMap:
    least = 1 / (len(y) + 2)
    fit = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
    fit.fit(scores.astype(np.float64), y)
    return CalibrationMap(
        scores=tuple(fit.X_thresholds_.tolist()),
        probabilities=tuple(fit.y_thresholds_.tolist()),
    )


def _losses(
    y: Labels,
    scores: Scores,
    shares: tuple[float, float],
    *,
    seed: int,
    repeats: int,
) -> dict[Method, npt.NDArray[np.float64]]:
    """Return the log loss of each row under each repair, fitted on other rows."""
    rows = len(y) // repeats
    prevalence, trained = shares
    positives = int(np.count_nonzero(y[:rows]))
    folds = min(_FOLDS, positives, rows - positives)
    found: dict[Method, npt.NDArray[np.float64]] = {}
    if folds < 2:
        fixed = maps(
            y[:0], scores[:0], prevalence=prevalence, trained_prevalence=trained
        )
        for name, map in fixed.items():
            found[name] = _row_losses(y, apply(map, scores))
    else:
        kept = StratifiedKFold(folds, shuffle=True, random_state=seed)
        for _, judged in kept.split(np.empty((rows, 0)), y[:rows]):
            out = np.zeros(rows, dtype=bool)
            out[judged] = True
            out = np.tile(out, repeats)
            fitted = maps(
                y[~out],
                scores[~out],
                prevalence=prevalence,
                trained_prevalence=trained,
            )
            for name, map in fitted.items():
                losses = found.setdefault(name, np.empty(len(y)))
                losses[out] = _row_losses(y[out], apply(map, scores[out]))
    return {
        name: each.reshape(repeats, rows).mean(axis=0) for name, each in found.items()
    }


def _row_losses(y: Labels, said: Scores) -> npt.NDArray[np.float64]:
    kept = np.clip(said.astype(np.float64), _CLIP, 1 - _CLIP)
    return np.asarray(-np.log(np.where(y == 1, kept, 1 - kept)))
