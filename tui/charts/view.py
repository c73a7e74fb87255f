"""The widget that shows a chart, and redraws it as seldom as it can."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache, partial
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from rich.color import Color as RichColor
from rich.text import Text
from textual.color import Color
from textual.content import Content
from textual.events import Click, Leave, MouseMove
from textual.message import Message
from textual.widget import Widget

from tui.charts.base import ANSI, DARK, LIGHT, MONO, Colour, Palette, message
from tui.charts.canvas import Area, ChartText, Point

if TYPE_CHECKING:
    from textual.app import App
    from textual.theme import Theme
    from textual.timer import Timer


Draw: TypeAlias = Callable[[int, int, Palette], str]
"""Returns a picture of at most so many cells and lines in the palette's colours."""

MOST_DRAWN = 4
"""Pictures drawn per second at most; the terminal may be at the end of a slow line."""

_RAMP = (0.05, 0.15, 0.25, 0.35)
"""Of a colour in the backgrounds of matrix cells."""
_MUTED = 0.7


_CROSS, _POINTED, _SET = "╋", "┆", "│"
"""Of a crosshair: its point, its line, and the line of one that stays."""


class Mark(NamedTuple):
    """Where a crosshair is on a chart's scales: a line, and a point if there is one.

    Parameters
    ----------
    x : float
    y : float or None, default=None
    pointed : bool, default=False
        Whether the mouse or the keys are pointing; else it says where something is.
    """

    x: float
    y: float | None = None
    pointed: bool = False


def palette_of(app: App[object]) -> Palette:
    """Return the palette that fits an app's theme and what its terminal may show.

    Parameters
    ----------
    app : App
        Asked for ``NO_COLOR``, for the terminal's own colours, for dark or light.

    Returns
    -------
    Palette
    """
    if app.no_color:
        return MONO
    if app.native_ansi_color:
        return ANSI
    return palette_for(app.current_theme)


def palette_for(theme: Theme) -> Palette:
    """Return the palette in the colours of a theme."""
    base = DARK if theme.dark else LIGHT
    if theme.name == base.name:
        return base
    return _in_colours(
        base,
        theme.name,
        *(theme.primary, theme.accent, theme.success, theme.error),
        *(theme.background, theme.foreground),
    )


@lru_cache(32)
def _in_colours(
    base: Palette,
    name: str,
    *colours: str | None,
) -> Palette:
    """Return a palette in a theme's colours, with series of `base` far from them."""
    given = [Color.parse(colour or "black") for colour in colours]
    primary, accent, success, error, back, text = given

    def ramp(colour: Color) -> tuple[Colour, ...]:
        return tuple(back.blend(colour, part, 1.0).rgb for part in _RAMP)

    series: list[Colour] = [primary.rgb, accent.rgb, success.rgb]
    while len(series) < len(base.series):
        series.append(max(base.series, key=lambda one: _apart(one, series)))
    return replace(
        base,
        name=name,
        majority=primary.rgb,
        minority=accent.rgb,
        synthetic=success.rgb,
        accent=error.rgb,
        muted=back.blend(text, _MUTED, 1.0).rgb,
        series=tuple(series),
        right=ramp(primary),
        wrong=ramp(error),
    )


def _apart(colour: Colour, others: Iterable[Colour]) -> float:
    """Return how far a colour is from the nearest of others."""

    def rgb(one: Colour) -> tuple[int, int, int]:
        return (
            one
            if isinstance(one, tuple)
            else RichColor.from_ansi(one or 0).get_truecolor()
        )

    return min(math.dist(rgb(colour), rgb(other)) for other in others)


class ChartView(Widget):
    """A chart in a widget, whatever its size and the app's theme.

    A picture is drawn when it is seen and only if the data, the size or the palette
    changed; the last one is kept. More than four changes in a second wait, and only
    the last of them is drawn. Crosshairs are laid over the kept picture, at once.

    Parameters
    ----------
    placeholder : str, default=""
        What to say while there is nothing to draw.
    id, classes
        As for every widget.
    """

    DEFAULT_CSS = """
    ChartView {
        width: 1fr;
        height: 1fr;
        text-wrap: nowrap;
        text-overflow: clip;
    }
    """

    class Pointed(Message):
        """The mouse is somewhere else: on a chart's scales, or nowhere.

        Parameters
        ----------
        chart : ChartView
        x : float or None
            What its column stands for.
        y : float
            What its line stands for.
        clicked : bool
            Whether it was clicked there.
        """

        def __init__(
            self, chart: ChartView, x: float | None, y: float, clicked: bool
        ) -> None:
            super().__init__()
            self.chart, self.x, self.y, self.clicked = chart, x, y, clicked

    class Resized(Message):
        """There is another room for the picture: it is read anew."""

    def __init__(
        self, *, placeholder: str = "", id: str | None = None, classes: str = ""
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._chart_draw: Draw | None = None
        self._chart_key: object = None
        self._placeholder = placeholder
        self._content = Content("")
        self._drawn: tuple[object, ...] | None = None
        self._drawn_at: deque[float] = deque(maxlen=MOST_DRAWN)
        self._waiting: Timer | None = None
        self._area: Area | None = None
        self._marks: tuple[Mark, ...] = ()
        self._pointed: Point | None = None

    @property
    def plain(self) -> str:
        """The picture as it was last drawn, without colours, for copying."""
        lines = self._marked().plain.split("\n")
        return "\n".join(line.rstrip() for line in lines)

    def show(self, draw: Draw | None, key: object = None) -> None:
        """Show another picture; the same key changes nothing.

        Parameters
        ----------
        draw : callable or None
            The chart function with its data; None shows the placeholder.
        key : object, default=None
            Names what is drawn; of a `functools.partial` its function and data.
        """
        if key is None and isinstance(draw, partial):
            key = (draw.func, draw.args, draw.keywords)
        if key == self._chart_key and (draw is None) == (self._chart_draw is None):
            return
        self._chart_draw = draw
        self._chart_key = key
        self.refresh()

    @property
    def area(self) -> Area | None:
        """Where the canvas of the picture is; None where nothing can be pointed at."""
        return self._area

    def mark(self, *marks: Mark) -> None:
        """Show crosshairs over the picture, the last above the others."""
        if marks != self._marks:
            self._marks = marks
            self.refresh()

    def on_resize(self) -> None:
        """Say that there is another room."""
        self.post_message(self.Resized())

    def on_mouse_move(self, event: MouseMove) -> None:
        """Say what is pointed at, if it is something else than before."""
        self._point(event, False)

    def on_click(self, event: Click) -> None:
        """Say what was clicked."""
        self._point(event, True)

    def on_leave(self, _: Leave) -> None:
        """Say that nothing is pointed at."""
        if self._pointed is not None:
            self._pointed = None
            self.post_message(self.Pointed(self, None, 0.0, False))

    def _point(self, event: MouseMove | Click, clicked: bool) -> None:
        place, area = event.get_content_offset(self), self._area
        if area is None or place is None or place.x < area.left:
            return
        point = area.point(*place)
        if clicked or point != self._pointed:
            self._pointed = point
            self.post_message(self.Pointed(self, *point, clicked))

    def on_mount(self) -> None:
        """Follow the app's theme."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.refresh())

    def render(self) -> Content:
        """Return the picture, drawn now only if it must be and may be."""
        width, height = self.content_size
        if width <= 0 or height <= 0:
            return Content("")
        palette = palette_of(self.app)
        drawn = self._chart_draw is None, self._chart_key
        wanted = (*drawn, width, height, palette)
        if wanted == self._drawn:
            return self._marked()
        now = monotonic()
        if len(self._drawn_at) == MOST_DRAWN and now - self._drawn_at[0] < 1:
            if self._waiting is None:
                wait = 1 - (now - self._drawn_at[0])
                self._waiting = self.set_timer(wait, self._come_now)
            return self._marked()
        self._drawn_at.append(now)
        self._content = self._picture(width, height, palette)
        self._drawn = wanted
        return self._marked()

    def _marked(self) -> Content:
        """Return the kept picture with the crosshairs; they hide nothing of a curve."""
        if self._area is None or not self._marks:
            return self._content
        # A copy: Textual keeps the list that the first split returns.
        area, lines = self._area, [*self._content.split("\n", allow_blank=True)]
        for x, y, pointed in self._marks:
            column, row = area.cell(x, y)
            sign = _POINTED if pointed else _SET
            signs = dict.fromkeys(range(area.top, area.bottom), sign)
            signs[area.bottom] = "┴"
            signs |= {row: _CROSS} if y is not None else {}
            for place, one in signs.items():
                line = lines[place]
                free = line.plain[column : column + 1] in " ·┊┆│─┬┴"
                if free or one == _CROSS:
                    drawn = Content.styled(one, "bold")
                    lines[place] = line[:column] + drawn + line[column + 1 :]
        return Content("\n").join(lines)

    def _picture(self, width: int, height: int, palette: Palette) -> Content:
        self._area = None
        if self._chart_draw is None:
            return Content(message(self._placeholder, width, height))
        try:
            text = self._chart_draw(width, height, palette)
        except Exception as error:  # A picture must not take the whole app with it.
            self.log.error("a chart failed", key=self._chart_key, error=repr(error))
            name = type(error).__name__
            text = message(f"This picture failed ({name}).", width, height)
        self._area = text.area if isinstance(text, ChartText) else None
        return _content(text)

    def _come_now(self) -> None:
        self._waiting = None
        self.refresh()


def _content(text: str) -> Content:
    return Content.from_rich_text(Text.from_ansi(text))
