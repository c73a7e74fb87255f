"""Boosting alone: the rounds of an experiment on matrices that are kept.

One fit a thread, as many threads as cores: the time below which no way of running
the experiment can come. Looks at the validation rows and the final fits are included,
loading, encoding, resampling and building matrices are not.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import xgboost
from common import cores
from material import (
    OBJECTIVE,
    FitData,
    experiment,
    final_rounds,
    prepared,
    rows,
    settings,
)

from engine.core.experiment import Experiment
from engine.core.methods.samplers import ParamValue
from engine.core.state import FINAL_FOLD
from engine.evaluate.metrics import score
from engine.train.models.xgboost import booster_params

__all__ = ["booster", "boosting", "grow_one"]

Setting = dict[str, ParamValue]


def booster(pair: FitData, setting: Setting, wanted: Experiment) -> xgboost.Booster:
    """Return a booster of no rounds yet, told what the engine would tell it."""
    told = booster_params({**wanted.model.params, **setting}, seed=wanted.seed)
    return xgboost.Booster({**told, **pair.params}, [pair.fit, pair.validation])


def grow_one(
    pair: FitData, setting: Setting, wanted: Experiment
) -> tuple[np.ndarray, float]:
    """Grow one fold with the engine's looks; return its scores and CPU seconds."""
    model, started = wanted.model, time.thread_time()
    growing, scores = booster(pair, setting, wanted), np.empty(0, dtype=np.float32)
    for done in range(1, model.rounds + 1):
        growing.update(pair.fit, done - 1)
        if done % model.evaluate_every == 0 or done == model.rounds:
            scores = growing.predict(pair.validation)
            score(OBJECTIVE, pair.y_validation, scores)
    return scores, time.thread_time() - started


def _final(pair: FitData, setting: Setting, wanted: Experiment, rounds: int) -> None:
    growing = booster(pair, setting, wanted)
    for done in range(rounds):
        growing.update(pair.fit, done)


def boosting(told: dict[str, Any]) -> dict[str, Any]:
    """Boost the whole experiment; a side for `common.measured`."""
    wanted = experiment(told)
    material = rows(wanted)
    folds = range(len(material.folds))
    asked = settings(wanted)
    rounds = final_rounds(wanted.model.rounds, len(folds))
    arms = [arm.name for arm in wanted.arms]
    units = [(a, n, k) for n in range(len(asked)) for a in arms for k in folds]
    with ThreadPoolExecutor(cores()) as pool:
        pairs: dict[tuple[str, int], FitData] = {}
        making = {
            (arm.name, k): pool.submit(prepared, arm, material, k, seed=wanted.seed)
            for arm in wanted.arms
            for k in (*folds, FINAL_FOLD)
        }
        pairs = {key: future.result() for key, future in making.items()}

        def unit(key: tuple[str, int, int]) -> tuple[np.ndarray, float]:
            arm, n, k = key
            return grow_one(pairs[arm, k], asked[n], wanted)

        def final(arm: str) -> None:
            _final(pairs[arm, FINAL_FOLD], asked[best(arm)], wanted, rounds)

        def best(arm: str) -> int:
            means = [np.mean([values[arm, n, k] for k in folds]) for n in units_of]
            return int(np.argmax(means))

        units_of = range(len(asked))
        cpu, started = time.process_time(), time.perf_counter()
        found = dict(zip(units, pool.map(unit, units), strict=True))
        values = {
            (a, n, k): score(OBJECTIVE, pairs[a, k].y_validation, scores)
            for (a, n, k), (scores, _) in found.items()
        }
        list(pool.map(final, arms))
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    by_trial = [0.0] * len(asked)
    for (_, n, _), (_, spent) in found.items():
        by_trial[n] += spent
    return {
        "seconds": seconds,
        "cpu": cpu,
        "cpu_by_trial": by_trial,
        "boosting_rounds": len(units) * wanted.model.rounds + len(arms) * rounds,
        "scores": {f"{a}/{n}/{k}": float(v) for (a, n, k), v in values.items()},
    }
