"""Confusion matrices side by side, the missed positives marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.export.page.facts import Document, Facts
from tui.console import figures
from tui.console.grid import Column, grid
from tui.console.lines import Line, Span, line
from tui.console.style import Look
from tui.safe_text import cells, clip, pad

_MARK = "▶"
_BETWEEN = 3
_MOST_NAME = 16
_PERCENT = 6
"""Cells of ``100 %`` and the blank before it."""
_LEAST, _MOST = 7, 11
"""Cells of a count; a longer label may take up to `_MOST_LABEL`."""
_MOST_LABEL = 18

_MOST_CLASSES, _MOST_PAIRS, _MOST_CLASS = 8, 12, 12
_LEAST_CELL, _MOST_CELL = 6, 12
"""Cells of a count of more than two classes."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"


class _Counted(NamedTuple):
    """The counts of an arm: rows by what they are, then by what the arm said."""

    name: str
    counts: Mapping[str, Mapping[str, int]]


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
    positives. Of more than two classes, the most frequent first, it marks the greatest
    mistake of each row; more than eight are listed by what is taken for what.

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
    facts = Facts(document)
    rows = []
    for one in facts.judged(facts.chosen(policy)):
        labels, table = facts.cells(one.point["confusion"])
        counts = {
            label: {said: at.value for said, at in zip(labels, row, strict=True)}
            for label, row in zip(labels, table, strict=True)
        }
        rows.append(_Counted(one.name, counts))
    if not rows:
        return []
    if facts.classes:
        return _of_classes(rows, facts.classes[::-1], width)
    shape, beside = _shape(rows, (facts.negative, facts.positive), width)
    return _laid([_block(row, shape) for row in rows], beside)


def _laid(blocks: Sequence[Sequence[Sequence[Span]]], beside: int) -> list[Line]:
    """Lay so many blocks side by side, and the others below."""
    lines: list[Line] = []
    for start in range(0, len(blocks), beside):
        if lines:
            lines.append(())
        for parts in zip(*blocks[start : start + beside], strict=True):
            spans = [Span(" ")]
            for place, part in enumerate(parts):
                spans += [Span(" " * _BETWEEN)] if place else []
                spans += part
            lines.append(tuple(spans))
    return lines


def _beside(many: int, fit: int) -> int:
    """Return how many go side by side, for lines of about equal length."""
    return math.ceil(many / math.ceil(many / fit))


def _shape(
    rows: list[_Counted], labels: tuple[str, str], width: int
) -> tuple[_Shape, int]:
    """Return the common shape, and how many matrices go side by side."""
    shown = _told_apart(labels)
    said = [f"said {label}" for label in shown]
    truth = [f"is {label}" for label in shown]
    numbers = _widest(rows)
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

    beside = _beside(len(rows), fits(least))
    # Then cells as wide as that leaves room for.
    cell = least
    while cell < _MOST and fits(cell + 1) >= beside and shape(cell + 1).width < width:
        cell += 1
    return shape(cell), beside


def _told_apart(labels: tuple[str, str]) -> tuple[str, str]:
    """Return labels short enough to head a cell, and still different."""
    room = _MOST_LABEL - len("said ")
    negative, positive = (clip(label, room) for label in labels)
    return ("negative", "positive") if negative == positive else (negative, positive)


def _block(row: _Counted, shape: _Shape) -> list[list[Span]]:
    """Return the five lines of one matrix."""
    heading = [Span(pad(row.name, shape.head), "bold")]
    heading += [
        Span(pad(label, shape.cell + 2, "right"), "dim")
        for label in shape.column_labels
    ]
    block = [heading]
    looks: tuple[tuple[Look, Look], ...] = (("", "alarm"), ("missed", "good"))
    counted = [tuple(said.values()) for said in row.counts.values()]
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


def _of_classes(
    rows: Sequence[_Counted], classes: Sequence[str], width: int
) -> list[Line]:
    """Lay out matrices of more than two classes; the worst confusions of very many."""
    heads = [f"is {one}" for one in classes] + [row.name for row in rows]
    head = max(cells(clip(text, _MOST_NAME)) for text in heads) + 1
    cell = _cell(rows, classes, width - 1 - head)
    if len(classes) > _MOST_CLASSES or cell < _LEAST_CELL:
        return _worst(rows, width)
    whole = head + len(classes) * (cell + 1) - 1
    fit = max(1, (width - 1 + _BETWEEN) // (whole + _BETWEEN))
    blocks = [_class_block(row, classes, head, cell) for row in rows]
    return _laid(blocks, _beside(len(rows), fit))


def _widest(rows: Sequence[_Counted]) -> int:
    """Return the cells of the widest count."""
    every = (said.values() for row in rows for said in row.counts.values())
    return max(len(figures.count(count)) for some in every for count in some)


def _cell(rows: Sequence[_Counted], classes: Sequence[str], room: int) -> int:
    """Return the cells of a count: the widest number or heading, if there is room."""
    wanted = max(
        _LEAST_CELL, _widest(rows) + 2, *(min(cells(c), _MOST_CLASS) for c in classes)
    )
    return min(_MOST_CELL, wanted, (room + 1) // len(classes) - 1)


def _class_block(
    row: _Counted, classes: Sequence[str], head: int, cell: int
) -> list[list[Span]]:
    """Return the lines of one matrix: two for each class, below the heading."""
    heading = [Span(pad(clip(row.name, head - 1), head), "bold")]
    for place, label in enumerate(classes):
        gap = " " if place else ""
        heading.append(Span(gap + pad(clip(label, cell), cell, "right"), "dim"))
    block = [heading]
    for label in classes:
        counts = [row.counts.get(label, {}).get(said, 0) for said in classes]
        total = sum(counts)
        worst = max(c for c, said in zip(counts, classes, strict=True) if said != label)
        upper = [Span(pad(clip(f"is {label}", head - 1), head), "dim")]
        lower = [Span(" " * head)]
        for place, (count, said) in enumerate(zip(counts, classes, strict=True)):
            gap = " " if place else ""
            look: Look = "good" if said == label else ""
            text = figures.count(count)
            if said != label and count == worst > 0:
                look, text = "missed", f"{_MARK} {text}"
            upper.append(Span(gap + pad(text, cell, "right"), look))
            share = figures.row_share(count, total)
            lower.append(Span(gap + pad(share, cell, "right"), "dim"))
        block += [upper, lower]
    return block


def _worst(rows: Sequence[_Counted], width: int) -> list[Line]:
    """List what is most often taken for what, by all arms together."""
    pairs: dict[tuple[str, str], int] = {}
    for row in rows:
        for truth, counts in row.counts.items():
            for said, count in counts.items():
                if said != truth and count:
                    pairs[truth, said] = pairs.get((truth, said), 0) + count
    listed = sorted(pairs, key=lambda pair: -pairs[pair])
    if not listed:
        return [line(Span(" no arm confuses any two classes", "dim"))]
    columns = [Column("is → said", align="left", most=40)]
    columns += [
        Column(clip(row.name, _MOST_NAME), drop=place) for place, row in enumerate(rows)
    ]
    table, dropped = grid(
        columns,
        [
            [
                Span(f"{clip(truth, _MOST_NAME)} → {clip(said, _MOST_NAME)}"),
                *(_number(row, truth, said) for row in rows),
            ]
            for truth, said in listed[:_MOST_PAIRS]
        ],
        width,
    )
    lines: list[Line] = [line(Span(" the worst confusions", "dim")), *table]
    left = len(listed) - _MOST_PAIRS
    told = [f"{left} rarer ones"] if left > 0 else []
    told += [f"of {', '.join(dropped)}"] if dropped else []
    if told:
        lines.append(line(Span(f" not shown: {'; '.join(told)}", "dim")))
    return lines


def _number(row: _Counted, truth: str, said: str) -> Span:
    counts = row.counts.get(truth, {})
    count = counts.get(said, 0)
    share = figures.row_share(count, sum(counts.values()))
    return Span(f"{figures.count(count)} ({share})")
