"""Make a dataset up: sliders on the left, its classes and its points on the right."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus
from textual.widgets import Static

from engine.data.make_spec import (
    KINDS,
    TARGET,
    Make,
    change,
    make,
    parse,
)
from engine.errors import DataError
from tui import messages as say
from tui.charts.distribution import class_bars
from tui.charts.scatter import scatter
from tui.charts.view import ChartView
from tui.commands import Command
from tui.draft import Problem
from tui.making import MakeChanged, WriteMadeRequested
from tui.panes.base import Copied, words
from tui.safe_text import content
from tui.screens.base import SessionScreen
from tui.screens.frame import KeyLine
from tui.session import Session
from tui.widgets.slider import Slider

MAKE: tuple[Command, ...] = (
    Command("make.open", "enter,o", "Open it as the dataset", footer="open"),
    Command("make.write", "w", "Write it as CSV or Parquet", footer="write"),
    Command("make.reset", "u", "Back to the defaults of this kind", footer="defaults"),
    Command("make.close", "escape", "Back", footer="back"),
)

_ORDER: Final = ("rows", "ratio", "classes", "features", "noise", "overlap", "seed")
_AXES: Final = ("feature1", "feature2")


class Generate(SessionScreen[None]):
    """Sliders of a made-up table, with bars and points that follow."""

    CSS_PATH: ClassVar = "generate.tcss"
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = MAKE
    BINDINGS: ClassVar = [
        Binding("up", "app.focus_previous", "Value above", show=False),
        Binding("down", "app.focus_next", "Value below", show=False),
    ]
    HELP = "Make a dataset"

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

    def watch_session(self, before: Session, session: Session) -> None:
        """Show points that came in."""
        if self.is_mounted and before.making is not session.making:
            self._draw()

    # Changing ----------------------------------------------------------------------

    @on(Slider.Given)
    def _given(self, event: Slider.Given) -> None:
        event.stop()
        text = event.text
        if event.key == "kind":
            text = [*KINDS][int(text)]
        try:
            self._make = change(self._make, event.key, text)
        except DataError as error:
            self._wrong = Problem.of(error).text
            event.slider.complain()
            self._note()
        else:
            self._ask()

    def _ask(self) -> None:
        """Show the values at once, and ask for their points."""
        self._wrong = ""
        self._fill()
        self._note()
        self._draw()
        self.post_message(MakeChanged(self._make.source))

    def _fill(self) -> None:
        kind, values = self._make.kind, self._make.values
        for slider in self.query(Slider):
            slider.display = slider.key == "kind" or slider.key in values
            if slider.key == "kind":
                slider.put([*KINDS].index(kind), kind, range(len(KINDS)))
            elif slider.display:
                value, stops = values[slider.key], KINDS[kind].params[slider.key].stops
                slider.put(value, f"{value:,}".removesuffix(".0"), stops)
        title = Content.assemble(
            ("imbtui", "bold $accent"),
            "  make a dataset  ",
            (self._make.shape.title, "dim"),
        )
        self.query_one("#make-title", Static).update(title)
        source = Content.assemble(content(self._make.source), ("\ny copies it", "dim"))
        self.query_one("#make-source", Static).update(source)

    @on(DescendantFocus)
    def _came(self) -> None:
        self._note()

    def _note(self) -> None:
        """Say what the focused value does, or why one was refused."""
        key = self.focused.key if isinstance(self.focused, Slider) else ""
        params = self._make.shape.params
        text = params[key].effect if key in params else self._make.shape.description
        note = self.query_one("#make-note", Static)
        note.set_class(bool(self._wrong), "-wrong")
        note.update(content(f"✗ {self._wrong}" if self._wrong else text))

    # Showing -----------------------------------------------------------------------

    def _draw(self) -> None:
        counts = self._make.counts
        bars = self.query_one("#make-bars", ChartView)
        tall = self.has_class("-tall")
        bars.styles.height = 2 * min(len(counts), 5 if tall else 3) + tall
        draw = partial(class_bars, counts, positive=_positive(self._make))
        bars.show(draw, (*counts.items(),))
        points = self.query_one("#make-points", ChartView)
        made = self.session.making
        if made.problem is not None:
            text = made.problem.text
            points.show(words(text), text)
        elif (sketch := made.sketch) is not None:
            note = "" if sketch.whole else "from a smaller table like it"
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
        wish = say.OpenRequested(self._make.source, TARGET, _positive(self._make))
        self.post_message(wish)

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
