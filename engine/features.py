"""Columns become numbers: imputing, scaling and encoding, fitted on fitting rows.

One float32 matrix serves every arm. Numbers are filled with their median and
standardised, so that no column rules the distances of a sampler by its unit; a
filled column gets an indicator, since that a value is missing may tell something.
Categories become one indicator per level. Flags stay 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

if TYPE_CHECKING:
    from engine.data.profile import Column

__all__ = ["Features"]

MISSING_LEVEL = "(missing)"
RARE_LEVEL = "(rare)"
LARGEST = 1e30
"""Numbers beyond are taken for this: the matrix holds 32 bits, and trees only ask
which of two numbers is larger."""
_NUMERIC = ("number", "integer", "boolean")


class Features(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """Turn a table's feature columns into one float32 matrix.

    Parameters
    ----------
    columns : sequence of Column
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
        columns: Sequence[Column],
        missing: str = "impute",
        max_categories: int = 30,
    ) -> None:
        self.columns = columns
        self.missing = missing
        self.max_categories = max_categories

    def fit(self, X: pd.DataFrame, y: Any = None) -> Features:
        """Learn medians, means, scales and levels from fitting rows.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n_rows, n_columns)
            Fitting rows only: nothing may be learned from a row it will judge.
        y : ignored
            Only here for scikit-learn's sake.

        Returns
        -------
        Features
            The fitted object itself.
        """
        self.fitted_on_ = X.index.to_numpy()
        impute = self.missing == "impute"
        self._numeric = [c for c in self.columns if c.kind in _NUMERIC]
        self._categories = [c for c in self.columns if c.kind not in _NUMERIC]
        numbers = self._numbers(X)
        self._scaled = np.array([c.kind != "boolean" for c in self._numeric], bool)
        self._whole = np.array([c.kind == "integer" for c in self._numeric], bool)
        self._with_indicator = (
            np.flatnonzero(np.isnan(numbers).any(axis=0))
            if impute
            else np.array([], int)
        )
        if self._numeric:
            self._imputer = SimpleImputer(
                strategy="median", keep_empty_features=True
            ).fit(numbers)
            filled = self._imputer.transform(numbers) if impute else numbers
            self._scaler = StandardScaler().fit(filled)
            scaled = self._scale(filled)
            self._low, self._high = scaled.min(axis=0), scaled.max(axis=0)
        if self._categories:
            self._known = [_levels(X[c.name]) for c in self._categories]
            self._encoder = OneHotEncoder(
                handle_unknown="infrequent_if_exist",
                max_categories=self.max_categories,
                sparse_output=False,
                dtype=np.float32,
            ).fit(self._codes(X))
        self._lay_out()
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return rows as a matrix.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n_rows, n_columns)
            Any rows with the columns seen in `fit`.

        Returns
        -------
        numpy.ndarray of shape (n_rows, len(names_)), dtype float32
        """
        parts: list[np.ndarray] = []
        if self._numeric:
            numbers = self._numbers(X)
            absent = np.isnan(numbers[:, self._with_indicator])
            if self.missing == "impute":
                numbers = self._imputer.transform(numbers)
            parts += [self._scale(numbers), absent]
        if self._categories:
            parts.append(self._encoder.transform(self._codes(X)))
        return np.hstack(parts, dtype=np.float32, casting="unsafe")

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
        legal = np.array(rows, dtype=np.float32)
        for levels in self.levels_:
            strongest = legal[:, levels].argmax(axis=1)
            legal[:, levels] = 0.0
            legal[np.arange(len(legal)), levels.start + strongest] = 1.0
        legal[:, self.flags_] = np.clip(np.rint(legal[:, self.flags_]), 0.0, 1.0)
        if not self._numeric:
            return legal
        width = len(self._numeric)
        # A sampler may also extrapolate: ages below 0.
        legal[:, :width] = np.clip(legal[:, :width], self._low, self._high)
        whole = np.flatnonzero(self._whole)
        if whole.size:
            numbers = legal[:, :width].astype(np.float64)
            numbers = numbers * self._scaler.scale_ + self._scaler.mean_
            legal[:, whole] = self._scale(np.rint(numbers))[:, whole]
        fill = self._scale(self._imputer.statistics_[None, :])[0]
        for position, column in enumerate(self._with_indicator):
            absent = legal[:, width + position] == 1.0
            legal[absent, column] = fill[column]
        return legal

    def _numbers(self, X: pd.DataFrame) -> np.ndarray:
        names = [c.name for c in self._numeric]
        numbers = X[names].to_numpy(dtype=np.float64, na_value=np.nan)
        clipped: np.ndarray = np.clip(numbers, -LARGEST, LARGEST)
        return clipped

    def _codes(self, X: pd.DataFrame) -> np.ndarray:
        """Return the levels as numbers: missing is 0, a level never fitted is -1."""
        codes = np.empty((len(X), len(self._categories)), dtype=np.int64)
        for position, column in enumerate(self._categories):
            levels = pd.Index(self._known[position], dtype=object)
            series = X[column.name]
            found = levels.get_indexer(pd.Index(_as_text(series)))
            known = np.where(found >= 0, found + 1, -1)
            codes[:, position] = np.where(series.isna(), 0, known)
        return codes

    def _scale(self, numbers: np.ndarray) -> np.ndarray:
        scaled = (numbers - self._scaler.mean_) / self._scaler.scale_
        scaled = np.clip(scaled, -LARGEST, LARGEST)
        return np.where(self._scaled, scaled, numbers).astype(np.float32)

    def _lay_out(self) -> None:
        names = [c.name for c in self._numeric]
        flags = [i for i, c in enumerate(self._numeric) if c.kind == "boolean"]
        flags += range(len(names), len(names) + len(self._with_indicator))
        names += [f"{names[i]} missing" for i in self._with_indicator]
        levels: list[slice] = []
        for position, column in enumerate(self._categories):
            shown = self._shown(position)
            levels.append(slice(len(names), len(names) + len(shown)))
            names += [f"{column.name}={level}" for level in shown]
        self.names_, self.flags_, self.levels_ = names, flags, levels

    def _shown(self, position: int) -> list[str]:
        """Return the levels of one category that have an indicator, in order."""
        texts = [MISSING_LEVEL, *self._known[position]]
        fitted = self._encoder.categories_[position]
        rare = self._encoder.infrequent_categories_[position]
        kept = [texts[code] for code in fitted if rare is None or code not in rare]
        return kept if rare is None else [*kept, RARE_LEVEL]


def _levels(series: pd.Series) -> list[str]:
    return sorted({str(value) for value in series.dropna().unique()})


def _as_text(series: pd.Series) -> pd.Series:
    """Return values as text by way of the distinct ones."""
    codes, values = pd.factorize(series)
    texts = pd.Series([str(value) for value in values], dtype=object)
    return texts.reindex(codes)
