"""Finished runs with all that evaluation gives, worked out by the engine itself.

Scores are drawn, everything else is computed from them as in a run: so screens can be
looked at without training anything, and the same numbers come out on every machine.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import numpy as np
from scipy.special import expit, logit

from engine.core.costs import Costs
from engine.core.events import ArmEvaluated, Compared, Event, RunFinished, SplitInfo
from engine.core.experiment import DecisionSpec
from engine.evaluate import (
    ArmScores,
    Board,
    calibrate,
    compare_folds,
    costs,
    metrics,
    operating_point,
    threshold,
)
from engine.evaluate import compare_arms as compare
from engine.evaluate import cost_winners as winners
from engine.evaluate import detectable_difference as detectable
from engine.evaluate import match_recall as match
from engine.evaluate import metrics as objective
from engine.evaluate import reach_verdict as verdict
from tests.support.console_samples import compared, prepared, started, trial

ROWS, POSITIVES = 3_000, 90
ARMS = {
    # How well it tells the classes apart, and by how many log-odds it was lifted.
    "untreated": (1.30, 0.0),
    "weights": (1.30, 3.5),
    "smote": (1.15, 2.6),
    "kmeans-smote": (1.00, 2.4),
    "svm-smote": (1.20, 2.0),
    "smote-enn": (1.20, 3.4),
}
DECISION = DecisionSpec(cost_fn=10.0)
COSTS = Costs(cost_fn=10.0, cost_fp=1.0)


def _scores(name: str, y: np.ndarray, seed: int) -> np.ndarray:
    gain, lift = ARMS[name]
    rng = np.random.default_rng(seed)  # the same rows for every arm
    shared = rng.normal(size=len(y))
    own = np.random.default_rng([seed, sorted(ARMS).index(name)]).normal(size=len(y))
    said = gain * (0.9 * shared + 0.45 * own + 1.2 * y)
    share = y.mean()
    return expit(said + logit(share) - 0.9 + lift).astype(np.float32)


@cache
def arm(name: str) -> tuple[ArmEvaluated, np.ndarray, np.ndarray]:
    """An arm's result, its scores of the test rows, and those out of fold."""
    y, y_oof = labels()
    test, oof = _scores(name, y, 1), _scores(name, y_oof, 2)
    share, lift = float(y_oof.mean()), ARMS[name][1]
    seen = 0.5 if lift else share
    points = []
    for at in DECISION.points:
        followed = DECISION.aim if at == "recommended" else at
        chosen = threshold.choose(
            followed, y_oof, oof, prevalence=seen, test_rows=len(y), costs=COSTS
        )
        points.append(
            operating_point(
                at,
                chosen,
                before=oof,
                y=y,
                scores=test,
                costs=COSTS,
                aim=followed,
            )
        )
    (repaired,), repair = calibrate.calibrations(
        y_oof, oof, y, test, shares=[share], seen=[seen], seed=3
    )
    found = ArmEvaluated(
        arm=name,
        operating_points=tuple(points),
        test=metrics.ranking_metrics(y, test),
        sweep=metrics.sweep(y, test),
        calibration=repaired,
        repair=repair,
        cost_steps=costs.cost_steps(y_oof, oof, y, test),
        implied_cost_ratio=costs.implied_cost_ratio(
            (1 - share, share), (1 - seen, seen)
        ),
        fit_seconds=1.0,
    )
    return found, test, oof


def labels() -> tuple[np.ndarray, np.ndarray]:
    """Labels of the test rows, and of those out of fold."""
    y = np.zeros(ROWS, dtype=np.int8)
    y[:POSITIVES] = 1
    return y, np.tile(y, 2)


@cache
def conclusion() -> Compared:
    """The comparison of all arms, as a run ends with it."""
    y, y_oof = labels()
    every = {name: arm(name) for name in ARMS}
    kinds: dict[str, Any] = {
        name: "control" if name in ("untreated", "weights") else "sampler"
        for name in ARMS
    }
    judged = [
        ArmScores(
            name=name,
            y_test=y,
            scores=test,
            thresholds={p.name: p.threshold for p in told.operating_points},
        )
        for name, (told, test, _) in every.items()
    ]
    comparison = compare(judged, costs=COSTS, seed=5, draws=600)
    control, scores = every["untreated"], {n: e[1] for n, e in every.items()}
    matched = match(
        {n: e[2] for n, e in every.items() if n != "untreated"},
        control=control[2],
        y=y_oof,
        control_test=control[1],
        y_test=y,
        costs=COSTS,
    )
    per_fold = {
        name: {
            "average_precision": [
                objective.score("average_precision", y_oof[k::5], oof[k::5])
                for k in range(5)
            ]
        }
        for name, (_, _, oof) in every.items()
    }
    folds = compare_folds(
        per_fold, control="untreated", train_share=0.8, repeats=1, rope=0.01
    )
    smallest = detectable(judged)
    return Compared(
        comparison=comparison,
        matched=matched,
        folds=folds,
        detectable=smallest,
        cost_winners=winners(
            {n: e[0].cost_steps for n, e in every.items()},
            scores=scores,
            y_test=y,
            control="untreated",
            seed=5,
            draws=300,
        ),
        verdict=verdict(
            Board(
                [e[0] for e in every.values()],
                comparison,
                kinds=kinds,
                costs=COSTS,
                matched=matched,
                folds=folds,
                detectable=smallest,
            )
        ),
        proof=compared().proof,
    )


@cache
def events() -> tuple[Event, ...]:
    """A whole run of six arms on two classes."""
    opening = started(arms=ARMS)
    split = SplitInfo(
        train={"0": 5_820, "1": 180},
        test={"0": ROWS - POSITIVES, "1": POSITIVES},
        test_fingerprint=opening.split.test_fingerprint,
    )
    out: list[Event] = [msgspec.structs.replace(opening, split=split)]
    for place, name in enumerate(ARMS):
        out += [prepared(name, fold) for fold in (0, 1, -1)]
        out += [trial(name, 0, 0.05), trial(name, 1, 0.06 + place / 1000)]
        out.append(arm(name)[0])
    out += [conclusion(), RunFinished(status="done", seconds=192.0)]
    return tuple(out)
