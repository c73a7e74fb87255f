"""An operating point on the test rows: what was asked, what came, and ties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from engine.core.costs import Costs
from engine.core.outcome import Confusion
from engine.evaluate.threshold import Threshold, measure_delivery, operating_point, tie
from tests.support.each import for_each

COSTS = Costs(cost_fn=10, cost_fp=1)


@given(*[st.integers(0, 200)] * 4)
def test_what_came_has_wilsons_interval(tn, fp, fn, tp):
    counts = Confusion(tn=tn, fp=fp, fn=fn, tp=tp)
    for at, part, whole, asked in (
        ("recall>=0.8", tp, fn + tp, 0.8),
        ("precision>=0.2", tp, fp + tp, 0.2),
        ("alerts<=5%", fp + tp, tn + fp + fn + tp, 0.05),
        ("alerts<=30", fp + tp, tn + fp + fn + tp, None),
    ):
        found = measure_delivery(at, counts)
        if asked is None:
            asked = min(1.0, 30 / max(whole, 1))
        assert found.requested == asked
        if not whole:
            assert (found.value, found.ci, found.as_requested) == (None, None, False)
            continue
        limits = binomtest(part, whole).proportion_ci(method="wilson")
        assert found.value == part / whole
        assert found.ci == pytest.approx(tuple(limits), abs=1e-9)
        assert found.as_requested == (found.ci[0] <= asked <= found.ci[1])


@for_each("at", ["fixed", "prevalence", "f1", "cost"])
def test_a_policy_that_asks_for_no_rate_delivers_none(at):
    assert measure_delivery(at, Confusion(tn=1, fp=2, fn=3, tp=4)) is None


def made(at, threshold, *, note="", aim=None, digits=None, rows=2000):
    rng = np.random.default_rng(0)
    y = (np.arange(rows) % 10 == 0).astype(int)
    scores = np.clip(0.3 + 0.2 * rng.normal(size=rows) + 0.2 * y, 0, 1)
    if digits is not None:
        scores = np.round(scores, digits)
    return operating_point(
        at,
        Threshold(threshold, note),
        before=scores,
        y=y,
        scores=scores,
        costs=COSTS,
        aim=aim,
    )


def test_a_rate_that_was_not_delivered_is_noted():
    missed = made("recall>=0.95", 0.5)
    assert missed.note.startswith("requested a recall of at least 0.95; on the test")
    met = made("recall>=0.51", 0.5)
    assert (met.note, met.delivered.as_requested) == ("", True)
    nothing = made("precision>=0.2", 1.5)
    assert "no test row is predicted positive" in nothing.note
    alerts = made("alerts<=5%", 0.9)
    assert alerts.note.startswith("requested alerts on 5 % of the rows; on the test ")


def test_the_recommended_point_delivers_what_was_aimed_at():
    point = made("recommended", 0.5, aim="recall>=0.95")
    assert point.name == "recommended"
    assert point.delivered == made("recall>=0.95", 0.5).delivered
    assert made("recommended", 0.5, aim="cost").delivered is None


def test_what_could_not_be_chosen_is_noted_once():
    point = made("recall>=0.95", 0.5, note="no positive to find")
    assert point.note == "no positive to find"


@for_each(("digits", "told"), [(1, True), (8, False)])
def test_rows_of_the_thresholds_own_score_are_told(digits, told):
    assert ("this very score" in made("cost", 0.4, digits=digits).note) == told


def test_a_tie_is_a_hundredth_of_the_rows_and_ten():
    scores = np.r_[np.full(9, 0.5), np.linspace(0, 0.4, 91)]
    assert tie(scores, 0.5) == ""
    assert tie(np.r_[scores, 0.5], 0.5).startswith("10 % of the out-of-fold rows")
    assert tie(np.r_[np.full(10, 0.5), np.linspace(0, 0.4, 2000)], 0.5) == ""
    single = np.full(20, np.float32(0.1))
    assert tie(single, float(np.float32(0.1))).startswith("100 %")
