"""The rules as truth tables, and the doubts that are rules of their own."""

import itertools

import msgspec
import pytest
from scipy.stats import binomtest

from engine.core.events import ArmEvaluated
from engine.core.experiment import DecisionSpec
from engine.core.outcome import Comparison, Skill
from engine.evaluate import board as aims
from engine.evaluate.board import Board, aim
from engine.evaluate.repeated import compare_folds
from engine.evaluate.verdict import rules, words
from engine.evaluate.verdict import sentences as doubts
from tests.support.each import for_each
from tests.support.verdict_samples import (
    COST,
    GREATER,
    KINDS,
    RANKING,
    arm,
    board,
    change,
    full,
    over_folds,
)

EFFECTS = ("better", "same", "worse")


@for_each(
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
@for_each("metric", ["recall", "false_positive_rate", "f1", *COST[:1]])
def test_supported_needs_both_interval_and_p(ci, p, supported, metric):
    value = sum(ci) / 2
    c = Comparison(
        a="smote", b="untreated", at="fixed", metric=metric, difference=value, ci=ci,
        p=p, adjusted_p=p, method="",
    )  # fmt: skip
    good = (value > 0) == (metric in GREATER)
    assert rules.is_supported(c) == supported
    assert rules.is_better(c) == (supported and good)
    assert rules.is_worse(c) == (supported and not good)


def test_what_was_not_compared_is_not_supported():
    assert not rules.is_supported(None)
    assert not rules.is_better(None)
    assert not rules.is_worse(None)


@for_each(("cost", "ranking"), itertools.product(EFFECTS, repeat=2))
def test_an_arm_is_preferred_for_the_aim_or_for_ranking_at_no_price(cost, ranking):
    """A gain in the aim is enough; one in ranking must not cost anything there."""
    b = board(*full("smote", cost=cost, ranking=ranking))
    expected = cost == "better" or (ranking == "better" and cost != "worse")
    assert (rules.candidates(b) == ["smote"]) == expected


def test_ranking_is_not_enough_with_a_worse_figure_in_the_aim():
    behind = change("smote", *COST, "same", size=0.1)
    behind = Comparison(
        **{k: getattr(behind, k) for k in behind.__struct_fields__}
        | {"difference": 0.01, "ci": (-0.1, 0.12)}
    )
    b = board(change("smote", *RANKING, "better"), behind)
    assert rules.candidates(b) == []
    assert rules.decide(b) == "mixed"


@for_each(("half", "cost", "ranking"), itertools.product(EFFECTS, repeat=3))
def test_call(half, cost, ranking):
    comparison = full("smote", half=half, cost=cost, ranking=ranking)
    expected = (
        "adopt"
        if cost == "better" or (ranking == "better" and cost != "worse")
        else "mixed"
        if ranking == "better"
        else "move"
        if half == "better"
        else "keep"
    )
    assert rules.decide(board(*comparison)) == expected
    untreated = board(*comparison, skill=Skill(shown=False))
    assert rules.decide(untreated) == "no-skill"
    shown = board(*comparison, skill=Skill(shown=True))
    assert rules.decide(shown) == expected


@for_each("effect", ["better", "worse"])
@for_each(("what", "other"), [(COST, RANKING), (RANKING, COST)])
@for_each(("agree", "shown"), [(0.99, True), (0.81, True), (0.79, False), (0.2, False)])
def test_gains_and_losses_are_confirmed_in_their_own_metric(
    what, other, effect, agree, shown
):
    """The other metric has no say in it, whatever it says over the folds."""
    probability = agree if effect == "better" else 1 - agree
    for elsewhere in (0.01, 0.99):
        folds = [
            over_folds("smote", what[0], probability),
            over_folds("smote", other[0], elsewhere),
        ]
        b = board(change("smote", *what, effect), folds=folds)
        found = rules.gains if effect == "better" else rules.losses
        assert bool(found(b, "smote")) == shown
        assert bool(rules.unconfirmed_differences(b, "smote")) != shown


@for_each("at", DecisionSpec().points[1:])
def test_every_point_is_decided_in_a_metric_that_the_rules_know(at):
    what, ranking = aims.deciding_metrics(at)
    assert what == aim(at)
    assert ranking == RANKING
    for effect, call in (("better", "adopt"), ("worse", "keep"), ("same", "keep")):
        b = board(change("smote", *what, effect), aim=at)
        assert rules.decide(b) == call
    other = "cost" if at != "cost" else "fixed"
    elsewhere = change("smote", *aim(other), "better")
    assert rules.decide(board(elsewhere, aim=at)) == "keep"


@for_each(
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


@for_each(("dearer", "chosen"), [(False, "smote"), (True, "weights")])
def test_a_sampler_beyond_weights_in_ranking_must_not_be_dearer(dearer, chosen):
    costs = (6, 5) if dearer else (5, 6)
    b = board(
        change("weights", *COST, "better", size=costs[0]),
        change("smote", *COST, "better", size=costs[1]),
        change("weights", *RANKING, "better", size=0.02),
        change("smote", *RANKING, "better", size=0.2),
    )
    assert rules.simplest(b, rules.candidates(b)) == chosen


def test_arms_that_find_more_are_sorted_by_misses_and_the_beaten_left_out():
    evaluations = [
        arm("untreated"),
        arm("smote", (80, 1320)),
        arm("enn", (98, 1710)),
        arm("weights", (98, 1500)),
    ]
    names = ("smote", "enn", "weights")
    comparison = [c for name in names for c in full(name, half="better")]
    b = Board(evaluations, comparison, KINDS)
    found = rules.finds_more_at_half(b)
    assert found == ["weights", "enn", "smote"]
    assert rules.best_at_half(b, found) == ["weights", "smote"]


# Doubts


@for_each("positives", [4, 10, 100, 160, 398])
def test_half_width_is_wilsons(positives):
    interval = binomtest(positives // 2, positives).proportion_ci(method="wilson")
    assert words.half_width(positives) == pytest.approx(
        (interval.high - interval.low) / 2
    )


def test_few_positives():
    def told(positives):
        said = doubts.few_rows(
            Board([arm("untreated", rows=(900, positives))], [], KINDS)
        )
        return said and said.text

    text = told(161)
    assert "with 161 positives the 95 % interval of a recall of 0.50 is ± 0.08" in text
    assert "too few" not in text
    assert "too few" in told(12)
    assert told(400) is None


@for_each(
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
    b = Board([arm("untreated", **base), arm("smote", **test)], [], KINDS)
    said = doubts.broken_calibration(b, b.others())
    assert (said is not None) == broken
    if broken:
        assert "`smote`" in said.text
        assert "not probabilities" in said.text


def test_calibration_falls_back_on_the_intercept():
    test = {"brier": None, "calibration_slope": 1.0, "calibration_intercept": -4.0}
    smote = ArmEvaluated(arm="smote", operating_points=(), test=test)
    said = doubts.broken_calibration(Board([arm("untreated"), smote], []), ["smote"])
    assert "`smote`" in said.text


@for_each(
    ("figures", "area", "said"),
    [
        (
            {"untreated": 0.99, "smote": 0.7},
            0.99,
            "Average precision 0.990 of `untreated`",
        ),
        ({"smote": 0.99}, 0.99, "Average precision 0.990 of `smote`"),  # no `untreated`
        ({"untreated": 0.99, "smote": 0.7}, 0.9, None),
        (
            {"untreated": 0.3, "smote": 0.3, "enn": 0.3},
            0.8,
            "Average precision 0.300 in all 3 arms",
        ),
        ({"untreated": 0.3, "smote": 0.3}, 0.8, None),
        ({"untreated": None, "smote": None}, None, None),
    ],
)
def test_figures_too_good_to_be_true(figures, area, said):
    made = [arm(name, ranking=value) for name, value in figures.items()]
    made = [
        msgspec.structs.replace(one, test=one.test | {"roc_auc": area}) for one in made
    ]
    found = doubts.suspicious(Board(made, [], KINDS))
    assert found is None if said is None else found.text.startswith(said)


def test_no_false_alarm_in_any_arm_is_told():
    found = [arm(name, (90, 0)) for name in ("untreated", "smote", "enn")]
    said = doubts.no_false_alarm(Board(found, []))
    assert "0 false alarms at 0.5 in all 3 arms" in said.text
    assert doubts.no_false_alarm(Board(found[:2], [])) is None
    assert doubts.no_false_alarm(Board([*found[:2], arm("enn", (90, 1))], [])) is None


# What folds alone speak for -----------------------------------------------------------

BASE = {"cost_per_1000": [50.0, 60.0, 70.0], "average_precision": [0.5, 0.6, 0.7]}
CHEAPER = {"cost_per_1000": [40.0, 51.0, 59.0], "average_precision": [0.4, 0.5, 0.6]}
CHEAPEST = {"cost_per_1000": [20.0, 70.0, 30.0], "average_precision": [0.5, 0.6, 0.7]}
RANKS = {"cost_per_1000": [50.0, 60.0, 70.0], "average_precision": [0.6, 0.71, 0.8]}
DEAR = {"cost_per_1000": [51.0, 60.0, 70.0], "average_precision": [0.6, 0.71, 0.8]}


@for_each(
    ("arms", "confidence", "expected"),
    [
        ({"smote": CHEAPER}, 0.8, "smote"),
        ({"smote": CHEAPER}, 0.9999, "untreated"),
        # Surely better before better on average; the mean decides among both.
        ({"smote": CHEAPER, "enn": CHEAPEST}, 0.99, "smote"),
        ({"smote": CHEAPER, "enn": CHEAPEST}, 0.5, "enn"),
        ({"smote": RANKS}, 0.8, "smote"),
        ({"smote": RANKS, "enn": CHEAPER}, 0.8, "enn"),
        ({"smote": DEAR}, 0.8, "untreated"),
        ({"smote": BASE}, 0.5, "untreated"),
        ({"smote": CHEAPER, "weights": CHEAPER}, 0.8, "smote"),
        ({}, 0.8, "untreated"),
    ],
)
def test_folds_speak_for_an_arm(arms, confidence, expected):
    values = {"untreated": BASE, **arms}
    comparisons = compare_folds(
        values,
        control="untreated",
        metrics=tuple(BASE),
        train_share=2 / 3,
        repeats=1,
        rope=0.01,
    )
    how = {"metric": "cost_per_1000", "confidence": confidence}
    assert rules.best_over_folds(values, comparisons, **how) == expected


def test_without_the_untreated_rows_the_best_mean_is_taken():
    values = {"smote": CHEAPER, "enn": CHEAPEST}
    assert rules.best_over_folds(values, (), metric="cost_per_1000") == "enn"
    # What was compared and failed later is no choice.
    (c,) = compare_folds(
        {"untreated": BASE, "enn": CHEAPER},
        control="untreated",
        metrics=["cost_per_1000"],
        train_share=2 / 3,
        repeats=1,
        rope=0.01,
    )
    found = rules.best_over_folds({"untreated": BASE}, [c], metric="cost_per_1000")
    assert found == "untreated"
