import numpy as np
import pandas as pd
import pytest

import engine
from engine.core.costs import Costs
from engine.core.errors import DataError, RunFailedError, SpecError, TargetError
from engine.core.events import ArmFailed, FoldPrepared, RunFinished, TrialFinished
from engine.core.execution import CancelToken
from engine.steps import run
from tests.support.documents import build
from tests.support.experiments import make_table, small
from tests.support.runs import (
    ARMS,
    CANARIES,
    HOPELESS,
    changed,
    drain,
    four_arms,
    same_but_for_the_test_rows,
    timeless,
    train_rows,
    two_arms,
    with_canaries,
)


@pytest.fixture(scope="module")
def straight():
    return four_arms()


@pytest.fixture(scope="module")
def short():
    return two_arms()


@pytest.fixture(scope="module")
def quickest(table_path):
    """An experiment of less than half a second."""
    changes = {"search__trials": 1, "search__folds": 2, "model__rounds": 10}
    return small(table_path, "untreated", "smote", data__target="sick", **changes)


def test_the_same_again_and_wherever_it_runs(straight):
    for given in ({}, {"executor": "local", "jobs": 2}):
        state = drain(straight.experiment, **given)
        assert timeless(build(state, run="")) == straight.document, given


def test_another_seed_is_another_run(short):
    other = drain(changed(short.experiment, seed=7))
    for one, two in zip(
        build(other, run="")["arms"], short.document["arms"], strict=True
    ):
        assert one["cv"] != two["cv"]


def test_resumed_from_any_moment_it_ends_in_the_same_document(short):
    """From those in the middle of the first trials, too, in the slow tier.

    See tests/slow/engine/train/test_runs_at_length.py.
    """
    for stop, last in enumerate(short.events[:-1], start=1):
        if isinstance(last, TrialFinished) and 0 < last.number < 4:
            continue
        assert short.resumed(stop) == short.document, f"after {last}"


def test_a_resumed_run_refuses_another_table(short, tmp_path):
    frame = make_table()
    frame.loc[train_rows()[0], "risk"] += 1
    frame.to_csv(tmp_path / "mixed.csv", index=False)
    other = changed(short.experiment, data__source=str(tmp_path / "mixed.csv"))
    with pytest.raises(RunFailedError, match="not the table this run began with"):
        list(run(other, history=short.events[:5], artifacts=dict(short.kept)))


def test_work_is_done_once_per_arm_and_fold_not_per_trial(straight):
    work = straight.document["work"]
    recipes, row_sets, folds, trials = 2, 3, 3, 7
    assert work["resamples"] == recipes * (folds + 1)
    # Per fold one to fit and one to judge, then all training and the test rows;
    # `untreated` and `weights` share theirs but for the test rows.
    assert work["matrices"] == row_sets * (2 * folds + 1) + len(ARMS)
    assert work["trials"] == len(ARMS) * trials


def test_all_arms_get_the_same_trials_and_start_from_the_same_setting(straight):
    trials = [e for e in straight.events if isinstance(e, TrialFinished)]
    for number in (0, 1):
        settings = [t.params for t in trials if t.number == number]
        assert len(settings) == len(ARMS)
        assert all(s == settings[0] for s in settings)


def test_the_proof_holds_and_is_checked(straight):
    proof = straight.document["proof"]
    split = straight.document["split"]
    assert proof["test_fingerprint_before"] == split["test_fingerprint"]
    assert proof["test_fingerprint_after"] == split["test_fingerprint"]
    assert proof["test_counts_unchanged"]
    assert proof["synthetic_rows_in_validation"] == 0
    assert proof["validation_rows_equal_across_arms"]
    assert proof["held_out_rows_learned_from"] == 0


def test_canaries_among_the_test_rows_change_nothing_that_was_fitted(short, tmp_path):
    """Test rows of another kind: every trial, threshold and model is the same.

    Each canary by itself: tests/slow/engine/train/test_runs_at_length.py.
    """
    with_canaries(*CANARIES).to_csv(tmp_path / "canary.csv", index=False)
    wild = changed(short.experiment, data__source=str(tmp_path / "canary.csv"))
    kept = {}
    document = timeless(build(drain(wild, artifacts=kept), run=""))
    same_but_for_the_test_rows(short, kept, document)
    before, after = document["split"], short.document["split"]
    assert before["test_fingerprint"] != after["test_fingerprint"]


def test_the_proof_sees_a_leak(quickest, monkeypatch):
    """Fit the encoding on all rows: the proof must say so."""
    from engine.features import Features

    fit = Features.fit

    def leaking(self, X, y=None, at=None):
        return fit(self, X, y)

    monkeypatch.setattr(Features, "fit", leaking)
    monkeypatch.setattr(
        "engine.train.plan.Plan.indices",
        lambda self, fold: (
            (self.split.train, self.split.test)
            if fold < 0
            else (self.split.train, self.folds[fold].validation)
        ),
    )
    assert drain(quickest).compared.proof.held_out_rows_learned_from > 0


def test_over_repeats_thresholds_are_for_one_model(quickest):
    """Scores of each repeat are kept apart: a mean would be those of an ensemble."""
    kept = {}
    state = drain(changed(quickest, search__repeats=3), artifacts=kept)
    train = sum(state.split.train.values())
    oof = np.frombuffer(kept["oof/smote"], dtype=np.float32).reshape(3, train)
    assert not np.array_equal(oof[0], oof[1])
    assert len(state.arm("smote").best.folds["roc_auc"]) == 3 * 2


def test_a_failing_arm_is_a_result_and_the_others_go_on(quickest):
    state = drain(changed(quickest, arms=(quickest.arms[0], HOPELESS)))
    document = build(state, run="x")
    assert [arm["status"] for arm in document["arms"]] == ["done", "failed"]
    error = document["arms"][1]["error"]
    assert "No clusters" in error["message"]
    assert error["fix"]
    assert document["status"] == "done"
    assert any("hopeless" in doubt["text"] for doubt in document["verdict"]["doubts"])


def test_an_unforeseen_error_fails_its_arm_only(quickest, monkeypatch):
    from engine.resample import method

    apply = method.apply

    def broken(arm, *args, **given):
        if arm.name == "smote":
            raise ZeroDivisionError("by no number")
        return apply(arm, *args, **given)

    monkeypatch.setattr(method, "apply", broken)
    failed = [e for e in run(quickest) if isinstance(e, ArmFailed)]
    assert [(e.arm, e.code) for e in failed] == [("smote", "internal")]
    assert "by no number" in failed[0].message


def test_where_every_arm_fails_the_run_does(quickest, monkeypatch):
    from engine.resample import method

    def broken(*args, **given):
        raise MemoryError

    monkeypatch.setattr(method, "apply", broken)
    events = list(run(quickest))
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.status == "failed"
    assert "not enough memory" in last.error["message"]


@pytest.mark.parametrize("executor", ["inline", "local"])
def test_a_cancelled_run_says_so_and_keeps_what_it_has(short, executor):
    token = CancelToken()
    events = []
    for event in run(short.experiment, executor=executor, cancel=token):
        events.append(event)
        if isinstance(event, TrialFinished):
            token.cancel("by the test")
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "cancelled"
    assert sum(isinstance(e, TrialFinished) for e in events) <= 2


def test_a_time_limit_stops_new_trials_but_not_results(quickest):
    limits = {"search__trials": 500, "search__time_limit": 0.05}
    state = drain(changed(quickest, **limits))
    assert state.status == "done"
    for arm in state.arms:
        assert arm.evaluated is not None
        assert 1 <= len(arm.trials) < 500
    assert "time limit of 0.05 s" in state.warnings[0]


def test_groups_and_native_missing_run(quickest):
    assert drain(changed(quickest, split__group="age")).status == "done"
    state = drain(changed(quickest, features__missing="native"))
    assert state.compared.proof.validation_rows_equal_across_arms
    assert state.arm("untreated").evaluated is not None


@pytest.mark.parametrize("objective", ["roc_auc", "log_loss", "brier"])
def test_every_objective_picks_its_best_trial(quickest, objective):
    wanted = {"search__objective": objective, "search__trials": 4}
    state = drain(changed(quickest, arms=quickest.arms[:1], **wanted))
    scores = [t.score for t in state.arm("untreated").trials]
    pick = max if objective == "roc_auc" else min
    assert state.arm("untreated").best.score == pick(scores)


def test_thresholds_come_from_out_of_fold_scores(straight):
    from engine.data import load_table as load
    from engine.data import prepare_dataset as prepare
    from engine.evaluate import threshold
    from engine.splits import divide

    experiment = straight.experiment
    dataset = prepare(load(experiment.data.source), experiment.data)
    split = divide(dataset, experiment.split, seed=experiment.seed)
    y = dataset.y[split.train]
    for arm in straight.document["arms"]:
        oof = np.frombuffer(straight.kept[f"oof/{arm['name']}"], dtype=np.float32)
        for point in arm["operating_points"]:
            # The share of positives that the model was trained on, or weighed to.
            share = y.mean() if arm["name"] == "untreated" else 0.5
            if arm["name"] == "smote-enn":
                share = arm["train_after"]["yes"] / sum(arm["train_after"].values())
            at = point["name"]
            chosen = threshold.choose(
                "cost" if at == "recommended" else at,
                y,
                oof,
                prevalence=share,
                costs=Costs(cost_fn=straight.document["costs"]["cost_fn"], cost_fp=1),
                test_rows=len(split.test),
            )
            assert point["threshold"] == chosen.threshold
            assert chosen.note in point.get("note", "")


def test_class_counts_before_and_after(straight):
    arms = {arm["name"]: arm for arm in straight.document["arms"]}
    train = straight.document["split"]["train"]
    for name in ("untreated", "weights"):
        assert arms[name]["train_before"] == arms[name]["train_after"] == train
        assert arms[name]["synthetic_rows"] == 0
    after = arms["smote"]["train_after"]
    assert after == {"no": train["no"], "yes": train["no"]}
    assert arms["smote"]["synthetic_rows"] == train["no"] - train["yes"]
    prepared = [e for e in straight.events if isinstance(e, FoldPrepared)]
    assert all(e.synthetic == 0 for e in prepared if e.arm in ("untreated", "weights"))


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"data__source": "nowhere.csv"}, DataError, "No such file"),
        ({"data__target": "nothing"}, TargetError, "no column"),
        ({"search__folds": 200}, TargetError, "cannot fill 200 folds"),
        ({"model__space": "shalow"}, SpecError, "Did you mean 'shallow'|did you mean"),
    ],
)
def test_what_cannot_run_is_refused_before_the_first_event(
    table_path, change, error, said
):
    given = {"data__target": "sick", **change}
    source = given.pop("data__source", table_path)
    with pytest.raises(error, match=said):
        next(run(small(source, "untreated", **given)))


def test_engine_run_is_the_function_whatever_was_imported_first(quickest):
    assert next(iter(engine.run(quickest))) == next(iter(run(quickest)))


def test_of_pure_noise_nothing_is_recommended(tmp_path):
    """A target that no column tells anything about: the verdict promises nothing."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(600, 3)), columns=list("abc")).round(3)
    frame["y"] = rng.permutation(np.repeat([0, 1], [540, 60]))
    frame.to_csv(tmp_path / "noise.csv", index=False)
    experiment = small(tmp_path / "noise.csv", *ARMS, data__target="y")
    verdict = build(drain(experiment), run="x")["verdict"]
    assert verdict["code"] == "VRD009"
    assert verdict["choice"] is None
    assert not verdict["recommendation"].startswith("Use")
