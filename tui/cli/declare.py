"""What a headless command is, its options, and those that commands share."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple, TypeAlias

from tui.terminal.notify import KINDS as SIGNALS

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
    """

    name: str
    help: str
    type: Callable[[str], object] | None = None
    choices: Sequence[str] = ()
    dest: str = ""
    default: object = None
    const: object = None
    repeat: bool = False


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
    elif names[0].startswith(
        "--no-"
    ):  # not given, it says nothing of what it turns off
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
DATA = Option("data DATA", "a table, sample:NAME, or - for standard input")
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
    "bench": ("bench",),
    "catalogue": ("methods", "sample", "generate"),
    "balance": ("balance", "leak-demo"),
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
