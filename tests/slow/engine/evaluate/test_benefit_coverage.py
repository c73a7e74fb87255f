"""How often the interval of a net benefit holds the truth."""

import numpy as np
import pytest

from engine.core.curve import decision_curve
from engine.core.outcome import CostStep
from tests.support.each import for_each

pytestmark = pytest.mark.slow
DRAWS = 4000


@for_each(
    ("positives", "negatives", "recall", "rate", "at", "prevalence"),
    [
        (20, 200, 0.5, 0.1, 0.1, 0.02),
        (161, 8519, 0.78, 0.25, 0.02, 0.0185),
        (50, 2000, 0.8, 0.02, 0.3, 0.024),
        (100, 100, 0.9, 0.05, 0.05, 0.01),
        (374, 1035, 0.6, 0.14, 0.25, 0.265),
        (30, 10_000, 0.5, 0.001, 0.5, 0.003),
        (60, 600, 0.99, 0.3, 0.1, 0.09),
    ],
)
def test_the_interval_holds_the_truth(
    positives, negatives, recall, rate, at, prevalence
):
    rng = np.random.default_rng(0)
    hits = rng.binomial(positives, recall, DRAWS).tolist()
    alarms = rng.binomial(negatives, rate, DRAWS).tolist()
    truth = prevalence * recall - (1 - prevalence) * rate * at / (1 - at)
    held = 0
    for tp, fp in zip(hits, alarms, strict=True):
        steps = [CostStep(ratio=0.0, threshold=0.5, fp=fp, fn=positives - tp)]
        (found,) = decision_curve(steps, positives, negatives, [at], prevalence)
        held += found.ci[0] <= truth <= found.ci[1]
    assert held / DRAWS >= 0.93, held / DRAWS
