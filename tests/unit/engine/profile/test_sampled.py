"""Columns of very many rows are scored on a sample; all counts are of every row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sklearn.metrics import average_precision_score, roc_auc_score

from engine.core.events import Sampled
from engine.core.experiment import SplitSpec
from engine.profile import measure
from engine.profile.strength import cut, sample
from tests.support.advised import find

ROWS = 6000
MOST = 1500


def _frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    y = rng.random(ROWS) < 0.05
    gaps = rng.random(ROWS) < 0.1
    level = rng.integers(0, 4, ROWS)
    return pd.DataFrame(
        {
            "strong": rng.normal(size=ROWS) + 2.0 * y,
            "weak": np.where(gaps, np.nan, rng.normal(size=ROWS) + 0.5 * y),
            "noise": rng.normal(size=ROWS),
            "level": np.array(["a", "b", "c", "d"], dtype=object)[level],
            "renamed": np.array(["w", "x", "y", "z"], dtype=object)[level],
            "whole": rng.integers(0, 400, ROWS),
            "flag": (rng.random(ROWS) < 0.2 + 0.3 * y).astype(int),
            "sick": np.where(y, "yes", "no"),
        }
    ).assign(copy=lambda frame: frame["whole"] * 1.0)


def _findings(monkeypatch: pytest.MonkeyPatch, most: int) -> measure.Findings:
    monkeypatch.setattr(measure, "MOST_JUDGED", most)
    monkeypatch.setattr(measure, "FEWEST_JUDGED", 0)
    return find(_frame())[0]


def test_only_what_a_column_tells_alone_is_of_the_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = _findings(monkeypatch, ROWS)
    part = _findings(monkeypatch, MOST)
    assert whole.alone_sampled is None
    assert part.alone_sampled == Sampled(rows=MOST, of=sum(whole.train.values()))
    for mine, exact in zip(part.columns, whole.columns, strict=True):
        assert replace(mine, alone=None) == replace(exact, alone=None)
        assert (mine.alone is None) == (exact.alone is None)
        if mine.alone is not None and exact.alone is not None:
            near = pytest.approx(exact.alone.average_precision, abs=0.06)
            assert mine.alone.average_precision == near
            assert mine.alone.roc_auc == pytest.approx(exact.alone.roc_auc, abs=0.06)
    assert replace(part, columns=(), alone_sampled=None) == replace(whole, columns=())
    twins = {c.name: (c.twin, c.twin_equal) for c in part.columns if c.twin}
    assert twins == {"renamed": ("level", False), "copy": ("whole", True)}


def test_many_columns_take_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "MOST_CELLS", 9 * 1000)
    monkeypatch.setattr(measure, "FEWEST_JUDGED", 700)
    found = find(_frame())[0].alone_sampled
    assert found is not None
    assert found.rows == 1000
    monkeypatch.setattr(measure, "MOST_CELLS", 9)
    found = find(_frame())[0].alone_sampled
    assert found is not None
    assert found.rows == 700


@pytest.mark.parametrize(
    "split",
    [SplitSpec(group="level"), SplitSpec(time="whole"), SplitSpec(duplicates="apart")],
)
def test_a_sample_is_cut_as_all_rows_are(
    monkeypatch: pytest.MonkeyPatch, split: SplitSpec
) -> None:
    monkeypatch.setattr(measure, "MOST_JUDGED", MOST)
    monkeypatch.setattr(measure, "FEWEST_JUDGED", 0)
    strong = find(_frame(), split)[0].column("strong")
    assert strong is not None
    assert strong.alone is not None
    assert strong.alone.roc_auc == pytest.approx(0.92, abs=0.03)


@given(
    st.lists(st.integers(1, 400), min_size=2, max_size=6),
    st.integers(20, 600),
    st.integers(0, 9),
)
def test_rare_classes_are_taken_whole(counts: list[int], most: int, seed: int) -> None:
    y = np.random.default_rng(seed).permutation(np.repeat(range(len(counts)), counts))
    rows, weights = sample(y, most, seed=seed)
    assert len(rows) == min(most, len(y))
    assert (np.diff(rows) > 0).all()
    taken = np.bincount(y[rows], minlength=len(counts))
    assert taken * weights == pytest.approx(counts)
    cut_off = taken < counts
    assert taken[cut_off].min(initial=most) >= taken[~cut_off].max(initial=0)
    again = sample(y, most, seed=seed)[0]
    assert rows.tolist() == again.tolist()


def test_figures_of_a_sample_are_those_of_scikit_learn_with_weights() -> None:
    rng = np.random.default_rng(1)
    y = (rng.random(3000) < 0.1).astype(np.int64)
    weights = np.array([7.5, 1.0])
    for values in (rng.normal(y * 1.0), rng.poisson(2 + y) * 1.0):
        codes, different = pd.factorize(values)
        parts = cut(y, 2, seed=1, weights=weights)
        assert parts is not None
        found = parts.tally(codes, different, ordered=True)
        scores = found.scores[parts.of, found.codes, 1]
        alone = parts.strength(codes, different, ordered=True)
        average = average_precision_score(y, scores, sample_weight=weights[y])
        assert alone.average_precision == pytest.approx(average)
        area = roc_auc_score(y, scores, sample_weight=weights[y])
        assert alone.roc_auc == pytest.approx(area)
        prevalence = y.sum() / weights[y].sum()
        assert alone.lift == pytest.approx(average / prevalence)
