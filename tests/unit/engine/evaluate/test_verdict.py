"""The sentences a reader sees, of two classes."""

import math

import msgspec
import numpy as np
import pytest
from scipy.stats import norm

from engine.core.costs import Costs
from engine.core.events import Advice, ArmEvaluated, ArmFailed, Sampled
from engine.core.outcome import (
    Alternative,
    Calibration,
    Delivered,
    Detectable,
    Skill,
    Unseen,
)
from engine.evaluate.detectable import skill
from engine.evaluate.verdict import words
from engine.evaluate.verdict.sentences import statements
from tests.support.each import for_each
from tests.support.verdict_samples import (
    COST,
    COSTS,
    FLOOR,
    KINDS,
    RANKING,
    arm,
    board,
    change,
    codes,
    everything,
    full,
    judge,
    over_folds,
    point,
    told,
    with_point,
)

# What is recommended


def test_the_articles_case():
    """Samplers find more at 0.5, and none is shown to be better."""
    evaluations = [
        arm("untreated"),
        arm("smote", (80, 1320), brier=0.104, large=-3.9),
        arm("enn", (98, 1710), brier=0.111, large=-4.1),
    ]
    comparison = [
        *full("smote", half="better", ranking="worse"),
        *full("enn", half="better", ranking="worse"),
    ]
    matched = {"enn": point("recall>=0.6", 98, 1241, 0.036)}
    said = judge(evaluations, comparison, matched=matched)
    assert said.code == "VRD002"
    assert said.headline == (
        "80 of 161 positives (recall 0.50, 95 % interval 0.42 to 0.57) with 959 false "
        "alarms: `untreated` at 0.047."
    )
    assert said.recommendation == (
        "Do not resample: no arm is shown to be better. Use `untreated`: predict "
        "positive from 0.047 on."
    )
    assert told(said, "VRD107") == [
        "`enn` at 0.5: 98 of 161 positives, 1,710 false alarms. `untreated` at 0.036, "
        "with the same recall out of fold: 98 of 161 positives, 1,241 false alarms."
    ]
    assert any(
        "`smote` is worse than `untreated` in av" in t for t in told(said, "VRD102")
    )
    (doubt,) = told(said, "VRD207")
    assert "`enn` (Brier 0.111), `smote` (Brier 0.104) are not probabilities" in doubt
    assert said.choice.arm == "untreated"
    assert said.choice.at == "recommended"
    assert said.choice.threshold == 0.047
    assert said.choice.cost == pytest.approx(1000 * (10 * 81 + 959) / 8680)


def test_a_better_arm_is_recommended_at_its_own_point():
    evaluations = [arm("untreated"), arm("smote", recommended=(100, 800, 0.4))]
    comparison = [
        change("smote", *COST, "better", size=12.34),
        change("smote", *RANKING, "worse"),
    ]
    said = judge(evaluations, comparison)
    assert said.code == "VRD001"
    assert said.recommendation == (
        "Use `smote`: predict positive from 0.4 on. It is better than `untreated` in "
        "cost per 1,000 rows with thresholds of least cost (−12.3, 95 % interval −18.5 "
        "to −6.2, adjusted p = 0.010)."
    )
    assert said.headline.endswith("with 800 false alarms: `smote` at 0.4.")
    assert said.choice.arm == "smote"
    # What it is worse in is told as well.
    assert "worse than `untreated` in average" in everything(said)


def test_better_ranking_that_costs_more_is_not_recommended():
    said = judge(
        [arm("untreated"), arm("smote")], full("smote", cost="worse", ranking="better")
    )
    assert said.code == "VRD003"
    assert said.choice.arm == "untreated"
    assert "Other arms rank better, but do worse at this" in said.recommendation
    assert told(said, "VRD101")
    assert told(said, "VRD102")


def test_keeping_none_says_its_threshold():
    said = judge([arm("untreated"), arm("smote", (3, 9))], full("smote"))
    assert (said.code, said.recommendation) == (
        "VRD004",
        "Use `untreated`: predict positive from 0.047 on. No other arm is shown to be "
        "better.",
    )


def test_weights_go_before_samplers_that_tie_with_them():
    comparison = [*full("weights", cost="better"), *full("smote", cost="better")]
    said = judge([arm("untreated"), arm("weights"), arm("smote")], comparison)
    assert said.recommendation.startswith("Use `weights`:")
    assert told(said, "VRD103")[0].startswith(
        "`smote` is better than `untreated` as well,"
    )
    said = judge([arm("untreated"), arm("weights"), arm("smote")], comparison[3:])
    assert told(said, "VRD104") == [
        "`weights`, which is simpler, is not shown to be better than `untreated`."
    ]


def test_what_half_finds_is_said_where_it_is_far_less():
    begin = "Do not use 0.5 with it: there `untreated` finds"
    half = {
        (0, 0): [f"{begin} none of the 161 positives."],
        (39, 7): [f"{begin} 39 of the 161 positives."],
        (40, 7): [],
    }
    for found, texts in half.items():
        said = judge([arm("untreated", found), arm("smote")], full("smote"))
        assert told(said, "VRD220") == texts, found
    few = arm("untreated", recommended=(9, 53, 0.035), rows=(288, 10))
    said = judge([few], [])
    assert told(said, "VRD220") == [f"{begin} none of the 10 positives."]
    assert said.headline.startswith("9 of 10 positives (recall 0.90, 95 % interval 0.6")
    assert said.headline.endswith("with 53 false alarms: `untreated` at 0.035.")


def test_nobody_is_called_only_if_no_test_row_is():
    nobody = {"recommended": (0, 0, 0.91)}
    said = judge([arm("untreated", **nobody), arm("smote")], full("smote"))
    assert said.headline.endswith("with 0 false alarms: `untreated` above all scores.")
    assert "Use `untreated`: predict no row positive." in said.recommendation
    # A test row may score higher than every row that the threshold was chosen on.
    said = judge(
        [arm("untreated", recommended=(2, 1, 0.91)), arm("smote")], full("smote")
    )
    assert said.headline.endswith("with 1 false alarm: `untreated` at 0.91.")
    assert "predict positive from 0.91 on" in said.recommendation


def test_no_skill_recommends_nothing():
    skill = Skill(shown=False, arm="smote", p=0.31, roc_auc=0.532)
    said = judge(
        [arm("untreated"), arm("smote")], full("smote", cost="better"), skill=skill
    )
    assert (said.code, said.choice) == ("VRD009", None)
    assert said.headline == "No arm is shown to rank better than chance."
    assert "`smote`: ROC AUC 0.532 on the test rows, adjusted p = 0.31" in (
        said.recommendation
    )
    assert told(said, "VRD115")
    assert not {"VRD112", "VRD202", "VRD210"} & {*codes(said.reasons, said.doubts)}


@for_each("rows", [(300, 12), (900, 60)])
def test_the_least_auc_that_could_be_seen_is_what_a_simulation_finds(rows):
    made = [
        arm(name, recommended=(1, 1, 0.3), rows=rows) for name in ("untreated", "enn")
    ]
    said = judge(
        made, [], skill=Skill(shown=False, arm="untreated", p=0.3, roc_auc=0.5)
    )
    (text,) = told(said, "VRD115")
    auc = float(text.split("of about ")[1].split()[0])
    rng, negatives, positives = np.random.default_rng(0), *rows
    y = np.repeat([0, 1], rows)
    shift = math.sqrt(2) * norm.ppf(auc)
    found = [
        skill({(name, None): (y, drawn) for name in "ab"}).shown
        for drawn in rng.normal(size=(400, negatives + positives)) + shift * y
    ]
    assert np.mean(found) == pytest.approx(0.8, abs=0.07)


@for_each("rows", [(3000, 8), (19, 161)])
def test_too_few_compare_no_arm_but_recommend_an_operating_point(rows):
    made = [
        arm(name, recommended=(7, 10, 0.3), rows=rows) for name in ("untreated", "enn")
    ]
    won = full("enn", half="better", cost="better", ranking="better")
    said = judge(made, won)
    assert said.code == "VRD005"
    assert said.recommendation.startswith(
        "Use `untreated` for now: predict positive from 0.3 on."
    )
    assert "20 are needed" in said.recommendation
    assert (said.choice.arm, said.choice.threshold) == ("untreated", 0.3)
    assert len(told(said, "VRD108")) == 1


@for_each(("positives", "call"), [(19, "VRD005"), (20, "VRD001")])
def test_the_border_of_too_few(positives, call):
    rows = (3000, positives)
    made = [
        arm(name, recommended=(7, 10, 0.3), rows=rows) for name in ("untreated", "enn")
    ]
    said = judge(made, full("enn", cost="better"))
    assert said.code == call


def test_what_it_takes_does_not_hang_on_three_rows():
    """Three rows on which arms always disagree are drawn to what is usual."""
    rows = (3000, 3)
    made = [
        arm(name, recommended=(2, 10, 0.3), rows=rows) for name in ("untreated", "enn")
    ]
    needed = []
    for share in (0.0, 1.0):
        seen = Detectable(
            arm="enn", at="fixed", positives=3, discordant=share, difference=0.9
        )
        said = judge(made, full("enn"), detectable=[seen])
        (text,) = told(said, "VRD108")
        needed.append(int(text.split("needs about ")[1].split(".")[0].replace(",", "")))
    assert needed[0] < needed[1] < 1.6 * needed[0]


# What cannot be compared


def test_without_none_an_arm_is_named_and_nothing_claimed():
    failed = ArmFailed(arm="untreated", code="x", message="No memory.\nmore", fix="")
    said = judge(
        [arm("smote", ranking=0.99), arm("enn", recommended=(90, 400, 0.2))],
        [],
        context={"failed": [failed]},
    )
    assert (said.code, said.choice.arm) == ("VRD007", "enn")
    assert "no arm can be compared without it" in said.recommendation
    assert "was not tested" in said.recommendation
    assert told(said, "VRD205") == [
        "`untreated` failed and was not compared: No memory."
    ]


def test_none_alone_is_recommended_at_its_point():
    said = judge([arm("untreated")], [])
    assert (said.code, said.choice.arm) == ("VRD006", "untreated")
    assert said.recommendation.startswith("Predict positive from 0.047 on. `untreated`")


@for_each("rows", [(100, 0), (0, 100)])
def test_test_rows_of_one_class_compare_nothing(rows):
    made = [
        arm(name, recommended=(0, 0, 0.3), rows=rows) for name in ("untreated", "enn")
    ]
    said = judge(made, [])
    assert (said.code, said.choice) == ("VRD008", None)
    said = judge([], [])
    assert (said.code, said.choice) == ("VRD007", None)


def test_an_unknown_point_is_refused():
    with pytest.raises(ValueError, match="no operating point 'alerts', only: recom"):
        board().point("untreated", "alerts")


# What it costs


def beside(*given):
    return [Alternative(name=n, cost=c, difference=d, ci=ci) for n, c, d, ci in given]


def test_the_cost_stands_beside_simpler_decisions():
    others = beside(
        ("nobody", 185.5, 18.3, (-4.0, 40.0)),
        ("everybody", 981.5, -777.7, (-800.0, -750.0)),
        ("fixed", 100.0, 103.8, (90.0, 120.0)),
    )
    said = judge(
        [arm("untreated"), arm("smote")],
        full("smote"),
        context={"alternatives": {"untreated": others}},
    )
    assert said.alternatives == tuple(others)
    assert told(said, "VRD112") == [
        "Cost per 1,000 test rows: 203.8 (a miss costs 10, a false alarm 1). "
        "Predicting no row positive costs 185.5, 18.3 less (95 % interval −40.0 to "
        "+4.0). Predicting every row positive costs 981.5, 777.7 more (95 % interval "
        "+750.0 to +800.0). `untreated` at 0.5 costs 100.0, 103.8 less (95 % interval "
        "−120.0 to −90.0)."
    ]
    assert told(said, "VRD210") == [
        "The recommendation is not shown to cost less than predicting no row "
        "positive. On "
        "the test rows `untreated` at 0.5 costs less."
    ]
    unpriced = judge(
        [arm("untreated"), arm("smote")],
        [],
        aim=FLOOR,
        context={"alternatives": {"untreated": others}},
    )
    assert not {"VRD112", "VRD202", "VRD210"} & {
        *codes(unpriced.reasons, unpriced.doubts),
    }


@for_each(
    ("ratio", "said"),
    [
        (3, "cost ratios up to 4:1. At 10:1 it is 0.047: 80 of 161 positives, "),
        (4, "cost ratios up to 4:1."),
        (5, "cost ratios from 4:1 to 50:1. Below 4:1 no row is predicted positive."),
        (50, "cost ratios from 4:1 to 50:1."),
        (51, "any cost ratio above 50:1. At 10:1 it is 0.047: 80 of 161 positives, "),
    ],
)
def test_at_which_costs_the_threshold_changes(ratio, said):
    costs = Costs(cost_fn=ratio, cost_fp=1)
    (text,) = told(judge([arm("untreated")], [], costs=costs), "VRD113")
    assert text.startswith(f"The threshold is the same at {said}")


def test_without_steps_of_cost_nothing_is_said_of_other_costs():
    untreated = msgspec.structs.replace(arm("untreated"), cost_steps=())
    said = judge([untreated], [])
    assert told(said, "VRD113") == []
    assert "from 0.047 on" in said.recommendation


def test_costs_that_nobody_gave_are_an_assumption():
    assumed = Costs(cost_fn=54.43, cost_fp=1, assumed=True)
    (text,) = told(judge([arm("untreated")], [], costs=assumed), "VRD202")
    assert "Assumed costs: a miss counts 54.4 false alarms" in text
    assert "Give yours" in text
    assert told(judge([arm("untreated")], []), "VRD202") == []


def test_where_none_is_better_no_dearer_arm_is_named():
    dearer = judge([arm("untreated"), arm("smote")], [change("smote", *COST, "worse")])
    assert told(dearer, "VRD105") == [
        "No arm is shown to be better than `untreated` in cost per 1,000 rows with "
        "thresholds of least cost. No arm has a better figure on these rows."
    ]
    cheaper = change("smote", *COST, "better", p=0.2)
    (text,) = told(judge([arm("untreated"), arm("smote")], [cheaper]), "VRD105")
    assert "The best on these rows: `smote` (−0.1, 95 %" in text


def test_what_was_requested_for_stands_beside_what_came():
    asked = Delivered(metric="recall", requested=0.8, value=0.61, ci=(0.53, 0.68))
    untreated = with_point(arm("untreated"), "recommended", delivered=asked)
    said = judge([untreated], [], aim=FLOOR)
    assert told(said, "VRD114") == [
        "Requested: a recall of at least 0.8. On the test rows: 0.61 (95 % "
        "interval 0.53 to 0.68)."
    ]
    nothing = Delivered(metric="precision", requested=0.2)
    untreated = with_point(arm("untreated"), "recommended", delivered=nothing)
    (text,) = told(judge([untreated], [], aim="precision>=0.2"), "VRD114")
    assert text.endswith("On the test rows no row is predicted positive.")


# The folds


@for_each(
    ("probability", "call"), [(0.805, "VRD001"), (0.795, "VRD004"), (0.3, "VRD004")]
)
def test_what_the_folds_do_not_confirm_is_a_doubt(probability, call):
    comparison = full("smote", cost="better")
    folds = [over_folds("smote", "cost_per_1000", probability)]
    said = judge([arm("untreated"), arm("smote")], comparison, folds=folds)
    assert said.code == call
    doubted = told(said, "VRD213")
    assert bool(doubted) == (call == "VRD004")
    if doubted:
        assert "`smote` is ahead of `untreated` in cost per 1,000 rows" in doubted[0]
        assert f"probability {probability:.2f}" in doubted[0]
    else:
        (agree,) = told(said, "VRD110")
        assert agree.startswith("25 folds agree: cost per 1,000 rows −0.0")


@for_each("probability", [0.19, 0.21, 0.9])
def test_losses_are_told_only_if_the_folds_agree(probability):
    comparison = full("smote", cost="worse")
    folds = [over_folds("smote", "cost_per_1000", probability)]
    said = judge([arm("untreated"), arm("smote")], comparison, folds=folds)
    assert said.code == "VRD004"
    assert bool(told(said, "VRD102")) == (probability < 0.2)
    assert bool(told(said, "VRD213")) == (probability > 0.2)


@for_each(
    ("ranking", "probability", "said"),
    [
        ("worse", 0.02, False),  # both say so
        ("same", 0.99, True),
        ("same", 0.01, True),
        ("same", 0.7, False),
    ],
)
def test_folds_that_the_test_rows_do_not_follow(ranking, probability, said):
    comparison = full("smote", ranking=ranking)
    for folds, shown in ((25, said), (3, False)):
        over = over_folds("smote", "average_precision", probability, folds=folds)
        found = judge([arm("untreated"), arm("smote")], comparison, folds=[over])
        assert bool(told(found, "VRD209")) == shown


def test_equal_in_practice_is_an_interval_inside_the_rope():
    def over(ci, folds=25):
        return over_folds(
            "smote", "average_precision", 0.5, ci=ci, difference=0.0, folds=folds
        )

    both = [arm("untreated"), arm("smote")]
    said = judge(both, full("smote"), folds=[over((-0.009, 0.009))])
    assert told(said, "VRD109") == [
        "25 folds: `smote` is practically the same as `untreated` in average "
        "precision; the 95 % interval of the difference lies within ± 0.01."
    ]
    for wider in (over((-0.009, 0.011)), over((-0.001, 0.001), folds=3)):
        assert not told(judge(both, full("smote"), folds=[wider]), "VRD109")
    adopted = judge(
        both,
        full("smote", cost="better"),
        folds=[over_folds("smote", "average_precision", 0.6, same=0.97)],
    )
    assert "VRD212" in codes(adopted.doubts)


# Other reasons and doubts


def test_only_supported_differences_become_statements():
    changes = [None, change("smote", *COST, "same"), change("enn", *COST, "worse")]
    said = statements(board(), changes)
    assert [one.code for one in said] == ["VRD102"]
    assert said[0].text.startswith(
        "`enn` is worse than `untreated` in cost per 1,000 rows"
    )


@for_each(
    ("metric", "at", "name"),
    [
        ("false_positive_rate", FLOOR, "false positive rate at an equal recall of 0.8"),
        ("recall", "alerts<=5%", "recall with equal alerts, alerts on 5 % of the rows"),
        ("recall", "precision>=0.2", "recall at an equal precision of 0.2"),
    ],
)
def test_what_is_matched_is_told_and_decides_only_what_is_aimed_at(metric, at, name):
    ahead = change("smote", metric, at, "better")
    assert words.name(ahead) == name
    both = [arm("untreated"), arm("smote")]
    kept = judge(both, [*full("smote"), ahead])
    assert kept.code == "VRD004"
    (doubt,) = told(kept, "VRD211")
    assert name in doubt
    used = judge(both, [*full("smote", cost="better"), ahead])
    (text,) = told(used, "VRD111")
    assert text.startswith(f"`smote` is better than `untreated` in {name}")
    aimed = judge(both, [*full("smote"), ahead], aim=at)
    assert aimed.code == "VRD001"
    assert name in aimed.recommendation
    assert "VRD111" not in codes(aimed.reasons)


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
    said = judge([arm("untreated"), smote, enn], [*full("smote"), *full("enn")])
    (doubt,) = told(said, "VRD207")
    assert doubt.endswith(
        "recalibrate them before you read them as risks. Recalibrate "
        "`smote` by shifting the odds back to the prevalence (Brier 0.018)."
    )


def test_what_so_few_positives_do_not_show():
    seen = Detectable(
        arm="smote", at="fixed", positives=161, discordant=0.2, difference=0.13
    )
    both = [arm("untreated"), arm("smote")]
    (text,) = told(judge(both, full("smote"), detectable=[seen]), "VRD208")
    assert "161 positives cannot reliably show a difference below 0.13" in text
    shown = judge(both, full("smote", half="better"), detectable=[seen])
    assert told(shown, "VRD208") == []


def test_what_is_known_of_the_run_becomes_doubts():
    equal = Unseen(rows=8000, positives=100, average_precision=0.1)
    untreated = msgspec.structs.replace(arm("untreated"), unseen=equal)
    advice = [
        Advice(code=code, column=None, message="something", fix="do it")
        for code in ("IMB001", "IMB012", "IMB019", "IMB029", "IMB030")
    ]
    said = judge(
        [untreated, arm("smote")],
        full("smote"),
        context={
            "trials": {"untreated": 20, "smote": 3},
            "cross_validated": {"untreated": 0.25},
            "sampled": Sampled(rows=10, of=20),
            "advice": advice,
            "failed": [ArmFailed(arm="enn", code="x", message="no", fix="")],
        },
    )
    assert codes(said.doubts) == [
        *("VRD201", "VRD220", "VRD218", "VRD217", "VRD214", "VRD215", "VRD214"),
        *("VRD216", "VRD225", "VRD204", "VRD203", "VRD205", "VRD206"),
    ]
    assert told(said, "VRD217") == [
        "Average precision 0.200 of `untreated` on the test rows, 0.250 in "
        "cross-validation: the latter is the best of 20 trials and tends to be too "
        "high."
    ]
    assert told(said, "VRD218")[0].startswith("680 of the 8,680 test rows have an eq")
    assert told(said, "VRD215") == ["Something. What to do: do it."]
    unknown = judge(
        [arm("untreated")],
        [],
        context={
            "trials": {"untreated": 20},
            "cross_validated": {"untreated": math.nan},
        },
    )
    assert "VRD217" not in codes(unknown.doubts)


def test_names_of_arms_are_only_names():
    """An arm that no kind is known of, and points that only some arms have."""
    odd = ArmEvaluated(
        arm="odd",
        operating_points=(point("recommended", 1, 2), point("fixed", 1, 2)),
        test={},
    )
    said = judge([arm("untreated"), odd], full("odd", cost="better"), kinds=KINDS)
    assert said.choice.arm == "odd"
    assert said.choice.cost == pytest.approx(
        COSTS.per_1000(tn=8517, fp=2, fn=160, tp=1)
    )
    assert "nan" not in everything(said)
