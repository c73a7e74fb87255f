import numpy as np
import pytest
from imblearn.combine import SMOTEENN
from imblearn.over_sampling import SMOTE, SVMSMOTE, KMeansSMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.datasets import make_classification

from engine.errors import ArmError
from engine.resample import recipe, registry
from engine.spec import Arm, Step

STOCK = {
    "random-over": RandomOverSampler,
    "smote": SMOTE,
    "kmeans-smote": KMeansSMOTE,
    "svm-smote": SVMSMOTE,
    "random-under": RandomUnderSampler,
    "smote-enn": SMOTEENN,
}


def rows(n=400, share=0.15, seed=0):
    X, y = make_classification(
        n, 6, weights=[1 - share], class_sep=1.5, flip_y=0.02, random_state=seed
    )
    return X.astype(np.float32), y


def test_every_registered_sampler_has_its_stock_twin():
    assert set(STOCK) == {s.name for s in registry.SAMPLERS}


@pytest.mark.parametrize("name", STOCK)
def test_the_rows_are_imbalanced_learns_to_the_bit(name):
    X, y = rows()
    treated = recipe.apply(registry.arm(name), X, y, seed=7)
    assert treated.repairs == ()
    expected, labels = STOCK[name](random_state=7).fit_resample(X, y)
    np.testing.assert_array_equal(treated.X, expected)
    np.testing.assert_array_equal(treated.y, labels)


@pytest.mark.parametrize("name", STOCK)
def test_the_origin_tells_real_rows_from_synthetic_ones(name):
    X, y = rows()
    treated = recipe.apply(registry.arm(name), X, y, seed=7)
    real = treated.origin >= 0
    np.testing.assert_array_equal(treated.X[real], X[treated.origin[real]])
    np.testing.assert_array_equal(treated.y[real], y[treated.origin[real]])
    made = {tuple(row) for row in treated.X[~real]}
    assert not made & {tuple(row) for row in X}
    assert bool(made) == ("smote" in name)


@pytest.mark.parametrize("ratio", [0.29, 0.5, 1.0])
@pytest.mark.parametrize("name", ["random-over", "smote", "random-under"])
def test_the_ratio_is_exact(name, ratio):
    X, y = rows()
    arm = Arm(name="a", steps=(Step(sampler=name, params={"ratio": ratio}),))
    negatives, positives = np.bincount(recipe.apply(arm, X, y, seed=0).y)
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
    treated = recipe.apply(arm, X, y, seed=0)
    negatives, positives = np.bincount(y)
    half = round(0.5 * negatives)
    assert np.bincount(treated.y).tolist() == [round(half / 0.8), half]
    assert (treated.origin < 0).sum() == half - positives
    assert treated.resamples == 2


def test_kmeans_smote_is_repaired_where_the_default_finds_no_cluster():
    X, y = rows(3000, share=0.02)
    with pytest.raises(RuntimeError, match="No clusters found"):
        KMeansSMOTE(random_state=0).fit_resample(X, y)
    treated = recipe.apply(registry.arm("kmeans-smote"), X, y, seed=0)
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
        recipe.apply(arm, X, y, seed=0)


@pytest.mark.parametrize("name", ["smote", "smote-enn", "svm-smote"])
def test_too_few_neighbours_are_repaired_and_said(name):
    X, y = rows(200)
    few = np.flatnonzero(y == 1)[:4]
    keep = np.r_[few, np.flatnonzero(y == 0)]
    treated = recipe.apply(registry.arm(name), X[keep], y[keep], seed=0)
    assert "k_neighbors 5 → 3: only 4 minority rows" in treated.repairs[0]


def test_one_minority_row_cannot_be_treated_by_neighbours():
    X, y = rows(100)
    keep = np.r_[np.flatnonzero(y == 1)[:1], np.flatnonzero(y == 0)]
    with pytest.raises(ArmError, match="at least 2 minority rows") as caught:
        recipe.apply(registry.arm("smote"), X[keep], y[keep], seed=0)
    assert caught.value.code == "too-few-positives"


def test_an_answer_of_one_class_is_refused():
    X = np.ones((60, 3), dtype=np.float32)
    y = np.repeat([0, 1], [50, 10])
    with pytest.raises(ArmError, match="one class only") as caught:
        recipe.apply(registry.arm("smote-enn"), X, y, seed=0)
    assert caught.value.code == "one-class"


def test_short_of_the_ratio_and_unchanged_are_said():
    X, _ = rows(600, share=0.05, seed=3)
    balanced = np.repeat([0, 1], 30)
    same = recipe.apply(registry.arm("smote"), X[:60], balanced, seed=0)
    assert same.notes == ("changed nothing: the classes have the asked ratio already",)
    y = np.repeat([0, 1], [540, 60])
    short = recipe.apply(registry.arm("svm-smote"), X, y, seed=0)
    negatives, positives = np.bincount(short.y)
    assert positives < 0.98 * negatives
    assert f"reached {positives / negatives:.2f} of the asked ratio 1" in short.notes


def test_the_minority_may_be_the_negative_class():
    X, y = rows()
    treated = recipe.apply(registry.arm("smote"), X, 1 - y, seed=0)
    assert np.bincount(treated.y).tolist() == [np.bincount(y)[0]] * 2


def test_after_a_step_the_minority_is_still_the_same_class():
    """SMOTE-ENN leaves fewer majority rows than minority rows here."""
    X, y = rows(1500, share=0.06)
    steps = (Step(sampler="smote-enn"), Step(sampler="random-under"))
    treated = recipe.apply(Arm(name="a", steps=steps), X, y, seed=0)
    alone = recipe.apply(registry.arm("smote-enn"), X, y, seed=0)
    positives = np.bincount(alone.y)[1]
    assert positives > np.bincount(alone.y)[0]
    assert np.bincount(treated.y)[1] == positives
