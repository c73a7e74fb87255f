"""From the figures of a validation to its verdict, by the rules of docs/validate.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from scipy.stats import binomtest, norm

from engine.bundle.reference import Reference
from engine.core.costs import Costs
from engine.core.format import listed, p_value, plural, share, signed
from engine.core.format import threshold as shown
from engine.core.outcome import Remark
from engine.core.points import parse
from engine.core.result import FEWEST_ROWS
from engine.core.validation import (
    TITLES,
    ColumnDrift,
    ScoreDrift,
    ValidatedPoint,
    ValidatedRows,
    ValidationVerdict,
)
from engine.evaluate import intervals
from engine.evaluate.intervals import limits
from engine.validation.measure import ValidationFigures, asked, falls_short

CHECKS: Final = 4
"""Ranking, slope, calibration in the large, operating point."""
Z: Final = float(norm.ppf(1 - 0.05 / CHECKS / 2))
"""Each check has its part of 5 %: no more are false among models that hold."""
LOST_AUC: Final = 0.05
"""A loss of ROC AUC that matters; one twice as large has to be found."""
OFF_SLOPE, OFF_ODDS = 1.25, 1.25
"""Factors from which on a slope, or the odds, are off."""
SAVED: Final = 0.05
"""Share of the cost that another threshold has to save."""
POWER: Final = 0.8


def decide(
    measured: ValidationFigures,
    reference: Reference | None,
    rows: ValidatedRows,
    at: str,
    *,
    columns: Sequence[ColumnDrift] = (),
    scores: ScoreDrift | None = None,
) -> ValidationVerdict:
    """Return the verdict of a validation.

    Parameters
    ----------
    measured : ValidationFigures
    reference : Reference or None
        That of the bundle.
    rows : ValidatedRows
    at : str
        The operating point that is looked at.
    columns : sequence of ColumnDrift, default=()
    scores : ScoreDrift or None, default=None

    Returns
    -------
    ValidationVerdict
        The first of these that is shown: the ranking is lost (retrain), the
        probabilities are off (recalibrate), the operating point does not deliver (move
        the threshold); else whether so many rows would have shown a loss (holds).
    """
    point = next(one for one in measured.points if one.name == at)
    doubts = _doubts(measured, reference, rows, columns, scores)
    few = min(rows.positives, rows.used - rows.positives)
    if few < FEWEST_ROWS:
        text = (
            f"There are {plural(rows.positives, 'positive')} in {rows.used:,} rows: "
            f"{FEWEST_ROWS} rows of each class are needed for any interval."
        )
        return _verdict("VAL005", text, [Remark("VAL105", text)], doubts)
    ranking, lost = _ranking(measured, reference)
    calibration, off = _calibration(measured)
    threshold, moved = _threshold(measured, reference, point)
    detectable, able = _detectable(measured, reference, rows.positives)
    reasons = [*ranking, *calibration, *threshold, *detectable]
    found = {"VAL004": lost, "VAL002": off, "VAL003": moved, "VAL001": able}
    code = next((code for code, is_so in found.items() if is_so), "VAL005")
    return _verdict(code, _what(code, point, moved), reasons, doubts)


def _verdict(
    code: str, recommendation: str, reasons: Sequence[Remark], doubts: Sequence[Remark]
) -> ValidationVerdict:
    return ValidationVerdict(
        code=code,
        headline=TITLES[code],
        recommendation=recommendation,
        reasons=tuple(reasons),
        doubts=tuple(doubts),
    )


def _what(code: str, point: ValidatedPoint, moved: bool) -> str:
    """Say what to do."""
    to = ""
    if point.suggested is not None:
        to = f", to {shown(point.suggested)} by these rows"
    match code:
        case "VAL004":
            return "Train again, on rows like these: the model ranks worse than it did."
        case "VAL002":
            text = (
                "Fit the calibration again on labelled rows like these before the "
                "probabilities are used. The ranking is not shown to be worse."
            )
            return f"{text} Move the threshold too{to}." if moved else text
        case "VAL003":
            return f"Move the threshold of `{point.name}`{to}. The model may stay."
        case "VAL001":
            return "Nothing that the run promised is shown to be broken on these rows."
    return (
        "Nothing is shown to be broken, but these rows would not show much: get more."
    )


# The four checks ----------------------------------------------------------------------


def _ranking(
    measured: ValidationFigures, reference: Reference | None
) -> tuple[list[Remark], bool]:
    """Compare the ROC AUC with that of the run's test rows."""
    auc = measured.auc
    assert auc is not None
    now = f"ROC AUC {auc.value:.3f} ({auc.ci[0]:.3f} to {auc.ci[1]:.3f})"
    then = reference.figures if reference else None
    before = then.metrics.get("roc_auc") if then else None
    if then is None or before is None or then.roc_auc_error is None:
        # Without a figure to compare with only the loss of all skill can be shown.
        lost = auc.value + Z * auc.error < 0.5 + LOST_AUC
        text = f"{now}; there is none of the run to compare it with."
        return [Remark("VAL101", text)], lost
    difference = auc.value - before
    error = math.hypot(auc.error, then.roc_auc_error)
    low, high = limits((difference, error)) or (0.0, 0.0)
    lost = difference + Z * error < 0 and difference <= -LOST_AUC
    text = (
        f"{now}; on the test rows of the run it was {before:.3f}: difference "
        f"{signed(difference, 3)}, 95 % interval {signed(low, 3)} to {signed(high, 3)}."
    )
    return [Remark("VAL101", text)], lost


def _calibration(measured: ValidationFigures) -> tuple[list[Remark], bool]:
    """Ask whether slope and odds are off, and shown to be."""
    slope, _, large = measured.cox
    reasons, off = [], False
    if large is not None:
        low, high = limits(large, Z) or (0.0, 0.0)
        shown_off = low > 0 or high < 0
        off |= shown_off and abs(large[0]) >= math.log(OFF_ODDS)
        ends = [math.exp(x) for x in limits(large) or ()]
        text = (
            f"The odds of a positive are {math.exp(large[0]):.2f} times what the "
            f"calibrated probabilities say (95 % interval {ends[0]:.2f} to "
            f"{ends[1]:.2f}; 1 is right)."
        )
        if there := measured.calibration.prevalence:
            text += f" They are for a prevalence of {share(there, 1)}."
        reasons.append(Remark("VAL102", text))
    if slope is not None:
        low, high = limits(slope, Z) or (0.0, 0.0)
        far = not 1 / OFF_SLOPE < slope[0] < OFF_SLOPE
        off |= far and (low > 1 or high < 1)
        ends = list(limits(slope) or ())
        text = (
            f"Calibration slope {slope[0]:.2f} (95 % interval {ends[0]:.2f} to "
            f"{ends[1]:.2f}; 1 is right, below 1 the probabilities are too extreme)."
        )
        reasons.append(Remark("VAL103", text))
    return reasons, off


def _threshold(
    measured: ValidationFigures, reference: Reference | None, point: ValidatedPoint
) -> tuple[list[Remark], bool]:
    """Ask whether the operating point delivers what it is for."""
    then, came = reference.figures if reference else None, point.delivered
    if came is not None:
        at = parse(asked(point.name, then))
        fitted = _fitted(point, reference)
        if came.value is None or came.ci is None:
            counts = point.confusion
            rows = counts.tn + counts.fp + counts.fn + counts.tp
            of = sum(reference.training.values()) if reference else 1
            # So many alerts are expected here; none comes by chance, as of Poisson.
            unlikely = fitted * rows / of > -math.log(0.05 / CHECKS)
            text = f"`{point.name}` predicts no row positive: nothing is delivered."
            return [Remark("VAL104", text)], unlikely
        short = falls_short(came, point.confusion, fitted, Z)
        alerts = came.metric == "alerts"
        value, *ends = (
            share(x, 1) if alerts else f"{x:.2f}" for x in (came.value, *came.ci)
        )
        text = (
            f"`{point.name}` requests {at.request}; on these rows it is {value} (95 % "
            f"interval {ends[0]} to {ends[1]})."
        )
        return [Remark("VAL104", text)], bool(short)
    gain = measured.gain
    if gain is None or gain.ci is None:
        text = f"`{point.name}` requests nothing that can be checked."
        return [Remark("VAL104", text)], False
    half = (gain.ci[1] - gain.gain) * Z / intervals.Z
    moved = gain.gain - half > 0 and gain.gain >= SAVED * gain.cost
    low, high = (signed(x, 1) for x in gain.ci)
    paid = f" ({_paid(then.costs, measured.own_costs)})" if then else ""
    text = (
        f"`{point.name}` costs {gain.cost:,.1f} per 1,000 rows{paid}; a threshold "
        f"chosen on half of these rows saves {signed(gain.gain, 1)} on the other half "
        f"(95 % interval {low} to {high})."
    )
    return [Remark("VAL104", text)], moved


def _paid(costs: Costs, own: bool) -> str:
    """Say at which costs: without them a cost is a bare number."""
    miss = f"a miss costs {costs.cost_fn:.4g}"
    if costs.column:
        miss = (
            f"costs per row of column `{costs.column}`" if own else f"{miss}, the mean"
        )
    text = f"{miss}, a false alarm {costs.cost_fp:.4g}"
    return f"{text}, as the run assumed" if costs.assumed else text


def _fitted(point: ValidatedPoint, reference: Reference | None) -> int:
    """Return of how many rows the share was that a threshold was chosen on."""
    if reference is None:
        return 0
    negatives, positives = reference.training.values()
    assert point.delivered is not None
    match point.delivered.metric:
        case "recall":
            return positives
        case "alerts":
            return negatives + positives
    tested = reference.figures
    if tested is None:
        return 0
    same = next((one for one in tested.points if one.name == point.name), None)
    alerts = same.confusion.tp + same.confusion.fp if same else 0
    rows = max(1, sum(tested.test.values()))
    return round(alerts * (negatives + positives) / rows)


def _detectable(
    measured: ValidationFigures, reference: Reference | None, positives: int
) -> tuple[list[Remark], bool]:
    """Say what losses these rows would have shown with a chance of 0.8."""
    then = reference.figures if reference else None
    if then is None or then.roc_auc_error is None or measured.auc is None:
        text = "The bundle has no figures of its run: a loss cannot be measured."
        return [Remark("VAL106", text)], False
    reach = Z + float(norm.ppf(POWER))
    own, before = measured.auc.error, then.roc_auc_error
    loss = max(LOST_AUC, reach * math.hypot(own, before))
    text = (
        f"A loss of {loss:.2f} in ROC AUC would have been shown with a chance of "
        f"{POWER:g}"
    )
    large = measured.cox.in_the_large
    if large is not None:
        odds = math.exp(max(math.log(OFF_ODDS), reach * large[1]))
        text += f", and so would odds that are {odds:.2f} times too high or too low"
    enough = loss <= 2 * LOST_AUC
    if not enough:
        left = (2 * LOST_AUC / reach) ** 2 - before**2
        more = (
            "no number of new positives would show a loss of 0.10: the run had too few"
        )
        if left > 0:
            count = math.ceil(positives * own**2 / left)
            more = (
                f"for a loss of {2 * LOST_AUC:.2f} it takes about {count:,} positives"
            )
        text += f"; {more}"
    return [Remark("VAL106", f"{text}.")], enough


# Limits -------------------------------------------------------------------------------


def _doubts(
    measured: ValidationFigures,
    reference: Reference | None,
    rows: ValidatedRows,
    columns: Sequence[ColumnDrift],
    scores: ScoreDrift | None,
) -> list[Remark]:
    """Say what limits the verdict, or explains it."""
    found = []
    share_now = measured.prevalence
    expected, p = share_now.then, share_now.p
    where = "was {} in the training rows"
    if there := measured.calibration.prevalence:
        # The run was told of the prevalence in use: that of its rows says nothing.
        expected, where = there, "the bundle is for {}"
        p = float(binomtest(rows.positives, rows.used, there).pvalue)
    if expected and p is not None and p < 0.05:
        text = (
            f"The share of positives is {share(share_now.now, 1)}, and "
            f"{where.format(share(expected, 1))} (p {p_value(p, '= ')}): precision, "
            "alerts and calibration change with it."
        )
        found.append(Remark("VAL201", text))
    drifted = sorted((c for c in columns if c.adjusted_p < 0.05), key=lambda c: -c.psi)
    if drifted:
        names = listed([one.column for one in drifted])
        text = (
            f"{len(drifted):,} of {plural(len(columns), 'column')} differ from the "
            f"training rows, those that differ most first: {names}."
        )
        found.append(Remark("VAL202", text))
    if scores is not None and scores.p < 0.05:
        text = (
            f"The scores are distributed otherwise than on the test rows of the run "
            f"(distance {scores.statistic:.2f}, p {p_value(scores.p, '= ')})."
        )
        found.append(Remark("VAL203", text))
    if reference is None:
        text = (
            "The bundle has no reference of its run: drift and losses cannot be "
            "measured. Export it again."
        )
        found.append(Remark("VAL204", text))
    if rows.equal is None:
        text = (
            "The bundle knows no training rows: whether some of these rows are among "
            "them cannot be checked."
        )
        found.append(Remark("VAL205", text))
    elif rows.equal:
        how = "left out" if rows.left_out else "kept, and figures on them flatter"
        text = f"{plural(rows.equal, 'row')} equal to training rows: {how}."
        found.append(Remark("VAL206", text))
    if rows.compared is not None and rows.compared < rows.read:
        text = (
            f"Only {rows.compared:,} of {rows.read:,} rows could be compared with "
            "training rows: the bundle knows a sample of them."
        )
        found.append(Remark("VAL207", text))
    return found
