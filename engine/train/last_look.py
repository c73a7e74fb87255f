"""The one look at the test rows, after everything has been chosen."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from engine.evaluate import calibrate, classes, costs, curves, metrics
from engine.events import (
    ArmEvaluated,
    ClassConfusion,
    ClassPoint,
    OperatingPoint,
    Scored,
    Work,
)
from engine.seeds import child
from engine.spec import OBJECTIVES, Arm
from engine.train.finish import Frozen, Side, costs_of, sides
from engine.train.plan import Plan

__all__ = ["evaluated"]


def evaluated(
    plan: Plan,
    arm: Arm,
    frozen: Frozen,
    scores: np.ndarray,
    *,
    work: Work,
    fit_seconds: float,
) -> ArmEvaluated:
    """Return what the test rows say about an arm's final model.

    Parameters
    ----------
    plan : Plan
    arm : Arm
    frozen : Frozen
        What was chosen before.
    scores : numpy.ndarray of shape (n_test,) or (n_test, n_classes)
        The final model's.
    work : Work
    fit_seconds : float
    """
    y = plan.dataset.y[plan.split.test]
    before = sides(plan, frozen.y, frozen.scores)
    found = {
        label: _scored(plan, frozen, label, before[label], side)
        for label, side in sides(plan, y, scores).items()
    }
    told = ArmEvaluated(
        arm=arm.name,
        operating_points=(),
        test=_test(y, scores),
        work=work,
        fit_seconds=fit_seconds,
    )
    if plan.multiclass:
        points = tuple(
            _class_point(plan, policy, weights, y, scores)
            for policy, weights in frozen.weights.items()
        )
        return msgspec.structs.replace(told, classes=found, class_points=points)
    (one,) = found.values()
    return msgspec.structs.replace(told, **msgspec.structs.asdict(one))


def _test(y: np.ndarray, scores: np.ndarray) -> dict[str, float | None]:
    """Return what needs no threshold; of more than two classes the means over them."""
    if scores.ndim == 1:
        return metrics.ranking_metrics(y, scores)
    values = {name: metrics.score(name, y, scores) for name in OBJECTIVES}
    return {name: None if math.isnan(v) else v for name, v in values.items()}


def _scored(plan: Plan, frozen: Frozen, label: str, before: Side, now: Side) -> Scored:
    """Judge the scores of one class against the rest."""
    decision = plan.experiment.decision
    y, scores = now
    points = []
    for policy, (value, note) in frozen.thresholds[label].items():
        confusion = metrics.confusion_at(y, scores, value)
        measured = metrics.point_metrics(
            confusion,
            cost_fn=decision.cost_fn,
            cost_fp=decision.cost_fp,
            cost_tp=decision.cost_tp,
            cost_tn=decision.cost_tn,
        )
        points.append(
            OperatingPoint(
                policy=policy,
                threshold=value,
                confusion=confusion,
                metrics=measured,
                note=note,
            )
        )
    seen, share = frozen.seen[label], _share(plan, label)
    repaired, repair = calibrate.calibrations(
        *before,
        y,
        scores,
        prevalence=share,
        trained_prevalence=seen,
        seed=child(plan.experiment.seed, "calibration"),
        repeats=plan.repeats,
    )
    there = 0 < seen < 1 and 0 < share < 1
    return Scored(
        operating_points=tuple(points),
        test=metrics.ranking_metrics(y, scores),
        sweep=curves.sweep(y, scores),
        calibration=repaired,
        repair=repair,
        cost_steps=costs.cost_steps(*before, y, scores),
        implied_cost_ratio=costs.implied_cost_ratio(
            (1 - share, share), (1 - seen, seen)
        )
        if there
        else None,
    )


def _share(plan: Plan, label: str) -> float:
    """Return the share of a class among the training rows as they are."""
    counts = plan.counts(plan.dataset.y[plan.split.train])
    return counts[label] / sum(counts.values())


def _class_point(
    plan: Plan, policy: str, weights: np.ndarray, y: np.ndarray, scores: np.ndarray
) -> ClassPoint:
    """Count the classes on the test rows, under one policy."""
    labels = plan.dataset.labels
    matrix = classes.confusion(y, classes.called(scores, weights), len(labels))
    decision = plan.experiment.decision
    rows, said, right = matrix.sum(axis=1), matrix.sum(axis=0), np.diag(matrix)
    # What would have been right costs something too, if that was said.
    correct = np.full(len(labels), decision.cost_tp)
    correct[0] = decision.cost_tn
    cost = float(correct @ rows + costs_of(plan) @ (rows - right))
    measured = classes.matrix_metrics(matrix)
    measured["cost_per_1000"] = 1000 * cost / len(y)
    by_class = list(
        zip(labels, right.tolist(), rows.tolist(), said.tolist(), strict=True)
    )
    return ClassPoint(
        policy=policy,
        weights=dict(zip(labels, weights.tolist(), strict=True)),
        confusion=ClassConfusion(
            labels=labels, matrix=tuple(tuple(row) for row in matrix.tolist())
        ),
        recall={name: hits / n if n else None for name, hits, n, _ in by_class},
        recall_ci={name: metrics.wilson(hits, n) for name, hits, n, _ in by_class},
        precision={name: hits / n if n else None for name, hits, _, n in by_class},
        metrics=measured,
    )
