"""A plan that is sent elsewhere has fewer bytes, and its units come to the same."""

import dataclasses
import pickle
from contextlib import closing

import numpy as np
import pytest

from engine.execute.slim import slim
from engine.splits import divide
from tests.support.executors import everything, opened, plan_of
from tests.support.experiments import make_table, small


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """A plan of rows with weights, of which not all are fitted on or validated."""
    path = tmp_path_factory.mktemp("slim") / "rows.csv"
    make_table(rows=1_500).to_csv(path, index=False)
    changes = {"search__folds": 2, "model__rounds": 10}
    plan = plan_of(small(path, "weights", "smote", data__target="sick", **changes))
    dataset, seed = plan.dataset, plan.experiment.seed
    rng = np.random.default_rng(0)
    dataset = dataclasses.replace(
        dataset,
        weights=rng.exponential(size=len(dataset.y)),
        frame=dataset.frame.assign(age=dataset.frame["age"] * 0.5),
        even=rng.random(len(dataset.y)) < 0.5,
    )
    split = divide(dataset, plan.experiment.split, seed=seed, thin=2)
    return dataclasses.replace(plan, dataset=dataset, split=split)


def test_units_come_to_the_same(plan):
    less = pickle.loads(pickle.dumps(slim(plan)))
    with (
        closing(opened(plan, "inline")) as ours,
        closing(opened(less, "inline")) as its,
    ):
        assert everything(its, plan) == everything(ours, plan)


def test_rows_that_no_unit_looks_at_are_left_out(plan):
    less = slim(plan)
    used = np.zeros(len(plan.dataset.y), dtype=bool)
    for fold in plan.all_folds:
        for rows in plan.indices(fold):
            used[rows] = True
    assert 0.2 * len(used) < used.sum() < 0.9 * len(used)
    assert len(less.dataset.y) == used.sum()
    for fold in plan.all_folds:
        for ours, its in zip(plan.indices(fold), less.indices(fold), strict=True):
            wide, narrow = plan.dataset.frame.iloc[ours], less.dataset.frame.iloc[its]
            same = wide.reset_index(drop=True).astype(narrow.dtypes.to_dict())
            assert same.equals(narrow.reset_index(drop=True))


def test_numbers_have_fewer_bits_only_where_that_is_exact(plan):
    types = slim(plan).dataset.frame.dtypes
    assert types["age"] == np.float32
    assert types["risk"] == np.float64  # 0.001 is no number of 32 bits
