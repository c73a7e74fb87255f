"""Trees that grow step by step behind the port, as the library grows them in one go."""

import lightgbm
import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from engine.core import models
from engine.core.experiment import ModelSpec
from engine.io.machine import one_thread
from engine.train.models.port import find

WIDTH = 6
NAMES = ("random-forest", "hist-gradient-boosting", "lightgbm")


def table(classes, *, gaps=False):
    shares = [0.8, 0.2] if classes == 2 else [0.6, 0.3, 0.1]
    X, y = make_classification(
        700, WIDTH, n_informative=4, n_classes=classes, weights=shares,
        flip_y=0.1, random_state=classes)  # fmt: skip
    X = X.astype(np.float32)
    if gaps:
        X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
    return X, y.astype(np.int8)


def grown(name, rows, *steps, like=None, setting=None, **more):
    """A model and its scores of all rows, once it has grown by these steps."""
    X, y = rows
    weights = more.pop("weights", None)
    model = find(name)
    matrix = model.matrix(X, y, weights=weights)
    growing = model.start(matrix, setting or {}, seed=3, tick=lambda: None, **more)
    for step in steps:
        growing.advance(step)
    return growing, growing.scores(model.matrix(X, like=matrix))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_steps_weights_and_arrays_make_no_difference(name, classes):
    X, y = table(classes, gaps=models.get(name).needs.missing)
    for weights in (None, np.linspace(0.5, 2, len(y))):
        more = {"classes": classes, "weights": weights}
        whole, scores = grown(name, (X, y), 50, **more)
        parts, same = grown(name, (X, y), 25, 1, 24, **more)
        assert scores.tobytes() == same.tobytes()
        assert whole.scorer().dump() == parts.scorer().dump()
        loaded = find(name).load(whole.scorer().dump(), width=WIDTH, classes=classes)
        for one in (whole.scorer(), loaded):
            assert one.scores(X).tobytes() == scores.tobytes()
        assert scores.shape == ((len(X),) if classes == 2 else (len(X), 3))


@pytest.mark.parametrize("name", NAMES)
def test_a_weight_of_the_positive_class_is_one_of_its_rows(name):
    X, y = table(2)
    _, by_class = grown(name, (X, y), 10, positive_weight=3.0)
    _, by_row = grown(name, (X, y), 10, weights=np.where(y == 1, 3.0, 1.0))
    np.testing.assert_allclose(by_class, by_row, rtol=0, atol=1e-6)
    assert by_class.mean() > grown(name, (X, y), 10)[1].mean()


def stock(name, setting, rounds):
    """The library's own model of so many rounds, untouched by ours."""
    if name == "lightgbm":
        return lightgbm.LGBMClassifier(
            n_estimators=rounds, seed=3, n_jobs=1, deterministic=True, verbosity=-1,
            force_row_wise=True, bagging_freq=1, **setting)  # fmt: skip
    depth = setting["max_depth"] or None
    if name == "hist-gradient-boosting":
        return HistGradientBoostingClassifier(
            max_iter=rounds, random_state=3, early_stopping=False,
            **(setting | {"max_depth": depth}))  # fmt: skip
    return RandomForestClassifier(
        rounds, random_state=3, max_depth=depth,
        max_features=setting["max_features"] or "sqrt",
        min_samples_leaf=setting["min_samples_leaf"])  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_those_of_the_library_by_itself(name):
    entry = models.get(name)
    defaults = {p.name: p.default for p in entry.parameters}
    started = {n: r.start for n, r in entry.space("wide").items()}
    for classes in (2, 3):
        X, y = table(classes, gaps=entry.needs.missing)
        for setting in (defaults, defaults | started):
            setting = {k: v for k, v in setting.items() if k != "n_estimators"}
            _, scores = grown(name, (X, y), 30, setting=setting, classes=classes)
            with one_thread():
                wanted = stock(name, setting, 30).fit(X, y).predict_proba(X)
            wanted = wanted[:, 1] if classes == 2 else wanted
            np.testing.assert_array_equal(scores, wanted.astype(np.float32))


def test_a_forest_grows_all_of_its_trees():
    schedule = find("random-forest").schedule
    assert schedule(ModelSpec(rounds=30), {}) == (100, 25, 0, None)
    assert schedule(ModelSpec(), {"n_estimators": 10}).rounds == 10
