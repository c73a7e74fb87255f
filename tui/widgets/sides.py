"""Two parts beside each other, or one above the other; a drag moves their border."""

from __future__ import annotations

from dataclasses import dataclass

from textual.containers import Container
from textual.events import MouseDown, MouseEvent, MouseMove
from textual.message import Message


class Sides(Container):
    """Its first two children share it; where the border is, its owner decides."""

    @dataclass
    class Dragged(Message):
        """The border was dragged: so much is the first part's."""

        size: int

    _grabbed: int | None = None
    """Cells from the pointer to where the second part begins."""

    @property
    def beside(self) -> bool:
        """Whether the parts are side by side."""
        first, second = self.children[:2]
        return bool(second.region.x > first.region.x)

    def on_mouse_down(self, event: MouseDown) -> None:
        """Take hold of the border if it is under the pointer."""
        first, second = self.children[:2]
        if not (first.display and second.display):
            return
        edge = second.region.x if self.beside else second.region.y
        ahead = edge - self._place(event)
        # Side by side, each part has a border of its own there.
        if event.button == 1 and ahead in ((0, 1) if self.beside else (0,)):
            self._grabbed = ahead
            self.capture_mouse()

    def on_mouse_move(self, event: MouseMove) -> None:
        """Move the border with the pointer."""
        if self._grabbed is not None:
            start = self.region.x if self.beside else self.region.y
            self.post_message(self.Dragged(self._place(event) + self._grabbed - start))

    def on_mouse_up(self) -> None:
        """Let go of the border."""
        self._grabbed = None
        self.release_mouse()

    def _place(self, event: MouseEvent) -> int:
        return event.screen_x if self.beside else event.screen_y
