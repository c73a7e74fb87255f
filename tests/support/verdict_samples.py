"""Boards and comparisons to judge, made by hand."""

import msgspec

from engine.core.costs import Costs
from engine.core.events import ArmEvaluated
from engine.core.outcome import (
    Comparison,
    Confusion,
    CostStep,
    FoldComparison,
    OperatingPoint,
)
from engine.evaluate import Board, Context
from engine.evaluate import reach_verdict as verdict

POSITIVES, NEGATIVES = 161, 8519
KINDS = {
    "untreated": "control",
    "weights": "control",
    "smote": "sampler",
    "enn": "sampler",
}
FLOOR = "recall>=0.8"
COST, RANKING = ("cost_per_1000", "cost"), ("average_precision", None)
COSTS = Costs(cost_fn=10, cost_fp=1)
GREATER = ("recall", "average_precision", "macro_recall", "f1")


def point(at, found, alarms, threshold=0.5, *, rows=(NEGATIVES, POSITIVES)):
    negatives, positives = rows
    confusion = Confusion(
        tn=negatives - alarms, fp=alarms, fn=positives - found, tp=found
    )
    return OperatingPoint(name=at, threshold=threshold, confusion=confusion, metrics={})


def arm(
    name,
    half=(0, 0),
    *,
    brier=0.017,
    large=0.0,
    slope=1.0,
    recommended=(80, 959, 0.047),
    rows=(NEGATIVES, POSITIVES),
    ranking=0.2,
):
    """Return a result; other points than the two count as the recommended one."""
    others = ("prevalence", "f1", "cost", FLOOR, "precision>=0.2", "alerts<=5%")
    return ArmEvaluated(
        arm=name,
        operating_points=(
            point("recommended", *recommended, rows=rows),
            point("fixed", *half, rows=rows),
            *(point(at, *recommended, rows=rows) for at in others),
        ),
        test={
            "average_precision": ranking,
            "brier": brier,
            "calibration_slope": slope,
            "calibration_in_the_large": large,
        },
        # From nobody, over the threshold of most ratios, to everybody.
        cost_steps=(
            CostStep(ratio=0.0, threshold=0.91, fp=0, fn=rows[1]),
            CostStep(ratio=4.0, threshold=0.047, fp=959, fn=81),
            CostStep(ratio=50.0, threshold=0.0, fp=rows[0], fn=0),
        ),
    )


def change(name, metric, at, effect, *, size=0.1, p=None, ci=None, control="untreated"):
    """Return a comparison; effect is "better", "worse" or "same"."""
    good = 1 if metric in GREATER else -1
    value = {"better": good, "worse": -good, "same": 0}[effect] * size
    half = size if effect == "same" else size / 2
    if p is None:
        p = 0.5 if effect == "same" else 0.01
    return Comparison(
        a=name,
        b=control,
        at=at,
        metric=metric,
        difference=value,
        ci=ci or (value - half, value + half),
        p=p,
        adjusted_p=p,
        method="",
    )


def full(name, *, half="same", cost="same", ranking="same", control="untreated"):
    """Return how an arm differs at 0.5, and in what decides."""
    return [
        change(name, "recall", "fixed", half, control=control),
        change(name, *COST, cost, control=control),
        change(name, *RANKING, ranking, control=control),
    ]


def over_folds(name, metric, probability, *, folds=25, control="untreated", **more):
    """Return a comparison over folds: the probability that the arm is better at all."""
    good = 1 if metric in GREATER else -1
    better = probability >= 0.5
    p = 2 * min(probability, 1 - probability)
    given = {
        "difference": 0.045 * (good if better else -good),
        "ci": (-0.01, 0.03),
        "p": p,
        "adjusted_p": p,
        "rope": 0.01,
        "worse": 1 - probability,
        "same": 0.0,
        "better": probability,
    }
    return FoldComparison(
        a=name, b=control, metric=metric, folds=folds, method="", **given | more
    )


def board(*comparison, arms=("untreated", "weights", "smote", "enn"), **more):
    return Board([arm(name) for name in arms], list(comparison), KINDS, **more)


def judge(evaluations, comparison, *, context=None, **kwargs):
    settings = {"kinds": KINDS, "costs": COSTS}
    made = Board(evaluations, comparison, **settings | kwargs)
    return verdict(made, Context(**context) if context else None)


def everything(said):
    remarks = [remark.text for remark in (*said.reasons, *said.doubts)]
    return "\n".join([said.headline, said.recommendation, *remarks])


def codes(*remarks):
    """Return the codes of reasons and doubts, in their order."""
    return [remark.code for some in remarks for remark in some]


def told(said, code):
    """Return the reasons and doubts of a code."""
    return [r.text for r in (*said.reasons, *said.doubts) if r.code == code]


def with_point(evaluated, at, **changes):
    """Return a result of which one operating point is another."""
    points = tuple(
        msgspec.structs.replace(p, **changes) if p.name == at else p
        for p in evaluated.operating_points
    )
    return msgspec.structs.replace(evaluated, operating_points=points)
