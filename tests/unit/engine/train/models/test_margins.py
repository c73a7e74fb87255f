"""Linear models and support vector machines, beside scikit-learn's own."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC, LinearSVC

from engine.core.experiment import ModelSpec
from engine.train.models import logistic
from engine.train.models.port import find


@pytest.fixture(scope="module")
def rows():
    X, y = make_classification(500, 6, weights=[0.9], flip_y=0.05, random_state=1)
    return X.astype(np.float32), y.astype(np.int8)


def grown(name, X, y, rounds=1, classes=2, **setting):
    model = find(name)
    growing = model.start(
        model.matrix(X, y), setting, seed=3, tick=lambda: None, classes=classes
    )
    growing.advance(rounds)
    return growing.scorer()


@pytest.mark.parametrize("classes", [2, 3])
def test_logistic_regression_is_that_of_scikit_learn(classes):
    X, y = make_classification(
        600, 6, n_informative=4, n_classes=classes, random_state=2
    )
    ours = grown("logistic", X.astype(np.float32), y, classes=classes, C=0.3)
    theirs = LogisticRegression(C=0.3, tol=1e-10, max_iter=10_000)
    wanted = theirs.fit(X.astype(np.float32).astype(float), y).predict_proba(X)
    found = ours.scores(X.astype(np.float32))
    wanted = wanted[:, 1] if classes == 2 else wanted
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_a_path_goes_through_the_same_fits_as_single_values(rows):
    X, y = rows
    model = find("logistic")
    growing = model.start(model.matrix(X, y), {}, seed=0, tick=lambda: None)
    for value in logistic.PATH[:5]:
        growing.advance(1)
        alone = grown("logistic", X, y, C=value)
        np.testing.assert_allclose(
            growing.scorer().scores(X), alone.scores(X), atol=1e-5
        )


def test_the_best_value_of_c_is_that_of_the_least_log_loss():
    schedule = find("logistic").schedule(ModelSpec(), {})
    assert (schedule.rounds, schedule.by) == (len(logistic.PATH), "log_loss")
    assert find("logistic").schedule(ModelSpec(), {"C": 1.0}).rounds == 1


def test_contributions_add_up_to_the_log_odds(rows):
    X, y = rows
    model = grown("logistic", X, y, C=1.0)
    odds = model.contributions(X).sum(axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), model.scores(X), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "machine"),
    [("linear-svm", LinearSVC(dual=False, tol=1e-6)), ("rbf-svm", SVC(gamma="scale"))],
)
def test_a_machine_ranks_rows_as_that_of_scikit_learn(rows, name, machine):
    X, y = rows
    margins = machine.fit(X, y).decision_function(X)
    scores = grown(name, X, y).scores(X).astype(float)
    odds = np.log(scores / (1 - scores))
    slope, offset = np.polyfit(margins, odds, 1)
    assert slope > 0
    np.testing.assert_allclose(odds, slope * margins + offset, atol=1e-3)
    # Platt's sigmoid: on the whole as many positives as there are.
    assert scores.mean() == pytest.approx(y.mean(), abs=0.03)
