"""Expected cost by cost ratio: the cheapest arm, and where that changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from engine.core.curve import CostPoint, cost_curve
from engine.core.outcome import CostStep, CostWinner
from engine.core.views import FOCUSED
from tui.charts.base import MARKERS, Palette, logarithmic_ticks, message, nice_ceiling
from tui.charts.plane import Axis, Line, Stretch, plane
from tui.terminal.safe_text import clean

LOWEST, HIGHEST = 0.1, 1000.0
"""Ratios that are drawn."""
_PER_CELL = 3
_FARTHEST = 0.6
"""Differences from `untreated` beyond that share of its cost are cut."""
_LEAST = 0.02


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
    """

    label: str
    steps: Sequence[CostStep]
    note: str = ""


def costs_by_ratio(
    series: Sequence[CostSeries],
    positives: int,
    negatives: int,
    width: int,
    height: int,
    palette: Palette,
    *,
    ratio: float | None = None,
    won: Sequence[CostWinner] = (),
    against: str | None = None,
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
    ratio : float or None, default=None
        That of the experiment, marked by a line.
    won : sequence of CostWinner, default=()
        The cheapest arm by ratio, named below the axis, each break-even dotted.
    against : str or None, default=None
        Label of the arm whose cost is 1 everywhere; else, or where that arm costs 0 at
        some ratio, 1 is the cost of predicting no row or every row positive, whichever
        is less.

    Returns
    -------
    str
    """
    if positives <= 0 or negatives <= 0:
        return message("Costs need test rows of both classes.", width, height)
    ratios = _ratios(max(width, 2))
    curves = {
        one.label: cost_curve(one.steps, positives, negatives, ratios) for one in series
    }
    base, free = curves.get(against or ""), ""
    paid = [point.cost > 0 for point in base or ()]
    if not all(paid):
        # Nothing can be divided by 0, and a line with a hole looks like a line.
        base, free = None, (against or "").removeprefix(FOCUSED)
        if not any(paid):
            return message(f"{free} costs nothing: no arm costs less.", width, height)
    lines = [
        Line(one.label, _relative(curves[one.label], base), one.note) for one in series
    ]
    values = [y for line in lines for _, y in line.points]
    if not values:
        return message("No cost to draw yet.", width, height)
    name, low, high = _scale(values, against if base else None, free)
    first, last = math.log10(LOWEST), math.log10(HIGHEST)
    marks = logarithmic_ticks(first, last)
    x = Axis("cost ratio (a miss : a false alarm)", first, last, ticks=marks)
    stretches = []
    for one in won:
        start, end = math.log10(one.ratio), math.log10(min(HIGHEST, one.to or HIGHEST))
        stretches.append(Stretch(start, end, *_sign_of(one.arm, series)))
    breaks = [((one.low, low), (one.low, high)) for one in stretches[1:]]
    parts = [] if ratio is None else [f"│ the run's ratio {ratio:,.4g}"]
    if stretches:
        parts.append("┊ break-even; below the axis: the cheapest arm")
    upright = math.log10(min(HIGHEST, max(LOWEST, ratio))) if ratio else None
    dotted = [((first, 1.0), (last, 1.0)), *breaks]
    y, size, head = Axis(name, low, high), (width, height, palette), "   ".join(parts)
    draw = partial(plane, heading=head, dotted=dotted, upright=upright)
    return draw(lines, x, y, *size, ribbon=stretches)


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


def _scale(
    values: Sequence[float], against: str | None, free: str
) -> tuple[str, float, float]:
    """Return the name and the ends of the vertical scale.

    `free` is an arm that nothing can be set beside, since it costs 0 somewhere.
    """
    least, most = min(values), max(values)
    if against is None:
        low = max(0.0, 1 - nice_ceiling(max(_LEAST, 1 - least)))
        note = f"; {free} costs 0 somewhere" if free else ""
        name = f"expected cost (1: all or no rows positive{note})"
        return name, low, min(1.5, max(1.05, most))
    below = nice_ceiling(max(_LEAST, min(_FARTHEST, 1 - least)))
    above = nice_ceiling(max(_LEAST, min(_FARTHEST, most - 1)))
    cut = f", cut at {1 + above:g}" if most > 1 + above else ""
    control = against.removeprefix(FOCUSED)
    name = f"expected cost relative to {control} (= 1; lower is better{cut})"
    return name, 1 - below, 1 + above
