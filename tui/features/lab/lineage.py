"""The synthetic rows of the highlighted arm, and what they were made from."""

from __future__ import annotations

from typing import Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from engine.core import format as figures
from engine.core.events import Quality
from engine.core.lab import SyntheticRow, Treat, TreatedRows
from engine.core.methods.grammar import Arm
from tui.features import wording
from tui.features.lab.views import TreatedView
from tui.features.lab.words import missing
from tui.features.pane import Sized, say, there
from tui.features.session import Session
from tui.terminal.safe_text import clean, content, pad
from tui.widgets.rows import Cell, Item, ListColumn, Rows
from tui.widgets.sheet import Sheet

OTHER: Final = "≠"
"""Marks a parent's cell that is not the synthetic row's."""
_LONG: Final = 12
_MARKS: Final = (
    ("✓", "$text-success"),
    ("·", "$text-warning"),
    ("!", "bold $text-error"),
)
FEW, MANY = 0.05, 0.20
"""Shares up to which nothing is wrong, and from which on something is."""
ALIKE, APART = 0.65, 0.85
"""ROC AUC up to which the two are alike, and from which on they are not."""
_NAMES: Final = {
    "intruding": ("nearer to another class", "other class"),
    "outside": ("outside the class's range", "outside"),
    "duplicates": ("copies", "copies"),
    "separability": ("real-vs-synthetic AUC", "AUC"),
}
"""What a figure is called, and where there is little room."""
_WORDS: Final = {
    "intruding": (
        "they lie where their class is",
        "lie among rows of another class",
        "blur the border between the classes",
    ),
    "outside": (
        "they mix real rows of their class",
        "are no mixture of real rows (rounding?)",
    ),
    "duplicates": (
        "they are new rows",
        "repeat a real row in every column",
        "repeat real rows: little is new",
    ),
    "separability": (
        "indistinguishable from real rows (0.5)",
        "a classifier tells some of them apart",
        "a classifier tells them apart (0.5: not)",
    ),
}
"""Of each figure its words by grade, from good to bad."""
_LABEL: Final = max(len(long) for long, _ in _NAMES.values())
_PARENTS: Final = (
    ListColumn("column", 8, grow=22, middle=True),
    ListColumn("synthetic", 9, "right", grow=20),
    ListColumn("1st parent", 11, "right", grow=22),
    ListColumn("2nd parent", 11, "right", grow=22),
)


class LineageView(TreatedView, Sized):
    """A microscope: figures, a table of synthetic rows, and one row's parents."""

    NAME = "lineage"
    TITLE = "Synthetic rows"
    SHORT = 15
    BROAD = 96
    _put: TreatedRows | None = None

    def compose(self) -> ComposeResult:
        """Lay out figures, the table, and the parents."""
        yield Static(id="lineage-told")
        with Horizontal(id="lineage-body"):
            yield Sheet(id="lineage-rows")
            with Vertical(id="lineage-side"):
                yield Static(id="lineage-made")
                yield Rows(_PARENTS, id="lineage-parents")

    def on_resize(self, event: Resize) -> None:
        """Say as much as there is room for."""
        super().on_resize(event)
        if self._put is not None and self._drawn is not None:
            self.show(self.session, self._drawn)

    def enough(self, asked: Treat) -> bool:
        """Tell whether an older question was about the same arm, whatever its axes."""
        return asked.arm == self.arm

    def show(self, session: Session, before: Session | None) -> None:
        """Ask for the highlighted arm and draw what is known of it."""
        self.ask()
        arm, head = self.arm, self.query_one("#lineage-told", Static)
        rows = session.lab.of(arm)
        there(self.query_one("#lineage-body"), bool(rows and rows.lineage))
        if rows is None or not rows.lineage:
            why = (_none(rows, arm), "") if rows else missing(session, arm)
            say(head, wording.refusal(*why) if why[1] else content(why[0]))
            return
        say(head, _figures(rows, short=self.size.height < self.SHORT))
        if self._put is not rows:
            self._put = rows
            columns, cells = _table(rows)
            self.query_one(Sheet).put_all(columns, cells)
            self._show_parents()

    @on(Sheet.Moved)
    def _moved(self, event: Sheet.Moved) -> None:
        event.stop()
        self._show_parents()

    def _show_parents(self) -> None:
        if (rows := self._put) is None or not rows.lineage:
            return
        row = rows.lineage[self.query_one(Sheet).number - 1]
        say(self.query_one("#lineage-made", Static), content(_origin(row)))
        self.query_one(Rows).update_items(_parents(rows.columns, row))


def _none(rows: TreatedRows, arm: Arm) -> str:
    """Say why there is no synthetic row."""
    name, gone = clean(arm.name), sum(rows.removed.values())
    if not arm.steps:
        return f"{name} changes no training row, so it makes none."
    if rows.copies:
        copies = figures.plural(rows.copies, "row")
        return f"{name} makes no new row: it repeats {copies} that are there."
    if gone:
        dropped = figures.plural(gone, "row")
        return (
            f"{name} makes no row: it drops {dropped} and keeps the others as they are."
        )
    return f"{name} changed nothing here."


def _figures(rows: TreatedRows, *, short: bool) -> Content:
    """Return how many rows there are and what they look like."""
    many = sum(rows.synthetic.values())
    first = f"{figures.plural(many, 'synthetic row')}, {len(rows.lineage):,} listed"
    if rows.sampled is not None:
        first += f" · made from {rows.sampled.rows:,} of {rows.sampled.of:,} rows"
    found = _quality(rows.quality, short) if rows.quality else []
    if short and found:
        return Content("  ").join(found)
    return wording.lines([content(first, "bold"), *found])


def _quality(quality: Quality, short: bool) -> list[Content]:
    found = []
    for name, brief, value, grade, meaning in judgements(quality):
        mark, style = _MARKS[grade]
        text = (f"{pad(name, _LABEL)} {pad(value, 7, 'right')}  ", "")
        parts = [text, (meaning, "" if grade else "dim")]
        parts = [(f"{brief} {value}", "")] if short else parts
        found.append(Content.assemble((f"{mark} ", style), *parts))
    return found


def _table(rows: TreatedRows) -> tuple[tuple[str, ...], list[tuple[str | None, ...]]]:
    """Return the columns and cells of the table; what is all the same is left out."""
    classes = len({row.label for row in rows.lineage}) > 1
    methods = len({row.method for row in rows.lineage}) > 1
    names = ("class",) * classes + ("made by",) * methods
    cells: list[tuple[str | None, ...]] = []
    for row in rows.lineage:
        lead = (row.label,) * classes + (row.method,) * methods
        weight = f"{'' if row.exact else '~'}{row.weight or 0:.2f}"
        known = weight if row.weight is not None else None
        cells.append((*lead, known, *map(_cell, row.cells)))
    return (*names, "weight", *rows.columns), cells


def _cell(value: str | None) -> str | None:
    """Return a cell; a number of many digits with six."""
    if value is None or len(value) <= _LONG:
        return value
    try:
        return f"{float(value):.6g}"
    except ValueError:
        return value


def _origin(row: SyntheticRow) -> str:
    """Say how a row was made."""
    how = f"{row.method}, class {row.label}"
    if row.weight is not None:
        how += f": {row.weight:.0%} of the way from the 1st parent to the 2nd"
    elif row.first:
        how += ": beside its parent" if row.exact else ": its nearest real row is shown"
    if not row.exact and row.weight is not None:
        how += " (inferred: the sampler does not report it)"
    return how


def _parents(columns: tuple[str, ...], row: SyntheticRow) -> list[Item]:
    """Return a line per column with the row's cell and its parents'."""
    first, second = (
        f"row {number:,}" if number is not None else figures.NOTHING
        for number in row.rows
    )
    items = [Item("\0rows", ("", ("made", "dim"), first, second))]
    for place, (name, cell) in enumerate(zip(columns, row.cells, strict=True)):
        cells: list[Cell] = [name, _text(cell)]
        for parent in (row.first, row.second):
            shown = _text(parent[place]) if parent else ""
            same = not parent or _cell(cell) == _cell(parent[place])
            cells.append((shown, "dim") if same else f"{OTHER} {shown}")
        items.append(Item(f"{place}", tuple(cells)))
    return items


def _text(cell: str | None) -> str:
    return "missing" if cell is None else _cell(cell) or ""


# What they look like beside the real rows -------------------------------------------


class Judgement(NamedTuple):
    """One figure in words.

    `grade` is 0 if it is as it should be, 1 if it is worth a look, 2 if it is bad.
    """

    name: str
    short: str
    value: str
    grade: int
    words: str


def judgements(quality: Quality) -> list[Judgement]:
    """Return the figures that there are, each with what it means.

    Parameters
    ----------
    quality : Quality

    Returns
    -------
    list of Judgement

    Examples
    --------
    >>> found = judgements(Quality(rows=50, of=50, intruding=0.3, separability=0.52))
    >>> [(one.name, one.value, one.grade) for one in found]
    [('nearer to another class', '30.0 %', 2), ('real-vs-synthetic AUC', '0.52', 0)]
    >>> judgements(Quality(rows=50, of=50, duplicates=0.02))[0].words
    'nearly all are new rows'
    """
    found = []
    for name, grades in _WORDS.items():
        share = name != "separability"
        value: float | None = getattr(quality, name)
        if value is None:
            continue
        good, bad = (FEW, MANY) if share else (ALIKE, APART)
        grade = min(len(grades) - 1, 0 if value <= good else 2 if value >= bad else 1)
        text, means = figures.decimals(value, 2), grades[grade]
        if share:
            text = figures.share(round(value * quality.rows), quality.rows)
            nearly = means.replace("they", "nearly all", 1)
            means = nearly if value and not grade else means
        elif quality.columns:
            means += f"; {quality.columns} columns seen"
        found.append(Judgement(*_NAMES[name], text, grade, means))
    return found
