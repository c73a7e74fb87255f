"""What a headless command is, and the options that commands share.

Options about a table and an experiment on it are made of the experiment's fields; here
is also what turns their values into its sections.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar, get_origin

import msgspec

from engine.core.checks import check_data, check_split, check_value
from engine.core.doc import Doc, fields_of
from engine.core.errors import SpecError
from engine.core.execution import EXECUTORS
from engine.core.experiment import SECTIONS, DataSpec, Experiment, SplitSpec, doc_of
from engine.core.presets import PRESETS
from engine.io.header import check_target
from engine.io.source import STDIN, check
from tui.terminal.notify import KINDS as SIGNALS
from tui.text.grid import flag

_NAMED = {"comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
SEPARATORS = {"tab": "\t", "\\t": "\t", **_NAMED}

# What is written behind an option, as a value; argparse reports an error. ------------


def comma_list(text: str) -> tuple[str, ...]:
    """Return names separated by commas; one that holds a comma is quoted.

    Examples
    --------
    >>> comma_list('age, "income, net"')
    ('age', 'income, net')
    """
    fields = next(csv.reader([text], skipinitialspace=True), [])
    names = tuple(part.strip() for part in fields if part.strip())
    if not names:
        raise argparse.ArgumentTypeError("give at least one name; commas separate them")
    return names


def pairs(text: str) -> dict[str, str]:
    """Return what is said of names, as in ``zip=category,sold=date``.

    Examples
    --------
    >>> pairs("zip=category, a=b=number")
    {'zip': 'category', 'a=b': 'number'}
    """
    values: dict[str, str] = {}
    for part in comma_list(text):
        name, mark, value = part.rpartition("=")
        if not mark or not name.strip() or not value.strip():
            raise argparse.ArgumentTypeError(f"{part!r} is not like COL=KIND")
        values[name.strip()] = value.strip()
    return values


def separator(text: str) -> str:
    """Return the character that a delimiter's name stands for."""
    if not text:
        raise argparse.ArgumentTypeError("give a character, tab or whitespace")
    return SEPARATORS.get(text.lower(), text)


def escape(text: str) -> str:
    r"""Return an escape character; ``backslash`` and ``\\`` are for a single one.

    Examples
    --------
    >>> escape("backslash"), escape("^")
    ('\\', '^')
    """
    return "\\" if text.lower() in ("backslash", "\\\\") else text


def whole(text: str) -> int:
    """Return a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def number(text: str) -> float:
    """Return a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or value in (float("inf"), float("-inf")):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return value


def gibibytes(text: str) -> int:
    """Return bytes from a number of GiB."""
    return int(number(text) * 1024**3)


TYPES: Final[dict[str, Callable[[str], object]]] = {
    "N": whole,
    "GIB": gibibytes,
    **dict.fromkeys(("X", "SHARE"), number),
    "COL,…": comma_list,
    "COL=KIND,…": pairs,
}
"""What reads a value, by what stands for it in the help."""


class Option(NamedTuple):
    """An option of a command, or an argument.

    Parameters
    ----------
    name : str
        As in the help: ``--trials N``, ``-o, --output OUT``. A name without dashes is
        an argument; ``?``, ``*`` or ``+`` behind it says how many are taken.
    help : str
    type : callable or None, default=None
        What reads a value; else what stands for it decides: ``N`` is a whole number.
    choices : sequence of str, default=()
    dest : str, default=""
        What handlers find it under; its name when empty.
    default : object, default=None
    const : object, default=None
        The value of the option alone; it needs one when None.
    repeat : bool, default=False
        Whether it may be given several times.
    words : sequence of str, default=()
        Values that a shell completes to, where what reads them knows which there are.
    """

    name: str
    help: str
    type: Callable[[str], object] | None = None
    choices: Sequence[str] = ()
    dest: str = ""
    default: object = None
    const: object = None
    repeat: bool = False
    words: Sequence[str] = ()


Options: TypeAlias = Sequence[Option | str]
"""A text is the title of the options behind it."""


def add(parser: argparse.ArgumentParser, options: Options) -> None:
    """Give a parser its options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> most, every = Option("--most N", "so many"), Option("--all", "all of them")
    >>> add(parser, (Option("runs+ RUN", "which"), "how many", most, every))
    >>> parser.parse_args(["3f2a", "--most", "7"])
    Namespace(runs=['3f2a'], most=7, all=False)
    """
    group: argparse._ActionsContainer = parser
    for option in options:
        if isinstance(option, str):
            group = parser.add_argument_group(option)
        else:
            _add(group, option)


def _add(group: argparse._ActionsContainer, option: Option) -> None:
    *names, value = option.name.split()
    if value.startswith("-"):
        names, value = [*names, value], ""
    more: dict[str, Any] = {"help": option.help}
    if value or option.choices:
        read = option.type or TYPES.get(value)
        more |= {"metavar": value or None, "type": read, "default": option.default}
        if option.default is not None:
            more["help"] += f" (default: {option.default})"
        if option.choices:
            more["choices"] = option.choices
        if option.repeat:
            more["action"] = "append"
        if option.const is not None:
            more |= {"nargs": "?", "const": option.const}
    elif names[0].startswith("--no-"):
        # Not given, it says nothing of what it turns off.
        field = names[0].removeprefix("--no-").replace("-", "_")
        more |= {"action": "store_false", "dest": field, "default": None}
    else:
        more["action"] = "store_true"
    if names[0][-1] in "?*+":
        more["nargs"] = names[0][-1]
        names = [names[0][:-1]]
    if option.dest:
        more["dest"] = option.dest
    group.add_argument(*(name.rstrip(",") for name in names), **more)


def unset(options: Options) -> dict[str, object]:
    """Return what handlers find where none of the options was given."""
    parser = argparse.ArgumentParser(add_help=False)
    add(parser, options)
    return vars(parser.parse_args([]))


# What several commands have. ---------------------------------------------------------

STORE = Option("--store PATH", "file that holds the runs (default: IMBTUI_STORE)")
JSON = Option("--json", "print one JSON document only")
QUIET = Option("--quiet", "show no progress")
RUN = Option("run RUN", "number, id, unique prefix of it, or last")
DATA = Option(
    "data DATA",
    "a table (a file, a folder or 'glob' of Parquet), sample:NAME, or - (stdin)",
)
KLASS = Option("--class LABEL", "class (default: the rarest)", dest="klass")
DETACH = Option("--detach", "return at once; the run continues in the background")
NOTIFY = Option("--notify", "signal the end of the run", choices=SIGNALS)


Handler: TypeAlias = Callable[[argparse.Namespace], int]

MODULES: Final = {
    "run": ("run", "demo", "rerun"),
    "runs": (
        *("runs", "show", "compare", "watch", "resume", "cancel"),
        *("annotate", "delete", "store"),
    ),
    "profile": ("profile", "preflight"),
    "curves": ("curves",),
    "errors": ("errors", "explain"),
    "export": ("export",),
    "predict": ("predict",),
    "validate": ("validate",),
    "bench": ("bench",),
    "catalogue": ("methods", "models", "sample", "generate"),
    "balance": ("balance", "leak-demo"),
    "plugins": ("plugins",),
    "config": ("config",),
    "completion": ("completion",),
}
"""The commands of each module, in the order of the help."""


class Subcommand(NamedTuple):
    """One command.

    `handler` takes the parsed arguments and returns the exit code; the first line of
    its docstring is what the help says of the command. `defaults` are of arguments.
    """

    name: str
    example: str
    handler: Handler
    options: Options
    defaults: Mapping[str, object]

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return (self.handler.__doc__ or "").partition("\n")[0]

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Give a parser the arguments of the command."""
        add(parser, self.options)
        parser.set_defaults(**self.defaults)


_DECLARED: dict[str, Subcommand] = {}


def command(
    example: str, *options: Option | str, **defaults: object
) -> Callable[[Handler], Handler]:
    """Declare a command: it is called as its handler, ``leak_demo`` as ``leak-demo``.

    Parameters
    ----------
    example : str
        How it may be used.
    *options : Option or str
        As `add` takes them.
    **defaults
        Those that are this command's only.
    """

    def declare(handler: Handler) -> Handler:
        name = handler.__name__.replace("_", "-")
        _DECLARED[name] = Subcommand(name, example, handler, options, defaults)
        return handler

    return declare


NAMES: Final = {name: module for module, names in MODULES.items() for name in names}
"""The module of each command."""


def find(name: str) -> Subcommand | None:
    """Return the command of that name, or None; its module is imported."""
    if name not in NAMES:
        return None
    import_module(f"tui.cli.{NAMES[name]}")
    return _DECLARED[name]


def every() -> list[Subcommand]:
    """Return all commands."""
    return [command for name in NAMES if (command := find(name))]


_METAVARS: dict[Any, str] = {int: "N", float: "X", tuple: "COL,…", dict: "COL=KIND,…"}
_SPELLED: Final = {"delimiter": separator, "escape": escape}
"""Fields whose values are spelled in another way than in a file."""
VARIED: Final = ("space", "trials", "folds", "repeats", "objective")
"""Fields whose default is that of the preset."""


def _option(doc: Doc) -> Option:
    metavar = _METAVARS.get(get_origin(doc.kind) or doc.kind, "NAME")
    read = _SPELLED.get(doc.name, TYPES.get(metavar))
    text, usual = doc.summary, doc.default
    if doc.kind is bool:
        return Option(flag(doc), f"do not {text}" if usual else text, dest=doc.name)
    if isinstance(usual, str | int | float) and doc.name not in VARIED:
        text += f" (default: {f'{usual:g}' if isinstance(usual, float) else usual})"
    named = f"{flag(doc)} {doc.metavar or metavar}"
    return Option(named, text, read, dest=doc.name, words=doc.choices)


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
    Option(
        "--preset NAME",
        f"{', '.join(PRESETS)} (default: article, stratified)",
        words=tuple(PRESETS),
    ),
    Option("--methods METHOD,…", "methods to compare, or chains: smote:ratio=tune+enn"),
    Option(
        "--models MODEL,…",
        "each with every method (default: xgboost); see imbtui models",
    ),
    *COSTS,
)
TRIALS = _fields("search.trials", "search.folds", "splits")
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
    Option(
        "--executor NAME",
        "local (threads), processes, dask or inline",
        words=EXECUTORS,
    ),
    Option("--scheduler ADDRESS", "Dask scheduler, such as tls://host:8786"),
    Option("--memory GIB", "memory limit (default: most of the free memory)"),
    Option("--no-cache", "do not cache the table and resampled folds for later runs"),
)

EXECUTION = (
    *PLACE,
    Option("--note TEXT", "a note, shown in the list of runs"),
    NOTIFY,
    "storage and output",
    *(STORE, JSON, QUIET),
)


Part = TypeVar("Part", bound=msgspec.Struct)


def is_piped(source: str, test: str | None) -> bool:
    """Tell whether standard input is to be read.

    Raises
    ------
    SpecError
        If it would have to be read twice.
    """
    if source == test == STDIN:
        wrong = "standard input cannot be both the table and its test rows"
        raise SpecError(wrong, "give one of them as a file")
    return STDIN in (source, test)


def from_pipe(data: DataSpec, piped: Path | None) -> DataSpec:
    """Return the table with what was piped in read from a file."""
    if piped is None:
        return data
    field = "source" if data.source == STDIN else "test_source"
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
    """Refuse tables that are not there, and a target that the table does not have.

    Raises
    ------
    DataError
        If one is not, or nothing is piped in.
    ChoiceError
        If the first line of the table has no such target.
    """
    check(data.source)
    check_target(data)
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
