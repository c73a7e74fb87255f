"""Filters for terminals that show few characters or few colours."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from tui.terminal.plain import to_ascii


class AsciiFilter(LineFilter):
    """Draws all that is shown in ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line in ASCII, of the same width."""
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment(to_ascii(segment.text), segment.style)
            for segment in segments
        ]


# Colours ------------------------------------------------------------------------------

Colours = Literal["few", "cube", "all"]
"""At most 16, the 256 of xterm, or any."""
LEVELS: Final = (0x00, 0x5F, 0x87, 0xAF, 0xD7, 0xFF)
"""Of red, green and blue in the 216 colours of the cube."""
GREYS: Final = tuple(range(0x08, 0xEF, 10))


def colours_of(system: str | None) -> Colours:
    """Return how many colours there are by Rich's name of a colour system."""
    known: dict[str | None, Colours] = {"truecolor": "all", "256": "cube"}
    return known.get(system, "few")


@lru_cache(4096)
def nearest(red: int, green: int, blue: int) -> int:
    """Return the number of the nearest of the 240 fixed colours.

    Rich's own rule turns dark greys navy and black.

    Examples
    --------
    >>> nearest(0x25, 0x2A, 0x33), nearest(0x5F, 0xAF, 0xD7), nearest(255, 255, 255)
    (236, 74, 231)
    """
    rgb = red, green, blue
    steps = [min(range(6), key=lambda n: abs(LEVELS[n] - value)) for value in rgb]
    mean = sum(rgb) / 3
    grey = min(range(len(GREYS)), key=lambda n: abs(GREYS[n] - mean))

    def far(*other: int) -> int:
        return sum((a - b) ** 2 for a, b in zip(rgb, other, strict=True))

    if far(*[GREYS[grey]] * 3) < far(*(LEVELS[n] for n in steps)):
        return 232 + grey
    return 16 + 36 * steps[0] + 6 * steps[1] + steps[2]


@lru_cache(4096)
def _near(style: Style) -> Style:
    """Return a style in the nearest of the 256 colours."""

    def fixed(colour: RichColor | None) -> RichColor | None:
        if colour is None or colour.triplet is None:
            return colour
        return RichColor.from_ansi(nearest(*colour.triplet))

    return style + Style.from_color(fixed(style.color), fixed(style.bgcolor))


class CubeFilter(LineFilter):
    """Takes the nearest of 256 colours for each."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line in colours of the 256."""
        return [
            segment
            if segment.control or segment.style is None
            else Segment(segment.text, _near(segment.style))
            for segment in segments
        ]
