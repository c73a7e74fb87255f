"""Equal rows are counted exactly, missing cells and all kinds of columns included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.pandas import column, data_frames

from engine.data import equal_rows
from engine.data.equal_rows import duplicate_rows, groups_of_equal_rows
from engine.data.profile import FrameColumns
from engine.data.roles import contradictory_rows, units_of_copies

CELLS = data_frames(
    [
        column("a", elements=st.sampled_from([0.0, -0.0, 1.0, np.nan, 1e300])),
        column("b", elements=st.sampled_from(["x", "y", ""]), dtype=object),
        column("c", elements=st.integers(-1, 1)),
    ]
)


@given(CELLS)
def test_equal_rows_are_those_of_pandas(frame: pd.DataFrame) -> None:
    frame.loc[frame["b"] == "", "b"] = None
    groups = groups_of_equal_rows(frame)
    assert duplicate_rows(frame) == frame.duplicated().sum()
    wanted = frame.groupby(list(frame.columns), dropna=False, sort=False).ngroup()
    assert groups.tolist() == wanted.tolist()
    assert groups.dtype == np.int64
    found = FrameColumns(frame)
    assert groups_of_equal_rows(frame, found).tolist() == wanted.tolist()
    counted = frame.assign(d=np.arange(len(frame)) // 2, e=np.arange(len(frame)))
    assert duplicate_rows(counted, FrameColumns(counted)) == 0
    few = counted[["a", "d"]]  # most rows have no equal
    assert duplicate_rows(few, FrameColumns(few)) == few.duplicated().sum()


@pytest.mark.parametrize("most", [2, 10, 2**62])
def test_codes_that_grow_too_long_are_numbered_anew(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(equal_rows, "MOST_CODES", most)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.integers(0, 3, (500, 12)).astype(float))
    frame[0] = frame[1] = 1.0
    assert duplicate_rows(frame.iloc[:, :7]) == frame.iloc[:, :7].duplicated().sum()


def test_groups_are_numbered_in_the_order_of_their_first_rows() -> None:
    frame = pd.DataFrame({"when": pd.to_datetime(["2024-01-02", "2024-01-01"] * 2)})
    assert groups_of_equal_rows(frame).tolist() == [0, 1, 0, 1]
    assert groups_of_equal_rows(frame.iloc[:0]).tolist() == []
    assert groups_of_equal_rows(frame[[]]).tolist() == [0, 0, 0, 0]


def test_only_rows_of_a_torn_group_contradict() -> None:
    groups = np.array([7, 3, 7, 3, 9, 7])
    y = np.array([0, 1, 1, 1, 0, 0])
    torn = contradictory_rows(groups, y)
    assert torn.tolist() == [True, False, True, False, False, True]
    assert contradictory_rows(groups[:0], y[:0]).tolist() == []


def test_only_groups_of_an_oversampled_class_may_be_large() -> None:
    groups = np.r_[np.arange(50), np.repeat(np.arange(50, 60), 5)]
    y = np.repeat([0, 1], 50)
    assert len(np.unique(units_of_copies(groups, y, 3))) == 100
    whole = units_of_copies(groups, y, 3, whole=True)
    assert whole.tolist() == groups.tolist()
    # Half of the class is in such groups only.
    half = np.r_[np.arange(75), np.repeat(np.arange(75, 80), 5)]
    assert len(np.unique(units_of_copies(half, y, 3, whole=True))) == 100
    # A group of both classes is none.
    mixed = units_of_copies(np.r_[groups, 50], np.r_[y, 0], 3, whole=True)
    assert len(np.unique(mixed)) == 59 + 6
    # Most of the other rows are in groups of both classes: a coarse table.
    coarse = np.r_[np.repeat([0, 1], 25), np.repeat(np.arange(2, 11), 5), np.arange(5)]
    coarse[-5:] = 0, 0, 1, 1, 1
    assert len(np.unique(units_of_copies(coarse, y, 3, whole=True))) == 100
