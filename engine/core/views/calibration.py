"""Curves in words, and whether scores can be read as probabilities."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

from engine.core import format as figures
from engine.core.arm_result import ArmAtPoint
from engine.core.costs import wilson
from engine.core.methods.samplers import CONTROL
from engine.core.outcome import Calibration, CalibrationBin, Point, Scored
from engine.core.result import Result
from engine.core.views import Column

MOST_ARMS: Final = 6
"""As many arms as can be distinguished in a picture."""


class CurveLabel(NamedTuple):
    """A curve's name, and the metric that sums it up with its short name."""

    title: str
    metric: str = ""
    short: str = ""

    def figure(self, test: Mapping[str, float | None]) -> str:
        """Write the metric for a legend; nothing where none sums the curve up.

        Examples
        --------
        >>> LABELS["pr"].figure({"average_precision": 0.25}), LABELS["det"].figure({})
        ('AP 0.250', '')
        """
        if not self.metric:
            return ""
        return f"{self.short} {figures.decimals(test.get(self.metric), 3)}"


LABELS: Final = {
    "pr": CurveLabel("PR", "average_precision", "AP"),
    "roc": CurveLabel("ROC", "roc_auc", "AUC"),
    "det": CurveLabel("DET"),
    "lift": CurveLabel("lift"),
    "gain": CurveLabel("gain"),
}
"""By the names of `engine.core.curve.CURVES`."""


def select_arms(names: Collection[str], *wanted: str) -> list[str]:
    """Return at most so many arms as can be distinguished, in their order.

    The controls and the wanted ones are among them, and then the first.

    Examples
    --------
    >>> select_arms([*"abcdefgh", "untreated"], "h")
    ['a', 'b', 'c', 'd', 'h', 'untreated']
    """

    def is_first(name: str) -> bool:
        return name in wanted or name.partition("@")[0] == CONTROL

    first = sorted(names, key=is_first, reverse=True)
    chosen = set(first[:MOST_ARMS])
    return [name for name in names if name in chosen]


def control_of(scored: Mapping[str, Scored], control: str) -> str | None:
    """Return the control, where costs of others can be drawn relative to its own."""
    known = [name for name, scores in scored.items() if scores.cost_steps]
    return control if control in known and len(known) > 1 else None


def threshold_figures(at: ArmAtPoint) -> dict[str, str]:
    """Return what an arm comes to where it stands, each figure by its name."""
    point, c = at.point, at.counts
    shown = {
        "recall": _with_interval(point, "recall"),
        "precision": _with_interval(point, "precision"),
        "alerts": f"{c.tp + c.fp:,} of {c.tn + c.fp + c.fn + c.tp:,} rows",
        "cost/1,000": figures.per_mille(point.metric("cost_per_1000")),
    }
    for name in ("specificity", "F1", "MCC"):
        shown[name] = figures.decimals(point.metric(name.lower()), 3)
    return shown


def _with_interval(point: Point, name: str) -> str:
    limits = point.metrics.get(f"{name}_ci")
    interval = figures.interval(limits if isinstance(limits, tuple) else None)
    return f"{figures.decimals(point.metric(name), 3)} {interval}"


# Calibration --------------------------------------------------------------------------


class RepairName(NamedTuple):
    """What a repair of scores is called: in a table, in a narrow one, in sentences."""

    table: str
    short: str
    phrase: str
    reason: str


REPAIRS: Final = {
    "none": RepairName("as it is", "as is", "", ""),
    "prior": RepairName(
        "prior",
        "prior",
        "the prior shift",
        "shifting the odds back to the prevalence",
    ),
    "platt": RepairName("Platt", "Platt", "Platt scaling", "Platt's method"),
    "isotonic": RepairName(
        "isotonic", "isot.", "isotonic regression", "isotonic regression"
    ),
}
MEASURES: Final = {
    "brier": Column("Brier"),
    "log_loss": Column("log loss"),
    "slope": Column("slope", drop=2),
    "intercept": Column("intercept", drop=3),
    "expected_calibration_error": Column("ECE", drop=1),
    "in_the_large": Column("calibration-in-the-large", short="CITL", drop=4),
}
"""What is measured of scores as they are, and of each repair."""
COLUMNS: Final = (
    Column("arm", align="left", most=24),
    Column("scores", align="left"),
    *MEASURES.values(),
)
MARK: Final = "✓"
"""Marks the repair that did best on out-of-fold scores."""
_SIGNED: Final = ("slope", "intercept", "in_the_large")
_MOST_NAME: Final = 40
_FAR, _FACTOR = 0.05, 1.25
"""A score is off by enough to matter if by this, or by this factor of the odds."""
_FEWEST: Final = 5
"""Positives, found or expected, from which on a bin says anything."""
_ENOUGH: Final = 100
"""Positives that it takes to judge probabilities."""
_NOTABLE: Final = 1.1
"""Odds that differ by less than this factor are not worth a warning."""


class ReliabilityCurve(NamedTuple):
    """A curve: its name, its bins from low scores to high, a note for the legend."""

    label: str
    bins: Sequence[CalibrationBin]
    note: str = ""


def curves_of_scores(scored: Mapping[str, Scored]) -> list[ReliabilityCurve]:
    """Return a curve per arm, of its scores as they are."""
    raw = {name: _with(scores.calibration, "none") for name, scores in scored.items()}
    return [ReliabilityCurve(name, fit.bins) for name, fit in raw.items() if fit]


def curves_of_arm(name: str, scores: Scored, drawn: str) -> list[ReliabilityCurve]:
    """Return the curve of an arm's scores as they are, and that after a repair."""
    first, *others = scores.calibration
    curves = [ReliabilityCurve(name, first.bins, REPAIRS[first.method].table)]
    if fit := _with(others, drawn):
        mark = MARK if drawn == scores.repair else ""
        curves.append(ReliabilityCurve(REPAIRS[drawn].table, fit.bins, mark))
    return curves


def select_repair(scores: Scored, wanted: str | None) -> str:
    """Return the repair to show: that asked for, else the one that did best."""
    known = [fit.method for fit in scores.calibration]
    return next((name for name in (wanted, scores.repair) if name in known), known[0])


def has_one_repair(result: Result) -> bool:
    """Tell whether every arm has one repair for all classes; old runs may not."""
    arms = (arm.classes.values() for arm in result.arms)
    return all(len({scores.repair for scores in classes}) <= 1 for classes in arms)


def judgements(scored: Mapping[str, Scored]) -> tuple[list[str], list[str]]:
    """Return a sentence per arm, and what is to be warned of, each once."""
    sentences: list[str] = []
    warned: dict[str, list[str]] = {}
    for name, scores in scored.items():
        sentences.append(judgement(name, scores.calibration, scores.repair))
        if doubt := warning(scores.calibration):
            warned.setdefault(doubt, []).append(figures.brief(name, COLUMNS[0].most))
    return sentences, [f"{', '.join(arms)}: {doubt}" for doubt, arms in warned.items()]


def figure(value: float | None, measure: str) -> str:
    """Write what was measured; a figure with a sign has two decimals at most.

    Examples
    --------
    >>> figure(0.1643, "brier"), figure(-3.9, "in_the_large"), figure(None, "slope")
    ('0.164', '−3.90', '—')
    """
    if value is None:
        return figures.NOTHING
    if measure in _SIGNED:
        digits = 2 if abs(value) < 100 else 0
        text = f"{value:.{digits}f}" if abs(value) < 10_000 else f"{value:.0e}"
        return text.replace("-", "−")
    # Scores of rare positives differ in the fourth decimal.
    return figures.decimals(value, 3 if value >= 0.1 else 4)


def _with(fits: Sequence[Calibration], method: str) -> Calibration | None:
    """Return the calibration of a method, if it is there."""
    return next((fit for fit in fits if fit.method == method), None)


def warning(fits: Sequence[Calibration], *, short: bool = False) -> str:
    """Say that a model saw other shares of classes than there are; or nothing.

    Parameters
    ----------
    fits : sequence of Calibration
        Those of one arm and class.
    short : bool, default=False
        In few words.

    Examples
    --------
    >>> from engine.core.outcome import CalibrationMap
    >>> prior = Calibration(method="prior", map=CalibrationMap(intercept=-3.997))
    >>> warning([prior])
    'trained on resampled or weighted rows: their training odds are 54 × the real ones'
    >>> warning([prior], short=True)
    'training odds are 54 × the real ones'
    """
    prior = _with(fits, "prior")
    if prior is None or abs(prior.map.intercept) < math.log(_NOTABLE):
        return ""
    # Of odds, not of scores: what a model makes of it is for the test rows to say.
    factor = math.exp(min(700.0, -prior.map.intercept))
    times = f"{factor:,.0f}" if 10 <= factor < 1e6 else f"{factor:.2g}"
    if short:
        return f"training odds are {times} × the real ones"
    odds = f"their training odds are {times} × the real ones"
    return f"trained on resampled or weighted rows: {odds}"


def judgement(name: str, fits: Sequence[Calibration], repair: str) -> str:
    """Say whether an arm's scores can be read as probabilities, and what corrects them.

    Parameters
    ----------
    name : str
        The arm; any text.
    fits : sequence of Calibration
        The scores as they are come first.
    repair : str
        The method that did best on out-of-fold scores.

    Returns
    -------
    str
        A bin of rows is off where its mean score is outside the interval of its share
        of positives, at a level that all bins together keep by chance 19 times of 20,
        and by so much that it matters: 0.05, or a quarter of the odds. Fewer than 100
        positives are too few to be sure of anything [1]_.

    References
    ----------
    .. [1] Collins, G. S., Ogundimu, E. O. and Altman, D. G. (2016). Sample size
       considerations for the external validation of a multivariable prognostic model.
       Statistics in Medicine 35(2), 214-226.

    Examples
    --------
    >>> bins = (CalibrationBin(rows=900, positives=27, score=0.41),)
    >>> judgement("smote", [Calibration(method="none", bins=bins)], "none")
    'smote predicts 0.410 where 0.030 is observed: not calibrated; no recalibration \
did better on out-of-fold scores'
    """
    name = figures.brief(name, _MOST_NAME)
    if not fits or not fits[0].bins:
        return f"{name}: no calibration was measured"
    raw, repaired = fits[0], _with(fits, repair) or fits[0]
    if not any(b.positives for b in raw.bins):
        why = "no test row is positive"
        return f"{name}: {why}, so its calibration cannot be assessed"
    off = _off(raw.bins)
    wrong = f"{name} {_says(off)}: not calibrated; " if off else ""
    if repaired is raw:
        if off:
            return f"{wrong}no recalibration did better on out-of-fold scores"
        return f"{name}: its scores can be read as probabilities{_few(raw)}"
    method, change = REPAIRS[repaired.method].phrase, _change(raw, repaired)
    begin = wrong or f"{name}: the test rows show no miscalibration; "
    if _worse(raw, repaired):
        return (
            f"{begin}{method} did better out of fold, but not on the test rows{change}"
        )
    if not off:
        better = f"{method} did better out of fold and on the test rows{change}"
        return f"{begin}{better}: prefer the recalibrated scores"
    after = _off(repaired.bins)
    if after is None:
        return f"{wrong}{method} corrects it{change}"
    return f"{wrong}{method} helps{change}, but {_says(after)}"


def _off(bins: Sequence[CalibrationBin]) -> CalibrationBin | None:
    """Return the bin that is farthest off, of those that are so for no small part."""
    z = NormalDist().inv_cdf(1 - 0.025 / len(bins))
    wrong = []
    for b in bins:
        if max(b.positives, b.rows * b.score) < _FEWEST:
            continue
        limits = wilson(b.positives, b.rows, z) or (0.0, 1.0)
        low, high = sorted((b.score, b.positives / b.rows))
        matters = high - low >= _FAR or high * (1 - low) > _FACTOR * low * (1 - high)
        if matters and not limits[0] <= b.score <= limits[1]:
            wrong.append(b)
    return max(wrong, key=lambda b: abs(b.score - b.positives / b.rows), default=None)


def _says(b: CalibrationBin) -> str:
    share = b.positives / b.rows
    score, true = figures.distinct_thresholds(b.score, share)
    return f"predicts {score} where {true if share else 'none'} is observed"


def _few(fit: Calibration) -> str:
    """Say how little so few positives can tell; nothing if there are enough."""
    positives = sum(b.positives for b in fit.bins)
    if positives >= _ENOUGH:
        return ""
    return f", as far as {figures.plural(positives, 'positive')} can tell"


def _worse(raw: Calibration, repaired: Calibration) -> bool:
    if raw.log_loss is None or repaired.log_loss is None:
        return False
    return repaired.log_loss > raw.log_loss


def _change(raw: Calibration, repaired: Calibration) -> str:
    """Return what a repair did to the Brier score, or else to the log loss."""
    worse = _worse(raw, repaired)
    for measure in ("brier", "log_loss"):
        before, after = getattr(raw, measure), getattr(repaired, measure)
        texts = figure(before, measure), figure(after, measure)
        if None in (before, after) or texts[0] == texts[1]:
            continue
        if (after > before) == worse:
            return f" ({MEASURES[measure].title} {texts[0]} → {texts[1]})"
    return ""
