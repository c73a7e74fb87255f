"""Boards and comparisons to judge, made by hand."""

from engine.evaluate.rules import Board
from engine.evaluate.verdict import verdict
from engine.events import (
    ArmEvaluated,
    Comparison,
    Confusion,
    OperatingPoint,
)

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
            point("precision>=0.2", 60, 501, 0.06),
            point("alerts<=5%", 80, 960, 0.047),
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
