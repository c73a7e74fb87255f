"""The options about a table: how it is read, what its columns are for, its split.

The same for every command that takes a table: declared here, and turned into the parts
of an experiment here.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from engine.errors import SpecError
from engine.spec import DataSpec, ReadSpec, SplitSpec
from engine.spec_checks import FORMATS, KINDS, check_data, check_split
from tui.cli.values import escape, listed, number, pairs, separator, whole

__all__ = [
    "PIPE",
    "data_spec",
    "from_pipe",
    "is_piped",
    "reading",
    "roles",
    "specs",
    "split_spec",
]

Part = TypeVar("Part", ReadSpec, DataSpec, SplitSpec)
PIPE = "-"
_WAYS = ("group", "time", "by")


def reading(parser: argparse.ArgumentParser) -> None:
    """Declare how a file is read; all of it is found out where it is not said."""
    group = parser.add_argument_group("how the file is read; else it is found out")
    group.add_argument("--format", metavar="NAME", help=", ".join(FORMATS))
    group.add_argument(
        "--delimiter",
        metavar="CHAR",
        type=separator,
        help="between fields: a character, tab, or whitespace for runs of blanks",
    )
    group.add_argument("--encoding", metavar="NAME", help="utf-8, cp1252, utf-16 …")
    group.add_argument("--quote", metavar="CHAR", help="quote character, or none")
    group.add_argument(
        "--escape",
        metavar="CHAR",
        type=escape,
        help="before a delimiter or quote that is part of a cell: backslash, say",
    )
    group.add_argument("--decimal", metavar="MARK", help="decimal mark, . or ,")
    group.add_argument(
        "--header", metavar="N", type=whole, help="header lines; 0 if there is none"
    )
    group.add_argument(
        "--skip", metavar="N", type=whole, help="lines before the header"
    )
    group.add_argument(
        "--missing",
        metavar="TEXT,…",
        type=listed,
        help="further texts that mean a missing cell",
    )
    group.add_argument(
        "--ragged",
        metavar="WHAT",
        help="lines of too few or too many fields: refuse (the default), drop or fill",
    )
    group.add_argument(
        "--member", metavar="NAME", help="file of a zip archive, or sheet of a workbook"
    )
    group.add_argument(
        "--columns", metavar="COL,…", type=listed, help="read these columns only"
    )
    group.add_argument(
        "--rows",
        metavar="N",
        type=whole,
        help="read a sample of so many rows, stratified by the target",
    )


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


def roles(parser: argparse.ArgumentParser) -> None:
    """Declare what columns are for, and which rows are the test rows."""
    group = parser.add_argument_group("the table")
    group.add_argument("--target", metavar="COL", help="target column; else guessed")
    group.add_argument(
        "--positive", metavar="LABEL", help="positive class; else the rarer one"
    )
    group.add_argument("--drop", metavar="COL,…", type=listed, help="ignore columns")
    group.add_argument(
        "--keep",
        metavar="COL,…",
        type=listed,
        help="learn from columns that would be ignored: an id, a date, free text",
    )
    group.add_argument(
        "--kinds",
        metavar="COL=KIND,…",
        type=pairs,
        help=f"what columns are, if not what they look like: {', '.join(KINDS)}",
    )
    group.add_argument(
        "--mute",
        metavar="CODE,…",
        type=listed,
        help="advice not to give: IMB018, or IMB018:city for one column",
    )
    group = parser.add_argument_group("the test rows")
    group.add_argument(
        "--test-size", metavar="SHARE", type=number, help="share of test rows"
    )
    group.add_argument(
        "--no-stratify", action="store_true", default=None, help="split at random"
    )
    group.add_argument(
        "--group", metavar="COL", help="equal values stay on one side of every split"
    )
    group.add_argument(
        "--time", metavar="COL", help="the latest rows are the test rows"
    )
    group.add_argument(
        "--by", metavar="COL", help="column that says train or test (or 0 and 1)"
    )
    group.add_argument(
        "--test", metavar="FILE", help="a second table, or -: the test rows"
    )
    group.add_argument(
        "--duplicates",
        metavar="WHERE",
        help="rows that are equal in every feature: together on one side (the "
        "default) or apart",
    )


def data_spec(args: argparse.Namespace, base: DataSpec | None = None) -> DataSpec:
    """Return the table that the options describe.

    Parameters
    ----------
    args : argparse.Namespace
        Of a parser with `reading` and `roles`.
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
        Of a parser with `roles`.
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
