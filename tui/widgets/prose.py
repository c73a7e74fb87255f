"""Text to read: it wraps, scrolls with the arrow keys, and can be copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

__all__ = ["Paragraph", "Prose"]

_LEAST_WIDTH = 20


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


class Prose(VerticalScroll, can_focus=True):
    """A scrolling text of paragraphs."""

    DEFAULT_CSS = """
    Prose {
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > Static { width: 1fr; height: auto; }
        &:focus { background-tint: $foreground 3%; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._paragraphs: tuple[Paragraph, ...] = ()

    @property
    def plain(self) -> str:
        """What it says, a paragraph per line."""
        return "\n".join(f"{p.lead}{p.body.plain}" for p in self._paragraphs)

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        yield Static()

    def update(self, paragraphs: Sequence[Paragraph | Content]) -> None:
        """Show another text; nothing is drawn if it is the same."""
        given = tuple(
            p if isinstance(p, Paragraph) else Paragraph(p) for p in paragraphs
        )
        if not _same(given, self._paragraphs):
            self._paragraphs = given
            self._write()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._write()

    def _write(self) -> None:
        width = max(_LEAST_WIDTH, self.scrollable_content_region.width)
        lines: list[Content] = []
        for body, lead in self._paragraphs:
            wrapped = body.wrap(max(1, width - len(lead))) or [Content("")]
            blank = " " * len(lead)
            lines += [
                Content(blank if index else lead).append(line)
                for index, line in enumerate(wrapped)
            ]
        self.query_one(Static).update(Content("\n").join(lines))


def _same(some: tuple[Paragraph, ...], others: tuple[Paragraph, ...]) -> bool:
    """Tell whether texts are the same in words and looks; ``==`` knows words only."""
    return len(some) == len(others) and all(
        a.lead == b.lead and a.body.is_same(b.body)
        for a, b in zip(some, others, strict=True)
    )
