"""The session: pure functions, no terminal."""

from __future__ import annotations

import msgspec
import pytest

from engine.core.messages import LoadProgress, PageRequest
from engine.core.methods.grammar import Arm, Step
from engine.core.presets import preset
from engine.io.toml.reading import load_toml
from engine.io.toml.writer import dump_toml
from tests.support.console_samples import events
from tests.support.fakes import TABLE, done_run, followed, loaded, page
from tui.features import questions, reducers
from tui.features.arms import changes
from tui.features.arms import draft as drafts
from tui.features.arms.draft import Problem
from tui.features.questions import Answered
from tui.features.session import Session, experiment

PROBLEM = Problem(message="no", fix="do")


def opened(**about):
    return reducers.open_source(Session(), "data.csv", **about)


# The dataset


def test_opening_numbers_the_request_and_waits():
    session = opened(target="y")
    assert session.load.busy
    assert session.load.request.id == session.jobs == 1
    assert session.load.request.target == "y"
    assert session.view.pane == "dataset"


def test_the_split_is_that_of_imbtui_run():
    found = preset(None, source="a.csv")
    assert experiment(opened()).split == found.split
    assert experiment(opened()).arms == found.arms
    assert opened().load.request.stratify is True
    assert opened().load.request.test_size == 0.2


def test_an_answer_ends_the_wait():
    session = reducers.table_loaded(opened(), 1, TABLE)
    assert not session.load.busy
    assert session.load.table is TABLE


def test_a_stale_answer_changes_nothing():
    session = reducers.open_source(opened(), "other.csv")
    for changed in (
        reducers.table_loaded(session, 1, TABLE),
        reducers.load_failed(session, 1, PROBLEM),
        reducers.load_progressed(session, 1, LoadProgress(stage="reading", done=1)),
    ):
        assert changed is session


def test_an_answer_that_came_twice_changes_nothing():
    session = reducers.table_loaded(opened(), 1, TABLE)
    assert reducers.load_failed(session, 1, PROBLEM) is session


def test_another_source_forgets_the_table_and_the_same_one_keeps_it():
    session = loaded()
    assert reducers.choose(session, "target", "gender").load.table is TABLE
    assert reducers.open_source(session, "other.csv").load.table is None


def test_another_target_lets_the_positive_class_be_guessed_anew():
    session = reducers.choose(loaded(), "positive", "0")
    assert session.load.request.positive == "0"
    session = reducers.choose(session, "target", "gender")
    assert session.load.request.positive is None


@pytest.mark.parametrize(
    ("role", "drop", "group"),
    [
        ("ignored", ("age",), None),
        ("group", (), "age"),
        ("feature", (), None),
    ],
)
def test_a_role_becomes_part_of_the_request(role, drop, group):
    session = reducers.assign(reducers.assign(loaded(), "age", "ignored"), "age", role)
    assert session.load.request.drop == drop
    assert session.load.request.group == group


def test_a_column_that_becomes_the_target_is_no_longer_ignored():
    session = reducers.assign(loaded(), "gender", "ignored")
    session = reducers.assign(session, "gender", "target")
    assert session.load.request.target == "gender"
    assert session.load.request.drop == ()


@pytest.mark.parametrize("value", ["1.5", "0", "x", ""])
def test_a_test_size_that_cannot_be_is_refused(value):
    session = reducers.choose(loaded(), "test_size", value)
    assert session.load.request.test_size == 0.2
    assert "test" in session.draft.problems["test_size"].message
    session = reducers.choose(session, "test_size", "0,3")
    assert session.load.request.test_size == 0.3
    assert not session.draft.problems


def test_choices_need_a_table():
    assert reducers.choose(Session(), "target", "y") == Session()
    assert reducers.assign(Session(), "y", "ignored") == Session()


def test_rows_asked_for_before_another_choice_are_not_shown_after_it():
    place, request = "load.page", PageRequest(id=0, start=0, count=100)
    session = questions.ask(loaded(), place, request)
    session = questions.take(session, Answered(place, session.jobs, page()))
    waits = questions.ask(session, place, request)
    again = reducers.choose(waits, "seed", 7)
    assert again.load.page.answer == page()
    assert questions.take(again, Answered(place, waits.jobs, page())) is again
    other = reducers.open_source(session, "other.csv")
    assert other.load.page.answer is None


# The experiment


def test_a_fresh_draft_offers_every_arm_and_ticks_the_article_s():
    draft = drafts.fresh()
    assert [arm.name for arm in draft.arms] == [
        arm.name for arm in preset("article", source="").arms
    ]
    groups = {"control", "over", "under", "cleaner", "combined", "ensemble"}
    assert {offer.group for offer in draft.offers} == groups


def test_the_control_stays_ticked():
    draft = changes.toggle(drafts.fresh(), "untreated")
    assert draft.offer("untreated").ticked
    assert not changes.toggle(draft, "weights").offer("weights").ticked


def test_unticking_forgets_no_parameter():
    draft = changes.change_param(drafts.fresh(), "smote", 0, "k_neighbors", "3")
    draft = changes.toggle(changes.toggle(draft, "smote"), "smote")
    assert draft.param("smote", 0, "k_neighbors") == 3


def test_a_default_is_not_written_down():
    draft = changes.change_param(drafts.fresh(), "smote", 0, "k_neighbors", "3")
    for value in (5, "5", None):
        again = changes.change_param(draft, "smote", 0, "k_neighbors", value)
        assert again.offer("smote").arm.steps[0].params == {}


@pytest.mark.parametrize("value", ["99", "0", "x", "", "1.5", "nan"])
def test_a_parameter_that_cannot_be_is_refused_and_said(value):
    draft = changes.change_param(drafts.fresh(), "smote", 0, "k_neighbors", value)
    key = drafts.arm_key("smote", 0, "k_neighbors")
    assert draft.problems[key].fix
    assert draft.param("smote", 0, "k_neighbors") == 5
    draft = changes.change_param(draft, "smote", 0, "k_neighbors", 7)
    assert not draft.problems


@pytest.mark.parametrize("value", ["nan", "inf", "1e400"])
def test_a_number_that_is_none_is_refused(value):
    draft = changes.change_param(drafts.fresh(), "smote", 0, "ratio", value)
    assert draft.problems
    draft = changes.change_budget(drafts.fresh(), "cost_fn", value)
    assert draft.problems


@pytest.mark.parametrize(
    ("field", "bad", "good", "read"),
    [
        ("trials", "0", "3", 3),
        ("folds", "1", 4, 4),
        ("objective", "accuracy", "roc_auc", "roc_auc"),
        ("method", "grid", "random", "random"),
        ("time_limit", "-1", "90", 90.0),
        ("cost_fn", "0", "25", 25.0),
        ("at", "best", "f1", "f1"),
        ("recall_floor", "2", "0,9", 0.9),
        ("rounds", "0", "50", 50),
    ],
)
def test_the_budget_takes_what_can_be_and_says_what_cannot(field, bad, good, read):
    draft = changes.change_budget(drafts.fresh(), field, bad)
    assert field in draft.problems
    draft = changes.change_budget(draft, field, good)
    assert not draft.problems
    section = changes.FIELDS[field].section
    assert getattr(getattr(draft.base, section), field) == read


def test_the_default_comes_back_with_empty_text():
    draft = changes.change_budget(drafts.fresh(), "time_limit", "90")
    assert changes.change_budget(draft, "time_limit", "").base.search.time_limit is None


def test_a_prevalence_in_use_is_typed_and_taken_back():
    draft = changes.change_budget(drafts.fresh(), "prevalence", "0.02")
    assert draft.base.decision.prevalence == 0.02
    assert changes.change_budget(draft, "prevalence", "").base.decision == (
        drafts.fresh().base.decision
    )
    assert changes.change_budget(draft, "prevalence", "2").problems


def test_another_recall_floor_keeps_the_point_of_its_name():
    draft = changes.change_budget(drafts.fresh(), "at", "recall>=0.8")
    draft = changes.change_budget(draft, "recall_floor", "0.9")
    assert draft.base.decision.at == "recall>=0.9"
    assert draft.base.decision.recall_floor == 0.9
    draft = changes.change_budget(draft, "at", "recall>=0.7")
    assert draft.base.decision.recall_floor == 0.7


def test_a_changed_preset_is_none_any_more():
    assert drafts.fresh().base.preset is None
    assert drafts.fresh("article").base.preset == "article"
    assert changes.toggle(drafts.fresh("article"), "weights").base.preset is None


def test_an_experiment_that_is_opened_is_the_one_that_would_run():
    own = Arm(name="two steps", steps=(Step(sampler="smote"), Step(sampler="smote")))
    base = preset("quick", source="sample:stroke", target="stroke", positive="1")
    wanted = msgspec.structs.replace(base, arms=(*base.arms, own), seed=7)
    session = reducers.open_experiment(Session(), wanted, "e.toml")
    session = reducers.table_loaded(session, session.load.request.id, TABLE)
    made = {arm.name: arm for arm in experiment(session).arms}
    assert made == {arm.name: arm for arm in wanted.arms}
    assert session.draft.offer("two steps").group == "own"
    same = msgspec.structs.replace(experiment(session), arms=wanted.arms)
    assert same == wanted
    assert load_toml(dump_toml(experiment(session))) == experiment(session)


def test_what_was_guessed_is_written_into_the_experiment():
    made = experiment(loaded())
    assert made.data.target == "stroke"
    assert made.data.positive == "1"
    assert made.preset is None


def test_a_preset_that_splits_otherwise_loads_anew():
    session = reducers.choose_preset(loaded(), "article")
    assert session.load.request.stratify is False
    assert session.load.busy
    again = reducers.choose_preset(session, "article")
    assert again.load.request is session.load.request
    assert "preset" in reducers.choose_preset(session, "slow").draft.problems


@pytest.mark.parametrize(
    ("session", "word"),
    [
        (Session(), "no dataset"),
        (opened(), "being read"),
        (reducers.load_failed(opened(), 1, PROBLEM), "no"),
        (loaded(msgspec.structs.replace(TABLE, target=None)), "target"),
        (loaded(msgspec.structs.replace(TABLE, problem="one class")), "one class"),
        (followed(events()[:4]), "already"),
    ],
)
def test_why_no_run_can_start(session, word):
    assert word in session.runnable.message


def test_a_run_can_start_on_a_loaded_table():
    assert loaded().runnable is None


# The run


def test_events_of_another_run_change_nothing():
    session = followed(events()[:4])
    assert reducers.run_events(session, "other", events(), "running", 1.0) is session


def test_a_run_grows_with_its_events():
    some = events()
    session = followed(some[:1])
    run = session.run
    assert run.trials == (0, 8)
    assert run.left is None
    session = reducers.run_events(session, run.id, some[1:6], "running", 10.0)
    assert session.run.trials[0] == 2
    assert session.run.elapsed == 10.0
    session = reducers.run_events(session, run.id, some[6:], "done", 192.0)
    assert not session.running
    assert session.run.left is None
    assert session.run.log[-1].text.startswith("done")
    assert any(line.arm == "kmeans-smote" for line in session.run.log)


def test_the_log_is_bounded():
    session = followed(events()[:1])
    run_id = session.run.id
    from engine.core.events import Warned

    some = [Warned(message=f"w{i}") for i in range(700)]
    session = reducers.run_events(session, run_id, some, "running", 1.0)
    assert len(session.run.log) == reducers.MOST_LOG_LINES
    assert session.run.log[-1].text == "w699"


def test_cancelling_ends_with_the_run():
    session = followed(events()[:4])
    session = reducers.cancelling(session, session.run.id)
    assert session.run.cancelling
    session = reducers.run_events(session, session.run.id, (), "cancelled", 1.0)
    assert not session.run.cancelling
    assert reducers.cancelling(session, session.run.id) is session


def test_a_deleted_run_is_looked_at_no_more():
    session = followed(events())
    assert reducers.forget_run(session, "other") is session
    assert reducers.forget_run(session, session.run.id).run is None


# Looking


def test_a_point_takes_moved_thresholds_back():
    session = reducers.follow(loaded(), done_run())
    assert session.at == "fixed"
    session = reducers.move_threshold(session, "smote", 1.7)
    assert session.view.thresholds == {"smote": 1.0}
    assert reducers.move_threshold(session, "smote", None).view.thresholds == {}
    session = reducers.choose_point(session, "f1")
    assert session.at == "f1"
    assert session.view.thresholds == {}


def test_unchanged_parts_are_the_same_objects():
    session = loaded()
    moved = reducers.activate(session, "arms")
    assert moved.load is session.load
    assert moved.draft is session.draft
    assert reducers.activate(moved, "arms") is moved
    assert reducers.select(reducers.select(session, "arms", "a"), "arms", "a").view


def test_what_is_left_is_not_less_than_the_slowest_arm_needs():
    run = done_run(3, status="running", elapsed=0.5)
    arms = [
        msgspec.structs.replace(arm, stage="tune", trials=arm.trials[:1])
        for arm in run.state.arms
    ]
    state = msgspec.structs.replace(run.state, arms=tuple(arms), compared=None)
    resumed = msgspec.structs.replace(run, state=state)
    slowest = max(arm.trials[0].seconds for arm in arms if arm.trials)
    assert resumed.left.run > slowest * (run.experiment.search.trials - 1)
    assert resumed.left.run >= max(resumed.left.arms.values())


def test_one_clock_that_never_goes_back_and_ends_as_the_record_says():
    some = events()
    session, shown = followed(some[:1]), []
    for place, elapsed in enumerate((12.0, 18.0, 17.5), 1):
        news = some[place : place + 1]
        session = reducers.run_events(session, session.run.id, news, "running", elapsed)
        shown.append(session.run.elapsed)
    assert shown == [12.0, 18.0, 18.0]
    session = reducers.run_events(session, session.run.id, some[4:], "done", 18.4)
    assert session.run.elapsed == 18.4
