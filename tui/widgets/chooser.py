"""`Chooser`: one of several values, on one line; enter or space opens the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, DescendantBlur, Key
from textual.message import Message
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option as Line

from tui.terminal.safe_text import clip, clip_middle, content

Option: TypeAlias = tuple[str, str]
"""A label, which may be untrusted, and the value it stands for."""

MOST_OPTIONS = 300
_LONGEST_LABEL = 60
_FRAME = 4
"""Cells beside the label."""
_TYPING = 0.7
"""Seconds after which a key begins another word."""
_NOTHING: Option = ("—", "")


class Chooser(Widget, can_focus=True):
    """A value and an arrow; the arrow keys are left to whatever holds it.

    Its labels are text from anywhere. The list is there only while it is open: with
    Textual's own select it is always, and six widgets are styled, laid out and drawn.
    """

    DEFAULT_CSS = """
    Chooser {
        width: 1fr;
        height: 1;
        color: $foreground;
        background: $surface;
        pointer: pointer;
        &:ansi { color: ansi_default; background: ansi_default; }
        &:focus {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            background-tint: $foreground 5%;
        }
        & > OptionList {
            width: 1fr;
            min-width: 24;
            height: auto;
            max-height: 12;
            overlay: screen;
            offset: 0 1;
            constrain: none inside;
            & > .option-list--option { padding: 0 1; }
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "open", "Choose", show=False),
        Binding("escape", "close", "close"),
    ]
    ALLOW_SELECT = False

    value: reactive[str] = reactive("", init=False)
    """The chosen one; empty if none is."""

    @dataclass
    class Picked(Message):
        """A user chose another value."""

        chooser: Chooser
        value: str

        @property
        def control(self) -> Chooser:
            """Where it was chosen."""
            return self.chooser

    @dataclass
    class Kept(Message):
        """A user chose the value that was chosen already."""

        chooser: Chooser
        value: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.offered: tuple[Option, ...] = (_NOTHING,)
        self._known = _NOTHING[1]
        self._list: OptionList | None = None
        self._typed = self._read = ""
        self._typing: Timer | None = None

    def offer(self, options: Sequence[Option], value: str | None) -> None:
        """Show these options and this value, without a message.

        Parameters
        ----------
        options : sequence of (str, str)
            Labels and values; at most some 300 are listed.
        value : str or None
            The chosen one. One that is not offered is listed first, under its own
            name; None is shown as a dash.
        """
        offered = list(options[:MOST_OPTIONS])
        if value is None:
            offered.insert(0, _NOTHING)
        elif all(one != value for _, one in offered):
            label = next((text for text, one in options if one == value), value)
            offered.insert(0, (label, value))
        known = _NOTHING[1] if value is None else value
        if (tuple(offered), known, known) != (self.offered, self._known, self.value):
            self.offered, self._known = tuple(offered), known
            self.set_reactive(Chooser.value, known)
            self._fill()
            self.refresh()

    def watch_value(self, value: str) -> None:
        """Say so, unless it is the one that was offered."""
        if value not in (_NOTHING[1], self._known):
            self.post_message(self.Picked(self, value))

    def render(self) -> Content:
        """Draw the chosen label, or what is typed, and the arrow."""
        room = max(0, self.size.width - _FRAME)
        label = next((text for text, one in self.offered if one == self.value), "")
        shown = _shown(label, min(room, _LONGEST_LABEL))
        if self._read:
            shown = content(f"{self._read}▏", width=_LONGEST_LABEL)
        shown = shown.truncate(room, ellipsis=True, pad=True)
        arrow = "▲" if self.expanded else "▼"
        if self.has_focus:
            return Content.assemble(" ", shown.stylize("bold"), f" {arrow} ")
        return Content.assemble(" ", shown, " ", (arrow, "$foreground 50%"), " ")

    # The list ----------------------------------------------------------------------

    @property
    def expanded(self) -> bool:
        """Whether the list is open."""
        return self._list is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the key to others where there is nothing to close."""
        if action == "close" and not self.expanded:
            return False
        return super().check_action(action, parameters)

    async def action_open(self) -> None:
        """Open the list, at the chosen one."""
        if self._list is None:
            self._list = OptionList(compact=True, markup=False)
            await self.mount(self._list)
            self._fill()
            self.screen.set_focus(self._list, scroll_visible=False)
            self.refresh()

    def action_close(self) -> None:
        """Close the list without a choice."""
        self.screen.set_focus(self)
        self._close()

    def _fill(self) -> None:
        if self._list is not None and self._list.is_mounted:
            self._list.set_options([Line(_shown(text)) for text, _ in self.offered])
            values = [one for _, one in self.offered]
            self._list.highlighted = values.index(self.value)

    def _close(self) -> None:
        if self._list is not None:
            self._list.remove()
            self._list, self._typed, self._read = None, "", ""
            self.refresh()

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Close the list; a click that did it opens no other."""
        if event.widget is self._list:
            self._list.suppress_click()
            self._close()

    @on(OptionList.OptionHighlighted)
    def _stop(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        """Take an option; the chosen one too, as a guess may be agreed to so."""
        event.stop()
        value = self.offered[event.option_index][1]
        self.action_close()
        if value == self.value:
            self.post_message(self.Kept(self, value))
        self.value = value

    async def on_click(self, event: Click) -> None:
        """Open the list, or close it."""
        if event.widget is self:
            event.stop()
            if self.expanded:
                self._close()
            else:
                await self.action_open()

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Take what is typed while the list is open."""
        return self.expanded and character is not None and character.isprintable()

    def on_key(self, event: Key) -> None:
        """Find an option, and show what is typed in the place of the chosen one."""
        if self._list is None or not self.check_consume_key(event.key, event.character):
            return
        event.stop()
        event.prevent_default()
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(_TYPING, self._begin_anew)
        self._typed += event.character or ""
        self._read = self._typed
        words = self._typed.casefold()
        places = [text.casefold().find(words) for text, _ in self.offered]
        found = [(place, index) for index, place in enumerate(places) if place >= 0]
        if found:
            self._list.highlighted = min(found)[1]
        self.refresh()

    def _begin_anew(self) -> None:
        """Begin with the next key; what was typed stays to be read."""
        self._typing, self._typed = None, ""


def _shown(label: str, width: int = _LONGEST_LABEL) -> Content:
    """Return a label, cut in its middle: names often differ at their ends.

    What is said of a name, behind a colon, is cut at its end.
    """
    clipped = clip(label, width) if ": " in label else clip_middle(label, width)
    return content(clipped)
