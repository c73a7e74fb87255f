"""What is shown where nothing else could be."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from tui.screens.base import Dialog

__all__ = ["TooSmall"]


class TooSmall(Dialog[None]):
    """Says how much room is needed; goes away by itself when it is there."""

    DEFAULT_CSS = """
    TooSmall { align: center middle; background: $background; }
    TooSmall > Static { width: auto; text-align: center; color: $foreground; }
    """

    def compose(self) -> ComposeResult:
        """Say it."""
        yield Static()

    def on_resize(self) -> None:
        """Say how large the terminal is now."""
        width, height = self.app.size
        self.query_one(Static).update(
            Content(
                f"too small: {width} × {height}\nimbtui needs 60 × 18\n"
                "a run goes on meanwhile"
            )
        )

    def action_dismiss_dialog(self) -> None:
        """Stay until there is room."""
