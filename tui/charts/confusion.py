"""Confusion matrices as rectangles shaded by their share of the row.

For more than eight classes, the worst confusions as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.core import format as figures
from engine.core.outcome import Confusion
from engine.core.views.matrices import (
    ConfusionMatrix,
    MatrixCount,
    confusion_matrix,
)
from tui.charts.base import Palette, message
from tui.charts.rectangles import ACTUAL, fit, grid
from tui.terminal.safe_text import cells, clip, pad

MOST_CLASSES = 8
"""From more classes on, a table says more than a picture."""

_GOOD_CELL = 8
"""Cells of a rectangle from which on one more matrix may stand beside."""
_SHORT = 90
"""Cells of a line below which the words before names are short."""
_MOST_LABEL = 12
BETWEEN = 3
_FOCUS = "▸"


class Beside(NamedTuple):
    """Matrices side by side, how many are shown, and the cells of a rectangle."""

    text: str
    shown: int
    cell: int = 0


def confusion(
    tn: int,
    fp: int,
    fn: int,
    tp: int,
    labels: tuple[str, str],
    width: int,
    height: int,
    palette: Palette,
    title: str = "",
) -> str:
    """Draw one matrix of a negative and a positive class."""
    counts = Confusion(tn=tn, fp=fp, fn=fn, tp=tp)
    one = confusion_matrix(title, counts, labels)
    return multiclass_row([one], width, height, palette).text


def multiclass_row(
    items: Sequence[ConfusionMatrix],
    width: int,
    height: int,
    palette: Palette,
    focus: str | None = None,
) -> Beside:
    """Draw as many matrices of up to eight classes side by side as there is room for.

    Parameters
    ----------
    items : sequence of ConfusionMatrix
        In the order to show them; all of the same classes.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    focus : str or None, default=None
        The class whose name is marked, of more than two.

    Returns
    -------
    Beside
        `shown` is how many of the items are in `text`, at least 1 unless there is only
        a message.
    """
    if not items:
        return Beside(message("No matrix yet.", width, height), 0)
    labels = items[0].labels
    many, two = len(labels), len(labels) == 2
    if many > MOST_CLASSES:
        text = f"{many} classes are too many for a picture: see the table."
        return Beside(message(text, width, height), 0)
    if not any(count.number for one in items for row in one.rows for count in row):
        return Beside(message("No test rows.", width, height), 0)
    names = [f"{_FOCUS}{label}" if label == focus else label for label in labels]
    room = min(_MOST_LABEL, max(6, width // 6))
    if two:
        names, room = _distinct(labels), len("actual ") + _MOST_LABEL
    word = ACTUAL[width < _SHORT]
    head = max(cells(clip(f"{word} {name}", room)) for name in names) + 1
    least = head + many * (_GOOD_CELL + 1) - 1
    beside = max(1, min(len(items), (width + BETWEEN) // (least + BETWEEN)))
    shape = fit(head, many, (width - BETWEEN * (beside - 1)) // beside, height)
    if shape is None:
        text = f"Too small for a matrix{'' if two else ': see the table'}."
        return Beside(message(text, width, height), 0)
    if not two:
        names = [clip(name, max(shape.cell, shape.head)) for name in names]
    blocks = [
        grid(one.title, names, one.rows, shape, palette) for one in items[:beside]
    ]
    lines = [(" " * BETWEEN).join(parts) for parts in zip(*blocks, strict=True)]
    text = "\n".join(line.rstrip() for line in lines)
    return Beside(text, len(blocks), shape.cell)


def _distinct(labels: Sequence[str]) -> list[str]:
    """Return labels short enough for a head, and still different."""
    negative, positive = (clip(label, _MOST_LABEL) for label in labels)
    return ["negative", "positive"] if negative == positive else [negative, positive]


_MOST_PAIRED = 18
_MOST_ARM = 12
_NUMBER = 13
"""Cells of ``1,234 (34 %)``."""
_GAP = "  "
_LEAST_WIDTH, _LEAST_LINES = 32, 3
_AXES = "actual → predicted"


def worst(
    items: Sequence[ConfusionMatrix],
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
    items : sequence of ConfusionMatrix
        Of each arm, in the order to show them.
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
    names = [one.title for one in items]
    place = names.index(focused) if focused in names else 0
    order = [items[place], *items[:place], *items[place + 1 :]]
    if not (listed := order[0].errors(focus)):
        name = clip(order[0].title, _MOST_ARM)
        return message(f"{name}: no two classes are confused.", width, height)
    room = min(_MOST_PAIRED, max(6, (width - _NUMBER) // 2 - 6))
    words = [_words(pair, focus, room) for pair in listed]
    head = max(map(cells, [_AXES, *words]))
    shown = order[: max(1, (width - head) // (_NUMBER + len(_GAP)))]
    titles = [one.title for one in shown]
    titles[0] = f"{_FOCUS} {titles[0]}" if len(order) > 1 else titles[0]
    top = [pad(_AXES, head), *(pad(t, _NUMBER, "right") for t in titles)]
    out = [palette.paint(_GAP.join(top), bold=True)]
    lines, labels = max(1, height - 2), items[0].labels
    for pair, text in zip(listed[:lines], words, strict=False):
        k, m = labels.index(pair.actual), labels.index(pair.predicted)
        numbers = [pad(one.rows[k][m].text, _NUMBER, "right") for one in shown]
        numbers[0] = palette.paint(numbers[0], bold=True)
        out.append(_GAP.join([pad(text, head), *numbers]))
    left, hidden = len(listed) - lines, len(order) - len(shown)
    rest = [f"{left} rarer confusions"] if left > 0 else []
    rest += [f"{figures.plural(hidden, 'arm')} not shown"] if hidden else []
    if rest:
        out.append(palette.paint(clip(f"and {', '.join(rest)}", width), palette.muted))
    return "\n".join(out[:height])


def _words(pair: MatrixCount, focus: str | None, room: int) -> str:
    mark = _FOCUS if pair.actual == focus else " "
    return f"{mark}{clip(pair.actual, room)} → {clip(pair.predicted, room)}"
