"""The nearest of 256 colours, and filters for terminals that show less."""

from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tui.terminal.limits import (
    GREYS,
    LEVELS,
    AsciiFilter,
    CubeFilter,
    colours_of,
    nearest,
)

FIXED = [RichColor.from_ansi(number).get_truecolor() for number in range(16, 256)]
PART = st.integers(0, 255)


def far(one, other):
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def test_each_of_the_fixed_colours_is_its_own_nearest():
    assert set(GREYS) <= {red for red, green, blue in FIXED}
    assert {part for colour in FIXED[:216] for part in colour} == set(LEVELS)
    for colour in FIXED:
        assert RichColor.from_ansi(nearest(*colour)).get_truecolor() == colour


@given(PART, PART, PART)
def test_no_fixed_colour_is_nearer(red, green, blue):
    found = RichColor.from_ansi(nearest(red, green, blue)).get_truecolor()
    rgb = red, green, blue
    assert far(rgb, found) == min(far(rgb, colour) for colour in FIXED)


def test_a_dark_grey_stays_a_grey():
    # What Rich makes of the first is navy, of the others teal and black.
    for colour in ("#252a33", "#2d3542", "#1c1f26"):
        number = nearest(*Color.parse(colour).rgb)
        assert number >= 232, colour


def test_filters_leave_style_meta_and_control_alone():
    style = Style(bold=True, color="#252a33", bgcolor="red", meta={"row": 3})
    line = [Segment("╭─", style), Segment("漢", style), Segment("x", None)]
    back = Color(0, 0, 0)
    plain = AsciiFilter().apply(line, back)
    assert [one.text for one in plain] == ["+-", "??", "x"]
    assert [one.style for one in plain] == [style, style, None]
    first, _, last = CubeFilter().apply(line, back)
    assert first.style.color.number == 236
    assert first.style.bgcolor == style.bgcolor
    assert first.style.bold
    assert first.style.meta == {"row": 3}
    assert last.style is None


def test_how_many_colours_there_are():
    known = {"truecolor": "all", "256": "cube", "standard": "few", None: "few"}
    assert {system: colours_of(system) for system in known} == known
