"""What a column is comes to the same by sorting as by a hash table, and is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data import profile
from engine.data.profile import FrameColumns, column
from engine.data.target import _has_two

FLOATS = st.sampled_from(
    [np.nan, 0.0, -0.0, 1.0, 2.0, -3.0, 0.5, 1e300, np.inf, -np.inf, 2.0**60]
)
CELLS = st.one_of(
    st.lists(FLOATS, max_size=60).map(lambda v: np.array(v, dtype=float)),
    st.lists(st.integers(-3, 60), max_size=80).map(lambda v: np.array(v, dtype=int)),
    st.integers(0, 50).map(lambda n: np.arange(n) * 1.0),
    st.integers(0, 50).map(lambda n: np.append(np.arange(n) * 90.0, np.nan)),
    st.lists(st.sampled_from(["a", "b", None, "2024-01-31"]), max_size=30).map(
        lambda v: np.array(v, dtype=object)
    ),
    st.lists(st.booleans(), max_size=9).map(lambda v: np.array(v, dtype=bool)),
)
NAMES = st.sampled_from(["x", "patient_id"])


def _by_hashing(series: pd.Series) -> profile.ColumnProfile:
    codes, values = pd.factorize(series)
    missing = int((codes < 0).sum())
    return profile._described(series, values, len(series), missing)


@given(CELLS, NAMES, st.data())
def test_a_column_is_what_its_different_values_make_it(
    cells: np.ndarray, name: str, data: st.DataObject
) -> None:
    series = pd.Series(cells, name=name)
    assert column(series) == _by_hashing(series)
    every = st.sampled_from(range(len(cells))) if len(cells) else st.nothing()
    rows = np.array(sorted(data.draw(st.sets(every))), dtype=int)
    found = FrameColumns(series.to_frame())
    for _ in range(2):  # found, and then kept
        assert found.profile(name) == column(series)
        assert found.on(name, rows) == _by_hashing(series.iloc[rows])
        assert column(series, rows) == _by_hashing(series.iloc[rows])
        codes, values = found.codes(name)
        expected, different = pd.factorize(series)
        assert codes.tolist() == expected.tolist()
        assert codes.dtype == np.int64
        pd.testing.assert_index_equal(pd.Index(values), pd.Index(different))
        assert found.absent(name).tolist() == series.isna().tolist()
        counts = series.value_counts()
        pd.testing.assert_series_equal(
            found.counts(name), counts, check_names=False, check_index_type=False
        )


@given(CELLS)
def test_two_values_at_most_are_those_of_pandas(cells: np.ndarray) -> None:
    series = pd.Series(cells, name="x")
    assert _has_two(series) == (series.nunique() <= 2)


def test_many_levels_of_text_are_kept_whole() -> None:
    for levels in (1, 127, 128, 129, 33_000):
        series = pd.Series(np.arange(levels).astype(str).astype(object), name="x")
        found = FrameColumns(series.to_frame())
        assert [found.codes("x")[0].max() for _ in range(2)] == [levels - 1] * 2


def test_of_a_changed_table_only_what_changed_is_found_out_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = pd.DataFrame({"a": [1.5, 2.0, 2.0], "b": [1, 2, 3], "c": [3.0, 4.0, 5.5]})
    frame["d"] = pd.Series(["x", "y", "x"], dtype=object)
    found = FrameColumns(frame)
    for name in frame:
        found.profile(name)
    looked: list[Any] = []
    original = profile._kind
    monkeypatch.setattr(
        profile, "_kind", lambda s, *a: looked.append(s.name) or original(s, *a)
    )
    changed = frame.copy(deep=False)  # assign shares memory in pandas 3 only
    changed["b"], changed["e"] = ["1", "2", "1"], [0, 1, 0]
    later = found.over(changed)
    assert found.over(frame) is found
    assert [later.profile(n).levels for n in changed] == [2, 2, 3, 2, 2]
    assert looked == ["b", "e"]
    assert found.over(frame.iloc[:2]).profile("d").levels == 2
    assert found.over(frame[["d"]].iloc[[0, 2, 0]]).profile("d").levels == 1
