"""The board: arms as lines, the missed positives first, and what is drawn of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Final, TypeAlias

import msgspec
from textual.content import Content

from engine.core import format as figures
from engine.core.arm_result import ArmAtPoint
from engine.core.format import merge_texts
from engine.core.views import Cell
from engine.core.views import board as views
from engine.core.views.board import ALWAYS, MEANS, MOVED, BoardLine
from engine.core.views.progress import STAGES
from engine.outcome import ClassConfusion, OperatingPoint
from tui.charts.base import Palette
from tui.charts.confusion import (
    BETWEEN,
    Beside,
    multiclass_row,
    of_two,
    pairs,
    worst,
)
from tui.charts.view import Draw
from tui.panes import operating, progress, wording
from tui.panes.base import words
from tui.panes.operating import OperatingRow, class_of
from tui.safe_text import cells, clean, clip, content
from tui.session import CurrentRun, Session
from tui.widgets.columns import GAP, ListColumn, measured
from tui.widgets.rows import Item, Made

_MOST_LABEL: Final = 16
_MORE: Final = "…  enter: the verdict"
_ENDS: Final = " ,;:."
_LEAST_LINES = 4
_TWO = 2
_COUNT_AND_SHARE = 11
"""Cells of ``1,234  56 %``."""
_Named: TypeAlias = Sequence[tuple[str, ClassConfusion]]


def table(session: Session, rows: Sequence[OperatingRow]) -> Made:
    """Return the board for any room; of more than two classes as many as fit."""
    run = session.run
    lines = [_line(session, run, row) for row in rows] if run else []
    classes = run.result.classes if run and operating.whole(session) else ()

    def made(width: int) -> tuple[Sequence[ListColumn], list[Item]]:
        for most in range(len(classes), -1, -1):
            view = views.board(lines, classes, class_of(session), most)
            columns = measured(view)
            # Without the means there are few classes only.
            last = len(MEANS) if most > ALWAYS else 0
            wanted = [GAP + one.width for one in columns if one.drop <= last]
            if sum(wanted) - GAP <= width:
                break
        return columns, [Item(*row) for row in view.rows]

    return made


def _line(session: Session, run: CurrentRun, row: OperatingRow) -> BoardLine:
    arm, c = row.arm, row.confusion
    point = row.decided or row.point
    stage = STAGES.get(progress.stage(run, arm), Cell(""))
    mark = " ⚠" if arm.repairs else " !" if row.note else ""
    result = next(one for one in run.result.arms if one.name == row.name)
    at = None
    if c is not None and point is not None:
        if isinstance(point, OperatingPoint):
            point = msgspec.structs.replace(
                point, confusion=c, metrics=row.metrics, threshold=row.threshold
            )
        at = ArmAtPoint.of(result, point, class_of(session))
    return BoardLine(
        row.name,
        at,
        row.scored.test if row.scored else result.test or {},
        result.search.trials,
        result.seconds.total,
        f"{operating.chosen(session, row)}{mark}",
        stage,
        row.moved,
    )


def matrices(
    rows: Sequence[OperatingRow], labels: tuple[str, str], focused: str | None
) -> Draw:
    """Return a picture of the arms' matrices: the page that the focused arm is on.

    Parameters
    ----------
    rows : sequence of OperatingRow
        Those without counts are left out.
    labels : tuple of str
        The negative and the positive class; of more the second is in focus.
    focused : str or None
        The arm that is marked.
    """
    items = [(row.name, row.decided.confusion) for row in rows if row.decided]
    two = not items
    if two:
        items = [(r.name, of_two(r.confusion, labels)) for r in rows if r.confusion]
    focus = None if two else labels[1]
    return matrix_pages(items, focused, focus=focus, two=two)


def matrix_pages(
    items: _Named,
    focused: str | None,
    *,
    focus: str | None = None,
    two: bool = False,
) -> Draw:
    """Return a picture of matrices: as many as fit, with the focused arm's.

    Parameters
    ----------
    items : sequence of (str, ClassConfusion)
        Arms and their counts, in the order to show them. Of very many classes the worst
        confusions are shown.
    focused : str or None
        The arm that is marked.
    focus : str or None, default=None
        The class that is marked.
    two : bool, default=False
        Whether they are a negative and a positive class.
    """
    if not items:
        return words("The matrices come when the first arm is done.")
    return partial(_matrices, items, focused, focus, two)


def _matrices(
    items: _Named,
    focused: str | None,
    focus: str | None,
    two: bool,
    width: int,
    height: int,
    palette: Palette,
) -> str:
    """Draw as many matrices as fit, and say which of how many they are."""

    def line(part: _Named, width: int, height: int) -> Beside:
        return multiclass_row(part, width, height, palette, focus, two=two)

    if not two and not line(items[:1], width, height).shown:
        return worst(items, width, height, palette, focus=focus, focused=focused)
    shown = [(f"▸ {n}" if n == focused else n, counts) for n, counts in items]
    probe, classes = line(shown, width, height), len(items[0][1].labels)
    beside = max(1, probe.shown)
    lines = _lines(len(shown), beside, classes, height, probe.cell)
    if beside * lines >= len(shown):
        # All of them fit: as many on each line, rather than one alone on the last.
        beside = math.ceil(len(shown) / lines)
    page = beside * lines
    paged = page < len(shown) and height > _LEAST_LINES
    gap = int(lines > 1)
    # There is air between the lines of matrices of many classes, but below the last.
    room = (height - paged + (gap if classes > _TWO else 0)) // lines
    room = min(room, 6 * classes + 1)
    names = [name for name, _ in items]
    place = names.index(focused) if focused in names else 0
    start = place // page * page
    blocks = []
    for first in range(start, min(start + page, len(shown)), beside):
        part = shown[first : min(first + beside, start + page)]
        # As wide as on a full line, so that matrices stand below each other.
        each = (width + BETWEEN) // beside
        block = line(part, min(width, each * len(part) - BETWEEN), room - gap).text
        last = first + beside >= start + page
        blocks += [block, ""] if gap and not last else [block]
    if paged:
        end = min(len(shown), start + page)
        which = f"arm {end}" if page == 1 else f"arms {start + 1}–{end}"
        text = f"{which} of {len(shown)}, ↑ ↓ for the others"
        blocks.append(palette.paint(clip(text, width), palette.muted))
    return "\n".join(blocks)


def _lines(many: int, beside: int, classes: int, height: int, cell: int) -> int:
    """Return the lines of matrices: as few as show all, or as many as there is room.

    Of more than two classes rectangles are one line high, rather than two, where that
    shows more arms and they are wide enough for count and share.
    """
    wanted = math.ceil(many / beside)
    found = max(1, min(wanted, (height - 1) // (2 * classes + 3)))
    if classes > _TWO and cell >= _COUNT_AND_SHARE and found < wanted:
        # A title, a head, a line per class, and air but for below the last one.
        each = classes + 3
        flat = (height + 1) // each
        flat = flat if flat >= wanted else height // each
        found = max(found, min(wanted, flat))
    return found


def summary(session: Session, row: OperatingRow) -> Content:
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
        return content(f"→ {compared.verdict.recommendation}", "bold")
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


def about(session: Session, row: OperatingRow | None) -> Content:
    """Say what is special about the focused arm: moved, repaired, noted, failed."""
    run = session.run
    if row is None or run is None:
        return Content("")
    failed = row.arm.failed
    if failed is not None:
        return wording.refusal(f"{row.name}: {failed.message}", failed.fix)
    name = clean(clip(row.name, 24))
    if row.moved and row.point is not None:
        old = row.point.confusion
        at, own = figures.distinct_thresholds(row.threshold, row.point.threshold)
        return Content.assemble(
            (f"{MOVED} {name} at {at}", "bold $text-accent"),
            f"; 0 goes back to {own}: missed {old.fn:,}, alarms {old.fp:,}",
        )
    if row.confusion is None:
        tried = figures.plural(len(row.arm.trials), "trial")
        stage = progress.stage(run, row.arm)
        word, style = STAGES.get(stage, (stage, ""))
        return Content.assemble(f"{name}: ", (word, style), f", {tried} finished")
    if row.arm.repairs:
        text = "; ".join(merge_texts(row.arm.repairs))
        return content(f"⚠ {name} repaired: {text}", "$text-warning")
    if row.note:
        return content(f"! {name}: {row.note}", "$text-warning")
    klass = class_of(session)
    if row.decided is None and klass is not None:
        # The same list has other counts beside a view about all classes.
        text = f"Counted: {clip(klass, _MOST_LABEL)} against the rest"
        return content(text, "dim")
    return _unseen(session, row) or _about_class(session, row)


def _unseen(session: Session, row: OperatingRow) -> Content | None:
    """Give the counts without the rows that have an equal among the training rows."""
    unseen = row.scored.unseen if row.scored else None
    known = row.point.confusion if row.point else None
    if unseen is None or known is None or row.point is None:
        return None
    rows = known.tn + known.fp + known.fn + known.tp
    text = f"{rows - unseen.rows:,} of {rows:,} test rows have an equal in training; "
    text += f"without them {clean(clip(row.name, 18))} "
    counts = unseen.points.get(row.point.name)
    if counts is not None:
        text += f"misses {counts.fn:,} of {counts.fn + counts.tp:,}, "
        text += f"{figures.plural(counts.fp, 'false alarm')}, "
    text += f"AP {figures.decimals(unseen.average_precision, 3)}"
    return content(text, "dim")


def _about_class(session: Session, row: OperatingRow) -> Content:
    """Say what an arm finds of the class in focus, and what it takes it for."""
    point, counts, klass = row.decided, row.confusion, class_of(session)
    if point is None or counts is None or klass is None:
        return Content("")
    name, shown = clean(clip(row.name, 18)), clean(clip(klass, 16))
    recall = figures.decimals(point.recall.get(klass), 2)
    limits = figures.interval(point.recall_ci.get(klass))
    rows = figures.plural(counts.tp + counts.fn, "row")
    found = f"{name} finds {counts.tp:,} of {rows} of {shown}"
    parts = [content(found), content(f", {recall} {limits}")]
    wrong = [p for p in pairs(point.confusion, klass) if p.actual == klass]
    if wrong:
        said = clean(clip(wrong[0].predicted, 16))
        parts.append(content(f"; {wrong[0].rows:,} predicted {said}", "$text-error"))
    return Content("").join(parts)
