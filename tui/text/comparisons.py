"""Comparisons as text: methods over many tables, and runs side by side."""

from __future__ import annotations

from collections.abc import Sequence

from engine.core import format as figures
from engine.core.compare_runs import Contrast
from engine.core.methods.samplers import CONTROL
from engine.core.suite import METRICS, Suite
from engine.core.views import Column
from engine.core.views import contrast as view
from engine.core.views import suite as over_tables
from tui.charts.base import MONO, Palette
from tui.charts.importance import diagram_lines, rank_diagram
from tui.terminal.safe_text import cells, clip_middle
from tui.text.grid import draw, drawing, grid
from tui.text.lines import (
    PLAIN,
    Line,
    Span,
    Style,
    labels,
    line,
    marks,
    paint,
    stack,
    wrap,
)

# Many tables --------------------------------------------------------------------------


def render_suite(suite: Suite, *, width: int, style: Style = PLAIN) -> str:
    """Return the document of the whole as text.

    Parameters
    ----------
    suite : Suite
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.
    """
    title = METRICS[suite.metric].title
    values = over_tables.values(suite)
    lines: list[Line] = [
        line(" ", Span(title, "bold"), Span("  on the test rows; * is best", "dim")),
        (),
        *draw(values._replace(notes=()), width),
    ]
    if values.notes:
        lines += [(), *marks(values.notes, width, Span(" ✗ ", "bad"))]
    if len(suite.mean_ranks) > 1:
        picture = rank_diagram(suite, width - 1, diagram_lines(suite), MONO)
        lines += [(), *drawing(picture)]
        lines += [(), *wrap(over_tables.friedman_text(suite), width, first=" ")]
    if suite.against_control:
        lines += [(), *_against(suite, width)]
    lines += [(), *wrap(suite.verdict.headline, width, first=" ", look="bold")]
    lines += marks(suite.verdict.doubts, width, Span(" ! ", "warn"))
    return paint(lines, style, width)


def against_table(suite: Suite, width: int, height: int, palette: Palette) -> str:
    """Draw the arms against the control as a table, for a widget.

    Parameters
    ----------
    suite : Suite
    width, height : int
        Room in cells and lines.
    palette : Palette
        Decides whether its heading stands out.

    Returns
    -------
    str
        Empty if no arm is compared.
    """
    if not suite.against_control or width <= 0:
        return ""
    style = Style(color=not palette.plain)
    return paint(_against(suite, width)[: max(0, height)], style, width)


def _against(suite: Suite, width: int) -> list[Line]:
    head = line(
        " ",
        Span(f"against {CONTROL}", "bold"),
        Span("  worse, same, better: how likely on another table", "dim"),
    )
    return [head, *draw(over_tables.against(suite), width)]


# Runs side by side --------------------------------------------------------------------

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
