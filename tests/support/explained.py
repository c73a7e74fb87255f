"""Stored runs whose mistakes are looked at: one that was run, one made by hand."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import xgboost

from engine.cancel import CancelToken
from engine.client import explain
from engine.data import ExplainDesk, fingerprint, load_data
from engine.data import prepare_dataset as prepare
from engine.evaluate import classes
from engine.events import (
    ArmEvaluated,
    ClassConfusion,
    ClassPoint,
    RunFinished,
    RunStarted,
    SplitInfo,
)
from engine.process import execute
from engine.spec import Experiment
from engine.split import divide
from engine.state import FINAL_FOLD
from engine.store import RunOptions, open_store
from engine.train import Plan, Preparer
from tests.support.experiments import make_table, small

ENSEMBLE = "balanced-random-forest"
ARMS = ("none", "smote", ENSEMBLE)


def table(rows: int = 900) -> pd.DataFrame:
    """A table with a column that no model needs, and a cell written oddly."""
    frame = make_table(rows, share=0.15, seed=3)
    frame["risk"] = frame["risk"].map("{:.3f}".format)
    return frame


_MADE: list[tuple[str, str, Path]] = []


def run_once(folder: Path) -> tuple[str, str, Path]:
    """Run three arms, the first time; return store, id of the run, and the table.

    Whoever changes the files puts them back.
    """
    if _MADE:
        return _MADE[0]
    path = folder / "rows.csv"
    table().to_csv(path, index=False)
    experiment = small(
        str(path), *ARMS, data__target="sick", search__trials=1, search__folds=2
    )
    _MADE.append((*execute_here(folder / "runs.sqlite", experiment), path))
    return _MADE[0]


def execute_here(store_path: Path, experiment: Experiment) -> tuple[str, str]:
    """Execute an experiment in this process; return the store's file and the id."""
    with open_store(store_path) as store:
        options = RunOptions(executor="inline", cache=False)
        run = store.create(experiment, options)
        assert execute(store, run, CancelToken()) == "done"
    return str(store_path), run.id


def three_classes(folder: Path) -> tuple[str, str]:
    """Store a run of three classes that was made by hand, with a booster for them."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 2)).round(3)
    score = x[:, 0] + rng.normal(scale=0.4, size=300)
    label = np.where(score > 1.0, "high", np.where(score > 0.2, "mid", "low"))
    path = folder / "three.csv"
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "level": label})
    frame.to_csv(path, index=False)
    experiment = small(str(path), "none", "smote", data__target="level")
    read = load_data(experiment.data)
    way, seed = experiment.split, experiment.seed
    dataset = prepare(read, experiment.data, way, multiclass=True)
    split = divide(dataset, way, seed=seed)
    dataset = prepare(read, experiment.data, way, train=split.train, multiclass=True)
    features = Preparer(Plan(experiment, dataset, split, (), {}), None).features(
        FINAL_FOLD, "impute"
    )
    X = features.transform(dataset.frame)
    y, labels = dataset.y.astype(int), dataset.labels

    def counts(rows: np.ndarray) -> dict[str, int]:
        found = np.bincount(y[rows], minlength=3).tolist()
        return dict(zip(labels, found, strict=True))

    test = fingerprint(dataset.frame.iloc[split.test], dataset.y[split.test].tobytes())
    events: list = [
        RunStarted(
            experiment=experiment,
            dataset=dataset.info,
            split=SplitInfo(
                train=counts(split.train),
                test=counts(split.test),
                test_fingerprint=test,
            ),
            versions={},
        )
    ]
    kept = {}
    for name, rounds in (("none", 3), ("smote", 12)):
        params = {
            "objective": "multi:softprob",
            "num_class": 3,
            "nthread": 1,
            "seed": 1,
        }
        matrix = xgboost.DMatrix(X[split.train], y[split.train], nthread=1)
        booster = xgboost.train({**params, "max_depth": 2}, matrix, rounds)
        scores = booster.predict(xgboost.DMatrix(X[split.test], nthread=1))
        kept[f"test/{name}"] = scores.tobytes()
        kept[f"model/{name}"] = bytes(booster.save_raw("ubj"))
        weights = {"low": 1.0, "mid": 1.0, "high": 3.0}
        said = classes.called(scores, np.array([weights[one] for one in labels]))
        matrix_of = classes.confusion(y[split.test], said, 3)
        point = ClassPoint(
            policy="cost",
            weights=weights,
            confusion=ClassConfusion(
                labels=labels, matrix=tuple(map(tuple, matrix_of.tolist()))
            ),
            recall={},
            recall_ci={},
            precision={},
            metrics={},
        )
        events.append(
            ArmEvaluated(arm=name, operating_points=(), test={}, class_points=(point,))
        )
    events.append(RunFinished(status="done", seconds=1.0))
    store_path = folder / "three.sqlite"
    with open_store(store_path) as store:
        run = store.create(experiment, RunOptions())
        for event in events:
            store.append(run.id, event, kept if event is events[-1] else None)
    return str(store_path), run.id


def ask(desk: ExplainDesk, where: tuple[str, str], kind: type, /, **wish):
    """Ask a desk something about a run."""
    store, run = where[:2]
    return desk.answer(kind(id=7, store=store, run=run, **wish))


def plain(struct: msgspec.Struct) -> dict:
    """Return a message as plain values."""
    return msgspec.to_builtins(struct)


rows, groups = explain.ErrorRows, explain.ErrorGroups
worth, parts = explain.Importance, explain.Contributions
