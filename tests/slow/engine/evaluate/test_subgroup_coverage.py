"""Intervals of gaps between groups hold what is true, as often as they say."""

import numpy as np
import pytest

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
