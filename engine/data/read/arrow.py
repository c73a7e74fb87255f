"""From Arrow columns to pandas ones that lose nothing, and what cannot be one.

Whole numbers that a float cannot tell apart become text; so does what has no number.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.data.read.raw import EXACT, Notes, listed
from engine.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = [
    "cell_bytes",
    "found_at",
    "frame_of",
    "held_bytes",
    "is_text",
    "parts",
    "refuse_nested",
]

TEXT_BYTES = 40
"""What a cell of text takes at least, beside its letters."""
_INDEX = re.compile(r"__index_level_\d+__\Z")
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class _Column(NamedTuple):
    values: Any
    note: str | None = None


def refuse_nested(fields: Iterable[pa.Field], name: str) -> None:
    """Refuse columns that hold more than one value per cell, or bytes.

    Parameters
    ----------
    fields : iterable of pyarrow.Field
        The columns that are wanted.
    name : str
        What to call the file.

    Raises
    ------
    DataError
        Naming the columns.
    """
    bad: dict[str, list[str]] = {}
    for field in fields:
        what = _unusable(field.type)
        if what is not None:
            bad.setdefault(what, []).append(field.name)
    if bad:
        what, names = next(iter(bad.items()))
        many = "columns hold" if len(names) > 1 else "column holds"
        raise DataError(
            f"{name}: {many} {what} where one value per cell is read: {listed(names)}",
            "name the columns to read with --columns, or write the table without them",
        )


def cell_bytes(kind: pa.DataType) -> int:
    """Return the bytes that a cell takes at least in a frame."""
    import pyarrow.types as types

    if types.is_boolean(kind):
        return 1
    if types.is_integer(kind) or types.is_floating(kind):
        return max(1, int(kind.bit_width) // 8)
    if types.is_temporal(kind) or types.is_decimal(kind):
        return 8
    return TEXT_BYTES


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
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _letters(array.storage)
    if types.is_dictionary(kind):
        counts = pc.value_counts(array.indices.drop_null())
        times = counts.field("counts").to_numpy()
        words = array.dictionary.take(counts.field("values"))
    elif types.is_run_end_encoded(kind):
        times = np.diff(array.run_ends.to_numpy(), prepend=0)
        words = array.values
    else:
        words, times = array, 1
    if types.is_string_view(words.type):  # many may be views of the same letters
        views = np.frombuffer(words.buffers()[1], "int32")[::4]
        lengths = views[words.offset : words.offset + len(words)]
        lengths = np.where(words.is_null().to_numpy(zero_copy_only=False), 0, lengths)
    elif types.is_string(words.type) or types.is_large_string(words.type):
        lengths = pc.fill_null(pc.binary_length(words), 0).to_numpy()
    else:
        return 0
    return int((lengths.astype("int64") * times).sum())


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
    import pandas as pd

    notes = Notes()
    names, rows = list(table.schema.names), table.num_rows
    columns = list(table.columns)[::-1]
    del table  # so that each column goes when it has been converted
    made: dict[int, pd.Series] = {}
    for place, name in enumerate(names):
        column = _column(columns.pop())
        made[place] = column.values.reset_index(drop=True)
        if column.note:
            notes.about(name, column.note)
    frame = pd.DataFrame(made, index=pd.RangeIndex(rows))
    frame.columns = pd.Index(names, dtype=object)
    stored = [name for name in names if _INDEX.match(name)]
    if stored:
        notes.say(f"{listed(stored)}: the row labels that pandas stored, as a column")
    return frame, notes.lines()


def _unusable(kind: pa.DataType) -> str | None:
    import pyarrow as pa
    import pyarrow.types as types

    if isinstance(kind, pa.BaseExtensionType):
        return None if _is_uuid(kind) else _unusable(kind.storage_type)
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return _unusable(kind.value_type)
    if (
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
    ):
        return "lists"
    if types.is_nested(kind):
        return "records"
    if (
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_binary_view(kind)
    ):
        return "bytes"
    return "spans of time" if types.is_interval(kind) else None


def _is_uuid(kind: pa.DataType) -> bool:
    return getattr(kind, "extension_name", "") == "arrow.uuid"


def _column(array: pa.ChunkedArray) -> _Column:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        stored = pa.chunked_array(
            [chunk.storage for chunk in array.chunks], type=kind.storage_type
        )
        return _uuids(stored) if _is_uuid(kind) else _column(stored)
    if types.is_dictionary(kind):
        return _column(array.cast(kind.value_type))
    if types.is_run_end_encoded(kind):
        flat = [pc.run_end_decode(chunk) for chunk in array.chunks]
        return _column(pa.chunked_array(flat, type=kind.value_type))
    if types.is_null(kind):
        return _Column(_objects([None] * len(array)))
    if types.is_boolean(kind):
        if array.null_count == 0:
            return _Column(array.to_pandas())
        return _Column(_objects(array.to_pylist()))
    if types.is_integer(kind):
        return _whole(array)
    if types.is_decimal(kind):
        return _decimal(array)
    if types.is_floating(kind):
        return _Column(array.cast(pa.float64()).to_pandas())
    if types.is_date(kind):
        unit = "s" if types.is_date32(kind) else "ms"
        return _Column(array.cast(pa.timestamp(unit)).to_pandas())
    if types.is_timestamp(kind):
        return _times(array)
    if types.is_time(kind):
        return _Column(_objects([_clock(v) for v in array.to_pylist()]))
    if types.is_duration(kind):
        seconds = array.cast(pa.int64()).cast(pa.float64(), safe=False)
        seconds = pc.divide(seconds, float(_PER_SECOND[kind.unit]))
        return _Column(seconds.to_pandas(), "spans of time read as seconds")
    return _Column(array.cast(pa.large_string()).to_pandas())


def _whole(array: pa.ChunkedArray) -> _Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    bounds = pc.min_max(array).as_py()
    least, most = bounds["min"], bounds["max"]
    if least is not None and (least < -EXACT or most > EXACT):
        return _Column(_objects(array.cast(pa.string()).to_pylist()))
    if array.null_count == 0:
        return _Column(array.to_pandas())
    return _Column(array.cast(pa.float64()).to_pandas())


def _decimal(array: pa.ChunkedArray) -> _Column:
    import pandas as pd

    values = array.to_pylist()
    if array.type.scale <= 0 or all(
        v is None or v == v.to_integral_value() for v in values
    ):
        whole = [None if v is None else int(v) for v in values]
        known = [v for v in whole if v is not None]
        if any(abs(v) > EXACT for v in known):
            return _Column(_objects([None if v is None else str(v) for v in whole]))
        if array.type.scale <= 0:
            full = len(known) == len(whole)
            return _Column(pd.Series(whole, dtype="int64" if full else "float64"))
    numbers = [None if v is None else float(v) for v in values]
    return _Column(
        pd.Series(numbers, dtype="float64"), "exact decimals read as floating numbers"
    )


def _times(array: pa.ChunkedArray) -> _Column:
    import pyarrow as pa

    if array.type.tz is None:
        return _Column(array.to_pandas())
    # Without its zone a time stays the moment it was, in UTC.
    plain = array.cast(pa.timestamp(array.type.unit))
    return _Column(plain.to_pandas(), "times with a zone read as UTC")


def _clock(value: Any) -> str | None:
    return None if value is None else str(value)


def _uuids(array: pa.ChunkedArray) -> _Column:
    values = array.to_pylist()
    return _Column(
        _objects([None if v is None else str(uuid.UUID(bytes=v)) for v in values])
    )


def _objects(values: list[Any]) -> pd.Series:
    import pandas as pd

    return pd.Series(values, dtype=object)


def is_text(kind: pa.DataType) -> bool:
    """Tell whether cells are words, which a dictionary holds once each."""
    import pyarrow.types as types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def parts(batch: pa.RecordBatch, most: int) -> Iterator[pa.RecordBatch]:
    """Yield a batch in parts that take little memory when they are decoded."""
    if len(batch) < 2 or held_bytes(batch) <= most:
        yield batch
        return
    half = len(batch) // 2
    yield from parts(batch.slice(0, half), most)
    yield from parts(batch.slice(half), most)


def found_at(
    names: Sequence[str], filed: Sequence[str], places: Sequence[int]
) -> list[int]:
    """Return where columns of a file are in a batch, of equal names in their order.

    Examples
    --------
    >>> found_at(["b", "a", "a"], ["a", "b", "a"], [0, 1, 2])
    [1, 0, 2]
    """
    there: defaultdict[str, list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        there[name].append(at)
    seen: Counter[str] = Counter()
    nth = []
    for name in filed:
        nth.append(seen[name])
        seen[name] += 1
    return [there[filed[place]][nth[place]] for place in places]
