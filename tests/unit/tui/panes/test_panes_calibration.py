"""The calibration view: what is drawn and said of the focused arm."""

from __future__ import annotations

import msgspec
import pytest

from engine.events import ArmEvaluated, Event, RunStarted
from tests.support import fakes
from tests.support.calibration_samples import AS_IT_IS, calibrated
from tests.support.console_samples import HOSTILE, events, hostile_events, started
from tests.support.fakes import PaneApp, press, run, screen_text
from tests.support.patience import until
from tui import messages as say
from tui import reducers
from tui.panes.base import Picture
from tui.panes.results import ResultsPane
from tui.panes.results_calibration import CalibrationView
from tui.session import Session

SIZES = [(100, 24), (60, 18), (200, 50)]


class Alone(Picture):
    """A picture of nothing but the view."""

    PANE = "results"
    VIEWS = (CalibrationView,)


class Pane(ResultsPane):
    """The results beside that picture."""

    def picture(self) -> Picture:
        return Alone()


def session(some: list[Event] | None = None, arm: str | None = "smote") -> Session:
    """Return a session with a run of these events, looking at an arm."""
    some = calibrated() if some is None else some
    made = reducers.activate(fakes.followed(some, "done"), "results")
    return reducers.select(made, "results", arm) if arm else made


def app(made: Session | None = None) -> PaneApp:
    return PaneApp(Pane, session() if made is None else made)


def seen(pilot_app: PaneApp) -> str:
    """Return what is on the screen, its lines joined where words were wrapped."""
    return " ".join(screen_text(pilot_app).split())


def view(pilot_app: PaneApp) -> CalibrationView:
    return pilot_app.screen.query_one(CalibrationView)


def lines(pilot_app: PaneApp) -> list[str]:
    """Return what is copied, as lines."""
    return view(pilot_app).copied().text.split("\n")


@pytest.mark.parametrize("size", [(118, 17), (140, 40)])
def test_curve_sentence_and_figures_are_seen_at_once(size):
    async def use(made, pilot):
        text = screen_text(made)
        large = "in the large" if size[0] > 118 else "at large"
        for part in ("● smote as it is", "▲ Platt ✓", "Brier", large):
            assert part in text, part
        for figure in ("0.0344", "0.0177", "0.0803", "−2.04", "2.58", "0.0019"):
            assert figure in text, figure
        assert "says 0.353" in text
        assert "54 times" in text if size[0] > 118 else "odds × 54" in text

    run(app(), use, size=size)


@pytest.mark.parametrize("size", [(118, 11), (118, 14), (100, 10)])
def test_where_there_is_little_room_the_figures_are_seen_first(size):
    async def use(made, pilot):
        text = screen_text(made)
        for measure in ("Brier", "log loss", "slope", "ECE", "at large"):
            assert measure in text, measure
        side = view(made).query_one("#calibration-side")
        # What has no room is scrolled to, and a bar says so.
        assert side.show_vertical_scrollbar == (side.max_scroll_y > 0)
        assert side.max_scroll_y > 0 or "says 0.353" in text

    run(app(), use, size=size)


def test_a_run_that_ended_before_says_so():
    made = reducers.activate(fakes.followed([started()], "cancelled"), "results")

    async def use(pilot_app, pilot):
        words = "There is no calibration: the run ended before an arm was done."
        assert words in seen(pilot_app)

    run(app(made), use, size=(110, 24))


@pytest.mark.parametrize("size", SIZES)
def test_what_copies_says_all_whatever_the_size(size):
    async def use(made, pilot):
        copied = view(made).copied()
        assert copied.what == "the calibration"
        for part in (
            "smote says 0.353 where 0.074 is true: do not read as risks",
            "Platt scaling repairs them (Brier 0.0344 → 0.0177)",
            "⚠ trained on resampled or weighted rows",
            "● ",
            "in the large",
        ):
            assert part in copied.text, part

    run(app(), use, size=size)


def test_another_repair_is_drawn_and_the_recommended_stays_marked():
    async def use(made, pilot):
        view(made).focus()
        for legend, marks in (
            ("● smote as it is   ▲ isotonic", ["●", "✓", "▲"]),
            ("● smote as it is", ["●", "✓"]),
            ("● smote as it is   ▲ prior", ["●", "▲", "✓"]),
            ("● smote as it is   ▲ Platt ✓", ["●", "▲", "✓"]),
        ):
            await press(pilot, "t")
            # No more than a few pictures a second are drawn.
            await until(pilot, lambda legend=legend: lines(made)[0] == legend)
            assert marks in [line.split() for line in lines(made)]

    run(app(), use, size=(140, 40))


def test_the_arm_in_focus_is_the_one_that_is_drawn():
    async def use(made, pilot):
        view(made).focus()
        await press(pilot, "down")
        assert made.posted(say.Selected)[-1] == say.Selected("results", "kmeans-smote")
        made.give(reducers.select(made.session, "results", "none"))
        await until(pilot, lambda: lines(made)[0] == "● none as it is")
        text = view(made).copied().text
        assert "its scores can be read as risks" in text
        assert "resampled or weighted" not in text
        assert "prior" not in text
        made.give(reducers.select(made.session, "results", "smote"))
        await press(pilot)
        assert "resampled or weighted" in view(made).copied().text

    run(app(), use, size=(140, 40))


def test_a_choice_that_an_arm_has_not_is_the_recommended_one():
    async def use(made, pilot):
        view(made).focus()
        await press(pilot, "t", "t", "t")
        await until(pilot, lambda: "▲ prior" in lines(made)[0])
        made.give(reducers.select(made.session, "results", "none"))
        await until(pilot, lambda: lines(made)[0] == "● none as it is")

    run(app(), use, size=(140, 40))


def test_of_many_classes_the_one_in_focus_is_told_from_the_rest():
    some = calibrated("hyper")
    first = some[0]
    assert isinstance(first, RunStarted)
    data = msgspec.structs.replace(
        first.dataset, positive=None, classes={"normal": 900, "hypo": 90, "hyper": 9}
    )
    some[0] = msgspec.structs.replace(first, dataset=data)

    async def use(made, pilot):
        text = view(made).copied().text
        assert "hyper against the rest" in text
        assert "says 0.353" in text
        made.give(reducers.choose_class(made.session, "hypo"))
        await press(pilot)
        assert "There is no calibration: no arm has a result for hypo." in seen(made)

    run(app(session(some)), use, size=(140, 40))


def test_without_a_calibration_that_is_said():
    old = session(events())
    for made in (Session(), fakes.loaded(), fakes.followed([started()]), old):

        async def use(pilot_app, pilot, made=made):
            text = seen(pilot_app)
            words = "run it again" if made is old else "when the first arm is done"
            assert words in text
            view(pilot_app).focus()
            await press(pilot, "t", "up", "down", "c", "y")
            assert view(pilot_app).copied().text.strip()

        run(app(made), use, size=(110, 24))


def test_any_name_of_an_arm_is_shown():
    some = [
        msgspec.structs.replace(event, calibration=(AS_IT_IS,))
        if isinstance(event, ArmEvaluated)
        else event
        for event in hostile_events(HOSTILE["colours"] + HOSTILE["markup"])
    ]

    async def use(made, pilot):
        text = screen_text(made)
        assert "\x1b" not in text
        assert "␛[31mred" in text

    run(app(session(some, arm=None)), use, size=(140, 40))


def test_a_screen_that_grows_gets_longer_words():
    async def use(made, pilot):
        assert "at large" in screen_text(made)
        await pilot.resize_terminal(160, 40)
        await press(pilot)
        assert "in the large" in screen_text(made)
        await pilot.resize_terminal(118, 20)
        await press(pilot)
        assert "at large" in screen_text(made)

    run(app(), use, size=(118, 20))
