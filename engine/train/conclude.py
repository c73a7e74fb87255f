"""The end of a run: arms against their control, the verdict, and the proof."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from engine.core.costs import error_costs
from engine.core.events import ArmEvaluated, ArmFailed, Compared, Proof, ThinCheck
from engine.core.experiment import OBJECTIVES, family, references
from engine.core.outcome import (
    Alternative,
    ClassPoint,
    Comparison,
    CostWinner,
    FoldComparison,
    OperatingPoint,
    Scored,
    Skill,
    Verdict,
)
from engine.core.points import FIXED
from engine.core.prevalence import weights
from engine.core.review import Review, highest_price
from engine.core.seeds import child
from engine.core.subgroups import SubgroupColumn
from engine.data.levels import levels
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
from engine.evaluate.compare import (
    ArmScores,
    ClassScores,
    HeldOutScores,
    compare,
    compare_classes,
)
from engine.evaluate.costs import least_cost_thresholds, winners
from engine.evaluate.detectable import detectable, skill
from engine.evaluate.metrics import class_sizes
from engine.evaluate.probabilities import apply
from engine.evaluate.repeated import compare_folds
from engine.evaluate.review import ArmToReview, review_arms, row_costs
from engine.evaluate.row_costs import alternatives, uneven
from engine.evaluate.subgroups import Decided, Groups, compare_subgroups
from engine.evaluate.threshold import match
from engine.evaluate.verdict import across
from engine.evaluate.verdict.verdict import Context
from engine.train.finish import class_aim, costs_of, costs_of_right, sides

if TYPE_CHECKING:
    from engine.core.state import ArmState, State
    from engine.train.plan import Plan


def conclude(
    plan: Plan,
    state: State,
    artifacts: MutableMapping[str, bytes],
    after: str,
    thinning: ThinCheck | None = None,
) -> Compared:
    """Compare the arms on the test rows: within each model, then across models.

    Parameters
    ----------
    plan : Plan
    state : State
        With every arm evaluated or failed.
    artifacts : mapping of str to bytes
        The arms' scores.
    after : str
        Fingerprint of the test rows, taken now.
    thinning : ThinCheck or None, default=None
        What twice the negatives would have changed.

    Returns
    -------
    Compared
    """
    held = _hold(plan, state, artifacts)
    declared = plan.experiment.arms
    of = references(declared)
    models = {of[arm.name]: family(arm, declared) for arm in declared}
    families = []
    for control, model in models.items():
        names = [name for name in held.arms if of[name] == control]
        failed = [a.failed for a in state.arms if a.failed and of[a.name] == control]
        board = held.board(names, control)
        context = held.context(board, failed, state, thinning)
        families.append(across.Family.of(model, board, context))
    boards = [one.board for one in families]
    final, whole = families[0].verdict, boards[0]
    compared: tuple[Comparison, ...] = ()
    if len(families) > 1:
        final, whole = _across(held, families, state, thinning)
        compared = tuple(whole.comparison)
    return Compared(
        comparison=tuple(c for board in boards for c in board.comparison),
        verdict=final,
        proof=_proof(plan, state, after),
        matched={arm: at for board in boards for arm, at in board.matched.items()},
        folds=tuple(c for board in boards for c in board.folds),
        cost_winners=tuple(won for board in boards for won in held.winners(board)),
        detectable=tuple(d for board in boards for d in board.detectable),
        skill=whole.skill,
        across=compared,
        thinning=thinning or msgspec.UNSET,
        subgroups=held.subgroups(of) or msgspec.UNSET,
        review=held.review(),
    )


def _across(
    held: _Held,
    families: Sequence[across.Family],
    state: State,
    thinning: ThinCheck | None,
) -> tuple[Verdict, Board]:
    """Compare models, each without a method and with what is recommended for it."""
    metric = aimed_metric(held.plan)
    values = {
        one.control: held.folds[one.control][metric] for one in families if one.control
    }
    names, control = tuple(held.arms), families[0].board.control
    skill = held.skill(names)
    if values:
        names = across.compared_arms(families)
        control = across.baseline(values, metric=metric, skilled=skill.arms)
    board = held.board(names, control)
    decisive = board.deciding_metrics()
    compared = [c for c in board.comparison if (c.metric, c.at) in decisive]
    board = replace(board, comparison=compared, skill=skill)
    failed = [a.failed for a in state.arms if a.failed]
    context = held.context(board, failed, state, thinning)
    return across.verdict_across(families, board, context, values), board


@dataclass(frozen=True)
class _Held:
    """The arms that came to a result, and what is compared of each, by its name."""

    plan: Plan
    y_test: np.ndarray
    kinds: Mapping[str, str]
    arms: dict[str, ArmState]
    evaluated: dict[str, ArmEvaluated]
    scores: dict[str, np.ndarray]
    oof: dict[str, np.ndarray]
    folds: Mapping[str, Mapping[str, Sequence[float]]]
    """Per metric the value in each fold, in what is aimed at as well."""
    scored: dict[str, HeldOutScores]

    def board(self, names: Collection[str], control: str) -> Board:
        """Compare some arms with one of them."""
        plan = self.plan
        decision = plan.experiment.decision
        aimed = class_aim(decision) if plan.multiclass else decision.aim
        seed = child(plan.experiment.seed, "bootstrap")
        more: dict[str, Any] = {}
        arms: list[Any] = [self.scored[name] for name in names]
        if plan.multiclass:
            comparison = compare_classes(
                arms,
                control=control,
                costs=costs_of(plan).tolist(),
                seed=seed,
                wanted=aimed,
                labels=plan.dataset.labels,
            )
        else:
            comparison = compare(
                arms,
                control=control,
                costs=plan.costs,
                seed=seed,
                wanted=aimed,
                worth=plan.worth(plan.split.test),
            )
            more = {
                "matched": self._matched(names, control),
                "detectable": detectable(arms, control=control),
            }
        if sorted(np.bincount(self.y_test, minlength=2).tolist())[-2] < TOO_FEW:
            # A bootstrap of so few rows is too narrow.
            comparison = tuple(c for c in comparison if c.method.startswith(PAIRED))
        return (ClassBoard if plan.multiclass else Board)(
            [self.evaluated[name] for name in names],
            comparison,
            kinds=self.kinds,
            costs=plan.costs,
            aim=aimed,
            folds=compare_over_folds(
                plan, {name: self.folds[name] for name in names}, control=control
            ),
            skill=self.skill(names),
            control=control,
            disagreement=self._disagreement(names, control),
            models=len({*references(plan.experiment.arms).values()}),
            **more,
        )

    def context(
        self,
        board: Board,
        failed: Sequence[ArmFailed],
        state: State,
        thinning: ThinCheck | None,
    ) -> Context:
        """Return what the verdict on a board depends on besides its arms."""
        arms = [self.arms[e.arm] for e in board.evaluations]
        return Context(
            failed=failed,
            trials={arm.name: len(arm.trials) for arm in arms},
            cross_validated={
                arm.name: float(np.nanmean(arm.best.folds["average_precision"]))
                for arm in arms
                if arm.best and "average_precision" in arm.best.folds
            },
            sampled=self.plan.dataset.info.sampled,
            alternatives=self._alternatives(board),
            advice=state.dataset.advice if state.dataset else (),
            thinned=state.split.thinned if state.split else msgspec.UNSET,
            thinning=thinning,
            rarest=self._rarest,
        )

    @property
    def _rarest(self) -> int | None:
        """Rows of the rarest class in the table, if its test rows are drawn."""
        experiment, info = self.plan.experiment, self.plan.dataset.info
        way = experiment.split
        fixed = way.time or way.by or experiment.data.test_source
        few = info.classes.get(info.positive or "", min(info.classes.values()))
        return None if fixed else few

    def skill(self, names: Collection[str]) -> Skill:
        """Tell whether some arms rank better than chance, among tests of all."""
        labelled = {
            (name, label if self.plan.multiclass else None): test
            for name, scores in self.scores.items()
            for label, test in sides(self.plan, self.y_test, scores).items()
        }
        some = {key: test for key, test in labelled.items() if key[0] in names}
        return skill(some, tests=len(labelled))

    def _alternatives(self, board: Board) -> dict[str, tuple[Alternative, ...]]:
        """Compare each arm's recommended operating point with simpler decisions."""
        plan, y = self.plan, self.y_test
        sizes = class_sizes(y)
        weighed = np.array(weights(plan.costs.prevalence, *sizes))[::-1]
        several, right = costs_of(plan), costs_of_right(plan)
        own = plan.worth(plan.split.test)
        each = np.ones(len(y)) if own is None else own
        if not plan.multiclass:
            several, right = weighed * several, weighed * right

        def costs_of_rows(predicted: np.ndarray) -> np.ndarray:
            return np.asarray(
                right[y] + np.where(predicted == y, 0.0, several[y] * each)
            )

        def costs_at(arm: str, at: str) -> np.ndarray:
            return costs_of_rows(self._predict(arm, at))

        nil = costs_of_rows(np.zeros(len(y), dtype=np.int64))
        simpler = {"frequent": nil}
        if not plan.multiclass:
            ones = np.ones(len(y), dtype=np.int64)
            simpler = {"nobody": nil, "everybody": costs_of_rows(ones)}
        names = board.arms()
        if board.control in names:
            simpler["fixed"] = costs_at(board.control, "fixed")
            if plan.experiment.decision.aim in FIXED:
                simpler["cost"] = costs_at(board.control, "cost")
        seed = child(plan.experiment.seed, "alternatives")
        wide = uneven(own)
        return {
            name: alternatives(
                y, costs_at(name, "recommended"), simpler, seed=seed, uneven=wide
            )
            for name in names
        }

    def _predict(self, arm: str, at: str) -> np.ndarray:
        """Return what an arm predicts for each test row at an operating point."""
        values, evaluated = self.scores[arm], self.evaluated[arm]
        if self.plan.multiclass:
            (point,) = [p for p in evaluated.class_points if p.name == at]
            return predict_classes(values, _weights(self.plan, point))
        (own,) = [p for p in evaluated.operating_points if p.name == at]
        return (values >= np.float64(own.threshold)).astype(np.int64)

    def _disagreement(self, names: Collection[str], control: str) -> dict[str, float]:
        """Return the share of test rows that each arm and the control decide apart."""
        if control not in names:
            return {}
        base = self._predict(control, "recommended")
        return {
            name: float(np.mean(self._predict(name, "recommended") != base))
            for name in names
            if name != control
        }

    def subgroups(self, of: Mapping[str, str]) -> tuple[SubgroupColumn, ...]:
        """Compare arms on the groups of each column that was named for it."""
        plan = self.plan
        roles, split = plan.dataset.info.roles, plan.split
        columns = []
        for name in plan.experiment.data.subgroups or ():
            found = levels(plan.dataset, split.train, split.test, name)
            learned = roles[name] == "feature"
            columns.append(
                Groups(name, found.codes, found.names, found.cut, learned=learned)
            )
        arms = {
            name: Decided(self._predict(name, "recommended") == 1, self.risks(name))
            for name in (self.scores if columns else ())
        }
        seed = child(plan.experiment.seed, "subgroups")
        return compare_subgroups(columns, arms, self.y_test, control=of, seed=seed)

    def risks(self, arm: str) -> np.ndarray:
        """Return an arm's calibrated probabilities of the test rows."""
        return apply(self.evaluated[arm].calibrated.map, self.scores[arm])

    def review(self) -> Review | msgspec.UnsetType:
        """Choose the scores of each arm that go to a person, if one has a price."""
        plan, y = self.plan, self.y_test
        if not (price := plan.experiment.decision.cost_review):
            return msgspec.UNSET
        arms = {}
        for name, e in self.evaluated.items():
            (point,) = [p for p in e.operating_points if p.name == "cost"]
            arms[name] = ArmToReview(
                self.oof[name], self.scores[name], point.threshold, e.calibrated.map
            )
        bands = review_arms(
            arms,
            plan.oof_labels,
            y,
            row_costs(plan.oof_labels, plan.costs, price),
            row_costs(y, plan.costs, price),
            seed=child(plan.experiment.seed, "review"),
            repeats=plan.repeats,
        )
        return Review(price=price, most=highest_price(plan.costs), arms=bands)

    def winners(self, board: Board) -> Iterator[CostWinner]:
        """Yield which arm costs the least at which ratio, class by class of several."""
        by_arm = {
            e.arm: sides(self.plan, self.y_test, self.scores[e.arm])
            for e in board.evaluations
        }
        for label in next(iter(by_arm.values()), {}):
            scored: dict[str, Scored] = {
                e.arm: e.classes.get(label, e) for e in board.evaluations
            }
            winning = winners(
                {arm: own.cost_steps for arm, own in scored.items()},
                scores={arm: by_class[label][1] for arm, by_class in by_arm.items()},
                y_test=next(by_class[label][0] for by_class in by_arm.values()),
                control=board.control,
                seed=child(self.plan.experiment.seed, "bootstrap"),
                negative=self.plan.costs.weight_of_negative(*class_sizes(self.y_test)),
                worth=self.plan.worth(self.plan.split.test),
            )
            klass = label if self.plan.multiclass else None
            for won in winning:
                yield msgspec.structs.replace(won, klass=klass)

    def _matched(
        self, names: Collection[str], control: str
    ) -> dict[str, OperatingPoint]:
        """Put the control at the out-of-fold recall that each arm has at 0.5."""
        if control not in names:
            return {}
        return match(
            {name: self.oof[name] for name in names if name != control},
            control=self.oof[control],
            y=self.plan.oof_labels,
            control_test=self.scores[control],
            y_test=self.y_test,
            costs=self.plan.costs,
            worth=self.plan.worth(self.plan.split.test),
            seed=child(self.plan.experiment.seed, "amounts"),
        )


def _hold(plan: Plan, state: State, artifacts: MutableMapping[str, bytes]) -> _Held:
    """Return the arms with a result, and their scores."""
    arms = {arm.name: arm for arm in state.arms if arm.evaluated}
    evaluated = {name: arm.evaluated for name, arm in arms.items() if arm.evaluated}
    y_test = plan.dataset.y[plan.split.test]
    scores = {name: plan.scores(artifacts[f"test/{name}"]) for name in arms}
    oof = {name: plan.scores(artifacts[f"oof/{name}"]) for name in arms}
    kinds = {arm.name: arm.kind for arm in state.arms}
    scored = {e.arm: _scored(plan, e, y_test, scores, oof) for e in evaluated.values()}
    folds = {name: _by_fold(plan, arm, oof[name]) for name, arm in arms.items()}
    return _Held(plan, y_test, kinds, arms, evaluated, scores, oof, folds, scored)


def _scored(
    plan: Plan,
    e: ArmEvaluated,
    y_test: np.ndarray,
    scores: Mapping[str, np.ndarray],
    oof: Mapping[str, np.ndarray],
) -> HeldOutScores:
    """Return what is compared of an arm; of two classes with thresholds redrawn."""
    if plan.multiclass:
        weights = {p.name: _weights(plan, p).tolist() for p in e.class_points}
        return ClassScores(e.arm, y_test, scores[e.arm], weights)
    saved = error_costs(plan.costs.of_rows(*class_sizes(plan.oof_labels)))
    return ArmScores(
        e.arm,
        y_test,
        scores[e.arm],
        {p.name: p.threshold for p in e.operating_points},
        least_cost_thresholds(
            plan.oof_labels,
            oof[e.arm],
            cost_fn=saved["cost_fn"],
            cost_fp=saved["cost_fp"],
            seed=child(plan.experiment.seed, "thresholds"),
            repeats=plan.repeats,
            worth=plan.oof_worth,
        ),
    )


def _weights(plan: Plan, point: ClassPoint) -> np.ndarray:
    """Return the class weights of a point, in the order of the labels."""
    return np.array([point.weights[label] for label in plan.dataset.labels])


def _by_fold(plan: Plan, arm: ArmState, oof: np.ndarray) -> dict[str, Sequence[float]]:
    """Return an arm's metrics in each fold, with what is aimed at."""
    assert arm.evaluated is not None
    if plan.multiclass:
        at = class_aim(plan.experiment.decision)
        (fixed,) = [p for p in arm.evaluated.class_points if p.name == at]
        by_fold = aim_over_folds(plan, oof, fixed=_weights(plan, fixed))
    else:
        points = {p.name: p for p in arm.evaluated.operating_points}
        share = points["prevalence"].threshold
        by_fold = aim_over_folds(plan, oof, prevalence=share)
    return {**(arm.best.folds if arm.best else {}), aimed_metric(plan): by_fold}


def aimed_metric(plan: Plan) -> str:
    """Return the metric of what is aimed at; of several classes it is a cost."""
    return "cost_per_1000" if plan.multiclass else aim(plan.experiment.decision.aim)[0]


def compare_over_folds(
    plan: Plan,
    values: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    control: str = CONTROL,
) -> tuple[FoldComparison, ...]:
    """Compare every arm with the control over the folds.

    Parameters
    ----------
    plan : Plan
    values : mapping of str to mapping of str to sequence of float
        Per arm and metric the value in each fold.
    control : str, default="untreated"
        The arm that the others are compared with.
    """
    shares = [len(f.fit) / (len(f.fit) + len(f.validation)) for f in plan.folds]
    return compare_folds(
        values,
        control=control,
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
    worth = plan.worth(plan.validation_rows)
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
                worth=worth,
            )
    return values


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
