"""Dialogs of all features: for an answer, a form, a name, a column, an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final, Literal, TypeAlias, TypeVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from engine.core import format as figures
from engine.core.messages import ColumnInfo
from tui.features.arms.draft import Problem
from tui.features.messages import CopyRequested
from tui.features.screen import DIALOG_STYLE, Dialog
from tui.terminal.safe_text import clean, content, sentence
from tui.widgets.chooser import Chooser
from tui.widgets.rows import Item, ListColumn, Rows

T = TypeVar("T")
Purpose: TypeAlias = Literal["target", "group", "time", "by", "across", "up", "shown"]

_QUESTIONS: Final = {
    "target": ("Which column is the target?", "What is to be predicted."),
    "group": (
        "Grouped by which column?",
        "Rows that share its value (a patient, an account) stay in one part.",
    ),
    "time": ("By time, in which column?", "The latest rows become the test set."),
    "by": (
        "Which column marks the test rows?",
        "Rows where it says test, 1 or true are the test rows.",
    ),
    "across": ("Which column for the x axis?", ""),
    "up": ("Which column for the y axis?", ""),
    "shown": ("Which column?", "Its distribution is drawn."),
}


class ChoiceDialog(Dialog[str]):
    """A question with any number of answers.

    Parameters
    ----------
    title : str
        Constant text.
    text : str or Content
        What the question is about; a str may be untrusted.
    answers : tuple of (name, key, label)
        Each is a button and a key; dismisses with its name. The first has the focus.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,down,l,j", "app.focus_next", show=False),
        Binding("left,up,h,k", "app.focus_previous", show=False),
        Binding("space", "press", show=False),
    ]
    CLOSES = ""
    hint = "esc goes back"

    def __init__(
        self,
        title: str,
        text: str | Content,
        answers: tuple[tuple[str, str, str], ...],
    ) -> None:
        super().__init__()
        self.heading, self._text, self._answers = title, text, answers
        for name, key, label in answers:
            self._bindings.bind(key, f"dismiss('{name}')", label, show=False)

    def compose_body(self) -> ComposeResult:
        """Lay out the question and its answers."""
        text = self._text
        shown = text if isinstance(text, Content) else content(text)
        yield Static(shown, classes="dialog-text")
        with Vertical(classes="dialog-buttons"):
            for name, key, label in self._answers:
                line = Content.assemble((f" {key}  ", "bold"), label)
                yield Button(line, id=f"answer-{name}")

    def action_press(self) -> None:
        """Answer with what has the focus, as enter does."""
        if isinstance(self.focused, Button):
            self.focused.press()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        self.dismiss((event.button.id or "").removeprefix("answer-"))


class FormDialog(Dialog[T]):
    """A form and a button below it; enter does what the button says."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "finish", show=False, priority=True),
    ]
    BUTTON: ClassVar = "Write"

    def compose_button(self) -> ComposeResult:
        """Yield the button."""
        with Vertical(classes="dialog-buttons"):
            line = Content.assemble((" enter  ", "bold"), self.BUTTON)
            yield Button(line, id="dialog-finish")

    @property
    def listing(self) -> bool:
        """Whether a list of choices is open."""
        return any(chooser.expanded for chooser in self.query(Chooser))

    def action_finish(self) -> None:
        """Close with what is chosen; in an open list the key chooses there."""
        if self.listing:
            raise SkipAction
        self.finish()

    @on(Button.Pressed)
    def _press(self) -> None:
        self.finish()

    def finish(self) -> None:
        """Close with what is chosen, if it can be."""
        raise NotImplementedError


class Finder(Dialog[str]):
    """A line that is typed into, above the list that it narrows.

    Dismisses with the key of the chosen line, or with nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "list('move', 1)", show=False, priority=True),
        Binding("up", "list('move', -1)", show=False, priority=True),
        Binding("pagedown", "list('page', 1)", show=False, priority=True),
        Binding("pageup", "list('page', -1)", show=False, priority=True),
    ]
    COLUMNS: ClassVar[tuple[ListColumn, ...]] = ()
    TYPED: ClassVar = "type to find a name"
    EMPTY: ClassVar = "No name matches."
    hint = "↑ ↓ choose   enter selects"

    def compose_body(self) -> ComposeResult:
        """Lay out the line and the list."""
        yield Input(placeholder=self.TYPED)
        yield Rows(self.COLUMNS, header=False, empty=self.EMPTY)

    def find(self, words: Sequence[str]) -> list[Item]:
        """Return the lines that words were typed for; all without any."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """List all, and let the user type at once."""
        self.query_one(Rows).can_focus = False
        self.query_one(Input).focus()
        self._narrow("")

    @on(Input.Changed)
    def _change(self, event: Input.Changed) -> None:
        self._narrow(event.value)

    def _narrow(self, typed: str) -> None:
        words, rows = typed.lower().split(), self.query_one(Rows)
        items = self.find(words)
        rows.update_items(items)
        rows.action_edge(-1)
        # What begins like that is meant rather than what has it in its middle.
        if words:
            keys = (i.key for i in items if i.key.lower().startswith(words[0]))
            rows.highlight(next(keys, None))

    def action_list(self, how: str, step: int) -> None:
        """Choose in the list without leaving the line."""
        getattr(self.query_one(Rows), f"action_{how}")(step)

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        if (key := self.query_one(Rows).highlighted) is not None:
            self.dismiss(key)

    @on(Rows.Chosen)
    def _pick(self, event: Rows.Chosen) -> None:
        self.dismiss(event.key)


class PickColumn(Finder):
    """Asks for a column; dismisses with its name, or with nothing.

    Parameters
    ----------
    what : {"target", "group", "time", "by", "across", "up", "shown"}
        What it is wanted for.
    columns : sequence of ColumnInfo
        Those there are; the likely ones are listed first.
    notes : mapping of str to str, default={}
        What else is said of a column; these are listed first, in this order.
    """

    CSS_PATH: ClassVar = [
        DIALOG_STYLE,
        Path(__file__).parent / "dataset" / "pick_column.tcss",
    ]
    COLUMNS = (ListColumn("column", 14, grow=32), ListColumn("values", 20, grow=60))

    def __init__(
        self,
        what: Purpose,
        columns: Sequence[ColumnInfo],
        notes: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.heading, self._text = _QUESTIONS[what]
        order = {name: place for place, name in enumerate(notes)}
        wanted = [c for c in columns if c.role != "target" or c.name in order]
        self._notes = notes
        self._columns = sorted(
            wanted, key=lambda c: (order.get(c.name, len(order)), not _likely(what, c))
        )

    def compose_body(self) -> ComposeResult:
        """Lay out the question, the line and the list."""
        yield Static(self._text, classes="dialog-text", markup=False)
        yield from super().compose_body()

    def find(self, words: Sequence[str]) -> list[Item]:
        """Return the columns with all words in their names."""
        return [
            Item(column.name, (column.name, (self._about(column), "dim")))
            for column in self._columns
            if all(word in column.name.lower() for word in words)
        ]

    def _about(self, column: ColumnInfo) -> str:
        return self._notes.get(column.name) or column_about(column)


def column_about(column: ColumnInfo) -> str:
    """Say of what kind a column is, and how many levels it has."""
    return f"{column.kind}, {figures.plural(column.levels, 'level')}"


def _likely(what: str, column: ColumnInfo) -> bool:
    """Tell whether a column looks like what is wanted."""
    if what in ("across", "up", "shown"):
        return True
    if what == "target":
        return column.kind not in ("id", "date", "text")
    if what == "time":
        return column.kind == "date"
    if what == "by":
        return column.kind == "boolean" or 2 <= column.levels <= 3
    return column.kind in ("id", "category", "integer", "text")


class ErrorDialog(Dialog[None]):
    """What went wrong and what to do.

    Parameters
    ----------
    title : str
        What did not work.
    problem : Problem
        Why, and the fix; both may be untrusted.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space,q", "dismiss_dialog", "close", show=False),
        Binding("y,c", "copy", "copy", show=False),
    ]
    LOOK = "dialog -error"
    CLOSES = ""
    hint = "y copies   enter closes"

    def __init__(self, title: str, problem: Problem) -> None:
        super().__init__()
        self.heading, self._problem = title, problem

    def compose_body(self) -> ComposeResult:
        """Lay out message and fix."""
        with VerticalScroll(classes="dialog-scroll"):
            yield Static(content(self._problem.message), classes="dialog-text")
            if fix := sentence(self._problem.fix):
                text = Content.assemble("\n→ ", content(fix))
                yield Static(text, classes="dialog-text")

    def action_copy(self) -> None:
        """Copy the whole message."""
        lines = (self.heading, self._problem.message, self._problem.fix)
        text = "\n".join(clean(line) for line in lines if line)
        self.post_message(CopyRequested(text + "\n", "the message"))
