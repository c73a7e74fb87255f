"""Runs side by side as text."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core import format as figures
from engine.core.compare_runs import Contrast
from engine.core.views import Column
from engine.core.views import contrast as view
from tui.terminal.safe_text import cells, clip_middle
from tui.text.grid import draw, grid
from tui.text.lines import PLAIN, Line, Span, Style, labels, line, marks, paint, stack

_MOST_PATH, _MOST_VALUE = 48, 240
_GAP = 3


def render_contrast(table: Contrast, *, width: int, style: Style = PLAIN) -> str:
    """Return runs side by side as text.

    Parameters
    ----------
    found : Contrast
    width : int
        Cells that a line takes at most; made for 60 and more.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Lines without a newline at the end: the runs, the differences, what must be
        said about the comparison, the results by arm, the verdicts.
    """
    return paint(contrast_lines(table, width), style, width)


def contrast_lines(table: Contrast, width: int) -> list[Line]:
    """Return runs side by side as lines."""
    names = [view.run_name(run) for run in table.runs]
    results, verdicts = view.results(table), view.verdicts(table)
    head = line(Span(" verdicts", "bold"))
    parts = [
        draw(view.runs(table), width),
        _differences(table, names, width),
        marks(table.notes, width, Span(" ! ", "warn")),
        draw(results, width) if results else [],
        [head, *labels(names, verdicts, width, "   ")] if verdicts else [],
    ]
    return stack(parts)


def _differences(table: Contrast, names: Sequence[str], width: int) -> list[Line]:
    if not table.differences:
        return []
    every = [
        (clip_middle(texts.path, _MOST_PATH), *map(_value, texts.values))
        for texts in table.differences
    ]
    # What is too long for a column has lines of its own.
    path = max(cells(texts[0]) for texts in every)
    room = (width - 1 - path) // len(names) - _GAP
    short = [texts for texts in every if max(map(cells, (*texts[1:], *names))) <= room]
    lines: list[Line] = [line(Span(" what differs", "bold"))]
    if short:
        columns = [Column(name, align="left") for name in ("", *names)]
        rows = [list(map(Span, texts)) for texts in short]
        lines += grid(columns, rows, width)[0]
    for texts in every:
        if texts not in short:
            lines += [line(f" {texts[0]}"), *labels(names, texts[1:], width, "   ")]
    return lines


def _value(value: str | None) -> str:
    return figures.NOTHING if value is None else clip_middle(value, _MOST_VALUE)
