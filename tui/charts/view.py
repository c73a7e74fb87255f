"""The widget that shows a chart, and redraws it as seldom as it can."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache, partial
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from rich.color import Color as RichColor
from rich.text import Text
from textual.color import Color
from textual.content import Content
from textual.widget import Widget

from tui.charts.base import ANSI, DARK, LIGHT, MONO, Colour, Palette, message

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
    the last of them is drawn.

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

    @property
    def plain(self) -> str:
        """The picture as it was last drawn, without colours, for copying."""
        return "\n".join(line.rstrip() for line in self._content.plain.split("\n"))

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
            return self._content
        now = monotonic()
        if len(self._drawn_at) == MOST_DRAWN and now - self._drawn_at[0] < 1:
            if self._waiting is None:
                wait = 1 - (now - self._drawn_at[0])
                self._waiting = self.set_timer(wait, self._come_now)
            return self._content
        self._drawn_at.append(now)
        self._content = self._picture(width, height, palette)
        self._drawn = wanted
        return self._content

    def _picture(self, width: int, height: int, palette: Palette) -> Content:
        if self._chart_draw is None:
            return Content(message(self._placeholder, width, height))
        try:
            text = self._chart_draw(width, height, palette)
        except Exception as error:  # A picture must not take the whole app with it.
            self.log.error("a chart failed", key=self._chart_key, error=repr(error))
            name = type(error).__name__
            text = message(f"This picture failed ({name}).", width, height)
        return Content.from_rich_text(Text.from_ansi(text))

    def _come_now(self) -> None:
        self._waiting = None
        self.refresh()
