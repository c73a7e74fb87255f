"""What lists and sheets have in common: lines below a header, and a search in them."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from tui.terminal.safe_text import clip, content

_EDITING: Final = ("enter", "escape", "backspace", "delete", "ctrl+u")


class Scrolled(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines below a header, with a cursor that is always in sight.

    What is looked for is typed into its last line, which is there only meanwhile.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(-1)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
    ]
    ALLOW_SELECT = False
    KEYS_OF_FIND: ClassVar = ""
    """What the keys do while something is typed."""
    _header = 1

    sought: str | None = None
    """What is looked for; None if nothing is."""
    typing = False
    """Whether keys are letters of it."""

    @property
    def _room(self) -> int:
        return max(1, self.size.height - self._header - self._foot)

    @property
    def _foot(self) -> int:
        """The lines that what is looked for takes."""
        return int(self.sought is not None)

    @property
    def words(self) -> list[str]:
        """The words that are looked for; all must be there, in any case."""
        return (self.sought or "").casefold().split()

    def _bring(self, line: int, first: int | None = None) -> None:
        """Scroll so that a line is seen; upwards so that an earlier one is, too."""
        top, first = self.scroll_offset.y, line if first is None else first
        if first < top:
            self.scroll_to(y=first, animate=False)
        elif line >= top + self._room:
            self.scroll_to(y=line - self._room + 1, animate=False)

    def _strip(self, line: Content, name: str, width: int) -> Strip:
        style = self.get_visual_style(name) if name else self.visual_style
        strips = Visual.to_strips(self, line.truncate(width), width, 1, style)
        # There is none where the scroll bar leaves no cell.
        drawn = strips[0] if strips else Strip([])
        return drawn.adjust_cell_length(width, style.rich_style)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Style nothing anew: the cursor has a style for either."""

    def watch_show_vertical_scrollbar(self) -> None:
        """Put the scroll bar where the lines are: Textual moves none that is hidden."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = self.scroll_y

    # Sort and find -----------------------------------------------------------------

    @property
    def can_sort(self) -> bool:
        """Whether there is something that can be sorted by a column."""
        return False

    def sort_next(self) -> None:
        """Sort by another column, or as the lines come."""

    def sort_back(self) -> None:
        """Sort the other way."""

    def find(self) -> None:
        """Let the user type what to look for."""
        self.typing = True
        self._begin_find()
        self._seek(self.sought or "")

    def _begin_find(self) -> None:
        """Note what to go back to."""

    def _seek(self, text: str | None) -> None:
        """Look for another text; None ends it."""
        self.sought = text
        self._look()
        self.refresh(layout=True)
        self.screen.refresh_bindings()

    def _look(self) -> None:
        """Show what is looked for."""

    def _step_find(self, step: int) -> bool:
        """Go to the next match, if the keys do that; else return False."""
        return False

    def _leave_find(self) -> None:
        """Go back to where the search began."""

    def _count_text(self) -> str:
        """Return how much was found, or where."""
        return ""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Take letters for what is looked for, and the keys that edit and end it."""
        if not self.typing:
            return self.sought is not None and key == "escape"
        return key in _EDITING or (character is not None and character.isprintable())

    def on_key(self, event: events.Key) -> None:
        """Take what is typed for the text that is looked for; esc ends the search."""
        if self.sought is None:
            return
        text, taken = self.sought, True
        if event.key == "escape":
            self.typing = False
            self._leave_find()
            self._seek(None)
        elif not self.typing:
            return
        elif event.key == "enter":
            if not self._step_find(1):
                self.typing = False
                self._seek(text if text.strip() else None)
        elif event.key in ("up", "down"):
            taken = self._step_find(-1 if event.key == "up" else 1)
        elif event.key == "backspace":
            self._seek(text[:-1])
        elif event.key == "ctrl+u":
            self._seek("")
        elif event.is_printable:
            self._seek(f"{text}{event.character}")
        else:
            taken = event.key in _EDITING
        if taken:
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Look for what is pasted."""
        if self.typing:
            event.stop()
            self._seek(f"{self.sought or ''}{' '.join(event.text.split())}")

    def on_blur(self) -> None:
        """Type no longer; what was found stays."""
        if self.typing:
            self.typing = False
            self._seek(self.sought if self.words else None)

    def _foot_strip(self, width: int) -> Strip:
        """Return the line with what is looked for."""
        count = self._count_text()
        keys = self.KEYS_OF_FIND if self.typing else "esc ends the search"
        room = max(4, width - len(count) - 4)
        parts = [content(f"/{clip(self.sought or '', room)}", "bold $text-accent")]
        parts += [Content.styled(" ", "reverse")] if self.typing else []
        parts += [content(f"  {count}")]
        line = Content.assemble(*parts)
        if line.cell_length + len(keys) + 2 <= width:
            line = Content.assemble(line, "  ", (keys, "dim"))
        return self._strip(line, "", width)

    def _extent(self, lines: int) -> Size:
        """Return the size of that many lines, with header and what is looked for."""
        return Size(0, lines + self._header + self._foot)
