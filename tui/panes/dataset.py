"""Pane 1: the table, its target and positive class, and the share for the test."""

from __future__ import annotations

from typing import ClassVar, Final, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Select, Static

from engine.client.messages import TableInfo
from tui.commands import Command
from tui.console import figures
from tui.messages import LoadCancelRequested, LoadChoiceChanged, ViewChosen
from tui.panes import wording
from tui.panes.base import Pane, Picture
from tui.panes.dataset_rows import AdviceView, RowsView
from tui.panes.dataset_views import ColumnView, OverviewView
from tui.panes.layout import say
from tui.safe_text import clip, content
from tui.session import ChoiceField, Loading, Service, Session
from tui.widgets.chooser import Chooser, Option
from tui.widgets.field import Form

__all__ = ["DatasetPane", "DatasetPicture"]

SHARES: Final = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
_INSIDE = 34
_BAR = 20


class DatasetPicture(Picture):
    """The table as pictures: classes and columns, one column, rows, advice."""

    PANE = "dataset"
    VIEWS = (OverviewView, ColumnView, RowsView, AdviceView)


class DatasetPane(Pane, can_focus=True):
    """The dataset in a few lines, with what can be chosen about it."""

    PANE = "dataset"
    NUMBER = 1
    TITLE = "Dataset"
    HELP = """
    ## 1 Dataset

    The table that is open. Choose the **target** column, the label of the **positive**
    class (the rarer one unless you say otherwise), and the share of the rows that is
    kept aside as **test** rows: they are looked at once, at the very end.

    - `↑` `↓` move between the choosers, `enter` opens one, typing finds a name in it.
    - `esc` stops a load that takes too long; `a` shows the advice in full.
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
            when=lambda session: bool(session.load.table and session.load.table.advice),
        ),
    )

    def compose_body(self) -> ComposeResult:
        """Lay out facts, choosers, and what is to be said."""
        yield Static(id="dataset-facts")
        with Form(id="dataset-choices"):
            for field in ("target", "positive", "test"):
                with Horizontal(classes="dataset-choice"):
                    yield Static(field, classes="dataset-label")
                    yield Chooser(id=f"dataset-{field}")
        with Vertical(id="dataset-foot"):
            yield Static(id="dataset-said")

    def picture(self) -> Picture:
        """Return the dataset's picture."""
        return DatasetPicture()

    def summary(self, session: Session) -> Content:
        """Return name, target and share of positives."""
        table = session.load.table
        if table is None:
            return _said(session)
        parts: list[Content] = [content(clip(table.name, 16), "bold")]
        if table.target is not None and table.positive is not None:
            parts.append(content(clip(f"{table.target}={table.positive}", 12)))
            share = figures.share(*_positives(table))
            parts.append(Content(share))
        return Content("  ").join(parts)

    def subtitle(self, session: Session) -> Content:
        """Say that something is still to come."""
        if session.load.busy:
            return Content("reading …")
        return Content(_warming(session.service))

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
            say(self.query_one("#dataset-said", Static), _said(session))

    def _show_load(self, load: Loading) -> None:
        table = load.table
        facts = self.query_one("#dataset-facts", Static)
        say(facts, _facts(load))
        facts.display = load.request is not None
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
        self._chooser("positive").offer(_label_options(table), _positive(load))
        request = load.request
        options = [_share(s, stratify) for stratify in (True, False) for s in SHARES]
        label, value = _share(request.test_size, request.stratify)
        if all(one != value for _, one in options):
            options.insert(0, (label, value))
        self._chooser("test").offer(options, value)

    def _chooser(self, field: str) -> Chooser:
        return self.query_one(f"#dataset-{field}", Chooser)

    @on(Select.Changed, "#dataset-target, #dataset-positive")
    def _name_chosen(self, event: Select.Changed) -> None:
        event.stop()
        field = str(event.select.id).removeprefix("dataset-")
        self.post_message(LoadChoiceChanged(cast(ChoiceField, field), str(event.value)))

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

    def action_stop_load(self) -> None:
        """Give up the load."""
        self.post_message(LoadCancelRequested())

    def action_advice(self) -> None:
        """Show the advice."""
        self.post_message(ViewChosen("dataset", AdviceView.NAME))


def _target(load: Loading) -> str | None:
    """Return the target as asked for, even while its table is still to come."""
    asked = load.request.target if load.request else None
    return asked or (load.table.target if load.table else None)


def _positive(load: Loading) -> str | None:
    """Return the positive class as asked for, as `_target`."""
    asked = load.request.positive if load.request else None
    return asked or (load.table.positive if load.table else None)


def _share(share: float, stratify: bool) -> Option:
    """Return a test share as an option."""
    way = "stratified" if stratify else "unstratified"
    return f"{100 * share:g} % {way}", f"{share!r} {way}"


def _label_options(table: TableInfo) -> list[Option]:
    total = sum(table.labels.values())
    return [
        (f"{label}  {count:,}  {figures.share(count, total)}", label)
        for label, count in table.labels.items()
    ]


def _positives(table: TableInfo) -> tuple[int, int]:
    """Return positive rows, and rows that have a class."""
    part = table.classes.get(table.positive or "", 0)
    return part, sum(table.classes.values())


def _facts(load: Loading) -> Content:
    """Return name, size and shape of the table, or what is being opened."""
    table = load.table
    if table is None:
        source = load.request.source if load.request else ""
        return content(source, "bold", _INSIDE)
    weight = wording.size(table.bytes)
    name = clip(table.name, _INSIDE - len(weight) - 2)
    first = Content.assemble((name, "bold"), "  ", (weight, "dim"))
    shape = f"{table.rows:,} rows × {len(table.columns):,} columns"
    return wording.lines([first, Content(shape)])


def _said(session: Session) -> Content:
    """Return the one thing to be said about the dataset now."""
    load, problems = session.load, session.draft.problems
    if load.request is None:
        return Content.styled(wording.NO_DATASET, "dim")
    if load.busy:
        return _progress(load, session.service)
    if load.problem is not None:
        return wording.refusal(load.problem.message, load.problem.remedy)
    table = load.table
    if table is None:
        return Content.styled("Stopped reading. o opens a dataset.", "dim")
    for field in ("test_size", "seed"):
        if problem := problems.get(field):
            return wording.refusal(problem.message, problem.remedy)
    if table.target is None:
        return Content.styled("Choose the target: enter on it.", "bold $text-warning")
    if table.problem:
        return wording.refusal(table.problem)
    count = len(table.advice)
    if not count:
        return Content.styled("✓ nothing to warn about", "$text-success")
    found = "1 piece of advice" if count == 1 else f"{count} pieces of advice"
    return Content.styled(f"! {found}, a shows", "$text-warning")


def _progress(load: Loading, service: Service) -> Content:
    """Return where a load is, as words and as a bar if the end is known."""
    progress = load.progress
    if progress is None:
        waiting = _warming(service)
        text = f"waiting: {waiting}" if waiting else "reading …"
        return Content.styled(text, "$text-accent")
    done, total = progress.done, progress.total
    if not total:
        far = f" {wording.size(done)}" if done else ""
        return content(f"{progress.stage}{far} …", "$text-accent")
    first = content(
        f"{progress.stage} {wording.size(done)} of {wording.size(total)}",
        "$text-accent",
    )
    share = min(100, 100 * done // total)
    return wording.lines(
        [first, Content(f"{wording.bar(done, total, _BAR)} {share} %  esc stops")]
    )


def _warming(service: Service) -> str:
    """Say that the service is not there yet, or nothing."""
    if service.phase in ("off", "ready"):
        return ""
    if service.phase == "gone":
        return "the service stopped"
    of = f" {service.done}/{service.total}" if service.total else ""
    return f"getting ready{of}"
