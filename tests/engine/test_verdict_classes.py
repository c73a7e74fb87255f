"""The verdict for more than two classes, by the rules of two."""

import itertools

import pytest

from engine.evaluate import rules
from engine.evaluate.verdict_classes import ClassBoard, verdict_classes
from engine.events import (
    ArmEvaluated,
    ArmFailed,
    ClassConfusion,
    ClassPoint,
    Comparison,
    FoldComparison,
)

KINDS = {"none": "control", "smote": "recipe", "enn": "recipe"}
LABELS = ("normal", "hyper", "hypo")
COST, RANKING = ("cost_per_1000", "cost"), ("average_precision", None)
SIGN = {"macro_recall": 1, "average_precision": 1, "cost_per_1000": -1}


def point(policy, right, sizes=(300, 70, 60)):
    """Return a point: of each class `right` rows are called what they are."""
    matrix = tuple(
        tuple(
            good if across == down else (size - good if across == (down == 0) else 0)
            for across in range(3)
        )
        for down, (good, size) in enumerate(zip(right, sizes, strict=True))
    )
    recall = {
        label: good / size if size else None
        for label, good, size in zip(LABELS, right, sizes, strict=True)
    }
    return ClassPoint(
        policy=policy,
        weights=dict(zip(LABELS, (1.0, 4.2857, 5.0), strict=True)),
        confusion=ClassConfusion(labels=LABELS, matrix=matrix),
        recall=recall,
        recall_ci=dict.fromkeys(LABELS),
        precision=dict.fromkeys(LABELS),
        metrics={},
    )


def arm(name, default=(290, 20, 15), sizes=(300, 70, 60), **test):
    return ArmEvaluated(
        arm=name,
        operating_points=(),
        test=test,
        class_points=(
            point("default", default, sizes),
            point("prevalence", (sizes[0] - 40, sizes[1] - 20, sizes[2] - 20), sizes),
            point("f1", default, sizes),
            point("cost", (sizes[0] - 80, sizes[1] - 10, sizes[2] - 10), sizes),
        ),
    )


def change(name, metric, policy, effect):
    good = SIGN[metric]
    value = {"better": good, "worse": -good, "same": 0}[effect] * 0.1
    half, p = (0.1, 0.5) if effect == "same" else (0.05, 0.01)
    return Comparison(
        a=name,
        b="none",
        policy=policy,
        metric=metric,
        difference=value,
        ci=(value - half, value + half),
        p=p,
        adjusted_p=p,
        method="",
    )


def full(name, *, half="same", cost="same", ranking="same"):
    return [
        change(name, "macro_recall", "default", half),
        change(name, *COST, cost),
        change(name, *RANKING, ranking),
    ]


def judge(evaluations, comparison, **kwargs):
    settings = {"kinds": KINDS, "policy": "default", "cost_ratio": 10.0}
    return verdict_classes(evaluations, comparison, **settings | kwargs)


CALLS = {"adopt": "VRD001", "move": "VRD002", "mixed": "VRD003", "keep": "VRD004"}


@pytest.mark.parametrize(
    ("half", "cost", "ranking"),
    itertools.product(("better", "same", "worse"), repeat=3),
)
def test_the_call_is_that_of_two_classes(half, cost, ranking):
    expected = (
        "adopt"
        if "better" in (cost, ranking) and "worse" not in (cost, ranking)
        else "move"
        if half == "better" and cost != "better"
        else "mixed"
        if "better" in (cost, ranking)
        else "keep"
    )
    comparison = full("smote", half=half, cost=cost, ranking=ranking)
    evaluations = [arm("none"), arm("smote")]
    assert rules.decide(ClassBoard(evaluations, comparison, KINDS)) == expected
    said = judge(evaluations, comparison)
    assert said.call == CALLS[expected]
    assert len(said.reasons) == len(said.reason_codes)
    assert len(said.doubts) == len(said.doubt_codes)
    text = " ".join([said.headline, said.recommendation, *said.reasons])
    assert "nan" not in text
    assert "false alarm" not in text


def test_moving_names_the_weights_of_none():
    evaluations = [arm("none"), arm("smote", (270, 50, 45))]
    said = judge(evaluations, full("smote", half="better"))
    assert said.headline.startswith(
        "With every class weighed alike `smote` has a mean recall of 0.79 (of `hypo` "
        "0.75, `hyper` 0.71, `normal` 0.90); `none` has a mean recall of 0.50"
    )
    assert said.recommendation.startswith(
        "Do not resample: call rows of `none` with classes weighed by their prevalence "
        "(`normal` × 1, `hyper` × 4.29, `hypo` × 5). It then has a mean recall of 0."
    )


def test_a_supported_recipe_is_recommended():
    evaluations = [arm("none"), arm("smote", (280, 50, 45))]
    said = judge(evaluations, full("smote", cost="better"))
    assert said.recommendation.startswith(
        "Use `smote`: it is better than `none` in cost per 1,000 rows with class "
        "weights of least cost (−0.1, 95 % interval"
    )


def test_keeping_none_and_finding_no_more():
    said = judge([arm("none"), arm("smote", (280, 10, 10))], full("smote"))
    assert said.headline.startswith(
        "With every class weighed alike no arm finds more of the classes than `none`"
    )
    assert said.recommendation.startswith("Keep `none`: no other arm is shown")


def test_a_class_of_few_rows_adopts_nothing():
    sizes = (30, 7, 6)
    evaluations = [arm("none", (29, 2, 2), sizes), arm("smote", (28, 6, 6), sizes)]
    said = judge(evaluations, full("smote", cost="better", half="better"))
    assert said.call == "VRD005"
    assert said.headline == (
        "Too few to tell: there are 6 test rows of class `hypo`, and on fewer than 20 "
        "no arm is called better, whatever the tests say."
    )
    assert "With 6 rows of class `hypo` only a difference in recall of" in (
        said.recommendation
    )
    assert said.reason_codes == ("VRD108",)
    assert any("Few rows of class `hypo`: with 6 rows" in d for d in said.doubts)


def test_a_policy_of_two_classes_falls_back():
    evaluations = [arm("none"), arm("smote")]
    said = judge(evaluations, full("smote"), policy="recall>=0.8")
    assert said == judge(evaluations, full("smote"))


def test_calibration_folds_and_failures_are_doubted():
    fold = FoldComparison(
        a="smote",
        b="none",
        metric="average_precision",
        folds=5,
        difference=-0.05,
        ci=(-0.08, -0.02),
        p=0.01,
        adjusted_p=0.01,
        rope=0.01,
        worse=0.97,
        same=0.03,
        better=0.0,
        method="",
    )
    failed = ArmFailed(arm="enn", code="x", message="no room", remedy="")
    said = judge(
        [arm("none", brier=0.1), arm("smote", brier=0.4)],
        full("smote", ranking="better"),
        folds=[fold],
        failed=[failed],
        unequal_trials=True,
    )
    assert {"VRD205", "VRD206", "VRD207", "VRD213"} <= set(said.doubt_codes)


def test_what_cannot_be_compared():
    assert judge([arm("smote")], []).call == "VRD007"
    assert judge([arm("none")], []).call == "VRD006"
    one = arm("none", (5, 0, 0), (5, 0, 0))
    one = ArmEvaluated(
        arm="none", operating_points=(), test={}, class_points=one.class_points[:1]
    )
    assert judge([one, arm("smote")], []).call == "VRD008"
