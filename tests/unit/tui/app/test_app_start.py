"""The start view: samples, recent files, runs, and how one leaves it."""

from __future__ import annotations

import os
import subprocess
import sys

from textual.widgets import Input, OptionList, Static

from engine.core.messages import Ready, Warming
from tests.support import fakes
from tests.support.fakes import press, screen_text, settle
from tests.support.journey import sizes
from tui.app import Start, Workbench
from tui.features import SessionScreen
from tui.terminal import files


def test_few_frames_go_over_a_network():
    """What Textual reads when it is imported is set before that."""
    code = "import tui.app.app, textual.constants as c; print(c.MAX_FPS)"
    over = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TEXTUAL_")}
    argv = [sys.executable, "-c", code]
    ended = subprocess.run(argv, env=environ | over, capture_output=True, check=True)
    assert ended.stdout.split() == [b"15"]


def test_the_start_view_lists_samples_and_opens_one(shell):
    async def use(app, pilot):
        assert isinstance(app.screen, Start)
        text = screen_text(app)
        assert "stroke" in text
        assert "hypothyroid" in text
        await press(pilot, "down", "down", "j", "enter")
        assert isinstance(app.screen, Workbench)
        assert app.session.load.request.source == "sample:stroke"
        assert app.session.load.request.target == "stroke"
        assert "43,400" in screen_text(app)

    shell.run(use, size=(80, 24))


def test_the_start_view_says_when_the_service_is_getting_ready(shell):
    async def use(app, pilot):
        app.fake_service.on_status(Warming(part="scikit-learn", done=2, total=5))
        await settle(pilot)
        assert "getting ready 2/5" in screen_text(app)
        app.fake_service.on_status(Ready())
        await settle(pilot)
        assert "getting ready" not in screen_text(app)

    shell.run(use, service=fakes.FakeService(ready=False))


def test_the_start_view_shows_recent_files_and_runs(shell, tmp_path):
    files.remember("sample:moons")
    files.remember(str(tmp_path / "[red]mine.csv"))

    async def use(app, pilot):
        app.runs.stored = tuple(fakes.summary(i) for i in range(9, 0, -1))
        app.runs.list()
        await settle(pilot)
        text = screen_text(app)
        assert "[red]mine.csv" in text
        assert "all 9" in text
        assert "9  done" in text
        assert text.index("9  done") < text.index("hypothyroid")

    shell.run(use, size=(120, 50))


@sizes((80, 24), (140, 40))
def test_the_first_frame_is_laid_out_for_its_size(shell, size):
    class Seen(Static):
        def on_resize(self):
            found.append({*self.screen.classes})

    class First(SessionScreen):
        def compose(self):
            yield Seen()

    found = []

    async def use(app, pilot):
        await app.push_screen(First())
        await settle(pilot)
        wanted = {"-wide", "-tall"} if size[0] > 80 else {"-narrow", "-short"}
        assert found
        assert all(wanted <= one for one in found)

    shell.run(use, size=size)


def test_the_start_view_comes_back_and_leaves_again(shell):
    async def use(app, pilot):
        app.action_post("StartViewRequested")
        await settle(pilot)
        assert isinstance(app.screen, Start)
        await press(pilot, "escape")
        assert isinstance(app.screen, Workbench)

    shell.run(use, "sample:stroke")


def test_escape_does_not_leave_the_first_view(shell):
    async def use(app, pilot):
        await press(pilot, "escape")
        assert isinstance(app.screen, Start)

    shell.run(use)


def test_letters_move_like_arrows_but_are_typed_into_a_line(shell):
    async def use(app, pilot):
        options = app.screen.query_one(OptionList)
        before = options.highlighted
        await press(pilot, "j")
        assert options.highlighted == before + 1
        await press(pilot, "k")
        assert options.highlighted == before
        await press(pilot, "o")
        line = app.screen.query_one(Input)
        old = line.value
        await press(pilot, "j", "q", "r", "1")
        assert line.value == f"{old}jqr1"

    shell.run(use)
