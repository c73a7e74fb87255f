"""Columns of a table in the very types that its Parquet or Arrow file gives them.

What is read of such a file is made plain for modelling: categories become text, times
with a zone become moments, numbers of 32 bits have 64. To write its rows again, the
columns of the file itself are taken, and new cells are brought to their types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.types as types

from engine.data.read import columnar
from engine.data.read.open import opened
from engine.data.read.raw import settle
from engine.data.source import resolve

if TYPE_CHECKING:
    from engine.data.load import Table
    from engine.spec import DataSpec


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
        Named as `table` is, with a row for each of its rows. None of a sample, of two
        files, and of a file that was changed meanwhile.
    """
    if table.sampled or data.test_source is not None:
        return None
    path, called = resolve(data.source)
    with opened(path, called, member=data.read.member) as file:
        found = columnar.table(
            file.path, called, table.reader.format, columns=data.read.columns
        )
    beside = found.schema.metadata
    found = found.rename_columns(settle(found.column_names)[0])
    found = found.replace_schema_metadata(beside)  # renaming drops it
    same = found.num_rows == len(table.frame)
    known = set(map(str, table.frame.columns)) <= set(found.column_names)
    return found if same and known else None


def told(filed: pa.Table) -> dict[bytes, bytes]:
    """Return what pandas wrote of the columns of a file, to read them so again.

    Examples
    --------
    >>> import pyarrow as pa
    >>> told(pa.table({"a": [1]}))
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
