"""Ranks over tables: scipy, closed forms and published figures as oracles."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.suite.ranks import (
    critical_difference,
    friedman,
    groups,
    ranks,
    signed_rank,
    signed_rank_odds,
)

# Demsar (2006), the example of the Friedman test: AUC of C4.5, with m, with cf, both.
# Where it prints two equal figures with different ranks the better one has 0.0001 more.
DEMSAR = [
    [0.763, 0.768, 0.771, 0.798],
    [0.599, 0.591, 0.590, 0.569],
    [0.954, 0.971, 0.968, 0.967],
    [0.628, 0.661, 0.654, 0.657],
    [0.882, 0.888, 0.886, 0.898],
    [0.936, 0.931, 0.916, 0.931],
    [0.661, 0.668, 0.609, 0.685],
    [0.583, 0.583, 0.563, 0.625],
    [0.775, 0.838, 0.866, 0.875],
    [1.000, 1.000, 1.000, 1.000],
    [0.940, 0.962, 0.965, 0.962],
    [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.9751, 0.975],
    [0.957, 0.978, 0.946, 0.970],
]
TIES = 1 - (3 * (2**3 - 2) + (4**3 - 4)) / (14 * (4**3 - 4))
"""Three pairs and one quadruple of equal values: Friedman's correction for them."""

tables = st.integers(2, 9).flatmap(
    lambda arms: st.lists(
        st.lists(st.integers(0, 4), min_size=arms, max_size=arms),
        min_size=2,
        max_size=12,
    )
)


def test_demsars_example():
    means = ranks(DEMSAR).mean(axis=0)
    assert means == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    plain = 12 * 14 / (4 * 5) * (sum(means**2) - 4 * 5**2 / 4)
    assert plain == pytest.approx(9.28, abs=5e-3)
    found = friedman(DEMSAR)
    assert found.statistic == pytest.approx(plain / TIES, abs=1e-9)
    uncorrected = 13 * plain / (14 * 3 - plain)
    assert uncorrected == pytest.approx(3.69, abs=5e-3)
    assert found.f == pytest.approx(
        13 * found.statistic / (42 - found.statistic), abs=1e-9
    )
    assert found.f_p < 0.05


def test_critical_differences_are_demsars():
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=5e-3)
    assert critical_difference(5, 27) == pytest.approx(1.17, abs=5e-3)
    # His table 5 (a): the values for 0.05, for 2 to 10 classifiers.
    published = [1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164]
    for arms, q in enumerate(published, 2):
        found = critical_difference(arms, 6) / math.sqrt(arms * (arms + 1) / 36)
        assert found == pytest.approx(q, abs=1.1e-3)
    assert critical_difference(4, 14, level=0.10) == pytest.approx(1.12, abs=5e-3)


@given(tables)
def test_friedman_is_scipys(values):
    array = np.array(values, dtype=float)
    placed = ranks(array)
    assert placed.sum(axis=1) == pytest.approx(
        array.shape[1] * (array.shape[1] + 1) / 2
    )
    if array.shape[1] < 3:
        with pytest.raises(ValueError, match="cannot be ranked"):
            friedman(array)
        return
    found = friedman(array)
    assert 0 <= found.p <= 1
    assert 0 <= found.f_p <= 1
    if np.ptp(array, axis=1).any():
        oracle = stats.friedmanchisquare(*array.T)
        assert found.statistic == pytest.approx(oracle.statistic, abs=1e-9)
        assert found.p == pytest.approx(oracle.pvalue, abs=1e-9)
    else:
        figures = (found.statistic, found.p, found.f, found.f_p)
        assert figures == (0.0, 1.0, 0.0, 1.0)


@given(tables)
def test_iman_davenport_is_the_analysis_of_variance_of_the_ranks(values):
    array = np.array(values, dtype=float)
    n, k = array.shape
    if k < 3:
        return
    placed = ranks(array)
    between = n * ((placed.mean(axis=0) - (k + 1) / 2) ** 2).sum()
    total = ((placed - (k + 1) / 2) ** 2).sum()
    found = friedman(array)
    if total - between > 1e-9:
        f = between / (k - 1) / ((total - between) / ((k - 1) * (n - 1)))
        assert found.f == pytest.approx(f, abs=1e-8)
        assert found.f_p == pytest.approx(stats.f.sf(f, k - 1, (k - 1) * (n - 1)))
    elif total:
        assert found.f is None


def test_where_all_tables_rank_alike_p_is_the_chance_of_that():
    found = friedman([[3, 2, 1]] * 4)
    assert found.f is None
    # All orders of three arms, on four tables: 6 of 6**4 agree, in any one order.
    assert found.f_p == pytest.approx(6 / 6**4, abs=1e-12)
    tied = friedman([[3, 1, 1]] * 3)
    assert tied.f_p == pytest.approx((1 / 3) ** 2, abs=1e-12)


def test_groups_are_the_largest_and_none_lies_in_another():
    means = {"a": 1.2, "b": 1.9, "c": 2.3, "d": 4.0, "e": 4.6}
    assert groups(means, 1.0) == (("a", "b"), ("b", "c"), ("d", "e"))
    assert groups(means, 1.5) == (("a", "b", "c"), ("d", "e"))
    assert groups(means, 9.0) == (("a", "b", "c", "d", "e"),)
    assert groups(means, 0.1) == ()


def counted(differences):
    """The exact p, by writing down every assignment of signs."""
    known = [d for d in differences if d]
    if not known:
        return 1.0
    order = stats.rankdata(np.abs(known))
    seen = sum(r for r, d in zip(order, known, strict=True) if d > 0)
    least = min(seen, order.sum() - seen)
    sums = [
        sum(r for r, sign in zip(order, signs, strict=True) if sign)
        for signs in itertools.product((0, 1), repeat=len(known))
    ]
    return min(1.0, 2 * sum(s <= least for s in sums) / len(sums))


@given(st.lists(st.integers(-4, 4), max_size=9))
def test_the_signed_rank_test_is_exact_with_ties_and_zeros(differences):
    assert signed_rank(differences) == pytest.approx(counted(differences), abs=1e-12)


@pytest.mark.parametrize("many", [6, 20, 50, 51, 200])
def test_the_signed_rank_test_is_scipys(many):
    found = np.random.default_rng(many).normal(0.2, 1, many)
    oracle = stats.wilcoxon(found).pvalue
    assert signed_rank(found) == pytest.approx(oracle, abs=1e-9)


def test_a_large_table_with_ties_is_still_exact():
    """Fifty differences of one size: the sign test, in closed form."""
    found = [1.0] * 35 + [-1.0] * 15
    oracle = stats.binomtest(15, 50).pvalue
    assert signed_rank(found) == pytest.approx(oracle, abs=1e-12)


# baycomp 1.0.3, SignedRankTest.sample(zeros, d, rope, nsamples=400000, random_state=7)
BAYCOMP = [
    (
        [0.02, 0.03, -0.01, 0.04, 0.05, 0.0, 0.015, -0.02],
        0.01,
        (0.0083375, 0.20726, 0.7844025),
    ),
    ([0.005, -0.004, 0.002, 0.011, -0.006, 0.003], 0.01, (0.0, 0.9988875, 0.0011125)),
    (
        [-0.05, -0.02, 0.01, -0.07, -0.03, -0.012, 0.04, -0.02, -0.01, -0.015],
        0.01,
        (0.9392725, 0.0367725, 0.023955),
    ),
    ([1.0, -2.0, 3.0, 0.5, 2.5], 0.0, (0.0750325, 0.0, 0.9249675)),
]


@pytest.mark.parametrize(("differences", "rope", "published"), BAYCOMP)
def test_the_bayesian_test_is_baycomps(differences, rope, published):
    found = signed_rank_odds(differences, rope, seed=3)
    for one, other in zip(found, published, strict=True):
        error = math.sqrt(other * (1 - other) * (1 / 50_000 + 1 / 400_000))
        assert one == pytest.approx(other, abs=4 * error + 1e-4)
    assert sum(found) == pytest.approx(1, abs=1e-9)


def test_the_draws_are_the_seeds_and_the_test_is_symmetric():
    differences = [0.02, -0.01, 0.03, 0.0, 0.05]
    one = signed_rank_odds(differences, 0.01, seed=9)
    assert one == signed_rank_odds(differences, 0.01, seed=9)
    assert one != signed_rank_odds(differences, 0.01, seed=10)
    assert one == signed_rank_odds(differences[::-1], 0.01, seed=9)
    turned = signed_rank_odds([-d for d in differences], 0.01, seed=9)
    assert turned.worse == pytest.approx(one.better, abs=0.02)
    assert signed_rank_odds([0.0, 0.0], 0.0, seed=1) == pytest.approx((0.5, 0, 0.5))
    assert signed_rank_odds([0.0, 0.0], 0.01, seed=1) == (0.0, 1.0, 0.0)
