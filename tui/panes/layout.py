"""How views lay themselves out: by their own size, with words for no picture."""

from __future__ import annotations

from typing import ClassVar

from textual.events import Resize
from textual.widget import Widget

from tui.charts.base import Palette, message
from tui.charts.view import Draw

__all__ = ["Sized", "words"]


class Sized(Widget):
    """Mixed into a view: sets ``-short``, ``-roomy`` and ``-broad`` by its size.

    The size of the screen says nothing about the room of a view, which may be under
    a pane, beside one, or zoomed.
    """

    SHORT: ClassVar[int] = 0
    """Below so many lines it is short."""
    ROOMY: ClassVar[int] = 1000
    """From so many lines on it is roomy."""
    BROAD: ClassVar[int] = 1000
    """From so many cells on it is broad."""

    def on_resize(self, event: Resize) -> None:
        """Set the classes."""
        width, height = event.size
        self.set_class(height < self.SHORT, "-short")
        self.set_class(height >= self.ROOMY, "-roomy")
        self.set_class(width >= self.BROAD, "-broad")


def words(text: str) -> Draw:
    """Return a picture that only says something; any text may be given."""

    def draw(width: int, height: int, palette: Palette) -> str:
        return message(text, width, height)

    return draw
