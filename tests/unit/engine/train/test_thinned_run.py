"""A run on some of the negatives: what it fits on, scores, says and hands out."""

import numpy as np
import pandas as pd
import pytest

import imbtui
from engine.bundle import load_bundle
from engine.core.errors import SpecError
from engine.splits import thin
from engine.train.models.port import multiply_odds
from tests.support.experiments import make_table
from tests.support.exported_runs import csv, export, opened
from tests.support.exported_scripts import checked
from tests.support.finished import finished
from tests.support.runs import two_arms

ARMS = ("untreated", "weights", "smote", "untreated@random-forest")
RATIO = 4


@pytest.fixture(scope="module")
def run():
    frame = make_table(rows=3000, share=0.08)
    return finished(frame, *ARMS, data__target="sick", data__thin=RATIO)


@pytest.fixture(scope="module")
def document(run):
    return opened(run).result


def test_it_fits_on_some_negatives_and_validates_and_tests_on_all(run, document):
    thinned, train = document.split.thinned, document.split.train
    assert thinned.ratio == RATIO
    assert thinned.of == train["no"]
    assert thinned.kept < train["no"] / 3
    assert thinned.validated == sum(train.values())
    for arm in document.arms:
        assert arm.train_before == {"no": thinned.kept, "yes": train["yes"]}
        for point in arm.operating_points:
            rows = point.confusion
            assert rows.tn + rows.fp == document.split.test["no"]
    assert document.proof.held_out_rows_learned_from == 0


def test_scores_are_those_of_all_negatives_on_the_whole(run):
    """Their mean is the share of the positives; without the odds it is far above."""
    for name in ("untreated", "untreated@random-forest"):
        case = opened(run, arm=name)
        plan = case.plan
        oof = plan.scores(case.artifact(f"oof/{name}"))
        share, odds = plan.oof_labels.mean(), plan.odds(case.chosen.arm)
        assert odds == plan.split.thinning.share
        assert abs(oof.mean() - share) < 0.5 * share
        assert multiply_odds(oof, 1 / odds).mean() > 2 * share


def test_a_method_that_sets_the_ratio_needs_no_correction(run):
    case = opened(run, arm="smote")
    plan = case.plan
    assert [plan.odds(arm) for arm in plan.experiment.arms[1:3]] == [1.0, 1.0]


def test_it_says_what_was_left_out_and_what_more_would_change(document):
    check = document.thinning
    assert check.arm == "untreated"
    assert check.ratio == 10
    assert check.kept > document.split.thinned.kept
    low, high = check.ci
    assert low <= check.difference <= high
    (text,) = [d.text for d in document.verdict.doubts if d.code == "VRD221"]
    assert f"{RATIO} per positive" in text
    assert "Fewer than 10 per positive lose precision" in text
    assert "With 10 per positive" in text


@pytest.mark.parametrize("arm", ["untreated", "smote", "untreated@random-forest"])
def test_a_script_leaves_out_the_same_rows(run, arm, tmp_path):
    text = checked(run, arm, tmp_path / "script.py")
    assert "uniform" in text
    assert ("no negative had been left out" in text) == (arm != "smote")


def test_a_bundle_has_the_run_s_scores(run, tmp_path):
    export(run, "bundle", tmp_path / "bundle", arm="untreated@random-forest")
    case = opened(run, arm="untreated@random-forest")
    test = case.plan.split.test
    rows = pd.read_csv(run.table).iloc[test]
    found = load_bundle(tmp_path / "bundle").predict_proba(rows)
    wanted = case.scores("untreated@random-forest")
    np.testing.assert_array_equal(np.asarray(found)[:, 1], wanted)


def test_tables_say_which_rows_it_was_fitted_on(run, document, tmp_path):
    export(run, "data", tmp_path / "rows", arm="smote")
    rows = csv(tmp_path / "rows" / "rows.csv")
    fit = rows["fit"] == "1"
    counts = document.arms[0].train_before
    assert fit.sum() == sum(counts.values())
    assert (rows["part"][fit] == "training").all()
    assert "whose `fit` is 1" in (tmp_path / "rows" / "README.md").read_text()
    made = csv(tmp_path / "rows" / "resampled.csv")
    assert (made["imbtui_origin"] != "synthetic").sum() == sum(counts.values())


def test_a_run_that_began_with_all_rows_goes_on_with_them(monkeypatch):
    whole = two_arms()
    monkeypatch.setattr(thin, "MANY_ROWS", 100)
    monkeypatch.setattr(thin, "NEGATIVES", 2)
    assert whole.resumed(3) == whole.document


def test_a_pipeline_cannot_leave_negatives_out(run):
    found = imbtui.open_run(run.run, store=run.store)
    with pytest.raises(SpecError, match="negatives are left out"):
        found.to_sklearn("untreated")


def test_it_says_no_more_negatives_than_there_are():
    frame = make_table(rows=900, share=0.3)
    found = opened(finished(frame, "untreated", data__target="sick", data__thin=1))
    check, train = found.result.thinning, found.result.split.train
    assert check.kept == train["no"]
    assert check.ratio == round(train["no"] / train["yes"]) < 10
