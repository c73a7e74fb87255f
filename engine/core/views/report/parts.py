"""What a page is made of, without a form: text, tables, and charts as shapes.

`look` is always a class of the style sheet.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from engine.core.views import Column, Look

# Charts -------------------------------------------------------------------------------

WIDTH: Final = 440
HEIGHT: Final = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 22, 26, 46
_COLOURS = 7
"""Colours besides that of the control, which is the first series."""
_CORNERS = ((12, 0.0), (4, 45.0), (3, -90.0), (4, 0.0), (3, 90.0), (6, 0.0), (5, -90.0))
"""Corners of the markers of the series, and where the first one is, in degrees."""

Point: TypeAlias = tuple[float, float]


class Shape(NamedTuple):
    """An element of SVG: its name, its attributes, and the text or shapes in it."""

    tag: str
    look: str
    places: dict[str, str]
    text: str = ""
    inside: tuple[Shape, ...] = ()


def _place(value: float) -> str:
    """Write a coordinate: a tenth of a pixel is enough."""
    return f"{value:.1f}".removesuffix(".0")


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{_place(x)},{_place(y)}" for x, y in points)


def rule(x1: float, y1: float, x2: float, y2: float, look: str) -> Shape:
    """Return a straight line."""
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    return Shape("line", look, {name: _place(end) for name, end in ends.items()})


def _label(x: float, y: float, text: str, anchor: str, look: str) -> Shape:
    """Return text at a place; `anchor` is ``start``, ``middle`` or ``end``."""
    places = {"x": _place(x), "y": _place(y), "text-anchor": anchor}
    return Shape("text", look, places, text)


def marker(x: float, y: float, series: int, size: float = 4.5) -> Shape:
    """Return the mark of a series: another shape for each.

    Examples
    --------
    >>> marker(10, 10, 2, 4).places
    {'points': '10,6 13.5,12 6.5,12'}
    """
    colour, form = _turn(series)
    corners, start = _CORNERS[form]
    turns = [math.radians(start + 360 * n / corners) for n in range(corners)]
    points = ((x + size * math.cos(t), y + size * math.sin(t)) for t in turns)
    return Shape("polygon", f"m s{colour}", {"points": _points(points)})


def _turn(series: int) -> tuple[int, int]:
    """Return colour and form; from the eighth on colours come with another form."""
    if series == 0:
        return 0, 0
    rounds, colour = divmod(series - 1, _COLOURS)
    return 1 + colour, (1 + colour + rounds) % len(_CORNERS)


def look(series: int) -> str:
    """Return the look of a series' line: a colour, and how it is broken.

    Examples
    --------
    >>> look(0), look(1), look(8)
    ('l s0 d0', 'l s1 d1', 'l s1 d2')
    """
    colour, form = _turn(series)
    return f"l s{colour} d{form}"


class Scale(NamedTuple):
    """A scale: its name, its ends, where the numbers stand, how it is bent."""

    title: str
    low: float
    high: float
    ticks: tuple[float, ...]
    bend: Callable[[float], float] = float

    def part(self, value: float) -> float:
        """Return how far along the scale a value is, from 0 to 1."""
        low, high = self.bend(self.low), self.bend(self.high)
        return (self.bend(value) - low) / (high - low) if high > low else 0.5


def steps(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Return round numbers from the first to the last that hold both ends.

    Examples
    --------
    >>> steps(0.0, 0.37), steps(0.081, 0.109)
    ((0.0, 0.1, 0.2, 0.3, 0.4), (0.08, 0.09, 0.1, 0.11))
    """
    span = high - low or abs(high) or 1.0
    rough = span / max(1, most - 1)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(n * size for n in (1, 2, 2.5, 5, 10) if n * size >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last += first == last
    return tuple(round(n * step, 12) for n in range(first, last + 1))


def linear(title: str, low: float, high: float) -> Scale:
    """Return a scale with round ends around two values."""
    ticks = steps(low, high)
    return Scale(title, ticks[0], ticks[-1], ticks)


def root(title: str, high: float) -> Scale:
    """Return a scale of square roots from 0: rare things have room on it."""
    known = (0.0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
    end = next((tick for tick in known[1:] if tick >= high), 1.0)
    ticks = tuple(tick for tick in known if tick <= end)
    return Scale(title, 0.0, end, ticks, lambda value: math.sqrt(max(0.0, value)))


def logarithmic(title: str, low: float, high: float) -> Scale:
    """Return a scale of powers of ten."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = tuple(10.0**n for n in range(first, last + 1))
    return Scale(title, low, high, ticks, lambda value: math.log10(max(value, low)))


def _number(value: float) -> str:
    return f"{value:,.10g}".replace("-", "−")


class Plane:
    """A plane to draw on.

    Parameters
    ----------
    x, y : Scale
        Both run from the lower left.
    height : int
        Of the whole drawing.
    left : int
        Room for what stands at the left.
    """

    def __init__(
        self, x: Scale, y: Scale, *, height: int = HEIGHT, left: int = _LEFT
    ) -> None:
        self.x, self.y = x, y
        self.left = left
        self.wide, self.high = WIDTH - left - _RIGHT, height - _TOP - _BOTTOM
        self.drawn: list[Shape] = []

    def at(self, x: float, y: float) -> Point:
        """Return where a point is, from the upper left of the plane."""
        return self.wide * self.x.part(x), self.high * (1 - self.y.part(y))

    def line(self, values: Iterable[Point], look: str) -> None:
        """Draw a line through points."""
        points = _points(self.at(x, y) for x, y in values)
        self.drawn.append(Shape("polyline", look, {"points": points}))

    def rule(self, start: Point, end: Point, look: str) -> None:
        """Draw a straight line between two points."""
        self.drawn.append(rule(*self.at(*start), *self.at(*end), look))

    def mark(self, x: float, y: float, series: int, size: float = 4.5) -> None:
        """Draw the mark of a series at a point."""
        self.drawn.append(marker(*self.at(x, y), series, size))

    def note(self, x: float, y: float, text: str) -> None:
        """Write beside a point, a little above it."""
        across, down = self.at(x, y)
        self.drawn.append(_label(across + 4, down - 5, text, "start", "note"))

    def shapes(self, *, rows: Sequence[str] = ()) -> tuple[Shape, ...]:
        """Return the grid, its numbers and names, and what was drawn.

        Parameters
        ----------
        rows : sequence of str
            What stands at the left in the place of numbers, from above.
        """
        left, right, bottom = self.left, self.left + self.wide, _TOP + self.high
        out: list[Shape] = []
        for tick in self.x.ticks:
            if self.x.low <= tick <= self.x.high:
                x = left + self.wide * self.x.part(tick)
                out += [
                    rule(x, _TOP, x, bottom, "grid"),
                    _label(x, bottom + 16, _number(tick), "middle", "tick"),
                ]
        for tick in self.y.ticks if not rows else ():
            y = _TOP + self.high * (1 - self.y.part(tick))
            out += [
                rule(left, y, right, y, "grid"),
                _label(left - 7, y + 4, _number(tick), "end", "tick"),
            ]
        for n, name in enumerate(rows):
            y = _TOP + self.high * (n + 0.5) / len(rows)
            out.append(_label(left - 9, y + 4, name, "end", "row"))
        middle = left + self.wide / 2
        out += [
            rule(left, bottom, right, bottom, "axis"),
            _label(middle, bottom + 36, self.x.title, "middle", "title"),
        ]
        if not rows:
            out.append(_label(0, _TOP - 12, self.y.title, "start", "title"))
        box = {"x": left, "y": _TOP, "width": self.wide, "height": self.high}
        places = {name: _place(value) for name, value in box.items()}
        return (*out, Shape("svg", "", places, inside=tuple(self.drawn)))


# Text, tables and sections ------------------------------------------------------------


class Figure(NamedTuple):
    """A number of the document: as it is read, exactly, and where it is from.

    `value` is the sum of what `path` names, over the sum of what `of` names, of so many
    `times`; paths are parted by blanks.
    """

    text: str
    value: str
    path: str
    of: str = ""
    times: int = 1


class Code(NamedTuple):
    """A name, or what is typed."""

    text: str


class Strong(NamedTuple):
    """What is meant."""

    text: str


class Link(NamedTuple):
    """A place on this page; `to` is the id of a section or of a code of ours."""

    text: str
    to: str


Span: TypeAlias = str | Figure | Code | Strong | Link
Spans: TypeAlias = tuple[Span, ...]


class PageCell(NamedTuple):
    """A cell of a table.

    `look` is ``bad``, ``good``, ``dim``, ``strong`` or nothing; `bars` are shares of
    one that are drawn side by side.
    """

    spans: Spans
    look: str = ""
    bars: tuple[float, ...] = ()


Row: TypeAlias = Sequence[PageCell | Span | Spans]


class ListItem(NamedTuple):
    """An entry of a list: its mark, what it says, the code of that, and what to do.

    `field` are names of fields that do it, separated by blanks.
    """

    mark: str
    spans: Spans
    code: str = ""
    look: Look = ""
    below: Spans = ()
    field: str = ""


class MatrixCell(NamedTuple):
    """A count of a matrix, the share of its row, and how dark it is, from 0 to 10."""

    figure: Figure
    share: Span
    shade: int
    mark: str = ""


class Matrix(NamedTuple):
    """A confusion matrix: predicted classes across, actual ones down."""

    title: str
    predicted: tuple[str, ...]
    rows: tuple[tuple[str, tuple[MatrixCell, ...]], ...]


class Key(NamedTuple):
    """An entry of a chart's legend, and the look of its line."""

    name: str
    series: int
    note: Spans = ()


@dataclass(frozen=True)
class Chart:
    """A drawing: what it shows in a few words and in a sentence, and its shapes."""

    id: str
    title: str
    text: str
    shapes: tuple[Shape, ...]
    legend: tuple[Key, ...] = ()
    note: Spans = ()
    height: int = HEIGHT


@dataclass(frozen=True)
class PageTable:
    """A table; the first cell of a row names it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[PageCell, ...], ...]
    note: Spans = ()

    def pick(self, *places: int) -> PageTable:
        """Return the table with some of its columns, in that order."""
        columns = tuple(self.columns[place] for place in places)
        rows = tuple(tuple(row[place] for place in places) for row in self.rows)
        return PageTable(self.title, columns, rows, self.note)


@dataclass(frozen=True)
class Matrices:
    """Matrices side by side."""

    title: str
    matrices: tuple[Matrix, ...]
    note: Spans = ()


@dataclass(frozen=True)
class Charts:
    """Charts side by side."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class FactList:
    """Names, each with its text; `tiles` if they are read first."""

    facts: tuple[tuple[str, Spans], ...]
    tiles: bool = False


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[ListItem, ...]
    title: str = ""


@dataclass(frozen=True)
class TextBlock:
    """A paragraph; `look` is ``lead``, ``call``, ``dim``, ``bad``, ``warn`` or ""."""

    spans: Spans
    look: str = ""


@dataclass(frozen=True)
class CodeBlock:
    """Lines to be copied."""

    lines: tuple[str, ...]
    language: str = ""


@dataclass(frozen=True)
class Details:
    """What is looked at by those who want it."""

    title: str
    blocks: tuple[Block, ...]


Block: TypeAlias = (
    PageTable | Matrices | Charts | FactList | Items | TextBlock | CodeBlock | Details
)


@dataclass(frozen=True)
class PageSection:
    """A part of the page; `id` is ours."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """All of it."""

    title: str
    about: Spans
    top: tuple[Block, ...]
    sections: tuple[PageSection, ...]
    foot: Spans


def text(spans: Spans) -> str:
    """Return what stands there as plain text.

    Examples
    --------
    >>> text(("at ", Strong("cost")))
    'at cost'
    """
    return "".join(span if isinstance(span, str) else span.text for span in spans)


def source(spans: Spans) -> str:
    """Return a sentence as it was before `markup`.

    Examples
    --------
    >>> source(markup("`untreated` is kept"))
    '`untreated` is kept'
    """
    return text(tuple(f"`{s.text}`" if isinstance(s, Code) else s for s in spans))


def table(
    title: str,
    columns: Iterable[Column | str],
    rows: Iterable[Row],
    *note: Span,
    words: int = 1,
) -> PageTable:
    """Return a table.

    Parameters
    ----------
    title : str
    columns : iterable of Column or str
        Columns, or the titles of plain ones.
    rows : iterable of sequences
        A cell may be given as a span, or as several.
    *note : Span
        What stands below it.
    words : int, default=1
        So many plain columns hold words, and those without a title; all others numbers.

    Examples
    --------
    >>> made = table("", ("arm", "missed"), [["untreated", "3"]])
    >>> [column.align for column in made.columns], made.rows[0][1].spans
    (['left', 'right'], ('3',))
    """
    known = (
        column
        if isinstance(column, Column)
        else Column(column, align="right" if n >= words and column else "left")
        for n, column in enumerate(columns)
    )
    cells = (tuple(map(_cell, row)) for row in rows)
    return PageTable(title, tuple(known), tuple(cells), note)


def _cell(content: PageCell | Span | Spans) -> PageCell:
    if isinstance(content, PageCell):
        return content
    return PageCell((content,) if isinstance(content, Span) else content)


def section(id: str, title: str, blocks: Iterable[Block | None]) -> PageSection | None:
    """Return a section of the blocks that there are; None if there are none."""
    present = tuple(block for block in blocks if block is not None)
    return PageSection(id, title, present) if present else None


def markup(text: str, names: Iterable[str] | None = None) -> Spans:
    """Return a sentence with what is between backticks as code.

    Parameters
    ----------
    text : str
    names : iterable of str or None, default=None
        What may be meant by that, where text from data is in the sentence: a name may
        hold backticks of its own. Anything, where all of it is ours.

    Examples
    --------
    >>> markup("`untreated` is kept")
    (Code(text='untreated'), ' is kept')
    >>> markup("`a`b` is `a` thing", ["a`b"])
    (Code(text='a`b'), ' is `a` thing')
    """
    if names is None:
        parts = text.split("`")
    else:
        longest = sorted(map(re.escape, names), key=len, reverse=True)
        parts = re.split(f"`({'|'.join(longest)})`", text) if longest else [text]
    return tuple(Code(part) if n % 2 else part for n, part in enumerate(parts) if part)
