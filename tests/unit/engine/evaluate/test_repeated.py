"""Arms over folds: direction, families, and what is missing."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.experiment import OBJECTIVES
from engine.evaluate.bootstrap import holm
from engine.evaluate.repeated import compare_folds
from tests.support.each import for_each

SETTINGS = {"control": "untreated", "train_share": 0.8, "repeats": 1, "rope": 0.01}


def folds(shift=0.0, *, seed=0, count=5):
    """Return one arm's values: all metrics better by `shift`, but for noise."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(scale=0.005, size=(4, count))
    base = {"average_precision": 0.4, "roc_auc": 0.8, "log_loss": 0.3, "brier": 0.1}
    sign = {"average_precision": 1, "roc_auc": 1, "log_loss": -1, "brier": -1}
    return {
        metric: (base[metric] + sign[metric] * shift + noise[i]).tolist()
        for i, metric in enumerate(OBJECTIVES)
    }


def test_better_is_better_for_gains_and_for_losses():
    found = compare_folds(
        {"untreated": folds(), "good": folds(0.05, seed=1)}, **SETTINGS
    )
    assert [c.metric for c in found] == list(OBJECTIVES)
    for c in found:
        assert c.better > 0.95 > 0.05 > c.worse
        assert (c.difference > 0) == (c.metric in ("average_precision", "roc_auc"))
        assert c.ci[0] <= c.difference <= c.ci[1]
        assert c.folds == 5
        assert "5 folds" in c.method
    swapped = compare_folds(
        {"good": folds(), "untreated": folds(0.05, seed=1)}, **SETTINGS
    )
    assert all(c.worse > 0.95 for c in swapped)


def test_the_same_but_for_noise_is_practically_the_same():
    found = compare_folds(
        {"untreated": folds(count=50), "twin": folds(seed=1, count=50)},
        **SETTINGS | {"repeats": 10},
    )
    assert found[0].same > 0.95
    assert "50 folds in 10 repeats" in found[0].method


def test_the_region_of_a_loss_is_a_share_of_the_controls():
    found = {
        c.metric: c
        for c in compare_folds({"untreated": folds(), "x": folds(seed=1)}, **SETTINGS)
    }
    assert found["average_precision"].rope == found["roc_auc"].rope == 0.01
    mean = float(np.mean(folds()["brier"]))
    assert found["brier"].rope == pytest.approx(0.01 * mean)


@for_each(("level", "rope"), [(0.4, 0.01), (0.1, 0.01), (0.05, 0.005)])
def test_the_region_of_a_small_share_is_a_share_of_it(level, rope):
    """Of an average precision of 0.05 a hundredth would be a fifth."""
    values = {"average_precision": [level] * 5}
    (c,) = compare_folds({"untreated": values, "x": values}, **SETTINGS)
    assert c.rope == pytest.approx(rope)


def test_an_interval_ends_where_a_share_cannot_differ_more():
    """Three folds of three positives: Student's t goes far beyond 1."""
    untreated, x = [0.1, 0.2, 0.9], [0.9, 0.1, 0.95]
    arms = {
        "untreated": {"average_precision": untreated, "cost_per_1000": untreated},
        "x": {"average_precision": x, "cost_per_1000": x},
    }
    metrics = ("average_precision", "cost_per_1000")
    share, cost = compare_folds(arms, metrics=metrics, **SETTINGS)
    assert (share.ci[0], share.ci[1]) == (-1.0, 1.0)
    assert cost.ci[1] > 1.0


@for_each(
    ("metric", "less"),
    [("cost_per_1000", True), ("false_positive_rate", True), ("recall", False),
     ("f1", False)],
)  # fmt: skip
def test_what_is_aimed_at_has_its_direction(metric, less):
    arms = {"untreated": {metric: [0.5, 0.6, 0.55]}, "x": {metric: [0.3, 0.4, 0.36]}}
    (c,) = compare_folds(arms, metrics=(metric,), **SETTINGS)
    assert c.difference < 0
    assert (c.better > 0.9) == less
    assert (c.worse > 0.9) != less


def test_holm_runs_over_the_arms_of_a_metric():
    arms = {"untreated": folds()} | {
        f"a{i}": folds(0.004 * i, seed=i) for i in range(1, 4)
    }
    found = compare_folds(arms, **SETTINGS)
    assert len(found) == 12
    for metric in OBJECTIVES:
        members = [c for c in found if c.metric == metric]
        assert [c.adjusted_p for c in members] == holm([c.p for c in members])


def test_an_equal_arm_and_one_that_is_off_by_the_same_everywhere():
    flat = {"brier": [0.2, 0.2, 0.2]}
    same, off = compare_folds(
        {"untreated": flat, "same": flat, "off": {"brier": [0.3, 0.3, 0.3]}}, **SETTINGS
    )
    assert (same.p, same.difference, same.ci, same.same) == (1.0, 0.0, (0.0, 0.0), 1.0)
    assert (off.p, off.worse, off.better) == (0.0, 1.0, 0.0)


def test_folds_without_a_value_are_left_out_and_one_fold_is_none():
    nan = math.nan
    arms = {
        "untreated": {"average_precision": [0.1, nan, 0.3, 0.2], "roc_auc": [0.5, nan]},
        "x": {"average_precision": [0.2, 0.2, nan, 0.4], "roc_auc": [0.6, 0.7]},
    }
    (c,) = compare_folds(arms, **SETTINGS)
    assert (c.metric, c.folds) == ("average_precision", 2)
    assert c.difference == pytest.approx(0.15)
    assert not any(map(math.isnan, (*c.ci, c.p, c.worse, c.same, c.better)))


def test_without_control_or_metric_there_is_nothing():
    assert compare_folds({"x": folds()}, **SETTINGS) == ()
    assert compare_folds({"untreated": folds()}, **SETTINGS) == ()
    assert compare_folds({"untreated": folds(), "x": {}}, **SETTINGS) == ()


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=12),
    st.randoms(),
)
def test_the_order_of_folds_and_arms_does_not_matter(pairs, random):
    def told(some):
        a, b = zip(*some, strict=True)
        arms = {"untreated": {"roc_auc": list(b)}, "x": {"roc_auc": list(a)}}
        (c,) = compare_folds(dict(reversed(arms.items())), **SETTINGS)
        return (c.difference, *c.ci, c.p, c.worse, c.same, c.better)

    before = told(pairs)
    random.shuffle(pairs)
    assert told(pairs) == pytest.approx(before, abs=1e-6)


def test_equal_arms_are_seldom_called_different():
    """Five folds of one table: at 5 % the corrected t finds a difference in few runs.

    Values of the folds share a common part, as values over overlapping training
    rows do: with a correlation of 1/5 the test is exact.
    """
    rng = np.random.default_rng(0)
    runs = 2000
    shared = rng.normal(size=(runs, 1)) * math.sqrt(0.2)
    values = shared + rng.normal(size=(runs, 5)) * math.sqrt(0.8)
    hits = 0
    for row in values:
        arms = {"untreated": {"roc_auc": [0.0] * 5}, "x": {"roc_auc": row.tolist()}}
        (c,) = compare_folds(arms, **SETTINGS)
        hits += c.p < 0.05
    assert 0.035 <= hits / runs <= 0.065
