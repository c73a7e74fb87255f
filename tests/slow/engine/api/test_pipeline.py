"""An arm as an unfitted pipeline: the scores of the run, and scikit-learn takes it."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.pipeline import Pipeline
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_validate,
)

from engine.api.pipeline import RunPipeline, WeightedXGBClassifier, to_sklearn
from engine.core.errors import DataError, SpecError
from tests.support.experiments import make_table
from tests.support.exported_scripts import opened, stored
from tests.support.finished import ENSEMBLE

pytestmark = pytest.mark.slow

PUBLIC = (
    "untreated",
    "weights",
    "cost-weights",
    "random-under:ratio=0.3",
    "rus-boost:ratio=1",
)
"""Arms that no class of ours is needed for where the classes are 0 and 1."""
OURS = (
    "smote:ratio=0.37",
    "enn+smote",
    "random-over:shrinkage=0.5+tomek-links",
    "smotenc",
    "smote-enn",
    "tomek-links",
)
"""Arms of which rows are corrected, as synthetic ones, or folded to codes."""


def table(rows: int = 300) -> pd.DataFrame:
    """Every kind of column, with missing numbers and levels, and rare levels."""
    rng = np.random.default_rng(0)
    frame = make_table(rows, share=0.2, seed=3)
    frame["colour"] = frame["colour"].mask(rng.random(rows) < 0.1)
    town = pd.Series(rng.zipf(1.5, rows).clip(0, 40)).map("town {}".format)
    return frame.assign(town=town, sick=(frame["sick"] == "yes").astype(int))


@pytest.fixture(scope="module")
def run():
    return stored(
        table(), *PUBLIC, *OURS, data__target="sick", features__max_categories=5
    )


@pytest.fixture(scope="module")
def bench(run):
    """The run's table, read once for all of its arms."""
    return opened(run, "untreated").bench


@pytest.fixture(scope="module")
def case(run, bench):
    def of(arm: str):
        found = opened(run, arm)
        vars(found)["bench"] = bench
        return found

    return of


def sides(found):
    """Return the caller's rows of a run: training and test rows, their classes."""
    X = pd.read_csv(found.data.source)
    y = X.pop(found.bench.dataset.info.target)
    X, y = X[y.notna()].reset_index(drop=True), y.dropna().reset_index(drop=True)
    train, test = found.bench.split.train, found.bench.split.test
    return X.iloc[train], X.iloc[test], y.iloc[train], y.iloc[test]


def scores(model, X, labels):
    """Return a pipeline's scores in the form of the run."""
    places = [model.classes_.tolist().index(label) for label in labels]
    found = model.predict_proba(X)[:, places].astype(np.float32)
    return found if len(labels) > 2 else found[:, 1]


def test_it_gives_the_scores_of_the_run_to_the_last_bit(case):
    for arm in (*PUBLIC, *OURS):
        found = case(arm)
        X, X_test, y, _ = sides(found)
        model = to_sklearn(found)
        with pytest.raises(NotFittedError):
            model.predict(X_test)
        model.fit(X, y)
        assert np.array_equal(scores(model, X_test, [0, 1]), found.scores(arm)), arm
        ours = arm in OURS
        assert type(model) is (RunPipeline if ours else Pipeline), arm
        assert (b"engine." in pickle.dumps(model)) == ours, arm


def test_classes_may_be_called_anything(two_classes, several_classes):
    for run, names, arms in (
        (two_classes, ["no", "yes"], ("weights", "smote-enn", ENSEMBLE)),
        (several_classes, ["low", "mid", "high"], ("untreated", "weights", "smote")),
    ):
        for arm in arms:
            found = opened(run, arm)
            X, X_test, y, y_test = sides(found)
            assert list(found.bench.dataset.labels) == names
            model = to_sklearn(found).fit(X, y)
            assert np.array_equal(scores(model, X_test, names), found.scores(arm)), arm
            assert model.classes_.tolist() == sorted(names)
            predicted = model.predict(X_test)
            most = model.classes_[model.predict_proba(X_test).argmax(axis=1)]
            assert (predicted == most).all()
            assert model.score(X_test, y_test) == (predicted == y_test).mean()
            assert not hasattr(model, "decision_function")
    with pytest.raises(DataError, match="'odd', which is no class"):
        model.fit(X, y.where(y != "low", "odd"))


def test_more_than_two_classes_with_ratios_and_weights():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(240, 2)).round(3)
    level = np.digitize(x[:, 0] + rng.normal(scale=0.4, size=240), [0.2, 1.0])
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "level": level})
    arms = ("untreated", "smote:ratio=0.6", "random-under:ratio=0.8", "cost-weights",
            "weights", f"{ENSEMBLE}:n_estimators=10:ratio=0.5")  # fmt: skip
    run = stored(frame, *arms, data__target="level")
    for arm in arms:
        found = opened(run, arm)
        X, X_test, y, _ = sides(found)
        model = to_sklearn(found).fit(X, y)
        assert np.array_equal(scores(model, X_test, [0, 1, 2]), found.scores(arm)), arm
    assert isinstance(to_sklearn(opened(run, "weights"))[-1], WeightedXGBClassifier)


def test_rows_may_have_weights():
    frame = table(200).assign(w=np.random.default_rng(0).uniform(0.5, 4, 200))
    arms = ("untreated", "weights", "cost-weights", "random-under")
    given = {"data__target": "sick", "data__weight": "w"}
    run = stored(frame, *arms, **given, decision__prevalence=0.05)
    several = frame.assign(sick=frame["sick"] + (frame["risk"] > 0.5))
    more = stored(several, *arms[:2], **given)
    for each, weighed in ((run, arms[:3]), (more, arms[:2])):
        for arm in weighed:
            found = opened(each, arm)
            X, X_test, y, _ = sides(found)
            model = to_sklearn(found).fit(X, y, model__sample_weight=X["w"])
            labels = [int(label) for label in found.bench.dataset.labels]
            own = scores(model, X_test, labels)
            assert np.array_equal(own, found.scores(arm)), arm
    with pytest.raises(SpecError, match="pass no weights of rows on"):
        to_sklearn(opened(run, "random-under"))


def test_scikit_learn_takes_it(case):
    found = case("smote:ratio=0.37")
    X, X_test, y, y_test = sides(found)
    model = to_sklearn(found)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    by_hand = []
    for fit, rest in folds.split(X, y):
        fold = clone(model).fit(X.iloc[fit], y.iloc[fit])
        by_hand.append(fold.score(X.iloc[rest], y.iloc[rest]))
    done = cross_validate(model, X, y, cv=folds, error_score="raise")
    assert done["test_score"].tolist() == by_hand
    grid = [{"smote__k_neighbors": [2]}, {"model__max_depth": [1]}]
    search = GridSearchCV(model, grid, cv=2, scoring="f1", error_score="raise")
    search.fit(X, y)
    assert len({*search.cv_results_["mean_test_score"]}) == 2
    tuned = TunedThresholdClassifierCV(model, scoring="balanced_accuracy", cv=3)
    cut = tuned.fit(X, y).best_threshold_
    assert np.array_equal(
        tuned.predict(X_test), tuned.estimator_.predict_proba(X_test)[:, 1] >= cut
    )
    calibrated = CalibratedClassifierCV(model, cv=2).fit(X, y)
    assert calibrated.predict_proba(X_test).shape == (len(X_test), 2)
    copy = pickle.loads(pickle.dumps(model.fit(X, y)))
    assert np.array_equal(copy.predict_proba(X_test), model.predict_proba(X_test))
    assert model.score(X_test, y_test) == (model.predict(X_test) == y_test).mean()


def test_rows_may_be_of_any_library_and_type(case):
    found = case("smotenc")
    X, X_test, y, _ = sides(found)
    wanted = found.scores("smotenc")
    as_text = X_test.astype({"age": str}).assign(dose=X_test["dose"].map("{} ".format))
    for rows, test in (
        (pl.from_pandas(X), pl.from_pandas(X_test)),
        (X.convert_dtypes(), X_test.astype({"colour": "category", "flag": bool})),
        (X, as_text),
        (X[X.columns[::-1]], X_test.assign(more=1)),
    ):
        model = to_sklearn(found).fit(rows, y)
        assert np.array_equal(scores(model, test, [0, 1]), wanted)
    model = to_sklearn(found, by_position=True).fit(X.to_numpy(), y.to_numpy())
    assert np.array_equal(scores(model, X_test.to_numpy(), [0, 1]), wanted)


def test_what_was_found_is_in_the_steps(case):
    found = case("random-under:ratio=0.3")
    sampler, model = (found_step for _, found_step in to_sklearn(found).steps[1:])
    assert sampler.sampling_strategy == pytest.approx(0.3, abs=0.01)
    params = model.get_params()
    assert found.chosen.params.items() <= params.items()
    assert params["n_estimators"] == found.chosen.best.rounds
    y = found.bench.dataset.y[found.bench.split.train]
    weights = to_sklearn(case("weights"))["model"].scale_pos_weight
    assert weights == (y == 0).sum() / (y == 1).sum()


def test_what_no_class_of_the_libraries_does_is_refused():
    frame = table(200).assign(on=["y", "n"] * 100)
    run = stored(
        frame, "untreated", "tomek-links+smotenc", data__target="sick",
    )  # fmt: skip
    with pytest.raises(SpecError, match="smotenc behind another sampler"):
        to_sklearn(opened(run, "tomek-links+smotenc"))
    kinds = {"on": "boolean"}
    run = stored(frame, "untreated", data__target="sick", data__kinds=kinds)
    with pytest.raises(SpecError, match="column 'on' holds text or dates"):
        to_sklearn(opened(run, "untreated"))


def test_missing_numbers_are_left_to_the_model_where_the_run_did():
    frame = table(200)
    run = stored(
        frame, "untreated", "weights", data__target="town", data__positive="town 1",
        features__missing="native",
    )  # fmt: skip
    found = opened(run, "weights")
    X, X_test, y, _ = sides(found)
    with pytest.raises(ValueError, match="Invalid classes"):
        to_sklearn(found).fit(X, y)  # of one class and all others
    model = to_sklearn(found).fit(X, y == "town 1")
    assert np.array_equal(scores(model, X_test, [0, 1]), found.scores("weights"))
    assert np.isnan(model["encoder"].transform(X_test)).any()
