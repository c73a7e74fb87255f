"""Parquet or Feather files that together are one table: their columns and types."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as types

from engine.core.errors import DataError
from engine.core.format import listed, plural
from engine.data.readers.raw import line
from engine.io.source import files

if TYPE_CHECKING:
    from engine.data.readers.columnar import ColumnarFile, FilePart


def join(path: Path, name: str, heads: Sequence[ColumnarFile]) -> ColumnarFile:
    """Return files one after another as one table, of which the first says the order.

    Parameters
    ----------
    path : Path
        Of all of them, as for `engine.io.source.files`.
    name : str
        What to call it.
    heads : sequence of ColumnarFile
        The files in their order, closed again.

    Raises
    ------
    DataError
        If two of them disagree about a column.
    """
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
    parts: list[FilePart] = []
    wholes: list[FilePart] = []
    for head, its in zip(heads, places, strict=True):
        some = [part._replace(table=(its, schema)) for part in head.parts]
        wholes += [some[0]._replace(groups=None, rows=head.rows)]
        parts += some
    others = _others(path)
    notes = (f"{plural(len(heads), 'file')} in the order of their names{others}",)
    return first._replace(
        name=name,
        rows=sum(head.rows for head in heads),
        memory=sum(head.memory for head in heads),
        schema=schema,
        arriving=itertools.chain.from_iterable(part.batches() for part in wholes),
        parts=tuple(parts),
        notes=(*notes, *dict.fromkeys(note for head in heads for note in head.notes)),
    )


def _others(path: Path) -> str:
    """Say what else a folder has, hidden files aside."""
    if not path.is_dir():
        return ""
    seen = {one.name for one in files(path)}
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


def convert(
    batch: pa.RecordBatch, places: list[int], schema: pa.Schema, name: str
) -> pa.RecordBatch:
    """Return rows of one file in the columns and types of all.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
    places : list of int
        Where the file has each column.
    schema : pyarrow.Schema
        Of all files.
    name : str
        What to call the file.

    Raises
    ------
    DataError
        If a value cannot be of the type that its column has.
    """
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
