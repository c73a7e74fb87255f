"""The dataset's pictures: classes and columns, and one column by class."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.client.messages import ColumnInfo, Load, TableInfo
from tui.charts.column import column_by_class
from tui.charts.distribution import class_bars
from tui.charts.view import ChartView
from tui.commands import Command
from tui.console import figures
from tui.messages import (
    PictureRequested,
    RoleChanged,
    Said,
    Selected,
    ViewChosen,
)
from tui.panes import wording
from tui.panes.base import Copied, View
from tui.panes.layout import Sized, say, words
from tui.safe_text import clip
from tui.session import RoleChoice, Session
from tui.widgets.columns import Cell, Column
from tui.widgets.rows import Item, Rows

__all__ = ["ColumnView", "OverviewView"]

_ROLES: Final[dict[str, RoleChoice]] = {
    "feature": "ignored",
    "id": "ignored",
    "ignored": "group",
    "group": "feature",
}
"""What the role key makes of each role."""

_SHORT, _ROOMY = 16, 20
_NO_TARGET = "No target is chosen: t on a column makes it the target."


def _open(session: Session) -> bool:
    return session.load.table is not None


class OverviewView(View, Sized):
    """How rare the positive class is, and what the columns are."""

    NAME = "overview"
    TITLE = "Classes"
    SHORT = _SHORT
    ROOMY = _ROOMY
    HELP = """
    ## Classes and columns

    The bars count the rows of each class. Below them stands what so few test positives
    can tell: how far a recall of 0.50 may be off by chance.

    In the column table `c` changes what a column is for (feature, ignored, group: rows
    that share its value stay on one side of the split), `t` makes it the target, and
    `enter` shows how it is distributed in each class. `g` lets the bars grow with the
    logarithm.
    """
    COMMANDS: ClassVar = (
        Command(
            "dataset.role",
            "c",
            "Change the column's role",
            "Feature, ignored, group: what the highlighted column is for.",
            "cycle_role",
            footer="role",
            when=_open,
        ),
        Command(
            "dataset.target",
            "t",
            "Make the column the target",
            "The highlighted column is what is to be told.",
            "make_target",
            when=_open,
        ),
        Command(
            "dataset.log",
            "g",
            "Linear or logarithmic bars",
            "Lets a very small class be seen.",
            "toggle_log",
            footer="log",
            when=_open,
        ),
    )

    _log = False

    def compose(self) -> ComposeResult:
        """Lay out bars, what they mean, and the columns."""
        yield ChartView(id="overview-classes", placeholder=wording.NO_DATASET)
        yield Static(id="overview-told")
        yield Rows(
            (
                Column("column", 14, grow=32),
                Column("kind", 8),
                Column("missing", 7, "right"),
                Column("levels", 7, "right"),
                Column("role", 7),
                Column("advice", 16, grow=80, drop=1),
            ),
            id="overview-columns",
        )

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        table = session.load.table
        if before is None or before.load.table is not table:
            self._show_table(table)
        selected = session.view.selected.get("dataset")
        if before is None or before.view.selected.get("dataset") != selected:
            self.query_one(Rows).highlight(selected)

    def _show_table(self, table: TableInfo | None) -> None:
        self._show_bars(table)
        told = self.query_one("#overview-told", Static)
        told.display = table is not None
        rows = self.query_one(Rows)
        rows.display = table is not None
        if table is None:
            return
        say(told, _told(table, self.session.load.request))
        codes: dict[str, list[str]] = {}
        for advice in table.advice:
            if advice.column is not None:
                said = f"{advice.code} {advice.message}"
                codes.setdefault(advice.column, []).append(said)
        rows.update_items(
            [
                _column_item(column, table.rows, codes.get(column.name, ()))
                for column in table.columns
            ],
            self.session.view.selected.get("dataset"),
        )

    def _show_bars(self, table: TableInfo | None) -> None:
        chart = self.query_one(ChartView)
        if table is None or not (table.labels or table.classes):
            text = wording.NO_DATASET if table is None else _NO_TARGET
            chart.show(words(text), text)
            return
        counts = table.labels or table.classes
        key = (tuple(counts.items()), table.positive, self._log)
        chart.show(
            partial(class_bars, counts, log=self._log, positive=table.positive), key
        )

    @on(Rows.Highlighted)
    def _moved(self, event: Rows.Highlighted) -> None:
        event.stop()
        self.post_message(Selected("dataset", event.key))

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.post_message(Selected("dataset", event.key))
        self.post_message(ViewChosen("dataset", ColumnView.NAME))

    def action_cycle_role(self) -> None:
        """Give the highlighted column the next role."""
        column = self._column
        if column is None:
            return
        role = _ROLES.get(column.role)
        if role is None:
            self.post_message(
                Said("It is the target: t on another column changes that.", column.name)
            )
        else:
            self.post_message(RoleChanged(column.name, role))

    def action_make_target(self) -> None:
        """Make the highlighted column the target."""
        column = self._column
        if column is not None and column.role != "target":
            self.post_message(RoleChanged(column.name, "target"))

    def action_toggle_log(self) -> None:
        """Turn the scale of the bars over."""
        self._log = not self._log
        self._show_bars(self.session.load.table)

    @property
    def _column(self) -> ColumnInfo | None:
        table, key = self.session.load.table, self.query_one(Rows).highlighted
        columns = table.columns if table else ()
        return next((c for c in columns if c.name == key), None)

    def copied(self) -> Copied:
        """Return the bars and the column table."""
        chart, rows = self.query_one(ChartView), self.query_one(Rows)
        return Copied(f"{chart.plain}\n\n{rows.as_text()}", "classes and columns")


def _column_item(column: ColumnInfo, rows: int, advice: Sequence[str]) -> Item:
    role: Cell = column.role
    if column.role in ("target", "group"):
        role = (column.role, "bold $text-accent")
    elif column.role != "feature":
        role = (column.role, "dim")
    missing = figures.share(column.missing, rows) if column.missing else "0"
    return Item(
        column.name,
        (
            column.name,
            (column.kind, "dim"),
            missing,
            figures.count(column.levels),
            role,
            ("; ".join(advice), "$text-warning"),
        ),
    )


def _told(table: TableInfo, request: Load | None) -> Content:
    """Say what the test positives can tell, or why they cannot."""
    if table.problem:
        return wording.refusal(table.problem)
    half, positive = table.recall_half_width, table.positive
    if half is None or positive is None or not table.test:
        return Content("")
    found = table.test.get(positive, 0)
    share = f" {100 * request.test_size:g} %" if request else ""
    return Content.assemble(
        f"test{share}: {figures.plural(found, 'positive')} → ",
        (f"a recall of 0.50 is known to ± {half:.2f}", "bold"),
    )


class ColumnView(View, Sized, can_focus=True):
    """One column, split by class."""

    NAME = "column"
    TITLE = "Column"
    SHORT = _SHORT
    HELP = """
    ## A column by class

    How the values of one column are distributed within each class. `←` `→` go to
    the column before or after.
    """
    COMMANDS: ClassVar = (
        Command(
            "dataset.next_column",
            "right,down",
            "Next column",
            "Shows the column after this one.",
            "step(1)",
            when=_open,
        ),
        Command(
            "dataset.previous_column",
            "left,up",
            "Previous column",
            "Shows the column before this one.",
            "step(-1)",
            when=_open,
        ),
    )

    _asked: tuple[object, str] | None = None

    def compose(self) -> ComposeResult:
        """Lay out a line of facts and the chart."""
        yield Static(id="column-head")
        yield ChartView(placeholder=wording.NO_DATASET)

    def show(self, session: Session, before: Session | None) -> None:
        """Ask for the column if it is not there, and draw it."""
        load = session.load
        column = _selected_column(session)
        head, chart = self.query_one("#column-head", Static), self.query_one(ChartView)
        if column is None or load.table is None:
            say(head, Content(""))
            chart.show(None, None)
            return
        say(head, _column_head(column, load.table))
        picture = load.column if load.column else None
        fresh = self._asked == (load.table, column.name)
        if not fresh and not load.busy:
            self._asked = (load.table, column.name)
            self.post_message(PictureRequested(column.name))
            return
        if load.column_problem is not None:
            problem = load.column_problem
            text = f"{problem.message}. {problem.remedy}"
            chart.show(words(text), text)
        elif picture is not None and picture.column == column.name:
            positive = load.table.positive
            chart.show(
                partial(column_by_class, picture, positive=positive),
                (picture, positive),
            )

    def action_step(self, step: int) -> None:
        """Go to a neighbouring column."""
        table, column = self.session.load.table, _selected_column(self.session)
        if table is None or column is None:
            return
        place = table.columns.index(column) + step
        if 0 <= place < len(table.columns):
            self.post_message(Selected("dataset", table.columns[place].name))

    def copied(self) -> Copied:
        """Return the chart as text."""
        return Copied(self.query_one(ChartView).plain, "the column's chart")


def _selected_column(session: Session) -> ColumnInfo | None:
    """Return the column looked at: the highlighted one, or the first feature."""
    table = session.load.table
    if table is None:
        return None
    wanted = session.view.selected.get("dataset")
    found = next((c for c in table.columns if c.name == wanted), None)
    features = (c for c in table.columns if c.role == "feature")
    return found or next(features, None) or next(iter(table.columns), None)


def _column_head(column: ColumnInfo, table: TableInfo) -> Content:
    place = table.columns.index(column) + 1
    missing = figures.share(column.missing, table.rows) if column.missing else "none"
    facts = (
        f"  {column.kind} · {column.role} · {missing} missing · "
        f"{figures.plural(column.levels, 'level')}"
    )
    return Content.assemble(
        (clip(column.name, 40), "bold"),
        (f"  ← {place:,} of {len(table.columns):,} →", "$text-accent"),
        (facts, "dim"),
    )
