"""Parquet, Feather 2 and Arrow streams, read with pyarrow.

What pandas wrote beside the columns is ignored: an index that is a column of the file
is a column here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.children import limited_memory
from engine.data.read.arrow import (
    cell_bytes,
    found_at,
    frame_of,
    held_bytes,
    parts,
    refuse_nested,
)
from engine.data.read.raw import Progress, RawTable, chosen, line, silent, too_big
from engine.errors import DataError, EngineError, TooBigError, out_of_memory, shortage
from engine.events import Reader

BATCH_ROWS = 1 << 16
BATCH_BYTES = 1 << 26
FIRST_ROWS = 1 << 6
"""Rows of a batch where a row is large, or nothing is known of it."""
PROOF_BYTES = 1 << 28
"""Rows of so many bytes are proof enough of what a table of far too many takes."""
TARGET = b"imbtui.target"
"""Key of the file's metadata under which we name its target."""
NOTES = b"imbtui.notes"
"""Key under which we keep what was said when the file was made, as a JSON list."""
_NAMES = {"parquet": "Parquet", "feather": "an Arrow file (Feather 2)"}
_STREAM = b"\xff\xff\xff\xff"
_STREAM_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class ColumnarSize(NamedTuple):
    """What a file says of itself, before anything is read.

    Attributes
    ----------
    rows : int
    columns : tuple of str
        All of the file's columns.
    memory : int
        Bytes that the wanted columns take at least when read.
    """

    rows: int
    columns: tuple[str, ...]
    memory: int


def shape(
    path: Path, name: str, kind: str = "parquet", *, columns: Sequence[str] = ()
) -> ColumnarSize:
    """Return the size of a table without reading it.

    Parameters
    ----------
    path : Path
    name : str
        What to call it.
    kind : {"parquet", "feather"}, default="parquet"
    columns : sequence of str, default=()
        The columns that are wanted; all of them when empty.

    Raises
    ------
    DataError
        If it is damaged, has no such column, or a wanted one holds lists or bytes.
    """
    with _source(path, name, kind, columns) as source:
        return source.shape


def batches(
    path: Path,
    name: str,
    kind: str = "parquet",
    *,
    columns: Sequence[str] = (),
    progress: Progress = silent,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows in order, a checked batch at a time.

    Parameters
    ----------
    path, name, kind, columns
        As for `shape`.
    progress : callable, optional
        Called with ``("reading", rows, of rows)``.

    Yields
    ------
    pyarrow.RecordBatch
        Columns are in the order of the file.

    Raises
    ------
    DataError
        If it is damaged; batches before the damage have been yielded then.
    """
    with _source(path, name, kind, columns) as source:
        yield from _checked(source, progress)


def read(
    path: Path,
    name: str,
    kind: str = "parquet",
    *,
    columns: Sequence[str] = (),
    rows: np.ndarray | None = None,
    limit: int | None = None,
    progress: Progress = silent,
) -> RawTable:
    """Read a table, or some of its columns or rows.

    Parameters
    ----------
    path, name, kind, columns
        As for `shape`.
    rows : numpy.ndarray of int or None, default=None
        Positions of the rows that are wanted, ascending; all of them when None. Of
        the others only a batch at a time is held.
    limit : int or None, default=None
        Bytes that the table may take.
    progress : callable, optional
        Called with ``("reading", rows, of rows)``.

    Returns
    -------
    RawTable
        Columns are in the order of the file.

    Raises
    ------
    DataError
        If it is damaged, has no such column, or one holds lists or bytes.
    TooBigError
        If it would take more than `limit`, told before reading where the file says
        it, else as soon as the rows that were read show it.
    """
    with _source(path, name, kind, columns) as source:
        about = source.shape
        wanted = about.rows if rows is None else len(rows)
        if limit is not None and about.memory * wanted > limit * max(about.rows, 1):
            raise _too_big(source, wanted, about.memory * wanted // about.rows, limit)
        found: Iterable[pa.RecordBatch] = _checked(source, progress)
        if rows is not None:
            found = _taken(found, rows)
        if limit is not None:
            found = _counted(found, source, wanted, limit)
        # What a batch takes is known when it is decoded: one may be too much itself.
        with limited_memory(limit):
            kept = list(found)
        with _sound(name, kind):
            frame, notes = frame_of(_table(kept, source))
        target, said = _own(source.schema.metadata or {})
    return RawTable(
        frame, Reader(format=kind, notes=(*said, *source.notes, *notes)), target
    )


def table(
    path: Path, name: str, kind: str = "parquet", *, columns: Sequence[str] = ()
) -> pa.Table:
    """Return a table in the types of its file, and with what stands beside them.

    Parameters
    ----------
    path, name, kind, columns
        As for `shape`.

    Raises
    ------
    DataError
        If it is damaged, has no such column, or one holds lists or bytes.
    """
    with _source(path, name, kind, columns) as source:
        found = _table(list(_checked(source, silent)), source)
        return found.replace_schema_metadata(source.schema.metadata)


class _Source(NamedTuple):
    """An open file: its wanted columns, their names, and its batches when asked for."""

    name: str
    kind: str
    schema: pa.Schema
    shape: ColumnarSize
    called: list[str]
    batches: Iterator[pa.RecordBatch]
    notes: tuple[str, ...] = ()


@contextlib.contextmanager
def _source(
    path: Path, name: str, kind: str, columns: Sequence[str]
) -> Iterator[_Source]:
    """Open a file."""
    with contextlib.ExitStack() as stack:
        with _sound(name, kind):
            opener = _parquet if kind == "parquet" else _arrow
            found = opener(path, name, columns, stack)
        yield found


def _parquet(
    path: Path, name: str, columns: Sequence[str], stack: contextlib.ExitStack
) -> _Source:
    # Without the checksums that a file has, flipped bits are other numbers.
    opener = partial(pq.ParquetFile, path, page_checksum_verification=True)
    file = stack.enter_context(opener())
    whole, about = file.schema_arrow, file.metadata
    places, called, schema = _wanted(whole, columns, name)
    # In a dictionary a word stands once, however many rows have it.
    text = (pa.string(), pa.large_string())
    words = [field.name for field in whole if field.type in text]
    if words:
        opened = opener(metadata=about, read_dictionary=words)
        file = stack.enter_context(opened)
    most = BATCH_ROWS if len(set(words)) == len(words) else FIRST_ROWS
    # Of whole row groups: pyarrow ends the process when it is asked about a column
    # whose statistics are damaged.
    groups = [about.row_group(place) for place in range(about.num_row_groups)]
    packed = sum(max(0, group.total_byte_size) for group in groups)

    def found() -> Iterator[pa.RecordBatch]:
        picked = list(dict.fromkeys(whole.names[place] for place in places))
        for place, group in enumerate(groups):
            each = max(1, group.total_byte_size // max(1, group.num_rows))
            rows = min(most, max(FIRST_ROWS, BATCH_BYTES // each))
            wanted = picked if columns else None
            for batch in file.iter_batches(rows, row_groups=[place], columns=wanted):
                # In the order asked for, and all that share a name with one.
                if picked != whole.names:
                    at = found_at(batch.schema.names, whole.names, places)
                    batch = batch.select(at)
                for part in parts(batch, BATCH_BYTES):
                    yield part.cast(schema)

    memory = packed * len(places) // max(1, len(whole))
    shape = _shape(whole, schema, about.num_rows, memory)
    return _Source(name, "parquet", schema, shape, called, found())


def _arrow(
    path: Path, name: str, columns: Sequence[str], stack: contextlib.ExitStack
) -> _Source:
    with path.open("rb") as file:
        streamed = file.read(4) == _STREAM
        file.seek(-min(8, path.stat().st_size), 2)
        ended = not streamed or file.read() == _STREAM_END
    opener = pa.ipc.open_stream if streamed else pa.ipc.open_file

    def reader(places: list[int]) -> Any:
        options = pa.ipc.IpcReadOptions(included_fields=places)
        opened = stack.enter_context(pa.OSFile(str(path)))
        return stack.enter_context(opener(opened, options=options))

    def found(opened: Any) -> Iterator[pa.RecordBatch]:
        if streamed:
            yield from opened
        else:
            yield from map(opened.get_batch, range(opened.num_record_batches))

    whole = reader([]).schema
    places, called, schema = _wanted(whole, columns, name)
    # No fields would mean all: the first is enough for counting.
    rows = sum(batch.num_rows for batch in found(reader([0]))) if len(whole) else 0
    said = () if ended else ("the stream has no mark at its end: rows may be missing",)
    shape = _shape(whole, schema, rows)
    kept = found(reader(places if columns else []))
    return _Source(name, "feather", schema, shape, called, kept, said)


def _wanted(
    whole: pa.Schema, columns: Sequence[str], name: str
) -> tuple[list[int], list[str], pa.Schema]:
    """Return places, names and schema of the wanted columns."""
    places, called = chosen(whole.names, columns, name)
    fields = [whole.field(place) for place in places]
    refuse_nested(fields, name)
    return places, called, pa.schema(fields, metadata=whole.metadata)


def _shape(
    whole: pa.Schema, schema: pa.Schema, rows: int, memory: int = 0
) -> ColumnarSize:
    per_row = sum(cell_bytes(field.type) for field in schema)
    return ColumnarSize(rows, tuple(whole.names), max(memory, rows * per_row))


def _checked(source: _Source, progress: Progress) -> Iterator[pa.RecordBatch]:
    done = 0
    progress("reading", 0, source.shape.rows)
    while True:
        with _sound(source.name, source.kind):
            batch = next(source.batches, None)
            if batch is not None:
                batch.validate(full=True)
        if batch is None:
            break
        done += batch.num_rows
        progress("reading", done, source.shape.rows)
        yield batch
    if done != source.shape.rows:
        raise DataError(
            f"{source.name} claims {source.shape.rows:,} rows but holds {done:,}",
            "is the file whole?",
        )


def _table(kept: list[pa.RecordBatch], source: _Source) -> pa.Table:
    """Put batches together, and let go of them: the table alone holds them then."""
    schema = kept[0].schema if kept else source.schema
    table = pa.Table.from_batches(kept, schema=schema)
    kept.clear()
    return table.rename_columns(source.called)


def _counted(
    found: Iterable[pa.RecordBatch], source: _Source, wanted: int, limit: int
) -> Iterator[pa.RecordBatch]:
    """Yield batches as long as what they take leaves room for all of them."""
    held = done = 0
    for batch in found:
        held, done = held + held_bytes(batch), done + batch.num_rows
        likely = held * wanted // max(1, done)
        if held > limit or (held > PROOF_BYTES and likely > 2 * limit):
            raise _too_big(source, wanted, max(held, likely), limit)
        yield batch


def _too_big(source: _Source, rows: int, needed: int, limit: int) -> TooBigError:
    fit = max(1, rows * limit // max(1, needed))
    what = f"{source.name} has {rows:,} rows of {len(source.schema):,} columns, which"
    return too_big(what, needed, limit, fit)


def _taken(
    found: Iterable[pa.RecordBatch], rows: np.ndarray
) -> Iterator[pa.RecordBatch]:
    """Yield of each batch only the rows that are wanted."""
    start = 0
    for batch in found:
        end = start + batch.num_rows
        first, last = rows.searchsorted([start, end])
        if last > first:
            yield batch.take(pa.array(rows[first:last] - start))
        start = end


def _own(metadata: dict[bytes, bytes]) -> tuple[str | None, list[str]]:
    """Return the target and the notes of a file that we wrote."""
    target = metadata.get(TARGET)
    notes: list[str] = []
    with contextlib.suppress(ValueError, RecursionError, msgspec.DecodeError):
        notes = msgspec.json.decode(metadata.get(NOTES, b"[]"), type=list[str])
    return (None if target is None else target.decode("utf-8", "replace")), notes


@contextlib.contextmanager
def _sound(name: str, kind: str) -> Iterator[None]:
    """Turn whatever a damaged file raises into one line."""
    try:
        yield
    except EngineError:
        raise
    except Exception as error:  # OSError, KeyError, ArrowException, UnicodeError, …
        if out_of_memory(error):
            less, fields = "a sample of its rows", "data.read.rows data.read.columns"
            fix = f"read {less}, or some columns"
            raise shortage(f"reading {name}", fix, fields) from None
        raise DataError(
            f"{name} looks like {_NAMES[kind]} but cannot be read: {line(error)}",
            "is the file whole? write it again, or give it as CSV",
        ) from None
