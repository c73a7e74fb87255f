"""The caller's table: a frame or an array becomes the file that a run reads."""

from __future__ import annotations

import io
import itertools
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, NamedTuple, TypeAlias

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as types

from engine.core.errors import DataError, SpecError
from engine.core.format import listed, meant
from engine.data.readers.arrow import array_of, refuse_nested
from engine.data.readers.raw import EXACT, settle

Library: TypeAlias = Literal["pandas", "polars", "pyarrow", "numpy"]
Columns: TypeAlias = dict[str, pa.ChunkedArray]
NAMES = {
    "y": "target",
    "groups": "group",
    "time": "time",
    "sample_weight": "weight",
    "test": "split",
}
"""What the column of each argument is called, if it has no name of its own."""
LEAVE_OUT = "leave them out of {}, or give each value a column of its own"
_NESTED = (list, tuple, dict, set, frozenset, np.ndarray)
_UNKNOWN = (nw.Object, nw.Int128, nw.UInt128)
"""Types of polars that Arrow has not."""


@dataclass(frozen=True)
class Gathered:
    """What the caller gave, as one table, and what its columns are for.

    Attributes
    ----------
    table : pyarrow.Table of shape (n_rows, n_columns)
        Rows in the order given. Every name is there once.
    target, group, time, weight, by : str or None
        Names of the columns that hold `y`, `groups`, `time`, `sample_weight` and the
        marks of test rows.
    test : pyarrow.Table or None
        The test rows, if they were given themselves; it has the columns of `table`.
    test_size : float or None
        Share of the rows to hold out, if that was given.
    index, test_index : pandas.Index
        The caller's labels of the rows of `table` and of `test`: of a pandas frame
        its index, else their numbers from 0.
    library : {"pandas", "polars", "pyarrow", "numpy"}
        What `X` is of.
    """

    table: pa.Table
    target: str | None
    group: str | None
    time: str | None
    weight: str | None
    by: str | None
    test: pa.Table | None
    test_size: float | None
    index: pd.Index
    test_index: pd.Index
    library: Library


class _Rows(NamedTuple):
    """Rows of features: their columns, and what the caller calls columns and rows."""

    columns: Columns
    given: dict[Any, str]
    labels: pd.Index
    library: Library


def gather(
    X: Any,
    y: Any = None,
    *,
    groups: Any = None,
    time: Any = None,
    sample_weight: Any = None,
    test: Any = None,
) -> Gathered:
    """Put what describes the same rows into one table.

    Parameters
    ----------
    X : frame or array-like of shape (n_rows, n_features), or tuple (frame, "target")
        A frame of pandas, polars, pyarrow or any other library that narwhals reads
        at once; an array; a list of rows or of dicts; a dict of columns. Columns of
        an array are called x0, x1, …: an identifier among them is then found only by
        its values, which are all different and either text or numbers given out in
        turn; leave any other out.
    y : array-like of shape (n_rows,) or (n_rows, 1), str or None, default=None
        The target, or the name of its column in `X`. A row without one is left out
        of the comparison.
    groups, time, sample_weight : array-like of shape (n_rows,), str or None
        Values of each row, or the name of their column in `X`.
    test : float, tuple (X, y), array-like of shape (n_rows,), str or None
        Share of the rows to hold out; test rows of their own; or which rows they
        are, as booleans or ``"train"`` and ``"test"``, or the name of the column
        that says so.

    Returns
    -------
    Gathered

    Raises
    ------
    DataError
        If something is no table or column, or does not have a value for each row.
    SpecError
        If a column that is named is not there, or arguments contradict each other.

    Notes
    -----
    Rows are matched by their place, as in scikit-learn. Where both have labels that
    say something else, that is refused. A Series that is a column of `X`, by name and
    values, is that column, and no feature.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [30, 41, 52], "ill": ["no", "no", "yes"]})
    >>> found = gather(frame, "ill", groups=[1, 1, 2])
    >>> found.table.column_names, found.target, found.group
    (['age', 'ill', 'group'], 'ill', 'group')
    """
    X, y = _pair(X, y, "X")
    rows = _rows(X, "X")
    columns = dict(rows.columns)
    parts = {"y": y, "groups": groups, "time": time, "sample_weight": sample_weight}
    size = pair = None
    if isinstance(test, tuple):
        pair = _test_pair(test, parts)
    elif isinstance(test, float | int) and not isinstance(test, bool):
        size = float(test)
    else:
        parts["test"] = test
    names = {part: _add(columns, rows, part, given) for part, given in parts.items()}
    below: tuple[pa.Table | None, pd.Index] = None, pd.RangeIndex(0)
    if pair is not None:
        below = _below(*pair, list(columns), names["y"])
    return Gathered(
        table=pa.table(columns),
        target=names["y"],
        group=names["groups"],
        time=names["time"],
        weight=names["sample_weight"],
        by=names.get("test"),
        test=below[0],
        test_size=size,
        index=rows.labels,
        test_index=below[1],
        library=rows.library,
    )


def write(table: pa.Table) -> BinaryIO:
    """Return a table as a Parquet file; equal tables have equal bytes.

    Parameters
    ----------
    table : pyarrow.Table

    Returns
    -------
    binary file
        In memory, at its beginning.

    Examples
    --------
    >>> with write(pa.table({"a": [1, 2]})) as file:
    ...     pq.read_table(file).num_rows
    2
    """
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    file.seek(0)
    return file


def as_native(frame: pd.DataFrame, library: Library) -> Any:
    """Return a frame of results in the library of the caller's table.

    Parameters
    ----------
    frame : pandas.DataFrame
    library : {"pandas", "polars", "pyarrow", "numpy"}

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        Of polars where the table was; it has no index.

    Examples
    --------
    >>> type(as_native(pd.DataFrame({"a": [1]}), "polars")).__module__
    'polars.dataframe.frame'
    """
    if library != "polars":
        return frame
    return nw.from_native(frame, eager_only=True).to_polars()


# The arguments ----------------------------------------------------------------------


def _pair(X: Any, y: Any, what: str) -> tuple[Any, Any]:
    """Return features and target; ``(frame, "target")`` is both."""
    if not (isinstance(X, tuple) and len(X) == 2 and isinstance(X[1], str)):
        return X, y
    if y is not None:
        raise SpecError(
            f"the target is given twice: as {X[1]!r} with {what}, and as y",
            "give one of them",
        )
    return X


def _test_pair(test: tuple[Any, ...], parts: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return features and target of test rows of their own."""
    if len(test) != 2:
        raise SpecError(
            f"test is a tuple of {len(test)}",
            "give (X_test, y_test), a share of the rows, or a list of which they are",
        )
    for part in ("groups", "time", "sample_weight"):
        if parts[part] is not None and not isinstance(parts[part], str | int):
            raise SpecError(
                f"{part} has no values for the test rows, which are given themselves",
                f"make it a column of both X and X_test, and give its name as {part}",
            )
    return test[0], test[1]


def _below(
    X: Any, y: Any, wanted: list[str], target: str | None
) -> tuple[pa.Table, pd.Index]:
    """Return test rows with the columns of the other rows, and their labels."""
    rows = _rows(X, "X_test")
    columns = dict(rows.columns)
    found = _add(columns, rows, "y_test", y)
    if found is not None and target is not None and found != target:
        if found in rows.columns and isinstance(y, str | int):
            raise SpecError(
                f"the target of the test rows is {found!r}, that of X is {target!r}",
                "give the test rows a target of the same name",
            )
        columns[target] = columns.pop(found)
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise DataError(
            f"X_test has no {listed(missing)}, which X has",
            "give test rows with the columns of X",
        )
    return pa.table({name: columns[name] for name in wanted}), rows.labels


def _add(columns: Columns, rows: _Rows, part: str, given: Any) -> str | None:
    """Return the name of the column that an argument is; one of its own is added."""
    if given is None:
        return None
    if isinstance(given, str | int):
        return _named(rows, part, given)
    name, array, labels = _column(given, part)
    own = "X_test" if part == "y_test" else "X"
    if len(array) != len(rows.labels):
        raise DataError(
            f"{part} has {len(array):,} values, {own} has {len(rows.labels):,} rows",
            "give one value for each row",
        )
    if labels is not None:
        _check_labels(rows.labels, labels, part, own)
    if name is not None and name in rows.columns:
        if rows.columns[name].equals(array):
            return name
        raise SpecError(
            f"{part} is called {name!r} as a column of {own} is, and differs from it",
            f"drop that column from {own} if it tells the same, else rename one",
        )
    if name is None or name in columns:
        name = _free(NAMES.get(part, "target"), columns)
    columns[name] = array
    return name


def _named(rows: _Rows, part: str, name: str | int) -> str:
    """Return the column that is called so, by the caller or in the table."""
    if name in rows.given:
        return rows.given[name]
    if name in rows.columns:
        return str(name)
    raise SpecError(f"{part}: no column {name!r}", meant(str(name), rows.columns))


def _free(name: str, taken: Collection[str]) -> str:
    numbered = itertools.chain([name], (f"{name} {n}" for n in itertools.count(2)))
    return next(one for one in numbered if one not in taken)


def _check_labels(rows: pd.Index, labels: pd.Index, part: str, own: str) -> None:
    """Refuse labels of rows that are those of others, or in another order."""
    if labels.equals(rows):
        return
    same = bool(labels.isin(rows).all() and rows.isin(labels).all())
    if same or not (_is_plain(rows) or _is_plain(labels)):
        how = "in another order" if same else "other ones"
        raise DataError(
            f"the row labels (index) of {part} are not those of {own}: they are {how}",
            f"give {part}.loc[{own}.index]"
            + f", or {part}.to_numpy() if its rows are in the order of {own}",
        )


def _is_plain(labels: pd.Index) -> bool:
    """Tell whether these are the numbers of rows, which reset_index leaves."""
    return labels.equals(pd.RangeIndex(len(labels)))


# Frames and arrays ------------------------------------------------------------------


def _rows(X: Any, what: str) -> _Rows:
    """Return the features of rows, of whatever library they are."""
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
    texts = [" ".join(map(str, n)) if isinstance(n, tuple) else n for n in labels]
    names, _ = settle(texts)
    if not names:
        raise DataError(f"{what} has no columns", "give one for each feature")
    plain = [_plain(array) for array in arrays]
    if not len(plain[0]):
        raise DataError(f"{what} has no rows", "give at least some of each class")
    fields = [pa.field(n, a.type) for n, a in zip(names, plain, strict=True)]
    refuse_nested(fields, what, LEAVE_OUT.format(what))
    given: dict[Any, str] = {}
    for label, name in zip(labels, names, strict=True):
        given.setdefault(label, name)
    if index is None:
        index = pd.RangeIndex(len(plain[0]))
    return _Rows(dict(zip(names, plain, strict=True)), given, index, library)


def _column(
    given: Any, part: str
) -> tuple[str | None, pa.ChunkedArray, pd.Index | None]:
    """Return one column: its name and the labels of its rows, if it has any."""
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
        single = nw.from_native(given, eager_only=True)
        return _column(single[single.columns[0]].to_native(), part)
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
    refuse_nested([pa.field(name or part, array.type)], part, "give one value per row")
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
    """Return an array; cells of a list are not brought to one type."""
    if isinstance(given, np.ndarray):
        return given
    if isinstance(given, Sequence) or not hasattr(given, "__array__"):
        return np.array(list(given) if np.iterable(given) else given, dtype=object)
    return np.asarray(given)


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
