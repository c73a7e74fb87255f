"""The board: arms as lines, the missed positives first, and what is drawn of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from engine.format import folded
from tui.charts.confusion import of_two
from tui.charts.view import Draw
from tui.console import figures
from tui.panes import (
    class_board,
    dataset_told,
    deciding,
    matrix_pages,
    operating,
    progress,
    wording,
)
from tui.panes.deciding import class_of
from tui.panes.operating import Row
from tui.safe_text import cells, clean, clip, content
from tui.session import Session
from tui.spoken import spoken
from tui.widgets.columns import Cell, Column
from tui.widgets.rows import Item, Made

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
_MOST_LABEL: Final = 16
_MORE: Final = "…  enter: the verdict"
_ENDS: Final = " ,;:."


def table(session: Session, rows: Sequence[Row]) -> Made:
    """Return the board for any room; of two classes its columns give way by it."""
    if deciding.whole(session):
        return class_board.table(session, rows)
    made = items(session, rows)
    return lambda width: (COLUMNS, made)


def items(session: Session, rows: Sequence[Row]) -> list[Item]:
    """Return a line per arm, in the order given."""
    return [_item(session, row) for row in rows]


def _item(session: Session, row: Row) -> Item:
    c, run = row.confusion, session.run
    mark = " ⚠" if row.arm.repairs else " !" if row.note else ""
    name = f"{row.name}{operating.chosen(session, row)}{mark}"
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
    rates, threshold = row.metrics, figures.threshold(row.threshold)
    limits = figures.interval(rates.get("recall_ci"))
    shown: Cell = (f"{MOVED}{threshold}", "bold $text-accent")
    return Item(
        row.name,
        (
            name,
            (figures.count(c.fn), "bold $text-error"),
            f"{figures.decimals(rates.get('recall'), 2)} {limits}",
            figures.count(c.fp),
            figures.decimals(rates.get("precision"), 2),
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
        The negative and the positive class; of more the second is in focus.
    focused : str or None
        The arm that is marked.
    several : bool, default=False
        Whether there may be several lines of matrices.
    """
    many = [(row.name, row.decided.confusion) for row in rows if row.decided]
    if many:
        return matrix_pages.matrices(many, focused, focus=labels[1], several=several)
    two = [(r.name, of_two(r.confusion, labels)) for r in rows if r.confusion]
    return matrix_pages.matrices(two, focused, two=True, several=several)


def key_of(rows: Sequence[Row], *more: object) -> tuple[object, ...]:
    """Return what a picture of these rows depends on."""
    shown = (
        (row.name, row.decided and row.decided.confusion, row.confusion, row.threshold)
        for row in rows
    )
    return (*shown, *more)


def tested(session: Session) -> str:
    """Say how many positives there are among the test rows."""
    run = session.run
    split = run.state.split if run else None
    if run is None or split is None:
        return ""
    klass = class_of(session)
    _, positive = operating.names(session)
    rows = sum(split.test.values())
    count = split.test.get(positive, 0)
    found = f"{figures.plural(count, 'positive')} in"
    if klass is not None:
        found = f"{clip(klass, _MOST_LABEL)}: {count:,} of"
    dataset = run.state.dataset
    of = dataset_told.sampled(dataset.sampled) if dataset and dataset.sampled else ""
    return f"{found} {rows:,} test rows{f' · {of}' if of else ''}"


def summary(session: Session, row: Row) -> Content:
    """Say what an arm misses, in one line."""
    counts = row.confusion
    if counts is None:
        return Content("")
    klass = class_of(session)
    of = f" of {clip(klass, 8)}" if klass is not None else ""
    return Content.assemble(
        (clip(row.name, 14), "bold"),
        "  missed ",
        (figures.count(counts.fn), "bold $text-error"),
        f"{of}  alarms {counts.fp:,}",
    )


def headline(session: Session) -> Content:
    """Return what the verdict recommends, or why there is none."""
    run = session.run
    if run is None:
        return Content.styled("No results yet: r runs the experiment.", "dim")
    compared = run.state.compared
    if compared is not None:
        return content(f"→ {spoken(compared.verdict.recommendation)}", "bold")
    if run.live:
        text = "The verdict comes when all arms are done."
        return Content.styled(text, "dim")
    return wording.first_line(progress.status(session))


def cut(text: Content, width: int, lines: int) -> Content:
    """Return a text that fits, with where the rest of it is if it was cut.

    Examples
    --------
    >>> print(cut(Content("one two three four five six"), 24, 1).plain)
    one…  enter: the verdict
    >>> print(cut(Content("one two"), 24, 1).plain)
    one two
    """
    if width < cells(_MORE) or len(text.wrap(width)) <= lines:
        return text
    more = Content.styled(_MORE, "dim")
    words = [place for place, char in enumerate(text.plain) if char == " "]
    for place in reversed(words):
        found = Content.assemble(text[:place].rstrip(_ENDS), more)
        if len(found.wrap(width)) <= lines:
            return found
    return more


def about(session: Session, row: Row | None) -> Content:
    """Say what is special about the focused arm: moved, repaired, noted, failed."""
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
        text = "; ".join(folded(row.arm.repairs))
        return content(f"⚠ {name} repaired: {text}", "$text-warning")
    if row.note:
        return content(f"! {name}: {row.note}", "$text-warning")
    klass = class_of(session)
    if row.decided is None and klass is not None:
        # The same list has other counts beside a view about all classes.
        text = f"Counted: {clip(klass, _MOST_LABEL)} against the rest"
        return content(text, "dim")
    return _unseen(session, row) or class_board.about(session, row)


def _unseen(session: Session, row: Row) -> Content | None:
    """Give the counts without the rows that have an equal among the training rows."""
    unseen = row.scored.unseen if row.scored else None
    known = row.point.confusion if row.point else None
    if unseen is None or known is None or row.point is None:
        return None
    rows = known.tn + known.fp + known.fn + known.tp
    text = f"{rows - unseen.rows:,} of {rows:,} test rows have an equal in training; "
    text += f"without them {clean(clip(row.name, 18))} "
    counts = unseen.points.get(row.point.policy)
    if counts is not None:
        text += f"misses {counts.fn:,} of {counts.fn + counts.tp:,}, "
        text += f"{figures.plural(counts.fp, 'false alarm')}, "
    text += f"AP {figures.decimals(unseen.average_precision, 3)}"
    return content(text, "dim")
