"""Confusion matrices side by side, as the app draws them."""

from __future__ import annotations

import math
import re
from typing import Final

from engine.core.result import Result
from engine.outcome import Confusion
from tui.charts.base import MONO
from tui.charts.confusion import BETWEEN, multiclass_row, of_two, worst
from tui.console.lines import Line, Span, stack

_MISSED: Final = re.compile("(▶ *[0-9,]+)")
_MOST_PAIRS: Final = 12


def matrices(result: Result, *, width: int, at: str | None = None) -> list[Line]:
    """Lay out the confusion matrix of every arm with a result.

    Rows are what a row is, columns what the arm said; ``▶`` marks the missed positives.
    Of more than two classes it marks the greatest mistake of each row; more than eight
    are listed by what is taken for what.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most; what does not fit beside goes below.
    at : str or None, default=None
        Operating point; the experiment's own when None.

    Returns
    -------
    list of Line
        In the order of the board.

    Raises
    ------
    UsageError
        If no arm has an operating point of that operating point.
    """
    two, labels = not result.classes, (result.negative, result.positive)
    items = []
    for placed in result.at_point(result.select_point(at)):
        counts = placed.point.confusion
        if isinstance(counts, Confusion):
            counts = of_two(counts, labels)
        items.append((placed.name, counts))
    if not items:
        return []
    room, height = width - 1, 2 + 2 * len(items[0][1].labels)
    fits = multiclass_row(items, room, height, MONO, two=two).shown
    if not fits:
        return _lines(worst(items, room, 2 + _MOST_PAIRS, MONO))
    # So many that lines are about equally long.
    across = math.ceil(len(items) / math.ceil(len(items) / fits))
    each = (room + BETWEEN) // across
    blocks = []
    for start in range(0, len(items), across):
        part = items[start : start + across]
        wide = each * len(part) - BETWEEN
        blocks.append(_lines(multiclass_row(part, wide, height, MONO, two=two).text))
    return stack(blocks)


def _lines(text: str) -> list[Line]:
    """Return a drawing as lines, what is missed in its look."""
    return [
        (
            Span(" "),
            *(
                Span(part, "missed" if place % 2 else "")
                for place, part in enumerate(_MISSED.split(line))
            ),
        )
        for line in text.split("\n")
    ]
