"""The figures of a model on new rows, beside those of its run."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from msgspec import UNSET
from msgspec.structs import replace
from scipy.stats import fisher_exact
from sklearn.model_selection import StratifiedKFold

from engine.bundle.manifest import Manifest
from engine.bundle.reference import Reference, RunFigures
from engine.core.costs import Costs, wilson
from engine.core.outcome import Calibration, Confusion, Delivered, OperatingPoint
from engine.core.points import parse, with_number
from engine.core.result import FEWEST_ROWS
from engine.core.validation import (
    CalibrationCheck,
    PositivesNeeded,
    Prevalence,
    ThresholdGain,
    ValidatedMetric,
    ValidatedPoint,
)
from engine.evaluate import calibrate
from engine.evaluate.intervals import (
    Auc,
    CoxFit,
    Z,
    auc_interval,
    cox_fit,
    limits,
    loss_interval,
    positives_for_rate,
    ranking_interval,
)
from engine.evaluate.metrics import confusion_at, score
from engine.evaluate.probabilities import CLIP, Labels, Scores
from engine.evaluate.threshold import choose, measure_delivery


class ValidationFigures(NamedTuple):
    """All figures of a validation; `auc` and `cox` have standard errors."""

    prevalence: Prevalence
    metrics: tuple[ValidatedMetric, ...]
    calibration: CalibrationCheck
    points: tuple[ValidatedPoint, ...]
    gain: ThresholdGain | None
    needed: tuple[PositivesNeeded, ...]
    auc: Auc | None
    cox: CoxFit
    own_costs: bool
    """Whether each positive counts at its own cost."""


def measure(
    manifest: Manifest,
    reference: Reference | None,
    y: Labels,
    scores: Scores,
    risks: Scores,
    *,
    at: str,
    width: float,
    seed: int,
    worth: Scores | None = None,
) -> ValidationFigures:
    """Measure a model on new rows.

    Parameters
    ----------
    manifest : Manifest
        Of a bundle of two classes.
    reference : Reference or None
        That of its run; figures of then are None without.
    y : array of shape (n,)
        0 or 1 per row, at least one row.
    scores : array of shape (n,)
        As the model gives them; thresholds are of these.
    risks : array of shape (n,)
        Calibrated probabilities.
    at : str
        The operating point that is looked at.
    width : float
        Half width that intervals are wanted to have.
    seed : int
        Of bootstrap draws and of the halves of `ThresholdGain`.
    worth : array of shape (n,) or None, default=None
        What each positive counts beside one of the mean cost of the run, where it had
        a cost for each row; the mean stands for all when None.
    """
    then = reference.figures if reference else None
    if then is not None:
        # New rows count as they are: their prevalence is the one in use.
        costs = replace(then.costs, prevalence=UNSET)
        if worth is None:
            costs = replace(costs, column=UNSET)
        then = replace(then, costs=costs)
    prevalence = _prevalence(reference, y)
    auc, cox = auc_interval(y, scores), cox_fit(y, risks)
    calibration = _calibration(manifest, y, risks, cox)
    # The losses of the run are of probabilities for the prevalence of its table.
    same = calibration.prevalence is UNSET
    repaired = then.calibration if then and same else None
    metrics = _metrics(then, repaired, y, scores, risks, auc, seed)
    points = tuple(
        _point(one.at, one.threshold, then, y, scores, prevalence.then, worth)
        for one in manifest.points
        if one.threshold is not None
    )
    (point,) = (one for one in points if one.name == at)
    return ValidationFigures(
        prevalence=prevalence,
        metrics=metrics,
        calibration=calibration,
        points=points,
        gain=_gain(point, then, y, scores, seed, worth) if then else None,
        needed=_needed(metrics, point, int(y.sum()), width),
        auc=auc,
        cox=cox,
        own_costs=worth is not None,
    )


def asked(name: str, then: RunFigures | None) -> str:
    """Return the operating point that one follows, its alerts as a share of rows."""
    at = then.aim if then and name == "recommended" else name
    point = parse(at)
    if not then or point.number is None or not point.kind.counts or point.share:
        return at
    share = point.number / max(1, sum(then.test.values()))
    return with_number(point.name, share) if share < 1 else at


def _prevalence(reference: Reference | None, y: Labels) -> Prevalence:
    positives, rows = int(np.count_nonzero(y)), len(y)
    now = Prevalence(now=positives / rows, ci=wilson(positives, rows))
    if reference is None:
        return now
    negatives_then, positives_then = reference.training.values()
    rows_then = negatives_then + positives_then
    table = [[positives, rows - positives], [positives_then, negatives_then]]
    return Prevalence(
        now=now.now,
        ci=now.ci,
        then=positives_then / rows_then,
        then_ci=wilson(positives_then, rows_then),
        p=float(fisher_exact(table).pvalue),
    )


def _metrics(
    then: RunFigures | None,
    repaired: Calibration | None,
    y: Labels,
    scores: Scores,
    risks: Scores,
    auc: Auc | None,
    seed: int,
) -> tuple[ValidatedMetric, ...]:
    """Return the ranking of the scores, and the losses of the probabilities."""
    enough = min(np.bincount(y, minlength=2)) >= FEWEST_ROWS
    before = then.metrics if then else {}
    wide = risks.astype(np.float64)
    clipped = np.clip(wide, CLIP, 1 - CLIP)
    squares = np.square(wide - y)
    logs = -np.log(np.where(y == 1, clipped, 1 - clipped))
    average = score("average_precision", y, scores)
    return (
        ValidatedMetric(
            metric="average_precision",
            now=None if math.isnan(average) else average,
            ci=ranking_interval(y, scores, seed=seed, stratified=False)
            if enough
            else None,
            then=before.get("average_precision"),
            then_ci=then.average_precision_ci if then else None,
        ),
        ValidatedMetric(
            metric="roc_auc",
            now=auc.value if auc else None,
            ci=auc.ci if auc and enough else None,
            then=before.get("roc_auc"),
            then_ci=then.roc_auc_ci if then else None,
        ),
        ValidatedMetric(
            metric="brier",
            now=float(squares.mean()),
            ci=loss_interval(squares) if enough else None,
            then=repaired.brier if repaired else None,
        ),
        ValidatedMetric(
            metric="log_loss",
            now=float(logs.mean()),
            ci=loss_interval(logs) if enough else None,
            then=repaired.log_loss if repaired else None,
        ),
    )


def _calibration(
    manifest: Manifest, y: Labels, risks: Scores, cox: CoxFit
) -> CalibrationCheck:
    repair = manifest.calibration.get(manifest.classes[-1])
    slope, intercept, large = cox
    return CalibrationCheck(
        method=repair.method if repair else "none",
        prevalence=repair.prevalence if repair else UNSET,
        slope=slope[0] if slope else None,
        slope_ci=limits(slope),
        intercept=intercept[0] if intercept else None,
        intercept_ci=limits(intercept),
        in_the_large=large[0] if large else None,
        in_the_large_ci=limits(large),
        bins=calibrate.curve(y, risks),
    )


# Operating points ---------------------------------------------------------------------


def rates(counts: Confusion) -> dict[str, tuple[int, int]]:
    """Return recall, precision and false positive rate: rows, and of how many."""
    return {
        "recall": (counts.tp, counts.tp + counts.fn),
        "precision": (counts.tp, counts.tp + counts.fp),
        "false_positive_rate": (counts.fp, counts.fp + counts.tn),
    }


def _point(
    name: str,
    threshold: float,
    then: RunFigures | None,
    y: Labels,
    scores: Scores,
    prevalence: float | None,
    worth: Scores | None,
) -> ValidatedPoint:
    counts, at = confusion_at(y, scores, threshold), asked(name, then)
    before = _then(name, then)
    old = rates(before.confusion) if before else {}
    metrics = []
    for metric, (part, whole) in rates(counts).items():
        was, of = old.get(metric, (0, 0))
        metrics.append(
            ValidatedMetric(
                metric=metric,
                now=part / whole if whole else None,
                ci=wilson(part, whole),
                then=was / of if of else None,
                then_ci=wilson(was, of),
            )
        )
    tn, fp, fn, tp = counts.tn, counts.fp, counts.fn, counts.tp
    missed = None
    if worth is not None:
        missed = float(worth[(y == 1) & (scores < np.float64(threshold))].sum())
    cost = None
    if then is not None:
        cost = then.costs.per_1000(tn=tn, fp=fp, fn=fn, tp=tp, missed=missed)
    return ValidatedPoint(
        name=name,
        threshold=threshold,
        confusion=counts,
        metrics=tuple(metrics),
        delivered=measure_delivery(at, counts),
        cost=cost,
        suggested=_suggest(at, then, y, scores, prevalence, worth),
    )


def _then(name: str, then: RunFigures | None) -> OperatingPoint | None:
    points = then.points if then else ()
    return next((one for one in points if one.name == name), None)


def _suggest(
    at: str,
    then: RunFigures | None,
    y: Labels,
    scores: Scores,
    prevalence: float | None,
    worth: Scores | None,
) -> float | None:
    """Return the threshold that the rule of a point chooses on the new rows."""
    point = parse(at)
    if point.name == "recommended" or point.kind.fixed or (y == y[0]).all():
        return None
    if then is None and point.name == "cost":
        return None
    costs = then.costs if then else Costs(cost_fn=1, cost_fp=1)
    chosen = choose(
        at, y, scores, prevalence=prevalence or 0.5, costs=costs, worth=worth
    )
    return None if chosen.note else chosen.threshold


def falls_short(
    delivered: Delivered, counts: Confusion, fitted: int, z: float
) -> bool | None:
    """Tell whether a point is shown to deliver less than requested, or more alerts.

    Parameters
    ----------
    delivered : Delivered
    counts : Confusion
        Of the new rows.
    fitted : int
        Of how many rows the share is that the threshold was chosen on.
    z : float
        Of the normal distribution, for the level.

    Returns
    -------
    bool or None
        None where there is nothing to count. The interval is Wilson's, wider for the
        rows that the threshold was chosen on: those made an error of their own. What is
        shown must be off by a tenth of the request, too.
    """
    alerts = delivered.metric == "alerts"
    part, whole = rates(counts).get(
        delivered.metric, (counts.fp + counts.tp, sum(_all(counts)))
    )
    found = wilson(part, whole, z * math.sqrt(1 + whole / max(1, fitted)))
    if found is None or delivered.value is None:
        return None
    sign = 1 if alerts else -1
    end, off = found[0 if alerts else 1], delivered.value - delivered.requested
    far = sign * off > 0.1 * delivered.requested
    return far and sign * (end - delivered.requested) > 0


def _all(counts: Confusion) -> tuple[int, int, int, int]:
    return counts.tn, counts.fp, counts.fn, counts.tp


_HALVES: Final = 2 / math.pi
"""How the errors of two halves are taken to correlate, since each chooses the threshold
that the other is counted at; docs/validate.md has the coverage that was simulated."""


def _gain(
    point: ValidatedPoint,
    then: RunFigures,
    y: Labels,
    scores: Scores,
    seed: int,
    worth: Scores | None,
) -> ThresholdGain | None:
    """Compare the threshold with that of least cost of the other half of the rows."""
    if parse(asked(point.name, then)).name != "cost":
        return None
    if min(np.bincount(y, minlength=2)) < FEWEST_ROWS:
        return None
    saved, own = np.empty(len(y)), np.ones(len(y)) if worth is None else worth
    halves = StratifiedKFold(2, shuffle=True, random_state=seed)
    for fit, held_out in halves.split(scores, y):
        prevalence = float(y[fit].mean())
        chosen = choose(
            "cost",
            y[fit],
            scores[fit],
            prevalence=prevalence,
            costs=then.costs,
            worth=own[fit],
        )
        kept, moved = (
            _row_costs(y[held_out], scores[held_out] >= np.float64(t), then.costs)
            for t in (point.threshold, chosen.threshold)
        )
        saved[held_out] = (kept - moved) * own[held_out]
    # Over all rows: how many are positive varies from table to table, too.
    variance = saved.var(ddof=1) * (1 + _HALVES) / len(y)
    mean, half = float(saved.mean()), Z * math.sqrt(variance)
    assert point.cost is not None
    return ThresholdGain(
        cost=point.cost,
        gain=1000 * mean,
        ci=(1000 * (mean - half), 1000 * (mean + half)),
    )


def _row_costs(y: Labels, predicted: Labels, costs: Costs) -> Scores:
    """Return what each row costs."""
    missed, found = (
        np.where(predicted, *pair)
        for pair in ((costs.cost_tp, costs.cost_fn), (costs.cost_fp, costs.cost_tn))
    )
    return np.asarray(np.where(y == 1, missed, found))


# How many positives -------------------------------------------------------------------


def _needed(
    metrics: tuple[ValidatedMetric, ...],
    point: ValidatedPoint,
    positives: int,
    width: float,
) -> tuple[PositivesNeeded, ...]:
    """Return what intervals of the wanted half width take."""
    found = []
    recall = point.metrics[0]
    if recall.now is not None and recall.ci is not None:
        low, high = recall.ci
        found.append(
            PositivesNeeded(
                metric="recall",
                at=point.name,
                half_width=(high - low) / 2,
                wanted=width,
                positives=positives_for_rate(recall.now, width),
            )
        )
    for one in metrics[:2]:
        if one.ci is not None:
            half = (one.ci[1] - one.ci[0]) / 2
            found.append(
                PositivesNeeded(
                    metric=one.metric,
                    at=None,
                    half_width=half,
                    wanted=width,
                    positives=max(1, math.ceil(positives * (half / width) ** 2)),
                )
            )
    return tuple(found)
