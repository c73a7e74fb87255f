"""Pipelines of comparisons from memory: of arrays, and of samplers that are objects."""

import numpy as np
import pytest
from imblearn.over_sampling import BorderlineSMOTE
from imblearn.under_sampling import OneSidedSelection

import imbtui

pytestmark = pytest.mark.slow


def test_an_array_and_objects():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4))
    X[:, 3] = rng.integers(0, 3, 400)
    X[rng.random(X.shape) < 0.05] = np.nan
    y = (np.nan_to_num(X[:, 0]) + rng.normal(size=400) > 1.2).astype(int)
    borderline, one_sided = BorderlineSMOTE(k_neighbors=3), OneSidedSelection()
    result = imbtui.compare(
        X, y, methods=["smote", borderline, one_sided], trials=1, folds=2,
        progress=False,
    )  # fmt: skip
    assert len(result.arms) == 4
    for arm in result.arms:
        case = result._case(arm)
        train, test = case.bench.split.train, case.bench.split.test
        pipeline = result.to_sklearn(arm).fit(X[train], y[train])
        scores = pipeline.predict_proba(X[test])[:, 1].astype(np.float32)
        assert np.array_equal(scores, case.scores(arm)), arm
        model = result.model(arm)
        own = model.predict_proba(X[test])[:, 1].astype(np.float32)
        assert np.array_equal(own, scores), arm
