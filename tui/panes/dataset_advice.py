"""The advice about the dataset: a list, what each means, and what one key can do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from engine.client.messages import TableInfo
from engine.events import Advice, FieldChange
from tui.choices import mute_key
from tui.commands import Command
from tui.data_messages import AdviceMuted, FixApplied, UndoRequested
from tui.messages import Notice
from tui.panes import wording
from tui.panes.base import Sized, View
from tui.safe_text import clip, content
from tui.session import Session
from tui.widgets.columns import ListColumn
from tui.widgets.prose import Paragraph, Prose
from tui.widgets.rows import Item, Rows

_COLUMNS: Final = (
    ListColumn("code", 6),
    ListColumn("column", 10, grow=20),
    ListColumn("what was found", 20, grow=200),
    ListColumn("f does", 14, grow=34, drop=1),
)
_MUTED: Final = "Muted: m hears it again"

_FIXES: Final = {
    "drop": "ignore {}",
    "keep": "learn from {}",
    "group": "group by {}",
    "time": "split by time in {}",
    "duplicates": "keep duplicates {}",
    "positive": "take {} as positive",
}

UNDO: Final = Command(
    "dataset.undo",
    "u",
    "Take the last choice back",
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


def _some(session: Session) -> bool:
    return bool(advices(session))


def _given(session: Session) -> bool:
    return any(line.advice for line in advices(session))


def change_words(fix: FieldChange) -> str:
    """Return what a fix would change, in a few words; data text is cleaned.

    Examples
    --------
    >>> change_words(FieldChange(field="group", value="patient"))
    'group by patient'
    """
    value = clip(fix.value, 24)
    if fix.field == "missing":
        return f"read {clip(fix.value, 16)!r} as missing"
    return _FIXES.get(fix.field, f"set {clip(fix.field, 12)} to {{}}").format(value)


class AdviceView(View, Sized):
    """What is worth knowing about the table before a run."""

    NAME = "advice"
    SHORT = 16
    DRAWS = ("load",)
    COMMANDS: ClassVar = (
        Command(
            "dataset.fix", "f", "Do what the advice recommends", "do it", when=_given
        ),
        Command(
            "dataset.mute", "m", "Mute the advice, or hear it again", "mute", when=_some
        ),
        UNDO,
        Command("dataset.advice_back", "escape", "Back to the pane"),
    )

    def compose(self) -> ComposeResult:
        """Lay out the list and the text about the line under the cursor."""
        yield Rows(_COLUMNS, id="advice-list", empty="Nothing to warn about.")
        yield Prose(id="advice-text")

    def show(self, session: Session, before: Session | None) -> None:
        """Draw what changed."""
        found = advices(session)
        self._lines = {f"{line.key}#{n}": line for n, line in enumerate(found)}
        items = [_item(key, line) for key, line in self._lines.items()]
        given = sum(line.advice is not None for line in found)
        if given < len(items):
            items.insert(given, Item("", (_MUTED,), heading=True))
        rows = self.query_one(Rows)
        rows.display = session.load.table is not None
        rows.update_items(items)
        self._show_text()
        self.refresh_bindings()

    _lines: Mapping[str, AdviceLine] = MappingProxyType({})

    @property
    def line(self) -> AdviceLine | None:
        """The line under the cursor."""
        return self._lines.get(self.query_one(Rows).highlighted or "")

    def _show_text(self) -> None:
        self.query_one(Prose).update(_text(self.session.load.table, self.line))

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
            self.post_message(Notice("It is muted: m hears it again.", line.key))
        elif line.advice.change is None:
            self.post_message(Notice("Nothing that one key could do.", line.key))
        else:
            self.post_message(FixApplied(line.advice.change))

    def action_mute(self) -> None:
        """Mute the advice under the cursor, or hear it again."""
        if (line := self.line) is not None:
            self.post_message(AdviceMuted(line.key, on=line.advice is not None))

    def action_undo(self) -> None:
        """Take the last choice back."""
        self.post_message(UndoRequested())

    async def action_advice_back(self) -> None:
        """Go back to the pane."""
        await self.run_action("screen.hop")


def _item(key: str, line: AdviceLine) -> Item:
    if line.advice is None:
        code, _, column = line.key.partition(":")
        return Item(key, ((code, "dim"), (column, "dim"), ("muted", "dim"), ""))
    advice = line.advice
    does = change_words(advice.change) if advice.change is not None else ""
    code, column = (advice.code, "$text-warning"), advice.column or ""
    return Item(key, (code, column, advice.message, (does, "$text-accent")))


def _text(
    table: TableInfo | None, line: AdviceLine | None
) -> list[Content | Paragraph]:
    """Return what there is to say about the line under the cursor."""
    if table is None:
        return [Content(wording.NO_DATASET)]
    if line is None:
        return [Content.styled("✓ nothing to warn about", "$text-success")]
    if line.advice is None:
        return [content(f"{line.key} is muted. m hears it again.", "dim")]
    advice = line.advice
    parts = [Paragraph(content(advice.message, "bold"), "! ")]
    for lead, text in (("  ", advice.cause), ("→ ", advice.fix)):
        parts += [Paragraph(content(text), lead)] if text else []
    does = Content.styled("nothing that one key could do", "dim")
    if advice.change is not None:
        words = content(change_words(advice.change), "$text-accent")
        does = Content.assemble(("f ", "bold $text-accent"), words)
    return [*parts, Content(""), Paragraph(does, "  ")]
