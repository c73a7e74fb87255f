"""What is said of a difference between two arms."""

from __future__ import annotations

import pytest

from engine.core.outcome import Comparison, CostWinner
from engine.core.views.comparisons import lead_doubt, standing


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


@pytest.mark.parametrize(
    ("difference", "ci", "said"),
    [
        (None, None, ""),
        (-5.0, (-8.0, -2.0), ""),
        (-5.0, (-12.0, 2.0), "chance alone could explain it"),
        (-5.0, None, "too few test rows for an interval"),
        (6.0, (1.0, 9.0), "no lead in the middle of the range"),
        (6.0, None, "no lead in the middle of the range"),
    ],
)
def test_a_lead_in_cost_is_doubted_where_it_is_not_shown(difference, ci, said):
    won = CostWinner("smote", 4.0, 5.0, 4.5, difference, ci)
    assert lead_doubt(won) == said
