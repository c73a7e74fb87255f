"""Metrics of scores: tuning objectives, counts at a threshold, ranking, calibration.

Labels are 0/1 arrays, scores probabilities of the positive class (float32 or
float64). A row is predicted positive at or above the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.integrate import trapezoid
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.metrics import confusion_matrix_at_thresholds

from engine.core.outcome import Confusion
from engine.evaluate.probabilities import Labels, Scores, log_odds

MOST_POINTS = 1000
STEPS, NEARLY = 200, 1e-9
"""Newton's steps at most, and how short the last one is."""


def class_sizes(y: Labels) -> tuple[int, int]:
    """Return the positives and the negatives."""
    positives = int(np.count_nonzero(y))
    return positives, len(y) - positives


def count_found(
    y: Labels, scores: Scores, worth: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Return what the positives of the highest scores count together, by their number.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
    worth : array of shape (n,) or None, default=None
        What each positive counts; 1 when None.

    Returns
    -------
    array of shape (positives + 1,)
        Nothing of no positive, and so on up to all of them. At a threshold they are
        as many as reach it, so rows of equal scores may stand in any order.

    Examples
    --------
    >>> y, scores = np.array([0, 1, 1, 1]), np.array([0.9, 0.2, 0.8, 0.5])
    >>> count_found(y, scores, np.array([1.0, 7.0, 0.5, 2.0])).tolist()
    [0.0, 0.5, 2.5, 9.5]
    """
    positive = y == 1
    own = np.ones(np.count_nonzero(positive)) if worth is None else worth[positive]
    order = np.argsort(-scores[positive].astype(np.float64), kind="stable")
    return np.concatenate(([0.0], np.cumsum(own[order])))


def confusion_at(y: Labels, scores: Scores, threshold: float) -> Confusion:
    """Count the four outcomes at a threshold.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
        Score per row; compared as float64, so float32 loses nothing.
    threshold : float
        A row is predicted positive if its score is at or above it.

    Returns
    -------
    Confusion
        Counts that add up to n.

    Examples
    --------
    >>> confusion_at(np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.4, 0.6]), 0.6)
    Confusion(tn=1, fp=1, fn=1, tp=1)
    """
    predicted = scores >= np.float64(threshold)
    positives = int(np.count_nonzero(y))
    tp = int(np.count_nonzero(predicted & (y == 1)))
    fp = int(np.count_nonzero(predicted)) - tp
    return Confusion(tn=len(y) - positives - fp, fp=fp, fn=positives - tp, tp=tp)


def ranking_metrics(y: Labels, scores: Scores) -> dict[str, float | None]:
    """Return the metrics of scores that need no threshold.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
        Probabilities, in [0, 1].

    Returns
    -------
    dict
        ``average_precision`` and ``roc_auc`` (None where a class they need is
        absent), ``brier``, ``log_loss``, and Cox's recalibration [1]_: with
        scores clipped to [1e-7, 1 - 1e-7], ``calibration_slope`` b and
        ``calibration_intercept`` a of the logistic regression
        logit P(y = 1) = a + b logit(score), which are 1 and 0 for perfect
        probabilities; both None where no finite fit exists (constant scores, one
        class, classes that the score separates). ``calibration_in_the_large`` is
        the intercept with the slope held at 1 [2]_: how far the scores are too
        low (above 0) or too high (below 0) on the whole, in log-odds; None
        where there is one class only.

    Raises
    ------
    ValueError
        If a score is not finite or outside [0, 1].

    References
    ----------
    .. [1] Cox, D. R. (1958). Two further applications of a model for binary
       regression. Biometrika 45(3/4), 562-565.
    .. [2] Van Calster, B. et al. (2019). Calibration: the Achilles heel of
       predictive analytics. BMC Medicine 17, 230.

    Examples
    --------
    >>> y = np.array([0, 0, 1, 0, 1, 1])
    >>> values = ranking_metrics(y, np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.8]))
    >>> round(values["average_precision"], 3), round(values["roc_auc"], 3)
    (0.917, 0.889)
    """
    slope, intercept, large = recalibration(y, scores)
    return {
        "average_precision": _none_if_nan(score("average_precision", y, scores)),
        "roc_auc": _none_if_nan(score("roc_auc", y, scores)),
        "brier": score("brier", y, scores),
        "log_loss": score("log_loss", y, scores),
        "calibration_slope": slope,
        "calibration_intercept": intercept,
        "calibration_in_the_large": large,
    }


def _none_if_nan(value: float) -> float | None:
    return None if math.isnan(value) else value


def recalibration(
    y: Labels, scores: Scores
) -> tuple[float | None, float | None, float | None]:
    """Return slope, intercept and the intercept at slope 1; see `ranking_metrics`."""
    logits = log_odds(scores)
    positive = y == 1
    up, down = logits[positive], logits[~positive]
    if not (len(up) and len(down)):
        return None, None, None
    large = brentq(lambda a: float(np.sum(expit(logits + a)) - len(up)), -60.0, 60.0)
    if up.min() >= down.max() or down.min() >= up.max():
        return None, None, float(large)
    slope, intercept = _logistic(logits, positive)
    return slope, intercept, float(large)


def _logistic(logits: Scores, positive: Labels) -> tuple[float, float]:
    """Return slope and intercept of a logistic regression that has a finite fit.

    Newton's steps, which go to the last digits where scikit-learn's solvers warn.
    Along a step the loss is convex: one that ends where it rises more than half as
    steeply as it fell at the start went too far, and is halved.
    """
    # Centred and scaled, so that the fit is well conditioned.
    centre, spread = float(logits.mean()), float(logits.std())
    x, y = (logits - centre) / spread, positive.astype(np.float64)
    at, step, slid = np.array([logit(y.mean()), 0.0]), np.zeros(2), np.inf
    for _ in range(STEPS):
        risks = expit(at[0] + step[0] + (at[1] + step[1]) * x)
        left = risks - y
        falls = np.array([left.mean(), left @ x / len(x)])
        if 2 * (falls @ step) > slid:
            step /= 2
            continue
        at = at + step
        risks *= 1 - risks
        weighed = risks * x
        mixed = weighed.mean()
        bends = np.array([[risks.mean(), mixed], [mixed, weighed @ x / len(x)]])
        step = np.linalg.lstsq(bends, -falls)[0]
        slid = abs(falls @ step)
        if (np.abs(step) <= NEARLY * (1 + np.abs(at))).all():
            at = at + step
            break
    slope = float(at[1]) / spread
    return slope, float(at[0]) - slope * centre


def sweep(y: Labels, scores: Scores) -> tuple[tuple[float, int, int], ...]:
    """Return false and true positives from the highest threshold to the lowest.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
        One score per row, finite.

    Returns
    -------
    tuple of (float, int, int)
        Threshold, false positives, true positives; a row is predicted positive at or
        above the threshold. Of more than 1,000 distinct scores those are selected that
        are spread evenly over the positives found and over the alerts; the first and
        the last are kept.

    Examples
    --------
    >>> sweep(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.9]))
    ((0.9, 0, 1), (0.4, 1, 2), (0.1, 2, 2))
    """
    _, fp, _, tp, thresholds = confusion_matrix_at_thresholds(y, scores, pos_label=1)
    places = np.arange(len(thresholds))
    if len(places) > MOST_POINTS:
        half = MOST_POINTS // 2
        places = np.union1d(_spread(tp, half), _spread(fp + tp, half))
    return tuple(
        (float(thresholds[i]), int(fp[i]), int(tp[i])) for i in places.tolist()
    )


def _spread(counts: np.ndarray, most: int) -> np.ndarray:
    """Return positions of evenly spaced counts, both ends among them."""
    targets = np.linspace(counts[0], counts[-1], most)
    return np.unique(np.searchsorted(counts, targets).clip(0, len(counts) - 1))


# Tuning objectives ------------------------------------------------------------------


def score(objective: str, y: Labels, scores: Scores) -> float:
    """Return a tuning objective of scores, equal to scikit-learn to the last bit.

    Parameters
    ----------
    objective : {"average_precision", "roc_auc", "log_loss", "brier"}
        What to judge by.
    y : array of shape (n,)
        0 or 1 per row; of more than two classes from 0 up.
    scores : array of shape (n,) or (n, n_classes)
        Probabilities, in [0, 1]; with a column per class they add up to 1.

    Returns
    -------
    float
        The value; NaN, without scikit-learn's warning, where the objective does
        not exist (average precision without positives, ROC AUC of one class). Of more
        than two classes the first two are means over the classes, each against the
        rest, of those that have rows and are not alone, and Brier is the sum over the
        classes, from 0 to 2, as scikit-learn's multiclass Brier score.

    Raises
    ------
    ValueError
        If the objective is unknown, a score is not finite, or (for log-loss and
        Brier) outside [0, 1].

    Notes
    -----
    All are scikit-learn's arithmetic without its input checks, three to ten times
    as fast at 7,000 rows: they are computed some thousands of times a run.

    References
    ----------
    .. [1] Davis, J. and Goadrich, M. (2006). The relationship between
       precision-recall and ROC curves. ICML, 233-240.
    .. [2] Brier, G. W. (1950). Verification of forecasts expressed in terms of
       probability. Monthly Weather Review 78(1), 1-3.

    Examples
    --------
    >>> y, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8])
    >>> round(score("average_precision", y, scores), 2)
    0.83
    """
    measure = _OBJECTIVES.get(objective)
    if measure is None:
        raise ValueError(
            f"no objective {objective!r}; choose one of: {', '.join(_OBJECTIVES)}"
        )
    if scores.ndim == 1:
        return measure(y, scores)
    if not np.isfinite(scores).all():
        raise ValueError("a score is not finite; scores are numbers in [0, 1]")
    risks = scores.astype(np.float64)
    if objective == "log_loss":
        of_class = risks[np.arange(len(y)), y]
        least = np.finfo(scores.dtype).eps
        return float(-np.log(np.clip(of_class, least, 1 - least)).mean())
    if objective == "brier":
        return float(((risks - np.eye(risks.shape[1])[y]) ** 2).sum(axis=1).mean())
    sides = ((y == k).astype(np.int8) for k in range(risks.shape[1]))
    values = [measure(side, scores[:, k]) for k, side in enumerate(sides)]
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan


def _counts(y: Labels, scores: Scores) -> tuple[Labels, Labels]:
    """Return true and false positives at each distinct score, highest first."""
    order = np.argsort(scores)[::-1]
    ranked = scores[order]
    if not (np.isfinite(ranked[0]) and np.isfinite(ranked[-1])):
        raise ValueError("a score is not finite; scores are numbers in [0, 1]")
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    hits = np.cumsum(y[order], dtype=np.float64)[ends]
    return hits, 1 + ends - hits


def _average_precision(y: Labels, scores: Scores) -> float:
    hits, alarms = _counts(y, scores)
    if hits[-1] == 0:
        return math.nan
    precision = (hits / (hits + alarms))[::-1]
    recall = np.append((hits / hits[-1])[::-1], 0.0)
    return float(max(0.0, -np.sum(np.diff(recall) * precision)))


def _roc_auc(y: Labels, scores: Scores) -> float:
    hits, alarms = _counts(y, scores)
    if hits[-1] == 0 or alarms[-1] == 0:
        return math.nan
    if len(hits) > 2:
        # Points between two collinear ones add nothing but rounding.
        corner = (np.diff(alarms, 2) != 0) | (np.diff(hits, 2) != 0)
        corners = np.concatenate(([True], corner, [True]))
        hits, alarms = hits[corners], alarms[corners]
    hits, alarms = np.append(0.0, hits), np.append(0.0, alarms)
    return float(trapezoid(hits / hits[-1], alarms / alarms[-1]))


def _both_classes(y: Labels, scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and probabilities of both classes, in the scores' own precision."""
    if not (scores.min() >= 0 and scores.max() <= 1):  # NaN is neither
        raise ValueError("a score is not finite, or not in [0, 1]")
    risks = np.stack((1 - scores, scores), axis=1)
    return np.stack((1 - y, y), axis=1).astype(risks.dtype), risks


def _log_loss(y: Labels, scores: Scores) -> float:
    labels, risks = _both_classes(y, scores)
    least = np.finfo(risks.dtype).eps
    losses = -np.sum(labels * np.log(np.clip(risks, least, 1 - least)), axis=1)
    return float(np.average(losses))


def _brier(y: Labels, scores: Scores) -> float:
    labels, risks = _both_classes(y, scores)
    return float(0.5 * np.average(np.sum((labels - risks) ** 2, axis=1)))


_OBJECTIVES: dict[str, Callable[[Labels, Scores], float]] = {
    "average_precision": _average_precision,
    "roc_auc": _roc_auc,
    "log_loss": _log_loss,
    "brier": _brier,
}
