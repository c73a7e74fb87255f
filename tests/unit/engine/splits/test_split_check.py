"""What is noted of a hold-out that does not represent its table."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from engine.core.events import Reader
from engine.core.experiment import DataSpec, SearchSpec, SplitSpec
from engine.data import Table
from engine.data import prepare_dataset as prepare
from engine.splits.folds import check_folds, cut
from engine.splits.holdout import Split, check_split, divide, equal_in_training
from tests.support.experiments import make_table


def dataset_of(frame, spec=None, target="sick"):
    table = Table(frame, "t.csv", Reader(format="text"))
    return prepare(table, DataSpec(source="t.csv", target=target), spec or SplitSpec())


def split_at(test):
    return Split(np.flatnonzero(~test), np.flatnonzero(test))


@pytest.mark.parametrize("duplicates", ["together", "apart"])
def test_honest_draws_are_not_noted(duplicates):
    frame = make_table(500, share=0.2).drop(columns="id")
    spec = SplitSpec(duplicates=duplicates)
    # Copies of one row would tell a classifier which rows are the test rows.
    for table in (frame, pd.concat([frame, frame, frame[:90]], ignore_index=True)):
        dataset = dataset_of(table, spec)
        for seed in range(6):
            split = divide(dataset, spec, seed=seed)
            assert check_split(dataset, split, spec, seed=seed) == ()


def test_sides_that_a_classifier_separates_are_noted():
    frame = make_table(600, share=0.3)
    dataset, spec = dataset_of(frame), SplitSpec(stratify=False)
    test = frame["age"].rank(pct=True).to_numpy() > 0.75
    (note,) = check_split(dataset, split_at(test), spec, seed=0)
    assert "a small classifier separates them from the training rows (ROC AUC" in note
    # A split by time or by a column is meant to be of other rows.
    told = dataclasses.replace(dataset, test=test)
    assert check_split(told, split_at(test), spec, seed=0) == ()


def test_one_row_thousands_of_times_on_one_side_is_noted():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(3000, 3)), columns=list("abc"))
    frame.loc[:899] = frame.loc[0].to_numpy()
    frame["sick"] = rng.permutation(3000) < 200
    dataset, spec = dataset_of(frame.astype({"sick": int})), SplitSpec()
    split = split_at((np.arange(3000) < 900) | (rng.random(3000) < 0.01))
    assert "does not" not in str(divide(dataset, spec, seed=0).notes)
    assert any(
        "small classifier" in note for note in check_split(dataset, split, spec, seed=0)
    )


def test_classes_that_groups_keep_from_their_shares_are_noted():
    frame = make_table(600, share=0.3).drop(columns="id")
    frame["ward"] = np.where(frame["sick"] == "yes", np.arange(600) % 2, 2)
    frame.loc[frame.index[::60], "ward"] = 3
    spec = SplitSpec(group="ward")
    dataset = dataset_of(frame, spec)
    split = divide(dataset, spec, seed=0)
    notes = check_split(dataset, split, spec, seed=0)
    assert "% of the test rows are 'yes', but" in notes[0]
    assert "another group column" in notes[0]


def test_a_fold_that_a_group_makes_too_large_is_noted():
    frame = make_table(600, share=0.3).drop(columns="id")
    frame["ward"] = np.maximum(np.arange(600) - 299, 0)
    spec, search = SplitSpec(group="ward"), SearchSpec(folds=5)
    dataset = dataset_of(frame, spec)
    split = divide(dataset, spec, seed=0)
    found = cut(dataset, split.train, search, spec, seed=0)
    (note,) = check_folds(dataset, found, search, spec)
    assert "fold 1 validates 216 of 341 training rows of 'no', where 68 would" in note
    even = dataclasses.replace(dataset, groups=np.arange(600) // 2)
    found = cut(even, split.train, search, spec, seed=0)
    assert check_folds(even, found, search, spec) == ()


def test_test_rows_with_an_equal_in_training_are_told():
    frame = pd.DataFrame({"a": [1, 1, 2, 3, 3, None, None], "sick": list("nynynyn")})
    dataset = dataset_of(frame)
    split = Split(np.array([0, 2, 5]), np.array([6, 4, 1]))
    assert equal_in_training(dataset, split).tolist() == [True, False, True]
