"""A plan small enough for every executor, and what its units come to inline."""

from __future__ import annotations

import dataclasses
import time
from contextlib import closing
from hashlib import sha256

import msgspec
import numpy as np

from engine.core import Place
from engine.core import check_executor as check_place
from engine.core.errors import ArmError
from engine.core.seeds import versions
from engine.core.state import FINAL_FOLD
from engine.data import load_table as load
from engine.data import prepare_dataset as prepare
from engine.execute import make_executor as make
from engine.splits import cut, divide
from engine.train import Plan, Tuner, Unit
from tests.support.experiments import small
from tests.support.runs import HOPELESS, changed


def plan_of(experiment):
    table = load(experiment.data.source)
    data, way, seed = experiment.data, experiment.split, experiment.seed
    dataset = prepare(table, data, way, multiclass=True)
    split = divide(dataset, way, seed=seed)
    dataset = prepare(table, data, way, train=split.train, multiclass=True)
    folds = cut(dataset, split.train, experiment.search, way, seed=seed)
    return Plan(experiment, dataset, split, folds, versions())


def plan_of_three(table_path):
    """Three arms, and one that fails; what rows have of their own must come along."""
    arms = ("untreated", "weights", "smote", HOPELESS)
    changes = {"search__folds": 2, "model__rounds": 20}
    plan = plan_of(small(table_path, *arms, data__target="sick", **changes))
    weights = np.random.default_rng(0).exponential(size=len(plan.dataset.y))
    costs = np.where(plan.dataset.y == 1, weights * 30, 0.0)
    dataset = dataclasses.replace(plan.dataset, weights=weights, miss_costs=costs)
    return dataclasses.replace(plan, dataset=dataset)


def sound_of(plan):
    """The plan without the arm that fails."""
    arms = tuple(a for a in plan.experiment.arms if a is not HOPELESS)
    return dataclasses.replace(plan, experiment=changed(plan.experiment, arms=arms))


def endless_plan(table_path):
    """A plan whose trials do not end by themselves."""
    changes = {"model__rounds": 10_000_000, "model__early_stopping": 0}
    return plan_of(small(table_path, "untreated", data__target="sick", **changes))


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
    replace, experiment = msgspec.structs.replace, plan.experiment
    # So that no trial waits for another.
    search = replace(experiment.search, prune=False)
    tuner = Tuner(replace(experiment, search=search))
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
            oof=best.artifacts[f"oof/{arm.name}"],
        )
        done[unit.name[:3]] = executor.submit(unit).result(wait)
    return {name: timeless(value) for name, value in done.items()}


def timeless(done):
    clocks = ("seconds", "fit_seconds", "evaluate_seconds")
    known = {c: 0.0 for c in clocks if hasattr(done.event, c)}
    if hasattr(done.event, "reused"):
        known["reused"] = False
    event = msgspec.structs.replace(done.event, **known)
    kept = {name: sha256(data).hexdigest() for name, data in done.artifacts.items()}
    return event, kept


# The suite ---------------------------------------------------------------------------


def check_errors(executor):
    """An error is that of its unit only."""
    hopeless = executor.submit(Unit("prepare", "hopeless", 0))
    fine = executor.submit(Unit("prepare", "untreated", 0))
    error = hopeless.exception(60)
    assert isinstance(error, ArmError)
    assert (error.code, bool(error.fix)) == ("sampler", True)
    assert fine.result(60).event.fold == 0


def check_growth(executor):
    """A trial shows how it grows, so far as one has looked."""
    params = {"max_depth": 2, "learning_rate": 0.1}
    curve = (
        executor.submit(Unit("trial", "untreated", 3, params)).result(60).event.curve
    )
    assert comes(lambda: executor.growing.get("untreated", (0,))[0] == 3)
    number, grown = executor.growing["untreated"]
    assert number == 3
    assert grown == curve[: len(grown)]
    assert grown


def check_use_of_the_cache(executor, plan, expected):
    """What is found in the folder of folds comes to the same."""
    found = executor.submit(Unit("prepare", "smote", 0)).result(60)
    assert found.event.reused
    assert everything(executor, plan) == expected


def comes(condition, seconds=60.0):
    """Whether a condition comes true before long."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def cluster(security=None, workers=1, threads=2, **more):
    """A Dask cluster in this process, as another user may have started it."""
    import distributed

    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=threads,
        processes=False,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        security=security,
        protocol="tls" if security else "tcp",
        **more,
    )


def check_use_of_a_cluster(made, plan, sound, expected):
    """A cluster is used like any executor, and left as it was."""
    from engine.execute import dask as ours

    place = Place("dask", scheduler=made.scheduler_address)
    check_place(place)
    with closing(make(place, plan, lambda: None)) as executor:
        assert everything(executor, sound) == expected
        check_errors(executor)
        check_growth(executor)
    assert not ours._shops
    assert len(made.scheduler.workers) == 1
    assert not made.scheduler.tasks
