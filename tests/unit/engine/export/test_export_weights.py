"""A run whose rows have weights: each form says them, or refuses with the reason."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.bundle import load_bundle
from engine.core.errors import SpecError
from tests.support.exported_runs import csv, export, opened
from tests.support.exported_scripts import checked
from tests.support.finished import FOREST, finished, weighed_rows


@pytest.fixture(scope="module")
def run():
    return weighed_rows()


@pytest.fixture(scope="module")
def several(run):
    """Three classes."""
    frame = csv(run.table)
    edges = [-9, 0.2, 1, 9]
    frame["sick"] = pd.cut(frame["risk"].astype(float), edges, labels=["a", "b", "c"])
    arms = ("untreated", "weights", "cost-weights")
    return finished(frame, *arms, data__target="sick", data__weight="heavy")


def test_a_script_fits_with_the_weights(run, several, tmp_path):
    path = tmp_path / "script.py"
    for one, arms in (
        (run, ("weights", FOREST)),
        (several, ("cost-weights",)),
    ):
        for arm in arms:
            text = checked(one, arm, path)
            assert "'heavy'" in text or '"heavy"' in text


def test_a_script_of_samplers_is_refused(run, tmp_path):
    for kind, name in (("script", "a.py"), ("notebook", "a.ipynb")):
        with pytest.raises(SpecError, match="cannot say what the rows of smote weigh"):
            export(run, kind, tmp_path / name, arm="smote")
        assert not (tmp_path / name).exists()


def test_tables_have_the_weight_of_synthetic_rows(run, tmp_path):
    out = tmp_path / "rows"
    export(run, "data", out, arm="smote")
    case = opened(run, arm="smote")
    weights = case.rows().weights
    found = csv(out / "resampled.csv")
    np.testing.assert_allclose(found["heavy"].astype(float), weights)
    assert (found["imbtui_origin"] == "synthetic").any()
    export(run, "data", tmp_path / "plain", arm="weights")
    train = csv(tmp_path / "plain" / "train.csv")["heavy"].astype(float)
    np.testing.assert_array_equal(train, case.plan.weights(-1))
    assert "mean weight" in (out / "README.md").read_text()
    assert "mean weight" not in (tmp_path / "plain" / "README.md").read_text()


def test_a_bundle_asks_no_weight_of_new_rows(run, tmp_path):
    export(run, "bundle", tmp_path / "bundle", arm="smote")
    one = load_bundle(tmp_path / "bundle")
    frame = pd.read_csv(run.table)
    frame["risk"] += 0.01  # rows that it was not fitted on
    whole = one.predict_proba(frame)
    np.testing.assert_array_equal(one.predict_proba(frame.drop(columns="heavy")), whole)


@pytest.mark.parametrize("name", ["page.html", "page.md"])
def test_a_report_names_the_column(run, tmp_path, name):
    path = tmp_path / name
    export(run, "report", path)
    text = Path(path).read_text("utf-8")
    assert "row weights" in text
    assert "metrics count rows" in text
    assert "heavy" in text
