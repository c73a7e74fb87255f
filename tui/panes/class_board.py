"""The board of more than two classes: what is found of each, the one in focus first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from textual.content import Content

from engine.core import format as figures
from engine.core.views.progress import STAGES
from engine.outcome import ClassPoint
from tui.charts.confusion import pairs
from tui.console.board import weights
from tui.panes import operating, progress
from tui.panes.operating import Row, class_of
from tui.safe_text import cells, clean, clip, content
from tui.session import Session
from tui.widgets.columns import GAP, Cell, ListColumn
from tui.widgets.rows import Item, Made

_ARM, _ARM_GROWN = 12, 18
_LEAST_LABEL, _MOST_LABEL = 5, 9
_FIRST: Final = 3
"""So many classes stand before anything about all of them."""
_MORE: Final = 7
"""Cells that say how many classes are not shown."""
_WEIGHTS: Final = 14
_RECALL: Final = "recall "
_SUMMARY: Final = (
    (ListColumn("macro", 5, "right", grow=12, long="macro recall"), "macro_recall"),
    (ListColumn("F1", 5, "right", grow=8, long="macro F1"), "macro_f1"),
)
_REST: Final = (
    ListColumn("AP", 5, "right"),
    ListColumn("Brier", 5, "right"),
    ListColumn("weights", 7, grow=_WEIGHTS),
    ListColumn("trials", 6, "right"),
    ListColumn("time", 5, "right"),
)


class _Layout(NamedTuple):
    """What has room: classes, columns about all classes, and the rest."""

    classes: tuple[str, ...]
    summary: int
    rest: int


def table(session: Session, rows: Sequence[Row]) -> Made:
    """Return a board of the rows for any room.

    Parameters
    ----------
    session : Session
        Whose run has more than two classes.
    rows : sequence of Row
        In the order to show them.

    Returns
    -------
    callable
        Columns: arm, missed rows of the class in focus, recall of each class from the
        rarest on, how many are not shown, means over the classes, and the weights.
    """
    order = operating.rarest_first(session.run)
    focus = class_of(session) or order[0]

    def made(width: int) -> tuple[list[ListColumn], list[Item]]:
        for layout in _layouts(order, focus):
            columns = _columns(order, focus, layout)
            if sum(GAP + one.width for one in columns) - GAP <= width:
                break
        return columns, [_item(session, row, order, layout) for row in rows]

    return made


def about(session: Session, row: Row) -> Content:
    """Say what an arm finds of the class in focus, and what it takes it for."""
    point, counts, klass = row.decided, row.confusion, class_of(session)
    if point is None or counts is None or klass is None:
        return Content("")
    name, shown = clean(clip(row.name, 18)), clean(clip(klass, 16))
    limits = figures.interval(point.recall_ci.get(klass))
    rows = figures.plural(counts.tp + counts.fn, "row")
    found = f"{name} finds {counts.tp:,} of {rows} of {shown}"
    parts = [content(found), content(f", {recall_of(point, klass)} {limits}")]
    wrong = [p for p in pairs(point.confusion, klass) if p.truth == klass]
    if wrong:
        said = clean(clip(wrong[0].said, 16))
        parts.append(content(f"; {wrong[0].rows:,} said {said}", "$text-error"))
    return Content("").join(parts)


def chosen_classes(order: Sequence[str], focus: str, many: int) -> tuple[str, ...]:
    """Return the rarest so many classes, the one in focus always among them.

    Examples
    --------
    >>> chosen_classes(("a", "b", "c"), "c", 2), chosen_classes(("a", "b"), "a", 9)
    (('a', 'c'), ('a', 'b'))
    """
    found = list(order[: max(1, many)])
    if focus in order and focus not in found:
        found[-1] = focus
    return tuple(found)


def recall_of(point: ClassPoint | None, klass: str) -> str:
    """Write what is found of a class."""
    return figures.decimals(point.recall.get(klass) if point else None, 2)


def _layouts(order: Sequence[str], focus: str) -> Iterator[_Layout]:
    """Yield what may be shown, from all to the class in focus alone."""
    every, few = len(order), min(_FIRST, len(order))
    sizes = [(every, len(_SUMMARY), rest) for rest in range(len(_REST), -1, -1)]
    sizes += [(many, len(_SUMMARY), 0) for many in range(every - 1, few - 1, -1)]
    sizes += [(few, 1, 0), *((many, 0, 0) for many in range(few, 0, -1))]
    for many, summary, rest in sizes:
        yield _Layout(chosen_classes(order, focus, many), summary, rest)


def _columns(order: Sequence[str], focus: str, layout: _Layout) -> list[ListColumn]:
    found = [ListColumn("arm", _ARM, grow=_ARM_GROWN), ListColumn("missed", 6, "right")]
    for place, label in enumerate(layout.classes):
        room = min(_MOST_LABEL, max(_LEAST_LABEL, cells(label) + 1))
        text = clip(f"▸{label}" if label == focus else label, room)
        worded = 0 if place else room + len(_RECALL)
        found.append(
            ListColumn(text, room, "right", grow=worded, long=f"{_RECALL}{text}")
        )
    left_out = len(order) - len(layout.classes)
    if left_out:
        found.append(ListColumn(f"+{left_out} more", _MORE))
    found += [column for column, _ in _SUMMARY[: layout.summary]]
    return [*found, *_REST[: layout.rest]]


def _item(session: Session, row: Row, order: tuple[str, ...], layout: _Layout) -> Item:
    point, counts = row.decided, row.confusion
    mark = " ⚠" if row.arm.repairs else ""
    name = f"{row.name}{operating.chosen(session, row)}{mark}"
    found: list[Cell] = [name if counts is not None else (name, "dim")]
    more = int(len(order) > len(layout.classes))
    if point is None or counts is None:
        stage = progress.stage(session.run, row.arm) if session.run else ""
        blank: Cell = (figures.NOTHING, "dim")
        blanks = len(layout.classes) - 1 + layout.summary + more
        found += [blank, STAGES.get(stage, ("", "")), *[blank] * blanks]
    else:
        found.append((figures.count(counts.fn), "bold $text-error"))
        found += [recall_of(point, label) for label in layout.classes]
        found += [("…", "dim")] * more
        found += [
            figures.decimals(point.metrics.get(metric), 2)
            for _, metric in _SUMMARY[: layout.summary]
        ]
    rest: list[Cell] = [
        figures.decimals(row.test("average_precision"), 3),
        figures.decimals(row.test("brier"), 3),
        weights(point.weights, order) if point else figures.NOTHING,
        (figures.count(len(row.arm.trials)), "dim"),
        (figures.clock(row.seconds), "dim"),
    ]
    return Item(row.name, (*found, *rest[: layout.rest]))
