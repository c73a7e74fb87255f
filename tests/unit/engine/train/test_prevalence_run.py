"""A run for a prevalence in use: what it counts there, and where it says so."""

import pytest
from msgspec.structs import replace

from engine.core.costs import point_metrics
from engine.core.curve import step_at
from engine.core.result import build
from engine.core.views.comparisons import winners_by_prevalence
from engine.core.views.report.facts import Facts
from engine.core.views.report.scores import winners_in_use
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


def test_the_cheapest_arm_by_prevalence_costs_the_least_there(result):
    costs, sizes = result.costs, tuple(result.test_rows[k] for k in ("yes", "no"))
    found = winners_by_prevalence(result)
    assert [a.end for a in found[:-1]] == [b.start for b in found[1:]]
    assert found[0].start < PREVALENCE < found[-1].end

    def cost(arm, prevalence):
        """What 1,000 rows cost there, at the threshold that is right for it."""
        odds = prevalence / (1 - prevalence) / (PREVALENCE / (1 - PREVALENCE))
        steps = next(one for one in result.arms if one.name == arm).cost_steps
        step = step_at(steps, costs.ratio * odds)
        there = replace(costs, prevalence=prevalence)
        tp, tn = sizes[0] - step.fn, sizes[1] - step.fp
        return there.per_1000(tn=tn, fp=step.fp, fn=step.fn, tp=tp)

    told = [won for won in found if won.difference is not None]
    for won in told:
        difference = cost(won.arm, won.at) - cost("untreated", won.at)
        assert won.difference == pytest.approx(difference)
    for won in found:
        assert won.start < won.at < won.end
        assert won.thresholds[0] >= won.thresholds[1]
    assert told, "the arms never change places: the test has nothing to look at"
    (table,) = winners_in_use(Facts(result))
    assert len(table.rows) == len(found)
