"""What an arm goes by, and what made one score, as text."""

from __future__ import annotations

from engine.client.explain import ContributionsShown, ImportanceShown
from tui.charts.base import MONO
from tui.charts.importance import contribution_bars, importance_bars
from tui.console import figures
from tui.console.lines import Line, Span, line, paint, wrap
from tui.console.style import PLAIN, Style
from tui.safe_text import clip

__all__ = ["render_importance", "render_parts"]

_MOST_NAME = 24
MOST_COLUMNS = 40
"""Columns that have a line each; the document has all of them."""


def render_importance(
    shown: ImportanceShown, run: str, *, width: int, style: Style = PLAIN
) -> str:
    """Return what columns are worth as text.

    Parameters
    ----------
    shown : ImportanceShown
    run : str
        Its id.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN

    Returns
    -------
    str
        No newline at the end.
    """
    height = 1 + min(len(shown.columns), MOST_COLUMNS)
    lines: list[Line] = [
        line(
            f" run {run}   what ", Span(clip(shown.arm, _MOST_NAME), "bold"), " goes by"
        ),
        (),
        *_drawn(importance_bars(shown.columns, width - 1, max(3, height), MONO)),
        (),
    ]
    text = (
        "gain: share of what the splits gained on the training rows. Lost: what the "
        "average precision on the test rows falls by while the column is shuffled"
    )
    if shown.average_precision is not None:
        value = figures.decimals(shown.average_precision, 3)
        text += (
            f" ({value} on {figures.plural(shown.rows, 'row')}, class "
            f"{clip(shown.klass, _MOST_NAME)}; mean and standard deviation of "
            f"{shown.repeats})"
        )
    lines += wrap(text, width, first=" ", look="dim")
    for note in shown.notes:
        lines += wrap(note, width, first=Span(" ! ", "warn"))
    return paint(lines, style, width)


def render_parts(
    shown: ContributionsShown, run: str, *, width: int, style: Style = PLAIN
) -> str:
    """Return what made the score of a row as text.

    Parameters
    ----------
    shown : ContributionsShown
    run : str
        Its id.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN

    Returns
    -------
    str
        No newline at the end.
    """
    height = 3 + min(len(shown.parts), MOST_COLUMNS)
    at = ""
    if shown.threshold is not None:
        side = "at or above" if shown.score >= shown.threshold else "below"
        at = f", {side} the threshold {figures.threshold(shown.threshold)}"
    text = (
        f"it is {clip(shown.label, _MOST_NAME)} and is called "
        f"{clip(shown.said, _MOST_NAME)}: score {figures.threshold(shown.score)}{at} "
        f"({shown.policy})"
    )
    lines: list[Line] = [
        line(
            f" run {run}   row ",
            Span(f"{shown.row}", "bold"),
            "   ",
            Span(clip(shown.arm, _MOST_NAME), "bold"),
        ),
        *wrap(text, width, first=" "),
        (),
        *_drawn(contribution_bars(shown, width - 1, max(5, height), MONO)),
    ]
    if shown.others:
        said = ", ".join(
            f"{clip(name, _MOST_NAME)} {figures.threshold(score)}"
            for name, score in shown.others.items()
        )
        text = f"scores of the other arms: {said}"
        lines += [(), *wrap(text, width, first=" ", look="dim")]
    return paint(lines, style, width)


def _drawn(text: str) -> list[Line]:
    """Return a picture as lines, one cell from the left."""
    return [line(f" {row}") for row in text.split("\n")]
