"""Matrices of arms as pages: as many as fit, the page that the focused arm is on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from engine.events import ClassConfusion, Confusion
from tui.charts.base import Palette, message
from tui.charts.confusion import (
    MOST_CLASSES,
    Beside,
    confusion_row,
    multiclass_row,
)
from tui.charts.confusions import worst
from tui.charts.view import Draw
from tui.safe_text import clip

__all__ = ["class_matrices", "matrices"]

_LEAST_LINES = 4
_TWO = 2
_COUNT_AND_SHARE = 11
"""Cells of ``1,234  56 %``."""
_BETWEEN = 3
"""Cells between two matrices, as `tui.charts.confusion` has it."""
_NOTHING = "The matrices come when the first arm is done."

_Counts = TypeVar("_Counts", Confusion, ClassConfusion)
_Named: TypeAlias = Sequence[tuple[str, _Counts]]
_Line: TypeAlias = Callable[[_Named[_Counts], int, int, Palette], Beside]


def matrices(
    items: Sequence[tuple[str, Confusion]],
    labels: tuple[str, str],
    focused: str | None,
    *,
    several: bool = False,
) -> Draw:
    """Return a picture of the arms' matrices: the page that the focused arm is on.

    Parameters
    ----------
    items : sequence of (str, Confusion)
        Arms and their counts, in the order to show them.
    labels : tuple of str
        The negative and the positive class.
    focused : str or None
        The arm that is marked.
    several : bool, default=False
        Whether there may be several lines of matrices.
    """

    def line(
        part: _Named[Confusion], width: int, height: int, palette: Palette
    ) -> Beside:
        return confusion_row(part, labels, width, height, palette)

    return _paged(items, 2, focused, line, several=several)


def class_matrices(
    items: Sequence[tuple[str, ClassConfusion]],
    focus: str | None,
    focused: str | None,
    *,
    several: bool = False,
) -> Draw:
    """Return the same of more than two classes; the worst confusions of very many.

    Parameters
    ----------
    items : sequence of (str, ClassConfusion)
        Arms and their counts, in the order to show them.
    focus : str or None
        The class that is marked.
    focused : str or None
        The arm that is marked.
    several : bool, default=False
        Whether there may be several lines of matrices.
    """
    classes = len(items[0][1].labels) if items else 2

    def line(
        part: _Named[ClassConfusion], width: int, height: int, palette: Palette
    ) -> Beside:
        return multiclass_row(part, width, height, palette, focus)

    pages = _paged(items, classes, focused, line, several=several)

    def draw(width: int, height: int, palette: Palette) -> str:
        alone = items and multiclass_row(items[:1], width, height, palette, focus)
        if not items or (classes <= MOST_CLASSES and alone and alone.shown):
            return pages(width, height, palette)
        return worst(items, width, height, palette, focus=focus, focused=focused)

    return draw


def _paged(
    items: Sequence[tuple[str, _Counts]],
    classes: int,
    focused: str | None,
    line: _Line[_Counts],
    *,
    several: bool,
) -> Draw:
    shown = [
        (f"▸ {name}" if name == focused else name, counts) for name, counts in items
    ]
    names = [name for name, _ in items]
    place = names.index(focused) if focused in names else 0

    def draw(width: int, height: int, palette: Palette) -> str:
        if not shown:
            return message(_NOTHING, width, height)
        return _pages(
            shown, place, classes, line, width, height, palette, several=several
        )

    return draw


def _lines(many: int, beside: int, classes: int, height: int, cell: int) -> int:
    """Return the lines of matrices: as few as show all, or as many as there is room.

    Of more than two classes rectangles are one line high, rather than two, where that
    shows more arms and they are wide enough for count and share.
    """
    wanted = math.ceil(many / beside)
    found = max(1, min(wanted, (height - 1) // (2 * classes + 3)))
    if classes > _TWO and cell >= _COUNT_AND_SHARE and found < wanted:
        # A title, a head, a line per class, and air but for below the last one.
        each = classes + 3
        flat = (height + 1) // each
        flat = flat if flat >= wanted else height // each
        found = max(found, min(wanted, flat))
    return found


def _pages(
    shown: Sequence[tuple[str, _Counts]],
    place: int,
    classes: int,
    draw: _Line[_Counts],
    width: int,
    height: int,
    palette: Palette,
    *,
    several: bool,
) -> str:
    """Draw as many matrices as fit, and say which of how many they are."""
    probe = draw(shown, width, height, palette)
    beside = max(1, probe.shown)
    lines = _lines(len(shown), beside, classes, height, probe.cell) if several else 1
    if several and beside * lines >= len(shown):
        # All of them fit: as many on each line, rather than one alone on the last.
        beside = math.ceil(len(shown) / lines)
    page = beside * lines
    paged = page < len(shown) and height > _LEAST_LINES
    gap = int(lines > 1)
    # There is air between the lines of matrices of many classes, but below the last.
    room = (height - paged + (gap if classes > _TWO else 0)) // lines
    if lines > 1 or several:
        room = min(room, 6 * classes + 1)
    start = place // page * page
    blocks = []
    for number in range(lines):
        part = shown[start + number * beside : start + (number + 1) * beside]
        if part:
            # As wide as on a full line, so that matrices stand below each other.
            each = (width + _BETWEEN) // beside
            room_of = min(width, each * len(part) - _BETWEEN)
            block = draw(part, room_of, room - gap, palette).text
            blocks += [block, ""] if gap and number < lines - 1 else [block]
    if paged:
        last = min(len(shown), start + page)
        which = f"arm {last}" if page == 1 else f"arms {start + 1}–{last}"
        text = f"{which} of {len(shown)}, ↑ ↓ for the others"
        blocks.append(palette.paint(clip(text, width), palette.muted))
    return "\n".join(blocks)
