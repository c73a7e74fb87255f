"""How many rows each class has, and what a recipe made of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tui.charts import classes
from tui.charts.bars import BarLines, across
from tui.charts.base import Palette, message
from tui.console import figures
from tui.safe_text import clip

_LEAST_WIDTH, _LEAST_HEIGHT = 16, 3
_NARROW = 44
_POSITIVE = "positive"
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
    known = classes.counted(counts)
    order = classes.largest_first(known)
    refusal = _refusal(known, order, width, height)
    if refusal:
        return message(refusal, width, height)
    total = sum(known.values())
    special = positive if positive in known else order[-1]
    folded = len(order) > min(height // 2, height - 1)
    shown = classes.shown(order, special, min(height // 2, height - 1 - folded))
    numbers = {label: figures.count(known[label]) for label in shown}
    shares = {label: figures.share(known[label], total) for label in shown}
    lines = BarLines(
        width,
        palette,
        labels=shown,
        counts=[*numbers.values()],
        shares=[*shares.values()],
        notes=[_POSITIVE] if positive in known else [],
    )
    if lines.bar < 1:
        return message(_TOO_SMALL, width, height)
    longest = known[order[0]]
    bars: list[list[str]] = []
    for label in shown:
        bar = across(_length(known[label], longest, log), lines.bar)
        colour = palette.minority if label == special else palette.majority
        line = lines.line(
            bar=[(bar, colour)],
            label=label,
            bold=label == positive,
            count=numbers[label],
            share=shares[label],
            note=_POSITIVE if label == positive else "",
        )
        bars.append([line])
    foot = [_ratio(known, order, positive), figures.plural(total, "row")]
    foot += ["log scale"] if log else []
    more = [_more(known, shown, width)] if len(shown) < len(order) else []
    return _stack(bars, [*more, clip(_DOT.join(foot), width)], height, palette)


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
    old, new = classes.counted(before), classes.counted(after)
    both = {label: old.get(label, 0) + new.get(label, 0) for label in [*old, *new]}
    order = classes.largest_first({label: old.get(label, 0) for label in both})
    refusal = _refusal(both, order, width, height - 1)
    if refusal:
        return message(refusal, width, height)
    made = _made(synthetic, old, new)
    special = positive if positive in both else order[-1]
    folded = 2 * len(order) > height - 1
    shown = classes.shown(order, special, max(1, (height - 1 - folded) // 2))
    changes = {label: _change(label, old, new, made) for label in shown}
    words = ("was", "now") if width < _NARROW else ("before", "after")
    sides = [*zip(words, (old, new), strict=True)]
    lines = BarLines(
        width,
        palette,
        labels=shown,
        words=words,
        counts=[figures.count(side.get(k, 0)) for _, side in sides for k in shown],
        shares=[_share(side, k) for _, side in sides for k in shown],
        notes=[*changes.values()],
    )
    if lines.bar < 1:
        return message(_TOO_SMALL, width, height)
    longest = max([*old.values(), *new.values()])
    bars: list[list[str]] = []
    for label in shown:
        colour = palette.minority if label == special else palette.majority
        pair = []
        for word, side in sides:
            count = side.get(label, 0)
            part = min(count, made.get(label, 0)) if made and side is new else 0
            real, hatched = _two_parts(count - part, part, longest, lines.bar)
            line = lines.line(
                bar=[(real, colour), (_SYNTHETIC * hatched, palette.synthetic)],
                label=label if side is old else "",
                bold=label == positive,
                word=word,
                count=figures.count(count),
                share=_share(side, label),
                note=changes[label] if side is new else "",
            )
            pair.append(line)
        bars.append(pair)
    ratio = _ratio(new, order, positive, bare=True)
    foot = [f"{_ratio(old, order, positive)} → {ratio}"]
    total = synthetic if isinstance(synthetic, int) else sum(synthetic.values())
    foot += [f"{_SYNTHETIC} synthetic {figures.count(total)}"] if total > 0 else []
    more = [_more(new, shown, width)] if len(shown) < len(order) else []
    return _stack(bars, [*more, clip(_DOT.join(foot), width)], height, palette)


def _refusal(
    counts: Mapping[str, int], order: Sequence[str], width: int, height: int
) -> str:
    """Return why there is nothing to draw, or nothing."""
    if width < _LEAST_WIDTH or height < _LEAST_HEIGHT:
        return _TOO_SMALL
    if not any(counts.values()):
        return "No rows to count."
    if len(order) == 1:
        return f"Only one class: {clip(order[0], 14)}."
    return ""


def _length(count: int, longest: int, log: bool) -> float:
    return math.log1p(count) / math.log1p(longest) if log else count / longest


def _two_parts(real: int, made: int, longest: int, width: int) -> tuple[str, int]:
    """Return the bar of the real rows and the cells of the synthetic ones."""
    if not made:
        return across(real / longest, width), 0
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
        return classes.counted(synthetic)
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


def _share(counts: Mapping[str, int], label: str) -> str:
    return figures.share(counts.get(label, 0), sum(counts.values()))


def _ratio(
    counts: Mapping[str, int],
    order: Sequence[str],
    positive: str | None,
    *,
    bare: bool = False,
) -> str:
    """Return the others to the positive class, or the largest to the smallest."""
    if positive is not None and positive in order:
        part = counts.get(positive, 0)
        text = figures.ratio(sum(counts.values()) - part, part)
        words = ""
    else:
        text = figures.ratio(counts.get(order[0], 0), counts.get(order[-1], 0))
        words = " largest to smallest" if len(order) > 2 else ""
    return text if bare else text + words


def _more(counts: Mapping[str, int], shown: Sequence[str], width: int) -> str:
    left_out = [label for label in counts if label not in shown]
    rows = sum(counts[label] for label in left_out)
    share = figures.share(rows, sum(counts.values()))
    return clip(f"+{len(left_out)} more: {figures.plural(rows, 'row')}, {share}", width)


def _stack(
    bars: Sequence[Sequence[str]], foot: Sequence[str], height: int, palette: Palette
) -> str:
    """Put bars and words below each other, with air where there is room."""
    used = sum(map(len, bars)) + len(foot)
    airy = used + len(bars) <= height
    lines: list[str] = []
    for group in bars:
        lines += group
        lines += [""] if airy else []
    return "\n".join([*lines, *(palette.paint(text, palette.muted) for text in foot)])
