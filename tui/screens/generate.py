"""Make a dataset up: sliders on the left, its classes and its points on the right."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import DescendantFocus
from textual.widgets import Static

from engine.data.make_kinds import KINDS, Value, written
from engine.data.make_spec import TARGET, Make, change, make, parse
from engine.errors import DataError
from tui import messages as say
from tui.charts.base import Palette, message
from tui.charts.distribution import class_bars
from tui.charts.scatter import scatter
from tui.charts.view import ChartView
from tui.commands import Command, bindings, register
from tui.console import figures
from tui.draft import Problem
from tui.make_messages import MakeChanged, WriteMadeRequested
from tui.making import Making
from tui.panes.base import Copied
from tui.safe_text import content
from tui.screens.base import HEIGHTS, WIDTHS, SessionScreen
from tui.screens.frame import KeyLine
from tui.screens.pick_path import PickPath
from tui.session import Session
from tui.widgets.field import Form
from tui.widgets.slider import Slider

__all__ = ["MAKE", "Generate", "WriteTable"]

MAKE: tuple[Command, ...] = (
    Command(
        "make.open",
        "enter,o",
        "Open it as the dataset",
        "Goes to the workbench with the table as it is set here.",
        "open",
        footer="open",
    ),
    Command(
        "make.write",
        "w",
        "Write it to a file",
        "Writes the table as CSV or Parquet.",
        "write",
        footer="write",
    ),
    Command(
        "make.reset",
        "u",
        "Back to the defaults",
        "Sets every value of this kind to its default.",
        "reset",
        footer="defaults",
    ),
    Command(
        "make.close",
        "escape",
        "Back",
        "Leaves without opening anything.",
        "close",
        footer="back",
    ),
)
register(MAKE)

COMPONENTS: Final = "components"
_MOST_PAIRED: Final = 4
"""Features of which each pair may be looked at; the first ones tell the most."""
_KIND: Final = "The shape of the classes; the values that both kinds have stay."
_AXES: Final = (
    "What the picture shows: the first two principal components, or two features. "
    "The table stays the same."
)
_ORDER: Final = (
    "rows",
    "ratio",
    "classes",
    "features",
    "informative",
    "clusters",
    "noise",
    "overlap",
    "seed",
)
SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


class _Sliders(Form, inherit_bindings=False):
    """A form that leaves the escape key to the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "Value above", show=False),
        Binding("down", "step(1)", "Value below", show=False),
    ]


class Generate(SessionScreen[None]):
    """Sliders of a made-up table, with bars and points that follow."""

    CSS_PATH: ClassVar = "generate.tcss"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    COMMANDS_HERE: ClassVar[tuple[Command, ...]] = MAKE
    BINDINGS: ClassVar = [*bindings(MAKE)]
    HELP = """
    ## Make a dataset

    A table made up by scikit-learn's generators and made lopsided by imbalanced-learn's
    `make_imbalance`, both seeded: the same values give the same table anywhere. `←` `→`
    move a value, page up and down move it further, digits type it; `↑` `↓` go to the
    next. Bars and points follow.

    `enter` opens it in the workbench, `w` writes it to a file, `y` copies its source,
    which every command takes in place of a file: `imbtui run 'make:moons?rows=2000'`.

    The article's tables: moons with 2,750 rows, ratio 10 and noise 0.5; blobs with 300
    rows, ratio 5 and noise 3.
    """

    def __init__(self) -> None:
        super().__init__()
        self._make = make("moons")
        self._axes: tuple[str, str] | None = None
        self._wrong: Problem | None = None

    def compose(self) -> ComposeResult:
        """Lay out a slider for every parameter of any kind, and the pictures."""
        yield Static(id="make-title")
        with Horizontal(id="make-body"):
            with Vertical(id="make-left"):
                with _Sliders(id="make-form"):
                    yield Slider("kind", "kind", number=False)
                    for name in _ORDER:
                        yield Slider(name, name)
                    yield Slider("axes", "shown", number=False)
                yield Static(id="make-note")
                yield Static(id="make-source", markup=False)
            with Vertical(id="make-right"):
                yield ChartView(id="make-bars")
                yield ChartView(id="make-points", placeholder="drawing …")
        yield KeyLine("←→ move", id="keys")

    def on_mount(self) -> None:
        """Go on with what was made up last."""
        making = self.session.making
        self._make, self._axes = parse(making.source), making.axes
        self._ask()
        self.query_one("#slider-ratio", Slider).focus()

    def watch_session(self, before: Session, session: Session) -> None:
        """Show points that came in."""
        if self.is_mounted and (
            before.making is not session.making or before.service is not session.service
        ):
            self._draw()

    # Changing ----------------------------------------------------------------------

    @on(Slider.Given)
    def _given(self, event: Slider.Given) -> None:
        event.stop()
        if event.key == "axes":
            self._axes = None if event.text == COMPONENTS else _pair(event.text)
        else:
            try:
                self._make = change(self._make, event.key, event.text)
            except DataError as error:
                self._wrong = Problem.of(error)
                event.slider.complain()
                self._note()
                return
            if self._axes and " × ".join(self._axes) not in _choices(self._make):
                self._axes = None
        self._wrong = None
        self._ask()

    def _ask(self) -> None:
        """Show the values at once, and ask for their points."""
        self._fill()
        self._note()
        self._draw()
        self.post_message(MakeChanged(self._make.source, self._axes))

    def _fill(self) -> None:
        values = self._make.values
        for slider in self.query(Slider):
            if slider.key == "kind":
                slider.put(self._make.kind, self._make.kind, [*KINDS])
            elif slider.key == "axes":
                chosen = COMPONENTS if self._axes is None else " × ".join(self._axes)
                slider.put(chosen, chosen, _choices(self._make))
                slider.display = self._make.features > 2
            else:
                slider.display = slider.key in values
                if slider.display:
                    value = values[slider.key]
                    stops = self._make.shape.param(slider.key).stops
                    slider.put(value, _said(slider.key, value), stops)
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
        note = self.query_one("#make-note", Static)
        note.set_class(self._wrong is not None, "-wrong")
        if self._wrong is not None:
            note.update(content(f"✗ {self._wrong.text}"))
            return
        focused = self.focused
        key = focused.key if isinstance(focused, Slider) else ""
        text = {"kind": self._make.shape.description, "axes": _AXES, "": ""}.get(key)
        note.update(self._make.shape.param(key).effect if text is None else text)

    # Showing -----------------------------------------------------------------------

    def _draw(self) -> None:
        counts = self._make.counts
        bars = self.query_one("#make-bars", ChartView)
        tall = self.has_class("-tall")
        bars.styles.height = 2 * min(len(counts), 5 if tall else 3) + tall
        draw = partial(class_bars, counts, positive=_positive(self._make))
        bars.show(draw, (*counts.items(),))
        points = self.query_one("#make-points", ChartView)
        making, service = self.session.making, self.session.service
        if making.problem is not None:
            text = making.problem.text
            points.show(partial(_told, text), text)
        elif making.sketch is not None:
            sketch = making.sketch
            points.show(_picture(making), (sketch.source, sketch.axes))
        elif service.phase in ("starting", "warming"):
            text = f"getting ready: {service.part} …" if service.part else "…"
            points.show(partial(_told, text), text)
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
        self._make, self._axes, self._wrong = make(self._make.kind), None, None
        self._ask()

    def action_close(self) -> None:
        """Go back."""
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()


class WriteTable(PickPath):
    """A path to write a made-up table to.

    Parameters
    ----------
    source : str
        ``make:…``
    """

    def __init__(self, source: str) -> None:
        super().__init__(
            "Write the table",
            "tab completes   enter writes   .csv, .csv.gz or .parquet says the format",
            SUFFIXES,
            value=f"{parse(source).kind}.csv",
            new=True,
        )


def _positive(table: Make) -> str | None:
    """Return the smaller of two classes; of more none is the positive one."""
    labels = [*table.counts]
    return labels[1] if len(labels) == 2 else None


def _said(name: str, value: Value) -> str:
    if name == "ratio":
        return f"{written(value)}:1"
    return figures.count(value) if isinstance(value, int) else written(value)


def _choices(table: Make) -> list[str]:
    """Return what the picture may show; two features are always shown so."""
    if table.features == 2:
        return [COMPONENTS]
    pairs = combinations(table.columns[:_MOST_PAIRED], 2)
    return [COMPONENTS, *(" × ".join(pair) for pair in pairs)]


def _pair(text: str) -> tuple[str, str]:
    across, _, up = text.partition(" × ")
    return across, up


def _picture(making: Making) -> partial[str]:
    sketch = making.sketch
    assert sketch is not None
    return partial(
        scatter,
        sketch.points,
        sketch.counts,
        axes=sketch.axes,
        note="" if sketch.whole else "from a smaller table like it",
    )


def _told(text: str, width: int, height: int, _: Palette) -> str:
    return message(text, width, height)
