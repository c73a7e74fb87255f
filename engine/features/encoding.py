"""The way from the cells of a table to the matrix and back, as plain values.

`engine.features.encoder` learns an encoding from fitting rows; a bundle
(`engine.bundle`) carries it to where new rows are scored. There is one way from cells
to the matrix, and it is here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from engine.data.readers.raw import EXACT

LARGEST = 1e30
"""Numbers beyond are taken for this: the matrix holds 32 bits, and trees only ask
which of two numbers is larger."""
BLOCK_ROWS = 65_536
"""Rows that are worked on at a time: what is copied on the way stays small."""
ABSENT, UNSEEN = 0, -1
"""Codes of a missing cell, and of a level that no fitting row had."""


# To the matrix ----------------------------------------------------------------------


class NumberCode(msgspec.Struct, frozen=True, kw_only=True):
    """What one number column becomes.

    Parameters
    ----------
    name : str
    fill : float
        What a missing number is taken for, if missing ones are filled.
    mean, spread : float
        It is scaled by these.
    scaled : bool
        Whether it is; a flag stays 0 and 1.
    flagged : bool
        Whether another column says where it was missing.
    """

    name: str
    fill: float
    mean: float
    spread: float
    scaled: bool = True
    flagged: bool = False


class LevelCodes(msgspec.Struct, frozen=True, kw_only=True):
    """What one category becomes: an indicator per level.

    Parameters
    ----------
    name : str
    levels : tuple of str
        Those of the fitting rows, in order; their codes begin with 1, that of a
        missing cell is 0.
    kept : tuple of int
        Codes that have an indicator each, in its order.
    rare : tuple of int
        Codes that share the indicator behind; new levels have it too.
    """

    name: str
    levels: tuple[str, ...]
    kept: tuple[int, ...]
    rare: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """How many indicators there are."""
        return len(self.kept) + bool(self.rare)

    def places(self) -> np.ndarray:
        """Return the indicator of each code, that of a new level last; -1 for none.

        Examples
        --------
        >>> codes = LevelCodes(name="c", levels=("a", "b", "z"), kept=(1, 2), rare=(3,))
        >>> codes.places().tolist()
        [2, 0, 1, 2, 2]
        """
        other = len(self.kept) if self.rare else -1
        places = np.full(len(self.levels) + 2, other, dtype=np.int64)
        places[list(self.kept)] = np.arange(len(self.kept))
        return places


class Encoding(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The way from the feature columns of a table to one float32 matrix.

    Parameters
    ----------
    missing : {"impute", "native"}
        Whether missing numbers are filled, or stay missing.
    numbers : tuple of NumberCode
        In the order of the matrix.
    categories : tuple of LevelCodes
        Those behind.

    Examples
    --------
    >>> encoding = Encoding(
    ...     missing="impute",
    ...     numbers=(NumberCode(name="age", fill=2.0, mean=2.0, spread=0.5),),
    ...     categories=(LevelCodes(name="sex", levels=("f", "m"), kept=(1, 2)),),
    ... )
    >>> frame = pd.DataFrame({"sex": ["m", "x"], "age": [3.0, None]})
    >>> encoding.transform(frame).tolist()
    [[2.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    >>> Encoding.from_json(encoding.to_json()) == encoding
    True
    """

    missing: str
    numbers: tuple[NumberCode, ...] = ()
    categories: tuple[LevelCodes, ...] = ()

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return self.flat + sum(one.width for one in self.categories)

    @property
    def flat(self) -> int:
        """Columns before those of the categories: numbers, then flags of missing."""
        return len(self.numbers) + len(self.flagged)

    @cached_property
    def flagged(self) -> np.ndarray:
        """Places of the numbers that have a flag."""
        return np.flatnonzero([one.flagged for one in self.numbers])

    def transform(
        self, frame: pd.DataFrame, at: np.ndarray | None = None
    ) -> np.ndarray:
        """Return rows as a matrix.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n_rows, n_columns)
            Any rows with these columns, in any order.
        at : numpy.ndarray of int of shape (n_chosen,), optional
            Places of the rows wanted; all if not given. Less is copied than of
            ``frame.iloc[at]``.

        Returns
        -------
        numpy.ndarray of shape (n_rows or n_chosen, width), dtype float32
        """
        wanted = len(frame) if at is None else len(at)
        rows = np.empty((wanted, self.width), dtype=np.float32)
        for begin in range(0, wanted, BLOCK_ROWS):
            block = slice(begin, begin + BLOCK_ROWS)
            self._transform(frame.iloc[block if at is None else at[block]], rows[block])
        return rows

    def scale(self, values: np.ndarray) -> np.ndarray:
        """Return numbers, a column of each, as the matrix has them."""
        mean, spread, scaled, _ = self._units
        scaled_values = np.clip((values - mean) / spread, -LARGEST, LARGEST)
        return np.where(scaled, scaled_values, values).astype(np.float32)

    def codes(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the levels as numbers: missing is 0, a level never fitted is -1."""
        codes = np.empty((len(frame), len(self.categories)), dtype=np.int64)
        for place, one in enumerate(self.categories):
            # As text, by way of the distinct values.
            at, values = pd.factorize(frame[one.name])
            texts = pd.Index([str(value) for value in values], dtype=object)
            levels = self._known[place].get_indexer(texts)
            known = np.where(levels >= 0, levels + 1, UNSEEN)
            codes[:, place] = np.append(known, ABSENT)[at]
        return codes

    def to_json(self) -> bytes:
        """Return it as JSON; every number comes back as it was, to the last bit."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)

    @classmethod
    def from_json(cls, data: bytes) -> Encoding:
        """Return what `to_json` wrote.

        Raises
        ------
        msgspec.ValidationError
            If it is no encoding: of the wrong types, or not whole in itself.
        """
        return msgspec.json.decode(data, type=cls)

    def _transform(self, frame: pd.DataFrame, rows: np.ndarray) -> None:
        """Write some rows of a table to their place in the matrix."""
        width, flags = len(self.numbers), self.flat
        if width:
            values = numbers(frame, [one.name for one in self.numbers])
            absent = np.isnan(values)
            if self.missing == "impute":
                values = np.where(absent, self._units[3], values)
            rows[:, :width] = self.scale(values)
            rows[:, width:flags] = absent[:, self.flagged]
        if not self.categories:
            return
        rows[:, flags:] = 0.0
        codes, every = self.codes(frame), np.arange(len(frame))
        for place, one in enumerate(self.categories):
            at = self._places[place][codes[:, place]]  # -1 is the last: a new level
            there = at >= 0
            rows[every[there], flags + at[there]] = 1.0
            flags += one.width

    @cached_property
    def _units(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return (
            np.array([one.mean for one in self.numbers], dtype=np.float64),
            np.array([one.spread for one in self.numbers], dtype=np.float64),
            np.array([one.scaled for one in self.numbers], dtype=bool),
            np.array([one.fill for one in self.numbers], dtype=np.float64),
        )

    @cached_property
    def _known(self) -> list[pd.Index]:
        return [pd.Index(one.levels, dtype=object) for one in self.categories]

    @cached_property
    def _places(self) -> list[np.ndarray]:
        return [one.places() for one in self.categories]


def numbers(
    frame: pd.DataFrame, names: Sequence[str], at: np.ndarray | None = None
) -> np.ndarray:
    """Return number columns of a table, or of rows of it, the largest of them cut.

    Returns
    -------
    numpy.ndarray of shape (n_rows, len(names)), dtype float64
    """
    cells = frame[list(names)]
    cells = cells if at is None else cells.iloc[at]
    values = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    clipped: np.ndarray = np.clip(values, -LARGEST, LARGEST)
    return clipped


# To rows in codes, and back ---------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """The columns of a matrix, and those of the same rows in codes.

    Some samplers take a category as it is, as one column of codes, where the matrix has
    an indicator per level. The two forms hold the same. In codes come the numbers and
    flags as they are, in their order, and then one column per category, whose value is
    the place of the row's level.

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

    def is_exact(self, X: np.ndarray) -> bool:
        """Tell whether each row has just one level of every category.

        Parameters
        ----------
        X : numpy.ndarray of shape (n_rows, width)
            Rows of the matrix.
        """
        for begin, end in self.levels:
            indicators = X[:, begin:end]
            one = np.count_nonzero(indicators, axis=1) == 1
            if not (one & (indicators.max(axis=1, initial=0.0) == 1.0)).all():
                return False
        return True

    def collapse(self, X: np.ndarray) -> np.ndarray:
        """Return rows in codes.

        Parameters
        ----------
        X : numpy.ndarray of shape (n_rows, width)
            Rows of the matrix.

        Returns
        -------
        numpy.ndarray of shape (n_rows, len(names)), dtype float32
            A level that no fitting row had is `UNSEEN`.
        """
        codes = np.empty((len(X), len(self.names)), dtype=np.float32)
        codes[:, : self.flat] = X[:, : self.flat]
        for place, (begin, end) in enumerate(self.levels, start=self.flat):
            indicators = X[:, begin:end]
            known = indicators.any(axis=1)
            codes[:, place] = np.where(known, indicators.argmax(axis=1), UNSEEN)
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


# Rows that could exist ---------------------------------------------------------------


@dataclass(frozen=True)
class Limits:
    """What rows of the matrix must keep to, to be rows that could exist.

    Attributes
    ----------
    low, high : numpy.ndarray of shape (n_numbers,), dtype float32
        The range of each column of numbers among the fitting rows.
    fill : numpy.ndarray of shape (n_numbers,), dtype float32
        What stands where a number is missing.
    whole : mapping of int to (float, float)
        Columns of whole numbers, with the mean and spread that they are scaled by.
    marked : sequence of int
        The columns that have a mark each, behind the numbers, in this order.
    flags : sequence of int
        Columns that hold 0 or 1 only, the marks among them.
    levels : sequence of slice
        The indicators of each category.

    Examples
    --------
    >>> ends = np.float32([[0], [3], [1]])
    >>> limits = Limits(*ends, whole={0: (0.0, 1.0)}, marked=[], flags=[],
    ...                 levels=[slice(1, 3)])
    >>> limits.legalise(np.array([[1.8, 0.3, 0.7], [9.0, 1.0, 0.0]])).tolist()
    [[2.0, 0.0, 1.0], [3.0, 1.0, 0.0]]
    """

    low: np.ndarray
    high: np.ndarray
    fill: np.ndarray
    whole: Mapping[int, tuple[float, float]]
    marked: Sequence[int]
    flags: Sequence[int]
    levels: Sequence[slice]

    def legalise(self, rows: np.ndarray) -> np.ndarray:
        """Return synthetic rows as rows that could exist; see `Features.legalise`."""
        legal = np.array(rows, dtype=np.float32)
        for levels in self.levels:
            strongest = legal[:, levels].argmax(axis=1)
            legal[:, levels] = 0.0
            legal[np.arange(len(legal)), levels.start + strongest] = 1.0
        flags, width = list(self.flags), len(self.low)
        legal[:, flags] = np.clip(np.rint(legal[:, flags]), 0.0, 1.0)
        # A sampler may also extrapolate: ages below 0.
        legal[:, :width] = np.clip(legal[:, :width], self.low, self.high)
        for column, (mean, spread) in self.whole.items():
            cells = np.rint(legal[:, column].astype(np.float64) * spread + mean)
            legal[:, column] = np.clip((cells - mean) / spread, -LARGEST, LARGEST)
        for position, column in enumerate(self.marked):
            absent = legal[:, width + position] == 1.0
            legal[absent, column] = self.fill[column]
        return legal


# Back to the cells of the table -----------------------------------------------------


RARE_LEVEL = "(rare)"
DIGITS = 6
"""Digits of the range of a column that 32 bits tell: more would be noise."""
MOST_DECIMALS = 300
"""Rounding to more overflows."""
FIRST = 1000
"""Numbers that tell of most columns how many decimals they have at least."""


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
    most = DIGITS
    spread = float(numbers.max() - numbers.min()) if len(numbers) else 0.0
    if 0.0 < spread < 1.0:
        most = min(DIGITS - math.floor(math.log10(spread)), MOST_DECIMALS)
    for count in range(most):
        # Most columns of measurements need one look at their first numbers.
        parts = numbers[:FIRST], numbers
        if all(np.array_equal(np.round(part, count), part) for part in parts):
            return count
    return most
