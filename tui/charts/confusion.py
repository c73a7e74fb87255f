"""Confusion matrices as rectangles shaded by their share of the row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.events import ClassConfusion, Confusion
from tui.charts import classes
from tui.charts.base import Palette, message
from tui.charts.rectangles import Cell, Shape, fit, grid
from tui.safe_text import cells, clip

__all__ = [
    "MOST_CLASSES",
    "Beside",
    "confusion",
    "confusion_row",
    "multiclass",
    "multiclass_row",
]

MOST_CLASSES = 8
"""From more classes on, a table says more than a picture."""

_GOOD_CELL = 9
"""Cells of a rectangle from which on one more matrix may stand beside; of more than
two classes one less, since so many take the room of names anyway."""
_MOST_LABEL = 12
_BETWEEN = 3
_MEANINGS = (("left alone", "false alarms"), ("missed", "found"))
_FOCUS = "▸"
_TOO_SMALL = "Too small for a matrix."
_NO_ROWS = "No test rows."


class Beside(NamedTuple):
    """Matrices side by side, how many of those asked for, and cells of a rectangle."""

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
    """Draw one matrix, the missed positives marked.

    Parameters
    ----------
    tn, fp, fn, tp : int
        Counts.
    labels : tuple of str
        The negative and the positive class.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours; without backgrounds in it, shades are made of characters.
    title : str, default=""
        What stands above, such as the arm.

    Returns
    -------
    str
        Rows are what a row is, columns what the arm said.
    """
    one = Confusion(tn=tn, fp=fp, fn=fn, tp=tp)
    return confusion_row([(title, one)], labels, width, height, palette).text


def confusion_row(
    items: Sequence[tuple[str, Confusion]],
    labels: tuple[str, str],
    width: int,
    height: int,
    palette: Palette,
) -> Beside:
    """Draw as many matrices side by side as there is room for.

    Parameters
    ----------
    items : sequence of (str, Confusion)
        A title and its counts, in the order to show them.
    labels : tuple of str
        The negative and the positive class.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    Beside
        `shown` is how many of the items are in `text`, at least 1 unless there is
        only a message.
    """
    if not items:
        return Beside(message("No matrix yet.", width, height), 0)
    if all(_empty(counts) for _, counts in items):
        return Beside(message(_NO_ROWS, width, height), 0)
    names = _told_apart(labels)
    head = max(cells(f"is {name}") for name in names) + 1
    least = head + 2 * (_GOOD_CELL + 1) - 1
    many = max(1, min(len(items), (width + _BETWEEN) // (least + _BETWEEN)))
    shape = fit(head, 2, (width - _BETWEEN * (many - 1)) // many, height)
    if shape is None:
        return Beside(message(_TOO_SMALL, width, height), 0)
    blocks = [
        _two_by_two(title, counts, names, shape, palette)
        for title, counts in items[:many]
    ]
    return _joined(blocks, shape.cell)


def multiclass(
    labels: Sequence[str],
    matrix: Sequence[Sequence[int]],
    width: int,
    height: int,
    palette: Palette,
    title: str = "",
) -> str:
    """Draw a matrix of up to eight classes.

    Parameters
    ----------
    labels : sequence of str
        Classes in the order of the matrix.
    matrix : sequence of sequence of int
        Counts; a line per true class, a column per class that was said.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    title : str, default=""
        What stands above.

    Returns
    -------
    str
        The greatest error of each row is marked.
    """
    one = ClassConfusion(labels=tuple(labels), matrix=tuple(map(tuple, matrix)))
    return multiclass_row([(title, one)], width, height, palette).text


def multiclass_row(
    items: Sequence[tuple[str, ClassConfusion]],
    width: int,
    height: int,
    palette: Palette,
    focus: str | None = None,
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

    Returns
    -------
    Beside
        As `confusion_row`. The greatest error of each row is marked.
    """
    if not items:
        return Beside(message("No matrix yet.", width, height), 0)
    labels = items[0][1].labels
    many = len(labels)
    if many < 2 or any(
        len(one.matrix) != many or any(len(row) != many for row in one.matrix)
        for _, one in items
    ):
        text = "A matrix needs two classes or more."
        return Beside(message(text, width, height), 0)
    if many > MOST_CLASSES:
        text = f"{many} classes are too many for a picture: see the table."
        return Beside(message(text, width, height), 0)
    counts = [
        [list(map(classes.number, row)) for row in one.matrix] for _, one in items
    ]
    if not any(any(map(any, one)) for one in counts):
        return Beside(message(_NO_ROWS, width, height), 0)
    names = [f"{_FOCUS}{label}" if label == focus else label for label in labels]
    room = min(_MOST_LABEL, max(6, width // 6))
    head = max(cells(clip(f"is {name}", room)) for name in names) + 1
    least = head + many * (_GOOD_CELL - (many > 2) + 1) - 1
    beside = max(1, min(len(items), (width + _BETWEEN) // (least + _BETWEEN)))
    shape = fit(head, many, (width - _BETWEEN * (beside - 1)) // beside, height)
    if shape is None:
        text = f"{_TOO_SMALL[:-1]}: see the table."
        return Beside(message(text, width, height), 0)
    shown = [clip(name, max(shape.cell, shape.head)) for name in names]
    blocks = [
        grid(
            title,
            shown,
            [_true_class(row, place) for place, row in enumerate(one)],
            shape,
            palette,
        )
        for (title, _), one in zip(items[:beside], counts[:beside], strict=True)
    ]
    return _joined(blocks, shape.cell)


def _joined(blocks: Sequence[Sequence[str]], cell: int) -> Beside:
    """Return pictures of as many lines side by side."""
    lines = [(" " * _BETWEEN).join(parts) for parts in zip(*blocks, strict=True)]
    return Beside("\n".join(line.rstrip() for line in lines), len(blocks), cell)


def _true_class(row: Sequence[int], place: int) -> list[Cell]:
    """Return the cells of one true class, its greatest error marked."""
    worst = max(count for column, count in enumerate(row) if column != place)
    return [
        Cell(
            count,
            total=sum(row),
            right=column == place,
            marked=column != place and count == worst > 0,
        )
        for column, count in enumerate(row)
    ]


def _two_by_two(
    title: str,
    counts: Confusion,
    names: tuple[str, str],
    shape: Shape,
    palette: Palette,
) -> list[str]:
    """Return the lines of one arm's matrix."""
    rows: list[list[Cell]] = []
    spoken = shape.cell >= max(len(word) for pair in _MEANINGS for word in pair)
    for line, pair in enumerate(((counts.tn, counts.fp), (counts.fn, counts.tp))):
        known = [classes.number(count) for count in pair]
        rows.append(
            [
                Cell(
                    count,
                    total=sum(known),
                    right=line == column,
                    marked=(line, column) == (1, 0),
                    meaning=_MEANINGS[line][column] if spoken else "",
                )
                for column, count in enumerate(known)
            ]
        )
    return grid(title, names, rows, shape, palette)


def _empty(counts: Confusion) -> bool:
    four = (counts.tn, counts.fp, counts.fn, counts.tp)
    return not any(map(classes.number, four))


def _told_apart(labels: tuple[str, str]) -> tuple[str, str]:
    """Return labels short enough for a head, and still different."""
    negative, positive = (clip(label, _MOST_LABEL) for label in labels)
    return ("negative", "positive") if negative == positive else (negative, positive)
