"""Confusion matrices side by side, the missed positives marked."""

from __future__ import annotations

import math
from typing import NamedTuple

from tui.console import facts, figures
from tui.console.facts import ArmRow, Document
from tui.console.lines import Line, Span
from tui.console.style import Look
from tui.safe_text import cells, clip, pad

__all__ = ["matrices"]

_MARK = "▶"
_BETWEEN = 3
_MOST_NAME = 16
_PERCENT = 6
"""Cells of ``100 %`` and the blank before it."""
_LEAST, _MOST = 7, 11
"""Cells of a count; a longer label may take up to `_MOST_LABEL`."""
_MOST_LABEL = 18

_EIGHTHS = " ▏▎▍▌▋▊▉█"


class _Shape(NamedTuple):
    """What all matrices of a board have in common."""

    row_labels: tuple[str, str]
    column_labels: tuple[str, str]
    head: int
    cell: int

    @property
    def width(self) -> int:
        """Cells of one matrix."""
        return self.head + 2 * (2 + self.cell)


def matrices(
    document: Document, *, width: int, policy: str | None = None
) -> list[Line]:
    """Lay out the confusion matrix of every arm with a result.

    Rows are what a row is, columns what the arm said. Each cell has its count,
    its share of the row as a bar and in per cent; ``▶`` marks the missed
    positives.

    Parameters
    ----------
    document : mapping
        A result document.
    width : int
        Cells that a line takes at most; what does not fit beside goes below.
    policy : str or None, default=None
        Operating point; the experiment's own when None.

    Returns
    -------
    list of Line
        In the order of the board.

    Raises
    ------
    UsageError
        If no arm has an operating point of that policy.
    """
    rows = [row for row in facts.arm_rows(document, policy) if row.judged]
    if not rows:
        return []
    shape, beside = _shape(rows, facts.labels(document), width)
    lines: list[Line] = []
    for start in range(0, len(rows), beside):
        blocks = [_block(row, shape) for row in rows[start : start + beside]]
        if lines:
            lines.append(())
        for parts in zip(*blocks, strict=True):
            spans = [Span(" ")]
            for place, part in enumerate(parts):
                spans += [Span(" " * _BETWEEN)] if place else []
                spans += part
            lines.append(tuple(spans))
    return lines


def _shape(
    rows: list[ArmRow], labels: tuple[str, str], width: int
) -> tuple[_Shape, int]:
    """Return the common shape, and how many matrices go side by side."""
    shown = _told_apart(labels)
    said = [f"said {label}" for label in shown]
    truth = [f"is {label}" for label in shown]
    numbers = max(len(figures.count(n)) for r in rows for n in (r.tn, r.fp, r.fn, r.tp))
    least = max(_LEAST, numbers, *(min(cells(s), _MOST_LABEL) for s in said))
    names = [*truth, *(row.name for row in rows)]
    head = min(_MOST_NAME, max(cells(name) for name in names))
    # A narrow screen cuts names and labels rather than counts.
    least = max(_LEAST, numbers, min(least, (width - 1 - head) // 2 - 2))
    head = max(4, min(head, width - 1 - 2 * (2 + least)))

    def shape(cell: int) -> _Shape:
        return _Shape((truth[0], truth[1]), (said[0], said[1]), head, cell)

    def fits(cell: int) -> int:
        many = (width - 1 + _BETWEEN) // (shape(cell).width + _BETWEEN)
        return max(1, min(many, len(rows)))

    # Rows of about equal length, then cells as wide as that leaves room for.
    beside = math.ceil(len(rows) / math.ceil(len(rows) / fits(least)))
    cell = least
    while cell < _MOST and fits(cell + 1) >= beside and shape(cell + 1).width < width:
        cell += 1
    return shape(cell), beside


def _told_apart(labels: tuple[str, str]) -> tuple[str, str]:
    """Return labels short enough to head a cell, and still different."""
    room = _MOST_LABEL - len("said ")
    negative, positive = (clip(label, room) for label in labels)
    return ("negative", "positive") if negative == positive else (negative, positive)


def _block(row: ArmRow, shape: _Shape) -> list[list[Span]]:
    """Return the five lines of one matrix."""
    heading = [Span(pad(row.name, shape.head), "bold")]
    heading += [
        Span(pad(label, shape.cell + 2, "right"), "dim")
        for label in shape.column_labels
    ]
    block = [heading]
    looks: tuple[tuple[Look, Look], ...] = (("", "alarm"), ("missed", "good"))
    counted = ((row.tn, row.fp), (row.fn, row.tp))
    for place, (counts, pair) in enumerate(zip(counted, looks, strict=True)):
        upper = [Span(pad(shape.row_labels[place], shape.head), "dim")]
        lower = [Span(" " * shape.head)]
        for count, look in zip(counts, pair, strict=True):
            mark = _MARK if look == "missed" else " "
            number = pad(figures.count(count), shape.cell, "right")
            upper += [Span(f" {mark}{number}", look)]
            lower += [*_bar(count, sum(counts), shape.cell, look)]
        block += [upper, lower]
    return block


def _bar(part: int, whole: int, width: int, look: Look) -> list[Span]:
    """Return a share as a bar that ends beside its per cent."""
    room = width - _PERCENT + 1
    eighths = round(8 * room * part / whole) if whole else 0
    # Something is never drawn as nothing, nor less than all as all.
    if part:
        eighths = max(1, min(eighths, 8 * room - (part < whole)))
    full, rest = divmod(eighths, 8)
    bar = "█" * full + (_EIGHTHS[rest] if rest else "")
    percent = pad(figures.row_share(part, whole), _PERCENT, "right")
    return [Span(" " + pad(bar, room), look), Span(percent)]
