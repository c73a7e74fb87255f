"""One of several values, on one line; enter or space opens the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeAlias

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.widgets import Select, Static

from tui.terminal.safe_text import clip_middle, rich_text

Option: TypeAlias = tuple[str, str]
"""A label, which may be untrusted, and the value it stands for."""

MOST_OPTIONS = 300
_LONGEST_LABEL = 60
_FRAME = 4
"""Cells of a chooser beside its label."""
_NOTHING: Option = ("—", "")


class Chooser(Select[str], inherit_bindings=False):
    """A compact select that leaves the arrow keys to whatever holds it.

    Its labels are text from anywhere. `Select.Changed` is posted only for what a
    person chose.
    """

    DEFAULT_CSS = """
    Chooser {
        width: 1fr;
        height: 1;
        & > SelectCurrent { background: $surface; padding: 0 1 !important; }
        & > SelectCurrent Static#label { height: 1; text-wrap: nowrap; }
        & > SelectCurrent Static#label { text-overflow: ellipsis; }
        &:focus > SelectCurrent {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            & Static#label { color: $block-cursor-foreground; text-style: bold; }
            & .arrow { color: $block-cursor-foreground; }
        }
        & > SelectOverlay { min-width: 24; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "show_overlay", "Choose", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        nothing = (_shown(_NOTHING[0]), _NOTHING[1])
        super().__init__([nothing], allow_blank=False, compact=True, id=id)
        self._offered: tuple[Option, ...] = (_NOTHING,)
        self._listed: tuple[Option, ...] = ()
        self._known = _NOTHING[1]

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
        self._offered = tuple(offered)
        self._known = _NOTHING[1] if value is None else value
        if self._label is not None:
            self._apply()

    @property
    def _label(self) -> Static | None:
        """What shows the chosen one: there once all inside has been put together."""
        return self.query_one_optional("#label", Static)

    def on_mount(self) -> None:
        """Show what was offered before there was anything to show it in."""
        self._apply()

    def _apply(self) -> None:
        with self.prevent(Select.Changed):
            # What is offered twice before it is mounted is not listed yet.
            if self._listed != self._offered:
                self._listed = self._offered
                self.set_options([(_shown(text), one) for text, one in self._offered])
            if self.value != self._known:
                self.value = self._known
        self._fit()

    def watch_value(self) -> None:
        """Show the chosen label in the room there is."""
        self._fit()

    @on(Resize)
    def _fit(self) -> None:
        """Cut the chosen label in its middle, where it is not seen whole."""
        room = self.size.width - _FRAME
        value = self.value
        label = next((text for text, one in self._offered if one == value), "")
        place = self._label
        if place is not None and room > 0:
            shown = _shown(label, min(room, _LONGEST_LABEL))
            if str(place.content) != shown.plain:
                place.update(shown)

    @on(Select.Changed)
    def _keep_echo(self, event: Select.Changed) -> None:
        # Textual says so too when the widget is mounted, with its first value.
        if event.value in (_NOTHING[1], self._known):
            event.stop()


def _shown(label: str, width: int = _LONGEST_LABEL) -> Text:
    """Return a label, cut in its middle: names often differ at their ends."""
    # Rich's text, since in no other does Textual find what is typed.
    return rich_text(clip_middle(label, width))
