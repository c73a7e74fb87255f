"""Matrices of more than two classes as text; the worst confusions of very many."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tui.console import facts, figures
from tui.console.facts import ArmRow, Document
from tui.console.grid import Column, grid
from tui.console.lines import Line, Span, line
from tui.console.style import Look
from tui.safe_text import cells, clip, pad

__all__ = ["class_matrices"]

MOST_CLASSES = 8
_MOST_PAIRS = 12
_MOST_LABEL = 12
_MOST_NAME = 16
_BETWEEN = 3
_MARK = "▶"
_LEAST, _MOST = 6, 12


def class_matrices(
    document: Document, *, width: int, policy: str | None = None
) -> list[Line]:
    """Lay out the matrix of every arm with a result.

    Rows are what a row is, columns what the arm said, the most frequent class first;
    each cell has its count and its share of the row, and ``▶`` marks the greatest
    mistake of each row. More than eight classes are listed by what is taken for what.

    Parameters
    ----------
    document : mapping
        A result document of more than two classes.
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
    classes = facts.classes(document)[::-1]
    heads = [f"is {one}" for one in classes] + [row.name for row in rows]
    head = max(cells(clip(text, _MOST_NAME)) for text in heads) + 1
    cell = _cell(rows, classes, width - 1 - head)
    if len(classes) > MOST_CLASSES or cell < _LEAST:
        return _worst(rows, width)
    whole = head + len(classes) * (cell + 1) - 1
    fit = max(1, (width - 1 + _BETWEEN) // (whole + _BETWEEN))
    beside = math.ceil(len(rows) / math.ceil(len(rows) / fit))
    lines: list[Line] = []
    for start in range(0, len(rows), beside):
        blocks = [
            _block(row, classes, head, cell) for row in rows[start : start + beside]
        ]
        if lines:
            lines.append(())
        for parts in zip(*blocks, strict=True):
            spans = [Span(" ")]
            for place, part in enumerate(parts):
                spans += [Span(" " * _BETWEEN)] if place else []
                spans += part
            lines.append(tuple(spans))
    return lines


def _cell(rows: Sequence[ArmRow], classes: Sequence[str], room: int) -> int:
    """Return the cells of a count: the widest number or heading, if there is room."""
    numbers = max(
        cells(figures.count(count))
        for row in rows
        for said in row.matrix.values()
        for count in said.values()
    )
    wanted = max(_LEAST, numbers + 2, *(min(cells(c), _MOST_LABEL) for c in classes))
    return min(_MOST, wanted, (room + 1) // len(classes) - 1)


def _block(
    row: ArmRow, classes: Sequence[str], head: int, cell: int
) -> list[list[Span]]:
    """Return the lines of one matrix: two for each class, below the heading."""
    heading = [Span(pad(clip(row.name, head - 1), head), "bold")]
    for place, label in enumerate(classes):
        gap = " " if place else ""
        heading.append(Span(gap + pad(clip(label, cell), cell, "right"), "dim"))
    block = [heading]
    for label in classes:
        counts = [row.matrix.get(label, {}).get(said, 0) for said in classes]
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


def _worst(rows: Sequence[ArmRow], width: int) -> list[Line]:
    """List what is most often taken for what, by all arms together."""
    pairs: dict[tuple[str, str], int] = {}
    for row in rows:
        for truth, counts in row.matrix.items():
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


def _number(row: ArmRow, truth: str, said: str) -> Span:
    counts = row.matrix.get(truth, {})
    count = counts.get(said, 0)
    share = figures.row_share(count, sum(counts.values()))
    return Span(f"{figures.count(count)} ({share})")
