"""The board: arms as lines, the missed positives first, and what is drawn of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from textual.content import Content

from engine.events import Confusion
from tui.charts.base import Palette, message
from tui.charts.confusion import confusion_row
from tui.charts.view import Draw
from tui.console import facts, figures
from tui.panes import operating, progress, reader_words, wording
from tui.panes.operating import Row
from tui.safe_text import clean, clip, content
from tui.session import Run, Session
from tui.widgets.columns import Cell, Column
from tui.widgets.rows import Item

__all__ = ["COLUMNS", "about", "headline", "items", "key_of", "matrices", "tested"]

COLUMNS: Final = (
    Column("arm", 13, grow=18),
    Column("missed", 6, "right"),
    Column("recall (95 %)", 16, drop=3),
    Column("alarms", 7, "right", grow=12, long="false alarms"),
    Column("prec.", 5, "right", drop=4, grow=9, long="precision"),
    Column("AP", 5, "right", drop=6),
    Column("thresh.", 7, "right", drop=5, grow=9, long="threshold"),
    Column("Brier", 5, "right", drop=7),
    Column("trials", 6, "right", drop=9),
    Column("time", 5, "right", drop=8),
)
MOVED: Final = "*"
_LEAST_LINES, _LEAST_TITLED = 4, 7
_MOST_LINES = 13
_BETWEEN = 3
"""Cells between two matrices, as `tui.charts.confusion` has it."""


def items(session: Session, rows: Sequence[Row]) -> list[Item]:
    """Return a line per arm, in the order given."""
    return [_item(session.run, row) for row in rows]


def _item(run: Run | None, row: Row) -> Item:
    c = row.confusion
    mark = " ⚠" if row.arm.repairs else ""
    name = f"{row.name}{mark}"
    if c is None:
        word, style = wording.STAGES.get(
            progress.stage(run, row.arm) if run else "", ("", "")
        )
        blank = figures.NOTHING
        tried = figures.count(len(row.arm.trials))
        return Item(
            row.name,
            (
                (name, "dim"),
                (blank, "dim"),
                (word, style),
                *((blank, "dim"),) * 5,
                tried,
                figures.clock(row.seconds),
            ),
        )
    threshold = figures.threshold(row.threshold)
    shown: Cell = (f"{MOVED}{threshold}", "bold $text-accent")
    return Item(
        row.name,
        (
            name,
            (figures.count(c.fn), "bold $text-error"),
            f"{figures.decimals(row.recall, 2)} {figures.interval(row.recall_ci)}",
            figures.count(c.fp),
            figures.decimals(row.precision, 2),
            figures.decimals(row.test("average_precision"), 3),
            shown if row.moved else threshold,
            figures.decimals(row.test("brier"), 3),
            (figures.count(len(row.arm.trials)), "dim"),
            (figures.clock(row.seconds), "dim"),
        ),
    )


def matrices(
    rows: Sequence[Row],
    labels: tuple[str, str],
    focused: str | None,
    *,
    several: bool = False,
) -> Draw:
    """Return a picture of the arms' matrices: the page that the focused arm is on.

    Parameters
    ----------
    rows : sequence of Row
        Those without counts are left out.
    labels : tuple of str
        The negative and the positive class.
    focused : str or None
        The arm that is marked.
    several : bool, default=False
        Whether there may be several lines of matrices.
    """
    shown = [
        (f"▸ {row.name}" if row.name == focused else row.name, row.confusion)
        for row in rows
        if row.confusion is not None
    ]
    names = [row.name for row in rows if row.confusion is not None]
    place = names.index(focused) if focused in names else 0

    def draw(width: int, height: int, palette: Palette) -> str:
        if not shown:
            text = "The matrices come when the first arm is done."
            return message(text, width, height)
        return _pages(shown, place, labels, width, height, palette, several=several)

    return draw


def _pages(
    shown: Sequence[tuple[str, Confusion]],
    place: int,
    labels: tuple[str, str],
    width: int,
    height: int,
    palette: Palette,
    *,
    several: bool,
) -> str:
    """Draw as many matrices as fit, and say which of how many they are."""
    first = confusion_row(shown, labels, width, height, palette)
    beside = max(1, first.shown)
    lines = 1
    if several:
        fit = (height - 1) // _LEAST_TITLED
        lines = max(1, min(math.ceil(len(shown) / beside), fit))
        if beside * lines >= len(shown):
            # All of them fit: as many on each line, rather than one alone on the last.
            beside = math.ceil(len(shown) / lines)
    page = beside * lines
    paged = page < len(shown) and height > _LEAST_LINES
    room = (height - paged) // lines
    if lines > 1 or several:
        room = min(room, _MOST_LINES)
    start = place // page * page
    blocks = []
    for line in range(lines):
        part = shown[start + line * beside : start + (line + 1) * beside]
        if part:
            gap = int(lines > 1)
            # As wide as on a full line, so that matrices stand below each other.
            each = (width + _BETWEEN) // beside
            room_of = min(width, each * len(part) - _BETWEEN)
            block = confusion_row(part, labels, room_of, room - gap, palette).text
            blocks += [block, ""] if gap and line < lines - 1 else [block]
    if paged:
        last = min(len(shown), start + page)
        text = f"arms {start + 1}–{last} of {len(shown)}, ↑ ↓ for the others"
        blocks.append(palette.paint(clip(text, width), palette.muted))
    return "\n".join(blocks)


def key_of(rows: Sequence[Row], *more: object) -> tuple[object, ...]:
    """Return what a picture of these rows depends on."""
    return (*((row.name, row.confusion, row.threshold) for row in rows), *more)


def tested(session: Session) -> str:
    """Say how many positives there are among the test rows."""
    run = session.run
    split = run.state.split if run else None
    if run is None or split is None:
        return ""
    _, positive = operating.labels(run)
    rows = sum(split.test.values())
    found = figures.plural(split.test.get(positive, 0), "positive")
    dataset = run.state.dataset
    of = reader_words.sampled(dataset.sampled) if dataset and dataset.sampled else ""
    return f"{found} in {rows:,} test rows{f' · {of}' if of else ''}"


def headline(session: Session) -> Content:
    """Return what the verdict recommends, or why there is none."""
    run = session.run
    if run is None:
        return Content.styled("No results yet: r runs the experiment.", "dim")
    compared = run.state.compared
    if compared is not None:
        return content(f"→ {compared.verdict.recommendation}", "bold")
    if run.live:
        text = "The verdict comes when all arms are done."
        return Content.styled(text, "dim")
    return wording.first_line(progress.status(session))


def about(session: Session, row: Row | None) -> Content:
    """Say what is special about the focused arm: moved, repaired, failed, stopped."""
    run = session.run
    if row is None or run is None:
        return Content("")
    failed = row.arm.failed
    if failed is not None:
        said = f"{row.name}: {failed.message}"
        return wording.refusal(said, failed.remedy)
    name = clean(clip(row.name, 24))
    if row.moved and row.point is not None:
        old = row.point.confusion
        at, own = figures.apart(row.threshold, row.point.threshold)
        return Content.assemble(
            (
                f"{MOVED} {name} at {at}",
                "bold $text-accent",
            ),
            f"; 0 goes back to {own}: missed {old.fn:,}, alarms {old.fp:,}",
        )
    if row.confusion is None:
        tried = figures.plural(len(row.arm.trials), "trial")
        stage = progress.stage(run, row.arm)
        word, style = wording.STAGES.get(stage, (stage, ""))
        return Content.assemble(f"{name}: ", (word, style), f", {tried} finished")
    if row.arm.repairs:
        text = "; ".join(facts.folded(row.arm.repairs))
        return content(f"⚠ {name} repaired: {text}", "$text-warning")
    return Content("")
