"""From Arrow columns to pandas ones that lose nothing, and what cannot be one.

Whole numbers that a float cannot tell apart become text; so does what has no number.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from engine.core.errors import DataError
from engine.core.format import listed
from engine.data.readers.raw import EXACT, Notes

TEXT_BYTES = 40
"""What a cell of text takes at least, beside its letters."""
RELEASED = 1 << 20
"""Rows from which on the memory of a converted column is given back at once."""
_INDEX = re.compile(r"__index_level_\d+__\Z")
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def refuse_nested(
    fields: Iterable[pa.Field],
    name: str,
    fix: str = "name the columns to read, or write the table without these",
) -> None:
    """Refuse columns that hold more than one value per cell, or bytes.

    Parameters
    ----------
    fields : iterable of pyarrow.Field
        The columns that are wanted.
    name : str
        What to call the file.
    fix : str, default="name the columns to read, …"
        What to do about it.

    Raises
    ------
    DataError
        Naming the columns.
    """
    bad: dict[str, list[str]] = defaultdict(list)
    for field in fields:
        if what := _unusable(field.type):
            bad[what].append(field.name)
    for what, names in bad.items():
        many = "columns hold" if len(names) > 1 else "column holds"
        raise DataError(
            f"{name}: {many} {what} where one value per cell is read: {listed(names)}",
            fix,
            field="data.read.columns",
        )


def _unusable(kind: pa.DataType) -> str | None:
    if isinstance(kind, pa.BaseExtensionType):
        return None if _is_uuid(kind) else _unusable(kind.storage_type)
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return _unusable(kind.value_type)
    if "list" in str(kind).partition("<")[0]:
        return "lists"
    if types.is_nested(kind):
        return "records"
    if "binary" in str(kind):
        return "bytes"
    return "spans of time" if types.is_interval(kind) else None


def _is_uuid(kind: pa.DataType) -> bool:
    return getattr(kind, "extension_name", "") == "arrow.uuid"


def cell_bytes(kind: pa.DataType) -> int:
    """Return the bytes that a cell takes at least in a frame."""
    if types.is_boolean(kind):
        return 1
    if types.is_integer(kind) or types.is_floating(kind):
        return max(1, int(kind.bit_width) // 8)
    return 8 if types.is_temporal(kind) or types.is_decimal(kind) else TEXT_BYTES


def held_bytes(batch: pa.RecordBatch) -> int:
    """Return the bytes that rows take in a frame, each with the letters of its texts.

    In a file a word may stand once for all rows that have it; in a frame it does not.

    Examples
    --------
    >>> import pyarrow as pa
    >>> words = pa.array(["a" * 1000] * 50)
    >>> held_bytes(pa.record_batch({"a": words, "b": words.dictionary_encode()}))
    104000
    """
    return sum(len(c) * cell_bytes(c.type) + _letters(c) for c in batch.columns)


def _letters(array: pa.Array) -> int:
    kind = array.type
    words, times = array, 1
    if isinstance(kind, pa.BaseExtensionType):
        return _letters(array.storage)
    if types.is_dictionary(kind):
        counts = pc.value_counts(array.indices.drop_null())
        times = counts.field("counts").to_numpy()
        words = array.dictionary.take(counts.field("values"))
    elif types.is_run_end_encoded(kind):
        times = np.diff(array.run_ends.to_numpy(), prepend=0)
        words = array.values
    if types.is_string_view(words.type):  # many may be views of the same letters
        views = np.frombuffer(words.buffers()[1], "int32")[::4]
        lengths = views[words.offset : words.offset + len(words)]
        lengths = np.where(words.is_null().to_numpy(zero_copy_only=False), 0, lengths)
    elif types.is_string(words.type) or types.is_large_string(words.type):
        lengths = pc.fill_null(pc.binary_length(words), 0).to_numpy()
    else:
        return 0
    return int((lengths.astype("int64") * times).sum())


def cut(batch: pa.RecordBatch, most: int) -> Iterator[pa.RecordBatch]:
    """Yield a batch in parts that take little memory when they are decoded."""
    if len(batch) < 2 or held_bytes(batch) <= most:
        yield batch
        return
    half = len(batch) // 2
    yield from cut(batch.slice(0, half), most)
    yield from cut(batch.slice(half), most)


def frame_of(table: pa.Table) -> tuple[pd.DataFrame, list[str]]:
    """Return a table as a frame, and what was changed on the way.

    Parameters
    ----------
    table : pyarrow.Table
        Of columns that `refuse_nested` lets pass, checked.

    Returns
    -------
    frame : pandas.DataFrame
        Names as they are, even if two are the same.
    notes : list of str

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = pa.table({"a": [2**53 + 1, None], "b": [1, 2]})
    >>> frame, notes = frame_of(table)
    >>> frame["a"].tolist(), frame["b"].tolist()
    (['9007199254740993', None], [1, 2])
    """
    notes = Notes()
    names, rows = list(table.schema.names), table.num_rows
    columns = list(table.columns)[::-1]
    del table  # so that each column goes when it has been converted
    made: dict[int, pd.Series] = {}
    for place, name in enumerate(names):
        made[place], note = _column(columns.pop())
        if rows > RELEASED:
            pa.default_memory_pool().release_unused()
        if note:
            notes.about(name, note)
    frame = pd.DataFrame(made, index=pd.RangeIndex(rows), copy=False)
    frame.columns = pd.Index(names, dtype=object)
    stored = [name for name in names if _INDEX.match(name)]
    if stored:
        notes.say(f"{listed(stored)}: the row labels that pandas stored, as a column")
    return frame, notes.lines()


def _column(array: pa.ChunkedArray) -> tuple[pd.Series, str]:
    """Return a column for pandas, with notes."""
    kind, note = array.type, ""
    if isinstance(kind, pa.BaseExtensionType):
        stored = [chunk.storage for chunk in array.chunks]
        array = pa.chunked_array(stored, type=kind.storage_type)
        if not _is_uuid(kind):
            return _column(array)
        return _texts(array, lambda cell: str(uuid.UUID(bytes=cell))), ""
    if types.is_dictionary(kind):
        return _column(array.cast(kind.value_type))
    if types.is_run_end_encoded(kind):
        flat = [pc.run_end_decode(chunk) for chunk in array.chunks]
        return _column(pa.chunked_array(flat, type=kind.value_type))
    if types.is_null(kind) or (types.is_boolean(kind) and array.null_count):
        return _texts(array, lambda cell: cell), ""
    if types.is_time(kind):
        return _texts(array, str), ""
    if types.is_decimal(kind):
        if kind.bit_width < 128:  # Arrow rounds no smaller ones
            array = array.cast(pa.decimal128(kind.precision, kind.scale))
        whole = pc.all(pc.equal(pc.round(array), array)).as_py() is not False
        if whole and _are_long(array):
            return _texts(array, lambda cell: str(int(cell))), ""
        if kind.scale > 0:
            note = "exact decimals read as floating numbers"
            return _texts(array, float).astype("float64"), note
        array = array.cast(pa.int64())
    if types.is_integer(array.type):
        if _are_long(array):
            return _texts(array, str), ""
        return (array.cast(pa.float64()) if array.null_count else array).to_pandas(), ""
    if types.is_floating(kind):
        array = array.cast(pa.float64())
    elif types.is_date(kind):
        array = _moments(
            array.cast(pa.timestamp("s" if types.is_date32(kind) else "ms"))
        )
    elif types.is_timestamp(kind):
        # Without its zone a time stays the moment it was, in UTC.
        note = "" if kind.tz is None else "times with a zone read as UTC"
        array = _moments(array.cast(pa.timestamp(kind.unit)))
    elif types.is_duration(kind):
        array = array.cast(pa.int64()).cast(pa.float64(), safe=False)
        array = pc.divide(array, float(_PER_SECOND[kind.unit]))
        note = "spans of time read as seconds"
    elif not types.is_boolean(kind):
        array = array.cast(pa.large_string())
    return array.to_pandas(), note


def _moments(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return moments in the unit in which those of text are read, if it holds them."""
    with contextlib.suppress(pa.ArrowInvalid):
        return array.cast(pa.timestamp("us"))
    return array


def _are_long(array: pa.ChunkedArray) -> bool:
    """Tell whether whole numbers are beyond what a float can tell apart."""
    bounds = [b for b in pc.min_max(array).as_py().values() if b is not None]
    return any(abs(bound) > EXACT for bound in bounds)


def _texts(array: pa.ChunkedArray, text: Any) -> pd.Series:
    cells = [None if cell is None else text(cell) for cell in array.to_pylist()]
    return pd.Series(cells, dtype=object)


def as_arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a table as Arrow's; a column of several types becomes text."""
    arrays = [array_of(frame.iloc[:, place]) for place in range(frame.shape[1])]
    return pa.Table.from_arrays(arrays, names=[str(name) for name in frame.columns])


def array_of(series: pd.Series) -> pa.Array | pa.ChunkedArray:
    """Return a column as Arrow's; one that Arrow has no type for becomes text.

    Examples
    --------
    >>> array_of(pd.Series([1, "a", None], dtype=object)).to_pylist()
    ['1', 'a', None]
    """
    if isinstance(
        series.dtype, pd.CategoricalDtype | pd.PeriodDtype | pd.IntervalDtype
    ):
        series = series.astype(object)
    try:
        return pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        cells = [None if pd.isna(value) else str(value) for value in series]
        # Half of a surrogate pair is no text.
        texts = [c and c.encode("utf-8", "backslashreplace").decode() for c in cells]
        return pa.array(texts, type=pa.string())
