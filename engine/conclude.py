"""The end of a run: arms against the control, the verdict, and the proof."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING

import numpy as np

from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.matched import match
from engine.evaluate.rules import CONTROL
from engine.evaluate.verdict import verdict
from engine.events import ArmEvaluated, Compared, OperatingPoint, Proof
from engine.seeds import child

if TYPE_CHECKING:
    from engine.state import State
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
    decision = plan.experiment.decision
    y_test = plan.dataset.y[plan.split.test]
    done = [arm for arm in state.arms if arm.evaluated]
    evaluations = [arm.evaluated for arm in done if arm.evaluated]
    comparison = compare(
        [
            ArmScores(
                name=arm.name,
                kind=arm.kind,
                y_test=y_test,
                scores=np.frombuffer(kept[f"test/{arm.name}"], dtype=np.float32),
                thresholds=_thresholds(arm.evaluated),
            )
            for arm in done
        ],
        cost_fn=decision.cost_fn,
        cost_fp=decision.cost_fp,
        seed=child(plan.experiment.seed, "bootstrap"),
    )
    trials = {len(arm.trials) for arm in done}
    matched = _matched(plan, state, kept)
    return Compared(
        comparison=comparison,
        matched=matched,
        verdict=verdict(
            evaluations,
            comparison,
            kinds={arm.name: arm.kind for arm in state.arms},
            policy=decision.policy,
            positives_test=int(y_test.sum()),
            cost_fn=decision.cost_fn,
            cost_fp=decision.cost_fp,
            failed=[arm.failed for arm in state.arms if arm.failed],
            unequal_trials=len(trials) > 1,
            matched=matched,
            sampled=plan.dataset.info.sampled,
        ),
        proof=_proof(plan, state, after),
    )


def _matched(
    plan: Plan, state: State, kept: MutableMapping[str, bytes]
) -> dict[str, OperatingPoint]:
    """Put the control at the out-of-fold recall that each arm has at 0.5."""

    def scores(what: str, arm: str) -> np.ndarray:
        return np.frombuffer(kept[f"{what}/{arm}"], dtype=np.float32)

    done = [arm.name for arm in state.arms if arm.evaluated]
    if CONTROL not in done:
        return {}
    return match(
        {arm: scores("oof", arm) for arm in done if arm != CONTROL},
        control=scores("oof", CONTROL),
        y=np.tile(plan.dataset.y[plan.judged], plan.repeats),
        control_test=scores("test", CONTROL),
        y_test=plan.dataset.y[plan.split.test],
        cost_fn=plan.experiment.decision.cost_fn,
        cost_fp=plan.experiment.decision.cost_fp,
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


def _thresholds(evaluated: ArmEvaluated | None) -> dict[str, float]:
    points = evaluated.operating_points if evaluated else ()
    return {point.policy: point.threshold for point in points}
