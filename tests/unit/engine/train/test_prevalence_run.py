"""A run for a prevalence in use: what it counts there, and where it says so."""

import pytest

from engine.core.costs import point_metrics
from engine.core.result import build
from tests.support.experiments import make_table
from tests.support.finished import finished

PREVALENCE = 0.01


@pytest.fixture(scope="module")
def result():
    run = finished(
        make_table(rows=900, share=0.15, seed=3),
        *("untreated", "weights"),
        data__target="sick",
        decision__prevalence=PREVALENCE,
        decision__at="alerts<=5%",
    )
    return build(run.state(), run=run.run)


def test_costs_and_counts_are_those_of_the_prevalence(result):
    assert result.costs.prevalence == result.prevalence == PREVALENCE
    assert result.costs.ratio == pytest.approx((1 - PREVALENCE) / PREVALENCE)
    for arm in result.arms:
        for point in arm.operating_points:
            known = point_metrics(point.confusion, result.costs)
            assert point.metrics == known, (arm.name, point.name)
            c, there = point.confusion, PREVALENCE
            recall, rate = c.tp / (c.tp + c.fn), c.fp / (c.fp + c.tn)
            if point.name.startswith("alerts"):
                alerts = there * recall + (1 - there) * rate
                assert point.delivered.value == pytest.approx(alerts)


def test_the_verdict_says_what_is_counted_there(result):
    verdict = result.verdict
    codes = [one.code for one in verdict.reasons]
    assert "VRD122" in codes
    assert "at a prevalence of 1.0 % a precision of" in verdict.headline
    assert "in use 1.0 % positive" in result.test_rows_text()
    chosen = next(arm for arm in result.arms if arm.name == verdict.choice.arm)
    assert verdict.choice.cost == chosen.at("recommended").cost
