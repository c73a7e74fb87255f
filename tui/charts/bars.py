"""Bars of block characters, and lines of label, bar, count and share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.charts.base import Colour, Palette
from tui.terminal.safe_text import cells, clip, pad

_NARROW = 44
_LEAST_BAR = 4
_BAR_BESIDE_NOTE = 16
_ACROSS = " ▏▎▍▌▋▊▉█"
_UP = " ▁▂▃▄▅▆▇█"

SHADES = " ░▒▓█"
"""Characters from nothing to everything."""


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
