"""Operating points: from out-of-fold scores to a decision threshold.

A threshold is one of the scores, so rows with equal scores are never split. Of equally
good ones the highest is selected: it raises the fewest alerts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import UNSET, UnsetType
from sklearn.metrics import confusion_matrix_at_thresholds

from engine.core.costs import (
    Costs,
    point_metrics,
    precision_interval,
    weighted_interval,
    wilson,
)
from engine.core.errors import SpecError
from engine.core.format import share
from engine.core.outcome import Confusion, Delivered, OperatingPoint
from engine.core.points import parse
from engine.core.prevalence import Prevalence, weights
from engine.evaluate.bootstrap import Floats
from engine.evaluate.metrics import confusion_at, count_found
from engine.evaluate.probabilities import Labels, Scores
from engine.evaluate.row_costs import amount_intervals

TIED = 0.01
"""Share of the rows that may have the threshold's own score without a note."""
FEWEST_TIED = 10
_EDGE = 1 - 1e-12
"""Counts that are weighed may differ by rounding where they are the same."""
_NAMES = {"recall": "a recall of at least", "precision": "a precision of at least"}


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
    costs: Costs,
    test_rows: int | None = None,
    worth: Floats | None = None,
) -> Threshold:
    """Choose a threshold on scores that no row's own model has seen.

    Parameters
    ----------
    at : str
        ``fixed``: 0.5. ``prevalence``: the share of positives, the cut that
        does on the data as given what 0.5 does on data balanced to 1:1 [1]_.
        ``f1``: the highest F1. ``cost``: the least total cost; predicting no row
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
    costs : Costs
        With a prevalence, rows count as often as there: all but ``recall>=r`` and the
        fixed ones depend on it.
    test_rows : int or None, default=None
        Rows that ``alerts<=k`` speaks of; as many as there are scores when None.
    worth : array of shape (n,) or None, default=None
        What each positive counts beside one that costs ``costs.cost_fn``, where each
        has its own cost: ``cost`` depends on it, and no other.

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
    >>> settings = {"prevalence": 0.4, "costs": Costs(cost_fn=1, cost_fp=1)}
    >>> named = ("f1", "cost", "recall>=0.5", "precision>=0.6", "alerts<=2")
    >>> [choose(p, y, scores, **settings).threshold for p in named]
    [0.3, 0.3, 0.4, 0.3, 0.4]
    """
    point = parse(at)
    if point.name == "recommended":
        raise SpecError(
            "the recommended point follows another", "name that one, such as cost"
        )
    if point.name == "fixed":
        return Threshold(0.5)
    if point.name == "prevalence":
        return Threshold(float(prevalence))
    # Thresholds fall from the largest score to the smallest, so the first best
    # is the highest.
    tn, fp, fn, tp, thresholds = confusion_matrix_at_thresholds(y, scores, pos_label=1)
    nobody = float(np.nextafter(thresholds[0], thresholds.dtype.type(np.inf)))
    found, up = tp, 1.0
    if not isinstance(costs.prevalence, UnsetType):
        up, down = weights(costs.prevalence, int(tp[-1]), int(fp[-1]))
        tn, fp, fn, tp = down * tn, down * fp, up * fn, up * tp
    match point.name:
        case "cost":
            count = count_found(y, scores, worth)
            missed = up * (count[-1] - count[found.astype(np.intp)])
            cost = (
                costs.cost_fn * np.append(up * count[-1], missed)
                + costs.cost_fp * np.append(0.0, fp)
                + costs.cost_tp * np.append(0.0, tp)
                + costs.cost_tn * np.append(fp[-1], tn)
            )
            # Costs such as 0.1 are no binary fractions: a tie may differ by rounding.
            best = int(np.argmax(cost <= cost.min() * (1 + 1e-12)))
            return Threshold(nobody if best == 0 else float(thresholds[best - 1]))
        case "precision":
            return _last(
                tp >= point.number * (tp + fp) * _EDGE, thresholds
            ) or Threshold(
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
        f1 = 2 * tp / (2 * tp + fp + fn)
        return Threshold(float(thresholds[np.argmax(f1 >= f1.max() * _EDGE)]))
    return Threshold(float(thresholds[np.argmax(found / found[-1] >= point.number)]))


def _last(met: npt.NDArray[np.bool_], thresholds: Scores) -> Threshold | None:
    """Return the lowest threshold that meets a condition, if one does."""
    places = np.flatnonzero(met)
    return Threshold(float(thresholds[places[-1]])) if len(places) else None


def operating_point(
    at: str,
    chosen: Threshold,
    *,
    before: Scores,
    y: Labels,
    scores: Scores,
    costs: Costs,
    aim: str | None = None,
    worth: Floats | None = None,
    seed: int = 0,
) -> OperatingPoint:
    """Count the test rows at a threshold that was chosen before.

    Parameters
    ----------
    at : str
        What it is called.
    chosen : Threshold
        The threshold, and why the operating point could not be met, if so.
    before : array of shape (n,)
        The out-of-fold scores that it was chosen on.
    y, scores : array of shape (n_test,)
        Labels and scores of the test rows.
    costs : Costs
    aim : str or None, default=None
        The operating point that was followed, where it is called otherwise.
    worth : array of shape (n_test,) or None, default=None
        What each positive of the test rows counts beside one that costs
        ``costs.cost_fn``, where each has its own cost. The metrics then have
        ``missed_amount``, the sum of these costs of the missed ones, ``amount_recall``,
        the share of all that was found, and intervals of that and of the cost.
    seed : int, default=0
        Of their bootstrap.

    Returns
    -------
    OperatingPoint

    Examples
    --------
    >>> y, scores = np.array([0] * 900 + [1] * 100), np.linspace(0, 1, 1000)
    >>> point = operating_point("alerts<=5%", Threshold(0.99), before=scores, y=y,
    ...     scores=scores, costs=Costs(cost_fn=10, cost_fp=1))
    >>> point.delivered.value, point.note
    (0.01, 'requested alerts on 5 % of the rows; on the test rows it is 1 % \
(0.54 to 1.8 %)')
    """
    point = _point(at, chosen.threshold, y, scores, costs, worth, seed)
    result = measure_delivery(aim or at, point.confusion, costs.prevalence)
    notes = [chosen.note or tie(before, chosen.threshold)]
    if result is not None and not result.as_requested and not chosen.note:
        notes.append(_shortfall_note(result, costs.prevalence))
    note = "; ".join(note for note in notes if note)
    return msgspec.structs.replace(point, note=note, delivered=result)


def _point(
    at: str,
    threshold: float,
    y: Labels,
    scores: Scores,
    costs: Costs,
    worth: Floats | None,
    seed: int,
) -> OperatingPoint:
    counts = confusion_at(y, scores, threshold)
    if worth is None:
        metrics = point_metrics(counts, costs)
    else:
        own, found = worth[y == 1], scores[y == 1] >= np.float64(threshold)
        missed, total = float(own[~found].sum()), float(own.sum())
        metrics = point_metrics(counts, costs, missed)
        metrics["missed_amount"] = costs.cost_fn * missed
        metrics["amount_recall"] = 1 - missed / total if total else None
        metrics |= amount_intervals(own, found, counts, costs, seed=seed)
    return OperatingPoint(
        name=at, threshold=threshold, confusion=counts, metrics=metrics
    )


def measure_delivery(
    at: str, counts: Confusion, prevalence: Prevalence = UNSET
) -> Delivered | None:
    """Return the requested and the delivered value; None if nothing was requested.

    A precision and a share of alerts are those at the prevalence, if one is given.

    Examples
    --------
    >>> found = measure_delivery("recall>=0.8", Confusion(tn=900, fp=60, fn=20, tp=20))
    >>> found.requested, found.value, found.as_requested
    (0.8, 0.5, False)
    """
    point = parse(at)
    rows = counts.tn + counts.fp + counts.fn + counts.tp
    alerts, positives = counts.fp + counts.tp, counts.fn + counts.tp
    counted = {
        "recall": (counts.tp, positives),
        "precision": (counts.tp, alerts),
        "alerts": (alerts, rows),
    }
    if point.number is None:
        return None
    requested, counts_rows = point.number, point.kind.counts
    metric = "alerts" if counts_rows else point.name
    part, whole = counted[metric]
    value, ci = part / whole if whole else None, wilson(part, whole)
    negatives = rows - positives
    if not isinstance(prevalence, UnsetType) and positives and negatives:
        up, down = weights(prevalence, positives, negatives)
        sizes = counts.tp, positives, counts.fp, negatives, prevalence
        weighed = up * counts.tp + down * counts.fp
        if metric == "precision" and alerts:
            value, ci = up * counts.tp / weighed, precision_interval(*sizes)
        elif metric == "alerts":
            shares = prevalence, 1 - prevalence
            value, ci = weighed / rows, weighted_interval(*sizes[:4], shares)
    if counts_rows and not point.share:
        requested = min(1.0, requested / max(rows, 1))
    return Delivered(
        metric=metric,
        requested=requested,
        value=value,
        ci=ci,
    )


def tie(before: Scores, threshold: float) -> str:
    """Say so if many out-of-fold rows have the threshold's own score.

    Such rows are predicted alike: the last digit decides about all of them.

    Examples
    --------
    >>> tie(np.repeat([0.2, 0.4], 50), 0.4)
    '50 % of the out-of-fold rows have this very score and are predicted alike'
    """
    tied = int(np.count_nonzero(before == np.float64(threshold)))
    if tied < max(FEWEST_TIED, TIED * len(before)):
        return ""
    return (
        f"{100 * tied / len(before):.0f} % of the out-of-fold rows have this very "
        "score and are predicted alike"
    )


def _shortfall_note(came: Delivered, prevalence: Prevalence) -> str:
    """Say that an operating point does not deliver the requested value."""
    where = "on the test rows"
    if not isinstance(prevalence, UnsetType) and came.metric != "recall":
        where += f", at a prevalence of {share(prevalence, 1)},"
    if came.value is None or came.ci is None:
        return "no test row is predicted positive, so the request cannot be checked"
    low, high = came.ci
    if came.metric == "alerts":
        return (
            f"requested alerts on {_percent(came.requested)} % of the rows; {where} it "
            f"is {_percent(came.value)} % ({_percent(low)} to {_percent(high)} %)"
        )
    return (
        f"requested {_NAMES[came.metric]} {came.requested:g}; {where} it is "
        f"{came.value:.2f} ({low:.2f} to {high:.2f})"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2g}"


def match(
    others: Mapping[str, Scores],
    *,
    control: Scores,
    y: Labels,
    control_test: Scores,
    y_test: Labels,
    costs: Costs,
    worth: Floats | None = None,
    seed: int = 0,
) -> dict[str, OperatingPoint]:
    """Give the control the out-of-fold recall that each arm has at 0.5.

    Parameters
    ----------
    others : mapping of str to array of shape (n_scores,)
        Out-of-fold scores of each arm.
    control : array of shape (n_scores,)
        Out-of-fold scores of the control.
    y : array of shape (n_scores,)
        0 or 1 per score.
    control_test : array of shape (n_test,)
        The control's scores of the test rows.
    y_test : array of shape (n_test,)
        0 or 1 per test row.
    costs : Costs
    worth : array of shape (n_test,) or None, default=None
    seed : int, default=0
        As `operating_point` takes them.

    Returns
    -------
    dict of str to OperatingPoint
        The control on the test rows, for each arm that finds anything at 0.5; the
        threshold was chosen on out-of-fold scores only.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([0, 0, 1, 1])
    >>> raw, treated = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.2, 0.6, 0.4, 0.9])
    >>> costs = Costs(cost_fn=10, cost_fp=1)
    >>> points = match(
    ...     {"smote": treated},
    ...     control=raw, y=y, control_test=raw, y_test=y, costs=costs,
    ... )
    >>> points["smote"].name, points["smote"].threshold
    ('recall>=0.5', 0.4)
    """
    points: dict[str, OperatingPoint] = {}
    for arm, scores in others.items():
        counts = confusion_at(y, scores, 0.5)
        recall = counts.tp / (counts.tp + counts.fn)
        if recall == 0:
            continue
        # Full precision: a rounded floor could ask for one positive more.
        at = f"recall>={recall!r}"
        threshold = choose(
            at, y, control, prevalence=float(y.mean()), costs=costs
        ).threshold
        points[arm] = _point(at, threshold, y_test, control_test, costs, worth, seed)
    return points
