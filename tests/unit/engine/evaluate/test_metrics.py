"""Counts, rates, ranking and calibration against scikit-learn and imbalanced-learn."""

import math
import time
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.metrics import geometric_mean_score, specificity_score
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import binomtest
from sklearn import metrics as reference

from engine.core.costs import METRICS, Costs, point_metrics
from engine.core.outcome import Confusion, OperatingPoint
from engine.evaluate.metrics import confusion_at, ranking_metrics, score
from tests.support.each import for_each

OBJECTIVES = {
    "average_precision": reference.average_precision_score,
    "roc_auc": reference.roc_auc_score,
    "log_loss": reference.log_loss,
    "brier": reference.brier_score_loss,
}


def sample(seed, *, rows=400, share=0.1, dtype=np.float64, ties=False):
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < share).astype(np.int64)
    y[:2] = 0, 1
    scores = expit(rng.normal(size=rows) + y - 2)
    if ties:
        scores = np.round(scores, 2)
    return y, scores.astype(dtype)


@st.composite
def labelled_scores(draw, *, both=True):
    n = draw(st.integers(2, 40))
    y = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    if both:
        y[0], y[1] = 0, 1
    grid = st.integers(0, draw(st.sampled_from([1, 4, 1000]))).map(lambda k: k / 1000)
    scores = draw(st.lists(grid, min_size=n, max_size=n))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    return np.array(y), np.array(scores, dtype=dtype)


@given(labelled_scores(both=False), st.floats(-0.1, 1.1))
def test_counts_add_up_and_equal_scikit_learn(case, threshold):
    y, scores = case
    counts = confusion_at(y, scores, threshold)
    assert counts.tn + counts.fp + counts.fn + counts.tp == len(y)
    called = scores.astype(np.float64) >= threshold
    expected = reference.confusion_matrix(y, called, labels=[0, 1]).ravel()
    assert [counts.tn, counts.fp, counts.fn, counts.tp] == expected.tolist()


@given(labelled_scores())
def test_misses_never_fall_as_the_threshold_rises(case):
    y, scores = case
    levels = [-math.inf, *np.unique(scores).tolist(), math.inf]
    missed = [confusion_at(y, scores, level).fn for level in levels]
    assert missed == sorted(missed)
    assert missed[0] == 0
    assert missed[-1] == y.sum()


def test_a_threshold_is_not_rounded_to_the_type_of_the_scores():
    score32 = np.array([0.1], dtype=np.float32)  # 0.100000001490…
    assert np.float32(0.100000002) == score32[0]
    assert confusion_at(np.array([1]), score32, 0.1).tp == 1
    assert confusion_at(np.array([1]), score32, 0.100000002).tp == 0


@for_each("seed", range(5))
@for_each("threshold", [0.1, 0.3, 0.6])
def test_rates_equal_the_references(seed, threshold):
    y, scores = sample(seed)
    called = (scores >= threshold).astype(int)
    got = point_metrics(confusion_at(y, scores, threshold), Costs(cost_fn=7, cost_fp=2))
    near = pytest.approx
    assert got["recall"] == near(reference.recall_score(y, called))
    assert got["precision"] == near(reference.precision_score(y, called))
    assert got["specificity"] == near(specificity_score(y, called))
    assert got["false_positive_rate"] == near(1 - specificity_score(y, called))
    assert got["f1"] == near(reference.f1_score(y, called))
    assert got["g_mean"] == near(geometric_mean_score(y, called))
    assert got["mcc"] == near(reference.matthews_corrcoef(y, called))
    assert got["balanced_accuracy"] == near(
        reference.balanced_accuracy_score(y, called)
    )
    missed, alarms = np.sum(y > called), np.sum(y < called)
    assert got["cost_per_1000"] == near(1000 * (7 * missed + 2 * alarms) / len(y))
    assert got["false_negatives_per_1000"] == near(1000 * missed / len(y))


def test_intervals_are_wilsons():
    got = point_metrics(
        Confusion(tn=6809, fp=1710, fn=63, tp=98), Costs(cost_fn=1, cost_fp=1)
    )
    for name, part, whole in (("recall", 98, 161), ("precision", 98, 1808)):
        expected = binomtest(part, whole).proportion_ci(method="wilson")
        assert got[f"{name}_ci"] == (expected.low, expected.high)


def test_wilson_of_nothing_found():
    # 0 of 161: z² / (n + z²), the closed form of the upper limit.
    got = point_metrics(
        Confusion(tn=9, fp=0, fn=161, tp=0), Costs(cost_fn=1, cost_fp=1)
    )
    low, high = got["recall_ci"]
    assert low == 0
    assert high == pytest.approx(1.959964**2 / (161 + 1.959964**2), rel=1e-6)


@for_each(
    ("counts", "undefined"),
    [
        ((8519, 0, 161, 0), {"precision", "precision_ci"}),
        ((0, 0, 5, 5), {"specificity", "false_positive_rate", "g_mean"}),
        ((5, 5, 0, 0), {"recall", "recall_ci", "g_mean", "balanced_accuracy"}),
        ((5, 0, 0, 0), {"recall", "precision", "f1", "g_mean"}),
    ],
)
def test_what_divides_by_zero_is_none(counts, undefined):
    confusion = Confusion(**dict(zip(("tn", "fp", "fn", "tp"), counts, strict=True)))
    got = point_metrics(confusion, Costs(cost_fn=1, cost_fp=1))
    assert undefined <= {name for name, value in got.items() if value is None}
    assert got["mcc"] == 0.0
    OperatingPoint(name="x", threshold=0.5, confusion=confusion, metrics=got)


def test_mcc_without_alarms_is_what_scikit_learn_says():
    y = np.array([0] * 9 + [1])
    counts = confusion_at(y, np.zeros(10), 0.5)
    expected = reference.matthews_corrcoef(y, np.zeros(10))
    assert point_metrics(counts, Costs(cost_fn=1, cost_fp=1))["mcc"] == expected


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="at least one row"):
        point_metrics(Confusion(tn=0, fp=0, fn=0, tp=0), Costs(cost_fn=1, cost_fp=1))


@given(labelled_scores(), st.sampled_from(sorted(OBJECTIVES)))
def test_objectives_equal_scikit_learn_to_the_last_bit(case, objective):
    assert score(objective, *case) == OBJECTIVES[objective](*case)


@for_each("objective", OBJECTIVES)
@for_each("dtype", [np.float32, np.float64])
@for_each("ties", [False, True])
def test_objectives_equal_scikit_learn_at_article_size(objective, dtype, ties):
    for seed in range(3):
        y, scores = sample(seed, rows=6944, share=0.018, dtype=dtype, ties=ties)
        for labels in (y, y.astype(np.int8), y.astype(bool), y.astype(np.float32)):
            expected = OBJECTIVES[objective](labels, scores)
            assert score(objective, labels, scores) == expected


def test_direction_and_names():
    assert [METRICS[o].more for o in OBJECTIVES] == [True, True, False, False]
    with pytest.raises(ValueError, match="no objective 'auc'; choose one of: average"):
        score("auc", np.array([0, 1]), np.array([0.1, 0.2]))
    with pytest.raises(ValueError, match="no objective"):
        score("f1", np.array([0, 1]), np.array([0.1, 0.2]))


@for_each("label", [0, 1])
def test_one_class_is_nan_without_a_warning(label):
    y, scores = np.full(4, label), np.array([0.1, 0.2, 0.2, 0.9])
    assert math.isnan(score("roc_auc", y, scores))
    assert math.isnan(score("average_precision", y, scores)) == (label == 0)
    assert score("brier", y, scores) == pytest.approx(np.mean((y - scores) ** 2))
    assert score("log_loss", y, scores) > 0


@for_each("bad", [np.nan, np.inf, -np.inf])
@for_each("objective", OBJECTIVES)
def test_scores_that_are_not_finite_are_refused(objective, bad):
    with pytest.raises(ValueError, match=r"finite|NaN|infinity"):
        score(objective, np.array([0, 1, 0]), np.array([0.1, bad, 0.3]))


def test_ranking_is_quicker_than_scikit_learn():
    y, scores = sample(0, rows=6944, share=0.018, dtype=np.float32)

    def seconds(function, *args):
        times = []
        for _ in range(15):
            start = time.perf_counter()
            function(*args)
            times.append(time.perf_counter() - start)
        return min(times)

    own = seconds(score, "average_precision", y, scores)
    assert own < seconds(reference.average_precision_score, y, scores)


def test_ranking_metrics_are_the_objectives():
    y, scores = sample(1)
    got = ranking_metrics(y, scores)
    assert {o: got[o] for o in OBJECTIVES} == {
        o: f(y, scores) for o, f in OBJECTIVES.items()
    }


@for_each("dtype", [np.float32, np.float64])
@for_each("seed", range(4))
def test_calibration_is_the_maximum_of_the_likelihood(seed, dtype):
    y, scores = sample(seed, dtype=dtype)
    x = logit(np.clip(scores.astype(float), 1e-7, 1 - 1e-7))

    def loss(theta):
        eta = theta[0] + theta[1] * x
        return float(np.sum(np.logaddexp(0, eta) - y * eta))

    best = minimize(loss, [0.0, 1.0], method="BFGS", options={"gtol": 1e-6})
    got = ranking_metrics(y, scores)
    assert got["calibration_intercept"] == pytest.approx(best.x[0], abs=1e-4)
    assert got["calibration_slope"] == pytest.approx(best.x[1], abs=1e-4)
    shifted = expit(x + got["calibration_in_the_large"])
    assert shifted.sum() == pytest.approx(y.sum(), abs=1e-6)


def test_calibration_solves_the_equations_of_the_likelihood_to_the_last_digits():
    rng = np.random.default_rng(0)
    wide = rng.normal(-2, 2, 1_000)
    labels = rng.random(1_000) < expit(wide)
    nearly = np.sort(wide) > np.quantile(wide, 0.9)
    nearly[[899, 901]] = True, False
    cases = {
        "as drawn": (wide, labels),
        "too sure": (5 * wide - 3, labels),
        "the wrong way round": (-wide, labels),
        "two scores": (np.where(wide > 0, 1.0, -1.0), labels),
        "nearly parted": (np.sort(wide), nearly),
        "one positive": (wide, np.arange(1_000) == np.argsort(wide)[600]),
    }
    for name, (logits, y) in cases.items():
        scores = expit(logits)
        got = ranking_metrics(y.astype(int), scores)
        x = logit(np.clip(scores, 1e-7, 1 - 1e-7))
        slope, intercept = got["calibration_slope"], got["calibration_intercept"]
        left = expit(intercept + slope * x) - y
        assert abs(left.mean()) < 1e-13, name
        assert abs((left * x).mean()) < 1e-12, name


def test_perfect_probabilities_have_slope_1_and_intercept_0():
    rng = np.random.default_rng(0)
    scores = expit(rng.normal(-2, 1.5, size=100_000))
    got = ranking_metrics((rng.random(100_000) < scores).astype(int), scores)
    assert got["calibration_slope"] == pytest.approx(1, abs=0.05)
    assert got["calibration_intercept"] == pytest.approx(0, abs=0.05)
    assert got["calibration_in_the_large"] == pytest.approx(0, abs=0.05)


def test_balancing_to_one_to_one_shows_as_the_prior_shift():
    # 783 of 43,400 balanced to 1:1 raises log-odds by 3.997 (Elkan 2001).
    rng = np.random.default_rng(0)
    p = expit(rng.normal(-4.5, 1, size=200_000))
    y = (rng.random(len(p)) < p).astype(int)
    moved = expit(logit(p) + 3.997)
    got = ranking_metrics(y, moved)
    assert got["calibration_in_the_large"] == pytest.approx(-3.997, abs=0.05)
    assert got["calibration_slope"] == pytest.approx(1, abs=0.05)


@for_each(
    ("y", "scores"),
    [
        ([0, 0, 1, 1], [0.2, 0.2, 0.2, 0.2]),
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]),
        ([0, 0, 1, 1], [0.1, 0.2, 0.2, 0.4]),
        ([1, 1, 0, 0], [0.1, 0.2, 0.2, 0.4]),
        ([0, 0, 1, 1], [0.0, 1e-9, 1e-8, 0.9]),
        ([0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4]),
        ([1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4]),
    ],
)
def test_calibration_without_a_finite_fit_is_none(y, scores):
    got = ranking_metrics(np.array(y), np.array(scores))
    assert got["calibration_slope"] is None
    assert got["calibration_intercept"] is None
    assert (got["calibration_in_the_large"] is None) == (len(set(y)) == 1)


@given(labelled_scores(both=False))
def test_ranking_metrics_never_warn_and_never_hold_nan(case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = ranking_metrics(*case)
    assert all(value is None or math.isfinite(value) for value in got.values())
