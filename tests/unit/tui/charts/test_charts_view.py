"""The chart widget: when it draws, in which colours, and what is copied."""

import itertools
import math
import os
from collections.abc import Iterator
from contextlib import closing

import pytest
from rich.color import Color as RichColor
from textual.color import Color

from tests.support.charts_samples import NEGATIVES, POSITIVES, contrast, sweep
from tests.support.each import each
from tests.support.stage import Widgets
from tui.app.themes import THEMES
from tui.charts.base import ANSI, DARK, LIGHT, MONO
from tui.charts.curves import Series, precision_recall
from tui.charts.view import MOST_DRAWN, ChartView, Mark, palette_for


def showing(draw, key):
    view = ChartView()
    view.show(draw, key)
    return view


class Clock:
    """Stands still unless told otherwise."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Canvas:
    """A chart that remembers how it was asked for."""

    def __init__(self) -> None:
        self.calls = []

    def __call__(self, width, height, palette):
        self.calls.append((width, height, palette))
        return palette.paint(f"{width}x{height}", 75) + " " * 3 + "\nend"


@pytest.fixture(scope="module")
def shown() -> Iterator[Widgets]:
    made = Widgets()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_colour_wishes(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_a_chart_is_drawn_once_in_its_size(shown):
    canvas = Canvas()
    view = showing(canvas, "a")

    async def use(app, pilot):
        for _ in range(5):
            view.refresh()
            await pilot.pause()
        view.show(canvas, "a")
        await pilot.pause()
        assert canvas.calls == [(80, 24, palette_for(app.current_theme))]
        assert view.plain == "80x24\nend"

    shown.run(use, view, size=(80, 24))


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("tui.charts.view.monotonic", made)
    return made


def test_another_key_or_size_or_theme_is_another_picture(shown, clock):
    canvas = Canvas()
    view = showing(canvas, "a")

    async def use(app, pilot):
        async def after(act):
            clock.now += 10
            await act()
            await pilot.pause()
            await pilot.pause()
            return canvas.calls[-1]

        async def other():
            view.show(canvas, "b")

        async def smaller():
            await pilot.resize_terminal(60, 20)

        def theme(name):
            async def choose():
                app.theme = name

            return choose

        for one in THEMES.values():
            app.register_theme(one)
        assert await after(theme("dark")) == (80, 24, DARK)
        assert await after(other) == (80, 24, DARK)
        assert await after(smaller) == (60, 20, DARK)
        assert await after(theme("light")) == (60, 20, LIGHT)
        assert await after(theme("ansi")) == (60, 20, ANSI)
        count = len(canvas.calls)
        # A theme with the same palette has the same picture.
        assert await after(theme("ansi-dark")) == (60, 20, ANSI)
        assert len(canvas.calls) == count
        palette = (await after(theme("nord")))[2]
        assert palette.majority == Color.parse(THEMES["nord"].primary).rgb
        assert set(palette.series[3:]) < set(DARK.series)

    shown.run(use, view, size=(80, 24))


def test_series_are_told_apart_in_every_theme():
    def rgb(colour):
        return colour if isinstance(colour, tuple) else truecolor(colour)

    with each() as row:
        for theme in THEMES.values():
            if theme.ansi:
                continue
            back = Color.parse(theme.background)
            series = [rgb(colour) for colour in palette_for(theme).series]
            for one, other in itertools.combinations(series, 2):
                with row(theme.name, one, other):
                    assert math.dist(one, other) >= 40
            for one in series:
                with row(theme.name, one):
                    assert contrast(Color(*one), back) >= 3


def truecolor(number):
    return RichColor.from_ansi(number).get_truecolor()


def test_words_are_legible_on_matrix_cells_in_every_theme():
    with each() as row:
        for theme in THEMES.values():
            if theme.ansi or theme.name in (DARK.name, LIGHT.name):
                continue
            palette = palette_for(theme)
            ink = Color.parse(theme.foreground)
            for back in (*palette.right, *palette.wrong):
                with row(theme.name, back):
                    assert contrast(ink, Color(*back)) >= 4.5


def test_no_colour_is_no_colour(monkeypatch):
    monkeypatch.setitem(os.environ, "NO_COLOR", "1")
    canvas = Canvas()

    async def use(app, pilot):
        assert canvas.calls[-1][2] is MONO

    with closing(Widgets()) as uncoloured:  # which an app is from its start on
        uncoloured.run(use, showing(canvas, "a"))


def test_at_most_four_pictures_are_drawn_in_a_second(shown, clock):
    canvas = Canvas()
    view = showing(canvas, 0)

    async def use(app, pilot):
        for key in range(1, 12):
            view.show(canvas, key)
            await pilot.pause()
        assert len(canvas.calls) == MOST_DRAWN
        assert view._waiting is not None
        clock.now += 1.01
        view._waiting.stop()
        view._come_now()
        await pilot.pause()
        assert len(canvas.calls) == MOST_DRAWN + 1
        assert view._waiting is None

    shown.run(use, view, size=(80, 24))


def test_what_is_not_seen_is_not_drawn(shown):
    canvas = Canvas()
    view = showing(canvas, "a")
    view.display = False

    async def use(app, pilot):
        view.show(canvas, "b")
        await pilot.pause()
        assert canvas.calls == []
        assert view.plain == ""
        view.display = True
        await pilot.pause()
        assert len(canvas.calls) == 1

    shown.run(use, view, size=(80, 24))


def test_nothing_to_show_is_a_placeholder(shown):
    view = ChartView(placeholder="[b]No data[/b] yet")

    async def use(app, pilot):
        assert view.plain.strip() == "[b]No data[/b] yet"
        view.show(Canvas(), "a")
        await pilot.pause()
        assert view.plain.startswith("80x24")
        view.show(None, None)
        await pilot.pause()
        assert view.plain.strip() == "[b]No data[/b] yet"

    shown.run(use, view, size=(80, 24))


def test_a_chart_that_fails_does_not_end_the_app(shown):
    def broken(width, height, palette):
        raise ZeroDivisionError("secret row")

    view = showing(broken, "a")

    async def use(app, pilot):
        assert view.plain.strip() == "This picture failed (ZeroDivisionError)."
        assert app.is_running

    shown.run(use, view, size=(80, 24))


def test_colours_of_the_terminal_stay_its_own(shown):
    view = showing(lambda w, h, palette: palette.paint("x", palette.majority), "a")

    async def use(app, pilot):
        app.theme = "ansi-dark"
        await pilot.pause()
        await pilot.pause()
        segment = next(s for s in view.render_line(0) if "x" in s.text)
        assert segment.style.color.number == ANSI.majority

    shown.run(use, view, size=(80, 24))


def test_lines_are_cut_and_not_wrapped(shown):
    view = showing(lambda w, h, palette: "x" * (w + 30) + "\nsecond", "a")

    async def use(app, pilot):
        assert view.render_line(1).text.startswith("second")

    shown.run(use, view, size=(80, 24))


def test_a_crosshair_that_moves_leaves_nothing_behind(shown):
    def draw(width, height, palette):
        series = [Series("smote", sweep(2.0))]
        return precision_recall(series, POSITIVES, NEGATIVES, width, height, palette)

    view, bare = showing(draw, "a"), showing(draw, "a")
    view.mark(Mark(0.2, 0.3))

    async def use(app, pilot):
        await pilot.pause()
        assert view.plain.count("╋") == 1
        view.mark(Mark(0.6, 0.7))
        await pilot.pause()
        assert view.plain.count("╋") == 1
        view.mark()
        await pilot.pause()
        assert view.plain == bare.plain

    shown.run(use, view, bare, size=(80, 48))
