"""The rules as truth tables, and the doubts."""

import itertools

import pytest
from scipy.stats import binomtest
from verdict_samples import (
    COST,
    FLOOR,
    KINDS,
    POSITIVES,
    RANKING,
    SIGN,
    arm,
    board,
    change,
    full,
    judge,
    point,
)

from engine.evaluate import doubts, rules
from engine.evaluate.rules import Board
from engine.events import (
    ArmEvaluated,
    ArmFailed,
    Comparison,
)

# Rules


@pytest.mark.parametrize(
    ("ci", "p", "supported"),
    [
        ((0.1, 0.3), 0.01, True),
        ((0.1, 0.3), 0.05, False),
        ((0.1, 0.3), 0.049, True),
        ((-0.1, 0.3), 0.01, False),
        ((0.0, 0.3), 0.01, False),
        ((-0.3, 0.0), 0.01, False),
        ((-0.3, -0.1), 0.01, True),
        ((-0.3, 0.1), 0.6, False),
        ((0.0, 0.0), 1.0, False),
    ],
)
@pytest.mark.parametrize("metric", ["recall", "false_positive_rate", *COST[:1]])
def test_supported_needs_both_interval_and_p(ci, p, supported, metric):
    value = sum(ci) / 2
    c = Comparison(
        a="smote", b="none", policy="default", metric=metric, difference=value, ci=ci,
        p=p, adjusted_p=p, method="",
    )  # fmt: skip
    good = SIGN.get(metric, -1) * value > 0
    assert rules.is_supported(c) == supported
    assert rules.is_better(c) == (supported and good)
    assert rules.is_worse(c) == (supported and not good)


def test_what_was_not_compared_is_not_supported():
    assert not rules.is_supported(None)
    assert not rules.is_better(None)
    assert not rules.is_worse(None)


@pytest.mark.parametrize(
    ("cost", "ranking", "candidate"),
    [
        ("better", "same", True),
        ("same", "better", True),
        ("better", "better", True),
        ("better", "worse", False),
        ("worse", "better", False),
        ("same", "same", False),
        ("worse", "worse", False),
        ("worse", "same", False),
        ("same", "worse", False),
    ],
)
def test_candidate_is_better_in_one_and_worse_in_neither(cost, ranking, candidate):
    b = board(*full("smote", cost=cost, ranking=ranking))
    assert (rules.candidates(b) == ["smote"]) == candidate


@pytest.mark.parametrize(
    ("half", "cost", "floor", "ranking", "call"),
    [
        (half, cost, floor, ranking, call)
        for half, cost, floor, ranking in itertools.product(
            ("better", "same", "worse"), repeat=4
        )
        for call in [
            "adopt"
            if "better" in (cost, ranking) and "worse" not in (cost, ranking)
            else "move"
            if half == "better" and cost != "better"
            else "mixed"
            if "better" in (cost, ranking)
            else "keep"
        ]
    ],
)
def test_call(half, cost, floor, ranking, call):
    comparison = full("smote", half=half, cost=cost, floor=floor, ranking=ranking)
    assert rules.decide(board(*comparison)) == call


@pytest.mark.parametrize(
    ("weights", "smote", "enn", "chosen"),
    [
        # Intervals of the difference in cost; None is no candidate.
        ((-20, -5), (-22, -6), None, "weights"),
        ((-20, -5), (-40, -21), None, "smote"),
        ((-20, -5), (-22, -6), (-40, -21), "enn"),
        (None, (-22, -6), None, "smote"),
        (None, (-22, -6), (-30, -2), "enn"),
        (None, (-22, -6), (-22, -6), "enn"),  # by name, for want of a reason
    ],
)
def test_simpler_is_preferred_unless_beaten(weights, smote, enn, chosen):
    intervals = {"weights": weights, "smote": smote, "enn": enn}
    comparison = [
        change(name, *COST, "better", size=-sum(ci) / 2, ci=ci)
        for name, ci in intervals.items()
        if ci
    ]
    b = board(*comparison)
    names = rules.candidates(b)
    assert set(names) == {name for name, ci in intervals.items() if ci}
    assert rules.simplest(b, names) == chosen


def test_a_recipe_can_also_be_beyond_weights_in_ranking():
    b = board(
        change("weights", *RANKING, "better", size=0.02),
        change("smote", *RANKING, "better", size=0.2),
    )
    assert rules.simplest(b, rules.candidates(b)) == "smote"


def test_arms_that_find_more_are_sorted_by_misses():
    evaluations = [arm("none"), arm("smote", (80, 1320)), arm("enn", (98, 1710))]
    comparison = [*full("smote", half="better"), *full("enn", half="better")]
    b = Board(evaluations, comparison, KINDS)
    assert rules.finds_more_at_half(b) == ["enn", "smote"]


@pytest.mark.parametrize(
    ("found", "policy"), [(98, FLOOR), (81, "cost"), (0, "f1"), (161, "prevalence")]
)
def test_comparable_point_has_the_closest_misses(found, policy):
    assert rules.comparable_point(board(), POSITIVES - found).policy == policy


def test_comparable_point_of_equals_has_the_fewest_alarms():
    points = (point("f1", 98, 1300), point("cost", 98, 1241), point(FLOOR, 98, 1400))
    none = ArmEvaluated(arm="none", operating_points=points, test={})
    assert rules.comparable_point(Board([none], []), 63).policy == "cost"


def test_no_moved_point_is_no_comparable_point():
    none = ArmEvaluated(arm="none", operating_points=(point("default", 0, 0),), test={})
    assert rules.comparable_point(Board([none], []), 63) is None


@pytest.mark.parametrize(
    ("none", "smote", "enn", "first"),
    [
        ((0, 0), (80, 1320), (98, 1710), "enn"),
        ((98, 2000), (80, 1320), (98, 1710), "none"),
        ((0, 0), (98, 1320), (98, 1710), "smote"),
        ((0, 0), (98, 1320), (98, 1320), "enn"),
    ],
)
def test_fewest_missed(none, smote, enn, first):
    b = Board([arm("none", none), arm("smote", smote), arm("enn", enn)], [], KINDS)
    assert rules.fewest_missed(b, "default") == first


# Doubts


@pytest.mark.parametrize("positives", [4, 10, 100, 160, 398])
def test_half_width_is_wilsons(positives):
    interval = binomtest(positives // 2, positives).proportion_ci(method="wilson")
    assert doubts.half_width(positives) == pytest.approx(
        (interval.high - interval.low) / 2
    )


def test_few_positives():
    text = doubts.few_positives(161)
    assert "with 161 positives a recall of 0.50 is known to ± 0.08" in text
    assert "too few" not in text
    assert "too few" in doubts.few_positives(12)
    assert doubts.few_positives(400) is None


def test_costs_split_trials_and_failures_are_named():
    failed = ArmFailed(arm="kmeans", code="x", message="No cluster.\nmore", remedy="")
    said = judge(
        [arm("none"), arm("smote")], full("smote"), failed=[failed], unequal_trials=True
    )
    text = "\n".join(said.doubts)
    assert "a missed positive counts 10 times a false alarm" in text
    assert "There is one split" in text
    assert "`kmeans` gave no result and was not compared: No cluster." in text
    assert "not tuned with the same number of trials" in text
    calm = judge([arm("none"), arm("smote")], full("smote"), positives_test=4000)
    assert len(calm.doubts) == 2


@pytest.mark.parametrize(
    ("test", "base", "broken"),
    [
        ({"brier": 0.104}, {"brier": 0.017}, True),
        ({"brier": 0.0175}, {"brier": 0.017}, False),
        ({"large": -4.0}, {"large": 0.1}, True),
        ({"large": -0.5}, {"large": 0.1}, False),
        ({"large": -4.0}, {"large": -4.1}, False),
        ({"slope": 0.3}, {"slope": 0.9}, True),
        ({"slope": 0.6}, {"slope": 0.9}, False),
        ({"slope": 2.5}, {}, True),
        ({"slope": -0.2}, {}, True),
        ({"slope": 0.3}, {"slope": 0.2}, False),
        ({"slope": None, "large": None, "brier": None}, {}, False),
    ],
)
def test_broken_calibration(test, base, broken):
    b = Board([arm("none", **base), arm("smote", **test)], [], KINDS)
    said = doubts.broken_calibration(b)
    assert (said is not None) == broken
    if broken:
        assert "`smote`" in said
        assert "no longer probabilities" in said


def test_calibration_falls_back_on_the_intercept():
    test = {"brier": None, "calibration_slope": 1.0, "calibration_intercept": -4.0}
    smote = ArmEvaluated(arm="smote", operating_points=(), test=test)
    assert "`smote`" in doubts.broken_calibration(Board([arm("none"), smote], []))


# Sentences
