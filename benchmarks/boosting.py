"""Boosting alone: the rounds of an experiment on matrices that are kept.

One fit a thread, as many threads as cores: the time below which no way of running
the experiment can come. Matrices and boosters are the engine's own. Looks at the
validation rows and the final fits are included, loading, encoding, resampling and
building matrices are not.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from common import cores
from material import OBJECTIVE, experiment, plan, rows, settings

from engine.core.experiment import Experiment
from engine.core.methods.grammar import Arm
from engine.core.methods.samplers import ParamValue
from engine.core.models import fixed_params
from engine.core.state import FINAL_FOLD
from engine.evaluate.metrics import score
from engine.train.models.port import Growing, find
from engine.train.plan import Plan
from engine.train.prepare import FoldMatrices, Preparer, matrices, row_weights

__all__ = ["FitData", "boosting", "grow_one", "prepared", "start"]

Setting = dict[str, ParamValue]


class FitData(NamedTuple):
    """The matrices of an arm's fold, and the validation labels."""

    arm: Arm
    made: FoldMatrices
    y_validation: np.ndarray


def prepared(preparer: Preparer, whole: Plan, arm: Arm, fold: int) -> FitData:
    """Return the matrices of a fold as the engine makes them."""
    rows_ = preparer.rows(arm, fold)
    made = matrices(find(arm.learner), rows_, row_weights(whole, arm, rows_))
    return FitData(arm, made, whole.dataset.y[whole.indices(fold)[1]])


def start(data: FitData, setting: Setting, wanted: Experiment) -> Growing:
    """Return a booster of no rounds yet, as the engine starts it."""
    return find(data.arm.learner).start(
        data.made.fit,
        {**fixed_params(wanted.model, data.arm), **setting},
        seed=wanted.seed,
        tick=lambda: None,
        positive_weight=data.made.positive_weight if data.arm.weights else 1.0,
    )


def grow_one(
    data: FitData, setting: Setting, wanted: Experiment
) -> tuple[np.ndarray, float]:
    """Grow one fold with the engine's looks; return its scores and CPU seconds."""
    model, started = wanted.model, time.thread_time()
    growing, scores = start(data, setting, wanted), np.empty(0, dtype=np.float32)
    for done in range(0, model.rounds, model.evaluate_every):
        growing.advance(min(model.evaluate_every, model.rounds - done))
        scores = growing.scores(data.made.validation)
        score(OBJECTIVE, data.y_validation, scores)
    return scores, time.thread_time() - started


def boosting(told: dict[str, Any]) -> dict[str, Any]:
    """Boost the whole experiment; a side for `common.measured`."""
    wanted = experiment(told)
    whole = plan(wanted, rows(wanted))
    folds, asked = range(len(whole.folds)), settings(wanted)
    names = [arm.name for arm in wanted.arms]
    units = [(a, n, k) for n in range(len(asked)) for a in names for k in folds]
    preparer = Preparer(whole, None)
    with ThreadPoolExecutor(cores()) as pool:
        making = {
            (arm.name, k): pool.submit(prepared, preparer, whole, arm, k)
            for arm in wanted.arms
            for k in (*folds, FINAL_FOLD)
        }
        data = {key: future.result() for key, future in making.items()}

        def unit(key: tuple[str, int, int]) -> tuple[np.ndarray, float]:
            arm, n, k = key
            return grow_one(data[arm, k], asked[n], wanted)

        def final(arm: str) -> None:
            growing = start(data[arm, FINAL_FOLD], asked[best(arm)], wanted)
            growing.advance(wanted.model.rounds)

        def best(arm: str) -> int:
            numbers = range(len(asked))
            return int(np.argmax([_mean(values, arm, n, folds) for n in numbers]))

        cpu, started = time.process_time(), time.perf_counter()
        found = dict(zip(units, pool.map(unit, units), strict=True))
        values = {
            (a, n, k): score(OBJECTIVE, data[a, k].y_validation, scores)
            for (a, n, k), (scores, _) in found.items()
        }
        list(pool.map(final, names))
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    by_trial = [0.0] * len(asked)
    for (_, n, _), (_, spent) in found.items():
        by_trial[n] += spent
    return {
        "seconds": seconds,
        "cpu": cpu,
        "cpu_by_trial": by_trial,
        "boosting_rounds": (len(units) + len(names)) * wanted.model.rounds,
        "scores": {f"{a}/{n}/{k}": float(v) for (a, n, k), v in values.items()},
    }


def _mean(
    values: dict[tuple[str, int, int], float], arm: str, trial: int, folds: range
) -> float:
    return float(np.mean([values[arm, trial, fold] for fold in folds]))
