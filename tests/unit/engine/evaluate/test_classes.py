"""More than two classes: equal to scikit-learn, and exact where two classes are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from engine.core.costs import Costs
from engine.core.errors import SpecError
from engine.evaluate import classes, threshold
from engine.evaluate import metrics as objective
from engine.evaluate.classes import choose_weights
from engine.evaluate.metrics import confusion_at
from tests.support.each import for_each


def scored(seed, *, rows=200, many=3, dtype=np.float64):
    rng = np.random.default_rng(seed)
    y = rng.choice(many, rows, p=np.r_[0.7, np.full(many - 1, 0.3 / (many - 1))])
    y[:many] = range(many)
    raw = rng.gamma(0.7, size=(rows, many)) + 0.8 * np.eye(many)[y]
    return y.astype(np.int8), (raw / raw.sum(axis=1, keepdims=True)).astype(dtype)


@for_each("seed", range(5))
@for_each("many", [3, 5])
def test_objectives_are_scikit_learns(seed, many):
    y, scores = scored(seed, many=many)
    flags = np.eye(many)[y]
    expected = {
        "average_precision": sk.average_precision_score(flags, scores, average="macro"),
        "roc_auc": sk.roc_auc_score(y, scores, multi_class="ovr", average="macro"),
        "log_loss": sk.log_loss(y, scores),
        "brier": sk.brier_score_loss(y, scores, labels=range(many)),
    }
    for name, value in expected.items():
        assert objective.score(name, y, scores) == pytest.approx(value, abs=1e-12), name


@for_each("seed", range(5))
def test_metrics_of_the_matrix_are_scikit_learns(seed):
    y, scores = scored(seed, many=4)
    said = classes.predict_classes(scores, np.array([1.0, 2.0, 0.5, 3.0]))
    matrix = classes.confusion(y, said, 4)
    assert np.array_equal(matrix, sk.confusion_matrix(y, said, labels=range(4)))
    found = classes.matrix_metrics(matrix)
    expected = {
        "accuracy": sk.accuracy_score(y, said),
        "macro_recall": sk.balanced_accuracy_score(y, said),
        "macro_precision": sk.precision_score(
            y, said, average="macro", zero_division=0
        ),
        "macro_f1": sk.f1_score(y, said, average="macro"),
        "weighted_f1": sk.f1_score(y, said, average="weighted"),
        "kappa": sk.cohen_kappa_score(y, said),
        "mcc": sk.matthews_corrcoef(y, said),
    }
    assert found == pytest.approx(expected, abs=1e-12)


def test_one_class_said_of_all_rows():
    found = classes.matrix_metrics(np.array([[7, 0, 0], [2, 0, 0], [1, 0, 0]]))
    assert found["macro_recall"] == pytest.approx(1 / 3)
    assert found["mcc"] == found["kappa"] == 0.0
    alone = classes.matrix_metrics(np.array([[7, 0], [0, 0]]))
    assert alone["macro_recall"] == 1.0
    assert alone["kappa"] is None


def test_a_class_without_rows_has_no_say_in_the_means():
    y, scores = scored(3)
    kept = y != 2
    value = objective.score("average_precision", y[kept], scores[kept])
    each = [
        sk.average_precision_score(y[kept] == k, scores[kept][:, k]) for k in (0, 1)
    ]
    assert value == pytest.approx(np.mean(each))
    assert np.isnan(objective.score("roc_auc", np.zeros(3, dtype=np.int8), scores[:3]))


@given(
    st.integers(0, 10**6),
    st.sampled_from([(10, 1), (1, 1), (54.4, 1), (1, 10)]),
    st.sampled_from([np.float32, np.float64]),
)
def test_least_cost_of_two_classes_is_the_least_there_is(seed, costs, dtype):
    """With two classes the search over weights has to find what is exact there."""
    cost_fn, cost_fp = costs
    y, scores = scored(seed, rows=60, many=2, dtype=dtype)
    weights = choose_weights(
        "cost",
        y,
        scores,
        seen=(0.7, 0.3),
        costs=np.array([cost_fp, cost_fn], dtype=float),
    )
    (_, fp), (fn, _) = classes.confusion(y, classes.predict_classes(scores, weights), 2)
    # The same decisions as a threshold, on odds rather than on probabilities.
    odds = scores[:, 1].astype(np.float64) / scores[:, 0].astype(np.float64)
    at = threshold.choose(
        "cost", y, odds, prevalence=0.3, costs=Costs(cost_fn=cost_fn, cost_fp=cost_fp)
    )
    least = confusion_at(y, odds, at.threshold)
    expected = cost_fn * least.fn + cost_fp * least.fp
    assert cost_fn * fn + cost_fp * fp == pytest.approx(expected)


@for_each("at", ["f1", "cost"])
@for_each("seed", range(8))
def test_no_single_weight_can_be_bettered(at, seed):
    y, scores = scored(seed, rows=120, many=3)
    costs = np.array([1.0, 10.0, 10.0])

    def worth(weights):
        matrix = classes.confusion(y, classes.predict_classes(scores, weights), 3)
        if at == "f1":
            return classes.matrix_metrics(matrix)["macro_f1"]
        return -float((matrix.sum(axis=1) - np.diag(matrix)) @ costs)

    best = choose_weights(at, y, scores, seen=(0.7, 0.15, 0.15), costs=costs)
    assert best[0] == 1.0
    for place in range(3):
        for factor in (0.2, 0.6, 0.95, 1.05, 1.7, 5.0):
            other = best.copy()
            other[place] *= factor
            assert worth(other) <= worth(best) + 1e-12


def test_fixed_points():
    y, scores = scored(1)
    costs = np.array([1.0, 10.0, 10.0])
    settings = {"seen": (0.8, 0.2, 0.0), "costs": costs}
    assert choose_weights("fixed", y, scores, **settings).tolist() == [1, 1, 1]
    found = choose_weights("prevalence", y, scores, **settings)
    assert found.tolist() == [1, 4, 1]


def test_scores_of_nought_and_constant_scores_are_no_trouble():
    y = np.array([0, 0, 1, 2], dtype=np.int8)
    costs = np.array([1.0, 10.0, 10.0])
    for scores in (np.eye(3)[[0, 0, 0, 0]], np.full((4, 3), 1 / 3)):
        for at in classes.POINTS:
            found = choose_weights(at, y, scores, seen=(0.5, 0.3, 0.2), costs=costs)
            assert np.isfinite(found).all()
            assert (found > 0).all()


def test_points_of_two_classes_are_refused():
    y, scores = scored(1)
    with pytest.raises(SpecError, match=r"recall>=0.8.*more than two classes"):
        choose_weights("recall>=0.8", y, scores, seen=(1, 1, 1), costs=np.ones(3))
