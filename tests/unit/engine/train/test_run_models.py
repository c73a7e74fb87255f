"""The end of a run of several models: families one after another, then all of them."""

import functools

import msgspec
import pytest

from engine.core.experiment import family, references
from engine.core.result import Result, build, decode
from tests.support import finished
from tests.support.experiments import make_table

LOGISTIC, XGBOOST = "untreated@logistic", "untreated@xgboost"
OF = {
    "random-under@logistic": LOGISTIC,
    "smote@xgboost": XGBOOST,
    finished.FOREST: LOGISTIC,
}


@functools.cache
def two() -> Result:
    run = finished.two_models()
    return build(run.state(), run=run.run)


@functools.cache
def three_classes() -> Result:
    frame = make_table(900, share=0.35, seed=5)
    frame["level"] = frame.pop("sick") + (frame["flag"] > 0).map({True: "!", False: ""})
    frame.loc[frame["level"] == "no!", "level"] = "no"
    arms = ("untreated@logistic", "untreated@xgboost", "weights@xgboost")
    run = finished.finished(frame, *arms, data__target="level")
    return build(run.state(), run=run.run)


def test_arms_are_compared_within_their_model():
    result = two()
    assert references(result.experiment.arms) == OF | {c: c for c in OF.values()}
    for part in (result.comparison, result.folds):
        assert {(c.a, c.b) for c in part} == set(OF.items())
    assert {(m.arm, m.control) for m in result.matched} <= set(OF.items())
    assert {d.arm for d in result.detectable} == set(OF)


def test_families_follow_one_another():
    result = two()
    for part in ("comparison", "folds"):
        controls = [c.b for c in getattr(result, part)]
        assert controls == sorted(controls, key=[LOGISTIC, XGBOOST].index)


def test_p_values_are_adjusted_within_a_model():
    """The one method of XGBoost has two tests that decide, whatever logistic has."""
    (cost, ranking) = (
        c
        for c in two().comparison
        if c.a == "smote@xgboost" and (c.at == "cost" or c.metric.startswith("average"))
    )
    low, high = sorted((cost, ranking), key=lambda c: c.p)
    assert low.adjusted_p == pytest.approx(min(1.0, 2 * low.p))
    assert high.adjusted_p == pytest.approx(min(1.0, max(high.p, 2 * low.p)))


@pytest.mark.parametrize("made", [two, three_classes])
def test_models_are_compared_with_the_best_one_without_a_method(made):
    result = made()
    (baseline,) = {c.b for c in result.across}
    (other,) = {LOGISTIC, XGBOOST} - {baseline}
    assert other in {c.a for c in result.across}
    assert {c.metric for c in result.across} == {"cost_per_1000", "average_precision"}
    plain = next(r.text for r in result.verdict.reasons if r.code == "VRD117")
    assert plain.startswith(f"`{baseline}` has the lowest cross-validated cost")


@pytest.mark.parametrize("made", [two, three_classes])
def test_every_model_has_its_verdict(made):
    result = made()
    assert [one.model for one in result.verdict.by_model] == ["logistic", "xgboost"]
    arms = result.experiment.arms
    of = {arm.name: family(arm, arms) for arm in arms}
    for one in result.verdict.by_model:
        assert of[one.choice.arm] == one.model
    compared = {arm for c in result.across for arm in (c.a, c.b)}
    assert result.verdict.choice.arm in compared


def test_skill_is_that_of_all_arms():
    names = {arm.name for arm in two().arms}
    assert {*two().skill.arms, two().skill.arm} <= names


def test_it_is_the_same_after_a_round_trip():
    assert decode(msgspec.json.encode(two()), "a.json") == two()


def test_with_one_model_nothing_is_across():
    run = finished.two_classes()
    result = build(run.state(), run=run.run)
    assert result.across == result.verdict.by_model == ()
