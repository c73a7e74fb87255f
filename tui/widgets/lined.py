"""Lines laid out for a width, as the console has them, in a widget that scrolls."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeAlias

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.console.lines import Line, fit
from tui.console.style import Look
from tui.safe_text import content

__all__ = ["Lined", "Made", "as_content"]

Made: TypeAlias = Callable[[int], Sequence[Line]]
"""Returns the lines for so many cells."""

_LEAST_WIDTH = 20
_STYLES: Final[dict[Look, str]] = {
    "bold": "bold",
    "dim": "dim",
    "missed": "bold $text-error",
    "alarm": "$text-warning",
    "chosen": "bold $text-accent",
    "good": "$text-success",
    "bad": "bold $text-error",
    "warn": "$text-warning",
}


def as_content(lines: Sequence[Line], width: int) -> Content:
    """Return lines of the console as content: cleaned, cut, in the theme's styles."""
    return Content("\n").join(
        Content("").join(
            content(text, _STYLES.get(look, "")) for text, look in fit(spans, width)
        )
        for spans in lines
    )


class Lined(VerticalScroll, can_focus=True):
    """Text and tables that are laid out anew for every width."""

    DEFAULT_CSS = """
    Lined {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > Static { width: 1fr; height: auto; text-wrap: nowrap; }
        &:focus { background-tint: $foreground 3%; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._made: Made | None = None
        self._key: Hashable = None
        self._content = Content("")

    @property
    def plain(self) -> str:
        """What it says, without styles."""
        return "\n".join(line.rstrip() for line in self._content.plain.split("\n"))

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Static()

    def put(self, made: Made, key: Hashable) -> None:
        """Show other lines; the same key changes nothing."""
        if self._made is not None and key == self._key:
            return
        self._made, self._key = made, key
        self._write()

    def on_resize(self) -> None:
        """Lay the lines out anew."""
        self._write()

    def _write(self) -> None:
        if self._made is None:
            return
        width = max(_LEAST_WIDTH, self.scrollable_content_region.width)
        found = as_content(self._made(width), width)
        if not found.is_same(self._content):
            self._content = found
            self.query_one(Static).update(found)
