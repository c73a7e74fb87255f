"""Small dialogs: a question with a few answers, a line of text, an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Paste
from textual.widgets import Button, Input, Static

from engine.errors import StoreError
from engine.store.record import annotated
from tui.draft import Problem
from tui.messages import CopyRequested
from tui.run_messages import Annotation
from tui.safe_text import clean, content
from tui.screens.base import Dialog
from tui.screens.frame import short_name
from tui.session import RunSummary
from tui.spoken import sentence


class Choice(Dialog[str]):
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
            self._bindings.bind(key, f"answer('{name}')", label, show=False)

    def compose_body(self) -> ComposeResult:
        """Lay out the question and its answers."""
        yield Static(content(self._text), classes="dialog-text")
        with Vertical(classes="dialog-buttons"):
            for name, key, label in self._answers:
                line = Content.assemble((f" {key}  ", "bold"), label)
                yield Button(line, id=f"answer-{name}")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Answer."""
        event.stop()
        self.dismiss((event.button.id or "").removeprefix("answer-"))

    def action_answer(self, name: str) -> None:
        """Answer by key."""
        self.dismiss(name)


class Confirm(Choice):
    """Yes or no; dismisses with ``"yes"`` or nothing.

    Parameters
    ----------
    title : str
        The question; constant text.
    text : str
        What would happen; may be untrusted.
    yes : str
        What the button says.
    """

    def __init__(self, title: str, text: str, yes: str) -> None:
        super().__init__(title, text, (("no", "n", "Keep"), ("yes", "y", yes)))

    def dismiss(self, result: str | None = None) -> object:  # type: ignore[override]
        """Dismiss with ``"yes"``, or nothing."""
        return super().dismiss("yes" if result == "yes" else None)


class Line(Input):
    """A line that takes all of what is pasted; a newline in it is a blank."""

    def on_paste(self, event: Paste) -> None:
        """Insert the text as one line, and submit nothing."""
        event.prevent_default()
        event.stop()
        text = " ".join(event.text.split())
        selection = self.selection
        if selection.is_empty:
            self.insert_text_at_cursor(text)
        else:
            self.replace(text, *selection)


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
    hint = "enter keeps it   esc leaves it as it was"

    def __init__(
        self, title: str, text: str, value: str, hint: str, wrong: Callable[[str], str]
    ) -> None:
        super().__init__()
        self.heading, self._text, self._value = title, text, value
        self._may, self._wrong = hint, wrong

    def compose_body(self) -> ComposeResult:
        """Lay out the line."""
        yield Static(content(self._text), classes="dialog-text")
        yield Line(clean(self._value), id="one-line")
        yield Static(self._may, id="one-line-said", markup=False)

    def on_mount(self) -> None:
        """Let the person type at once."""
        line = self.query_one(Input)
        line.focus()
        line.cursor_position = len(line.value)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """Say what is wrong while it is typed."""
        event.stop()
        wrong = self._wrong(event.value)
        said = self.query_one("#one-line-said", Static)
        said.set_class(bool(wrong), "-wrong")
        said.update(content(wrong or self._may))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._wrong(event.value):
            self.dismiss(event.value.strip())


_ANNOTATIONS: Final[dict[Annotation, tuple[str, str]]] = {
    "note": ("what was it for?", "One line, kept with the run; empty removes it."),
    "tags": (
        "tags are words that the filter finds.",
        "Words parted by blanks; empty removes them all.",
    ),
}


def ask_annotation(run: RunSummary, what: Annotation) -> OneLine:
    """Return the question for a run's note or tags."""
    text, hint = _ANNOTATIONS[what]

    def wrong(line: str) -> str:
        try:
            if what == "note":
                annotated(line, None)
            else:
                annotated(None, tags_in(line))
        except StoreError as error:
            return str(error)
        return ""

    return OneLine(
        f"{what.title()} of run {run.number}",
        f"{short_name(run.source)}: {text}",
        run.note if what == "note" else " ".join(run.tags),
        hint,
        wrong,
    )


def tags_in(line: str) -> tuple[str, ...]:
    """Return the tags that somebody typed.

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
        Why, and the remedy; both may be untrusted.
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
        """Lay out message and remedy."""
        with VerticalScroll(classes="dialog-scroll"):
            yield Static(content(self._problem.message), classes="dialog-text")
            if self._problem.remedy:
                remedy = content(sentence(self._problem.remedy))
                text = Content.assemble("\n→ ", remedy)
                yield Static(text, classes="dialog-text")

    def action_copy(self) -> None:
        """Copy the whole message."""
        lines = (self.heading, self._problem.message, self._problem.remedy)
        text = "\n".join(clean(line) for line in lines if line)
        self.post_message(CopyRequested(text + "\n", "the message"))
