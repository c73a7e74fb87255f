"""The costs that decide: as given, or as balancing the classes implies."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from engine.core.costs import Costs
from engine.core.errors import SpecError
from engine.core.experiment import DataSpec, DecisionSpec, Experiment
from engine.core.methods.grammar import Arm
from engine.evaluate import choose_threshold as choose
from tests.support.documents import typed

TWO, THREE = {"no": 900, "yes": 100}, {"a": 600, "b": 300, "c": 100}


def test_without_costs_a_miss_counts_the_negatives_to_a_positive():
    costs = DecisionSpec().costs(TWO, "yes")
    assert (costs.cost_fn, costs.cost_fp, costs.assumed) == (9.0, 1.0, True)
    assert DecisionSpec().costs(TWO, "no").ratio == pytest.approx(1 / 9)
    # What right answers cost, and a false alarm, changes the costs and not the ratio.
    for more in ({"cost_fp": 4.0}, {"cost_tp": 2.0}, {"cost_fp": 2.0, "cost_tn": 0.5}):
        found = DecisionSpec(**more).costs(TWO, "yes")
        assert found.ratio == pytest.approx(9)
        assert found.assumed


def test_costs_that_were_given_stay():
    costs = DecisionSpec(cost_fn=10, cost_fp=2, cost_tp=1, cost_tn=0.5).costs(TWO, "y")
    assert costs == Costs(cost_fn=10, cost_fp=2, cost_tp=1, cost_tn=0.5)
    assert (costs.ratio, costs.assumed, costs.classes) == (6.0, False, {})
    assert DecisionSpec(cost_fn=10).costs(TWO, "yes").cost_fp == 1.0


def test_several_classes_count_by_rarity_or_as_given():
    assumed = DecisionSpec().costs(THREE, None)
    assert assumed.classes == {"a": 1.0, "b": 2.0, "c": 6.0}
    assert (assumed.cost_fn, assumed.cost_fp) == (6.0, 1.0)
    for fn in (10.0, 0.25):
        costs = DecisionSpec(cost_fn=fn).costs(THREE, None)
        assert costs.classes == {"a": 1.0, "b": fn, "c": fn}
        assert costs.cost_fn == fn
    less = DecisionSpec(cost_fn=10, cost_fp=2, cost_tp=1, cost_tn=0.5).costs(
        THREE, None
    )
    assert less.classes == {"a": 1.5, "b": 9.0, "c": 9.0}


def test_one_class_against_the_rest():
    for label, ratio in (("a", 400 / 600), ("b", 700 / 300), ("c", 9.0)):
        costs = DecisionSpec(cost_tp=1).costs(THREE, None).against(label, THREE)
        assert costs.ratio == pytest.approx(ratio)
    given = DecisionSpec(cost_fn=10).costs(THREE, None)
    assert given.against("b", THREE) == given


@pytest.mark.parametrize("classes", [{}, {"no": 5}, {"no": 5, "yes": 0}])
def test_a_table_without_positives_has_costs_all_the_same(classes):
    for positive in ("yes", None):
        costs = DecisionSpec().costs(classes, positive)
        assert np.isfinite(costs.ratio)


@given(st.integers(0, 10**6), st.integers(2, 60))
def test_the_assumed_ratio_gives_the_best_balanced_accuracy(seed, positives):
    rng = np.random.default_rng(seed)
    y = (np.arange(100) < positives).astype(int)
    scores = np.round(rng.normal(size=100) + y, 1)
    costs = DecisionSpec().costs({"0": 100 - positives, "1": positives}, "1")
    at = choose("cost", y, scores, prevalence=0.5, costs=costs).threshold
    best = max(
        balanced_accuracy_score(y, scores >= t) for t in [np.inf, *np.unique(scores)]
    )
    assert balanced_accuracy_score(y, scores >= at) == pytest.approx(best)


@given(*[st.integers(0, 50)] * 4)
def test_cost_per_1000_rows(tn, fp, fn, tp):
    if not tn + fp + fn + tp:
        return
    costs = Costs(cost_fn=10, cost_fp=2, cost_tp=1, cost_tn=0.5)
    paid = 0.5 * tn + 2 * fp + 10 * fn + tp
    counts = {"tn": tn, "fp": fp, "fn": fn, "tp": tp}
    assert costs.per_1000(**counts) == pytest.approx(1000 * paid / (tn + fp + fn + tp))


@pytest.mark.parametrize(
    ("decision", "aim"),
    [
        ({}, "cost"),
        ({"at": "f1"}, "f1"),
        ({"at": "alerts<=5%"}, "alerts<=5%"),
        ({"at": "f1", "cost_fn": 10}, "cost"),
        ({"at": "f1", "cost_fp": 10}, "f1"),
    ],
)
def test_costs_are_aimed_at_where_given_else_the_point(decision, aim):
    assert DecisionSpec(**decision).aim == aim
    assert DecisionSpec(**decision).points[0] == "recommended"


@pytest.mark.parametrize(
    "decision",
    [{"cost_fn": 0}, {"cost_fp": -1}, {"cost_fn": 2, "cost_tp": 2}, {"cost_tn": 1}],
)
def test_costs_that_make_no_sense_are_refused(decision):
    with pytest.raises(SpecError, match="cost"):
        Experiment(
            data=DataSpec(source="x.csv"),
            arms=(Arm(name="untreated"),),
            decision=DecisionSpec(**decision),
        )


def test_costs_of_one_class_are_those_against_the_rest():
    several = DecisionSpec().costs(THREE, None)
    about = {"name": "t", "rows": 6, "columns": 2, "target": "y", "roles": {}}
    dataset = {**about, "positive": None, "classes": THREE}
    found = typed({"costs": msgspec.to_builtins(several), "dataset": dataset})
    assert found.costs_of() == several
    assert found.costs_of("b").ratio == pytest.approx(7 / 3)
    assert found.costs_of("unknown") == several
