"""Every hostile text in every view of every pane, one by one, and clicks everywhere."""

from __future__ import annotations

import pytest

from tests.support.console_samples import HOSTILE, harmful
from tests.support.each import each
from tests.support.fakes import screen_text
from tests.support.hostile_sessions import actions, harmless, session_with
from tests.support.stage import Panes
from tui.app import pane_types
from tui.features import messages as say
from tui.features import reducers

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("still")]


@pytest.fixture(scope="module")
def panes():
    made = Panes()
    yield made
    made.close()


def test_every_view_of_every_pane_only_shows_it(panes):
    async def use(app, pilot):
        for view in app.kind().picture().VIEWS:
            for name, text in HOSTILE.items():
                with failing(view.__name__, name):
                    session = session_with(text)
                    app.give(reducers.show(session, app.kind.PANE, view.NAME))
                    await pilot.pause()
                    shown = screen_text(app)
                    assert harmless(shown), harmful(shown)
                    assert not actions(app)

    with each() as failing:
        for kind in pane_types():
            panes.run(use, kind, session_with(""), size=(120, 30))


def test_clicking_everywhere_runs_nothing_but_ones_own_intents(panes):
    """A click on markup that names an action must not run it."""

    async def use(app, pilot):
        for view in app.kind().picture().VIEWS:
            app.give(reducers.show(app.session, app.kind.PANE, view.NAME))
            await pilot.pause()
            for offset in ((3, 4), (20, 2), (45, 5), (60, 9), (80, 20)):
                await pilot.click(offset=offset)
            await pilot.press("escape")
        assert app.is_running
        assert all(isinstance(intent, say.Intent) for intent in app.intents)

    for kind in pane_types():
        session = session_with(HOSTILE["markup"])
        panes.run(use, kind, session, size=(100, 30))
