"""Small dialogs: a question with a few answers, a line of text, an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual import on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Paste
from textual.widgets import Button, Input, Static

from engine.errors import StoreError
from engine.store.record import annotation
from tui.draft import Problem
from tui.messages import CopyRequested
from tui.run_messages import Annotation
from tui.safe_text import clean, content, sentence
from tui.screens.base import Dialog
from tui.screens.frame import short_name
from tui.session import RunSummary
from tui.widgets.chooser import Chooser
from tui.widgets.columns import ListColumn
from tui.widgets.rows import Item, Rows

T = TypeVar("T")


class ChoiceDialog(Dialog[str]):
    """A question with any number of answers.

    Parameters
    ----------
    title : str
        Constant text.
    text : str
        What the question is about; may be untrusted.
    answers : tuple of (name, key, label)
        Each is a button and a key; dismisses with its name. The first has the focus.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,down,l,j", "app.focus_next", show=False),
        Binding("left,up,h,k", "app.focus_previous", show=False),
    ]
    CLOSES = ""
    hint = "esc goes back"

    def __init__(
        self, title: str, text: str, answers: tuple[tuple[str, str, str], ...]
    ) -> None:
        super().__init__()
        self.heading, self._text, self._answers = title, text, answers
        for name, key, label in answers:
            self._bindings.bind(key, f"dismiss('{name}')", label, show=False)

    def compose_body(self) -> ComposeResult:
        """Lay out the question and its answers."""
        yield Static(content(self._text), classes="dialog-text")
        with Vertical(classes="dialog-buttons"):
            for name, key, label in self._answers:
                line = Content.assemble((f" {key}  ", "bold"), label)
                yield Button(line, id=f"answer-{name}")

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


class LineInput(Input):
    """A line that takes all of what is pasted; a newline in it is a blank."""

    def on_paste(self, event: Paste) -> None:
        """Insert the text as one line, and submit nothing."""
        event.prevent_default()
        event.stop()
        self.replace(" ".join(event.text.split()), *self.selection)


class OneLine(Dialog[str]):
    """Asks for a line; dismisses with it, or with nothing.

    Parameters
    ----------
    title : str
        Constant text.
    text : str
        What it is about; may be untrusted.
    value : str
        What there is so far.
    hint : str
        What may be written; constant text.
    wrong : callable
        Says what is wrong with a line; empty if nothing is.
    """

    CSS_PATH: ClassVar = ["dialog.tcss", "runs.tcss"]
    CLOSES = ""
    hint = "enter saves   esc cancels"

    def __init__(
        self, title: str, text: str, value: str, hint: str, wrong: Callable[[str], str]
    ) -> None:
        super().__init__()
        self.heading, self._text, self._value = title, text, value
        self._may, self._wrong = hint, wrong

    def compose_body(self) -> ComposeResult:
        """Lay out the line."""
        yield Static(content(self._text), classes="dialog-text")
        yield LineInput(clean(self._value), id="one-line")
        yield Static(self._may, id="one-line-said", markup=False)

    def on_mount(self) -> None:
        """Let the user type at once."""
        line = self.query_one(Input)
        line.focus()
        line.cursor_position = len(line.value)

    @on(Input.Changed)
    def _change(self, event: Input.Changed) -> None:
        """Say what is wrong while it is typed."""
        wrong = self._wrong(event.value)
        line = self.query_one("#one-line-said", Static)
        line.set_class(bool(wrong), "-wrong")
        line.update(content(wrong or self._may))

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        if not self._wrong(event.value):
            self.dismiss(event.value.strip())


def ask_annotation(run: RunSummary, what: Annotation) -> OneLine:
    """Return the question for a run's note or tags."""
    value, text = run.note, "what was it for?"
    hint = "One line, kept with the run; empty removes it."
    if what == "tags":
        value, text = " ".join(run.tags), "tags are words that the filter finds."
        hint = "Words separated by spaces; empty removes them all."

    def wrong(line: str) -> str:
        try:
            if what == "note":
                annotation(line, None)
            else:
                annotation(None, tags_in(line))
        except StoreError as error:
            return str(error)
        return ""

    title, about = f"{what.title()} of run {run.number}", short_name(run.source)
    return OneLine(title, f"{about}: {text}", value, hint, wrong)


def tags_in(line: str) -> tuple[str, ...]:
    """Return the tags that a user typed.

    Examples
    --------
    >>> tags_in(" paper, v2  paper")
    ('paper', 'v2')
    """
    return tuple(dict.fromkeys(line.replace(",", " ").split()))


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
