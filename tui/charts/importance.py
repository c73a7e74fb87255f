"""Importance of columns and their contributions to one score; mean ranks of arms."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from engine.core import format as figures
from engine.core.explain import ColumnImportance, ContributionsShown
from engine.core.suite import Suite
from tui.charts.bars import across
from tui.charts.base import Colour, Palette, message
from tui.terminal.safe_text import cells, clip, pad

# Importance of columns ----------------------------------------------------------------

LEAST_WIDTH: Final = 32
MISSING: Final = "·"
_GAP: Final = 2
_MOST_LABEL, _MOST_CELL = 24, 20
_GAIN, _DROP = 5, 15
"""Cells of the figures behind the two bars."""
_LEAST_BAR: Final = 6
_SIDE_BY_SIDE: Final = 56
_HALF: Final = "▐"


def importance_bars(
    columns: Sequence[ColumnImportance], width: int, height: int, palette: Palette
) -> str:
    """Draw the gain importance, or coefficient, and the permutation importance.

    Parameters
    ----------
    columns : sequence of ColumnImportance
        The most important first.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        A line per column under one that names the two; where there is no room for
        both, the permutation importance. The last line sums what has no line.
    """
    if width < LEAST_WIDTH or height < 3:
        return message("Too small for bars.", width, height)
    if not columns:
        return message("The model used no column.", width, height)
    gained = any(one.gain is not None for one in columns)
    linear = not gained and any(one.coefficients for one in columns)
    lost = any(one.drop is not None for one in columns)
    if width < _SIDE_BY_SIDE and lost:
        gained = linear = False
    label = min(_MOST_LABEL, max(cells(one.column) for one in columns))
    label = max(6, min(label, width // 4))
    left = gained or linear
    taken = label + left * (_GAP + _GAIN + 1) + lost * (_GAP + _DROP + 1)
    bar = max(_LEAST_BAR, (width - taken) // max(1, left + lost))
    most_left = max(abs(one.gain or one.coefficient or 0.0) for one in columns)
    most_drop = max(one.drop or 0.0 for one in columns)

    def draw(value: float | None, most: float, colour: Colour) -> str:
        drawn = across((value or 0.0) / most if most > 0 else 0.0, bar)
        blank = " " * (bar - len(drawn) + 1)
        return " " * _GAP + palette.paint(drawn, colour) + blank

    head = pad("column", label)
    if left:
        names = ("gain importance", "gain") if gained else ("coefficient", "coef.")
        title = names[bar < 12]
        head += " " * _GAP + pad(title, bar + 1 + _GAIN)
    if lost:
        titles = ("permutation importance (Δ AP)", "permutation (Δ AP)", "Δ AP")
        title = next(t for t in titles if len(t) <= bar + 1 + _DROP)
        head += " " * _GAP + pad(title, bar + 1 + _DROP)
    room = height - 1
    shown = columns if len(columns) <= room else columns[: room - 1]
    lines = [palette.paint(head.rstrip(), palette.muted)]
    for one in shown:
        line = pad(one.column, label)
        if left:
            value = one.gain if gained else one.coefficient
            line += draw(abs(value or 0.0), most_left, palette.majority)
            text = _percent(value) if gained else _signed(value)
            line += text.rjust(_GAIN)
        if lost:
            line += draw(one.drop, most_drop, palette.minority) + _lost(one)
        lines.append(line.rstrip())
    if rest := columns[len(shown) :]:
        gain = sum(one.gain or 0.0 for one in rest)
        text = f"{len(rest):,} more columns"
        text += f", together {_percent(gain)} of the gain" if gained else ""
        lines.append(palette.paint(clip(text, width), palette.muted))
    return "\n".join(lines)


def _signed(value: float | None) -> str:
    if value is None:
        return ""
    forms = (f"{value:+.2f}", f"{value:+.0f}", f"{value:+.0e}".replace("e+0", "e"))
    return next((f for f in forms if len(f) <= _GAIN), forms[-1]).replace("-", "−")


def _percent(value: float | None) -> str:
    if value is None:
        return ""
    percent = 100 * value
    if 0 < percent < 0.1:
        return "<0.1%"
    return f"{percent:.1f}%" if percent < 10 else f"{percent:.0f}%"


def _lost(one: ColumnImportance) -> str:
    if one.drop is None:
        return ""
    value = f"{one.drop:.3f}"
    value = value.replace("-", "−") if float(value) else "0.000"
    return value.rjust(6) + (f" ± {one.sd:.3f}" if one.sd else "")


# One score ----------------------------------------------------------------------------


def contribution_bars(
    shown: ContributionsShown, width: int, height: int, palette: Palette
) -> str:
    """Draw the contribution of each column to the log-odds of a row.

    Parameters
    ----------
    shown : ContributionsShown
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        A line per column with the row's cell; bars to the right raise the score of the
        class, bars to the left lower it; the least are summed. Then the baseline, and
        the sum.
    """
    if width < LEAST_WIDTH or height < 5:
        return message("Too small for bars.", width, height)
    room = height - 3
    many = len(shown.parts) if len(shown.parts) <= room else room - 1
    parts, rest = shown.parts[:many], len(shown.parts) - many
    value = math.fsum(part.value for part in shown.parts[many:])
    names = [part.column for part in parts]
    label = min(_MOST_LABEL, max([8, *map(cells, names)]), max(8, width // 4))
    texts = [MISSING if part.cell is None else part.cell for part in parts]
    cell = min(_MOST_CELL, max([4, *map(cells, texts)]), max(4, width // 5))
    others = figures.plural(rest, "other column") if rest else ""
    label = max(label, min(len(others), width // 3) - _GAP - cell)
    figure = 6
    side = max(2, (width - label - cell - figure - 3 * _GAP - 1) // 2)
    most = max([1e-12, *(abs(part.value) for part in parts), abs(value)])
    head = pad("column", label) + " " * _GAP + pad("cell", cell, "right") + " " * _GAP
    head += pad("lowers ←", side, "right") + " "
    head += pad(f"→ raises score of {shown.klass}", side)
    lines = [palette.paint(head.rstrip(), palette.muted)]
    for part, text in zip(parts, texts, strict=True):
        name = pad(part.column, label) + " " * _GAP + pad(text, cell, "right")
        lines.append(_line(name, part.value, most, side, palette))
    if rest:
        name = pad(others, label + _GAP + cell)
        lines.append(_line(name, value, most, side, palette))
    room = width - figure - _GAP
    bias, margin = (signed(value).rjust(figure) for value in (shown.bias, shown.margin))
    lines += [
        palette.paint(pad("baseline (bias)", room) + "  ", palette.muted) + bias,
        palette.paint(f"{pad(together(shown), room)}  {margin}", bold=True),
    ]
    return "\n".join(lines)


def _line(name: str, value: float, most: float, side: int, palette: Palette) -> str:
    share = abs(value) / most
    if value < 0:
        halves = max(1, round(2 * side * share))
        bar = _HALF * (halves % 2) + "█" * (halves // 2)
        drawn = " " * (side - len(bar)) + palette.paint(bar, palette.majority)
        drawn += palette.paint("│", palette.muted) + " " * side
    else:
        bar = across(share, side)
        drawn = " " * side + palette.paint("│", palette.muted)
        drawn += palette.paint(bar, palette.minority) + " " * (side - len(bar))
    gap = " " * _GAP
    return f"{name}{gap}{drawn}{gap}{signed(value).rjust(6)}"


def together(shown: ContributionsShown) -> str:
    """Name the sum of all contributions, with the score that it gives."""
    score = figures.threshold(shown.score)
    if shown.compared:
        return f"sum; with the other classes' sums → score {score}"
    return f"sum = log-odds → score {score}"


def signed(value: float) -> str:
    """Format a contribution with its sign.

    Examples
    --------
    >>> signed(0.5), signed(-2.548), signed(0.0001), signed(0.0)
    ('+0.50', '−2.55', '+0.00', '0.00')
    """
    if not value:
        return "0.00"
    return f"{value:+.2f}".replace("-", "−")


# Mean ranks ---------------------------------------------------------------------------

LEAST_RANKS_WIDTH: Final = 44
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
    if width < LEAST_RANKS_WIDTH or height < diagram_lines(suite):
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
