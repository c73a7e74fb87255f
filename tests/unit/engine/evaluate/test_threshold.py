"""Operating points against brute force over every threshold."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.costs import Costs
from engine.core.errors import SpecError
from engine.core.experiment import DecisionSpec
from engine.evaluate.metrics import confusion_at
from engine.evaluate.threshold import choose, parse
from tests.support.each import for_each


@st.composite
def out_of_fold(draw):
    n = draw(st.integers(1, 30))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    y[0] = 1
    top = draw(st.sampled_from([2, 10, 1000]))
    scores = draw(st.lists(st.integers(0, top), min_size=n, max_size=n))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return np.array(y), (np.array(scores) / top).astype(dtype)


def pick(at, y, scores, *, prevalence=0.018, cost_fn=10.0, cost_fp=1.0, **more):
    return choose(
        at,
        y,
        scores,
        prevalence=prevalence,
        costs=Costs(cost_fn=cost_fn, cost_fp=cost_fp, **more),
    ).threshold


def nobody(scores):
    return float(np.nextafter(scores.max(), scores.dtype.type(np.inf)))


def every_threshold(scores):
    """Return all thresholds that differ in what they call, the highest first."""
    return [nobody(scores), *np.unique(scores)[::-1].astype(float).tolist()]


def f1(counts):
    return Fraction(2 * counts.tp, 2 * counts.tp + counts.fp + counts.fn)


@given(out_of_fold())
def test_f1_is_the_best_and_the_highest(case):
    y, scores = case
    values = {t: f1(confusion_at(y, scores, t)) for t in every_threshold(scores)}
    best = [t for t, value in values.items() if value == max(values.values())]
    assert pick("f1", y, scores) == max(best)


@given(
    out_of_fold(),
    st.sampled_from([(10, 1), (1, 1), (1, 10), (0.3, 0.1), (0.1, 0.7), (54.4, 1)]),
)
def test_cost_is_the_least_and_the_highest(case, costs):
    y, scores = case
    cost_fn, cost_fp = (Fraction(str(c)) for c in costs)
    values = {}
    for t in every_threshold(scores):
        counts = confusion_at(y, scores, t)
        values[t] = cost_fn * counts.fn + cost_fp * counts.fp
    best = [t for t, value in values.items() if value == min(values.values())]
    got = pick("cost", y, scores, cost_fn=costs[0], cost_fp=costs[1])
    assert got == max(best)


@given(out_of_fold(), st.sampled_from([0.01, 0.1, 0.5, 2 / 3, 0.7, 0.8, 0.95, 1.0]))
def test_recall_floor_is_the_highest_that_reaches_it(case, floor):
    y, scores = case
    reached = [
        t
        for t in every_threshold(scores)
        if confusion_at(y, scores, t).tp / y.sum() >= floor
    ]
    assert pick(f"recall>={floor!r}", y, scores) == max(reached)


@for_each(("share", "kept"), [(0.8, 8), (0.7, 7), (0.3, 3), (0.1, 1)])
def test_recall_floor_is_exact_where_floats_are_not(share, kept):
    # 0.7 * 10 is 7.000000000000001 in floats; 7 of 10 is a recall of 0.7.
    y, scores = np.ones(10, dtype=int), np.arange(10) / 10
    counts = confusion_at(y, scores, pick(f"recall>={share}", y, scores))
    assert counts.tp == kept


@given(out_of_fold(), st.sampled_from(["f1", "recall>=0.8", "recall>=0.5", "cost"]))
def test_choice_is_one_of_the_scores_and_splits_no_tie(case, at):
    y, scores = case
    threshold = pick(at, y, scores)
    assert type(threshold) is float
    assert threshold in every_threshold(scores)
    # Exactly representable in the scores' own type: >= means the same in both.
    called = scores >= scores.dtype.type(threshold)
    counts = confusion_at(y, scores, threshold)
    assert int(called.sum()) == counts.tp + counts.fp


@given(
    out_of_fold(),
    st.sampled_from(["f1", "recall>=0.8", "recall>=0.25", "cost"]),
    st.sampled_from([lambda s: s * 8 - 3, np.exp, np.cbrt]),
)
def test_choice_is_invariant_to_strictly_monotone_maps(case, at, change):
    y, scores = case
    levels = np.unique(scores.astype(np.float64))
    mapped = dict(zip(levels.tolist(), change(levels).tolist(), strict=True))
    assert len(set(mapped.values())) == len(levels)
    moved = np.array([mapped[s] for s in scores.astype(np.float64).tolist()])
    here, there = pick(at, y, scores), pick(at, y, moved)
    assert confusion_at(y, scores, here) == confusion_at(y, moved, there)
    if here in mapped:
        assert there == mapped[here]


@given(out_of_fold())
def test_order_of_rows_does_not_matter(case):
    y, scores = case
    for at in DecisionSpec().points[1:]:
        assert pick(at, y, scores) == pick(at, y[::-1], scores[::-1])


@given(out_of_fold(), st.sampled_from([0.05, 0.2, 0.5, 2 / 3, 1.0]))
def test_precision_floor_is_the_lowest_that_keeps_it(case, floor):
    y, scores = case
    kept = []
    for t in every_threshold(scores):
        counts = confusion_at(y, scores, t)
        if counts.tp + counts.fp and counts.tp / (counts.tp + counts.fp) >= floor:
            kept.append(t)
    chosen = choose(
        f"precision>={floor!r}",
        y,
        scores,
        prevalence=0.1,
        costs=Costs(cost_fn=1, cost_fp=1),
    )
    assert chosen.threshold == min(kept, default=nobody(scores))
    assert bool(chosen.note) == (not kept)


@given(out_of_fold(), st.integers(1, 60), st.integers(1, 60))
def test_alerts_are_as_many_as_can_be_looked_at(case, most, test_rows):
    y, scores = case
    allowed = Fraction(most * len(y), test_rows)
    kept = []
    for t in every_threshold(scores)[1:]:
        counts = confusion_at(y, scores, t)
        if counts.tp + counts.fp <= allowed:
            kept.append(t)
    chosen = choose(
        f"alerts<={most}",
        y,
        scores,
        prevalence=0.1,
        costs=Costs(cost_fn=1, cost_fp=1),
        test_rows=test_rows,
    )
    assert chosen.threshold == min(kept, default=nobody(scores))
    assert bool(chosen.note) == (not kept)


def test_alerts_as_a_share():
    y, scores = np.repeat([0, 1], [95, 5]), np.linspace(0, 1, 100)
    assert confusion_at(y, scores, pick("alerts<=5%", y, scores)).fp == 0
    assert confusion_at(y, scores, pick("alerts<=7%", y, scores)).fp == 2
    tied = np.round(scores, 1)
    counts = confusion_at(y, tied, pick("alerts<=7%", y, tied))
    assert counts.tp + counts.fp == 5


def test_costs_of_right_answers_move_the_threshold():
    y, scores = np.array([0, 0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    cheap = pick("cost", y, scores, cost_fn=3, cost_fp=1)
    assert cheap == 0.3
    # To treat one that was found costs nearly as much as to miss it.
    assert pick("cost", y, scores, cost_fn=3, cost_fp=1, cost_tp=2.5) == 0.5
    # What matters is what a mistake costs more.
    more = pick("cost", y, scores, cost_fn=13, cost_fp=2, cost_tp=10, cost_tn=1)
    assert more == cheap


def test_fixed_points():
    y, scores = np.array([0, 1]), np.array([0.2, 0.9], dtype=np.float32)
    assert pick("fixed", y, scores) == 0.5
    assert pick("prevalence", y, scores, prevalence=783 / 43400) == 783 / 43400


@for_each("dtype", [np.float32, np.float64])
def test_nobody_can_be_chosen(dtype):
    y, scores = np.array([1, 0, 0, 0]), np.array([0.1, 0.4, 0.6, 1.0], dtype=dtype)
    threshold = pick("cost", y, scores, cost_fn=1, cost_fp=10)
    assert threshold == float(np.nextafter(dtype(1), dtype(2)))
    assert confusion_at(y, scores, threshold).tp == 0
    assert confusion_at(y, scores, threshold).fp == 0
    assert math.isfinite(threshold)


def test_costs_that_tie_but_for_rounding_tie():
    # Nobody costs 3 * 0.1, everybody 1 * 0.3; in floats the first is larger.
    assert 3 * 0.1 > 0.3
    y, scores = np.array([1, 1, 1, 0]), np.full(4, 0.5)
    assert pick("cost", y, scores, cost_fn=0.1, cost_fp=0.3) > 0.5


def test_cost_without_positives_is_nobody():
    scores = np.array([0.1, 0.2])
    assert pick("cost", np.zeros(2, dtype=int), scores) == np.nextafter(0.2, 1)


@for_each("at", ["f1", "recall>=0.8"])
def test_no_positive_to_find_is_said(at):
    y, scores = np.zeros(2, dtype=int), np.array([0.1, 0.2])
    chosen = choose(at, y, scores, prevalence=0.1, costs=Costs(cost_fn=10, cost_fp=1))
    assert chosen.threshold == nobody(scores)
    assert "no positive among the validation rows" in chosen.note


def test_every_point_of_the_spec_is_known():
    for floor in (0.8, 0.05, 1.0, 0.123456):
        points = DecisionSpec(
            recall_floor=floor, precision_floor=floor, alerts=floor
        ).points
        assert points[0] == "recommended"  # the threshold of another one
        names = [parse(at).name for at in points[1:]]
        assert names[:4] == ["fixed", "prevalence", "f1", "cost"]
        assert names[4:] == ["recall", "precision", "alerts"]
        numbers = [parse(at).number for at in points[5:]]
        assert numbers == pytest.approx([floor] * 3, rel=1e-5)
    assert parse(DecisionSpec(alerts=150).points[-1]) == ("alerts", 150, False)


@for_each(
    "at",
    [
        "",
        "F1",
        "recall",
        "recall>=",
        "recall>=0",
        "recall>=1.1",
        "recall>=nan",
        "precision>=0",
        "precision>=1.5",
        "precision<=0.5",
        "alerts<=0",
        "alerts<=2.5",
        "alerts<=100%",
        "alerts<=inf",
        "alerts>=5%",
    ],
)
def test_unknown_points_say_what_is_allowed(at):
    with pytest.raises(SpecError) as caught:
        parse(at)
    assert repr(at) in caught.value.message
    assert "fixed, prevalence, f1, cost, recall>=r" in caught.value.fix
    with pytest.raises(SpecError):
        pick(at, np.array([0, 1]), np.array([0.1, 0.2]))
