"""A plane with two scales: from values to places, with its grid and its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from engine.export.page.shapes import Area, Inner, Label, Path, Rule, Shape, place

__all__ = [
    "HEIGHT",
    "WIDTH",
    "Plane",
    "Scale",
    "linear",
    "logarithmic",
    "root",
    "steps",
]

WIDTH: Final = 440
HEIGHT: Final = 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 22, 26, 46


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
    if first == last:
        last += 1
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
    width, height : int
        Of the whole drawing.
    left : int
        Room for what stands at the left.

    Examples
    --------
    >>> plane = Plane(linear("x", 0, 1), linear("y", 0, 1))
    >>> plane.points([(0.0, 0.0), (1.0, 1.0)])
    '0,228 372,0'
    """

    def __init__(
        self,
        x: Scale,
        y: Scale,
        *,
        width: int = WIDTH,
        height: int = HEIGHT,
        left: int = _LEFT,
    ) -> None:
        self.x, self.y = x, y
        self.left = left
        self.wide, self.high = width - left - _RIGHT, height - _TOP - _BOTTOM
        self.drawn: list[Path | Area | Rule | Label] = []

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point is, from the upper left of the plane."""
        return self.wide * self.x.part(x), self.high * (1 - self.y.part(y))

    def points(self, values: Iterable[tuple[float, float]]) -> str:
        """Write points as SVG has them."""
        found = (self.at(x, y) for x, y in values)
        return " ".join(f"{place(x)},{place(y)}" for x, y in found)

    def line(self, values: Iterable[tuple[float, float]], look: str) -> None:
        """Draw a line through points."""
        self.drawn.append(Path(self.points(values), look))

    def rule(
        self, one: tuple[float, float], other: tuple[float, float], look: str
    ) -> None:
        """Draw a straight line between two points."""
        (x1, y1), (x2, y2) = self.at(*one), self.at(*other)
        self.drawn.append(Rule(place(x1), place(y1), place(x2), place(y2), look))

    def note(self, x: float, y: float, text: str, anchor: str = "start") -> None:
        """Write beside a point, a little above it."""
        across, down = self.at(x, y)
        shift = {"start": 4, "end": -4}.get(anchor, 0)
        self.drawn.append(
            Label(place(across + shift), place(down - 5), text, anchor, "note")
        )

    def shapes(self, *, rows: Sequence[str] = ()) -> tuple[Shape, ...]:
        """Return the grid, its numbers and names, and what was drawn.

        Parameters
        ----------
        rows : sequence of str
            What stands at the left in the place of numbers, from above.
        """
        right, bottom = self.left + self.wide, _TOP + self.high
        out: list[Shape] = []
        for tick in self.x.ticks:
            if not self.x.low <= tick <= self.x.high:
                continue
            x = place(self.left + self.wide * self.x.part(tick))
            out += [
                Rule(x, place(_TOP), x, place(bottom), "grid"),
                Label(x, place(bottom + 16), _number(tick), "middle", "tick"),
            ]
        for tick in self.y.ticks if not rows else ():
            y = _TOP + self.high * (1 - self.y.part(tick))
            out += [
                Rule(place(self.left), place(y), place(right), place(y), "grid"),
                Label(place(self.left - 7), place(y + 4), _number(tick), "end", "tick"),
            ]
        for n, name in enumerate(rows):
            y = _TOP + self.high * (n + 0.5) / len(rows)
            out.append(Label(place(self.left - 9), place(y + 4), name, "end", "row"))
        out += [
            Rule(place(self.left), place(bottom), place(right), place(bottom), "axis"),
            Label(
                place(self.left + self.wide / 2),
                place(bottom + 36),
                self.x.title,
                "middle",
                "title",
            ),
        ]
        if not rows and self.y.title:
            out.append(Label("0", place(_TOP - 12), self.y.title, "start", "title"))
        inner = Inner(
            place(self.left),
            place(_TOP),
            place(self.wide),
            place(self.high),
            tuple(self.drawn),
        )
        return (*out, inner)
