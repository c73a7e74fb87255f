"""One value on one line, moved with the arrow keys or typed."""

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

__all__ = ["Slider"]

PAGE: Final = 5
"""Stops that a large step goes."""
_MOST_TYPED: Final = 12
_LABEL, _VALUE = 14, 9
_LEAST_TRACK: Final = 6


class Slider(Widget, can_focus=True):
    """A label, a track with a knob, and the value.

    Left and right go from stop to stop, page up and page down five of them, home and
    end to the ends. A digit begins to type a value between the stops: enter takes
    it, escape does not.

    Parameters
    ----------
    key : str
        What the value stands for.
    label : str
        Before the track.
    number : bool, default=True
        Whether a number may be typed; otherwise the stops are all there is.
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
        "slider--filled",
        "slider--label",
        "slider--track",
        "slider--value",
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

        @property
        def control(self) -> Slider:
            """The slider."""
            return self.slider

    def __init__(self, key: str, label: str, *, number: bool = True) -> None:
        super().__init__(id=f"slider-{key}")
        self.key = key
        self._label = label
        self._number = number
        self._stops: tuple[float | str, ...] = ()
        self._value: float | str = ""
        self._shown = ""
        self._typed = ""

    def put(
        self, value: float | str, shown: str, stops: Sequence[float | str] = ()
    ) -> None:
        """Show the value in force.

        Parameters
        ----------
        value : float or str
            It may lie between the stops.
        shown : str
            How it is written.
        stops : sequence of float or str, default=()
            Where the arrow keys go, growing; without any, to every whole number.
        """
        self._value, self._shown, self._stops = value, shown, tuple(stops)
        self.set_class(False, "-wrong")
        self.refresh()

    def complain(self) -> None:
        """Show that what was given cannot be."""
        self.set_class(True, "-wrong")

    @property
    def typed(self) -> str:
        """What is being typed."""
        return self._typed

    # Moving ------------------------------------------------------------------------

    def action_step(self, step: int) -> None:
        """Go so many stops on."""
        self._typed = ""
        if not self._stops:
            assert not isinstance(self._value, str)
            self._give(max(0.0, self._value + step))
            return
        place = self._place(step)
        self._give(self._stops[min(len(self._stops) - 1, max(0, place))])

    def action_edge(self, place: int) -> None:
        """Go to the first or the last stop."""
        self._typed = ""
        if self._stops:
            self._give(self._stops[place])

    def _place(self, step: int) -> int:
        """Return the stop that lies so many steps from the value."""
        if not self._number:
            return self._stops.index(self._value) + step
        numbers = [float(stop) for stop in self._stops]
        value = float(self._value)
        if step > 0:
            return bisect_right(numbers, value) + step - 1
        return bisect_left(numbers, value) + step

    def _give(self, value: float | str) -> None:
        if value != self._value:
            text = value if isinstance(value, str) else repr(value).removesuffix(".0")
            self.post_message(self.Given(self, self.key, text))
        self.refresh()

    # Typing ------------------------------------------------------------------------

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Tell that digits are typed here, whatever they do elsewhere."""
        return self._number and character is not None and character in "0123456789."

    def on_key(self, event: events.Key) -> None:
        """Type a number, if one may be."""
        typing = bool(self._typed)
        if self.check_consume_key(event.key, event.character):
            self._typed = (self._typed + (event.character or ""))[:_MOST_TYPED]
        elif typing and event.key == "backspace":
            self._typed = self._typed[:-1]
        elif typing and event.key == "enter":
            self._take()
        elif typing and event.key == "escape":
            self._typed = ""
        else:
            return
        event.stop()
        event.prevent_default()
        self.refresh()

    def on_blur(self) -> None:
        """Take what was typed."""
        self._take()

    def _take(self) -> None:
        if self._typed:
            text, self._typed = self._typed, ""
            self.post_message(self.Given(self, self.key, text))
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Go where the pointer is on the track."""
        left = _LABEL
        at, room = event.x - left, self._track
        if self._stops and 0 <= at < room:
            event.stop()
            place = round(at / max(1, room - 1) * (len(self._stops) - 1))
            self._give(self._stops[place])

    # Drawing -----------------------------------------------------------------------

    @property
    def _track(self) -> int:
        return max(0, self.size.width - _LABEL - _VALUE - 1)

    def render(self) -> RenderResult:
        """Draw the line."""
        style = self.get_visual_style
        said = f"{self._typed}▏" if self._typed else self._shown
        mark = "▸ " if self.has_focus else "  "
        label = Content.styled(pad(mark + self._label, _LABEL), style("slider--label"))
        room = self._track
        if not self._stops or not self._number or room < _LEAST_TRACK:
            said = f"◂ {clip(said, max(1, room + _VALUE - 3))} ▸"
            return Content.assemble(label, Content.styled(said, style("slider--value")))
        value = Content.styled(clip(said, _VALUE), style("slider--value"))
        knob = round(self._share() * (room - 1))
        return Content.assemble(
            label,
            Content.styled("━" * knob, style("slider--filled")),
            Content.styled("●", style("slider--filled")),
            Content.styled("─" * (room - 1 - knob), style("slider--track")),
            " ",
            " " * (_VALUE - value.cell_length),
            value,
        )

    def _share(self) -> float:
        """Return how far along its stops the value is, 0 to 1."""
        numbers = [float(stop) for stop in self._stops]
        value = min(numbers[-1], max(numbers[0], float(self._value)))
        above = min(len(numbers) - 1, bisect_left(numbers, value))
        below = max(0, above - 1)
        wide = numbers[above] - numbers[below]
        part = (value - numbers[below]) / wide if wide else 0.0
        return (below + part) / max(1, len(numbers) - 1)
