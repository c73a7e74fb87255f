"""The options about a table and an experiment on it, and the sections they give."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, get_origin

import msgspec

from engine.core.checks import check_data, check_split, check_value
from engine.core.doc import Doc, fields_of
from engine.core.errors import SpecError
from engine.core.experiment import SECTIONS, DataSpec, Experiment, SplitSpec, doc_of
from engine.io.source import check
from tui.cli import declare as options
from tui.cli.declare import DETACH, JSON, NOTIFY, QUIET, STORE, Option, Options
from tui.text.options import flag

_METAVARS: dict[Any, str] = {int: "N", float: "X", tuple: "COL,…", dict: "COL=KIND,…"}
_SPELLED: Final = {"delimiter": options.separator, "escape": options.escape}
"""Fields whose values are spelled in another way than in a file."""
VARIED: Final = ("space", "trials", "folds", "repeats")
"""Fields whose default is that of the preset."""


def _option(doc: Doc) -> Option:
    metavar = _METAVARS.get(get_origin(doc.kind) or doc.kind, "NAME")
    read = _SPELLED.get(doc.name, options.TYPES.get(metavar))
    text, usual = doc.summary, doc.default
    if doc.kind is bool:
        return Option(flag(doc), f"do not {text}" if usual else text, dest=doc.name)
    if isinstance(usual, str | int | float) and doc.name not in VARIED:
        text += f" (default: {f'{usual:g}' if isinstance(usual, float) else usual})"
    return Option(f"{flag(doc)} {doc.metavar or metavar}", text, read, dest=doc.name)


_FIELDS: Final = {
    doc.field: _option(doc)
    for part in (Experiment, *SECTIONS.values())
    for doc in fields_of(part).values()
    if doc.option
}


def _fields(*names: str, but: Sequence[Option] = ()) -> tuple[Option, ...]:
    """Return the options of fields, or of all fields of a section but some."""
    chosen = []
    for name in names:
        own = [o for key, o in _FIELDS.items() if key.rpartition(".")[0] == name]
        chosen += own if name in SECTIONS else [_FIELDS[name]]
    return tuple(option for option in chosen if option not in but)


TARGET = _fields("data.target", "data.positive")
HOLD_OUT = _fields("split.test_size", "split.stratify")
TEST = _fields("data.test_source")
COLUMNS: Options = (
    *_fields("data", but=(*TARGET, *TEST)),
    "test rows",
    *HOLD_OUT,
    *_fields("split", but=HOLD_OUT),
    *TEST,
)
READ: Options = ("how the file is read (default: detected)", *_fields("data.read"))
TABLE: Options = ("dataset", *TARGET, *COLUMNS, *READ)
COSTS = _fields("decision.cost_fn", "decision.cost_fp")
CHOICES = (
    Option("--preset NAME", "article, quick, thorough (default: article, stratified)"),
    Option("--methods NAME,…", "methods to compare, or chains: smote:ratio=tune+enn"),
    *COSTS,
)
TRIALS = _fields("search.trials", "search.folds")
SEARCH = _fields("model", "features", "search.objective")
BUDGET: Options = (
    "search budget of each arm",
    *(*_fields("search", but=(*TRIALS, *SEARCH)), *_fields("seed")),
)
EXPERIMENT: Options = (
    *(*TARGET, *CHOICES, *TRIALS, DETACH),
    "dataset",
    *(*COLUMNS, *READ),
    "experiment",
    *(*SEARCH, *_fields("decision", but=COSTS), *BUDGET),
)
PLACE = (
    "execution",
    Option("--jobs N", "parallel workers (default: all cores)"),
    Option("--executor NAME", "local (threads), processes, dask or inline"),
    Option("--scheduler ADDRESS", "Dask scheduler, such as tls://host:8786"),
    Option("--memory GIB", "memory limit (default: most of the free memory)"),
    Option("--no-cache", "do not cache resampled folds for later runs"),
)

EXECUTION = (
    *PLACE,
    Option("--note TEXT", "a note, shown in the list of runs"),
    NOTIFY,
    "storage and output",
    *(STORE, JSON, QUIET),
)


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
