"""Runs units of work in one process, and keeps the matrices that they share.

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

from engine.core.events import FoldPrepared, TrialFinished, Work
from engine.core.experiment import OBJECTIVES
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import ParamValue
from engine.core.state import FINAL_FOLD
from engine.evaluate.metrics import score
from engine.features.encoding import Encoding
from engine.io.logs import collect_warnings, errors_only
from engine.io.machine import one_thread
from engine.train import boost, finish
from engine.train.boost import (
    FitData,
    Grown,
    Spread,
    booster_params,
    grow,
    in_turn,
    refit,
)
from engine.train.plan import Curve, Plan, Sharing, Unit, UnitResult
from engine.train.prepare import (
    FoldCache,
    FoldMatrices,
    PreparedFold,
    Preparer,
    Shared,
    matrices,
    row_weights,
)

Folds: TypeAlias = Mapping[int, PreparedFold]
"""Rows of folds that another process prepared."""

CurveCallback = Callable[[str, int, Curve], None]
"""Takes the arm, number and curve of a trial each time it is evaluated."""


class Final(NamedTuple):
    """A model fitted on all training rows, and what was chosen before.

    Attributes
    ----------
    frozen : Frozen
        Thresholds, from out-of-fold scores.
    encoding : Encoding
        The way from the cells of a table to the matrix that the model takes.
    fitted : xgboost.Booster or classifier of imbalanced-learn
    model : bytes
        The same, as an artifact of a run holds it.
    score : callable
        Takes rows of that matrix, and returns their scores.
    work : Work
    """

    frozen: finish.Frozen
    encoding: Encoding
    fitted: Any
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
        Takes the curves of trials while they grow.
    spread : callable, optional
        Grows the folds of a trial from one look to the next; in turn if not given.
    cache : FoldCache or None, default=None
        Where prepared rows are read from and written to.
    room : int or None, default=None
        Bytes of matrices to keep for later units; the least recently used are dropped
        and made again when needed. All are kept when None.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        tick: Callable[[], None],
        look: CurveCallback = lambda arm, number, curve: None,
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

    def do(self, unit: Unit, given: Folds | None = None) -> UnitResult:
        """Do a unit of work.

        Parameters
        ----------
        unit : Unit
        given : mapping of int to PreparedFold, optional
            Folds that another process has prepared.

        Raises
        ------
        ArmError
            If the arm's method cannot work on these rows.
        """
        with errors_only():
            self._tick()
            arm = self.plan.variant(unit.arm, unit.setting)
            given = given or {}
            with collect_warnings() as texts:
                match unit.kind:
                    case "prepare":
                        done = UnitResult(self._prepare(arm, unit, given))
                    case "trial":
                        done = self._trial(arm, unit, given)
                    case "finish":
                        done = self._finish(arm, unit, given)
            return replace(done, warnings=tuple(sorted(set(texts))))

    def fit(self, unit: Unit) -> Final:
        """Choose thresholds, and fit an arm's best trial on all training rows.

        No test row is looked at.

        Parameters
        ----------
        unit : Unit
            One of ``finish``.

        Raises
        ------
        ArmError
            If the arm's method cannot work on these rows.
        """
        with errors_only(), collect_warnings():
            return self._fit(self.plan.variant(unit.arm, unit.setting), unit, {})

    def rows(self, arm: Arm, fold: int) -> PreparedFold:
        """Return an arm's fold, to be handed to another process."""
        with errors_only(), collect_warnings():
            self._tick()
            return self._preparer.rows(arm, fold)

    def forget(self, name: str) -> None:
        """Let go of an arm's matrices, unless another arm shares them."""
        with self._matrices.guard:
            free = self._sharing.forget(name)
            self._matrices.drop(lambda key: key[0] in free)

    def _prepare(self, arm: Arm, unit: Unit, given: Folds) -> FoldPrepared:
        started = time.perf_counter()
        made = self._rows if arm.ensemble is not None else self._matrices_of
        event = made(arm, unit.number, given).event
        own = self.plan.maker(arm) == unit.arm
        return event_for(unit, event, time.perf_counter() - started, own=own)

    def _trial(self, arm: Arm, unit: Unit, given: Folds) -> UnitResult:
        """Score one setting over all folds."""
        started = time.perf_counter()
        plan, experiment = self.plan, self.plan.experiment
        folds = range(len(plan.folds))
        if arm.ensemble is not None:
            # There are no rounds.
            scores = [self._ensemble_scores(arm, unit, fold, given) for fold in folds]
            grown = Grown(rounds=1, scores=scores, curve=[], grown=0, pruned=False)
        else:
            pairs = [self._pair(arm, unit, fold, given) for fold in folds]
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
        labels = [plan.dataset.y[plan.indices(fold)[1]] for fold in folds]
        per_fold: dict[str, tuple[float, ...]] = {
            name: tuple(map(partial(score, name), labels, grown.scores))
            for name in OBJECTIVES
        }
        mean = float(np.mean(per_fold[experiment.search.objective]))
        event = TrialFinished(
            arm=unit.arm,
            number=unit.number,
            params=unit.params,
            rounds=grown.rounds,
            score=mean,
            folds=per_fold,
            curve=tuple(grown.curve) or ((grown.rounds, mean),),
            pruned=grown.pruned,
            work=Work(boosting_rounds=grown.grown, trials=1),
            seconds=time.perf_counter() - started,
        )
        oof = finish.out_of_fold(plan, grown.scores)
        return UnitResult(event, {f"oof/{unit.arm}": oof.tobytes()})

    def _ensemble_scores(
        self, arm: Arm, unit: Unit, fold: int, given: Folds
    ) -> np.ndarray:
        """Return an ensemble's scores of a fold's validation rows."""
        self._tick()
        rows = self._rows(arm, fold, given)
        model = self._ensemble(arm, {**arm.params, **unit.params}, rows)
        assert rows.validation is not None
        return boost.ensemble_scores(
            model, rows.validation, len(self.plan.dataset.labels)
        )

    def _ensemble(
        self, arm: Arm, params: dict[str, ParamValue], rows: PreparedFold
    ) -> Any:
        seed = self.plan.experiment.seed
        return boost.fit_ensemble(
            arm.ensemble or "", params, rows.X, rows.y, seed=seed, weights=rows.weights
        )

    def _finish(self, arm: Arm, unit: Unit, given: Folds) -> UnitResult:
        """Choose thresholds, fit on all training rows, look at the test rows once."""
        started = time.perf_counter()
        plan = self.plan
        final = self._fit(arm, unit, given)
        fitted = time.perf_counter()
        test = plan.dataset.frame.iloc[plan.split.test]
        scores = final.score(final.encoding.transform(test))
        event = finish.evaluate(plan, arm, final.frozen, scores)
        event = msgspec.structs.replace(
            event,
            work=final.work,
            fit_seconds=fitted - started,
            evaluate_seconds=time.perf_counter() - fitted,
        )
        artifacts = {
            f"model/{arm.name}": final.model,
            f"test/{arm.name}": scores.tobytes(),
        }
        return UnitResult(event, artifacts)

    def _fit(self, arm: Arm, unit: Unit, given: Folds) -> Final:
        fit = self._final_ensemble if arm.ensemble else self._final_booster
        return fit(arm, unit, given)

    def _final_booster(self, arm: Arm, unit: Unit, given: Folds) -> Final:
        import xgboost

        assert unit.best is not None
        made = self._matrices_of(arm, FINAL_FOLD, given)
        frozen = finish.freeze(self.plan, arm, made.mass, unit.oof)
        # More rounds, as more rows might bear, spread the scores beyond those that
        # thresholds were chosen on (docs/method.md has the figures).
        rounds = unit.best.rounds
        with one_thread():
            params = self._params(arm, unit, made)
            booster = refit(made.fit, params, rounds, tick=self._tick)

        def score(test: np.ndarray) -> np.ndarray:
            with one_thread():
                matrix = xgboost.QuantileDMatrix(test, ref=made.fit, nthread=1)
                scores: np.ndarray = booster.predict(matrix)
            return scores

        work = Work(boosting_rounds=rounds, matrices=1)
        model, encoding = bytes(booster.save_raw("json")), self._encoding(arm)
        return Final(frozen, encoding, booster, model, score, work)

    def _final_ensemble(self, arm: Arm, unit: Unit, given: Folds) -> Final:
        assert unit.best is not None
        rows = self._rows(arm, FINAL_FOLD, given)
        params = {**arm.params, **unit.best.params}
        seen = finish.mass_seen(arm, params, rows.event.after, rows.mass)
        frozen = finish.freeze(self.plan, arm, seen, unit.oof)
        self._tick()
        model = self._ensemble(arm, params, rows)
        classes = len(self.plan.dataset.labels)
        score = partial(boost.ensemble_scores, model, classes=classes)
        raw = boost.dump_ensemble(model)
        return Final(frozen, self._encoding(arm), model, raw, score, Work())

    def _encoding(self, arm: Arm) -> Encoding:
        features = self._preparer.features(FINAL_FOLD, self.plan.missing(arm))
        return features.encoding_

    def _params(self, arm: Arm, unit: Unit, made: FoldMatrices) -> dict[str, object]:
        """Return XGBoost's parameters for a trial, without those of its samplers."""
        plan, model = self.plan, self.plan.experiment.model
        params = unit.params if unit.best is None else unit.best.params
        own = {k: v for k, v in params.items() if k not in unit.setting}
        # With more than two classes the weights are in the matrix.
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

    def _pair(self, arm: Arm, unit: Unit, fold: int, given: Folds) -> FitData:
        made = self._matrices_of(arm, fold, given)
        y = self.plan.dataset.y[self.plan.indices(fold)[1]]
        return FitData(made.fit, made.validation, y, self._params(arm, unit, made))

    def _matrices_of(self, arm: Arm, fold: int, given: Folds) -> FoldMatrices:
        """Return a fold's matrices, made by whoever asks first."""
        # Of more than two classes a matrix holds those of the classes too.
        weights = str(arm.weights) if self.plan.multiclass else ""
        key = (self.plan.rows_of(arm), fold, weights)

        def make() -> FoldMatrices:
            rows = self._rows(arm, fold, given)
            with collect_warnings():
                return matrices(rows, row_weights(self.plan, arm, rows))

        return self._matrices.get(key, make, keep=lambda: self._sharing.claim(arm))

    def _rows(self, arm: Arm, fold: int, given: Folds) -> PreparedFold:
        """Return a fold's rows; their own event holds the warnings."""
        with collect_warnings():
            return given.get(fold) or self._preparer.rows(arm, fold)


def event_for(
    unit: Unit, event: FoldPrepared, seconds: float, *, own: bool
) -> FoldPrepared:
    """Return the event of shared rows as that of one of the arms that share them.

    Only the first of them counts the work.
    """
    return msgspec.structs.replace(
        event,
        arm=unit.arm,
        work=event.work if own else Work(),
        reused=event.reused and own,
        seconds=seconds,
        setting=unit.setting,
    )
