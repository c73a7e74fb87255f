"""The dataset's picture of one column: its values within each class."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.client.messages import ColumnInfo, TableInfo
from tui.charts.column import column_by_class
from tui.charts.view import ChartView
from tui.commands import Command
from tui.console import figures
from tui.data_messages import ColumnAsked
from tui.messages import PictureRequested, Selected
from tui.panes import wording
from tui.panes.base import Copied, View
from tui.panes.layout import Sized, say, words
from tui.safe_text import clean, clip
from tui.session import Session
from tui.spoken import spoken

__all__ = ["ColumnView"]

_SHORT = 16
_MOST_CLASSES = 4
"""Classes whose missing shares are told."""


def _open(session: Session) -> bool:
    return session.load.table is not None


class ColumnView(View, Sized, can_focus=True):
    """One column, split by class."""

    NAME = "column"
    TITLE = "Column"
    SHORT = _SHORT
    HELP = """
    ## A column by class

    How the values of one column are distributed within each class, in which class
    they are missing, and how well the column by itself tells the positive class:
    an average precision of the share of positives is that of chance. `←` `→` go to the
    column before or after; `c` changes what it is for and of what kind it is.
    """
    COMMANDS: ClassVar = (
        Command(
            "dataset.change",
            "c",
            "Change what the column is",
            "What it is for: target, group, time, split …; and its kind.",
            "ask_column",
            footer="change",
            when=_open,
        ),
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

    def action_ask_column(self) -> None:
        """Ask what the column is for."""
        column = _selected_column(self.session)
        if column is not None:
            self.post_message(ColumnAsked(column.name))

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
    """Return name and place, what it is, and what is known of it, in three lines."""
    place = table.columns.index(column) + 1
    facts = (
        f"  {column.kind} · {column.role} · {figures.plural(column.levels, 'level')} · "
        f"{_missing(column, table)}"
    )
    first = Content.assemble(
        (clip(column.name, 40), "bold"),
        (f"  ← {place:,} of {len(table.columns):,} →", "$text-accent"),
        (clean(facts), "dim"),
    )
    lines = [first]
    if column.alone is not None:
        lines.append(_alone(column, table))
    lines += [
        Content.styled(
            f"! {clean(advice.code)} {clean(spoken(advice.message))}", "$text-warning"
        )
        for advice in table.advice
        if advice.column == column.name
    ]
    return wording.lines(lines)


def _missing(column: ColumnInfo, table: TableInfo) -> str:
    """Say how much is missing, and in which class of the training rows."""
    if not column.missing:
        return "none missing"
    text = f"{figures.share(column.missing, table.rows)} missing"
    counts = table.train
    parts = [
        f"{figures.share(count, counts[label])} of {clip(label, 12)}"
        for label, count in list(column.missing_by_class.items())[:_MOST_CLASSES]
        if counts.get(label)
    ]
    return f"{text} ({', '.join(parts)})" if parts else text


def _alone(column: ColumnInfo, table: TableInfo) -> Content:
    """Say how well the column by itself tells the positive class."""
    assert column.alone is not None
    precision = figures.decimals(column.alone.average_precision, 3)
    chance = table.classes.get(table.positive or "", 0)
    of = sum(table.classes.values())
    text = f"alone: average precision {precision}"
    if chance and of:
        text += f" (chance {figures.decimals(chance / of, 3)})"
    text += f", ROC AUC {figures.decimals(column.alone.roc_auc, 3)}"
    return Content.styled(text, "dim")
