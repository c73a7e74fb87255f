"""Cells as a file has them, and new rows written in the same way.

A table that is read is cleaned: its numbers are numbers, whatever their notation, and
the types of a Parquet or Arrow file are made plain (categories become text, numbers of
32 bits have 64). To write real rows as they were, they are read again as they stand,
and new cells are brought to their notation or type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.types as types

from engine.core.execution import silent
from engine.data.load import resolve
from engine.data.profile import column, dates
from engine.data.readers import columnar, tables
from engine.data.readers.open import opened
from engine.data.readers.raw import EXACT, settle
from engine.data.readers.values import is_number
from engine.io.make_spec import is_made

if TYPE_CHECKING:
    from engine.core.experiment import DataSpec
    from engine.data.load import Table
    from engine.data.roles import Dataset


class CellColumn(NamedTuple):
    """One column to be written: cells of the real rows, and of new ones.

    `note` says it if the real ones are not written as the file has them.
    """

    real: pd.Series
    new: pd.Series
    note: str = ""


def as_written(table: Table, data: DataSpec) -> pd.DataFrame:
    """Return the cells of a table as its file has them.

    Parameters
    ----------
    table : Table
        What was read of that file.
    data : DataSpec

    Returns
    -------
    pandas.DataFrame of shape (n_rows, n_columns)
        Of delimited text each cell is the text that stands there, or None. Of a part
        of a file, of two files and of a made-up table the cells are those that were
        read.
    """
    part = table.sampled or table.drawn
    if part or data.test_source is not None or is_made(data.source):
        return as_read(table)
    path, source = resolve(data.source)
    # Where the decimal mark is a comma no column is read as numbers on the way.
    spec = msgspec.structs.replace(data.read, decimal=",")
    with opened(path, source, member=spec.member) as file:
        raw, _ = tables.read(file, source, spec, None, None, silent, strict=False)
    frame = raw.frame.reset_index(drop=True)
    frame.columns = pd.Index(settle(list(frame.columns))[0])
    if len(frame) != len(table.frame):  # the file was changed meanwhile
        return as_read(table)
    columns = {}
    for name in table.frame.columns:
        cells = frame[name]
        if isinstance(cells.dtype, pd.CategoricalDtype | pd.StringDtype):
            cells = cells.astype(object)
            cells = cells.where(cells.notna(), None)
        columns[name] = cells
    return pd.DataFrame(columns)


def as_read(table: Table) -> pd.DataFrame:
    """Return the cells of a table as they were read, whole numbers as such."""
    return pd.DataFrame({str(c): _whole(table.frame[c]) for c in table.frame.columns})


def level(
    real: pd.Series, known: pd.Series, seen: pd.Series, new: pd.Series
) -> CellColumn:
    """Write new levels of a column as its real cells write them most often.

    Parameters
    ----------
    real : pandas.Series of shape (n_rows,)
        Cells of the real rows as the file has them.
    known, seen : pandas.Series of shape (n_fitting,)
        Those of the fitting rows, and their levels.
    new : pandas.Series of shape (n_new,)
        Levels that are among those seen, or missing.

    Examples
    --------
    >>> real, seen = pd.Series(["1.0", "0", "1", "1"]), pd.Series([1, 0, 1, 1])
    >>> level(real, real, seen, pd.Series([0, 1])).new.tolist()
    ['0', '1']
    """
    codes, levels = pd.factorize(seen)
    texts, values = pd.factorize(known)
    both = (codes >= 0) & (texts >= 0)
    pairs, counts = np.unique(
        np.stack([codes[both], texts[both]]), axis=1, return_counts=True
    )
    written: dict[Any, Any] = {}
    for place in np.argsort(counts, kind="stable"):
        code, text = pairs[:, place]
        written[levels[code]] = values[text]
    cells = [None if pd.isna(one) else written[one] for one in new]
    return CellColumn(real, pd.Series(cells, dtype=object))


def number(
    real: pd.Series, seen: pd.Series, new: pd.Series, read: pd.Series
) -> CellColumn:
    """Write new numbers of a column as its real cells write theirs.

    Where those are in a notation that programs do not share (1.234,5 or $5, a date),
    the whole column is written in one that they do.

    Parameters
    ----------
    real, seen : pandas.Series of shape (n_rows,)
        Cells of the real rows as the file has them, and the numbers they are: of
        dates, the days since 1970.
    new : pandas.Series of shape (n_new,)
    read : pandas.Series of shape (n_rows,)
        The column as it was read.

    Examples
    --------
    >>> half, more = pd.Series([1.5]), pd.Series([1.75])
    >>> number(pd.Series(["1.50"]), half, more, half).new.tolist()
    ['1.75']
    >>> number(pd.Series(["7.0"]), half, pd.Series([8]), half).new.tolist()
    ['8.0']
    >>> number(pd.Series(["1,5"]), half, more, half).note
    'written as 1.5'
    """
    if pd.api.types.is_datetime64_any_dtype(real.dtype):
        return CellColumn(real, _moments(new))
    if pd.api.types.is_numeric_dtype(real.dtype):
        return CellColumn(_whole(real), new)
    texts = pd.Series(real[seen.notna()].unique()).map(str).str.strip()
    if texts.map(is_number).all():
        least = min(map(_decimals, texts), default=0)
        cells = [_shortest(one, least) for one in new]
        return CellColumn(real, pd.Series(cells, dtype=object))
    if column(read).kind == "date":
        days = dates(read)
        first = days.dropna().iloc[0]
        return CellColumn(days, _moments(new), f"written as {str(first)[:10]}")
    first = _shortest(seen.dropna().iloc[0])
    return CellColumn(_whole(seen), new, f"written as {first}")


def columns(
    table: Table,
    data: DataSpec,
    dataset: Dataset,
    train: np.ndarray,
    new: tuple[np.ndarray, pd.DataFrame],
    *,
    typed: bool,
    together: bool = False,
) -> dict[str, CellColumn]:
    """Return every column of a table: cells of its real rows, and those of new ones.

    Parameters
    ----------
    table, data : Table, DataSpec
    dataset, train
        Its rows with a target, and which of them are fitted on.
    new : tuple of numpy.ndarray and pandas.DataFrame
        Class and features of each new row, and its weight if rows have weights.
    typed : bool
        Whether the file to be written has types: cells are then as they were read.
    together : bool, default=False
        Whether one label stands for several of the table, and is written for them.
    """
    info = dataset.info
    cells = as_read(table) if typed else as_written(table, data)
    cells, read = (
        f[dataset.there].reset_index(drop=True) for f in (cells, table.frame)
    )
    kinds = {column.name: column.kind for column in dataset.columns}
    names = np.array(dataset.labels, dtype=object)
    codes, features = new
    found: dict[str, CellColumn] = {}
    for name in map(str, cells.columns):
        real, known = cells[name], cells[name].iloc[train]
        if name == info.target:
            seen = pd.Series(names[dataset.y[train]])
            labels = pd.Series(names[codes], dtype=object)
            found[name] = level(real, seen if together else known, seen, labels)
        elif info.roles[name] == "weight" and name in features:
            own = pd.Series(dataset.weights)
            found[name] = number(real, own, features[name], read[name])
        elif name not in kinds:
            found[name] = CellColumn(real, pd.Series([None] * len(codes), dtype=object))
        elif kinds[name] in ("number", "integer"):
            found[name] = number(real, dataset.frame[name], features[name], read[name])
        else:
            seen = dataset.frame[name].iloc[train]
            found[name] = level(real, known, seen, features[name])
    return found


def stacked(written: CellColumn, rows: np.ndarray) -> pd.Series:
    """Return some real cells with the new ones below.

    Parameters
    ----------
    written : CellColumn
    rows : numpy.ndarray of shape (n_real,)
        Places of the real cells, in the order wanted.

    Examples
    --------
    >>> column = CellColumn(pd.Series([7, 8, 9]), pd.Series([pd.NA]))
    >>> stacked(column, np.array([2, 2, 0])).tolist()
    [9, 9, 7, <NA>]
    """
    real, new = written.real.iloc[rows], written.new
    if not len(new):
        return real.reset_index(drop=True)
    kind = real.dtype
    if pd.api.types.is_integer_dtype(kind) and bool(
        (pd.to_numeric(new.dropna()) % 1 == 0).all()
    ):
        kind = pd.Int64Dtype() if new.isna().any() else kind
    elif pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        kind = np.dtype("float64")
    elif not pd.api.types.is_datetime64_any_dtype(kind):
        kind = np.dtype(object)
    parts = [real.astype(kind), new.astype(kind)]
    return pd.concat(parts, ignore_index=True)


def _whole(cells: pd.Series) -> pd.Series:
    """Return floats that are whole but for missing ones as integers."""
    if cells.dtype != np.float64:
        return cells
    known = cells.dropna()
    if not len(known) or bool((known % 1 != 0).any()) or known.abs().max() >= EXACT:
        return cells
    return cells.astype("Int64" if len(known) < len(cells) else "int64")


def _moments(days: pd.Series) -> pd.Series:
    since = pd.to_timedelta(days.astype("float64"), unit="D").dt.round("s")
    moments: pd.Series = pd.Timestamp(0) + since
    return moments


def _shortest(value: Any, least: int = 0) -> str | None:
    """Return a number in the shortest text that says it; None if it is missing.

    It has so many decimals at least, if it is not too large for that.
    """
    if pd.isna(value):
        return None
    whole = float(value).is_integer() and abs(value) < EXACT
    text = str(int(value)) if whole else repr(float(value))
    if _decimals(text) < least and "e" not in text:
        return f"{value:.{least}f}"
    return text


def _decimals(text: str) -> int:
    """Return how many decimals a number is written with."""
    return 0 if "e" in text.lower() else len(text.partition(".")[2])


# Columns of Parquet and Arrow files ---------------------------------------------------


def is_typed(table: Table) -> bool:
    """Tell whether a table was read of a file whose columns have types."""
    return table.reader.format in ("parquet", "feather")


def as_filed(table: Table, data: DataSpec) -> pa.Table | None:
    """Return a table as its file has it.

    Parameters
    ----------
    table : Table
        What was read of that file.
    data : DataSpec

    Returns
    -------
    pyarrow.Table or None
        Named as `table` is, with a row for each of its rows. None of a part of a file,
        of two files, and of a file that was changed meanwhile.
    """
    if table.sampled or table.drawn or data.test_source is not None:
        return None
    path, name = resolve(data.source)
    with opened(path, name, member=data.read.member) as file:
        kind, wanted = table.reader.format, data.read.columns
        with columnar.opened(file.path, name, kind, wanted) as source:
            found = source.table(list(source.batches()))
            beside = source.schema.metadata
    found = found.rename_columns(settle(found.column_names)[0])
    found = found.replace_schema_metadata(beside)  # renaming drops it
    same = found.num_rows == len(table.frame)
    known = set(map(str, table.frame.columns)) <= set(found.column_names)
    return found if same and known else None


def pandas_metadata(filed: pa.Table) -> dict[bytes, bytes]:
    """Return what pandas wrote of the columns of a file, to read them so again.

    Examples
    --------
    >>> import pyarrow as pa
    >>> pandas_metadata(pa.table({"a": [1]}))
    {}
    """
    metadata = filed.schema.metadata or {}
    return {key: text for key, text in metadata.items() if key == b"pandas"}


def as_typed(
    made: pd.DataFrame, filed: pa.Table, rows: np.ndarray
) -> tuple[pd.DataFrame, list[str]]:
    """Return rows of a file, with new ones below, in the types of that file.

    Parameters
    ----------
    made : pandas.DataFrame of shape (n_real + n_new, n_columns)
        Cells of both. Those of real rows are taken from the file.
    filed : pyarrow.Table
        The file.
    rows : numpy.ndarray of shape (n_real,)
        Places of the real rows in it.

    Returns
    -------
    frame : pandas.DataFrame
        Of Arrow's types. A column that the file has not is as it was; so is one whose
        new cells cannot be of its type.
    notes : list of str
        Names of those that could not, and why.

    Examples
    --------
    >>> import pyarrow as pa
    >>> filed = pa.table({"size": pa.array([1.5, 2.5], type=pa.float32())})
    >>> made = pd.DataFrame({"size": [2.5, 2.0], "synthetic": [False, True]})
    >>> as_typed(made, filed, np.array([1]))[0].dtypes.astype(str).tolist()
    ['float[pyarrow]', 'bool']
    """
    places = pa.array(rows)
    columns: dict[str, pd.Series] = {}
    notes: list[str] = []
    for name in made.columns:
        cells = made[name]
        if name not in filed.column_names:
            columns[name] = cells
            continue
        real = filed.column(name).take(places)
        try:
            new = _brought(cells.iloc[len(rows) :], real.type)
            both = pa.chunked_array([*real.chunks, new], type=real.type)
            typed = pd.Series(pd.arrays.ArrowExtensionArray(both))
        except (pa.ArrowException, ValueError, TypeError, NotImplementedError):
            columns[name] = cells
            notes.append(f"{name}: written as {cells.dtype}, not as {real.type}")
            continue
        columns[name] = typed
    return pd.DataFrame(columns), notes


def _brought(cells: pd.Series, kind: pa.DataType) -> pa.Array:
    """Return cells as they are read as an array of the type that their file has."""
    if not len(cells):
        return pa.array([], type=kind)
    if types.is_dictionary(kind):
        plain = _brought(cells, kind.value_type)
        return plain.dictionary_encode().cast(kind)
    if types.is_duration(kind):
        seconds = pd.to_timedelta(cells.astype("float64"), unit="s")
        return pa.array(seconds, from_pandas=True).cast(kind, safe=False)
    found = pa.array(cells, from_pandas=True)
    if types.is_null(found.type):
        return pa.nulls(len(cells), type=kind)
    # A number has more digits than 32 bits hold, a moment more than its unit.
    return found.cast(kind, safe=types.is_integer(kind) or types.is_boolean(kind))
