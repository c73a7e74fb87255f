"""The one look at the test rows, after everything has been chosen."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from engine.evaluate import calibrate, classes, costs, metrics
from engine.evaluate.points import operating_point
from engine.events import (
    ArmEvaluated,
    Calibration,
    ClassConfusion,
    ClassPoint,
    OperatingPoint,
    Scored,
    Unseen,
    Work,
)
from engine.seeds import child
from engine.spec import OBJECTIVES, Arm
from engine.train.finish import Frozen, Side, costs_against, costs_of, sides
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
    calibrated = _calibrated(plan, frozen, y, scores)
    found = {
        label: _scored(plan, frozen, label, before[label], side, calibrated[label])
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


def _calibrated(
    plan: Plan, frozen: Frozen, y: np.ndarray, scores: np.ndarray
) -> dict[str, tuple[tuple[Calibration, ...], str]]:
    """Judge the scores as probabilities, by class; of two classes, one of them."""
    rows = frozen.y, frozen.scores, y, scores
    seed, labels = child(plan.experiment.seed, "calibration"), plan.dataset.labels
    if plan.multiclass:
        found, repair = calibrate.class_calibrations(
            *rows,
            shares=[_share(plan, label) for label in labels],
            seen=[frozen.seen[label] for label in labels],
            seed=seed,
            repeats=plan.repeats,
        )
        return {name: (one, repair) for name, one in zip(labels, found, strict=True)}
    label = labels[1]
    return {
        label: calibrate.calibrations(
            *rows,
            prevalence=_share(plan, label),
            trained_prevalence=frozen.seen[label],
            seed=seed,
            repeats=plan.repeats,
        )
    }


def _scored(
    plan: Plan,
    frozen: Frozen,
    label: str,
    before: Side,
    now: Side,
    calibrated: tuple[tuple[Calibration, ...], str],
) -> Scored:
    """Judge the scores of one class against the rest."""
    decision, given = plan.experiment.decision, costs_against(plan, label)
    y, scores = now
    points = tuple(
        operating_point(
            policy,
            chosen,
            before=before[1],
            y=y,
            scores=scores,
            costs=given,
            aim=decision.aim if policy == "recommended" else None,
        )
        for policy, chosen in frozen.thresholds[label].items()
    )
    seen, share = frozen.seen[label], _share(plan, label)
    there = 0 < seen < 1 and 0 < share < 1
    return Scored(
        operating_points=points,
        test=metrics.ranking_metrics(y, scores),
        sweep=metrics.sweep(y, scores),
        calibration=calibrated[0],
        repair=calibrated[1],
        cost_steps=costs.cost_steps(*before, y, scores),
        implied_cost_ratio=costs.implied_cost_ratio(
            (1 - share, share), (1 - seen, seen)
        )
        if there
        else None,
        unseen=_unseen(plan, y, scores, points),
    )


def _unseen(
    plan: Plan, y: np.ndarray, scores: np.ndarray, points: tuple[OperatingPoint, ...]
) -> Unseen | None:
    """Judge the test rows that no training row is equal to, where some are not."""
    equal = plan.equal_in_training
    if equal is None or not equal.any():
        return None
    y, scores = y[~equal], scores[~equal]
    positives = int(y.sum())
    both = 0 < positives < len(y)
    judged = metrics.ranking_metrics(y, scores) if both else {}
    return Unseen(
        rows=len(y),
        positives=positives,
        average_precision=judged.get("average_precision"),
        roc_auc=judged.get("roc_auc"),
        points={p.policy: metrics.confusion_at(y, scores, p.threshold) for p in points},
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
    paid = plan.costs
    rows, said, right = matrix.sum(axis=1), matrix.sum(axis=0), np.diag(matrix)
    # What would have been right costs something too, if that was said.
    correct = np.full(len(labels), paid.cost_tp)
    correct[0] = paid.cost_tn
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
