"""The few shapes that a chart is made of; `look` is a class of the style sheet."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

__all__ = [
    "Area",
    "Inner",
    "Label",
    "Path",
    "Rule",
    "Shape",
    "look",
    "marker",
    "place",
]

_COLOURS = 7
"""Colours besides that of the control, which is the first series."""
_CORNERS = ((12, 0.0), (4, 45.0), (3, -90.0), (4, 0.0), (3, 90.0), (6, 0.0), (5, -90.0))
"""Corners of the markers of the series, and where the first one is, in degrees."""


class Path(NamedTuple):
    """A line through points, written as SVG has them."""

    points: str
    look: str
    kind: str = "path"


class Area(NamedTuple):
    """A filled shape with these corners, or a rectangle."""

    points: str
    look: str
    kind: str = "area"


class Rule(NamedTuple):
    """A straight line."""

    x1: str
    y1: str
    x2: str
    y2: str
    look: str
    kind: str = "rule"


class Label(NamedTuple):
    """Text at a place; `anchor` is ``start``, ``middle`` or ``end``."""

    x: str
    y: str
    text: str
    anchor: str
    look: str
    kind: str = "label"


class Inner(NamedTuple):
    """Shapes that are cut off at the edges of a box, in whose corner is their 0."""

    x: str
    y: str
    width: str
    height: str
    shapes: tuple[Path | Area | Rule | Label, ...]
    kind: str = "inner"


Shape: TypeAlias = Path | Area | Rule | Label | Inner


def place(value: float) -> str:
    """Write a coordinate: a tenth of a pixel is enough.

    Examples
    --------
    >>> place(12.3456), place(7.0)
    ('12.3', '7')
    """
    return f"{value:.1f}".removesuffix(".0")


def marker(x: float, y: float, series: int, size: float = 4.5) -> Area:
    """Return the mark of a series: another shape for each.

    Examples
    --------
    >>> marker(10, 10, 2, 4).points
    '10,6 13.5,12 6.5,12'
    """
    colour, form = _turn(series)
    corners, start = _CORNERS[form]
    turns = [math.radians(start + 360 * n / corners) for n in range(corners)]
    points = " ".join(
        f"{place(x + size * math.cos(t))},{place(y + size * math.sin(t))}"
        for t in turns
    )
    return Area(points, f"m s{colour}")


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
