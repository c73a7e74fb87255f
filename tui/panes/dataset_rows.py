"""The dataset's rows, the first of them already while the rest is still read."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.client.messages import PageRequest
from engine.core.views.profile import promise, read_as
from tui.choices import NO_TEXT
from tui.commands import Command
from tui.data_messages import ReadDialogRequested
from tui.messages import ViewChosen
from tui.panes import wording
from tui.panes.base import Copied, Sized, View, say
from tui.questions import Ask
from tui.safe_text import clean, clip, content
from tui.session import Loading, Session
from tui.widgets.sheet import Sheet

_LONGEST_CELL = 400


def _readable(session: Session) -> bool:
    """Tell whether the table may be read in another way."""
    request = session.load.request
    return request is not None and not request.source.startswith(NO_TEXT)


READ = Command(
    "dataset.read",
    "i",
    "How it was read: format, delimiter, encoding, header",
    untabled="how it is read",
    when=_readable,
)
"""What shows and changes how the file is read."""


class RowsView(View, Sized):
    """The rows as they were read, a page at a time."""

    NAME = "rows"
    SHORT = 12
    COMMANDS: ClassVar = (READ,)

    _asked: object = None
    _put: object = None

    def compose(self) -> ComposeResult:
        """Lay out how it was read, the sheet, and the cell in full."""
        yield Static(id="rows-head")
        yield Sheet()
        yield Static(id="rows-cell")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw the page, and ask for the first one."""
        load = session.load
        table = load.table
        say(self.query_one("#rows-head", Static), _head(load))
        cell = self.query_one("#rows-cell", Static)
        if table is None:
            self._asked = None
            self._show_preview(load)
            return
        key = (table.source, table.rows, load.request and load.request.read)
        if load.page.answer is None and self._asked != key and not load.busy:
            self._asked = key
            self.post_message(_rows(0, 100))
        if (problem := load.page.problem) is not None:
            say(cell, wording.refusal(problem.message, problem.fix))
            return
        if (page := load.page.answer) is not None and self._put is not page:
            self._put = page
            self.query_one(Sheet).put(page.columns, page.start, page.total, page.rows)
            self._show_cell()

    def _show_preview(self, load: Loading) -> None:
        """Show the first rows of what is still being read, or cannot be."""
        sheet, seen = self.query_one(Sheet), load.preview.answer
        if seen is None:
            sheet.put((), 0, 0, ())
        elif self._put is not seen:
            sheet.put(seen.columns, 0, len(seen.rows), seen.rows)
        self._put = seen
        if load.request is None:
            say(self.query_one("#rows-cell", Static), Content(wording.NO_DATASET))
        else:
            self._show_cell()

    @on(Sheet.Wanted)
    def _wanted(self, event: Sheet.Wanted) -> None:
        event.stop()
        if self.session.load.table is not None:
            self.post_message(_rows(event.start, event.count))

    @on(Sheet.Moved)
    def _moved(self, event: Sheet.Moved) -> None:
        event.stop()
        self._show_cell()
        if self.session.load.table is None:
            # Who looks around here stays here when the rest has been read.
            self.post_message(ViewChosen("dataset", self.NAME))

    def _show_cell(self) -> None:
        sheet, text = self.query_one(Sheet), Content("")
        if sheet.column is not None:
            value = sheet.cell
            known = value if value is not None else "missing" if sheet.is_held else "…"
            head = f"row {sheet.cursor[0] + 1:,}  {clip(sheet.column, 40)}  "
            cell = content(known, width=_LONGEST_CELL)
            text = Content.assemble((head, "bold"), cell)
        say(self.query_one("#rows-cell", Static), text)

    def action_read(self) -> None:
        """Show how the file is read."""
        self.post_message(ReadDialogRequested())

    def copied(self) -> Copied:
        """Return the cell under the cursor."""
        return Copied(self.query_one(Sheet).cell or "", "the cell")


def _rows(start: int, count: int) -> Ask:
    return Ask("load.page", PageRequest(id=0, start=start, count=count))


def _head(load: Loading) -> Content:
    """Return how the table was read, or what its first rows promise."""
    table, seen = load.table, load.preview.answer
    if table is not None:
        text = read_as(table.reader)
        return content(f"{text}  i changes it" if text else "", "dim")
    if seen is None:
        waiting = load.request is not None and load.busy
        return Content.styled("looking at the first rows …" if waiting else "", "dim")
    first = Content.assemble(("The first rows ", "bold"), clean(read_as(seen.reader)))
    return wording.lines([first, content(promise(seen), "dim")])
