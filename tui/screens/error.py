"""An error that the person should not miss, and may want to copy."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.draft import Problem
from tui.messages import CopyRequested
from tui.safe_text import clean, content
from tui.screens.base import Dialog
from tui.spoken import sentence

__all__ = ["ErrorDialog"]


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

    def __init__(self, title: str, problem: Problem) -> None:
        super().__init__()
        self._title = title
        self._problem = problem

    def compose(self) -> ComposeResult:
        """Lay out message and remedy."""
        with Vertical(classes="dialog -error") as box:
            box.border_title = content(self._title)
            with VerticalScroll(classes="dialog-scroll"):
                yield Static(content(self._problem.message), classes="dialog-text")
                if self._problem.remedy:
                    remedy = sentence(self._problem.remedy)
                    yield Static(
                        Content.assemble("\n→ ", content(remedy)), classes="dialog-text"
                    )
            yield Static("y copies   enter closes", classes="dialog-hint", markup=False)

    def action_copy(self) -> None:
        """Copy the whole message."""
        lines = (self._title, self._problem.message, self._problem.remedy)
        text = "\n".join(clean(line) for line in lines if line)
        self.post_message(CopyRequested(text + "\n", "the message"))
