"""The curves of a run on the screen: which ones, which arms, of which class."""

from __future__ import annotations

from tests.support import curves_samples, fakes, multiclass_samples
from tests.support.fakes import press, screen_text
from tests.support.patience import until
from tui.charts import ChartView
from tui.features import reducers
from tui.features.results import operating, reading
from tui.features.results.curves import CurvesView
from tui.features.results.operating import scored_arms
from tui.features.results.pane import ResultsPane
from tui.features.session import Session


def done(some=None, view=CurvesView.NAME, status="done"):
    session = fakes.followed(some or curves_samples.scored_events(), status)
    return reducers.show(reducers.activate(session, "results"), "results", view)


def test_narrow_one_curve_after_the_other(panes):
    async def use(app, pilot):
        app.query_one(CurvesView).focus()
        seen = []
        for name, words in (
            ("PR", "dotted: prevalence"),
            ("ROC", "false positive rate"),
            ("DET", "false negative rate"),
            ("lift", "lift (dotted"),
            ("gain", "recall (dotted"),
        ):
            # No more than a few pictures a second are drawn.
            await until(pilot, lambda words=words: words in screen_text(app))
            text = screen_text(app)
            assert words in text
            assert f"▸{name}" in text
            assert text.count("▸") >= 2  # the curve, and the arm in focus
            seen.append(text)
            await press(pilot, "t")
        await until(pilot, lambda: screen_text(app) == seen[0])
        assert screen_text(app) == seen[0]
        assert len(set(seen)) == 5

    panes.run(use, ResultsPane, done(), size=(118, 24))


def test_broad_two_side_by_side(panes):
    async def use(app, pilot):
        app.query_one(CurvesView).focus()
        await until(pilot, lambda: "AUC 0.830" in screen_text(app))
        text = screen_text(app)
        assert "▸PR  ▸ROC" in text
        assert "prevalence" in text
        assert "false positive rate" in text
        assert "AP 0.090" in text
        assert "AUC 0.830" in text
        # Legends of as many lines, and names of scales that are not cut.
        titles = [
            next(n for n, line in enumerate(chart.plain.split("\n")) if "↑" in line)
            for chart in app.query(ChartView)
        ]
        assert titles[0] == titles[1]
        assert "…" not in "".join(chart.plain for chart in app.query(ChartView))
        await press(pilot, "t")
        text = screen_text(app)
        assert "▸DET  ▸lift" in text
        await press(pilot, "t")
        assert "▸lift  ▸gain" in screen_text(app)
        charts = list(app.query(ChartView))
        await until(pilot, lambda: "lift (dotted" in charts[0].plain)
        assert "lift (dotted" in charts[0].plain
        assert "recall (dotted" in charts[1].plain
        await press(pilot, "t")
        assert "▸PR  ▸ROC" in screen_text(app)
        copied = app.query_one(CurvesView).copied()
        assert copied.text.count("untreated") >= 2

    panes.run(use, ResultsPane, done(), size=(140, 40))


def test_the_focused_arm_is_marked_in_the_legend(panes):
    async def use(app, pilot):
        chart = app.query_one("#curves-first", ChartView)
        before = chart.plain
        assert "▸weights" in before
        app.query_one(CurvesView).focus()
        await press(pilot, "down")
        assert app.stepped.view.selected["results"] == "smote-enn"
        app.give(reducers.select(done(), "results", "smote-enn"))
        await press(pilot)
        after = chart.plain
        assert "▸smote-enn" in after
        assert "▸weights" not in after
        # Every arm keeps its sign.
        assert "● untreated" in before
        assert "● untreated" in after

    panes.run(use, ResultsPane, done(), size=(140, 40), fresh=False)


def test_of_many_arms_a_few_are_drawn_the_focused_one_among_them():
    names = ("untreated", *(f"arm {n}" for n in range(1, 12)))
    session = done(curves_samples.scored_events(names))
    arms = scored_arms(session)
    assert len(arms) == 12
    shown = [arm.name for arm in reading.few(arms, "arm 11")]
    assert shown == ["untreated", "arm 1", "arm 2", "arm 3", "arm 4", "arm 11"]
    assert reading.few(arms[:3], "x") == arms[:3]
    # As in the pane it is the board's first, of those that can be drawn.
    first, second = (row.name for row in operating.arm_rows(session)[:2])
    assert reading.focused_arm(session, arms) == first
    others = [arm for arm in arms if arm.name != first]
    assert reading.focused_arm(session, others) == second
    assert reading.focused_arm(session, arms[:1]) == "untreated"
    assert reading.focused_arm(Session(), []) == ""


def test_of_more_than_two_classes_one_is_drawn_against_the_rest(panes):
    session = done(multiclass_samples.events())

    async def use(app, pilot):
        text = screen_text(app)
        assert "hyper against the rest" in text
        assert "prevalence 0.023" in text
        app.query_one(CurvesView).focus()
        await press(pilot, "c")
        assert app.stepped.view.klass == "hypo"

    panes.run(use, ResultsPane, session, size=(140, 40), fresh=False)


def test_without_a_result_it_is_said(panes):
    said = {
        "running": "when the first arm is done",
        "cancelled": "There are no curves: the run was cancelled before",
    }

    async def use(app, pilot):
        app.query_one(CurvesView).focus()
        for status, words in said.items():
            app.give(done(curves_samples.scored_events()[:4], status=status))
            for size in ((118, 24), (140, 40)):
                await pilot.resize_terminal(*size)
                await press(pilot)
                assert words in screen_text(app), (status, size)
                await press(pilot, "t", "t", "down", "c")
                assert words in screen_text(app), (status, size)

    session = done(curves_samples.scored_events()[:4])
    panes.run(use, ResultsPane, session, size=(118, 24))
