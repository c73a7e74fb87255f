from functools import cache

import numpy as np
import pytest
from imblearn.over_sampling import (
    SMOTEN,
    SMOTENC,
    KMeansSMOTE,
)
from sklearn.datasets import make_classification

from engine.core.errors import ArmError, SpecError
from engine.core.experiment import DataSpec
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm, Step
from engine.data import load_table as load
from engine.data import prepare_dataset as prepare
from engine.features import Features
from engine.resample import method
from tests.support.each import for_each
from tests.support.stock import STOCK

CODED = {"smotenc": SMOTENC, "smoten": SMOTEN}
DRAWING = ("condensed", "one-sided-selection")
CLEANERS = [s.name for s in registry.SAMPLERS if s.group == "under" and not s.has_ratio]
SEARCHING = (
    *("enn", "all-knn", "neighbourhood-cleaning", "tomek-links"),
    *("smote-enn", "smote-tomek"),
)


def rows(n=400, share=0.15, seed=0):
    X, y = make_classification(
        n, 6, weights=[1 - share], class_sep=1.5, flip_y=0.02, random_state=seed
    )
    return X.astype(np.float32), y


@cache
def treated_rows(name):
    """Return what a sampler at its defaults makes of `rows()`; not to be changed."""
    return method.apply(grammar.parse(name), *rows(), seed=7)


def test_every_registered_sampler_has_its_stock_twin():
    assert {*STOCK, *CODED} == {s.name for s in registry.SAMPLERS}
    assert len(registry.SAMPLERS) == 21


@for_each("name", STOCK)
def test_the_rows_are_imbalanced_learns_to_the_bit(name):
    X, y = rows()
    treated = treated_rows(name)
    assert treated.repairs == ()
    expected, labels = STOCK[name](random_state=7).fit_resample(X, y)
    np.testing.assert_array_equal(treated.X, expected)
    np.testing.assert_array_equal(treated.y, labels)


@for_each("name", STOCK)
def test_the_origin_tells_real_rows_from_synthetic_ones(name):
    X, y = rows()
    treated = treated_rows(name)
    real = treated.origin >= 0
    np.testing.assert_array_equal(treated.X[real], X[treated.origin[real]])
    np.testing.assert_array_equal(treated.y[real], y[treated.origin[real]])
    made = {tuple(row) for row in treated.X[~real]}
    # The centroid of a row that is a cluster by itself is that row.
    assert name == "cluster-centroids" or not made & {tuple(row) for row in X}
    creates = "smote" in name or name in ("adasyn", "cluster-centroids")
    assert bool(made) == creates


@for_each("ratio", [0.29, 0.5, 1.0])
@for_each("name", ["random-over", "smote", "random-under"])
def test_the_ratio_is_exact(name, ratio):
    X, y = rows()
    arm = Arm(name="a", steps=(Step(sampler=name, params={"ratio": ratio}),))
    negatives, positives = np.bincount(method.apply(arm, X, y, seed=0).y)
    if name == "random-under":
        assert negatives == round(positives / ratio)
    else:
        assert positives == round(ratio * negatives)


def test_steps_are_applied_in_order_and_keep_the_origin():
    X, y = rows()
    arm = Arm(
        name="both",
        steps=(
            Step(sampler="smote", params={"ratio": 0.5}),
            Step(sampler="random-under", params={"ratio": 0.8}),
        ),
    )
    treated = method.apply(arm, X, y, seed=0)
    negatives, positives = np.bincount(y)
    half = round(0.5 * negatives)
    assert np.bincount(treated.y).tolist() == [round(half / 0.8), half]
    assert (treated.origin < 0).sum() == half - positives
    assert treated.resamples == 2


def test_kmeans_smote_is_repaired_where_the_default_finds_no_cluster():
    X, y = rows(3000, share=0.02)
    with pytest.raises(RuntimeError, match="No clusters found"):
        KMeansSMOTE(random_state=0).fit_resample(X, y)
    treated = method.apply(grammar.parse("kmeans-smote"), X, y, seed=0)
    assert np.bincount(treated.y)[1] >= np.bincount(y)[0]
    assert "cluster_balance_threshold 0.5 → 0.01" in treated.repairs[0]


def test_what_was_asked_for_is_not_repaired_away():
    X, y = rows(3000, share=0.02)
    arm = Arm(
        name="a",
        steps=(
            Step(sampler="kmeans-smote", params={"cluster_balance_threshold": 0.9}),
        ),
    )
    with pytest.raises(ArmError, match="No clusters"):
        method.apply(arm, X, y, seed=0)


@for_each("name", ["smote", "smote-enn", "svm-smote"])
def test_too_few_neighbours_are_repaired_and_said(name):
    X, y = rows(200)
    few = np.flatnonzero(y == 1)[:4]
    keep = np.r_[few, np.flatnonzero(y == 0)]
    treated = method.apply(grammar.parse(name), X[keep], y[keep], seed=0)
    assert "k_neighbors 5 → 3: only 4 minority rows" in treated.repairs[0]


def test_one_minority_row_cannot_be_treated_by_neighbours():
    X, y = rows(100)
    keep = np.r_[np.flatnonzero(y == 1)[:1], np.flatnonzero(y == 0)]
    with pytest.raises(ArmError, match="at least 2 minority rows") as caught:
        method.apply(grammar.parse("smote"), X[keep], y[keep], seed=0)
    assert caught.value.code == "too-few-positives"


def test_an_answer_of_one_class_is_refused():
    X = np.ones((60, 3), dtype=np.float32)
    y = np.repeat([0, 1], [50, 10])
    with pytest.raises(ArmError, match="one class only") as caught:
        method.apply(grammar.parse("smote-enn"), X, y, seed=0)
    assert caught.value.code == "one-class"


def test_short_of_the_ratio_and_unchanged_are_said():
    X, _ = rows(600, share=0.05, seed=3)
    balanced = np.repeat([0, 1], 30)
    same = method.apply(grammar.parse("smote"), X[:60], balanced, seed=0)
    assert same.notes == ("changed nothing: the classes have the asked ratio already",)
    y = np.repeat([0, 1], [540, 60])
    short = method.apply(grammar.parse("svm-smote"), X, y, seed=0)
    negatives, positives = np.bincount(short.y)
    assert positives < 0.98 * negatives
    said = f"reached {positives / negatives:.2f} of the asked ratio 1: "
    assert short.notes[0].startswith(said)


def test_the_minority_may_be_the_negative_class():
    X, y = rows()
    treated = method.apply(grammar.parse("smote"), X, 1 - y, seed=0)
    assert np.bincount(treated.y).tolist() == [np.bincount(y)[0]] * 2


def test_after_a_step_the_minority_is_still_the_same_class():
    """SMOTE-ENN leaves fewer majority rows than minority rows here."""
    X, y = rows(1500, share=0.06)
    steps = (Step(sampler="smote-enn"), Step(sampler="random-under"))
    treated = method.apply(Arm(name="a", steps=steps), X, y, seed=0)
    alone = method.apply(grammar.parse("smote-enn"), X, y, seed=0)
    positives = np.bincount(alone.y)[1]
    assert positives > np.bincount(alone.y)[0]
    assert np.bincount(treated.y)[1] == positives


@pytest.fixture(scope="module")
def strokes():
    """Rows of the sample that are as alike as people are: with ties and doubles."""
    dataset = prepare(load("sample:stroke"), DataSpec(source="", target="stroke"))
    frame, y = dataset.frame[:5_000], dataset.y[:5_000]
    return Features(dataset.columns).fit(frame).transform(frame), y


@pytest.fixture(scope="module")
def exact(strokes):
    """Return what a sampler makes of them, made once each."""
    return cache(lambda name: method.apply(grammar.parse(name), *strokes, seed=7))


@for_each("name", SEARCHING)
def test_a_search_of_our_own_leaves_imbalanced_learns_rows(name, strokes, exact):
    X, y = strokes
    treated = exact(name)
    expected, labels = STOCK[name](random_state=7).fit_resample(X, y)
    np.testing.assert_array_equal(treated.X, expected)
    np.testing.assert_array_equal(treated.y, labels)
    real = treated.origin >= 0
    np.testing.assert_array_equal(treated.X[real], X[treated.origin[real]])


@for_each("kind_sel", ["all", "mode"])
@for_each("name", ["enn", "repeated-enn", "all-knn"])
def test_a_cleaners_parameters_arrive(name, kind_sel):
    X, y = rows(2_500)
    params = {"n_neighbors": 4, "kind_sel": kind_sel}
    arm = Arm(name="a", steps=(Step(sampler=name, params=params),))
    expected, labels = (
        STOCK[name](random_state=0).set_params(**params).fit_resample(X, y)
    )
    treated = method.apply(arm, X, y, seed=0)
    np.testing.assert_array_equal(treated.X, expected)
    np.testing.assert_array_equal(treated.y, labels)


@for_each("name", CLEANERS)
def test_a_cleaner_drops_majority_rows_only_and_has_no_ratio(name):
    X, y = rows()
    for labels in (y, 1 - y):
        rare = int(np.bincount(labels).argmin())
        treated = method.apply(grammar.parse(name), X, labels, seed=0)
        before, after = np.bincount(labels), np.bincount(treated.y)
        assert after[rare] == before[rare]
        assert after[1 - rare] < before[1 - rare]
    with pytest.raises(SpecError, match="no parameter 'ratio'"):
        registry.check_step(Step(sampler=name, params={"ratio": 0.5}))


@for_each("name", [c for c in CLEANERS if c not in DRAWING])
def test_a_cleaner_that_finds_nothing_says_so_and_tells_its_rows_apart(name):
    rng = np.random.default_rng(0)
    y = rng.permutation(np.repeat([0, 1], [80, 20]))
    X = (rng.normal(size=(100, 3)) + 50 * y[:, None]).astype(np.float32)
    treated = method.apply(grammar.parse(name), X, y, seed=0)
    assert treated.notes == ("changed nothing: there is no row to drop",)
    # Repeated ENN itself would name the wrong rows here.
    np.testing.assert_array_equal(treated.X, X[treated.origin])


def test_a_cleaner_may_follow_an_over_sampler():
    X, y = rows()
    steps = (Step(sampler="smote"), Step(sampler="tomek-links"))
    treated = method.apply(Arm(name="a", steps=steps), X, y, seed=0)
    made, real = treated.origin < 0, treated.origin >= 0
    assert made.any()
    np.testing.assert_array_equal(treated.X[real], X[treated.origin[real]])
    assert np.bincount(treated.y)[1] == np.bincount(y)[0]


def test_too_few_rows_for_a_cleaner_are_repaired_and_said():
    X, y = rows(60)
    params = {"n_neighbors": 50, "kind_sel": "mode"}
    arm = Arm(name="a", steps=(Step(sampler="enn", params=params),))
    treated = method.apply(arm, X[:40], y[:40], seed=0)
    assert treated.repairs == ("n_neighbors 50 → 39: only 40 rows to fit on",)
