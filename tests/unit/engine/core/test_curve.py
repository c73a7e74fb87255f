"""Curves as points, against scikit-learn's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import det_curve, precision_recall_curve, roc_curve

from engine.core import curve
from engine.core.curve import decision_curve, treat_all
from engine.core.outcome import CostStep
from engine.evaluate import cost_steps, sweep

quick = settings(max_examples=40, deadline=None)


@st.composite
def judged(draw):
    """Rows of both classes, with ties."""
    rows = draw(st.integers(2, 50))
    y = [0, 1, *draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows))]
    levels = draw(st.integers(1, 30))
    scores = draw(st.lists(st.integers(0, levels), min_size=len(y), max_size=len(y)))
    return np.array(y), np.array(scores) / levels


def counted(rows):
    y, scores = rows
    positives = int(y.sum())
    return sweep(y, scores), positives, len(y) - positives


@given(judged())
@quick
def test_roc_is_scikit_learns(rows):
    fpr, tpr, thresholds = roc_curve(*rows, drop_intermediate=False)
    points = curve.roc(*counted(rows))
    assert [p.threshold for p in points] == thresholds.tolist()
    assert [p.x for p in points] == pytest.approx(fpr, abs=1e-12)
    assert [p.y for p in points] == pytest.approx(tpr, abs=1e-12)


@given(judged())
@quick
def test_precision_and_recall_are_scikit_learns(rows):
    precision, recall, thresholds = precision_recall_curve(*rows)
    points = curve.precision_recall(*counted(rows))[::-1]
    assert [p.threshold for p in points] == thresholds.tolist()
    # Its last point is made up: nobody is called, with a precision of 1.
    assert [p.y for p in points] == pytest.approx(precision[:-1], abs=1e-12)
    assert [p.x for p in points] == pytest.approx(recall[:-1], abs=1e-12)


@given(judged())
@quick
def test_det_is_scikit_learns(rows):
    fpr, fnr, thresholds = det_curve(*rows)
    mine = {p.threshold: (p.x, p.y) for p in curve.det(*counted(rows))}
    for at, x, y in zip(thresholds, fpr, fnr, strict=True):
        assert mine[float(at)] == pytest.approx((x, y), abs=1e-12)


@given(judged())
@quick
def test_gain_and_lift_are_counted(rows):
    y, scores = rows
    for p in curve.gain(*counted(rows)):
        called = scores >= p.threshold
        assert p.x == pytest.approx(called.mean(), abs=1e-12)
        assert p.y == pytest.approx(called[y == 1].mean(), abs=1e-12)
    for p in curve.lift(*counted(rows)):
        called = scores >= p.threshold
        assert p.x == pytest.approx(called.mean(), abs=1e-12)
        assert p.y == pytest.approx(y[called].mean() / y.mean(), abs=1e-12)
    # All alarmed: as many as guessing finds.
    assert curve.lift(*counted(rows))[-1].y == pytest.approx(1)


@given(st.floats(1e-12, 1 - 1e-12))
@quick
def test_deviates_are_scipys(rate):
    assert curve.deviate(rate) == pytest.approx(float(norm.ppf(rate)), rel=1e-9)


def test_rates_without_end_have_deviates_without_end():
    assert curve.deviate(0) == -math.inf
    assert curve.deviate(1) == math.inf


@given(judged(), st.floats(0.05, 500))
@quick
def test_the_cost_is_that_of_the_counts(rows, ratio):
    y, scores = rows
    steps = cost_steps(y, scores, y, scores)
    positives = int(y.sum())
    negatives = len(y) - positives
    (point,) = curve.cost_curve(steps, positives, negatives, [ratio])
    called = scores >= point.threshold
    cost = ratio * np.sum(~called & (y == 1)) + np.sum(called & (y == 0))
    assert point.cost == pytest.approx(1000 * cost / len(y))
    # On the rows it was chosen on it costs no more than doing nothing clever.
    assert point.share <= 1 + 1e-12
    # Drummond and Holte's triangle: error rates weighed by the probability cost.
    weight = ratio * positives / (ratio * positives + negatives)
    rates = np.mean(~called[y == 1]), np.mean(called[y == 0])
    normalised = rates[0] * weight + rates[1] * (1 - weight)
    assert point.share * min(weight, 1 - weight) == pytest.approx(normalised)


@pytest.mark.parametrize("name", sorted(curve.CURVES))
def test_one_class_or_no_sweep_has_no_curve(name):
    points = curve.CURVES[name].points
    assert points(((0.5, 0, 3),), 3, 0) == ()
    assert points(((0.5, 3, 0),), 0, 3) == ()
    assert points((), 3, 3) == ()
    assert len(points(((0.5, 1, 1),), 1, 1)) in (1, 2)


def test_no_step_costs_nothing():
    assert curve.step_at((), 3) is None
    assert curve.cost_curve((), 1, 1, [1.0]) == ()
    steps = cost_steps(*[np.array([0, 1]), np.array([0.1, 0.9])] * 2)
    assert curve.cost_curve(steps, 0, 5, [1.0]) == ()


@given(st.integers(0, 2**32 - 1), st.floats(0.02, 0.9))
@quick
def test_net_benefit_is_the_formulas_and_the_greatest_of_all_thresholds(seed, at):
    rng = np.random.default_rng(seed)
    y = np.r_[[0, 1], rng.integers(0, 2, 28)]
    scores = (rng.integers(0, 9, 30) / 9).round(3)
    steps = cost_steps(y, scores, y, scores)
    positives = int(y.sum())
    (point,) = decision_curve(steps, positives, 30 - positives, [at])

    def benefit(threshold, weights=None):
        predicted = scores >= threshold
        tp, fp = np.sum(predicted & (y == 1)), np.sum(predicted & (y == 0))
        return tp / 30 - fp / 30 * at / (1 - at)

    assert point.benefit == pytest.approx(benefit(point.threshold))
    every = [benefit(t) for t in (*np.unique(scores), 2.0)]
    assert point.benefit == pytest.approx(max(every))
    assert point.ci[0] <= point.benefit <= point.ci[1]
    everybody = [CostStep(ratio=0.0, threshold=0.0, fp=30 - positives, fn=0)]
    (whole,) = decision_curve(everybody, positives, 30 - positives, [at])
    assert treat_all(positives / 30, at) == pytest.approx(whole.benefit)
    assert whole.benefit == pytest.approx(benefit(0.0))


def test_net_benefit_at_a_prevalence_is_that_of_repeated_negatives():
    steps = [CostStep(ratio=0.0, threshold=0.5, fp=10, fn=4)]
    many = [CostStep(ratio=0.0, threshold=0.5, fp=80, fn=4)]
    (found,) = decision_curve(steps, 20, 100, [0.05], 20 / 820)
    (other,) = decision_curve(many, 20, 800, [0.05])
    assert found.benefit == pytest.approx(other.benefit)
    # A tenth of so few negatives is known less well.
    assert found.ci[0] < other.ci[0] < found.benefit < other.ci[1] < found.ci[1]
    assert (
        decision_curve((), 20, 100, [0.1]) == decision_curve(steps, 0, 9, [0.1]) == ()
    )
