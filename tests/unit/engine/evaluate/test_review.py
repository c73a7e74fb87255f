"""Scores that go to a person, what that costs, and conformal sets."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from engine.core.checks import check_review
from engine.core.costs import Costs, wilson
from engine.core.errors import SpecError
from engine.core.outcome import CalibrationMap
from engine.core.review import highest_price
from engine.core.sections import DecisionSpec
from engine.evaluate import choose_threshold
from engine.evaluate.review import (
    ArmToReview,
    RowCosts,
    choose_band,
    conformal_limits,
    conformal_sets,
    mean_interval,
    paid,
    review_arms,
    row_costs,
)

ROWS = st.lists(
    st.tuples(st.integers(0, 8), st.booleans(), st.integers(1, 9), st.integers(1, 4)),
    min_size=1,
    max_size=14,
)


def cheapest_pair(y, scores, costs):
    """Try all pairs of thresholds."""
    ends = [*np.unique(scores), np.inf]
    pairs = [(low, high) for low in ends for high in ends if low <= high]
    totals = [paid(y, scores, costs, pair).sum() for pair in pairs]
    alone = min(t for t, (low, high) in zip(totals, pairs, strict=True) if low == high)
    return min(totals), alone


@given(rows=ROWS)
def test_the_band_costs_the_least_of_all_pairs_whatever_rows_cost(rows):
    score, positive, wrong, review = (
        np.array(each) for each in zip(*rows, strict=True)
    )
    y, scores = positive.astype(int), (score / 8).astype(np.float32)
    costs = RowCosts(wrong * 1.0, review / 2, np.zeros(len(y)))
    best, alone = cheapest_pair(y, scores, costs)
    band = choose_band(y, scores, costs, 0.3)
    if band == (0.3, 0.3):
        assert best == alone
    else:
        assert band[0] < band[1]
        assert paid(y, scores, costs, band).sum() == best < alone


@given(
    rows=st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=4),
    price=st.sampled_from([0.1, 0.3, 0.7, 0.9, 2.0]),
)
def test_the_threshold_of_least_cost_is_within_the_band(rows, price):
    y = np.array([0, 1, *(positive for _, positive in rows)], dtype=int)
    scores = np.array([0.5, 0.5, *(score / 20 for score, _ in rows)])
    given = Costs(cost_fn=7, cost_fp=1)
    at = choose_threshold("cost", y, scores, prevalence=0.1, costs=given).threshold
    band = choose_band(y, scores, row_costs(y, given, price), at)
    if band != (at, at):
        assert band[0] <= at <= band[1]
        assert price < highest_price(given)


def test_rows_of_another_prevalence_count_for_more_or_less():
    y = np.repeat([0, 1], [90, 10])
    given = Costs(cost_fn=10, cost_fp=1, cost_tp=2, prevalence=0.01)
    costs = row_costs(y, given, 0.5)
    assert costs.review.sum() == pytest.approx(0.5 * 100)
    assert costs.wrong[y == 1].sum() == pytest.approx(8 * 100 * 0.01)
    assert costs.right.sum() == pytest.approx(2 * 100 * 0.01)


def test_test_rows_are_counted_with_the_band_and_without():
    y = np.tile(np.repeat([0, 1], [70, 30]), 4)
    oof = np.tile(np.concatenate((np.arange(70), np.arange(50, 80))) / 100, 4)
    given = Costs(cost_fn=10, cost_fp=5)
    at = choose_threshold("cost", y, oof, prevalence=0.3, costs=given).threshold
    priced = row_costs(y, given, 1)
    halved = CalibrationMap(slope=1.0, intercept=-math.log(2))
    arms = {"untreated": ArmToReview(oof, oof, at, halved)}
    (one,) = review_arms(arms, y, y, priced, priced, seed=1)
    assert (one.pays, one.low, one.high, one.threshold) == (True, 0.5, 0.7, 0.5)
    assert one.low_risk == pytest.approx(1 / 3)
    assert one.reviewed.count == int(((oof >= 0.5) & (oof < 0.7)).sum()) == 160
    assert one.reviewed.ci == wilson(160, 400)
    assert (one.missed, one.alarms, one.alone_missed, one.alone_alarms) == (0, 0, 0, 80)
    assert (one.cost, one.alone, one.difference) == (400.0, 1000.0, -600.0)
    assert one.cost == one.expected_cost  # the same rows
    for ci, value in ((one.cost_ci, one.cost), (one.difference_ci, one.difference)):
        assert ci[0] < value < ci[1]
    # Too few rows of a class for an interval.
    few = np.flatnonzero(y == 0)[:30].tolist() + np.flatnonzero(y == 1)[:19].tolist()
    rows = RowCosts(*(each[few] for each in priced))
    arms = {"untreated": ArmToReview(oof, oof[few], at, halved)}
    (one,) = review_arms(arms, y, y[few], priced, rows, seed=1)
    assert (one.cost_ci, one.difference_ci) == (None, None)


def test_nobody_is_asked_where_no_review_pays():
    y, scores = np.tile([0, 0, 1], 40), np.tile([0.1, 0.4, 0.4], 40)
    given = Costs(cost_fn=3, cost_fp=1)
    assert highest_price(given) == 0.75
    for price, pays in ((0.74, False), (0.49, True)):
        priced = row_costs(y, given, price)
        arms = {"a": ArmToReview(scores, scores, 0.4, CalibrationMap())}
        (one,) = review_arms(arms, y, y, priced, priced, seed=0)
        assert one.pays == pays, price
        if pays:
            assert (one.low, one.high, one.high_risk) == (0.4, None, None)
            continue
        assert (one.low, one.high, one.reviewed.count) == (0.4, 0.4, 0)
        assert (one.cost, one.difference) == (one.alone, 0)
        assert one.difference_ci is None


def test_an_interval_has_room_for_what_no_row_shows():
    y, values = np.repeat([0, 1], [400, 40]), np.zeros(440)
    found = mean_interval(y, values, [(0.0, 0.0), (0.0, 50.0)], seed=0)
    # None of 40 missed: Clopper and Pearson's upper limit of the share.
    upper = 1 - 0.025 ** (1 / 40)
    assert found == pytest.approx((0, 1000 * 40 * 50 * upper / 440), rel=0.05)
    some = np.where(np.arange(440) % 10 < 3, 1.0, 0.0) * (y == 0)
    found = mean_interval(y, some, [(0.0, 1.0), (0.0, 0.0)], seed=1)
    limits = beta.ppf([0.025, 0.975], [120, 121], [281, 280])
    assert found == pytest.approx(tuple(1000 * 400 * limits / 440), rel=0.02)


def test_an_interval_of_rows_that_all_cost_another_amount_is_about_students():
    rng = np.random.default_rng(0)
    y, values = np.repeat([0, 1], [4000, 40]), rng.random(4040)
    found = mean_interval(y, values, [(0.0, 1.0), (0.0, 1.0)], seed=0)
    half = 1.96 * values.std() / 4040**0.5
    limits = 1000 * (values.mean() - half), 1000 * (values.mean() + half)
    assert found == pytest.approx(limits, abs=2)


def p_values(y, scores, score, repeats):
    """Return the conformal p-value of each class, by the definition."""
    found = []
    for k, sign in ((1, 1), (0, -1)):
        own = sign * scores[y == k]
        count = np.count_nonzero(own <= sign * score) / repeats
        found.append((count + 1) / (len(own) / repeats + 1))
    return found


@given(
    rows=st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1),
    repeats=st.integers(1, 3),
    level=st.sampled_from([0.8, 0.9]),
    score=st.integers(-1, 31),
)
def test_a_set_has_the_classes_whose_p_value_is_above(rows, repeats, level, score):
    y = np.tile([positive for _, positive in rows], repeats).astype(int)
    scores = np.concatenate(
        [np.array([s for s, _ in rows]) + r for r in range(repeats)]
    )
    limits = conformal_limits(y, scores, level=level, repeats=repeats)
    expected = [p > 1 - level + 1e-9 for p in p_values(y, scores, score, repeats)]
    start, end = limits
    has = [start is None or score >= start, end is None or score <= end]
    assert has == expected
    one = conformal_sets(np.array([1]), np.array([score]), limits, level=level)
    assert [one.positives.count, 1 - one.only_positive.count - one.neither.count] == [
        int(each) for each in has
    ]


def test_a_price_that_cannot_pay_is_refused():
    given = DecisionSpec(cost_fn=10, cost_review=10)
    with pytest.raises(SpecError, match="above 0 and below 10") as raised:
        check_review(given, given.costs({"0": 9, "1": 1}, "1"))
    assert raised.value.field == "decision.cost_review"
    assumed = DecisionSpec(cost_review=9.5)
    with pytest.raises(SpecError, match="above 0 and below 9"):
        check_review(assumed, assumed.costs({"0": 90, "1": 10}, "1"))
    with pytest.raises(SpecError, match="and 3 classes"):
        check_review(DecisionSpec(cost_review=0.5), Costs(cost_fn=9, cost_fp=1), 3)
    check_review(DecisionSpec(cost_review=8.9), assumed.costs({"0": 90, "1": 10}, "1"))
    check_review(DecisionSpec(), Costs(cost_fn=9, cost_fp=1), 3)
