"""Another prevalence against the rows of a class written as often as it says."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.checks import check_classes
from engine.core.costs import (
    Costs,
    point_metrics,
    precision_interval,
    weighted_interval,
)
from engine.core.curve import cost_curve
from engine.core.errors import SpecError
from engine.core.experiment import DecisionSpec
from engine.core.outcome import Confusion
from engine.evaluate.board import cross_fit
from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.costs import cost_steps, winners
from engine.evaluate.metrics import class_sizes
from engine.evaluate.threshold import choose, measure_delivery

EMPTY = ((0, 20, 10, 100), (20, 20, 0, 100), (20, 20, 100, 100))
POINTS = ("f1", "cost", "recall>=0.7", "precision>=0.2", "alerts<=20%")


@st.composite
def rows(draw):
    """Labels, scores, how often each negative is repeated, and the prevalence then."""
    positives, negatives = draw(st.integers(1, 8)), draw(st.integers(1, 12))
    times = draw(st.sampled_from([1, 2, 4, 8]))
    values = st.lists(st.integers(0, 8), min_size=20, max_size=20)
    scores = np.array(draw(values))[: positives + negatives] / 8
    y = np.repeat([1, 0], [positives, negatives])
    return y, scores, times, positives / (positives + times * negatives)


def repeated(y, scores, times):
    """Write every negative so many times."""
    often = np.where(y == 1, 1, times)
    return np.repeat(y, often), np.repeat(scores, often)


@given(rows())
def test_thresholds_are_those_of_repeated_rows(case):
    y, scores, times, prevalence = case
    costs, more = Costs(cost_fn=3.0, cost_fp=1.0, cost_tp=0.5), {"prevalence": 0.3}
    there = msgspec.structs.replace(costs, prevalence=prevalence)
    for at in POINTS:
        found = choose(at, y, scores, costs=there, **more)
        assert found == choose(at, *repeated(y, scores, times), costs=costs, **more), at


@given(rows())
def test_cost_steps_and_winners_are_those_of_repeated_rows(case):
    y, scores, times, prevalence = case
    negative = Costs(cost_fn=1, cost_fp=1, prevalence=prevalence).weight_of_negative(
        *class_sizes(y)
    )
    assert negative == pytest.approx(times)
    many_y, many = repeated(y, scores, times)
    steps = cost_steps(y, scores, y, scores, negative=negative)
    other = cost_steps(many_y, many, many_y, many)
    assert [s.threshold for s in steps] == [s.threshold for s in other]
    np.testing.assert_allclose([s.ratio for s in steps], [s.ratio for s in other])
    ratios = [0.3, 2.1, 17.0]
    np.testing.assert_allclose(
        cost_curve(steps, *class_sizes(y), ratios, negative),
        cost_curve(other, *class_sizes(many_y), ratios),
    )
    flat = np.full(len(y), 0.5)
    named = {"untreated": flat, "arm": scores}
    here = {n: cost_steps(y, s, y, s, negative=negative) for n, s in named.items()}
    settings = {"control": "untreated", "seed": 0, "draws": 20}
    found = winners(here, scores=named, y_test=y, negative=negative, **settings)
    named = {"untreated": np.full(len(many), 0.5), "arm": many}
    there = {n: cost_steps(many_y, s, many_y, s) for n, s in named.items()}
    wanted = winners(there, scores=named, y_test=many_y, **settings)
    assert [won.arm for won in found] == [won.arm for won in wanted]
    for own, won in zip(found, wanted, strict=True):
        assert own.at == pytest.approx(won.at)
        assert own.difference == pytest.approx(won.difference)


@given(rows())
def test_differences_are_those_of_repeated_rows(case):
    y, scores, times, prevalence = case
    many_y, many = repeated(y, scores, times)
    thresholds = dict.fromkeys(("fixed", "cost", "alerts<=20%", "precision>=0.2"), 0.5)

    def arms(y, scores):
        flat = np.full(len(y), 0.4)
        both = {"untreated": flat, "arm": scores}
        return [ArmScores(name, y, own, thresholds) for name, own in both.items()]

    for wanted in ("cost", "precision>=0.2", "alerts<=20%", "f1"):
        costs, settings = Costs(cost_fn=3.0, cost_fp=1.0), {"seed": 0, "draws": 10}
        there = msgspec.structs.replace(costs, prevalence=prevalence)
        found = compare(arms(y, scores), costs=there, wanted=wanted, **settings)
        other = compare(arms(many_y, many), costs=costs, wanted=wanted, **settings)
        known = {(c.metric, c.at): c.difference for c in other}
        for c in found:
            if c.metric != "average_precision":  # that is of the rows as they are
                assert c.difference == pytest.approx(known[c.metric, c.at]), c
        if wanted != "cost":  # of one fold no other is left to choose on
            own, of = (
                cross_fit(wanted, *side, [np.arange(len(side[0]))], **more)
                for side, more in (
                    ((y, scores), {"costs": there, "prevalence": 0.5}),
                    ((many_y, many), {"costs": costs, "prevalence": 0.5}),
                )
            )
            np.testing.assert_allclose(own, of)


def test_metrics_of_a_point_are_those_of_repeated_rows():
    here = Confusion(tn=90, fp=10, fn=5, tp=15)
    costs = Costs(cost_fn=7.0, cost_fp=1.0, cost_tp=2.0, cost_tn=0.1)
    prevalence = 20 / (20 + 8 * 100)
    found = point_metrics(here, msgspec.structs.replace(costs, prevalence=prevalence))
    other = point_metrics(Confusion(tn=720, fp=80, fn=5, tp=15), costs)
    intervals = {name for name in other if name.endswith("_ci")}
    for name in set(other) - intervals:
        assert found[name] == pytest.approx(other[name]), name
    assert found["recall_ci"] == other["recall_ci"]
    # Eighty false alarms that are ten rows, eight times each, are known as ten are.
    low, high = found["precision_ci"]
    assert low < found["precision"] < high
    assert high - low > other["precision_ci"][1] - other["precision_ci"][0]


def test_intervals_hold_where_a_count_is_empty():
    none, one, all_ = (precision_interval(*c, 0.01) for c in EMPTY)
    assert none == (0.0, pytest.approx(0.0179, abs=1e-4))
    assert one == (pytest.approx(0.2123, abs=1e-4), 1.0)
    assert all_[0] < 0.01 < all_[1]
    assert precision_interval(0, 20, 0, 100, 0.01) is None
    assert precision_interval(0, 0, 10, 100, 0.01) is None
    assert weighted_interval(0, 0, 10, 100, (0.01, 0.99)) is None
    low, high = weighted_interval(0, 20, 0, 100, (0.01, 0.99))
    assert low == 0 < high < 0.04


def test_what_was_delivered_is_that_of_the_prevalence():
    counts = Confusion(tn=900, fp=100, fn=20, tp=80)
    values = {
        at: measure_delivery(at, counts, 0.01)
        for at in ("precision>=0.1", "alerts<=15%", "recall>=0.9")
    }
    precision = 0.01 * 0.8 / (0.01 * 0.8 + 0.99 * 0.1)
    assert values["precision>=0.1"].value == pytest.approx(precision)
    assert values["alerts<=15%"].value == pytest.approx(0.01 * 0.8 + 0.99 * 0.1)
    assert values["recall>=0.9"] == measure_delivery("recall>=0.9", counts)
    assert not values["alerts<=15%"].as_requested


def test_a_prevalence_needs_two_classes():
    with pytest.raises(SpecError, match="3 classes") as refused:
        check_classes(DecisionSpec(prevalence=0.01), 3)
    assert refused.value.field == "decision.prevalence data.positive"
    check_classes(DecisionSpec(), 3)
    check_classes(DecisionSpec(prevalence=0.01), 2)
