"""Which columns of a table are read, ticked in a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.client.messages import Preview
from tui.console import figures
from tui.panes import wording
from tui.safe_text import clip
from tui.screens.base import Dialog
from tui.widgets.columns import Column
from tui.widgets.rows import Item, Rows

__all__ = ["ChooseColumns"]

_EXAMPLES = 3


class ChooseColumns(Dialog[tuple[str, ...]]):
    """Asks for columns; dismisses with their names, () for all, or with nothing.

    Parameters
    ----------
    names : sequence of str
        The table's columns.
    chosen : sequence of str
        Those read now; all of them when empty.
    target : str or None
        Stays ticked.
    preview : Preview or None
        Its first rows, and what all of it would take.
    """

    CSS_PATH: ClassVar = ["dialog.tcss", "pick_column.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "turn_all", show=False),
        Binding("enter", "finish", show=False, priority=True),
    ]

    def __init__(
        self,
        names: Sequence[str],
        chosen: Sequence[str],
        target: str | None,
        preview: Preview | None,
    ) -> None:
        super().__init__()
        self._names = tuple(names)
        self._chosen = set(chosen or names)
        self._target = target
        self._preview = preview

    def compose(self) -> ComposeResult:
        """Lay out the sum and the list."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content("Which columns are to be read?")
            box.border_subtitle = Content("esc closes")
            yield Static(id="columns-sum")
            yield Rows(
                (
                    Column("", 3),
                    Column("column", 14, grow=30),
                    Column("as", 10, grow=60),
                ),
                header=False,
                empty="No column is known yet.",
                hot=3,
                id="columns-list",
            )
            yield Static(
                "space ticks   a ticks all or none   enter loads",
                classes="dialog-hint",
                markup=False,
            )

    def on_mount(self) -> None:
        """Show what is ticked."""
        self.query_one(Rows).focus()
        self._show()

    def _show(self) -> None:
        self.query_one(Rows).update_items([self._item(name) for name in self._names])
        self.query_one("#columns-sum", Static).update(self._sum())

    def _item(self, name: str) -> Item:
        box = "[■]" if name in self._chosen else "[ ]"
        note = "the target" if name == self._target else self._examples(name)
        return Item(name, (box, name, (note, "dim")))

    def _examples(self, name: str) -> str:
        seen = self._preview
        if seen is None or name not in seen.columns:
            return ""
        place = seen.columns.index(name)
        cells = (row[place] for row in seen.rows if place < len(row))
        known = dict.fromkeys(cell for cell in cells if cell is not None)
        return ", ".join(clip(cell, 12) for cell in list(known)[:_EXAMPLES])

    def _sum(self) -> Content:
        count, of = len(self._chosen), len(self._names)
        text = f"{count:,} of {figures.plural(of, 'column')}"
        seen = self._preview
        if seen is not None and seen.memory is not None and of:
            part = seen.memory * count // of
            text += f", some {wording.size(part)}"
            if seen.free is not None:
                text += f" of {wording.size(seen.free)} free memory"
                if part > seen.free:
                    return Content.styled(f"{text}: too much", "bold $text-warning")
        return Content(text)

    @on(Rows.Chosen)
    def _turned(self, event: Rows.Chosen) -> None:
        event.stop()
        if event.how != "enter" and event.key != self._target:
            self._chosen ^= {event.key}
            self._show()

    def action_turn_all(self) -> None:
        """Tick all columns, or none but the target."""
        whole = len(self._chosen) == len(self._names)
        kept = {self._target} & set(self._names) if whole else self._names
        self._chosen = {name for name in kept if name is not None}
        self._show()

    def action_finish(self) -> None:
        """Close with what is ticked."""
        found = tuple(name for name in self._names if name in self._chosen)
        if found:
            self.dismiss(() if len(found) == len(self._names) else found)
