"""From the best trial to the one look at the test rows: thresholds come first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from engine.costs import Costs
from engine.evaluate import classes, threshold
from engine.evaluate.classes import choose_weights
from engine.evaluate.threshold import Choice
from engine.spec import Arm, DecisionSpec
from engine.train.plan import Plan

__all__ = [
    "Frozen",
    "Side",
    "class_aim",
    "class_weights",
    "costs_against",
    "costs_of",
    "freeze",
    "out_of_fold",
    "sides",
]

Side: TypeAlias = tuple[np.ndarray, np.ndarray]
"""1 where a row is of a class, and its score of that class."""


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
        Each row in the order of the training rows that are judged; with a last axis
        of the classes if there are more than two.
    """
    judged, per_repeat = plan.judged, plan.experiment.search.folds
    position = np.empty(len(plan.dataset.y), dtype=np.int64)
    position[judged] = np.arange(len(judged))
    shape = (plan.repeats, len(judged), *scores[0].shape[1:])
    found = np.empty(shape, dtype=np.float32)
    for number, (fold, values) in enumerate(zip(plan.folds, scores, strict=True)):
        found[number // per_repeat, position[fold.judge]] = values
    return found


@dataclass(frozen=True)
class Frozen:
    """All that is chosen on out-of-fold scores, before the test rows are looked at.

    `thresholds` is by policy, of more than two classes by class and policy; `weights`
    are those of the classes, by policy. `y` and `scores` are what it was chosen on,
    and `seen` the share of each class among the rows that the model saw, as weighed.
    """

    y: np.ndarray
    scores: np.ndarray
    seen: dict[str, float]
    thresholds: dict[str, dict[str, Choice]]
    weights: dict[str, np.ndarray]


def freeze(plan: Plan, arm: Arm, after: dict[str, int], oof: bytes) -> Frozen:
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
    scores = plan.scores(oof)
    y = np.tile(plan.dataset.y[plan.judged], plan.repeats)
    seen = _seen(plan, arm, after)
    return Frozen(
        y=y,
        scores=scores,
        seen=seen,
        thresholds={
            label: _thresholds(plan, label, side, seen[label])
            for label, side in sides(plan, y, scores).items()
        },
        weights=_weights(plan, y, scores, seen) if plan.multiclass else {},
    )


def sides(plan: Plan, y: np.ndarray, scores: np.ndarray) -> dict[str, Side]:
    """Return labels and scores of each class against the rest; of two, one of them."""
    labels = plan.dataset.labels
    if not plan.multiclass:
        return {labels[1]: (y, scores)}
    return {
        label: ((y == k).astype(np.int8), np.ascontiguousarray(scores[:, k]))
        for k, label in enumerate(labels)
    }


def _thresholds(plan: Plan, label: str, side: Side, seen: float) -> dict[str, Choice]:
    decision = plan.experiment.decision
    costs = costs_against(plan, label)
    return {
        policy: threshold.choose(
            decision.aim if policy == "recommended" else policy,
            *side,
            prevalence=seen,
            **costs.given,
            test_rows=len(plan.split.test),
        )
        for policy in decision.policies
    }


def _weights(
    plan: Plan, y: np.ndarray, scores: np.ndarray, seen: dict[str, float]
) -> dict[str, np.ndarray]:
    costs = costs_of(plan)
    shares = [*seen.values()]
    found = {
        policy: choose_weights(policy, y, scores, seen=shares, costs=costs)
        for policy in classes.POLICIES
    }
    return {"recommended": found[class_aim(plan.experiment.decision)], **found}


def class_aim(decision: DecisionSpec) -> str:
    """Return what is aimed at with more than two classes, which have fewer policies."""
    return decision.aim if decision.aim in classes.POLICIES else "cost"


def costs_of(plan: Plan) -> np.ndarray:
    """Return what it costs more to call a row of each class something else."""
    costs = plan.costs
    if not plan.multiclass:
        return np.array([costs.cost_fp - costs.cost_tn, costs.cost_fn - costs.cost_tp])
    return np.array([costs.classes[label] for label in plan.dataset.labels])


def costs_against(plan: Plan, label: str) -> Costs:
    """Return the costs of one class against the rest; of two classes, the run's."""
    if not plan.multiclass:
        return plan.costs
    return plan.costs.against(label, plan.dataset.info.classes)


def class_weights(plan: Plan, arm: Arm, counts: np.ndarray) -> np.ndarray:
    """Return what a row of each class weighs for an arm, given the rows per class."""
    if arm.weights == "cost":
        return costs_of(plan)
    if arm.weights:
        return np.where(counts > 0, counts.sum() / np.maximum(counts, 1), 0.0)
    return np.ones(len(counts))


def _seen(plan: Plan, arm: Arm, after: dict[str, int]) -> dict[str, float]:
    """Return the share of each class that an arm's model has seen, as weighed."""
    counts = np.array([after[label] for label in plan.dataset.labels])
    mass = counts * class_weights(plan, arm, counts)
    if arm.weights is True:
        mass = np.sign(counts)  # the same of each: not a bit more for rounding
    shares = (mass / mass.sum()).tolist()
    return dict(zip(plan.dataset.labels, shares, strict=True))
