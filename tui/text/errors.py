"""Rows that an arm gets wrong, where its misses are, and what it relies on, as text."""

from __future__ import annotations

from engine.core import explain as answers
from engine.core import format as figures
from engine.core.views import errors as view
from tui.charts.base import MONO
from tui.charts.importance import contribution_bars, importance_bars
from tui.terminal.safe_text import clip
from tui.text.grid import draw, drawing
from tui.text.lines import PLAIN, Line, Span, Style, aside, line, marks, paint, wrap

_MOST_NAME = 24
MOST_COLUMNS = 40
"""Columns that have a line each; the document has all of them."""


def render(
    shown: answers.Shown,
    run: str,
    *,
    where: str = "",
    against: str | None = None,
    width: int,
    style: Style = PLAIN,
) -> str:
    """Return an answer as text.

    Parameters
    ----------
    shown : RowsShown, GroupsShown, ImportanceShown or ContributionsShown
    run : str
        What it is called.
    where : str, default=""
        The column that rows were asked by.
    against : str or None, default=None
        The arm that rows were asked to differ from.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.
    """
    match shown:
        case answers.RowsShown():
            lines = _rows(shown, run, _selection(shown, where, against), width)
        case answers.GroupsShown():
            lines = _groups(shown, run, width)
        case answers.ImportanceShown():
            lines = _importance(shown, run, width)
        case _:
            lines = _parts(shown, run, width)
    return paint(lines, style, width)


def _rows(shown: answers.RowsShown, run: str, listed: str, width: int) -> list[Line]:
    """Lay out rows of a kind, and where arms disagree."""
    lines: list[Line] = [
        _title(run, shown.arm, shown.at, shown.threshold),
        line(" ", Span(view.count_text(shown), "bold")),
        *aside(listed, width),
        (),
    ]
    if shown.rows:
        lines += [*draw(view.rows(shown), width), (), *_hint(shown, run, width)]
    else:
        lines += wrap(view.nothing_text(shown, shown.at), width, first=" ", look="dim")
    if shown.pairs:
        lines += [(), line(" ", Span("where arms disagree", "bold"))]
        for table in view.pairs(shown):
            lines += draw(table, width)
    return lines


def _title(run: str, arm: str, at: str, threshold: float | None = None) -> Line:
    of = "" if threshold is None else f" (threshold {figures.threshold(threshold)})"
    return line(f" run {run}   ", _arm(arm), f"   {at}{of}")


def _arm(name: str) -> Span:
    return Span(clip(name, _MOST_NAME), "bold")


def _selection(shown: answers.RowsShown, where: str, against: str | None) -> str:
    only, order = view.selection_text(shown, where=where, against=against)
    last = shown.start + len(shown.rows)
    shown_rows = ""
    if shown.rows and len(shown.rows) < shown.total:
        shown_rows = f"{shown.start + 1:,} to {last:,} of {shown.total:,}"
    return " · ".join(filter(None, (only, order, shown_rows)))


def _hint(shown: answers.RowsShown, run: str, width: int) -> list[Line]:
    text = "+ predicted positive by that arm.  " if shown.others else ""
    number = shown.rows[0].number
    text += f"imbtui explain {run} --arm {shown.arm} --row {number} explains a score"
    return aside(text, width)


def _groups(shown: answers.GroupsShown, run: str, width: int) -> list[Line]:
    """Lay out misses by the levels of a column."""
    lines: list[Line] = [
        _title(run, shown.arm, shown.at),
        line(" ", Span(view.missed_text(shown), "bold")),
        (),
    ]
    if shown.column is not None:
        lines.append(line(" ", Span(f"by {clip(shown.column, _MOST_NAME)}", "bold")))
        lines += draw(view.levels(shown), width)
        for note in view.gap_notes(shown):
            lines += aside(note, width)
        lines.append(())
    return lines + draw(view.ranking(shown), width)


def _importance(shown: answers.ImportanceShown, run: str, width: int) -> list[Line]:
    """Lay out what columns are worth."""
    height = 1 + min(len(shown.columns), MOST_COLUMNS)
    lines: list[Line] = [
        line(f" run {run}   what ", _arm(shown.arm), " relies on"),
        (),
        *drawing(importance_bars(shown.columns, width - 1, max(3, height), MONO)),
        (),
    ]
    text = "gain: share of the total split gain on the training rows. "
    if not any(one.gain is not None for one in shown.columns):
        text = ""
    text += (
        "Lost: the drop of "
        "the average precision on the test rows while the column is shuffled. "
        f"{view.shuffling_text(shown)}"
    )
    lines += aside(text, width)
    return lines + marks(shown.notes, width, Span(" ! ", "warn"))


def _parts(shown: answers.ContributionsShown, run: str, width: int) -> list[Line]:
    """Lay out what made the score of a row."""
    height = 3 + min(len(shown.parts), MOST_COLUMNS)
    text = f"{view.score_text(shown)} ({shown.at})"
    row = Span(f"{shown.row}", "bold")
    lines: list[Line] = [
        line(f" run {run}   row ", row, "   ", _arm(shown.arm)),
        *wrap(text, width, first=" "),
        (),
        *drawing(contribution_bars(shown, width - 1, max(5, height), MONO)),
    ]
    if shown.others:
        lines += [(), *aside(view.other_scores(shown), width)]
    return lines
