"""The shell: the start view, the workbench, where the focus goes, what is seen."""

from __future__ import annotations

import pytest
from textual.widgets import Input, OptionList

from engine.client import Failure, Load
from tests.support import fakes
from tests.support.fakes import press, run, screen_text, settle
from tui import messages as say
from tui.panes import Pane, Picture
from tui.screens import Choice, Headline, KeyLine, Start, TooSmall, Workbench
from tui.widgets import Strip

SIZES = ((80, 24), (120, 30), (140, 40), (60, 18), (200, 50))


def keys_line(app):
    return app.screen.query_one(KeyLine).render().plain


def headline(app):
    return app.screen.query_one(Headline).render().plain


# The start view


def test_the_start_view_lists_samples_and_opens_one():
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

    run(fakes.app(), use, size=(80, 24))


def test_the_start_view_says_when_the_service_is_getting_ready():
    async def use(app, pilot):
        from engine.client import Ready, Warming

        app.fake_service.on_status(Warming(part="scikit-learn", done=2, total=5))
        await settle(pilot)
        assert "getting ready: scikit-learn 2/5" in screen_text(app)
        app.fake_service.on_status(Ready())
        await settle(pilot)
        assert "getting ready" not in screen_text(app)

    run(fakes.app(service=fakes.FakeService(ready=False)), use)


def test_the_start_view_shows_recent_files_and_runs(tmp_path):
    from tui import config

    config.remember("sample:moons")
    config.remember(str(tmp_path / "[red]mine.csv"))

    async def use(app, pilot):
        app.runs.stored = tuple(fakes.summary(i) for i in range(9, 0, -1))
        app.runs.list()
        await settle(pilot)
        text = screen_text(app)
        assert "[red]mine.csv" in text
        assert "all 9" in text
        assert "9  done" in text

    run(fakes.app(), use, size=(120, 50))


def test_the_start_view_comes_back_and_leaves_again():
    async def use(app, pilot):
        app.action_start_view()
        await settle(pilot)
        assert isinstance(app.screen, Start)
        await press(pilot, "escape")
        assert isinstance(app.screen, Workbench)

    run(fakes.app("sample:stroke"), use)


def test_escape_does_not_leave_the_first_view():
    async def use(app, pilot):
        await press(pilot, "escape")
        assert isinstance(app.screen, Start)

    run(fakes.app(), use)


# The workbench


def test_a_named_table_opens_the_workbench_at_once():
    async def use(app, pilot):
        assert isinstance(app.screen, Workbench)
        assert "stroke.csv" in headline(app)
        asked = [r for r in app.fake_service.requests if isinstance(r, Load)]
        assert (asked[0].target, asked[0].positive) == ("y", "a")

    run(fakes.app("sample:stroke", target="y", positive="a"), use, size=(80, 24))


@pytest.mark.parametrize("size", SIZES)
def test_digits_move_between_panes_at_every_size(size):
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

    run(fakes.app("sample:stroke"), use, size=size)


def test_a_narrow_screen_shows_one_pane_and_a_wide_one_all():
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

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_few_lines_fold_all_panes_but_one():
    async def use(app, pilot):
        heights = {p.PANE: p.region.height for p in app.screen.query(Pane)}
        assert heights.pop("dataset") > 8
        assert set(heights.values()) == {3}

    run(fakes.app("sample:stroke"), use, size=(120, 24))


def test_pictures_are_mounted_when_they_are_first_seen():
    async def use(app, pilot):
        assert len(app.screen.query(Picture)) == 1
        await press(pilot, "2", "1", "2")
        assert len(app.screen.query(Picture)) == 2

    run(fakes.app("sample:stroke"), use)


def test_v_goes_through_the_views_and_back():
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

    run(fakes.app("sample:stroke"), use)


def test_p_hops_between_pane_and_picture():
    async def use(app, pilot):
        await press(pilot, "p")
        assert app.screen.picture in app.screen.focused.ancestors_with_self
        await press(pilot, "p")
        assert app.screen.active in app.screen.focused.ancestors_with_self

    run(fakes.app("sample:stroke"), use)


def test_tab_goes_round_through_all_that_can_have_the_focus():
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

    run(fakes.app("sample:stroke"), use, size=(140, 40))


def test_the_focus_stays_with_the_active_pane_whatever_goes_away():
    async def use(app, pilot):
        # The choosers go away while another table is read.
        app.fake_service.let.clear()
        app.post_message(say.OpenRequested("other.csv"))
        await pilot.pause(0.1)
        await press(pilot, "2")
        app.fake_service.let.set()
        await settle(pilot)
        await pilot.pause(0.1)
        assert app.session.view.pane == "arms"
        assert app.screen._inside()

    run(fakes.app("sample:stroke"), use, size=(140, 40))


def test_z_gives_the_picture_the_whole_screen():
    async def use(app, pilot):
        before = app.screen.picture.region.width
        await press(pilot, "z")
        assert app.screen.picture.region.width > before
        assert not app.screen.active.region.area
        focused = app.screen.focused
        assert focused is None or app.screen.picture in focused.ancestors_with_self
        await press(pilot, "2")
        assert app.session.view.pane == "arms"
        await press(pilot, "z")
        assert app.screen.active in app.screen.focused.ancestors_with_self

    run(fakes.app("sample:stroke"), use)


def test_letters_move_like_arrows_but_are_typed_into_a_line():
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

    run(fakes.app(), use)


def test_a_click_on_a_tab_and_on_a_pane_activates_it():
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

    run(fakes.app("sample:stroke"), use, size=(80, 24))


def test_a_click_on_a_key_presses_it():
    async def use(app, pilot):
        line = app.screen.query_one(KeyLine)
        place = line.render().plain.index("help")
        await pilot.click(line, offset=(place + 1, 0))
        await settle(pilot)
        assert type(app.screen).__name__ == "Help"

    run(fakes.app("sample:stroke"), use)


@pytest.mark.parametrize("size", [(60, 18), (80, 24), (200, 50)])
def test_the_key_line_fits_and_names_the_most_needed(size):
    async def use(app, pilot):
        for pane in "1234":
            await press(pilot, pane)
            line = keys_line(app).rstrip()
            assert len(line) <= size[0] - 2
            assert "1-4 pane" in line
            assert "? help" in line

    run(fakes.app("sample:stroke"), use, size=size)


def test_the_key_line_follows_what_can_be_done():
    async def use(app, pilot):
        assert "r run" in keys_line(app)
        assert "x cancel" not in keys_line(app)
        await press(pilot, "r")
        assert "r run" not in keys_line(app)
        assert "x cancel" in keys_line(app)
        app.runs.end()
        await settle(pilot)
        assert "r run" in keys_line(app)

    run(fakes.app("sample:stroke"), use, size=(120, 40))


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_headline_fits_and_keeps_the_news(width):
    async def use(app, pilot):
        await press(pilot, "r")
        line = headline(app)
        assert len(line) <= width
        assert "run 42" in line

    run(fakes.app("sample:stroke"), use, size=(width, 24))


# Loading


def test_a_load_shows_how_far_it_is():
    async def use(app, pilot):
        assert "1.3 MB of 2.6 MB" in headline(app)
        app.fake_service.let.set()
        await settle(pilot)
        await pilot.pause(0.1)
        assert "43,400" in headline(app)

    service = fakes.FakeService()
    service.let.clear()
    run(fakes.app("sample:stroke", service=service), use)


def test_another_dataset_gives_the_load_up_that_still_reads():
    async def use(app, pilot):
        first = app.fake_service.requests[0]
        app.post_message(say.OpenRequested("other.csv"))
        await settle(pilot)
        await pilot.pause(0.05)
        app.fake_service.let.set()
        await settle(pilot)
        await pilot.pause(0.1)
        assert first.source == "sample:stroke"
        assert app.session.load.table.source == "other.csv"

    service = fakes.FakeService()
    service.let.clear()
    run(fakes.app("sample:stroke", service=service), use)


def test_a_dataset_that_cannot_be_opened_is_said_in_a_dialog():
    async def use(app, pilot):
        assert isinstance(app.screen, Choice)
        text = screen_text(app)
        assert "row 3 has [4] cells" in text
        assert "Mend it" in text
        assert "Reading" not in text
        await press(pilot, "escape")
        assert isinstance(app.screen, Workbench)
        assert "cannot be opened" in headline(app)

    service = fakes.FakeService()
    service.answers[Load] = Failure(
        code="data", message="row 3 has [4] cells", remedy="mend it"
    )
    run(fakes.app("sample:stroke", service=service), use)


def test_a_wrong_choice_is_no_dialog():
    async def use(app, pilot):
        app.fake_service.answers[Load] = Failure(code="t", message="no", remedy="")
        app.post_message(say.LoadChoiceChanged("target", "gender"))
        await settle(pilot)
        assert isinstance(app.screen, Workbench)
        assert app.session.load.problem.message == "no"

    run(fakes.app("sample:stroke"), use)


def test_rows_and_pictures_come_into_the_session():
    async def use(app, pilot):
        app.post_message(say.RowsRequested(50, 10))
        app.post_message(say.PictureRequested("age"))
        await settle(pilot)
        await settle(pilot)
        assert app.session.load.page.start == 50
        assert len(app.session.load.page.rows) == 10
        assert app.session.load.column.column == "age"

    run(fakes.app("sample:stroke"), use)


def test_an_opened_table_is_remembered():
    from tui import config

    async def use(app, pilot):
        pass

    run(fakes.app("sample:stroke"), use)
    assert config.recent() == ["sample:stroke"]


# Sizes


def test_a_terminal_that_is_too_small_says_so_and_recovers():
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

    run(fakes.app("sample:stroke"), use, size=(59, 17))
