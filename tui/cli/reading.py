"""What the options about a table say, as parts of an experiment."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from engine.errors import SpecError
from engine.spec import DataSpec, ReadSpec, SplitSpec
from engine.spec_checks import check_data, check_split

__all__ = [
    "PIPE",
    "data_spec",
    "from_pipe",
    "is_piped",
    "seed_of",
    "specs",
    "split_spec",
]

Part = TypeVar("Part", ReadSpec, DataSpec, SplitSpec)
PIPE = "-"
SEED = 42
LARGEST_SEED = 2**32
_WAYS = ("group", "time", "by")


def is_piped(source: str, test: str | None) -> bool:
    """Tell whether standard input is to be read.

    Raises
    ------
    SpecError
        If it would have to be read twice.
    """
    if source == test == PIPE:
        raise SpecError(
            "standard input cannot be the table and its test rows",
            "give one of them as a file",
        )
    return PIPE in (source, test)


def from_pipe(data: DataSpec, piped: Path | None) -> DataSpec:
    """Return the table with what was piped in read from a file."""
    if piped is None:
        return data
    field = "source" if data.source == PIPE else "test_source"
    return msgspec.structs.replace(data, **{field: str(piped)})


def data_spec(args: argparse.Namespace, base: DataSpec | None = None) -> DataSpec:
    """Return the table that the options describe.

    Parameters
    ----------
    args : argparse.Namespace
        Of a parser with `tui.cli.tables.TABLE`.
    base : DataSpec or None, default=None
        What is not said; the table ``args.data`` with nothing said when None.

    Raises
    ------
    SpecError
        If a value is none of those allowed.
    """
    base = DataSpec(source=args.data) if base is None else base
    read = _changed(
        base.read,
        {name: getattr(args, name) for name in ReadSpec.__struct_fields__},
    )
    data = _changed(
        base,
        {
            "target": args.target,
            "positive": args.positive,
            "drop": args.drop,
            "keep": args.keep,
            "kinds": args.kinds,
            "mute": args.mute,
            "test_source": args.test,
        },
    )
    data = msgspec.structs.replace(data, read=read)
    check_data(data)
    return data


def split_spec(args: argparse.Namespace, base: SplitSpec | None = None) -> SplitSpec:
    """Return the hold-out that the options describe.

    Parameters
    ----------
    args : argparse.Namespace
        Of a parser with `tui.cli.tables.TABLE`.
    base : SplitSpec or None, default=None
        What is not said. Its group, time or split column gives way to one of another
        sort that is said, and to a test file.
    """
    base = SplitSpec() if base is None else base
    said = {way: getattr(args, way) for way in _WAYS}
    if any(value is not None for value in said.values()):
        base = msgspec.structs.replace(base, **dict.fromkeys(_WAYS))
    elif args.test is not None:
        base = msgspec.structs.replace(base, time=None, by=None)
    return _changed(
        base,
        {
            **said,
            "test_size": args.test_size,
            "stratify": None if args.no_stratify is None else False,
            "duplicates": args.duplicates,
        },
    )


def specs(
    args: argparse.Namespace,
    data: DataSpec | None = None,
    split: SplitSpec | None = None,
) -> tuple[DataSpec, SplitSpec]:
    """Return both, checked together.

    Raises
    ------
    SpecError
        If they do not go together.
    """
    told = data_spec(args, data)
    if args.test is None and (args.time or args.by):
        # The test file of an experiment gives way, as its columns do.
        told = msgspec.structs.replace(told, test_source=None)
    way = split_spec(args, split)
    check_split(way, told)
    _heard(args, way, told)
    return told, way


def _heard(args: argparse.Namespace, way: SplitSpec, data: DataSpec) -> None:
    """Refuse an option about the test rows that the way they are told leaves idle.

    Only here: what was not said has a value too.
    """
    by = f"column {way.by!r} (--by)" if way.by else None
    told = by or ("a second file (--test)" if data.test_source else None)
    time = f"column {way.time!r} (--time)" if way.time else None
    group = f"column {way.group!r} (--group)" if way.group else None
    # Equal rows stay together in the folds after a split by a column or a file.
    idle = (
        ("--test-size", args.test_size, told),
        ("--no-stratify", args.no_stratify, told or time),
        ("--duplicates", args.duplicates, time or group),
    )
    for option, value, teller in idle:
        if value is not None and teller is not None:
            raise SpecError(
                f"{option} has no effect with {teller}, which decides about that",
                f"leave {option} out",
            )


def _changed(part: Part, said: dict[str, Any]) -> Part:
    given = {name: value for name, value in said.items() if value is not None}
    return msgspec.structs.replace(part, **given)


def seed_of(args: argparse.Namespace) -> int:
    """Return the seed.

    Raises
    ------
    SpecError
        If it is no seed.
    """
    found = SEED if args.seed is None else int(args.seed)
    if not 0 <= found < LARGEST_SEED:
        raise SpecError(f"seed {found}", f"give one from 0 to {LARGEST_SEED - 1}")
    return found
