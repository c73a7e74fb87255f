"""Whether scores can be read as risks: as a table, and in one sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from statistics import NormalDist
from typing import Final

from engine.core import format as figures
from engine.core.intervals import wilson
from engine.core.result import Result
from engine.core.views import Column
from engine.core.views.calibration import MEASURES, REPAIRS, SIGNED
from engine.outcome import Calibration, CalibrationBin
from tui.console.grid import grid, left_out
from tui.console.lines import Line, Span, aside, line, wrap
from tui.safe_text import clip

NAMES: Final = {name: about.table for name, about in REPAIRS.items()}
"""What the methods are called in a table."""
MARK: Final = "✓"
_MOST_NAME = 40
_FAR, _FACTOR = 0.05, 1.25
"""A score is off by enough to matter if by this, or by this factor of the odds."""
_FEWEST = 5
"""Positives, found or expected, from which on a bin says anything."""
_ENOUGH = 100
"""Positives that it takes to judge probabilities."""
_NOTABLE = 1.1
"""Odds that differ by less than this factor are not worth a warning."""


_MOST_ARM = 24
_COLUMNS = (
    Column("arm", align="left", most=_MOST_ARM),
    Column("scores", align="left"),
    *MEASURES.values(),
)


def calibration(result: Result, *, width: int, klass: str | None = None) -> list[Line]:
    """Lay out how far the arms' scores can be read as risks, as they are and repaired.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    klass : str or None, default=None
        Of more than two classes the one that is told from the rest; the rarest when
        None.

    Returns
    -------
    list of Line
        A table with the recommended method marked, then a sentence or two per arm.

    Raises
    ------
    UsageError
        If the run has no such class.
    """
    klass = result.select_class(klass)
    calibrated = {
        name: (scores.calibration, scores.repair)
        for name, scores in result.scored(klass).items()
        if scores.calibration
    }
    if not calibrated:
        yet = " yet" if result.status == "running" else ""
        return [line(Span(f" no arm has a calibration{yet}", "dim"))]
    lines: list[Line] = []
    if klass is not None:
        title = f"{clip(klass, _MOST_ARM)} against the rest"
        lines.append(line(" ", Span(title, "bold")))
    rows = (_rows(name, *of_arm) for name, of_arm in calibrated.items())
    table, dropped = grid(_COLUMNS, list(chain.from_iterable(rows)), width)
    lines += table
    text = f"{MARK} did best on out-of-fold scores"
    if klass is not None and _one_for_all(result):
        text += ", over all classes"
    lines += [*left_out(dropped, width), *aside(text, width)]
    warned: dict[str, list[str]] = {}
    for name, (some, repair) in calibrated.items():
        lines += wrap(judgement(name, some, repair), width, first=" · ")
        if doubt := warning(some):
            warned.setdefault(doubt, []).append(clip(name, _MOST_ARM))
    for doubt, names in warned.items():
        text = f"{', '.join(names)}: {doubt}"
        lines += wrap(text, width, first=Span(" ⚠ ", "warn"))
    return lines


def _one_for_all(result: Result) -> bool:
    """Tell whether every arm has one repair for all classes; old runs may not."""
    repairs = (
        {scores.repair for scores in arm.classes.values()} for arm in result.arms
    )
    return all(len(some) <= 1 for some in repairs)


def _rows(
    name: str, fits: Sequence[Calibration], repair: str
) -> list[tuple[Span, ...]]:
    return [
        (
            Span("" if place else clip(name, _MOST_ARM), "bold"),
            Span(NAMES[fit.method] + (f" {MARK}" if fit.method == repair else "")),
            *(Span(figure(fit, measure)) for measure in MEASURES),
        )
        for place, fit in enumerate(fits)
    ]


def figure(fit: Calibration, measure: str) -> str:
    """Write a figure of a calibration; one with a sign has it in words of its own.

    Examples
    --------
    >>> one = Calibration(method="none", brier=0.1643, in_the_large=-3.9)
    >>> figure(one, "brier"), figure(one, "in_the_large"), figure(one, "slope")
    ('0.164', '−3.90', '—')
    """
    value: float | None = getattr(fit, measure)
    if value is None:
        return figures.NOTHING
    if measure in SIGNED:
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
    found : sequence of Calibration
        Those of one arm and class.
    short : bool, default=False
        In few words.

    Examples
    --------
    >>> from engine.outcome import CalibrationMap
    >>> prior = Calibration(method="prior", map=CalibrationMap(intercept=-3.997))
    >>> warning([prior])
    'trained on resampled or weighted rows: there a positive has 54 times the odds'
    >>> warning([prior], short=True)
    'resampled or weighted: odds × 54'
    """
    prior = _with(fits, "prior")
    if prior is None or abs(prior.map.intercept) < math.log(_NOTABLE):
        return ""
    # Of odds, not of scores: what a model makes of it is for the test rows to say.
    factor = math.exp(min(700.0, -prior.map.intercept))
    times = f"{factor:,.0f}" if 10 <= factor < 1e6 else f"{factor:.2g}"
    if short:
        return f"resampled or weighted: odds × {times}"
    odds = f"there a positive has {times} times the odds"
    return f"trained on resampled or weighted rows: {odds}"


def judgement(name: str, fits: Sequence[Calibration], repair: str) -> str:
    """Say whether an arm's scores can be read as probabilities, and what corrects them.

    Parameters
    ----------
    name : str
        The arm; any text.
    found : sequence of Calibration
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
    name = clip(name, _MOST_NAME)
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
        low, high = wilson(b.positives, b.rows, z) or (0.0, 1.0)
        if not low <= b.score <= high and _matters(b.score, b.positives / b.rows):
            wrong.append(b)
    return max(wrong, key=lambda b: abs(b.score - b.positives / b.rows), default=None)


def _matters(score: float, share: float) -> bool:
    low, high = sorted((score, share))
    odds_apart = high * (1 - low) > _FACTOR * low * (1 - high)
    return high - low >= _FAR or odds_apart


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
        texts = figure(raw, measure), figure(repaired, measure)
        if None in (before, after) or texts[0] == texts[1]:
            continue
        if (after > before) == worse:
            return f" ({MEASURES[measure].title} {texts[0]} → {texts[1]})"
    return ""
