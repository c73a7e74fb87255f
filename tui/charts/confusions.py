"""The worst confusions of very many classes as a table: what is taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.events import ClassConfusion
from tui.charts import classes
from tui.charts.base import Palette, message
from tui.console import figures
from tui.safe_text import cells, clip, pad

__all__ = ["Pair", "pairs", "worst"]

_MOST_LABEL = 18
_MOST_ARM = 12
_NUMBER = 13
"""Cells of ``1,234 (34 %)``."""
_GAP = 2
_LEAST_WIDTH, _LEAST_LINES = 32, 3
_FOCUS = "▸"


class Pair(NamedTuple):
    """Rows of one class that were called another, of all rows of that class."""

    truth: str
    said: str
    rows: int
    total: int


def pairs(of: ClassConfusion, focus: str | None = None) -> list[Pair]:
    """Return the confusions that happened, the worst first.

    Parameters
    ----------
    of : ClassConfusion
    focus : str or None, default=None
        The class whose rows come first.

    Returns
    -------
    list of Pair
        By count, then by the share of the class, then as the classes are listed.

    Examples
    --------
    >>> two = ClassConfusion(labels=("a", "b"), matrix=((7, 1), (3, 2)))
    >>> [(pair.truth, pair.said, pair.rows) for pair in pairs(two)]
    [('b', 'a', 3), ('a', 'b', 1)]
    """
    found = [
        Pair(truth, said, number, sum(map(classes.number, row)))
        for truth, row in zip(of.labels, of.matrix, strict=True)
        for said, count in zip(of.labels, row, strict=True)
        if said != truth and (number := classes.number(count))
    ]
    found.sort(key=lambda p: (p.truth != focus, -p.rows, -p.rows / p.total))
    return found


def worst(
    items: Sequence[tuple[str, ClassConfusion]],
    width: int,
    height: int,
    palette: Palette,
    *,
    focus: str | None = None,
    focused: str | None = None,
) -> str:
    """Draw the worst confusions of one arm, and the same of the others beside them.

    Parameters
    ----------
    items : sequence of (str, ClassConfusion)
        Arms and their counts, in the order to show them.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    focus : str or None, default=None
        The class whose rows come first, marked.
    focused : str or None, default=None
        The arm whose confusions are listed; the first one when None.

    Returns
    -------
    str
    """
    if not items:
        return message("No matrix yet.", width, height)
    if width < _LEAST_WIDTH or height < _LEAST_LINES:
        return message("Too small for a table.", width, height)
    names = [name for name, _ in items]
    place = names.index(focused) if focused in names else 0
    order = [items[place], *items[:place], *items[place + 1 :]]
    listed = pairs(order[0][1], focus)
    if not listed:
        name = clip(order[0][0], _MOST_ARM)
        return message(f"{name} confuses no two classes.", width, height)
    room = min(_MOST_LABEL, max(6, (width - _NUMBER) // 2 - 6))
    head = _head(listed, focus, room)
    shown = order[: max(1, (width - head) // (_NUMBER + _GAP))]
    lines = max(1, height - 2)
    top = pad("is → said", head)
    for name, _ in shown:
        mark = "▸ " if name == order[0][0] and len(order) > 1 else ""
        title = clip(f"{mark}{name}", _NUMBER)
        top += " " * _GAP + pad(title, _NUMBER, "right")
    out = [palette.paint(top, bold=True)]
    for pair in listed[:lines]:
        line = pad(_words(pair, focus, room), head)
        for index, (_, counts) in enumerate(shown):
            text = pad(_number(counts, pair), _NUMBER, "right")
            line += " " * _GAP + palette.paint(text, bold=not index)
        out.append(line)
    left = len(listed) - lines
    hidden = len(order) - len(shown)
    told = [f"{left} rarer confusions" if left > 0 else ""]
    told.append(f"{figures.plural(hidden, 'arm')} not shown" if hidden else "")
    if text := ", ".join(one for one in told if one):
        out.append(palette.paint(clip(f"and {text}", width), palette.muted))
    return "\n".join(out[:height])


def _head(listed: Sequence[Pair], focus: str | None, room: int) -> int:
    return max(cells("is → said"), *(cells(_words(p, focus, room)) for p in listed))


def _words(pair: Pair, focus: str | None, room: int) -> str:
    mark = _FOCUS if pair.truth == focus else " "
    return f"{mark}{clip(pair.truth, room)} → {clip(pair.said, room)}"


def _number(of: ClassConfusion, pair: Pair) -> str:
    """Return how often an arm takes the one class for the other."""
    if pair.truth not in of.labels or pair.said not in of.labels:
        return figures.NOTHING
    row = of.matrix[of.labels.index(pair.truth)]
    count = classes.number(row[of.labels.index(pair.said)])
    total = sum(map(classes.number, row))
    return f"{figures.count(count)} ({figures.row_share(count, total)})"
