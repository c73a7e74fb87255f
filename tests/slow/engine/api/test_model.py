"""The fitted model of an arm: scikit-learn takes it, and it decides as the run did."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import balanced_accuracy_score, confusion_matrix
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from engine.api.model import open_model
from engine.core.errors import DataError, SpecError, UsageError
from tests.support.experiments import make_table
from tests.support.exported_scripts import opened, stored
from tests.support.finished import ENSEMBLE

pytestmark = pytest.mark.slow


def rows(case):
    """Return the caller's test rows of a run, and their classes."""
    X = pd.read_csv(case.data.source)
    y = X.pop(case.bench.dataset.info.target)
    X, y = X[y.notna()].reset_index(drop=True), y.dropna().reset_index(drop=True)
    return X.iloc[case.bench.split.test], y.iloc[case.bench.split.test]


@pytest.fixture(scope="module")
def case(two_classes):
    return opened(two_classes, "smote")


@pytest.fixture(scope="module")
def model(case):
    return open_model(case)


@pytest.fixture(scope="module")
def test_rows(case):
    return rows(case)


def test_it_decides_as_the_run_did(case, test_rows):
    X, y = test_rows
    for at in (None, *case.chosen.point_names):
        model = open_model(case, at)
        check_is_fitted(model)
        point = case.chosen.point(at or case.at)
        assert model.threshold_ == point.threshold
        found = confusion_matrix(y, model.predict(X), labels=["no", "yes"])
        counts = point.confusion
        assert found.ravel().tolist() == [counts.tn, counts.fp, counts.fn, counts.tp]
    scores = model.predict_proba(X)[:, 1]
    assert np.array_equal(scores.astype(np.float32), case.scores("smote"))
    model = open_model(case, 0.3)
    assert model.threshold_ == 0.3
    assert ((model.predict(X) == "yes") == (scores >= 0.3)).all()
    for at, what in (("nothing", "no operating point"), (1.5, "threshold of 1.5")):
        with pytest.raises(SpecError, match=what):
            open_model(case, at)


def test_more_than_two_classes(several_classes):
    case = opened(several_classes, "weights")
    X, y = rows(case)
    for at in case.chosen.point_names:
        model = open_model(case, at)
        assert model.threshold_ is None
        wanted = case.chosen.point(at).confusion
        found = confusion_matrix(y, model.predict(X), labels=wanted.labels)
        assert found.tolist() == [*map(list, wanted.matrix)]
    with pytest.raises(SpecError, match="a threshold is for two classes"):
        open_model(case, 0.5)


def test_an_ensemble_is_the_one_of_the_run(two_classes):
    case = opened(two_classes, ENSEMBLE)
    X, _ = rows(case)
    scores = open_model(case).predict_proba(X)[:, 1]
    assert np.array_equal(scores.astype(np.float32), case.scores(ENSEMBLE))


def test_rows_may_be_of_any_library_and_type(model, test_rows):
    X, _ = test_rows
    wanted = model.predict_proba(X)
    for other in (
        pl.from_pandas(X),
        pl.from_pandas(X.astype({"colour": "category"})),
        pa.Table.from_pandas(X),
        X.convert_dtypes(),
        X.convert_dtypes(dtype_backend="pyarrow"),
        X.astype({"colour": "category", "flag": bool}),
        X[X.columns[::-1]],
        X.to_numpy(),
        X.drop(columns="id").to_numpy(),
    ):
        assert np.array_equal(model.predict_proba(other), wanted), type(other)
    for other, what in (
        (X.to_numpy()[:, :3], "give 6 columns, or 5 without"),
        (X["risk"].to_numpy(), r"of shape \(180,\)"),
        (sparse.csr_matrix(np.eye(6)), "csr_matrix, which is no table"),
        ([[1, 2]], "list, which is no table"),
        (pl.from_pandas(X).lazy(), "LazyFrame, which is no table"),
    ):
        with pytest.raises(DataError, match=f"(?i){what}"):
            model.predict(other)


def test_classes_are_of_the_type_of_the_target():
    frame = make_table(200, share=0.3, seed=1)
    sick = frame["sick"] == "yes"
    for target in (sick, sick.astype(int), sick.map({True: "b", False: "a"})):
        for file in ("rows.csv", "rows.parquet"):
            run = stored(
                frame.assign(sick=target), "untreated", data__target="sick", file=file
            )
            model = open_model(opened(run, "untreated"))
            expected = np.unique(target)
            assert model.classes_.tolist() == expected.tolist()
            assert model.classes_.dtype.kind == expected.dtype.kind
            with pytest.warns(UserWarning, match="equal to training rows"):
                assert model.score(frame, target) > 0.5


@pytest.mark.filterwarnings("ignore::engine.bundle.classifier.FitWarning")
def test_scikit_learn_takes_it_frozen(model, test_rows):
    X, y = test_rows
    frozen, scores = FrozenEstimator(model), model.predict_proba(X)[:, 1]
    fixed = FixedThresholdClassifier(frozen, threshold=0.2, pos_label="yes").fit(X, y)
    assert ((fixed.predict(X) == "yes") == (scores >= 0.2)).all()
    cuts = [0.05, 0.2, 0.9]
    grid = FixedThresholdClassifier(frozen, pos_label="yes")
    search = GridSearchCV(
        grid, {"threshold": cuts}, scoring="balanced_accuracy", cv=2,
        error_score="raise",
    ).fit(X, y)  # fmt: skip
    assert search.best_params_["threshold"] in cuts
    for how in ({"cv": "prefit", "refit": False}, {"cv": 2}):
        tuned = TunedThresholdClassifierCV(frozen, **how).fit(X, y)
        best = np.where(scores >= tuned.best_threshold_, "yes", "no")
        assert (tuned.predict(X) == best).all()
        own = balanced_accuracy_score(y, model.predict(X))
        assert balanced_accuracy_score(y, best) >= own - 0.05
    calibrated = CalibratedClassifierCV(frozen, method="isotonic").fit(X, y)
    of_all = calibrated.predict_proba(X)[:, 1]
    assert of_all.mean() == pytest.approx((y == "yes").mean(), abs=0.02)
    whole = make_pipeline(FunctionTransformer(), frozen).fit(X, y)
    assert (whole.predict(X) == model.predict(X)).all()
    assert whole.score(X, y) == model.score(X, y)
    assert len(cross_val_score(frozen, X, y, scoring="roc_auc", cv=2)) == 2


def test_it_is_a_value(model, test_rows):
    X, y = test_rows
    with pytest.raises(UsageError, match="fitted already"):
        model.fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for copy in (clone(model), pickle.loads(pickle.dumps(model))):
            assert np.array_equal(copy.predict_proba(X), model.predict_proba(X))
    moved = clone(model).set_params(threshold=0.0)
    assert (moved.predict(X) == "yes").all()
    assert not (model.predict(X) == "yes").all()
