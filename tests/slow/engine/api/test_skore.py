"""skore reports on the model of an arm, and on its pipeline."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold, cross_validate

from engine.api.model import open_model
from engine.api.pipeline import to_sklearn
from tests.support.exported_scripts import opened

pytestmark = [
    pytest.mark.slow,
    # What it draws with, and what skore says of small tables.
    pytest.mark.filterwarnings("ignore"),
]

skore = pytest.importorskip("skore", reason="needs skore")


@pytest.fixture(scope="module")
def case(two_classes):
    return opened(two_classes, "smote")


def table(case):
    frame = pd.read_csv(case.data.source).dropna(subset=["sick"])
    frame = frame.reset_index(drop=True)
    return frame.drop(columns="sick"), frame["sick"]


def test_it_reports_on_a_fitted_model(case):
    X, y = (part.iloc[case.bench.split.test] for part in table(case))
    model = open_model(case)
    report = skore.evaluate(model, X, y, splitter="prefit", pos_label="yes")
    point = case.chosen.point(case.at)
    assert report.metrics.recall() == pytest.approx(point.metrics["recall"])
    area = case.chosen.evaluated.test["roc_auc"]
    assert report.metrics.roc_auc() == pytest.approx(area, abs=1e-6)
    counts, own = report.metrics.confusion_matrix().frame(), point.confusion
    assert counts["value"].tolist() == [own.tn, own.fp, own.fn, own.tp]


def test_it_reports_on_a_pipeline_and_compares(case, two_classes):
    X, y = table(case)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    arms = ("untreated", "smote")
    models = {arm: to_sklearn(opened(two_classes, arm)) for arm in arms}
    for arm, model in models.items():
        report = skore.evaluate(model, X, y, splitter=folds, pos_label="yes")
        own = cross_validate(model, X, y, cv=folds, scoring="roc_auc")["test_score"]
        found = report.metrics.roc_auc(aggregate=None).to_numpy(dtype=float).ravel()
        np.testing.assert_allclose(found, own, err_msg=arm)
    both = skore.evaluate(models, X, y, splitter=0.3, pos_label="yes")
    assert both.metrics.summarize().frame().shape[1] >= len(arms)
