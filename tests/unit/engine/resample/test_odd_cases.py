"""Every sampler on tiny and odd tables: what happened is said truly, or why it cannot.

Samplers, situations and the check are in `tests.support.odd_tables`. The one sampler
that trains forests meets most situations in `tests/slow` only.
"""

import warnings

import numpy as np
import pytest

from engine.core.errors import ArmError
from engine.core.methods import grammar
from engine.resample import method
from engine.train.models import ensembles
from engine.train.models.fitted_trees import class_scores
from tests.support.each import each
from tests.support.odd_tables import (
    CASES,
    DEAR,
    REFUSED,
    SAMPLERS,
    check,
    counts,
    in_words,
    treat,
)

ENSEMBLES = (
    "balanced-random-forest",
    "easy-ensemble",
    "rus-boost",
    "balanced-bagging",
)
ONCE = ("2 positives", "each positive alone", "balanced")
"""Where the slow one is tried: repaired folds, hard rows, and nothing to do."""


@pytest.mark.parametrize("case", CASES)
def test_what_happened_is_said_or_why_it_cannot(case):
    with each() as row:
        for name in SAMPLERS:
            if name == DEAR and case not in ONCE and name not in REFUSED.get(case, ()):
                continue
            with row(name, case):
                check(name, case)


WORKS = [
    ("smote", "5 positives", "k_neighbors 5 → 4: only 5 minority rows to fit on"),
    ("smote", "2 positives", "k_neighbors 5 → 1: only 2 minority rows to fit on"),
    ("adasyn", "5 positives", "n_neighbors 5 → 4: only 5 minority rows to fit on"),
    ("near-miss", "1 positive", "n_neighbors 3 → 1: only 1 minority row to fit on"),
    ("kmeans-smote", "duplicate minority", "density_exponent auto → 0: minority rows"),
    ("instance-hardness", "2 positives", "folds 5 → 2: only 2 minority rows"),
    ("svm-smote", "each positive alone", "m_neighbors 10 → 40: all border rows"),
]


def test_what_failed_without_a_repair_works_with_it():
    with each() as row:
        for name, case, repair in WORKS:
            with row(name, case):
                treated = treat(name, case)[2]
                said = treated.repairs
                assert any(one.startswith(repair) for one in said), said
                assert min(counts(treated.y).values()) > 0


NAMED = [
    ("borderline-smote", "20 positives, classes far apart", "no row is in danger"),
    ("condensed", "20 positives, classes far apart", "only 1 of 60 majority rows is"),
    ("one-sided-selection", "20 positives, classes far apart", "only 1 of 60"),
    ("near-miss:version=3", "20 positives, classes far apart", "only so many are near"),
    ("enn", "balanced", "majority rows"),
    ("smote", "balanced", "the classes have the asked ratio already"),
    ("enn", "20 positives, classes far apart", "there is no row to drop"),
]


def test_what_went_wrong_in_silence_has_a_name():
    with each() as row:
        for name, case, note in NAMED:
            with row(name, case):
                said = treat(name, case)[2].notes
                assert any(note in one for one in said), said


def test_ten_thousand_classes_are_treated_or_refused_in_words():
    y = np.repeat(np.arange(10_000), 2)
    y = np.concatenate([y, np.zeros(3, dtype=y.dtype)])
    X = np.random.default_rng(0).normal(size=(len(y), 2)).astype(np.float32)
    treated = method.apply(grammar.parse("random-over"), X, y, seed=0)
    assert set(np.bincount(treated.y)) == {5}
    assert treated.notes == ()


UNLEARNED = {
    "1 positive": {"balanced-bagging"},
    "each positive alone": {"rus-boost"},
    "missing": {"easy-ensemble", "rus-boost"},
    "infinite": set(ENSEMBLES),
    "no class": set(ENSEMBLES),
    "one class": set(ENSEMBLES),
}
"""What no ensemble can learn from; each learns from everything else."""


def learn(name, case):
    X, y = CASES[case]()
    few = {"n_estimators": 3}
    if name in UNLEARNED.get(case, ()):
        with pytest.raises(ArmError) as caught:
            ensembles.fit_ensemble(name, few, X, y, seed=0)
        in_words(caught.value)
        return
    model = ensembles.fit_ensemble(name, few, X, y, seed=0)
    scores = class_scores(model, X)
    assert np.isfinite(scores).all()
    assert scores.shape == y.shape


@pytest.mark.parametrize("name", ENSEMBLES)
def test_an_ensemble_learns_or_says_why_it_cannot(name):
    with each() as row, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in CASES:
            with row(name, case):
                learn(name, case)
