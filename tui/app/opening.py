"""The first frame: there at once, while everything else is being loaded."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui.terminal.safe_text import content


class Opening(Screen[None]):
    """One line, where the next screen's first line will be.

    Parameters
    ----------
    source : str or None
        What is being opened.
    """

    def __init__(self, source: str | None) -> None:
        super().__init__()
        self._source = source

    def compose(self) -> ComposeResult:
        """Say what is being opened."""
        name = Content.styled(" imbtui", "bold $accent")
        if self._source is not None:
            name = Content.assemble(name, "  ", content(self._source), "  opening …")
        yield Static(name)
