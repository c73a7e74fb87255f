"""How often intervals at another prevalence hold the truth."""

import numpy as np
import pytest

from engine.core.costs import precision_interval, weighted_interval
from tests.support.each import for_each

pytestmark = pytest.mark.slow
DRAWS = 4000


@for_each(
    ("positives", "negatives", "recall", "rate", "prevalence"),
    [
        (20, 200, 0.5, 0.1, 0.002),
        (50, 2000, 0.8, 0.02, 0.002),
        (161, 8519, 0.78, 0.25, 0.002),
        (100, 100, 0.9, 0.05, 0.01),
        (30, 10_000, 0.5, 0.001, 0.001),
        (400, 4000, 0.3, 0.01, 0.05),
        (20, 50_000, 0.95, 0.0005, 0.001),
        (60, 600, 0.99, 0.3, 0.3),
    ],
)
def test_intervals_hold_the_truth(positives, negatives, recall, rate, prevalence):
    rng = np.random.default_rng(0)
    hits = rng.binomial(positives, recall, DRAWS).tolist()
    alarms = rng.binomial(negatives, rate, DRAWS).tolist()
    alerts = prevalence * recall + (1 - prevalence) * rate
    held = np.zeros(2)
    known = 0
    for tp, fp in zip(hits, alarms, strict=True):
        sizes = tp, positives, fp, negatives, prevalence
        precision = precision_interval(*sizes)
        if precision is None:
            continue
        known += 1
        held[0] += precision[0] <= prevalence * recall / alerts <= precision[1]
        low, high = weighted_interval(*sizes[:4], (prevalence, 1 - prevalence))
        held[1] += low <= alerts <= high
    assert known > 0.99 * DRAWS
    assert (held / known >= 0.93).all(), held / known
