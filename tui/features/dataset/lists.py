"""The dataset as lists: its rows, a page at a time, and the advice about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import compress
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.events import DescendantFocus
from textual.widgets import Static

from engine.core.events import Advice
from engine.core.messages import Order, PageRequest
from engine.core.views.profile import first_rows, fix, promise, read_as
from tui.features import wording
from tui.features.commands import Command
from tui.features.dataset import state
from tui.features.dataset.state import NO_TEXT, change_words, mute_key
from tui.features.messages import Notice, ViewChosen
from tui.features.pane import Sized, View, say
from tui.features.questions import Ask
from tui.features.session import Loading, Session
from tui.terminal.clipboard import Copied
from tui.terminal.safe_text import cells, clean, clip, content
from tui.widgets.prose import Paragraph, Prose
from tui.widgets.rows import Item, ListColumn, Rows, VariedRows
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
    action="post('ReadDialogRequested')",
    untabled="how it is read",
    when=_readable,
)
"""What shows and changes how the file is read."""


class RowsView(View, Sized):
    """The rows as they were read, a page at a time."""

    NAME = "rows"
    SHORT = 12
    COMMANDS_HERE: ClassVar = (READ,)

    _asked: object = None
    _put: object = None

    def compose(self) -> ComposeResult:
        """Lay out how it was read, the sheet, and the cell in full."""
        yield Static(id="rows-head")
        yield Sheet()
        yield Static(id="rows-cell")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw the page, and ask for the first one."""
        load, table = session.load, session.load.table
        say(self.query_one("#rows-head", Static), _head(session))
        if table is None:
            self._asked = None
            self._begin(whole=False)
            self._show_preview(load)
            return
        key = (table.source, table.rows, load.request and load.request.read)
        if load.page.answer is None and self._asked != key and not load.busy:
            self._asked = key
            self._begin(whole=True)
            self.post_message(_rows(0, 100))
        page = load.page.answer
        if (problem := load.page.problem) is not None:
            cell = self.query_one("#rows-cell", Static)
            say(cell, wording.refusal(problem.message, problem.fix))
        elif page is not None and self._put is not page:
            self._put = page
            self.query_one(Sheet).put(
                page.columns, page.start, page.total, page.rows, page.numbers
            )
            self._show_cell()

    def _begin(self, *, whole: bool) -> None:
        """Begin with rows in the order of the file; only a whole table is sorted."""
        sheet = self.query_one(Sheet)
        sheet.order, sheet.whole = None, whole

    def _show_preview(self, load: Loading) -> None:
        """Show the first rows of what is still being read, or cannot be."""
        sheet, seen = self.query_one(Sheet), load.preview.answer
        if seen is None:
            sheet.put((), 0, 0, ())
        elif self._put is not seen:
            sheet.put(seen.columns, 0, len(seen.rows), seen.rows)
        self._put = seen
        if seen is None:
            text = content(wording.no_table(load))
            say(self.query_one("#rows-cell", Static), text)
        else:
            self._show_cell()

    @on(Sheet.Wanted)
    def _wanted(self, event: Sheet.Wanted) -> None:
        event.stop()
        if self.session.load.table is not None:
            order = self.query_one(Sheet).order
            self.post_message(_rows(event.start, event.count, order))

    @on(Sheet.Moved)
    def _moved(self, event: Sheet.Moved) -> None:
        event.stop()
        self._show_cell()
        self._stay()

    @on(DescendantFocus)
    def _stay(self) -> None:
        """Let who looks around here stay here when the rest has been read."""
        if self.session.load.table is None and self.session.load.preview.answer:
            self.post_message(ViewChosen("dataset", self.NAME))

    def _show_cell(self) -> None:
        sheet, text = self.query_one(Sheet), Content("")
        if sheet.column is not None:
            known = "missing" if sheet.is_held else "…"
            known = known if sheet.cell is None else sheet.cell
            head = f"row {sheet.number:,}  {clip(sheet.column, 40)}  {self._kind}"
            cell = content(known, width=_LONGEST_CELL)
            text = Content.assemble((head, "bold"), cell)
        say(self.query_one("#rows-cell", Static), text)

    @property
    def _kind(self) -> str:
        """What the cursor's column looks like, while nothing else says it."""
        load, place = self.session.load, self.query_one(Sheet).cursor[1]
        seen = load.preview.answer.seen if load.preview.answer is not None else ()
        there = load.table is None and place < len(seen)
        return f"{seen[place].kind}  " if there else ""

    def copied(self) -> Copied:
        """Return the cell under the cursor."""
        return Copied(self.query_one(Sheet).cell or "", "the cell")


def _rows(start: int, count: int, order: Order | None = None) -> Ask:
    request = PageRequest(id=0, start=start, count=count, sort=order)
    return Ask("load.page", request)


def _head(session: Session) -> Content:
    """Return how the table was read, or how far that is, and what its rows promise."""
    load = session.load
    table, seen = load.table, load.preview.answer
    if table is not None:
        text = read_as(table.reader)
        return content(f"{text}  i changes it" if text else "", "dim")
    far = []
    if load.busy:
        keys = Content.styled(f"{wording.escapes(load)}   i settings", "dim")
        far = [Content("  ").join([*wording.progress(load, session.service), keys])]
    if seen is None:
        return wording.lines(far)
    how = f"  {clean(read_as(seen.reader))}"
    first = Content.assemble((first_rows(seen), "bold"), how)
    return wording.lines([*far, first, content(promise(seen), "dim")])


_WIDE: Final = 90
"""From so many cells on a line of advice has its fix in words, not its key alone."""
_MOST_COLUMN, _MOST_FIX = 20, 36


UNDO: Final = Command(
    "dataset.undo",
    "u",
    "Undo the last choice",
    action="post('UndoRequested')",
    when=lambda session: bool(session.load.history),
)
"""What takes a choice back, wherever choices are made."""


class AdviceLine(NamedTuple):
    """One line of the list: an advice, or the key of a muted one."""

    key: str
    advice: Advice | None = None


def advices(session: Session) -> list[AdviceLine]:
    """Return the advice that is given, then what is muted."""
    table, request = session.load.table, session.load.request
    if table is None or request is None:
        return []
    given = [AdviceLine(mute_key(one.code, one.column), one) for one in table.advice]
    keys = {line.key for line in given}
    return [*given, *(AdviceLine(key) for key in request.mute if key not in keys)]


def _fixable(session: Session) -> bool:
    return any(line.advice for line in advices(session))


class AdviceView(View, Sized):
    """What is worth knowing about the table before a run."""

    NAME = "advice"
    SHORT = 16
    DRAWS = ("load",)
    COMMANDS_HERE: ClassVar = (
        Command(
            "dataset.fix", "f", "Apply the fix of the advice", "apply", when=_fixable
        ),
        Command("dataset.mute", "m", "Mute or unmute the advice", "mute", when=advices),
        UNDO,
        Command("dataset.advice_back", "escape", "Back to the pane"),
    )

    def compose(self) -> ComposeResult:
        """Lay out the list and the text about the line under the cursor."""
        yield VariedRows((), id="advice-list", empty="Nothing to warn about.")
        yield Prose(id="advice-text")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        found = advices(session)
        self._lines = {f"{line.key}#{n}": line for n, line in enumerate(found)}
        self.query_one(Rows).display = session.load.table is not None
        self.query_one(VariedRows).put(partial(advice_list, self._lines))
        self._show_text()
        self.refresh_bindings()

    _lines: Mapping[str, AdviceLine] = MappingProxyType({})

    @property
    def line(self) -> AdviceLine | None:
        """The line under the cursor."""
        return self._lines.get(self.query_one(Rows).highlighted or "")

    def _show_text(self) -> None:
        load = self.session.load
        text = [content(wording.no_table(load))]
        shown = text if load.table is None else _text(self.line)
        self.query_one(Prose).update(shown)

    @on(Rows.Highlighted)
    def _moved(self, event: Rows.Highlighted) -> None:
        event.stop()
        self._show_text()

    @on(Rows.Chosen)
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self.action_fix()

    def action_fix(self) -> None:
        """Do what the advice under the cursor recommends."""
        if (line := self.line) is None:
            return
        if line.advice is None:
            self.post_message(Notice("It is muted: m unmutes it.", line.key))
        elif line.advice.change is None:
            self.post_message(Notice("No key applies a fix of this advice.", line.key))
        else:
            self.post_message(state.FixApplied(line.advice.change))

    def action_mute(self) -> None:
        """Mute the advice under the cursor, or hear it again."""
        if (line := self.line) is not None:
            self.post_message(state.AdviceMuted(line.key))

    async def action_advice_back(self) -> None:
        """Go back to the pane."""
        await self.run_action("screen.hop")


def advice_list(
    lines: Mapping[str, AdviceLine], width: int
) -> tuple[list[ListColumn], list[Item]]:
    """Return the list for the cells of a line: fixes by key, in words if there is room.

    A column that nothing would be in is left out.
    """
    rows = [(key, line.advice is None, _cells(line)) for key, line in lines.items()]
    fixes = max((cells(row[-1]) for _, _, row in rows), default=0)
    named = max((cells(row[1]) for _, _, row in rows), default=0)
    columns = (
        ListColumn("code", 6),
        ListColumn("column", 6, grow=min(named, _MOST_COLUMN)),
        ListColumn("what was found", 20, grow=200),
        ListColumn("fix", min(fixes, _MOST_FIX) if width >= _WIDE else len("fix")),
    )
    filled = True, named, True, fixes
    items: list[Item] = []
    for key, muted, (code, column, message, does) in rows:
        if muted and not any(item.heading for item in items):
            items.append(Item("", ("Muted: m unmutes it",), heading=True))
        style = "dim" if muted else ""
        way = does if width >= _WIDE else does[:1]
        lead = (code, style or "$text-warning"), (column, style), (message, style)
        items.append(Item(key, tuple(compress((*lead, (way, "$text-accent")), filled))))
    return list(compress(columns, filled)), items


def _cells(line: AdviceLine) -> tuple[str, str, str, str]:
    """Return code, column, what was found, and the key of its fix with its words."""
    if (advice := line.advice) is None:
        code, _, column = line.key.partition(":")
        return code, column, "muted", ""
    does = f"f {change_words(advice.change)}" if advice.change is not None else ""
    return advice.code, advice.column or "", advice.message, does


def _text(line: AdviceLine | None) -> Sequence[Content | Paragraph]:
    """Return what there is to say about the line under the cursor."""
    if line is None:
        return [Content.styled("✓ nothing to warn about", "$text-success")]
    if line.advice is None:
        return [content(f"{line.key} is muted. m unmutes it.", "dim")]
    advice = line.advice
    message = Paragraph(content(advice.message, "bold"), "! ")
    parts: list[Content | Paragraph] = [message]
    for lead, text in (("  ", advice.cause), ("→ ", fix(advice))):
        parts += [Paragraph(content(text), lead)] if text else []
    if advice.change is None:
        return parts
    words = content(change_words(advice.change), "$text-accent")
    does = Content.assemble(("f ", "bold $text-accent"), words)
    return [*parts, Content(""), Paragraph(does, "  ")]
