"""Searches of one arm that are compared: the engine's, and those of other libraries.

All work on the engine's folds, on one thread, with the engine's encoder. Each keeps the
best mean score over the folds by the processor seconds that it took, from the table in
memory on: encoding, sampling and matrices count, reading the table and imports do not.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np
import optuna
from imblearn.pipeline import Pipeline
from material import OBJECTIVE, Rows, plan, rows, stock
from scipy import stats
from sklearn.base import clone
from sklearn.model_selection import BaseCrossValidator, RandomizedSearchCV
from xgboost import XGBClassifier

from engine.core import space
from engine.core.events import Event, Progress, TrialFinished
from engine.core.execution import CancelToken, Place
from engine.core.experiment import Experiment
from engine.core.methods import grammar
from engine.core.methods.samplers import Range
from engine.core.presets import preset
from engine.core.state import State
from engine.evaluate.metrics import score
from engine.execute.local import make
from engine.features.encoder import Features
from engine.train.schedule import Limit, Schedule

__all__ = ["flaml", "ours", "random", "tpe"]

WARM = {"data": "sample:moons", "target": "label", "trials": 2}
FEWEST = 10
"""Trials that every search does, also where it has what it looks for before."""


class Log:
    """The best mean score over the folds, by processor second.

    Parameters
    ----------
    told : dict
        ``wanted``: the score that the search looks for, if it is known.
    folds : int
    """

    def __init__(self, told: dict[str, Any], folds: int) -> None:
        self.wanted = told.get("wanted") or math.inf
        self.path: list[tuple[float, float]] = []
        self.trials = self.rounds = 0
        self.best: list[float] = []
        self._folds = folds
        self._open: list[float] = []
        self._started = time.process_time()

    @property
    def spent(self) -> float:
        return time.process_time() - self._started

    @property
    def over(self) -> bool:
        """Whether the score that the search looks for is there."""
        return self.trials >= FEWEST and self.path[-1][1] >= self.wanted

    def see(self, mean: float) -> None:
        if not self.path or mean > self.path[-1][1]:
            self.path.append((self.spent, mean))

    def fold(self, value: float) -> None:
        """Take the folds of a trial in turn."""
        self._open.append(value)
        if len(self._open) == self._folds:
            self.trial(self._open)
            self._open = []

    def trial(self, values: list[float]) -> None:
        self.trials += 1
        if not self.best or np.mean(values) > np.mean(self.best):
            self.best = list(values)
        self.see(float(np.mean(values)))

    def answer(self) -> dict[str, Any]:
        return {
            "cpu": self.spent,
            "path": self.path,
            "trials": self.trials,
            "rounds": self.rounds,
            "best": float(np.mean(self.best)),
            "noise": float(np.std(self.best, ddof=1) / np.sqrt(len(self.best))),
        }


class Case(NamedTuple):
    """An arm, the table of its training rows, and their folds by place in it."""

    wanted: Experiment
    material: Rows
    X: Any
    y: np.ndarray
    folds: list[tuple[np.ndarray, np.ndarray]]

    def pipeline(self) -> Pipeline:
        """Return encoder, sampler and booster as a Pipeline."""
        model = XGBClassifier(
            n_estimators=self.wanted.model.rounds, n_jobs=1, random_state=0
        )
        return Pipeline([*self.steps(), ("model", model)])

    def steps(self) -> list[tuple[str, Any]]:
        """Return encoder and sampler."""
        (arm,) = self.wanted.arms
        encoder = Features(self.material.dataset.columns)
        samplers = [
            (step.sampler, stock(step.sampler, {}, self.wanted.seed))
            for step in arm.steps
        ]
        return [("features", encoder), *samplers]


def experiment(told: dict[str, Any]) -> Experiment:
    """Return the engine's defaults for one arm."""
    replace = msgspec.structs.replace
    base = preset(None, source=told["data"], target=told["target"])
    return replace(
        base,
        arms=(grammar.parse(told["arm"]),),
        seed=told["seed"],
        search=replace(base.search, trials=told["trials"]),
    )


def case(told: dict[str, Any]) -> Case:
    wanted = experiment(told)
    material = rows(wanted)
    train, dataset = material.split.train, material.dataset
    place = np.empty(len(dataset.y), dtype=np.int64)
    place[train] = np.arange(len(train))
    names = [column.name for column in dataset.columns]
    return Case(
        wanted,
        material,
        dataset.frame[names].iloc[train].reset_index(drop=True),
        dataset.y[train],
        [(place[fold.fit], place[fold.validation]) for fold in material.folds],
    )


def cases(told: dict[str, Any]) -> Iterator[tuple[Case, Log]]:
    """Give a small case first, which loads what loads late; then the real one."""
    for one in ({**told, **WARM}, told):
        made = case(one)
        yield made, Log(one, len(made.folds))


# scikit-learn -------------------------------------------------------------------------


def random(told: dict[str, Any]) -> dict[str, Any]:
    """Search by scikit-learn's RandomizedSearchCV, all rounds of all trials."""
    for at, log in cases(told):

        def scored(model: Any, X: Any, y: np.ndarray, log: Log = log) -> float:
            value = score(OBJECTIVE, y, model.predict_proba(X)[:, 1])
            log.rounds += model[-1].n_estimators
            log.fold(value)
            return value

        ranges = space.ranges(at.wanted.model, at.wanted.arms[0])
        RandomizedSearchCV(
            at.pipeline(),
            {f"model__{name}": _distribution(one) for name, one in ranges.items()},
            n_iter=at.wanted.search.trials,
            scoring=scored,
            cv=at.folds,
            refit=False,
            random_state=at.wanted.seed,
            error_score="raise",
        ).fit(at.X, at.y)
    return log.answer()


def _distribution(one: Range) -> Any:
    if one.whole:
        return stats.randint(int(one.low), int(one.high) + 1)
    if one.log:
        return stats.loguniform(one.low, one.high)
    return stats.uniform(one.low, one.high - one.low)


# Optuna -------------------------------------------------------------------------------


def tpe(told: dict[str, Any]) -> dict[str, Any]:
    """Search by Optuna's TPE, its MedianPruner looking after each fold."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for at, log in cases(told):
        searched = space.distributions(at.wanted.model, at.wanted.arms[0])
        study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=at.wanted.seed),
            pruner=optuna.pruners.MedianPruner(),
        )
        while len(study.trials) < at.wanted.search.trials and not log.over:
            asked, values = study.ask(searched), list[float]()
            for fit, validation in at.folds:
                made = clone(at.pipeline()).set_params(
                    **{f"model__{k}": v for k, v in asked.params.items()}
                )
                made.fit(at.X.iloc[fit], at.y[fit])
                log.rounds += made[-1].n_estimators
                chances = made.predict_proba(at.X.iloc[validation])[:, 1]
                values.append(score(OBJECTIVE, at.y[validation], chances))
                asked.report(float(np.mean(values)), len(values))
                if asked.should_prune() and len(values) < len(at.folds):
                    study.tell(asked, state=optuna.trial.TrialState.PRUNED)
                    log.trials += 1
                    break
            else:
                study.tell(asked, float(np.mean(values)))
                log.trial(values)
    return log.answer()


# FLAML --------------------------------------------------------------------------------


class _Enough(BaseException):
    """Ends FLAML's search, which catches exceptions."""


class _Folds(BaseCrossValidator):
    """The engine's folds; FLAML shuffles rows of those that do not refuse it."""

    shuffle = False

    def __init__(self, folds: list[tuple[np.ndarray, np.ndarray]]) -> None:
        self.folds = folds

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        return len(self.folds)

    def split(self, X: Any = None, y: Any = None, groups: Any = None) -> Any:
        yield from self.folds


def flaml(told: dict[str, Any]) -> dict[str, Any]:
    """Search by FLAML, until it has the score or has spent what the first search did.

    Without a sampler it gets the table as it is, and encodes it itself.
    """
    from flaml import AutoML

    for at, log in cases(told):
        search, resampled = AutoML(), bool(at.wanted.arms[0].steps)
        if resampled:
            search.add_learner("resampled", _resampled(at))
        with contextlib.suppress(_Enough):
            search.fit(
                at.X,
                at.y,
                task="classification",
                estimator_list=["resampled" if resampled else "xgboost"],
                skip_transform=resampled,
                eval_method="cv",
                split_type=_Folds(at.folds),
                metric=_metric(log, told["budget"]),
                max_iter=at.wanted.search.trials,
                time_budget=-1,
                n_jobs=1,
                retrain_full=False,
                early_stop=False,
                seed=at.wanted.seed,
                verbose=0,
            )
    return log.answer()


def _metric(log: Log, limit: float) -> Any:
    """Return FLAML's metric, which keeps the log too."""

    def metric(X: Any, y: Any, model: Any, labels: Any, *_: Any, **__: Any) -> Any:
        value = score(OBJECTIVE, np.asarray(y), model.predict_proba(X)[:, 1])
        log.rounds += model.params["n_estimators"]
        log.fold(value)
        if log.over or (log.spent > limit and log.trials >= FEWEST):
            raise _Enough
        return 1 - value, {}

    return metric


def _resampled(at: Case) -> type:
    """Return FLAML's XGBoost on rows that are encoded and resampled before."""
    from flaml.automl.model import XGBoostSklearnEstimator

    class Resampled(XGBoostSklearnEstimator):
        def fit(self, X_train: Any, y_train: Any, *args: Any, **more: Any) -> Any:
            (_, self._encoder), (_, sampler) = at.steps()
            X = self._encoder.fit_transform(X_train)
            X, y = sampler.fit_resample(X, np.asarray(y_train))
            return super().fit(X, y, *args, **more)

        def predict_proba(self, X: Any, **more: Any) -> Any:
            return super().predict_proba(self._encoder.transform(X), **more)

    return Resampled


# The engine ---------------------------------------------------------------------------


def ours(told: dict[str, Any]) -> dict[str, Any]:
    """Search by the engine with its defaults, without the final fit."""
    for at, log in cases(told):
        for event in _events(at):
            match event:
                case Progress() if event.curve:
                    log.see(max(value for _, value in event.curve))
                case TrialFinished():
                    log.rounds += event.work.boosting_rounds
                    log.trial(list(event.folds[OBJECTIVE]))
    return log.answer()


def _events(at: Case) -> Iterator[Event]:
    token = CancelToken()
    whole = plan(at.wanted, at.material)
    place = make(Place("local", 1), whole, token.raise_if_cancelled, room=None)
    state, limit = State(experiment=at.wanted), Limit(whole, None)
    schedule = Schedule(whole, state, place, {}, limit=limit, final=False)
    yield from schedule.events(token, deadline=None)
    place.close()
