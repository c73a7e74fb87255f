"""The stored runs: found, looked at, compared, repeated, resumed, deleted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input, Static

from tui import messages, run_messages
from tui.commands import Command
from tui.export_state import ExportDialogRequested
from tui.mail import Intent
from tui.panes import wording
from tui.panes.base import Copied
from tui.screens import runs_table
from tui.screens.base import SessionScreen
from tui.screens.dialogs import LineInput
from tui.screens.frame import Headline, KeyLine
from tui.session import RESUMABLE, RunSummary
from tui.widgets.rows import VariedRows

RUNS: tuple[Command, ...] = (
    Command("runs.open", "enter", "Open the run", "open", "about('open')"),
    Command("runs.filter", "slash", "Find runs", "find"),
    Command("runs.mark", "space", "Mark or unmark the run", "mark"),
    Command(
        "runs.compare",
        "c",
        "Compare the marked runs, or this one and the open one",
        footer="compare",
    ),
    Command("runs.resume", "R,s", "Resume the run", "resume", "about('resume')"),
    Command("runs.again", "a", "Edit and rerun", "edit & rerun", "about('again')"),
    Command("runs.delete", "d,delete", "Delete the marked runs, or this one", "delete"),
    Command("runs.close", "escape", "Back", "back"),
    Command("runs.export", "e", "Export the run", "export", "about('export')"),
    Command("runs.note", "n", "Note", "note", "about('note')"),
    Command("runs.tags", "t", "Tags", "tags", "about('tags')"),
    Command("runs.prune", "D", "Remove the prepared folds"),
)

_ABOUT: Final[dict[str, Callable[[str], Intent]]] = {
    "open": messages.OpenRunRequested,
    "resume": messages.ResumeRequested,
    "again": run_messages.RerunRequested,
    "export": ExportDialogRequested,
    "note": partial(run_messages.AnnotationDialogRequested, what="note"),
    "tags": partial(run_messages.AnnotationDialogRequested, what="tags"),
}
"""What is asked of a run, by the command's verb."""

LOOK_SECONDS = 2.0
"""Other processes write to the store, too."""
_EMPTY = "no runs yet: open a dataset with o, then r starts one"


class _List(VariedRows):
    """The list; `enter` and `space` are the screen's, so that the footer has them."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `enter` and `space` to the screen."""
        return action != "choose"


class Runs(SessionScreen[None]):
    """A table of all runs in the store, the newest first."""

    CSS_PATH: ClassVar = "runs.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = RUNS
    BINDINGS: ClassVar = [
        Binding("down", "leave_filter", show=False),
    ]
    HELP = "Stored runs"
    PARTS = ("stored", "usage", "store", "unlisted")

    def __init__(self) -> None:
        super().__init__()
        self._marked: dict[str, None] = {}

    def compose(self) -> ComposeResult:
        """Lay out the table, and what is known of the highlighted run."""
        yield Headline().data_bind(session=Runs.session)
        yield Static(id="runs-warning")
        yield LineInput(
            placeholder="id, data, target, arm, note, tag, status", id="runs-find"
        )
        yield _List((), id="runs-list")
        yield Static(id="runs-empty")
        yield Static(id="runs-detail")
        yield Static(id="runs-totals")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show what is known already, and look again now and then."""
        self.query_one("#runs-find").display = False
        self.draw()
        self.query_one(_List).focus()
        self.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        if self.is_current:
            self.post_message(run_messages.RunsRefreshRequested())

    def on_resize(self) -> None:
        """Give names the room there is."""
        self.draw()

    # What is seen ------------------------------------------------------------------

    def draw(self) -> None:
        """Show the runs; the highlight stays on its run, wherever that is now."""
        stored = self.session.stored or ()
        there = {run.id for run in stored}
        self._marked = {i: None for i in self._marked if i in there}
        text = self.query_one("#runs-find", Input).value
        runs = runs_table.filtered(stored, text)
        listed = self.query_one(_List)
        listed.put(runs_table.table(runs, self._marked, self.session.usage))
        listed.display = bool(runs)
        empty = self.query_one("#runs-empty", Static)
        empty.display = not runs
        empty.update(self._nothing(text))
        warning = runs_table.warning(self.session)
        banner = self.query_one("#runs-warning", Static)
        banner.display = warning is not None
        banner.update(warning or Content(""))
        totals = runs_table.totals(self.session, len(runs), self._marked, text)
        self.query_one("#runs-totals", Static).update(totals)
        self._detail()
        self.refresh_bindings()

    def _nothing(self, text: str) -> Content:
        """Say why there is nothing to see."""
        session = self.session
        if session.stored is None and session.unlisted is not None:
            return wording.refusal(session.unlisted.message, session.unlisted.fix)
        if session.stored is None:
            return Content("looking …")
        if session.stored and text.strip():
            return Content("No run matches; esc shows all.")
        return Content(_EMPTY)

    def _detail(self) -> None:
        run = self._current()
        text = Content("")
        if run is not None:
            text = runs_table.detail(run, self.session.usage, self.size.width - 4)
        self.query_one("#runs-detail", Static).update(text)

    @on(VariedRows.Highlighted)
    def _moved(self, event: VariedRows.Highlighted) -> None:
        """Say more about the run."""
        event.stop()
        self._detail()
        self.refresh_bindings()

    @on(VariedRows.Chosen)
    def _clicked(self, event: VariedRows.Chosen) -> None:
        """Open the run that was clicked."""
        event.stop()
        self.post_message(messages.OpenRunRequested(event.key))

    def _current(self) -> RunSummary | None:
        here = self.query_one(_List).highlighted
        return next((r for r in self.session.stored or () if r.id == here), None)

    def copied(self) -> Copied:
        """Return the listed runs as text."""
        return Copied(self.query_one(_List).as_text(), "the table")

    # The filter --------------------------------------------------------------------

    @property
    def _find(self) -> Input:
        return self.query_one("#runs-find", Input)

    @on(Input.Changed, "#runs-find")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.draw()

    @on(Input.Submitted, "#runs-find")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave_filter()

    def action_filter(self) -> None:
        """Let the user type what to look for."""
        self._find.display = True
        # At once: what is typed meanwhile is for the line, and no command.
        self.set_focus(self._find)

    def action_leave_filter(self) -> None:
        """Go back to the list, which stays as narrow as it is."""
        self._find.display = bool(self._find.value.strip())
        self.query_one(_List).focus()

    # Commands ----------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what makes no sense now."""
        if action == "leave_filter":
            return bool(self._find.has_focus)
        if action not in ("about", "compare", "delete", "mark", "prune"):
            return True
        if not self.is_mounted or self.focused is self._find:
            return False
        run = self._current()
        if action == "prune" or (action == "delete" and self._marked):
            return True
        if action == "compare":
            return len(self._pair()) > 1
        if parameters == ("resume",):
            return run is not None and run.status in RESUMABLE
        return run is not None

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
        """Mark the highlighted run, or take that back, and go to the next."""
        run = self._current()
        if run is None:
            return
        if run.id not in self._marked:
            self._marked[run.id] = None
        else:
            del self._marked[run.id]
        self.draw()
        self.query_one(_List).action_move(1)

    def action_compare(self) -> None:
        """Set runs side by side."""
        if len(pair := self._pair()) > 1:
            self.post_message(run_messages.CompareRequested(pair))

    def action_delete(self) -> None:
        """Ask, and delete the marked runs, or the highlighted one."""
        run = self._current()
        chosen = tuple(self._marked) or ((run.id,) if run is not None else ())
        self.post_message(run_messages.DeleteRunsRequested(chosen))

    def action_prune(self) -> None:
        """Ask, and remove the prepared folds."""
        self.post_message(run_messages.PruneRequested())

    def action_close(self) -> None:
        """Show all runs again, or go back if they are shown."""
        if self._find.value or self._find.has_focus:
            self._find.value = ""
            self.action_leave_filter()
        else:
            super().action_close()
