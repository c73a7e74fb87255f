"""Thresholds of least cost for every ratio, winners, and what 0.5 implies."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.costs import Costs
from engine.core.curve import implied_at, step_at
from engine.core.outcome import CostStep
from engine.evaluate.costs import (
    HIGHEST,
    LEAST_SAVED,
    LOWEST,
    MOST_STEPS,
    NARROWEST,
    _stretches,
    cost_steps,
    implied_cost_ratio,
    winners,
)
from engine.evaluate.metrics import confusion_at
from engine.evaluate.threshold import choose
from tests.support.each import for_each


@st.composite
def judged(draw):
    """Labels and scores, with many ties, now and then of one class."""
    rows = draw(st.integers(1, 60))
    y = draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows))
    levels = draw(st.integers(1, 12))
    found = draw(st.lists(st.integers(0, levels), min_size=rows, max_size=rows))
    kind = draw(st.sampled_from([np.float32, np.float64]))
    return np.array(y), (np.array(found) / levels).astype(kind)


@given(judged(), st.floats(0.001, 2000))
def test_a_step_is_what_the_point_of_least_cost_chooses(rows, ratio):
    y, scores = rows
    steps = cost_steps(y, scores, y, scores)
    step = step_at(steps, ratio)
    chosen = choose(
        "cost", y, scores, prevalence=0.5, costs=Costs(cost_fn=ratio, cost_fp=1.0)
    )
    right = confusion_at(y, scores, chosen.threshold)
    assert ratio * step.fn + step.fp == pytest.approx(
        ratio * right.fn + right.fp, rel=1e-11
    )
    if all(abs(one.ratio - ratio) > 1e-9 * ratio for one in steps):
        assert step.threshold == chosen.threshold


@given(judged())
def test_at_a_steps_own_ratio_the_higher_threshold_is_taken(rows):
    y, scores = rows
    steps = cost_steps(y, scores, y, scores)
    assert steps[0].ratio == 0
    assert (steps[0].fp, steps[0].fn) == (0, int(y.sum()))
    for before, after in pairwise(steps):
        assert after.ratio >= before.ratio
        assert after.threshold < before.threshold
        assert step_at(steps, after.ratio).threshold == before.threshold or (
            after.ratio == before.ratio
        )
        assert after.ratio * (before.fn - after.fn) == pytest.approx(
            after.fp - before.fp
        )
    assert steps[-1].fn == 0


@given(judged(), judged())
def test_counts_are_those_of_the_test_rows(rows, others):
    (y, scores), (y_test, test) = rows, others
    for step in cost_steps(y, scores, y_test, test):
        counts = confusion_at(y_test, test, step.threshold)
        assert (step.fp, step.fn) == (counts.fp, counts.fn)


def test_hand_made_corners():
    y = np.array([1, 0, 1, 0, 0, 1, 0, 0])
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])
    found = [(s.ratio, s.fp, s.fn) for s in cost_steps(y, scores, y, scores)]
    # 0.9 finds one for nothing, 0.7 one more for one alarm, 0.4 the last for two.
    assert found == [(0.0, 0, 3), (0.0, 0, 2), (1.0, 1, 1), (2.0, 3, 0)]


@for_each(
    ("y", "scores", "steps"),
    [
        ([], [], 0),
        ([0], [0.5], 1),
        ([1], [0.5], 2),
        ([0, 0], [0.1, 0.9], 1),
        ([0, 1], [0.3, 0.3], 2),
        ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], 2),
    ],
)
def test_odd_rows_have_steps_all_the_same(y, scores, steps):
    y, scores = np.array(y, dtype=int), np.array(scores, dtype=np.float32)
    assert len(cost_steps(y, scores, np.array([0, 1]), np.array([0.0, 1.0]))) == steps


def test_many_corners_are_thinned_to_some_that_are_the_best_where_asked():
    # Scores on a parabola: every positive is a corner of its own.
    gaps = np.arange(1, 700)
    y = np.concatenate([np.r_[1, np.zeros(gap, dtype=int)] for gap in gaps])
    scores = np.linspace(1, 0, len(y))
    steps = cost_steps(y, scores, y, scores)
    assert 100 < len(steps) <= MOST_STEPS
    assert (steps[0].fn, steps[-1].fn) == (len(gaps), 0)
    ratios = [step.ratio for step in steps]
    assert ratios == sorted(ratios)
    for ratio in (1.0, 3.3, 30, 200, 600):
        step = step_at(steps, ratio)
        best = choose(
            "cost", y, scores, prevalence=0.5, costs=Costs(cost_fn=ratio, cost_fp=1.0)
        )
        right = confusion_at(y, scores, best.threshold)
        cost = ratio * step.fn + step.fp
        assert cost <= 1.0005 * (ratio * right.fn + right.fp)


def line(name, *steps):
    return name, tuple(
        CostStep(ratio=ratio, threshold=at, fp=fp, fn=fn) for ratio, at, fp, fn in steps
    )


def asked(arms, y=None, scores=None, **changes):
    y = np.array([0] * 90 + [1] * 10) if y is None else y
    given_scores = scores or {name: np.linspace(0, 1, len(y)) for name in arms}
    options = {"control": "untreated", "seed": 3, "draws": 200, **changes}
    return winners(arms, scores=given_scores, y_test=y, **options)


@for_each(("positives", "known"), [(19, False), (20, True)])
def test_few_rows_of_a_class_have_a_difference_but_no_interval(positives, known):
    y = np.array([0] * 90 + [1] * positives)
    arms = dict(
        [
            line("smote", (0.0, 0.5, 40, 2)),
            line("untreated", (0.0, 0.5, 10, 8)),
        ]
    )
    _, won = asked(arms, y)
    assert won.difference is not None
    assert (won.ci is not None) == known


def test_a_break_even_is_where_two_lines_cross():
    arms = dict(
        [
            line("smote", (0.0, 0.5, 40, 2)),
            line("untreated", (0.0, 0.5, 10, 8)),
        ]
    )
    first, second = asked(arms)
    assert (first.arm, first.ratio, first.to) == ("untreated", LOWEST, 5.0)
    assert (second.arm, second.ratio, second.to) == ("smote", 5.0, None)
    assert first.difference is None
    assert first.ci is None
    assert second.at == pytest.approx(math.sqrt(5 * HIGHEST))


def test_a_step_of_one_arm_may_change_the_winner():
    arms = dict(
        [
            line("untreated", (0.0, 0.9, 10, 8), (3.0, 0.2, 80, 0)),
            line("smote", (0.0, 0.5, 20, 7)),
        ]
    )
    found = [(w.arm, w.ratio, w.to) for w in asked(arms)]
    # At 3 the control moves where it costs 80; smote costs 20 + 7 r until 60 / 7.
    assert found == [
        ("untreated", 0.1, 3.0),
        ("smote", 3.0, pytest.approx(60 / 7)),
        ("untreated", pytest.approx(60 / 7), None),
    ]


def test_ties_go_to_the_control_then_to_the_earlier_name():
    same = ((0.0, 0.5, 10, 8),)
    arms = dict([line("smote", *same), line("enn", *same), line("untreated", *same)])
    assert [w.arm for w in asked(arms)] == ["untreated"]
    del arms["untreated"]
    (only,) = asked(arms)
    assert only.arm == "smote"
    assert only.difference is None


def test_narrow_stretches_are_merged():
    arms = dict(
        [
            line("untreated", (0.0, 0.9, 10, 8), (3.0, 0.2, 80, 0), (3.5, 0.2, 10, 8)),
            line("smote", (0.0, 0.5, 20, 7)),
        ]
    )
    found = [(w.arm, w.ratio, w.to) for w in asked(arms)]
    assert found == [("untreated", 0.1, 10.0), ("smote", 10.0, None)]


@st.composite
def lines(draw):
    arms = {}
    for name in ("untreated", "a", "b", "c")[: draw(st.integers(1, 4))]:
        many = draw(st.integers(1, 5))
        ratios = sorted(
            draw(
                st.lists(
                    st.integers(1, 900),
                    min_size=many - 1,
                    max_size=many - 1,
                    unique=True,
                )
            )
        )
        arms[name] = tuple(
            CostStep(
                ratio=float(ratio),
                threshold=draw(st.floats(0, 1)),
                fp=draw(st.integers(0, 90)),
                fn=draw(st.integers(0, 10)),
            )
            for ratio in (0, *ratios)
        )
    return arms


@given(lines())
def test_before_anything_is_merged_the_cheapest_arm_is_named(arms):
    found = _stretches(arms)
    assert found[0].start == LOWEST
    for one, after in pairwise(found):
        assert one.end == after.start
        assert one.arm != after.arm
    for ratio in np.geomspace(LOWEST, HIGHEST, 60)[:-1]:
        held = next(one for one in found if ratio < one.end)
        assert cost(arms, held.arm, ratio) == pytest.approx(
            min(cost(arms, name, ratio) for name in arms)
        )


@given(lines())
def test_what_is_left_covers_all_ratios_and_is_worth_telling(arms):
    found = asked(arms, draws=20)
    assert found[0].ratio == LOWEST
    assert found[-1].to is None or found[-1].to >= HIGHEST
    for one, after in pairwise(found):
        assert one.to == after.ratio
        assert one.arm != after.arm
        assert one.to >= NARROWEST * one.ratio
    for one in found:
        if one.arm == "untreated":
            continue
        # Nobody called costs 10 r, everybody 90: savings are shares of the lower.
        ratios = np.geomspace(one.ratio, min(one.to or HIGHEST, HIGHEST), 4001)
        saved = [
            (cost(arms, "untreated", r) - cost(arms, one.arm, r)) / min(10 * r, 90)
            for r in ratios
        ]
        doublings = math.log2(ratios[-1] / ratios[0])
        # The engine adds up on a coarser grid.
        assert np.mean(saved) * doublings > LEAST_SAVED / 10


def cost(arms, name, ratio):
    step = step_at(arms[name], ratio)
    return step.fp + ratio * step.fn


def treated(seed=0, rows=4000):
    """Scores of a good arm beside a bad one."""
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < 0.1).astype(int)
    good, bad = y + rng.normal(0, 0.7, rows), y + rng.normal(0, 2.5, rows)
    arms = {"untreated": bad.astype(np.float32), "smote": good.astype(np.float32)}
    return y, arms, {name: cost_steps(y, s, y, s) for name, s in arms.items()}


def test_the_difference_is_that_of_the_test_rows_with_its_interval():
    y, scores, steps = treated()
    found = asked(steps, y, scores)
    won = next(w for w in found if w.arm == "smote" and w.ratio < 9 < (w.to or 1e9))
    costs = {}
    for name in scores:
        at = step_at(steps[name], won.at).threshold
        counts = confusion_at(y, scores[name], at)
        costs[name] = 1000 * (won.at * counts.fn + counts.fp) / len(y)
    assert won.difference == pytest.approx(costs["smote"] - costs["untreated"])
    low, high = won.ci
    assert low < won.difference < high < 0


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    y, scores, steps = treated()
    assert asked(steps, y, scores) == asked(steps, y, scores)
    assert asked(steps, y, scores) != asked(steps, y, scores, seed=4)


def test_the_interval_is_that_of_redrawn_rows():
    """Against a bootstrap written out: rows of each class drawn, costs counted."""
    y, scores, steps = treated(rows=800)
    won = next(w for w in asked(steps, y, scores, draws=2000) if w.arm == "smote")
    called = {
        name: scores[name] >= np.float64(step_at(steps[name], won.at).threshold)
        for name in scores
    }
    each = np.zeros(len(y))
    for name, sign in (("smote", 1), ("untreated", -1)):
        each += sign * np.where(y == 1, won.at * ~called[name], called[name])
    rng = np.random.default_rng(11)
    drawn = [
        sum(rng.choice(each[y == k], int((y == k).sum())).sum() for k in (0, 1))
        for _ in range(4000)
    ]
    limits = 1000 * np.quantile(drawn, [0.025, 0.975]) / len(y)
    assert won.ci == pytest.approx(tuple(limits), abs=0.1 * (limits[1] - limits[0]))


@for_each("y", [np.zeros(5, int), np.ones(5, int), np.array([], int)])
def test_without_both_classes_nobody_wins(y):
    arms = dict([line("untreated", (0.0, 0.5, 0, 0))])
    assert asked(arms, y) == ()


def test_without_an_arm_nobody_wins():
    assert asked({}) == ()
    assert asked({"untreated": ()}) == ()


def test_the_articles_balance_acts_as_if_a_miss_cost_54_false_alarms():
    # 42,617 : 783 balanced to 1:1 (Elkan 2001, theorem 1).
    assert implied_cost_ratio((42617, 783), (42617, 42617)) == pytest.approx(
        42617 / 783, rel=1e-12
    )
    assert implied_cost_ratio((42617, 783), (42617, 783)) == 1
    assert implied_cost_ratio((900, 100), (100, 100)) == pytest.approx(9)
    assert implied_cost_ratio((900, 100), (900, 450)) == pytest.approx(4.5)


def test_elkans_theorem_gives_back_the_cost_the_balance_was_made_for():
    """Multiplying negatives by p0/(1-p0) (1-p*)/p* makes the cut p0 act as p*."""
    for right in (0.02, 0.1, 0.4):
        negatives = 100_000
        kept = negatives * right / (1 - right)  # p0 = 0.5
        ratio = negatives / kept
        assert implied_cost_ratio((negatives, 500), (round(kept), 500)) == (
            pytest.approx(ratio, rel=1e-3)
        )
        assert 1 / (1 + ratio) == pytest.approx(right)


@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.1, 100))
def test_a_threshold_implies_the_ratio_of_elkans_cut(threshold, at_half):
    ratio = implied_at(threshold, at_half)
    # p* = 1 / (1 + r) for true probabilities, whose odds are at_half times smaller.
    odds = threshold / (1 - threshold) / at_half
    assert odds / (1 + odds) == pytest.approx(1 / (1 + ratio), rel=1e-9)


def test_the_ends_of_the_thresholds_imply_all_and_nothing():
    assert implied_at(0.0, 3.0) == math.inf
    assert implied_at(1.0, 3.0) == 0
    assert implied_at(float(np.nextafter(np.float32(1), np.float32(2))), 3.0) == 0
