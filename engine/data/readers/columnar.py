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
import pyarrow.types as types

from engine.core.errors import (
    DataError,
    EngineError,
    TooBigError,
    out_of_memory,
    shortage,
)
from engine.core.events import Reader
from engine.core.execution import Progress, silent
from engine.core.format import listed, plural
from engine.data.readers.arrow import (
    cell_bytes,
    cut,
    frame_of,
    held_bytes,
    refuse_nested,
)
from engine.data.readers.raw import RawTable, chosen, line, too_big
from engine.io.machine import limited_memory
from engine.io.source import files

BATCH_ROWS = 1 << 16
BATCH_BYTES = 1 << 26
FIRST_ROWS = 1 << 6
"""Rows of a batch where a row is large, or nothing is known of it."""
PROOF_BYTES = 1 << 28
"""Rows of so many bytes are proof enough of what a table of far too many takes."""
TARGET = b"imbtui.target"
"""Key of the file's metadata under which we name its target."""
NOTES = b"imbtui.notes"
"""Key under which we keep the notes of when the file was made, as a JSON list."""
_NAMES = {"parquet": "Parquet", "feather": "an Arrow file (Feather 2)"}
_STREAM = b"\xff\xff\xff\xff"
_STREAM_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class ColumnarFile(NamedTuple):
    """An open file, of which some columns are wanted.

    Attributes
    ----------
    name, kind : str
    columns : tuple of str
        All of the file's columns.
    rows : int
    memory : int
        Bytes that the wanted columns take at least when read.
    schema : pyarrow.Schema
        Of the wanted columns, in the order of the file.
    names : list of str
        What these are called, as everybody sees them where some were chosen.
    arriving : iterator of pyarrow.RecordBatch
        Their rows, checked; can be read once.
    notes : tuple of str
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    rows: int
    memory: int
    schema: pa.Schema
    names: list[str]
    arriving: Iterator[pa.RecordBatch]
    notes: tuple[str, ...] = ()

    def batches(self, progress: Progress = silent) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, a batch at a time.

        Parameters
        ----------
        progress : callable, optional
            Called with ``("reading", rows, of rows)``.

        Raises
        ------
        DataError
            If it is damaged; batches before the damage have been yielded then.
        """
        done = 0
        progress("reading", 0, self.rows)
        for batch in self.arriving:
            done += batch.num_rows
            progress("reading", done, self.rows)
            yield batch

    def table(self, batches: list[pa.RecordBatch]) -> pa.Table:
        """Put batches together, and empty the list: the table alone holds them then."""
        schema = batches[0].schema if batches else self.schema
        table = pa.Table.from_batches(batches, schema=schema)
        batches.clear()
        return table.rename_columns(self.names)

    def too_big(self, rows: int, needed: int, limit: int) -> TooBigError:
        """Return the error of so many rows that would take too much memory."""
        fit = max(1, rows * limit // max(1, needed))
        what = f"{self.name} has {rows:,} rows of {len(self.schema):,} columns, which"
        return too_big(what, needed, limit, fit)


@contextlib.contextmanager
def opened(
    path: Path, name: str, kind: str = "parquet", columns: Sequence[str] = ()
) -> Iterator[ColumnarFile]:
    """Open a file, or many that are one table, without reading their rows.

    Parameters
    ----------
    path : Path
        As for `engine.io.source.files`. Of many one at a time is open.
    name : str
        What to call it.
    kind : {"parquet", "feather"}, default="parquet"
    columns : sequence of str, default=()
        The columns that are wanted; all of them when empty.

    Raises
    ------
    DataError
        If it is damaged, has no such column, or a wanted one holds lists or bytes; or
        if of many files two disagree about a column.
    """
    with contextlib.ExitStack() as stack:
        if path.is_file():
            yield _opened(path, name, kind, columns, stack)
        else:
            yield _joined(path, name, kind, columns)


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
        As for `opened`.
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
    with opened(path, name, kind, columns) as file:
        wanted = file.rows if rows is None else len(rows)
        if limit is not None and file.memory * wanted > limit * max(file.rows, 1):
            raise file.too_big(wanted, file.memory * wanted // file.rows, limit)
        found: Iterable[pa.RecordBatch] = file.batches(progress)
        if rows is not None:
            found = _take(found, rows)
        if limit is not None:
            found = _watch(found, file, wanted, limit)
        # What a batch takes is known when it is decoded: one may be too much itself.
        with limited_memory(limit):
            batches = list(found)
        with _sound(name, kind):
            frame, notes = frame_of(file.table(batches))
        target, own_notes = _own(file.schema.metadata or {})
    reader = Reader(format=kind, notes=(*own_notes, *file.notes, *notes))
    return RawTable(frame, reader, target)


def _opened(
    path: Path,
    name: str,
    kind: str,
    columns: Sequence[str],
    stack: contextlib.ExitStack,
) -> ColumnarFile:
    with _sound(name, kind):
        opener = _parquet if kind == "parquet" else _arrow
        file = opener(path, name, columns, stack)
    return file._replace(arriving=_checked(file))


def _checked(file: ColumnarFile) -> Iterator[pa.RecordBatch]:
    """Yield the batches of one file, each of them sound, and all that it claims."""
    done = 0
    while True:
        with _sound(file.name, file.kind):
            batch = next(file.arriving, None)
            if batch is not None:
                batch.validate(full=True)
        if batch is None:
            break
        done += batch.num_rows
        yield batch
    if done != file.rows:
        raise DataError(
            f"{file.name} claims {file.rows:,} rows but holds {done:,}",
            "is the file whole?",
        )


def _parquet(
    path: Path, name: str, columns: Sequence[str], stack: contextlib.ExitStack
) -> ColumnarFile:
    # Without the checksums that a file has, flipped bits are other numbers.
    opener = partial(pq.ParquetFile, path, page_checksum_verification=True)
    file = stack.enter_context(opener())
    whole, about = file.schema_arrow, file.metadata
    places, names, schema = _wanted(whole, columns, name)
    # In a dictionary a word stands once, however many rows have it.
    text = (pa.string(), pa.large_string())
    words = [field.name for field in whole if field.type in text]
    if words:
        file = stack.enter_context(opener(metadata=about, read_dictionary=words))
    most = BATCH_ROWS if len(set(words)) == len(words) else FIRST_ROWS
    # Of whole row groups: pyarrow ends the process when it is asked about a column
    # whose statistics are damaged.
    groups = [about.row_group(place) for place in range(about.num_row_groups)]
    packed = sum(max(0, group.total_byte_size) for group in groups)
    # Columns that share a name cannot be asked for one by one.
    distinct = len(set(whole.names)) == len(whole)
    picked = [whole.names[place] for place in places] if columns and distinct else None

    def batches() -> Iterator[pa.RecordBatch]:
        for place, group in enumerate(groups):
            each = max(1, group.total_byte_size // max(1, group.num_rows))
            rows = min(most, max(FIRST_ROWS, BATCH_BYTES // each))
            for batch in file.iter_batches(rows, row_groups=[place], columns=picked):
                chosen = batch if picked else batch.select(places)
                for part in cut(chosen, BATCH_BYTES):
                    yield part.cast(schema)

    least = about.num_rows * _row_bytes(schema)
    memory = max(least, packed * len(places) // max(1, len(whole)))
    every = tuple(whole.names)
    return ColumnarFile(
        name, "parquet", every, about.num_rows, memory, schema, names, batches()
    )


def _arrow(
    path: Path, name: str, columns: Sequence[str], stack: contextlib.ExitStack
) -> ColumnarFile:
    with path.open("rb") as file:
        streamed = file.read(4) == _STREAM
        file.seek(-min(8, path.stat().st_size), 2)
        ended = not streamed or file.read() == _STREAM_END
    opener = pa.ipc.open_stream if streamed else pa.ipc.open_file

    def reader(places: list[int]) -> Any:
        options = pa.ipc.IpcReadOptions(included_fields=places)
        source = stack.enter_context(pa.OSFile(str(path)))
        return stack.enter_context(opener(source, options=options))

    def batches(source: Any) -> Iterator[pa.RecordBatch]:
        if streamed:
            yield from source
        else:
            yield from map(source.get_batch, range(source.num_record_batches))

    whole = reader([]).schema
    places, names, schema = _wanted(whole, columns, name)
    # No fields would mean all: the first is enough for counting.
    rows = sum(batch.num_rows for batch in batches(reader([0]))) if len(whole) else 0
    notes = () if ended else ("the stream has no mark at its end: rows may be missing",)
    arriving = batches(reader(places if columns else []))
    every, memory = tuple(whole.names), rows * _row_bytes(schema)
    return ColumnarFile(
        name, "feather", every, rows, memory, schema, names, arriving, notes
    )


# Many files -------------------------------------------------------------------------


def _joined(path: Path, name: str, kind: str, columns: Sequence[str]) -> ColumnarFile:
    """Open files one after another as one table, of which the first says the order."""
    paths = files(path)
    heads: list[ColumnarFile] = []
    for one in paths:
        with contextlib.ExitStack() as stack:
            file = _opened(one, f"{name}: {one.name}", kind, columns, stack)
        heads.append(file._replace(arriving=iter(())))
    first = heads[0]
    places = [_places(first, head) for head in heads]
    fields = list(first.schema)
    for head, its in zip(heads, places, strict=True):
        if head.schema == first.schema:
            continue
        for place, at in enumerate(its):
            known, other = fields[place], head.schema.field(at).type
            if (wider := _wider(known.type, other)) is None:
                raise DataError(
                    f"{head.name} has {first.names[place]!r} of type {other}, where "
                    f"the files before it have {known.type}",
                    "write all files with one type per column, or name the columns to "
                    "read without this one",
                    field="data.read.columns",
                )
            fields[place] = known.with_type(wider)
    beside = dict(first.schema.metadata or {})
    if fields != list(first.schema):
        beside.pop(b"pandas", None)  # it says other types
    schema = pa.schema(fields, metadata=beside)

    def batches() -> Iterator[pa.RecordBatch]:
        for one, head, its in zip(paths, heads, places, strict=True):
            with contextlib.ExitStack() as stack:
                file = _opened(one, head.name, kind, columns, stack)
                if file.schema != head.schema or file.rows != head.rows:
                    raise DataError(
                        f"{head.name} was changed meanwhile", "read it again"
                    )
                for batch in file.arriving:
                    yield _as(batch, its, schema, head.name)

    others = _others(path, paths)
    notes = (f"{plural(len(paths), 'file')} in the order of their names{others}",)
    return first._replace(
        name=name,
        rows=sum(head.rows for head in heads),
        memory=sum(head.memory for head in heads),
        schema=schema,
        arriving=batches(),
        notes=(*notes, *dict.fromkeys(note for head in heads for note in head.notes)),
    )


def _others(path: Path, paths: Sequence[Path]) -> str:
    """Say what else a folder has, hidden files aside."""
    if not path.is_dir():
        return ""
    seen = {one.name for one in paths}
    left = sorted(
        one.name
        for one in path.iterdir()
        if one.name not in seen and not one.name.startswith((".", "_"))
    )
    return f"; {listed(left)} left out" if left else ""


def _places(first: ColumnarFile, other: ColumnarFile) -> list[int]:
    """Return where a file has the columns of the first one, told by their names."""
    if other.names == first.names:
        return list(range(len(first.names)))
    for one, than in ((first, other), (other, first)):
        if absent := [column for column in one.names if column not in than.names]:
            raise DataError(
                f"{than.name} has no column {absent[0]!r}, which {one.name} has",
                "write all files with the same columns, or name those to read",
                field="data.read.columns",
            )
    if len(set(first.names)) < len(first.names) or len(first.names) != len(other.names):
        raise DataError(
            f"{other.name} has columns of the same name in another order than "
            f"{first.name}",
            "give each column a name of its own",
        )
    return [other.names.index(column) for column in first.names]


def _wider(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """Return the type that holds the values of two; None if it takes a decision.

    Whole and floating numbers widen, and so do units of time, digits and lengths; a
    column without a value may have any type.
    """
    if one == other:
        return one
    pair = [t.value_type if types.is_dictionary(t) else t for t in (one, other)]
    known = [t for t in pair if not types.is_null(t)]
    if len({types.is_decimal(t) for t in known}) == 2:
        return None
    schemas = [pa.schema([("", t)]) for t in pair]
    try:
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except pa.ArrowException:
        return None


def _as(
    batch: pa.RecordBatch, places: list[int], schema: pa.Schema, name: str
) -> pa.RecordBatch:
    """Return the rows of one file in the columns and types of all."""
    columns = []
    for place, field in zip(places, schema, strict=True):
        cells = batch.column(place)
        try:
            columns.append(
                cells if cells.type == field.type else cells.cast(field.type)
            )
        except pa.ArrowException as error:
            raise DataError(
                f"{name}: column {batch.schema.names[place]!r} cannot be {field.type}, "
                f"as it is with the other files: {line(error)}",
                "write all files with one type per column",
                field="data.read.columns",
            ) from None
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _wanted(
    whole: pa.Schema, columns: Sequence[str], name: str
) -> tuple[list[int], list[str], pa.Schema]:
    """Return places, names and schema of the wanted columns."""
    places, names = chosen(whole.names, columns, name)
    fields = [whole.field(place) for place in places]
    refuse_nested(fields, name)
    return places, names, pa.schema(fields, metadata=whole.metadata)


def _row_bytes(schema: pa.Schema) -> int:
    return sum(cell_bytes(field.type) for field in schema)


def _watch(
    found: Iterable[pa.RecordBatch], file: ColumnarFile, wanted: int, limit: int
) -> Iterator[pa.RecordBatch]:
    """Yield batches as long as what they take leaves room for all of them."""
    held = done = 0
    for batch in found:
        held, done = held + held_bytes(batch), done + batch.num_rows
        likely = held * wanted // max(1, done)
        if held > limit or (held > PROOF_BYTES and likely > 2 * limit):
            raise file.too_big(wanted, max(held, likely), limit)
        yield batch


def _take(
    found: Iterable[pa.RecordBatch], rows: np.ndarray
) -> Iterator[pa.RecordBatch]:
    """Yield only the rows that are wanted, in batches that are large again.

    What comes after the last of them is not read.
    """
    start = held = 0
    few: list[pa.RecordBatch] = []
    for batch in found if len(rows) else ():
        end = start + batch.num_rows
        first, last = rows.searchsorted([start, end])
        if last > first:
            few.append(batch.take(pa.array(rows[first:last] - start)))
            held += last - first
        if held >= BATCH_ROWS:
            yield from pa.Table.from_batches(few).combine_chunks().to_batches()
            few, held = [], 0
        start = end
        if start > rows[-1]:
            break
    if few:
        yield from pa.Table.from_batches(few).combine_chunks().to_batches()


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
