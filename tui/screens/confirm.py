"""A question with two answers; the safe one has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Button, Static

from tui.safe_text import content
from tui.screens.base import Dialog

__all__ = ["Choice", "Confirm"]


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

    def __init__(
        self, title: str, text: str, answers: tuple[tuple[str, str, str], ...]
    ) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._answers = answers
        for name, key, label in answers:
            self._bindings.bind(key, f"answer('{name}')", label, show=False)

    def compose(self) -> ComposeResult:
        """Lay out the question and its answers."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._title)
            yield Static(content(self._text), classes="dialog-text")
            with Vertical(classes="dialog-buttons"):
                for name, key, label in self._answers:
                    line = Content.assemble((f" {key}  ", "bold"), label)
                    yield Button(line, id=f"answer-{name}")
            yield Static("esc goes back", classes="dialog-hint", markup=False)

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
