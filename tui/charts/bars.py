"""Bars of block characters: how many rows each class has, and what became of them.

`BarLines` sets a label, a bar, a count and a share in columns, for other charts too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from engine.core import format as figures
from tui.charts.base import Colour, Palette, message
from tui.terminal.safe_text import cells, clip, pad

# Classes ------------------------------------------------------------------------------

_NARROW = 44
_LEAST_WIDTH, _LEAST_HEIGHT = 16, 3
_SYNTHETIC = "▒"
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
    made: Mapping[str, int] = {},
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
    words.append(clip(" · ".join(foot), width))
    # With air where there is room.
    airy = len(labels) * (pair + 2) + len(words) <= height
    out: list[str] = []
    for label in labels:
        colour = palette.minority if label == special else palette.majority
        for place, (word, side) in enumerate(sides):
            last = place == pair
            many = side.get(label, 0)
            part = min(many, made.get(label, 0)) if last else 0
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


def largest_first(counts: Mapping[str, int]) -> list[str]:
    """Return the labels by count, then by name, whatever order they came in.

    Examples
    --------
    >>> largest_first({"b": 1, "c": 5, "a": 1})
    ['c', 'a', 'b']
    """
    return sorted(counts, key=lambda label: (-counts[label], label))


def select_labels(order: Sequence[str], special: str, room: int) -> list[str]:
    """Return the first so many labels, but never without the one that matters.

    Examples
    --------
    >>> select_labels(["c", "a", "b"], "b", 2)
    ['c', 'b']
    """
    found = list(order[: max(1, room)])
    if special not in found:
        found[-1] = special
    return found


# Bars and their columns ---------------------------------------------------------------

_LEAST_BAR = 4
_BAR_BESIDE_NOTE = 16
_ACROSS = " ▏▎▍▌▋▊▉█"
_UP = " ▁▂▃▄▅▆▇█"
SHADES = " ░▒▓█"
"""Characters from nothing to everything."""


class BarLines:
    """The columns of bars below each other.

    What does not fit beside a bar goes in this order: notes, shares, the end of
    labels.

    Parameters
    ----------
    width : int
        Cells of a line at most.
    palette : Palette
        Colours.
    labels, counts : sequence of str
        All that will stand before and after the bars.
    words : sequence of str, default=()
        What tells lines with a common label apart, such as before and after.
    shares : sequence of str, default=()
        What will stand after the counts.
    notes : sequence of str, default=()
        What will stand at the ends of lines, where there is room.
    most_label : int, default=14
        Cells of a label at most.
    """

    def __init__(
        self,
        width: int,
        palette: Palette,
        *,
        labels: Sequence[str],
        counts: Sequence[str],
        words: Sequence[str] = (),
        shares: Sequence[str] = (),
        notes: Sequence[str] = (),
        most_label: int = 14,
    ) -> None:
        self._palette = palette
        self._gap = 1 if width < _NARROW else 2
        self._label = max((cells(clip(t, most_label)) for t in labels), default=1)
        self._word = max(map(cells, words), default=0)
        self._count = max(map(len, counts), default=0)
        self._share = max(map(len, shares), default=0)
        self._note = max(map(cells, notes), default=0)
        if width - self._taken() < _BAR_BESIDE_NOTE:
            self._note = 0
        if width - self._taken() < 2 * _LEAST_BAR:
            self._share = 0
        short = _LEAST_BAR - (width - self._taken())
        self._label = max(1, self._label - max(0, short))
        self.bar = width - self._taken()
        """Cells of the longest bar; none at all where the numbers leave no room."""

    def _taken(self) -> int:
        columns = (self._label, self._word, self._count, self._share, self._note)
        return sum(column + self._gap for column in columns if column)

    def line(
        self,
        *,
        bar: Sequence[tuple[str, Colour]],
        label: str = "",
        bold: bool = False,
        word: str = "",
        count: str = "",
        share: str = "",
        note: str = "",
    ) -> str:
        """Return one line.

        Parameters
        ----------
        bar : sequence of (str, colour)
            The bar's parts, together at most `bar` cells.
        label, word, count, share, note : str
            What stands in each column; a column without room is left out.
        bold : bool, default=False
            Make the label stand out.

        Returns
        -------
        str
            Without blanks at its end.
        """
        paint, palette = self._palette.paint, self._palette
        gap = " " * self._gap
        room = self.bar - sum(len(text) for text, _ in bar)
        line = paint(pad(label, self._label), bold=bold) + gap
        if self._word:
            line += paint(pad(word, self._word), palette.muted) + gap
        line += "".join(paint(text, colour) for text, colour in bar)
        line += " " * room + gap + count.rjust(self._count)
        if self._share:
            line += gap + share.rjust(self._share)
        if self._note and note:
            line += gap + paint(clip(note, self._note), palette.muted)
        return line.rstrip()


def across(part: float, width: int) -> str:
    """Return a bar from left to right; something is never drawn as nothing.

    Parameters
    ----------
    part : float
        Length of the bar as a part of `width`, 0 to 1.
    width : int
        Cells of a whole bar.

    Returns
    -------
    str
        At most `width` cells, without blanks at its end.

    Examples
    --------
    >>> across(0.5, 5), across(0.0001, 5), across(0, 5)
    ('██▌', '▏', '')
    """
    eighths = _eighths(part, width)
    return "█" * (eighths // 8) + _ACROSS[eighths % 8].strip()


def up(part: float, height: int) -> list[str]:
    """Return a bar from the bottom up as one character per line, top first.

    Parameters
    ----------
    part : float
        Height of the bar as a part of `height`, 0 to 1.
    height : int
        Lines of a whole bar.

    Returns
    -------
    list of str

    Examples
    --------
    >>> up(0.75, 2), up(0.0001, 2), up(0, 2)
    (['▄', '█'], [' ', '▁'], [' ', ' '])
    """
    eighths = _eighths(part, height)
    levels = [min(8, max(0, eighths - 8 * line)) for line in range(height)]
    return [_UP[level] for level in reversed(levels)]


def _eighths(part: float, cells: int) -> int:
    if not part > 0 or cells <= 0:
        return 0
    return max(1, min(8 * cells, round(8 * cells * part)))
