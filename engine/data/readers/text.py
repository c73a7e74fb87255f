"""Delimited text, read by Arrow, with a slower way where that is in doubt."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from engine.core.errors import DataError
from engine.core.execution import Progress
from engine.data.readers.begin import Text, anew
from engine.data.readers.encoding import no_text, place
from engine.io.machine import cores

SURVEY_BYTES = 1 << 18
BLOCK = 1 << 20
GATHERED = 100
"""Parts of few rows that are put together, since each costs memory of its own."""
LARGEST_BLOCK = 1 << 30
LONGEST = 15
"""Digits up to which every whole number is a float of its own."""
_PLAIN = frozenset(("whole", "number", "missing"))
_WHOLE = frozenset(("whole", "missing"))
_COLUMN = re.compile(r"In CSV column #(\d+): CSV conversion error")


def table(
    text: Text,
    columns: list[int],
    rows: np.ndarray | None = None,
    *,
    floats: bool = True,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a text.

    Parameters
    ----------
    text : Text
    columns : list of int
        Places of the columns to read.
    rows : numpy.ndarray of int or None, default=None
        Numbers of the rows that are wanted, ascending; all of them when None. Of the
        others a block at a time is held.
    floats : bool, default=True
        Whether columns that look like floating numbers are read as such at once.

    Returns
    -------
    frame : pandas.DataFrame
        Numbers as such, all else as categories of text; columns are called by their
        place.
    notes : tuple of str
        What was corrected.

    Raises
    ------
    DataError
        With the line of the first row that cannot be read.
    """
    commas = text.reader.decimal == ","
    plain = {i for i in columns if text.kinds[i] <= _PLAIN and not commas}
    words = pa.dictionary(pa.int32(), pa.string())
    types = {i: pa.string() if i in plain else words for i in columns}
    if floats:
        # Whole numbers are read as text, to see the zeros in front of 00501.
        likely = {i for i in plain if not text.kinds[i] <= _WHOLE}
        types |= dict.fromkeys(likely, pa.float64())
    notes: list[str] = []
    parts: list[pa.Table] = []
    few: list[pa.Table] = []
    seen = 0
    for part in batches(text, types, notes, whole=rows is None):
        if rows is None:
            parts.append(part)
            del part  # each column goes when it has been converted
            continue
        end = seen + len(part)
        first, last = rows.searchsorted([seen, end])
        few.append(_taken(part, rows[first:last] - seen))
        if few[-1].schema != (parts or few)[0].schema:  # no number, far down
            return table(text, columns, rows, floats=False)
        if len(few) == GATHERED:
            parts.append(pa.concat_tables(few).combine_chunks())
            few.clear()
        seen = end
    parts += few
    few.clear()
    return _frame(parts, columns, plain, text.file.progress), tuple(notes)


def _taken(part: pa.Table, rows: np.ndarray) -> pa.Table:
    """Return some rows, with the words of these only."""
    part = part.take(pa.array(rows))
    for at, field in enumerate(part.schema):
        if pa.types.is_dictionary(field.type):
            coded = part.column(at).combine_chunks()
            used = pc.unique(coded.indices.drop_null())
            indices = pc.index_in(coded.indices, used)
            words = pa.DictionaryArray.from_arrays(indices, coded.dictionary.take(used))
            part = part.set_column(at, field, words)
    return part


def batches(
    text: Text,
    types: dict[int, pa.DataType],
    notes: list[str] | None = None,
    *,
    whole: bool = False,
) -> Iterator[pa.Table]:
    """Yield the rows of a text, or find out by a slower way why they cannot be read.

    Parameters
    ----------
    text : Text
    types : dict of int to pyarrow.DataType
        By place, those of the columns that are wanted, which are called by it.
    notes : list of str or None, default=None
        Takes what was corrected.
    whole : bool, default=False
        Whether all rows come at once, which uses every core. Columns of floats that
        hold something else are words then.

    Raises
    ------
    DataError
        With the line of the first row that cannot be read.
    """
    quoted, doubtful = survey(text)
    done = 0
    if not doubtful:
        try:
            for rows in _scan(text, types, quoted, whole, 0):
                done += len(rows)
                yield rows
            return
        except _UnclearError:
            pass
    again, corrected = anew(text)
    try:
        yield from _scan(again, types, True, whole, done)
    except _UnclearError as error:
        raise DataError(
            f"{text.file.name} cannot be read as a table: {error}",
            "check its quotes and delimiters",
            field="data.read.quote data.read.delimiter",
        ) from None
    finally:
        again.path.unlink()
    if corrected and notes is not None:
        what = {"drop": "left out", "fill": "filled"}[text.file.spec.ragged]
        notes.append(f"{corrected:,} lines with other numbers of fields {what}")


def survey(text: Text) -> tuple[bool, bool]:
    """Look at every quote of a text and at the bytes beside it.

    Returns
    -------
    quoted, doubtful : bool
        Whether there are quotes; whether readers differ on what one means: it neither
        opens nor closes a field, nor is doubled, or never closes.

    Raises
    ------
    DataError
        If there is a NUL byte.
    """
    dialect = text.dialect
    quote = dialect.quote.encode() or b"\x00"
    fine = np.zeros(256, dtype=bool)
    fine[list((dialect.delimiter + dialect.quote + "\r\n").encode())] = True
    seen, before, block = 0, b"\n", b"\n"
    stray = bool(dialect.escape or dialect.spaced)
    total = text.path.stat().st_size
    with text.path.open("rb", buffering=0) as file:
        file.seek(text.offset)
        while block:
            text.file.progress("checking", file.tell(), total)
            block = file.read(SURVEY_BYTES)
            if (at := block.find(b"\x00")) >= 0:
                line, _ = place(text.path, file.tell() - len(block) + at)
                raise no_text(text.file.name, line)
            if quote in block or before.endswith(quote):
                data = np.frombuffer(before + (block or b"\n"), dtype=np.uint8)
                inner = np.flatnonzero(data[1:-1] == quote[0]) + 1
                opens = (seen + np.arange(len(inner))) % 2 == 0
                beside = np.where(opens, data[inner - 1], data[inner + 1])
                stray = stray or not fine[beside].all()
                seen += len(inner)
            before = (before + block)[-2:]  # the last byte has no neighbour yet
    return seen > 0, stray or seen % 2 == 1


class _UnclearError(Exception):
    """Arrow cannot read a text, or not every reader would read it alike."""


def _scan(
    text: Text, types: dict[int, pa.DataType], quoted: bool, whole: bool, skip: int
) -> Iterator[pa.Table]:
    """Yield rows as Arrow reads them, after the first ones, which were read before."""
    ragged = False

    def wrong(row: Any) -> str:
        nonlocal ragged
        ragged = ragged or bool(row.text.strip())
        return "skip"

    named = {str(at): kind for at, kind in types.items()}
    block, spoils = BLOCK, 0
    while True:
        options = (
            csv.ReadOptions(
                column_names=[str(i) for i in range(text.layout.width)],
                block_size=block,
            ),
            csv.ParseOptions(
                delimiter=text.dialect.delimiter,
                quote_char=(quoted and text.dialect.quote) or False,
                double_quote=True,
                newlines_in_values=quoted,
                invalid_row_handler=wrong,
            ),
            csv.ConvertOptions(
                include_columns=list(named),
                column_types=named,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        try:
            with _all_cores(), _ReportedFile(text) as source:
                if whole:
                    found = iter([csv.read_csv(source, *options)])
                else:
                    parts = csv.open_csv(source, *options)
                    found = (pa.Table.from_batches([part]) for part in parts)
                seen = 0
                for rows in found:
                    if ragged:
                        raise _UnclearError("rows of another width")
                    seen += len(rows)
                    fresh = min(len(rows), seen - skip)
                    if fresh > 0:
                        skip += fresh
                        yield rows.slice(len(rows) - fresh)
            if ragged:
                raise _UnclearError("rows of another width")
            return
        except pa.ArrowException as error:
            reason = str(error)
            spoilt = _COLUMN.search(reason)
            floats = {n for n, kind in named.items() if pa.types.is_floating(kind)}
            if "Empty CSV" in reason and not ragged:
                yield pa.table({n: pa.array([], kind) for n, kind in named.items()})
                return
            if "straddl" in reason and block < LARGEST_BLOCK:
                block *= 32  # a row of megabytes
            elif spoilt and floats:
                # A cell that is no number. After a second one all are read as text.
                bad = floats if spoils or spoilt[1] not in floats else {spoilt[1]}
                named |= dict.fromkeys(bad, pa.dictionary(pa.int32(), pa.string()))
                spoils += 1
            else:
                raise _UnclearError(reason) from None


@contextmanager
def _all_cores() -> Iterator[None]:
    """Let Arrow use every core, where OpenMP is held to one for the sake of numbers."""
    before = pa.cpu_count()
    pa.set_cpu_count(cores())
    try:
        yield
    finally:
        pa.set_cpu_count(before)


class _ReportedFile(io.FileIO):
    """A file from an offset on that tells of the rows that were read."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.path)
        self.seek(text.offset)
        self._done, self._total = 0, text.path.stat().st_size - text.offset
        self._progress, self._rows = text.file.progress, text.estimated_rows
        self._report()

    def read(self, size: int | None = -1) -> bytes:
        """Read the next bytes."""
        data = super().read(-1 if size is None else size) or b""
        self._done += len(data)
        self._report()
        return data

    def _report(self) -> None:
        """Report rows, estimated from bytes; the file may have grown meanwhile."""
        part = min(1.0, self._done / max(1, self._total))
        self._progress("reading text", int(part * self._rows), self._rows)


# From Arrow to pandas ---------------------------------------------------------------


def _frame(
    rows: list[pa.Table], places: list[int], plain: set[int], progress: Progress
) -> pd.DataFrame:
    """Return rows as a frame, one column at a time: numbers, or categories of text."""
    parts = dict(zip(places, pa.concat_tables(rows).columns, strict=True))
    rows.clear()
    columns: dict[int, Any] = {}
    for done, at in enumerate(places):
        progress("converting", done, len(places))
        cells = parts.pop(at)
        if pa.types.is_floating(cells.type):
            columns[at] = cells.to_numpy()
            continue
        numbers = _numbers(cells) if at in plain else None
        columns[at] = texts(cells) if numbers is None else numbers
    return pd.DataFrame(columns, copy=False)


def _numbers(cells: pa.ChunkedArray) -> np.ndarray | None:
    """Return texts as numbers, whole ones if they are.

    None if one has zeros in front or more than 15 digits, or is no number.
    """
    if not pa.types.is_string(cells.type):
        return None
    if cells.null_count < len(cells):
        length = pc.binary_length(cells)
        if pc.max(length).as_py() > LONGEST:
            return None
        # Few begin with a zero and go on, so that few are looked at more closely.
        led = pc.or_(pc.starts_with(cells, "0"), pc.starts_with(cells, "-0"))
        longer = cells.filter(pc.and_(led, pc.greater(length, 1)))
        if pc.any(pc.match_substring_regex(longer, "^[+-]?0[0-9]")).as_py():
            return None
    for kind in (pa.int64(), pa.float64()):
        try:
            found: np.ndarray = pc.cast(cells, kind).to_numpy()
        except pa.ArrowInvalid:
            continue
        return found
    return None


def texts(cells: pa.ChunkedArray) -> pd.Categorical:
    """Return cells of text with every distinct one held once."""
    if pa.types.is_string(cells.type):
        cells = cells.dictionary_encode()
    coded = cells.combine_chunks()
    if isinstance(coded, pa.ChunkedArray):  # of no chunk at all
        coded = pa.array([], pa.string()).dictionary_encode()
    codes = pc.fill_null(coded.indices, -1).to_numpy().astype(np.int32, copy=False)
    values = pd.Index(coded.dictionary.to_pylist(), dtype=object)
    return pd.Categorical.from_codes(codes, categories=values)
