"""What every chart is made of: palettes, plotext figures, messages."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Any, TypeAlias

from tui.terminal.safe_text import clean, clip, pad

Colour: TypeAlias = int | tuple[int, int, int] | None
"""A colour of the 256 (0 to 15 are the terminal's own), RGB, or its default."""

MARKERS = "●▲■◆○△□◇"
"""One marker per series, so that no series differs by its colour alone."""

_RESET = "\x1b[0m"
_SGR = re.compile(r"\x1b\[[0-9;]*m")


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
        Backgrounds of a matrix' cells from the least to the greatest share. Where
        there are none, cells are shaded by characters instead.
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


def _ramp(colours: str) -> tuple[Colour, ...]:
    """Return colours from the least share to the greatest."""
    return tuple((c[0], c[1], c[2]) for c in map(bytes.fromhex, colours.split()))


DARK = Palette(
    name="dark",
    majority=74,
    minority=215,
    synthetic=115,
    accent=209,
    muted=246,
    series=(74, 215, 115, 176, 185, 209, 147, 252),
    right=_ramp("161e28 16283c 143454 12426c 105084"),
    wrong=_ramp("241c18 3e2616 5c3014 7a3a14 964416"),
)
LIGHT = Palette(
    name="light",
    majority=25,
    minority=130,
    synthetic=29,
    accent=160,
    muted=240,
    series=(25, 130, 29, 127, 94, 160, 62, 238),
    right=_ramp("f0f4f9 dee9f5 c8dcf0 aecdea 92bce4"),
    wrong=_ramp("faf4ee fae6d4 fad6b6 fac496 fab076"),
)
ANSI = Palette(
    name="ansi",
    majority=6,
    minority=5,
    synthetic=2,
    accent=1,
    series=(6, 5, 2, 3, 4, 1, 12, 13),
)
"""The terminal's own sixteen colours, whatever they look like there."""
MONO = Palette(name="mono", plain=True)


def figure(width: int, height: int) -> Any:
    """Return an empty plotext figure with a left and a lower axis.

    plotext is imported by the first call: until a curve is shown nobody waits for it.

    Parameters
    ----------
    width, height : int
        Cells and lines of the figure with its axes.

    Returns
    -------
    textual_plotext.Plot
        Its own canvas, not plotext's global one; colours are the screen's own.
    """
    from textual_plotext import Plot

    made = Plot()
    # Public only for plotext's global figure; without it a chart is cut to the size
    # of the terminal, or to 80 by 24 where there is none.
    made._limit_size(False, False)
    made.plot_size(width, height)
    made.canvas_color("default")
    made.axes_color("default")
    made.ticks_color("default")
    made.xaxes(True, False)
    made.yaxes(True, False)
    return made


def render(made: Any, palette: Palette) -> str:
    """Return a figure as text.

    Parameters
    ----------
    made : textual_plotext.Plot
        What `figure` returned, drawn upon.
    palette : Palette
        Decides whether there are colours at all.

    Returns
    -------
    str
        Lines of the figure's width, without the resets that reset nothing.
    """
    text: str = made.build().removesuffix("\n")
    if palette.plain:
        return _SGR.sub("", text)
    last = _RESET

    def keep(found: re.Match[str]) -> str:
        nonlocal last
        before, last = last, found[0]
        return "" if before == last == _RESET else last

    return _SGR.sub(keep, text)


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
