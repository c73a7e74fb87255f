"""Where the name of a line is written in a picture: beside it, on no other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tui.safe_text import cells

_PREFERRED = 0.62
"""Part of the width at which a name likes to stand."""
_DOTS = (2, 4)
"""Dots of a cell across and up: what a line is drawn of."""


class Name(NamedTuple):
    """A text, and the number of the line that it names."""

    text: str
    line: int


def place_names(
    names: Sequence[Name],
    lines: Sequence[tuple[Sequence[float], Sequence[float]]],
    grid: tuple[int, int],
    references: Sequence[tuple[Sequence[float], Sequence[float]]] = (),
) -> list[tuple[Name, int, int]]:
    """Choose where names stand.

    Parameters
    ----------
    names : sequence of Name
        Clean; one whose characters are not a cell each is left out.
    lines : sequence of (sequence of float, sequence of float)
        Places of each line, as parts of the width and of the height, from 0 to 1.
    grid : tuple of (int, int)
        Cells and rows of the canvas.
    references : sequence of (sequence of float, sequence of float), default=()
        Places of straight lines to compare with, which have no name.

    Returns
    -------
    list of (Name, int, int)
        Column of the first character and row from below. A name stands right above,
        below or beside its line, and on none; without such a place it is left out.

    Examples
    --------
    >>> place_names([Name("none", 0)], [([0, 1], [0, 0])], (30, 5))
    [(Name(text='none', line=0), 19, 1)]
    """
    columns, rows = grid
    drawn = [set(_trodden(xs, ys, grid)) for xs, ys in lines]
    taken = {at for xs, ys in references for at in _trodden(xs, ys, grid, (1, 1))}
    found = []
    for name in names:
        wide = cells(name.text)
        if wide != len(name.text) or not 0 < wide <= columns // 3:
            continue
        others = set().union(*drawn, taken)
        free = [
            (abs(start / columns - _PREFERRED), start, height)
            for column, row in drawn[name.line]
            for start, height in _spots(column, row, wide)
            if 0 <= height < rows
            and 0 <= start <= columns - wide
            and not any((start + i, height) in others for i in range(-1, wide + 1))
        ]
        if free:
            _, start, height = min(free)
            taken.update((start + i, height) for i in range(-1, wide + 1))
            found.append((name, start, height))
    return found


def _spots(column: int, row: int, wide: int) -> Iterator[tuple[int, int]]:
    """Yield where a name may begin that belongs to a cell of its line."""
    for above in (1, -1):
        yield column, row + above
        yield column - wide + 1, row + above
    # Where a line is steep there is room on its sides alone.
    yield column + 2, row
    yield column - wide - 1, row


def _trodden(
    xs: Sequence[float],
    ys: Sequence[float],
    grid: tuple[int, int],
    dots: tuple[int, int] = _DOTS,
) -> Iterator[tuple[int, int]]:
    """Yield the cells that a line of so many dots a cell goes through."""
    across, up = (dots[n] * grid[n] - 1 for n in (0, 1))
    points = [(x * across, y * up) for x, y in zip(xs, ys, strict=True)]
    for (x0, y0), (x1, y1) in zip(points, points[1:] or points, strict=False):
        steps = max(1, round(max(abs(x1 - x0), abs(y1 - y0))))
        for step in range(steps + 1):
            part = step / steps
            x, y = x0 + (x1 - x0) * part, y0 + (y1 - y0) * part
            yield math.floor(x + 0.5) // dots[0], math.floor(y + 0.5) // dots[1]
