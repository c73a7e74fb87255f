"""Searches of methods on small tables, and what must hold of all of them."""

import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import StratifiedKFold, cross_validate

import imbtui
from tests.support.nested import nested

METHODS = ("untreated", "smote", "weights")


def table(rows=300, seed=0, **settings):
    made = {"weights": [0.85], "n_informative": 4, "flip_y": 0.03, **settings}
    return make_classification(rows, 6, random_state=seed, **made)


def search(methods=METHODS, **settings):
    few = {"trials": 1, "cv": 3, "rounds": 20}
    return imbtui.ImbalanceSearchCV(methods, **few | settings)


def model_of(fitted):
    """Return what was chosen and fitted, its boosters as bytes."""
    return (
        fitted.best_method_,
        fitted.threshold_,
        bytes(fitted._scorer.booster.save_raw("json")),
        fitted._encoding.to_json(),
    )


def check_outer_rows(seed):
    """Assert that what the outer test rows are changes nothing."""
    X, y = table(90, seed=seed)
    draw = np.random.default_rng(seed)
    train, test = next(StratifiedKFold(3, shuffle=True, random_state=seed).split(X, y))
    other_X, other_y = X.copy(), y.copy()
    other_X[test] = draw.normal(size=(len(test), 6))
    other_y[test] = draw.permutation(y[test])
    one, two = (
        cross_validate(
            search(("untreated", "weights"), cv=2, rounds=10, confidence=0.5),
            *rows,
            cv=[(train, test)],
            return_estimator=True,
        )["estimator"][0]
        for rows in ((X, y), (other_X, other_y))
    )
    assert model_of(one) == model_of(two)
    assert one.board_.equals(two.board_)


def check_nested(rows, *, costs, confidence, outer, rounds, seed=3):
    """Assert that nested cross-validation is that of plain libraries, to the bit."""
    X, y = table(rows, seed=seed)
    X[:, 0] = np.rint(3 * X[:, 0])  # whole numbers stay whole, and flags flags
    X[:, 1] = X[:, 1] > 0
    splitter = StratifiedKFold(outer, shuffle=True, random_state=1)
    how = {"costs": costs, "confidence": confidence, "rounds": rounds}
    inner = StratifiedKFold(3, shuffle=True, random_state=0)
    done = cross_validate(
        search(cv=inner, **how),
        X,
        y,
        cv=splitter,
        return_estimator=True,
        return_indices=True,
    )
    by_hand = nested(X, y, METHODS, outer=splitter, inner=3, **how)
    pairs = zip(done["estimator"], done["indices"]["test"], by_hand, strict=True)
    for ours, test, theirs in pairs:
        assert ours.best_method_ == theirs["method"]
        assert ours.threshold_ == theirs["threshold"]
        predicted = ours.predict(X[test])
        assert (predicted == 0)[y[test] == 1].sum() == theirs["missed"]
        assert np.array_equal(ours.predict_proba(X[test])[:, 1], theirs["scores"])
    assert [*done["test_score"]] == [one["average_precision"] for one in by_hand]
    return {one["method"] for one in by_hand}
