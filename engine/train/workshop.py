"""Where an experiment's units of work are done, and what they share.

Rows are prepared once per arm and fold and kept as XGBoost's quantile matrices,
for all trials; arms that leave the rows alone share theirs. Any number of threads
may work here at a time: each matrix is made by whoever asks for it first.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from engine.data.roles import Dataset
from engine.evaluate import curves, metrics, threshold
from engine.events import (
    ArmEvaluated,
    FoldPrepared,
    OperatingPoint,
    TrialFinished,
    Work,
)
from engine.execute.quiet import collected
from engine.execute.threads import one_thread
from engine.features import Features
from engine.resample import recipe
from engine.spec import Arm, Experiment, ParamValue
from engine.split import Fold, Split
from engine.state import FINAL_FOLD
from engine.train.boost import Pair, grow, refit

if TYPE_CHECKING:
    import xgboost

__all__ = ["Workshop"]

CV_METRICS = ("average_precision", "roc_auc", "log_loss", "brier")


class _Prepared(NamedTuple):
    """An arm's fold: the matrices, and what was done to the rows.

    Of the final fold there is no judging matrix: the test rows are left alone
    until everything is chosen.
    """

    fit: xgboost.QuantileDMatrix
    judge: xgboost.QuantileDMatrix | None
    positive_weight: float
    event: FoldPrepared


class Workshop:
    """Prepares folds, runs trials and fits final models of one experiment.

    Parameters
    ----------
    experiment : Experiment
    dataset : Dataset
    split : Split
        The hold-out.
    folds : tuple of Fold
        The folds inside the training rows.
    tick : callable
        Called often from every unit; raises to end it.
    """

    def __init__(
        self,
        experiment: Experiment,
        dataset: Dataset,
        split: Split,
        folds: tuple[Fold, ...],
        tick: Callable[[], None],
    ) -> None:
        self.experiment = experiment
        self.dataset = dataset
        self.split = split
        self.folds = folds
        self._tick = tick
        self._features: dict[tuple[int, str], Features] = {}
        self._fitting: dict[tuple[int, str], np.ndarray] = {}
        self._waiting: dict[tuple[int, str], set[str | None]] = {}
        self._prepared: dict[tuple[str | None, int], _Prepared] = {}
        self._users = Counter(self._key(arm) for arm in experiment.arms)
        # Of arms that share rows, the first is told as the one that made them.
        self._makers = {self._key(arm): arm.name for arm in reversed(experiment.arms)}
        self._locks: dict[Any, threading.Lock] = {}
        self._guard = threading.Lock()
        self.growing: dict[str, tuple[int, tuple[tuple[int, float], ...]]] = {}
        """Number and curve of the trial that grows now, by arm; for displays."""

    def prepare(self, arm: Arm, fold: int) -> FoldPrepared:
        """Encode and treat the fitting rows of one fold, or of all train rows.

        Raises
        ------
        ArmError
            If the arm's recipe cannot work on these rows.
        """
        self._tick()
        started = time.perf_counter()
        key = (self._key(arm), fold)
        with self._once(*key):
            if key not in self._prepared:
                self._prepared[key] = self._prepare(arm, fold)
                self._done_with(arm, fold)
            event = self._prepared[key].event
        return msgspec.structs.replace(
            event,
            arm=arm.name,
            work=event.work if self._makers[key[0]] == arm.name else Work(),
            seconds=time.perf_counter() - started,
        )

    def trial(
        self, arm: Arm, number: int, params: dict[str, ParamValue]
    ) -> tuple[TrialFinished, bytes]:
        """Score one setting over all folds.

        Returns
        -------
        event : TrialFinished
        oof : bytes
            Out-of-fold scores, float32, of shape (repeats, n_train), each row in
            the order of the training rows.
        """
        started = time.perf_counter()
        pairs = [self._pair(arm, fold) for fold in range(len(self.folds))]

        def look(curve: list[tuple[int, float]]) -> None:
            self.growing[arm.name] = (number, tuple(curve))

        with one_thread():
            grown = grow(
                pairs,
                {**self.experiment.model.params, **params},
                self.experiment.model,
                objective=self.experiment.search.objective,
                seed=self.experiment.seed,
                tick=self._tick,
                look=look,
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
            number=number,
            params=params,
            rounds=grown.rounds,
            score=float(np.mean(per_fold[self.experiment.search.objective])),
            folds=per_fold,
            curve=tuple(grown.curve),
            work=Work(boosting_rounds=grown.grown, trials=1),
            seconds=time.perf_counter() - started,
        )
        return event, self._out_of_fold(grown.scores).tobytes()

    def finish(
        self,
        arm: Arm,
        best: TrialFinished,
        oof: bytes,
        kept: MutableMapping[str, bytes],
    ) -> ArmEvaluated:
        """Choose thresholds, fit on all training rows, look at the test rows once.

        Parameters
        ----------
        arm : Arm
        best : TrialFinished
            The arm's best trial.
        oof : bytes
            Its out-of-fold scores, as `trial` returned them.
        kept : mutable mapping
            Receives ``model/ARM`` (XGBoost's JSON) and ``test/ARM`` (float32).
        """
        started = time.perf_counter()
        y = self.dataset.y
        train, test = self.split.train, self.split.test
        decision = self.experiment.decision
        out_of_fold = np.frombuffer(oof, dtype=np.float32)
        prepared = self._ready(arm, FINAL_FOLD)
        after = prepared.event.after[self.dataset.labels[1]]
        share = 0.5 if arm.weights else after / sum(prepared.event.after.values())
        thresholds = {
            policy: threshold.choose(
                policy,
                np.tile(y[train], self.experiment.search.repeats),
                out_of_fold,
                prevalence=share,
                cost_fn=decision.cost_fn,
                cost_fp=decision.cost_fp,
            )
            for policy in decision.policies
        }
        folds = self.experiment.search.folds
        # The folds' models saw (K-1)/K of the rows; more rows bear more rounds.
        rounds = max(1, round(best.rounds * folds / (folds - 1)))
        with one_thread():
            booster = refit(
                prepared.fit,
                {**self.experiment.model.params, **best.params},
                rounds,
                seed=self.experiment.seed,
                positive_weight=prepared.positive_weight if arm.weights else 1.0,
                tick=self._tick,
            )
            fitted = time.perf_counter()
            features = self._features[FINAL_FOLD, self._missing(arm)]
            scores = booster.predict(self._judging(features, test, ref=prepared.fit))
        kept[f"model/{arm.name}"] = bytes(booster.save_raw("json"))
        kept[f"test/{arm.name}"] = scores.tobytes()
        points = tuple(
            self._point(policy, chosen, y[test], scores)
            for policy, chosen in thresholds.items()
        )
        self.release(arm)
        return ArmEvaluated(
            arm=arm.name,
            operating_points=points,
            test=metrics.ranking_metrics(y[test], scores),
            sweep=curves.sweep(y[test], scores),
            work=Work(boosting_rounds=rounds, matrices=1),
            fit_seconds=fitted - started,
            evaluate_seconds=time.perf_counter() - fitted,
        )

    def release(self, arm: Arm) -> None:
        """Forget an arm's matrices, unless another arm shares them."""
        key = self._key(arm)
        with self._guard:
            self._users[key] -= 1
            if self._users[key] == 0:
                for known in [k for k in self._prepared if k[0] == key]:
                    del self._prepared[known]
        if self._users[key] == 0:
            for fold in (*range(len(self.folds)), FINAL_FOLD):
                self._done_with(arm, fold)

    def _point(
        self, policy: str, chosen: float, y: np.ndarray, scores: np.ndarray
    ) -> OperatingPoint:
        confusion = metrics.confusion_at(y, scores, chosen)
        decision = self.experiment.decision
        return OperatingPoint(
            policy=policy,
            threshold=chosen,
            confusion=confusion,
            metrics=metrics.point_metrics(
                confusion, cost_fn=decision.cost_fn, cost_fp=decision.cost_fp
            ),
        )

    def _prepare(self, arm: Arm, fold: int) -> _Prepared:
        import xgboost

        y = self.dataset.y
        features, rows = self._encoded(arm, fold)
        fit, judge = self._indices(fold)
        with one_thread(), collected() as warnings:
            treated = recipe.apply(
                arm,
                rows,
                y[fit],
                seed=self.experiment.seed,
                legalise=features.legalise,
            )
            fit_matrix = xgboost.QuantileDMatrix(treated.X, treated.y, nthread=1)
        judged, fingerprint, extra = None, "", 0
        learned_from = np.union1d(
            features.fitted_on_, fit[treated.origin[treated.origin >= 0]]
        )
        leaked = int(np.isin(learned_from, np.union1d(judge, self.split.test)).sum())
        if fold != FINAL_FOLD:
            frame = self.dataset.frame.iloc[judge]
            matrix = features.transform(frame)
            fingerprint = hashlib.sha256(matrix.tobytes()).hexdigest()
            extra = len(matrix) - int(np.isin(frame.index, judge).sum())
            judged = xgboost.QuantileDMatrix(matrix, ref=fit_matrix, nthread=1)
        positives = int(treated.y.sum())
        event = FoldPrepared(
            arm=arm.name,
            fold=fold,
            before=self._counts(y[fit]),
            after=self._counts(treated.y),
            synthetic=int((treated.origin < 0).sum()),
            repairs=treated.repairs,
            notes=tuple(dict.fromkeys([*treated.notes, *warnings])),
            validation_fingerprint=fingerprint,
            synthetic_in_validation=extra,
            judged_rows_learned_from=leaked,
            work=Work(resamples=treated.resamples, matrices=1 if judged is None else 2),
        )
        weight = (len(treated.y) - positives) / positives
        return _Prepared(fit_matrix, judged, weight, event)

    def _ready(self, arm: Arm, fold: int) -> _Prepared:
        """Return a prepared fold; a resumed run prepares it anew."""
        if (self._key(arm), fold) not in self._prepared:
            self.prepare(arm, fold)
        return self._prepared[self._key(arm), fold]

    def _pair(self, arm: Arm, fold: int) -> Pair:
        prepared = self._ready(arm, fold)
        return Pair(
            prepared.fit,
            prepared.judge,
            self.dataset.y[self.folds[fold].judge],
            prepared.positive_weight if arm.weights else 1.0,
        )

    def _judging(
        self, features: Features, rows: np.ndarray, *, ref: xgboost.QuantileDMatrix
    ) -> xgboost.QuantileDMatrix:
        import xgboost

        matrix = features.transform(self.dataset.frame.iloc[rows])
        return xgboost.QuantileDMatrix(matrix, ref=ref, nthread=1)

    def _encoded(self, arm: Arm, fold: int) -> tuple[Features, np.ndarray]:
        """Return a fold's fitted features and its fitting rows as numbers.

        They are shared by all arms, and the rows forgotten once every arm that
        wants them is prepared.
        """
        key = (fold, self._missing(arm))
        with self._once("rows", *key):
            if key not in self._fitting:
                fit, _ = self._indices(fold)
                frame = self.dataset.frame.iloc[fit]
                features = Features(
                    self.dataset.columns,
                    missing=key[1],
                    max_categories=self.experiment.features.max_categories,
                ).fit(frame)
                self._features[key] = features
                self._fitting[key] = features.transform(frame)
            return self._features[key], self._fitting[key]

    def _done_with(self, arm: Arm, fold: int) -> None:
        key = (fold, self._missing(arm))
        with self._guard:
            waiting = self._waiting.setdefault(
                key,
                {
                    self._key(other)
                    for other in self.experiment.arms
                    if self._missing(other) == key[1]
                },
            )
            waiting.discard(self._key(arm))
            if not waiting:
                self._fitting.pop(key, None)

    def _missing(self, arm: Arm) -> str:
        return "impute" if arm.steps else self.experiment.features.missing

    def _indices(self, fold: int) -> tuple[np.ndarray, np.ndarray]:
        if fold == FINAL_FOLD:
            return self.split.train, self.split.test
        return self.folds[fold].fit, self.folds[fold].judge

    def _out_of_fold(self, scores: list[np.ndarray]) -> np.ndarray:
        """Put the folds' scores at their rows, a row of scores per repeat.

        A mean over repeats would be the scores of an ensemble, which are less
        spread than those of the one model that the thresholds are for.
        """
        position = np.empty(len(self.dataset.y), dtype=np.int64)
        position[self.split.train] = np.arange(len(self.split.train))
        search = self.experiment.search
        found = np.empty((search.repeats, len(self.split.train)), dtype=np.float32)
        for number, (fold, values) in enumerate(zip(self.folds, scores, strict=True)):
            found[number // search.folds, position[fold.judge]] = values
        return found

    def _counts(self, y: np.ndarray) -> dict[str, int]:
        negative, positive = self.dataset.labels
        ones = int(y.sum())
        return {negative: len(y) - ones, positive: ones}

    def _key(self, arm: Arm) -> str | None:
        """Return what arms that treat the rows alike share: None is untreated."""
        return arm.name if arm.steps else None

    def _once(self, *key: Any) -> AbstractContextManager[Any]:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())
