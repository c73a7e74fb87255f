"""Pane 4 and its pictures: done, at work, failed, cancelled, and thresholds moved."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest
from textual.widgets import Static

from engine.core.costs import Costs, point_metrics
from engine.core.events import Event
from engine.core.outcome import Confusion
from tests.support import fakes, judged_samples, multiclass_samples
from tests.support.console_samples import (
    COUNTS,
    NEGATIVES,
    POSITIVES,
    events,
    started,
)
from tests.support.fakes import FakeService, at_once, press, screen_text
from tests.support.journey import sizes
from tests.support.patience import until
from tests.support.results_samples import SWEEP, ended, swept
from tui.features import messages as say
from tui.features import reducers
from tui.features.results import board, operating
from tui.features.results.curves import CurvesView, ThresholdView
from tui.features.results.pane import (
    BoardView,
    MatricesView,
    ResultsPane,
    ResultsPicture,
)
from tui.features.results.reading import focused_row
from tui.features.results.tables import VerdictView
from tui.features.session import Session
from tui.widgets import Rows

VIEWS = (BoardView, MatricesView, CurvesView, ThresholdView, VerdictView)


async def to_results(app, pilot, some: list[Event] | None = None) -> None:
    """Go to the results of a whole run in the real app, from before issue 7."""
    app.runs.known["0000002a"] = fakes.done_run(42, some or swept())
    app.post_message(say.OpenRunRequested("0000002a"))
    await press(pilot)
    await press(pilot, "4")


def test_the_board_has_the_fewest_missed_positives_first():
    rows = operating.arm_rows(ended())
    assert [row.name for row in rows] == [
        "smote-enn",
        "smote",
        "kmeans-smote",
        "untreated",
    ]
    _, items = board.table(ended(), rows)(100)
    assert [cell.text for cell in items[0].cells] == [
        "smote-enn",
        "63",
        "0.61 (0.53–0.68)",
        "1,710",
        "0.05",
        "0.066",
        "0.111",
        "0.500",
        "2",
        "00:08",
    ]


def test_board_matrices_and_recommendation_are_seen_at_once(shell):
    async def use(app, pilot):
        await to_results(app, pilot)
        for size in ((80, 24), (140, 40), (60, 18)):
            await pilot.resize_terminal(*size)
            await press(pilot)
            text = screen_text(app)
            for part in ("smote-enn", "63", "1,710", "▶ 63", "DO NOT RESAMPLE"):
                assert part in text, (size, part)
            if size[0] > 60:
                assert "39 %" in text, size
            if size[0] > 80:
                assert "161 positives in 8,680 test rows" in text, size
        # Where there is room for one curve they are changed.
        await pilot.resize_terminal(80, 24)
        await press(pilot, "g", "5", "p")
        await until(pilot, lambda: "prevalence" in screen_text(app))
        assert "prevalence" in screen_text(app)
        assert "false positive rate" not in screen_text(app)
        await press(pilot, "t")
        await until(pilot, lambda: "false positive rate" in screen_text(app))
        text = screen_text(app)
        assert "false positive rate" in text
        assert "prevalence" not in text.split("\n", 12)[-1]

    shell.run(use, "sample:stroke", size=(80, 24))


def test_board_matrices_and_class_of_several_are_seen_at_once(shell):
    async def use(app, pilot):
        await to_results(app, pilot, multiclass_samples.events())
        for size in ((140, 40), (80, 24)):
            await pilot.resize_terminal(*size)
            await press(pilot)
            text = screen_text(app)
            for part in (
                "▸hyper",
                "0.91",
                "▶ 2",
                "c class",
                "smote-enn finds 30 of 33 of class",
            ):
                assert part in text, (size, part)
            assert "threshold" not in text.split("\n")[-1]
        await press(pilot, "c")
        assert app.session.view.klass == "hypo"
        assert "▸hypo" in screen_text(app)
        await press(pilot, "C", "C")
        assert app.session.view.klass == "normal"
        await press(pilot, "n")
        assert app.session.at == "prevalence"
        await press(pilot, "left")
        assert app.session.view.thresholds == {}

    shell.run(use, "sample:stroke", size=(140, 40))


def test_the_verdict_is_above_every_view_and_a_click_shows_all_of_it(shell):
    async def use(app, pilot):
        await to_results(app, pilot)
        for view in ResultsPicture.VIEWS:
            app.post_message(say.ViewChosen("results", view.NAME))
            await press(pilot)
            assert "DO NOT RESAMPLE" in screen_text(app), view.NAME
        await press(pilot, "v")
        assert app.session.view.shown["results"] == "board"
        await pilot.click("#results-band")
        await fakes.settle(pilot)
        assert app.session.view.shown["results"] == "verdict"

    shell.run(use, "sample:stroke", size=(80, 24))


def test_beside_the_board_the_pane_says_what_the_board_does_not(shell):
    async def use(app, pilot):
        await to_results(app, pilot)
        await until(pilot, lambda: "DO NOT RESAMPLE" in screen_text(app))
        listed = app.screen.query_one("#results-arms")
        await until(pilot, lambda: listed.size.height == 2)
        assert "vs untreated  found +98, FP +1,710" in screen_text(app)
        await press(pilot, "down")  # it has the focus
        assert "vs untreated  found +80, FP +1,320" in screen_text(app)
        await press(pilot, "v")
        await until(pilot, lambda: listed.size.height > 2)
        assert "vs untreated" not in screen_text(app)

    shell.run(use, "sample:stroke", size=(140, 40))


def test_numbers_at_a_threshold_are_the_engines():
    costs = Costs(cost_fn=10, cost_fp=1)
    point = operating.arm_rows(ended())[0].point
    assert point is not None
    for tp, fp in ((98, 1710), (0, 0), (161, 8519), (161, 0), (1, 8519)):
        c = Confusion(tn=NEGATIVES - fp, fp=fp, fn=POSITIVES - tp, tp=tp)
        moved = operating.move_point(point, 0.7, ((0.7, fp, tp),), costs)
        assert (moved.threshold, moved.confusion) == (0.7, c)
        assert moved.metrics == point_metrics(c, Costs(cost_fn=10, cost_fp=1))
        unknown = operating.move_point(point, 0.7, ((0.7, fp, tp),), None)
        assert unknown.metric("cost_per_1000") is None
    nothing = Confusion(tn=0, fp=0, fn=0, tp=0)
    empty = msgspec.structs.replace(point, confusion=nothing)
    assert operating.move_point(empty, empty.threshold, (), costs).metrics == {}


def test_a_step_goes_to_the_next_point_and_stops_at_the_ends():
    sweep = ((0.9, 0, 1), (0.6, 1, 1), (0.4, 1, 2))
    assert operating.step(sweep, 0.6, 1) == 0.9
    assert operating.step(sweep, 0.6, -1) == 0.4
    assert operating.step(sweep, 0.5, 1) == 0.9
    assert operating.step(sweep, 0.5, -1) == 0.4
    assert operating.step(sweep, 0.4, -5) == 0.4
    assert operating.step(sweep, 0.9, 7) == 1.0
    assert operating.step(((1.0, 0, 1),), 1.0, 1) == 1.0
    assert operating.step(((float("inf"), 0, 0),), 0.5, 1) is None
    assert operating.step((), 0.5, 1) is None


def test_the_threshold_moves_and_the_board_follows_at_once(panes, shell):
    async def use(app, pilot):
        whole = app.session.run is None
        if whole:
            await to_results(app, pilot)
        else:
            app.query_one("#results-arms").focus()
        await press(pilot, "down", "left")
        assert app.session.view.selected["results"] == "smote"
        assert app.session.view.thresholds["smote"] == pytest.approx(0.49)
        text = screen_text(app)
        # 41 points from the top: 82 found, so 79 missed with 1,681 false alarms.
        assert "79" in text
        assert "1,681" in text
        assert "* smote at 0.490" in text
        await press(pilot, "shift+left", ">", ">")
        assert app.session.view.thresholds["smote"] == pytest.approx(0.52)
        await press(pilot, "<", "right", "right", "right")
        await press(pilot, "0")
        assert app.session.view.thresholds == {}
        # Letters move, too: that is the app's doing.
        await press(pilot, *(("l", "h") if whole else ("right", "left")))
        assert app.session.view.thresholds["smote"] == pytest.approx(0.5)

    shell.run(use, "sample:stroke", size=(80, 24))
    panes.run(use, ResultsPane, ended(), (140, 40), service=FakeService())


@sizes((80, 24), (140, 40))
def test_keys_that_come_faster_than_they_are_drawn_all_count(shell, size):
    """All are there before anything is drawn, as over a slow connection."""

    async def use(app, pilot):
        await to_results(app, pilot, judged_samples.events())
        known = operating.offered(app.session)
        assert len(known) > 4  # seven presses are not as good as one
        first = known.index(operating.point_of(app.session))
        await at_once(pilot, *"nnnnnnn")
        assert operating.point_of(app.session) == known[(first + 7) % len(known)]
        await at_once(pilot, *"NN")
        assert operating.point_of(app.session) == known[(first + 5) % len(known)]
        row = focused_row(app.session)
        places = [row.threshold]
        for _ in range(4):
            places.append(operating.step(row.sweep, places[-1], 1))
        await at_once(pilot, *["right"] * 4)
        assert app.session.view.thresholds == {row.name: places[-1]}
        await at_once(pilot, "left", "0")
        assert app.session.view.thresholds == {}
        views = [view.NAME for view in app.screen.picture.VIEWS]
        await at_once(pilot, *"vvvv")
        assert app.session.view.shown["results"] == views[4]

    shell.run(use, "sample:stroke", size=size)


def test_the_cursor_is_on_the_arm_that_keys_are_about(panes):
    working = fakes.followed([started()])

    async def use(app, pilot):
        app.query_one("#results-arms", Rows).focus()
        app.give(reducers.activate(working, "results"))
        await press(pilot)
        app.give(ended())
        await press(pilot, "left")
        assert app.query_one("#results-arms", Rows).highlighted == "smote-enn"
        assert app.query_one("#board-arms", Rows).highlighted == "smote-enn"
        assert [*app.stepped.view.thresholds] == ["smote-enn"]

    panes.run(use, ResultsPane, working, size=(140, 40))


def test_a_run_cancelled_before_an_arm_was_done_promises_nothing(panes):
    before = "the run was cancelled before an arm was done."
    said = {
        "board": f"There are no matrices: {before}",
        "matrices": f"There are no matrices: {before}",
        "errors": "untreated has no result: the run ended before.",
        "reasons": "untreated has no result: the run ended before.",
        "curves": f"There are no curves: {before}",
        "threshold": f"There are no curves: {before}",
        "calibration": f"There is no calibration: {before}",
        "costs": f"There are no costs: {before}",
        "matched": f"There are no matches: {before}",
        "verdict": "There is no verdict: the run ended before it compared its arms.",
    }
    assert {*said} == {view.NAME for view in ResultsPicture.VIEWS}
    session = fakes.followed(swept()[:4], "cancelled")
    session = reducers.activate(session, "results")

    async def use(app, pilot):
        for view, words in said.items():
            app.give(reducers.show(session, "results", view))
            await press(pilot)
            await until(pilot, lambda words=words: words in screen_text(app), 3.0)
            text = screen_text(app)
            assert words in text, view
            assert "when the first arm is done" not in text, view

    panes.run(use, ResultsPane, session, size=(140, 40))


def test_the_board_is_sorted_by_its_columns(shell):
    async def use(app, pilot):
        await to_results(app, pilot)
        await until(pilot, lambda: app.screen.query("#board-arms"))
        await press(pilot, "p")
        board = app.screen.query_one("#board-arms", Rows)
        await until(pilot, lambda: board.has_focus)
        ranked = [item.key for item in board.items]
        await press(pilot, "s")
        names = [item.key for item in board.shown]
        assert names == sorted(ranked) != ranked
        await press(pilot, "S")
        assert [item.key for item in board.shown] == names[::-1]

    shell.run(use, "sample:stroke", size=(140, 40))


def test_moving_changes_no_place_on_the_board():
    session = reducers.move_threshold(ended(), "untreated", SWEEP[-1][0])
    rows = operating.arm_rows(session)
    assert [row.name for row in rows] == [
        "smote-enn",
        "smote",
        "kmeans-smote",
        "untreated",
    ]
    assert rows[-1].moved
    assert rows[-1].confusion == Confusion(
        tn=NEGATIVES - 6400, fp=6400, fn=1, tp=POSITIVES - 1
    )


def test_points_are_gone_through_and_chosen(panes):
    async def use(app, pilot):
        app.query_one("#results-arms").focus()
        await press(pilot, "n")
        assert app.session.at == "cost"
        assert "▸cost 10:1" in screen_text(app)
        await press(pilot, "n", "N", "N")
        assert app.session.at == "fixed"
        app.screen.query_one("#results-points").focus()
        await press(pilot, "enter", "down", "enter")
        assert app.session.at == "cost"

    session = ended()
    panes.run(use, ResultsPane, session, (140, 40), fresh=False, service=FakeService())


def test_a_point_that_the_run_has_not_is_read_at_one_that_it_has():
    session = reducers.choose_point(ended(), "alerts<=5")
    assert operating.point_of(session) == "fixed"
    assert operating.offered(Session()) == []
    assert operating.arm_rows(Session()) == []


def test_matrices_are_paged_by_the_focused_arm(panes):
    session = reducers.show(ended(), "results", MatricesView.NAME)

    async def use(app, pilot):
        text = screen_text(app)
        assert "▸ smote-enn" in text
        assert "arms 1–2 of 4" in text
        app.query_one(MatricesView).focus()
        await press(pilot, "down")
        assert app.stepped.view.selected["results"] == "smote"
        app.give(reducers.select(session, "results", "untreated"))
        await press(pilot)
        text = screen_text(app)
        assert "▸ untreated" in text
        assert "arms 3–4 of 4" in text
        assert "▶ 161" in text

    panes.run(use, ResultsPane, session, (100, 16), fresh=False)


def test_all_matrices_are_seen_where_there_is_room(panes):
    panes.look(ResultsPane, ended(view=MatricesView.NAME), (140, 40))
    assert "arms 1" not in panes.text
    for missed in ("▶ 63", "▶ 81", "▶ 122", "▶ 161"):
        assert missed in panes.text


def test_both_curves_stand_side_by_side_where_there_is_room(panes):
    app = panes.look(ResultsPane, ended(view=CurvesView.NAME), (140, 40))
    assert "prevalence" in panes.text
    assert "false positive rate" in panes.text
    assert "smote-enn" in app.query_one(CurvesView).copied().text


def test_the_threshold_view_has_the_figures_of_the_focused_arm(panes):
    async def use(app, pilot):
        view = app.query_one(ThresholdView)
        view.focus()
        await press(pilot, "down", "left")
        assert app.screen.focused is view
        text = screen_text(app)
        for part in ("threshold 0.490", "moved from 0.500", "0.509", "1,763 of 8,680"):
            assert part in text, part
        assert "MCC" in view.copied().text

    session = ended(view=ThresholdView.NAME)
    panes.run(use, ResultsPane, session, (140, 40), service=FakeService())


def test_without_results_every_view_says_what_to_do(panes):
    said = (
        (Session(), "r starts"),
        (fakes.loaded(), "r starts"),
        (fakes.followed([started()]), "is done"),
    )
    keys = ("left", "right", "n", "N", "0", "up", "down", "<", ">", "t")

    async def use(app, pilot):
        for size in ((110, 24), (140, 40)):
            await pilot.resize_terminal(*size)
            for view, (session, words) in product(VIEWS, said):
                app.give(reducers.show(session, "results", view.NAME))
                await press(pilot)
                text = " ".join(screen_text(app).split())
                if words == "is done":
                    words = "when all arms are done"
                    if view is not VerdictView:
                        words = "when the first arm is done"
                assert words in text, (view, size)
                shown = app.query(view).first()
                assert shown.copied() is not None
                # No key does anything, and none fails; the size is all one to them.
                if size == (110, 24):
                    shown.focus()
                    await press(pilot, *keys)

    panes.run(use, ResultsPane, Session(), size=(110, 24))


def test_every_point_of_a_many_armed_run_is_drawn(panes):
    counts = {f"arm {i}": {"fixed": (i, 10 * i)} for i in range(1, 31)}
    session = fakes.followed(
        events({"untreated": COUNTS["untreated"], **counts}), "done"
    )

    async def use(app, pilot):
        rows = app.query_one("#board-arms", Rows)
        assert rows.highlighted == "arm 1"
        rows.focus()
        await press(pilot, "end")
        assert app.posted(say.Selected)[-1].item == "untreated"

    panes.run(use, ResultsPane, session, size=(140, 40))


def test_the_folded_pane_says_the_essence():
    made = ResultsPane()
    assert made.summary(ended()).plain == "smote-enn  missed 63  FP 1,710"
    assert made.subtitle(ended()).plain == "161 positives in 8,680 test rows"
    assert made.summary(Session()).plain == "No results yet: r starts a run."
    assert made.subtitle(Session()).plain == ""


def test_what_was_repaired_is_said_whole_and_why_where_there_is_room(panes):
    session = reducers.select(ended(), "results", "kmeans-smote")
    told = "⚠ kmeans-smote adjusted: k_neighbors 5 → 2–3"

    async def use(app, pilot):
        for width, why in ((80, ": only 3–4 minority rows"), (30, "")):
            app.query_one(ResultsPane).styles.width = width
            await press(pilot)
            said = app.query_one("#results-said", Static)
            assert str(said.visual) == f"{told}{why}", width

    panes.run(use, ResultsPane, session, size=(140, 40))
