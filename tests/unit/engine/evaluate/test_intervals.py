"""Intervals of one model's figures, against what they are by definition."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize
from scipy.special import expit

from engine.core.costs import wilson
from engine.evaluate.intervals import (
    Z,
    auc_interval,
    cox_fit,
    limits,
    loss_interval,
    positives_for_rate,
)
from engine.evaluate.metrics import score
from engine.evaluate.probabilities import log_odds


def test_the_standard_error_of_the_auc_is_delongs():
    rng = np.random.default_rng(0)
    y = (rng.random(300) < 0.2).astype(int)
    scores = np.round(rng.normal(y, 1), 1)  # with ties
    up, down = scores[y == 1][:, None], scores[y == 0][None, :]
    kernel = (up > down) + 0.5 * (up == down)
    rows, columns = kernel.mean(axis=1), kernel.mean(axis=0)
    error = rows.var(ddof=1) / len(rows) + columns.var(ddof=1) / len(columns)
    found = auc_interval(y, scores)
    assert found.value == pytest.approx(score("roc_auc", y, scores))
    assert found.error == pytest.approx(np.sqrt(error))
    assert 0 < found.ci[0] < found.value < found.ci[1] < 1
    perfect = auc_interval(np.repeat([0, 1], [90, 10]), np.arange(100.0))
    assert (perfect.value, perfect.ci) == (1.0, wilson(10, 10))
    assert auc_interval(np.repeat([0, 1], [9, 1]), np.arange(10.0)) is None


def test_standard_errors_of_calibration_are_those_of_the_likelihood():
    rng = np.random.default_rng(1)
    risks = rng.random(2000) ** 3
    y = (rng.random(2000) < risks).astype(int)
    logits = log_odds(risks)

    def loss(b, x):
        z = x @ b
        return float(np.sum(np.logaddexp(0, z) - y * z))

    x = np.column_stack([np.ones(2000), logits])
    best = minimize(loss, [0.0, 1.0], args=(x,), tol=1e-12).x

    def slopes(b):
        return x.T @ (expit(x @ b) - y)

    information = np.array(
        [approx_fprime(best, lambda b, i=i: slopes(b)[i], 1e-6) for i in range(2)]
    )
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    found = cox_fit(y, risks)
    assert found.intercept == pytest.approx((best[0], errors[0]), rel=1e-3, abs=1e-4)
    assert found.slope == pytest.approx((best[1], errors[1]), rel=1e-3)
    shifted = expit(logits + found.in_the_large[0])
    assert shifted.sum() == pytest.approx(y.sum())
    assert found.in_the_large[1] == pytest.approx(
        np.sum(shifted * (1 - shifted)) ** -0.5
    )
    low, high = limits(found.slope)
    assert (high - low) / 2 == pytest.approx(Z * found.slope[1])
    assert cox_fit(np.ones(5, int), np.full(5, 0.5)) == (None, None, None)


def test_a_mean_loss_has_an_interval_in_its_logarithm():
    losses = np.random.default_rng(2).gamma(0.1, size=500)
    low, high = loss_interval(losses)
    assert low * high == pytest.approx(losses.mean() ** 2)
    delta = Z * losses.std(ddof=1) / np.sqrt(500) / losses.mean()
    assert np.log(high / low) == pytest.approx(2 * delta)
    assert loss_interval(np.zeros(5)) is None


def test_the_rows_that_a_width_takes_are_the_fewest():
    for rate in (0.02, 0.3, 0.5, 0.85, 1.0):
        for half in (0.03, 0.05, 0.1, 0.3):
            found = positives_for_rate(rate, half)
            # Wilson's half width with a share that need not be a count of rows.
            widths = [
                Z * np.sqrt(rate * (1 - rate) * n + Z * Z / 4) / (n + Z * Z)
                for n in (found, max(1, found - 1))
            ]
            assert widths[0] <= half + 1e-12
            assert found == 1 or widths[1] > half
