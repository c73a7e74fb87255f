"""What a side works on: the experiment, its rows, cached folds, made tables.

Imports the science stack, so only the children of `common.measured` import it.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import optuna  # noqa: F401  # loads late otherwise, inside what is timed
import pandas as pd
from common import watch

from engine.core.events import TrialFinished
from engine.core.experiment import Experiment, ModelSpec
from engine.core.methods import grammar, registry
from engine.core.methods.samplers import ParamValue
from engine.core.presets import preset
from engine.core.seeds import child, versions
from engine.core.state import State, reduce
from engine.data.load import load
from engine.data.roles import Dataset, prepare
from engine.splits.folds import Fold, cut
from engine.splits.holdout import Split, divide
from engine.steps import run
from engine.train import schedule, tune, worker  # noqa: F401  # likewise
from engine.train.plan import Plan

OBJECTIVE = "average_precision"
ARTICLE = "untreated,smote,kmeans-smote,svm-smote,smote-enn"


class Rows(NamedTuple):
    """A table with its hold-out and folds, exactly as `engine.run` cuts them."""

    dataset: Dataset
    split: Split
    folds: tuple[Fold, ...]


def experiment(told: dict[str, Any]) -> Experiment:
    """Return the experiment that a script's parameters describe.

    Parameters
    ----------
    told : dict
        ``data``, ``target``, ``methods``, ``trials``, ``rounds`` (at most), and maybe
        ``folds``, ``seed`` and ``space``. With ``defaults`` the search is the engine's
        own; else all rounds of all trials, at random.
    """
    replace = msgspec.structs.replace
    base = preset("article", source=told["data"], target=target(told))
    search = replace(base.search, trials=told["trials"], folds=told.get("folds", 5))
    base = replace(
        base,
        arms=tuple(grammar.parse(name) for name in told["methods"]),
        seed=told.get("seed", base.seed),
        model=ModelSpec(space=told.get("space", "wide"), rounds=told["rounds"]),
        search=search,
    )
    if told.get("defaults"):
        return base
    model = replace(base.model, early_stopping=0)
    search = replace(search, method="random", prune=False)
    return replace(base, model=model, search=search)


def target(told: dict[str, Any]) -> str | None:
    """Return the target column: of the samples it is known."""
    known = {"sample:stroke": "stroke"}
    return told.get("target") or known.get(told["data"])


def rows(wanted: Experiment) -> Rows:
    """Load and cut the table as `engine.run` does."""
    table = load(wanted.data.source)
    dataset = prepare(table, wanted.data, wanted.split)
    split = divide(dataset, wanted.split, seed=wanted.seed)
    dataset = prepare(table, wanted.data, wanted.split, train=split.train)
    folds = cut(dataset, split.train, wanted.search, wanted.split, seed=wanted.seed)
    return Rows(dataset, split, folds)


def settings(wanted: Experiment) -> list[dict[str, ParamValue]]:
    """Return every trial's setting; drawn at random, they depend on no score."""
    if wanted.search.method != "random" or wanted.search.prune:
        raise ValueError("these settings depend on scores")
    tuner = tune.Tuner(wanted)
    return [tuner.ask(number)[0] for number in range(wanted.search.trials)]


def plan(wanted: Experiment, material: Rows) -> Plan:
    """Return what the engine's units of work share."""
    return Plan(wanted, *material, versions(registry.packages(wanted.arms)))


def engine_run(
    wanted: Experiment, told: dict[str, Any], **where: Any
) -> dict[str, Any]:
    """Run `engine.run` to its end and return what is compared.

    Parameters
    ----------
    wanted : Experiment
    told : dict
        ``cache`` (a folder, or none), ``jobs`` and ``spawned``.
    **where
        Passed on: ``executor``, ``scheduler``.
    """
    cache = Path(told["cache"]) if told.get("cache") else None
    state, kept, first = State(), {}, None
    given = {"executor": "local", "jobs": told.get("jobs"), "cache": cache, **where}
    on_event = given.pop("on_event", None)
    with watch() as spent:
        started = time.perf_counter()
        for event in run(wanted, artifacts=kept, **given):
            state = reduce(state, event)
            if first is None and isinstance(event, TrialFinished):
                first = (time.perf_counter() - started, time.time() - told["spawned"])
            if on_event is not None:
                on_event(event)
    failed = [f"{a.name}: {a.failed.message}" for a in state.arms if a.failed]
    if state.status != "done" or failed:
        raise SystemExit(f"the run is {state.status}: {failed or state.error}")
    return {
        "seconds": spent.seconds,
        "cpu": spent.cpu,
        "first_score": first[0],
        "first_score_from_start": first[1],
        "scores": {
            f"{arm.name}/{t.number}/{k}": value
            for arm in state.arms
            for t in arm.trials
            for k, value in enumerate(t.folds[OBJECTIVE])
        },
        "arms": {arm.name: _arm(arm) for arm in state.arms},
        "work": msgspec.to_builtins(state.work),
        "expected_resamples": sum(len(a.steps) for a in wanted.arms)
        * (wanted.search.folds * wanted.search.repeats + 1),
        "digest": digest(state, kept),
    }


def _arm(arm: Any) -> dict[str, Any]:
    values = arm.best.folds[OBJECTIVE]
    at = next(p for p in arm.evaluated.operating_points if p.name == "fixed")
    return {
        "cv": arm.best.score,
        "noise": float(np.std(values, ddof=1) / np.sqrt(len(values))),
        "test": arm.evaluated.test[OBJECTIVE],
        "confusion": msgspec.to_builtins(at.confusion),
        "pruned": sum(trial.pruned for trial in arm.trials),
        "rounds": sum(trial.work.boosting_rounds for trial in arm.trials),
    }


def digest(state: State, kept: dict[str, bytes]) -> str:
    """Return the SHA-256 of all fold scores and all test scores, to the last bit."""
    found = hashlib.sha256()
    for arm in state.arms:
        for trial in arm.trials:
            text = repr((arm.name, trial.number, sorted(trial.folds.items())))
            found.update(text.encode())
        found.update(kept[f"test/{arm.name}"])
    return found.hexdigest()


def stock(name: str, params: dict[str, Any], seed: int) -> Any:
    """Return imbalanced-learn's sampler, with nothing of ours handed to it."""
    entry = registry.sampler(name)
    module, _, attribute = entry.home.rpartition(".")
    kind = getattr(importlib.import_module(module), attribute)
    given = entry.to_library(params)
    if params.get("ratio", 1.0) != 1.0 or params.get("counts"):
        raise ValueError(f"{name}: a ratio of 1 is what both sides know")
    if name == "random-over" and not given["shrinkage"]:
        given["shrinkage"] = None
    if entry.group == "combined":
        # As it comes: the defaults of its parts are ours.
        smote = importlib.import_module("imblearn.over_sampling").SMOTE
        given = {"smote": smote(k_neighbors=given["k_neighbors"], random_state=seed)}
    if "random_state" in inspect.signature(kind).parameters:
        given["random_state"] = seed
    return kind(**given)


def made(
    count: int, *, columns: int = 20, share: float = 0.018, seed: int = 42
) -> tuple[np.ndarray, np.ndarray]:
    """Return a seeded float32 table with that share of positives, which overlap."""
    chance = np.random.default_rng(child(seed, "benchmark", count, columns))
    X = chance.standard_normal((count, columns), dtype=np.float32)
    y = np.zeros(count, dtype=np.int8)
    y[chance.choice(count, max(2, round(share * count)), replace=False)] = 1
    X[y == 1, : columns // 2] += 0.6
    return X, y


def write(count: int, path: Path, *, columns: int = 20) -> None:
    """Write such a table as Parquet or CSV, by the name's end."""
    X, y = made(count, columns=columns)
    frame = pd.DataFrame(X, columns=[f"x{n}" for n in range(columns)]).assign(y=y)
    if path.suffix == ".csv":
        frame.to_csv(path, index=False, float_format="%.5g")
    else:
        frame.to_parquet(path, index=False)


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the least-squares slope."""
    return float(np.polyfit(x, y, 1)[0])
