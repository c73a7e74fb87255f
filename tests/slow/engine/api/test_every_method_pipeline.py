"""The pipeline of every method comes to the run's scores, to the last bit."""

import numpy as np
import pandas as pd
import pytest

from engine.api.pipeline import to_sklearn
from engine.core.methods.builtin import ENSEMBLES, SAMPLERS
from tests.support.experiments import make_table
from tests.support.exported_scripts import opened, stored

pytestmark = pytest.mark.slow

GIVEN = {
    "kmeans-smote": "kmeans-smote:clusters=4",
    "svm-smote": "svm-smote:ratio=0.6",
    "random-over": "random-over:shrinkage=0.4",
    "near-miss": "near-miss:version=3",
}


def test_every_method():
    rng = np.random.default_rng(0)
    frame = make_table(400, share=0.2, seed=3)
    frame["colour"] = frame["colour"].mask(rng.random(400) < 0.1)
    names = [one.name for one in (*SAMPLERS, *ENSEMBLES) if one.name != "smoten"]
    arms = [GIVEN.get(name, name) for name in names]
    run = stored(frame, "untreated", *arms, data__target="sick")
    wrong = _wrong(run, arms)
    flags = frame[["flag", "colour", "sick"]]
    run = stored(flags, "untreated", "smoten", data__target="sick")
    assert [*wrong, *_wrong(run, ["smoten"])] == []


def _wrong(run, arms):
    """Return the arms whose pipeline comes to other scores."""
    found = []
    for arm in arms:
        case = opened(run, arm)
        X = pd.read_csv(case.data.source)
        y = X.pop("sick")
        model = to_sklearn(case).fit(*(p.iloc[case.bench.split.train] for p in (X, y)))
        scores = model.predict_proba(X.iloc[case.bench.split.test])[:, 1]
        if not np.array_equal(scores.astype(np.float32), case.scores(arm)):
            found.append(arm)
    return found
