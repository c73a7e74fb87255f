"""How many rows each class has, and what a method made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.core import format as figures
from tui.charts.bars import BarLines, across, largest_first, select_labels
from tui.charts.base import Palette, message
from tui.terminal.safe_text import clip

_LEAST_WIDTH, _LEAST_HEIGHT = 16, 3
_NARROW = 44
_SYNTHETIC = "▒"
_DOT = " · "
_TOO_SMALL = "Too small for bars."


def class_bars(
    counts: Mapping[str, int],
    width: int,
    height: int,
    palette: Palette,
    *,
    log: bool = False,
    positive: str | None = None,
) -> str:
    """Draw the rows of each class as bars, the largest class first.

    Parameters
    ----------
    counts : mapping of str to int
        Rows by class label.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    log : bool, default=False
        Let the bars grow with the logarithm, where one class is very small.
    positive : str or None, default=None
        The positive class, which is always shown; without one the smallest is.

    Returns
    -------
    str
        One line per class with label, bar, count and share, at most ``height // 2``
        classes, then what was left out and the ratio.
    """
    order = largest_first(counts)
    total = figures.plural(sum(counts.values()), "row")
    foot = [_ratio(counts, order, positive), total, *(["log scale"] if log else [])]
    notes = {positive: "positive"} if positive is not None else {}
    sides = [("", counts)]
    return _bars(sides, order, notes, foot, positive, width, height, palette, log=log)


def class_bars_before_after(
    before: Mapping[str, int],
    after: Mapping[str, int],
    synthetic: int | Mapping[str, int],
    width: int,
    height: int,
    palette: Palette,
    *,
    positive: str | None = None,
) -> str:
    """Draw each class as a bar before and a bar after resampling.

    Parameters
    ----------
    before, after : mapping of str to int
        Rows by class label.
    synthetic : int or mapping of str to int
        Rows of `after` that no file held. One number belongs to the class that
        grew, if only one did; else it is only stated.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    positive : str or None, default=None
        The positive class.

    Returns
    -------
    str
        Two lines per class; synthetic rows are a part of their own in the bar.
    """
    both = {label: before.get(label, 0) for label in [*before, *after]}
    order = largest_first(both)
    made = _made(synthetic, before, after)
    notes = {label: _change(label, before, after, made) for label in order}
    words = ("was", "now") if width < _NARROW else ("before", "after")
    foot = [f"{_ratio(before, order, positive)} → {_ratio(after, order, positive, '')}"]
    total = synthetic if isinstance(synthetic, int) else sum(synthetic.values())
    foot += [f"{_SYNTHETIC} synthetic {figures.count(total)}"] if total > 0 else []
    sides = [*zip(words, (before, after), strict=True)]
    return _bars(
        sides, order, notes, foot, positive, width, height, palette, made=made or {}
    )


def _bars(
    sides: Sequence[tuple[str, Mapping[str, int]]],
    order: Sequence[str],
    notes: Mapping[str, str],
    foot: Sequence[str],
    positive: str | None,
    width: int,
    height: int,
    palette: Palette,
    *,
    made: Mapping[str, int] | None = None,
    log: bool = False,
) -> str:
    """Draw a bar per class and side, and words below; `made` is of the last side."""
    pair = len(sides) - 1
    longest = max((n for _, side in sides for n in side.values()), default=0)
    if width < _LEAST_WIDTH or height - pair < _LEAST_HEIGHT:
        return message(_TOO_SMALL, width, height)
    if not longest:
        return message("No rows to count.", width, height)
    if len(order) == 1:
        return message(f"Only one class: {clip(order[0], 14)}.", width, height)
    special = positive if positive is not None and positive in order else order[-1]
    folded = len(order) > (height - pair) // 2
    labels = select_labels(order, special, (height - pair * (1 + folded)) // 2)
    cells = {}
    for word, side in sides:
        for label in labels:
            many, every = side.get(label, 0), sum(side.values())
            cells[word, label] = figures.count(many), figures.share(many, every)
    each, rest = zip(*cells.values(), strict=True)
    heads, ends = [word for word, _ in sides], [notes.get(one, "") for one in labels]
    lines = BarLines(
        width, palette, labels=labels, words=heads, counts=each, shares=rest, notes=ends
    )
    if lines.bar < 1:
        return message(_TOO_SMALL, width, height)
    words = [_more(sides[-1][1], labels, width)] if len(labels) < len(order) else []
    words.append(clip(_DOT.join(foot), width))
    # With air where there is room.
    airy = len(labels) * (pair + 2) + len(words) <= height
    out: list[str] = []
    for label in labels:
        colour = palette.minority if label == special else palette.majority
        for place, (word, side) in enumerate(sides):
            last = place == pair
            many = side.get(label, 0)
            part = min(many, (made or {}).get(label, 0)) if last else 0
            real, hatched = _two_parts(many - part, part, longest, lines.bar, log)
            count, share = cells[word, label]
            bar = [(real, colour), (_SYNTHETIC * hatched, palette.synthetic)]
            note, head = notes.get(label, "") if last else "", "" if place else label
            text = {"label": head, "word": word, "count": count, "share": share}
            out.append(lines.line(bar=bar, bold=label == positive, note=note, **text))
        out += [""] if airy else []
    return "\n".join([*out, *(palette.paint(text, palette.muted) for text in words)])


def _two_parts(
    real: int, made: int, longest: int, width: int, log: bool
) -> tuple[str, int]:
    """Return the bar of the real rows and the cells of the synthetic ones."""
    if not made:
        part = math.log1p(real) / math.log1p(longest) if log else real / longest
        return across(part, width), 0
    whole = max(1, round(width * (real + made) / longest))
    full = min(round(width * real / longest), whole - 1)
    if real and not full and whole > 1:
        full = 1
    return "█" * full, whole - full


def _made(
    synthetic: int | Mapping[str, int], old: Mapping[str, int], new: Mapping[str, int]
) -> dict[str, int] | None:
    """Return synthetic rows by class, or None if nobody knows."""
    if not isinstance(synthetic, int):
        return dict(synthetic)
    if synthetic <= 0:
        return {}
    grew = [label for label in new if new[label] > old.get(label, 0)]
    return {grew[0]: synthetic} if len(grew) == 1 else None


def _change(
    label: str,
    old: Mapping[str, int],
    new: Mapping[str, int],
    made: Mapping[str, int] | None,
) -> str:
    """Return what became of a class, in words."""
    difference = new.get(label, 0) - old.get(label, 0)
    if made is None:
        return f"{difference:+,}".replace("-", "−") if difference else ""
    synthetic = min(new.get(label, 0), made.get(label, 0))
    rest = difference - synthetic
    parts = [f"+{synthetic:,} synthetic"] if synthetic else []
    if rest:
        parts.append(f"+{rest:,} repeated" if rest > 0 else f"−{-rest:,} removed")
    return ", ".join(parts)


def _ratio(
    counts: Mapping[str, int],
    order: Sequence[str],
    positive: str | None,
    words: str = " largest to smallest",
) -> str:
    """Return the others to the positive class, or the largest to the smallest."""
    if not order:
        return ""
    if positive is not None and positive in order:
        part = counts.get(positive, 0)
        return figures.ratio(sum(counts.values()) - part, part)
    text = figures.ratio(counts.get(order[0], 0), counts.get(order[-1], 0))
    return f"{text}{words if len(order) > 2 else ''}"


def _more(counts: Mapping[str, int], shown: Sequence[str], width: int) -> str:
    left_out = [label for label in counts if label not in shown]
    rows = sum(counts[label] for label in left_out)
    share = figures.share(rows, sum(counts.values()))
    return clip(f"+{len(left_out)} more: {figures.plural(rows, 'row')}, {share}", width)
