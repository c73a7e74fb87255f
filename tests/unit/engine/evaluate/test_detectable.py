"""The smallest difference that so many positives can show."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, multinomial

from engine.evaluate.bootstrap import mcnemar
from engine.evaluate.compare import ArmScores
from engine.evaluate.detectable import (
    detectable,
    paired_power,
    rows_needed,
    smallest_difference,
)
from tests.support.each import for_each


def connor(rows, discordant, *, power=0.8, level=0.05):
    """Return the difference that Connor's (1987) formula gives, solved for it."""
    a, b = NormalDist().inv_cdf(1 - level / 2), NormalDist().inv_cdf(power)
    root = a * a * rows * discordant - (rows + b * b) * (a * a - b * b) * discordant
    return (a * math.sqrt(rows * discordant) + math.sqrt(root)) / (rows + b * b)


def test_connors_formula_is_solved_right():
    n, psi = 150, 0.3
    d = connor(n, psi)
    a, b = NormalDist().inv_cdf(0.975), NormalDist().inv_cdf(0.8)
    needed = ((a * math.sqrt(psi) + b * math.sqrt(psi - d * d)) / d) ** 2
    assert needed == pytest.approx(n)


def test_published_power():
    """O'Brien 2002: 50 pairs, 0.32 and 0.08 of them discordant, one-sided at 5 %.

    The R package pwrss says 0.839356985 (G*Power 3.1, in its manual, 0.839343).
    Two-sided at 10 % has the same critical values, and the tiny chance of the wrong
    side as well.
    """
    wrong = 0.0
    for count in range(51):
        k = binom.ppf(0.05, count, 0.5) - 1
        k += 2 * binom.cdf(k + 1, count, 0.5) < 0.1
        wrong += binom.pmf(count, 50, 0.4) * binom.cdf(k, count, 0.8)
    power = paired_power(50, 0.4, 0.24, level=0.1)
    assert power - wrong == pytest.approx(0.839356985, abs=1e-9)


def test_published_number_of_pairs():
    """Connor's formula with 0.45 and 0.05 discordant asks for 23 pairs.

    As the R code of the power and sample size calculator (HyLown) has it; the exact
    test needs a few more.
    """
    discordant, difference = 0.5, 0.4
    assert connor(22, discordant) > difference >= connor(23, discordant)
    assert 23 < rows_needed(difference, discordant) <= 30


@for_each(
    ("rows", "psi", "difference"), [(9, 0.5, 0.3), (14, 0.9, 0.6), (12, 0.4, 0.4)]
)
def test_power_is_the_sum_over_all_tables(rows, psi, difference):
    """Enumerated: every split of the rows into both, only a, only b."""
    more, fewer = (psi + difference) / 2, (psi - difference) / 2
    total = sum(
        multinomial.pmf([a, b, rows - a - b], rows, [more, fewer, 1 - psi])
        for a in range(rows + 1)
        for b in range(rows + 1 - a)
        if mcnemar(a, b) < 0.05
    )
    assert paired_power(rows, psi, difference) == pytest.approx(total, abs=1e-9)


@for_each(("rows", "psi"), [(40, 0.3), (161, 0.3), (400, 0.1)])
def test_power_at_the_smallest_difference_is_what_a_simulation_finds(rows, psi):
    difference = smallest_difference(rows, psi)
    rng = np.random.default_rng(0)
    chances = [(psi + difference) / 2, (psi - difference) / 2, 1 - psi]
    tables = rng.multinomial(rows, chances, size=4000)
    pairs, counts = np.unique(tables[:, :2], axis=0, return_counts=True)
    found = sum(
        int(n) for (a, b), n in zip(pairs, counts, strict=True) if mcnemar(a, b) < 0.05
    )
    assert found / 4000 == pytest.approx(0.8, abs=0.025)


@for_each("psi", [0.1, 0.3, 0.6])
def test_with_many_rows_it_is_connors_formula(psi):
    assert smallest_difference(20_000, psi) == pytest.approx(
        connor(20_000, psi), rel=0.01
    )
    few = smallest_difference(30, 0.2)
    assert few > 1.1 * connor(30, 0.2)


@for_each("positives", [1, 5])
def test_so_few_show_nothing(positives):
    assert smallest_difference(positives, 0.3) == 1.0


def test_six_positives_show_a_difference_of_nearly_all():
    # All six must be found by one arm alone, in four runs of five.
    assert smallest_difference(6, 0.0) == pytest.approx(0.8 ** (1 / 6), abs=1e-6)


def test_agreement_on_all_rows_takes_the_least_that_could_show():
    assert smallest_difference(161, 0.0) == smallest_difference(161, 1e-9)
    least = smallest_difference(161, 0.0)
    # At least six of 161 must disagree, all one way, in four runs of five.
    assert binom.sf(5, 161, least) == pytest.approx(0.8, abs=1e-6)


@given(st.integers(1, 300), st.floats(0, 1), st.floats(0.3, 0.95))
def test_bounds(positives, psi, power):
    difference = smallest_difference(positives, psi, power=power)
    assert 0 < difference <= 1
    if difference < 1:
        share = max(psi, difference)
        found = paired_power(positives, share, difference)
        assert found == pytest.approx(power, abs=1e-4)


@for_each(("difference", "psi"), [(0.1, 0.3), (0.2, 0.2), (0.3, 0.1)])
def test_rows_needed_are_enough(difference, psi):
    rows = rows_needed(difference, psi)
    share = max(psi, difference)
    assert paired_power(rows, share, difference) >= 0.8
    assert paired_power(rows - 1, share, difference) < 0.8


def test_each_arm_has_its_own_disagreement_with_none():
    y = np.array([1] * 50 + [0] * 50)
    low = np.linspace(0.0, 0.4, 100)

    def arm(name, found):
        scores = low.copy()
        scores[:found] = 0.9
        return ArmScores(name, y, scores, {"fixed": 0.5, "f1": 0.2})

    found = detectable([arm("untreated", 10), arm("a", 25), arm("b", 10)])
    assert [(d.arm, d.at, d.positives) for d in found] == [
        ("a", "fixed", 50),
        ("b", "fixed", 50),
    ]
    assert [d.discordant for d in found] == [0.3, 0.0]
    assert found[0].difference == smallest_difference(50, 0.3)
    assert detectable([arm("a", 3)]) == ()
    nobody = ArmScores("untreated", 0 * y, low, {"fixed": 0.5})
    assert detectable([nobody, nobody]) == ()
