"""The rules as truth tables, the doubts, and the sentences a reader sees."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import binomtest

from engine.evaluate import doubts, rules, words
from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.metrics import confusion_at, ranking_metrics
from engine.evaluate.rules import Board
from engine.evaluate.threshold import choose
from engine.evaluate.verdict import _statements, verdict
from engine.events import (
    ArmEvaluated,
    ArmFailed,
    Comparison,
    Confusion,
    OperatingPoint,
    Verdict,
)
from engine.spec import DecisionSpec

POSITIVES, NEGATIVES = 161, 8519
KINDS = {"none": "control", "weights": "control", "smote": "recipe", "enn": "recipe"}
FLOOR = "recall>=0.8"
COST, RANKING = ("cost_per_1000", "cost"), ("average_precision", None)
SIGN = {"recall": 1, "average_precision": 1, "false_positive_rate": -1}


def point(policy, found, alarms, threshold=0.5):
    confusion = Confusion(
        tn=NEGATIVES - alarms, fp=alarms, fn=POSITIVES - found, tp=found
    )
    return OperatingPoint(
        policy=policy, threshold=threshold, confusion=confusion, metrics={}
    )


def arm(name, half=(0, 0), *, brier=0.017, large=0.0, slope=1.0):
    return ArmEvaluated(
        arm=name,
        operating_points=(
            point("default", *half),
            point("prevalence", 123, 2058, 0.018),
            point("f1", 60, 500, 0.06),
            point("cost", 80, 959, 0.047),
            point(FLOOR, 98, 1241, 0.036),
        ),
        test={
            "brier": brier,
            "calibration_slope": slope,
            "calibration_in_the_large": large,
        },
    )


def change(name, metric, policy, effect, *, size=0.1, p=None, ci=None):
    """Return a comparison; effect is "better", "worse" or "same"."""
    good = SIGN.get(metric, -1)
    value = {"better": good, "worse": -good, "same": 0}[effect] * size
    half = size if effect == "same" else size / 2
    if p is None:
        p = 0.5 if effect == "same" else 0.01
    return Comparison(
        a=name,
        b="none",
        policy=policy,
        metric=metric,
        difference=value,
        ci=ci or (value - half, value + half),
        p=p,
        adjusted_p=p,
        method="",
    )


def full(name, *, half="same", cost="same", floor="same", ranking="same"):
    """Return what decides about an arm, and cost at a recall floor, which does not."""
    return [
        change(name, "recall", "default", half),
        change(name, *COST, cost),
        change(name, "cost_per_1000", FLOOR, floor),
        change(name, *RANKING, ranking),
    ]


def board(*comparison, arms=("none", "weights", "smote", "enn")):
    return Board([arm(name) for name in arms], list(comparison), KINDS)


def judge(evaluations, comparison, **kwargs):
    settings = {
        "kinds": KINDS,
        "policy": "default",
        "positives_test": POSITIVES,
        "cost_fn": 10.0,
        "cost_fp": 1.0,
    }
    return verdict(evaluations, comparison, **settings | kwargs)


def everything(said):
    return "\n".join([said.headline, said.recommendation, *said.reasons, *said.doubts])


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


def test_the_articles_case():
    """Recipes find more at 0.5, but none does as well once its threshold moves."""
    evaluations = [
        arm("none"),
        arm("smote", (80, 1320), brier=0.104, large=-3.9),
        arm("enn", (98, 1710), brier=0.111, large=-4.1),
    ]
    comparison = [
        *full("smote", half="better", ranking="worse"),
        change("enn", "recall", "default", "better", size=0.61, p=1e-9),
        *full("enn", half="better", ranking="worse")[1:],
    ]
    said = judge(evaluations, comparison)
    assert said.headline == (
        "At the threshold 0.5 `enn` misses 63 of 161 positives with 1,710 false "
        "alarms; `none` misses 161 with 0 false alarms (recall +0.61, 95 % interval "
        "+0.30 to +0.92, adjusted p < 0.001)."
    )
    assert said.recommendation == (
        "Do not resample: move the threshold of `none` to 0.036. `none` then finds the "
        "same 98 with 1,241 false alarms instead of 1,710."
    )
    text = everything(said)
    assert "`smote` is worse than `none` in average precision (−0.100" in text
    assert "no arm is shown to be cheaper than `none`" in text
    assert "`enn` (Brier 0.111), `smote` (Brier 0.104) are no longer" in text


def test_moving_says_both_when_the_found_differ():
    evaluations = [arm("none"), arm("smote", (85, 1320))]
    said = judge(evaluations, full("smote", half="better"))
    assert said.recommendation.endswith(
        "to 0.047. `none` then finds 80 with 959 false alarms, where `smote` at 0.5 "
        "finds 85 with 1,320."
    )


def test_moving_instead_of_weighing():
    evaluations = [arm("none"), arm("weights", (98, 1710))]
    said = judge(evaluations, full("weights", half="better"))
    assert said.recommendation.startswith("Do not weigh: move the threshold of `none`")


def test_moving_speaks_of_the_best_recipe_even_if_weights_find_more():
    evaluations = [arm("none"), arm("weights", (120, 2000)), arm("enn", (98, 1710))]
    comparison = [*full("weights", half="better"), *full("enn", half="better")]
    said = judge(evaluations, comparison)
    assert said.headline.startswith("At the threshold 0.5 `weights` misses 41 of 161")
    assert said.recommendation.startswith("Do not resample: move")
    assert said.recommendation.endswith(
        "the same 98 with 1,241 false alarms instead of 1,710."
    )


def test_a_point_of_none_alone_can_be_the_comparable_one():
    """A run may add points to `none` that match what a recipe finds at 0.5."""
    none = arm("none")
    matched = point("recall>=0.53", 85, 1000, 0.044)
    none = ArmEvaluated(
        arm="none",
        operating_points=(*none.operating_points, matched),
        test=none.test,
    )
    said = judge([none, arm("smote", (85, 1320))], full("smote", half="better"))
    assert "to 0.044. `none` then finds the same 85 with 1,000" in said.recommendation


def test_moving_without_a_moved_point_still_recommends():
    points = (point("default", 0, 0),)
    none = ArmEvaluated(arm="none", operating_points=points, test={})
    said = judge([none, arm("enn", (98, 9))], full("enn", half="better")[:1])
    assert said.recommendation == "Do not resample: lower the threshold of `none`."


def test_only_supported_differences_become_statements():
    changes = [None, change("smote", *COST, "same"), change("enn", *COST, "worse")]
    said = _statements(board(), changes)
    assert len(said) == 1
    assert said[0].startswith("`enn` is worse than `none` in cost per 1,000 rows")


def test_a_supported_recipe_is_recommended_with_its_interval_and_price():
    evaluations = [arm("none"), arm("weights"), arm("smote", (80, 1320))]
    comparison = [
        *full("smote", half="better"),
        change("smote", *COST, "better", size=12.34),
        *full("weights"),
    ]
    comparison.remove(change("smote", *COST, "same"))
    said = judge(evaluations, comparison)
    assert said.recommendation == (
        "Use `smote`: it is better than `none` in cost per 1,000 rows with thresholds "
        "of least cost (−12.3, 95 % interval −18.5 to −6.2, adjusted p = 0.010). At "
        "the threshold 0.5 it misses 81 of 161 positives with 1,320 false alarms, "
        "where `none` misses 161 of 161 positives with 0 false alarms."
    )
    assert "`weights`, the simpler way, is not shown to be better than `none`." in (
        said.reasons
    )


def test_weights_are_preferred_to_recipes_that_tie_with_them():
    evaluations = [arm("none"), arm("weights", (70, 900)), arm("smote", (80, 1320))]
    comparison = [*full("weights", cost="better"), *full("smote", cost="better")]
    said = judge(evaluations, comparison)
    assert said.recommendation.startswith("Use `weights`: it is better than `none`")
    assert said.reasons[0].startswith("`smote` is better than `none` as well, but not")


def test_keeping_none_names_its_least_cost_threshold():
    said = judge([arm("none"), arm("smote", (3, 9))], full("smote"))
    assert said.recommendation == (
        "Keep `none`: no other arm is shown to be better. At these costs its threshold "
        "belongs at 0.047, where it misses 81 of 161 positives with 959 false alarms."
    )
    assert "chance alone could explain it (recall 0.00," in said.headline


def test_a_gain_with_a_loss_is_told_as_both():
    said = judge(
        [arm("none"), arm("smote")], full("smote", cost="better", ranking="worse")
    )
    assert said.recommendation.startswith("Keep `none`, unless")
    assert any("better than `none` in cost" in reason for reason in said.reasons)
    assert any("worse than `none` in average" in reason for reason in said.reasons)


def test_what_does_not_decide_is_no_reason_for_a_mixed_verdict():
    cheap_at_half = change("smote", "cost_per_1000", "default", "better")
    comparison = [*full("smote", cost="better", floor="better", ranking="worse")]
    said = judge([arm("none"), arm("smote")], [*comparison, cheap_at_half])
    assert len(said.reasons) == 2


def test_none_missing_the_fewest_is_said():
    said = judge([arm("none", (98, 1710)), arm("smote", (80, 9))], full("smote"))
    assert said.headline == (
        "No arm misses fewer than `none`: at the threshold 0.5 it misses 63 of 161 "
        "positives with 1,710 false alarms."
    )


@pytest.mark.parametrize(
    ("policy", "place"),
    [
        ("f1", "of highest F1"),
        ("cost", "of least cost"),
        (FLOOR, "for a recall of 0.8"),
    ],
)
@pytest.mark.parametrize("effect", ["better", "worse", None])
def test_fewer_misses_at_a_tuned_threshold_are_counted_not_tested(
    policy, place, effect
):
    none, enn = arm("none"), arm("enn")
    points = tuple(
        point(p.policy, 110, 1500, p.threshold) if p.policy == policy else p
        for p in enn.operating_points
    )
    enn = ArmEvaluated(arm="enn", operating_points=points, test=enn.test)
    tested = [change("enn", "recall", policy, effect)] if effect else []
    said = judge([none, enn], [*full("enn"), *tested], policy=policy)
    counts = Board([none], []).point("none", policy).confusion
    assert said.headline == (
        f"With thresholds {place} `enn` misses 51 of 161 positives with 1,500 false "
        f"alarms; `none` misses {counts.fn} with {counts.fp:,} false alarms; this is "
        "not tested, because each arm's threshold was tuned on other rows, so a "
        "difference in recall alone would say nothing about the remedy."
    )
    assert said.recommendation.startswith("Keep `none`: no other arm is shown")


def test_a_missing_comparison_at_a_fixed_threshold_is_said():
    said = judge([arm("none"), arm("enn", (98, 1710))], [])
    assert said.headline.endswith("with 0 false alarms; the difference was not tested.")


def test_without_none_nothing_is_compared():
    failed = ArmFailed(arm="none", code="x", message="out of memory", remedy="")
    said = judge([arm("smote"), arm("enn")], [], failed=[failed])
    assert said.headline == "Nothing can be compared: the control `none` has no result."
    assert "without it no remedy can be judged" in said.recommendation
    assert any("`none` gave no result" in doubt for doubt in said.doubts)


def test_none_alone_and_no_positives():
    said = judge([arm("none", (5, 1))], [])
    assert said.headline == (
        "Only `none` has a result: at the threshold 0.5 it misses 156 of 161 positives "
        "with 1 false alarm."
    )
    said = judge([arm("none"), arm("smote")], [], positives_test=0)
    assert said.headline == "Nothing can be compared: the test rows hold no positive."


def test_an_unknown_policy_is_refused():
    with pytest.raises(ValueError, match="no operating point 'alerts', only: default"):
        judge([arm("none"), arm("smote")], [], policy="alerts")


@pytest.mark.parametrize("policy", DecisionSpec().policies)
def test_the_chosen_policy_is_the_one_spoken_of(policy):
    comparison = [change("enn", "recall", policy, "better")]
    evaluations = [arm("none"), arm("enn")]
    said = judge(evaluations, comparison, policy=policy)
    assert words.at(policy).casefold() in said.headline.casefold()


# Properties over everything that can be said

EFFECTS = st.sampled_from(["better", "same", "worse"])


@st.composite
def situations(draw):
    names = [n for n in KINDS if n == "none" or draw(st.booleans())]
    evaluations, comparison = [], []
    for name in names:
        found = st.integers(0, POSITIVES)
        points = tuple(
            point(p, draw(found), draw(st.integers(0, NEGATIVES)), 0.1)
            for p in DecisionSpec().policies
        )
        brier = draw(st.sampled_from([0.01, 0.1]))
        evaluations.append(
            ArmEvaluated(arm=name, operating_points=points, test={"brier": brier})
        )
        if name == "none":
            continue
        comparison += [
            change(name, metric, p, draw(EFFECTS))
            for p in DecisionSpec().policies
            for metric in ("recall", "false_positive_rate", "cost_per_1000")
        ]
        comparison.append(change(name, *RANKING, draw(EFFECTS)))
    return evaluations, comparison, draw(st.sampled_from(DecisionSpec().policies))


@settings(max_examples=150, deadline=None)
@given(situations(), st.randoms())
def test_order_of_arms_and_comparisons_does_not_matter(situation, random):
    evaluations, comparison, policy = situation
    expected = judge(evaluations, comparison, policy=policy)
    random.shuffle(evaluations)
    random.shuffle(comparison)
    kinds = dict(random.sample(list(KINDS.items()), len(KINDS)))
    assert judge(evaluations, comparison, policy=policy, kinds=kinds) == expected


@settings(max_examples=150, deadline=None)
@given(situations())
def test_every_claim_is_supported_and_every_miss_has_its_price(situation):
    evaluations, comparison, policy = situation
    said = judge(evaluations, comparison, policy=policy)
    by_text = {
        (c.a, word, words.name(c))
        for c in comparison
        for word, holds in (("better", rules.is_better), ("worse", rules.is_worse))
        if holds(c)
    }
    claims = re.findall(
        r"`(\w+)` is (better|worse) than `none` in ([^(]+) \(", everything(said)
    )
    assert set(claims) <= by_text
    for sentence in re.split(r"(?<=[a-z`)])\. ", everything(said)):
        if re.search(r"\b(misses|finds) [\d t]", sentence):
            assert "false alarm" in sentence
    use = re.match(r"Use `(\w+)`", said.recommendation)
    if use:
        chosen = [c for c in comparison if c.a == use[1]]
        decisive = [c for c in chosen if (c.metric, c.policy) in (COST, RANKING)]
        assert any(map(rules.is_better, decisive))
        assert not any(map(rules.is_worse, decisive))


@settings(max_examples=100, deadline=None)
@given(situations())
def test_nothing_supported_means_no_claim(situation):
    evaluations, comparison, policy = situation
    dull = [
        Comparison(
            a=c.a, b=c.b, policy=c.policy, metric=c.metric, difference=c.difference,
            ci=c.ci, p=c.p, adjusted_p=0.05, method="",
        )
        for c in comparison
    ]  # fmt: skip
    said = judge(evaluations, dull, policy=policy)
    text = everything(said)
    assert not re.search(r"`\w+` is (better|worse)", text)
    assert not said.recommendation.startswith(("Use", "Do not"))


# From scores to verdict


def drawn(seed, *, recipes, rows, positives, gain=0.0, shift=0.0, alone=False):
    """Return arms with drawn scores and thresholds from other rows.

    Every recipe, or the first alone, gains in telling the classes apart.
    """
    rng = np.random.default_rng(seed)
    y = np.zeros(rows, dtype=int)
    y[:positives] = 1
    truth = rng.normal(size=rows) + 1.2 * y - 3
    made = []
    for number in range(recipes + 1):
        name, kind = ("none", "control") if number == 0 else (f"r{number}", "recipe")
        better = number == 1 if alone else number > 0
        extra = gain * y * better + shift * (number > 0)
        scores = expit(truth + 0.5 * rng.normal(size=rows) + extra)
        # Out-of-fold scores: other rows from the same source.
        other = expit(rng.normal(size=rows) * np.sqrt(1.25) + 1.2 * y - 3 + extra)
        thresholds = {
            p: choose(p, y, other, prevalence=positives / rows, cost_fn=10, cost_fp=1)
            for p in DecisionSpec().policies
        }
        made.append(ArmScores(name, kind, y, scores, thresholds))
    return made


def evaluated(arm, test):
    points = tuple(
        OperatingPoint(
            policy=policy,
            threshold=threshold,
            confusion=confusion_at(arm.y_test, arm.scores, threshold),
            metrics={},
        )
        for policy, threshold in arm.thresholds.items()
    )
    return ArmEvaluated(arm=arm.name, operating_points=points, test=test)


def from_scores(seed, *, recipes=2, rows=1500, positives=90, **effect):
    """Run thresholds, comparison and verdict on drawn scores."""
    made = drawn(seed, recipes=recipes, rows=rows, positives=positives, **effect)
    return judge(
        [evaluated(a, ranking_metrics(a.y_test, a.scores)) for a in made],
        compare(made, cost_fn=10, cost_fp=1, seed=seed, draws=300),
        kinds={a.name: a.kind for a in made},
        positives_test=positives,
    )


def call(seed, *, recipes, **effect):
    """Return what is decided on drawn scores."""
    made = drawn(seed, recipes=recipes, rows=800, positives=80, **effect)
    # Enough that the smallest p, times the tests, is far below 0.05.
    draws = 200 + 160 * recipes
    comparison = compare(made, cost_fn=10, cost_fp=1, seed=seed, draws=draws)
    kinds = {a.name: a.kind for a in made}
    b = Board([evaluated(a, {}) for a in made], comparison, kinds)
    return rules.decide(b), rules.candidates(b)


@pytest.mark.parametrize(("recipes", "runs"), [(1, 150), (5, 50)])
def test_equal_arms_are_seldom_called_better(recipes, runs):
    """Recipes that equal `none` but for noise, each with thresholds of its own.

    What decides is one family at 5 %, two-sided. When costs at tuned recall floors
    decided as well, a win came up in every sixth run.
    """
    calls = [call(seed, recipes=recipes)[0] for seed in range(runs)]
    assert sum(c in ("adopt", "mixed") for c in calls) <= 0.06 * runs


@pytest.mark.parametrize("recipes", [1, 5])
def test_one_better_recipe_among_equals_is_found(recipes):
    calls = [call(s, recipes=recipes, gain=0.8, alone=True) for s in range(5)]
    assert calls == [("adopt", ["r1"])] * 5


def test_a_better_recipe_is_found():
    said = [from_scores(seed, gain=1.5) for seed in range(5)]
    assert all(v.recommendation.startswith("Use `r") for v in said)


def test_a_recipe_that_only_raises_scores_is_answered_by_the_threshold():
    said = [from_scores(seed, recipes=1, shift=2.5) for seed in range(5)]
    moved = [v for v in said if v.recommendation.startswith("Do not resample: move")]
    assert len(moved) >= 4
    assert all("no longer probabilities" in everything(v) for v in said)


def test_a_verdict_is_plain():
    said = from_scores(0, shift=2.5)
    assert isinstance(said, Verdict)
    assert all(line.endswith(".") for line in everything(said).splitlines())
    assert "nan" not in everything(said)
