"""The live display, byte for byte, on a terminal that is made up here."""

from __future__ import annotations

import io
import re

import pytest

from engine.core.state import State
from tests.support.console_samples import (
    COUNTS,
    evaluated,
    events,
    started,
    state_of,
    trial,
)
from tui.text.lines import PLAIN
from tui.text.live import LiveDisplay, can_redraw


class Screen(io.StringIO):
    """A terminal that knows what the display sends, with what scrolled away."""

    encoding = "utf-8"  # type: ignore[assignment]

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__()
        self.columns, self.rows = columns, rows
        self.lines = [""]
        self.row = self.column = 0
        self.visible = True
        self.frames: list[str] = []

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.frames.append(text)
        for part in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|[^\x1b]", text):
            self._take(part)
        return len(text)

    def _take(self, part: str) -> None:
        top = max(0, len(self.lines) - self.rows)
        if part == "\n":
            self.row, self.column = self.row + 1, 0
            if self.row == len(self.lines):
                self.lines.append("")
        elif part == "\r":
            self.column = 0
        elif part == "\x1b[K":
            self.lines[self.row] = self.lines[self.row][: self.column]
        elif part == "\x1b[J":
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]
        elif part.endswith("A"):
            self.row = max(top, self.row - int(part[2:-1]))
        elif part in ("\x1b[?25l", "\x1b[?25h"):
            self.visible = part.endswith("h")
        else:
            assert len(part) == 1, repr(part)
            assert self.column < self.columns, "a line was wrapped"
            old = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = old[: self.column] + part + old[self.column + 1 :]
            self.column += 1

    @property
    def shown(self) -> list[str]:
        assert self.visible
        assert self.column == 0
        return [line.rstrip() for line in self.lines]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def display(screen: Screen, clock: Clock, **about: float) -> LiveDisplay:
    return LiveDisplay(
        screen,
        jobs=1,
        style=PLAIN,
        clock=clock,
        size=lambda: (screen.columns, screen.rows),
        **about,
    )


def begun() -> State:
    return state_of([started(), trial("smote", 0, 0.1)])


def test_frames_are_drawn_over_each_other_below_what_was_there(clock: Clock) -> None:
    screen = Screen(100, 24)
    screen.write("$ imbtui run stroke.csv\n")
    with display(screen, clock) as live:
        live.show(state_of([started()]))
        first = screen.shown
        clock.now += 1
        live.show(begun())
        assert len(screen.shown) == len(first)
        assert "1/2" in screen.shown[2]
        live.show(state_of(events()))
    assert screen.shown[0] == "$ imbtui run stroke.csv"
    assert [line.split()[0] for line in screen.shown[1:5]] == list(COUNTS)
    assert screen.shown[5] == " elapsed 03:12   done   8 of 8 trials"
    assert screen.shown[6:] == [""]


def test_a_frame_is_one_write_and_leaves_the_cursor_visible(clock: Clock) -> None:
    screen = Screen(100, 24)
    display(screen, clock).show(begun())
    assert len(screen.frames) == 1
    assert screen.frames[0].startswith("\x1b[?25l\r ")
    assert screen.frames[0].endswith("\x1b[K\n\x1b[J\x1b[?25h")


def test_at_most_ten_frames_a_second_but_the_last_state_is_shown(clock: Clock) -> None:
    screen = Screen(100, 24)
    with display(screen, clock) as live:
        for _ in range(1000):
            live.show(begun())
            clock.now += 0.001
        assert len(screen.frames) == 10
        live.show(state_of(events()))
    assert len(screen.frames) == 11
    assert "done" in screen.shown[-2]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_exception_leaves_the_last_state_and_passes(
    clock: Clock, error: type[BaseException]
) -> None:
    screen = Screen(100, 24)
    live = display(screen, clock)

    def interrupted() -> None:
        with live:
            live.show(state_of([started()]))
            live.show(begun())
            # What a terminal echoes for ctrl+c stands where the cursor waits.
            screen.write("^C")
            raise error

    with pytest.raises(error):
        interrupted()
    assert "1/2" in screen.shown[1]
    assert screen.shown[5:] == [""]
    live.close()
    assert screen.shown[5:] == [""]


@pytest.mark.parametrize("rows", range(1, 9))
def test_a_low_terminal_scrolls_nothing_away_twice(clock: Clock, rows: int) -> None:
    screen = Screen(100, rows)
    for number in range(12):
        screen.write(f"line {number}\n")
    with display(screen, clock) as live:
        for _ in range(5):
            live.show(begun())
            clock.now += 1
        if rows > 1:
            assert len(screen.shown) <= 12 + rows
    kept = [f"line {number}" for number in range(12)]
    assert screen.shown[:12] == kept
    if rows > 1:
        assert len(screen.shown) == 12 + 5 + 1
        assert [line.split()[0] for line in screen.shown[12:16]] == list(COUNTS)


def test_a_narrower_terminal_begins_below(clock: Clock) -> None:
    screen = Screen(100, 24)
    screen.write("before\n")
    live = display(screen, clock)
    live.show(begun())
    screen.columns = 60
    clock.now += 1
    live.show(begun())
    clock.now += 1
    live.show(begun())
    assert screen.shown[0] == "before"
    assert len(screen.shown) == 1 + 5 + 5 + 1
    screen.columns = 120
    clock.now += 1
    live.show(begun())
    assert len(screen.shown) == 1 + 5 + 5 + 1


def test_what_is_said_stays_above_the_lines(clock: Clock) -> None:
    screen = Screen(80, 24)
    with display(screen, clock) as shown:
        shown.show(begun())
        drawn = screen.shown
        shown.say("not heard \x1b[31m for 40 s")
        assert screen.shown == ["not heard ␛[31m for 40 s", *drawn]
        clock.now += 1
        shown.show(begun())
        shown.say("heard again")
    assert screen.shown[:2] == ["not heard ␛[31m for 40 s", "heard again"]
    assert len(screen.shown) == len(drawn) + 2


def test_the_clock_goes_on_from_where_the_run_is(clock: Clock) -> None:
    screen = Screen(100, 24)
    live = display(screen, clock, elapsed=60.0)
    clock.now += 5
    live.show(begun())
    assert "elapsed 01:05" in screen.shown[-2]


class Gone(Screen):
    def flush(self) -> None:
        raise BrokenPipeError


def test_a_terminal_that_goes_away_does_not_end_the_run(clock: Clock) -> None:
    screen = Gone(100, 24)
    with display(screen, clock) as live:
        live.show(begun())
        clock.now += 1
        live.show(begun())
    assert len(screen.frames) == 1


def test_nothing_shown_nothing_left(clock: Clock) -> None:
    screen = Screen(100, 24)
    with display(screen, clock):
        pass
    assert screen.frames == []


def test_size_and_style_are_found_out(clock: Clock) -> None:
    stream = io.StringIO()
    with LiveDisplay(stream, jobs=1, clock=clock) as live:
        live.show(state_of([started(), evaluated("untreated", COUNTS["untreated"])]))
    assert "\x1b[1m" not in stream.getvalue()
    assert "missed 161 of 161" in stream.getvalue()


def test_where_lines_can_be_redrawn() -> None:
    screen = Screen(80, 24)
    assert can_redraw(screen, {"TERM": "xterm", "NO_COLOR": "1"})
    assert not can_redraw(screen, {"TERM": "dumb"})
    assert not can_redraw(screen, {})
    assert not can_redraw(io.StringIO(), {"TERM": "xterm"})
    screen.encoding = "ascii"
    assert not can_redraw(screen, {"TERM": "xterm"})
