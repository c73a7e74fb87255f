"""One value on one line, moved with the arrow keys."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.safe_text import clip, pad

PAGE: Final = 5
"""Stops that a large step goes."""
_LABEL, _VALUE = 14, 9


class Slider(Widget, can_focus=True):
    """A label, a track with a knob, and the value.

    Left and right go from stop to stop, page up and page down five of them, home and
    end to the ends.
    """

    DEFAULT_CSS = """
    Slider {
        height: 1;
        width: 1fr;
        text-wrap: nowrap;
        & > .slider--track { color: $text-muted; }
        & > .slider--filled { color: $primary; }
        & > .slider--value { text-style: bold; }
        &:focus { background: $panel; }
        &:focus > .slider--label { text-style: bold; color: $accent; }
        &.-wrong > .slider--value { color: $text-error; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"slider--{part}" for part in ("filled", "label", "track", "value")
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "less", show=False),
        Binding("right", "step(1)", "more", show=False),
        Binding("pagedown,shift+left", f"step(-{PAGE})", "much less", show=False),
        Binding("pageup,shift+right", f"step({PAGE})", "much more", show=False),
        Binding("home", "edge(0)", "least", show=False),
        Binding("end", "edge(-1)", "most", show=False),
    ]
    ALLOW_SELECT = False

    @dataclass
    class Given(Message):
        """A person gave a value, as text."""

        slider: Slider
        key: str
        text: str

    def __init__(self, key: str) -> None:
        super().__init__(id=f"slider-{key}")
        self.key = key
        self._stops: Sequence[float] = (0,)
        self._value: float = 0
        self._shown = ""

    def put(self, value: float, shown: str, stops: Sequence[float]) -> None:
        """Show a value, as it is written, and where the arrow keys go from it."""
        self._value, self._shown, self._stops = value, shown, stops
        self.set_class(False, "-wrong")
        self.refresh()

    def complain(self) -> None:
        """Show that what was given cannot be."""
        self.set_class(True, "-wrong")

    def action_step(self, step: int) -> None:
        """Go so many stops on from the value, which may lie between two."""
        find = bisect_right if step > 0 else bisect_left
        place = find(self._stops, self._value) + step - (step > 0)
        self.action_edge(min(len(self._stops) - 1, max(0, place)))

    def action_edge(self, place: int) -> None:
        """Go to a stop."""
        if self._stops[place] != self._value:
            text = repr(self._stops[place]).removesuffix(".0")
            self.post_message(self.Given(self, self.key, text))

    def on_click(self, event: events.Click) -> None:
        """Go where the pointer is on the track."""
        if 0 <= event.x - _LABEL < self._room:
            event.stop()
            share = (event.x - _LABEL) / max(1, self._room - 1)
            self.action_edge(round(share * (len(self._stops) - 1)))

    @property
    def _room(self) -> int:
        """Cells of the track."""
        return max(1, self.size.width - _LABEL - _VALUE - 1)

    def render(self) -> RenderResult:
        """Draw the line."""
        style = self.get_visual_style
        mark = "▸ " if self.has_focus else "  "
        last = len(self._stops) - 1
        place = min(last, bisect_left(self._stops, self._value))
        knob = round(place / max(1, last) * (self._room - 1))
        value = clip(self._shown, _VALUE)
        return Content.assemble(
            Content.styled(pad(mark + self.key, _LABEL), style("slider--label")),
            Content.styled("━" * knob + "●", style("slider--filled")),
            Content.styled("─" * (self._room - 1 - knob), style("slider--track")),
            Content.styled(f" {value:>{_VALUE}}", style("slider--value")),
        )
