"""Drift of columns and scores, against scipy on the rows themselves."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, fisher_exact, ks_2samp

from engine.bundle import reference
from engine.validation import column_drifts, score_drift


def counted(old, new):
    """Count two samples of a column, the second one like the first."""
    if old.dtype == object:
        before = reference.count_levels(pd.Series(old), "c")
        return before, reference.count_levels(pd.Series(new), "c", list(before.levels))
    before = reference.count_numbers(old, "c")
    return before, reference.count_numbers(new, "c", before.cuts)


def drift(old, new):
    return column_drifts(*([one] for one in counted(old, new)), seed=0)[0]


def shares(old, new):
    """Return the table of two samples: a row each, a column per value."""
    cells = sorted({*old.tolist(), *new.tolist()})
    return np.array([[np.sum(side == cell) for cell in cells] for side in (old, new)])


def test_the_tests_are_those_of_scipy():
    rng = np.random.default_rng(0)
    # All values of the training rows are cuts: nothing lies between two of them.
    old, new = rng.integers(0, 40, 900) * 1.0, rng.integers(0, 38, 400) * 1.0
    found = drift(old, new)
    assert found.test == "kolmogorov-smirnov"
    assert found.p == pytest.approx(ks_2samp(old, new, method="asymp").pvalue)
    assert found.difference == pytest.approx((new.mean() - old.mean()) / old.std())
    # Between cuts the largest distance may be missed, so that p is no smaller.
    old, new = rng.normal(size=2000), rng.normal(0.1, 1, size=700)
    exact = ks_2samp(old, new, method="asymp").pvalue
    assert exact <= drift(old, new).p < 3 * exact
    levels = np.array(["a", "b", "c"], dtype=object)
    old = rng.choice(levels, 900, p=[0.2, 0.3, 0.5])
    new = rng.choice(levels, 600, p=[0.3, 0.3, 0.4])
    found, table = drift(old, new), shares(old, new)
    assert found.test == "chi-square"
    assert found.p == pytest.approx(chi2_contingency(table, correction=False).pvalue)
    parts = (table + 0.5) / (table + 0.5).sum(axis=1, keepdims=True)
    wanted = np.sum((parts[1] - parts[0]) * np.log(parts[1] / parts[0]))
    assert found.psi == pytest.approx(wanted)
    old, new = (rng.random(n) < share for n, share in ((900, 0.1), (300, 0.17)))
    found = drift(old * 1.0, new * 1.0)
    assert found.test == "fisher"
    assert found.p == pytest.approx(fisher_exact(shares(old, new)).pvalue)


def test_small_counts_are_compared_with_drawn_tables():
    rng = np.random.default_rng(1)
    levels = np.array(["a", "b", "c", "d"], dtype=object)
    old = np.repeat(levels, [500, 480, 15, 5])
    new = np.repeat(levels, [92, 88, 4, 16])
    table = shares(old, new)
    found = chi2_contingency(table, correction=False)
    assert drift(old, new).p <= 2e-4 > found.pvalue
    new = np.repeat(levels, [92, 98, 7, 3])
    table = shares(old, new)
    found = chi2_contingency(table, correction=False)
    margins = table.sum(axis=0), int(table[1].sum())
    drawn = rng.multivariate_hypergeometric(*margins, size=40_000, method="marginals")
    more = np.square(drawn - found.expected_freq[1]) @ (1 / found.expected_freq).sum(0)
    share = np.mean(more >= found.statistic - 1e-9)
    assert drift(old, new).p == pytest.approx(share, abs=0.006)
    assert drift(old, new) == drift(old, new)  # one seed, one p


def test_missing_cells_count_and_p_values_are_holms():
    rng = np.random.default_rng(2)
    old, new = rng.normal(size=1000), rng.normal(size=500)
    gone = np.where(rng.random(500) < 0.1, np.nan, new)
    found = drift(old, gone)
    assert found.p < 1e-9 < drift(old, new).p
    assert (found.missing, found.missing_then) == (np.isnan(gone).mean(), 0.0)
    pairs = [counted(old, rng.normal(shift, 1, 500)) for shift in (0, 0.1, 0.3)]
    columns = column_drifts(*zip(*pairs, strict=True), seed=0)
    p = sorted(one.p for one in columns)
    holms = np.maximum.accumulate(np.minimum(np.array(p) * [3, 2, 1], 1))
    assert sorted(one.adjusted_p for one in columns) == pytest.approx(holms)
    # Nothing to compare is no difference.
    empty = np.full(20, np.nan)
    assert drift(old, empty[:0]).p == drift(empty, empty).p == 1.0
    assert drift(empty, old).p < 1e-9


def test_blocks_add_up_and_scores_are_compared():
    rng = np.random.default_rng(3)
    old, new = rng.random(3000), rng.random(900) ** 1.5
    before = reference.count_numbers(old)
    parts = [reference.count_numbers(p, cuts=before.cuts) for p in np.split(new, 3)]
    whole = reference.count_numbers(new, cuts=before.cuts)
    added = parts[0] + parts[1] + parts[2]
    assert (added.below, added.rows) == (whole.below, whole.rows)
    found, exact = score_drift(before, added), ks_2samp(old, new, method="asymp")
    assert found.statistic == pytest.approx(exact.statistic, abs=0.02)
    assert exact.pvalue <= found.p < 1e-3
