"""Matrices of arms as pages: as many as fit, the page that the focused arm is on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from engine.events import ClassConfusion
from tui.charts.base import Palette, message
from tui.charts.confusion import Beside, multiclass_row, worst
from tui.charts.view import Draw
from tui.safe_text import clip

_LEAST_LINES = 4
_TWO = 2
_COUNT_AND_SHARE = 11
"""Cells of ``1,234  56 %``."""
_BETWEEN = 3
"""Cells between two matrices, as `tui.charts.confusion` has it."""
_NOTHING = "The matrices come when the first arm is done."

_Named: TypeAlias = Sequence[tuple[str, ClassConfusion]]
_Line: TypeAlias = Callable[[_Named, int, int, Palette], Beside]


def matrices(
    items: _Named,
    focused: str | None,
    *,
    focus: str | None = None,
    two: bool = False,
    several: bool = False,
) -> Draw:
    """Return a picture of the arms' matrices: the page that the focused arm is on.

    Parameters
    ----------
    items : sequence of (str, ClassConfusion)
        Arms and their counts, in the order to show them. Of very many classes the worst
        confusions are shown.
    focused : str or None
        The arm that is marked.
    focus : str or None, default=None
        The class that is marked.
    two : bool, default=False
        Whether they are a negative and a positive class.
    several : bool, default=False
        Whether there may be several lines of matrices.
    """
    names = [name for name, _ in items]
    place = names.index(focused) if focused in names else 0
    shown = [(f"▸ {n}" if n == focused else n, counts) for n, counts in items]

    def line(part: _Named, width: int, height: int, palette: Palette) -> Beside:
        return multiclass_row(part, width, height, palette, focus, two=two)

    def draw(width: int, height: int, palette: Palette) -> str:
        if not items:
            return message(_NOTHING, width, height)
        if not two and not line(items[:1], width, height, palette).shown:
            return worst(items, width, height, palette, focus=focus, focused=focused)
        return _pages(shown, place, line, width, height, palette, several=several)

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
    shown: _Named,
    place: int,
    draw: _Line,
    width: int,
    height: int,
    palette: Palette,
    *,
    several: bool,
) -> str:
    """Draw as many matrices as fit, and say which of how many they are."""
    probe, classes = draw(shown, width, height, palette), len(shown[0][1].labels)
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
