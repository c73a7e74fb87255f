"""The end of a run: arms against the control, the verdict, and the proof."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from engine.core.costs import error_costs
from engine.core.events import ArmEvaluated, Compared, Proof
from engine.core.experiment import OBJECTIVES
from engine.core.outcome import (
    Alternative,
    ClassPoint,
    CostWinner,
    FoldComparison,
    OperatingPoint,
    Scored,
)
from engine.core.points import FIXED
from engine.core.seeds import child
from engine.evaluate.board import (
    CONTROL,
    TOO_FEW,
    Board,
    ClassBoard,
    aim,
    cross_fit,
    cross_fit_classes,
)
from engine.evaluate.bootstrap import PAIRED
from engine.evaluate.classes import predict_classes
from engine.evaluate.compare import ArmScores, ClassScores, compare, compare_classes
from engine.evaluate.costs import alternatives, least_cost_thresholds, winners
from engine.evaluate.detectable import detectable, skill
from engine.evaluate.repeated import compare_folds
from engine.evaluate.threshold import match
from engine.evaluate.verdict.verdict import Context, verdict
from engine.train.finish import class_aim, costs_of, costs_of_right, sides

if TYPE_CHECKING:
    from engine.core.state import ArmState, State
    from engine.train.plan import Plan


def conclude(
    plan: Plan, state: State, artifacts: MutableMapping[str, bytes], after: str
) -> Compared:
    """Compare the arms on the test rows.

    Parameters
    ----------
    plan : Plan
    state : State
        With every arm evaluated or failed.
    artifacts : mapping of str to bytes
        The arms' scores.
    after : str
        Fingerprint of the test rows, taken now.

    Returns
    -------
    Compared
    """
    y_test, decision = plan.dataset.y[plan.split.test], plan.experiment.decision
    arms = [arm for arm in state.arms if arm.evaluated]
    evaluations = [arm.evaluated for arm in arms if arm.evaluated]
    scores = {arm.name: plan.scores(artifacts[f"test/{arm.name}"]) for arm in arms}
    oof = {arm.name: plan.scores(artifacts[f"oof/{arm.name}"]) for arm in arms}
    kinds = {arm.name: arm.kind for arm in state.arms}
    folds = _over_folds(plan, arms, oof)
    able = skill(
        {
            (arm.name, label if plan.multiclass else None): test
            for arm in arms
            for label, test in sides(plan, y_test, scores[arm.name]).items()
        }
    )
    more: dict[str, Any] = {}
    aimed = class_aim(decision) if plan.multiclass else decision.aim
    seed = child(plan.experiment.seed, "bootstrap")
    if plan.multiclass:
        comparison = compare_classes(
            [
                ClassScores(
                    e.arm,
                    y_test,
                    scores[e.arm],
                    {p.name: _weights(plan, p).tolist() for p in e.class_points},
                )
                for e in evaluations
            ],
            costs=costs_of(plan).tolist(),
            seed=seed,
            wanted=aimed,
            labels=plan.dataset.labels,
        )
    else:
        binary = _binary(plan, evaluations, scores, y_test, oof)
        comparison = compare(binary, costs=plan.costs, seed=seed, wanted=aimed)
        more = {
            "matched": _matched(plan, oof, scores, y_test),
            "detectable": detectable(binary),
        }
    if sorted(np.bincount(y_test, minlength=2).tolist())[-2] < TOO_FEW:
        # A bootstrap of so few rows is too narrow.
        comparison = tuple(c for c in comparison if c.method.startswith(PAIRED))
    context = Context(
        failed=[arm.failed for arm in state.arms if arm.failed],
        trials={arm.name: len(arm.trials) for arm in arms},
        cross_validated={
            arm.name: float(np.nanmean(arm.best.folds["average_precision"]))
            for arm in arms
            if arm.best and "average_precision" in arm.best.folds
        },
        sampled=plan.dataset.info.sampled,
        alternatives=_alternatives(plan, evaluations, scores, y_test),
        advice=state.dataset.advice if state.dataset else (),
    )
    board = (ClassBoard if plan.multiclass else Board)(
        evaluations,
        comparison,
        kinds=kinds,
        costs=plan.costs,
        aim=aimed,
        folds=folds,
        skill=able,
        **more,
    )
    return Compared(
        comparison=comparison,
        verdict=verdict(board, context),
        proof=_proof(plan, state, after),
        folds=folds,
        cost_winners=_winners(plan, evaluations, scores, y_test),
        skill=able,
        **more,
    )


def _weights(plan: Plan, point: ClassPoint) -> np.ndarray:
    """Return the class weights of a point, in the order of the labels."""
    return np.array([point.weights[label] for label in plan.dataset.labels])


def _binary(
    plan: Plan,
    evaluations: list[ArmEvaluated],
    scores: dict[str, np.ndarray],
    y_test: np.ndarray,
    oof: dict[str, np.ndarray],
) -> list[ArmScores]:
    """Return the arms to compare, with thresholds redrawn as well."""
    seed = child(plan.experiment.seed, "thresholds")
    return [
        ArmScores(
            e.arm,
            y_test,
            scores[e.arm],
            {p.name: p.threshold for p in e.operating_points},
            least_cost_thresholds(
                plan.oof_labels,
                oof[e.arm],
                **error_costs(plan.costs),
                seed=seed,
                repeats=plan.repeats,
            ),
        )
        for e in evaluations
    ]


def _alternatives(
    plan: Plan,
    evaluations: list[ArmEvaluated],
    scores: dict[str, np.ndarray],
    y: np.ndarray,
) -> dict[str, tuple[Alternative, ...]]:
    """Compare each arm's recommended operating point with simpler decisions."""
    several = costs_of(plan)
    right = costs_of_right(plan)

    def costs_of_rows(predicted: np.ndarray) -> np.ndarray:
        return np.asarray(right[y] + np.where(predicted == y, 0.0, several[y]))

    def costs_at(evaluated: ArmEvaluated, at: str) -> np.ndarray:
        values = scores[evaluated.arm]
        if plan.multiclass:
            (point,) = [p for p in evaluated.class_points if p.name == at]
            return costs_of_rows(predict_classes(values, _weights(plan, point)))
        (own,) = [p for p in evaluated.operating_points if p.name == at]
        return costs_of_rows((values >= np.float64(own.threshold)).astype(np.int64))

    nil = costs_of_rows(np.zeros(len(y), dtype=np.int64))
    simpler = {"frequent": nil}
    if not plan.multiclass:
        ones = np.ones(len(y), dtype=np.int64)
        simpler = {"nobody": nil, "everybody": costs_of_rows(ones)}
    control = next((e for e in evaluations if e.arm == CONTROL), None)
    if control is not None:
        simpler["fixed"] = costs_at(control, "fixed")
        if plan.experiment.decision.aim in FIXED:
            simpler["cost"] = costs_at(control, "cost")
    seed = child(plan.experiment.seed, "alternatives")
    return {
        e.arm: alternatives(y, costs_at(e, "recommended"), simpler, seed=seed)
        for e in evaluations
    }


def _winners(
    plan: Plan,
    evaluations: list[ArmEvaluated],
    scores: dict[str, np.ndarray],
    y_test: np.ndarray,
) -> tuple[CostWinner, ...]:
    """Return which arm costs the least at which ratio, of several classes by class."""
    by_arm = {arm: sides(plan, y_test, values) for arm, values in scores.items()}
    leads: list[CostWinner] = []
    for label in next(iter(by_arm.values()), {}):
        scored: dict[str, Scored] = {
            e.arm: e.classes.get(label, e) for e in evaluations
        }
        winning = winners(
            {arm: own.cost_steps for arm, own in scored.items()},
            scores={arm: by_class[label][1] for arm, by_class in by_arm.items()},
            y_test=next(by_class[label][0] for by_class in by_arm.values()),
            control=CONTROL,
            seed=child(plan.experiment.seed, "bootstrap"),
        )
        klass = label if plan.multiclass else None
        leads += [msgspec.structs.replace(w, klass=klass) for w in winning]
    return tuple(leads)


def _over_folds(
    plan: Plan, arms: list[ArmState], oof: dict[str, np.ndarray]
) -> tuple[FoldComparison, ...]:
    """Compare the arms over the folds, in what is aimed at as well."""
    metric = aimed_metric(plan)
    values: dict[str, Mapping[str, Sequence[float]]] = {}
    for arm in arms:
        assert arm.evaluated is not None
        if plan.multiclass:
            at = class_aim(plan.experiment.decision)
            (fixed,) = [p for p in arm.evaluated.class_points if p.name == at]
            by_fold = aim_over_folds(plan, oof[arm.name], fixed=_weights(plan, fixed))
        else:
            points = {p.name: p for p in arm.evaluated.operating_points}
            share = points["prevalence"].threshold
            by_fold = aim_over_folds(plan, oof[arm.name], prevalence=share)
        values[arm.name] = {**(arm.best.folds if arm.best else {}), metric: by_fold}
    return compare_over_folds(plan, values)


def aimed_metric(plan: Plan) -> str:
    """Return the metric of what is aimed at; of several classes it is a cost."""
    return "cost_per_1000" if plan.multiclass else aim(plan.experiment.decision.aim)[0]


def compare_over_folds(
    plan: Plan, values: Mapping[str, Mapping[str, Sequence[float]]]
) -> tuple[FoldComparison, ...]:
    """Compare every arm with the control over the folds.

    Parameters
    ----------
    plan : Plan
    values : mapping of str to mapping of str to sequence of float
        Per arm and metric the value in each fold.
    """
    shares = [len(f.fit) / (len(f.fit) + len(f.validation)) for f in plan.folds]
    return compare_folds(
        values,
        control=CONTROL,
        metrics=(*OBJECTIVES, aimed_metric(plan)),
        train_share=float(np.mean(shares)),
        repeats=plan.repeats,
        rope=plan.experiment.decision.rope,
    )


def aim_over_folds(
    plan: Plan,
    oof: np.ndarray,
    *,
    prevalence: float = 0.0,
    fixed: np.ndarray | None = None,
) -> list[float]:
    """Return the metric of the aim per fold, at what the other folds select.

    Parameters
    ----------
    plan : Plan
    oof : numpy.ndarray of shape (repeats * n_validation,) or (…, n_classes)
        Out-of-fold scores of an arm.
    prevalence : float, default=0
        Of two classes, the threshold of the operating point ``prevalence``.
    fixed : numpy.ndarray of shape (n_classes,) or None, default=None
        Of more than two, the weights where they are not selected.
    """
    y, rows = plan.dataset.y[plan.validation_rows], len(plan.validation_rows)
    number = plan.experiment.search.folds
    decision = plan.experiment.decision
    values: list[float] = []
    for k in range(plan.repeats):
        scores = oof[k * rows : (k + 1) * rows]
        part = y, scores, plan.validation_places[k * number : (k + 1) * number]
        if fixed is not None:
            at = class_aim(decision)
            values += cross_fit_classes(at, *part, costs=costs_of(plan), fixed=fixed)
        else:
            values += cross_fit(
                decision.aim,
                *part,
                costs=plan.costs,
                prevalence=prevalence,
                test_rows=len(plan.split.test) or None,
            )
    return values


def _matched(
    plan: Plan,
    oof: dict[str, np.ndarray],
    scores: dict[str, np.ndarray],
    y_test: np.ndarray,
) -> dict[str, OperatingPoint]:
    """Put the control at the out-of-fold recall that each arm has at 0.5."""
    if CONTROL not in oof:
        return {}
    return match(
        {arm: values for arm, values in oof.items() if arm != CONTROL},
        control=oof[CONTROL],
        y=plan.oof_labels,
        control_test=scores[CONTROL],
        y_test=y_test,
        costs=plan.costs,
    )


def _proof(plan: Plan, state: State, after: str) -> Proof:
    """Check from what was prepared that nothing judged was learned from."""
    prepared = [p for arm in state.arms for p in arm.prepared if p.fold >= 0]
    prints: dict[tuple[int, bool], set[str]] = {}
    recipes = {arm.name for arm in state.arms if arm.kind != "control"}
    native = plan.experiment.features.missing == "native"
    for p in prepared:
        # With missing values kept for the controls, two encodings are meant.
        key = (p.fold, native and p.arm in recipes)
        prints.setdefault(key, set()).add(p.validation_fingerprint)
    opening = state.split
    return Proof(
        test_fingerprint_before=opening.test_fingerprint if opening else "",
        test_fingerprint_after=after,
        test_counts_unchanged=opening is not None
        and opening.test == plan.counts(plan.dataset.y[plan.split.test]),
        synthetic_rows_in_validation=sum(p.synthetic_in_validation for p in prepared),
        validation_rows_equal_across_arms=all(len(s) == 1 for s in prints.values()),
        held_out_rows_learned_from=sum(
            p.held_out_rows_learned_from for arm in state.arms for p in arm.prepared
        ),
    )
