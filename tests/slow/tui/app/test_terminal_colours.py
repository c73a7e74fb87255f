"""The app in terminals of 256 and of 16 colours, and in ASCII, screen after screen."""

import pytest
from rich.color import ColorType

from tests.support.console_samples import events
from tests.support.journey import WIDE, Journey
from tui.terminal.limits import nearest

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("still")]

LOOKS = (
    ("dataset",),
    ("arms", "2"),
    ("an open list", "1", "enter"),
    ("a dialog", "escape", "o"),
    ("the board", "escape", "4"),
    ("curves", "v", "v", "v"),
    ("help", "question_mark"),
    ("commands", "escape", "ctrl+p"),
)


def strips(journey):
    return journey.app.screen._compositor.render_strips()


def colours(journey):
    """Return every colour that is sent, and where it is first."""
    found = {}
    for strip in strips(journey):
        for segment in strip:
            for one in (segment.style.color, segment.style.bgcolor):
                if one is not None:
                    found.setdefault(one, segment.text)
    return found


def looks(**environ):
    """Yield an app in a terminal, at one screen after the other."""
    with Journey(size=WIDE, **environ) as journey:
        journey.begin(WIDE)
        journey.open(events())
        for name, *keys in LOOKS:
            journey.press(*keys)
            yield name, journey


def test_with_256_colours_each_is_one_of_them_and_near_what_was_meant():
    meant = {}
    for name, journey in looks():
        meant[name] = [
            segment
            for strip in strips(journey)
            for segment in strip
            if segment.text.strip()
        ]
    for name, journey in looks(COLORTERM="", TERM="screen-256color"):
        assert journey.app.theme == "dark"
        for colour, text in colours(journey).items():
            assert colour.type in (ColorType.EIGHT_BIT, ColorType.DEFAULT), (name, text)
        sent = [s for strip in strips(journey) for s in strip if s.text.strip()]
        assert [s.text for s in sent] == [s.text for s in meant[name]], name
        for one, other in zip(meant[name], sent, strict=True):
            for kind in ("color", "bgcolor"):
                wanted, got = getattr(one.style, kind), getattr(other.style, kind)
                if wanted is not None and wanted.triplet is not None:
                    assert got.number == nearest(*wanted.triplet), (name, one.text)


def test_sixteen_colours_are_the_terminals_own_unless_a_theme_was_chosen():
    for name, journey in looks(COLORTERM="", TERM="xterm-16color"):
        assert journey.app.theme == "ansi"
        for colour, text in colours(journey).items():
            # Only the frame of the commands names a colour: black.
            assert colour.triplet in (None, (0, 0, 0)), (name, text)
            assert (colour.number or 0) < 16, (name, text)


def test_ascii_is_all_that_the_console_of_linux_is_sent():
    for name, journey in looks(COLORTERM="", TERM="linux"):
        drawn = "\n".join(strip.text for strip in strips(journey))
        assert drawn.isascii(), name
        assert all(strip.cell_length == WIDE[0] for strip in strips(journey))
