"""The bell and the notification at the end of a run."""

from __future__ import annotations

import io
import re

import pytest

from tests.support.console_samples import harmful, hostile
from tui.terminal.notify import KINDS, MOST_TEXT, ring, run_notice, sequence
from tui.terminal.safe_text import cells


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def inner(sent: str, *, tmux: bool) -> str:
    """The text of a notification, out of what a terminal is sent."""
    pattern = r"\x1bPtmux;\x1b\x1b\]9;(.*)\a\x1b\\" if tmux else r"\x1b\]9;(.*)\a"
    found = re.fullmatch(pattern, sent, re.DOTALL)
    assert found is not None, sent
    return found[1]


@hostile
@pytest.mark.parametrize("tmux", [False, True])
def test_nothing_in_the_text_drives_the_terminal(text: str, tmux: bool) -> None:
    said = inner(
        sequence("osc9", run_notice("run 3f2a", "done", text), tmux=tmux), tmux=tmux
    )
    assert not harmful(said)
    assert cells(said) <= MOST_TEXT
    assert said.startswith("imbtui: run 3f2a done")


def test_a_bell_says_nothing_and_is_not_wrapped() -> None:
    assert sequence("bell", "x", tmux=True) == sequence("bell", "y", tmux=False) == "\a"
    assert sequence("none of these", "x", tmux=False) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_terminal_is_rung(kind: str) -> None:
    pipe, terminal = io.StringIO(), Terminal()
    assert not ring(pipe, kind, "done", {"TERM": "xterm"})
    assert pipe.getvalue() == ""
    assert not ring(terminal, kind, "done", {"TERM": "dumb"})
    assert not ring(terminal, None, "done", {"TERM": "xterm"})
    assert terminal.getvalue() == ""
    assert ring(terminal, kind, "done", {"TERM": "xterm"})
    assert terminal.getvalue() == sequence(kind, "done", tmux=False)


def test_in_tmux_the_notification_is_passed_on() -> None:
    terminal = Terminal()
    ring(terminal, "osc9", "done", {"TERM": "screen", "TMUX": "/tmp/tmux-0/default,1"})
    assert inner(terminal.getvalue(), tmux=True) == "done"


def test_a_terminal_that_is_gone_is_no_matter() -> None:
    terminal = Terminal()
    terminal.close()
    assert not ring(terminal, "bell", "done", {"TERM": "xterm"})
