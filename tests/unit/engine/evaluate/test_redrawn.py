"""Thresholds of least cost on redrawn rows, and costs compared with their chance."""

import numpy as np
import pytest

from engine.core.costs import Costs, error_costs
from engine.evaluate.bootstrap import strata
from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.costs import least_cost_thresholds
from engine.evaluate.threshold import choose
from tests.support.each import for_each

COSTS = Costs(cost_fn=8.0, cost_fp=1.0)


def made(seed, rows=300, positives=40, repeats=1):
    rng = np.random.default_rng(seed)
    y = np.zeros(rows, dtype=int)
    y[rng.permutation(rows)[:positives]] = 1
    y = np.tile(y, repeats)
    # Rounded, so that scores are tied.
    return y, np.round(rng.normal(size=len(y)) + 1.2 * y, 1)


@for_each("repeats", [1, 2])
def test_every_threshold_is_that_of_least_cost_on_its_draw(repeats):
    y, scores = made(1, repeats=repeats)
    found = least_cost_thresholds(
        y, scores, seed=3, repeats=repeats, **error_costs(COSTS)
    )
    rng, rows = np.random.default_rng(3), len(y) // repeats
    for threshold in found[:30]:
        drawn = []
        for k in (0, 1):
            inside = np.flatnonzero(y[:rows] == k)
            drawn.append(inside[rng.integers(0, len(inside), len(inside))])
        base = np.concatenate(drawn)
        picked = np.concatenate([base + k * rows for k in range(repeats)])
        best = choose("cost", y[picked], scores[picked], prevalence=0.1, costs=COSTS)
        nobody = best.threshold > scores[picked].max()
        assert threshold == (np.inf if nobody else best.threshold)


def test_where_nobody_is_the_cheapest_there_is_no_threshold():
    y, scores = made(2)
    found = least_cost_thresholds(y, -scores, cost_fn=1e-3, cost_fp=1.0, seed=0)
    assert np.isinf(found).all()


def test_a_difference_in_cost_has_the_chance_of_its_thresholds():
    """Draw after draw, the test rows are judged at the next of the thresholds."""
    y, one = made(4)
    base = made(5)[1][np.argsort(np.argsort(y, kind="stable"), kind="stable")]
    at = [least_cost_thresholds(*made(k), seed=7, **error_costs(COSTS)) for k in (6, 8)]
    arms = [
        ArmScores(name, y, scores, {"cost": 0.9}, thresholds)
        for name, scores, thresholds in zip(
            ("untreated", "a"), (base, one), at, strict=True
        )
    ]
    draws = 450  # more than there are thresholds
    found = compare(arms, seed=11, draws=draws, costs=COSTS)
    (cost,) = [c for c in found if c.metric == "cost_per_1000"]
    differences = []
    sizes = int(y.sum()), int((y == 0).sum())
    for up, down in strata(sizes, seed=11, draws=draws):
        for k in range(up.shape[1]):
            paid = []
            for scores, thresholds in ((one, at[1]), (base, at[0])):
                called = scores >= thresholds[len(differences) % len(thresholds)]
                saved = COSTS.cost_fn * up[called[y == 1], k].sum()
                paid.append(down[called[y == 0], k].sum() - saved)
            differences.append(1000 * (paid[0] - paid[1]) / len(y))
    assert cost.ci == pytest.approx(np.quantile(differences, [0.025, 0.975]))
    fixed = compare(
        [ArmScores(a.name, y, a.scores, a.thresholds) for a in arms],
        seed=11,
        draws=draws,
        costs=COSTS,
    )
    (given,) = [c for c in fixed if c.metric == "cost_per_1000"]
    assert given.difference == cost.difference
    assert given.ci[1] - given.ci[0] < cost.ci[1] - cost.ci[0]
