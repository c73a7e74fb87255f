"""The textbook way: imbalanced-learn's Pipeline in scikit-learn's grid search.

One search per arm over the settings that our tuner asks for, on our folds, with one
worker process per core; samplers are imbalanced-learn's own and untouched. With a
folder given, ``Pipeline(memory=…)`` keeps what encoders and samplers made.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import msgspec
import numpy as np
from common import cores, watch
from imblearn.pipeline import Pipeline
from material import (
    OBJECTIVE,
    Rows,
    experiment,
    rows,
    settings,
    stock,
)
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV
from xgboost import XGBClassifier

from engine.core.errors import ArmError
from engine.core.experiment import Experiment
from engine.core.methods import repair
from engine.core.methods.grammar import Arm, Step
from engine.evaluate.metrics import confusion_at, score
from engine.features.encoder import Features
from engine.resample.provenance import SYNTHETIC, origin

__all__ = ["textbook"]

Legalise = Callable[[np.ndarray], np.ndarray]
FITS = "BENCH_SAMPLER_FITS"
"""Names a file that gets a byte for every sampler that is fitted, in any process."""


class Sampled(BaseEstimator):
    """A step of a Pipeline: a stock sampler, its new rows made legal as ours are.

    Parameters
    ----------
    sampler : str
        Its name in the registry.
    seed : int
    legalise : callable or None
        Of the encoder before it; `Linked` fills it in.
    """

    worked: dict[int, int] = {}  # noqa: RUF012  # of this process, on purpose
    """Which attempt of the pre-flight worked on which rows: a user would have
    written it down, so that failing again is not held against this side."""

    def __init__(self, sampler: str, seed: int, legalise: Legalise | None = None):
        self.sampler = sampler
        self.seed = seed
        self.legalise = legalise

    def fit_resample(self, X: np.ndarray, y: np.ndarray) -> tuple[Any, Any]:
        with Path(os.environ[FITS]).open("ab", buffering=0) as counter:
            counter.write(b".")
        attempts = list(
            repair.attempts(
                Step(sampler=self.sampler),
                {"0": int((y == 0).sum()), "1": int(y.sum())},
            )
        )
        key = hash((self.sampler, X.tobytes()))
        for number in range(self.worked.get(key, 0), len(attempts)):
            made = stock(self.sampler, attempts[number].params, self.seed)
            try:
                after, labels = made.fit_resample(X, y)
            except (ValueError, RuntimeError):
                continue
            self.worked[key] = number
            new = origin(made, X, y, after, labels) == SYNTHETIC
            if new.any():
                after = after.copy()
                after[new] = self.legalise(after[new])
            return after, labels
        raise ArmError(f"{self.sampler} cannot work on these rows", code="sampler")


class Linked(Pipeline):
    """Hands the fitted encoder's `legalise` to the sampler after it."""

    def _iter(self, *args: Any, **kwargs: Any) -> Iterator[tuple[int, str, Any]]:
        for index, name, step in super()._iter(*args, **kwargs):
            if name == "sampler":
                step.legalise = self.steps[0][1].legalise
            yield index, name, step


def pipeline(
    arm: Arm, material: Rows, wanted: Experiment, memory: str | None
) -> Pipeline:
    """Return the arm as a Pipeline; one step of a method at most."""
    if arm.weights or len(arm.steps) > 1:
        raise SystemExit(f"the textbook side does not know the arm {arm.name}")
    steps: list[tuple[str, Any]] = [("features", Features(material.dataset.columns))]
    if arm.steps:
        steps.append(("sampler", Sampled(arm.steps[0].sampler, wanted.seed)))
    model = XGBClassifier(
        n_estimators=wanted.model.rounds,
        n_jobs=1,
        random_state=wanted.seed,
        seed_per_iteration=True,
        **wanted.model.params,
    )
    return Linked([*steps, ("model", model)], memory=memory)


def textbook(told: dict[str, Any]) -> dict[str, Any]:
    """Search every arm, refit its best; a side for `common.measured`."""
    os.environ[FITS] = str(Path(told["folder"]) / "sampler-fits")
    Path(os.environ[FITS]).touch()
    memory = str(Path(told["folder"]) / "memory") if told["memory"] else None
    wanted = experiment(told)
    # What starting the workers costs is not held against this side.
    joblib.Parallel(n_jobs=cores())(
        joblib.delayed(importlib.import_module)(name)
        for name in ["textbook"] * 4 * cores()
    )
    with watch() as spent:
        material = _as_read(rows(wanted))
        asked = settings(wanted)
        searched = {
            a.name: _search(a, material, wanted, asked, memory) for a in wanted.arms
        }
        best = {
            name: max(range(len(asked)), key=lambda n, found=found: np.mean(found[n]))
            for name, found in searched.items()
        }
        finals = joblib.Parallel(n_jobs=cores())(
            joblib.delayed(_final)(arm, material, wanted, asked[best[arm.name]], memory)
            for arm in wanted.arms
        )
    test = material.dataset.y[material.split.test]
    return {
        "seconds": spent.seconds,
        "cpu": spent.cpu,
        "sampler_fits": Path(os.environ[FITS]).stat().st_size,
        "scores": {
            f"{name}/{n}/{k}": value
            for name, found in searched.items()
            for n, values in enumerate(found)
            for k, value in enumerate(values)
        },
        "arms": {
            arm.name: {
                "cv": float(np.mean(searched[arm.name][best[arm.name]])),
                "test": score(OBJECTIVE, test, scores),
                "confusion": msgspec.to_builtins(confusion_at(test, scores, 0.5)),
            }
            for arm, scores in zip(wanted.arms, finals, strict=True)
        },
    }


def _as_read(material: Rows) -> Rows:
    """Return text columns as pandas reads them: joblib hashes those much faster."""
    frame = material.dataset.frame
    words = frame.select_dtypes(object).columns
    frame = frame.astype(dict.fromkeys(words, "str"))
    dataset = dataclasses.replace(material.dataset, frame=frame)
    return material._replace(dataset=dataset)


def _search(
    arm: Arm,
    material: Rows,
    wanted: Experiment,
    asked: list[dict[str, Any]],
    memory: str | None,
) -> list[list[float]]:
    """Return the score of every setting on every fold."""
    search = GridSearchCV(
        pipeline(arm, material, wanted, memory),
        [{f"model__{k}": [v] for k, v in setting.items()} for setting in asked],
        scoring=OBJECTIVE,
        cv=[(fold.fit, fold.validation) for fold in material.folds],
        n_jobs=cores(),
        refit=False,
        error_score="raise",
    )
    search.fit(material.dataset.frame, material.dataset.y)
    columns = [
        search.cv_results_[f"split{k}_test_score"] for k in range(len(material.folds))
    ]
    return np.transpose(columns).tolist()


def _final(
    arm: Arm,
    material: Rows,
    wanted: Experiment,
    setting: dict[str, Any],
    memory: str | None,
) -> np.ndarray:
    """Fit the best setting on all training rows; return the test rows' scores."""
    made = pipeline(arm, material, wanted, memory)
    made.set_params(**{f"model__{k}": v for k, v in setting.items()})
    train, test = material.split.train, material.split.test
    made.fit(material.dataset.frame.iloc[train], material.dataset.y[train])
    return made.predict_proba(material.dataset.frame.iloc[test])[:, 1]
