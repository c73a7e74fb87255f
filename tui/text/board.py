"""The board, the missed positives first, and the confusion matrices."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from engine.core.arm_result import ArmAtPoint
from engine.core.result import Result
from engine.core.views import board as views
from engine.core.views.board import MOST_ARM, BoardLine, confusion_matrix
from engine.core.views.report import board as page
from engine.core.views.report.facts import Facts
from tui.charts.base import MONO
from tui.charts.confusion import BETWEEN, multiclass_row, worst
from tui.terminal.safe_text import clip
from tui.text.grid import draw_items, draw_page, grid, left_out
from tui.text.lines import Line, Span, align_right, aside, flow, line, measure, stack


def board(result: Result, *, width: int, at: str | None = None) -> list[Line]:
    """Lay out the board.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    at : str or None, default=None
        Operating point; the experiment's own when None.

    Returns
    -------
    list of Line
        Arms with a result by missed positives (ties: fewer false alarms, then
        the experiment's order); those still at work; the failed ones with cause
        and fix; then what was repaired and noticed, and what is known of the
        thresholds.

    Raises
    ------
    UsageError
        If no arm has an operating point of that operating point.
    """
    point = result.select_point(at)
    placed = result.at_point(point)
    facts, lines = Facts(result), []
    if placed:
        lines += _table(result, placed, width)
    elif result.arms:
        yet = " yet" if result.status == "running" else ""
        lines.append(line(Span(f" no arm has a result{yet}", "dim")))
    lines += draw_items(page.unfinished(facts), width, "dim")
    lines += draw_items(page.failures(facts), width, codes=False)
    return lines + draw_items(page.remarks(facts, point), width, "dim")


def point_bar(result: Result, *, width: int, at: str | None = None) -> list[Line]:
    """Lay out the operating points with the chosen one marked, and the test positives.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    at : str or None, default=None
        Operating point; the experiment's own when None.

    Returns
    -------
    list of Line
    """
    chosen = result.select_point(at)

    def bar_of(named: Callable[[str], str]) -> list[Line]:
        items = [
            line(
                Span(f"▸{result.point_label(p)}", "chosen") if p == chosen else named(p)
            )
            for p in result.point_names or (chosen,)
        ]
        return flow(items, width, first=" operating point  ")

    bar = bar_of(lambda p: result.point_label(p, aimed=False))
    if len(bar) > 1:
        # Shorter names, but for the chosen one, if that keeps it on one line.
        shorter = bar_of(result.point_short)
        bar = shorter if len(shorter) < len(bar) else bar
    tested = result.test_rows_text()
    return align_right(bar, line(tested), width) if tested else bar


def overview(result: Result, *, width: int, at: str | None = None) -> list[Line]:
    """Lay out missed positives and false alarms at the operating points not chosen.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most; columns that do not fit go below.
    at : str or None, default=None
        The operating point of the board; the experiment's own when None.

    Returns
    -------
    list of Line
        Arms in the order of the board; none without a result.
    """
    chosen = result.select_point(at)
    title, table = page.at_others(Facts(result), chosen)
    if table is None:
        return []
    lines = aside(f"{title.lower()}: {table.title}", width)
    others, bare = range(1, len(table.columns)), replace(table, title="", note=())
    while others:
        # As many operating points side by side as fit, at least one.
        for count in range(len(others), 0, -1):
            part = draw_page(bare.pick(0, *others[:count]), width)
            if max(map(measure, part)) <= width:
                break
        lines += part
        others = others[count:]
    return lines


def _table(result: Result, arms: Sequence[ArmAtPoint], width: int) -> list[Line]:
    """Lay out the arms; of more than two classes as many as there is room for."""
    lines, classes = list(map(BoardLine.of, arms)), result.classes
    for most in range(len(classes), -1, -1):
        view = views.board(lines, classes, result.rarest, most)
        table, dropped = grid(view.columns, [row.cells for row in view.rows], width)
        bare = most > views.ALWAYS and not {*views.MEANS}.isdisjoint(dropped)
        if measure(table[0]) <= width and not bare:
            break
    if classes:
        rarest = clip(classes[0], MOST_ARM)
        text = f"missed: rows of {rarest}, the rarest; then the recall of each class"
        table += aside(text, width)
    return [*table, *left_out(dropped, width)]


_MISSED: Final = re.compile("(▶ *[0-9,]+)")
_MOST_PAIRS: Final = 12


def matrices(result: Result, *, width: int, at: str | None = None) -> list[Line]:
    """Lay out the confusion matrix of every arm with a result.

    More than eight classes are listed by pairs of actual and predicted class.

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
    labels = result.negative, result.positive
    items = [
        confusion_matrix(placed.name, placed.point.confusion, labels)
        for placed in result.at_point(result.select_point(at))
    ]
    if not items:
        return []
    room, height = width - 1, 2 + 2 * len(items[0].rows)
    fits = multiclass_row(items, room, height, MONO).shown
    if not fits:
        return _lines(worst(items, room, 2 + _MOST_PAIRS, MONO))
    # So many that lines are about equally long.
    across = math.ceil(len(items) / math.ceil(len(items) / fits))
    each = (room + BETWEEN) // across
    blocks = []
    for start in range(0, len(items), across):
        part = items[start : start + across]
        wide = each * len(part) - BETWEEN
        blocks.append(_lines(multiclass_row(part, wide, height, MONO).text))
    return stack(blocks)


def _lines(text: str) -> list[Line]:
    """Return a drawing as lines, what is missed in its look."""
    return [
        (
            Span(" "),
            *(
                Span(part, "missed" if place % 2 else "")
                for place, part in enumerate(_MISSED.split(line))
            ),
        )
        for line in text.split("\n")
    ]
