"""What an encoding learned, as plain values: columns become the matrix by it, anywhere.

`engine.features.encoder` learns it from fitting rows; a bundle (`engine.bundle`)
carries it to where new rows are scored. There is one way from cells to the matrix, and
it is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import pandas as pd

LARGEST = 1e30
"""Numbers beyond are taken for this: the matrix holds 32 bits, and trees only ask
which of two numbers is larger."""
BLOCK_ROWS = 65_536
"""Rows that are worked on at a time: what is copied on the way stays small."""
ABSENT, UNSEEN = 0, -1
"""Codes of a missing cell, and of a level that no fitting row had."""


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

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Return rows as a matrix.

        Parameters
        ----------
        frame : pandas.DataFrame of shape (n_rows, n_columns)
            Any rows with these columns, in any order.

        Returns
        -------
        numpy.ndarray of shape (n_rows, width), dtype float32
        """
        rows = np.empty((len(frame), self.width), dtype=np.float32)
        for begin in range(0, len(frame), BLOCK_ROWS):
            part = frame.iloc[begin : begin + BLOCK_ROWS]
            self._transform(part, rows[begin : begin + BLOCK_ROWS])
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
            series = frame[one.name]
            at = self._known[place].get_indexer(pd.Index(_as_text(series)))
            known = np.where(at >= 0, at + 1, UNSEEN)
            codes[:, place] = np.where(series.isna(), ABSENT, known)
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


def numbers(frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return number columns of a table, the largest of them cut.

    Returns
    -------
    numpy.ndarray of shape (n_rows, len(names)), dtype float64
    """
    values = frame[list(names)].to_numpy(dtype=np.float64, na_value=np.nan)
    clipped: np.ndarray = np.clip(values, -LARGEST, LARGEST)
    return clipped


def _as_text(series: pd.Series) -> Any:
    """Return values as text by way of the distinct ones."""
    codes, values = pd.factorize(series)
    texts = pd.Series([str(value) for value in values], dtype=object)
    return texts.reindex(codes)
