"""Every method searched on the inner folds, the choice among them, and its model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.core import space
from engine.core.errors import ArmError
from engine.core.events import ArmFailed, TrialFinished, is_result
from engine.core.execution import CancelToken, Place
from engine.core.methods.grammar import Arm
from engine.core.methods.preflight import model_refusal
from engine.core.outcome import Confusion, FoldComparison
from engine.core.state import FINAL_FOLD, ArmState, State, reduce
from engine.evaluate.board import CONTROL, cross_fit_counts
from engine.evaluate.verdict.across import baseline
from engine.evaluate.verdict.rules import best_over_folds, probability_better
from engine.execute.local import make
from engine.io.machine import plan_memory
from engine.train import conclude, finish
from engine.train.plan import Plan, Unit
from engine.train.schedule import Limit, Schedule
from engine.train.worker import Final, Worker


@dataclass(frozen=True)
class Searched:
    """What the search of one method came to.

    Attributes
    ----------
    arm : Arm
    best : TrialFinished
    trials : int
    oof : bytes
        Out-of-fold scores of the best trial.
    values : mapping of str to sequence of float
        Per metric the value in each fold: the objectives, and the metric of the aim.
    counts : sequence of Confusion
        Of two classes the outcomes in each fold, at the threshold the others choose.
    """

    arm: Arm
    best: TrialFinished
    trials: int
    oof: bytes
    values: Mapping[str, Sequence[float]]
    counts: Sequence[Confusion] = ()


@dataclass(frozen=True)
class Inner:
    """The methods side by side, those that failed, and how they differ.

    Attributes
    ----------
    plan : Plan
    searched : dict of str to Searched
        In the order of the methods, those that leave the rows alone first.
    failed : dict of str to str
        Why the others came to nothing.
    warnings : tuple of str
    control : str
        What the others are compared with: `untreated`, of several models the best.
    comparisons : tuple of FoldComparison
        Each minus the control.
    """

    plan: Plan
    searched: dict[str, Searched]
    failed: dict[str, str]
    warnings: tuple[str, ...]
    control: str
    comparisons: tuple[FoldComparison, ...]

    @property
    def metric(self) -> str:
        """The metric of what is aimed at."""
        return conclude.aimed_metric(self.plan)

    def choose(self, confidence: float) -> str:
        """Return the method to fit; see `best_over_folds`."""
        values = {name: one.values for name, one in self.searched.items()}
        return best_over_folds(
            values,
            self.comparisons,
            metric=self.metric,
            confidence=confidence,
            control=self.control,
        )

    def without(self, name: str, why: str) -> Inner:
        """Return the others, once a method turns out to be of no use."""
        left = {k: one for k, one in self.searched.items() if k != name}
        failed = self.failed | {name: why}
        return replace(self, searched=left, failed=failed)

    def better(self, name: str) -> float:
        """Return the probability that a method is better in what is aimed at."""
        known = {c.a: c for c in self.comparisons if c.metric == self.metric}
        return probability_better(known[name]) if name in known else float("nan")

    def fit(self, name: str) -> Final:
        """Fit a method's best trial on all rows.

        Raises
        ------
        ArmError
            If it cannot work on them.
        """
        one = self.searched[name]
        unit = Unit(
            "finish",
            name,
            FINAL_FOLD,
            setting=space.setting(one.arm, one.best.params),
            best=one.best,
            oof=one.oof,
        )
        return Worker(self.plan, tick=lambda: None).fit(unit)


def search(plan: Plan, *, jobs: int) -> Inner:
    """Search every method of a plan on its folds.

    Parameters
    ----------
    plan : Plan
    jobs : int
        Units at a time: one after another, or in threads. Changes no number.
    """
    arms = plan.experiment.arms
    states = tuple(ArmState(name=arm.name, kind=arm.kind) for arm in arms)
    state = State(experiment=plan.experiment, arms=states)
    counts = plan.counts(plan.dataset.y[plan.split.train])
    weighted = plan.dataset.weights is not None
    for arm in arms:
        if (refused := model_refusal(arm, counts, weighted=weighted)) is not None:
            state = reduce(state, ArmFailed(arm=arm.name, **refused.facts))
    artifacts: dict[str, bytes] = {}
    limit = Limit(plan, plan_memory(None))
    token = CancelToken()
    where = Place("inline" if jobs == 1 else "local", jobs)
    place = make(where, plan, token.raise_if_cancelled, room=limit.room)
    schedule = Schedule(plan, state, place, artifacts, limit=limit, final=False)
    try:
        for event in schedule.events(token, deadline=None):
            if is_result(event):
                state = reduce(state, event)
    finally:
        place.close()
    found = {
        arm.name: _searched(plan, arm, state.arm(arm.name), artifacts)
        for arm in sorted(arms, key=lambda arm: not arm.is_untreated)
        if state.arm(arm.name).failed is None
    }
    values = {name: one.values for name, one in found.items()}
    metric = conclude.aimed_metric(plan)
    plain = {n: one.values[metric] for n, one in found.items() if one.arm.is_untreated}
    control = baseline(plain, metric=metric) if plain else CONTROL
    return Inner(
        plan=plan,
        searched=found,
        failed={a.name: str(_error(a.failed)) for a in state.arms if a.failed},
        warnings=state.warnings,
        control=control,
        comparisons=conclude.compare_over_folds(plan, values, control=control),
    )


def _error(failed: ArmFailed) -> ArmError:
    return ArmError(failed.message, failed.fix)


def _searched(
    plan: Plan, arm: Arm, state: ArmState, artifacts: Mapping[str, bytes]
) -> Searched:
    assert state.best is not None
    raw = artifacts[f"oof/{arm.name}"]
    after = dict.fromkeys(plan.dataset.labels, 0)
    for prepared in state.chosen:
        after = {label: n + prepared.after[label] for label, n in after.items()}
    mass = np.array([*after.values()], dtype=np.float64)
    if plan.dataset.weights is not None:
        # Of rows that a sampler made the weights are near those of their class.
        every = np.bincount(plan.dataset.y, plan.dataset.weights)
        mass *= every / np.bincount(plan.dataset.y)
    params = {**arm.params, **state.best.params}
    seen = finish.mass_seen(arm, params, after, mass)
    frozen = finish.freeze(plan, arm, seen, raw)
    scores, counts = frozen.scores, list[Confusion]()
    if plan.multiclass:
        fixed = frozen.weights[finish.class_aim(plan.experiment.decision)]
        aimed = conclude.aim_over_folds(plan, scores, fixed=fixed)
    else:
        points = frozen.thresholds[plan.dataset.labels[1]]
        share = points["prevalence"].threshold
        aimed = conclude.aim_over_folds(plan, scores, prevalence=share)
        counts = cross_fit_counts(
            plan.experiment.decision.aim,
            frozen.y,
            scores,
            plan.validation_places,
            costs=plan.costs,
            prevalence=share,
        )
    values = {**state.best.folds, conclude.aimed_metric(plan): aimed}
    trials = len(state.trials)
    return Searched(arm, state.best, trials, raw, values, counts)
