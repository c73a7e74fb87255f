"""Text to read: laid out for its width, it scrolls with the keys and can be copied."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, TypeAlias

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from tui.terminal.safe_text import content
from tui.text.lines import Line, fit
from tui.widgets.rows import STYLES

_LEAST_WIDTH = 20
_PLAIN = 100
"""Cells of a table that is copied."""


class Paragraph(NamedTuple):
    """Text that wraps beside its lead.

    Parameters
    ----------
    body : Content
        The text.
    lead : str, default=""
        Stands before the first line; the others are indented as much.
    """

    body: Content
    lead: str = ""


class Laid(VerticalScroll, can_focus=True):
    """Text that is laid out anew for every width."""

    DEFAULT_CSS = """
    Laid {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > Static { width: 1fr; height: auto; }
        &:focus { background-tint: $foreground 3%; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content = Content("")

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Static()

    def lay_out(self, width: int) -> Content:
        """Return the text for so many cells."""
        raise NotImplementedError

    @on(Resize)
    def _write(self) -> None:
        width = self.scrollable_content_region.width
        text = self.lay_out(max(_LEAST_WIDTH, width))
        if not text.is_same(self._content):
            self._content = text
            self.query_one(Static).update(text)


Made: TypeAlias = Callable[[int], Sequence[Line]]
"""Returns the lines for so many cells."""


class Prose(Laid):
    """A scrolling text of paragraphs, and of tables as the console has them."""

    _parts: tuple[Paragraph | Made, ...] = ()

    @property
    def plain(self) -> str:
        """Its text, a paragraph per line."""
        return "\n".join(
            f"{part.lead}{part.body.plain}"
            if isinstance(part, Paragraph)
            else as_content(part(_PLAIN), _PLAIN).plain
            for part in self._parts
        )

    def update(self, parts: Sequence[Paragraph | Content | Made]) -> None:
        """Show another text; nothing is drawn if it is the same."""
        self._parts = tuple(
            Paragraph(part) if isinstance(part, Content) else part for part in parts
        )
        self._write()

    def lay_out(self, width: int) -> Content:
        """Return the paragraphs, wrapped beside their leads."""
        lines: list[Content] = []
        for part in self._parts:
            if isinstance(part, Paragraph):
                body, lead = part
                for line in body.wrap(max(1, width - len(lead))) or [Content("")]:
                    lines.append(Content(lead).append(line))
                    lead = " " * len(lead)
            elif table := part(width):
                lines.append(as_content(table, width))
        return Content("\n").join(lines)


class Lined(Laid):
    """Text and tables as the console has them."""

    DEFAULT_CSS = "Lined > Static { text-wrap: nowrap; }"

    _made: Made | None = None
    _key: Hashable = None

    @property
    def plain(self) -> str:
        """Its text, without styles."""
        return "\n".join(line.rstrip() for line in self._content.plain.split("\n"))

    def put(self, made: Made, key: Hashable) -> None:
        """Show other lines; the same key changes nothing."""
        if self._made is None or key != self._key:
            self._made, self._key = made, key
            self._write()

    def lay_out(self, width: int) -> Content:
        """Return the lines."""
        return as_content(self._made(width), width) if self._made else Content("")


def as_content(lines: Sequence[Line], width: int) -> Content:
    """Return lines of the console as content: cleaned, cut, in the theme's styles."""
    return Content("\n").join(
        Content("").join(
            content(text, STYLES.get(look, "")) for text, look in fit(spans, width)
        )
        for spans in lines
    )
