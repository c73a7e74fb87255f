"""What every chart is made of: palettes, messages, round numbers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tui.terminal.safe_text import clean, clip, pad

# Colours ------------------------------------------------------------------------------

Colour: TypeAlias = int | tuple[int, int, int] | None
"""A colour of the 256 (0 to 15 are the terminal's own), RGB, or its default."""
MARKERS = "●▲■◆○△□◇"
"""One marker per series, so that no series differs by its colour alone."""
_RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they stand for.

    Parameters
    ----------
    name : str
        Tells palettes apart.
    majority, minority, synthetic : colour
        Rows of the larger classes, of the positive or smallest class, made rows.
    accent : colour
        What the eye should meet first: the missed positives, a threshold.
    muted : colour
        Scales, labels and words beside the data.
    series : tuple of colour
        Lines in a common picture; there are at least as many as `MARKERS`.
    right, wrong : tuple of colour
        Backgrounds of a matrix' cells: of none, then from the least to the greatest
        share. Where there are none, cells are shaded by characters instead, and lines
        are dashed.
    plain : bool
        No escape sequences at all.
    """

    name: str
    majority: Colour = None
    minority: Colour = None
    synthetic: Colour = None
    accent: Colour = None
    muted: Colour = None
    series: tuple[Colour, ...] = (None,) * len(MARKERS)
    right: tuple[Colour, ...] = ()
    wrong: tuple[Colour, ...] = ()
    plain: bool = False

    def paint(
        self,
        text: str,
        colour: Colour = None,
        *,
        back: Colour = None,
        bold: bool = False,
    ) -> str:
        r"""Return text in these colours.

        Parameters
        ----------
        text : str
            Clean already.
        colour, back : colour, default=None
            Of the characters and behind them; None is the screen's own.
        bold : bool, default=False
            Make it stand out.

        Returns
        -------
        str

        Examples
        --------
        >>> DARK.paint("783", 214, bold=True), MONO.paint("783", 214, bold=True)
        ('\x1b[1;38;5;214m783\x1b[0m', '783')
        """
        codes = ["1"] if bold else []
        codes += _codes(38, colour) + _codes(48, back)
        if self.plain or not codes or not text:
            return text
        return f"\x1b[{';'.join(codes)}m{text}{_RESET}"


def _codes(ground: int, colour: Colour) -> list[str]:
    if colour is None:
        return []
    if isinstance(colour, int):
        return [f"{ground};5;{colour}"]
    return [f"{ground};2;{';'.join(map(str, colour))}"]


DARK = Palette(
    name="dark",
    majority=74,
    minority=215,
    synthetic=115,
    accent=209,
    muted=246,
    series=(74, 215, 115, 176, 185, 209, 147, 252),
    right=(234, 17, 24, 25),
    wrong=(234, 52, 88, 124),
)
LIGHT = Palette(
    name="light",
    majority=25,
    minority=130,
    synthetic=29,
    accent=160,
    muted=240,
    series=(25, 130, 29, 127, 94, 160, 62, 238),
    right=(255, 189, 153, 111),
    wrong=(255, 223, 216, 209),
)
ANSI = Palette(
    name="ansi",
    majority=6,
    minority=5,
    synthetic=2,
    accent=1,
    series=(6, 5, 2, 3, 4, 1, 14, 13),
)
"""The terminal's own sixteen colours, whatever they look like there."""
MONO = Palette(name="mono", plain=True)


def message(text: str, width: int, height: int) -> str:
    r"""Return words in the middle of the room of a chart that cannot be drawn.

    Parameters
    ----------
    text : str
        What to say; cleaned here, cut if there is no room.
    width, height : int
        The room.

    Returns
    -------
    str
        At most `height` lines of at most `width` cells.

    Examples
    --------
    >>> message("no rows", 11, 3)
    '\n  no rows'
    """
    if width <= 0 or height <= 0:
        return ""
    lines = textwrap.wrap(clean(text), width, break_on_hyphens=False) or [""]
    if len(lines) > height:
        lines = [*lines[: height - 1], clip(f"{lines[height - 1]} …", width)]
    above = [""] * ((height - len(lines)) // 2)
    centred = [pad(line, width, "center").rstrip() for line in lines]
    return "\n".join([*above, *centred])


# Scales -------------------------------------------------------------------------------

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_CEILINGS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_MOST_DECIMALS = 6
_WIDEST = 1e7
"""From here on numbers are written with an exponent."""


def nice_ticks(
    low: float, high: float, most: int, *, whole: bool = False
) -> list[float]:
    """Return round numbers within a range, evenly apart.

    Parameters
    ----------
    low, high : float
        The range, finite.
    most : int
        Ticks at most.
    whole : bool, default=False
        Whole numbers only, as for trials.

    Returns
    -------
    list of float
        Growing; empty if there is no range or no room.

    Examples
    --------
    >>> nice_ticks(0, 1, 6), nice_ticks(0.02, 0.071, 4), nice_ticks(0, 3, 9, whole=True)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.02, 0.04, 0.06], [0.0, 1.0, 2.0, 3.0])
    """
    span = high - low
    if most < 1 or not math.isfinite(span) or span <= 0:
        return []
    power = math.floor(math.log10(span / most)) if span / most > 0 else -400
    if power < -300:
        return []
    for exponent in (power, power + 1, power + 2):
        for factor in _STEPS:
            step = factor * 10.0**exponent
            if whole and (step < 1 or step % 1):
                continue
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if last - first + 1 <= most:
                digits = max(0, 2 - exponent)
                return [round(n * step, digits) for n in range(first, last + 1)]
    return []


def axis_ticks(
    low: float, high: float, width: int, *, whole: bool = False
) -> tuple[list[float], list[str]]:
    """Return as many ticks as stand below an axis without touching, and their texts.

    Parameters
    ----------
    low, high : float
        What the axis' ends stand for.
    width : int
        Cells of the axis.
    whole : bool, default=False
        Whole numbers only.

    Returns
    -------
    tuple of (list of float, list of str)

    Examples
    --------
    >>> axis_ticks(0, 1, 24), axis_ticks(0, 1, 9)
    (([0.0, 0.5, 1.0], ['0.0', '0.5', '1.0']), ([0.0, 1.0], ['0', '1']))
    """
    for most in range(max(2, width // 6), 0, -1):
        found = nice_ticks(low, high, most, whole=whole)
        texts = tick_labels(found)
        if len(found) < 2:
            break
        apart = (width - 1) * (found[1] - found[0]) / (high - low)
        if apart >= 2 * max(map(len, texts)) + 2:
            return found, texts
    return found, texts


def logarithmic_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return ticks of a logarithmic axis: the powers of ten, twice and five times.

    Parameters
    ----------
    low, high : float
        Ends, as logarithms to the base 10.

    Returns
    -------
    list of (float, str)
        Places, as logarithms, and their texts; the powers of ten only, where there
        are more than two.

    Examples
    --------
    >>> logarithmic_ticks(-1, 3)[:3], [text for _, text in logarithmic_ticks(0, 1)]
    ([(-1.0, '0.1'), (0.0, '1'), (1.0, '10')], ['1', '2', '5', '10'])
    """
    factors = (1,) if high - low > 2 else (1, 2, 5)
    powers = range(math.floor(low), math.ceil(high) + 1)
    values = [factor * 10.0**power for power in powers for factor in factors]
    places = ((math.log10(value), f"{value:,g}") for value in values)
    return [
        (min(high, max(low, place)) + 0.0, text)
        for place, text in places
        if low - 1e-9 <= place <= high + 1e-9
    ]


def nice_ceiling(value: float) -> float:
    """Return the least round number that is not below a positive one.

    Examples
    --------
    >>> nice_ceiling(0.0731), nice_ceiling(0.3), nice_ceiling(17)
    (0.08, 0.3, 20.0)
    """
    if not math.isfinite(value) or value < 1e-300:
        return 1.0
    exponent = math.floor(math.log10(value))
    for factor in _CEILINGS:
        ceiling = round(factor * 10.0**exponent, max(0, 2 - exponent))
        if ceiling >= value * (1 - 1e-9):
            return ceiling
    return 10.0 ** (exponent + 1)


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Return ticks as text with as many decimals as tell them apart.

    Examples
    --------
    >>> tick_labels([0.0, 0.25, 0.5]), tick_labels([0.0, 2000.0])
    (['0.00', '0.25', '0.50'], ['0', '2,000'])
    >>> tick_labels([0.0, 2e9])
    ['0', '2e+09']
    """
    if not ticks:
        return []
    greatest = max(abs(tick) for tick in ticks)
    if greatest >= _WIDEST or 0 < greatest < 10.0**-_MOST_DECIMALS * 10:
        return [f"{tick:g}" for tick in ticks]
    for decimals in range(_MOST_DECIMALS + 1):
        texts = [f"{tick + 0.0:,.{decimals}f}" for tick in ticks]
        if all(
            math.isclose(float(text.replace(",", "")), tick, abs_tol=greatest * 1e-9)
            for text, tick in zip(texts, ticks, strict=True)
        ):
            return texts
    return [f"{tick:.12g}" for tick in ticks]
