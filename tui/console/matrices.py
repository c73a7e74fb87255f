"""Confusion matrices side by side, the missed positives marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.core import format as figures
from engine.core.result import Result
from engine.core.views import Column, Look
from engine.outcome import Confusion, Counts
from tui.console.grid import grid
from tui.console.lines import Line, Span, line
from tui.safe_text import cells, clip, pad

_MARK = "▶"
_BETWEEN = 3
_MOST_NAME = 16
_LEAST = 4
"""Cells of a count, so that its share fits below it."""
_MOST_LABEL = 18
_MOST_CLASSES, _MOST_PAIRS = 8, 12
_LOOKS: tuple[tuple[Look, Look], ...] = (("", "alarm"), ("missed", "good"))
"""Of two classes."""


class _Counted(NamedTuple):
    """The counts of an arm: rows by what they are, then by what the arm said."""

    name: str
    counts: Mapping[str, Mapping[str, int]]


class _Shape(NamedTuple):
    """What all matrices of a board have in common: labels, and cells of a count."""

    truth: Sequence[str]
    said: Sequence[str]
    head: int
    cell: int

    @property
    def width(self) -> int:
        """Cells of one matrix."""
        return self.head + len(self.said) * (2 + self.cell)


def matrices(result: Result, *, width: int, at: str | None = None) -> list[Line]:
    """Lay out the confusion matrix of every arm with a result.

    Rows are what a row is, columns what the arm said. Each cell has its count and its
    share of the row in per cent; ``▶`` marks the missed positives. Of more than two
    classes, the most frequent first, it marks the greatest mistake of each row; more
    than eight are listed by what is taken for what.

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
    labels = result.classes[::-1] or (result.negative, result.positive)
    rows = []
    for one in result.at_point(result.select_point(at)):
        known, table = _cells(one.point.confusion, labels)
        found = {
            label: dict(zip(known, row, strict=True))
            for label, row in zip(known, table, strict=True)
        }
        counts = {
            label: {said: found.get(label, {}).get(said, 0) for said in labels}
            for label in labels
        }
        rows.append(_Counted(one.name, counts))
    if not rows:
        return []
    shape, beside = _shape(rows, labels, width)
    if len(labels) > 2 and (len(labels) > _MOST_CLASSES or shape.width >= width):
        return _worst(rows, width)
    return _laid([_block(row, shape) for row in rows], beside)


def _cells(
    counts: Counts, two: Sequence[str]
) -> tuple[Sequence[str], Sequence[Sequence[int]]]:
    """Return the classes of a matrix and its rows; `two` are those of two classes."""
    if isinstance(counts, Confusion):
        return two, ((counts.tn, counts.fp), (counts.fn, counts.tp))
    return counts.labels, counts.matrix


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


def _shape(
    rows: Sequence[_Counted], labels: Sequence[str], width: int
) -> tuple[_Shape, int]:
    """Return the common shape, and how many matrices go side by side."""
    two = len(labels) == 2
    shown = _told_apart(labels)
    said = [f"said {label}" for label in shown] if two else shown
    truth = [f"is {label}" for label in shown]
    every = (counts.values() for row in rows for counts in row.counts.values())
    numbers = max(len(figures.count(count)) for some in every for count in some)
    narrow = max(_LEAST, numbers)
    wanted = max(narrow, *(min(cells(s), _MOST_LABEL) for s in said))
    names = [*truth, *(row.name for row in rows)]
    head = min(_MOST_NAME, max(cells(name) for name in names))
    # A narrow screen cuts names and labels rather than counts.
    room = width - 1
    least = max(narrow, min(wanted, (room - head) // len(labels) - 2))
    head = max(4, min(head, room - len(labels) * (2 + least)))
    shape = _Shape(truth, said, head, least)
    fits = max(1, min((room + _BETWEEN) // (shape.width + _BETWEEN), len(rows)))
    # So many that lines are about equally long.
    return shape, math.ceil(len(rows) / math.ceil(len(rows) / fits))


def _told_apart(labels: Sequence[str]) -> Sequence[str]:
    """Return labels short enough to head a cell; two of them still different."""
    shown = [clip(label, _MOST_LABEL - len("said ")) for label in labels]
    if len(shown) == 2 and shown[0] == shown[1]:
        return ("negative", "positive")
    return shown


def _block(row: _Counted, shape: _Shape) -> list[list[Span]]:
    """Return the lines of one matrix: two for each class, below the heading."""
    heading = [Span(pad(row.name, shape.head), "bold")]
    heading += [Span(pad(one, shape.cell + 2, "right"), "dim") for one in shape.said]
    block = [heading]
    for place, said in enumerate(row.counts.values()):
        counts = list(said.values())
        looks = _looks(counts, place)
        upper = [Span(pad(shape.truth[place], shape.head), "dim")]
        lower = [Span(" " * shape.head)]
        for count, look in zip(counts, looks, strict=True):
            mark = _MARK if look == "missed" else " "
            number = pad(figures.count(count), shape.cell, "right")
            upper.append(Span(f" {mark}{number}", look))
            share = figures.row_share(count, sum(counts))
            lower.append(Span(pad(share, shape.cell + 2, "right"), "dim"))
        block += [upper, lower]
    return block


def _looks(counts: Sequence[int], place: int) -> Sequence[Look]:
    """Return how the counts of a row look; of several classes by the worst mistake."""
    if len(counts) == 2:
        return _LOOKS[place]
    worst = max(count for n, count in enumerate(counts) if n != place)
    return [
        "good" if n == place else "missed" if count == worst > 0 else ""
        for n, count in enumerate(counts)
    ]


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
