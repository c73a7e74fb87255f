"""Mean ranks of arms over many tables, and which are not shown to differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from engine.suite.values import Suite
from tui.charts.base import Colour, Palette, message
from tui.console import figures
from tui.safe_text import cells, clip, pad

LEAST_WIDTH: Final = 44
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_LINES: Final = {
    _UP | _DOWN: "│",
    _LEFT | _RIGHT: "─",
    _UP | _LEFT: "┘",
    _UP | _RIGHT: "└",
    _UP | _DOWN | _LEFT: "┤",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _LEFT | _RIGHT: "┴",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
}
_FIGURE: Final = 5
"""Cells of a mean rank beside a name: a blank and 12.3 or 1.25."""
_LEAST_NAME: Final = 6


def rank_diagram(suite: Suite, width: int, height: int, palette: Palette) -> str:
    """Draw the critical-difference diagram.

    Parameters
    ----------
    suite : Suite
        Mean ranks, the critical difference and the groups are drawn.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        The scale of mean ranks with a line to each arm, the best at the left, and a
        bar over arms that are not shown to differ [1]_; a message where there is no
        room, or nothing is ranked.

    References
    ----------
    .. [1] Demsar, J. (2006). Statistical comparisons of classifiers over multiple data
       sets. JMLR 7, 1-30; its figure 1.
    """
    means = dict(sorted(suite.mean_ranks.items(), key=lambda pair: pair[1]))
    if len(means) < 2:
        return message("No table has a result of two arms.", width, height)
    bars = [group for group in suite.groups if len(group) > 1]
    needed = diagram_lines(suite, loose=False)
    if width < LEAST_WIDTH or height < needed:
        return message("Too small for the diagram of ranks.", width, height)
    board = _Board(means, width)
    lines = [
        palette.paint(_heading(suite, width), bold=True),
        *([""] if height > needed else []),
        *board.ruler(suite.critical_difference, palette, loose=height > needed + 1),
        *board.scale(palette),
        board.dots(palette),
    ]
    lines += board.below(bars, palette)
    return "\n".join(line.rstrip(" ") for line in lines)


def diagram_lines(suite: Suite, *, loose: bool = True) -> int:
    """Return how many lines the diagram takes, with blank ones in it if `loose`."""
    bars = sum(len(group) > 1 for group in suite.groups)
    least = 5 + bars + math.ceil(len(suite.mean_ranks) / 2)
    return least + 2 * loose


def _heading(suite: Suite, width: int) -> str:
    tables = sum(bool(row.ranks) for row in suite.tables)
    text = f"mean rank over {figures.plural(tables, 'table')}, 1 is best"
    words = ("; a bar joins arms not shown to differ", "; bars: not shown to differ")
    if suite.critical_difference is None:
        words = ("; too few arms or tables for a test", "; not tested")
    fitting = [text + more for more in words if len(text + more) <= width]
    return clip((fitting or [text])[0], width)


class _Board:
    """The places of arms on a scale between two columns of names."""

    def __init__(self, means: dict[str, float], width: int) -> None:
        self.width = width
        half = math.ceil(len(means) / 2)
        self.means = means
        self.left = list(means)[:half]
        # From the outside in, so that no line crosses another.
        self.right = list(means)[half:][::-1]
        most = max(_LEAST_NAME, width // 4 - _FIGURE - 2)
        self.names = tuple(
            min(most, max(map(cells, side), default=0))
            for side in (self.left, self.right)
        )
        self.first = self.names[0] + _FIGURE + 2
        self.last = width - self.names[1] - _FIGURE - 3

    def column(self, rank: float) -> int:
        """Return where a rank is."""
        part = (rank - 1) / (len(self.means) - 1)
        return self.first + round(part * (self.last - self.first))

    def ruler(
        self, difference: float | None, palette: Palette, *, loose: bool
    ) -> list[str]:
        """Return the length of the critical difference, and a blank line if `loose`."""
        if difference is None:
            return []
        text = f"critical difference {difference:.2f}"
        long = self.column(1 + difference) - self.first
        if difference > len(self.means) - 1:
            text = clip(f"{text}: more than any two ranks differ by", self.width)
            return [palette.paint(text, palette.muted), *([""] if loose else [])]
        line = "├" + "─" * max(0, long - 1) + "┤"
        room = self.width - self.first - len(line) - 2
        if room >= len(text):
            shown = f"{' ' * self.first}{line}  {text}"
        else:
            shown = f"{' ' * max(0, self.first - len(text) - 2)}{text}  {line}"
        shown = palette.paint(clip(shown, self.width), palette.muted)
        return [shown, *([""] if loose else [])]

    def scale(self, palette: Palette) -> list[str]:
        """Return the numbers and the line below them."""
        whole = range(1, len(self.means) + 1)
        places = {self.column(rank): rank for rank in whole}
        line = ["┼" if at in places else "─" for at in range(self.first, self.last + 1)]
        line[0], line[-1] = "├", "┤"
        numbers = [" "] * (self.width)
        free = 0
        for at, rank in places.items():
            text = str(rank)
            if at >= free and at + len(text) <= self.width:
                numbers[at : at + len(text)] = text
                free = at + len(text) + 1
        return [
            palette.paint("".join(numbers).rstrip(), palette.muted),
            palette.paint(" " * self.first + "".join(line), palette.muted),
        ]

    def dots(self, palette: Palette) -> str:
        """Return the arms' places."""
        row = [" "] * self.width
        for rank in self.means.values():
            row[self.column(rank)] = "●"
        return palette.paint("".join(row).rstrip(), palette.minority)

    def below(self, bars: Sequence[Sequence[str]], palette: Palette) -> list[str]:
        """Return the bars, and the lines that lead to the names."""
        grid = self._lines(len(bars))
        lines = []
        for number, bar in enumerate(bars):
            places = [self.column(self.means[name]) for name in bar]
            reach = range(max(0, min(places) - 1), min(self.width, max(places) + 2))
            lines.append(self._bar(grid[number], reach, palette))
        for number in range(len(self.left)):
            row = grid[len(bars) + number]
            left = self._label(self.left[number], 0)
            right = ""
            if number < len(self.right):
                right = self._label(self.right[number], 1)
            middle = _drawn(row[self.first - 1 : self.last + 2])
            lines.append(
                left + " " + palette.paint(middle, palette.muted) + " " + right
            )
        return lines

    def _label(self, name: str, side: int) -> str:
        rank = f"{self.means[name]:.2f}"
        if len(rank) >= _FIGURE:
            rank = f"{self.means[name]:.1f}"
        if side == 0:
            return f"{pad(name, self.names[0], 'right')} {rank:>{_FIGURE - 1}}"
        return f"{rank:<{_FIGURE - 1}} {clip(name, self.names[1])}"

    def _lines(self, bars: int) -> list[list[int]]:
        """Return, cell by cell, the directions in which lines leave."""
        grid = [[0] * self.width for _ in range(bars + len(self.left))]
        for side, names in ((_LEFT, self.left), (_RIGHT, self.right)):
            for number, name in enumerate(names):
                at, end = self.column(self.means[name]), bars + number
                for row in grid[:end]:
                    row[at] |= _UP | _DOWN
                grid[end][at] |= _UP | side
                outside = (
                    range(self.first - 1, at)
                    if side == _LEFT
                    else range(at + 1, self.last + 2)
                )
                for place in outside:
                    grid[end][place] |= _LEFT | _RIGHT
        return grid

    def _bar(self, row: list[int], reach: range, palette: Palette) -> str:
        parts: list[tuple[str, Colour]] = []
        for at, way in enumerate(row):
            if at in reach:
                parts.append(("┿" if way else "━", palette.accent))
            else:
                parts.append((_LINES.get(way, " "), palette.muted))
        return _painted(parts, palette)


def _drawn(row: Sequence[int]) -> str:
    return "".join(_LINES.get(way, " ") for way in row)


def _painted(parts: Sequence[tuple[str, Colour]], palette: Palette) -> str:
    """Return characters in their colours, painted run by run."""
    out, text = "", ""
    last: Colour = None
    for char, colour in parts:
        if colour != last and text:
            out += palette.paint(text, last) if text.strip() else text
            text = ""
        text, last = text + char, colour
    return out + (palette.paint(text.rstrip(), last) if text.strip() else "")
