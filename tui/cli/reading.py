"""From options about a dataset to sections of an experiment."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.data.source import check
from engine.doc import fields_of
from engine.errors import SpecError
from engine.spec import DataSpec, SplitSpec, doc_of
from engine.spec_checks import check_data, check_split, check_value

Part = TypeVar("Part", bound=msgspec.Struct)
PIPE = "-"


def is_piped(source: str, test: str | None) -> bool:
    """Tell whether standard input is to be read.

    Raises
    ------
    SpecError
        If it would have to be read twice.
    """
    if source == test == PIPE:
        wrong = "standard input cannot be both the table and its test rows"
        raise SpecError(wrong, "give one of them as a file")
    return PIPE in (source, test)


def from_pipe(data: DataSpec, piped: Path | None) -> DataSpec:
    """Return the table with what was piped in read from a file."""
    if piped is None:
        return data
    field = "source" if data.source == PIPE else "test_source"
    return msgspec.structs.replace(data, **{field: str(piped)})


def with_options(part: Part, args: argparse.Namespace) -> Part:
    """Return a section of an experiment with the values of given options."""
    # A field without an option may share its name with another option.
    hidden = {doc.name for doc in fields_of(type(part)).values() if not doc.option}
    values = {
        name: value
        for name in part.__struct_fields__
        if name not in hidden and (value := getattr(args, name, None)) is not None
    }
    return msgspec.structs.replace(part, **values)


def specs(
    args: argparse.Namespace,
    data: DataSpec | None = None,
    split: SplitSpec | None = None,
) -> tuple[DataSpec, SplitSpec]:
    """Return the dataset and the hold-out that the options describe.

    Parameters
    ----------
    args : argparse.Namespace
        Of a parser with the options about a table.
    data : DataSpec or None, default=None
        Defaults; of the table ``args.data`` when None.
    split : SplitSpec or None, default=None
        What is not said. Its group, time or split column gives way to one of another
        sort that is said, and to a test file.

    Raises
    ------
    SpecError
        If a value is none of those allowed, or they do not go together.
    """
    data = DataSpec(source=args.data) if data is None else data
    data = msgspec.structs.replace(data, read=with_options(data.read, args))
    data = with_options(data, args)
    check_data(data)
    if args.test_source is None and (args.time or args.by):
        # The test file of an experiment gives way, as its columns do.
        data = msgspec.structs.replace(data, test_source=None)
    split = SplitSpec() if split is None else split
    if args.group or args.time or args.by:
        split = msgspec.structs.replace(split, group=None, time=None, by=None)
    elif args.test_source is not None:
        split = msgspec.structs.replace(split, time=None, by=None)
    split = with_options(split, args)
    check_split(split, data)
    _refuse_idle(args, split, data)
    return data, split


def refuse_missing(data: DataSpec) -> None:
    """Refuse tables that are not there.

    Raises
    ------
    DataError
        If one is not, or nothing is piped in.
    """
    check(data.source)
    if data.test_source is not None:
        check(data.test_source)


def _refuse_idle(args: argparse.Namespace, way: SplitSpec, data: DataSpec) -> None:
    """Refuse an option about the test rows that the way they are decided leaves idle.

    Only here: a default cannot be told from a given value later.
    """
    by = f"column {way.by!r} (--by)" if way.by else None
    decided = by or ("a second file (--test)" if data.test_source else None)
    time = f"column {way.time!r} (--time)" if way.time else None
    group = f"column {way.group!r} (--group)" if way.group else None
    # Equal rows stay together in the folds after a split by a column or a file.
    idle = (
        ("--test-size", args.test_size, decided),
        ("--no-stratify", args.stratify, decided or time),
        ("--duplicates", args.duplicates, time or group),
    )
    for option, value, teller in idle:
        if value is not None and teller is not None:
            wrong = f"{option} has no effect with {teller}"
            raise SpecError(wrong, f"leave {option} out")


def seed_of(args: argparse.Namespace) -> int:
    """Return the seed.

    Raises
    ------
    SpecError
        If it is no seed.
    """
    doc = doc_of("seed")
    check_value(doc, args.seed)
    return int(doc.default if args.seed is None else args.seed)
