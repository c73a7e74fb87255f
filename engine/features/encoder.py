"""Columns become numbers: imputing, scaling and encoding, fitted on fitting rows.

One float32 matrix serves every arm. Numbers are filled with their median and
standardised, so that no column rules the distances of a sampler by its unit; a
filled column gets an indicator, since that a value is missing may tell something.
Categories become one indicator per level. Flags stay 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from engine.features.encoding import (
    RARE_LEVEL,
    Encoding,
    Layout,
    LevelCodes,
    Limits,
    NumberCode,
    NumberUnit,
    decimals,
    level_cells,
    numbers,
)

if TYPE_CHECKING:
    from engine.data.profile import ColumnProfile

MISSING_LEVEL = "(missing)"
BLOCK_CELLS = 2**20
"""Numbers that are learned from at a time."""
_NUMERIC = ("number", "integer", "boolean")


class Features(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """Turn a table's feature columns into one float32 matrix.

    Parameters
    ----------
    columns : sequence of ColumnProfile
        What each feature column is.
    missing : {"impute", "native"}, default="impute"
        ``impute`` fills with the median and adds indicators; ``native`` leaves
        numbers missing, for models that can take it.
    max_categories : int, default=30
        Levels of a column that get an indicator each; the rarest share one.

    Attributes
    ----------
    names_ : list of str
        Name of each output column.
    levels_ : list of slice
        The indicator columns of each category.
    flags_ : list of int
        Output columns that hold 0 or 1 only.
    owners_ : tuple of str
        The column of the table that each output column is made of.
    rare_ : bool
        Whether some levels of a category share an indicator.
    layout_ : Layout
        Which columns belong together, and the way to codes and back.
    limits_ : Limits
        What a row must keep to, to be one that could exist.
    encoding_ : Encoding
        All that `transform` goes by, as plain values.
    fitted_on_ : numpy.ndarray
        Index labels of the rows it was fitted on.

    Examples
    --------
    >>> import pandas as pd
    >>> from engine.data import profile
    >>> frame = pd.DataFrame({"age": [1.5, None, 4.0], "sex": ["f", "m", "f"]})
    >>> features = Features(profile.columns(frame)).fit(frame)
    >>> features.names_
    ['age', 'age missing', 'sex=f', 'sex=m']
    >>> features.transform(frame).shape
    (3, 4)
    """

    def __init__(
        self,
        columns: Sequence[ColumnProfile],
        missing: str = "impute",
        max_categories: int = 30,
    ) -> None:
        self.columns = columns
        self.missing = missing
        self.max_categories = max_categories

    def fit(
        self, X: pd.DataFrame, y: Any = None, at: np.ndarray | None = None
    ) -> Features:
        """Learn medians, means, scales and levels from fitting rows.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n_rows, n_columns)
            Nothing may be learned from a row that is scored later.
        y : ignored
            Only here for scikit-learn's sake.
        at : numpy.ndarray of int of shape (n_fit,), optional
            Places of the fitting rows; all if not given.

        Returns
        -------
        Features
            The fitted object itself.
        """
        index = X.index if at is None else X.index[at]
        self.fitted_on_ = index.to_numpy()
        impute = self.missing == "impute"
        self._numeric = [c for c in self.columns if c.kind in _NUMERIC]
        self._categories = [c for c in self.columns if c.kind not in _NUMERIC]
        learned = list(_learn(X, self._numeric, at, impute=impute))
        self._units = [unit for _, unit in learned]
        words = X[[c.name for c in self._categories]]
        words = words if at is None else words.iloc[at]
        known = [_levels(words[c.name]) for c in self._categories]
        self._values = [(None, *values.values()) for values in known]
        every = [
            LevelCodes(name=column.name, levels=tuple(values), kept=())
            for column, values in zip(self._categories, known, strict=True)
        ]
        self.encoding_ = Encoding(
            missing=self.missing,
            numbers=tuple(code for code, _ in learned),
            categories=self._share_rare(words, tuple(every)),
        )
        self._with_indicator = self.encoding_.flagged
        self._lay_out()
        return self

    def transform(self, X: pd.DataFrame, at: np.ndarray | None = None) -> np.ndarray:
        """Return rows as a matrix.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n_rows, n_columns)
            Any rows with the columns seen in `fit`.
        at : numpy.ndarray of int of shape (n_chosen,), optional
            Places of the rows wanted; all if not given.

        Returns
        -------
        numpy.ndarray of shape (n_rows, len(names_)), dtype float32
        """
        return self.encoding_.transform(X, at)

    def legalise(self, rows: np.ndarray) -> np.ndarray:
        """Return synthetic rows as rows that could exist.

        A sampler interpolates between rows, so it makes a third of a level and
        two fifths of a flag, which a tree can tell from a real row. Each category
        becomes its strongest level, flags and whole numbers are rounded, numbers
        stay within the range of the fitting rows, and a value marked missing is
        the fill value again.

        Parameters
        ----------
        rows : numpy.ndarray of shape (n_rows, len(names_))
            Rows that a sampler made; not changed.

        Returns
        -------
        numpy.ndarray of shape (n_rows, len(names_)), dtype float32
        """
        return self.limits_.legalise(rows)

    def restore(
        self, rows: np.ndarray, parents: Sequence[pd.DataFrame] = ()
    ) -> pd.DataFrame:
        """Return rows of the matrix as rows of the table.

        Numbers have their unit again, no more decimals than in the fitting rows and
        nothing beyond their range; levels are the values of the table. What is marked
        missing is missing.

        Parameters
        ----------
        rows : numpy.ndarray of shape (n_rows, len(names_))
            Encoded by `transform`, or made legal by `legalise`.
        parents : sequence of pandas.DataFrame of shape (n_rows, n_columns)
            Rows of the table that each was made from, missing where there is none. Of
            levels that share an indicator they tell which it is: the first parent's
            that has one of them, else the most frequent one. Without any parent it is
            called ``(rare)``, for display only.

        Returns
        -------
        pandas.DataFrame of shape (n_rows, n_columns)
            Whole numbers are integers, nullable where one is missing.

        Examples
        --------
        >>> from engine.data import profile
        >>> frame = pd.DataFrame({"age": [7, 9, None], "sex": ["f", "m", None]})
        >>> features = Features(profile.columns(frame)).fit(frame)
        >>> features.restore(features.transform(frame)).to_numpy().tolist()
        [[7, 'f'], [9, 'm'], [<NA>, None]]
        """
        width = len(self._numeric)
        absent = np.isnan(rows[:, :width])
        marks = rows[:, width : width + len(self._with_indicator)] == 1.0
        absent[:, self._with_indicator] |= marks
        codes = [self.encoding_.codes(parent) for parent in parents]
        cells: dict[str, pd.Series] = {}
        for place, column in enumerate(self._numeric):
            values, missing = rows[:, place], absent[:, place]
            cells[column.name] = self._units[place].cells(values, missing)
        for place, one in enumerate(self.encoding_.categories):
            indicators = rows[:, self.levels_[place]]
            theirs = [each[:, place] for each in codes]
            cells[one.name] = level_cells(one, self._values[place], indicators, theirs)
        return pd.DataFrame({c.name: cells[c.name] for c in self.columns})

    def _lay_out(self) -> None:
        names = [c.name for c in self._numeric]
        flags = [i for i, c in enumerate(self._numeric) if c.kind == "boolean"]
        flags += range(len(names), len(names) + len(self._with_indicator))
        owners = names + [names[i] for i in self._with_indicator]
        names += [f"{names[i]} missing" for i in self._with_indicator]
        levels: list[slice] = []
        for one in self.encoding_.categories:
            levels.append(slice(len(names), len(names) + one.width))
            texts = [MISSING_LEVEL, *one.levels]
            shown = [*(texts[code] for code in one.kept), RARE_LEVEL][: one.width]
            names += [f"{one.name}={level}" for level in shown]
            owners += [one.name] * one.width
        self.owners_ = tuple(owners)
        self.names_, self.flags_, self.levels_ = names, flags, levels
        self.rare_ = any(one.rare for one in self.encoding_.categories)
        flat = len(self._numeric) + len(self._with_indicator)
        whole = [i for i, c in enumerate(self._numeric) if c.kind == "integer"]
        self.layout_ = Layout(
            names=(*names[:flat], *(c.name for c in self._categories)),
            flat=flat,
            flags=tuple(flags),
            levels=tuple((part.start, part.stop) for part in levels),
        )
        codes, units = self.encoding_.numbers, self._units
        # One row each of what is lowest, highest, and filled in.
        rows = [(u.low, u.high, n.fill) for u, n in zip(units, codes, strict=True)]
        low, high, fill = self.encoding_.scale(np.array(rows).reshape(-1, 3).T)
        self.limits_ = Limits(
            low=low,
            high=high,
            fill=fill,
            whole={p: (codes[p].mean, codes[p].spread) for p in whole},
            marked=self._with_indicator.tolist(),
            flags=flags,
            levels=levels,
        )

    def _share_rare(
        self, X: pd.DataFrame, every: tuple[LevelCodes, ...]
    ) -> tuple[LevelCodes, ...]:
        """Tell which levels of each category have an indicator, and which share one."""
        if not every:
            return ()
        encoder = OneHotEncoder(
            handle_unknown="infrequent_if_exist", max_categories=self.max_categories
        )
        codes = Encoding(missing=self.missing, categories=every).codes(X)
        encoder.fit(codes)
        codes_of = []
        for place, one in enumerate(every):
            rare = encoder.infrequent_categories_[place]
            shared = [] if rare is None else [int(code) for code in rare]
            counts = np.bincount(codes[:, place], minlength=len(one.levels) + 1)
            shared.sort(key=(-counts).__getitem__)
            own = tuple(np.setdiff1d(encoder.categories_[place], shared).tolist())
            codes_of.append(msgspec.structs.replace(one, kept=own, rare=tuple(shared)))
        return tuple(codes_of)


def _learn(
    X: pd.DataFrame,
    columns: Sequence[ColumnProfile],
    at: np.ndarray | None,
    *,
    impute: bool,
) -> Iterator[tuple[NumberCode, NumberUnit]]:
    """Learn from columns of numbers, in parts: no second copy of the table is made."""
    at_once = max(1, BLOCK_CELLS // max(1, len(X)))
    for begin in range(0, len(columns), at_once):
        part = columns[begin : begin + at_once]
        cells = numbers(X, [column.name for column in part], at)
        yield from _learn_part(cells, part, impute=impute)


def _learn_part(
    cells: np.ndarray, columns: Sequence[ColumnProfile], *, impute: bool
) -> Iterator[tuple[NumberCode, NumberUnit]]:
    # Column after column in memory: their sums are then those of each by itself, to the
    # last bit.
    cells = np.asfortranarray(cells)
    absent = np.isnan(cells)
    medians = _medians(cells, absent)
    filled = np.where(absent, medians, cells)
    # One that is empty here has no mean of its own.
    own = filled if impute else np.where(absent.all(axis=0), filled, cells)
    scaler = StandardScaler().fit(np.asfortranarray(own))
    low, high = filled.min(axis=0), filled.max(axis=0)
    for place, column in enumerate(columns):
        mean, spread = float(scaler.mean_[place]), float(scaler.scale_[place])
        scaled, missing = column.kind != "boolean", absent[:, place]
        code = NumberCode(
            name=column.name,
            fill=float(medians[place]),
            mean=mean,
            spread=spread,
            scaled=scaled,
            flagged=impute and bool(missing.any()),
        )
        unit = NumberUnit(
            mean=mean if scaled else 0.0,
            spread=spread if scaled else 1.0,
            low=float(low[place]),
            high=float(high[place]),
            decimals=decimals(cells[~missing, place]),
        )
        yield code, unit


def _medians(cells: np.ndarray, absent: np.ndarray) -> np.ndarray:
    """Return the median of each column; 0 of one that is empty."""
    gaps = absent.any(axis=0)
    medians = np.zeros(cells.shape[1])
    if not gaps.all():
        medians[~gaps] = np.median(cells[:, ~gaps], axis=0)
    for place in np.flatnonzero(gaps & ~absent.all(axis=0)):
        medians[place] = np.median(cells[~absent[:, place], place])
    return medians


def _levels(series: pd.Series) -> dict[str, object]:
    """Return the levels as text, in order, each with its value in the table."""
    values = {str(value): value for value in series.dropna().unique()}
    return {text: values[text] for text in sorted(values)}
