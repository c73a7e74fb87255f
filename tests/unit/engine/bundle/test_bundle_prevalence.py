"""Probabilities of a bundle whose run was given the prevalence in use."""

import numpy as np
import pandas as pd
import pytest
from msgspec import UNSET

import imbtui
from engine.bundle import load_bundle
from tests.support.bundles import made
from tests.support.experiments import make_table
from tests.support.finished import finished

THERE = 0.05


def odds(risks):
    return risks / (1 - risks)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """Of one run, and of the same with a prevalence in use."""
    frame, folder = make_table(600, share=0.3, seed=3), tmp_path_factory.mktemp("b")
    runs = [
        finished(frame, "untreated", data__target="sick", **more)
        for more in ({}, {"decision__prevalence": THERE})
    ]
    return [made(run.where, folder / str(n)) for n, run in enumerate(runs)]


def test_calibrated_probabilities_are_for_the_prevalence_in_use(bundles):
    plain, moved = (load_bundle(one) for one in bundles)
    (repair,) = moved.bundle.manifest.calibration.values()
    assert repair.prevalence == THERE
    (before,) = plain.bundle.manifest.calibration.values()
    assert (repair.method, before.prevalence) == (before.method, UNSET)
    rows = make_table(600, share=0.3, seed=4).drop(columns="sick")
    assert np.array_equal(plain.scores(rows), moved.scores(rows))
    here, risks = (m.predict_calibrated(rows)[:, 1] for m in (plain, moved))
    negative = (1 - THERE) / THERE * 36 / 84
    assert odds(risks) == pytest.approx(odds(here) / negative, rel=0.1)


def test_new_rows_of_that_prevalence_find_them_right(bundles):
    table = make_table(6000, share=0.3, seed=5)
    sick = table["sick"] == "yes"
    few = table[sick].sample(round((~sick).sum() * odds(THERE)), random_state=1)
    rows = pd.concat([few, table[~sick]])
    plain, moved = (imbtui.validate(one, rows, "sick").document for one in bundles)
    assert abs(moved.calibration.in_the_large) < 0.5
    assert plain.calibration.in_the_large < -1
    now = {one.metric: one for one in moved.metrics}
    assert now["brier"].then is None
    assert now["roc_auc"].then is not None
    assert moved.calibration.prevalence == THERE
    assert plain.calibration.prevalence is UNSET
