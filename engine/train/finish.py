"""From the best trial to the one look at the test rows: thresholds come first."""

from __future__ import annotations

import numpy as np

from engine.evaluate import curves, metrics, threshold
from engine.events import ArmEvaluated, OperatingPoint, Work
from engine.spec import Arm
from engine.train.plan import Plan

__all__ = ["evaluated", "out_of_fold", "rounds", "thresholds"]


def out_of_fold(plan: Plan, scores: list[np.ndarray]) -> np.ndarray:
    """Put the folds' scores at their rows, a row of scores per repeat.

    A mean over repeats would be the scores of an ensemble, which are less spread
    than those of the one model that the thresholds are for.

    Parameters
    ----------
    plan : Plan
    scores : list of numpy.ndarray
        Per fold those of its judged rows.

    Returns
    -------
    numpy.ndarray of shape (repeats, n_judged), dtype float32
        Each row in the order of the training rows that are judged.
    """
    judged, per_repeat = plan.judged, plan.experiment.search.folds
    position = np.empty(len(plan.dataset.y), dtype=np.int64)
    position[judged] = np.arange(len(judged))
    found = np.empty((plan.repeats, len(judged)), dtype=np.float32)
    for number, (fold, values) in enumerate(zip(plan.folds, scores, strict=True)):
        found[number // per_repeat, position[fold.judge]] = values
    return found


def thresholds(
    plan: Plan, arm: Arm, after: dict[str, int], oof: bytes
) -> dict[str, float]:
    """Choose a threshold per policy from out-of-fold scores.

    Parameters
    ----------
    plan : Plan
    arm : Arm
    after : dict
        Rows per class that the final model is fitted on.
    oof : bytes
        What `out_of_fold` returned for the arm's best trial.
    """
    decision = plan.experiment.decision
    scores = np.frombuffer(oof, dtype=np.float32)
    y = np.tile(plan.dataset.y[plan.judged], plan.repeats)
    return {
        policy: threshold.choose(
            policy,
            y,
            scores,
            prevalence=_prevalence(plan, arm, after),
            cost_fn=decision.cost_fn,
            cost_fp=decision.cost_fp,
        )
        for policy in decision.policies
    }


def _prevalence(plan: Plan, arm: Arm, after: dict[str, int]) -> float:
    """Return the share of positives that an arm's model has seen, as weighed."""
    if arm.weights is True:
        return 0.5
    positives = float(after[plan.dataset.labels[1]])
    negatives = sum(after.values()) - positives
    if arm.weights == "cost":
        decision = plan.experiment.decision
        positives *= decision.cost_fn / decision.cost_fp
    return positives / (positives + negatives)


def rounds(plan: Plan, best: int) -> int:
    """Return the final model's rounds.

    The folds' models saw (K-1)/K of the rows; more rows bear more rounds. In the order
    of time the largest of them saw K/(K+1).
    """
    folds = plan.experiment.search.folds
    if len(plan.judged) < len(plan.split.train):
        folds += 1
    return max(1, round(best * folds / (folds - 1)))


def evaluated(
    plan: Plan,
    arm: Arm,
    chosen: dict[str, float],
    scores: np.ndarray,
    *,
    work: Work,
    fit_seconds: float,
    evaluate_seconds: float,
) -> ArmEvaluated:
    """Return what the test rows say about an arm's final model.

    Parameters
    ----------
    plan : Plan
    arm : Arm
    chosen : dict
        Threshold per policy, frozen before.
    scores : numpy.ndarray of shape (n_test,)
        The final model's.
    work : Work
    fit_seconds, evaluate_seconds : float
    """
    y, decision = plan.dataset.y[plan.split.test], plan.experiment.decision
    points = []
    for policy, value in chosen.items():
        confusion = metrics.confusion_at(y, scores, value)
        measured = metrics.point_metrics(
            confusion, cost_fn=decision.cost_fn, cost_fp=decision.cost_fp
        )
        points.append(
            OperatingPoint(
                policy=policy, threshold=value, confusion=confusion, metrics=measured
            )
        )
    return ArmEvaluated(
        arm=arm.name,
        operating_points=tuple(points),
        test=metrics.ranking_metrics(y, scores),
        sweep=curves.sweep(y, scores),
        work=work,
        fit_seconds=fit_seconds,
        evaluate_seconds=evaluate_seconds,
    )
