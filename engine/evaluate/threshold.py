"""Operating points: from out-of-fold scores to a decision threshold.

A threshold is one of the scores, so rows with equal scores are never split. Of equally
good ones the highest is selected: it raises the fewest alerts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix_at_thresholds

from engine.core.points import parse
from engine.evaluate.objective import Labels, Scores


class Threshold(NamedTuple):
    """A threshold, and why the point could not be met with it, if it could not."""

    threshold: float
    note: str = ""


def choose(
    at: str,
    y: Labels,
    scores: Scores,
    *,
    prevalence: float,
    cost_fn: float,
    cost_fp: float,
    cost_tp: float = 0.0,
    cost_tn: float = 0.0,
    test_rows: int | None = None,
) -> Threshold:
    """Choose a threshold on scores that no row's own model has seen.

    Parameters
    ----------
    at : str
        ``fixed``: 0.5. ``prevalence``: the share of positives, the cut that
        does on the data as given what 0.5 does on data balanced to 1:1 [1]_.
        ``f1``: the highest F1. ``cost``: the least total cost; calling nobody
        positive is among the choices. ``recall>=r``: the highest threshold whose
        recall is at least r. ``precision>=p``: the lowest threshold whose precision
        is at least p, so that most are found. ``alerts<=k``: the lowest threshold
        that calls at most k rows positive, of as many as there are test rows.
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
        Out-of-fold scores, finite.
    prevalence : float
        Share of positives in the training rows.
    cost_fn, cost_fp : float
        Cost of a missed positive and of a false alarm.
    cost_tp, cost_tn : float, default=0
        Cost of a true positive and of a true negative.
    test_rows : int or None, default=None
        Rows that ``alerts<=k`` speaks of; as many as there are scores when None.

    Returns
    -------
    Threshold
        One of the scores, 0.5, the prevalence, or, for nobody, the next number
        of the scores' own type above the largest score; with a note where the
        operating point cannot be met.

    Raises
    ------
    SpecError
        If there is no such operating point.
    ValueError
        If a score is not finite.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978.

    Examples
    --------
    >>> y, scores = np.array([0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.4])
    >>> settings = {"prevalence": 0.4, "cost_fn": 1, "cost_fp": 1}
    >>> named = ("f1", "cost", "recall>=0.5", "precision>=0.6", "alerts<=2")
    >>> [choose(p, y, scores, **settings).threshold for p in named]
    [0.3, 0.3, 0.4, 0.3, 0.4]
    """
    point = parse(at)
    if point.name == "fixed":
        return Threshold(0.5)
    if point.name == "prevalence":
        return Threshold(float(prevalence))
    # Thresholds fall from the largest score to the smallest, so the first best
    # is the highest.
    tn, fp, fn, tp, thresholds = confusion_matrix_at_thresholds(y, scores, pos_label=1)
    nobody = float(np.nextafter(thresholds[0], thresholds.dtype.type(np.inf)))
    match point.name:
        case "cost":
            cost = (
                cost_fn * np.append(tp[-1], fn)
                + cost_fp * np.append(0.0, fp)
                + cost_tp * np.append(0.0, tp)
                + cost_tn * np.append(fp[-1], tn)
            )
            # Costs such as 0.1 are no binary fractions: a tie may differ by rounding.
            best = int(np.argmax(cost <= cost.min() * (1 + 1e-12)))
            return Threshold(nobody if best == 0 else float(thresholds[best - 1]))
        case "precision":
            return _last(tp / (tp + fp) >= point.number, thresholds) or Threshold(
                nobody,
                f"no threshold has a precision of {point.number:g} on the "
                "out-of-fold scores: no row is predicted positive",
            )
        case "alerts":
            assert point.number is not None
            most = point.number * len(y)
            if not point.share:
                most /= test_rows if test_rows else len(y)
            return _last(tp + fp <= most * (1 + 1e-12), thresholds) or Threshold(
                nobody,
                "the rows of the highest score are more than these alerts: no row is "
                "predicted positive",
            )
    if tp[-1] == 0:
        return Threshold(
            nobody,
            "there is no positive among the validation rows: no row is predicted "
            "positive",
        )
    if point.name == "f1":
        return Threshold(float(thresholds[np.argmax(2 * tp / (2 * tp + fp + fn))]))
    return Threshold(float(thresholds[np.argmax(tp / tp[-1] >= point.number)]))


def _last(met: npt.NDArray[np.bool_], thresholds: Scores) -> Threshold | None:
    """Return the lowest threshold that meets a condition, if one does."""
    places = np.flatnonzero(met)
    return Threshold(float(thresholds[places[-1]])) if len(places) else None
