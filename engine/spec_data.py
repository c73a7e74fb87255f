"""The parts of an experiment that say which table, its columns, and its test rows."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, TypeAlias

import msgspec

from engine.doc import Doc

Format: TypeAlias = Literal["text", "parquet", "feather", "jsonl", "arff", "excel"]
Names: TypeAlias = tuple[str, ...]
Kind: TypeAlias = Literal[
    "number", "integer", "boolean", "category", "date", "text", "id"
]
"""What a column may be said to be."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of an experiment: frozen, and strict about its field names."""

    SECTION: ClassVar[str] = ""
    """Its table in a file."""


class ReadSpec(Part, frozen=True):
    """How the file is read; what is left out is found out, and said."""

    SECTION: ClassVar = "data.read"

    format: Annotated[Format | None, Doc("kind of file", example="text")] = None
    delimiter: Annotated[
        str | None,
        Doc("field delimiter, or whitespace", metavar="CHAR|tab", example=";"),
    ] = None
    encoding: Annotated[
        str | None, Doc("text encoding: utf-8, cp1252, utf-16 …", example="cp1252")
    ] = None
    quote: Annotated[
        str | None, Doc("quote character, or none", metavar="CHAR", example="'")
    ] = None
    escape: Annotated[
        str | None,
        Doc("escape character", metavar="CHAR", example="\\"),
    ] = None
    decimal: Annotated[
        Literal[".", ","] | None,
        Doc(". or ,", label="decimal mark", metavar="CHAR", example=","),
    ] = None
    header: Annotated[
        int | None, Doc("0 if there is none", ge=0, label="header lines", example=1)
    ] = None
    skip: Annotated[int | None, Doc("lines before the header", ge=0, example=0)] = None
    missing: Annotated[
        Names, Doc("texts for missing cells, such as ?, n/a", metavar="TEXT,…")
    ] = ()
    ragged: Annotated[
        Literal["refuse", "drop", "fill"],
        Doc("with too few or too many fields", label="ragged lines"),
    ] = "refuse"
    member: Annotated[
        str | None, Doc("file of a zip, or sheet of a workbook", example="Sheet1")
    ] = None
    columns: Annotated[Names, Doc("columns to read (default: all)", form=False)] = ()
    rows: Annotated[
        int | None,
        Doc(
            "number of rows to read, stratified (default: all)",
            ge=1,
            label="sample",
            example=10000,
        ),
    ] = None


class DataSpec(Part, frozen=True):
    """Which table, and what its columns are for."""

    SECTION: ClassVar = "data"

    source: Annotated[
        str,
        Doc("a path, sample:NAME, dataset:… or make:…; - is standard input", option=""),
    ]
    target: Annotated[
        str | None,
        Doc("target column (default: guessed)", metavar="COL", example="outcome"),
    ] = None
    positive: Annotated[
        str | None,
        Doc("positive class (default: the rarer one)", metavar="LABEL", example="1"),
    ] = None
    drop: Annotated[Names, Doc("columns to ignore")] = ()
    keep: Annotated[
        Names, Doc("use these columns although they are ids, dates or free text")
    ] = ()
    kinds: Annotated[
        dict[str, Kind],
        Doc("if detected wrongly", label="kind of column"),
    ] = {}
    mute: Annotated[
        Names, Doc("advice to hide, such as IMB018 or IMB018:city", metavar="CODE,…")
    ] = ()
    test_source: Annotated[
        str | None,
        Doc(
            "a table of test rows, or - (stdin)",
            option="test",
            metavar="FILE",
            example="b",
        ),
    ] = None
    read: ReadSpec = ReadSpec()


class SplitSpec(Part, frozen=True):
    """The hold-out, drawn before anything is fitted.

    One of group, time, by and test_source may be given (group and test_source go
    together).
    """

    SECTION: ClassVar = "split"

    test_size: Annotated[
        float, Doc("share of rows held out", gt=0, lt=1, label="test share")
    ] = 0.2
    stratify: Annotated[bool, Doc("keep the class shares equal in train and test")] = (
        True
    )
    group: Annotated[
        str | None,
        Doc("group column; a group is never split", metavar="COL", example="patient"),
    ] = None
    time: Annotated[
        str | None,
        Doc(
            "time column; the latest rows are the test rows",
            metavar="COL",
            example="day",
        ),
    ] = None
    by: Annotated[
        str | None,
        Doc("column that says train or test (0 or 1)", metavar="COL", example="part"),
    ] = None
    duplicates: Annotated[
        Literal["together", "apart"], Doc("rows that are equal in every feature")
    ] = "together"
