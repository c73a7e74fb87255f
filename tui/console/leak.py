"""The wrong way beside the right way, as text."""

from __future__ import annotations

from engine.client.lab import LeakShown
from engine.core.views import leak as view
from engine.data.source import STDIN
from tui.console.grid import draw
from tui.console.lines import Line, Span, line, paint, wrap
from tui.console.style import PLAIN, Style


def render(shown: LeakShown, source: str, *, width: int, style: Style = PLAIN) -> str:
    """Return the three scores as text.

    Parameters
    ----------
    shown : LeakShown
    source : str
        What the table is called.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.
    """
    name = "standard input" if source == STDIN else source
    title = f"{name}   {shown.arm.name}   positive {shown.positive!r}"
    lines: list[Line] = [line(" ", Span(title, "bold")), ()]
    lines += draw(view.scores(shown), width)
    for head, text in view.lesson(shown):
        lines += [(), line(" ", head), *wrap(text, width, first="   ")]
    lines += wrap(
        "By hand: imblearn.pipeline.Pipeline, or imbtui balance --split 0.2, which "
        "writes both files. Then compare methods: imbtui run "
        f"{'DATA' if source == STDIN else source}",
        width,
        first="   ",
    )
    return paint(lines, style, width)
