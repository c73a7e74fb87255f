"""Parquet, Feather 2 and Arrow streams, read with pyarrow.

What pandas wrote beside the columns is ignored: an index that is a column of the file
is a column here.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.core.errors import (
    DataError,
    EngineError,
    TooBigError,
    out_of_memory,
    shortage,
)
from engine.core.events import Reader
from engine.core.execution import Progress, silent
from engine.data.readers.arrow import (
    cell_bytes,
    cut,
    frame_of,
    held_bytes,
    refuse_nested,
)
from engine.data.readers.many import convert, join
from engine.data.readers.raw import RawTable, chosen, line, too_big
from engine.io.machine import limited_memory
from engine.io.source import files

BATCH_ROWS = 1 << 16
BATCH_BYTES = 1 << 26
FIRST_ROWS = 1 << 6
"""Rows of a batch where a row is large, or nothing is known of it."""
PART_ROWS = 1 << 19
"""Rows of a part of a file, at most if its row groups are no larger."""
PROOF_BYTES = 1 << 28
"""Rows of so many bytes are proof enough of what a table of far too many takes."""
TARGET = b"imbtui.target"
"""Key of the file's metadata under which we name its target."""
NOTES = b"imbtui.notes"
"""Key under which we keep the notes of when the file was made, as a JSON list."""
_NAMES = {"parquet": "Parquet", "feather": "an Arrow file (Feather 2)"}
_STREAM = b"\xff\xff\xff\xff"
_STREAM_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"


PartMap: TypeAlias = Callable[..., Iterator[Any]]
"""Applies a function to parts of files, as `map` does."""
Workers: TypeAlias = Callable[[Path], PartMap | None]
"""Returns how a function is applied to parts of a file where it lies; None if only the
one who asks can read it."""


class FilePart(NamedTuple):
    """Rows of a table that stand together: those of a file, or of its row groups.

    Attributes
    ----------
    path : Path
    name, kind : str
    columns : tuple of str
        Those that are wanted; all when empty.
    rows : int
    schema : pyarrow.Schema
        Of the wanted columns in the file.
    groups : range or None
        Its row groups; the whole file when None.
    table : tuple of (list of int, pyarrow.Schema) or None
        Where the file has each column of the table, and the schema of that; None if
        the file is the table.
    """

    path: Path
    name: str
    kind: str
    columns: tuple[str, ...]
    rows: int
    schema: pa.Schema
    groups: range | None = None
    table: tuple[list[int], pa.Schema] | None = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield its rows as those of the table.

        Raises
        ------
        DataError
            If the file is damaged, or was changed since.
        """
        with contextlib.ExitStack() as stack:
            file = _opened(*self[:4], stack, self.groups)
            if file.schema != self.schema or file.rows != self.rows:
                raise DataError(f"{self.name} was changed meanwhile", "read it again")
            if self.table is None:
                yield from file.arriving
            else:
                for batch in file.arriving:
                    yield convert(batch, *self.table, self.name)

    def take(self, rows: np.ndarray) -> list[pa.RecordBatch]:
        """Return some of its rows, whose numbers in the part are given, ascending."""
        return list(_take(self.batches(), rows))


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
    parts : tuple of FilePart
        The same rows, to be read anywhere and as often as one likes.
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
    parts: tuple[FilePart, ...] = ()
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

    def spread(
        self,
        apply: PartMap,
        function: Callable[..., Any],
        progress: Progress,
        *more: Any,
    ) -> Iterator[Any]:
        """Yield what a function comes to for each part, in order.

        Parameters
        ----------
        apply : callable
            Applies it, as `map` does.
        function : callable
            Takes a part, and what `more` has for it.
        progress : callable
            Called with ``("reading", rows, of rows)``.
        *more : iterable
        """
        done = 0
        progress("reading", 0, self.rows)
        found = apply(function, self.parts, *more)
        for part, result in zip(self.parts, found, strict=True):
            done += part.rows
            progress("reading", done, self.rows)
            yield result
        if done != self.rows:
            raise _short(self, done)

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
    apply: PartMap | None = None,
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
    apply : callable or None, default=None
        Where `rows` are wanted, takes them from the parts of the file, as `map` does.

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
        found: Iterable[pa.RecordBatch]
        if rows is None:
            found = file.batches(progress)
        elif apply is None:
            found = _take(file.batches(progress), rows)
        else:
            ends = np.cumsum([part.rows for part in file.parts])
            places = np.split(rows, rows.searchsorted(ends[:-1]))
            begins = np.concatenate([[0], ends[:-1]])
            within = [some - begin for some, begin in zip(places, begins, strict=True)]
            taken = file.spread(apply, FilePart.take, progress, within)
            found = itertools.chain.from_iterable(taken)
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
    groups: range | None = None,
) -> ColumnarFile:
    with _sound(name, kind):
        if kind == "parquet":
            file = _parquet(path, name, columns, stack, groups)
        else:
            file = _arrow(path, name, columns, stack)
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
        raise _short(file, done)


def _short(file: ColumnarFile, rows: int) -> DataError:
    what = f"{file.name} claims {file.rows:,} rows but holds {rows:,}"
    return DataError(what, "is the file whole?")


def _parquet(
    path: Path,
    name: str,
    columns: Sequence[str],
    stack: contextlib.ExitStack,
    wanted: range | None,
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
    numbers = range(about.num_row_groups) if wanted is None else wanted
    groups = [about.row_group(place) for place in numbers]
    count = about.num_rows if wanted is None else sum(one.num_rows for one in groups)
    packed = sum(max(0, group.total_byte_size) for group in groups)
    # Columns that share a name cannot be asked for one by one.
    distinct = len(set(whole.names)) == len(whole)
    picked = [whole.names[place] for place in places] if columns and distinct else None

    def batches() -> Iterator[pa.RecordBatch]:
        for place, group in zip(numbers, groups, strict=True):
            each = max(1, group.total_byte_size // max(1, group.num_rows))
            rows = min(most, max(FIRST_ROWS, BATCH_BYTES // each))
            for batch in file.iter_batches(rows, row_groups=[place], columns=picked):
                chosen = batch if picked else batch.select(places)
                for part in cut(chosen, BATCH_BYTES):
                    yield part.cast(schema)

    least = count * _row_bytes(schema)
    memory = max(least, packed * len(places) // max(1, len(whole)))
    every, sizes = tuple(whole.names), [group.num_rows for group in groups]
    one = FilePart(path.absolute(), name, "parquet", tuple(columns), count, schema)
    parts = tuple(
        one._replace(groups=some, rows=sum(sizes[some.start : some.stop]))
        for some in _cut(sizes)
    )
    return ColumnarFile(
        name, "parquet", every, count, memory, schema, names, batches(), parts
    )


def _cut(rows: Sequence[int]) -> list[range]:
    """Return which row groups, of so many rows, stand together in a part."""
    cuts, held = [0], 0
    for place, more in enumerate(rows):
        if held and held + more > PART_ROWS:
            cuts.append(place)
            held = 0
        held += more
    return list(itertools.starmap(range, itertools.pairwise([*cuts, len(rows)])))


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
    part = FilePart(path.absolute(), name, "feather", tuple(columns), rows, schema)
    return ColumnarFile(
        name, "feather", every, rows, memory, schema, names, arriving, (part,), notes
    )


def _joined(path: Path, name: str, kind: str, columns: Sequence[str]) -> ColumnarFile:
    """Open files one after another as one table, of which the first says the order."""
    heads: list[ColumnarFile] = []
    for one in files(path):
        with contextlib.ExitStack() as stack:
            file = _opened(one, f"{name}: {one.name}", kind, columns, stack)
        heads.append(file._replace(arriving=iter(())))
    return join(path, name, heads)


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
