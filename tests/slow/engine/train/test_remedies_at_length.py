"""Searches of samplers' parameters in processes, and every ensemble twice."""

import pytest

from tests.support.methods import (
    ENSEMBLES,
    check_ensemble,
    check_same_numbers,
    check_shared_rows,
    drained,
    moons,
    tuned_smote,
)

pytestmark = pytest.mark.slow


def test_the_numbers_are_the_same_in_processes(tmp_path):
    _, state, kept = tuned_smote()
    given = {"executor": "processes", "jobs": 2, "cache": tmp_path / "folds"}
    _, now, others = drained(state.experiment, **given)
    check_same_numbers(state, now)
    assert kept.keys() == others.keys()


def test_rows_that_two_searches_share_are_counted_once_in_processes(tmp_path):
    base = moons("smote:k_neighbors=3/4", "smote:k_neighbors=3/4/7")
    check_shared_rows(base, tmp_path, "processes")


@pytest.mark.parametrize("name", ENSEMBLES)
def test_an_ensemble_comes_to_the_same_each_time(name):
    short = f"{name}:n_estimators=5"
    experiment = moons(short, trials=3, search__folds=3, model__rounds=40)
    _, state, kept = drained(experiment)
    check_ensemble(state, kept, short, trials=3)
    again = drained(experiment)[1]
    assert again.arms[1].evaluated.test == state.arms[1].evaluated.test
