"""The dataset's pictures of its classes and columns, and of one column by class."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from engine.core import format as figures
from engine.core.messages import (
    ColumnInfo,
    Load,
    PictureRequest,
    Preview,
    TableInfo,
)
from engine.core.views import Row, profile
from tui.charts.bars import class_bars
from tui.charts.column import column_by_class
from tui.charts.view import ChartView
from tui.features import reducers, wording
from tui.features.commands import Command, both
from tui.features.dataset.lists import UNDO
from tui.features.dataset.state import ColumnDialogRequested, Way, split_method
from tui.features.messages import Notice, RoleChanged, Stepped
from tui.features.pane import Listing, Sized, View, say, words
from tui.features.questions import Ask
from tui.features.screen import changed
from tui.features.session import Session, short_name
from tui.terminal.safe_text import clean, clip, content
from tui.widgets.rows import STYLES, Rows

_FIRST: Final = "what the columns look like in these"
_MOST_LABELS: Final = 6
"""Classes that are named one by one."""
_KEYS: Final = ("right,down", "left,up")


def is_open(session: Session) -> bool:
    """Tell whether there is a table."""
    return session.load.table is not None


def _change_role(id: str) -> Command:
    return Command(id, "c", "Change the column's role or kind", "change", when=is_open)


class ColumnView(View, Sized, can_focus=True):
    """One column, split by class."""

    NAME = "column"
    SHORT = 16
    HELP = "A column by class"
    COPIED = "the column's chart"
    COMMANDS_HERE: ClassVar = (
        _change_role("dataset.change"),
        *both("dataset.{}_column", _KEYS, "column", "step", when=is_open),
    )

    _asked: tuple[object, str] | None = None

    def compose(self) -> ComposeResult:
        """Lay out a line of facts and the chart."""
        yield Static(id="column-head")
        yield ChartView()

    def show(self, session: Session, before: Session | None) -> None:
        """Ask for the column if it is not there, and draw it."""
        load = session.load
        column = _selected_column(session)
        head, chart = self.query_one("#column-head", Static), self.query_one(ChartView)
        if column is None or load.table is None:
            say(head, Content(""))
            chart.show(words(wording.no_table(load)))
            return
        say(head, _column_head(column, load.table))
        picture, asked = load.column.answer, (load.table, column.name)
        if self._asked != asked and not load.busy:
            self._asked = asked
            request = PictureRequest(id=0, column=column.name)
            self.post_message(Ask("load.column", request))
        if (problem := load.column.problem) is not None:
            chart.show(words(f"{problem.message}. {problem.fix}"))
        elif picture is not None and picture.column == column.name:
            positive = load.table.positive
            chart.show(partial(column_by_class, picture, positive=positive))
        else:
            chart.show(words(f"measuring {column.name} …"))

    def action_change(self) -> None:
        """Ask what the column is for."""
        if (column := _selected_column(self.session)) is not None:
            self.post_message(ColumnDialogRequested((column.name,)))

    def action_step(self, step: int) -> None:
        """Go to a neighbouring column."""
        self.post_message(Stepped(_step_column, step))


def _step_column(session: Session, steps: int) -> Session:
    """Select a neighbouring column."""
    table, column = session.load.table, _selected_column(session)
    if table is None or column is None:
        return session
    names = [one.name for one in table.columns]
    place = min(max(names.index(column.name) + steps, 0), len(names) - 1)
    return reducers.select(session, "dataset", names[place])


def _selected_column(session: Session) -> ColumnInfo | None:
    """Return the column looked at: the highlighted one, or the first feature."""
    columns = session.load.table.columns if session.load.table else ()
    wanted = session.view.selected.get("dataset")
    found = [column for column in columns if column.name == wanted]
    features = [column for column in columns if column.role == "feature"]
    return next(iter(found or features or columns), None)


def _selected_name(session: Session) -> str | None:
    column = _selected_column(session)
    return column.name if column else None


def _column_head(column: ColumnInfo, table: TableInfo) -> Content:
    """Return name and place, what it is, and what is known of it, line by line."""
    place = table.columns.index(column) + 1
    levels, missing = figures.plural(column.levels, "level"), profile.missing
    parts = (column.kind, profile.role(column, table), levels, missing(column, table))
    here = (f"  ← {place:,} of {len(table.columns):,} →", "$text-accent")
    facts = (f"  {clean(' · '.join(parts))}", "dim")
    first = Content.assemble((clip(column.name, 40), "bold"), here, facts)
    advice = [
        content(f"! {one.code} {one.message}", "$text-warning")
        for one in table.advice
        if one.column == column.name
    ]
    alone = Content.styled(profile.alone(column, table), "dim")
    by = ""
    if column.name in table.subgroups:
        unused = "" if column.role == "feature" else "; the model does not use it"
        by = f"errors are compared by its values{unused}"
    said = [Content.styled(by, "$text-accent"), alone]
    return wording.lines([first, *(line for line in said if line), *advice])


def overview(table: TableInfo, request: Load | None) -> Content:
    """Return what the classes, the split and the rows tell, in a few lines.

    Parameters
    ----------
    table : TableInfo
    request : Load or None
        The choices it was loaded with.

    Returns
    -------
    textual.content.Content
    """
    lines: list[Content] = []
    if table.sampled is not None:
        sample = profile.sample_text(table.sampled)
        lines.append(Content.styled(sample, "bold $text-warning"))
    if table.problem:
        lines.append(wording.refusal(table.problem))
    elif profile.several(table):
        text = f"all {len(table.labels)} classes are compared"
        more = "; pane 1 chooses one against the others"
        lines.append(Content.assemble((text, "bold $text-accent"), (more, "dim")))
    if not table.problem and table.target is not None:
        rows, known = profile.test_rows(table)
        if rows:
            rows = f"{_test_words(request)}: {rows}{' → ' if known else ''}"
            lines.append(Content.assemble(content(rows), (known, "bold")))
    if table.subgroups and not table.problem:
        names = figures.some([clip(name, 24) for name in table.subgroups])
        lines.append(
            Content.assemble("errors are compared by ", content(names, "bold"))
        )
    if len(table.train) > 2 or len(table.test) > 2:
        lines += [_counts("train", table.train), _counts("test", table.test)]
    repeated = (
        Content.styled(cell.text, STYLES.get(cell.look, ""))
        for cell in profile.about_rows(table)
    )
    lines.append(Content(" · ").join(repeated))
    return wording.lines(line for line in lines if line.plain)


def _test_words(request: Load | None) -> str:
    if request is None:
        return "test"
    share = f"{100 * request.test_size:g} %"
    words: dict[Way, str] = {
        "random": f"test {share}",
        "group": f"test {share} in groups of {clip(request.group, 20)}",
        "time": f"test, the latest {share} by {clip(request.time, 20)}",
        "by": f"test rows as {clip(request.by, 20)} says",
        "file": f"test rows of {clip(short_name(request.test_source or ''), 24)}",
    }
    return words[split_method(request)]


def _counts(name: str, counts: Mapping[str, int]) -> Content:
    """Return the classes of one side of the split."""
    parts = [f"{clip(label, 14)}: {count:,}" for label, count in counts.items()]
    if (more := len(parts) - _MOST_LABELS) > 0:
        parts[_MOST_LABELS:] = [f"and {more} more"]
    return Content.styled(f"{name:<5} {clean(' · '.join(parts))}", "dim")


class _Columns(Rows):
    """The columns; `space` is the view's, so that the footer has it."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `space` to the view."""
        return (action, parameters) != ("choose", ("space",))


class OverviewView(View, Listing, Sized):
    """How rare the positive class is, and what the columns are."""

    NAME = "overview"
    TITLE = "Classes"
    SHORT = 16
    ROOMY = 20
    LOW = 9
    MORE = ("dataset", ColumnView.NAME)
    HELP = "Classes and columns"
    COPIED = "classes and columns"
    COMMANDS_HERE: ClassVar = (
        _change_role("dataset.role"),
        Command(
            "dataset.mark", "space", "Mark or unmark the column", "mark", when=is_open
        ),
        Command("dataset.target", "t", "Make the column the target", when=is_open),
        Command("dataset.log", "L", "Linear or logarithmic bars", when=is_open),
        UNDO,
    )

    _log, _source = False, ""
    """Whether the bars are logarithmic, and of which source."""
    _marked: tuple[str, ...] = ()
    """Columns that the next change is of."""
    _put: Preview | None = None
    """Whose columns are shown while the table is read."""

    def compose(self) -> ComposeResult:
        """Lay out bars, what they mean, the columns, and one of them."""
        yield ChartView(id="overview-classes")
        yield Static(id="overview-told")
        yield _Columns((), id="overview-columns")
        yield ColumnView(id="overview-column")

    @on(Resize)
    def _fit(self, event: Resize) -> None:
        """Draw the highlighted column too where there is room.

        Where there is hardly any, columns come before what is said of the classes.
        """
        self.set_class(event.size.height < self.LOW, "-low")
        self.set_class(event.size.width >= 96 and event.size.height >= 28, "-drawn")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        table, request = session.load.table, session.load.request
        if request is not None and request.source != self._source:
            self._source, self._log = request.source, False
        if changed(session, before, "load" if table is None else "load.table"):
            self._marked = ()
            self._show_table(table)
        self.query_one(ColumnView).session = session
        selected = session.view.selected.get("dataset")
        if before is None or before.view.selected.get("dataset") != selected:
            self.query_one(Rows).highlight(_selected_name(session))

    def _show_table(self, table: TableInfo | None) -> None:
        self._show_bars(table)
        about, rows = self.query_one("#overview-told", Static), self.query_one(Rows)
        seen = self.session.load.preview.answer
        first = seen if table is None and seen is not None and seen.seen else None
        about.display = rows.display = table is not None or first is not None
        if first is not None and self._put is not first:
            say(about, Content.styled(f"{profile.first_rows(first)}: {_FIRST}", "bold"))
            rows.show_table(profile.first_columns(first))
        self._put = first
        if table is not None:
            about_it = overview(table, self.session.load.request)
            shown = profile.columns(table)
            if self._marked:
                many = figures.plural(len(self._marked), "column")
                text = f"{wording.MARKED} {many} marked: c changes role or kind"
                about_it = wording.lines([about_it, Content.styled(text, "bold")])
                marked = tuple(_with_mark(row, self._marked) for row in shown.rows)
                shown = shown._replace(rows=marked)
            say(about, about_it)
            rows.show_table(shown, _selected_name(self.session))

    def _show_bars(self, table: TableInfo | None) -> None:
        chart, load = self.query_one(ChartView), self.session.load
        if table is None:
            chart.show(words(wording.no_table(load)))
        elif counts := table.labels or table.classes:
            self.set_class(len(counts) > 2, "-many")
            bars = partial(class_bars, log=self._log, positive=table.positive)
            chart.show(partial(bars, counts))
        else:
            chart.show(words(_no_classes(table)))

    def action_role(self) -> None:
        """Ask what the marked columns are for, or the highlighted one."""
        if (column := self._column) is not None:
            self.post_message(ColumnDialogRequested(self._marked or (column.name,)))

    def action_mark(self) -> None:
        """Mark the highlighted column or not, and go on to the next."""
        if (column := self._column) is None:
            return
        others = tuple(name for name in self._marked if name != column.name)
        same = len(others) == len(self._marked)
        self._marked = (*others, column.name) if same else others
        self._show_table(self.session.load.table)
        self.query_one(Rows).action_move(1)

    def action_target(self) -> None:
        """Make the highlighted column the target."""
        column, guessed = self._column, self.session.load.guessed
        if column is not None and column.role == "target" and not guessed:
            text = "It is the target: t on another column changes that."
            self.post_message(Notice(text, column.name))
        elif column is not None:
            self.post_message(RoleChanged(column.name, "target"))

    def action_log(self) -> None:
        """Turn the scale of the bars over."""
        self._log = not self._log
        self._show_bars(self.session.load.table)

    @property
    def _column(self) -> ColumnInfo | None:
        table, key = self.session.load.table, self.query_one(Rows).highlighted
        columns = table.columns if table else ()
        return next((c for c in columns if c.name == key), None)


def _no_classes(table: TableInfo) -> str:
    """Say why there are no classes to draw."""
    if table.target is None:
        return "No target is chosen: t on a column makes it the target."
    return f"{clip(table.target, 24)!r} is no target: t on another column makes it one."


def _with_mark(row: Row, marked: Collection[str]) -> Row:
    """Return the row of a column with a mark, or with room for it."""
    name, *others = row.cells
    mark = wording.MARKED if row.key in marked else " "
    return row._replace(cells=(name._replace(text=f"{mark} {name.text}"), *others))
