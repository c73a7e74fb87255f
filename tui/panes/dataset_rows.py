"""The dataset's other pictures: its rows, and the advice about it."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from engine.client.messages import TableInfo
from tui.console import figures
from tui.draft import spoken
from tui.messages import RowsRequested
from tui.panes import wording
from tui.panes.base import Copied, View
from tui.panes.layout import Sized, say
from tui.safe_text import clean, clip, content
from tui.session import Session
from tui.widgets.prose import Paragraph, Prose
from tui.widgets.sheet import Sheet

__all__ = ["AdviceView", "RowsView"]

_SHORT = 12
_LONGEST_CELL = 400


class RowsView(View, Sized):
    """The rows as they were read, a page at a time."""

    NAME = "rows"
    TITLE = "Rows"
    SHORT = _SHORT
    HELP = """
    ## Rows

    The cells as they were read; `·` is a missing one. The arrow keys move from cell to
    cell, the whole of which stands below; further rows are fetched as you come to them.
    """

    _asked: object = None

    def compose(self) -> ComposeResult:
        """Lay out the sheet and the cell in full."""
        yield Sheet()
        yield Static(id="rows-cell")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw the page, and ask for the first one."""
        load = session.load
        table = load.table
        cell = self.query_one("#rows-cell", Static)
        if table is None:
            say(cell, Content(wording.NO_DATASET))
            return
        key = (table.source, table.rows)
        if load.page is None and self._asked != key and not load.busy:
            self._asked = key
            self.post_message(RowsRequested(0, 100))
        if load.page_problem is not None:
            problem = load.page_problem
            say(cell, wording.refusal(problem.message, problem.remedy))
            return
        page = load.page
        if page is not None and (before is None or before.load.page is not page):
            self.query_one(Sheet).put(page.columns, page.start, page.total, page.rows)
            self._show_cell()

    @on(Sheet.Wanted)
    def _wanted(self, event: Sheet.Wanted) -> None:
        event.stop()
        self.post_message(RowsRequested(event.start, event.count))

    @on(Sheet.Moved)
    def _moved(self, event: Sheet.Moved) -> None:
        event.stop()
        self._show_cell()

    def _show_cell(self) -> None:
        sheet = self.query_one(Sheet)
        if sheet.column is None:
            return
        value = sheet.cell
        known = value if value is not None else "missing" if sheet.is_held else "…"
        name = clip(sheet.column, 40)
        say(
            self.query_one("#rows-cell", Static),
            Content.assemble(
                (f"row {sheet.cursor[0] + 1:,}  {name}  ", "bold"),
                content(known, width=_LONGEST_CELL),
            ),
        )

    def copied(self) -> Copied:
        """Return the cell under the cursor."""
        sheet = self.query_one(Sheet)
        return Copied(sheet.cell or "", "the cell")


class AdviceView(View):
    """What is worth knowing about the table before a run."""

    NAME = "advice"
    TITLE = "Advice"
    HELP = """
    ## Advice

    What the table itself says before any learning, each with a code and a remedy.
    """

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Prose()

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        table = session.load.table
        if before is None or before.load.table is not table:
            self.query_one(Prose).update(_advice(table))

    def copied(self) -> Copied:
        """Return all advice."""
        return Copied(self.query_one(Prose).plain, "the advice")


def _advice(table: TableInfo | None) -> list[Content | Paragraph]:
    if table is None:
        return [Content(wording.NO_DATASET)]
    parts: list[Content | Paragraph] = []
    if table.problem:
        parts += [wording.refusal(table.problem), Content("")]
    for advice in table.advice:
        where = f" {clip(advice.column, 40)}:" if advice.column else ""
        parts.append(
            Content.assemble(
                (f"! {clean(advice.code)}", "bold $text-warning"),
                (where, "bold"),
                f" {clean(advice.message)}",
            )
        )
        parts += [Paragraph(content(spoken(advice.remedy), "dim"), "  → "), Content("")]
    if not table.advice:
        parts += [
            Content.styled("✓ Nothing to warn about.", "$text-success"),
            Content(""),
        ]
    parts.append(Content.styled("How it was read", "bold"))
    parts += [
        wording.titled(clean(name), value if value is not None else figures.NOTHING)
        for name, value in table.reader.items()
    ]
    return parts
