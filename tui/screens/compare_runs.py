"""Runs side by side: what was done differently, then what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from tui import messages as say
from tui.commands import Command
from tui.console.contrast import render_contrast
from tui.console.style import PLAIN, Style
from tui.draft import Problem
from tui.panes import wording
from tui.panes.base import Copied
from tui.safe_text import clean
from tui.screens.base import SessionScreen
from tui.screens.frame import Headline, KeyLine

if TYPE_CHECKING:
    from engine.contrast import Contrast


COMPARE: tuple[Command, ...] = (
    Command("compare.copy", "y", "Copy the comparison", "copy"),
    Command("compare.close", "escape", "Back", "back"),
)

_WIDEST = 140
_COPY_WIDTH = 100


class _Scroll(VerticalScroll):
    """What is compared; it may be longer than the screen."""


class CompareRuns(SessionScreen[None]):
    """Two runs or more, side by side.

    Parameters
    ----------
    run_ids : tuple of str
        In the order of the columns; changes are from the first one.
    """

    CSS_PATH: ClassVar = "compare_runs.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = COMPARE
    HELP = "Runs side by side"

    answer: reactive[Contrast | Problem | None] = reactive(
        None, init=False, repaint=False
    )
    """What came of it; None while it is worked out."""

    def __init__(self, run_ids: tuple[str, ...]) -> None:
        super().__init__()
        self.run_ids = run_ids
        self._width = 0

    def compose(self) -> ComposeResult:
        """Lay out one long text."""
        yield Headline().data_bind(session=CompareRuns.session)
        with _Scroll(id="compare-scroll"):
            yield Static(id="compare-text")
        yield KeyLine("↑↓ scroll")

    def on_mount(self) -> None:
        """Say that it is being worked out."""
        self._draw()
        self.query_one(_Scroll).focus()

    def watch_answer(self) -> None:
        """Show what came of it."""
        if self.is_mounted:
            self._draw()

    def on_resize(self) -> None:
        """Lay it out for the room there is."""
        if self._width != self._room:
            self._draw()

    @property
    def _room(self) -> int:
        # One cell on the left, the scroll bar on the right.
        return max(20, min(_WIDEST, self.size.width - 3))

    def _draw(self) -> None:
        self._width = self._room
        text = self.query_one("#compare-text", Static)
        match self.answer:
            case None:
                text.update(Content.styled("reading the runs …", "$text-accent"))
            case Problem(message=message, remedy=remedy):
                text.update(wording.refusal(message, remedy))
            case found:
                style = Style(color=True)
                painted = render_contrast(found, width=self._room, style=style)
                text.update(Text.from_ansi(painted, no_wrap=True))

    def copied(self) -> Copied:
        """Return all of it as text."""
        match self.answer:
            case None:
                return Copied("", "nothing")
            case Problem() as problem:
                return Copied(clean(problem.text) + "\n", "the message")
            case found:
                text = render_contrast(found, width=_COPY_WIDTH, style=PLAIN)
                return Copied(f"{text}\n", "the comparison")

    def action_copy(self) -> None:
        """Copy all of it."""
        copied = self.copied()
        if copied.text:
            self.post_message(say.CopyRequested(copied.text, copied.what))
