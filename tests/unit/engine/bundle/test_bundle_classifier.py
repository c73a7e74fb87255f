"""A bundle is a classifier of scikit-learn, and can be used without imbtui."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import get_scorer
from sklearn.utils.validation import check_is_fitted

import engine
from engine.bundle.classifier import FitWarning
from engine.core.errors import DataError, SpecError, UsageError
from tests.support.bundles import (
    code_of,
    opened,
)


def test_it_is_a_classifier_of_scikit_learn(where, bundle, rows):
    path, _ = rows
    frame, one = pd.read_csv(path), opened(where, arm="smote")
    model = engine.load_bundle(bundle)
    check_is_fitted(model)
    assert model.classes_.tolist() == ["no", "yes"]
    assert model.positive_ == "yes"
    assert model.n_features_in_ == len(model.feature_names_in_) == 5
    proba = model.predict_proba(frame)
    assert (proba[:, 1] == one.scores("smote").astype(float)).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    for at in model.points_:
        said = model.set_params(at=at).predict(frame)
        confusion = one.chosen.point(at).confusion
        assert (said == "yes").sum() == confusion.tp + confusion.fp
    again = clone(model)
    assert again.at == model.at
    assert clone(model).set_params(at=None).at != model.at
    assert (again.predict(frame) == model.predict(frame)).all()
    with pytest.raises(SpecError, match="no operating point"):
        model.set_params(at="nothing").predict(frame)
    frozen = FrozenEstimator(model.set_params(at=None)).fit(frame, frame["sick"])
    area = get_scorer("roc_auc")(frozen, frame, frame["sick"])
    assert area == pytest.approx(one.chosen.evaluated.test["roc_auc"], abs=1e-6)
    with pytest.raises(UsageError, match="fitted already"):
        model.fit(frame)
    with pytest.raises(DataError, match="an array of shape"):
        model.predict(frame.to_numpy())
    with pytest.raises(DataError, match="lacks a column"):
        model.predict(frame.drop(columns="age"))
    with pytest.warns(FitWarning, match="new level"):
        model.predict(frame.assign(colour="violet"))
    assert len(model.predict(frame.head(0))) == 0


def test_the_letter_tells_how_to_do_without_imbtui(where, bundle, rows, tmp_path):
    path, _ = rows
    code = code_of(bundle)
    for file in bundle.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "new.csv").write_bytes(path.read_bytes())
    code += (
        "\nscores.tofile('scores')\nimport sys\nassert 'engine' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert (tmp_path / "scores").read_bytes() == opened(where).scores("smote").tobytes()
