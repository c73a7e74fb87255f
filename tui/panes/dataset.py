"""Pane 1: the table, its target and positive class, and which rows are the test."""

from __future__ import annotations

from typing import ClassVar, Final, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Select, Static

from engine.client.messages import Load, TableInfo
from tui.choices import Way, way_of
from tui.commands import Command
from tui.console import figures
from tui.data_messages import FitAsked, ReadAsked, SplitAsked, UndoRequested
from tui.messages import LoadCancelRequested, LoadChoiceChanged, ViewChosen
from tui.panes import dataset_words
from tui.panes.base import Pane, Picture, View
from tui.panes.dataset_advice import UNDO, AdviceView
from tui.panes.dataset_column import ColumnView
from tui.panes.dataset_rows import READ, RowsView
from tui.panes.dataset_told import several
from tui.panes.dataset_views import OverviewView
from tui.panes.layout import say
from tui.screens.frame import short_name
from tui.session import ChoiceField, Loading, Session
from tui.widgets.chooser import Chooser, Option
from tui.widgets.field import Form

__all__ = ["DatasetPane", "DatasetPicture"]

SHARES: Final = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
_FIELDS: Final = ("target", "positive", "test", "split", "equal")
_LABELS: Final = {"equal": "same rows"}
ALL: Final = "\x00all"
"""Stands for no positive class, which no label can: a table holds no NUL."""
_TOGETHER: Final = (
    ("stay on one side", "together"),
    ("fall where they may", "apart"),
)


def _too_big(session: Session) -> bool:
    """Tell whether the table was refused for its size."""
    problem = session.load.problem
    return problem is not None and problem.sample_rows > 0


class DatasetPicture(Picture):
    """The table as pictures: classes and columns, one column, rows, advice."""

    PANE = "dataset"
    VIEWS = (OverviewView, ColumnView, RowsView, AdviceView)

    @property
    def current(self) -> type[View]:
        """The view that is shown: the first rows while there is nothing else."""
        load = self.session.load
        if load.table is None and "dataset" not in self.session.view.shown:
            return RowsView if load.preview is not None else OverviewView
        return super().current


class DatasetPane(Pane, can_focus=True):
    """The dataset in a few lines, with what can be chosen about it."""

    PANE = "dataset"
    NUMBER = 1
    TITLE = "Dataset"
    HELP = """
    ## 1 Dataset

    The table that is open. Choose the **target** column, the label of the **positive**
    class (the rarer of two unless you say otherwise; of more, all are compared unless
    you choose one against the others), and the share of the rows that is
    kept aside as **test** rows: they are looked at once, at the very end.

    **split** says which rows those are: any, whole groups (all rows of a patient on
    one side), the latest, those that a column names, or the rows of a second file.
    **same rows**: whether rows that are equal in every feature stay on one side; if
    not, the test is partly known from the training.

    - `↑` `↓` move between the choosers, `enter` opens one, typing finds a name in it.
    - `esc` stops a load that takes too long; `a` goes to the advice, `esc` comes back.
    - `i` shows how the file was read, and changes it; `u` takes the last choice back.
    - The column table of the picture changes what a column is for.
    """
    COMMANDS: ClassVar = (
        Command(
            "dataset.stop",
            "escape",
            "Stop reading the dataset",
            "Gives up a load that takes too long.",
            "stop_load",
            footer="stop reading",
            when=lambda session: session.load.busy,
        ),
        Command(
            "dataset.advice",
            "a",
            "Show the advice",
            "Everything worth knowing about the table before a run.",
            "advice",
            footer="advice",
            when=lambda session: session.load.table is not None,
        ),
        READ,
        Command(
            "dataset.fit",
            "s",
            "Load a sample or some columns",
            "Of a table that is too large for the memory of this machine.",
            "fit",
            when=_too_big,
        ),
        UNDO,
    )

    def compose_body(self) -> ComposeResult:
        """Lay out facts, choosers, and what is to be said."""
        with Vertical(id="dataset-head"):
            yield Static(id="dataset-facts")
            yield Static(id="dataset-shape")
        with Form(id="dataset-choices"):
            for field in _FIELDS:
                with Horizontal(classes="dataset-choice", id=f"dataset-line-{field}"):
                    yield Static(_LABELS.get(field, field), classes="dataset-label")
                    yield Chooser(id=f"dataset-{field}")
        with Vertical(id="dataset-foot"):
            yield Static(id="dataset-said")

    def picture(self) -> Picture:
        """Return the dataset's picture."""
        return DatasetPicture()

    def summary(self, session: Session) -> Content:
        """Return name, target and share of positives."""
        return dataset_words.summary(session)

    def subtitle(self, session: Session) -> Content:
        """Say that something is still to come."""
        if session.load.busy:
            return Content("reading …")
        return Content(dataset_words.warming(session.service))

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        load = session.load
        if before is None or before.load is not load:
            self._show_load(load)
            self.refresh_bindings()
        if (
            before is None
            or before.load is not load
            or before.service is not session.service
            or before.draft.problems != session.draft.problems
        ):
            say(self.query_one("#dataset-said", Static), dataset_words.said(session))

    def _show_load(self, load: Loading) -> None:
        table = load.table
        say(self.query_one("#dataset-facts", Static), dataset_words.facts(load))
        say(self.query_one("#dataset-shape", Static), dataset_words.shape(load))
        self.query_one("#dataset-head").display = load.request is not None
        choices = self.query_one("#dataset-choices")
        # Something must have the focus for the pane's keys to work.
        self.can_focus = table is None
        if table is None and self.has_focus_within:
            self.screen.set_focus(self)
        choices.display = table is not None
        if table is not None and self.has_focus:
            self.call_after_refresh(self.enter)
        if table is None or load.request is None:
            return
        names = dict.fromkeys([*table.targets, *(c.name for c in table.columns)])
        self._chooser("target").offer([(n, n) for n in names], _target(load))
        chosen = _positive(load)
        self._chooser("positive").offer(
            _label_options(table), ALL if chosen is None and several(table) else chosen
        )
        self._show_split(load.request)

    def _show_split(self, request: Load) -> None:
        """Show how the test rows are told; a share only where one is taken."""
        options = [_share(s, stratify) for stratify in (True, False) for s in SHARES]
        label, value = _share(request.test_size, request.stratify)
        if all(one != value for _, one in options):
            options.insert(0, (label, value))
        self._chooser("test").offer(options, value)
        way = way_of(request)
        self.query_one("#dataset-line-test").display = way not in ("by", "file")
        self._chooser("split").offer(_ways(request, way), way)
        self._chooser("equal").offer(_TOGETHER, request.duplicates)

    def _chooser(self, field: str) -> Chooser:
        return self.query_one(f"#dataset-{field}", Chooser)

    @on(Select.Changed, "#dataset-target, #dataset-positive")
    def _name_chosen(self, event: Select.Changed) -> None:
        event.stop()
        field = str(event.select.id).removeprefix("dataset-")
        value = None if event.value == ALL else str(event.value)
        self.post_message(LoadChoiceChanged(cast(ChoiceField, field), value))

    @on(Select.Changed, "#dataset-test")
    def _share_chosen(self, event: Select.Changed) -> None:
        event.stop()
        share, _, way = str(event.value).partition(" ")
        request = self.session.load.request
        if request is None or not share:
            return
        if float(share) != request.test_size:
            self.post_message(LoadChoiceChanged("test_size", float(share)))
        if (way == "stratified") != request.stratify:
            self.post_message(LoadChoiceChanged("stratify", way == "stratified"))

    @on(Select.Changed, "#dataset-split")
    def _way_chosen(self, event: Select.Changed) -> None:
        event.stop()
        request = self.session.load.request
        if request is not None:
            self.post_message(SplitAsked(cast(Way, str(event.value))))
            # What is chosen is shown once it is known by which column.
            self._show_split(request)

    @on(Select.Changed, "#dataset-equal")
    def _equal_chosen(self, event: Select.Changed) -> None:
        event.stop()
        self.post_message(LoadChoiceChanged("duplicates", str(event.value)))

    def action_ask_reading(self) -> None:
        """Show how the file is read."""
        self.post_message(ReadAsked())

    def action_fit(self) -> None:
        """Ask what of a large table is to be read."""
        self.post_message(FitAsked())

    def action_undo(self) -> None:
        """Take the last choice back."""
        self.post_message(UndoRequested())

    def action_stop_load(self) -> None:
        """Give up the load."""
        self.post_message(LoadCancelRequested())

    def action_advice(self) -> None:
        """Show the advice."""
        self.post_message(ViewChosen("dataset", AdviceView.NAME, enter=True))


def _target(load: Loading) -> str | None:
    """Return the target as asked for, even while its table is still to come."""
    asked = load.request.target if load.request else None
    return asked or (load.table.target if load.table else None)


def _positive(load: Loading) -> str | None:
    """Return the positive class as asked for, as `_target`."""
    asked = load.request.positive if load.request else None
    return asked or (load.table.positive if load.table else None)


def _ways(request: Load, way: Way) -> list[Option]:
    """Return how the test rows may be told; the one in force with its column."""
    names = {
        "group": request.group,
        "time": request.time,
        "by": request.by,
        "file": short_name(request.test_source or ""),
    }
    words: dict[Way, str] = {
        "random": "any rows",
        "group": "grouped by",
        "time": "the latest by",
        "by": "told by column",
        "file": "from file",
    }
    return [
        (f"{text} {names[one] if one == way else '…'}" if one in names else text, one)
        for one, text in words.items()
    ]


def _share(share: float, stratify: bool) -> Option:
    """Return a test share as an option."""
    way = "stratified" if stratify else "unstratified"
    return f"{100 * share:g} % {way}", f"{share!r} {way}"


def _label_options(table: TableInfo) -> list[Option]:
    total = sum(table.labels.values())
    labels = [
        (f"{label}  {count:,}  {figures.share(count, total)}", label)
        for label, count in table.labels.items()
    ]
    if len(labels) < 3:
        return labels
    return [(f"none: all {len(labels)} classes", ALL), *labels]
