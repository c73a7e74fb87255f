"""The interval of an average precision, against draws made one by one."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from engine.evaluate.bootstrap import strata
from engine.evaluate.intervals import ranking_interval


def test_it_is_that_of_rows_redrawn_one_by_one():
    rng = np.random.default_rng(3)
    y = np.r_[np.ones(25, int), np.zeros(80, int)]
    scores = np.round(rng.normal(y * 1.5), 1)  # with ties
    found = []
    for up, down in strata((25, 80), seed=11, draws=60):
        found += [
            average_precision_score(
                y, scores, sample_weight=np.r_[up[:, k], down[:, k]]
            )
            for k in range(up.shape[1])
        ]
    expected = np.quantile(found, [0.025, 0.975])
    assert ranking_interval(y, scores, seed=11, draws=60) == pytest.approx(expected)
    low, high = expected
    assert low < average_precision_score(y, scores) < high


def test_the_same_seed_gives_the_same_interval():
    rng = np.random.default_rng(4)
    y = np.tile([0, 0, 1], 40)
    scores = rng.normal(y * 1.0)
    assert ranking_interval(y, scores, seed=1) == ranking_interval(y, scores, seed=1)
    assert ranking_interval(y, scores, seed=1) != ranking_interval(y, scores, seed=2)


def test_it_is_wider_where_the_number_of_positives_is_a_sample_too():
    rng = np.random.default_rng(5)
    y = np.r_[np.ones(40, int), np.zeros(400, int)]
    scores = rng.normal(y * 1.5)
    low, high = ranking_interval(y, scores, seed=1, stratified=False)
    fixed_low, fixed_high = ranking_interval(y, scores, seed=1)
    assert high - low > fixed_high - fixed_low
    rows = np.random.default_rng(6).integers(0, 440, (1000, 440))
    oracle = [average_precision_score(y[drawn], scores[drawn]) for drawn in rows]
    assert (low, high) == pytest.approx(np.quantile(oracle, [0.025, 0.975]), abs=0.03)
