"""The colours of themes: legible, of the 256, and what parts a list from the rest."""

import itertools

from textual.color import Color

from tests.support.charts_samples import contrast
from tests.support.each import each
from tests.support.fakes import press, screen_text
from tui.app import config, settings
from tui.app.themes import THEMES
from tui.terminal.limits import GREYS, LEVELS


def test_a_theme_of_the_256_is_made_of_them_alone():
    for name in ("dark", "light"):
        theme = THEMES[name]
        given = [
            *(theme.primary, theme.secondary, theme.accent, theme.warning),
            *(theme.error, theme.success, theme.foreground),
            *(theme.background, theme.surface, theme.panel),
            *(value for value in theme.variables.values() if value.startswith("#")),
        ]
        for value in given:
            rgb = Color.parse(value.partition(" ")[0]).rgb
            grey = len({*rgb}) == 1 and rgb[0] in GREYS
            assert grey or all(part in LEVELS for part in rgb), (name, value)


def test_text_is_legible_in_every_theme():
    with each() as row:
        for theme in THEMES.values():
            if theme.ansi:
                continue
            texts = ("foreground", "primary", "secondary", "accent", "error", "success")
            grounds = ("background", "surface", "panel")
            for text, ground in itertools.product(texts, grounds):
                with row(theme.name, text, ground):
                    pair = getattr(theme, text), getattr(theme, ground)
                    assert contrast(*map(Color.parse, pair)) >= 4.5
            for cursor in ("block-cursor", "block-cursor-blurred"):
                with row(theme.name, cursor):
                    parts = (f"{cursor}-foreground", f"{cursor}-background")
                    pair = (Color.parse(theme.variables[part]) for part in parts)
                    assert contrast(*pair) >= 4.5


def test_an_open_list_has_a_frame_that_parts_it_from_what_it_covers(shell):
    async def use(app, pilot):
        await press(pilot, "1", "enter")
        overlay = app.screen.query_one("Chooser OptionList")
        assert overlay.styles.border_left[0] == "round"
        assert overlay.styles.background != app.screen.styles.background
        lines = screen_text(app).split("\n")
        x, y, width, height = overlay.region
        frame = [line[x : x + width] for line in lines[y : y + height]]
        assert frame[0] == f"╭{'─' * (width - 2)}╮"
        assert all(line[0] == line[-1] == "│" for line in frame[1:-1])

    shell.run(use, "sample:stroke")


def test_the_key_on_the_cursor_of_the_start_view_is_legible(shell):
    async def use(app, pilot):
        strips = app.screen._compositor.render_strips()
        line = next(strip for strip in strips if "a file …" in strip.text)
        (key,) = (segment for segment in line if segment.text.strip() == "o")
        pair = (key.style.color, key.style.bgcolor)
        assert contrast(*(Color(*colour.triplet) for colour in pair)) >= 4.5

    shell.run(use)


def test_letters_to_jump_to_leave_what_is_below_in_every_theme(shell):
    async def use(app, pilot):
        for theme in THEMES:
            app.theme = theme
            await press(pilot, "semicolon")
            assert type(app.screen).__name__ == "Jump"
            assert "stroke.csv" in screen_text(app), theme
            await press(pilot, "escape")

    shell.run(use, "sample:stroke")


def test_settings_say_whether_ascii_is_all(shell):
    path = config.settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("ascii = true\n")

    async def use(app, pilot):
        drawn = "\n".join(s.text for s in app.screen._compositor.render_strips())
        assert drawn.isascii()
        assert "+- 1 Dataset -" in drawn

    shell.run(use, "sample:stroke", anew=True)
    found, wrong = settings.read('ascii = "yes"')
    assert found.ascii == "auto"
    assert wrong == ["no ascii 'yes': there are true, false, 'auto'"]
    assert settings.read("ascii = false")[0].ascii is False
