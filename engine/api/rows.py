"""The columns of a caller's table as columns of the engine, by their types alone."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import narwhals as nw
import numpy as np
import pandas as pd
from sklearn.utils.validation import assert_all_finite, check_array

from engine.core.errors import DataError
from engine.data.column_choices import convert, keep
from engine.data.profile import ColumnProfile, column

Kind: TypeAlias = Literal["number", "date", "category"]

_NUMBERS = ("boolean", "integer", "floating", "mixed-integer-float", "decimal")


def is_frame(X: Any) -> bool:
    """Tell whether it is a frame of pandas, polars, pyarrow or another library."""
    found = nw.from_native(X, eager_only=True, pass_through=True)
    return isinstance(found, nw.DataFrame)


def as_pandas(X: Any) -> pd.DataFrame:
    """Return rows as a frame whose columns are called by their places.

    Parameters
    ----------
    X : frame or array-like of shape (n_rows, n_columns)
        An array is one of numbers.

    Examples
    --------
    >>> as_pandas([[1.5, 2], [3, 4]]).columns.tolist()
    ['x0', 'x1']
    """
    if is_frame(X):
        frame = nw.from_native(X, eager_only=True).to_pandas()
    else:
        frame = pd.DataFrame(check_array(X, ensure_all_finite=False))
    names = [f"x{place}" for place in range(frame.shape[1])]
    # A slice of a caller's frame may share its memory: no cell is ever written.
    rows: pd.DataFrame = frame.set_axis(names, axis=1).reset_index(drop=True)
    return rows


def kinds_of(frame: pd.DataFrame) -> dict[str, Kind]:
    """Return what the type of each column says that it is; no cell of text is read.

    Raises
    ------
    DataError
        If there is a column of complex numbers.

    Examples
    --------
    >>> kinds_of(pd.DataFrame({"x0": [1, 2], "x1": ["1", "2"], "x2": [True, None]}))
    {'x0': 'number', 'x1': 'category', 'x2': 'number'}
    """
    return {str(name): _kind(frame[name]) for name in frame.columns}


def _kind(series: pd.Series) -> Kind:
    types = pd.api.types
    if types.is_complex_dtype(series.dtype):
        raise DataError("Complex data not supported", "give real numbers")
    if types.is_datetime64_any_dtype(series.dtype):
        return "date"
    if types.is_numeric_dtype(series.dtype):
        return "number"
    loose = series.dtype == object
    number = loose and types.infer_dtype(series, skipna=True) in _NUMBERS
    return "number" if number else "category"


def read(frame: pd.DataFrame, kinds: dict[str, Kind]) -> pd.DataFrame:
    """Return cells as the engine takes them: numbers, or levels as text.

    A date is its number of days since 1970, and a missing cell is missing.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `as_pandas`.
    kinds : dict
        Of `kinds_of`, for the rows that a model is fitted on.

    Raises
    ------
    ValueError
        If a cell of a column of numbers is none, or is infinite.
    """
    levels = {name: kind for name, kind in kinds.items() if kind == "category"}
    made = {name: _cells(frame[name], kind) for name, kind in kinds.items()}
    texts: dict[str, Any] = dict(levels)
    return convert(pd.DataFrame(made), texts, np.arange(len(frame)), [])


def _cells(series: pd.Series, kind: Kind) -> pd.Series:
    if kind == "category":
        return series
    if kind == "date":
        return keep(series, ColumnProfile(str(series.name), "date", 0, 0))[0]
    values = pd.to_numeric(series).to_numpy(dtype=np.float64, na_value=np.nan)
    assert_all_finite(values, allow_nan=True, input_name="X")
    return pd.Series(values, name=series.name)


def profiles(frame: pd.DataFrame, kinds: dict[str, Kind]) -> tuple[ColumnProfile, ...]:
    """Return what each column is to the encoding; every one is a feature.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `read`.
    kinds : dict
    """
    found = []
    for name, kind in kinds.items():
        seen = column(frame[name])
        if kind == "category":
            seen = seen._replace(kind="category")
        elif seen.kind in ("id", "constant"):
            # What looks like a row number is a number to whoever gives it.
            seen = keep(frame[name], seen)[1]
        found.append(seen)
    return tuple(found)
