"""Pane 1: the table, its target and positive class, and which rows are the test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.core import format as figures
from engine.core.messages import Load, TableInfo
from engine.core.views.profile import sample_text, several
from tui.features import wording
from tui.features.commands import Command
from tui.features.dataset.lists import READ, UNDO, AdviceView, RowsView
from tui.features.dataset.state import SplitRequested, Way, split_method
from tui.features.dataset.views import ColumnView, OverviewView, is_open
from tui.features.messages import LoadChoiceChanged, ViewChosen
from tui.features.pane import Pane, Picture, View, say, there
from tui.features.screen import changed
from tui.features.session import ChoiceField, Loading, Session, short_name
from tui.terminal.safe_text import clip, content
from tui.widgets.chooser import Chooser, Option
from tui.widgets.field import Form

SHARES: Final = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
_FIELDS: Final = ("target", "positive", "test", "split", "duplicates")
_GUESSED: Final = ("target", "positive")
"""Fields that are marked while nobody gave them."""
_INSIDE: Final = 34
ALL: Final = "\x00all"
"""Stands for no positive class, which no label can: a table holds no NUL."""
_TOGETHER: Final = (("kept on one side", "together"), ("split at random", "apart"))
_LATER: Final = "Target: once all rows are read."
_FEW: Final = 20
"""Test positives below which one more or less found changes the recall by much."""


STOP: Final = Command(
    "dataset.stop",
    "escape",
    "Stop reading the dataset",
    "stop reading",
    "post('LoadCancelRequested')",
    when=lambda session: session.load.busy and not session.load.run_waits,
)
ADVICE: Final = Command(
    "dataset.advice", "a", "Show the advice", "advice", when=is_open
)


def _too_big(session: Session) -> bool:
    """Tell whether the table was refused for its size."""
    problem = session.load.problem
    return problem is not None and problem.sample_rows > 0


class _Advised(Widget):
    """Mixed into what shows the advice at a key."""

    def action_advice(self) -> None:
        """Show the advice."""
        self.post_message(ViewChosen("dataset", AdviceView.NAME, enter=True))


class DatasetPicture(Picture, _Advised):
    """The table as pictures: classes and columns, one column, rows, advice."""

    PANE = "dataset"
    COMMANDS_HERE: ClassVar = (STOP, ADVICE)
    VIEWS = (OverviewView, ColumnView, RowsView, AdviceView)

    @property
    def current(self) -> type[View]:
        """The view that is shown: the first rows while there is nothing else."""
        load = self.session.load
        if load.table is None and "dataset" not in self.session.view.shown:
            return RowsView if load.preview.answer is not None else OverviewView
        return super().current

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the advice where it is not shown."""
        if action == "advice" and self.current is AdviceView:
            return False
        return super().check_action(action, parameters)


class DatasetPane(Pane, _Advised, can_focus=True):
    """The dataset in a few lines, with what can be chosen about it."""

    PANE = "dataset"
    PICTURE = DatasetPicture
    DRAWS = ("load", "service", "draft.problems")
    COMMANDS_HERE: ClassVar = (
        STOP,
        ADVICE,
        READ,
        Command(
            "dataset.fit",
            "s",
            "Load a sample or some columns of a table too large",
            action="post('SampleDialogRequested')",
            when=_too_big,
        ),
        UNDO,
        Command(
            "dataset.choose_target",
            "t",
            "Choose the target",
            action="post('TargetDialogRequested')",
            when=is_open,
        ),
    )

    def compose_body(self) -> ComposeResult:
        """Lay out facts, choosers, and the note."""
        with Vertical(id="dataset-head"):
            yield Static(id="dataset-facts")
            yield Static(id="dataset-shape")
        with Form(id="dataset-choices"):
            for field in _FIELDS:
                with Horizontal(classes="dataset-choice", id=f"dataset-line-{field}"):
                    yield Static(field, classes="dataset-label")
                    yield Chooser(id=f"dataset-{field}")
                    if field in _GUESSED:
                        yield Static(id=f"dataset-mark-{field}", classes="dataset-mark")
        with Vertical(id="dataset-foot"):
            yield Static(id="dataset-said")

    def summary(self, session: Session) -> Content:
        """Return name, target and share of positives, or the classes."""
        if (table := session.load.table) is None:
            return wording.first_line(_message(session))
        target, share = "", ""
        if table.positive is not None:
            target, rows = f"{table.target}={table.positive}", table.classes
            share = figures.share(rows.get(table.positive, 0), sum(rows.values()))
        elif several(table):
            target, share = table.target or "", f"{len(table.labels)} classes"
        parts = [content(text) for text in (clip(target, 12), share) if text]
        return Content("  ").join([content(clip(table.name, 16), "bold"), *parts])

    def subtitle(self, session: Session) -> Content:
        """Say that something is still to come."""
        busy = session.load.busy
        return Content("reading …" if busy else wording.warming(session.service))

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        if changed(session, before, "load"):
            self._show_load(session.load)
            self.refresh_bindings()
        if changed(session, before, "load", "service", "draft.problems"):
            say(self.query_one("#dataset-said", Static), _message(session))

    def _show_load(self, load: Loading) -> None:
        table, choices = load.table, self.query_one("#dataset-choices")
        say(self.query_one("#dataset-facts", Static), _facts(load))
        say(self.query_one("#dataset-shape", Static), _shape(load))
        self.query_one("#dataset-head").display = load.request is not None
        # Something must have the focus for the pane's keys to work.
        self.hold_focus(table is None)
        choices.display = table is not None
        if table is None or load.request is None:
            return
        target = _choice(load, "target")
        self._offer("target", _target_options(table, target), target)
        chosen = _choice(load, "positive") or (ALL if several(table) else None)
        marks = {"target": load.guessed, "positive": _takes_rarer(load.request, table)}
        self._offer("positive", _label_options(table, marks["positive"]), chosen)
        self._show_split(load.request)
        for (field, guessed), text in zip(
            marks.items(), ("guessed", "rarer"), strict=True
        ):
            mark = self.query_one(f"#dataset-mark-{field}", Static)
            there(mark, guessed)
            say(mark, Content.styled(f"? {text}", "bold $text-warning"))

    def _show_split(self, request: Load) -> None:
        """Show how the test rows are selected; a share only where one is taken."""
        options = [_share(s, stratify) for stratify in (True, False) for s in SHARES]
        share, way = _share(request.test_size, request.stratify), split_method(request)
        options = options if share in options else [share, *options]
        self._offer("test", options, share[1])
        self.query_one("#dataset-line-test").display = way not in ("by", "file")
        self._offer("split", _ways(request, way), way)
        self._offer("duplicates", _TOGETHER, request.duplicates)

    def _offer(self, field: str, options: Sequence[Option], value: str | None) -> None:
        self.query_one(f"#dataset-{field}", Chooser).offer(options, value)

    @on(Chooser.Picked)
    def _chosen(self, event: Chooser.Picked) -> None:
        event.stop()
        field, value = str(event.chooser.id).removeprefix("dataset-"), event.value
        if (request := self.session.load.request) is None or not value:
            return
        if field == "split":
            self.post_message(SplitRequested(cast(Way, value)))
            # What is chosen is shown once it is known by which column.
            self._show_split(request)
        elif field == "test":
            share, _, way = value.partition(" ")
            if float(share) != request.test_size:
                self.post_message(LoadChoiceChanged("test_size", float(share)))
            if (way == "stratified") != request.stratify:
                self.post_message(LoadChoiceChanged("stratify", way == "stratified"))
        else:
            choice = None if value == ALL else value
            self.post_message(LoadChoiceChanged(cast(ChoiceField, field), choice))

    @on(Chooser.Kept)
    def _agreed(self, event: Chooser.Kept) -> None:
        """Take a guess that was chosen as given."""
        event.stop()
        load, table = self.session.load, self.session.load.table
        field = str(event.chooser.id).removeprefix("dataset-")
        if load.request is None or table is None:
            return
        rarer = field == "positive" and _takes_rarer(load.request, table)
        if rarer or (field == "target" and load.guessed):
            self.post_message(LoadChoiceChanged(cast(ChoiceField, field), event.value))


def _choice(load: Loading, field: str) -> str | None:
    """Return a choice as asked for, even while its table is still to come."""
    wish: str | None = getattr(load.request, field, None)
    return wish or getattr(load.table, field, None)


def _target_options(table: TableInfo, target: str | None) -> list[Option]:
    """Return all columns, first those that may be the target, with their rare rows."""
    counts = {c.name: f"  {c.rarest}: {c.rows:,}" for c in table.target_candidates}
    names = (*counts, *table.targets, *(c.name for c in table.columns))
    return [
        (name if name == target else f"{name}{counts.get(name, '')}", name)
        for name in dict.fromkeys(names)
    ]


def _takes_rarer(request: Load, table: TableInfo) -> bool:
    """Tell whether the rarer of two classes is the positive one, as nobody chose it."""
    fewest = min(table.labels.values(), default=0)
    rows = table.labels.get(table.positive or "", 0)
    equal = rows == max(table.labels.values(), default=0)
    return request.positive is None and 0 < rows == fewest and not equal


def _ways(request: Load, way: Way) -> list[Option]:
    """Return how the test rows may be selected; the one in force with its column."""
    others: dict[Way, tuple[str, str | None]] = {
        "group": ("grouped by", request.group),
        "time": ("the latest by", request.time),
        "by": ("as in column", request.by),
        "file": ("from file", short_name(request.test_source or "")),
    }
    found: list[Option] = [("random", "random")]
    for one, (text, name) in others.items():
        found.append((f"{text} {name if one == way else '…'}", one))
    return found


def _share(share: float, stratify: bool) -> Option:
    """Return a test share as an option."""
    way = "stratified" if stratify else "unstratified"
    return f"{100 * share:g} % {way}", f"{share!r} {way}"


def _label_options(table: TableInfo, marked: bool) -> list[Option]:
    """Return the classes; beside a mark the chosen one has no room for its share."""
    total, many = sum(table.labels.values()), len(table.labels)
    labels = []
    for label, count in table.labels.items():
        short = marked and label == table.positive
        share = "" if short else f"  {figures.share(count, total)}"
        labels.append((f"{label}  {count:,}{share}", label))
    return labels if many < 3 else [(f"none: all {many} classes", ALL), *labels]


def _facts(load: Loading) -> Content:
    """Return name and size of the table, or what is being opened."""
    if (table := load.table) is None:
        source = load.request.source if load.request else ""
        return content(short_name(source), "bold", _INSIDE)
    weight = figures.size(table.bytes)
    name = clip(table.name, _INSIDE - len(weight) - 2)
    return Content.assemble((name, "bold"), "  ", (weight, "dim"))


def _shape(load: Loading) -> Content:
    """Return the shape of the table, as far as it is known."""
    if (table := load.table) is None:
        if (seen := load.preview.answer) is None:
            return Content("")
        text = f"{len(seen.columns):,} columns"
        if seen.estimated_rows is not None:
            text = f"~{seen.estimated_rows:,} rows × {text}"
        return content(text, "dim", _INSIDE)
    if table.sampled is not None:
        return Content.styled(sample_text(table.sampled), "bold $text-warning")
    return Content(f"{table.rows:,} rows × {len(table.columns):,} columns")


def _message(session: Session) -> Content:
    """Return the most important note about the dataset."""
    load, problems = session.load, session.draft.problems
    if load.request is None:
        return Content.styled(wording.NO_DATASET, "dim")
    if load.busy:
        what, *far = wording.progress(load, session.service)
        bar, pace = far[:1], far[1:]
        below = Content("  ").join([*bar, Content(wording.escapes(load))])
        first = Content.styled(_LATER, "dim") if load.table is None else Content("")
        parts = (what, below, Content("  ").join(pace), first)
        return wording.lines(part for part in parts if part)
    if load.problem is not None:
        refused = wording.refusal(load.problem.message, load.problem.fix)
        keys = Content.styled("s loads a sample or some columns", "$text-accent")
        return wording.lines([refused, keys] if _too_big(session) else [refused])
    if (table := load.table) is None:
        return Content.styled("Stopped reading. o opens a dataset.", "dim")
    for field in ("test_size", "seed"):
        if problem := problems.get(field):
            return wording.refusal(problem.message, problem.fix)
    if table.target is None:
        return Content.styled("Choose the target: t.", "bold $text-warning")
    if table.problem:
        return wording.refusal(table.problem)
    if several(table):
        text = f"all {len(table.labels)} classes are compared"
        return wording.lines([Content.styled(text, "$text-accent"), _advice(table)])
    held = table.test.get(table.positive or "", _FEW)
    if held < _FEW:
        text = f"! only {figures.plural(held, 'test positive')}"
        few = Content.styled(text, "bold $text-warning")
        return wording.lines([few, _advice(table)])
    return _advice(table)


def _advice(table: TableInfo) -> Content:
    """Say how much advice there is."""
    if not table.advice:
        return Content.styled("✓ nothing to warn about", "$text-success")
    found = figures.plural(len(table.advice), "piece of advice", "pieces of advice")
    return Content.styled(f"! {found}, a shows", "$text-warning")
