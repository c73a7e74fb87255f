"""Intervals of a review's costs hold the truth, sets of classes nearly their level."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from engine.core.costs import Costs
from engine.core.outcome import CalibrationMap
from engine.evaluate import choose_threshold
from engine.evaluate.review import (
    ArmToReview,
    conformal_limits,
    conformal_sets,
    review_arms,
    row_costs,
)
from tests.support.each import for_each

pytestmark = pytest.mark.slow
RUNS = 800


@for_each(
    ("positives", "negatives", "apart", "given", "price"),
    [
        (20, 200, 1.5, Costs(cost_fn=10, cost_fp=1), 0.5),
        (30, 3000, 2.5, Costs(cost_fn=100, cost_fp=2), 0.3),
        (50, 2000, 1.0, Costs(cost_fn=40, cost_fp=1), 0.9),
        (60, 60, 0.5, Costs(cost_fn=1, cost_fp=1), 0.3),
        (161, 8519, 2.0, Costs(cost_fn=54, cost_fp=1), 0.2),
        (40, 400, 1.5, Costs(cost_fn=60, cost_fp=1, prevalence=0.02), 0.4),
    ],
)
def test_intervals_of_costs_hold_the_truth(positives, negatives, apart, given, price):
    rng = np.random.default_rng(0)
    y = np.repeat([1, 0], [positives, negatives])
    means = np.where(y == 1, apart, 0.0)
    priced = row_costs(y, given, price)
    # Of one row of each class.
    wrong, review = (each[[0, -1]] for each in (priced.wrong, priced.review))

    def truth(low, high):
        """What 1,000 rows cost on the average."""
        below, above = norm.cdf(low - apart), norm.sf(high)
        looked = [norm.cdf(high - at) - norm.cdf(low - at) for at in (apart, 0.0)]
        each = np.array([below, above]) * wrong + np.array(looked) * review
        return 1000 * (each @ [positives, negatives]) / len(y)

    held, changes = [], []
    for seed in range(RUNS):
        oof, test = rng.normal(means), rng.normal(means)
        at = choose_threshold("cost", y, oof, prevalence=0.1, costs=given).threshold
        arms = {"a": ArmToReview(oof, test, at, CalibrationMap())}
        (one,) = review_arms(arms, y, y, priced, priced, seed=seed)
        band = one.low, np.inf if one.high is None else one.high
        held.append(one.cost_ci[0] <= truth(*band) <= one.cost_ci[1])
        if one.pays:
            low, high = one.difference_ci
            changes.append(low <= truth(*band) - truth(at, at) <= high)
    assert np.mean(held) >= 0.93, np.mean(held)
    assert len(changes) > RUNS / 2
    assert np.mean(changes) >= 0.93, np.mean(changes)


def logistic():
    return LogisticRegression()


def tree():
    return DecisionTreeClassifier(max_depth=4, random_state=0)


@for_each(
    ("make", "rows", "share", "features", "repeats"),
    [
        (logistic, 400, 0.1, 6, 1),
        (logistic, 400, 0.1, 6, 3),
        (logistic, 2000, 0.03, 6, 1),
        (logistic, 300, 0.1, 40, 1),
        (tree, 600, 0.1, 6, 1),
    ],
)
def test_sets_of_the_final_model_hold_nearly_their_level(
    make, rows, share, features, repeats
):
    rng = np.random.default_rng(1)

    def draw(rows):
        y = (rng.random(rows) < share).astype(int)
        x = rng.normal(size=(rows, features))
        x[:, :3] += 0.7 * y[:, None]
        return x, y

    held = []
    for _ in range(120):
        (x, y), (later, truth) = draw(rows), draw(3000)
        folds = [
            StratifiedKFold(5, shuffle=True, random_state=k) for k in range(repeats)
        ]
        oof = np.concatenate(
            [
                cross_val_predict(make(), x, y, cv=cut, method="predict_proba")[:, 1]
                for cut in folds
            ]
        )
        limits = conformal_limits(np.tile(y, repeats), oof, repeats=repeats)
        scores = make().fit(x, y).predict_proba(later)[:, 1]
        sets = conformal_sets(truth, scores, limits)
        held.append((sets.positives.share, sets.negatives.share))
    mean = np.mean(held, axis=0)
    # Fold models rank worse than the final one, so that sets are rather too large.
    assert (mean >= 0.89).all(), mean
    assert (mean <= 0.96).all(), mean
