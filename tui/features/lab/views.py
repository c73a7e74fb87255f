"""The training rows before and after the highlighted arm, and its synthetic rows."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final, Literal, NamedTuple, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Static

from engine.core import format as figures
from engine.core.events import Quality
from engine.core.lab import SyntheticRow, Treat, TreatedRows
from engine.core.messages import ColumnInfo
from engine.core.methods import grammar
from engine.core.methods.grammar import Arm
from tui.charts.bars import class_bars_before_after
from tui.charts.column import column_change
from tui.charts.scatter import SIDES, Side, treated_points
from tui.charts.view import ChartView, Draw
from tui.features import wording
from tui.features.commands import Command, turn
from tui.features.dialogs import PickColumn
from tui.features.lab import words as lab
from tui.features.lab.state import BalanceDialogRequested, LeakScreenRequested
from tui.features.lab.words import missing, treated_head, treated_remarks
from tui.features.messages import Notice
from tui.features.pane import SessionWidget, Sized, View, say, there, words
from tui.features.questions import Ask
from tui.features.session import Session
from tui.terminal.safe_text import clean, clip, content, pad
from tui.widgets.rows import Cell, Item, ListColumn, Rows
from tui.widgets.sheet import Sheet

PAUSE: Final = 0.2
"""Seconds that an arm is looked at before its treatment is asked for."""


def has_classes(session: Session) -> bool:
    """Tell whether an arm can be tried on the open table."""
    return not lab.why_not(session)


def _two(session: Session) -> bool:
    table = session.load.table
    return has_classes(session) and table is not None and len(table.train) == 2


TRIALS: Final = (
    Command(
        "arms.balance",
        "W",
        "Write the balanced training table",
        "write rows",
        when=has_classes,
    ),
    Command(
        "arms.leak",
        "L",
        "Show the leak: resampled before the split",
        "leak",
        when=_two,
    ),
)
"""What can be tried with the highlighted arm, wherever it is looked at."""


class Trying(SessionWidget):
    """Mixed into what an arm can be tried from, beside training it."""

    def action_balance(self) -> None:
        """Ask where the balanced training table is to be written."""
        arm = lab.current_arm(self.session)
        if arm.steps:
            self.post_message(BalanceDialogRequested(arm))
        else:
            text = "It resamples nothing: choose an arm that adds or drops rows."
            self.post_message(Notice(text, arm.name))

    def action_leak(self) -> None:
        """Show the wrong way beside the right one, with SMOTE if nothing is treated."""
        arm = lab.current_arm(self.session)
        self.post_message(
            LeakScreenRequested(arm if arm.steps else grammar.parse("smote"))
        )


class TreatedView(View):
    """A view of what the highlighted arm does to the training rows."""

    _timer: Timer | None = None

    @property
    def arm(self) -> Arm:
        """The arm that is looked at."""
        return lab.current_arm(self.session)

    def wanted(self) -> Treat:
        """Return what is to be seen of it."""
        return lab.treat(self.arm)

    def enough(self, asked: Treat) -> bool:
        """Tell whether an older question is as good as what is wanted now."""
        return asked == self.wanted()

    def _lacks(self) -> bool:
        """Tell whether something is still to be asked."""
        question = self.session.lab.treat.request
        known = question is not None and self.enough(question)
        return not known and has_classes(self.session)

    def ask(self) -> None:
        """Ask for what is wanted, once the user stays with it."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._lacks():
            self._timer = self.set_timer(PAUSE, self._send)

    def _send(self) -> None:
        self._timer = None
        if self.seen and self._lacks():
            self.post_message(Ask("lab.treat", self.wanted()))


# Before and after -------------------------------------------------------------------

Kind: TypeAlias = Literal["points", "classes", "column"]
_MOST_BARS: Final = 4
KINDS: Final[tuple[Kind, ...]] = ("points", "column", "classes")
_SIDE_WORDS: Final[dict[Side, str]] = {
    "before": "before",
    "after": "after",
    "change": "added and dropped",
}


_do = partial(Command, when=has_classes)


class PreviewView(TreatedView, Sized, can_focus=True):
    """Classes, points and a column before and after the highlighted arm."""

    NAME = "preview"
    TITLE = "Before and after"
    SHORT = 13
    ROOMY = 22
    COPIED, COPIES = "the picture", "#preview-head, #preview-picture"
    COMMANDS_HERE: ClassVar = (
        _do("arms.side", "a", "Before, after, or what changed", "before/after", "turn"),
        _do("arms.draw", "t", "Points, a column, or the classes", "draw"),
        _do("arms.axes", "c", "Choose what is drawn"),
        _do("arms.components", "m", "Principal components"),
        _do("arms.class", "n", "Next class", action="next_class"),
    )

    _side: Side = "after"
    _kind: Kind = "points"
    _axes: tuple[str, str] | None = None
    _column: str | None = None
    _label: str | None = None

    def compose(self) -> ComposeResult:
        """Lay out texts and pictures."""
        yield Static(id="preview-head")
        yield ChartView(id="preview-bars")
        yield Static(id="preview-side")
        yield ChartView(id="preview-picture")
        yield Static(id="preview-remarks")

    def on_resize(self, event: Resize) -> None:
        """Draw what there is room for."""
        super().on_resize(event)
        if self._drawn is not None:
            self._show()

    @property
    def _cramped(self) -> bool:
        """Whether points are wanted, and there is no room for them."""
        return self._kind == "points" and self.size.height < self.SHORT

    def show(self, session: Session, before: Session | None) -> None:
        """Ask for the highlighted arm and draw what is known of it."""
        self.ask()
        self._show()

    def wanted(self) -> Treat:
        """Return the highlighted arm, on the chosen axes."""
        column = self._shown_column() if self._kind == "column" else None
        numbers = {one.name for one in _numbers(self.session)}
        known = self._axes is not None and numbers.issuperset(self._axes)
        return lab.treat(self.arm, self._axes if known else None, column)

    def enough(self, asked: Treat) -> bool:
        """Tell whether an older question is as good: one with a column has the rest."""
        wanted = self.wanted()
        same = (asked.arm, asked.axes) == (wanted.arm, wanted.axes)
        return same and wanted.column in (None, asked.column)

    # Drawing -----------------------------------------------------------------------

    def _show(self) -> None:
        session, arm = self.session, self.arm
        rows = session.lab.of(arm)
        refused = session.lab.problem_of(arm)
        bars, picture = self.query(ChartView)
        for widget in (self.query_one("#preview-side"), bars):
            there(widget, rows is not None)
        why = wording.refusal(refused.message, refused.fix) if refused else Content("")
        if rows is None:
            reason, _ = missing(session, arm)
            self.tell(head=why, remarks=Content(""))
            picture.show(words("" if refused is not None else reason))
            return
        # What is drawn is older if the columns asked for now cannot be seen.
        notes = [text for text in (why, treated_remarks(rows)) if text.plain]
        head, side = treated_head(rows, arm), self._choices(rows)
        self.tell(head=head, side=side, remarks=wording.lines(notes))
        kind = "classes" if self._cramped else self._kind
        there(bars, kind != "classes")
        bars.styles.height = 2 * min(len(rows.before), _MOST_BARS) + 3
        bars.show(self._picture(rows, "classes"))
        picture.show(self._picture(rows, kind))

    def _picture(self, rows: TreatedRows, kind: Kind) -> Draw:
        positive = self._positive
        if kind == "classes":
            bars = partial(class_bars_before_after, positive=positive)
            return partial(bars, rows.before, rows.after, rows.synthetic)
        if kind == "points":
            return partial(treated_points, rows, self._side, positive=positive)
        if rows.column != self._shown_column():
            return words("…" if self.session.lab.treat.pending else "")
        return partial(column_change, rows, self._shown_label(rows))

    def _choices(self, rows: TreatedRows) -> Content:
        """Return which picture of which side is seen, and what `s` turns to."""
        if self._cramped:
            why = ("  Z: points, on the whole screen", "dim")
            return Content.assemble(("rows by class", "bold"), why)
        if self._kind == "points":
            sides = [_SIDE_WORDS[side] for side in SIDES]
            shown = wording.mark(sides, [SIDES.index(self._side)])
            return Content.assemble(shown, ("    c: axes", "dim"))
        if self._kind == "classes":
            return Content.styled("rows by class, before and after", "bold")
        label = self._shown_label(rows)
        more = "  n: next class  c: column" if len(rows.before) > 1 else "  c: column"
        name = f"{clip(self._shown_column() or '', 24)} in class {clip(label, 16)}"
        return Content.assemble((name, "bold"), (more, "dim"))

    @property
    def _positive(self) -> str | None:
        return self.session.load.table.positive if self.session.load.table else None

    def _shown_label(self, rows: TreatedRows) -> str:
        """Return the class whose distribution is drawn: the rare one at first."""
        for label in (self._label, self._positive):
            if label in rows.before:
                return label
        return min(rows.before, key=lambda label: (rows.before[label], label))

    def _shown_column(self) -> str | None:
        """Return the column whose distribution is drawn: the first at first."""
        known = [*_numbers(self.session), *_features(self.session)]
        names = [one.name for one in known]
        return self._column if self._column in names else next(iter(names), None)

    # Commands ----------------------------------------------------------------------

    def action_turn(self) -> None:
        """Turn to the next side."""
        if self._kind == "points":
            self._side = turn(SIDES, self._side)
        self._kind = "points"
        self._show()

    def action_draw(self) -> None:
        """Turn to the next kind of picture."""
        self._see(turn(KINDS, self._kind), self._axes)

    def action_next_class(self) -> None:
        """Draw the column in another class."""
        rows = self.session.lab.of(self.arm)
        if rows is not None and self._kind == "column":
            self._label = turn([*rows.before], self._shown_label(rows))
            self._show()

    def action_axes(self) -> None:
        """Ask for the axes, or for the column."""
        if self._kind == "column":
            features = _features(self.session)
            self.app.push_screen(PickColumn("shown", features), self._take_column)
            return
        columns = _numbers(self.session)
        if len(columns) < 2:
            self.notify("there are fewer than two number columns to draw")
            return

        def across(first: str | None) -> None:
            if first is not None:
                rest = [c for c in columns if c.name != first]
                self.app.push_screen(PickColumn("up", rest), partial(up, first))

        def up(first: str, second: str | None) -> None:
            if second is not None:
                self._see("points", axes=(first, second))

        self.app.push_screen(PickColumn("across", columns), across)

    def _take_column(self, name: str | None) -> None:
        if name is not None:
            self._column = name
            self._see("column", self._axes)

    def action_components(self) -> None:
        """Draw principal components again."""
        self._see("points", axes=None)

    def _see(self, kind: Kind, axes: tuple[str, str] | None) -> None:
        self._kind, self._axes = kind, axes
        self.ask()
        self._show()


def _features(session: Session) -> list[ColumnInfo]:
    table = session.load.table
    return [c for c in table.columns if c.role == "feature"] if table else []


def _numbers(session: Session) -> list[ColumnInfo]:
    """Return the columns that can be an axis."""
    return [c for c in _features(session) if c.kind in ("number", "integer")]


# Synthetic rows ---------------------------------------------------------------------

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
        found.append(Judgement(*_NAMES[name], text, grade, means))
    return found
