"""Charts of results: which arms they show, and what is read at a place."""

from __future__ import annotations

import math

import msgspec

from engine.core.curve import CURVES, cost_curve
from engine.core.format import threshold
from tests.support import curves_samples, fakes, judged_samples
from tests.support.fakes import press, settle
from tests.support.patience import until
from tui.charts import ChartView
from tui.features import messages as say
from tui.features import reducers
from tui.features.commands import turn
from tui.features.results import compared, operating, reading
from tui.features.results.curves import CalibrationView, CurvesView, ThresholdView
from tui.features.results.operating import scored_arms
from tui.features.results.pane import ResultsPane
from tui.features.results.tables import CostsView

SIZES = ((140, 40), (118, 24))


def done(view, arm="smote-enn", some=None):
    session = fakes.followed(some or curves_samples.scored_events(), "done")
    session = reducers.show(reducers.activate(session, "results"), "results", view.NAME)
    return reducers.select(session, "results", arm)


def arm_of(session, name):
    return next(arm.scored for arm in scored_arms(session) if arm.name == name)


def counts_at(sweep, threshold):
    """Return false and true positives at a threshold of a sweep."""
    return next((fp, tp) for at, fp, tp in reversed(sweep) if at >= threshold)


def read(app, name) -> list[str]:
    """Return the lines of what is read below a chart."""
    return str(app.query_one(f"#{name}-read").visual).split("\n")


async def drawn(pilot, chart) -> None:
    await until(pilot, lambda: chart.area is not None)


async def point(pilot, chart, x, *, click=False) -> None:
    """Move the mouse to a place on a chart's horizontal scale, and click there."""
    column, _ = chart.area.cell(x)
    act = pilot.click if click else pilot.hover
    await act(chart, offset=(column, chart.area.top + 2))
    await settle(pilot)


def test_the_focused_arm_and_the_control_are_in_colour_and_keys_choose_others(panes):
    session = done(CurvesView)
    known = [arm.name for arm in scored_arms(session)]

    async def use(app, pilot):
        chart = app.query_one("#curves-first", ChartView)
        app.query_one(CurvesView).focus()
        await until(pilot, lambda: "+2 dim" in chart.plain)
        assert "weights" not in chart.plain
        first = chart.plain.split("\n")[0]
        assert "● untreated" in first
        assert "▸smote-enn" in first
        assert read(app, "curves")[1].startswith("● untreated at ")
        others = [row.name for row in operating.arm_rows(session) if row.name in known]
        others.remove("smote-enn")
        beside = turn(others, "untreated")
        await press(pilot, "right_square_bracket")
        await until(pilot, lambda: beside in chart.plain)
        assert "untreated" not in chart.plain
        assert f"{beside} at " in read(app, "curves")[1]
        await press(pilot, "a")
        await until(pilot, lambda: "dim" not in chart.plain)
        assert all(name in chart.plain for name in known)
        await press(pilot, "a", "left_square_bracket")
        await until(pilot, lambda: "dim" in chart.plain)
        assert "● untreated" in chart.plain
        # Costs has the arm, too, that was chosen here.
        await press(pilot, "right_square_bracket")
        app.give(reducers.show(app.session, "results", CostsView.NAME))
        await until(pilot, lambda: app.query("#costs-ratio"))
        costs = app.query_one("#costs-ratio", ChartView)
        await until(pilot, lambda: "+2 dim" in costs.plain)
        first = costs.plain.split("\n")[1]
        assert beside in first
        assert "smote-enn" in first

    service = fakes.FakeService()
    panes.run(use, ResultsPane, session, (140, 40), fresh=False, service=service)


def test_the_arms_of_charts_are_forgotten_with_another_run():
    session = compared.step_beside(done(CurvesView), 1)
    session = compared.turn_all(session, 1)
    assert (session.view.beside, session.view.all_arms) != (None, False)
    run = msgspec.structs.replace(session.run, id="another")
    view = reducers.follow(session, run).view
    assert (view.beside, view.all_arms) == (None, False)


def test_the_crosshair_stands_where_the_threshold_is_and_follows_it(panes):
    session = done(CurvesView)
    row = next(r for r in operating.arm_rows(session) if r.name == "smote-enn")
    tested = operating.tested(session)

    async def use(app, pilot):
        chart = app.query_one("#curves-first", ChartView)
        app.query_one(CurvesView).focus()
        await drawn(pilot, chart)
        for at in (row.threshold, operating.step(row.sweep, row.threshold, 9)):
            app.give(reducers.move_threshold(session, row.name, at))
            await settle(pilot)
            fp, tp = counts_at(row.sweep, at)
            cell = chart.area.cell(*CURVES["pr"].place(fp, tp, *tested))
            assert chart.plain.split("\n")[cell[1]][cell[0]] == "╋"
            said = read(app, "curves")[0]
            for part in (f"at {at:.3f}", f"FN {tested[0] - tp:,}", f"FP {fp:,}"):
                assert part in said
        await press(pilot, "left")
        step = app.posted(say.Stepped)[-1]
        assert (step.change, step.steps) == (reading.step_threshold, -1)

    panes.run(use, ResultsPane, session, size=(140, 40), fresh=False)


def test_a_place_on_a_curve_is_read_for_both_arms_and_a_click_moves_the_threshold(
    panes,
):
    session = done(CurvesView)
    tested = operating.tested(session)

    async def use(app, pilot):
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await settle(pilot)
            chart = app.query_one("#curves-first", ChartView)
            await drawn(pilot, chart)
            await point(pilot, chart, 0.8)
            x = chart.area.point(*chart.area.cell(0.8))[0]
            assert "┆" in chart.plain
            for line, name in zip(
                read(app, "curves"), ("smote-enn", "untreated"), strict=True
            ):
                sweep = arm_of(session, name).sweep
                near = min(
                    CURVES["pr"].points(sweep, *tested),
                    key=lambda one: (abs(one.x - x), -one.y),
                )
                fp, tp = counts_at(sweep, near.threshold)
                assert (
                    f"{name} at {threshold(near.threshold)}  recall {near.x:.3f}"
                    in line
                )
                assert f"precision {near.y:.3f}  FN {tested[0] - tp:,}" in line
                if size[0] > 120:
                    assert f"FP {fp:,}" in line
            await point(pilot, chart, 0.6, click=True)
            moved = app.posted(say.ThresholdMoved)[-1]
            assert moved.arm == "smote-enn"
            fp, tp = counts_at(arm_of(session, "smote-enn").sweep, moved.threshold)
            assert abs(tp / tested[0] - 0.6) < 0.05

    panes.run(use, ResultsPane, session, size=(140, 40), fresh=False)


def test_a_click_in_the_threshold_chart_moves_the_threshold_there(panes):
    session = done(ThresholdView)
    sweep = arm_of(session, "smote-enn").sweep

    async def use(app, pilot):
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await settle(pilot)
            chart = app.query_one("#threshold-sweep", ChartView)
            await drawn(pilot, chart)
            await point(pilot, chart, 0.6)
            before, pictures = chart.plain, len(chart._drawn_at)
            await point(pilot, chart, 0.3)
            said = read(app, "threshold")[0]
            x = chart.area.point(*chart.area.cell(0.3))[0]
            at = min(
                (t for t, _, _ in sweep if math.isfinite(t)), key=lambda t: abs(t - x)
            )
            fp, tp = counts_at(sweep, at)
            missed = operating.tested(session)[0] - tp
            assert said.startswith(f"at {at:.3f}  FN {missed:,}  FP {fp:,}")
            # The picture itself is not drawn again for it.
            assert len(chart._drawn_at) == pictures
            assert chart.plain != before
            await point(pilot, chart, 0.3, click=True)
            moved = app.posted(say.ThresholdMoved)[-1]
            assert (moved.arm, moved.threshold) == ("smote-enn", at)

    panes.run(use, ResultsPane, session, size=(140, 40), fresh=False)


def test_costs_are_read_at_the_own_ratio_and_at_another(panes):
    session = done(CostsView)
    tested = operating.tested(session)

    def per_1000(name, ratio):
        steps = arm_of(session, name).cost_steps
        return cost_curve(steps, *tested, [ratio])[0].cost

    async def use(app, pilot):
        app.query_one(CostsView).focus()
        chart = app.query_one("#costs-ratio", ChartView)
        await drawn(pilot, chart)
        said = read(app, "costs")[0]
        own, control = per_1000("smote-enn", 10.0), per_1000("untreated", 10.0)
        assert said.startswith("at 10:1  cheapest: untreated")
        assert f"cost/1,000: smote-enn {own:,.1f} (× {own / control:.2f})" in said
        assert f"untreated {control:,.1f}" in said
        await press(pilot, "left", "left", "left")
        moved = read(app, "costs")[0]
        ratio = 10 ** chart.area.point(chart.area.cell(1.0)[0] - 3, 0)[0]
        assert f"smote-enn {per_1000('smote-enn', ratio):,.1f}" in moved
        assert "┆" in chart.plain
        # The other line is the own ratio's.
        assert "┃" in chart.plain

    panes.run(use, ResultsPane, session, size=(140, 40), fresh=False)


def test_a_bin_of_scores_is_read(panes):
    session = done(CalibrationView, some=judged_samples.events())
    bins = arm_of(session, "smote-enn").calibration[0].bins

    async def use(app, pilot):
        app.query_one(CalibrationView).focus()
        chart = app.query_one("#calibration-chart", ChartView)
        await drawn(pilot, chart)
        await press(pilot, *["greater_than_sign"] * 9)
        one = max(bins, key=lambda b: b.score)
        said = read(app, "calibration")[0]
        assert said.startswith(f"● mean score {one.score:.3f}  observed rate ")
        assert f"{one.positives / one.rows:.3f}" in said

    panes.run(use, ResultsPane, session, size=(140, 40), fresh=False)
