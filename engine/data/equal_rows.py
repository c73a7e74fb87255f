"""Which rows of a table are equal, cell by cell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.data.profile import FrameColumns, Values

MIXER = np.uint64(0x9E3779B97F4A7C15)
"""An odd number with as many ones as zeros, by which hashes are multiplied."""
LOOKED = 16
"""Columns after which it is looked whether all rows differ already."""
MOST_CODES = 2**62
"""Up to here two codes make one number without losing a bit."""


def groups_of_equal_rows(
    frame: pd.DataFrame, found: FrameColumns | None = None
) -> np.ndarray:
    """Return the number of each row's group, where a group is of equal rows.

    Cells are compared as they are, not by hash; a missing cell equals a missing
    cell.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        The columns that are compared.
    found : FrameColumns or None, default=None
        What is known of the columns of a table that has them all.

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype int64
        Groups are numbered from 0 in the order of their first rows.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [1, 2, 1, 2], "b": ["x", None, "x", "y"]})
    >>> groups_of_equal_rows(frame).tolist()
    [0, 1, 0, 2]
    """
    groups = np.arange(len(frame))
    known = () if found is None else map(found.profile, frame.columns)
    if any(column.levels == len(frame) for column in known):
        return groups
    alike = _alike(frame, found)
    if len(alike) == len(frame):
        return _equal(frame, found)
    if len(alike):
        equal = _equal(frame.iloc[alike], None)
        # A row has the number of the first row of its group, until they are counted.
        first = np.unique(equal, return_index=True)[1]
        groups[alike] = alike[first][equal]
        groups = (np.cumsum(groups == np.arange(len(frame))) - 1)[groups]
    return groups


def _alike(frame: pd.DataFrame, found: FrameColumns | None) -> np.ndarray:
    """Return the rows that have the hash of another row: all others have no equal.

    Numbers come first, since text takes ten times as long.
    """
    hashes = np.zeros(len(frame), dtype=np.uint64)
    is_number = np.array([dtype.kind in "iuf" for dtype in frame.dtypes], dtype=bool)
    order = np.argsort(~is_number, kind="stable").tolist()
    counted = hashes
    for looked, place in enumerate(order, start=1):
        hashes ^= _bits(frame.iloc[:, place], found)
        hashes *= MIXER
        hashes ^= hashes >> np.uint64(32)
        if looked in (1, is_number.sum(), len(order)) or looked % LOOKED == 0:
            counted = np.sort(hashes)
            if (counted[1:] != counted[:-1]).all():
                return np.zeros(0, dtype=np.int64)
    shared = np.unique(counted[1:][counted[1:] == counted[:-1]])
    # NumPy 2.0 tries a table, which fails for hashes that no signed number holds.
    return np.flatnonzero(np.isin(hashes, shared, kind="sort"))


def _bits(series: pd.Series, found: FrameColumns | None) -> np.ndarray:
    """Return 64 bits of each cell that are equal where cells are."""
    if series.dtype.kind in "iu":
        return series.to_numpy(dtype=np.int64).view(np.uint64)
    if series.dtype.kind == "f":
        cells = series.to_numpy(dtype=np.float64) + 0.0  # -0.0 is 0.0
        cells[np.isnan(cells)] = np.nan
        return cells.view(np.uint64)
    return _coded(series, found)[0].view(np.uint64)


def _coded(series: pd.Series, found: FrameColumns | None) -> tuple[np.ndarray, Values]:
    if found is None:
        return pd.factorize(series)
    return found.codes(str(series.name))


def _equal(frame: pd.DataFrame, found: FrameColumns | None) -> np.ndarray:
    """Return what `groups_of_equal_rows` does, comparing cell by cell."""
    groups = np.zeros(len(frame), dtype=np.int64)
    number = 1  # of the groups that the columns so far could tell apart
    for position in range(frame.shape[1]):
        codes, levels = _coded(frame.iloc[:, position], found)
        if len(levels) == len(codes):
            return np.arange(len(codes))
        width = len(levels) + 1
        if number > MOST_CODES // width:
            groups, distinct = pd.factorize(groups)
            number = len(distinct)
            if number == len(codes):
                break
        groups = groups * width + (codes + 1)
        number *= width
    numbered: np.ndarray = pd.factorize(groups)[0]
    return numbered.astype(np.int64, copy=False)


def duplicate_rows(frame: pd.DataFrame, found: FrameColumns | None = None) -> int:
    """Count the rows that are equal to an earlier one in every column.

    Examples
    --------
    >>> import pandas as pd
    >>> duplicate_rows(pd.DataFrame({"a": [1, 1, 1, 2]}))
    2
    """
    groups = groups_of_equal_rows(frame, found)
    return len(groups) - (int(groups.max()) + 1 if len(groups) else 0)
