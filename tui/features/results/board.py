"""The board: arms as lines, the missed positives first, and what is drawn of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Final

from textual.content import Content

from engine.core import format as figures
from engine.core.format import merge_texts
from engine.core.methods.samplers import CONTROL
from engine.core.views import Cell
from engine.core.views import board as views
from engine.core.views.board import (
    ALWAYS,
    MEANS,
    MOVED,
    BoardLine,
    ConfusionMatrix,
    confusion_matrix,
)
from engine.core.views.progress import STAGES
from tui.charts.base import Palette
from tui.charts.confusion import BETWEEN, Beside, multiclass_row, worst
from tui.charts.view import Draw
from tui.features import wording
from tui.features.pane import words
from tui.features.results import operating
from tui.features.results.operating import OperatingRow, class_of
from tui.features.session import CurrentRun, Session
from tui.features.training import progress
from tui.terminal.safe_text import clean, clip, content
from tui.widgets.rows import GAP, Item, ListColumn, Made, measure_columns

_MOST_LABEL: Final = 16
_LEAST_LINES = 4
_TWO = 2
_COUNT_AND_SHARE = 11
"""Cells of ``1,234  56 %``."""


def table(session: Session, rows: Sequence[OperatingRow]) -> Made:
    """Return the board for any room; of more than two classes as many as fit."""
    run = session.run
    lines = [_line(session, run, row) for row in rows] if run else []
    classes = run.result.classes if run and operating.whole(session) else ()

    def made(width: int) -> tuple[Sequence[ListColumn], list[Item]]:
        for most in range(len(classes), -1, -1):
            view = views.board(lines, classes, class_of(session), most)
            columns = measure_columns(view)
            # Without the means there are few classes only.
            last = len(MEANS) if most > ALWAYS else 0
            wanted = [GAP + one.width for one in columns if one.drop <= last]
            if sum(wanted) - GAP <= width:
                break
        return columns, [Item(*row) for row in view.rows]

    return made


def _line(session: Session, run: CurrentRun, row: OperatingRow) -> BoardLine:
    result = next(one for one in run.result.arms if one.name == row.name)
    mark = " ⚠" if row.arm.repairs else " !" if row.note else ""
    marks = f"{operating.chosen(session, row)}{mark}"
    test = row.scored.test if row.scored else result.test or {}
    spent = result.search.trials, result.seconds.total
    stage = STAGES.get(progress.stage(run, row.arm), Cell(""))
    known = result.average_precision_ci or None
    about = row.name, views.learner(result), row.at, test
    return BoardLine(*about, *spent, marks, stage, row.moved, known)


def matrices(
    rows: Sequence[OperatingRow],
    labels: tuple[str, str],
    focused: str | None,
    empty: str,
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
    empty : str
        What is said where no arm has counts.
    """
    items = [
        confusion_matrix(row.name, row.at.point.confusion, labels)
        for row in rows
        if row.at
    ]
    return matrix_pages(items, focused, labels[1]) if items else words(empty)


def matrix_pages(
    items: Sequence[ConfusionMatrix], focused: str | None, focus: str
) -> Draw:
    """Return a picture of matrices: as many as fit, with the focused arm's.

    Parameters
    ----------
    items : sequence of ConfusionMatrix
        Of each arm, in the order to show them. Of very many classes the worst
        confusions are shown.
    focused : str or None
        The arm that is marked.
    focus : str
        The class whose name is marked, of more than two.
    """
    return partial(_matrices, items, focused, focus)


def _matrices(
    items: Sequence[ConfusionMatrix],
    focused: str | None,
    focus: str,
    width: int,
    height: int,
    palette: Palette,
) -> str:
    """Draw as many matrices as fit, and say which of how many they are."""

    def line(part: Sequence[ConfusionMatrix], width: int, height: int) -> Beside:
        return multiclass_row(part, width, height, palette, focus)

    classes = len(items[0].rows)
    if classes > _TWO and not line(items[:1], width, height).shown:
        return worst(items, width, height, palette, focus=focus, focused=focused)
    shown = [
        one._replace(title=f"▸ {one.title}") if one.title == focused else one
        for one in items
    ]
    probe = line(shown, width, height)
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
    names = [one.title for one in items]
    place = names.index(focused) if focused in names else 0
    start = place // page * page
    chosen, blocks = shown[start : start + page], []
    for first in range(0, len(chosen), beside):
        part = chosen[first : first + beside]
        # As wide as on a full line, so that matrices stand below each other.
        each = (width + BETWEEN) // beside
        block = line(part, min(width, each * len(part) - BETWEEN), room - gap).text
        blocks += [block, ""] if gap and first + beside < page else [block]
    if paged:
        end = start + len(chosen)
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
    if row.at is None:
        return Content("")
    klass = class_of(session)
    of = f" of class {clip(klass, 8)}" if klass is not None else ""
    missed = (figures.count(row.at.missed), "bold")
    name, rest = (clip(row.name, 14), "bold"), f"{of}  FP {row.at.alarms:,}"
    return Content.assemble(name, "  missed ", missed, rest)


def chosen(
    session: Session, row: OperatingRow | None, rows: Sequence[OperatingRow]
) -> Content:
    """Say where the focused arm stands, and what it finds more than `untreated`.

    That is the one of its own model.
    """
    if session.run is None or row is None or row.at is None:
        return Content("")
    recall = (
        f"{figures.decimals(row.at.recall, 2)} {figures.interval(row.at.recall_ci)}"
    )
    figure = {
        "recall": recall,
        "precision": figures.decimals(row.at.precision, 2),
        "threshold": figures.threshold(row.threshold) if row.threshold else "",
    }
    lines = [
        Content.assemble((f"{name:<11}", "dim"), content(value))
        for name, value in figure.items()
        if value
    ]
    reference = session.run.references.get(row.name)
    control = next((one.at for one in rows if one.name == reference), None)
    if control is not None and row.name != reference:
        found, alarms = row.at.counts.tp - control.counts.tp, row.at.alarms
        more = f"found {found:+,}, FP {alarms - control.alarms:+,}"
        lines.append(Content.assemble((f"vs {CONTROL}  ", "dim"), more))
    return wording.lines(lines)


def about(
    session: Session, row: OperatingRow | None, *, brief: bool = False
) -> Content:
    """Say what is special about the focused arm: moved, repaired, noted, failed.

    In brief it is said what was repaired, and not why.
    """
    run, klass = session.run, class_of(session)
    if row is None or run is None:
        return Content("")
    if (failed := row.arm.failed) is not None:
        return wording.refusal(f"{row.name}: {failed.message}", failed.fix)
    name = clean(clip(row.name, 24))
    if row.moved and row.point is not None:
        old = row.point.confusion
        at, own = figures.distinct_thresholds(row.threshold, row.point.threshold)
        return Content.assemble(
            (f"{MOVED} {name} at {at}", "bold $text-accent"),
            f"; 0 resets it to {own}: missed {old.fn:,}, FP {old.fp:,}",
        )
    if row.at is None:
        stage = progress.stage(run, row.arm)
        word, style = STAGES.get(stage, (stage, ""))
        return Content.assemble(f"{name}: ", (word, style))
    if row.arm.repairs:
        texts = merge_texts(row.arm.repairs)
        text = "; ".join(one.partition(": ")[0] if brief else one for one in texts)
        return content(f"⚠ {name} adjusted: {text}", "$text-warning")
    if row.note:
        return content(f"! {name}: {row.note}", "$text-warning")
    if row.decided is None and klass is not None:
        # The same list has other counts beside a view about all classes.
        text = f"Of class {clip(klass, _MOST_LABEL)} against the rest"
        return content(text, "dim")
    return _unseen(row) or _about_class(session, row)


def _unseen(row: OperatingRow) -> Content | None:
    """Give the counts without the rows that have an equal among the training rows."""
    unseen = row.scored.unseen if row.scored else None
    if unseen is None or row.point is None:
        return None
    known = row.point.confusion
    rows = known.tn + known.fp + known.fn + known.tp
    text = (
        f"{rows - unseen.rows:,} of {rows:,} test rows have a duplicate in training; "
    )
    text += f"without them {clean(clip(row.name, 18))} "
    if (counts := unseen.points.get(row.point.name)) is not None:
        text += f"misses {counts.fn:,} of {counts.fn + counts.tp:,}, "
        text += f"{figures.plural(counts.fp, 'false alarm')}, "
    text += f"AP {figures.decimals(unseen.average_precision, 3)}"
    return content(text, "dim")


def _about_class(session: Session, row: OperatingRow) -> Content:
    """Say what an arm finds of the class in focus, and what it takes it for."""
    at, point, klass = row.at, row.decided, class_of(session)
    if at is None or point is None or klass is None:
        return Content("")
    name, shown = clean(clip(row.name, 18)), clean(clip(klass, 16))
    found = f"{name} finds {at.counts.tp:,} of {at.positives:,} of class {shown}"
    recall = f"{figures.decimals(at.recall, 2)} {figures.interval(at.recall_ci)}"
    parts = [content(f"{found}, {recall}")]
    errors = confusion_matrix(row.name, point.confusion).errors(klass)
    wrong = [error for error in errors if error.actual == klass]
    if wrong:
        text = clean(clip(wrong[0].predicted, 16))
        parts.append(content(f"; {wrong[0].number:,} predicted {text}", "$text-error"))
    return Content("").join(parts)
