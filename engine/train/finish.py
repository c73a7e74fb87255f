"""From the best trial to the one look at the test rows: thresholds come first.

All that is chosen is frozen from out-of-fold scores; then the test rows are scored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
import numpy as np

from engine.core import events, outcome
from engine.core.costs import Costs, wilson
from engine.core.experiment import OBJECTIVES, DecisionSpec
from engine.core.methods import ratio, registry
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import ParamValue
from engine.core.result import FEWEST_ROWS
from engine.core.seeds import child
from engine.evaluate import calibrate, classes, costs, metrics, threshold
from engine.evaluate.classes import choose_weights
from engine.evaluate.intervals import ranking_interval
from engine.evaluate.metrics import score
from engine.evaluate.threshold import Threshold, operating_point
from engine.train.plan import Plan

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
        Per fold those of its validation rows.

    Returns
    -------
    numpy.ndarray of shape (repeats, n_validation), dtype float32
        Each row in the order of the validation rows; with a last axis
        of the classes if there are more than two.
    """
    per_repeat = plan.experiment.search.folds
    shape = (plan.repeats, len(plan.validation_rows), *scores[0].shape[1:])
    oof = np.empty(shape, dtype=np.float32)
    each = zip(plan.validation_places, scores, strict=True)
    for number, (places, values) in enumerate(each):
        oof[number // per_repeat, places] = values
    return oof


@dataclass(frozen=True)
class Frozen:
    """All that is chosen on out-of-fold scores, before the test rows are looked at.

    `thresholds` is by point, of more than two classes by class and point; `weights`
    are those of the classes, by point. `y` and `scores` are what it was chosen on,
    and `seen` the share of each class among the rows that the model saw, as weighed.
    """

    y: np.ndarray
    scores: np.ndarray
    seen: dict[str, float]
    thresholds: dict[str, dict[str, Threshold]]
    weights: dict[str, np.ndarray]


def freeze(plan: Plan, arm: Arm, mass: np.ndarray, oof: bytes) -> Frozen:
    """Choose a threshold per operating point from out-of-fold scores.

    Parameters
    ----------
    plan : Plan
    arm : Arm
    mass : numpy.ndarray of shape (n_classes,)
        What the rows of each class that the final model is fitted on weigh together:
        their number, if the rows of the table have no weights.
    oof : bytes
        What `out_of_fold` returned for the arm's best trial.
    """
    scores = plan.scores(oof)
    y = plan.oof_labels
    seen = _share_seen(plan, arm, mass)
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


def mass_seen(
    arm: Arm, params: dict[str, ParamValue], after: dict[str, int], mass: np.ndarray
) -> np.ndarray:
    """Return what the rows of each class weigh together that an arm's model sees.

    Each member of an ensemble draws fewer rows of the larger class.

    Parameters
    ----------
    arm : Arm
    params : dict
        Its fixed ones, and those of a trial.
    after : dict of str to int
        Rows per class that are prepared for it, in the order of the labels.
    mass : numpy.ndarray of shape (n_classes,)
        What these weigh together.
    """
    if arm.ensemble is None:
        return mass
    share = float(registry.check_ensemble(arm.ensemble, params)["ratio"])
    drawn = ratio.targets("under", after, share)
    seen = np.array([drawn[label] for label in after])
    return np.asarray(seen * (mass / np.maximum([*after.values()], 1)))


def sides(plan: Plan, y: np.ndarray, scores: np.ndarray) -> dict[str, Side]:
    """Return labels and scores of each class against the rest; of two, one of them."""
    labels = plan.dataset.labels
    if not plan.multiclass:
        return {labels[1]: (y, scores)}
    return {
        label: ((y == k).astype(np.int8), np.ascontiguousarray(scores[:, k]))
        for k, label in enumerate(labels)
    }


def _thresholds(
    plan: Plan, label: str, side: Side, seen: float
) -> dict[str, Threshold]:
    decision = plan.experiment.decision
    costs = costs_against(plan, label)
    worth = plan.oof_worth
    return {
        at: threshold.choose(
            decision.aim if at == "recommended" else at,
            *side,
            prevalence=seen,
            costs=costs,
            test_rows=len(plan.split.test),
            worth=worth,
        )
        for at in decision.points
    }


def _weights(
    plan: Plan, y: np.ndarray, scores: np.ndarray, seen: dict[str, float]
) -> dict[str, np.ndarray]:
    costs = costs_of(plan)
    shares = [*seen.values()]
    weights = {
        at: choose_weights(at, y, scores, seen=shares, costs=costs)
        for at in classes.POINTS
    }
    return {"recommended": weights[class_aim(plan.experiment.decision)], **weights}


def class_aim(decision: DecisionSpec) -> str:
    """Return what is aimed at with more than two classes, which have fewer points."""
    return decision.aim if decision.aim in classes.POINTS else "cost"


def costs_of(plan: Plan) -> np.ndarray:
    """Return what it costs more to call a row of each class something else."""
    costs = plan.costs
    if not plan.multiclass:
        return np.array([costs.cost_fp - costs.cost_tn, costs.cost_fn - costs.cost_tp])
    return np.array([costs.classes[label] for label in plan.dataset.labels])


def costs_of_right(plan: Plan) -> np.ndarray:
    """Return what it costs to call a row of each class what it is."""
    costs = np.full(len(plan.dataset.labels), plan.costs.cost_tp)
    costs[0] = plan.costs.cost_tn
    return costs


def costs_against(plan: Plan, label: str) -> Costs:
    """Return the costs of one class against the rest; of two classes, the run's."""
    if not plan.multiclass:
        return plan.costs
    return plan.costs.against(label, plan.dataset.info.classes)


def cost_weights(plan: Plan) -> np.ndarray:
    """Return what a row of each class weighs, weighed by what its mistake costs.

    At a prevalence in use a positive row also stands for as many as there are to one
    of the training rows, which puts 0.5 where the costs are least there [1]_.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978, theorem 1.
    """
    if plan.multiclass:
        return costs_of(plan)
    negative = plan.costs.weight_of_negative(*_masses(plan))
    return np.asarray(costs_of(plan) / [1.0, negative])


def cost_ratio(plan: Plan) -> float:
    """Return what a positive row weighs beside a negative one, weighed by cost."""
    negative, positive = cost_weights(plan).tolist()
    return float(positive / negative)


def _masses(plan: Plan) -> tuple[float, float]:
    """Return what the positive and the negative training rows weigh together."""
    rows, own = plan.split.to_validate(plan.split.train), plan.dataset.weights
    of_rows = None if own is None else own[rows]
    negatives, positives = np.bincount(plan.dataset.y[rows], of_rows, 2).tolist()
    return positives, negatives


def class_weights(plan: Plan, arm: Arm, mass: np.ndarray) -> np.ndarray:
    """Return what an arm weighs each class by, given what its rows weigh together."""
    if arm.weights == "cost":
        return cost_weights(plan)
    if arm.weights:
        none = np.zeros(len(mass))
        return np.asarray(np.divide(mass.sum(), mass, out=none, where=mass > 0))
    return np.ones(len(mass))


def _ranking_interval(
    plan: Plan, y: np.ndarray, scores: np.ndarray
) -> tuple[float, float] | None:
    """Return the interval of the average precision; None if rows are too few."""
    if plan.multiclass or min(np.bincount(y, minlength=2)) < FEWEST_ROWS:
        return None
    return ranking_interval(y, scores, seed=child(plan.experiment.seed, "ranking"))


def _share_seen(plan: Plan, arm: Arm, mass: np.ndarray) -> dict[str, float]:
    """Return the share of each class that an arm's model has seen, as weighed."""
    mass = mass * class_weights(plan, arm, mass)
    if arm.weights is True:
        mass = np.sign(mass)  # the same of each: not a bit more for rounding
    shares = (mass / mass.sum()).tolist()
    return dict(zip(plan.dataset.labels, shares, strict=True))


def evaluate(
    plan: Plan, arm: Arm, frozen: Frozen, scores: np.ndarray
) -> events.ArmEvaluated:
    """Return what the test rows say about an arm's final model.

    Parameters
    ----------
    plan : Plan
    arm : Arm
    frozen : Frozen
        What was chosen before.
    scores : numpy.ndarray of shape (n_test,) or (n_test, n_classes)
        The final model's.
    """
    y = plan.dataset.y[plan.split.test]
    before = sides(plan, frozen.y, frozen.scores)
    calibrated = _calibrate(plan, frozen, y, scores)
    scored = {
        label: _score_class(plan, frozen, label, before[label], side, calibrated[label])
        for label, side in sides(plan, y, scores).items()
    }
    if plan.multiclass:
        # The means over the classes of what needs no threshold.
        means = {str(name): score(name, y, scores) for name in OBJECTIVES}
        test = {name: None if math.isnan(v) else v for name, v in means.items()}
        points = tuple(
            _class_point(plan, at, weights, y, scores)
            for at, weights in frozen.weights.items()
        )
        return events.ArmEvaluated(
            arm=arm.name,
            operating_points=(),
            test=test,
            classes=scored,
            class_points=points,
        )
    (one,) = scored.values()
    return events.ArmEvaluated(arm=arm.name, **msgspec.structs.asdict(one))


def _calibrate(
    plan: Plan, frozen: Frozen, y: np.ndarray, scores: np.ndarray
) -> dict[str, tuple[tuple[outcome.Calibration, ...], str]]:
    """Measure the calibration of the scores by class; of two classes, of one."""
    labels = [*frozen.thresholds]
    calibrations, repair = calibrate.calibrations(
        frozen.y,
        frozen.scores,
        y,
        scores,
        shares=[_share(plan, label) for label in labels],
        seen=[frozen.seen[label] for label in labels],
        seed=child(plan.experiment.seed, "calibration"),
        repeats=plan.repeats,
    )
    return {name: (one, repair) for name, one in zip(labels, calibrations, strict=True)}


def _score_class(
    plan: Plan,
    frozen: Frozen,
    label: str,
    before: Side,
    now: Side,
    calibrated: tuple[tuple[outcome.Calibration, ...], str],
) -> outcome.Scored:
    """Evaluate the scores of one class against the rest."""
    decision, given = plan.experiment.decision, costs_against(plan, label)
    y, scores = now
    own = plan.worth(plan.split.test)
    points = tuple(
        operating_point(
            at,
            chosen,
            before=before[1],
            y=y,
            scores=scores,
            costs=given,
            aim=decision.aim if at == "recommended" else None,
            worth=own,
            seed=child(plan.experiment.seed, "amounts"),
        )
        for at, chosen in frozen.thresholds[label].items()
    )
    seen, share = frozen.seen[label], _share(plan, label)
    there = 0 < seen < 1 and 0 < share < 1
    used = given.prevalence or share
    known = plan.oof_worth
    return outcome.Scored(
        operating_points=points,
        test=metrics.ranking_metrics(y, scores),
        average_precision_ci=_ranking_interval(plan, y, scores),
        sweep=metrics.sweep(y, scores),
        calibration=calibrated[0],
        repair=calibrated[1],
        cost_steps=costs.cost_steps(
            *before,
            y,
            scores,
            negative=given.weight_of_negative(*metrics.class_sizes(before[0])),
            worth=None if known is None or own is None else (known, own),
        ),
        implied_cost_ratio=costs.implied_cost_ratio((1 - used, used), (1 - seen, seen))
        if there
        else None,
        unseen=_score_unseen(plan, y, scores, points),
    )


def _score_unseen(
    plan: Plan,
    y: np.ndarray,
    scores: np.ndarray,
    points: tuple[outcome.OperatingPoint, ...],
) -> outcome.Unseen | None:
    """Evaluate the test rows that no training row is equal to, where some are not."""
    equal = plan.equal_in_training
    if equal is None or not equal.any():
        return None
    y, scores = y[~equal], scores[~equal]
    positives = int(y.sum())
    both = 0 < positives < len(y)
    values = metrics.ranking_metrics(y, scores) if both else {}
    return outcome.Unseen(
        rows=len(y),
        positives=positives,
        average_precision=values.get("average_precision"),
        roc_auc=values.get("roc_auc"),
        points={p.name: metrics.confusion_at(y, scores, p.threshold) for p in points},
    )


def _share(plan: Plan, label: str) -> float:
    """Return the share of a class among the training rows as they are."""
    rows = plan.split.to_validate(plan.split.train)
    counts = plan.counts(plan.dataset.y[rows])
    return counts[label] / sum(counts.values())


def _class_point(
    plan: Plan, at: str, weights: np.ndarray, y: np.ndarray, scores: np.ndarray
) -> outcome.ClassPoint:
    """Count the classes on the test rows, under one operating point."""
    labels = plan.dataset.labels
    matrix = classes.confusion(y, classes.predict_classes(scores, weights), len(labels))
    rows, predicted, right = matrix.sum(axis=1), matrix.sum(axis=0), np.diag(matrix)
    # What would have been right costs something too, if given.
    cost = float(costs_of_right(plan) @ rows + costs_of(plan) @ (rows - right))
    measured = classes.matrix_metrics(matrix)
    measured["cost_per_1000"] = 1000 * cost / len(y)
    by_class = list(
        zip(labels, right.tolist(), rows.tolist(), predicted.tolist(), strict=True)
    )
    return outcome.ClassPoint(
        name=at,
        weights=dict(zip(labels, weights.tolist(), strict=True)),
        confusion=outcome.ClassConfusion(
            labels=labels, matrix=tuple(tuple(row) for row in matrix.tolist())
        ),
        recall={name: hits / n if n else None for name, hits, n, _ in by_class},
        recall_ci={name: wilson(hits, n) for name, hits, n, _ in by_class},
        precision={name: hits / n if n else None for name, hits, _, n in by_class},
        metrics=measured,
    )


def warn_of_aim(plan: Plan) -> str | None:
    """Warn if the operating point does not exist for more than two classes."""
    wanted = plan.experiment.decision.aim
    if not plan.multiclass or class_aim(plan.experiment.decision) == wanted:
        return None
    return (
        f"{wanted!r} is an operating point of two classes, and there are "
        f"{len(plan.dataset.labels)}: least cost is aimed at"
    )
