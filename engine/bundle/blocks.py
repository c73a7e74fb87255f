"""A new table a block of rows at a time: of text and Parquet no more is ever held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.core.cancel import Progress
from engine.core.errors import DataError
from engine.core.events import Reader
from engine.core.experiment import ReadSpec
from engine.data.load import load, room
from engine.data.readers import columnar, tables
from engine.data.readers.arrow import as_arrow, frame_of
from engine.data.readers.begin import Text
from engine.data.readers.begin import opened as begun_text
from engine.data.readers.clean import Rules
from engine.data.readers.open import OpenFile, opened
from engine.data.readers.raw import SourceFile, settle
from engine.data.readers.tables import refuse_unused
from engine.data.readers.text import batches, texts
from engine.data.source import resolve
from engine.io.make_spec import is_made

ROWS = 1 << 16


class Block(NamedTuple):
    """Some rows.

    Attributes
    ----------
    first : int
        Number of the first of them, from 1.
    frame : pandas.DataFrame
        Cells as read; the columns that were asked for.
    copied : pyarrow.Table
        Those that are written beside the scores, as the file has them.
    """

    first: int
    frame: pd.DataFrame
    copied: pa.Table


class BlockSource(NamedTuple):
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
def source(data: str, spec: ReadSpec, progress: Progress) -> Iterator[BlockSource]:
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
        yield _of_frame(table.frame, table.name, spec, ())
        return
    path, name = resolve(data, progress)
    with opened(path, name, member=spec.member, progress=progress) as file:
        kind = spec.format or file.kind
        if kind == "text":
            refuse_unused(spec, kind, name)
            with begun_text(
                SourceFile(file.path, name, spec, progress=progress)
            ) as text:
                yield _of_text(text)
        elif kind == "parquet":
            refuse_unused(spec, kind, name)
            yield _of_parquet(file, name, spec, progress)
        else:
            raw, _ = tables.raw(file, name, spec, None, room(), progress)
            yield _of_frame(raw.frame, name, spec, raw.reader.notes)


# Read whole ---------------------------------------------------------------------------


def _of_frame(
    frame: pd.DataFrame, name: str, spec: ReadSpec, notes: Sequence[str]
) -> BlockSource:
    names, more = settle(list(frame.columns))
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)

    def blocks(wanted: list[str], copied: list[str], _: set[str]) -> Iterator[Block]:
        beside = as_arrow(frame[copied])
        for begin in range(0, len(frame), ROWS):
            part = frame[wanted].iloc[begin : begin + ROWS]
            yield Block(begin + 1, part, beside.slice(begin, ROWS))

    rules = Rules.of(spec, Reader(format="made"))
    return BlockSource(name, tuple(names), rules, (*notes, *more), blocks)


# Parquet ------------------------------------------------------------------------------


def _of_parquet(
    file: OpenFile, name: str, spec: ReadSpec, progress: Progress
) -> BlockSource:
    with columnar.opened(file.path, name, "parquet", spec.columns) as about:
        names, more = settle(about.columns)
    if not about.rows:
        raise DataError(f"{name} has a header but no rows", "give a file with rows")

    def blocks(
        wanted: list[str], copied: list[str], numbers: set[str]
    ) -> Iterator[Block]:
        every = list(dict.fromkeys([*wanted, *copied]))
        first = 1
        with columnar.opened(file.path, name, "parquet", every) as source:
            for batch in source.batches(progress):
                table = source.table([batch])
                frame, _ = frame_of(table.select(wanted))
                yield Block(first, frame, table.select(copied))
                first += batch.num_rows

    return BlockSource(
        name,
        tuple(names),
        Rules.of(spec, Reader(format="parquet")),
        tuple(more),
        blocks,
    )


# Delimited text -----------------------------------------------------------------------


def _of_text(text: Text) -> BlockSource:
    names, more = settle(text.layout.names[: text.fields])

    def blocks(
        wanted: list[str], copied: list[str], numbers: set[str]
    ) -> Iterator[Block]:
        every = list(dict.fromkeys([*wanted, *copied]))
        places = [names.index(one) for one in every]
        first = 1
        types = dict.fromkeys(places, pa.string())
        for rows in batches(text, types):
            table = _without_headers(rows, text, places).rename_columns(every)
            yield Block(
                first, _frame(table, wanted, numbers, rules), table.select(copied)
            )
            first += table.num_rows
        if first == 1:
            raise DataError(
                f"{text.file.name} has a header but no rows",
                "give a file with data rows",
            )

    rules = Rules.of(text.file.spec, text.reader)
    notes = (*text.reader.notes, *more)
    return BlockSource(text.file.name, tuple(names), rules, notes, blocks)


def _frame(
    table: pa.Table, wanted: list[str], numbers: set[str], rules: Rules
) -> pd.DataFrame:
    """Return texts as categories; of numbers as such, where all of them are plain."""
    commas = "," in (rules.decimal, rules.likely)
    columns: dict[str, object] = {}
    for name in wanted:
        cells = table.column(name)
        if name in numbers and not commas:
            with suppress(pa.ArrowInvalid):
                columns[name] = pc.cast(cells, pa.float64()).to_numpy()
                continue
        columns[name] = texts(cells)
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


def _without_headers(rows: pa.Table, text: Text, places: list[int]) -> pa.Table:
    """Leave out header lines that stand again among the rows: files put together."""
    if text.layout.header != 1 or len(places) < 2 or not rows.num_rows:
        return rows
    again = np.ones(rows.num_rows, dtype=bool)
    for position, where in enumerate(places):
        written = text.layout.names[where].strip()
        if not written:
            return rows
        same = pc.equal(pc.utf8_trim_whitespace(rows.column(position)), written)
        again &= pc.fill_null(same, False).to_numpy()
        if not again.any():
            return rows
    return rows.filter(pa.array(~again))
