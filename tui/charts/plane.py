"""Lines in a plane: legend, scales and plotext's canvas."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from tui.charts import base
from tui.charts.base import MARKERS, Colour, Palette, figure, message, render
from tui.terminal.safe_text import cells, clip, pad

Point = tuple[float, float]

TOO_SMALL = "Too small for a curve."
LEAST_WIDTH, LEAST_HEIGHT = 24, 8
_MOST_LABEL, _MOST_NOTE = 20, 32
BELOW = 3
"""Lines below the canvas: the axis, its numbers, its name."""
_MARKER_EVERY = 12
"""Cells between the markers of a line."""
_GAP = 3
"""Cells between the entries of a legend."""
_DOTTED, _UPRIGHT, _WHISKER = "·", "┊", "│"
_SHORTEST = 4
"""Cells of a name below which a sign alone stands for it."""
_APART = 2
"""Columns from one whisker to the next, at least."""
_FAR = 1e100
"""Beyond this, differences between numbers could overflow."""


@dataclass(frozen=True, slots=True)
class Line:
    """One series.

    Parameters
    ----------
    label, note : str
        What the legend says of it, its name and a figure.
    points : sequence of (float, float)
        Finite; joined in this order. A line without any keeps its marker free, so
        that an arm has the same one in every picture.
    dots : sequence of (float, float), default=()
        Single points that are not joined.
    """

    label: str
    points: Sequence[Point]
    note: str = ""
    dots: Sequence[Point] = ()


@dataclass(frozen=True, slots=True)
class Axis:
    """One scale.

    Parameters
    ----------
    name : str
        What it measures.
    low, high : float, default=0, 1
        Its ends.
    whole : bool, default=False
        Whether only whole numbers are on it.
    ticks : sequence of (float, str), default=()
        Places and their texts, growing, where it is no even scale; as many of them
        are shown as have room.
    """

    name: str
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    ticks: Sequence[tuple[float, str]] = ()


class Stretch(NamedTuple):
    """A part of the horizontal scale: its ends, its sign and its name."""

    low: float
    high: float
    sign: str
    name: str


class Whisker(NamedTuple):
    """An interval on the vertical scale: the number of its line, place and ends."""

    line: int
    x: float
    low: float
    high: float


def plane(
    lines: Sequence[Line],
    x: Axis,
    y: Axis,
    width: int,
    height: int,
    palette: Palette,
    *,
    heading: str = "",
    dotted: Sequence[tuple[Point, Point]] = (),
    upright: float | None = None,
    ribbon: Sequence[Stretch] = (),
    whiskers: Sequence[Whisker] = (),
) -> str:
    """Draw lines with a legend above them.

    Parameters
    ----------
    lines : sequence of Line
        At most as many as there are markers are drawn; the legend counts the rest.
    x, y : Axis
        Scales; what lies beyond them is drawn at their ends.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    heading : str, default=""
        A line of its own above the legend.
    dotted : sequence of (point, point), default=()
        Straight lines to compare with.
    upright : float or None, default=None
        Where a vertical line stands.
    ribbon : sequence of Stretch, default=()
        Parts of the horizontal scale, from low to high, named on a line below it.
    whiskers : sequence of Whisker, default=()
        Drawn below the lines, the first before others, where there is room.

    Returns
    -------
    str
        `height` lines, or a message where there is no room.
    """
    if width < LEAST_WIDTH or height < LEAST_HEIGHT + bool(heading) + bool(ribbon):
        return message(TOO_SMALL, width, height)
    head = [palette.paint(clip(heading, width), bold=True)] if heading else []
    head += legend(lines, width, max(1, height // 6), palette)
    head.append(palette.paint(clip(f"{y.name} ↑", width), palette.muted))
    canvas = canvas_of(x, y, width, height - len(head) - bool(ribbon), palette)
    made, columns, muted = canvas.made, canvas.columns, shade(palette.muted)
    for (x0, y0), (x1, y1) in dotted:
        steps = [n / (columns - 1) for n in range(0, columns, 2)]
        steep = round(abs(_part(y1, y) - _part(y0, y)) * canvas.rows)
        if steep > len(steps):
            steps = [n / steep for n in range(steep + 1)]
        points = [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in steps]
        marker = _UPRIGHT if x0 == x1 else _DOTTED
        made.scatter(*canvas.within(points), marker=marker, color=muted)
    if upright is not None:
        at = min(x.high, max(x.low, upright))
        made.vertical_line(at, shade(palette.accent))
    _draw_whiskers(canvas, whiskers)
    _draw_lines(canvas, lines)
    below = [_ribbon(canvas, ribbon, width)] if ribbon else []
    return "\n".join([*head, render(made, palette), *below])


class Canvas(NamedTuple):
    """A figure with two scales, its columns and rows of cells, and its colours."""

    made: Any
    x: Axis
    y: Axis
    columns: int
    rows: int
    palette: Palette

    def within(self, points: Sequence[Point]) -> tuple[list[float], list[float]]:
        """Return the places of points on both scales; those beyond are at the ends."""
        x, y = self.x, self.y
        xs = [min(x.high, max(x.low, a)) for a, _ in points]
        ys = [min(y.high, max(y.low, b)) for _, b in points]
        return xs, ys

    def cell(self, point: Point) -> Point:
        """Return the middle of the cell in which plotext draws this point's dot.

        A dot is rounded to the eighth of a cell, a marker to the cell; without this a
        marker could stand beside its line.
        """
        middle = []
        sides = ((self.x, 2, self.columns), (self.y, 4, self.rows))
        for value, (axis, dots, many) in zip(point, sides, strict=True):
            part = (dots * many - 1) * _part(value, axis)
            cell = math.floor(round(0.5 + part, 8)) // dots
            middle.append(_at(min(cell, many - 1), axis, many))
        return middle[0], middle[1]


def _draw_whiskers(canvas: Canvas, whiskers: Sequence[Whisker]) -> None:
    """Draw intervals, as many as do not stand side by side."""
    x, y, rows = canvas.x, canvas.y, canvas.rows
    taken: list[int] = []
    for number, at, low, high in whiskers:
        column = round(_part(at, x) * (canvas.columns - 1))
        if any(abs(column - other) < _APART for other in taken):
            continue
        taken.append(column)
        first, last = (
            round(min(1.0, _part(end, y)) * (rows - 1)) for end in (low, high)
        )
        ups = [_at(row, y, rows) for row in range(first, last + 1)]
        across = [canvas.cell((at, y.low))[0]] * len(ups)
        colour = shade(canvas.palette.series[number])
        canvas.made.scatter(across, ups, marker=_WHISKER, color=colour)


def _draw_lines(canvas: Canvas, lines: Sequence[Line]) -> None:
    """Draw lines and their markers, the first over the others."""
    drawn = lines[: len(MARKERS)]
    known = [(n, line) for n, line in enumerate(drawn) if line.points][::-1]
    colours = [shade(colour) for colour in canvas.palette.series]
    for number, line in known:
        places = canvas.within(_thin(line.points, canvas))
        canvas.made.plot(*places, marker="braille", color=colours[number])
    for number, line in known:
        marks = line.dots or _marks(line.points, canvas, number, len(drawn))
        inside = zip(*canvas.within(marks), strict=True)
        xs, ys = zip(*map(canvas.cell, inside), strict=True)
        marker, colour = MARKERS[number], colours[number]
        canvas.made.scatter(xs, ys, marker=marker, color=colour)


def canvas_of(x: Axis, y: Axis, width: int, lines: int, palette: Palette) -> Canvas:
    """Return a figure with two scales in so many cells and lines."""
    made, rows = figure(width, lines), lines - BELOW
    if y.ticks:
        y_ticks, y_texts = base.thin_ticks(y.ticks, y.low, y.high, rows)
    else:
        most = min(rows, max(2, lines // 4))
        y_ticks = base.nice_ticks(y.low, y.high, most, whole=y.whole)
        y_texts = base.tick_labels(y_ticks)
    columns = width - 1 - max(map(len, y_texts), default=0)
    if x.ticks:
        x_ticks, x_texts = base.thin_ticks(x.ticks, x.low, x.high, columns, across=True)
    else:
        x_ticks, x_texts = base.axis_ticks(x.low, x.high, columns, whole=x.whole)
    made.xlim(x.low, x.high)
    made.ylim(y.low, y.high)
    made.xticks(x_ticks, x_texts)
    made.yticks(y_ticks, y_texts)
    made.xlabel(clip(f"{x.name} →", columns))
    return Canvas(made, x, y, columns, rows, palette)


def _part(value: float, axis: Axis) -> float:
    """Return where on a scale a value is, from 0 to 1."""
    return (value - axis.low) / (axis.high - axis.low)


def _at(cell: int, axis: Axis, many: int) -> float:
    """Return the value in the middle of a cell of a scale."""
    return axis.low + (axis.high - axis.low) * cell / max(1, many - 1)


def _ribbon(canvas: Canvas, stretches: Sequence[Stretch], width: int) -> str:
    """Return the line that names parts of the horizontal scale, ends marked."""
    line = ""
    for low, high, sign, name in stretches:
        start, end = (
            round(min(1.0, max(0.0, _part(end, canvas.x))) * canvas.columns)
            for end in (low, high)
        )
        start = max(start, cells(line))
        room = end - start - 1
        if room < 1:
            continue
        text = f"{sign} {name}" if room > _SHORTEST + 1 else sign
        line = pad(line, start) + "┊" + pad(clip(text, room), room)
    text = canvas.palette.paint(clip(line[1:], canvas.columns), bold=True)
    return " " * (width - canvas.columns) + text


def finite(points: Sequence[Point]) -> list[Point]:
    """Return the points that can be drawn."""
    return [(a, b) for a, b in points if abs(a) < _FAR and abs(b) < _FAR]


def legend(
    lines: Sequence[Line],
    width: int,
    most: int,
    palette: Palette,
    *,
    markers: str = MARKERS,
    colours: Sequence[Colour] = (),
) -> list[str]:
    """Return markers with names and notes, in at most so many lines.

    Markers and colours are those of the palette's series unless others are given.
    """
    colours = colours or palette.series
    entries = []
    for marker, line, colour in zip(markers, lines, colours, strict=False):
        text = f"{marker} {clip(line.label, _MOST_LABEL)} {clip(line.note, _MOST_NOTE)}"
        text = clip(text.rstrip(), width)
        entries.append((text, palette.paint(text[:1], colour) + text[1:]))
    rows = [list[str]()]
    for many in range(len(entries), 0, -1):
        more = f"+{len(lines) - many} more"
        rest = [(more, palette.paint(more, palette.muted))]
        rows, used = [list[str]()], 0
        for text, drawn in entries[:many] + (rest if many < len(lines) else []):
            if used and used + cells(text) > width:
                rows.append([])
                used = 0
            rows[-1].append(drawn)
            used += cells(text) + _GAP
        if len(rows) <= most:
            break
    return [(" " * _GAP).join(row) for row in rows]


def _thin(points: Sequence[Point], canvas: Canvas) -> list[Point]:
    """Keep the lowest and the highest point of each column, in their order."""

    def column(point: Point) -> int:
        return int(_part(point[0], canvas.x) * (canvas.columns - 1) + 0.5)

    thinner: list[Point] = []
    for _, group in groupby(points, column):
        some = [*group]
        if len(some) > 2:
            ups = [up for _, up in some]
            ends = sorted({ups.index(min(ups)), ups.index(max(ups))})
            some = [some[place] for place in ends]
        thinner += some
    return thinner


def _marks(
    points: Sequence[Point], canvas: Canvas, number: int, many: int
) -> list[Point]:
    """Return points of a line far enough apart to bear its marker.

    Lines bear theirs at different places, so that those that coincide still show.
    """
    found: dict[int, Point] = {}
    offset = _MARKER_EVERY * (number + 0.5) / many
    for point in points:
        place = _part(point[0], canvas.x) * (canvas.columns - 1)
        found.setdefault(math.floor((place - offset) / _MARKER_EVERY), point)
    return [*found.values()]


def shade(colour: Colour) -> int | str | tuple[int, int, int]:
    """Return a colour as plotext wants it."""
    return "default" if colour is None else colour
