"""Does units of work in one process, and keeps the matrices that they share.

Rows are prepared once per arm and fold and kept as XGBoost's quantile matrices,
for all trials; arms that leave the rows alone share theirs. Any number of threads
may work here at a time: each matrix is made by whoever asks for it first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np

from engine.evaluate.objective import score
from engine.events import FoldPrepared, TrialFinished, Work
from engine.execute.machine import one_thread
from engine.execute.quiet import collect_warnings, errors_only
from engine.resample import ratio, registry
from engine.spec import Arm, ParamValue
from engine.state import FINAL_FOLD
from engine.train import ensemble, finish
from engine.train.boost import FitData, Spread, booster_params, grow, in_turn, refit
from engine.train.cache import FoldCache, Shared
from engine.train.plan import Curve, Done, Plan, Sharing, Unit
from engine.train.prepare import (
    FoldMatrices,
    PreparedFold,
    Preparer,
    matrices,
    row_weights,
)

CV_METRICS = ("average_precision", "roc_auc", "log_loss", "brier")

Handed: TypeAlias = Mapping[int, PreparedFold]
"""Rows of folds that were made in another process."""

Look = Callable[[str, int, Curve], None]
"""Told the arm, number and curve of a trial at each of its looks."""


class _Final(NamedTuple):
    """A final model as bytes, what scores rows by it, and what was chosen before."""

    frozen: finish.Frozen
    model: bytes
    score: Callable[[np.ndarray], np.ndarray]
    work: Work


class Worker:
    """Prepares folds, runs trials and fits final models of one experiment.

    Parameters
    ----------
    plan : Plan
    tick : callable
        Called often from every unit; raises to end it.
    look : callable, optional
        Told the curves of trials while they grow.
    spread : callable, optional
        Grows the folds of a trial from one look to the next; in turn if not given.
    cache : FoldCache or None, default=None
        Where prepared rows are looked for, and put.
    room : int or None, default=None
        Bytes of matrices to keep for later units; those used longest ago are let go,
        and made again when asked for. All are kept when None.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        tick: Callable[[], None],
        look: Look = lambda arm, number, curve: None,
        spread: Spread = in_turn,
        cache: FoldCache | None = None,
        room: int | None = None,
    ) -> None:
        self.plan = plan
        self._tick = tick
        self._look = look
        self._spread = spread
        self._preparer = Preparer(plan, cache)
        self._matrices: Shared[tuple[str, int, str], FoldMatrices] = Shared(room)
        self._sharing = Sharing(plan)

    def do(self, unit: Unit, handed: Handed | None = None) -> Done:
        """Do a unit of work.

        Parameters
        ----------
        unit : Unit
        handed : mapping of int to PreparedFold, optional
            Folds that another process has prepared.

        Raises
        ------
        ArmError
            If the arm's method cannot work on these rows.
        """
        with errors_only():
            self._tick()
            arm = self.plan.variant(unit.arm, unit.setting)
            with collect_warnings() as said:
                done = self._did(arm, unit, handed or {})
            return replace(done, warnings=tuple(sorted(set(said))))

    def rows(self, arm: Arm, fold: int) -> PreparedFold:
        """Return an arm's fold, to be handed to another process."""
        with errors_only(), collect_warnings():
            self._tick()
            return self._preparer.rows(arm, fold)

    def _did(self, arm: Arm, unit: Unit, handed: Handed) -> Done:
        match unit.kind:
            case "prepare":
                return Done(self._prepare(arm, unit, handed))
            case "trial":
                return self._trial(arm, unit, handed)
            case "finish":
                return self._finish(arm, unit, handed)

    def forget(self, name: str) -> None:
        """Let go of an arm's matrices, unless another arm shares them."""
        with self._matrices.guard:
            free = self._sharing.forget(name)
            self._matrices.drop(lambda key: key[0] in free)

    def _prepare(self, arm: Arm, unit: Unit, handed: Handed) -> FoldPrepared:
        started = time.perf_counter()
        made = self._rows if arm.ensemble is not None else self._made
        event = made(arm, unit.number, handed).event
        own = self.plan.maker(arm) == unit.arm
        return event_for(unit, event, time.perf_counter() - started, own=own)

    def _trial(self, arm: Arm, unit: Unit, handed: Handed) -> Done:
        """Score one setting over all folds."""
        started = time.perf_counter()
        experiment, folds = self.plan.experiment, range(len(self.plan.folds))
        if arm.ensemble is not None:
            # There are no rounds.
            scores = [self._judged(arm, unit, fold, handed) for fold in folds]
            return self._scored(unit, started, scores, 1, Work(trials=1))
        pairs = [self._pair(arm, unit, fold, handed) for fold in folds]
        with one_thread():
            grown = grow(
                pairs,
                experiment.model,
                objective=experiment.search.objective,
                tick=self._tick,
                look=lambda curve: self._look(arm.name, unit.number, tuple(curve)),
                spread=self._spread,
                bar=unit.bar,
            )
        work = Work(boosting_rounds=grown.grown, trials=1)
        curve = tuple(grown.curve)
        return self._scored(
            unit, started, grown.scores, grown.rounds, work, curve, grown.pruned
        )

    def _judged(self, arm: Arm, unit: Unit, fold: int, handed: Handed) -> np.ndarray:
        """Return an ensemble's scores of a fold's validation rows."""
        self._tick()
        rows = self._rows(arm, fold, handed)
        model = self._ensemble(arm, {**arm.params, **unit.params}, rows)
        assert rows.judge is not None
        return ensemble.scores(model, rows.judge, len(self.plan.dataset.labels))

    def _ensemble(
        self, arm: Arm, params: dict[str, ParamValue], rows: PreparedFold
    ) -> Any:
        seed = self.plan.experiment.seed
        return ensemble.fit(arm.ensemble or "", params, rows.X, rows.y, seed=seed)

    def _scored(
        self,
        unit: Unit,
        started: float,
        scores: list[np.ndarray],
        rounds: int,
        work: Work,
        curve: Curve = (),
        pruned: bool = False,
    ) -> Done:
        """Return a trial from its scores of every fold's validation rows."""
        plan = self.plan
        labels = [plan.dataset.y[plan.indices(f)[1]] for f in range(len(plan.folds))]
        per_fold = {
            name: tuple(map(partial(score, name), labels, scores))
            for name in CV_METRICS
        }
        mean = float(np.mean(per_fold[plan.experiment.search.objective]))
        event = TrialFinished(
            arm=unit.arm,
            number=unit.number,
            params=unit.params,
            rounds=rounds,
            score=mean,
            folds=per_fold,
            curve=curve or ((rounds, mean),),
            pruned=pruned,
            work=work,
            seconds=time.perf_counter() - started,
        )
        oof = finish.out_of_fold(plan, scores)
        return Done(event, {f"oof/{unit.arm}": oof.tobytes()})

    def _finish(self, arm: Arm, unit: Unit, handed: Handed) -> Done:
        """Choose thresholds, fit on all training rows, look at the test rows once."""
        started = time.perf_counter()
        plan = self.plan
        fit = self._final_ensemble if arm.ensemble else self._final_booster
        final = fit(arm, unit, handed)
        fitted = time.perf_counter()
        features = self._preparer.features(FINAL_FOLD, plan.missing(arm))
        scores = final.score(
            features.transform(plan.dataset.frame.iloc[plan.split.test])
        )
        event = finish.evaluate(plan, arm, final.frozen, scores)
        event = msgspec.structs.replace(
            event,
            work=final.work,
            fit_seconds=fitted - started,
            evaluate_seconds=time.perf_counter() - fitted,
        )
        kept = {f"model/{arm.name}": final.model, f"test/{arm.name}": scores.tobytes()}
        return Done(event, kept)

    def _final_booster(self, arm: Arm, unit: Unit, handed: Handed) -> _Final:
        import xgboost

        assert unit.best is not None
        made = self._made(arm, FINAL_FOLD, handed)
        frozen = finish.freeze(self.plan, arm, made.event.after, unit.oof)
        # More rounds, as more rows might bear, spread the scores beyond those that
        # thresholds were chosen on (docs/method.md has the figures).
        rounds = unit.best.rounds
        with one_thread():
            told = self._told(arm, unit, made)
            booster = refit(made.fit, told, rounds, tick=self._tick)

        def score(test: np.ndarray) -> np.ndarray:
            with one_thread():
                matrix = xgboost.QuantileDMatrix(test, ref=made.fit, nthread=1)
                scores: np.ndarray = booster.predict(matrix)
            return scores

        work = Work(boosting_rounds=rounds, matrices=1)
        return _Final(frozen, bytes(booster.save_raw("json")), score, work)

    def _final_ensemble(self, arm: Arm, unit: Unit, handed: Handed) -> _Final:
        assert unit.best is not None
        rows = self._rows(arm, FINAL_FOLD, handed)
        params = {**arm.params, **unit.best.params}
        # What its members see: each draws fewer rows of the larger class.
        share = float(registry.check_ensemble(arm.ensemble or "", params)["ratio"])
        seen = ratio.targets("under", rows.event.after, share)
        frozen = finish.freeze(self.plan, arm, seen, unit.oof)
        self._tick()
        model = self._ensemble(arm, params, rows)
        classes = len(self.plan.dataset.labels)
        score = partial(ensemble.scores, model, classes=classes)
        return _Final(frozen, ensemble.dump(model), score, Work())

    def _told(self, arm: Arm, unit: Unit, made: FoldMatrices) -> dict[str, Any]:
        """Return what XGBoost is told of a trial, without what its samplers are."""
        plan, model = self.plan, self.plan.experiment.model
        params = unit.params if unit.best is None else unit.best.params
        own = {k: v for k, v in params.items() if k not in unit.setting}
        # Of more classes the matrix says what a row weighs.
        weight = 1.0
        if arm.weights and not plan.multiclass:
            by_cost = arm.weights == "cost"
            weight = plan.costs.ratio if by_cost else made.positive_weight
        return booster_params(
            {**model.params, **own},
            seed=plan.experiment.seed,
            positive_weight=weight,
            classes=len(plan.dataset.labels),
        )

    def _pair(self, arm: Arm, unit: Unit, fold: int, handed: Handed) -> FitData:
        made, (_, judge) = self._made(arm, fold, handed), self.plan.indices(fold)
        told = self._told(arm, unit, made)
        return FitData(made.fit, made.judge, self.plan.dataset.y[judge], told)

    def _made(self, arm: Arm, fold: int, handed: Handed) -> FoldMatrices:
        """Return a fold's matrices, made by whoever asks first."""
        # Of more than two classes a matrix holds its rows' weights.
        weights = str(arm.weights) if self.plan.multiclass else ""
        key = (self.plan.rows_of(arm), fold, weights)

        def make() -> FoldMatrices:
            rows = self._rows(arm, fold, handed)
            with collect_warnings():
                return matrices(rows, row_weights(self.plan, arm, rows.y))

        return self._matrices.get(key, make, keep=lambda: self._sharing.claim(arm))

    def _rows(self, arm: Arm, fold: int, handed: Handed) -> PreparedFold:
        """Return a fold's rows; what was noticed of them they say themselves."""
        with collect_warnings():
            return handed.get(fold) or self._preparer.rows(arm, fold)


def event_for(
    unit: Unit, event: FoldPrepared, seconds: float, *, own: bool
) -> FoldPrepared:
    """Return the event of shared rows as that of one of the arms that share them.

    The work is told of the first of them only.
    """
    return msgspec.structs.replace(
        event,
        arm=unit.arm,
        work=event.work if own else Work(),
        reused=event.reused and own,
        seconds=seconds,
        setting=unit.setting,
    )
