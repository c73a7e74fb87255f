"""The reliability curve: what share is positive, where the scores say so much."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.events import CalibrationBin
from engine.format import wilson
from tui.charts import ticks
from tui.charts.base import MARKERS, Palette, message, render
from tui.charts.plane import (
    BELOW,
    LEAST_HEIGHT,
    LEAST_WIDTH,
    Axis,
    Line,
    Point,
    canvas_of,
    draw_lines,
    legend,
    shade,
    to_cell,
)
from tui.safe_text import clip

_APART = 2
"""Columns from one whisker to the next, at least."""
_HEADROOM = 1.1
_ALIKE = 2.0
"""Scales whose ends differ by no more than this get the same end."""
_LOW, _MANY = 0.2, 0.5
"""More than this part of the points, below this part of a scale, bends it."""
_DOTTED, _WHISKER = "·", "│"


class Reliability(NamedTuple):
    """A curve: its name, its bins from low scores to high, a figure for the legend."""

    label: str
    bins: Sequence[CalibrationBin]
    note: str = ""


class _Scale(NamedTuple):
    """Ends of both scales, and whether they are drawn as square roots."""

    x: float
    y: float
    root: bool

    def place(self, value: float) -> float:
        """Return where a value is drawn."""
        return math.sqrt(max(0.0, value)) if self.root else value

    def point(self, score: float, share: float) -> Point:
        """Return where a point is drawn."""
        return self.place(score), self.place(share)

    def axis(self, name: str, high: float, cells: int, *, across: bool = False) -> Axis:
        """Return a scale as it is drawn, with as many ticks as have room."""
        known = _ticks(self, high, cells, across=across)
        places = [(self.place(at), text) for at, text in known]
        return Axis(name, 0.0, self.place(high), ticks=places)


def reliability(
    series: Sequence[Reliability], width: int, height: int, palette: Palette
) -> str:
    """Draw the share of positives in each bin against the mean score in it.

    Perfect probabilities are on the dotted line. Bars are Wilson's 95 % intervals of
    the shares, where there is room for them. Both scales end where the points do; if
    most points are in a low corner even then, both are square-root scales, on which
    the dotted line is as straight.

    Parameters
    ----------
    series : sequence of Reliability
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
    if not any(one.bins for one in drawn):
        return message("No result to draw yet.", width, height)
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return message("Too small for a curve.", width, height)
    scale = _scale([b for one in drawn for b in one.bins])
    head = legend(
        [Line(label, (), note) for label, _, note in series],
        width,
        max(1, height // 6),
        palette,
    )
    name = "share positive (dotted: perfect) ↑"
    head.append(palette.paint(clip(name, width), palette.muted))
    rows = height - len(head)
    y = scale.axis("", scale.y, rows - BELOW)
    canvas = width - 1 - max(len(text) for _, text in y.ticks)
    name = "mean score"
    if scale.root:
        long = "mean score, square-root scales"
        name = long if len(long) + 2 <= canvas else "mean score (√ scales)"
    x = scale.axis(name, scale.x, canvas, across=True)
    made, canvas = canvas_of(x, y, width, rows)
    grid = (canvas, rows - BELOW)
    _dot(made, x, y, grid, palette)
    _bars(made, drawn, scale, (x, y), grid, palette)
    lines = []
    for label, bins, _ in drawn:
        points = [scale.point(b.score, b.positives / b.rows) for b in bins]
        lines.append(Line(label, points, dots=points))
    draw_lines(made, lines, x, y, grid, palette)
    return "\n".join([*head, render(made, palette)])


def _scale(bins: Sequence[CalibrationBin]) -> _Scale:
    """Choose scales on which the points are told apart."""
    scores = [b.score for b in bins]
    share = max(b.positives / b.rows for b in bins)
    x = min(1.0, ticks.nice_ceiling(max(scores)))
    y = min(1.0, ticks.nice_ceiling(_HEADROOM * share)) if share else x
    if max(x, y) <= _ALIKE * min(x, y):
        x = y = max(x, y)
    low = sum(score < _LOW * x for score in scores)
    return _Scale(x, y, low > _MANY * len(scores))


def _ticks(
    scale: _Scale, high: float, cells: int, *, across: bool = False
) -> list[tuple[float, str]]:
    """Return values and texts along a scale, from its end down, as many as fit."""
    if not scale.root:
        if across:
            found, texts = ticks.across(0.0, high, cells)
        else:
            found = ticks.nice_ticks(0.0, high, max(2, cells // 3))
            texts = ticks.labels(found)
        return list(zip(found, texts, strict=True))
    top = math.ceil(math.log10(high))
    values = [high, *(m * 10.0**e for e in range(top, top - 7, -1) for m in (5, 2, 1))]
    kept: list[tuple[float, str]] = []
    last, wide = math.inf, 0
    for value in [*(v for v in values if v <= high), 0.0]:
        text = f"{value:g}"
        place = scale.place(value) / scale.place(high) * (cells - 1)
        need = (len(text) + wide) / 2 + 2 if across else 2
        if last - place >= need and (value == 0 or place >= need):
            kept.append((value, text))
            last, wide = place, len(text)
    return kept[::-1]


def _dot(made: Any, x: Axis, y: Axis, grid: tuple[int, int], palette: Palette) -> None:
    """Draw the line of perfect probabilities as far as both scales go."""
    end = min(x.high, y.high)
    across, up = end / x.high * grid[0] / 2, end / y.high * grid[1]
    steps = max(1, round(max(across, up)))
    places = [end * step / steps for step in range(steps + 1)]
    made.scatter(places, places, marker=_DOTTED, color=shade(palette.muted))


def _bars(
    made: Any,
    series: Sequence[Reliability],
    scale: _Scale,
    axes: tuple[Axis, Axis],
    grid: tuple[int, int],
    palette: Palette,
) -> None:
    """Draw the intervals of the shares, from high scores down, where there is room.

    The last curve has its own first: it is the one that may be on the dotted line.
    """
    x, y = axes
    columns, rows = grid
    taken: set[int] = set()
    for number, one in [*enumerate(series)][::-1]:
        for b in reversed(one.bins):
            column = round(scale.place(b.score) / x.high * (columns - 1))
            if any(abs(column - other) < _APART for other in taken):
                continue
            taken.add(column)
            low, high = wilson(b.positives, b.rows) or (0.0, 1.0)
            first, last = (
                round(min(1.0, scale.place(limit) / y.high) * (rows - 1))
                for limit in (low, high)
            )
            ups = [y.high * row / max(1, rows - 1) for row in range(first, last + 1)]
            place = to_cell(scale.place(b.score), x, 2, columns)
            made.scatter(
                [place] * len(ups),
                ups,
                marker=_WHISKER,
                color=shade(palette.series[number]),
            )
