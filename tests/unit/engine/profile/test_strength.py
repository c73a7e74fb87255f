"""Columns alone: scikit-learn's figures of out-of-fold scores, no credit for noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from engine.profile.strength import ColumnFolds, Strength, cut
from tests.support.each import for_each


def _column(series: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    codes, values = pd.factorize(series)
    return codes, np.asarray(values)


def _alone(
    series: pd.Series, y: np.ndarray, *, ordered: bool, classes: int = 2
) -> Strength:
    parts = cut(y, classes, seed=1)
    assert parts is not None
    return parts.strength(*_column(series), ordered=ordered)


def _rare(rows: int = 2000, share: float = 0.05) -> np.ndarray:
    return (np.arange(rows) % round(1 / share) == 0).astype(np.int64)


CASES = {
    "numbers": lambda rng, y: pd.Series(rng.normal(y * 1.0)),
    "gaps": lambda rng, y: pd.Series(rng.normal(y)).mask(rng.random(len(y)) < 0.3),
    "few whole numbers": lambda rng, y: pd.Series(rng.poisson(2 + y)),
    "flags": lambda rng, y: pd.Series(rng.binomial(1, 0.2 + 0.3 * y)),
    "words": lambda rng, y: pd.Series(rng.choice(list("abcde"), len(y))).where(
        rng.random(len(y)) < 0.9
    ),
    "many words": lambda rng, y: pd.Series(rng.integers(0, 900, len(y)).astype(str)),
}


@for_each("name", CASES)
def test_figures_are_those_of_scikit_learn(name: str) -> None:
    rng = np.random.default_rng(3)
    y = _rare()
    series = CASES[name](rng, y)
    ordered = series.dtype != object and not isinstance(series.dtype, pd.StringDtype)
    parts = cut(y, 2, seed=1)
    assert parts is not None
    found = parts.tally(*_column(series), ordered=ordered)
    scores = found.scores[parts.of, found.codes, 1]
    alone = _alone(series, y, ordered=ordered)
    assert alone.average_precision == pytest.approx(average_precision_score(y, scores))
    assert alone.roc_auc == pytest.approx(roc_auc_score(y, scores))
    assert alone.lift == pytest.approx(alone.average_precision / y.mean())


def test_a_million_different_numbers_are_rounded_and_lose_nothing() -> None:
    rng = np.random.default_rng(5)
    y = _rare(20_000)
    exact = rng.normal(y * 2.0)  # 20,000 places, of which 4,096 are kept
    near = _alone(pd.Series(np.round(exact, 2)), y, ordered=True)
    many = _alone(pd.Series(exact), y, ordered=True)
    assert many.average_precision == pytest.approx(near.average_precision, abs=0.02)
    assert many.roc_auc > 0.85


def test_a_row_has_no_say_in_its_own_score() -> None:
    rng = np.random.default_rng(0)
    y = _rare(400, 0.25)
    series = pd.Series(rng.normal(size=400))
    parts = cut(y, 2, seed=1)
    assert parts is not None
    before = parts.tally(*_column(series), ordered=True)
    flipped = np.where(parts.of == 2, 1 - y, y)
    after = parts._replace(y=flipped).tally(*_column(series), ordered=True)
    assert (before.scores[2] == after.scores[2]).all()
    assert (before.scores[1] != after.scores[1]).any()


def test_learning_by_heart_is_no_strength() -> None:
    y = _rare()
    rows = pd.Series([f"row {n}" for n in range(len(y))])
    assert _alone(rows, y, ordered=False).roc_auc == 0.5
    rng = np.random.default_rng(0)
    noise = pd.Series(rng.integers(0, 500, len(y)).astype(str))
    assert 0.4 < _alone(noise, y, ordered=False).roc_auc < 0.6


@for_each("share", [0.5, 0.05, 0.01])
def test_the_answer_is_found_however_rare_it_is(share: float) -> None:
    """A threshold on a number, a level, a missing cell."""
    rng = np.random.default_rng(0)
    y = _rare(4000, share)
    number = pd.Series(rng.random(4000) + 2.0 * y)
    word = pd.Series(np.where(y == 1, "late", "on time"))
    gap = pd.Series(np.where(y == 1, np.nan, rng.random(4000)))
    for series, ordered in ((number, True), (word, False), (gap, True)):
        alone = _alone(series, y, ordered=ordered)
        assert alone.roc_auc > 0.995
        assert alone.sure >= 0.9
    flat = _alone(pd.Series(rng.random(4000)), y, ordered=True)
    assert flat.sure == 0.0


def test_more_than_two_classes_are_judged_one_against_the_rest() -> None:
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], [900, 80, 20])
    series = pd.Series(rng.normal(2.0 * y))
    parts = cut(y, 3, seed=1)
    assert parts is not None
    found = parts.tally(*_column(series), ordered=True)
    areas = [
        roc_auc_score(y == c, found.scores[parts.of, found.codes, c]) for c in range(3)
    ]
    alone = _alone(series, y, ordered=True, classes=3)
    assert alone.roc_auc == pytest.approx(np.mean(areas))
    assert alone.sure == 0.0


def test_folds_hold_every_class_or_there_are_none() -> None:
    assert cut(np.array([0] * 50 + [1]), 2, seed=1) is None
    assert cut(np.zeros(10, dtype=int), 2, seed=1) is None
    parts = cut(np.array([0] * 50 + [1] * 3), 2, seed=1)
    assert parts is not None
    assert sorted(parts.of[50:]) == [0, 1, 2]
    again = cut(np.array([0] * 50 + [1] * 3), 2, seed=1)
    assert again is not None
    assert (parts.of == again.of).all()


@for_each("rows", [23, 61, 200])
@for_each("ordered", [False, True])
def test_a_column_that_says_nothing_has_the_scores_of_guessing(
    rows: int, ordered: bool
) -> None:
    """Folds differ by a row of a class, which is no merit and no fault of a column."""
    y = np.array([1] * 7 + [0] * (rows - 7))
    alone = _alone(pd.Series(np.zeros(rows)), y, ordered=ordered)
    assert alone.roc_auc == 0.5
    assert alone.average_precision == pytest.approx(7 / rows)
    gap = _alone(pd.Series(np.full(rows, np.nan)), y, ordered=ordered)
    assert gap == alone


def test_what_is_alike_in_a_group_is_not_learned_across_folds() -> None:
    """A number that each patient has only once finds the patient, not the class."""
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(150), 8)
    y = (rng.random(150) < 0.3).astype(np.int64)[patient]
    series = pd.Series(rng.permutation(150).astype(str)[patient])
    parts = cut(y, 2, seed=1, groups=patient)
    assert parts is not None
    for one in (0, 77, 149):
        assert len(set(parts.of[patient == one])) == 1
    codes, values = _column(series)
    kept = parts.strength(codes, values, ordered=False)
    assert kept.roc_auc == pytest.approx(0.5)
    assert _alone(series, y, ordered=False).roc_auc > 0.95


def test_equal_rows_are_in_one_fold() -> None:
    rng = np.random.default_rng(0)
    copies = rng.permutation(np.arange(1500) % 500)
    y = _rare(500, 0.2)[copies]
    parts = cut(y, 2, seed=1, copies=copies)
    assert parts is not None
    folds = pd.Series(parts.of).groupby(copies).nunique()
    assert (folds == 1).all()
    assert set(parts.of) == {0, 1, 2, 3, 4}


def test_many_groups_are_cut_too() -> None:
    patient = np.repeat(np.arange(20_000), 2)
    y = (patient % 10 == 0).astype(np.int64)
    parts = cut(y, 2, seed=1, groups=patient)
    assert parts is not None
    assert (parts.of[::2] == parts.of[1::2]).all()
    assert np.bincount(parts.of, weights=y).tolist() == [800] * 5


def test_the_future_has_no_say_where_time_does() -> None:
    rng = np.random.default_rng(0)
    y = _rare(1200, 0.25)
    time = rng.permutation(1200) // 3
    parts = cut(y, 2, seed=1, times=time)
    assert parts is not None
    assert parts.forward
    assert time[parts.of == 2].max() < time[parts.of == 3].min()
    column = _column(pd.Series(rng.normal(size=1200)))
    before = parts.tally(*column, ordered=True)
    later = np.where(parts.of == 4, 1 - y, y)
    after = parts._replace(y=later).tally(*column, ordered=True)
    assert (before.scores[:5] == after.scores[:5]).all()
    assert (before.scores[5] != after.scores[5]).any()
    # The first stretch is judged by nothing, and so not at all.
    judged = parts.of > 0
    scores = before.scores[parts.of, before.codes, 1]
    alone = parts.strength(*column, ordered=True)
    assert alone.roc_auc == pytest.approx(roc_auc_score(y[judged], scores[judged]))


def test_groups_too_few_for_five_folds_are_cut_into_fewer() -> None:
    group = np.repeat(np.arange(3), 20)
    y = np.tile([0, 0, 0, 1], 15)
    parts = cut(y, 2, seed=1, groups=group)
    assert isinstance(parts, ColumnFolds)
    assert set(parts.of) == {0, 1, 2}
    assert cut(y, 2, seed=1, groups=np.zeros(60, dtype=int)) is None
