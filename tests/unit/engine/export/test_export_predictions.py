"""Scores row by row: the run's own, to the last bit, in both parts."""

import json

import numpy as np
import pandas as pd
import pytest

from engine.core.errors import RunFailedError
from engine.export.data import _names
from tests.support.experiments import make_table
from tests.support.exported_runs import ARMS, csv, export, opened
from tests.support.finished import finished


@pytest.fixture(params=["two", "three"])
def run(request, two_classes, several_classes):
    return two_classes if request.param == "two" else several_classes


def scores_of(frame, names):
    """Read columns as the numbers of 64 bits that they say."""
    found = np.column_stack([frame[name].astype(np.float64) for name in names])
    return found[:, 0] if len(names) == 1 else found


@pytest.mark.parametrize("table", ["csv", "parquet"])
def test_scores_are_the_runs_to_the_last_bit(run, table, tmp_path):
    export(run, "predictions", tmp_path / "out", table=table)
    one = opened(run)
    told = json.loads((tmp_path / "out" / "points.json").read_text())
    read = csv if table == "csv" else pd.read_parquet
    test = read(tmp_path / "out" / f"test.{table}")
    fold = read(tmp_path / "out" / f"out-of-fold.{table}")
    plan = one.plan
    assert list(told) == list(one.done)
    for arm in one.done:
        kept = one.scores(arm)
        found = scores_of(test, told[arm]["scores"])
        assert found.tobytes() == kept.astype(np.float64).tobytes()
        oof = plan.scores(one.artifact(f"oof/{arm}"))
        found = scores_of(fold, told[arm]["scores"])
        assert found.tobytes() == oof.astype(np.float64).tobytes()
    labels = np.array(plan.dataset.labels)
    assert (test["label"] == labels[plan.dataset.y[plan.split.test]]).all()
    assert len(fold) == plan.repeats * len(plan.validation_rows)


def test_rows_are_called_as_the_confusion_matrix_counts_them(run, tmp_path):
    export(run, "predictions", tmp_path / "out")
    one = opened(run)
    test = csv(tmp_path / "out" / "test.csv")
    labels = one.plan.dataset.labels
    for arm in one.done:
        said = pd.crosstab(test["label"], test[f"{arm}: predicted"])
        said = said.reindex(index=labels, columns=labels, fill_value=0).to_numpy()
        evaluated = one.choose(arm).evaluated
        if one.multiclass:
            wanted = np.array(evaluated.class_points[0].confusion.matrix)
        else:
            c = evaluated.operating_points[0].confusion
            wanted = np.array([[c.tn, c.fp], [c.fn, c.tp]])
        np.testing.assert_array_equal(said, wanted)


def test_each_row_is_scored_by_the_fold_that_judges_it(run, tmp_path):
    export(run, "predictions", tmp_path / "out")
    export(run, "data", tmp_path / "data", arm="untreated")
    rows = csv(tmp_path / "data" / "rows.csv").set_index("row")
    fold = csv(tmp_path / "out" / "out-of-fold.csv")
    assert fold.groupby("repeat")["row"].nunique().nunique() == 1
    for repeat, part in fold.groupby("repeat"):
        column = "fold" if "fold" in rows else f"fold_{int(repeat) + 1}"
        assert (rows.loc[part["row"], column].to_numpy() == part["fold"]).all()
    raw = csv(run.table)
    target = list(raw)[-1]
    labels = raw[target].iloc[fold["row"].astype(int) - 1]
    assert (labels.to_numpy() == fold["label"]).all()


def test_arms_keep_their_names_unless_these_are_taken(two_classes, monkeypatch):
    one = opened(two_classes)
    assert _names(one) == {arm: [arm, f"{arm}: predicted"] for arm in ARMS}
    monkeypatch.setattr(type(one), "done", ("row", "a", "a: predicted"))
    assert _names(one) == {
        "row": ["row_2", "row: predicted"],
        "a": ["a", "a: predicted"],
        "a: predicted": ["a: predicted_2", "a: predicted: predicted"],
    }


def test_a_run_without_a_result_has_none(without_result, tmp_path):
    with pytest.raises(RunFailedError, match="no arm of run"):
        export(without_result, "predictions", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_note_says_which_training_rows_no_fold_judges(tmp_path):
    frame = make_table(300, share=0.2, seed=3)
    frame["day"] = pd.date_range("2024-01-01", periods=len(frame)).astype(str)
    where = finished(frame, "untreated", data__target="sick", split__time="day")
    export(where, "predictions", tmp_path / "out")
    judged, train = (
        len(opened(where).plan.validation_rows),
        len(opened(where).plan.split.train),
    )
    assert judged < train
    note = (tmp_path / "out" / "README.md").read_text()
    assert f"the {judged:,} of {train:,} training rows that a fold validates" in note
