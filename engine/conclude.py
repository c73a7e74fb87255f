"""The end of a run: arms against the control, the verdict, and the proof."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from engine.evaluate.classes import POLICIES
from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.compare_classes import ClassScores, compare_classes
from engine.evaluate.detectable import detectable
from engine.evaluate.matched import match
from engine.evaluate.repeated import compare_folds
from engine.evaluate.rules import CONTROL
from engine.evaluate.verdict import verdict
from engine.evaluate.verdict_classes import verdict_classes
from engine.evaluate.winners import winners
from engine.events import (
    ArmEvaluated,
    Compared,
    CostWinner,
    FoldComparison,
    OperatingPoint,
    Proof,
    Scored,
)
from engine.seeds import child
from engine.train.finish import costs_of, sides

if TYPE_CHECKING:
    from engine.state import ArmState, State
    from engine.train.plan import Plan

__all__ = ["conclude"]


def conclude(
    plan: Plan, state: State, kept: MutableMapping[str, bytes], after: str
) -> Compared:
    """Compare the arms on the test rows.

    Parameters
    ----------
    plan : Plan
    state : State
        With every arm evaluated or failed.
    kept : mapping of str to bytes
        The arms' scores.
    after : str
        Fingerprint of the test rows, taken now.

    Returns
    -------
    Compared
    """
    y_test = plan.dataset.y[plan.split.test]
    done = [(arm, arm.evaluated) for arm in state.arms if arm.evaluated]
    scores = {arm.name: plan.scores(kept[f"test/{arm.name}"]) for arm, _ in done}
    folds = _over_folds(plan, [arm for arm, _ in done])
    told: dict[str, Any] = {
        "evaluations": [evaluated for _, evaluated in done],
        "kinds": {arm.name: arm.kind for arm in state.arms},
        "policy": plan.experiment.decision.policy,
        "failed": [arm.failed for arm in state.arms if arm.failed],
        "unequal_trials": len({len(arm.trials) for arm, _ in done}) > 1,
        "sampled": plan.dataset.info.sampled,
        "folds": folds,
    }
    proof = _proof(plan, state, after)
    if plan.multiclass:
        return _several_classes(plan, done, scores, y_test, told, proof)
    return _two_classes(plan, done, scores, y_test, kept, told, proof)


def _two_classes(
    plan: Plan,
    done: list[tuple[ArmState, ArmEvaluated]],
    scores: dict[str, np.ndarray],
    y_test: np.ndarray,
    kept: MutableMapping[str, bytes],
    told: dict[str, Any],
    proof: Proof,
) -> Compared:
    decision, seed = plan.experiment.decision, plan.experiment.seed
    costs = {
        name: getattr(decision, name)
        for name in ("cost_fn", "cost_fp", "cost_tp", "cost_tn")
    }
    judged = [
        ArmScores(
            name=arm.name,
            kind=arm.kind,
            y_test=y_test,
            scores=scores[arm.name],
            thresholds={p.policy: p.threshold for p in evaluated.operating_points},
        )
        for arm, evaluated in done
    ]
    comparison = compare(judged, **costs, seed=child(seed, "bootstrap"))
    matched = _matched(plan, [*scores], kept, costs)
    smallest = detectable(judged)
    return Compared(
        comparison=comparison,
        matched=matched,
        cost_winners=_winners(plan, told["evaluations"], scores, y_test),
        detectable=smallest,
        folds=told["folds"],
        verdict=verdict(
            comparison=comparison,
            positives_test=int(y_test.sum()),
            **costs,
            matched=matched,
            detectable=smallest,
            **told,
        ),
        proof=proof,
    )


def _several_classes(
    plan: Plan,
    done: list[tuple[ArmState, ArmEvaluated]],
    scores: dict[str, np.ndarray],
    y_test: np.ndarray,
    told: dict[str, Any],
    proof: Proof,
) -> Compared:
    decision = plan.experiment.decision
    # The others are of one class against the rest.
    policy = decision.policy if decision.policy in POLICIES else "default"
    comparison = compare_classes(
        [
            ClassScores(
                name=arm.name,
                kind=arm.kind,
                y_test=y_test,
                scores=scores[arm.name],
                weights={
                    p.policy: [p.weights[label] for label in plan.dataset.labels]
                    for p in evaluated.class_points
                },
            )
            for arm, evaluated in done
        ],
        costs=costs_of(plan).tolist(),
        seed=child(plan.experiment.seed, "bootstrap"),
    )
    return Compared(
        comparison=comparison,
        cost_winners=_winners(plan, told["evaluations"], scores, y_test),
        folds=told["folds"],
        verdict=verdict_classes(
            comparison=comparison,
            cost_ratio=decision.cost_ratio,
            **told | {"policy": policy},
        ),
        proof=proof,
    )


def _winners(
    plan: Plan,
    evaluations: list[ArmEvaluated],
    scores: dict[str, np.ndarray],
    y_test: np.ndarray,
) -> tuple[CostWinner, ...]:
    """Say which arm costs the least at which ratio, of several classes by class."""
    seen = {arm: sides(plan, y_test, values) for arm, values in scores.items()}
    found: list[CostWinner] = []
    for label in plan.dataset.labels if plan.multiclass else plan.dataset.labels[1:]:
        told: dict[str, ArmEvaluated | Scored] = {
            e.arm: e.classes[label] if plan.multiclass else e for e in evaluations
        }
        winning = winners(
            {arm: one.cost_steps for arm, one in told.items()},
            scores={arm: by_class[label][1] for arm, by_class in seen.items()},
            y_test=next(by_class[label][0] for by_class in seen.values()),
            control=CONTROL,
            seed=child(plan.experiment.seed, "bootstrap"),
        )
        klass = label if plan.multiclass else None
        found += [msgspec.structs.replace(w, klass=klass) for w in winning]
    return tuple(found)


def _over_folds(plan: Plan, arms: list[ArmState]) -> tuple[FoldComparison, ...]:
    """Compare the arms over the folds of cross-validation."""
    shares = [len(f.fit) / (len(f.fit) + len(f.judge)) for f in plan.folds]
    return compare_folds(
        {arm.name: arm.best.folds for arm in arms if arm.best is not None},
        control=CONTROL,
        train_share=float(np.mean(shares)),
        repeats=plan.repeats,
        rope=plan.experiment.decision.rope,
    )


def _matched(
    plan: Plan,
    arms: list[str],
    kept: MutableMapping[str, bytes],
    costs: dict[str, float],
) -> dict[str, OperatingPoint]:
    """Put the control at the out-of-fold recall that each arm has at 0.5."""
    if CONTROL not in arms:
        return {}
    return match(
        {arm: plan.scores(kept[f"oof/{arm}"]) for arm in arms if arm != CONTROL},
        control=plan.scores(kept[f"oof/{CONTROL}"]),
        y=np.tile(plan.dataset.y[plan.judged], plan.repeats),
        control_test=plan.scores(kept[f"test/{CONTROL}"]),
        y_test=plan.dataset.y[plan.split.test],
        **costs,
    )


def _proof(plan: Plan, state: State, after: str) -> Proof:
    """Check from what was prepared that nothing judged was learned from."""
    prepared = [p for arm in state.arms for p in arm.prepared if p.fold >= 0]
    seen: dict[tuple[int, bool], set[str]] = {}
    recipes = {arm.name for arm in state.arms if arm.kind != "control"}
    native = plan.experiment.features.missing == "native"
    for p in prepared:
        # With missing values kept for the controls, two encodings are meant.
        key = (p.fold, native and p.arm in recipes)
        seen.setdefault(key, set()).add(p.validation_fingerprint)
    opening = state.split
    return Proof(
        test_fingerprint_before=opening.test_fingerprint if opening else "",
        test_fingerprint_after=after,
        test_counts_unchanged=opening is not None
        and opening.test == plan.counts(plan.dataset.y[plan.split.test]),
        synthetic_rows_in_validation=sum(p.synthetic_in_validation for p in prepared),
        validation_rows_equal_across_arms=all(len(s) == 1 for s in seen.values()),
        judged_rows_learned_from=sum(
            p.judged_rows_learned_from for arm in state.arms for p in arm.prepared
        ),
    )
