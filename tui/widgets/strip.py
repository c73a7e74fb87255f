"""A line of titles, one of them current; a click chooses another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

__all__ = ["Strip"]

_GAP = 1


class Strip(Widget, can_focus=False):
    """Titles side by side; it has no keys of its own, its owner has.

    Parameters
    ----------
    titles : sequence of str
        Constant text.
    """

    DEFAULT_CSS = """
    Strip {
        height: 1;
        width: 1fr;
        color: $text-muted;
        & > .strip--current { color: $primary; text-style: bold underline; }
        & > .strip--other { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"strip--current", "strip--other"}

    @dataclass
    class Chosen(Message):
        """A title was clicked."""

        strip: Strip
        index: int

        @property
        def control(self) -> Strip:
            """The strip."""
            return self.strip

    active: reactive[int] = reactive(0)

    def __init__(
        self,
        titles: Sequence[str],
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._titles = tuple(f" {title} " for title in titles)

    def render(self) -> Content:
        """Draw the titles; the current one is underlined, so no colour is needed."""
        parts: list[tuple[str, object] | str] = []
        for index, title in enumerate(self._titles):
            name = "strip--current" if index == self.active else "strip--other"
            parts.append((title, self.get_visual_style(name)))
            parts.append(" " * _GAP)
        return Content.assemble(*parts)  # type: ignore[arg-type]

    def on_click(self, event: Click) -> None:
        """Choose the title under the pointer."""
        left = 0
        for index, title in enumerate(self._titles):
            if left <= event.x < left + len(title):
                event.stop()
                self.post_message(self.Chosen(self, index))
                return
            left += len(title) + _GAP
