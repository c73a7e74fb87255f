"""Letters over all that can have the focus: one of them goes there."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.widgets.strip import Strip, StripTitle

LETTERS: Final = "asdfghjklqwertyuiopzxcvbnm"


class Jump(ModalScreen[None]):
    """Shows a letter over each place of the screen below; its key goes there.

    Parameters
    ----------
    screen : Screen
        What is below.
    """

    CSS_PATH: ClassVar = "jump.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "app.leave", show=False),
    ]

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self._of = screen
        self._places = dict(zip(LETTERS, places(screen), strict=False))

    def compose(self) -> ComposeResult:
        """Lay the letters over their places."""
        for letter, (widget, title) in self._places.items():
            label = Static(f" {letter} ", classes="jump-letter")
            left = title.left if title is not None else 0
            label.styles.offset = (widget.region.x + left, widget.region.y)
            yield label

    def on_key(self, event: Key) -> None:
        """Go to a place; any other key goes nowhere."""
        event.stop()
        widget, title = self._places.get(event.key, (None, None))
        self.dismiss()
        if title is not None and widget is not None:
            widget.post_message(Strip.Clicked(title.title))
        elif widget is not None:
            getattr(self._of, "focus_on", self._of.set_focus)(widget)

    def on_click(self) -> None:
        """Go nowhere."""
        self.dismiss()

    def on_resize(self) -> None:
        """Go when the places move."""
        if self.is_current and self.size != self._of.size:
            self.dismiss()


def places(screen: Screen[Any]) -> list[tuple[Widget, StripTitle | None]]:
    """Return what can be gone to: titles of strips, then what can have the focus."""
    strips = [(s, t) for s in screen.query(Strip) for t in s.titles if t.title >= 0]
    every = [*strips, *((one, None) for one in screen.focus_chain)]
    return [place for place in every if screen.region.intersection(place[0].region)]
