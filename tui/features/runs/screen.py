"""The stored runs: found, looked at, annotated, deleted, or compared side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.events import Paste, Resize
from textual.reactive import reactive
from textual.widgets import Input, Static

from engine.core import format as figures
from engine.core.errors import StoreError
from engine.core.record import annotation
from tui.features import messages, wording
from tui.features.arms.draft import Problem
from tui.features.commands import LISTS, Command
from tui.features.export.state import ExportDialogRequested
from tui.features.mail import Intent
from tui.features.runs import messages as run_messages
from tui.features.screen import (
    DIALOG_STYLE,
    Dialog,
    Headline,
    KeyLine,
    SessionScreen,
    restore_sorts,
)
from tui.features.session import RESUMABLE, DiskUse, RunSummary, Session, short_name
from tui.terminal.clipboard import Copied
from tui.terminal.safe_text import cells, clean, content, sentence
from tui.text.comparisons import contrast_lines
from tui.text.lines import Line
from tui.widgets.prose import Made as MadeLines
from tui.widgets.prose import Prose
from tui.widgets.rows import Item, ListColumn, Made, ScreenRows, VariedRows

if TYPE_CHECKING:
    from engine.core.compare_runs import Contrast

_PRUNE: Final = "post('PruneRequested')"

RUNS: tuple[Command, ...] = (
    Command("runs.open", "enter", "Open the run", "open", "about('open')"),
    Command("runs.mark", "space", "Mark or unmark the run", "mark"),
    Command(
        "runs.compare",
        "equals_sign",
        "Compare the marked runs, or this one and the open one",
        footer="compare",
    ),
    Command("runs.cancel", "x", "Cancel the run", "cancel", "about('cancel')"),
    Command("runs.resume", "R", "Resume the run", "resume", "about('resume')"),
    Command("runs.again", "r", "Edit and rerun", "edit & rerun", "about('again')"),
    Command("runs.delete", "d,delete", "Delete the marked runs, or this one", "delete"),
    Command("runs.close", "escape", "Back", "back"),
    Command("runs.export", "e", "Export the run", "export", "about('export')"),
    Command("runs.note", "n", "Note", "note", "about('note')"),
    Command("runs.tags", "t", "Tags", "tags", "about('tags')"),
    Command("runs.prune", "D", "Remove the cached folds", "free disk", _PRUNE),
    *LISTS,
)

_ABOUT: Final[dict[str, Callable[[str], Intent]]] = {
    "open": messages.OpenRunRequested,
    "cancel": messages.CancelRequested,
    "resume": messages.ResumeRequested,
    "again": run_messages.RerunRequested,
    "export": ExportDialogRequested,
    "note": partial(run_messages.AnnotationDialogRequested, what="note"),
    "tags": partial(run_messages.AnnotationDialogRequested, what="tags"),
}
"""What is asked of a run, by the command's verb."""

_STATES: Final = {"resume": RESUMABLE, "cancel": ("queued", "running")}
"""Of which status a run must be for that."""

LOOK_SECONDS = 2.0
"""Other processes write to the store, too."""
_MARKS: Final = {"running": "▶", "queued": "▶", "done": "✓", "failed": "✗"}
_EMPTY = "no runs yet: open a dataset with o, then r starts one"


class LineInput(Input):
    """A line that takes all of what is pasted; a newline in it is a blank."""

    def on_paste(self, event: Paste) -> None:
        """Insert the text as one line, and submit nothing."""
        event.prevent_default()
        event.stop()
        self.replace(" ".join(event.text.split()), *self.selection)


class Runs(SessionScreen[None]):
    """A table of all runs in the store, the newest first."""

    CSS_PATH: ClassVar = "runs.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = RUNS
    HELP = "Stored runs"
    PARTS = ("stored", "usage", "store", "unlisted")

    def __init__(self) -> None:
        super().__init__()
        self._marked: dict[str, None] = {}
        self._list = ScreenRows((), id="runs-list")

    def compose(self) -> ComposeResult:
        """Lay out the table, and what is known of the highlighted run."""
        yield Headline().data_bind(session=Runs.session)
        yield Static(id="runs-warning")
        yield self._list
        yield Static(id="runs-empty")
        yield Static(id="runs-detail")
        yield Static(id="runs-totals")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show what is known already, and look again now and then."""
        restore_sorts(self, self.session)
        self.draw()
        self._list.focus()
        self.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        if self.is_current:
            self.post_message(run_messages.RunsRefreshRequested())

    # What is seen ------------------------------------------------------------------

    @on(Resize)
    def draw(self) -> None:
        """Show the runs; the highlight stays on its run, wherever that is now."""
        session = self.session
        runs = session.stored or ()
        there = {run.id for run in runs}
        self._marked = {i: None for i in self._marked if i in there}
        self._list.put(make_table(runs, self._marked, session.usage))
        self._list.display = bool(runs)
        self._put("#runs-empty", Content("") if runs else self._nothing())
        self._put("#runs-warning", warning(session))
        self._put("#runs-totals", totals(session, self._marked))
        self._detail()

    def _put(self, place: str, text: Content) -> None:
        """Show a text; no line where there is none."""
        line = self.query_one(place, Static)
        line.display = bool(text)
        line.update(text)

    def _nothing(self) -> Content:
        """Say why there is nothing to see."""
        session = self.session
        if session.stored is None and session.unlisted is not None:
            return wording.refusal(session.unlisted.message, session.unlisted.fix)
        if session.stored is None:
            return Content("looking …")
        return Content(_EMPTY)

    @on(VariedRows.Highlighted)
    def _detail(self) -> None:
        """Say more about the run."""
        run = self._current()
        room = self.size.width - 4
        text = detail(run, self.session.usage, room) if run else Content("")
        self.query_one("#runs-detail", Static).update(text)
        self.refresh_bindings()

    @on(VariedRows.Chosen)
    def _open(self, event: VariedRows.Chosen) -> None:
        self.post_message(messages.OpenRunRequested(event.key))

    def _current(self) -> RunSummary | None:
        here = self._list.highlighted
        return next((r for r in self.session.stored or () if r.id == here), None)

    def copied(self) -> Copied:
        """Return the listed runs as text."""
        return Copied(self._list.as_text(), "the table")

    # Commands ----------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what makes no sense now."""
        if action not in ("about", "compare", "delete", "mark"):
            return super().check_action(action, parameters)
        if not self.is_mounted:
            return False
        if action == "delete" and self._marked:
            return True
        if action == "compare":
            return len(self._pair()) > 1
        run = self._current()
        wanted = _STATES.get(f"{parameters[0]}") if parameters else None
        return run is not None and (wanted is None or run.status in wanted)

    def _pair(self) -> tuple[str, ...]:
        """Return the runs that `c` compares, the oldest first."""
        chosen = dict(self._marked)
        for run in (self._current(), self.session.run):
            if len(chosen) < 2 and run is not None:
                chosen[run.id] = None
        numbers = {one.id: one.number for one in self.session.stored or ()}
        return tuple(sorted(chosen.keys() & numbers.keys(), key=numbers.__getitem__))

    def action_about(self, what: str) -> None:
        """Post what a key asks of the highlighted run."""
        if (run := self._current()) is not None:
            self.post_message(_ABOUT[what](run.id))

    def action_mark(self) -> None:
        """Mark the highlighted run, or undo that, and go to the next."""
        if (run := self._current()) is not None:
            if run.id not in self._marked:
                self._marked[run.id] = None
            else:
                del self._marked[run.id]
            self.draw()
            self._list.action_move(1)

    def action_compare(self) -> None:
        """Set runs side by side."""
        if len(pair := self._pair()) > 1:
            self.post_message(run_messages.CompareRequested(pair))

    def action_delete(self) -> None:
        """Ask, and delete the marked runs, or the highlighted one."""
        run = self._current()
        chosen = tuple(self._marked) or ((run.id,) if run is not None else ())
        self.post_message(run_messages.DeleteRunsRequested(chosen))


# The list in words ------------------------------------------------------------------


def _words(run: RunSummary) -> tuple[str, ...]:
    known = (str(run.number), run.id, run.source, run.target, *run.arms, run.status)
    return (*known, run.note, *run.tags)


def make_table(
    runs: Sequence[RunSummary], marked: Collection[str], usage: DiskUse | None
) -> Made:
    """Return what makes columns and lines of runs for the room there is.

    What is left goes to the longest names. Without a tag there is no column of tags.
    """
    names = max((cells(short_name(run.source)) for run in runs), default=0)
    targets = max((cells(run.target) for run in runs), default=0)
    tagged = any(run.tags for run in runs)
    columns = (
        ListColumn("run", 5, "right"),
        ListColumn("when", 12),
        ListColumn("status", 13),
        ListColumn("data", 11, grow=names, middle=True),
        ListColumn("target", 8, drop=1, grow=min(24, targets)),
        ListColumn("trials", 6, "right", drop=2),
        ListColumn("time", 6, "right", drop=3),
        ListColumn("disk", 7, "right", drop=4),
        *([ListColumn("tags", 8, grow=30)] if tagged else []),
    )
    disk = usage.runs if usage else {}
    items = [_item(run, run.id in marked, disk.get(run.id)) for run in runs]
    return lambda room: (columns, items)


def _item(run: RunSummary, marked: bool, disk: int | None) -> Item:
    """Return a run's line of the table."""
    state = run.status if run.silent is None else "stalled"
    mark = "‖" if run.silent is not None else _MARKS.get(run.status, "■")
    number = f"{wording.MARKED if marked else ' '}{run.number:>4}"
    return Item(
        run.id,
        (
            (number, "bold") if marked else number,
            time.strftime("%d %b %H:%M", time.localtime(run.created)),
            f"{mark} {state}",
            short_name(run.source),
            run.target,
            f"{len(run.arms)} × {run.trials}",
            figures.clock(run.seconds),
            figures.size(disk),
            " ".join(run.tags),
        ),
        more=" ".join(filter(None, _words(run))),
        ranks=_ranks(run, disk),
    )


def _ranks(run: RunSummary, disk: int | None) -> tuple[str, ...]:
    """Return what a line is sorted by: its values, not how they are written."""
    trials, texts = len(run.arms) * run.trials, (run.status, short_name(run.source))
    known = run.seconds, disk
    numbers = ("" if one is None else f"{one}" for one in known)
    head = f"{run.number}", f"{run.created}", *texts, run.target, f"{trials}"
    return (*head, *numbers, " ".join(run.tags))


def detail(run: RunSummary, usage: DiskUse | None, room: int) -> Content:
    """Return more of a run, in lines of at most some cells but for the last one.

    What it is, its arms, what can be done about it, its note, and what came of it.
    """
    seconds, disk = run.seconds, (usage.runs if usage else {}).get(run.id)
    sizes = (figures.clock(seconds), seconds), (figures.size(disk), disk)
    head = [run.id, *(text for text, of in sizes if of is not None)]
    tags = " ".join(f"#{tag}" for tag in run.tags)
    left = max(0, room - sum(len(part) + 2 for part in head))
    dim = (Content.styled(part, "dim") for part in head)
    hint = style = ""
    if run.status == "interrupted":
        hint, style = "its process ended unexpectedly: R resumes", "bold $text-warning"
    elif run.silent is not None:
        hint = f"no heartbeat for {figures.clock(run.silent)}: stopped or waiting"
        style = "bold $text-warning"
    elif run.status in RESUMABLE:
        hint, style = f"{run.status}: R resumes it", "dim"
    lines = [
        Content("  ").join([*dim, content(tags, "$text-accent", left)]),
        content(", ".join(run.arms), width=room),
        content(hint, style),
        content(run.note, "italic", room),
        content(run.headline),
    ]
    return wording.lines(lines[:2] + [line for line in lines[2:] if line])


def totals(session: Session, marked: Collection[str]) -> Content:
    """Return how many runs there are, and the disk they take."""
    usage = session.usage
    parts = [f"{wording.MARKED} {len(marked)} marked"] if marked else []
    parts.append(figures.plural(len(session.stored or ()), "run"))
    if usage is not None:
        disk = f"{figures.size(usage.total)} on disk"
        if usage.folds:
            disk += f", {figures.size(usage.folds)} of it cached folds (D removes)"
        parts.append(disk)
        if usage.free is not None:
            parts.append(f"{figures.size(usage.free)} free")
    return content(" · ".join(parts))


def warning(session: Session) -> Content:
    """Return what is wrong with where runs are kept; nothing if nothing is."""
    store = session.store
    if session.unlisted is not None and session.stored is not None:
        return content(f"! {session.unlisted.text}", "$text-error")
    if store.problem is not None:
        return content(f"! {sentence(store.problem)}", "$text-error")
    if store.elsewhere:
        text = f"! Runs are stored in {store.path}, which a restart may delete."
        return content(text, "$text-warning")
    return Content("")


# A note, or tags --------------------------------------------------------------------


class OneLine(Dialog[str]):
    """Asks for a line; dismisses with it, or with nothing.

    Parameters
    ----------
    title : str
        Constant text.
    text : str
        What it is about; may be untrusted.
    value : str
        What there is so far.
    hint : str
        What may be written; constant text.
    wrong : callable
        Says what is wrong with a line; empty if nothing is.
    """

    CSS_PATH: ClassVar = [DIALOG_STYLE, "runs.tcss"]
    CLOSES = ""
    hint = "enter saves   esc cancels"

    def __init__(
        self, title: str, text: str, value: str, hint: str, wrong: Callable[[str], str]
    ) -> None:
        super().__init__()
        self.heading, self._text, self._value = title, text, value
        self._may, self._wrong = hint, wrong

    def compose_body(self) -> ComposeResult:
        """Lay out the line."""
        yield Static(content(self._text), classes="dialog-text")
        yield LineInput(clean(self._value), id="one-line")
        yield Static(self._may, id="one-line-said", markup=False)

    def on_mount(self) -> None:
        """Let the user type at once."""
        line = self.query_one(Input)
        line.focus()
        line.cursor_position = len(line.value)

    @on(Input.Changed)
    def _change(self, event: Input.Changed) -> None:
        """Say what is wrong while it is typed."""
        wrong = self._wrong(event.value)
        line = self.query_one("#one-line-said", Static)
        line.set_class(bool(wrong), "-wrong")
        line.update(content(wrong or self._may))

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        if not self._wrong(event.value):
            self.dismiss(event.value.strip())


def ask_annotation(run: RunSummary, what: run_messages.Annotation) -> OneLine:
    """Return the question for a run's note or tags."""
    value, text = run.note, "what was it for?"
    hint = "One line, kept with the run; empty removes it."
    if what == "tags":
        value, text = " ".join(run.tags), "tags are words that / finds."
        hint = "Words separated by spaces; empty removes them all."

    def wrong(line: str) -> str:
        try:
            if what == "note":
                annotation(line, None)
            else:
                annotation(None, tags_in(line))
        except StoreError as error:
            return str(error)
        return ""

    title, about = f"{what.title()} of run {run.number}", short_name(run.source)
    return OneLine(title, f"{about}: {text}", value, hint, wrong)


def tags_in(line: str) -> tuple[str, ...]:
    """Return the tags that a user typed.

    Examples
    --------
    >>> tags_in(" paper, v2  paper")
    ('paper', 'v2')
    """
    return tuple(dict.fromkeys(line.replace(",", " ").split()))


# Side by side -----------------------------------------------------------------------

COMPARE: tuple[Command, ...] = (
    Command("compare.copy", "y", "Copy the comparison", "copy"),
    Command("compare.close", "escape", "Back", "back"),
)

_WIDEST = 140


class CompareRuns(SessionScreen[None]):
    """Two runs or more, side by side.

    Parameters
    ----------
    run_ids : tuple of str
        In the order of the columns; changes are from the first one.
    """

    CSS_PATH: ClassVar = "compare_runs.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = COMPARE
    HELP = "Runs side by side"

    answer: reactive[Contrast | Problem | None] = reactive(
        None, init=False, repaint=False
    )
    """What came of it; None while it is worked out."""

    def __init__(self, run_ids: tuple[str, ...]) -> None:
        super().__init__()
        self.run_ids = run_ids

    def compose(self) -> ComposeResult:
        """Lay out one long text."""
        yield Headline().data_bind(session=CompareRuns.session)
        yield Prose(id="compare-text")
        yield KeyLine("↑↓ scroll")

    def on_mount(self) -> None:
        """Say that it is being worked out."""
        self._draw()
        self.query_one(Prose).focus()

    def watch_answer(self) -> None:
        """Show what came of it."""
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        part: Content | MadeLines
        match self.answer:
            case None:
                part = Content.styled("reading the runs …", "$text-accent")
            case Problem(message=message, fix=fix):
                part = wording.refusal(message, fix)
            case contrast:
                part = partial(_lines, contrast)
        self.query_one(Prose).update([part])

    def copied(self) -> Copied:
        """Return all of it as text."""
        what = "the message" if isinstance(self.answer, Problem) else "the comparison"
        return Copied(f"{self.query_one(Prose).plain}\n", what)

    def action_copy(self) -> None:
        """Copy all of it."""
        self.post_message(messages.CopyRequested(*self.copied()))


def _lines(contrast: Contrast, width: int) -> list[Line]:
    return contrast_lines(contrast, min(_WIDEST, width - 1))
