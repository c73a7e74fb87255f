"""A stored run made by hand, with every kind of trial and odd names."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import xgboost

from engine.core.events import (
    ArmEvaluated,
    ArmFailed,
    DatasetInfo,
    FoldPrepared,
    RunFinished,
    RunStarted,
    SplitInfo,
    TrialFinished,
)
from engine.core.methods.grammar import Arm, Step
from engine.core.outcome import Confusion, OperatingPoint
from engine.store import RunOptions, open_store
from tests.support.experiments import small

EVIL = "a/../b\n<script>'\"; DROP %s 患"
TUNED = Arm(
    name=EVIL, steps=(Step("smote", tune={"k_neighbors": (3, 5), "ratio": (0.5, 1.0)}),)
)
ARMS = ("untreated", EVIL, "enn")

MODEL = {
    "learning_rate": 0.1, "max_depth": 3, "min_child_weight": 1.0, "subsample": 1.0,
    "colsample_bytree": 1.0, "reg_lambda": 1.0,
}  # fmt: skip


def searched(folder: Path, *, status: str = "done") -> tuple[str, str]:
    """Store a run and return the store's file and the run's id.

    `untreated` has a whole trial, a pruned one and a better one; the second arm, whose
    samplers are searched, has one that failed as well; the third has failed.
    """
    experiment = small("rows.csv", "untreated", TUNED, "enn", data__target="sick")
    counts = {"no": 80, "yes": 20}
    events: list = [
        RunStarted(
            experiment=experiment,
            dataset=DatasetInfo(
                name=f"{EVIL}.csv",
                rows=100,
                columns=4,
                target="sick",
                positive="yes",
                classes=counts,
                roles={},
                fingerprint="ab12",
            ),
            split=SplitInfo(train=counts, test=counts, test_fingerprint="cd34"),
            versions={"imbtui": "0.1.0"},
        )
    ]
    for arm in ("untreated", EVIL):
        extra = {"smote.k_neighbors": 3, "smote.ratio": 0.5} if arm == EVIL else {}
        events += [
            FoldPrepared(
                arm=arm,
                fold=fold,
                before=counts,
                after=counts,
                synthetic=0,
                setting=extra,
            )
            for fold in (0, 1, -1)
        ]
        for number, score in enumerate((0.25, 0.125, 0.5)):
            events.append(
                TrialFinished(
                    arm=arm,
                    number=number,
                    params={**MODEL, "max_depth": number + 1, **extra},
                    rounds=10 * (number + 1),
                    score=score,
                    folds={"average_precision": (score, score)},
                    curve=((10, score / 2), (20, score)),
                    pruned=number == 1,
                    seconds=1.5,
                )
            )
        if extra:
            events.append(
                TrialFinished(
                    arm=arm,
                    number=3,
                    params={**MODEL, **extra, "smote.k_neighbors": 5},
                    rounds=0,
                    score=0.0,
                    folds={},
                    failed="too few rows",
                )
            )
        points = tuple(
            OperatingPoint(
                name=at,
                threshold=0.5,
                confusion=Confusion(tn=79, fp=1, fn=n, tp=20 - n),
                metrics={"recall": 0.9, "recall_ci": (0.8, 1.0), "precision": None},
            )
            for n, at in enumerate(experiment.decision.points)
        )
        events.append(
            ArmEvaluated(
                arm=arm,
                operating_points=points,
                test={"average_precision": 0.5, "calibration_slope": None},
            )
        )
    events.append(ArmFailed(arm="enn", code="arm", message="no rows", fix="more"))
    events.append(RunFinished(status=status, seconds=2.0))
    matrix = xgboost.DMatrix(np.eye(4), label=[0, 1, 0, 1], nthread=1)
    raw = bytes(xgboost.train({"nthread": 1}, matrix, 1).save_raw("ubj"))
    kept = {f"model/{arm}": raw for arm in ("untreated", EVIL)}
    path = folder / "searched.sqlite"
    with open_store(path) as store:
        run = store.create(experiment, RunOptions())
        for event in events:
            store.append(run.id, event, kept if event is events[-1] else None)
    return str(path), run.id


def changed(folder: Path, change) -> tuple[str, str]:
    """Store another run whose trials of `untreated` are changed."""
    path, run_id = searched(folder)
    with open_store(Path(path)) as store:
        events = [event for _, event in store.events(run_id)]
        run = store.create(store.run(run_id).experiment, RunOptions())
        for event in events:
            if isinstance(event, TrialFinished) and event.arm == "untreated":
                event = msgspec.structs.replace(event, **change(event))
            store.append(run.id, event)
    return path, run.id
