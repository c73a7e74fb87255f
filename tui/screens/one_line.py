"""A question that a line of text answers: a note, the tags of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Paste
from textual.widgets import Input, Static

from engine.errors import StoreError
from engine.store.record import annotated
from tui.safe_text import clean, content
from tui.screens.base import Dialog
from tui.screens.frame import short_name
from tui.session import RunSummary

__all__ = ["Line", "OneLine", "note_dialog", "tags_dialog", "tags_in"]


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

    def __init__(
        self, title: str, text: str, value: str, hint: str, wrong: Callable[[str], str]
    ) -> None:
        super().__init__()
        self._title, self._text, self._value = title, text, value
        self._hint, self._wrong = hint, wrong

    def compose(self) -> ComposeResult:
        """Lay out the line."""
        with Vertical(classes="dialog") as box:
            box.border_title = Content(self._title)
            yield Static(content(self._text), classes="dialog-text")
            yield Line(clean(self._value), id="one-line")
            yield Static(self._hint, id="one-line-said", markup=False)
            yield Static(
                "enter keeps it   esc leaves it as it was",
                classes="dialog-hint",
                markup=False,
            )

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
        said.update(content(wrong or self._hint))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if not self._wrong(event.value):
            self.dismiss(event.value.strip())


def note_dialog(run: RunSummary) -> OneLine:
    """Return the question for a run's note."""
    return OneLine(
        f"Note of run {run.number}",
        f"{short_name(run.source)}: what was it for?",
        run.note,
        "One line, kept with the run; empty removes it.",
        lambda line: _wrong(note=line),
    )


def tags_dialog(run: RunSummary) -> OneLine:
    """Return the question for a run's tags."""
    return OneLine(
        f"Tags of run {run.number}",
        f"{short_name(run.source)}: tags are words that the filter finds.",
        " ".join(run.tags),
        "Words parted by blanks; empty removes them all.",
        lambda line: _wrong(tags=tags_in(line)),
    )


def tags_in(line: str) -> tuple[str, ...]:
    """Return the tags that somebody typed.

    Examples
    --------
    >>> tags_in(" paper, v2  paper")
    ('paper', 'v2')
    """
    return tuple(dict.fromkeys(line.replace(",", " ").split()))


def _wrong(note: str | None = None, tags: tuple[str, ...] | None = None) -> str:
    try:
        annotated(note, tags)
    except StoreError as error:
        return str(error)
    return ""
