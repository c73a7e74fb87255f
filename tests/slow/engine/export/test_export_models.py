"""Every model in every form of export: as the run has it, or refused."""

import numpy as np
import pandas as pd
import pytest

import imbtui
from engine.core import models
from engine.core.errors import ArmError, SpecError
from engine.core.methods import grammar
from engine.export.write import write
from engine.io.machine import one_thread
from tests.support.experiments import make_table
from tests.support.exported_scripts import asked, checked, opened, stored

pytestmark = pytest.mark.slow

METHODS = ("untreated", "weights", "smote")
ENSEMBLES = (
    "balanced-random-forest:n_estimators=10",
    "balanced-bagging:n_estimators=3",
    "easy-ensemble:n_estimators=3:rounds=5",
    "rus-boost:n_estimators=5",
)
NO_LIBRARY = {"linear-svm", "rbf-svm"}
"""No library has their sigmoid."""


def arms(*methods, several=False):
    """Every method with every model that bears so many classes."""
    chosen = (one.name for one in models.MODELS if one.needs.classes or not several)
    return grammar.combine(map(grammar.parse, methods), tuple(chosen))


@pytest.fixture(scope="module")
def two():
    frame = make_table(200, share=0.2, seed=5)
    gone = np.random.default_rng(5).random(200) < 0.1
    frame["colour"] = frame["colour"].mask(gone)
    return stored(frame, *arms(*METHODS, *ENSEMBLES), data__target="sick")


@pytest.fixture(scope="module")
def three():
    """Several classes, and rows that weigh."""
    rng = np.random.default_rng(1)
    frame = make_table(200, seed=2).drop(columns=["sick", "id"])
    score = frame["risk"] + rng.normal(scale=0.5, size=200)
    frame["level"] = np.where(score > 1.2, 3, np.where(score > 0.4, 2, 1))
    frame["w"] = rng.uniform(0.5, 4, 200)
    chosen = arms("untreated", "weights", ENSEMBLES[0], several=True)
    return stored(frame, *chosen, data__target="level", data__weight="w")


def pipeline(run, name):
    return imbtui.open_run(run.run, store=run.store).to_sklearn(name)


def same_scores(run, name):
    """Check a pipeline's scores of the test rows against the run's."""
    found = opened(run, name)
    X = pd.read_csv(found.data.source)
    y, own = X.pop(found.bench.dataset.info.target), {}
    train, test = found.bench.split.train, found.bench.split.test
    if found.data.weight:
        own["model__sample_weight"] = X[found.data.weight].iloc[train]
    with one_thread():
        model = pipeline(run, name).fit(X.iloc[train], y.iloc[train], **own)
        scores = model.predict_proba(X.iloc[test]).astype(np.float32)
    labels = [
        type(model.classes_.tolist()[0])(one) for one in found.bench.dataset.labels
    ]
    scores = scores[:, [model.classes_.tolist().index(label) for label in labels]]
    ran = found.scores(name)
    close = 1e-4 if found.chosen.arm.model == "logistic" else 0.0
    far = np.abs((scores if ran.ndim > 1 else scores[:, 1]) - ran).max()
    assert far <= close, name


def is_refused(run, name):
    """Tell whether the libraries alone cannot do what an arm did."""
    found = opened(run, name)
    arm = found.chosen.arm
    weighs = bool(arm.weights or found.data.weight)
    return arm.model in NO_LIBRARY or (weighs and arm.model == "hist-gradient-boosting")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("model", [one.name for one in models.MODELS])
def test_two_classes(two, tmp_path, method, model):
    name = f"{method}@{model}"
    if is_refused(two, name):
        with pytest.raises(SpecError, match="no library has"):
            checked(two, name, tmp_path / "script.py")
        with pytest.raises(SpecError, match="no library has"):
            pipeline(two, name)
        return
    checked(two, name, tmp_path / "script.py")
    same_scores(two, name)


@pytest.mark.parametrize("method", ["untreated", "weights"])
@pytest.mark.parametrize(
    "model", [one.name for one in models.MODELS if one.needs.classes]
)
def test_three_classes_and_rows_that_weigh(three, tmp_path, method, model):
    name = f"{method}@{model}"
    if is_refused(three, name):
        with pytest.raises(SpecError, match="no library has"):
            pipeline(three, name)
        return
    checked(three, name, tmp_path / "script.py")
    same_scores(three, name)


@pytest.mark.parametrize("kind", ["two", "three"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_model_as_onnx(kind, tmp_path, request):
    pytest.importorskip("onnxmltools")
    pytest.importorskip("onnxruntime")
    run = request.getfixturevalue(kind)
    for arm in run.state().arms:
        path = tmp_path / f"{arm.name}.onnx"
        notes = write(asked(run, arm.name, "onnx", path=str(path))).notes
        # It is not written where a score is more than 1e-5 away.
        assert any("differ from the run's by" in note for note in notes), arm.name


def test_what_is_no_xgboost_does_not_go_to_sagemaker(two, tmp_path):
    for arm in ("untreated@logistic", ENSEMBLES[0]):
        with pytest.raises(ArmError, match="built-in XGBoost cannot fit"):
            write(asked(two, arm, "sagemaker", path=str(tmp_path / "out")))
