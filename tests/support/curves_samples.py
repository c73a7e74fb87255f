"""A run whose arms have scores that were counted as the engine counts them."""

from __future__ import annotations

import random
from functools import cache

import msgspec
import numpy as np

from engine.core.costs import Costs, point_metrics
from engine.core.events import ArmEvaluated, Event
from engine.core.experiment import DecisionSpec
from engine.core.outcome import Comparison, OperatingPoint
from engine.evaluate import choose_threshold as choose
from engine.evaluate import confusion_at, cost_steps, implied_cost_ratio, sweep
from engine.evaluate import cost_winners as winners
from tests.support.console_samples import NEGATIVES, POSITIVES, compared, events

ARMS = {"untreated": 1.3, "weights": 1.25, "smote": 1.1, "smote-enn": 0.9}
"""How many deviations apart an arm puts the classes."""
Y = np.array([0] * NEGATIVES + [1] * POSITIVES)
NOTE = "no threshold has a precision of 0.2 on the out-of-fold scores"


@cache
def scores(arm: str, seed: str) -> np.ndarray:
    """Return made-up probabilities; a balanced arm's are far too high."""
    draw = random.Random(f"{arm} {seed}")
    shift = -6.0 if arm == "untreated" else -2.0
    odds = [draw.gauss(shift + ARMS.get(arm, 1.0) * y, 1.0) for y in Y.tolist()]
    return (1 / (1 + np.exp(-np.array(odds)))).astype(np.float32)


@cache
def evaluated(arm: str) -> ArmEvaluated:
    """Return an arm's result on the test rows."""
    oof, test = scores(arm, "oof"), scores(arm, "test")
    decision, costs = DecisionSpec(), Costs(cost_fn=10.0, cost_fp=1.0)
    points = []
    for at in decision.points:
        limit = choose(
            "cost" if at == "recommended" else at,
            Y,
            oof,
            prevalence=0.0185,
            costs=costs,
        )
        counts = confusion_at(Y, test, limit.threshold)
        points.append(
            OperatingPoint(
                name=at,
                threshold=limit.threshold,
                confusion=counts,
                metrics=point_metrics(counts, costs),
                note=NOTE if (arm, at) == ("smote", "precision>=0.2") else "",
            )
        )
    balanced = (NEGATIVES, NEGATIVES if arm != "untreated" else POSITIVES)
    return ArmEvaluated(
        arm=arm,
        operating_points=tuple(points),
        test={"average_precision": 0.09, "roc_auc": 0.83},
        sweep=sweep(Y, test),
        cost_steps=cost_steps(Y, oof, Y, test),
        implied_cost_ratio=implied_cost_ratio((NEGATIVES, POSITIVES), balanced),
    )


def difference(arm: str, at: str, metric: str, value: float, half: float):
    return Comparison(
        a=arm,
        b="untreated",
        at=at,
        metric=metric,
        difference=value,
        ci=(value - half, value + half),
        p=0.2 if half > abs(value) else 0.001,
        adjusted_p=0.4 if half > abs(value) else 0.004,
        method="",
    )


@cache
def scored_events(names: tuple[str, ...] = tuple(ARMS)) -> list[Event]:
    """A whole run of these arms."""
    found: list[Event] = []
    for event in events({name: {"fixed": (1, 1)} for name in names}):
        if isinstance(event, ArmEvaluated):
            event = evaluated(event.arm)
        found.append(event)
    steps = {name: evaluated(name).cost_steps for name in names}
    test = {name: scores(name, "test") for name in names}
    options = {"control": "untreated", "seed": 1, "draws": 100}
    found[-2] = msgspec.structs.replace(
        compared(),
        comparison=(
            difference("smote", "recall>=0.8", "false_positive_rate", 0.02, 0.03),
            difference("weights", "recall>=0.8", "false_positive_rate", -0.05, 0.01),
            difference("smote", "alerts<=5%", "recall", -0.04, 0.01),
            difference("smote", "cost", "cost_per_1000", 12.5, 3.0),
        ),
        cost_winners=winners(steps, scores=test, y_test=Y, **options),
    )
    return found
