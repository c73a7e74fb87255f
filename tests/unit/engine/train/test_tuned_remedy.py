"""Parameters of samplers that join an arm's search, and ensembles as arms."""

import msgspec
import pytest

import engine
from engine.core.events import FoldPrepared, RunFinished, TrialFinished
from engine.core.execution import CancelToken
from engine.core.experiment import SearchSpec
from engine.core.state import FINAL_FOLD, State, reduce
from tests.support import documents
from tests.support.methods import (
    ENSEMBLES,
    check_ensemble,
    check_same_numbers,
    check_shared_rows,
    drained,
    moons,
    tuned_smote,
)


@pytest.fixture(scope="module")
def tuned():
    return tuned_smote()


def test_every_arm_has_the_same_trials_and_the_first_is_the_default(tuned):
    _, state, _ = tuned
    assert {len(arm.trials) for arm in state.arms} == {6}
    plain, searched = state.arms[1:]
    first = dict(searched.trials[0].params)
    assert (first.pop("smote.ratio"), first.pop("smote.k_neighbors")) == (1.0, 5)
    assert first == plain.trials[0].params
    # So its first trial is the plain arm's, and comes to the same.
    assert searched.trials[0].folds == plain.trials[0].folds


def test_arms_draw_the_same_settings_of_the_model(tuned):
    _, state, _ = tuned
    plain, searched = state.arms[1:]
    for one, other in zip(plain.trials[:5], searched.trials[:5], strict=True):
        assert one.params.items() <= other.params.items()


def test_rows_are_made_once_for_a_setting_and_finally_for_the_best(tuned):
    events, state, _ = tuned
    searched = state.arms[2]
    asked = {
        (t.params["smote.ratio"], t.params["smote.k_neighbors"])
        for t in searched.trials
    }
    assert len(asked) > 1
    made = [
        (tuple(e.setting.values()), e.fold)
        for e in events
        if isinstance(e, FoldPrepared) and e.arm == searched.name
    ]
    assert len(made) == len(set(made))
    assert {s for s, fold in made if fold != FINAL_FOLD} == asked
    final = [s for s, fold in made if fold == FINAL_FOLD]
    best = searched.best.params
    assert final == [(best["smote.ratio"], best["smote.k_neighbors"])]
    folds = state.experiment.search.folds
    # The plain arm's rows are made once for both: the default is among the settings.
    plain = state.arms[1]
    shared = sum(p.work.resamples for p in plain.prepared)
    own = sum(p.work.resamples for p in searched.prepared)
    assert shared == folds + 1
    assert own == folds * (len(asked) - 1) + (final[0] != (1.0, 5))
    assert sum(searched.final.after.values()) < sum(plain.final.after.values()) or (
        best["smote.ratio"] == 1.0
    )


def test_the_document_tells_what_was_searched(tuned):
    _, state, _ = tuned
    arm = documents.build(state, run="r")["arms"][2]
    assert arm["search"]["trials"] == 6
    assert arm["search"]["method_settings"] > 1
    assert set(arm["search"]["best_params"]) >= {"smote.ratio", "smote.k_neighbors"}
    assert len(arm["folds"]) == state.experiment.search.folds
    assert arm["quality"]["of"] == arm["synthetic_rows"]


def test_the_numbers_are_the_same_wherever_units_run(tuned, tmp_path):
    # In processes: tests/slow/engine/train/test_remedies_at_length.py
    _, state, kept = tuned
    given = {"executor": "local", "jobs": 2, "cache": tmp_path / "folds"}
    _, now, others = drained(state.experiment, **given)
    check_same_numbers(state, now)
    assert kept.keys() == others.keys()


def test_a_search_goes_on_where_it_was_cancelled(tuned):
    _, whole, _ = tuned
    token, begun, kept = CancelToken(), [], {}
    for event in engine.run(whole.experiment, artifacts=kept, cancel=token):
        begun.append(event)
        if isinstance(event, TrialFinished) and event.number == 3:
            token.cancel()
    assert begun[-1].status == "cancelled"
    state = State()
    for event in (*begun, *engine.run(whole.experiment, artifacts=kept, history=begun)):
        state = reduce(state, event)
    for one, other in zip(whole.arms, state.arms, strict=True):
        assert [t.score for t in one.trials] == [t.score for t in other.trials]
        assert one.evaluated.test == other.evaluated.test


def test_a_setting_that_cannot_work_costs_its_trial_and_not_the_arm():
    text = "kmeans-smote:cluster_balance_threshold=0.01/0.99"
    events, state, _ = drained(moons(text, trials=6))
    arm = state.arms[1]
    assert arm.evaluated is not None
    assert len(arm.trials) == 6
    failed = [t for t in arm.trials if t.failed]
    assert failed
    assert all("No clusters" in t.failed for t in failed)
    assert not arm.best.failed
    assert isinstance(events[-1], RunFinished)
    told = documents.build(state, run="r")["arms"][1]["search"]
    assert told["failed"] == len(failed)


def test_an_arm_of_which_no_setting_works_fails_and_the_others_go_on():
    text = "kmeans-smote:cluster_balance_threshold=0.98/0.99"
    _, state, _ = drained(moons(text, "smote", trials=3))
    assert state.status == "done"
    assert "No clusters" in state.arms[1].failed.message
    assert state.arms[2].evaluated is not None


@pytest.mark.parametrize("name", ENSEMBLES)
def test_an_ensemble_is_tuned_and_judged_like_the_others(name):
    short = f"{name}:n_estimators=3"
    # Twice the same: tests/slow/engine/train/test_remedies_at_length.py
    _, state, kept = drained(moons(short, trials=2))
    check_ensemble(state, kept, short, trials=2)


def test_costs_weigh_positives_where_they_are_asked_to():
    base = moons("weights", "cost-weights", trials=2)
    decision = msgspec.structs.replace(base.decision, cost_fn=7.0, cost_fp=2.0)
    base = msgspec.structs.replace(base, decision=decision)
    _, state, _ = drained(base)
    points = {
        arm.name: {p.name: p.threshold for p in arm.evaluated.operating_points}
        for arm in state.arms
    }
    train = state.split.train
    negatives, positives = train.values()
    weighed = positives * 3.5 / (positives * 3.5 + negatives)
    assert points["cost-weights"]["prevalence"] == pytest.approx(weighed)
    assert points["weights"]["prevalence"] == 0.5
    untreated, classes, costs = (arm.evaluated.test["log_loss"] for arm in state.arms)
    assert len({untreated, classes, costs}) == 3
    decision = msgspec.structs.replace(decision, prevalence=0.02)
    _, there, _ = drained(msgspec.structs.replace(base, decision=decision))
    *alike, weighed = (arm.evaluated for arm in there.arms)
    assert weighed.implied_cost_ratio == pytest.approx(3.5), "0.5 is right at the costs"
    assert [arm.test["log_loss"] for arm in alike] == [untreated, classes]
    assert weighed.test["log_loss"] != costs


def test_a_time_limit_that_ends_a_search_of_fixes_is_said():
    base = moons("smote:ratio=tune", trials=40)
    search = SearchSpec(trials=40, folds=2, time_limit=0.05)
    _, state, _ = drained(msgspec.structs.replace(base, search=search))
    assert state.status == "done"
    assert any("time limit" in text for text in state.warnings)


def test_no_time_for_a_setting_that_works_costs_the_arm_and_not_the_run():
    """The first trial's setting cannot work, and the limit leaves no other."""
    text = "kmeans-smote:cluster_balance_threshold=0.99/0.01"
    base = moons(text, "smote", trials=30)
    search = msgspec.structs.replace(base.search, time_limit=1e-6)
    base = msgspec.structs.replace(base, search=search)
    _, state, _ = drained(base)
    assert state.status == "done"
    assert "No clusters" in state.arms[1].failed.message
    assert state.arms[2].evaluated is not None


@pytest.mark.parametrize("last", [TrialFinished, None])
def test_a_run_that_ended_before_an_arm_was_given_up_goes_on(last):
    text = "kmeans-smote:cluster_balance_threshold=0.98/0.99"
    base = moons(text, trials=2)
    events, whole, kept = drained(base)
    failed = [
        n for n, e in enumerate(events) if isinstance(e, TrialFinished) and e.failed
    ]
    cut = failed[-1] + 1 if last else failed[0] + 1
    begun = [*events[:cut], RunFinished(status="cancelled", seconds=0.0)]
    state = State()
    for event in (*begun, *engine.run(base, artifacts=kept, history=begun)):
        state = reduce(state, event)
    assert state.status == "done"
    assert state.arms[1].failed.message == whole.arms[1].failed.message


def test_a_trial_in_which_an_ensemble_cannot_learn_is_one_trial(monkeypatch):
    from engine.core.errors import ArmError
    from engine.train.models import ensembles

    real = ensembles.fit_ensemble

    def fit(name, params, X, y, *, seed, weights):
        if params["max_depth"] == 1:
            raise ArmError("rus-boost: worse than random", "use smote")
        return real(name, params, X, y, seed=seed)

    monkeypatch.setattr(ensembles, "fit_ensemble", fit)
    _, state, _ = drained(moons("rus-boost:n_estimators=5", trials=4))
    arm = state.arms[1]
    assert arm.trials[0].failed == "rus-boost: worse than random"
    assert len(arm.trials) == 4
    assert arm.evaluated is not None
    _, state, _ = drained(moons("rus-boost:max_depth=1", trials=2))
    assert state.arms[1].failed.message == "rus-boost: worse than random"
    assert [t.failed != "" for t in state.arms[1].trials] == [True, True]


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_rows_that_two_searches_share_are_counted_once(executor, tmp_path):
    base = moons("smote:k_neighbors=3/4", "smote:k_neighbors=3/4/7")
    check_shared_rows(base, tmp_path, executor)


def test_counts_that_the_training_rows_do_not_bear_are_refused_at_once():
    base = moons("smote:counts=1=5", "smote:counts=1=400", trials=2, search__folds=3)
    _, state, _ = drained(base)
    assert "only adds" in state.arms[1].failed.message
    assert not state.arms[1].prepared
    assert state.arms[2].final.after["1"] == 400
    shares = [p.after["1"] for p in state.arms[2].prepared if p.fold != FINAL_FOLD]
    assert all(count == pytest.approx(400 * 2 / 3, abs=2) for count in shares)
