"""What simpler decisions cost: against redrawing rows one by one."""

import numpy as np
import pytest

from engine.evaluate.row_costs import alternatives
from tests.support.each import for_each


def decided(seed, rows=400, positives=60):
    rng = np.random.default_rng(seed)
    y = np.zeros(rows, dtype=int)
    y[:positives] = 1
    called = rng.random(rows) < np.where(y == 1, 0.7, 0.2)
    paid = np.where(y == 1, np.where(called, 0.1, 5.0), 1.0 * called)
    nobody = np.where(y == 1, 5.0, 0.0)
    return y, paid, nobody


@for_each("seed", range(4))
def test_the_interval_is_that_of_a_bootstrap_of_rows(seed):
    y, paid, nobody = decided(seed)
    (found,) = alternatives(y, paid, {"nobody": nobody}, seed=1, draws=4000)
    assert found.cost == pytest.approx(1000 * nobody.mean())
    assert found.difference == pytest.approx(1000 * (paid - nobody).mean())
    rng = np.random.default_rng(seed)
    groups = [np.flatnonzero(y == k) for k in (0, 1)]
    drawn = []
    for _ in range(4000):
        rows = np.concatenate([rng.choice(g, len(g)) for g in groups])
        drawn.append(1000 * (paid - nobody)[rows].mean())
    assert found.ci == pytest.approx(
        np.quantile(drawn, [0.025, 0.975]), abs=0.15 * np.std(drawn)
    )


def test_three_classes_and_equal_decisions():
    y = np.repeat([0, 1, 2], [100, 30, 25])
    paid = np.where(y == 2, 4.0, 0.0)
    same, other = alternatives(
        y, paid, {"fixed": paid, "frequent": np.where(y > 0, 4.0, 0.0)}, seed=0
    )
    assert (same.difference, same.ci) == (0.0, (0.0, 0.0))
    # Every row of a class costs the same, so no draw differs.
    assert other.ci == pytest.approx((other.difference, other.difference))


@for_each("positives", [0, 3, 19, 20])
def test_few_rows_of_a_class_have_no_interval(positives):
    y, paid, nobody = decided(0, positives=positives)
    (found,) = alternatives(y, paid, {"nobody": nobody}, seed=0)
    assert (found.ci is None) == (positives < 20)
    assert np.isfinite(found.difference)
