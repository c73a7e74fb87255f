"""How the values of a column are distributed in each class."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from engine.client.lab import TreatedRows
from engine.client.messages import ColumnPicture
from tui.charts import classes, ticks
from tui.charts.bars import BarLines, across, up
from tui.charts.base import Colour, Palette, message
from tui.console import figures
from tui.safe_text import cells, clip, pad

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
    counts = {
        label: [classes.number(n) for n in row] for label, row in picture.counts.items()
    }
    if not any(map(any, counts.values())):
        return message(f"No known values in {clip(picture.column, 30)}.", width, height)
    totals = {label: _rows(picture, counts, label) for label in counts}
    order = order or classes.largest_first(totals)
    special = positive if positive in counts else order[-1]
    if picture.levels:
        bins = len(picture.levels)
    else:
        bins = len(picture.edges) - 1
        finite = all(map(math.isfinite, picture.edges))
        if not finite or any(a >= b for a, b in pairwise(picture.edges)):
            return message("The bins of this column are no range.", width, height)
    if bins < 1 or any(len(row) != bins for row in counts.values()):
        return message("The counts of this column do not fit its bins.", width, height)
    draw = _levels if picture.levels else _histograms
    return draw(picture, counts, order, special, width, height, palette)


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
        return message("No column was asked for.", width, height)
    picture = ColumnPicture(
        column=rows.column,
        kind="",
        edges=rows.edges,
        levels=rows.levels,
        counts={
            "before": rows.bins_before[label],
            "after": rows.bins_after.get(label, ()),
        },
    )
    return column_by_class(
        picture,
        width,
        height,
        palette,
        positive="after",
        order=("before", "after"),
    )


def _histograms(
    picture: ColumnPicture,
    counts: Mapping[str, list[int]],
    order: Sequence[str],
    special: str,
    width: int,
    height: int,
    palette: Palette,
) -> str:
    """Draw numbers: a histogram per class, one above the other."""
    room = height - _AXIS_LINES
    headed = room >= 3 * min(2, len(order))
    shown = classes.shown(order, special, room // 3 if headed else room)
    each = min(_MOST_LINES, room // len(shown) - headed)
    shares = {label: _shares(counts[label]) for label in shown}
    colours = _colours(shown, special, palette)
    gutter = 6 if headed else max(cells(clip(label, _MOST_LABEL)) for label in shown)
    notes = _notes(picture, counts, shown) if not headed and width >= _NOTED else {}
    free = width - gutter - 1 - max(map(len, notes.values()), default=0)
    many = len(picture.edges) - 1
    per_bin, merge = max(1, free // many), -(-many // free)
    columns = {label: _merged(row, merge) for label, row in shares.items()}
    edges = [*picture.edges[:-1:merge], picture.edges[-1]]
    tallest = max(max(row) for row in columns.values())
    lines: list[str] = []
    for label in shown:
        colour = colours[label]
        if headed:
            lines.append(_head(picture, counts, label, order, shown, width, palette))
        bars = [up(share / tallest, each) for share in columns[label]]
        for line in range(each):
            scale = "" if line else _percent(tallest)
            side = scale if headed else clip(label, gutter)
            text = "".join(bar[line] * per_bin for bar in bars)
            text = palette.paint(pad(side, gutter, "right"), palette.muted) + (
                "│" + palette.paint(text if notes else text.rstrip(), colour)
            )
            note = "" if line else notes.get(label, "")
            lines.append(text + palette.paint(note, palette.muted))
    lines += _axis(edges, per_bin, gutter, palette)
    return "\n".join(line.rstrip() for line in lines)


def _axis(
    edges: Sequence[float], per_bin: int, gutter: int, palette: Palette
) -> list[str]:
    """Return the axis and the numbers below it."""
    length = per_bin * (len(edges) - 1)
    marks, texts = ticks.across(edges[0], edges[-1], length)
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
    return [
        " " * gutter + "└" + "".join(axis),
        palette.paint("".join(below).rstrip(), palette.muted),
    ]


def _place(value: float, edges: Sequence[float], per_bin: int) -> int:
    """Return the cell of a value; bins are equally wide whatever they span."""
    for number, (low, high) in enumerate(pairwise(edges)):
        if value <= high:
            return int(per_bin * (number + max(0.0, (value - low) / (high - low))))
    return per_bin * (len(edges) - 1)


def _levels(
    picture: ColumnPicture,
    counts: Mapping[str, list[int]],
    order: Sequence[str],
    special: str,
    width: int,
    height: int,
    palette: Palette,
) -> str:
    """Draw categories: a group of bars per level, a bar per class."""
    shown = classes.shown(order, special, max(2, min(4, height // 3)))
    colours = _colours(shown, special, palette)
    shares = {label: _shares(counts[label]) for label in shown}
    heads = [
        _head(picture, counts, label, order, shown, width, palette) for label in shown
    ]
    room = height - len(heads)
    folded = len(picture.levels) * len(shown) > room or picture.others > 0
    room -= folded
    many = max(1, min(len(picture.levels), room // len(shown)))
    airy = many * (len(shown) + 1) <= room
    percents = {label: [_percent(share) for share in shares[label]] for label in shown}
    columns = BarLines(
        width,
        palette,
        labels=picture.levels[:many],
        words=[clip(label, 6) for label in shown],
        counts=[percents[label][place] for label in shown for place in range(many)],
        most_label=max(_MOST_LABEL, width // 4),
    )
    longest = max(max(row[:many]) for row in shares.values()) or 1.0
    lines = heads
    for place in range(many):
        lines += [""] if airy else []
        for label in shown:
            bar = across(shares[label][place] / longest, columns.bar)
            lines.append(
                columns.line(
                    bar=[(bar, colours[label])],
                    label=picture.levels[place] if label == shown[0] else "",
                    word=clip(label, 6),
                    count=percents[label][place],
                )
            )
    rest = (
        [f"+{len(picture.levels) - many} more levels"]
        if many < len(picture.levels)
        else []
    )
    rest += [f"others {figures.count(picture.others)}"] if picture.others else []
    if rest:
        lines.append(palette.paint(clip(" · ".join(rest), width), palette.muted))
    return "\n".join(lines)


def _colours(shown: Sequence[str], special: str, palette: Palette) -> dict[str, Colour]:
    """Return a colour per class: the largest, the special one, others between."""
    others = [label for label in shown if label != special]
    between = palette.series[2:]
    found = dict(zip(others, [palette.majority, *between], strict=False))
    return {**found, special: palette.minority}


def _notes(
    picture: ColumnPicture, counts: Mapping[str, list[int]], shown: Sequence[str]
) -> dict[str, str]:
    """Return what is missing in each class, for lines without a head."""
    missing = {label: picture.missing.get(label, 0) for label in shown}
    return {
        label: f" {figures.row_share(many, _rows(picture, counts, label))} missing"
        for label, many in missing.items()
        if many > 0
    }


def _head(
    picture: ColumnPicture,
    counts: Mapping[str, list[int]],
    label: str,
    order: Sequence[str],
    shown: Sequence[str],
    width: int,
    palette: Palette,
) -> str:
    """Return the line that names a class and states what is missing."""
    rows, missing = _rows(picture, counts, label), picture.missing.get(label, 0)
    name = clip(label, _MOST_LABEL)
    words = f"  {figures.plural(rows, 'row')}"
    words += f", missing {figures.share(missing, rows)}" if missing > 0 else ""
    if label == shown[-1] and len(shown) < len(order):
        words += f", +{len(order) - len(shown)} classes"
    words = clip(words, width - cells(name))
    return palette.paint(name, bold=True) + palette.paint(words, palette.muted)


def _rows(picture: ColumnPicture, counts: Mapping[str, list[int]], label: str) -> int:
    return sum(counts[label]) + max(0, picture.missing.get(label, 0))


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts)
    return [count / total if total else 0.0 for count in counts]


def _merged(shares: Sequence[float], merge: int) -> list[float]:
    """Add up so many neighbours each: there are more bins than cells."""
    return [sum(shares[at : at + merge]) for at in range(0, len(shares), merge)]


def _percent(share: float) -> str:
    return figures.row_share(round(share * 10_000), 10_000)
