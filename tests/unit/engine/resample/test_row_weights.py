"""What rows weigh after a method: their own weight, or the mean of their parents'."""

import numpy as np
from sklearn.utils.validation import has_fit_parameter

from engine.core.methods import grammar, registry
from engine.resample import method
from engine.resample.provenance import SYNTHETIC
from tests.support.each import for_each
from tests.support.stock import STOCK

INTERPOLATING = ("smote", "adasyn", "borderline-smote", "svm-smote", "smote-enn")
COPYING = ("random-over", "random-over:shrinkage=0.5", "random-under", "enn")


def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4)).astype(np.float32)
    y = np.repeat([0, 1], [160, 40])
    X[y == 1] += 1.5
    return X, y, rng.exponential(size=200)


def apply(name, weights, **more):
    X, y, _ = rows()
    return method.apply(grammar.parse(name), X, y, seed=7, weights=weights, **more)


@for_each("name", ["untreated", *STOCK])
def test_weights_change_no_row(name):
    own = rows()[2]
    plain, treated = apply(name, None), apply(name, own)
    for one in ("X", "y", "origin"):
        np.testing.assert_array_equal(getattr(treated, one), getattr(plain, one))
    assert (treated.repairs, treated.notes) == (plain.repairs, plain.notes)
    assert plain.weights is treated.lineage is None
    real = treated.origin != SYNTHETIC
    np.testing.assert_array_equal(treated.weights[real], own[treated.origin[real]])
    assert len(treated.weights) == len(treated.y)


@for_each("name", [*STOCK, "smote:ratio=0.5+smote+enn", "random-under:ratio=0.5+smote"])
def test_where_a_class_has_one_weight_its_new_rows_have_it(name):
    treated = apply(name, 1.0 + 2 * rows()[1])
    np.testing.assert_array_equal(treated.weights, 1.0 + 2 * treated.y)


@for_each("name", [*INTERPOLATING, *COPYING])
def test_a_synthetic_row_has_the_mean_weight_of_the_rows_it_was_made_from(name):
    own = rows()[2]
    treated = apply(name, own, trace=True)
    made = treated.origin == SYNTHETIC
    first, second = treated.lineage.first[made], treated.lineage.second[made]
    alone = second < 0
    second[alone] = first[alone]
    wanted = (own[first] + own[second]) / 2
    np.testing.assert_array_equal(treated.weights[made], wanted)


def test_a_row_made_of_two_synthetic_ones_has_their_mean():
    own = rows()[2]
    steps = "smote:ratio=0.5", "smote"
    once = apply(steps[0], own)
    arm = grammar.parse(steps[1])
    again = method.apply(arm, once.X, once.y, seed=7, weights=once.weights)
    np.testing.assert_array_equal(apply("+".join(steps), own).weights, again.weights)


def test_a_row_without_known_parents_has_the_mean_weight_of_its_class():
    _, y, own = rows()
    treated = apply("cluster-centroids", own)
    made = treated.origin == SYNTHETIC
    assert made.any()
    np.testing.assert_allclose(treated.weights[made], own[y == 0].mean())


def test_ensembles_say_whether_they_take_weights():
    takes = {
        entry.name: has_fit_parameter(method.import_class(entry.home), "sample_weight")
        for entry in registry.ENSEMBLES
    }
    assert takes == {e.name: e.takes_weights for e in registry.ENSEMBLES}
    assert {*takes.values()} == {True, False}
