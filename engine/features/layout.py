"""The way back from a matrix: to rows in codes, and to the cells of a table.

Some samplers take a category as it is, as one column of codes, where the matrix that
models learn from has an indicator per level. The two forms hold the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from engine.features.encoding import LevelCodes

UNKNOWN = -1
"""Code of a level that no fitting row had: none of its indicators is set."""


@dataclass(frozen=True)
class Layout:
    """The columns of a matrix, and those of the same rows in codes.

    In codes come the numbers and flags as they are, in their order, and then one
    column per category, whose value is the place of the row's level.

    Attributes
    ----------
    names : tuple of str
        Name of each column in codes.
    flat : int
        Columns at the beginning that are numbers or flags, in both forms.
    flags : tuple of int
        Those of them that hold 0 or 1 only.
    levels : tuple of (int, int)
        Where the indicators of each category begin and end in the matrix.

    Examples
    --------
    >>> layout = Layout(("age", "sex"), flat=1, flags=(), levels=((1, 3),))
    >>> X = np.array([[0.5, 1, 0], [2.0, 0, 1]], dtype=np.float32)
    >>> layout.collapse(X).tolist()
    [[0.5, 0.0], [2.0, 1.0]]
    >>> layout.expand(layout.collapse(X)).tolist() == X.tolist()
    True
    >>> layout.categorical.tolist()
    [False, True]
    """

    names: tuple[str, ...]
    flat: int
    flags: tuple[int, ...]
    levels: tuple[tuple[int, int], ...]

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return self.levels[-1][1] if self.levels else self.flat

    @property
    def categorical(self) -> np.ndarray:
        """Which columns in codes have no order: the flags and the categories."""
        mask = np.ones(len(self.names), dtype=bool)
        mask[: self.flat] = False
        mask[list(self.flags)] = True
        return mask

    def collapse(self, X: np.ndarray) -> np.ndarray:
        """Return rows in codes.

        Parameters
        ----------
        X : numpy.ndarray of shape (n_rows, width)
            Rows of the matrix.

        Returns
        -------
        numpy.ndarray of shape (n_rows, len(names)), dtype float32
            A level that no fitting row had is `UNKNOWN`.
        """
        codes = np.empty((len(X), len(self.names)), dtype=np.float32)
        codes[:, : self.flat] = X[:, : self.flat]
        for place, (begin, end) in enumerate(self.levels, start=self.flat):
            indicators = X[:, begin:end]
            known = indicators.any(axis=1)
            codes[:, place] = np.where(known, indicators.argmax(axis=1), UNKNOWN)
        return codes

    def expand(self, codes: np.ndarray) -> np.ndarray:
        """Return rows of the matrix from rows in codes.

        Parameters
        ----------
        codes : numpy.ndarray of shape (n_rows, len(names))
            Such as `collapse` returns them, or made by a sampler from such.

        Returns
        -------
        numpy.ndarray of shape (n_rows, width), dtype float32
        """
        X = np.zeros((len(codes), self.width), dtype=np.float32)
        X[:, : self.flat] = codes[:, : self.flat]
        for place, (begin, end) in enumerate(self.levels, start=self.flat):
            level = np.rint(codes[:, place].astype(np.float64)).astype(np.int64)
            known = np.flatnonzero((level >= 0) & (level < end - begin))
            X[known, begin + level[known]] = 1.0
        return X


RARE_LEVEL = "(rare)"
DIGITS = 6
"""Digits of the range of a column that 32 bits tell: more would be noise."""
MOST_DECIMALS = 300
"""Rounding to more overflows."""
FIRST = 1000
"""Numbers that tell of most columns how many decimals they have at least."""
EXACT = 2**53
"""Whole numbers beyond this are not all different as floats."""


@dataclass(frozen=True)
class NumberUnit:
    """The unit of one number column, as its fitting rows have it.

    Attributes
    ----------
    mean, spread : float
        What it was scaled by.
    low, high : float
        The range of its numbers.
    decimals : int
        The most that one of them has.

    Examples
    --------
    >>> unit = NumberUnit(mean=3.0, spread=2.0, low=0.5, high=9.0, decimals=1)
    >>> unit.cells(np.array([-0.5, 7.0]), np.array([False, False])).tolist()
    [2.0, 9.0]
    """

    mean: float
    spread: float
    low: float
    high: float
    decimals: int

    def cells(self, scaled: np.ndarray, absent: np.ndarray) -> pd.Series:
        """Return scaled numbers as the column has them.

        Parameters
        ----------
        scaled : numpy.ndarray of shape (n_rows,)
        absent : numpy.ndarray of shape (n_rows,), dtype bool
            Which of them are missing.

        Returns
        -------
        pandas.Series
            Of integers if all numbers of the column are whole.
        """
        numbers = scaled.astype(np.float64) * self.spread + self.mean
        # What 32 bits make of the ends of the range may lie beyond.
        numbers = np.clip(np.round(numbers, self.decimals), self.low, self.high)
        cells = pd.Series(np.where(absent, np.nan, numbers))
        if self.decimals or max(abs(self.low), abs(self.high)) >= EXACT:
            return cells
        return cells.astype("Int64" if absent.any() else "int64")


def level_cells(
    codes: LevelCodes,
    every: tuple[Any, ...],
    indicators: np.ndarray,
    parents: Sequence[np.ndarray] = (),
) -> pd.Series:
    """Return the level of each row, as the column of a category has it.

    Parameters
    ----------
    codes : LevelCodes
        What the category became; the most frequent of the rare levels first.
    every : tuple
        The value of each code; that of code 0 is missing.
    indicators : numpy.ndarray of shape (n_rows, n_levels)
    parents : sequence of numpy.ndarray of shape (n_rows,)
        Codes of rows that each was made from, -1 where there is none.

    Returns
    -------
    pandas.Series
        Where no indicator is set, or that of missing, the cell is missing.

    Examples
    --------
    >>> from engine.features.encoding import LevelCodes
    >>> codes = LevelCodes(name="x", levels=("a", "b", "c"), kept=(1,), rare=(3, 2))
    >>> rows, every = np.array([[1, 0], [0, 1], [0, 0]]), (None, "a", "b", "c")
    >>> level_cells(codes, every, rows).tolist()
    ['a', '(rare)', None]
    >>> level_cells(codes, every, rows, [np.array([1, 2, 2])]).tolist()
    ['a', 'b', None]
    """
    named = np.empty(len(every), dtype=object)
    named[:] = every
    values = np.empty(len(codes.kept) + 2, dtype=object)
    values[:-2] = named[list(codes.kept)]
    values[-2:] = RARE_LEVEL, None
    known = indicators.any(axis=1)
    places = np.where(known, indicators.argmax(axis=1), -1)
    cells = values[places]
    if codes.rare and parents:
        of = np.flatnonzero(places == len(codes.kept))
        chosen = np.full(len(of), codes.rare[0])
        for theirs in reversed(parents):
            chosen = np.where(np.isin(theirs[of], codes.rare), theirs[of], chosen)
        cells[of] = named[chosen]
    return pd.Series(cells, dtype=object)


def decimals(numbers: np.ndarray) -> int:
    """Return how many decimals numbers have at most, of those that are written.

    Parameters
    ----------
    numbers : numpy.ndarray of shape (n,)
        Finite.

    Returns
    -------
    int
        Six at most; more where numbers lie so close that six would not tell them apart.

    Examples
    --------
    >>> decimals(np.array([1.0, 2.25, 3.5])), decimals(np.array([0, 1 / 3]))
    (2, 7)
    >>> decimals(np.array([2.5e-9, 1e-9, 1 / 3e9]))
    15
    """
    most = _decimals_of_range(numbers)
    for count in range(most):
        # Most columns of measurements need one look at their first numbers.
        parts = numbers[:FIRST], numbers
        if all(np.array_equal(np.round(part, count), part) for part in parts):
            return count
    return most


def _decimals_of_range(numbers: np.ndarray) -> int:
    """Return the decimals that tell numbers of this range apart, as 32 bits do."""
    spread = float(numbers.max() - numbers.min()) if len(numbers) else 0.0
    if not 0.0 < spread < 1.0:
        return DIGITS
    return min(DIGITS - math.floor(math.log10(spread)), MOST_DECIMALS)
