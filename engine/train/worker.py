"""Runs units of work in one process, and keeps the matrices that they share.

Rows are prepared once per arm and fold and kept as the model takes them, for all
trials; arms of a model that leave the rows alone share theirs. Any number of threads
may work here at a time: each matrix is made by whoever asks for it first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np

from engine.core.events import FoldPrepared, TrialFinished, Work
from engine.core.experiment import OBJECTIVES
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import ParamValue
from engine.core.models import BOOSTING, fixed_params, get
from engine.core.state import FINAL_FOLD
from engine.data.array_cache import ArrayCache
from engine.evaluate.metrics import score
from engine.features.encoding import Encoding
from engine.io.logs import collect_warnings, errors_only
from engine.io.machine import one_thread, release_memory
from engine.train import finish
from engine.train.growth import FoldGrowth, Spread, grow, in_turn
from engine.train.models.port import FittedModel, Growing, WithOdds, find
from engine.train.plan import Curve, Plan, Sharing, Unit, UnitResult
from engine.train.prepare import (
    FoldMatrices,
    PreparedFold,
    Preparer,
    Shared,
    count_matrices,
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
    scorer : FittedModel
    model : bytes
        The same, as an artifact of a run holds it.
    score : callable
        Takes rows of that matrix, and returns their scores.
    work : Work
    """

    frozen: finish.Frozen
    encoding: Encoding
    scorer: FittedModel
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
    cache : ArrayCache or None, default=None
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
        cache: ArrayCache | None = None,
        room: int | None = None,
    ) -> None:
        self.plan = plan
        self._tick = tick
        self._look = look
        self._spread = spread
        self._preparer = Preparer(plan, cache)
        self._matrices: Shared[tuple[str, int, str, str], FoldMatrices] = Shared(room)
        self._searching, self._ending = Sharing(plan), Sharing(plan)

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
                        if unit.number == FINAL_FOLD and self.plan.is_large:
                            self._forget_search(unit.arm)
                        done = UnitResult(self._prepare(arm, unit, given))
                    case "trial":
                        done = self._trial(arm, unit, given)
                    case "finish":
                        self._forget_search(unit.arm)
                        done = self._finish(arm, unit, given)
            if self.plan.is_large:
                release_memory()
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
        self._forget_search(name)
        with self._matrices.guard:
            free = self._ending.forget(name)
            self._matrices.drop(lambda key: key[0] in free and key[1] == FINAL_FOLD)

    def _forget_search(self, name: str) -> None:
        """Let go of the matrices that only an arm's trials take."""
        with self._matrices.guard:
            free = self._searching.forget(name)
            self._matrices.drop(lambda key: key[0] in free and key[1] != FINAL_FOLD)

    def _prepare(self, arm: Arm, unit: Unit, given: Folds) -> FoldPrepared:
        started = time.perf_counter()
        event = self._matrices_of(arm, unit.number, given).event
        event = msgspec.structs.replace(event, seconds=time.perf_counter() - started)
        return event_for(self.plan, unit, event)

    def _trial(self, arm: Arm, unit: Unit, given: Folds) -> UnitResult:
        """Score one setting over all folds."""
        started = time.perf_counter()
        plan, experiment = self.plan, self.plan.experiment
        folds = range(len(plan.folds))
        labels = [plan.dataset.y[plan.indices(fold)[1]] for fold in folds]
        with one_thread():
            growing = [
                FoldGrowth(self._start(arm, unit, made), made.validation, y)
                for made, y in zip(
                    (self._matrices_of(arm, fold, given) for fold in folds),
                    labels,
                    strict=True,
                )
            ]
            grown = grow(
                growing,
                find(arm.learner).schedule(experiment.model, self._setting(arm, unit)),
                objective=experiment.search.objective,
                look=lambda curve: self._look(arm.name, unit.number, tuple(curve)),
                spread=self._spread,
                bar=unit.bar,
            )
        per_fold: dict[str, tuple[float, ...]] = {
            name: tuple(map(partial(score, name), labels, grown.scores))
            for name in OBJECTIVES
        }
        event = TrialFinished(
            arm=unit.arm,
            number=unit.number,
            params=unit.params,
            rounds=grown.rounds,
            score=float(np.mean(per_fold[experiment.search.objective])),
            folds=per_fold,
            curve=tuple(grown.curve),
            pruned=grown.pruned,
            work=Work(boosting_rounds=_boosted(arm, grown.grown), trials=1),
            seconds=time.perf_counter() - started,
        )
        oof = finish.out_of_fold(plan, grown.scores)
        return UnitResult(event, {f"oof/{unit.arm}": oof.tobytes()})

    def _finish(self, arm: Arm, unit: Unit, given: Folds) -> UnitResult:
        """Choose thresholds, fit on all training rows, look at the test rows once."""
        started = time.perf_counter()
        plan = self.plan
        final = self._fit(arm, unit, given)
        fitted = time.perf_counter()
        frame, test = plan.dataset.frame, plan.split.test
        scores = final.score(final.encoding.transform(frame, test))
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
        assert unit.best is not None
        model = find(arm.learner)
        made = self._matrices_of(arm, FINAL_FOLD, given)
        setting = self._setting(arm, unit)
        seen = finish.mass_seen(arm, setting, made.event.after, made.mass)
        if not self.plan.multiclass:
            seen = seen / [self.plan.odds(arm), 1.0]
        frozen = finish.freeze(self.plan, arm, seen, unit.oof)
        # More rounds, as more rows might bear, spread the scores beyond those that
        # thresholds were chosen on (docs/method.md has the figures).
        rounds = unit.best.rounds
        with one_thread():
            growing = self._start(arm, unit, made)
            growing.advance(rounds)

        scorer = growing.scorer()

        def score(test: np.ndarray) -> np.ndarray:
            if isinstance(growing, WithOdds):
                return scorer.scores(test)  # what is kept, to the last bit
            with one_thread():
                return growing.scores(model.matrix(test, like=made.fit))

        work = Work(
            boosting_rounds=_boosted(arm, rounds), matrices=int(model.own_matrix)
        )
        features = self._preparer.features(FINAL_FOLD, self.plan.missing(arm))
        return Final(frozen, features.encoding_, scorer, scorer.dump(), score, work)

    def _start(self, arm: Arm, unit: Unit, made: FoldMatrices) -> Growing:
        plan = self.plan
        # With more than two classes the weights are in the matrix.
        weight = 1.0
        if arm.weights and not plan.multiclass:
            by_cost = arm.weights == "cost"
            weight = finish.cost_ratio(plan) if by_cost else made.positive_weight
        growing = find(arm.learner).start(
            made.fit,
            self._setting(arm, unit),
            seed=plan.experiment.seed,
            tick=self._tick,
            positive_weight=weight,
            classes=len(plan.dataset.labels),
        )
        odds = plan.odds(arm)
        return growing if odds == 1.0 else WithOdds(growing, odds)

    def _setting(self, arm: Arm, unit: Unit) -> dict[str, ParamValue]:
        """Return the model's parameters for a trial, without those of its samplers."""
        params = unit.params if unit.best is None else unit.best.params
        own = {k: v for k, v in params.items() if k not in unit.setting}
        return {**fixed_params(self.plan.experiment.model, arm), **own}

    def _matrices_of(self, arm: Arm, fold: int, given: Folds) -> FoldMatrices:
        """Return a fold's matrices, made by whoever asks first."""
        # Of more than two classes a matrix holds those of the classes too.
        weights = str(arm.weights) if self.plan.multiclass else ""
        model = find(arm.learner)
        form = arm.learner if model.own_matrix else ""
        key = (self.plan.rows_of(arm), fold, weights, form)
        users = self._ending if fold == FINAL_FOLD else self._searching

        def make() -> FoldMatrices:
            rows = self._rows(arm, fold, given)
            with collect_warnings():
                return matrices(model, rows, row_weights(self.plan, arm, rows))

        return self._matrices.get(key, make, keep=lambda _: users.claim(arm))

    def _rows(self, arm: Arm, fold: int, given: Folds) -> PreparedFold:
        """Return a fold's rows; their own event holds the warnings."""
        with collect_warnings():
            return given.get(fold) or self._preparer.rows(arm, fold)


def event_for(plan: Plan, unit: Unit, event: FoldPrepared) -> FoldPrepared:
    """Return the event of shared rows as that of one of the arms that share them.

    Only the first of them counts the work of the rows, and the first of each model that
    of its matrices.
    """
    arm = plan.variant(unit.arm, unit.setting)
    own = plan.maker(arm) == unit.arm
    first = plan.matrix_maker(arm) == unit.arm
    work = Work(
        resamples=event.work.resamples if own else 0,
        matrices=count_matrices(arm, event.fold) if first else 0,
    )
    reused = event.reused and own
    return msgspec.structs.replace(
        event, arm=unit.arm, work=work, reused=reused, setting=unit.setting
    )


def _boosted(arm: Arm, rounds: int) -> int:
    """Return the boosting rounds of so many rounds of an arm's model."""
    return rounds if get(arm.learner).rounds == BOOSTING else 0
