"""Every statistic against numbers that others made, to 1e-9 or as printed.

The long constants are those of statsmodels 0.15.0 and baycomp 1.0.3, run once; the
call that made each stands above it.
"""

import math

import numpy as np
import pytest
from scipy.stats import t, ttest_rel

from engine.core.costs import Costs, point_metrics, wilson
from engine.evaluate.bootstrap import holm, mcnemar
from engine.evaluate.metrics import confusion_at
from engine.evaluate.repeated import corrected_t, correlated_t, posterior
from tests.support.each import for_each


@for_each(
    ("only_a", "only_b", "p"),
    [
        # statsmodels.stats.contingency_tables.mcnemar([[0, a], [b, 0]], exact=True)
        (6, 16, 0.052478790283203125),
        (1, 7, 0.0703125),
        (0, 5, 0.0625),
        (40, 61, 0.046044066929342785),
        (3, 3, 1.0),
    ],
)
def test_mcnemar_is_that_of_statsmodels(only_a, only_b, p):
    assert mcnemar(only_a, only_b) == pytest.approx(p, abs=1e-12)


@for_each(
    ("found", "rows", "low", "high"),
    [
        # statsmodels.stats.proportion.proportion_confint(k, n, method="wilson")
        (98, 161, 0.5316168147939058, 0.6807084112165676),
        (0, 161, 0.0, 0.023303960351823045),
        (161, 161, 0.976696039648177, 1.0),
        (3, 20, 0.052368745896216595, 0.36041886474075696),
        (1, 1, 0.2065493143772374, 1.0),
    ],
)
def test_wilson_is_that_of_statsmodels(found, rows, low, high):
    assert wilson(found, rows) == pytest.approx((low, high), abs=1e-12)
    y, scores = np.ones(rows, dtype=int), np.arange(rows) < found
    counts = confusion_at(y, scores.astype(float), 0.5)
    limits = point_metrics(counts, Costs(cost_fn=1, cost_fp=1))["recall_ci"]
    assert limits == pytest.approx((low, high), abs=1e-12)


def test_holm_is_that_of_statsmodels():
    # statsmodels.stats.multitest.multipletests(p, method="holm")
    given = [0.012, 0.2, 0.0004, 0.05, 0.05, 0.9]
    expected = [0.06, 0.4, 0.0024, 0.2, 0.2, 0.9]
    assert holm(given) == pytest.approx(expected, abs=1e-12)


# Folds

FIRST = [
    0.8, 0.809, 0.792, 0.773, 0.786, 0.77, 0.802, 0.84, 0.785, 0.781,
    0.815, 0.811, 0.803, 0.772, 0.799, 0.821, 0.76, 0.786, 0.743, 0.761,
]  # fmt: skip
SECOND = [
    0.773, 0.814, 0.777, 0.788, 0.799, 0.776, 0.762, 0.839, 0.794, 0.793,
    0.794, 0.811, 0.793, 0.766, 0.83, 0.815, 0.769, 0.814, 0.741, 0.769,
]  # fmt: skip
SOME = [b - a for a, b in zip(FIRST, SECOND, strict=True)]


@for_each(
    ("runs", "rope", "expected"),
    [
        # baycomp.two_on_single(x, y, rope=rope, runs=runs): left, rope, right
        (2, 0.0, (0.47743624637011095, 0.0, 0.522563753629889)),
        (1, 0.0, (0.47173877716358326, 0.0, 0.5282612228364167)),
        (2, 0.01, (0.07620701808389686, 0.8314074321096782, 0.092385549806425)),
        (1, 0.01, (0.038637593808896746, 0.9109136711096149, 0.050448735081488394)),
    ],
)
def test_bayesian_correlated_t_is_that_of_baycomp(runs, rope, expected):
    folds = len(SOME) / runs
    known = posterior(SOME, test_to_train=1 / (folds - 1))
    assert tuple(correlated_t(known, rope)) == pytest.approx(expected, abs=1e-9)


# Ten times ten folds of make_moons(noise=0.352, random_state=1, n_samples=100): ROC AUC
# of SVC(kernel="rbf") minus that of SVC(kernel="linear"), in 25ths, in the order of
# RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0).
MOONS = [
    -1, -3, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, -1, 0, 0, 0, 0, -1, -1, 1, -2, 0,
    1, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1,
    1, 1, 0, 1, -1, 2, 0, 0, 0, 0, 0, 5, -1, 0, 1, 0, 0, 0, 0, 1, 1, 2, 0, 1, 0, -1,
    0, 0, 1, -2, 1, 0, 1, 0, 0, 0, 0, 0, 0, -1, 0, -1, 0, 0, 1, 2, 0, 0,
]  # fmt: skip


def test_what_scikit_learns_guide_prints():
    """Its example "Statistical comparison of models using grid search".

    Printed there: corrected t 0.750 with a one-sided p of 0.227, uncorrected t 2.611;
    the chance that rbf is better 0.773; with a region of 0.01: worse 0.068, equivalent
    0.432, better 0.500.
    """
    known = posterior([d / 25 for d in MOONS], test_to_train=10 / 90)
    assert round(known.mean / known.scale, 3) == 0.750
    assert round(corrected_t(known).p / 2, 3) == 0.227
    naive = known.mean / np.std(np.array(MOONS) / 25, ddof=1) * math.sqrt(100)
    assert round(naive, 3) == 2.611
    assert round(correlated_t(known, 0.0).above, 3) == 0.773
    assert [round(p, 3) for p in correlated_t(known, 0.01)] == [0.068, 0.432, 0.5]


@for_each(
    ("folds", "repeats", "share", "times"), [(1, 10, 0.8, 1.87), (10, 10, 0.9, 3.48)]
)
def test_the_corrected_error_is_so_many_times_the_naive_one(
    folds, repeats, share, times
):
    """Ten 80/20 repeats: 1.87; ten times ten folds: 3.48 (Nadeau and Bengio)."""
    values = np.random.default_rng(0).normal(size=folds * repeats)
    known = posterior(values.tolist(), test_to_train=(1 - share) / share)
    naive = values.std(ddof=1) / math.sqrt(len(values))
    assert round(known.scale / naive, 2) == times


def test_without_overlap_it_is_the_paired_t():
    """With no training row shared the factor is 1/J: scipy's own test."""
    known = posterior(SOME, test_to_train=1e-18)
    tested = corrected_t(known)
    expected = ttest_rel(SECOND, FIRST)
    assert tested.p == pytest.approx(expected.pvalue, abs=1e-9)
    limits = expected.confidence_interval(0.95)
    assert tested.ci == pytest.approx((limits.low, limits.high), abs=1e-9)


def test_the_posterior_mass_below_0_is_half_the_p_of_the_corrected_t():
    known = posterior([0.01, 0.03, -0.01, 0.02, 0.02], test_to_train=0.25)
    p = corrected_t(known).p
    assert correlated_t(known, 0.0).below == pytest.approx(p / 2, abs=1e-12)
    by_hand = 0.014 / (math.sqrt(1 / 5 + 1 / 4) * math.sqrt(0.00023))
    assert p == pytest.approx(2 * t.sf(by_hand, 4), abs=1e-12)
