"""How often intervals of costs per row hold the truth, where amounts are log-normal."""

import numpy as np
import pytest

from engine.core.costs import Costs
from engine.core.outcome import Confusion
from engine.evaluate.compare import ArmScores, compare
from engine.evaluate.row_costs import alternatives, amount_intervals
from tests.support.each import for_each

pytestmark = pytest.mark.slow
DRAWS = 800
COSTS = Costs(cost_fn=20.0, cost_fp=1.0, column="amount")


def amounts(rng, spread, rows):
    """Log-normal amounts of mean 1."""
    return rng.lognormal(-(spread**2) / 2, spread, rows)


@for_each(
    ("spread", "positives", "missed", "negatives", "rate"),
    [
        (0.5, 60, 0.3, 1000, 0.05),
        (1.0, 60, 0.5, 3000, 0.05),
        (1.0, 160, 0.2, 8000, 0.2),
        (1.0, 400, 0.35, 3000, 0.01),
        (1.5, 1600, 0.35, 9000, 0.02),
    ],
)
def test_the_interval_of_a_cost_holds_the_truth(
    spread, positives, missed, negatives, rate
):
    rng = np.random.default_rng(0)
    rows, held = positives + negatives, np.zeros(2)
    truth = 1000 * (20 * missed * positives + rate * negatives) / rows
    for draw in range(DRAWS):
        worth, found = amounts(rng, spread, positives), rng.random(positives) >= missed
        fn, fp = int((~found).sum()), int(rng.binomial(negatives, rate))
        counts = Confusion(tn=negatives - fp, fp=fp, fn=fn, tp=positives - fn)
        known = amount_intervals(worth, found, counts, COSTS, seed=draw)
        pairs = (
            (known["cost_per_1000_ci"], truth),
            (
                known["amount_recall_ci"],
                1 - missed,
            ),
        )
        held += [low <= value <= high for (low, high), value in pairs]
    assert min(held / DRAWS) >= 0.93, held / DRAWS


@for_each(
    ("spread", "positives", "more", "fewer"),
    [
        (1.0, 60, 0.2, 0.1),
        (1.0, 160, 0.1, 0.05),
        (1.0, 400, 0.1, 0.05),
        (1.5, 1600, 0.1, 0.05),
    ],
)
def test_the_interval_of_a_difference_holds_the_truth(spread, positives, more, fewer):
    rng = np.random.default_rng(1)
    negatives, held = 3000, 0
    y = np.repeat([1, 0], [positives, negatives])
    truth = 1000 * (20 * (more - fewer) * positives) / len(y)
    for draw in range(DRAWS):
        worth, place = amounts(rng, spread, positives), rng.random(positives)
        sign = np.where(place < more, 1.0, np.where(place < more + fewer, -1.0, 0.0))
        alarm = np.where(
            rng.random(negatives) < 0.05, rng.choice([-1, 1], negatives), 0
        )
        paid = np.concatenate([20 * worth * sign, alarm])
        (one,) = alternatives(y, paid, {"nobody": np.zeros(len(y))}, seed=draw,
                              draws=500, uneven=True)  # fmt: skip
        held += one.ci[0] <= truth <= one.ci[1]
    assert held / DRAWS >= 0.93, held / DRAWS


@for_each(("spread", "positives"), [(1.0, 60), (1.0, 200), (1.5, 200)])
def test_arms_that_do_not_differ_are_seldom_told_apart(spread, positives):
    rng = np.random.default_rng(2)
    negatives, repeats, told = 1500, 300, 0
    y = np.repeat([1, 0], [positives, negatives])
    for draw in range(repeats):
        worth = np.concatenate([amounts(rng, spread, positives), np.ones(negatives)])
        risk = rng.normal(size=len(y)) + 1.2 * y
        arms = [
            ArmScores(name, y, risk + 0.4 * rng.normal(size=len(y)), {"cost": 0.9})
            for name in ("untreated", "smote")
        ]
        rows = compare(arms, costs=COSTS, seed=draw, draws=500, worth=worth)
        (row,) = (one for one in rows if (one.metric, one.at) == RANKED)
        told += row.p < 0.05
    # 5 % and twice the standard error of so many repeats.
    assert told / repeats <= 0.05 + 2 * 0.0126, told / repeats


RANKED = ("cost_per_1000", "cost")
