"""The verdict for more than two classes, by the rules of two."""

import itertools

from engine.core.costs import Costs
from engine.core.events import ArmEvaluated, ArmFailed
from engine.core.outcome import (
    Alternative,
    ClassConfusion,
    ClassPoint,
    Comparison,
    Skill,
)
from engine.evaluate.board import Board, ClassBoard
from engine.evaluate.verdict import rules
from engine.evaluate.verdict.verdict import Context, verdict
from tests.support.each import for_each
from tests.support.verdict_samples import (
    COST,
    change,
    codes,
    everything,
    full,
    over_folds,
    told,
)

KINDS = {"untreated": "control", "smote": "sampler", "enn": "sampler"}
LABELS = ("normal", "hyper", "hypo")
COSTS = Costs(cost_fn=5, cost_fp=1, assumed=True, classes=dict.fromkeys(LABELS, 1.0))


def point(at, right, sizes=(300, 70, 60)):
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
        name=at,
        weights=dict(zip(LABELS, (1.0, 4.2857, 5.0), strict=True)),
        confusion=ClassConfusion(labels=LABELS, matrix=matrix),
        recall=recall,
        recall_ci=dict.fromkeys(LABELS),
        precision=dict.fromkeys(LABELS),
        metrics={"cost_per_1000": float(sum(sizes) - sum(right))},
    )


def arm(name, default=(290, 20, 15), sizes=(300, 70, 60), **test):
    return ArmEvaluated(
        arm=name,
        operating_points=(),
        test=test,
        class_points=(
            point("recommended", [max(0, n - 10) for n in sizes], sizes),
            point("fixed", default, sizes),
        ),
    )


def of_classes(name, *, half="same", cost="same", ranking="same"):
    """As `full`, with the mean recall of the classes at 0.5."""
    return [
        change(name, "macro_recall", "fixed", half),
        *full(name, cost=cost, ranking=ranking)[1:],
    ]


def judge(evaluations, comparison, *, context=None, **kwargs):
    given = {"kinds": KINDS, "costs": COSTS} | kwargs
    made = ClassBoard(evaluations, comparison, **given)
    return verdict(made, Context(**context or {}))


CALLS = {"adopt": "VRD001", "move": "VRD002", "mixed": "VRD003", "keep": "VRD004"}


@for_each(
    ("half", "cost", "ranking"),
    itertools.product(("better", "same", "worse"), repeat=3),
)
def test_the_call_is_that_of_two_classes(half, cost, ranking):
    comparison = of_classes("smote", half=half, cost=cost, ranking=ranking)
    evaluations = [arm("untreated"), arm("smote")]
    found = rules.decide(ClassBoard(evaluations, comparison, KINDS))
    two = Board([], full("smote", half=half, cost=cost, ranking=ranking), KINDS)
    assert bool(rules.gains(two, "smote")) == (found in ("adopt", "mixed"))
    said = judge(evaluations, comparison)
    assert said.code == CALLS[found]
    text = everything(said)
    assert "nan" not in text
    assert "false alarm" not in text


def test_the_weights_of_none_are_named_and_are_the_choice():
    evaluations = [arm("untreated"), arm("smote", (270, 50, 45))]
    said = judge(evaluations, of_classes("smote", half="better"))
    assert said.headline == (
        "Mean recall 0.89 (`hypo` 0.83, `hyper` 0.86, `normal` 0.97): `untreated` "
        "with the "
        "recommended class weights."
    )
    assert said.recommendation == (
        "Do not resample: no arm is shown to be better. Use `untreated`: predict the "
        "class "
        "with the largest weighted score (`normal` × 1, `hyper` × 4.29, "
        "`hypo` × 5)."
    )
    chosen = said.choice
    assert (chosen.threshold, chosen.cost) == (None, 30.0)
    assert chosen.weights["hypo"] == 5.0
    assert chosen.confusion.matrix[2] == (10, 0, 50)


def test_a_better_arm_is_recommended():
    said = judge([arm("untreated"), arm("smote")], of_classes("smote", cost="better"))
    assert (said.code, said.choice.arm) == ("VRD001", "smote")
    assert (
        "It is better than `untreated` in cost per 1,000 rows with class weights of "
        "least "
        "cost (−0.1, 95 % interval"
    ) in said.recommendation


def test_recall_is_told_class_by_class():
    def recall(klass, p):
        return Comparison(
            a="smote", b="untreated", at="fixed", metric="recall", klass=klass,
            difference=0.2, ci=(0.1, 0.3), p=p, adjusted_p=p, method="",
        )  # fmt: skip

    comparison = [*of_classes("smote"), recall("hypo", 0.001), recall("hyper", 0.3)]
    said = judge([arm("untreated"), arm("smote")], comparison)
    assert told(said, "VRD116") == [
        "Recall by class, compared with `untreated`: `smote` +0.20, 95 % interval "
        "+0.10 to "
        "+0.30, "
        "adjusted p = 0.001, class `hypo`."
    ]
    # A class by itself does not decide.
    assert said.code == "VRD004"


def test_one_rare_class_does_not_silence_the_rest():
    sizes = (300, 70, 5)
    made = [arm(name, (290, 20, 2), sizes) for name in ("untreated", "smote")]
    said = judge(made, of_classes("smote", cost="better"))
    assert said.code == "VRD001"
    (text,) = told(said, "VRD201")
    assert "Few rows of class `hypo`: with 5 rows" in text
    assert "left out (test rows): `hypo` (5)." in text


def test_with_fewer_than_two_classes_of_enough_rows_nothing_is_compared():
    sizes = (30, 7, 6)
    made = [arm(name, (29, 2, 2), sizes) for name in ("untreated", "smote")]
    said = judge(made, of_classes("smote", cost="better", half="better"))
    assert (said.code, said.choice.arm) == ("VRD005", "untreated")
    assert "6 test rows are of class `hypo`; 20 are needed" in said.recommendation
    assert len(told(said, "VRD108")) == 1


def test_costs_stand_beside_the_most_frequent_class():
    other = Alternative(name="frequent", cost=200.0, difference=-170.0, ci=(-180, -160))
    said = judge(
        [arm("untreated")],
        [],
        context={"alternatives": {"untreated": [other]}},
        aim="cost",
    )
    assert told(said, "VRD112") == [
        "Cost per 1,000 test rows: 30.0. Predicting the most frequent class "
        "costs 200.0, 170.0 more (95 % interval +160.0 to +180.0)."
    ]
    assert "the rarer its class" in told(said, "VRD202")[0]


def test_calibration_folds_and_failures_are_doubted():
    said = judge(
        [arm("untreated", brier=0.1), arm("smote", brier=0.4)],
        of_classes("smote", cost="better"),
        folds=[over_folds("smote", COST[0], 0.3)],
        context={
            "failed": [ArmFailed(arm="enn", code="x", message="no room", fix="")],
            "trials": {"untreated": 3, "smote": 2},
        },
    )
    assert said.code == "VRD004"
    assert {"VRD205", "VRD206", "VRD207", "VRD213"} <= set(codes(said.doubts))


def test_what_cannot_be_compared():
    assert judge([arm("smote")], []).code == "VRD007"
    assert judge([arm("untreated")], []).code == "VRD006"
    skill = Skill(shown=False, arm="untreated` on `hypo", p=0.4, roc_auc=0.51)
    said = judge([arm("untreated")], [], skill=skill)
    assert (said.code, said.choice, said.reasons) == ("VRD009", None, ())
    one = arm("untreated", (5, 0, 0), (5, 0, 0))
    assert judge([one, arm("smote", (5, 0, 0), (5, 0, 0))], []).code == "VRD008"
