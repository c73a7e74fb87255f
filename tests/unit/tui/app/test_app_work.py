"""How much work a key is, in widgets that are styled and laid out, not in time."""

from __future__ import annotations

import gc
from collections import Counter

import pytest
from textual._compositor import Compositor
from textual.css.stylesheet import Stylesheet

from tests.support.fakes import done_run, press
from tests.support.journey import sizes
from tests.support.whole_runs import half
from tui.features import messages as say


@pytest.fixture
def work(monkeypatch) -> Counter[str]:
    """Counts nodes that are styled, and layouts of the whole screen."""
    done: Counter[str] = Counter()

    def count(kind: type, name: str) -> None:
        call = getattr(kind, name)

        def counted(*args, **options):
            done[name] += 1
            return call(*args, **options)

        monkeypatch.setattr(kind, name, counted)

    count(Stylesheet, "apply")
    count(Compositor, "reflow")
    return done


@sizes((80, 24), (140, 40))
def test_a_pane_switch_styles_and_lays_out_little(shell, work, size):
    # Where all panes are open, an answer may come in and have other lines.
    layouts, styled = (1, 8) if size == (80, 24) else (4, 30)

    async def use(app, pilot):
        run = done_run(42, half(), status="running")
        app.runs.known[run.id] = run
        app.post_message(say.OpenRunRequested(run.id))
        await press(pilot, *"123412341")
        for pane in "23412341":
            work.clear()
            await press(pilot, pane)
            assert 0 < work["reflow"] <= layouts, pane
            assert work["apply"] <= styled, (pane, work)

    shell.run(use, "sample:stroke", size=size)


def test_a_key_in_a_list_styles_nothing(shell, work):
    async def use(app, pilot):
        await press(pilot, "2", "down", "up")
        work.clear()
        await press(pilot, "down")
        assert not work

    shell.run(use, "sample:stroke", size=(80, 24))


def test_what_stays_is_not_searched_for_garbage(shell):
    async def use(app, pilot):
        await press(pilot, "2")
        workbench = app.screen
        assert gc.get_freeze_count() > len(workbench.query("*"))
        assert not any(one is workbench for one in gc.get_objects())

    shell.run(use, "sample:stroke", size=(80, 24))
    shell.close()
    assert not gc.get_freeze_count()
