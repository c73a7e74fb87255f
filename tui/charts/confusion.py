"""Confusion matrices as rectangles shaded by their share of the row.

For more than eight classes, the worst confusions as a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.core import format as figures
from engine.outcome import ClassConfusion, Confusion
from tui.charts.base import Palette, message
from tui.charts.rectangles import ACTUAL, Rectangle, fit, grid
from tui.safe_text import cells, clip, pad

MOST_CLASSES = 8
"""From more classes on, a table says more than a picture."""

_GOOD_CELL = 8
"""Cells of a rectangle from which on one more matrix may stand beside."""
_SHORT = 90
"""Cells of a line below which the words before names are short."""
_MOST_LABEL = 12
BETWEEN = 3
_MEANINGS = (("TN", "FP false alarms"), ("FN missed", "TP found"))
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
    one = of_two(Confusion(tn=tn, fp=fp, fn=fn, tp=tp), labels)
    return multiclass_row([(title, one)], width, height, palette, two=True).text


def of_two(counts: Confusion, labels: tuple[str, str]) -> ClassConfusion:
    """Return the counts of two classes as those of several."""
    matrix = ((counts.tn, counts.fp), (counts.fn, counts.tp))
    return ClassConfusion(labels=labels, matrix=matrix)


def multiclass_row(
    items: Sequence[tuple[str, ClassConfusion]],
    width: int,
    height: int,
    palette: Palette,
    focus: str | None = None,
    *,
    two: bool = False,
) -> Beside:
    """Draw as many matrices of up to eight classes side by side as there is room for.

    Parameters
    ----------
    items : sequence of (str, ClassConfusion)
        A title and its counts, in the order to show them; all of the same classes.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    focus : str or None, default=None
        The class that is marked.
    two : bool, default=False
        Whether they are a negative and a positive class.

    Returns
    -------
    Beside
        `shown` is how many of the items are in `text`, at least 1 unless there is only
        a message. The greatest error of each row is marked, of two classes the missed
        positives.
    """
    if not items:
        return Beside(message("No matrix yet.", width, height), 0)
    labels = items[0][1].labels
    many = len(labels)
    counts = [one.matrix for _, one in items]
    if many > MOST_CLASSES:
        text = f"{many} classes are too many for a picture: see the table."
        return Beside(message(text, width, height), 0)
    if not any(any(map(any, one)) for one in counts):
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
    blocks = []
    for (title, _), one in zip(items[:beside], counts[:beside], strict=True):
        rows = [_cells(r, place, shape.cell, two=two) for place, r in enumerate(one)]
        blocks.append(grid(title, names, rows, shape, palette))
    lines = [(" " * BETWEEN).join(parts) for parts in zip(*blocks, strict=True)]
    text = "\n".join(line.rstrip() for line in lines)
    return Beside(text, len(blocks), shape.cell)


def _cells(row: Sequence[int], place: int, room: int, *, two: bool) -> list[Rectangle]:
    """Return the cells of an actual class, its greatest error marked.

    For two classes the missed positives are marked, and each cell is named.
    """
    whole = room >= max(len(word) for pair in _MEANINGS for word in pair)
    worst = max(count for column, count in enumerate(row) if column != place)
    found = []
    for column, count in enumerate(row):
        right = column == place
        marked = (place, column) == (1, 0) if two else not right and count == worst > 0
        meaning = _MEANINGS[place][column][: None if whole else 2] if two else ""
        found.append(Rectangle(count, sum(row), right, marked, meaning))
    return found


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


class Pair(NamedTuple):
    """Rows of one class that were predicted as another, of all rows of that class."""

    actual: str
    predicted: str
    rows: int
    total: int


def pairs(of: ClassConfusion, focus: str | None = None) -> list[Pair]:
    """Return the confusions with a count, the worst first.

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
    >>> [(pair.actual, pair.predicted, pair.rows) for pair in pairs(two)]
    [('b', 'a', 3), ('a', 'b', 1)]
    """
    errors = [
        Pair(actual, predicted, count, sum(row))
        for actual, row in zip(of.labels, of.matrix, strict=True)
        for predicted, count in zip(of.labels, row, strict=True)
        if predicted != actual and count
    ]
    return sorted(errors, key=lambda p: (p.actual != focus, -p.rows, -p.rows / p.total))


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
    if not (listed := pairs(order[0][1], focus)):
        name = clip(order[0][0], _MOST_ARM)
        return message(f"{name}: no two classes are confused.", width, height)
    room = min(_MOST_PAIRED, max(6, (width - _NUMBER) // 2 - 6))
    words = [_words(pair, focus, room) for pair in listed]
    head = max(map(cells, [_AXES, *words]))
    shown = order[: max(1, (width - head) // (_NUMBER + len(_GAP)))]
    titles = [name for name, _ in shown]
    titles[0] = f"{_FOCUS} {titles[0]}" if len(order) > 1 else titles[0]
    top = [pad(_AXES, head), *(pad(t, _NUMBER, "right") for t in titles)]
    out = [palette.paint(_GAP.join(top), bold=True)]
    lines = max(1, height - 2)
    for pair, text in zip(listed[:lines], words, strict=False):
        numbers = [pad(_number(one, pair), _NUMBER, "right") for _, one in shown]
        numbers[0] = palette.paint(numbers[0], bold=True)
        out.append(_GAP.join([pad(text, head), *numbers]))
    left, hidden = len(listed) - lines, len(order) - len(shown)
    rest = [f"{left} rarer confusions"] if left > 0 else []
    rest += [f"{figures.plural(hidden, 'arm')} not shown"] if hidden else []
    if rest:
        out.append(palette.paint(clip(f"and {', '.join(rest)}", width), palette.muted))
    return "\n".join(out[:height])


def _words(pair: Pair, focus: str | None, room: int) -> str:
    mark = _FOCUS if pair.actual == focus else " "
    return f"{mark}{clip(pair.actual, room)} → {clip(pair.predicted, room)}"


def _number(of: ClassConfusion, pair: Pair) -> str:
    """Return how often an arm predicts the one class for the other."""
    if pair.actual not in of.labels or pair.predicted not in of.labels:
        return figures.NOTHING
    row = of.matrix[of.labels.index(pair.actual)]
    count = row[of.labels.index(pair.predicted)]
    return f"{figures.count(count)} ({figures.row_share(count, sum(row))})"
