"""The Bayesian correlated t: what holds of every set of differences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluate.repeated import correlated_t, posterior
from tests.support.each import for_each

VALUES = st.lists(st.floats(-1, 1), min_size=2, max_size=30)


@given(VALUES, st.floats(0, 0.3), st.floats(0.01, 1))
def test_probabilities_add_up_and_mirror(values, rope, ratio):
    known = posterior(values, test_to_train=ratio)
    likely = correlated_t(known, rope)
    assert sum(likely) == pytest.approx(1, abs=1e-9)
    assert all(0 <= p <= 1 for p in likely)
    mirrored = correlated_t(posterior([-v for v in values], test_to_train=ratio), rope)
    assert tuple(mirrored) == pytest.approx(likely[::-1], abs=1e-9)


@given(VALUES, st.floats(0, 0.2), st.floats(0, 0.2))
def test_a_wider_region_holds_more(values, narrow, wider):
    known = posterior(values, test_to_train=0.25)
    one, other = (correlated_t(known, r) for r in (narrow, narrow + wider))
    assert one.within <= other.within + 1e-12


@for_each(
    ("value", "expected"),
    [(0.0, (0, 1, 0)), (0.01, (0, 1, 0)), (0.02, (0, 0, 1)), (-0.5, (1, 0, 0))],
)
def test_without_spread_all_of_it_is_in_one_place(value, expected):
    known = posterior([value] * 3, test_to_train=0.25)
    assert known.scale == 0
    assert tuple(correlated_t(known, 0.01)) == expected
