"""The workbench: where the focus goes, what is seen at which size, what loads."""

from __future__ import annotations

import asyncio

import pytest
from textual.geometry import Offset
from textual.screen import ModalScreen

from engine.core.messages import Failure, Load
from tests.support import fakes
from tests.support.fakes import press, screen_text, settle
from tests.support.journey import sizes
from tests.support.patience import until
from tui.app import Workbench
from tui.features import ChoiceDialog, Headline, KeyLine, Pane, Picture, TooSmall
from tui.features import messages as say
from tui.widgets import Strip

SIZES = ((80, 24), (120, 30), (140, 40), (60, 18), (200, 50))


def keys_line(app):
    return app.screen.query_one(KeyLine).render().plain


def headline(app):
    return app.screen.query_one(Headline).render().plain


# The workbench


def test_a_named_table_opens_the_workbench_at_once(shell):
    async def use(app, pilot):
        assert isinstance(app.screen, Workbench)
        assert "stroke.csv" in headline(app)
        asked = [r for r in app.fake_service.requests if isinstance(r, Load)]
        assert (asked[0].target, asked[0].positive) == ("y", "a")

    shell.run(use, "sample:stroke", target="y", positive="a", size=(80, 24))


@sizes(*SIZES)
def test_digits_move_between_panes_at_every_size(shell, size):
    async def use(app, pilot):
        panes = ("arms", "training", "results", "dataset")
        for key, pane in zip("2341", panes, strict=True):
            await press(pilot, key)
            assert app.session.view.pane == pane
            active = app.screen.active
            assert active in app.screen.focused.ancestors_with_self
            assert active.has_class("-active")
            shown = [p for p in app.screen.query(Picture) if p.display]
            assert [p.PANE for p in shown] == [pane]

    shell.run(use, "sample:stroke", size=size)


def test_a_narrow_screen_shows_one_pane_and_a_wide_one_all(shell):
    async def use(app, pilot):
        def seen():
            return [p.PANE for p in app.screen.query(Pane) if p.region.area]

        assert seen() == ["dataset"]
        widgets = set(app.screen.query("*"))
        await pilot.resize_terminal(140, 40)
        await settle(pilot)
        assert len(seen()) == 4
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert seen() == ["dataset"]
        assert widgets <= set(app.screen.query("*")), "a widget was rebuilt"

    shell.run(use, "sample:stroke", size=(80, 24))


def test_few_lines_fold_all_panes_but_one(shell):
    async def use(app, pilot):
        heights = {p.PANE: p.region.height for p in app.screen.query(Pane)}
        assert heights.pop("dataset") > 8
        assert set(heights.values()) == {3}

    shell.run(use, "sample:stroke", size=(120, 24))


def test_pictures_are_mounted_when_they_are_first_seen(shell):
    async def use(app, pilot):
        assert len(app.screen.query(Picture)) == 1
        await press(pilot, "2", "1", "2")
        assert len(app.screen.query(Picture)) == 2

    shell.run(use, "sample:stroke", anew=True)


def test_v_goes_through_the_views_and_back(shell):
    async def use(app, pilot):
        picture = app.screen.picture
        first = picture.current
        await press(pilot, "v")
        assert app.screen.picture.current is not first
        await press(pilot, "V")
        assert app.screen.picture.current is first
        for _ in picture.VIEWS:
            await press(pilot, "v")
        assert app.screen.picture.current is first

    shell.run(use, "sample:stroke")


def test_p_hops_between_pane_and_picture(shell):
    async def use(app, pilot):
        await press(pilot, "p")
        assert app.screen.picture in app.screen.focused.ancestors_with_self
        await press(pilot, "p")
        assert app.screen.active in app.screen.focused.ancestors_with_self

    shell.run(use, "sample:stroke")


def test_tab_goes_round_through_all_that_can_have_the_focus(shell):
    async def use(app, pilot):
        seen = []
        for _ in range(20):
            await press(pilot, "tab")
            seen.append(app.session.view.pane)
            focused = app.screen.focused
            assert focused is not None
            assert app.screen._inside()
        assert set(seen) >= {"dataset", "arms", "training"}
        await press(pilot, "1", "shift+tab", "shift+tab")
        assert app.screen._inside()

    shell.run(use, "sample:stroke", size=(140, 40))


def test_the_focus_stays_with_the_active_pane_whatever_goes_away(shell):
    async def use(app, pilot):
        # The choosers go away while another table is read.
        app.fake_service.let.clear()
        app.post_message(say.OpenRequested("other.csv"))
        await until(pilot, lambda: app.session.load.busy)
        await press(pilot, "2")
        app.fake_service.let.set()
        await until(pilot, lambda: not app.session.load.busy)
        await settle(pilot)
        assert app.session.view.pane == "arms"
        assert app.screen._inside()

    shell.run(use, "sample:stroke", size=(140, 40))


def labels(app):
    """The letters that are shown, by where they are."""
    return {
        str(one.visual).strip(): one.region.offset
        for one in app.screen.query(".jump-letter")
    }


@sizes(*SIZES)
def test_a_letter_leads_to_every_place_at_every_size(shell, size):
    async def use(app, pilot):
        workbench = app.screen
        await press(pilot, ";")
        found = labels(app)
        assert len(set(found.values())) == len(found) > 5
        chain = {one.region.offset for one in workbench.focus_chain}
        await press(pilot, "escape")
        for letter in [key for key, where in found.items() if where in chain]:
            await press(pilot, "1", ";", letter)
            assert app.screen is workbench
            around = workbench.focused.ancestors_with_self
            assert workbench.active in around or workbench.picture in around
        before = workbench.focused
        await press(pilot, "ctrl+o", "escape")
        assert app.screen is workbench
        assert workbench.focused is before

    shell.run(use, "sample:stroke", size=size)


def test_a_letter_leads_to_another_pane_to_a_view_and_into_a_dialog(shell):
    async def use(app, pilot):
        workbench = app.screen
        arms = workbench.query_one("#arms-list").region.offset
        await press(pilot, ";")
        (letter,) = (key for key, where in labels(app).items() if where == arms)
        await press(pilot, letter)
        assert app.session.view.pane == "arms"
        assert app.focused.id == "arms-list"
        strip = workbench.picture.query_one(Strip)
        await press(pilot, ";")
        there = strip.region.offset + Offset(strip.titles[3].left)
        (letter,) = (key for key, where in labels(app).items() if where == there)
        await press(pilot, letter)
        assert app.session.view.shown["arms"] == "budget"
        await press(pilot, "$", "ctrl+o")
        last = [*labels(app)][-1]
        await press(pilot, last)
        assert isinstance(app.screen, ModalScreen)
        assert app.focused is app.screen.focus_chain[-1]

    shell.run(use, "sample:stroke", size=(140, 40))


def test_a_notice_leaves_the_keys_in_sight_and_esc_takes_it_away():
    async def go():
        app = fakes.app("sample:stroke")
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await settle(pilot)
            app.tell("theme: light", "Settings")
            await until(pilot, lambda: "theme: light" in screen_text(app))
            lines = screen_text(app).splitlines()
            assert "ctrl+p commands" in lines[-1]
            assert "theme: light" in lines[-2]
            assert "Settings" in lines[-3]
            await press(pilot, "escape")
            await until(pilot, lambda: "theme: light" not in screen_text(app))
            assert "theme: light" not in screen_text(app)

    asyncio.run(go())


def test_the_footer_of_the_arms_says_how_to_tick_one(shell):
    async def use(app, pilot):
        await press(pilot, "2")
        assert "space tick" in keys_line(app)

    for size in ((80, 24), (140, 40)):
        shell.run(use, "sample:stroke", size=size)


def test_a_click_on_a_tab_and_on_a_pane_activates_it(shell):
    async def use(app, pilot):
        strip = app.screen.query_one("#tabs", Strip)
        await pilot.click(strip, offset=(strip.render().plain.index("3"), 0))
        await settle(pilot)
        assert app.session.view.pane == "training"
        await pilot.resize_terminal(140, 40)
        await settle(pilot)
        await pilot.click("#pane-results", offset=(5, 1))
        await settle(pilot)
        assert app.session.view.pane == "results"

    shell.run(use, "sample:stroke", size=(80, 24))


class Gone(ModalScreen[None]):
    """A dialog that goes before it is drawn: what waits for that is lost with it."""

    def _invoke_later(self, callback, sender):
        pass


def test_what_is_drawn_below_a_dialog_that_goes_at_once_is_all_there(shell):
    async def use(app, pilot):
        workbench = app.screen

        async def below(*intents):
            await app.push_screen(Gone())
            for intent in intents:
                workbench.post_message(intent)
                await settle(pilot)
            app.pop_screen()
            await settle(pilot)

        await below(say.PaneActivated("arms"))
        assert "Method" in screen_text(app)
        assert "b budget" in keys_line(app)
        await below(say.ViewChosen("arms", "budget", enter=True))
        assert app.focused in workbench.picture.query("*")
        await press(pilot, "1")
        await below(say.ViewChosen("dataset", "advice", enter=True))
        assert app.focused in workbench.picture.query("*")
        assert "m mute" in keys_line(app)

    shell.run(use, "sample:stroke", size=(140, 40), anew=True)


def test_the_key_line_that_is_drawn_goes_on_after_a_dialog_that_goes_at_once(shell):
    """What it has put off until the dialog was drawn must not keep it for ever."""

    async def use(app, pilot):
        workbench = app.screen
        await app.push_screen(Gone())
        workbench.bindings_updated_signal.publish(workbench)
        await settle(pilot)
        app.pop_screen()
        await settle(pilot)
        for key, word in (("2", "b budget"), ("1", "a advice"), ("r", "x cancel")):
            await press(pilot, key)
            # Not of the widget, which would be asked anew, but as it was drawn.
            assert word in screen_text(app).splitlines()[-1]

    shell.run(use, "sample:stroke", size=(140, 40), anew=True)


def test_a_click_on_a_key_presses_it(shell):
    async def use(app, pilot):
        line = app.screen.query_one(KeyLine)
        place = line.render().plain.index("help")
        await pilot.click(line, offset=(place + 1, 0))
        await settle(pilot)
        assert type(app.screen).__name__ == "Help"

    shell.run(use, "sample:stroke")


@sizes((60, 18), (80, 24), (200, 50))
def test_the_key_line_fits_and_names_the_most_needed(shell, size):
    async def use(app, pilot):
        for pane in "1234":
            await press(pilot, pane)
            line = keys_line(app).rstrip()
            assert len(line) <= size[0] - 2
            # A narrow screen has the panes' numbers in its tabs.
            assert ("1-4 pane" in line) == (size[0] >= 110)
            assert "? help" in line
            assert "g go to" in line

    shell.run(use, "sample:stroke", size=size)


def test_the_key_line_follows_what_can_be_done(shell):
    async def use(app, pilot):
        assert "r run" in keys_line(app)
        assert "x cancel" not in keys_line(app)
        await press(pilot, "r")
        assert "r run" not in keys_line(app)
        assert "x cancel" in keys_line(app)
        app.runs.end()
        await settle(pilot)
        assert "r run" in keys_line(app)

    shell.run(use, "sample:stroke", size=(120, 40))


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_headline_fits_and_keeps_the_news(shell, width):
    async def use(app, pilot):
        await press(pilot, "r")
        line = headline(app)
        assert len(line) <= width
        assert "run 42" in line

    shell.run(use, "sample:stroke", size=(width, 24))


# Loading


def test_a_load_shows_how_far_it_is(shell):
    async def use(app, pilot):
        await until(pilot, lambda: "0 rows" in headline(app))
        assert "1,300,000 of 2,600,000 rows" in headline(app)
        app.fake_service.let.set()
        await until(pilot, lambda: "43,400" in headline(app))
        assert "43,400" in headline(app)

    service = fakes.FakeService()
    service.let.clear()
    shell.run(use, "sample:stroke", service=service)


def test_a_dataset_that_cannot_be_opened_is_said_in_a_dialog(shell):
    async def use(app, pilot):
        assert isinstance(app.screen, ChoiceDialog)
        text = screen_text(app)
        assert "row 3 has [4] cells" in text
        assert "Fix it" in text
        assert "Reading" not in text
        await press(pilot, "escape")
        assert isinstance(app.screen, Workbench)
        assert "cannot be opened" in headline(app)

    service = fakes.FakeService()
    service.answers[Load] = Failure(
        code="data", message="row 3 has [4] cells", fix="fix it"
    )
    shell.run(use, "sample:stroke", service=service)


# Sizes


def test_a_terminal_that_is_too_small_says_so_and_recovers(shell):
    async def use(app, pilot):
        assert isinstance(app.screen, TooSmall)
        assert "59 × 17" in screen_text(app)
        await press(pilot, "escape")
        assert isinstance(app.screen, TooSmall)
        await pilot.resize_terminal(60, 18)
        await settle(pilot)
        assert isinstance(app.screen, Workbench)
        await pilot.resize_terminal(59, 18)
        await settle(pilot)
        assert isinstance(app.screen, TooSmall)

    shell.run(use, "sample:stroke", size=(59, 17))
