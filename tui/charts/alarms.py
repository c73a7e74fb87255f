"""Curves over the share of rows alarmed: what can be found with so many looks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine import curve
from tui.charts import ticks
from tui.charts.base import Palette, message
from tui.charts.curves import Series, line_of, places, refusal
from tui.charts.plane import Axis, plane

__all__ = ["gain", "lift"]

_FEWEST = 10
"""Rows alarmed from which on a lift is drawn: of fewer it is chance."""
_LOWEST = 0.001


def lift(
    series: Sequence[Series],
    positives: int,
    negatives: int,
    width: int,
    height: int,
    palette: Palette,
) -> str:
    """Draw how many times the prevalence the alarmed rows hold.

    Parameters
    ----------
    series : sequence of Series
        One line each.
    positives, negatives : int
        Test rows.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        Against the share of the rows alarmed, by its logarithm: the rows that can be
        looked at are few. Dotted at 1, which guessing reaches.
    """
    if reason := refusal(series, positives, negatives):
        return message(reason, width, height)
    least = max(_LOWEST, min(0.1, _FEWEST / (positives + negatives)))
    low = math.log10(least)
    lines, highest = [], 2.0
    for one in series:
        points = [
            (math.log10(point.x), point.y)
            for point in curve.lift(one.sweep, positives, negatives)
            if point.x >= least
        ]
        lines.append(line_of(one, points))
        highest = max([highest, *(y for _, y in points)])
    shares = [
        (place, f"{100 * 10**place:.3g} %") for place, _ in ticks.logarithmic(low, 0)
    ]
    return plane(
        lines,
        Axis("share of rows alarmed", low, 0.0, ticks=shares),
        Axis("lift (dotted: guessing)", 0.0, ticks.nice_ceiling(highest)),
        width,
        height,
        palette,
        dotted=[((low, 1.0), (0.0, 1.0))],
    )


def gain(
    series: Sequence[Series],
    positives: int,
    negatives: int,
    width: int,
    height: int,
    palette: Palette,
) -> str:
    """Draw the share of positives found against that of the rows alarmed.

    Parameters
    ----------
    series : sequence of Series
        One line each.
    positives, negatives : int
        Test rows.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        With the dotted line of guessing.
    """
    if reason := refusal(series, positives, negatives):
        return message(reason, width, height)
    lines = []
    for one in series:
        points = places(curve.gain(one.sweep, positives, negatives))
        lines.append(line_of(one, [*points, (1.0, 1.0)] if points else []))
    return plane(
        lines,
        Axis("share of rows alarmed"),
        Axis("recall (dotted: guessing)"),
        width,
        height,
        palette,
        dotted=[((0.0, 0.0), (1.0, 1.0))],
    )
