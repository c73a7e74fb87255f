"""A plan small enough for every executor, and what its units come to inline."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from engine.data import load_table as load
from engine.data import prepare_dataset as prepare
from engine.execute import Place
from engine.execute import make_executor as make
from engine.split import cut, divide
from engine.state import FINAL_FOLD
from engine.train import Plan, Tuner, Unit
from engine.versions import versions


def plan_of(experiment):
    table = load(experiment.data.source)
    data, way, seed = experiment.data, experiment.split, experiment.seed
    dataset = prepare(table, data, way)
    split = divide(dataset, way, seed=seed)
    dataset = prepare(table, data, way, train=split.train)
    folds = cut(dataset, split.train, experiment.search, way, seed=seed)
    return Plan(experiment, dataset, split, folds, versions())


def opened(plan, name, **given):
    place = Place(name, **{"jobs": 2, **given})
    return make(place, plan, lambda: None)


def everything(executor, plan, wait=120):
    """Do all units of all arms, in the order they depend on each other."""
    done = {}
    for arm in plan.experiment.arms:
        futures = {
            fold: executor.submit(Unit("prepare", arm.name, fold))
            for fold in plan.all_folds
        }
        for fold, future in futures.items():
            done["prepare", arm.name, fold] = future.result(wait)
    tuner = Tuner(plan.experiment)
    trials = {}
    for arm in plan.experiment.arms:
        for number in (0, 1):
            params, bar = tuner.ask(number)
            unit = Unit("trial", arm.name, number, params, bar)
            trials[unit.name[:3]] = executor.submit(unit)
    done |= {name: future.result(wait) for name, future in trials.items()}
    for arm in plan.experiment.arms:
        best = done["trial", arm.name, 1]
        unit = Unit(
            "finish",
            arm.name,
            FINAL_FOLD,
            best=best.event,
            oof=best.kept[f"oof/{arm.name}"],
        )
        done[unit.name[:3]] = executor.submit(unit).result(wait)
    return {name: timeless(value) for name, value in done.items()}


def timeless(done):
    clocks = ("seconds", "fit_seconds", "evaluate_seconds")
    known = {c: 0.0 for c in clocks if hasattr(done.event, c)}
    if hasattr(done.event, "reused"):
        known["reused"] = False
    event = msgspec.structs.replace(done.event, **known)
    kept = {name: sha256(data).hexdigest() for name, data in done.kept.items()}
    return event, kept
