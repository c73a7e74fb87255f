"""How the values of a column are distributed in each class."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from engine.core import format as figures
from engine.core.lab import TreatedRows
from engine.core.messages import ColumnPicture
from tui.charts.bars import BarLines, across, largest_first, select_labels, up
from tui.charts.base import Colour, Palette, axis_ticks, message
from tui.terminal.safe_text import cells, clip, pad

_LEAST_WIDTH, _LEAST_HEIGHT = 20, 5
_MOST_LABEL = 12
_AXIS_LINES = 2
_NOTED = 36
"""Cells from which on a histogram of one line has its missing share beside it."""
_MOST_LINES = 8
"""Lines of one class's histogram at most: beyond, height adds nothing."""


def column_by_class(
    picture: ColumnPicture,
    width: int,
    height: int,
    palette: Palette,
    *,
    positive: str | None = None,
    order: Sequence[str] = (),
) -> str:
    """Draw the distribution of a column's values within each class.

    Each class is drawn by shares of its own known values, on one scale, so that a
    class of few rows is as visible as one of many.

    Parameters
    ----------
    picture : ColumnPicture
        Counts by class, per bin or level.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    positive : str or None, default=None
        The positive class, which is always shown; else the smallest is.
    order : sequence of str, default=()
        The classes from top to bottom; the largest first without it.

    Returns
    -------
    str
        Histograms above each other for numbers, bars in groups for categories; the
        missing share of each class is stated.
    """
    if width < _LEAST_WIDTH or height < _LEAST_HEIGHT:
        return message("Too small for a distribution.", width, height)
    counts = picture.counts
    if not any(map(any, counts.values())):
        return message(f"No known values in {clip(picture.column, 30)}.", width, height)
    if any(low >= high for low, high in pairwise(picture.edges)):
        return message("The bins of this column have no range.", width, height)
    totals = {label: _rows(picture, label) for label in counts}
    order = order or largest_first(totals)
    special = positive if positive in counts else order[-1]
    draw = _levels if picture.levels else _histograms
    return "\n".join(draw(_Drawing(picture, order, special, width, palette), height))


def column_change(
    rows: TreatedRows, label: str, width: int, height: int, palette: Palette
) -> str:
    """Draw how a column is distributed in one class, before and after an arm.

    Parameters
    ----------
    rows : TreatedRows
        With the counts of its column.
    label : str
        The class.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        Both on the same bins and the same scale, as shares of their rows.
    """
    if rows.column is None or label not in rows.bins_before:
        return message("No column is selected.", width, height)
    sides = {"before": rows.bins_before[label], "after": rows.bins_after.get(label, ())}
    picture = ColumnPicture(
        column=rows.column, kind="", edges=rows.edges, levels=rows.levels, counts=sides
    )
    size = width, height, palette
    return column_by_class(picture, *size, positive="after", order=("before", "after"))


class _Drawing(NamedTuple):
    """What is drawn in which order, the class that matters, and the room."""

    picture: ColumnPicture
    order: Sequence[str]
    special: str
    width: int
    palette: Palette

    def colours(self, shown: Sequence[str]) -> dict[str, Colour]:
        """Return a colour per class: the largest, the special one, others between."""
        others = [label for label in shown if label != self.special]
        colours = [self.palette.majority, *self.palette.series[2:]]
        found = dict(zip(others, colours, strict=False))
        return {**found, self.special: self.palette.minority}

    def head(self, label: str, shown: Sequence[str]) -> str:
        """Return the line that names a class and states what is missing."""
        rows = _rows(self.picture, label)
        missing = self.picture.missing.get(label, 0)
        name = clip(label, _MOST_LABEL)
        words = f"  {figures.plural(rows, 'row')}"
        words += f", missing {figures.share(missing, rows)}" if missing else ""
        if label == shown[-1] and len(shown) < len(self.order):
            more = len(self.order) - len(shown)
            words += f"; {figures.plural(more, 'more class', 'more classes')}"
        words = clip(words, self.width - cells(name))
        paint = self.palette.paint
        return paint(name, bold=True) + paint(words, self.palette.muted)


def _histograms(of: _Drawing, height: int) -> list[str]:
    """Draw numbers: a histogram per class, one above the other."""
    picture, palette = of.picture, of.palette
    room = height - _AXIS_LINES
    headed = room >= 3 * min(2, len(of.order))
    labels = select_labels(of.order, of.special, room // 3 if headed else room)
    each = min(_MOST_LINES, room // len(labels) - headed)
    colours = of.colours(labels)
    gutter = 6 if headed else max(cells(clip(label, _MOST_LABEL)) for label in labels)
    notes = _notes(picture, labels) if not headed and of.width >= _NOTED else {}
    free = of.width - gutter - 1 - max(map(len, notes.values()), default=0)
    many = len(picture.edges) - 1
    per_bin, merge = max(1, free // many), -(-many // free)
    columns = {label: _merge(_shares(picture.counts[label]), merge) for label in labels}
    edges = [*picture.edges[:-1:merge], picture.edges[-1]]
    tallest = max(max(row) for row in columns.values())
    lines: list[str] = []
    for label in labels:
        if headed:
            lines.append(of.head(label, labels))
        bars = [up(share / tallest, each) for share in columns[label]]
        for line in range(each):
            scale = "" if line else _percent(tallest)
            side = pad(scale if headed else clip(label, gutter), gutter, "right")
            text = "".join(bar[line] * per_bin for bar in bars)
            text = palette.paint(text if notes else text.rstrip(), colours[label])
            note = palette.paint("" if line else notes.get(label, ""), palette.muted)
            lines.append(f"{palette.paint(side, palette.muted)}│{text}{note}")
    lines += _axis(edges, per_bin, gutter, palette)
    return [line.rstrip() for line in lines]


def _axis(
    edges: Sequence[float], per_bin: int, gutter: int, palette: Palette
) -> list[str]:
    """Return the axis and the numbers below it."""
    length = per_bin * (len(edges) - 1)
    marks, texts = axis_ticks(edges[0], edges[-1], length)
    axis, below = ["─"] * length, [" "] * (length + gutter + 1)
    free = 0
    for mark, text in zip(marks, texts, strict=True):
        place = min(length - 1, _place(mark, edges, per_bin))
        start = min(max(0, gutter + 1 + place - len(text) // 2), len(below) - len(text))
        if start < free:
            continue
        axis[place] = "┬"
        below[start : start + len(text)] = text
        free = start + len(text) + 2
    numbers = palette.paint("".join(below).rstrip(), palette.muted)
    return [" " * gutter + "└" + "".join(axis), numbers]


def _place(value: float, edges: Sequence[float], per_bin: int) -> int:
    """Return the cell of a value; bins are equally wide whatever they span."""
    for number, (low, high) in enumerate(pairwise(edges)):
        if value <= high:
            return int(per_bin * (number + max(0.0, (value - low) / (high - low))))
    return per_bin * (len(edges) - 1)


def _levels(of: _Drawing, height: int) -> list[str]:
    """Draw categories: a group of bars per level, a bar per class."""
    picture, palette = of.picture, of.palette
    labels = select_labels(of.order, of.special, max(2, min(4, height // 3)))
    colours = of.colours(labels)
    shares = {label: _shares(picture.counts[label]) for label in labels}
    lines = [of.head(label, labels) for label in labels]
    room = height - len(lines)
    folded = len(picture.levels) * len(labels) > room or picture.others > 0
    room -= folded
    many = max(1, min(len(picture.levels), room // len(labels)))
    airy = many * (len(labels) + 1) <= room
    words = [clip(label, _MOST_LABEL if of.width >= 60 else 6) for label in labels]
    counts = [_percent(share) for row in shares.values() for share in row[:many]]
    names, most = picture.levels[:many], max(_MOST_LABEL, of.width // 4)
    columns = BarLines(
        of.width, palette, labels=names, words=words, counts=counts, most_label=most
    )
    longest = max(max(row[:many]) for row in shares.values()) or 1.0
    for place in range(many):
        lines += [""] if airy else []
        for label, word in zip(labels, words, strict=True):
            share = shares[label][place]
            bar = [(across(share / longest, columns.bar), colours[label])]
            level = picture.levels[place] if label == labels[0] else ""
            count = _percent(share)
            lines.append(columns.line(bar=bar, label=level, word=word, count=count))
    more = len(picture.levels) - many
    rest = [f"+{more} more levels"] if more else []
    rest += [f"others {figures.count(picture.others)}"] if picture.others else []
    if rest:
        lines.append(palette.paint(clip(" · ".join(rest), of.width), palette.muted))
    return lines


def _notes(picture: ColumnPicture, labels: Sequence[str]) -> dict[str, str]:
    """Return what is missing in each class, for lines without a head."""
    return {
        label: f" {figures.row_share(many, _rows(picture, label))} missing"
        for label in labels
        if (many := picture.missing.get(label, 0))
    }


def _rows(picture: ColumnPicture, label: str) -> int:
    return sum(picture.counts[label]) + picture.missing.get(label, 0)


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts)
    return [count / total if total else 0.0 for count in counts]


def _merge(shares: Sequence[float], merge: int) -> list[float]:
    """Add up so many neighbours each: there are more bins than cells."""
    return [sum(shares[at : at + merge]) for at in range(0, len(shares), merge)]


def _percent(share: float) -> str:
    return figures.row_share(round(share * 10_000), 10_000)
