"""Rows that are equal: in every column, or in every feature with another target."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

FEW_COPIES = 3
"""Up to so many equal rows can be copies of one in any table."""
MOST_CODES = 2**62
"""Up to here two codes make one number without losing a bit."""


def groups_of_equal_rows(frame: pd.DataFrame) -> np.ndarray:
    """Return the number of each row's group, where a group is of equal rows.

    Cells are compared as they are, not by hash; a missing cell equals a missing
    cell.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        The columns that are compared.

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
    groups = np.zeros(len(frame), dtype=np.int64)
    number = 1  # of the groups that the columns so far could tell apart
    for position in range(frame.shape[1]):
        codes, levels = pd.factorize(frame.iloc[:, position])
        if len(levels) == len(codes):
            return np.arange(len(codes))
        width = len(levels) + 1
        if number > MOST_CODES // width:
            groups, found = pd.factorize(groups)
            number = len(found)
            if number == len(codes):
                break
        groups = groups * width + (codes + 1)
        number *= width
    numbered: np.ndarray = pd.factorize(groups)[0]
    return numbered.astype(np.int64, copy=False)


def duplicate_rows(frame: pd.DataFrame) -> int:
    """Count the rows that are equal to an earlier one in every column.

    Examples
    --------
    >>> import pandas as pd
    >>> duplicate_rows(pd.DataFrame({"a": [1, 1, 1, 2]}))
    2
    """
    groups = groups_of_equal_rows(frame)
    return len(groups) - (int(groups.max()) + 1 if len(groups) else 0)


def contradictory_rows(groups: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Tell which rows have an equal with another target.

    Parameters
    ----------
    groups : numpy.ndarray of shape (n_rows,)
        As `groups_of_equal_rows` numbers them, of the features.
    y : numpy.ndarray of shape (n_rows,)
        The class of each row.

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype bool

    Examples
    --------
    >>> import numpy as np
    >>> contradictory_rows(np.array([0, 0, 1, 1]), np.array([1, 0, 1, 1])).tolist()
    [True, True, False, False]
    """
    if not len(groups):
        return np.zeros(0, dtype=bool)
    _, first = np.unique(groups, return_index=True)
    numbers = np.searchsorted(groups[first], groups)
    torn = np.zeros(len(first), dtype=bool)
    torn[numbers[y != y[first][numbers]]] = True
    return torn[numbers]


def most_copies(rows: int) -> int:
    """Return how many equal rows can be copies of one: 1 % of the rows, at least 3.

    Examples
    --------
    >>> most_copies(100), most_copies(11_183)
    (3, 111)
    """
    return max(FEW_COPIES, rows // 100)


def units_of_copies(
    groups: np.ndarray, y: np.ndarray, most: int, whole: bool = False
) -> np.ndarray:
    """Part groups of equal rows that are too large to be copies into single rows.

    A class is oversampled if more than half of its rows are in groups of 4 and more
    rows, of this class only, that have a fifth of its rows at most. A table in which
    most of the other rows are in groups of several classes is coarse, and no class of
    it is oversampled.

    Parameters
    ----------
    groups : numpy.ndarray of shape (n_rows,)
        As `groups_of_equal_rows` numbers them, of the features.
    y : numpy.ndarray of shape (n_rows,)
        The class of each row.
    most : int
        Rows that a group may have. Of each class it may have 5 %, or 3 rows where that
        is less.
    whole : bool, default=False
        Whether the groups of an oversampled class stay whole, however large.

    Returns
    -------
    numpy.ndarray of shape (n_rows,)
        Rows of one number stay together.

    Examples
    --------
    >>> import numpy as np
    >>> groups = np.array([0, 0, 0, 0, 1, 1])
    >>> units_of_copies(groups, np.zeros(6, dtype=int), 3).tolist()
    [2, 3, 4, 5, 1, 1]
    """
    large = np.bincount(groups) > most
    last = np.zeros(len(large), dtype=y.dtype)
    last[groups] = y
    mixed, copies = np.zeros((2, len(large)), dtype=bool)
    mixed[groups[y != last[groups]]] = True
    for label in np.unique(y):
        of_class = np.bincount(groups[y == label], minlength=len(large))
        rows = of_class.sum()
        large |= of_class > max(3, 0.05 * rows)
        pure = ~mixed & (of_class > 3) & (of_class <= 0.2 * rows)
        others = mixed[groups[y != label]]
        if of_class[pure].sum() > 0.5 * rows and others.sum() <= 0.5 * len(others):
            copies |= pure
    if whole:
        large &= ~copies
    units = groups.copy()
    apart = large[groups]
    units[apart] = len(large) + np.arange(apart.sum())
    return units


def smaller_units(
    groups: np.ndarray, y: np.ndarray
) -> Iterator[tuple[int, bool, np.ndarray]]:
    """Yield units of equal rows, and how many rows they may have, down to one row.

    If a class is oversampled, the first units have its groups whole.

    Parameters
    ----------
    groups, y : numpy.ndarray of shape (n_rows,)
        As `units_of_copies` takes them.

    Yields
    ------
    most : int
    whole : bool
        Whether the groups of an oversampled class are whole, however large.
    units : numpy.ndarray of shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> steps = smaller_units(np.array([0, 0, 1, 1, 1, 2]), np.zeros(6, dtype=int))
    >>> [(most, len(np.unique(units))) for most, _, units in steps]
    [(3, 3), (1, 6)]
    """
    most = most_copies(len(groups))
    # Of units of one row at most, only those of an oversampled class are larger.
    if np.bincount(units_of_copies(groups, y, 1, whole=True)).max(initial=1) > 1:
        yield most, True, units_of_copies(groups, y, most, whole=True)
    while True:
        units = units_of_copies(groups, y, most)
        yield most, False, units
        largest = int(np.bincount(units).max(initial=1))
        if largest == 1:
            return
        most = largest // 2
