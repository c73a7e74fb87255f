"""Support vectors of a rare class against libsvm's, which is the oracle."""

import numpy as np
from imblearn.over_sampling import SVMSMOTE
from sklearn.base import clone
from sklearn.svm import SVC

from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Step
from engine.resample import method, support
from engine.resample.support import RareSVC
from tests.support.each import for_each
from tests.support.support_tables import CLOSE, ROUGH, support_table


def stock_support(X, y):
    """Return the support vectors of the rare class, as libsvm has them."""
    found = SVC().fit(X, y).support_
    return found[y[found] == 1]


@for_each("name", [*ROUGH, *CLOSE])
def test_the_rare_support_vectors_are_libsvms(name):
    X, y = support_table(name)
    ours = RareSVC().fit(X, y)
    assert ours.rough_ == (name in ROUGH)
    found = ours.support_[y[ours.support_] == 1]
    np.testing.assert_array_equal(found, stock_support(X, y))


@for_each("name", [*ROUGH, *CLOSE])
def test_svm_smote_makes_the_rows_of_imbalanced_learn(name):
    X, y = support_table(name)
    ours = method.apply(grammar.parse("svm-smote"), X, y, seed=3)
    rows, labels = SVMSMOTE(random_state=3).fit_resample(X, y)
    np.testing.assert_array_equal(ours.y, labels)
    np.testing.assert_array_equal(ours.X, rows.astype(np.float32))


def test_the_rarer_class_may_have_the_lesser_code():
    X, y = support_table("overlapping")
    ours = RareSVC().fit(X, 1 - y)
    assert ours.rough_
    np.testing.assert_array_equal(ours.support_, stock_support(X, y))


def test_a_row_near_the_margin_is_left_to_libsvm(monkeypatch):
    X, y = support_table("apart")
    assert not RareSVC().fit(X, y).rough_
    monkeypatch.setattr(support, "CLEAR", 0.0)
    assert RareSVC().fit(X, y).rough_


def test_more_rows_than_a_share_are_left_to_libsvm(monkeypatch):
    X, y = support_table("overlapping")
    monkeypatch.setattr(support, "SHARE", 12)
    assert support.may_be_rough([2_952, 48])
    asked = []
    monkeypatch.setattr(
        support, "_decisions", lambda sides, *_: asked.append(1) or np.ones(len(y))
    )
    assert not RareSVC().fit(X, y).rough_
    assert asked


@for_each(
    "change",
    [
        lambda X, y: (X[:1_900], y[:1_900]),
        lambda X, y: (X, np.where(np.arange(len(y)) % 3 == 0, 1, y)),
        lambda X, y: (X, np.where(np.arange(len(y)) < 40, 2, y)),
        lambda X, y: (np.zeros_like(X), y),
        lambda X, y: (X * np.float32(1e15), y),
    ],
)
def test_other_tables_are_fitted_as_libsvm_does(change):
    X, y = change(*support_table("overlapping"))
    ours, stock = RareSVC().fit(X, y), SVC().fit(X, y)
    if ours.rough_:
        np.testing.assert_array_equal(ours.support_, stock_support(X, y))
    else:
        np.testing.assert_array_equal(ours.support_, stock.support_)
        np.testing.assert_array_equal(ours.dual_coef_, stock.dual_coef_)


def test_it_is_quicker_by_the_rows_that_libsvm_is_given(monkeypatch):
    X, y = support_table("overlapping")
    given = []

    class Counted(SVC):
        def fit(self, X, y):
            given.append(len(X))
            return super().fit(X, y)

    monkeypatch.setattr(support, "SVC", Counted)
    RareSVC().fit(X, y)
    assert len(given) <= 4
    assert max(given) * support.SHARE <= len(X)


def test_only_the_rarest_class_alone_is_asked_of_ours():
    counts = {0: 90, 1: 10}
    params = registry.check_step(Step("svm-smote"))
    sampler = method.build("svm-smote", params, counts, seed=0)
    assert sampler.svm_estimator is None
    support.quicken(sampler, counts)
    assert isinstance(sampler.svm_estimator, RareSVC)
    params["counts"] = "0=120/1=100"
    both = method.build("svm-smote", params, counts, seed=0, labels=("0", "1"))
    support.quicken(both, counts)
    assert both.svm_estimator is None
    assert clone(both.m_neighbors).n_neighbors == 11
