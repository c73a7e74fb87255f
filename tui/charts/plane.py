"""Lines in a plane, with a legend above them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from tui.charts.base import MARKERS, Colour, Palette, message
from tui.charts.canvas import (
    BELOW,
    Axis,
    Canvas,
    Cell,
    ChartText,
    Point,
    canvas_of,
)
from tui.terminal.safe_text import cells, clean, clip, pad

TOO_SMALL = "Too small for a curve."
LEAST_WIDTH, LEAST_HEIGHT = 24, 7
_LOW = 16
"""Lines below which the names of both scales share one, and a heading may go."""
_MOST_LABEL, _MOST_NOTE = 20, 32
_MARKER_EVERY = 24
"""Cells between the markers of a line."""
_GAP = 3
"""Cells between the entries of a legend."""
_DOTTED, _UPRIGHT, _WHISKER, _OWN = "·", "┊", "│", "┃"
_SHORTEST = 4
"""Cells of a name below which a sign alone stands for it."""
_APART = 2
"""Columns from one whisker to the next, at least."""
_MOST_ENDS = 3
"""Lines that are named at their ends, too, at most."""
DIM, PLAIN, CHOSEN = 0, 1, 2
"""Ranks of lines: those that only stand behind, those in colour, the one in front."""


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
    rank : int, default=PLAIN
        Lines of a higher rank are drawn over others; `DIM` ones are muted, and only
        counted in the legend. Where colours are few `PLAIN` ones are dashed beside a
        `CHOSEN` one, else every second of them.
    """

    label: str
    points: Sequence[Point]
    note: str = ""
    dots: Sequence[Point] = ()
    rank: int = PLAIN


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
    upright: tuple[float, str] | None = None,
    ribbon: Sequence[Stretch] = (),
    ribbon_title: str = "",
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
    upright : tuple of (float, str) or None, default=None
        Where a vertical line stands, over all others, and what it is called.
    ribbon : sequence of Stretch, default=()
        Parts of the horizontal scale, from low to high, named on a line below it.
    ribbon_title : str, default=""
        What that line begins with, if there is room.
    whiskers : sequence of Whisker, default=()
        Drawn below the lines, the first before others, where there is room.

    Returns
    -------
    str
        `height` lines, or a message where there is no room.
    """
    names = "" if height >= _LOW else _names(heading, x, y, width)
    if width < LEAST_WIDTH or height < LEAST_HEIGHT + bool(ribbon):
        return message(TOO_SMALL, width, height)
    head = [palette.paint(clip(heading, width), bold=True)] if heading else []
    head = [] if names else head
    head += legend(lines, width, max(1, height // 6), palette)
    room = height - len(head) - 1 - bool(ribbon)
    canvas = canvas_of(x, y, width, room, palette, named=not names)
    head.append(palette.paint(clip(names or f"{y.name} ↑", width), palette.muted))
    # Charts side by side end on the same line.
    head += [""] * (room - BELOW + bool(names) - canvas.rows)
    for ends in dotted:
        _draw_dotted(canvas, *ends)
    _draw_whiskers(canvas, whiskers)
    _draw_lines(canvas, lines)
    if upright is not None:
        _draw_upright(canvas, *upright)
    text = canvas.lines()
    if ribbon:
        place = canvas.rows + BELOW - 1
        text.insert(place, _ribbon(canvas, ribbon, ribbon_title))
    return ChartText("\n".join([*head, *text]), canvas.area(len(head)))


def _names(heading: str, x: Axis, y: Axis, width: int) -> str:
    """Return what both scales are called, with the heading, if one line has room."""
    up, across = f"{y.name} ↑", f"{x.name} →"
    brief = [f"{y.brief or y.name} ↑", f"{x.brief or x.name} →"]
    kinds = ([heading, up, across], [up, across], brief)
    texts = ("   ".join(filter(None, some)) for some in kinds)
    return next((text for text in texts if cells(text) <= width), "")


def _draw_dotted(canvas: Canvas, start: Point, end: Point) -> None:
    """Draw a straight line of points, one in every second column or in every row."""
    (left, low), (right, high) = canvas.cell(start), canvas.cell(end)
    sign, many = (_UPRIGHT, 1) if left == right else (_DOTTED, abs(right - left) // 2)
    many = max(1, many, abs(high - low))
    for n in range(many + 1):
        part = n / many
        cell = round(left + (right - left) * part), round(low + (high - low) * part)
        canvas.put(cell, sign, canvas.palette.muted)


def _draw_upright(canvas: Canvas, at: float, name: str) -> None:
    """Draw a vertical line over everything, with its name beside it."""
    column = canvas.cell((at, canvas.y.low))[0]
    for row in range(canvas.rows):
        canvas.put((column, row), _OWN)
    canvas.uprights[column] = "┸"
    text = clean(name)
    start = column + 2 if column + 2 + len(text) <= canvas.columns else column - 1
    start -= len(text) if start < column else 0
    if text and start >= 0:
        for place, sign in enumerate(text, start):
            canvas.put((place, 0), sign)


def _draw_whiskers(canvas: Canvas, whiskers: Sequence[Whisker]) -> None:
    """Draw intervals, as many as do not stand side by side."""
    taken: list[int] = []
    for number, at, low, high in whiskers:
        column, first = canvas.cell((at, high))
        if any(abs(column - other) < _APART for other in taken):
            continue
        taken.append(column)
        for row in range(first, canvas.cell((at, low))[1] + 1):
            canvas.put((column, row), _WHISKER, canvas.palette.series[number])


def _draw_lines(canvas: Canvas, lines: Sequence[Line]) -> None:
    """Draw lines and their markers: dim ones first, then the last to the first."""
    drawn = [(n, line) for n, line in enumerate(lines[: len(MARKERS)]) if line.points]
    known = sorted(drawn, key=lambda one: (one[1].rank, -one[0]))
    paths: dict[int, list[Cell]] = {}
    focused = any(line.rank == CHOSEN for line in lines)
    for number, line in known:
        dim = line.rank == DIM
        colour = canvas.palette.muted if dim else canvas.palette.series[number]
        dots = _thin([canvas.dot(point) for point in line.points])
        other = line.rank == PLAIN and (focused or number % 2 == 1)
        dashed = other and not canvas.palette.right
        path = canvas.draw(dots, colour, dim=dim, dashed=dashed)
        if not dim:
            paths[number] = path
    owners = {cell: number for number, path in paths.items() for cell in path}
    for number, path in paths.items():
        line = lines[number]
        own = [cell for cell in path if owners[cell] == number]
        marks = [canvas.cell(dot) for dot in line.dots]
        for cell in marks or _marks(path, own, number, len(lines)):
            canvas.put(cell, MARKERS[number], canvas.palette.series[number])
    if 1 < len(paths) <= _MOST_ENDS:
        for number in [*paths][::-1]:
            text = f"{MARKERS[number]} {clip(lines[number].label, _MOST_LABEL)}"
            _name_end(canvas, paths[number], text, canvas.palette.series[number])


def _thin(dots: Sequence[Cell]) -> list[Cell]:
    """Keep the first and the last dot of each column, the lowest and the highest."""
    found: list[Cell] = []
    for _, group in groupby(dots, lambda dot: dot[0]):
        some = [*group]
        found += dict.fromkeys((some[0], min(some), max(some), some[-1]))
    return found


def _marks(
    path: Sequence[Cell], own: Sequence[Cell], number: int, many: int
) -> list[Cell]:
    """Return cells of a line far enough apart to bear its marker.

    They are on straight stretches, where a marker hides no step, and in cells of the
    line's own. Lines bear theirs at different places, so that those that coincide
    still show.
    """
    there = set(path)

    def runs(cell: Cell, across: int, down: int) -> bool:
        beside = [(cell[0] + n * across, cell[1] + n * down) for n in (-1, 1)]
        aside = [(cell[0] + n * down, cell[1] + n * across) for n in (-1, 1)]
        return there.issuperset(beside) and there.isdisjoint(aside)

    level = [cell for cell in own if runs(cell, 1, 0)]
    steep = [cell for cell in own if runs(cell, 0, 1)]
    found: dict[int, tuple[float, Cell]] = {}
    shift = _MARKER_EVERY * (number - many / 2) / many
    for cell in level or steep or own or path:
        place = (cell[0] - shift) / _MARKER_EVERY
        stretch = math.floor(place)
        near = abs(place - stretch - 0.5), cell
        found[stretch] = min(near, found.get(stretch, near))
    return [cell for _, cell in found.values()]


def _name_end(canvas: Canvas, path: Sequence[Cell], text: str, colour: Colour) -> None:
    """Write a line's name beside its end, as near to it as nothing is covered."""
    if len(text) != cells(text):
        return
    for column, row in reversed(path):
        start = min(column - len(text) // 2, canvas.columns - len(text))
        for beside in (row - 1, row + 1):
            around = range(start - 1, start + len(text) + 1)
            inside = start >= 0 and 0 <= beside < canvas.rows
            if inside and not any((n, beside) in canvas.signs for n in around):
                for place, sign in enumerate(text, start):
                    canvas.put((place, beside), sign, colour)
                return


def _ribbon(canvas: Canvas, stretches: Sequence[Stretch], title: str) -> str:
    """Return the line that names parts of the horizontal scale, ends marked."""
    line = ""
    for low, high, sign, name in stretches:
        start, end = (canvas.cell((at, canvas.y.low))[0] for at in (low, high))
        start = max(start, cells(line))
        room = end - start - 1 + (high >= canvas.x.high)
        if room < 1:
            continue
        text = f"{sign} {name}" if room > _SHORTEST + 1 else sign
        if not line and room >= cells(title + text):
            text = title + text
        line = pad(line, start) + _UPRIGHT * bool(line) + pad(clip(text, room), room)
    return " " * canvas.left + canvas.palette.paint(line.rstrip(), bold=True)


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
        if line.rank == DIM:
            continue
        text = f"{marker} {clip(line.label, _MOST_LABEL)} {clip(line.note, _MOST_NOTE)}"
        text = clip(text.rstrip(), width)
        entries.append((text, palette.paint(text[:1], colour) + text[1:]))
    dim = sum(line.rank == DIM for line in lines)
    rows = [list[str]()]
    for many in range(len(entries), 0, -1):
        kind = "dim" if many == len(entries) == len(lines) - dim else "more"
        more = f"+{len(lines) - many} {kind}"
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
