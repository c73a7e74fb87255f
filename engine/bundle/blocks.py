"""A new table a block of rows at a time: of text and Parquet no more is ever held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from engine.data.load import load, room
from engine.data.make_spec import is_made
from engine.data.read import columnar, tables
from engine.data.read.begin import Text
from engine.data.read.begin import opened as begun_text
from engine.data.read.clean import Rules
from engine.data.read.open import Opened, opened
from engine.data.read.quotes import survey
from engine.data.read.raw import Progress, chosen, silent
from engine.data.read.unused import refuse_unused
from engine.data.source import resolve
from engine.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.spec import ReadSpec

__all__ = ["Block", "Source", "source"]

ROWS = 1 << 16


class Block(NamedTuple):
    """Some rows.

    Attributes
    ----------
    first : int
        Number of the first of them, from 1.
    frame : pandas.DataFrame
        Cells as read; the columns that were asked for.
    kept : pyarrow.Table
        Those that are written beside the scores, as the file has them.
    """

    first: int
    frame: pd.DataFrame
    kept: pa.Table


class Source(NamedTuple):
    """A table that is about to be read.

    Attributes
    ----------
    name : str
        What to call it.
    names : tuple of str
        Its columns, as everybody sees them.
    rules : Rules
        How it writes numbers.
    notes : tuple of str
        What was guessed.
    open : callable
        Takes the names of columns to read, those to keep, and those of numbers; yields
        blocks.
    """

    name: str
    names: tuple[str, ...]
    rules: Rules
    notes: tuple[str, ...]
    open: Any


@contextmanager
def source(data: str, spec: ReadSpec, progress: Progress) -> Iterator[Source]:
    """Open a table.

    Parameters
    ----------
    data : str
        A path, ``-``, ``sample:NAME``, ``dataset:…`` or ``make:…``.
    spec : ReadSpec
        What is known about it.
    progress : callable

    Raises
    ------
    DataError
        If there is no such table.
    """
    if is_made(data):
        table = load(data, spec, progress=progress)
        yield _held(table.frame, table.name, spec, ())
        return
    path, name = resolve(data, progress)
    with opened(path, name, member=spec.member, progress=progress) as file:
        kind = spec.format or file.kind
        if kind == "text":
            refuse_unused(spec, kind, name)
            # Every byte has a say in the encoding: nothing is read twice later.
            with begun_text(file.path, name, spec, whole=True) as text:
                yield _of_text(text, spec, progress)
        elif kind == "parquet":
            refuse_unused(spec, kind, name)
            yield _of_parquet(file, name, spec, progress)
        else:
            raw, _ = tables.raw(file, name, spec, None, room(), progress)
            yield _held(raw.frame, name, spec, raw.reader.notes)


def _rules(spec: ReadSpec, decimal: str | None, delimiter: str | None) -> Rules:
    return Rules(
        decimal=spec.decimal,
        likely=decimal or ("," if delimiter == ";" else "."),
        proven=decimal == ",",
        missing=frozenset(one.strip() for one in spec.missing),
    )


# Read whole ---------------------------------------------------------------------------


def _held(
    frame: pd.DataFrame, name: str, spec: ReadSpec, notes: Sequence[str]
) -> Source:
    names, said = settle(list(frame.columns))
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)

    def blocks(wanted: list[str], kept: list[str], _: set[str]) -> Iterator[Block]:
        beside = _arrow(frame[kept])
        for begin in range(0, len(frame), ROWS):
            part = frame[wanted].iloc[begin : begin + ROWS]
            yield Block(begin + 1, part, beside.slice(begin, ROWS))

    rules = _rules(spec, None, None)
    return Source(name, tuple(names), rules, (*notes, *said), blocks)


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """Return columns as Arrow's; of several types they become text."""
    import pyarrow as pa

    made = {}
    for name in frame.columns:
        series = frame[name]
        try:
            made[name] = pa.array(series, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError):
            texts = [None if pd.isna(v) else str(v) for v in series]
            made[name] = pa.array(texts, pa.string())
    return pa.table(made)


# Parquet ------------------------------------------------------------------------------


def _of_parquet(file: Opened, name: str, spec: ReadSpec, progress: Progress) -> Source:
    about = columnar.shape(file.path, name, "parquet", columns=spec.columns)
    names, said = settle(about.columns)
    if not about.rows:
        raise DataError(f"{name} has a header but no rows", "give a file with rows")

    def blocks(
        wanted: list[str], kept: list[str], numbers: set[str]
    ) -> Iterator[Block]:
        import pyarrow as pa

        from engine.data.read.arrow import frame_of

        every = list(dict.fromkeys([*wanted, *kept]))
        _, called = chosen(about.columns, every, name)
        first = 1
        for batch in columnar.batches(
            file.path, name, "parquet", columns=every, progress=progress
        ):
            table = pa.Table.from_batches([batch]).rename_columns(called)
            frame, _ = frame_of(table.select(wanted))
            yield Block(first, frame, table.select(kept))
            first += batch.num_rows

    return Source(name, tuple(names), _rules(spec, None, None), tuple(said), blocks)


# Delimited text -----------------------------------------------------------------------


def _of_text(text: Text, spec: ReadSpec, progress: Progress) -> Source:
    names, said = settle(text.layout.names[: text.fields])

    def blocks(
        wanted: list[str], kept: list[str], numbers: set[str]
    ) -> Iterator[Block]:
        import pyarrow as pa

        every = list(dict.fromkeys([*wanted, *kept]))
        places = [names.index(one) for one in every]
        heads = [text.layout.names[place].strip() for place in places]
        headed = text.layout.header == 1 and len(heads) > 1 and all(heads)
        first = 1
        with _readable(text, spec, progress) as (plain, quoted, size):
            for batch in _batches(plain, quoted, size, places, progress):
                table = pa.Table.from_batches([batch]).rename_columns(every)
                if headed:
                    table = _without_headers(table, heads)
                frame = _frame(table, wanted, numbers, rules)
                yield Block(first, frame, table.select(kept))
                first += table.num_rows
        if first == 1:
            raise DataError(
                f"{text.name} has a header but no rows", "give a file with data rows"
            )

    rules = _rules(spec, text.reader.decimal, text.reader.delimiter)
    notes = (*text.reader.notes, *said)
    return Source(text.name, tuple(names), rules, notes, blocks)


def _frame(
    table: pa.Table, wanted: list[str], numbers: set[str], rules: Rules
) -> pd.DataFrame:
    """Return texts as categories; of numbers as such, where all of them are plain."""
    import pyarrow as pa
    import pyarrow.compute as pc

    commas = "," in (rules.decimal, rules.likely)
    columns: dict[str, Any] = {}
    for name in wanted:
        cells = table.column(name)
        if name in numbers and not commas:
            with suppress(pa.ArrowInvalid):
                columns[name] = pc.cast(cells, pa.float64()).to_numpy()
                continue
        columns[name] = cells.cast(pa.dictionary(pa.int32(), pa.string())).to_pandas()
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


@contextmanager
def _readable(
    text: Text, spec: ReadSpec, progress: Progress
) -> Iterator[tuple[Text, bool, int]]:
    """Yield a text that Arrow reads as any reader does, if there are quotes in it, and
    the bytes to read at a time: the text itself, or that written anew.
    """  # noqa: D205
    import pyarrow as pa

    quotes = survey(text.path, text.offset, text.dialect, progress)
    if quotes.nul is not None:
        line, _ = place(text.path, quotes.nul)
        raise DataError(
            f"{text.name}, line {line:,}: a NUL byte, which no text holds",
            "is the file whole? write it again",
        )
    doubtful = quotes.stray or text.dialect.escape or text.dialect.spaced
    size = 0
    if not doubtful:
        with suppress(pa.ArrowException):
            size = _size(text, quotes.any)
    if size:
        yield text, quotes.any, size
        return
    dialect, width, lines = text.dialect, text.layout.width, text.layout.lines
    copy, _ = rewrite.anew(
        text.path,
        text.offset,
        dialect,
        width,
        name=text.name,
        before=lines,
        ragged=spec.ragged,
    )
    try:
        again = text._replace(path=copy, offset=0, dialect=rewrite.PLAIN)
        yield again, True, _size(again, True)
    except pa.ArrowException as error:
        raise DataError(
            f"{text.name} cannot be read as a table: {error}",
            "check its quotes and delimiters (--quote, --delimiter)",
        ) from None
    finally:
        copy.unlink()


def _size(text: Text, quoted: bool) -> int:
    """Return the bytes to read at a time; every row is looked at.

    Raises
    ------
    pyarrow.ArrowException
        If Arrow does not read a row.
    """
    import pyarrow as pa

    size = BLOCK_BYTES
    while True:
        try:
            for _ in _batches(text, quoted, size, [0], silent):
                pass
            return size
        except pa.ArrowInvalid as error:
            if "straddl" not in str(error) or size >= LARGEST_BLOCK:
                raise
            size *= 32  # a row of megabytes


def _batches(
    text: Text, quoted: bool, size: int, places: list[int], progress: Progress
) -> Iterator[pa.RecordBatch]:
    """Yield columns of a text, all of them as text."""
    import pyarrow as pa
    from pyarrow import csv

    ragged: list[str] = []

    def wrong(row: Any) -> str:
        ragged.extend([row.text] if row.text.strip() else [])
        return "skip"

    wanted = [str(place) for place in places]
    every = [str(place) for place in range(text.layout.width)]
    options = (
        csv.ReadOptions(column_names=every, block_size=size),
        csv.ParseOptions(
            delimiter=text.dialect.delimiter or NO_DELIMITER,
            quote_char=text.dialect.quote or False if quoted else False,
            double_quote=True,
            newlines_in_values=quoted,
            invalid_row_handler=wrong,
        ),
        csv.ConvertOptions(
            include_columns=wanted,
            column_types=dict.fromkeys(wanted, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    with text.path.open("rb") as source:
        source.seek(text.offset)
        total = text.path.stat().st_size
        try:
            for batch in csv.open_csv(source, *options):
                progress("reading", source.tell(), total)
                yield batch
        except pa.ArrowInvalid as error:
            if "Empty CSV" not in str(error):
                raise
    if ragged:
        raise pa.ArrowInvalid("rows of another width")


def _without_headers(rows: pa.Table, heads: list[str]) -> pa.Table:
    """Leave out header lines that stand again among the rows: files put together."""
    import pyarrow as pa
    import pyarrow.compute as pc

    again = np.ones(rows.num_rows, dtype=bool)
    for column, head in zip(rows.columns, heads, strict=True):
        same = pc.equal(pc.utf8_trim_whitespace(column), head)
        again &= pc.fill_null(same, False).to_numpy()
        if not again.any():
            return rows
    return rows.filter(pa.array(~again))
