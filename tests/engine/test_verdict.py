"""The sentences a reader sees."""

import pytest
from verdict_samples import (
    COST,
    FLOOR,
    arm,
    board,
    change,
    everything,
    full,
    judge,
    point,
)

from engine.evaluate import words
from engine.evaluate.rules import Board
from engine.evaluate.verdict import _statements
from engine.events import (
    ArmEvaluated,
    ArmFailed,
)
from engine.spec import DecisionSpec


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
