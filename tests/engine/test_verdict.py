"""The sentences a reader sees."""

import msgspec
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
from engine.evaluate.reasons import statements
from engine.evaluate.rules import Board
from engine.events import (
    ArmEvaluated,
    ArmFailed,
    Calibration,
    Detectable,
    FoldComparison,
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
        "same 98 (recall 0.61, 95 % interval 0.53 to 0.68) with 1,241 false alarms "
        "instead of 1,710."
    )
    text = everything(said)
    assert "`smote` is worse than `none` in average precision (−0.100" in text
    assert "no arm is shown to be cheaper than `none`" in text
    assert "`enn` (Brier 0.111), `smote` (Brier 0.104) are no longer" in text


def test_moving_says_both_when_the_found_differ():
    evaluations = [arm("none"), arm("smote", (85, 1320))]
    said = judge(evaluations, full("smote", half="better"))
    assert said.recommendation.endswith(
        "to 0.047. `none` then finds 80 (recall 0.50, 95 % interval 0.42 to 0.57) "
        "with 959 false alarms, where `smote` at 0.5 finds 85 with 1,320."
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
        "the same 98 (recall 0.61, 95 % interval 0.53 to 0.68) with 1,241 false alarms "
        "instead of 1,710."
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
    assert "to 0.044. `none` then finds the same 85 (recall 0.53," in (
        said.recommendation
    )
    assert "with 1,000 false alarms instead of 1,320." in said.recommendation


def test_moving_without_a_moved_point_still_recommends():
    points = (point("default", 0, 0),)
    none = ArmEvaluated(arm="none", operating_points=points, test={})
    said = judge([none, arm("enn", (98, 9))], full("enn", half="better")[:1])
    assert said.recommendation == "Do not resample: lower the threshold of `none`."


def test_only_supported_differences_become_statements():
    changes = [None, change("smote", *COST, "same"), change("enn", *COST, "worse")]
    said = statements(board(), changes)
    assert [one.code for one in said] == ["VRD102"]
    assert said[0].text.startswith("`enn` is worse than `none` in cost per 1,000 rows")


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


# What is too small to tell


def small(name, found, positives=8, alarms=100, *, negatives=3000):
    def at(policy, found, alarms, threshold=0.5):
        one = point(policy, 0, 0, threshold)
        counts = msgspec.structs.replace(
            one.confusion,
            tp=found,
            fn=positives - found,
            fp=alarms,
            tn=negatives - alarms,
        )
        return msgspec.structs.replace(one, confusion=counts)

    points = (at("default", found, alarms), at("cost", found, alarms, 0.1))
    return ArmEvaluated(arm=name, operating_points=points, test={"brier": 0.1})


WON = full("smote", half="better", cost="better", ranking="better")


def test_with_eight_positives_nothing_is_adopted():
    said = judge([small("none", 0), small("smote", 7)], WON, positives_test=8)
    assert said.call == "VRD005"
    assert said.headline == (
        "Too few to tell: 8 test rows are positives, and on fewer than 20 no arm is "
        "called better, whatever the tests say."
    )
    assert said.recommendation == (
        "Keep `none` for now, and collect more or hold out a larger share. With 8 "
        "positives only a difference in recall of 0.80 or more would show in four runs "
        "of five; for one of 0.10 it takes about 249."
    )
    assert said.reasons[0].startswith("At the threshold 0.5 `smote` misses 1 of 8")
    assert said.reason_codes == ("VRD108",)


def test_how_often_arms_disagree_is_used_where_it_is_known():
    known = Detectable(
        arm="smote", policy="default", positives=8, discordant=0.875, difference=0.9
    )
    said = judge(
        [small("none", 0), small("smote", 7)],
        WON,
        positives_test=8,
        detectable=[known],
    )
    assert "for one of 0.10 it takes about 7" in said.recommendation


def test_five_positives_can_show_nothing():
    said = judge([small("none", 0, 5), small("smote", 5, 5)], WON, positives_test=5)
    assert "With 5 positives no difference in recall could show at all;" in (
        said.recommendation
    )


def test_few_negatives_are_too_few_as_well():
    arms = [small(name, 100, 161, 3, negatives=19) for name in ("none", "smote")]
    said = judge(arms, WON)
    assert said.headline.startswith("Too few to tell: 19 test rows are negatives")


@pytest.mark.parametrize(("positives", "call"), [(19, "VRD005"), (20, "VRD001")])
def test_twenty_are_enough(positives, call):
    arms = [small("none", 0, positives), small("smote", 9, positives)]
    assert judge(arms, WON, positives_test=positives).call == call


def seen(name, difference, *, positives=161):
    return Detectable(
        arm=name,
        policy="default",
        positives=positives,
        discordant=0.3,
        difference=difference,
    )


def test_differences_below_what_can_be_seen_are_doubted():
    comparison = [
        change("smote", "recall", "default", "same"),
        change("enn", "recall", "default", "same"),
        change("weights", "recall", "default", "better"),
    ]
    arms = [arm(n) for n in ("none", "weights", "smote", "enn")]
    found = [seen("smote", 0.12), seen("enn", 0.13), seen("weights", 0.2)]
    said = judge(arms, comparison, detectable=found)
    (doubt,) = [d for d in said.doubts if "goes unseen" in d]
    assert doubt == (
        "At the threshold 0.5 `enn`, `smote` are not shown to differ in recall from "
        "`none`, which says little: with 161 positives a difference below 0.13 goes "
        "unseen more often than in one run of five."
    )
    wide = change("smote", "recall", "default", "same")
    wide = msgspec.structs.replace(wide, difference=0.5)
    said = judge(arms, [wide], detectable=[seen("smote", 0.12)])
    assert "VRD208" not in said.doubt_codes


# The folds


def over_folds(name, worse, same, better, *, p=0.01):
    return FoldComparison(
        a=name,
        b="none",
        metric="average_precision",
        folds=25,
        difference=0.05 * (better - worse),
        ci=(-0.01, 0.03),
        p=p,
        adjusted_p=p,
        rope=0.01,
        worse=worse,
        same=same,
        better=better,
        method="",
    )


@pytest.mark.parametrize(
    ("ranking", "fold", "code"),
    [
        ("better", (0.8, 0.1, 0.1), "VRD213"),
        ("better", (0.3, 0.4, 0.3), "VRD213"),
        ("better", (0.1, 0.2, 0.7), None),
        ("worse", (0.1, 0.1, 0.8), "VRD209"),
        ("same", (0.0, 0.02, 0.98), "VRD209"),
        ("same", (0.98, 0.02, 0.0), "VRD209"),
        ("same", (0.1, 0.2, 0.7), None),
    ],
)
def test_folds_that_point_the_other_way_are_a_doubt(ranking, fold, code):
    said = judge(
        [arm("none"), arm("smote")],
        full("smote", ranking=ranking),
        folds=[over_folds("smote", *fold)],
    )
    assert {"VRD209", "VRD213"} & {*said.doubt_codes} == ({code} if code else set())


@pytest.mark.parametrize(
    ("difference", "p", "call"),
    [
        (0.02, 0.39, "VRD001"),  # better at all: 1 - p / 2
        (0.02, 0.41, "VRD004"),
        (-0.02, 0.39, "VRD004"),
        (0.0, 1.0, "VRD004"),
    ],
)
def test_what_the_folds_do_not_confirm_is_not_called_better(difference, p, call):
    """One model of an arm may be better by the luck of its seed."""
    fold = msgspec.structs.replace(
        over_folds("smote", 0.2, 0.3, 0.5, p=p), difference=difference
    )
    arms = [arm("none"), arm("smote")]
    said = judge(arms, full("smote", cost="better", ranking="better"), folds=[fold])
    assert said.call == call
    told = [d for d in said.doubts if "luck of one trained model" in d]
    assert bool(told) == (call == "VRD004")
    if told:
        assert "`smote` is ahead of `none` in cost per 1,000 rows" in told[0]
        assert "is better" not in said.recommendation
    unfolded = judge(arms, full("smote", cost="better", ranking="better"))
    assert unfolded.call == "VRD001"


def test_an_unconfirmed_gain_is_no_gain_with_a_loss():
    fold = over_folds("smote", 0.5, 0.2, 0.3, p=0.8)
    comparison = full("smote", cost="better", ranking="worse")
    arms = [arm("none"), arm("smote")]
    assert judge(arms, comparison).call == "VRD003"
    assert judge(arms, comparison, folds=[fold]).call == "VRD004"


def test_what_the_folds_say_for_an_adopted_arm():
    arms = [arm("none"), arm("smote")]
    comparison = full("smote", ranking="better")
    said = judge(arms, comparison, folds=[over_folds("smote", 0.0, 0.1, 0.9)])
    (text,) = [
        r for r, code in zip(said.reasons, said.reason_codes, strict=True)
        if code == "VRD110"
    ]  # fmt: skip
    assert text == (
        "The 25 folds speak for `smote` as well: average precision +0.045, 95 % "
        "interval −0.010 to +0.030; the probability that it is better by more than "
        "0.01 is 0.90."
    )
    said = judge(arms, comparison, folds=[over_folds("smote", 0.0, 0.97, 0.03)])
    assert "VRD212" in said.doubt_codes
    assert "VRD110" not in said.reason_codes


def test_practically_the_same_is_a_reason_to_keep_none():
    said = judge(
        [arm("none"), arm("smote"), arm("enn")],
        [*full("smote"), *full("enn")],
        folds=[over_folds(n, 0.01, 0.97, 0.02, p=0.6) for n in ("smote", "enn")],
    )
    assert said.reasons[-1] == (
        "Over the 25 folds `enn`, `smote` are practically the same as `none` in "
        "average precision: within ± 0.01 with a probability above 0.95."
    )


# Moving the threshold, further


def test_none_at_the_prevalence_is_put_beside_the_best_recipe():
    said = judge([arm("none"), arm("smote", (118, 2100))], full("smote", half="better"))
    assert (
        "With its threshold at the prevalence, 0.018, `none` finds 123 of 161 (recall "
        "0.76, 95 % interval 0.69 to 0.82) with 2,058 false alarms: about as many as "
        "`smote` at 0.5, which finds 118 with 2,100."
    ) in said.reasons
    said = judge([arm("none"), arm("smote", (98, 1710))], full("smote", half="better"))
    assert any(
        "with 2,058 false alarms, where `smote` at 0.5 finds 98 with 1,710." in reason
        for reason in said.reasons
    )


@pytest.mark.parametrize(
    ("smote", "doubted"), [((98, 900), True), ((98, 1200), False), ((90, 900), False)]
)
def test_more_alarms_for_no_more_found_are_a_doubt(smote, doubted):
    """At the comparable threshold `none` finds 98 with 1,241 false alarms."""
    arms = [arm("none"), arm("smote", smote)]
    matched = {"smote": point("recall>=0.6", 98, 1241, 0.036)}
    said = judge(arms, full("smote", half="better"), matched=matched)
    assert ("VRD210" in said.doubt_codes) == doubted


@pytest.mark.parametrize(
    ("metric", "policy", "name"),
    [
        ("false_positive_rate", FLOOR, "false-alarm rate at an equal recall of 0.8"),
        ("recall", "alerts<=5%", "recall at an equal 5 % of the rows alarmed"),
    ],
)
def test_what_is_matched_does_not_decide_but_is_told(metric, policy, name):
    ahead = change("smote", metric, policy, "better")
    kept = judge([arm("none"), arm("smote")], [*full("smote"), ahead])
    assert kept.call == "VRD004"
    (doubt,) = [d for d in kept.doubts if "the counts favour `smote`" in d]
    assert name in doubt
    used = judge([arm("none"), arm("smote")], [*full("smote", cost="better"), ahead])
    assert "VRD111" in used.reason_codes
    assert any(f"`smote` is better than `none` in {name}" in r for r in used.reasons)


# Probabilities


def test_what_brings_probabilities_back_is_named():
    smote = msgspec.structs.replace(
        arm("smote", brier=0.104),
        calibration=(
            Calibration(method="none"),
            Calibration(method="prior", brier=0.018),
        ),
        repair="prior",
    )
    enn = msgspec.structs.replace(arm("enn", brier=0.11), repair="platt")
    said = judge([arm("none"), smote, enn], [*full("smote"), *full("enn")])
    (doubt,) = [d for d in said.doubts if "no longer probabilities" in d]
    assert doubt.endswith(
        "do not read them as risks without recalibrating. What brings them back: "
        "`smote` by shifting the odds back to the prevalence (Brier 0.018)."
    )


def test_costs_of_right_answers_change_the_ratio():
    said = judge([arm("none"), arm("smote")], full("smote"), cost_tp=2.0, cost_tn=0.5)
    assert any("a missed positive counts 16 times" in doubt for doubt in said.doubts)
