"""A column, chosen from a list that typing narrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, Literal, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.client.messages import ColumnInfo
from tui.console import figures
from tui.safe_text import content, pad
from tui.screens.base import Dialog

__all__ = ["PickColumn", "Purpose"]

Purpose: TypeAlias = Literal["group", "time", "by", "across", "up", "shown"]

_QUESTIONS: Final = {
    "group": (
        "Grouped by which column?",
        "Rows that share its value (a patient, an account) stay on one side.",
    ),
    "time": (
        "By time, in which column?",
        "The latest rows are the test rows; earlier ones are learned from.",
    ),
    "by": (
        "Which column tells the test rows?",
        "Rows where it says test, 1 or true are the test rows.",
    ),
    "across": ("Which column across?", "The points' place from left to right."),
    "up": ("Which column up?", "The points' place from bottom to top."),
    "shown": ("Which column?", "How its values are distributed is drawn."),
}
_NAME: Final = 32


class PickColumn(Dialog[str]):
    """Asks for a column; dismisses with its name, or with nothing.

    Parameters
    ----------
    what : {"group", "time", "by", "across", "up", "shown"}
        What it is wanted for.
    columns : sequence of ColumnInfo
        Those there are; the likely ones are listed first.
    """

    CSS_PATH: ClassVar = ["dialog.tcss", "pick_path.tcss", "pick_column.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
    ]

    def __init__(self, what: Purpose, columns: Sequence[ColumnInfo]) -> None:
        super().__init__()
        self._title, self._text = _QUESTIONS[what]
        wanted = [column for column in columns if column.role != "target"]
        self._columns = sorted(wanted, key=lambda column: not _likely(what, column))
        self._shown = list(self._columns)

    def compose(self) -> ComposeResult:
        """Lay out the line and the list."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content("esc closes")
            yield Static(self._text, classes="dialog-text", markup=False)
            yield Input(placeholder="type to find a name", id="column")
            yield OptionList(id="column-list", markup=False)
            yield Static(
                "↑ ↓ choose   enter takes it", classes="dialog-hint", markup=False
            )

    def on_mount(self) -> None:
        """List all columns."""
        self.query_one("#column-list").can_focus = False
        self.query_one(Input).focus()
        self._list()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        typed = event.value.strip().lower()
        self._shown = [c for c in self._columns if typed in c.name.lower()]
        self._list()

    def _list(self) -> None:
        options = self.query_one("#column-list", OptionList)
        options.clear_options()
        options.add_options([Option(_line(column)) for column in self._shown])
        options.highlighted = 0 if self._shown else None

    def action_move(self, step: int) -> None:
        """Choose in the list without leaving the line."""
        options = self.query_one("#column-list", OptionList)
        if self._shown and options.highlighted is not None:
            last = len(self._shown) - 1
            options.highlighted = min(last, max(0, options.highlighted + step))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        place = self.query_one("#column-list", OptionList).highlighted
        if place is not None:
            self.dismiss(self._shown[place].name)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._shown[event.option_index].name)


def _likely(what: str, column: ColumnInfo) -> bool:
    """Tell whether a column looks like what is wanted."""
    if what in ("across", "up", "shown"):
        return True
    if what == "time":
        return column.kind == "date"
    if what == "by":
        return column.kind == "boolean" or 2 <= column.levels <= 3
    return column.kind in ("id", "category", "integer", "text")


def _line(column: ColumnInfo) -> Content:
    levels = figures.plural(column.levels, "level")
    return Content.assemble(
        content(pad(column.name, _NAME)),
        "  ",
        content(f"{column.kind}, {levels}", "dim"),
    )
