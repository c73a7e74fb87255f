"""Expected cost by cost ratio: the cheapest arm, and where that changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from engine.core import format as figures
from engine.core.costs import Costs
from engine.core.curve import CostPoint, cost_curve
from engine.core.outcome import CostStep, CostWinner
from engine.core.views import FOCUSED
from tui.charts.base import MARKERS, Palette, logarithmic_ticks, message, nice_ceiling
from tui.charts.canvas import Axis, round_out
from tui.charts.plane import PLAIN, Line, Stretch, plane
from tui.terminal.safe_text import clean

LOWEST, HIGHEST = 0.1, 1000.0
"""Ratios that are drawn."""
_PER_CELL = 3
_FARTHEST = 0.6
"""Differences from `untreated` beyond that share of its cost are cut."""
_LEAST = 0.02
_PREVALENCES = (0.001, 0.01, 0.1, 1, 10, 50, 90, 99)
"""In per cent, where they are marked."""


class CostSeries(NamedTuple):
    """An arm's steps of least cost.

    Parameters
    ----------
    label : str
        What the legend calls it.
    steps : sequence of CostStep
        From the least ratio to the greatest.
    note : str, default=""
        A figure for the legend.
    rank : int, default=PLAIN
        Lines of a higher rank are drawn over others.
    """

    label: str
    steps: Sequence[CostStep]
    note: str = ""
    rank: int = PLAIN


def costs_by_ratio(
    series: Sequence[CostSeries],
    positives: int,
    negatives: int,
    width: int,
    height: int,
    palette: Palette,
    *,
    paid: Costs | None = None,
    won: Sequence[CostWinner] = (),
    against: str | None = None,
    here: float | None = None,
) -> str:
    """Draw what each arm costs at its threshold of least cost, by the cost ratio.

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
        Those of the run, given or assumed: a line marks their ratio, over all else.
        At their prevalence, if they have one, rows are counted.
    won : sequence of CostWinner, default=()
        The cheapest arm by ratio, named below the axis, each break-even dashed.
    against : str or None, default=None
        Label of the arm whose cost is 1 everywhere; else, or where that arm costs 0 at
        some ratio, 1 is the cost of predicting no row or every row positive, whichever
        is less.
    here : float or None, default=None
        The prevalence that the costs are for: instead of the cost ratio the axis has
        the prevalence in use, at the costs of the run.

    Returns
    -------
    str
    """
    if positives <= 0 or negatives <= 0:
        return message("Costs need test rows of both classes.", width, height)
    ratios = _ratios(max(width, 2))
    sizes = positives, negatives
    negative = paid.weight_of_negative(*sizes) if paid else 1.0
    count = paid.count(positives) if paid else None
    curves = {
        one.label: cost_curve(one.steps, *sizes, ratios, negative, count)
        for one in series
    }
    base, free = curves.get(against or ""), ""
    costly = [point.cost > 0 for point in base or ()]
    if not all(costly):
        # Nothing can be divided by 0, and a line with a hole looks like a line.
        base, free = None, (against or "").removeprefix(FOCUSED)
        if not any(costly):
            return message(f"{free} costs nothing: no arm costs less.", width, height)
    lines = [
        Line(one.label, _relative(curves[one.label], base), one.note, rank=one.rank)
        for one in series
    ]
    values = [y for line in lines for _, y in line.points]
    if not values:
        return message("No cost to draw yet.", width, height)
    y = _scale(values, against if base else None, free)
    first, last = math.log10(LOWEST), math.log10(HIGHEST)
    marks = logarithmic_ticks(first, last)
    x = Axis("cost ratio FN : FP", first, last, ticks=marks)
    upright, by = _own(paid), "cost ratio (FN : FP)"
    if here is not None and paid is not None:
        x, by = _by_prevalence(here, paid.ratio, first, last), "prevalence in use"
        upright = math.log10(paid.ratio), f"here {figures.share(here, 1)}"
    stretches = []
    for one in won:
        start, end = math.log10(one.ratio), math.log10(min(HIGHEST, one.to or HIGHEST))
        stretches.append(Stretch(start, end, *_sign_of(one.arm, series)))
    breaks = [((one.low, -math.inf), (one.low, math.inf)) for one in stretches[1:]]
    head = f"cheapest arm by {by}"
    head = f"{head}   ┊ break-even" if breaks else head
    dotted = [((first, 1.0), (last, 1.0)), *breaks]
    size = width, height, palette
    draw = partial(plane, heading=head, dotted=dotted, upright=upright)
    draw = partial(draw, ribbon=stretches, ribbon_title="cheapest: ")
    return draw(lines, x, y, *size)


def _by_prevalence(here: float, ratio: float, first: float, last: float) -> Axis:
    """Return the scale of the prevalences at which the costs decide as ratios do."""

    def place(prevalence: float) -> float:
        odds = prevalence / (1 - prevalence) * (1 - here) / here
        return math.log10(odds * ratio)

    ticks = [
        (place(percent / 100), f"{percent:g} %")
        for percent in _PREVALENCES
        if first <= place(percent / 100) <= last
    ]
    name = f"prevalence in use, at costs of {figures.ratio_text(ratio)} : 1"
    return Axis(name, first, last, ticks=ticks)


def _own(paid: Costs | None) -> tuple[float, str] | None:
    """Return where the costs of the run stand, and what they are called."""
    if paid is None or not 0 < paid.ratio < math.inf:
        return None
    whose = "assumed" if paid.assumed else "yours"
    return math.log10(paid.ratio), f"{whose} {figures.ratio_text(paid.ratio)}:1"


def _sign_of(arm: str, series: Sequence[CostSeries]) -> tuple[str, str]:
    """Return an arm's marker, if it has a line, and its name."""
    labels = [one.label.removeprefix(FOCUSED) for one in series]
    place = labels.index(arm) if arm in labels else len(MARKERS)
    return MARKERS[place] if place < len(MARKERS) else "+", clean(arm)


def _ratios(width: int) -> list[float]:
    """Return ratios evenly by their logarithm, some in each cell."""
    many = _PER_CELL * width
    power = math.log10(HIGHEST / LOWEST) / many
    return [LOWEST * 10 ** (power * (n + 0.5)) for n in range(many)]


def _relative(
    points: Sequence[CostPoint], base: Sequence[CostPoint] | None
) -> list[tuple[float, float]]:
    """Return logarithms of the ratios and costs beside those of the base."""
    if base is None:
        return [(math.log10(point.ratio), point.share) for point in points]
    return [
        (math.log10(point.ratio), point.cost / other.cost)
        for point, other in zip(points, base, strict=True)
    ]


def _scale(values: Sequence[float], against: str | None, free: str) -> Axis:
    """Return the vertical scale.

    `free` is an arm that nothing can be set beside, since it costs 0 somewhere.
    """
    least, most = min(values), max(values)
    if against is None:
        low = max(0.0, 1 - nice_ceiling(max(_LEAST, 1 - least)))
        note = f"; {free} costs 0 somewhere" if free else ""
        name = f"expected cost (1: all or no rows positive{note})"
        return Axis(name, *round_out(low, min(1.5, max(1.05, most))))
    below = nice_ceiling(max(_LEAST, min(_FARTHEST, 1 - least)))
    above = nice_ceiling(max(_LEAST, min(_FARTHEST, most - 1)))
    low, high = round_out(1 - below, 1 + above)
    cut = f", cut at {high:g}" if most > high else ""
    name = f"expected cost relative to {against.removeprefix(FOCUSED)}"
    brief, name = f"{name}{cut}", f"{name} (= 1; lower is better{cut})"
    return Axis(name, low, high, brief=brief)
