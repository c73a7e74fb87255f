"""Questions about columns: which one, which of them, and what one is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from engine.core import format as figures
from engine.core.messages import ColumnInfo, Preview
from tui.features.dataset.messages import KindChanged
from tui.features.dialogs import ChoiceDialog, column_about
from tui.features.mail import Intent
from tui.features.messages import RoleChanged
from tui.features.screen import DIALOG_STYLE, Dialog
from tui.features.session import RoleChoice
from tui.terminal.safe_text import clip
from tui.widgets.columns import ListColumn
from tui.widgets.rows import Item, Rows

_EXAMPLES: Final = 3
_TICKED: Final = (
    ListColumn("", 3),
    ListColumn("column", 14, grow=30),
    ListColumn("as", 10, grow=60),
)


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

    CSS_PATH: ClassVar = [DIALOG_STYLE, "pick_column.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "turn_all", show=False),
        Binding("enter", "finish", show=False, priority=True),
    ]
    heading = "Which columns to load?"
    hint = "space ticks   a ticks all or none   enter loads"

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

    def compose_body(self) -> ComposeResult:
        """Lay out the sum and the list."""
        yield Static(id="columns-sum")
        yield Rows(_TICKED, header=False, hot=3, id="columns-list")

    def on_mount(self) -> None:
        """Show what is ticked."""
        self.query_one(Rows).focus()
        self._show()

    def _show(self) -> None:
        items = []
        for name in self._names:
            box = "[■]" if name in self._chosen else "[ ]"
            note = "the target" if name == self._target else self._examples(name)
            items.append(Item(name, (box, name, (note, "dim"))))
        self.query_one(Rows).update_items(items)
        self.query_one("#columns-sum", Static).update(self._sum())

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
            text += f", some {figures.size(part)}"
            if seen.free is not None:
                text += f" of {figures.size(seen.free)} free memory"
                if part > seen.free:
                    return Content.styled(f"{text}: too much", "bold $text-warning")
        return Content(text)

    @on(Rows.Chosen)
    def _tick(self, event: Rows.Chosen) -> None:
        if event.how != "enter" and event.key != self._target:
            self._chosen ^= {event.key}
            self._show()

    def action_turn_all(self) -> None:
        """Tick all columns, or none but the target."""
        whole = len(self._chosen) == len(self._names)
        self._chosen = {n for n in self._names if not whole or n == self._target}
        self._show()

    def action_finish(self) -> None:
        """Close with what is ticked."""
        chosen = tuple(name for name in self._names if name in self._chosen)
        if chosen:
            self.dismiss(() if len(chosen) == len(self._names) else chosen)


_ANSWERS: Final = (
    ("role-feature", "f", "feature      the model uses it"),
    ("role-ignored", "i", "ignored      the model does not use it"),
    ("role-target", "t", "target       what is to be predicted"),
    ("role-group", "g", "group        equal values stay in one part"),
    ("role-time", "m", "time         the latest rows become the test set"),
    ("role-split", "s", "split        marks the test rows"),
    ("kind-number", "n", "number       values on a scale"),
    ("kind-category", "c", "category     codes or names, in no order"),
    ("kind-date", "d", "date         days and times"),
    ("kind-text", "x", "text         free text"),
)


class ColumnRole(ChoiceDialog):
    """What a column is for; dismisses with ``role-…`` or ``kind-…``.

    Parameters
    ----------
    column : ColumnInfo
        The column as it is now.
    changed : bool
        Whether its kind was chosen, and so can be what it looks like again.
    """

    def __init__(self, column: ColumnInfo, changed: bool) -> None:
        now = f"role-{'ignored' if column.role == 'id' else column.role}"
        like = f"kind-{'number' if column.kind == 'integer' else column.kind}"
        answers = [
            (name, key, f"{label}{'  ← now' if name in (now, like) else ''}")
            for name, key, label in _ANSWERS
        ]
        if changed:
            answers.append(("kind-", "o", "own kind     as detected"))
        name = clip(column.name, 40)
        text = f"{name}: {column_about(column)}. Choose its role or its kind."
        super().__init__("The column", text, tuple(answers))


def intent(column: str, answer: str) -> Intent:
    """Return what an answer of the dialog means.

    Examples
    --------
    >>> intent("age", "kind-category")
    KindChanged(column='age', kind='category')
    """
    what, _, value = answer.partition("-")
    if what == "role":
        return RoleChanged(column, cast(RoleChoice, value))
    return KindChanged(column, value or None)
