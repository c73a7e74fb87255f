"""Runs of several splits, made of a finished one of one split."""

import msgspec
import numpy as np

from engine.core.events import SplitsCompared
from engine.core.state import reduce
from engine.evaluate.across_splits import summarize
from engine.evaluate.verdict.verdict import with_splits

replace = msgspec.structs.replace


def split(state, *, ap, cost, code=None, arm=None):
    """The state of a split with other figures, and perhaps another verdict."""
    arms = []
    for one, precision in zip(state.arms, ap, strict=True):
        points = tuple(
            replace(p, metrics=p.metrics | {"cost_per_1000": cost + 10 * len(arms)})
            for p in one.evaluated.operating_points
        )
        test = one.evaluated.test | {"average_precision": precision}
        evaluated = replace(one.evaluated, operating_points=points, test=test)
        arms.append(replace(one, evaluated=evaluated))
    verdict = state.compared.verdict
    choice = replace(verdict.choice, arm=arm or verdict.choice.arm)
    verdict = replace(verdict, code=code or verdict.code, choice=choice)
    compared = replace(state.compared, verdict=verdict)
    return replace(state, arms=tuple(arms), compared=compared)


def splits_of(first, count, *, others=0):
    """Further splits with drawn figures, so many of them with another verdict."""
    rng = np.random.default_rng(1)
    arms = len(first.arms)
    return [
        split(
            first,
            ap=rng.uniform(0.2, 0.6, arms).tolist(),
            cost=float(rng.uniform(200, 400)),
            **({"code": "VRD001", "arm": "smote"} if n < others else {}),
        )
        for n in range(count)
    ]


def several(first, count=19, *, others=4):
    """The state of a finished run of so many further splits."""
    further = splits_of(first, count, others=others)
    experiment = replace(first.experiment, splits=count + 1)
    state = replace(first, experiment=experiment, splits=tuple(further))
    summary = summarize(state, further, asked=count + 1)
    verdict = with_splits(state.compared.verdict, summary)
    return reduce(state, SplitsCompared(summary=summary, verdict=verdict))
