"""Text to read: it wraps, scrolls with the arrow keys, and can be copied."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

__all__ = ["Prose"]


class Prose(VerticalScroll, can_focus=True):
    """A scrolling text.

    Parameters
    ----------
    text : Content, default=Content("")
        What it shows at first.
    """

    DEFAULT_CSS = """
    Prose {
        height: 1fr;
        scrollbar-size-vertical: 1;
        padding: 0 1;
        & > Static { width: 1fr; height: auto; }
        &:focus { background-tint: $foreground 3%; }
    }
    """

    def __init__(
        self,
        text: Content | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._text = Content("") if text is None else text

    @property
    def text(self) -> Content:
        """What it shows."""
        return self._text

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Static(self._text)

    def update(self, text: Content) -> None:
        """Show another text; nothing is drawn if it is the same."""
        if text != self._text:
            self._text = text
            self.query_one(Static).update(text)
