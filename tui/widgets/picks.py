"""Which of several things stand on one line, where all of them may not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui.safe_text import cells, clip

__all__ = ["BEFORE", "BEHIND", "Pick", "Shown", "fit"]

BEFORE, BEHIND = "‹ ", " ›"
"""Say that there are more on that side."""
_MARK = 1
"""Cells before each, for the mark of the chosen one."""
_GAPS = (2, 1)


class Pick(NamedTuple):
    """One of the things: its name, and a shorter one; both may be untrusted."""

    long: str
    short: str


class Shown(NamedTuple):
    """What is seen of them.

    `names` of those from `first` on, `gap` blanks apart; there are others before or
    behind where the line says so.
    """

    first: int
    names: tuple[str, ...]
    gap: int
    more: bool


def fit(picks: Sequence[Pick], chosen: int, room: int) -> Shown:
    """Choose what is seen: all by their names, or shorter, or a part of them.

    Parameters
    ----------
    picks : sequence of Pick
        In their order, which is kept.
    chosen : int
        The one that is always seen.
    room : int
        Cells.

    Returns
    -------
    Shown

    Examples
    --------
    >>> picks = [Pick("default 0.5", "0.5"), Pick("prevalence", "prev.")]
    >>> picks.append(Pick("f1", "f1"))
    >>> fit(picks, 1, 40).names, fit(picks, 1, 24).names
    (('default 0.5', 'prevalence', 'f1'), ('0.5', 'prevalence', 'f1'))
    >>> fit(picks, 2, 9)
    Shown(first=2, names=('f1',), gap=1, more=True)
    """
    if not picks:
        return Shown(0, (), _GAPS[-1], False)
    long = [pick.long for pick in picks]
    short = [pick.short for pick in picks]
    mixed = [*short[:chosen], long[chosen], *short[chosen + 1 :]]
    for names in (long, mixed, short):
        for gap in _GAPS:
            if _width(names, gap) <= room:
                return Shown(0, tuple(names), gap, False)
    gap = _GAPS[-1]
    left = room - cells(BEFORE) - cells(BEHIND)
    first = last = chosen
    # To the right first, then to the left, as one reads on.
    while last + 1 < len(short) and _width(short[first : last + 2], gap) <= left:
        last += 1
    while first and _width(short[first - 1 : last + 1], gap) <= left:
        first -= 1
    names = short[first : last + 1]
    if _width(names, gap) > left:
        names = [clip(short[chosen], max(1, left - _MARK))]
    return Shown(first, tuple(names), gap, True)


def _width(names: Sequence[str], gap: int) -> int:
    return sum(_MARK + cells(name) for name in names) + gap * (len(names) - 1)
