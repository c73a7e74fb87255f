"""The stored runs: open one, resume one, delete one."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import DataTable, Static

from tui import messages as say
from tui.commands import Command, bindings, register
from tui.console import figures
from tui.safe_text import cells, content, rich_text
from tui.screens.base import SessionScreen
from tui.screens.frame import Headline, KeyLine, short_name
from tui.session import RunSummary, Session

__all__ = ["RUNS", "Runs"]

RUNS: tuple[Command, ...] = (
    Command(
        "runs.open",
        "enter",
        "Open the run",
        "Shows its results, and sets its experiment up again.",
        "open",
    ),
    Command(
        "runs.resume",
        "s",
        "Resume the run",
        "Goes on with a run that was interrupted or cancelled.",
        "resume",
        footer="resume",
    ),
    Command(
        "runs.delete",
        "d,delete",
        "Delete the run",
        "Removes it from the store, after a question.",
        "delete",
        footer="delete",
    ),
    Command("runs.close", "escape", "Back", "Closes the list.", "close", footer="back"),
)
register(RUNS)

_MARKS = {"running": "▶", "done": "✓", "failed": "✗"}

_COLUMNS = {
    "run": 3,
    "when": 12,
    "status": 13,
    "data": 13,
    "target": 10,
    "trials": 7,
    "time": 7,
}
"""Titles, and the least cells of each."""
_PADDING, _SCROLLBAR = 2, 2
_MOST_TARGET = 24


class Runs(SessionScreen[None]):
    """A table of all runs in the store, the newest first."""

    CSS_PATH: ClassVar = "runs.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = RUNS
    BINDINGS: ClassVar = [*bindings(RUNS)]
    HELP = """
    ## Stored runs

    Every run is kept with all its trials, also one that was cancelled or interrupted:
    such a run can be resumed where it stopped. Opening a run shows its results and
    sets its experiment up again, so that `r` repeats it.
    """

    def compose(self) -> ComposeResult:
        """Lay out the table and the verdict of the highlighted run."""
        yield Headline().data_bind(session=Runs.session)
        table: DataTable[Text] = DataTable(cursor_type="row", zebra_stripes=False)
        yield table
        yield Static(id="runs-empty")
        yield Static(id="runs-detail")
        yield KeyLine("enter open")

    def on_mount(self) -> None:
        """Show what is known already."""
        self._fill()
        self.query_one(DataTable).focus()

    def watch_session(self, before: Session, session: Session) -> None:
        """Show what came in."""
        if self.is_mounted and before.stored is not session.stored:
            self._fill()

    def on_resize(self) -> None:
        """Give names the room there is."""
        self._fill()

    def _fill(self) -> None:
        """Show the runs; the highlight stays on its run, wherever that is now."""
        table = self.query_one(DataTable)
        stored = self.session.stored
        runs = stored or ()
        ids = [run.id for run in runs]
        wide = _widths(runs, self.size.width)
        known = [str(key.value) for key in table.rows]
        if known != ids or [c.width for c in table.columns.values()] != [
            *wide.values()
        ]:
            here, place = self._highlighted, table.cursor_row
            table.clear(columns=True)
            for title, width in wide.items():
                table.add_column(Text(title), key=title, width=width)
            for run in runs:
                table.add_row(*_cells(run, wide), key=run.id)
            if ids:
                row = ids.index(here) if here in ids else min(place, len(ids) - 1)
                table.move_cursor(row=row)
        else:
            for run in runs:
                for title, cell in zip(wide, _cells(run, wide), strict=True):
                    table.update_cell(run.id, title, cell)
        empty = "looking …" if stored is None else "no runs yet: r in the workbench"
        self.query_one("#runs-empty", Static).update(Content("" if ids else empty))
        self.query_one("#runs-empty").display = not ids
        self._detail()

    def on_data_table_row_highlighted(self) -> None:
        """Say more about the run."""
        self._detail()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Open the run; the list may have changed since."""
        self.post_message(say.OpenRunRequested(str(event.row_key.value)))

    @property
    def _highlighted(self) -> str | None:
        """The run that is highlighted, as the table has it."""
        table = self.query_one(DataTable)
        keys = [str(row.key.value) for row in table.ordered_rows]
        place = table.cursor_row
        return keys[place] if 0 <= place < len(keys) else None

    def _current(self) -> RunSummary | None:
        here = self._highlighted
        return next((r for r in self.session.stored or () if r.id == here), None)

    def _detail(self) -> None:
        run = self._current()
        text = Content("")
        if run is not None:
            text = Content.assemble(
                (run.id, "dim"),
                "  ",
                content(", ".join(run.arms), "dim"),
                "\n",
                content(run.headline),
            )
        self.query_one("#runs-detail", Static).update(text)

    # Commands ----------------------------------------------------------------------

    def action_open(self) -> None:
        """Open the highlighted run."""
        if (run := self._current()) is not None:
            self.post_message(say.OpenRunRequested(run.id))

    def action_resume(self) -> None:
        """Resume the highlighted run."""
        run = self._current()
        if run is None:
            return
        if run.status in ("interrupted", "cancelled", "failed"):
            self.post_message(say.ResumeRequested(run.id))
        else:
            text = f"run {run.number} is {run.status}"
            self.post_message(say.Said(text, "Nothing to resume", problem=True))

    def action_delete(self) -> None:
        """Ask, and delete the highlighted run."""
        if (run := self._current()) is not None:
            self.post_message(say.DeleteRunRequested(run.id))

    def action_close(self) -> None:
        """Go back."""
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()


def _widths(runs: Sequence[RunSummary], room: int) -> dict[str, int]:
    """Return how wide each column is: what is left goes to the longest names."""
    wide = dict(_COLUMNS)
    taken = sum(wide.values()) + _PADDING * len(wide) + _SCROLLBAR
    spare = max(0, room - taken)
    wanted = {
        "data": max((cells(short_name(run.source)) for run in runs), default=0),
        "target": min(_MOST_TARGET, max((cells(r.target) for r in runs), default=0)),
    }
    for title, most in wanted.items():
        more = min(spare, max(0, most - wide[title]))
        wide[title] += more
        spare -= more
    return wide


def _cells(run: RunSummary, wide: Mapping[str, int]) -> list[Text]:
    when = time.strftime("%d %b %H:%M", time.localtime(run.created))
    return [
        Text(f"{run.number:>3}"),
        Text(when),
        rich_text(f"{_MARKS.get(run.status, ' ')} {run.status}"),
        rich_text(short_name(run.source), width=wide["data"]),
        rich_text(run.target, width=wide["target"]),
        Text(f"{len(run.arms)} × {run.trials}".rjust(7)),
        Text(f"{figures.clock(run.seconds):>7}"),
    ]
