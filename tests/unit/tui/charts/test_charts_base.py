"""Palettes, ticks, bars of blocks and messages: the parts charts are made of."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color
from rich.text import Text
from textual import color

from tests.support.charts_samples import PALETTES, check, contrast
from tui.app.themes import THEMES
from tui.charts import base
from tui.charts.bars import across, up
from tui.charts.base import DARK, LIGHT, MARKERS, MONO, message

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False)


def test_painted_text_is_read_by_rich():
    text = Text.from_ansi(DARK.paint("783", 214, back=(1, 2, 3), bold=True))
    style = text.spans[0].style
    assert text.plain == "783"
    assert style.bold
    assert style.color.number == 214
    assert style.bgcolor.triplet == (1, 2, 3)


def test_mono_paints_nothing():
    assert MONO.paint("783", 214, back=3, bold=True) == "783"


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_every_series_has_a_colour_and_a_marker_of_its_own(palette):
    assert len(palette.series) >= len(MARKERS) == len(set(MARKERS))
    assert all(cell_len(marker) == 1 for marker in MARKERS)
    if not palette.plain:
        assert len(set(palette.series)) == len(palette.series)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)
def test_a_palette_is_made_of_the_fixed_256_colours(palette):
    named = (palette.majority, palette.minority, palette.synthetic)
    for colour in (*named, palette.accent, palette.muted, *palette.series):
        assert 16 <= colour <= 255
    for ramp in (palette.right, palette.wrong):
        assert len({*ramp}) == len(ramp) >= 4
        assert all(16 <= colour <= 255 for colour in ramp)


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda palette: palette.name)
def test_words_stay_legible_on_every_step_of_a_ramp(palette):
    ink = color.Color.parse(THEMES[palette.name].foreground)
    for number in (*palette.right, *palette.wrong):
        back = color.Color(*Color.from_ansi(number).get_truecolor())
        assert contrast(ink, back) >= 4.5, number


@given(st.text(max_size=80), st.integers(0, 40), st.integers(0, 6))
def test_a_message_keeps_to_its_room(text, width, height):
    shown = message(text, width, height)
    if width and height:
        check(shown, width, height)
    else:
        assert shown == ""


def test_a_long_message_is_cut_visibly():
    assert message("one two three four", 5, 2) == " one\ntwo …"


@given(NUMBERS, NUMBERS, st.integers(1, 20), st.booleans())
def test_ticks_are_within_the_range_and_distinct(a, b, most, whole):
    low, high = sorted((a, b))
    found = base.nice_ticks(low, high, most, whole=whole)
    assert len(found) <= most
    slack = 1e-6 * max(abs(low), abs(high), high - low)
    assert all(low - slack <= tick <= high + slack for tick in found)
    assert found == sorted(set(found))
    assert len(base.tick_labels(found)) == len(found)


@given(NUMBERS, NUMBERS, st.integers(2, 200))
def test_ticks_across_never_touch(a, b, width):
    low, high = sorted((a, b))
    found, texts = base.axis_ticks(low, high, width)
    assert len(found) == len(texts)
    if len(found) > 2:
        apart = (width - 1) * (found[1] - found[0]) / (high - low)
        assert apart >= max(map(len, texts)) + 1


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 0), (1, 0), (math.nan, 1), (0, math.inf), (-1e308, 1e308), (0, 5e-324)],
)
def test_ticks_of_no_range_are_none(low, high):
    assert base.nice_ticks(low, high, 5) == []


@given(st.floats(1e-12, 1e12))
def test_a_ceiling_is_not_below_and_not_far_above(value):
    ceiling = base.nice_ceiling(value)
    assert value * (1 - 1e-8) <= ceiling <= value * 1.5


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, 5e-324])
def test_a_ceiling_of_nothing_is_one(value):
    assert base.nice_ceiling(value) == 1.0


@given(st.floats(0, 1), st.integers(1, 60))
def test_bars_show_something_exactly_if_there_is_something(part, cells):
    bar, tower = across(part, cells), up(part, cells)
    assert (bar != "") == (part > 0)
    assert (set(tower) != {" "}) == (part > 0)
    assert len(bar) <= cells == len(tower)
    assert abs(8 * cells * part - _eighths(bar, "▏▎▍▌▋▊▉█")) <= 1
    assert abs(8 * cells * part - _eighths("".join(tower), "▁▂▃▄▅▆▇█")) <= 1


def _eighths(bar: str, steps: str) -> int:
    return sum(steps.index(char) + 1 for char in bar.strip())
