"""How pane and picture share the screen: zoom, and the border between them."""

from __future__ import annotations

import pytest
from textual.events import MouseDown, MouseMove, MouseUp

from tests.support.fakes import FakeService, press, screen_text, settle
from tests.support.journey import sizes
from tests.support.patience import until
from tui.features import messages as say

SIZES = [(60, 18), (80, 24), (140, 40)]


def panes(app):
    return app.screen.query_one("#panes")


def pictures(app):
    return app.screen.query_one("#pictures")


def bench(app):
    return app.screen.query_one("#bench").region


async def drag(app, pilot, start, end):
    """Press the button, move the pointer, let go, as a terminal tells it."""
    for kind, (x, y) in ((MouseDown, start), (MouseMove, end), (MouseUp, end)):
        event = kind(None, x, y, 0, 0, 1, False, False, False, x, y)
        app._driver.send_message(event)
        await settle(pilot)


@sizes(*SIZES)
@pytest.mark.parametrize("leave", ["z", "escape"])
def test_what_has_the_focus_has_the_whole_screen(shell, size, leave):
    async def use(app, pilot):
        await press(pilot, "2", "z")
        assert panes(app).region == bench(app)
        assert app.screen.active.region == bench(app)
        assert str(app.screen.active.border_title) == "2 Arms · zoomed"
        assert not pictures(app).display
        assert app.screen.active.has_focus_within
        await press(pilot, leave)
        assert str(app.screen.active.border_title) == "2 Arms"
        assert pictures(app).display
        await press(pilot, "1", "v", "v", "p", "z")
        assert pictures(app).region == bench(app)
        assert str(pictures(app).border_title) == "1 Dataset · zoomed"
        assert app.screen.picture.has_focus_within
        await press(pilot, leave)
        assert not pictures(app).border_title
        assert panes(app).display

    shell.run(use, "sample:stroke", size=size)


def test_the_zoom_goes_with_the_user(shell):
    async def use(app, pilot):
        await press(pilot, "2", "z", "3")
        assert str(app.screen.active.border_title) == "3 Training · zoomed"
        await press(pilot, "p")
        assert app.session.view.zoomed == "picture"
        await press(pilot, "p", "1")
        assert panes(app).region == bench(app)
        await press(pilot, "v")  # a view that is chosen is seen
        assert app.session.view.zoomed == "picture"
        await press(pilot, "z", "Z")
        assert pictures(app).region == bench(app)
        await press(pilot, "Z")
        assert [p.border_title for p in app.screen._panes.values()] == [
            "1 Dataset",
            "2 Arms",
            "3 Training",
            "4 Results",
        ]

    shell.run(use, "sample:stroke")


def test_the_left_column_grows_with_the_terminal(shell):
    async def use(app, pilot):
        widths = {}
        for width in (110, 140, 170, 200, 240):
            await pilot.resize_terminal(width, 50)
            await settle(pilot)
            widths[width] = panes(app).outer_size.width
        assert widths == {110: 38, 140: 38, 170: 47, 200: 56, 240: 56}

    shell.run(use, "sample:stroke")


@pytest.mark.parametrize(
    ("size", "side", "step"), [((140, 40), 0, 4), ((80, 24), 1, 2)]
)
def test_every_press_moves_the_border(shell, size, side, step):
    async def use(app, pilot):
        await press(pilot, "2")
        before = panes(app).outer_size[side]
        for _ in range(2):  # at once: no press waits for what is drawn
            app.screen.action_split(1)
        await settle(pilot)
        assert panes(app).outer_size[side] == before + 2 * step
        await press(pilot, "left_curly_bracket")
        assert panes(app).outer_size[side] == before + step
        for key, least in (("ctrl+left", True), ("ctrl+right", False)):
            await press(pilot, *[key] * 30)
            assert panes(app).outer_size[side] >= 4
            assert pictures(app).outer_size[side] >= 8
            now = app.session.view.remembered
            await press(pilot, key)
            assert app.session.view.remembered == now
            assert (panes(app).outer_size[side] < before) == least
        app.screen.action_reset()
        await settle(pilot)
        assert panes(app).outer_size[side] == before

    shell.run(use, "sample:stroke", size=size)


def test_there_is_no_border_to_move_while_a_part_is_zoomed(shell):
    async def use(app, pilot):
        for zoom, key in (("z", "left_curly_bracket"), ("Z", "ctrl+right")):
            app.clear_notifications()
            held = app.session.view.remembered
            await press(pilot, zoom, key)
            (told,) = app._notifications
            assert "z leaves the zoom" in told.message
            assert app.session.view.remembered is held
            await press(pilot, zoom)
            await press(pilot, key)
            assert app.session.view.remembered is not held
            assert len(app._notifications) == 1

    shell.run(use, "sample:stroke")


def test_the_border_is_dragged(shell):
    async def use(app, pilot):
        left, top = pictures(app).region.offset
        await drag(app, pilot, (left - 1, top + 30), (left + 11, top + 5))
        assert pictures(app).region.x == left + 12
        assert app.session.view.pane == "dataset"  # it was no click on a pane
        assert app.screen.get_selected_text() is None
        await drag(app, pilot, (left + 12, top), (left, top))
        assert pictures(app).region.x == left
        await drag(app, pilot, (left + 5, top + 3), (left + 20, top + 3))
        assert pictures(app).region.x == left  # that was no border
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        top = pictures(app).region.y
        await drag(app, pilot, (20, top), (30, top + 3))
        assert pictures(app).region.y == top + 3
        await press(pilot, "z")
        held = app.session.view.remembered
        await drag(app, pilot, (20, top + 3), (20, top + 6))
        assert app.session.view.remembered is held

    shell.run(use, "sample:stroke", size=(140, 40))


def test_a_border_of_a_larger_terminal_leaves_a_picture(shell):
    async def use(app, pilot):
        app.handlers.handle(say.SplitMoved("left", 120, most=150))
        await settle(pilot)
        assert panes(app).outer_size.width == 120
        await pilot.resize_terminal(120, 40)
        await settle(pilot)
        assert panes(app).outer_size.width == 70
        assert app.session.view.remembered.left == 120

    shell.run(use, "sample:stroke", size=(200, 60))


@sizes((80, 24), (140, 40), (200, 60))
def test_nothing_moves_when_the_table_is_there(shell, size):
    service = FakeService()
    service.let.clear()

    async def use(app, pilot):
        assert app.session.load.busy
        reading = pictures(app).region
        left = [pane.region for pane in app.screen._panes.values()]
        assert reading.right == size[0]
        service.let.set()
        await until(pilot, lambda: not app.session.load.busy)
        await settle(pilot)
        assert pictures(app).region == reading
        assert [pane.region for pane in app.screen._panes.values()] == left

    shell.run(use, "sample:stroke", service=service, size=size)


def test_the_frame_of_the_picture_is_there_before_it(shell):
    async def use(app, pilot):
        before = pictures(app).region
        for pane in ("arms", "training", "results"):
            app.handlers.handle(say.PaneActivated(pane))
            assert app.screen.picture is not None
            assert not app.screen.picture.region  # it is only about to be mounted
            app.screen._refresh_layout()
            assert pictures(app).region == before
            assert pictures(app).styles.border_top[0] == "round"
            await settle(pilot)
            assert pictures(app).region == before

    shell.run(use, "sample:stroke", size=(140, 40))


def test_the_keys_of_a_pane_work_when_its_picture_has_nothing_to_focus(shell):
    async def use(app, pilot):
        await press(pilot, "2", "down", "b")  # weights, which has nothing to set
        assert app.screen.picture.has_focus_within
        app.post_message(say.ViewChosen("arms", "method"))
        await settle(pilot)
        assert app.screen.active.has_focus_within
        await press(pilot, "b")
        assert app.session.view.view_of("arms") == "budget"

    shell.run(use, "sample:stroke", size=(120, 40))


def test_a_move_of_the_focus_draws_only_what_has_it(shell):
    async def use(app, pilot):
        before = app.screen.focused
        await press(pilot, "2")
        app.screen.set_focus(before)
        assert not app.screen._repaint_required
        await settle(pilot)
        assert app.screen.focused is not before  # it belongs to another pane

    shell.run(use, "sample:stroke", size=(140, 40))


def test_the_smallest_screen_shows_classes_and_a_column(shell):
    async def use(app, pilot):
        text = screen_text(app)
        for part in ("42,617  98.2 %", "783   1.8 %  positive", "54:1", "▸ gender"):
            assert part in text, part
        await press(pilot, "Z")
        assert "95 % CI" in screen_text(app), "said where there is room"

    shell.run(use, "sample:stroke", size=(60, 18))
