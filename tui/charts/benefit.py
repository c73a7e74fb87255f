"""Net benefit by threshold probability: each arm, and treating all or none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from engine.core import format as figures
from engine.core.costs import Costs
from engine.core.curve import BenefitPoint, decision_curve, treat_all
from tui.charts.base import Palette, message, nice_ceiling
from tui.charts.canvas import Axis, round_out
from tui.charts.costs import CostSeries
from tui.charts.plane import Line, Whisker, plane

HIGHEST = 0.99
"""The greatest threshold probability that is drawn."""
_POINTS = 240
_FIRST = 0.001
_WHISKERS = 6
"""Intervals of each arm, at different places for each."""
_LEAST = 0.02
"""Net benefit, as a share of the prevalence, that is worth room on the scale."""
_DEEPEST = 0.25
"""What is drawn below 0, as a share of what is above."""


def net_benefit(
    series: Sequence[CostSeries],
    positives: int,
    negatives: int,
    width: int,
    height: int,
    palette: Palette,
    *,
    paid: Costs | None = None,
) -> str:
    """Draw the net benefit of each arm at its thresholds of least cost.

    Parameters
    ----------
    series : sequence of CostSeries
        One line each.
    positives, negatives : int
        Test rows.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    paid : Costs or None, default=None
        Those of the run: a line marks the probability at which they are right, and
        their prevalence is that of the rows.

    Returns
    -------
    str
        Dotted are all rows and no row predicted positive; upright, 95 % intervals.

    References
    ----------
    .. [1] Vickers, A. J. and Elkin, E. B. (2006). Decision curve analysis: a novel
       method for evaluating prediction models. Medical Decision Making 26(6), 565-574.
    """
    if positives <= 0 or negatives <= 0:
        return message("Net benefit needs test rows of both classes.", width, height)
    there = paid.prevalence if paid else None
    share = there or positives / (positives + negatives)
    own = 1 / (1 + paid.ratio) if paid and paid.ratio > 0 else None
    curves = [
        decision_curve(
            one.steps, positives, negatives, _places(HIGHEST), there or share
        )
        for one in series
    ]
    used = [
        p.probability for points in curves for p in points if p.benefit > _LEAST * share
    ]
    if not any(curves):
        return message("No net benefit to draw yet.", width, height)
    last = min(HIGHEST, nice_ceiling(1.1 * max([share, own or 0.0, *used])))
    curves = [
        decision_curve(one.steps, positives, negatives, _places(last), there or share)
        for one in series
    ]
    low, high = round_out(-_DEEPEST * share, 1.05 * share)
    all_rows = [(t, treat_all(share, t)) for t in _places(last)]
    dotted = [(a, b) for a, b in pairwise(all_rows) if b[1] >= low]
    dotted.append(((0.0, 0.0), (last, 0.0)))
    return plane(
        [
            Line(one.label, _line(points), one.note, rank=one.rank)
            for one, points in zip(series, curves, strict=True)
        ],
        Axis("threshold probability", 0.0, last),
        Axis("net benefit (dotted: all rows, no row)", low, high, brief="net benefit"),
        *(width, height, palette),
        heading=f"net benefit at a prevalence of {figures.share(share, 1)}",
        dotted=dotted,
        upright=None if own is None or own > last else (own, _own(paid, own)),
        whiskers=_whiskers(curves),
    )


def _places(last: float) -> list[float]:
    step = (last - _FIRST) / (_POINTS - 1)
    return [_FIRST + step * n for n in range(_POINTS)]


def _line(points: Sequence[BenefitPoint]) -> list[tuple[float, float]]:
    return [(point.probability, point.benefit) for point in points]


def _whiskers(curves: Sequence[Sequence[BenefitPoint]]) -> list[Whisker]:
    """Return some intervals of each line, no two at one place."""
    found = []
    for number, points in enumerate(curves):
        apart = _POINTS / _WHISKERS
        for n in range(_WHISKERS if points else 0):
            part = (number + 0.5) / len(curves)
            at = points[int(apart * (n + part))]
            found.append(Whisker(number, at.probability, *at.ci))
    return found


def _own(paid: Costs | None, place: float) -> str:
    whose = "assumed" if paid and paid.assumed else "yours"
    return f"{whose} {figures.threshold(place)}"
