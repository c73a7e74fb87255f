"""Points of each class in a plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tui.charts import classes, ticks
from tui.charts.base import MARKERS, Colour, Palette, figure, message, render
from tui.charts.plane import (
    Axis,
    Line,
    finite,
    legend,
    shade,
    to_cell,
    within,
)
from tui.console import figures
from tui.safe_text import clip

__all__ = ["axis_of", "canvas_of", "scatter"]

LEAST_WIDTH, LEAST_HEIGHT = 24, 8
CLOUD: Final = "⠿"
"""Stands for the largest class, whose points are dots of the braille patterns."""
BELOW = 3
_MARGIN = 0.03
MARKED = 4
"""One in so many cells bears a marker at most: what is below must be seen, too."""

Rows = tuple[Sequence[float], Sequence[float]]


def scatter(
    points: Mapping[str, Rows],
    counts: Mapping[str, int],
    width: int,
    height: int,
    palette: Palette,
    *,
    axes: tuple[str, str] = ("x", "y"),
    note: str = "",
) -> str:
    """Draw the points of each class, the smaller above the larger.

    The largest class is a cloud of fine dots; each other one has its own marker, a
    cell large, and the smallest the colour of a minority.

    Parameters
    ----------
    points : mapping of str to (sequence of float, sequence of float)
        Where the points of a class are, across and up.
    counts : mapping of str to int
        Rows by class label, of which these points may be a part.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    axes : tuple of (str, str), default=("x", "y")
        The names of the two scales.
    note : str, default=""
        Said behind the number of points.

    Returns
    -------
    str
        `height` lines, or a message where there is nothing to draw or no room.
    """
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return message("Too small for a scatter.", width, height)
    known = classes.counted(counts)
    order = [label for label in classes.largest_first(known) if label in points]
    places = {label: finite([*zip(*points[label], strict=True)]) for label in order}
    everywhere = [point for label in order for point in places[label]]
    if not everywhere:
        return message("No points to draw.", width, height)
    x, y = (axis_of(name, [p[n] for p in everywhere]) for n, name in enumerate(axes))
    marked, colours = _told_apart(order, palette)
    lines = [Line(clip(label, 20), (), figures.count(known[label])) for label in marked]
    rest = [Line(label, ()) for label in order if label not in marked]
    markers = "".join(marked.values())
    head = legend(
        [*lines, *rest],
        width,
        max(1, height // 6),
        palette,
        markers=markers,
        colours=colours,
    )
    head.append(palette.paint(clip(f"{y.name} ↑", width), palette.muted))
    rows = height - len(head) - 1
    made, canvas = canvas_of(x, y, width, rows)
    room = max(1, canvas * (rows - BELOW) // MARKED)
    shares = _shares({label: len(places[label]) for label in [*marked][1:]}, room)
    drawn = 0
    for number, (label, marker) in enumerate(marked.items()):
        here = places[label][: shares.get(label)]
        drawn += len(here)
        xs, ys = within(here, x, y)
        if number:
            xs = [to_cell(value, x, 2, canvas) for value in xs]
            ys = [to_cell(value, y, 4, rows - BELOW) for value in ys]
        if here:
            style = marker if number else "braille"
            made.scatter(xs, ys, marker=style, color=shade(colours[number]))
    total = sum(known.values())
    said = f"{figures.count(drawn)} of {figures.plural(total, 'row')} shown"
    said += f" · {note}" if note else ""
    headed = palette.paint(clip(said, width), palette.muted)
    return "\n".join([headed, *head, render(made, palette)])


def axis_of(name: str, values: Sequence[float]) -> Axis:
    """Return a scale on which all of some values have room."""
    low, high = min(values), max(values)
    margin = (high - low) * _MARGIN or max(abs(low), 1.0) * 0.5
    return Axis(name, low - margin, high + margin)


def _told_apart(
    order: Sequence[str], palette: Palette
) -> tuple[dict[str, str], list[Colour]]:
    """Return the classes that are drawn, each with its marker, and their colours.

    The largest comes first, the smallest last; if there are more than markers, some
    between them are left out.
    """
    if len(order) == 1:
        return {order[0]: CLOUD}, [palette.majority]
    between = order[1:-1][: len(MARKERS) - 2]
    labels = [order[0], *between, order[-1]]
    markers = [CLOUD, *MARKERS[2:][: len(between)], MARKERS[1]]
    colours = [palette.majority, *palette.series[2:][: len(between)], palette.minority]
    return dict(zip(labels, markers, strict=True)), colours


def _shares(many: Mapping[str, int], room: int) -> dict[str, int]:
    """Divide so many markers among classes; each has one at least."""
    total = sum(many.values())
    if total <= room:
        return dict(many)
    return {label: max(1, room * count // total) for label, count in many.items()}


def canvas_of(x: Axis, y: Axis, width: int, rows: int) -> tuple[Any, int]:
    """Return a figure with two scales, and the cells that its canvas is wide."""
    made = figure(width, rows)
    y_ticks = ticks.nice_ticks(y.low, y.high, max(2, rows // 4))
    y_texts = ticks.labels(y_ticks)
    canvas = width - 1 - max(map(len, y_texts), default=0)
    x_ticks, x_texts = ticks.across(x.low, x.high, canvas)
    made.xlim(x.low, x.high)
    made.ylim(y.low, y.high)
    made.xticks(x_ticks, x_texts)
    made.yticks(y_ticks, y_texts)
    made.xlabel(clip(f"{x.name} →", canvas))
    return made, canvas
