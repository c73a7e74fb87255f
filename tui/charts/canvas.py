"""Cells between two scales: where points are, even ticks, and the text of it all."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Final, NamedTuple, TypeAlias

from tui.charts import base
from tui.charts.base import Colour, Palette
from tui.terminal.safe_text import cells, clip, pad

Point: TypeAlias = tuple[float, float]
Cell: TypeAlias = tuple[int, int]
"""A column from the left and a row from the top."""

BELOW = 3
"""Lines below the canvas: the axis, its numbers, its name."""
_ROW_GAP = 1.4
"""Lines between two numbers of a vertical scale at least."""
_PART_LEFT = 8
"""One in so many cells may be left out, so that numbers are evenly apart."""
_MOST_LEFT = 3
"""And so many rows at most."""
_OVERHANG = 2
"""Cells to the right of a canvas, for the half of the last number of its scale."""
_BRAILLE: Final = 0x2800
"""The braille sign without a dot; those with dots follow, a bit for each."""
_SECOND: Final = 0x01 | 0x10 | 0x04 | 0x80
"""Every second dot of a sign."""
_SGR: Final = re.compile(r"\x1b\[[0-9;]*m")
_FAR = 1e100
"""Beyond this, differences between numbers could overflow."""


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
    brief : str, default=""
        What it may be called where there is little room.
    """

    name: str
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    ticks: Sequence[tuple[float, str]] = ()
    brief: str = ""

    def part(self, value: float) -> float:
        """Return where on the scale a value is, from 0 to 1; the ends if beyond."""
        inside = min(self.high, max(self.low, value))
        return (inside - self.low) / (self.high - self.low)

    def value(self, part: float) -> float:
        """Return what is at a part of the scale; its ends if beyond."""
        return self.low + (self.high - self.low) * min(1.0, max(0.0, part))


class Area(NamedTuple):
    """Where in a chart's text its canvas is, and what its scales are."""

    left: int
    top: int
    across: float
    down: float
    x: Axis
    y: Axis

    @property
    def bottom(self) -> int:
        """The line of its horizontal axis."""
        return self.top + _floor(self.down + 0.5) + 1

    def point(self, column: int, line: int) -> Point:
        """Return what a column and a line of the text stand for on the scales."""
        across = (column - self.left) / max(1.0, self.across)
        down = (line - self.top) / max(1.0, self.down)
        return self.x.value(across), self.y.value(1 - down)

    def cell(self, x: float, y: float | None = None) -> Cell:
        """Return the column and the line of the text where a point is drawn."""
        column, row = _cell(self, (x, self.y.low if y is None else y))
        return self.left + column, self.top + row


class ChartText(str):
    """A chart that knows where its canvas is, so that it can be pointed at."""

    area: Area

    def __new__(cls, text: str, area: Area) -> ChartText:
        """Return the text with its area."""
        made = super().__new__(cls, text)
        made.area = area
        return made


@dataclass(slots=True)
class Canvas:
    """Cells between two scales, each with a sign and its colour.

    Parameters
    ----------
    x, y : Axis
        The scales. Their ends are in the middle of the outermost cells, so that a
        line, a marker and a tick at the same value are at the same height.
    x_ticks, y_ticks : sequence of (float, str)
        Numbers of the scales.
    across, down : float
        Cells between the ends of the scales.
    width : int
        Cells of the text.
    palette : Palette
        Colours.
    named : bool, default=True
        Whether the name of the horizontal scale has a line below it.
    """

    x: Axis
    y: Axis
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    across: float
    down: float
    width: int
    palette: Palette
    named: bool = True
    signs: dict[Cell, tuple[str, Colour]] = field(default_factory=dict)
    dots: defaultdict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    uprights: dict[int, str] = field(default_factory=dict)

    @property
    def columns(self) -> int:
        """Columns from one end of the scale to the other."""
        return _floor(self.across + 0.5) + 1

    @property
    def rows(self) -> int:
        """Rows from one end of the scale to the other."""
        return _floor(self.down + 0.5) + 1

    @property
    def left(self) -> int:
        """Cells before the first column."""
        return 1 + max((len(text) for _, text in self.y_ticks), default=0)

    def area(self, top: int) -> Area:
        """Return where the cells are, so many lines standing above."""
        return Area(self.left, top, self.across, self.down, self.x, self.y)

    def cell(self, point: Point) -> Cell:
        """Return the cell of a point."""
        return _cell(self, point)

    def put(self, cell: Cell, sign: str, colour: Colour = None) -> None:
        """Put a sign into a cell, over what was there."""
        self.signs[cell] = sign, colour

    def draw(
        self,
        dots: Sequence[Cell],
        colour: Colour,
        *,
        joined: bool = True,
        dim: bool = False,
        dashed: bool = False,
    ) -> list[Cell]:
        """Draw fine dots, two by four in a cell, or the line through them.

        Lines in colour that share a cell have it together, in the colour of the last:
        no line is broken by another. What is dim is a line of every second dot, and
        does not show there; what is dashed leaves two cells of four free.

        Returns
        -------
        list of (int, int)
            The cells that it goes through, from left to right.
        """
        found = sorted(self._plot(dots, joined).items())
        for place, (cell, bits) in enumerate(found):
            if dashed and place % 4 > 1:
                continue
            if dim:
                self.put(cell, chr(_BRAILLE + (bits & _SECOND or bits)), colour)
            else:
                self.dots[cell] |= bits
                self.put(cell, chr(_BRAILLE + self.dots[cell]), colour)
        return [cell for cell, _ in found]

    def _plot(self, dots: Sequence[Cell], joined: bool) -> dict[Cell, int]:
        """Let plotext draw; its scales are ours, counted in dots."""
        if not dots:
            return {}
        # Whoever shows no curve does not wait for it.
        from plotext._figure import _figure_class

        # A figure of its own; plotext's public functions all draw on a global one.
        made, last = _figure_class(), 4 * self.rows - 1
        # Public only for plotext's global figure; without it a chart is cut to the
        # size of the terminal, or to 80 by 24 where there is none.
        made._limit_size(False, False)
        made.plot_size(self.columns, self.rows)
        made.xaxes(False, False)
        made.yaxes(False, False)
        made.xticks([])
        made.yticks([])
        made.xlim(0, 2 * self.columns - 1)
        made.ylim(0, last)
        across, down = zip(*dots, strict=True)
        plot = made.plot if joined else made.scatter
        plot(across, [last - n for n in down], marker="braille")
        lines = _SGR.sub("", made.build()).split("\n")
        return {
            (column, row): ord(sign) - _BRAILLE
            for row, line in enumerate(lines)
            for column, sign in enumerate(line)
            if ord(sign) > _BRAILLE
        }

    def dot(self, point: Point) -> Cell:
        """Return the place of a point's fine dot."""
        across = self.x.part(point[0]) * self.across
        down = (1 - self.y.part(point[1])) * self.down
        return _floor(2 * across + 1), _floor(4 * down + 2)

    def lines(self) -> list[str]:
        """Return the text: the cells, the axes, their numbers and names."""
        muted, left = self.palette.muted, self.left
        ups = {self.cell((self.x.low, at))[1]: text for at, text in self.y_ticks}
        found = []
        for row in range(self.rows):
            axis = f"{ups.get(row, ''):>{left - 1}}{'┤' if row in ups else '│'}"
            some = [self.signs.get((n, row), (" ", None)) for n in range(self.columns)]
            found.append(axis + self._painted(some))
        across = {self.cell((at, self.y.low))[0]: text for at, text in self.x_ticks}
        below = dict.fromkeys(across, "┬") | self.uprights
        rule = "".join(below.get(n, "─") for n in range(self.columns))
        numbers = ""
        for column, text in across.items():
            start = left + column - (len(text) - 1) // 2
            start = max(min(start, self.width - len(text)), cells(numbers))
            numbers = pad(numbers, start) + text
        name = pad(clip(f"{self.x.name} →", self.columns), self.columns, "center")
        tail = [" " * (left - 1) + "└" + rule, numbers]
        if self.named:
            tail.append(self.palette.paint(" " * left + name.rstrip(), muted))
        return [*found, *tail]

    def _painted(self, some: Sequence[tuple[str, Colour]]) -> str:
        runs = groupby(some, lambda one: one[1])
        texts = (("".join(sign for sign, _ in run), colour) for colour, run in runs)
        return "".join(self.palette.paint(text, colour) for text, colour in texts)


def _cell(room: Canvas | Area, point: Point) -> Cell:
    """Return the column and the row of a point, from the left and from the top."""
    across = room.x.part(point[0]) * room.across
    down = (1 - room.y.part(point[1])) * room.down
    return _floor(across + 0.5), _floor(down + 0.5)


def _floor(value: float) -> int:
    """Return the whole part; what rounding took from a whole number is given back."""
    return math.floor(round(value, 8))


def canvas_of(
    x: Axis, y: Axis, width: int, lines: int, palette: Palette, *, named: bool = True
) -> Canvas:
    """Return an empty canvas with two scales in so many cells and lines."""
    down, y_ticks = fit_ticks(y, lines - BELOW + (not named))
    left = 1 + max((len(text) for _, text in y_ticks), default=0)
    across, x_ticks = fit_ticks(x, width - left - _OVERHANG, across=True)
    return Canvas(x, y, x_ticks, y_ticks, across, down, width, palette, named)


def fit_ticks(
    axis: Axis, cells: int, *, across: bool = False
) -> tuple[float, list[tuple[float, str]]]:
    """Return how many cells are between a scale's ends, and its numbers.

    Parameters
    ----------
    axis : Axis
        The scale.
    cells : int
        Its cells at most.
    across : bool, default=False
        Whether the numbers stand side by side, not above each other.

    Returns
    -------
    tuple of (float, list of (float, str))
        As many numbers as have room, whole cells apart, for which some cells may be
        left out; where there are none, as on uneven scales, those that have room.

    Examples
    --------
    >>> fit_ticks(Axis("x"), 24, across=True)
    (22.0, [(0.0, '0.0'), (0.5, '0.5'), (1.0, '1.0')])
    """
    first: list[tuple[float, str]] | None = None
    most_left = max(
        1, cells // _PART_LEFT if across else min(_MOST_LEFT, cells // _PART_LEFT)
    )
    even: list[tuple[float, float, list[tuple[float, str]]]] = []
    for ticks in _ticks_of(axis, cells, across):
        gaps = [axis.part(b) - axis.part(a) for (a, _), (b, _) in pairwise(ticks)]
        wide = [
            2 + (len(one) + len(two)) / 2 if across else _ROW_GAP
            for (_, one), (_, two) in pairwise(ticks)
        ]
        steps = [gap * (cells - 1) for gap in gaps]
        if any(step < need for step, need in zip(steps, wide, strict=True)):
            continue
        first = ticks if first is None else first
        if not steps or max(steps) - min(steps) > 1e-6:
            break
        if (step := _floor(steps[0])) >= max(wide):
            span = (cells - 1) * step / steps[0]
            even.append((span, -len(ticks), ticks))
            if cells - 1 - span <= most_left:
                break
    if even:
        span, _, ticks = max(even, key=lambda one: one[:2])
        return span, ticks
    return cells - 1, first or []


def _ticks_of(
    axis: Axis, cells: int, across: bool
) -> Iterator[list[tuple[float, str]]]:
    """Return the numbers that a scale could have, the most first."""
    if axis.ticks:
        inside = [one for one in axis.ticks if axis.low <= one[0] <= axis.high]
        yield from (inside[::every] for every in range(1, len(inside) + 1))
        return
    for most in range(max(2, cells // 6) if across else max(2, cells // 3), 0, -1):
        places = base.nice_ticks(axis.low, axis.high, most, whole=axis.whole)
        yield [*zip(places, base.tick_labels(places), strict=True)]


def round_out(low: float, high: float, most: int = 4) -> tuple[float, float]:
    """Return ends around a range that are round numbers, so that its ticks are even.

    Examples
    --------
    >>> round_out(0.43, 1.07), round_out(1, 1)
    ((0.4, 1.2), (1, 1))
    """
    ticks = base.nice_ticks(low, high, most)
    if len(ticks) < 2:
        return low, high
    step = ticks[1] - ticks[0]
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, 2 - math.floor(math.log10(step)))
    return round(first * step, digits), round(last * step, digits)


def finite(points: Sequence[Point]) -> list[Point]:
    """Return the points that can be drawn."""
    return [(a, b) for a, b in points if abs(a) < _FAR and abs(b) < _FAR]
