"""Nothing hostile gets through the shell, or past the gate."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.widgets import Static
from textual.widgets._toast import Toast

from engine.core.messages import Failure, Load, PageRequest, PictureRequest
from tests.support import fakes
from tests.support.console_samples import HOSTILE, hostile
from tests.support.fakes import EVIL, press, run, screen_text, settle
from tests.support.journey import sizes
from tests.support.patience import until
from tui.features import ErrorDialog
from tui.features import messages as say
from tui.features.arms.draft import Problem
from tui.features.questions import Ask
from tui.terminal.process import BAD, OutputFilter

BAD_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def sieved(*segments):
    return OutputFilter().apply(list(segments), Color(0, 0, 0))


# The gate itself


def test_the_gate_knows_every_bad_character():
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) in BAD_CATEGORIES:
            assert BAD.fullmatch(chr(code)), hex(code)


def test_the_gate_lets_everything_else_pass_untouched():
    text = "plain ─│█▶ 漢字 é ½ ≥ ° 🙂"
    assert BAD.search(text) is None
    style = Style(bold=True, meta={"row": 1, "column": 2})
    (out,) = sieved(Segment(text, style))
    assert out.text == text
    assert out.style is style


@hostile
def test_the_gate_deletes_what_is_left(text):
    (out,) = sieved(Segment(text))
    assert BAD.search(out.text) is None


def test_the_gate_drops_links_and_actions_and_keeps_the_rest():
    style = Style(bold=True, link="http://x", meta={"@click": "app.quit", "row": 3})
    (out,) = sieved(Segment("x", style))
    assert out.style.link is None
    assert out.style.meta == {"row": 3}
    assert out.style.bold


def test_scroll_bars_can_be_dragged_and_nothing_else():
    (out,) = sieved(Segment("x", Style(meta={"@mouse.down": "grab"})))
    assert out.style.meta == {"@mouse.down": "grab"}
    (out,) = sieved(Segment("x", Style(meta={"@mouse.down": "app.quit"})))
    assert not out.style.meta


def test_control_segments_pass():
    control = Segment("\x1b[1;1H", None, [(1, 1, 1)])
    assert sieved(control) == [control]


def test_even_a_careless_widget_gets_nothing_through():
    class Careless(App[None]):
        def get_line_filters(self):
            return [*super().get_line_filters(), OutputFilter()]

        def compose(self):
            yield Static("[link='http://x']a[/link]\x1b]0;owned\x07b\u202ec")

    async def use(app, pilot):
        for strip in app.screen._compositor.render_strips():
            for segment in strip:
                assert BAD.search(segment.text) is None
                assert segment.style is None or segment.style.link is None

    run(Careless(), use)


# The shell with a hostile table


SCROLLING = [("@mouse.down", a) for a in ("grab", "scroll_up", "scroll_down")]
"""What Textual's own scroll bars carry."""


def clean_screen(app):
    """Fail if anything on the screen could drive a terminal, or be clicked."""
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            assert BAD.search(segment.text) is None, repr(segment.text)
            style = segment.style
            assert style is None or style.link is None
            for name, action in style.meta.items() if style else ():
                assert not name.startswith("@") or (name, action) in SCROLLING


@sizes((80, 24), (160, 50))
def test_a_hostile_table_goes_through_every_pane(shell, size):
    async def use(app, pilot):
        clean_screen(app)
        for key in "1234":
            await press(pilot, key)
            for _ in app.screen.picture.VIEWS:
                clean_screen(app)
                await press(pilot, "v")
        app.post_message(Ask("load.page", PageRequest(id=0, start=0, count=100)))
        app.post_message(
            Ask("load.column", PictureRequest(id=0, column=HOSTILE["bidi"]))
        )
        await press(pilot, "1", "p", "y", "f1", "escape", "z", "z", "Z", "Z")
        clean_screen(app)

    service = fakes.FakeService(fakes.hostile_table())
    shell.run(use, "sample:stroke", service=service, size=size)


@sizes((80, 24), (140, 40))
def test_hostile_words_in_dialogs_and_notices(shell, size, monkeypatch):
    async def use(app, pilot):
        # Textual draws none in tests, unless it is told to.
        monkeypatch.setattr(app, "_disable_notifications", False)
        failures = []
        for name, text in HOSTILE.items():
            app.clear_notifications()
            app.tell(text, text, problem=True)
            app.post_message(say.Notice(text, text))
            app.post_message(say.JobFailed(text, Problem(message=text, fix=text)))
            await until(pilot, lambda: len(app.screen.query(Toast)) == 2)
            await settle(pilot)
            assert isinstance(app.screen, ErrorDialog)
            try:
                clean_screen(app)
            except AssertionError as error:
                failures.append((name, str(error)))
            await app.pop_screen()
        assert not failures

    shell.run(use, size=size)


def test_hostile_names_everywhere_a_file_or_a_run_is_named(shell):
    async def use(app, pilot):
        evil = fakes.summary(
            7, source=f"/x/{EVIL}", target=EVIL, arms=(EVIL,), headline=EVIL, id=EVIL
        )
        app.runs.stored = (evil, fakes.summary(6, status=EVIL))
        app.post_message(say.RecentListed((f"/a/{EVIL}",)))
        app.runs.list()
        await settle(pilot)
        clean_screen(app)
        for _ in range(12):
            await press(pilot, "down")
            clean_screen(app)
        await press(pilot, "5")
        clean_screen(app)
        await press(pilot, "d")
        clean_screen(app)
        await press(pilot, "escape", "escape")
        assert "imbtui" in screen_text(app)

    shell.run(use, size=(120, 40))


def test_hostile_file_names_in_the_picker(shell, tmp_path, monkeypatch):
    for i, text in enumerate(HOSTILE.values()):
        name = f"{text[:40]}{i}.csv".replace("/", "∕").replace("\0", "")
        (tmp_path / name).write_text("a\n")
    monkeypatch.chdir(tmp_path)

    async def use(app, pilot):
        await press(pilot, "o")
        clean_screen(app)
        for _ in HOSTILE:
            await press(pilot, "down")
            clean_screen(app)
        await press(pilot, "enter")
        await settle(pilot)
        clean_screen(app)
        assert app.session.load.request is not None

    shell.run(use, size=(80, 40))


def test_a_hostile_failure_and_a_hostile_run(shell):
    from tests.support.console_samples import hostile_events

    async def use(app, pilot):
        clean_screen(app)
        await press(pilot, "escape", "r")
        app.runs.known["00000008"] = fakes.done_run(8, hostile_events(EVIL))
        app.post_message(say.OpenRunRequested("00000008"))
        await settle(pilot)
        clean_screen(app)
        await press(pilot, "escape")
        for key in "1234":
            await press(pilot, key)
            for _ in app.screen.picture.VIEWS:
                clean_screen(app)
                await press(pilot, "v")

    service = fakes.FakeService()
    service.answers[Load] = Failure(code=EVIL, message=EVIL, fix=EVIL)
    shell.run(use, "sample:stroke", service=service, size=(140, 40))


# What is loaded


def test_no_module_of_the_front_end_loads_the_science_stack():
    code = (
        "import importlib, pkgutil, sys, tui\n"
        "for m in pkgutil.walk_packages(tui.__path__, 'tui.'):\n"
        "    if not m.name.endswith('__main__'): importlib.import_module(m.name)\n"
        "heavy = 'pandas numpy sklearn imblearn xgboost optuna scipy pyarrow'.split()\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_first_frame_waits_for_nothing_it_does_not_need():
    code = (
        "import tui.app.app, sys\n"
        "late = ('sqlite3', 'msgspec', 'plotext', 'tui.app.dispatch',\n"
        "        'tui.features.pane')\n"
        "few = ('engine', 'engine.core', 'engine.core.lazy', 'engine.core.version',\n"
        "       'engine.core.visible')\n"
        "print([n for n in sys.modules if n in late\n"
        "       or n.partition('.')[0] == 'engine' and n not in few])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
