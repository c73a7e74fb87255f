"""Costs in the app: assumed until they are given, by one key; and what follows."""

from __future__ import annotations

from types import SimpleNamespace

import msgspec
import pytest
from textual.widgets import Button, Input, Static

from engine.core.events import ArmEvaluated, Compared, SplitInfo
from engine.core.experiment import DecisionSpec
from engine.core.outcome import Choice, Comparison, Unseen
from engine.core.points import OF_CLASSES
from tests.support import fakes, finished
from tests.support import judged_samples as judged
from tests.support import multiclass_samples as several
from tests.support.console_samples import compared, events
from tests.support.experiments import make_table
from tests.support.fakes import notices, press, screen_text
from tests.support.results_samples import DIFFERENCE, ended
from tui.features import GiveCosts, at_costs, reducers, wording
from tui.features import messages as say
from tui.features.arms import changes
from tui.features.arms import draft as drafts
from tui.features.arms.dialogs import preview
from tui.features.results import board, operating
from tui.features.results.pane import ResultsPane
from tui.features.results.tables import MatchedView, VerdictView
from tui.features.session import draft_costs
from tui.widgets import Lined, Prose, TextField

CHOICE = Choice(arm="untreated", at="recommended", threshold=0.02, cost=170.0)


def whole(choice: Choice | None = CHOICE) -> list:
    """A finished run with cost steps, and what its verdict recommends."""
    some = list(judged.events())
    for place, event in enumerate(some):
        if isinstance(event, Compared):
            verdict = msgspec.structs.replace(event.verdict, choice=choice)
            some[place] = msgspec.structs.replace(event, verdict=verdict)
    return some


async def opened(app, pilot, some: list | None = None) -> None:
    """Look at the results of a finished run."""
    app.runs.known["0000002a"] = fakes.done_run(42, some or whole())
    app.post_message(say.OpenRunRequested("0000002a"))
    await press(pilot)
    await press(pilot, "4")


def started(app) -> list:
    """The experiments that were run."""
    return [what for call, what in app.runs.calls if call == "start"]


def field(app, key: str) -> TextField:
    return next(f for f in app.screen.query(TextField) if f.key == key)


# Costs nobody gave -------------------------------------------------------------------


def test_a_new_draft_has_no_costs_and_assumes_them_once_the_table_is_read():
    session = reducers.open_source(fakes.Session(), "sample:stroke")
    decision = session.draft.base.decision
    assert (decision.at, decision.cost_fn) == ("recommended", None)
    assert draft_costs(session) is None
    assert wording.assumed(session) == "empty: assumed, once the table is read"
    assert wording.point_text(session, "cost") == "cost"
    session = fakes.loaded()
    assert wording.assumed(session) == "empty: 54.4, as balancing implies"
    assert wording.point_text(session, "cost") == "cost 54.4:1"
    name = wording.point_in_pane(session, "recommended")
    assert name == "recommended 54.4:1"


def test_costs_are_given_and_taken_back_and_a_wrong_one_changes_nothing():
    draft = changes.with_costs(drafts.fresh("quick"), "25", " 2 ", "1e-2")
    decision = draft.base.decision
    assert (decision.cost_fn, decision.cost_fp, decision.aim) == (25.0, 2.0, "cost")
    assert decision.prevalence == 0.01
    of_all = changes.with_costs(draft, "", "", "1").problems["prevalence"].text
    assert "below 1" in of_all
    wrong = changes.with_costs(draft, "25", "-1", "0.01")
    assert wrong.base is draft.base
    assert "a number above 0" in wrong.problems["cost_fp"].text
    assert (
        "a number" in changes.with_costs(draft, "many", "", "").problems["cost_fn"].text
    )
    back = changes.with_costs(wrong, "", "", "")
    assert (back.base.decision.cost_fn, back.problems) == (None, {})


def test_the_budget_says_what_an_empty_cost_means(shell):
    async def use(app, pilot):
        await press(pilot, "2", "b")
        hint = field(app, "cost_fn").query_one(".field-hint", Static)
        assert str(hint.visual) == "empty: 54.4"
        assert field(app, "cost_fn").text == ""
        field(app, "cost_fn").query_one(Input).focus()
        await press(pilot, "2", "5")
        assert app.session.draft.base.decision.cost_fn == 25.0
        await press(pilot, "backspace", "backspace")
        assert app.session.draft.base.decision.cost_fn is None

    shell.run(use, "sample:stroke", size=(80, 24))


# The dialog --------------------------------------------------------------------------


def test_each_arm_stands_at_its_threshold_of_least_cost():
    session = fakes.followed(whole(), "done")
    rows = at_costs(session, msgspec.structs.replace(judged.DECISION, cost_fn=10.0))
    assert [row.cost for row in rows] == sorted(row.cost for row in rows)
    assert {row.arm for row in rows} == set(judged.ARMS)
    # At the run's own costs that is the operating point of its own board.
    own = session.run.experiment.decision
    at = reducers.choose_point(session, "cost")
    board_costs = {
        row.name: row.at.point.metric("cost_per_1000")
        for row in operating.arm_rows(at)
        if row.at
    }
    for row in at_costs(session, own):
        assert row.cost == pytest.approx(board_costs[row.arm])


def test_at_another_prevalence_they_are_those_of_a_run_with_it():
    """A run's thresholds of least cost were chosen anew on its out-of-fold scores."""
    frame = make_table(900, share=0.3)
    given = {"data__target": "sick", "decision__cost_fn": 4.0}
    runs = {
        share: finished.finished(
            frame, "untreated", "weights", **given, decision__prevalence=share
        ).state()
        for share in (None, 0.02)
    }

    def thresholds(state, **decision):
        session = SimpleNamespace(run=SimpleNamespace(state=state))
        decision = DecisionSpec(cost_fn=4.0, **decision)
        rows = at_costs(session, decision)
        return {row.arm: (row.step.threshold, row.cost) for row in rows}

    plain, rare = runs.values()
    assert thresholds(plain, prevalence=0.02) == thresholds(rare, prevalence=0.02)
    assert thresholds(rare) == thresholds(plain)
    assert thresholds(plain) != thresholds(rare, prevalence=0.02)
    for arm in rare.arms:
        own = arm.evaluated.at("cost").threshold
        assert thresholds(plain, prevalence=0.02)[arm.name][0] == own


def test_the_table_fits_a_terminal_of_sixty_cells():
    session = fakes.followed(whole(), "done")
    _, *rows, _ = preview(session, session.draft).plain.split("\n")
    assert len(rows) == len(judged.ARMS) + 1
    assert {len(row) for row in rows} == {51}


def test_one_key_gives_costs_and_runs_with_them(shell):
    async def use(app, pilot):
        await opened(app, pilot)
        assert "$ cost" in screen_text(app)
        await press(pilot, "dollar_sign")
        assert isinstance(app.screen, GiveCosts)
        await press(pilot, "2", "5", "down", "down", "0", ".", "0", "5")
        for size in ((140, 40), (80, 24)):
            await pilot.resize_terminal(*size)
            await press(pilot)
            text = screen_text(app)
            assert "At 25:1 and a prevalence of 5.0 %, on the test rows:" in text, size
            assert "for these, start a run" in text, size
            assert "esc keeps the old costs" in text, size
        await press(pilot, "enter")
        assert isinstance(app.screen.focused, Button)
        assert not started(app)
        await press(pilot, "enter")
        (decision,) = (one.decision for one in started(app))
        assert (decision.cost_fn, decision.prevalence) == (25.0, 0.05)
        # There are no costs to give while a run works.
        await press(pilot, "4", "dollar_sign")
        assert app.session.running
        assert not isinstance(app.screen, GiveCosts)

    shell.run(use, "sample:stroke", size=(140, 40))


def test_costs_are_kept_for_the_next_run_left_or_refused(shell):
    async def use(app, pilot):
        await press(pilot, "4", "dollar_sign")
        assert isinstance(app.screen, GiveCosts)
        await press(pilot, "0")
        assert "a number above 0" in screen_text(app)
        await press(pilot, "enter")
        assert isinstance(app.screen.focused, Input)
        await press(pilot, "escape")
        assert app.session.draft.base.decision.cost_fn is None
        assert not app.session.draft.problems
        await press(pilot, "dollar_sign", "1", "2", "enter", "down", "enter")
        assert app.session.draft.base.decision.cost_fn == 12.0
        assert not started(app)
        assert "Costs set" in notices(app)
        await press(pilot, "dollar_sign")
        assert field(app, "cost_fn").text == "12"

    shell.run(use, "sample:stroke", size=(80, 24))


def test_costs_are_given_in_any_pane_and_seen_beside_the_budget(shell):
    async def use(app, pilot):
        await press(pilot, "1", "dollar_sign", "1", "2", "enter", "down", "enter")
        assert app.session.draft.base.decision.cost_fn == 12.0
        await press(pilot, "2")
        assert "folds, costs 12:1" in screen_text(app)

    shell.run(use, "sample:stroke", size=(140, 40))


# The verdict and the board -----------------------------------------------------------


def test_the_verdict_begins_with_what_to_do_and_ends_with_how_to_use_it(panes):
    parts = ["→ ", "Costs", " why", " caveats", "to use it: e exports"]
    for size in ((80, 24), (140, 40)):
        app = panes.look(ResultsPane, ended(whole(), VerdictView.NAME), size)
        text = app.query_one(VerdictView).query_one(Prose).plain
        places = [text.index(part) for part in parts]
        assert places == sorted(places), size


def test_without_a_recommendation_there_is_nothing_to_export(panes):
    app = panes.look(ResultsPane, ended(whole(None), VerdictView.NAME))
    assert "to use it" not in app.query_one(VerdictView).query_one(Prose).plain


def test_what_is_compared_at_the_recommended_point_is_what_it_follows(panes):
    """Comparisons have the name of the point that the recommendation aims at."""
    session = reducers.choose_point(ended(whole(), VerdictView.NAME), "recommended")
    assert session.run.result.follow_point("recommended") == "cost"
    assert session.run.result.follow_point("f1") == "f1"
    text = (
        panes.look(ResultsPane, session).query_one(VerdictView).query_one(Prose).plain
    )
    assert " Cost per 1,000 rows at cost " in text


def test_the_recall_of_a_class_is_not_taken_for_that_of_all(panes):
    more: tuple[Comparison, ...] = (
        msgspec.structs.replace(DIFFERENCE, klass="hypo"),
        msgspec.structs.replace(DIFFERENCE, klass="hyper", difference=0.25),
    )
    some = events()
    some[-2] = msgspec.structs.replace(compared(), comparison=more)
    app = panes.look(ResultsPane, ended(some, VerdictView.NAME))
    lines = app.query_one(VerdictView).query_one(Prose).plain.split("\n")
    told = [line.split(" at ")[0] for line in lines if line.startswith(" Recall")]
    assert told == [" Recall of class hypo", " Recall of class hyper"]


def test_too_few_test_rows_of_a_class_are_said_where_nothing_is_compared(panes):
    some = events()
    split = next(e for e in some if hasattr(e, "split"))
    place = some.index(split)
    few = SplitInfo(
        train=split.split.train, test={"0": 8_519, "1": 12}, test_fingerprint="f" * 64
    )
    some[place] = msgspec.structs.replace(split, split=few)
    said = "12 test rows of class 1, and 20 are needed"
    assert said in ended(some).run.result.scarcity
    app = panes.look(ResultsPane, ended(some, VerdictView.NAME))
    assert said in app.query_one(VerdictView).query_one(Prose).plain
    app = panes.look(ResultsPane, ended(some, MatchedView.NAME))
    view = app.query_one(MatchedView)
    assert said in view.query_one(Lined).plain.replace("\n ", " ")


def test_notes_of_a_threshold_and_rows_without_an_equal_are_told(panes):
    some = []
    for event in events():
        if isinstance(event, ArmEvaluated):
            points = event.operating_points
            if event.arm == "smote-enn":
                points = tuple(
                    msgspec.structs.replace(p, note="asked for 0.8; it is 0.61")
                    for p in points
                )
            counts = msgspec.structs.replace(points[0].confusion, fn=60, fp=1_600)
            event = msgspec.structs.replace(
                event,
                operating_points=points,
                unseen=Unseen(
                    rows=8_000,
                    positives=158,
                    average_precision=0.0612,
                    points={"fixed": counts},
                ),
            )
        some.append(event)
    session = ended(some)
    rows = operating.arm_rows(session)
    assert rows[0].name == "smote-enn"
    told = board.about(session, rows[0]).plain
    assert told == "! smote-enn: asked for 0.8; it is 0.61"
    told = board.about(session, rows[1]).plain
    for part in ("680 of 8,680 test rows", "misses 60 of", "1,600 false", "AP 0.061"):
        assert part in told, part
    for size in ((80, 24), (140, 40)):
        panes.look(ResultsPane, session, size)
        assert "smote-enn !" in panes.text, size
        assert "! smote-enn: asked" in panes.text, size


def test_the_recommended_arm_is_marked_where_it_stands_as_recommended():
    choice = msgspec.structs.replace(CHOICE, arm="weights")
    session = reducers.activate(fakes.followed(whole(choice), "done"), "results")

    def marked(session) -> list[str]:
        _, items = board.table(session, operating.arm_rows(session))(100)
        names = [item.cells[0].text for item in items]
        return [name for name in names if "✓" in name]

    at = reducers.choose_point(session, "recommended")
    assert marked(at) == ["weights ✓"]
    assert marked(reducers.move_threshold(at, "weights", 0.9)) == []
    assert marked(reducers.choose_point(session, "f1")) == []


def test_classes_are_chosen_at_the_recommended_point_first():
    assert OF_CLASSES[0] == "recommended"
    session = fakes.followed(several.events(), "done")
    assert operating.offered(session) == list(OF_CLASSES)
