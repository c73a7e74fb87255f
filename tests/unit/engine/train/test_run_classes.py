"""A run of more than two classes: every class counts, and all rules of a run hold."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from engine.core.errors import TargetError
from engine.core.events import ArmFailed
from engine.core.methods.grammar import Arm, Step
from tests.support.documents import build
from tests.support.experiments import small
from tests.support.finished import ENSEMBLE, finished
from tests.support.runs import changed, class_table, drain, timeless, told

ARMS = ("untreated", "weights", "cost-weights", "smote", "smote-enn", ENSEMBLE)


@pytest.fixture(scope="module")
def done():
    changes = {"search__folds": 3, "model__rounds": 20}
    return finished(class_table(), *ARMS, data__target="kind", **changes)


@pytest.fixture(scope="module")
def straight(done):
    return told(done)


@pytest.fixture(scope="module")
def short():
    """The same, with fewer arms and more trials."""
    changes = {"search__trials": 2, "model__rounds": 10}
    arms = ("untreated", "cost-weights", "smote-enn")
    return told(finished(class_table(300), *arms, data__target="kind", **changes))


def arms_of(document):
    return {arm["name"]: arm for arm in document["arms"]}


def test_every_arm_comes_to_a_result(straight):
    assert {a["status"] for a in straight.document["arms"]} == {"done"}
    assert straight.document["dataset"]["positive"] is None
    assert straight.document["verdict"]["headline"]


def test_a_row_is_called_the_class_of_the_largest_weighted_score(straight):
    from engine.data import load_table as load
    from engine.data import prepare_dataset as prepare
    from engine.splits import divide

    experiment = straight.experiment
    dataset = prepare(load(experiment.data.source), experiment.data, multiclass=True)
    split = divide(dataset, experiment.split, seed=experiment.seed)
    y = dataset.y[split.test]
    for name, arm in arms_of(straight.document).items():
        scores = np.frombuffer(straight.kept[f"test/{name}"], dtype=np.float32)
        scores = scores.reshape(len(y), 3)
        assert scores.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
        for point in arm["operating_points"]:
            assert point["confusion"]["labels"] == list(dataset.labels)
            weights = np.array([point["weights"][label] for label in dataset.labels])
            said = (scores.astype(float) * weights).argmax(axis=1)
            expected = sk.confusion_matrix(y, said, labels=range(3))
            assert point["confusion"]["matrix"] == expected.tolist()
            recall = sk.recall_score(y, said, average=None, labels=range(3))
            found = [point["recall"][label] for label in dataset.labels]
            assert found == pytest.approx(recall.tolist())
            macro = sk.balanced_accuracy_score(y, said)
            assert point["metrics"]["macro_recall"] == pytest.approx(macro)
        flags = np.eye(3)[y]
        assert arm["test"]["average_precision"] == pytest.approx(
            sk.average_precision_score(flags, scores, average="macro")
        )
        for k, label in enumerate(dataset.labels):
            one = arm["classes"][label]
            assert one["test"]["average_precision"] == pytest.approx(
                sk.average_precision_score(y == k, scores[:, k])
            )
            for point in one["operating_points"]:
                called = scores[:, k] >= np.float64(point["threshold"])
                (tn, fp), (fn, tp) = sk.confusion_matrix(y == k, called)
                counts = {"tn": tn, "fp": fp, "fn": fn, "tp": tp}
                assert point["confusion"] == counts


def test_weighing_makes_rare_classes_found(straight):
    arms = arms_of(straight.document)
    recall = {
        name: next(p for p in arms[name]["operating_points"] if p["name"] == "fixed")
        for name in ("untreated", "weights", "cost-weights", "smote")
    }
    for name in ("weights", "cost-weights", "smote"):
        better = recall[name]["metrics"]["macro_recall"]
        assert better > recall["untreated"]["metrics"]["macro_recall"]


def test_rows_of_every_class_before_and_after(straight):
    arms = arms_of(straight.document)
    train = straight.document["split"]["train"]
    assert arms["untreated"]["train_after"] == train
    assert set(arms["smote"]["train_after"].values()) == {train["plain"]}


def test_the_executor_changes_no_number(short):
    # With every arm: tests/slow/engine/train/test_runs_at_length.py
    state = drain(short.experiment, executor="local", jobs=2)
    document = timeless(build(state, run=""))
    assert document == short.document
    assert [*document["split"]["train"]] == ["plain", "odd", "few"]  # by their rows


def test_resumed_it_ends_in_the_same_document(short):
    # As the store has them: the keys of a mapping come back in another order.
    for cut in (3, len(short.events) // 2, len(short.events) - 2):
        assert short.resumed(cut) == short.document, f"after {cut} results"


def test_nothing_judged_was_learned_from(straight):
    proof = straight.document["proof"]
    assert proof["test_fingerprint_before"] == proof["test_fingerprint_after"]
    assert proof["synthetic_rows_in_validation"] == 0
    assert proof["held_out_rows_learned_from"] == 0
    assert proof["validation_rows_equal_across_arms"]


def test_rows_of_some_classes_only(short):
    wanted = Arm(
        name="some", steps=(Step(sampler="random-over", params={"counts": "few=150"}),)
    )
    arms = (short.experiment.arms[0], wanted)
    state = drain(changed(short.experiment, arms=arms))
    after = state.arm("some").final.after
    assert after["few"] == 150
    assert after["odd"] == state.arm("untreated").final.after["odd"]
    assert not any(isinstance(arm.failed, ArmFailed) for arm in state.arms)


def test_a_named_class_makes_two_of_them(short):
    state = drain(changed(short.experiment, data__positive="few"))
    document = build(state, run="")
    assert document["dataset"]["positive"] == "few"
    point = document["arms"][0]["operating_points"][0]
    assert set(point["confusion"]) == {"tn", "fp", "fn", "tp"}


def test_a_class_that_cannot_be_in_every_fold_is_said(tmp_path):
    frame = class_table()
    frame.loc[:1, "kind"] = "once"
    path = tmp_path / "few.csv"
    frame.to_csv(path, index=False)
    with pytest.raises(TargetError, match="rarest class cannot fill 3 folds"):
        drain(small(str(path), "untreated", data__target="kind"))


def test_a_class_that_no_fold_judges_has_its_points_unmet(tmp_path):
    """In the order of time the first stretch is judged by none."""
    frame = class_table().sort_values(
        "kind", key=lambda kind: kind != "few", kind="stable"
    )
    days = pd.date_range("2024-01-01", periods=len(frame)).strftime("%Y-%m-%d")
    rest = frame.iloc[50:].sample(frac=1, random_state=0)
    frame = pd.concat([frame.iloc[:50], rest]).assign(day=days)
    path = tmp_path / "early.csv"
    frame.to_csv(path, index=False)
    changes = {"split__time": "day", "search__trials": 1}
    experiment = small(
        str(path), "untreated", "weights", data__target="kind", **changes
    )
    document = build(drain(experiment), run="")
    assert {arm["status"] for arm in document["arms"]} == {"done"}
    untreated = document["arms"][0]
    # Its model learned from the training rows as they are, whichever were judged.
    for one in untreated["classes"].values():
        assert one["implied_cost_ratio"] in (None, pytest.approx(1.0))
        assert "prior" not in [c["method"] for c in one["calibration"]]


def test_an_ensemble_of_more_classes_can_be_opened_again(done):
    from engine.core import explain
    from engine.service import ExplainHandler

    request = explain.Importance(id=1, store=done.store, run=done.run, arm=ENSEMBLE)
    shown = ExplainHandler().answer(request, lambda *_: None)
    assert isinstance(shown, explain.ImportanceShown)
