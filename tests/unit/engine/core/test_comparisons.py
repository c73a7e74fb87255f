"""What is said of a difference between two arms."""

from __future__ import annotations

import pytest

from engine.core.outcome import Comparison
from engine.core.views.comparisons import standing


@pytest.mark.parametrize(
    ("ci", "p", "metric", "wanted"),
    [
        ((0.1, 0.3), 0.01, "recall", "better"),
        ((0.1, 0.3), 0.01, "brier", "worse"),
        ((-0.3, -0.1), 0.01, "brier", "better"),
        ((-0.1, 0.3), 0.01, "recall", "not shown"),
        ((0.1, 0.3), 0.05, "recall", "not shown"),
    ],
)
def test_a_difference_is_shown_by_interval_and_p(ci, p, metric, wanted):
    change = Comparison(
        a="smote",
        b="untreated",
        at="fixed",
        metric=metric,
        difference=sum(ci) / 2,
        ci=ci,
        p=p,
        adjusted_p=p,
        method="",
    )
    assert standing(change) == wanted
