"""Mean ranks of arms over many tables, and which are not shown to differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.core import format as figures
from engine.core.suite import Suite
from tui.charts.base import Palette, message
from tui.terminal.safe_text import cells, clip, pad

LEAST_WIDTH: Final = 44
_FIGURE: Final = 6
"""Cells of a mean rank behind a name, such as 12.25, and a blank."""


def rank_diagram(suite: Suite, width: int, height: int, palette: Palette) -> str:
    """Draw the mean ranks of arms as a critical-difference diagram does.

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
        A line for each arm, the best first, with its place on the scale of ranks; bars
        join arms that are not shown to differ [1]_. A message where there is no room,
        or nothing is ranked.

    References
    ----------
    .. [1] Demsar, J. (2006). Statistical comparisons of classifiers over multiple data
       sets. JMLR 7, 1-30; its figure 1.
    """
    means = dict(sorted(suite.mean_ranks.items(), key=lambda pair: pair[1]))
    if len(means) < 2:
        return message("No table has a result of two arms.", width, height)
    if width < LEAST_WIDTH or height < diagram_lines(suite):
        return message("Too small for the diagram of ranks.", width, height)
    bars = [group for group in suite.groups if len(group) > 1]
    bars = bars[: width // 8]
    name = min(width // 4, max(map(cells, means)))
    first = name + 1 + _FIGURE + 2 * len(bars)
    last = width - first - 1

    def place(rank: float) -> int:
        return round((rank - 1) / (len(means) - 1) * last)

    numbers, line = [" "] * (last + 1), ["─"] * (last + 1)
    free = 0
    for rank in range(1, len(means) + 1):
        at, text = place(rank), str(rank)
        line[at] = "┼"
        start = min(at, last + 1 - len(text))
        if start >= free:
            numbers[start : start + len(text)] = text
            free = start + len(text) + 1
    line[0], line[-1] = "├", "┤"
    scale = (_ruler(suite, place, width - first), "".join(numbers), "".join(line))
    lines = [
        palette.paint(_heading(suite, width), bold=True),
        *(palette.paint(clip(" " * first + s, width), palette.muted) for s in scale),
    ]
    for arm, mean in means.items():
        joined = "".join("┃ " if arm in bar else "  " for bar in bars)
        lines.append(
            f"{pad(arm, name)} {mean:{_FIGURE - 1}.2f} "
            + palette.paint(joined, palette.accent)
            + palette.paint("─" * place(mean), palette.muted)
            + palette.paint("●", palette.minority)
        )
    return "\n".join(text.rstrip(" ") for text in lines)


def diagram_lines(suite: Suite) -> int:
    """Return how many lines the diagram takes."""
    return 4 + len(suite.mean_ranks)


def _heading(suite: Suite, width: int) -> str:
    tables = sum(bool(row.ranks) for row in suite.tables)
    text = f"mean rank over {figures.plural(tables, 'table')}, 1 is best"
    words = ("; a bar joins arms not shown to differ", "; bars: not shown to differ")
    if suite.critical_difference is None:
        words = ("; too few arms or tables for a test", "; not tested")
    fitting = [text + more for more in words if len(text + more) <= width]
    return clip((fitting or [text])[0], width)


def _ruler(suite: Suite, place: Callable[[float], int], room: int) -> str:
    """Return the length of the critical difference on the scale; nothing untested."""
    if (difference := suite.critical_difference) is None:
        return ""
    text, long = f" critical difference {difference:.2f} ", place(1 + difference) - 1
    if difference > len(suite.mean_ranks) - 1:
        return f"{text.strip()}: more than any two differ by"
    if long >= len(text):
        return f"├{text.center(long, '─')}┤"
    beside = f"├{'─' * max(0, long)}┤{text}"
    return beside if len(beside) <= room else text.strip()
