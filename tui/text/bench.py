"""Many tables as text: values, mean ranks, which arms differ, and what follows."""

from __future__ import annotations

from engine.core.suite import CONTROL, METRICS, Suite
from engine.core.views import suite as view
from tui.charts.base import MONO, Palette
from tui.charts.importance import diagram_lines, rank_diagram
from tui.text.grid import draw
from tui.text.lines import PLAIN, Line, Span, Style, line, marks, paint, wrap


def render(suite: Suite, *, width: int, style: Style = PLAIN) -> str:
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
    values = view.values(suite)
    lines: list[Line] = [
        line(" ", Span(title, "bold"), Span("  on the test rows; * is best", "dim")),
        (),
        *draw(values._replace(notes=()), width),
    ]
    if values.notes:
        lines += [(), *marks(values.notes, width, Span(" ✗ ", "bad"))]
    if len(suite.mean_ranks) > 1:
        picture = rank_diagram(suite, width - 1, diagram_lines(suite), MONO)
        lines += [(), *(line(" ", text) for text in picture.split("\n"))]
        lines += [(), *wrap(view.friedman_text(suite), width, first=" ")]
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
    return [head, *draw(view.against(suite), width)]
