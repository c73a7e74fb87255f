"""Whether anything ranks better than chance: against scipy, and how often by chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from engine.evaluate.detectable import ranks_better, skill
from tests.support.each import for_each


def part(rng, rows=120, positives=15, gain=0.0, digits=8):
    y = np.zeros(rows, dtype=int)
    y[rng.choice(rows, positives, replace=False)] = 1
    return y, np.round(rng.normal(size=rows) + gain * y, digits)


@for_each("digits", [0, 1, 8])
@for_each("gain", [-0.5, 0.0, 0.5])
def test_it_is_the_rank_test_of_scipy(digits, gain):
    y, scores = part(np.random.default_rng(3), gain=gain, digits=digits)
    expected = mannwhitneyu(
        scores[y == 1],
        scores[y == 0],
        alternative="greater",
        method="asymptotic",
        use_continuity=False,
    ).pvalue
    assert ranks_better(y, scores) == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 10**6), st.integers(0, 40))
def test_only_the_order_of_scores_matters(seed, positives):
    rng = np.random.default_rng(seed)
    y, scores = part(rng, rows=40, positives=positives, gain=0.4, digits=1)
    before = ranks_better(y, scores)
    assert 0 <= before <= 1
    order = rng.permutation(40)
    assert ranks_better(y[order], np.exp(scores[order])) == before
    if 0 < positives < 40:
        assert before + ranks_better(y, -scores) == pytest.approx(1)


def test_nothing_to_rank_is_no_skill():
    y, all_of_one = np.array([0, 0, 1]), np.ones(3, dtype=int)
    assert ranks_better(y, np.zeros(3)) == 1.0
    assert ranks_better(all_of_one, np.arange(3.0)) == 1.0
    assert ranks_better(y[:0], np.zeros(0)) == 1.0
    assert skill({}).shown is False
    alone = skill({("untreated", None): (all_of_one, np.arange(3.0))})
    assert (alone.shown, alone.p, alone.roc_auc) == (False, 1.0, None)


def test_the_arm_for_which_most_speaks_is_named_with_its_auc():
    rng = np.random.default_rng(0)
    poor, good = part(rng), part(rng, gain=1.0)
    found = skill({("untreated", None): poor, ("smote", "b"): good})
    assert (found.shown, found.arm, found.klass) == (True, "smote", "b")
    assert "smote" in found.arms
    assert found.roc_auc == pytest.approx(roc_auc_score(*good))
    assert found.p == pytest.approx(2 * ranks_better(*good))


@for_each("positives", [3, 12])
def test_chance_is_seldom_called_skill_and_skill_is_found(positives):
    rng = np.random.default_rng(5)

    def shown(gain):
        arms = {
            (name, None): part(rng, rows=90, positives=positives, gain=gain)
            for name in ("untreated", "weights", "smote")
        }
        return skill(arms).shown

    assert sum(shown(0.0) for _ in range(150)) <= 0.02 * 150
    assert sum(shown(2.5) for _ in range(20)) >= 18
