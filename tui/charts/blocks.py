"""Bars of block characters, exact to an eighth of a cell."""

from __future__ import annotations

__all__ = ["SHADES", "across", "up"]

_ACROSS = " ▏▎▍▌▋▊▉█"
_UP = " ▁▂▃▄▅▆▇█"

SHADES = " ░▒▓█"
"""Characters from nothing to everything."""


def across(part: float, width: int) -> str:
    """Return a bar from left to right; something is never drawn as nothing.

    Parameters
    ----------
    part : float
        Length of the bar as a part of `width`, 0 to 1.
    width : int
        Cells of a whole bar.

    Returns
    -------
    str
        At most `width` cells, without blanks at its end.

    Examples
    --------
    >>> across(0.5, 5), across(0.0001, 5), across(0, 5)
    ('██▌', '▏', '')
    """
    eighths = _eighths(part, width)
    return "█" * (eighths // 8) + _ACROSS[eighths % 8].strip()


def up(part: float, height: int) -> list[str]:
    """Return a bar from the bottom up as one character per line, top first.

    Parameters
    ----------
    part : float
        Height of the bar as a part of `height`, 0 to 1.
    height : int
        Lines of a whole bar.

    Returns
    -------
    list of str

    Examples
    --------
    >>> up(0.75, 2), up(0.0001, 2), up(0, 2)
    (['▄', '█'], [' ', '▁'], [' ', ' '])
    """
    eighths = _eighths(part, height)
    levels = [min(8, max(0, eighths - 8 * line)) for line in range(height)]
    return [_UP[level] for level in reversed(levels)]


def _eighths(part: float, cells: int) -> int:
    if not part > 0 or cells <= 0:
        return 0
    return max(1, min(8 * cells, round(8 * cells * part)))
