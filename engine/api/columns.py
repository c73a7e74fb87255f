"""Frames, arrays and lists of any library as named columns of Arrow's."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, NamedTuple, TypeAlias

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from engine.core.errors import DataError
from engine.core.format import listed
from engine.data.readers.arrow import array_of, refuse_nested
from engine.data.readers.raw import EXACT, settle

Library: TypeAlias = Literal["pandas", "polars", "pyarrow", "numpy"]
Columns: TypeAlias = dict[str, pa.ChunkedArray]
_NESTED = (list, tuple, dict, set, frozenset, np.ndarray)
_UNKNOWN = (nw.Object, nw.Int128, nw.UInt128)
"""Types of polars that Arrow has not."""


class FeatureRows(NamedTuple):
    """Rows of features.

    Attributes
    ----------
    columns : dict of str to pyarrow.ChunkedArray
        Cells by the name of their column.
    given : dict
        Those names by what the caller calls the columns.
    labels : pandas.Index of shape (n_rows,)
        What the caller calls the rows.
    library : {"pandas", "polars", "pyarrow", "numpy"}
        Where they come from.
    """

    columns: Columns
    given: dict[Any, str]
    labels: pd.Index
    library: Library


def rows_of(X: Any, what: str) -> FeatureRows:
    """Return the features of rows, of whatever library they are.

    Parameters
    ----------
    X : frame or array-like of shape (n_rows, n_features)
    what : str
        What to call it.

    Raises
    ------
    DataError
        If it is no table, or has cells that are no single values.

    Examples
    --------
    >>> rows = rows_of(np.array([[1.0, 0.5], [2.0, 1.5]]), "X")
    >>> {name: str(cells.type) for name, cells in rows.columns.items()}
    {'x0': 'int64', 'x1': 'double'}
    """
    _refuse_sparse(X, what)
    index: pd.Index | None = None
    library: Library = "numpy"
    if isinstance(X, pa.RecordBatch):
        X = pa.Table.from_batches([X])
    # Of other frames narwhals wants every name to be there once.
    frame = X
    if not isinstance(X, pd.DataFrame | pa.Table):
        frame = nw.from_native(X, pass_through=True, allow_series=True)
    if isinstance(frame, nw.LazyFrame):
        raise DataError(
            f"{what} is lazy ({type(X).__module__}): its rows are not there yet",
            "give it after .collect() (of Dask: .compute())",
        )
    if isinstance(frame, nw.DataFrame) and frame.implementation.is_pandas_like():
        frame = frame.to_pandas()
    if isinstance(frame, pd.DataFrame):
        library, index = "pandas", frame.index
        labels, arrays = _of_pandas(frame, what)
    elif isinstance(frame, pa.Table):
        library = "pyarrow"
        labels, arrays = frame.column_names, frame.columns
    elif isinstance(frame, nw.DataFrame):
        library = "polars" if frame.implementation.is_polars() else "pyarrow"
        labels = frame.columns
        arrays = [_of_series(column) for column in frame.iter_columns()]
    elif isinstance(frame, nw.Series | pd.Series | pa.Array | pa.ChunkedArray):
        raise _not_two(what, 1)
    else:
        labels, arrays = _of_array(frame, what)
    names, _ = settle([_written(label) for label in labels])
    if not names:
        raise DataError(f"{what} has no columns", "give one for each feature")
    plain = [_plain(array) for array in arrays]
    if not len(plain[0]):
        raise DataError(f"{what} has no rows", "give at least some of each class")
    fields = [pa.field(n, a.type) for n, a in zip(names, plain, strict=True)]
    single = "give one value per cell, and bytes decoded"
    refuse_nested(fields, what, f"{single}, or leave them out of {what}")
    given: dict[Any, str] = {}
    for label, name in zip(labels, names, strict=True):
        given.setdefault(label, name)
    if index is None:
        index = pd.RangeIndex(len(plain[0]))
    return FeatureRows(dict(zip(names, plain, strict=True)), given, index, library)


def _written(label: Any) -> str | None:
    """Return the name of a column as text; of levels all of them."""
    if isinstance(label, tuple):
        return " ".join(map(str, label))
    return None if pd.isna(label) else str(label)


def column_of(
    given: Any, part: str
) -> tuple[str | None, pa.ChunkedArray, pd.Index | None]:
    """Return one column: its name and the labels of its rows, where it has any.

    Parameters
    ----------
    given : array-like of shape (n_rows,) or (n_rows, 1)
    part : str
        What to call it.

    Raises
    ------
    DataError
        If it is not one column, or has cells that are no single values.

    Examples
    --------
    >>> name, cells, labels = column_of(pd.Series([0, 1], [7, 8], name="ill"), "y")
    >>> name, cells.to_pylist(), labels.tolist()
    ('ill', [0, 1], [7, 8])
    """
    _refuse_sparse(given, part)
    if isinstance(given, pd.Index | pd.api.extensions.ExtensionArray):
        given = pd.Series(given).reset_index(drop=True)
    if isinstance(given, pa.Array | pa.ChunkedArray | pd.DataFrame | pa.Table):
        column = given
    else:
        column = nw.from_native(given, pass_through=True, allow_series=True)
    if isinstance(column, nw.LazyFrame):
        raise DataError(f"{part} is lazy", "give it after .collect()")
    if isinstance(column, nw.DataFrame | pd.DataFrame | pa.Table):
        if column.shape[1] != 1:
            raise _not_one(part, f"has {column.shape[1]} columns")
        single = nw.from_native(column, eager_only=True)
        return column_of(next(single.iter_columns()), part)
    name, labels = None, None
    if isinstance(column, nw.Series):
        if isinstance(column.name, str) and column.name.strip():
            name = settle([column.name])[0][0]
        if column.implementation.is_pandas_like():
            series = column.to_pandas()
            labels = series.index
            array = _of_pandas(series.to_frame(), part)[1][0]
        else:
            array = _of_series(column)
    elif isinstance(column, pa.Array | pa.ChunkedArray):
        array = column
    else:
        values = _values(column)
        if values.ndim == 2 and values.shape[1] == 1:
            values = values[:, 0]
        if values.ndim != 1:
            raise _not_one(part, f"has {values.ndim} dimensions: {values.shape}")
        array = _of_array(values.reshape(-1, 1), part)[1][0]
    array = _plain(array)
    refuse_nested(
        [pa.field(name or part, array.type)],
        part,
        "give one value per row, and bytes decoded",
    )
    return name, array, labels


def _of_pandas(frame: pd.DataFrame, what: str) -> tuple[list[Any], list[Any]]:
    """Return the labels of columns, and their cells as Arrow's."""
    labels = frame.columns.tolist()
    kinds = frame.dtypes.tolist()
    sparse = [isinstance(kind, pd.SparseDtype) for kind in kinds]
    if any(sparse):
        names = [str(label) for label in itertools.compress(labels, sparse)]
        raise DataError(
            f"{what} has sparse columns: {listed(names)}",
            f"give {what}.sparse.to_dense(): every cell is used",
        )
    return labels, [_cells(frame.iloc[:, place]) for place in range(len(labels))]


def _cells(series: pd.Series) -> Any:
    if (
        series.dtype == object
        and pd.api.types.infer_dtype(series) == "mixed"
        and any(isinstance(cell, _NESTED) for cell in series)
    ):
        return pa.nulls(len(series), pa.list_(pa.null()))  # its kind says enough
    return array_of(series)


def _of_series(series: nw.Series[Any]) -> Any:
    if series.dtype in _UNKNOWN:
        return _cells(pd.Series(series.to_list(), dtype=object))
    return series.to_arrow()


def _of_array(given: Any, what: str) -> tuple[list[Any], list[Any]]:
    """Return the names of columns, and their cells as Arrow's, of no frame."""
    if isinstance(given, Mapping):
        return _of_pandas(pd.DataFrame(given), what)
    if isinstance(given, list) and given and isinstance(given[0], Mapping):
        return _of_pandas(pd.DataFrame(given), what)
    array = _values(given)
    if array.dtype.names:
        return _of_pandas(pd.DataFrame.from_records(array), what)
    if array.ndim != 2:
        raise _not_two(what, array.ndim)
    frame = pd.DataFrame(array).infer_objects()
    frame.columns = pd.Index([f"x{place}" for place in range(frame.shape[1])])
    labels, arrays = _of_pandas(frame, what)
    # All columns are of one type: it does not tell which are whole numbers.
    return labels, [_whole(a) for a in arrays] if array.dtype.kind == "f" else arrays


def _values(given: Any) -> np.ndarray:
    """Return an array; cells of a list are not brought to one type.

    What has no order, such as a set, is a single value to numpy.
    """
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return np.array(list(given), dtype=object)
    return np.asanyarray(given)


def _whole(array: Any) -> Any:
    """Return floats as integers if all of them are, and a float tells them apart."""
    bounds = pc.min_max(array).as_py().values()
    with suppress(pa.ArrowInvalid):
        if all(bound is not None and abs(bound) <= EXACT for bound in bounds):
            return array.cast(pa.int64())
    return array


def _plain(array: Any) -> pa.ChunkedArray:
    """Return a column in one of few types, as one piece: equal cells, equal bytes."""
    if not isinstance(array, pa.ChunkedArray):
        array = pa.chunked_array([array])
    kind = array.type
    if types.is_dictionary(kind):
        return _plain(array.cast(kind.value_type))
    if types.is_run_end_encoded(kind):
        flat = [pc.run_end_decode(chunk) for chunk in array.chunks]
        return _plain(pa.chunked_array(flat, type=kind.value_type))
    if types.is_string(kind) or types.is_string_view(kind):
        array = array.cast(pa.large_string())
    elif types.is_integer(kind):
        with suppress(pa.ArrowInvalid):  # more than 64 bits with a sign hold
            array = array.cast(pa.int64())
    elif types.is_floating(kind):
        array = array.cast(pa.float64())
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, pa.float64()), array)
    merged = array.combine_chunks()
    if isinstance(merged, pa.ChunkedArray):
        return merged
    return pa.chunked_array([merged])


# What is refused --------------------------------------------------------------------


def _refuse_sparse(given: Any, what: str) -> None:
    if callable(getattr(given, "tocsr", None)):
        raise DataError(
            f"{what} is a sparse matrix: every cell is used here, also the zeros",
            f"give {what}.toarray(), or fewer columns if that is too large",
        )


def _not_two(what: str, dimensions: int) -> DataError:
    fix = "give a frame or an array of shape (rows, columns)"
    if dimensions == 1:
        fix += f"; one feature: {what}.to_frame(), or {what}.reshape(-1, 1)"
    plural = "" if dimensions == 1 else "s"
    return DataError(
        f"{what} has {dimensions} dimension{plural} where a table has 2", fix
    )


def _not_one(part: str, what: str) -> DataError:
    return DataError(f"{part} {what} where one value per row is wanted", "give those")
