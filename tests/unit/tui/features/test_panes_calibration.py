"""The calibration view: what is drawn and said of the focused arm."""

from __future__ import annotations

import msgspec

from engine.core.events import ArmEvaluated, Event, RunStarted
from tests.support import fakes
from tests.support.calibration_samples import AS_IT_IS, calibrated
from tests.support.console_samples import HOSTILE, hostile_events, started
from tests.support.fakes import PaneApp, press, screen_text
from tests.support.patience import until
from tui.features import reducers
from tui.features.pane import Picture
from tui.features.results.curves import CalibrationView
from tui.features.results.pane import ResultsPane
from tui.features.session import Session


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


def view(pilot_app: PaneApp) -> CalibrationView:
    return pilot_app.screen.query_one(CalibrationView)


def lines(pilot_app: PaneApp) -> list[str]:
    """Return what is copied, as lines."""
    return view(pilot_app).copied().text.split("\n")


def test_curve_sentence_and_figures_are_seen_at_once(panes):
    for size in ((118, 17), (140, 40), (118, 20), (160, 40), (118, 20)):
        panes.look(Pane, session(), size)
        text = panes.text
        for part in ("● smote as it is", "▲ Platt ✓", "Brier", "CITL"):
            assert part in text, (size, part)
        for figure in ("0.0344", "0.0177", "0.0803", "−2.04", "2.58", "0.0019"):
            assert figure in text, (size, figure)
        assert "predicts 0.353" in text, size
        assert "training odds are 54 × the real ones" in text, size


def test_where_there_is_little_room_the_figures_are_seen_first(panes):
    for size in ((118, 11), (118, 14), (100, 10)):
        made = panes.look(Pane, session(), size)
        text = panes.text
        for measure in ("Brier", "log loss", "slope", "ECE", "CITL"):
            assert measure in text, (size, measure)
        side = view(made).query_one("#calibration-side")
        # What has no room is scrolled to, and a bar says so.
        assert side.show_vertical_scrollbar == (side.max_scroll_y > 0), size
        assert side.max_scroll_y > 0 or "predicts 0.353" in text, size


def test_the_view_is_copied_as_it_is_seen(panes):
    for size in ((100, 24), (200, 50)):
        copied = view(panes.look(Pane, session(), size)).copied()
        assert copied.what == "the calibration"
        for part in (
            "smote predicts 0.353 where 0.074 is observed: not calibrated",
            "Platt scaling corrects it (Brier 0.0344 → 0.0177)",
            "⚠ ",
            "● ",
            "CITL",
        ):
            assert part in copied.text, (size, part)


def test_another_repair_is_drawn_and_the_recommended_stays_marked(panes):
    async def use(made, pilot):
        view(made).focus()
        for legend in (
            "● smote as it is   ▲ isotonic",
            "● smote as it is",
            "● smote as it is   ▲ prior",
            "● smote as it is   ▲ Platt ✓",
        ):
            await press(pilot, "t")
            # No more than a few pictures a second are drawn.
            await until(pilot, lambda legend=legend: lines(made)[0] == legend)
            assert lines(made)[0] == legend
        # A choice that an arm has not is the recommended one.
        await press(pilot, "t", "t", "t")
        await until(pilot, lambda: "▲ prior" in lines(made)[0])
        made.give(reducers.select(made.session, "results", "untreated"))
        await until(pilot, lambda: lines(made)[0] == "● untreated as it is")
        assert lines(made)[0] == "● untreated as it is"

    panes.run(use, Pane, session(), size=(140, 40))


def test_the_arm_in_focus_is_the_one_that_is_drawn(panes):
    async def use(made, pilot):
        view(made).focus()
        await press(pilot, "down")
        assert made.stepped.view.selected["results"] == "kmeans-smote"
        made.give(reducers.select(made.session, "results", "untreated"))
        await until(pilot, lambda: lines(made)[0] == "● untreated as it is")
        text = view(made).copied().text
        assert "its scores can be read as probabilities" in text
        assert "training odds" not in text
        assert "prior" not in text
        made.give(reducers.select(made.session, "results", "smote"))
        await press(pilot)
        assert "training odds" in view(made).copied().text

    panes.run(use, Pane, session(), size=(140, 40), fresh=False)


def test_of_many_classes_the_one_in_focus_is_told_from_the_rest(panes):
    some = calibrated("hyper")
    first = some[0]
    assert isinstance(first, RunStarted)
    data = msgspec.structs.replace(
        first.dataset, positive=None, classes={"normal": 900, "hypo": 90, "hyper": 9}
    )
    some[0] = msgspec.structs.replace(first, dataset=data)
    text = view(panes.look(Pane, session(some), (140, 40))).copied().text
    assert "hyper against the rest" in text
    assert "predicts 0.353" in text
    panes.look(Pane, reducers.choose_class(session(some), "hypo"), (140, 40))
    said = "There is no calibration: no arm has a result for hypo."
    assert said in " ".join(panes.text.split())


def test_without_a_calibration_that_is_said(panes):
    ended = reducers.activate(fakes.followed([started()], "cancelled"), "results")
    early = "There is no calibration: the run was cancelled before"
    soon = "when the first arm is done"
    states = (
        (Session(), soon),
        (fakes.loaded(), soon),
        (fakes.followed([started()]), soon),
        (ended, early),
    )

    async def use(made, pilot):
        for state, words in states:
            made.give(state)
            await press(pilot)
            assert words in " ".join(screen_text(made).split())
            view(made).focus()
            await press(pilot, "t", "up", "down", "c", "y")
            assert view(made).copied().text.strip()

    panes.run(use, Pane, Session(), size=(110, 24))


def test_any_name_of_an_arm_is_shown(panes):
    some = [
        msgspec.structs.replace(event, calibration=(AS_IT_IS,))
        if isinstance(event, ArmEvaluated)
        else event
        for event in hostile_events(HOSTILE["colours"] + HOSTILE["markup"])
    ]
    panes.look(Pane, session(some, arm=None), (140, 40))
    assert "\x1b" not in panes.text
    assert "␛[31mred" in panes.text
