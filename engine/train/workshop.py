"""Does units of work in one process, and keeps the matrices that they share.

Rows are prepared once per arm and fold and kept as XGBoost's quantile matrices,
for all trials; arms that leave the rows alone share theirs. Any number of threads
may work here at a time: each matrix is made by whoever asks for it first.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from engine.evaluate import metrics
from engine.events import FoldPrepared, TrialFinished, Work
from engine.execute.threads import one_thread
from engine.spec import Arm
from engine.state import FINAL_FOLD
from engine.train import finish
from engine.train.boost import Pair, Spread, grow, in_turn, refit
from engine.train.cache import FoldCache
from engine.train.plan import Curve, Done, Plan, Unit
from engine.train.prepare import Preparer, Rows

if TYPE_CHECKING:
    import xgboost

__all__ = ["Look", "Workshop", "matrix_bytes"]

CV_METRICS = ("average_precision", "roc_auc", "log_loss", "brier")

Look = Callable[[str, int, Curve], None]
"""Told the arm, number and curve of a trial at each of its looks."""


def matrix_bytes(rows: int, features: int) -> int:
    """Return the size of a quantile matrix: a byte per cell, and 12 per row."""
    return rows * (features + 12)


class _Matrices(NamedTuple):
    fit: xgboost.QuantileDMatrix
    judge: xgboost.QuantileDMatrix | None
    positive_weight: float
    nbytes: int
    event: FoldPrepared


class Workshop:
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
        self._room = room
        self._preparer = Preparer(plan, cache)
        self._matrices: OrderedDict[tuple[str, int], _Matrices] = OrderedDict()
        self._users = Counter(plan.rows_of(arm) for arm in plan.experiment.arms)
        self._locks: dict[Any, threading.Lock] = {}
        self._guard = threading.Lock()

    def do(self, unit: Unit, handed: Mapping[int, Rows] | None = None) -> Done:
        """Do a unit of work.

        Parameters
        ----------
        unit : Unit
        handed : mapping of int to Rows, optional
            Folds that another process has prepared.

        Raises
        ------
        ArmError
            If the arm's recipe cannot work on these rows.
        """
        self._tick()
        arm = self.plan.arm(unit.arm)
        match unit.kind:
            case "prepare":
                return Done(self._prepare(arm, unit.number, handed or {}))
            case "trial":
                return self._trial(arm, unit, handed or {})
            case "finish":
                return self._finish(arm, unit, handed or {})

    def rows(self, arm: str, fold: int) -> Rows:
        """Return an arm's fold, to be handed to another process."""
        self._tick()
        return self._preparer.rows(self.plan.arm(arm), fold)

    def forget(self, name: str) -> None:
        """Let go of an arm's matrices, unless another arm shares them."""
        rows = self.plan.rows_of(self.plan.arm(name))
        with self._guard:
            self._users[rows] -= 1
            if self._users[rows] == 0:
                for key in [k for k in self._matrices if k[0] == rows]:
                    del self._matrices[key]

    def _prepare(self, arm: Arm, fold: int, handed: Mapping[int, Rows]) -> FoldPrepared:
        started = time.perf_counter()
        event = self._made(arm, fold, handed).event
        return told_for(arm.name, event, time.perf_counter() - started)

    def _trial(self, arm: Arm, unit: Unit, handed: Mapping[int, Rows]) -> Done:
        """Score one setting over all folds."""
        started = time.perf_counter()
        experiment = self.plan.experiment
        pairs = [self._pair(arm, fold, handed) for fold in range(len(self.plan.folds))]
        with one_thread():
            grown = grow(
                pairs,
                {**experiment.model.params, **unit.params},
                experiment.model,
                objective=experiment.search.objective,
                seed=experiment.seed,
                tick=self._tick,
                look=lambda curve: self._look(arm.name, unit.number, tuple(curve)),
                spread=self._spread,
                bar=unit.bar,
            )
        per_fold = {
            name: tuple(
                metrics.score(name, pair.y_judge, scores)
                for pair, scores in zip(pairs, grown.scores, strict=True)
            )
            for name in CV_METRICS
        }
        event = TrialFinished(
            arm=arm.name,
            number=unit.number,
            params=unit.params,
            rounds=grown.rounds,
            score=float(np.mean(per_fold[experiment.search.objective])),
            folds=per_fold,
            curve=tuple(grown.curve),
            pruned=grown.pruned,
            work=Work(boosting_rounds=grown.grown, trials=1),
            seconds=time.perf_counter() - started,
        )
        oof = finish.out_of_fold(self.plan, grown.scores)
        return Done(event, {f"oof/{arm.name}": oof.tobytes()})

    def _finish(self, arm: Arm, unit: Unit, handed: Mapping[int, Rows]) -> Done:
        """Choose thresholds, fit on all training rows, look at the test rows once."""
        import xgboost

        started = time.perf_counter()
        plan, best = self.plan, unit.best
        assert best is not None
        made = self._made(arm, FINAL_FOLD, handed)
        thresholds = finish.thresholds(plan, arm, made.event.after, unit.oof)
        rounds = finish.rounds(plan, best.rounds)
        with one_thread():
            booster = refit(
                made.fit,
                {**plan.experiment.model.params, **best.params},
                rounds,
                seed=plan.experiment.seed,
                positive_weight=made.positive_weight if arm.weights else 1.0,
                tick=self._tick,
            )
            fitted = time.perf_counter()
            features = self._preparer.features(FINAL_FOLD, plan.missing(arm))
            test = features.transform(plan.dataset.frame.iloc[plan.split.test])
            scores = booster.predict(
                xgboost.QuantileDMatrix(test, ref=made.fit, nthread=1)
            )
        event = finish.evaluated(
            plan,
            arm,
            thresholds,
            scores,
            work=Work(boosting_rounds=rounds, matrices=1),
            fit_seconds=fitted - started,
            evaluate_seconds=time.perf_counter() - fitted,
        )
        kept = {
            f"model/{arm.name}": bytes(booster.save_raw("json")),
            f"test/{arm.name}": scores.tobytes(),
        }
        return Done(event, kept)

    def _pair(self, arm: Arm, fold: int, handed: Mapping[int, Rows]) -> Pair:
        made = self._made(arm, fold, handed)
        return Pair(
            made.fit,
            made.judge,
            self.plan.dataset.y[self.plan.indices(fold)[1]],
            made.positive_weight if arm.weights else 1.0,
        )

    def _made(self, arm: Arm, fold: int, handed: Mapping[int, Rows]) -> _Matrices:
        """Return a fold's matrices, made by whoever asks first."""
        key = (self.plan.rows_of(arm), fold)
        with self._once(*key):
            with self._guard:
                if key in self._matrices:
                    self._matrices.move_to_end(key)
                    return self._matrices[key]
            made = _matrices(handed.get(fold) or self._preparer.rows(arm, fold))
            with self._guard:
                if self._users[key[0]] > 0:
                    self._matrices[key] = made
                    self._make_room()
            return made

    def _make_room(self) -> None:
        """Let go of what was used longest ago; who uses a matrix keeps it."""
        if self._room is None:
            return
        held = sum(m.nbytes for m in self._matrices.values())
        while held > self._room and len(self._matrices) > 1:
            held -= self._matrices.popitem(last=False)[1].nbytes

    def _once(self, *key: Any) -> AbstractContextManager[Any]:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())


def told_for(arm: str, event: FoldPrepared, seconds: float) -> FoldPrepared:
    """Return the event of shared rows as that of one of the arms that share them."""
    return msgspec.structs.replace(
        event,
        arm=arm,
        work=event.work if event.arm == arm else Work(),
        reused=event.reused and event.arm == arm,
        seconds=seconds,
    )


def _matrices(rows: Rows) -> _Matrices:
    import xgboost

    with one_thread():
        fit = xgboost.QuantileDMatrix(rows.X, rows.y, nthread=1)
        judge = None
        if rows.judge is not None:
            judge = xgboost.QuantileDMatrix(rows.judge, ref=fit, nthread=1)
    positives = int(rows.y.sum())
    judged = 0 if rows.judge is None else len(rows.judge)
    return _Matrices(
        fit,
        judge,
        (len(rows.y) - positives) / positives,
        matrix_bytes(len(rows.y) + judged, rows.X.shape[1]),
        rows.event,
    )
