"""How often the corrected test over splits finds a difference that is none."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp
from sklearn.metrics import average_precision_score

from engine.evaluate.repeated import corrected_t, posterior

pytestmark = pytest.mark.slow

TABLES, SPLITS, ROWS, POSITIVES = 200, 20, 400, 40


def differences(rng):
    """Return the differences of two equally good arms over splits of one table.

    Each arm sees four of eight features of the same distribution: over all tables none
    is better.
    """
    y = np.repeat([1, 0], [POSITIVES, ROWS - POSITIVES])
    X = rng.normal(y[:, None] * 0.5, size=(ROWS, 8))
    for _ in range(SPLITS):
        order = np.r_[
            rng.permutation(POSITIVES), rng.permutation(np.arange(POSITIVES, ROWS))
        ]
        test = np.isin(
            np.arange(ROWS), np.r_[order[:8], order[POSITIVES : POSITIVES + 72]]
        )
        found = [
            average_precision_score(
                y[test], X[test, arm] @ weights(X[~test, arm], y[~test])
            )
            for arm in (slice(4), slice(4, 8))
        ]
        yield found[0] - found[1]


def weights(X, y):
    """Fit a linear discriminant."""
    return np.linalg.solve(np.cov(X.T), X[y == 1].mean(0) - X[y == 0].mean(0))


def test_it_seldom_does_and_the_plain_test_often():
    rng, corrected, plain = np.random.default_rng(3), 0, 0
    for _ in range(TABLES):
        found = list(differences(rng))
        corrected += corrected_t(posterior(found, test_to_train=0.25)).p < 0.05
        plain += ttest_1samp(found, 0).pvalue < 0.05
    assert corrected / TABLES < 0.12
    assert plain / TABLES > 0.25
