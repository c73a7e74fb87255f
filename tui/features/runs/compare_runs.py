"""Runs side by side: what was done differently, then what came of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import reactive

from tui.features import messages, wording
from tui.features.arms.draft import Problem
from tui.features.commands import Command
from tui.features.screen import Headline, KeyLine, SessionScreen
from tui.terminal.clipboard import Copied
from tui.text.contrast import contrast_lines
from tui.text.lines import Line
from tui.widgets.prose import Made, Prose

if TYPE_CHECKING:
    from engine.core.compare_runs import Contrast


COMPARE: tuple[Command, ...] = (
    Command("compare.copy", "y", "Copy the comparison", "copy"),
    Command("compare.close", "escape", "Back", "back"),
)

_WIDEST = 140


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

    def compose(self) -> ComposeResult:
        """Lay out one long text."""
        yield Headline().data_bind(session=CompareRuns.session)
        yield Prose(id="compare-text")
        yield KeyLine("↑↓ scroll")

    def on_mount(self) -> None:
        """Say that it is being worked out."""
        self._draw()
        self.query_one(Prose).focus()

    def watch_answer(self) -> None:
        """Show what came of it."""
        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        part: Content | Made
        match self.answer:
            case None:
                part = Content.styled("reading the runs …", "$text-accent")
            case Problem(message=message, fix=fix):
                part = wording.refusal(message, fix)
            case contrast:
                part = partial(_lines, contrast)
        self.query_one(Prose).update([part])

    def copied(self) -> Copied:
        """Return all of it as text."""
        what = "the message" if isinstance(self.answer, Problem) else "the comparison"
        return Copied(f"{self.query_one(Prose).plain}\n", what)

    def action_copy(self) -> None:
        """Copy all of it."""
        self.post_message(messages.CopyRequested(*self.copied()))


def _lines(contrast: Contrast, width: int) -> list[Line]:
    return contrast_lines(contrast, min(_WIDEST, width - 1))
