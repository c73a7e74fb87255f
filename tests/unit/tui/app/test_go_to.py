"""The list of views: digits, letters, and back."""

from __future__ import annotations

from tests.support.fakes import press, screen_text
from tests.support.patience import until
from tui.app.go_to import GoTo
from tui.app.workbench import Workbench
from tui.features import reducers
from tui.features.session import Session


def place(app) -> tuple[str, str]:
    return app.session.view.place


def test_a_digit_letters_and_the_key_again_go_to_views(shell):
    async def use(app, pilot):
        await press(pilot, "4", "g")
        assert isinstance(app.screen, GoTo)
        text = screen_text(app)
        assert "5  Curves" in text
        assert "Synthetic rows" in text
        await press(pilot, "5")
        assert isinstance(app.screen, Workbench)
        assert place(app) == ("results", "curves")
        await press(pilot, "g", "0")
        assert place(app) == ("results", "verdict")
        await press(pilot, "g", "g")
        assert place(app) == ("results", "curves")
        await press(pilot, "g", *"advi", "enter")
        await until(pilot, lambda: place(app) == ("dataset", "advice"))
        await press(pilot, "g", "g")
        await until(pilot, lambda: place(app) == ("results", "curves"))
        await press(pilot, "g", "escape")
        assert place(app) == ("results", "curves")

    shell.run(use, "sample:stroke", size=(140, 40))


def test_every_pane_has_digits_of_its_own(shell):
    async def use(app, pilot):
        for key, pane, view in (
            ("1", "dataset", "rows"),
            ("2", "arms", "lineage"),
            ("3", "training", "log"),
        ):
            await press(pilot, key, "g", "3")
            assert place(app) == (pane, view)

    shell.run(use, "sample:stroke", size=(80, 24))


def test_the_view_before_is_the_last_place_that_was_looked_at():
    session = reducers.activate(Session(), "results")
    assert session.view.before == ("dataset", "")
    session = reducers.show(session, "results", "costs")
    assert session.view.before == ("results", "")
    same = reducers.show(session, "results", "costs")
    assert same.view.before == ("results", "")
    other = reducers.show(session, "arms", "budget")  # not the one that is seen
    assert other.view.before == ("results", "")
    assert reducers.activate(other, "arms").view.before == ("results", "costs")
