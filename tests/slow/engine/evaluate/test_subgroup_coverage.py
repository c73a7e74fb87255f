"""Intervals of gaps between groups hold what is true, as often as they say."""

import numpy as np
import pytest
from scipy.special import expit, logit

from engine.evaluate.subgroups import (
    Decided,
    Groups,
    compare_subgroups,
    gap_interval,
)
from tests.support.each import for_each

pytestmark = pytest.mark.slow

RUNS = 2000
NOMINAL = 0.93
"""What an interval of 95 % has to hold at least."""


@for_each(
    ("rows", "rates"),
    [
        ([20, 20], [0.8, 0.8]),
        ([20, 200], [0.95, 0.7]),
        ([25, 40, 60], [0.9, 0.9, 0.9]),
        ([30, 80, 150, 400], [0.5, 0.55, 0.6, 0.8]),
        ([500, 2000], [0.01, 0.03]),
    ],
)
def test_gap_between_the_extreme_groups(rows, rates):
    rng = np.random.default_rng(1)
    true = max(rates) - min(rates)
    inside = [
        low <= true <= high
        for low, high in (
            gap_interval(rng.binomial(rows, rates).tolist(), rows) for _ in range(RUNS)
        )
    ]
    assert np.mean(inside) >= NOMINAL


@for_each(
    ("rows", "shares", "shifts"),
    [
        # Per group its rows, its share of positives, and by how much the log odds of
        # the probabilities are wrong. All have 20 positives, but for bad luck: of
        # those that just reach them by good luck the interval would hold less.
        ([1000, 4000], [0.035, 0.01], [0.0, 0.0]),
        ([1000, 4000], [0.03, 0.01], [0.7, 0.0]),
        ([600, 600], [0.15, 0.15], [-1.0, 0.0]),
        ([800, 900, 1000, 2000], [0.06, 0.06, 0.04, 0.02], [0.5, -0.5, 0.0, 0.3]),
    ],
)
def test_gap_in_calibration(rows, shares, shifts):
    rng = np.random.default_rng(3)
    codes = np.repeat(np.arange(len(rows)), rows)
    groups = Groups("g", codes, [str(k) for k in range(len(rows))])
    of, wrong = np.take(shares, codes), np.take(shifts, codes)

    def risks():
        return np.clip(rng.beta(2, 2 / of - 2), 1e-9, 1 - 1e-9)

    def apart():
        """What is true of a population, by many rows."""
        true = risks()
        off = expit(logit(true) + wrong) - true
        return np.bincount(codes, off) / rows

    true = np.ptp(np.mean([apart() for _ in range(300)], axis=0))
    inside, changed, uneven = [], [], []
    for seed in range(RUNS // 4):
        own = risks()
        y = (rng.random(len(own)) < expit(logit(own) + wrong)).astype(int)
        # Of the second arm every probability is off by itself, in no group more.
        other = np.clip(own + rng.normal(0, 0.2 * own), 0, 1)
        arms = {"untreated": Decided(y == 1, own), "smote": Decided(y == 1, other)}
        control = {"smote": "untreated"}
        (one,) = compare_subgroups([groups], arms, y, control=control, seed=seed)
        gaps = [gap for gap in one.gaps if gap.metric == "calibration"]
        if gaps and gaps[0].groups == len(rows):
            low, high = gaps[0].ci
            inside.append(low <= true + 1e-12 and true <= high)
            uneven.append(gaps[0].p < 0.05)
            changed.append(gaps[1].change.p < 0.05)
    assert np.mean(inside) >= NOMINAL
    assert len(inside) > 0.9 * RUNS // 4
    assert np.mean(changed) <= 0.07  # 5 % and two standard errors of 500
    if not any(shifts):
        assert np.mean(uneven) <= 0.05


@for_each(
    ("rows", "recall", "apart"),
    [
        # Per group its rows, the untreated arm's recall, and on how many rows the
        # other arm decides otherwise, either way.
        ([20, 30], [0.5, 0.8], [(0.1, 0.1), (0.1, 0.1)]),
        ([40, 60], [0.6, 0.8], [(0.2, 0.05), (0.05, 0.15)]),
        ([25, 40, 90], [0.7, 0.7, 0.7], [(0.1, 0.1)] * 3),
        ([200, 400], [0.5, 0.7], [(0.02, 0.02), (0.05, 0.01)]),
    ],
)
def test_change_of_a_gap_on_the_same_rows(rows, recall, apart):
    rng = np.random.default_rng(2)
    codes = np.repeat(np.arange(len(rows)), rows)
    groups = Groups("g", codes, [str(k) for k in range(len(rows))])
    y = np.ones(len(codes), dtype=int)
    net = np.array([gained - lost for gained, lost in apart])
    pairs = zip(recall, apart, strict=True)
    # Found by both, only by the first, only by the second, by neither.
    cells = [(r - lost, lost, gained, 1 - r - gained) for r, (gained, lost) in pairs]
    inside, shown = [], []
    for seed in range(RUNS // 4):
        table = np.concatenate(
            [rng.choice(4, n, p=p) for n, p in zip(rows, cells, strict=True)]
        )
        arms = {
            "untreated": Decided(np.isin(table, (0, 1)), np.zeros(len(y))),
            "smote": Decided(np.isin(table, (0, 2)), np.zeros(len(y))),
        }
        control = {"smote": "untreated"}
        (one,) = compare_subgroups([groups], arms, y, control=control, seed=seed)
        (change,) = [
            gap.change for gap in one.gaps if gap.change and gap.metric == "recall"
        ]
        true = net[int(change.high)] - net[int(change.low)]
        inside.append(change.ci[0] <= true <= change.ci[1])
        shown.append(change.effect != "not shown")
    assert np.mean(inside) >= NOMINAL
    if not net.any():
        assert np.mean(shown) <= 0.05
