"""A table's profile as text: the classes as bars, the columns, the advice."""

from __future__ import annotations

from engine.core import format as figures
from engine.core.messages import TableInfo
from engine.core.views import profile as view
from tui.charts.bars import class_bars
from tui.charts.base import MONO
from tui.terminal.safe_text import clip
from tui.text.grid import add_options, advice_text, draw, drawing
from tui.text.lines import (
    PLAIN,
    Line,
    Span,
    Style,
    flow,
    line,
    marks,
    paint,
    stack,
    wrap,
)

MOST_CLASSES = 12
MOST_NOTES = 8
_READ = " ".join(
    f"data.read.{name}"
    for name in ("delimiter", "quote", "encoding", "header", "skip", "member")
)


def render(
    table: TableInfo, *, seconds: float, width: int, style: Style = PLAIN
) -> str:
    """Return the profile of a table as text.

    Parameters
    ----------
    table : TableInfo
    seconds : float
        What reading and measuring took.
    width : int
        Cells that a line takes at most; made for 60 and more.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Lines without a newline at the end. Untrusted text in it is harmless.
    """
    problem = add_options(table.problem or "", table.field)
    parts = (
        _opening(table, seconds, width),
        wrap(problem, width, first=Span(" ! ", "warn")) if problem else [],
        _classes(table, width),
        _split(table, width),
        draw(view.columns(table), width),
        _advice(table, width),
        _reading(table, width),
    )
    return paint(stack(parts), style, width)


def _opening(table: TableInfo, seconds: float, width: int) -> list[Line]:
    items = [
        line(Span(clip(text, width - 2), look)) for text, look in view.headline(table)
    ]
    items += map(line, view.duplicates(table))
    items.append(line(Span(f"{seconds:.1f} s", "dim")))
    return flow(items, width)


def _classes(table: TableInfo, width: int) -> list[Line]:
    """Draw a bar per class, as long as its share of the largest one."""
    if not table.classes:
        return []
    height = max(3, 2 * min(len(table.classes), MOST_CLASSES))
    bars = class_bars(table.classes, width - 1, height, MONO, positive=table.positive)
    return drawing(bars)


def _split(table: TableInfo, width: int) -> list[Line]:
    train, test = sum(table.train.values()), sum(table.test.values())
    if not train or not test:
        return []
    rows, known = view.test_rows(table)
    text = f"{train:,} rows to train and {test:,} to test on"
    text += f": {rows}" if rows else ""
    return wrap(f"{text}{' → ' if known else ''}{known}", width, first=" ")


def _advice(table: TableInfo, width: int) -> list[Line]:
    lines: list[Line] = []
    for entry in table.advice:
        if entry.code == "IMB001":  # told with how the file was read
            continue
        lines += wrap(entry.message, width, first=Span(f" {entry.code}  ", "warn"))
        texts = filter(None, (entry.cause, f"→ {advice_text(entry)}"))
        lines += marks(texts, width, " " * 9, "dim")
    if table.muted:
        text = f" {figures.plural(table.muted, 'more is', 'more are')} muted"
        lines.append(line(Span(text, "dim")))
    return lines


def _reading(table: TableInfo, width: int) -> list[Line]:
    lines = wrap(view.read_as(table.reader), width, first=Span(" read as ", "dim"))
    notes = table.reader.notes
    lines += marks(notes[:MOST_NOTES], width, " · ")
    more = len(notes) - MOST_NOTES
    if more > 0:
        lines.append(line(Span(f" · and {figures.plural(more, 'more note')}", "dim")))
    if notes:
        lines += wrap(
            add_options("to change how it is read", _READ), width, first=" → "
        )
    return lines
