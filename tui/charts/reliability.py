"""The reliability curve: what share is positive, where the scores say so much."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.core.intervals import wilson
from engine.core.outcome import CalibrationBin
from engine.core.views.calibration import ReliabilityCurve
from tui.charts import ticks
from tui.charts.base import MARKERS, Palette, message
from tui.charts.plane import BELOW, Axis, Line, Whisker, plane

_HEADROOM = 1.1
_ALIKE = 2.0
"""Scales whose ends differ by no more than this get the same end."""
_LOW, _MANY = 0.2, 0.5
"""More than this part of the points, below this part of a scale, bends it."""
_LABELS = 8
"""Cells that the numbers of the vertical scale take at most."""


def reliability(
    series: Sequence[ReliabilityCurve], width: int, height: int, palette: Palette
) -> str:
    """Draw the share of positives in each bin against the mean score in it.

    Perfect probabilities are on the dotted line. Bars are Wilson's 95 % intervals of
    the shares, where there is room for them. Both scales end where the points do; if
    most points are in a low corner even then, both are square-root scales, on which
    the dotted line is as straight.

    Parameters
    ----------
    series : sequence of ReliabilityCurve
        One line each, the first drawn over the others.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        At most `height` lines, or a message where there is nothing, or no room.
    """
    drawn = series[: len(MARKERS)]
    bins = [one for curve in drawn for one in curve.bins]
    if not bins:
        return message("No result to draw yet.", width, height)
    right, top, root = _scale(bins)

    def place(value: float) -> float:
        return math.sqrt(max(0.0, value)) if root else value

    name, canvas = "mean score", width - _LABELS
    across: list[tuple[float, str]] = []
    up: list[tuple[float, str]] = []
    if root:
        long = "mean score, square-root scales"
        name = long if len(long) + 2 <= canvas else "mean score (√ scales)"
        rows = height - max(1, height // 6) - 1 - BELOW
        across, up = _ticks(right, canvas, across=True), _ticks(top, rows)
    x = Axis(name, 0.0, place(right), ticks=across)
    y = Axis("share positive (dotted: perfect)", 0.0, place(top), ticks=up)
    lines = []
    for label, some, note in series:
        points = [(place(b.score), place(b.positives / b.rows)) for b in some]
        lines.append(Line(label, points, note, dots=points))
    # The last curve has its own first: it is the one that may be on the dotted line.
    whiskers = [
        Whisker(
            number,
            place(b.score),
            *map(place, wilson(b.positives, b.rows) or (0.0, 1.0)),
        )
        for number, curve in [*enumerate(drawn)][::-1]
        for b in reversed(curve.bins)
    ]
    end = min(x.high, y.high)
    dotted = [((0.0, 0.0), (end, end))]
    return plane(lines, x, y, width, height, palette, dotted=dotted, whiskers=whiskers)


def _scale(bins: Sequence[CalibrationBin]) -> tuple[float, float, bool]:
    """Return the ends of both scales, and whether they are of square roots."""
    scores = [b.score for b in bins]
    share = max(b.positives / b.rows for b in bins)
    x = min(1.0, ticks.nice_ceiling(max(scores)))
    y = min(1.0, ticks.nice_ceiling(_HEADROOM * share)) if share else x
    if max(x, y) <= _ALIKE * min(x, y):
        x = y = max(x, y)
    low = sum(score < _LOW * x for score in scores)
    return x, y, low > _MANY * len(scores)


def _ticks(high: float, cells: int, *, across: bool = False) -> list[tuple[float, str]]:
    """Return ticks of a square-root scale, from its end down, as many as fit."""
    top = math.ceil(math.log10(high))
    values = [high, *(m * 10.0**e for e in range(top, top - 7, -1) for m in (5, 2, 1))]
    marks: list[tuple[float, str]] = []
    last, wide = math.inf, 0
    for value in [*(v for v in values if v <= high), 0.0]:
        text = f"{value:g}"
        place = math.sqrt(value / high) * (cells - 1)
        need = (len(text) + wide) / 2 + 2 if across else 2
        if last - place >= need and (value == 0 or place >= need):
            marks.append((math.sqrt(value), text))
            last, wide = place, len(text)
    return marks[::-1]
