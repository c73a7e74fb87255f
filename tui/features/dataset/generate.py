"""Generate a dataset: sliders on the left, its classes and points on the right."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Click, DescendantFocus, Key
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from engine.core.errors import DataError
from engine.core.messages import Sketch
from engine.io.make_spec import KINDS, TARGET, Make, change, make, parse
from tui.charts.bars import class_bars
from tui.charts.scatter import scatter
from tui.charts.view import ChartView
from tui.features import messages
from tui.features.arms.draft import Problem
from tui.features.commands import Command
from tui.features.dataset.state import WriteMadeRequested
from tui.features.pane import words
from tui.features.questions import Ask
from tui.features.screen import KeyLine, SessionScreen, screen_title
from tui.terminal.clipboard import Copied
from tui.terminal.safe_text import clip, content, pad

MAKE: tuple[Command, ...] = (
    Command("make.open", "enter,o", "Open it as the dataset", "open"),
    Command("make.write", "w", "Write as CSV or Parquet", "write"),
    Command("make.reset", "u", "Back to the defaults of this kind", "defaults"),
    Command("make.close", "escape", "Back", "back"),
)

_ORDER: Final = (
    "scenario",
    "rows",
    "ratio",
    "classes",
    "features",
    "noise",
    "overlap",
    "seed",
)
_AXES: Final = ("feature1", "feature2")

PAGE: Final = 5
"""Stops that a large step goes."""
_LABEL, _VALUE = 14, 9
_DIGITS: Final = "0123456789."


class Slider(Widget, can_focus=True):
    """A label, a track with a knob, and the value.

    Left and right go from stop to stop, page up and page down five of them, home and
    end to the ends; a number that is typed is taken by enter, or by leaving.
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
    class Changed(Message):
        """A user gave a value, as text."""

        slider: Slider
        key: str
        text: str

    def __init__(self, key: str) -> None:
        super().__init__(id=f"slider-{key}")
        self.key = key
        self._stops: Sequence[float] = (0,)
        self._value: float = 0
        self._shown = ""
        self._typed = ""

    def put(self, value: float, shown: str, stops: Sequence[float]) -> None:
        """Show a value, as it is written, and where the arrow keys go from it."""
        self._value, self._shown, self._stops = value, shown, stops
        self.remove_class("-wrong")
        self.refresh()

    def action_step(self, step: int) -> None:
        """Go so many stops on from the value, which may lie between two."""
        find = bisect_right if step > 0 else bisect_left
        place = find(self._stops, self._value) + step - (step > 0)
        self.action_edge(min(len(self._stops) - 1, max(0, place)))

    def action_edge(self, place: int) -> None:
        """Go to a stop."""
        self._typed = ""
        if (value := self._stops[place]) != self._value:
            text = repr(value).removesuffix(".0")
            self.post_message(self.Changed(self, self.key, text))
        self.refresh()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Tell that digits are typed here, but for a kind, which has none."""
        return self.key != "kind" and character is not None and character in _DIGITS

    def on_key(self, event: Key) -> None:
        """Type a number."""
        if self.check_consume_key(event.key, event.character):
            self._typed = (self._typed + (event.character or ""))[:_VALUE]
        elif self._typed and event.key == "backspace":
            self._typed = self._typed[:-1]
        elif self._typed and event.key in ("enter", "escape"):
            self._end_typing(take=event.key == "enter")
        else:
            return
        event.stop()
        event.prevent_default()
        self.refresh()

    def on_blur(self) -> None:
        """Take what was typed."""
        self._end_typing(take=True)

    def _end_typing(self, *, take: bool) -> None:
        text, self._typed = self._typed, ""
        if text and take:
            self.post_message(self.Changed(self, self.key, text))

    def on_click(self, event: Click) -> None:
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
        value = clip(f"{self._typed}▏" if self._typed else self._shown, _VALUE)
        return Content.assemble(
            (pad(mark + self.key, _LABEL), style("slider--label")),
            ("━" * knob + "●", style("slider--filled")),
            ("─" * (self._room - 1 - knob), style("slider--track")),
            (f" {value:>{_VALUE}}", style("slider--value")),
        )


class Generate(SessionScreen[None]):
    """Sliders of a made-up table, with bars and points that follow."""

    CSS_PATH: ClassVar = "generate.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = MAKE
    BINDINGS: ClassVar = [
        Binding("up", "app.focus_previous", "Value above", show=False),
        Binding("down", "app.focus_next", "Value below", show=False),
    ]
    HELP = "Generate a dataset"
    PARTS = ("making",)

    def __init__(self) -> None:
        super().__init__()
        self._make = make("moons")
        self._wrong = ""

    def compose(self) -> ComposeResult:
        """Lay out a slider for every parameter of any kind, and the pictures."""
        yield Static(id="make-title")
        with Horizontal(id="make-body"):
            with Vertical(id="make-left"):
                with Vertical(id="make-form"):
                    yield from (Slider(key) for key in ("kind", *_ORDER))
                yield Static(id="make-note")
                yield Static(id="make-source", markup=False)
            with Vertical(id="make-right"):
                yield ChartView(id="make-bars")
                yield ChartView(id="make-points", placeholder="drawing …")
        yield KeyLine("←→ move", id="keys")

    def on_mount(self) -> None:
        """Go on with what was made up last."""
        self._make = parse(self.session.making.source)
        self._ask()
        self.query_one("#slider-ratio", Slider).focus()

    # Changing ----------------------------------------------------------------------

    @on(Slider.Changed)
    def _change(self, event: Slider.Changed) -> None:
        text = [*KINDS][int(event.text)] if event.key == "kind" else event.text
        try:
            self._make = change(self._make, event.key, text)
        except DataError as error:
            self._wrong = Problem.of(error).text
            event.slider.add_class("-wrong")
            self._note()
        else:
            self._ask()

    def _ask(self) -> None:
        """Show the values at once, and ask for their points."""
        self._wrong = ""
        self._fill()
        self._note()
        self.draw()
        self.post_message(Ask("making.sketch", Sketch(id=0, source=self._make.source)))

    def _fill(self) -> None:
        kind, values = self._make.kind, self._make.values
        first, *sliders = self.query(Slider)
        first.put([*KINDS].index(kind), kind, range(len(KINDS)))
        for slider in sliders:
            slider.display = slider.key in values
            if slider.display:
                value, stops = values[slider.key], KINDS[kind].params[slider.key].stops
                slider.put(value, f"{value:,}".removesuffix(".0"), stops)
        title = screen_title("generate a dataset", self._make.shape.title)
        self.query_one("#make-title", Static).update(title)
        source = Content.assemble(content(self._make.source), ("\ny copies it", "dim"))
        self.query_one("#make-source", Static).update(source)

    @on(DescendantFocus)
    def _note(self) -> None:
        """Say what the focused value does, or why one was refused."""
        key = self.focused.key if isinstance(self.focused, Slider) else ""
        params = self._make.shape.params
        text = params[key].effect if key in params else self._make.shape.description
        note = self.query_one("#make-note", Static)
        note.set_class(bool(self._wrong), "-wrong")
        note.update(content(f"✗ {self._wrong}" if self._wrong else text))

    # Showing -----------------------------------------------------------------------

    def draw(self) -> None:
        """Show the classes, and points as soon as there are any."""
        counts = self._make.counts
        bars = self.query_one("#make-bars", ChartView)
        tall = self.has_class("-tall")
        bars.styles.height = 2 * min(len(counts), 5 if tall else 3) + tall
        draw = partial(class_bars, counts, positive=_positive(self._make))
        bars.show(draw, (*counts.items(),))
        points = self.query_one("#make-points", ChartView)
        made = self.session.making.sketch
        if made.problem is not None:
            points.show(words(made.problem.text), made.problem.text)
        elif (sketch := made.answer) is not None:
            note = "" if sketch.whole else "from a smaller table of the same kind"
            draw = partial(scatter, sketch.points, sketch.counts, axes=_AXES, note=note)
            points.show(draw, sketch.source)
        else:
            points.show(None, None)

    def copied(self) -> Copied:
        """Return the source."""
        return Copied(self._make.source, "the source")

    # Commands ----------------------------------------------------------------------

    def action_open(self) -> None:
        """Open the table in the workbench."""
        source, positive = self._make.source, _positive(self._make)
        self.post_message(messages.OpenRequested(source, TARGET, positive))

    def action_write(self) -> None:
        """Ask for a file, and write the table."""
        self.post_message(WriteMadeRequested(self._make.source))

    def action_reset(self) -> None:
        """Take the defaults of the kind."""
        self._make = make(self._make.kind)
        self._ask()


def _positive(table: Make) -> str | None:
    """Return the smaller of two classes; of more none is the positive one."""
    return "1" if table.classes == 2 else None
