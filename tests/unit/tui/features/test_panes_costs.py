"""Costs and matched arms, on the screen and as a report's sections."""

from __future__ import annotations

import re
from itertools import product

from msgspec.structs import replace

from engine.core.costs import Costs
from engine.core.curve import decision_curve, step_at
from engine.core.outcome import CostWinner
from tests.support import console_samples, curves_samples, fakes, multiclass_samples
from tests.support.console_samples import HOSTILE
from tests.support.each import each
from tests.support.fakes import press, screen_text
from tests.support.reviewed import reviewed
from tui.features import reducers
from tui.features.results import operating
from tui.features.results.pane import ResultsPane, ResultsPicture
from tui.features.results.tables import CostsView, MatchedView
from tui.terminal.safe_text import cells
from tui.text import PLAIN, paint
from tui.text import render_costs as costs
from tui.text import render_matched as matched
from tui.widgets import Lined

CHANCE = "chance alone could explain it"


class ThesePictures(ResultsPicture):
    """The results' picture with these two views, wherever they stand in it."""

    VIEWS = (CostsView, MatchedView)


class ThisPane(ResultsPane):
    """The results' pane with that picture."""

    def picture(self):
        return ThesePictures()


def done(view, some=None, status="done"):
    session = fakes.followed(some or curves_samples.scored_events(), status)
    return reducers.show(reducers.activate(session, "results"), "results", view.NAME)


def told(section, width=100, some=None, **about):
    document = console_samples.document(some or curves_samples.scored_events())
    return paint(section(document, width=width, **about), PLAIN, width)


def test_picture_and_tables_stand_together_where_there_is_room(panes):
    async def use(app, pilot):
        text = screen_text(app)
        for words in (
            "yours 10:1",
            "relative to untreated (= 1",
            "The cheapest arm by cost ratio",
            "0.5 is optimal at",
            CHANCE,
            "At the run's ratio of 10 it is untreated.",
        ):
            assert words in text, words
        copied = app.query_one(CostsView).copied().text
        assert "52.9:1" in copied
        assert "yours 10:1" in copied

    panes.run(use, ThisPane, done(CostsView), size=(140, 40), fresh=False)


def test_where_there_is_no_room_one_after_the_other(panes):
    async def use(app, pilot):
        view = app.query_one(CostsView)
        view.focus()
        assert "yours 10:1" in screen_text(app)
        assert "from" not in screen_text(app)
        await press(pilot, "t")
        assert "cheapest arm by prevalence in use" in screen_text(app)
        assert "at a prevalence of" in screen_text(app)
        await press(pilot, "t")
        assert "net benefit at a prevalence of" in screen_text(app)
        assert "all rows" in screen_text(app)
        await press(pilot, "t")
        text = screen_text(app)
        assert "(FN : FP)   ┊" not in text
        assert "minus untreated's (95 %)" in text
        assert isinstance(app.focused, Lined)
        await press(pilot, "end")
        assert "52.9:1" in screen_text(app)
        await press(pilot, "t")
        assert "yours 10:1" in screen_text(app)
        assert app.focused is view

    panes.run(use, ThisPane, done(CostsView), size=(118, 24))


def test_what_is_read_by_prevalence_is_what_rows_of_it_cost(panes):
    costs = Costs(cost_fn=10.0, cost_fp=1.0)

    async def use(app, pilot):
        view = app.query_one(CostsView)
        view.focus()
        await press(pilot, "t", "right", "right", "right", "right")
        read = app.query_one("#costs-read").content.plain
        there = float(re.search(r"prevalence of ([\d.]+) %", read)[1]) / 100
        assert 0.02 < there < 0.2
        name, cost = re.search(r"cost/1,000: (\S+) ([\d.]+)", read).groups()
        cost = float(cost)
        positives, negatives = operating.tested(app.session)
        (arm,) = (a for a in operating.scored_arms(app.session) if a.name == name)
        ratio = there / (1 - there) * negatives / positives * costs.ratio
        step = step_at(arm.scored.cost_steps, ratio)
        miss, alarm = step.fn / positives, step.fp / negatives
        paid = 1000 * (costs.ratio * there * miss + (1 - there) * alarm)
        assert abs(cost - paid) < 0.02 * paid

    panes.run(use, ThisPane, done(CostsView), size=(140, 40))


def test_net_benefit_is_read_with_its_interval(panes):
    async def use(app, pilot):
        view = app.query_one(CostsView)
        view.focus()
        await press(pilot, "t", "t")
        read = app.query_one("#costs-read").content.plain
        positives, negatives = operating.tested(app.session)
        for arm in operating.scored_arms(app.session):
            if arm.name in read:
                steps = arm.scored.cost_steps
                (point,) = decision_curve(steps, positives, negatives, [1 / 11])
                value, low, high = point.benefit, *point.ci
                assert f"{arm.name} {value:.4f} ({low:.4f} to {high:.4f})" in read
                assert low < value < high
        assert read.startswith("at 0.091  net benefit: ")

    panes.run(use, ThisPane, done(CostsView), size=(140, 40))


def test_what_a_person_would_look_at_is_below_the_costs(panes):
    async def use(app, pilot):
        text = app.query_one(Lined).plain
        assert "Scores that go to a person" in text
        assert text.index("0.5 is optimal at") < text.index("alone at")
        assert "▸untreated" in text.partition("Scores that go to a person")[2]

    some = reviewed().events()
    panes.run(use, ThisPane, done(CostsView, some), size=(140, 40))


def test_the_operating_point_of_the_tables_is_changed(panes):
    async def use(app, pilot):
        view = app.query_one(CostsView)
        view.focus()
        # Thresholds are read at the chosen operating point.
        await press(pilot, "n")
        assert app.stepped.view.at == "prevalence"
        app.give(reducers.choose_point(done(CostsView), "recall>=0.8"))
        await press(pilot)
        text = app.query_one(Lined).plain
        assert "Operating point: recall ≥ 0.8" in " ".join(text.split())
        assert "optimal at" in text
        view.focus()
        app.intents.clear()
        await press(pilot, "down")
        assert app.stepped.view.selected != app.session.view.selected

    panes.run(use, ThisPane, done(CostsView), size=(140, 40))


def test_the_winner_at_the_experiments_ratio_is_named():
    some = list(curves_samples.scored_events())
    for cost, name in ((10.0, "untreated"), (20.0, f"weights; {CHANCE}")):
        experiment = some[0].experiment
        decision = replace(experiment.decision, cost_fn=cost)
        some[0] = replace(some[0], experiment=replace(experiment, decision=decision))
        (line,) = [
            x for x in told(costs, some=some).split("\n") if "At the run's ratio" in x
        ]
        assert line == f" At the run's ratio of {cost:g} it is {name}."


def test_a_view_too_low_to_draw_in_says_so(panes):
    panes.look(ThisPane, done(CostsView), (118, 11))
    assert "Too small for a curve. Z gives it" in panes.text


def test_costs_are_those_of_the_counts():
    event = curves_samples.evaluated("smote")
    point = next(p for p in event.operating_points if p.name == "fixed")
    cost = 1000 * (10 * point.confusion.fn + point.confusion.fp) / 8680
    row = [x for x in told(costs).split("\n") if x.split()[:1] == ["smote"]][-1]
    assert row.split()[2] == f"{cost:.1f}"


def test_sections_keep_to_their_width():
    runs = (curves_samples.scored_events(), multiclass_samples.events())
    with each() as failing:
        for document in map(console_samples.document, runs):
            for section, width in product((costs, matched), (60, 78, 105, 140)):
                with failing(section.__name__, width, document.arms[0].name):
                    text = paint(section(document, width=width), PLAIN, width)
                    lines = text.split("\n")
                    assert max(map(cells, lines)) <= width
                    assert sum("smote" in x for x in lines) >= 2


def test_without_a_result_a_section_says_so():
    some = curves_samples.scored_events()[:4]
    for section in (costs, matched):
        assert "no arm has a result yet" in told(section, some=some)
        assert "no arm has a result yet" in told(section, klass="nobody")


def test_arms_are_matched_one_thing_after_the_other():
    text = told(matched, 120)
    titles = [
        "at equal recall",
        "at equal alerts",
        "at equal precision",
        "at the least cost of each",
        "at the best F1 of each",
    ]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_a_difference_at_a_match_is_told_in_rows():
    text = told(matched, 140)
    at_recall = text[: text.index("at equal alerts")].split("\n")
    row = next(x for x in at_recall if x.lstrip().startswith("weights"))
    # A false-alarm rate lower by 0.05 of 8,519 negatives, and by 0.04 to 0.06.
    assert "−426 (−511 to −341)" in row
    row = next(x for x in at_recall if x.lstrip().startswith("smote "))
    assert row.endswith("~")
    # It is not of the counts beside it, and says so.
    assert "Δ false alarms vs untreated (95 % CI)" in at_recall[1]
    assert (
        "Δ: both arms at thresholds that just meet this on the test rows, not at those "
        f"of this table; ~ {CHANCE}" in " ".join(text.split())
    )
    assert "Δ found vs untreated (95 % CI)" in text
    # At the least cost of each the differences are those of the table's counts.
    assert "Δ cost/1,000 vs untreated (95 % CI)" in text
    row = next(x for x in text.split("\n") if "+12.5 (+9.5 to +15.5)" in x)
    assert row.lstrip().startswith("smote ")


def test_why_a_point_could_not_be_met_is_told():
    text = told(matched, 100)
    assert f"! smote: {curves_samples.NOTE}" in text
    assert "smote !" in text


def test_matches_are_gone_through(panes):
    async def use(app, pilot):
        first = app.query_one(Lined).plain
        assert first.lstrip().startswith("at equal recall")
        app.query_one(Lined).focus()
        await press(pilot, "t")
        assert app.query_one(Lined).plain.lstrip().startswith("at equal alerts")
        await press(pilot, "t", "t", "t", "t")
        assert app.query_one(Lined).plain == first
        app.give(reducers.select(done(MatchedView), "results", "smote"))
        await press(pilot)
        assert "▸smote" in screen_text(app)
        assert app.query_one(MatchedView).copied().text

    panes.run(use, ThisPane, done(MatchedView), size=(118, 24))


def test_of_more_than_two_classes_views_are_about_one(panes):
    async def use(app, pilot):
        for size in ((118, 24), (140, 40)):
            await pilot.resize_terminal(*size)
            for view in (CostsView, MatchedView):
                app.give(done(view, multiclass_samples.events()))
                await press(pilot)
                (shown,) = (one for one in app.query(view) if one.display)
                lined = shown.query_one(Lined)
                assert "smote" in lined.plain, (view, size)
                app.intents.clear()
                # Where it is narrow, the tables of the costs are behind the picture.
                (lined if lined.focusable and lined.size else shown).focus()
                await press(pilot, "c")
                assert app.stepped.view.klass == "hypo", (view, size)

    panes.run(use, ThisPane, done(CostsView, multiclass_samples.events()))


def test_without_a_result_a_view_says_what_is_missing(panes):
    said = {
        "running": "when the first arm is done",
        "cancelled": "the run was cancelled before an arm was done",
    }

    async def use(app, pilot):
        for view, (status, words) in product((CostsView, MatchedView), said.items()):
            app.give(done(view, curves_samples.scored_events()[:4], status))
            await press(pilot)
            assert words in screen_text(app), (view, status)
            app.query_one(view).focus()
            await press(pilot, "t", "n", "down")
            assert app.query_one(view).copied() is not None, (view, status)
            await press(pilot, "t")

    session = done(CostsView, curves_samples.scored_events()[:4])
    panes.run(use, ThisPane, session, size=(118, 24))


def test_a_run_from_before_costs_were_kept_is_shown_all_the_same(panes):
    panes.look(ThisPane, done(CostsView, console_samples.events()), (140, 40))
    assert "No cost to draw yet." in panes.text
    assert "cost/1,000" in panes.text
    assert "who costs the least" not in told(costs, some=console_samples.events())


def test_hostile_names_do_nothing():
    with each() as failing:
        for name, text in HOSTILE.items():
            document = console_samples.hostile_document(text)
            won = CostWinner(
                arm=f"a{text}",
                ratio=0.1,
                to=None,
                at=10.0,
                difference=1.0,
                ci=(0.5, 1.5),
            )
            document = replace(document, cost_winners=(won,))
            for section in (costs, matched):
                with failing(name, section.__name__):
                    lines = paint(section(document, width=80), PLAIN, 80).split("\n")
                    assert not any(map(console_samples.harmful, lines))
                    assert max(map(cells, lines)) <= 80
