"""Options out of tables that read like their help, as ``commands.txt`` has them.

A table has an option a line: its name, what stands for a value, and after two blanks
its help, which goes on in indented lines. A name without dashes is an argument; ``?``,
``*`` and ``+`` after it say how many. ``# `` begins a group.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Callable
from typing import Any, Final, get_args

from engine import curve
from engine.export.asked import Table
from engine.spec import OBJECTIVES
from tui.notify import KINDS as SIGNALS

CURVES: Final = (*curve.CURVES, "cost", "sweep", "calibration")
"""The curves that can be asked for."""
STALLED: Final = "stalled"
STATUSES: Final = (
    *("done", "failed", "cancelled", "running", "queued", "interrupted", "unreadable"),
    STALLED,
)
"""The runs that can be asked for."""

SEPARATORS = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
}

# What is written behind an option, as a value; argparse says a mistake. --------------


def listed(text: str) -> tuple[str, ...]:
    """Return names separated by commas; one that holds a comma is quoted.

    Examples
    --------
    >>> listed('age, "income, net"')
    ('age', 'income, net')
    """
    fields = next(csv.reader([text], skipinitialspace=True), [])
    names = tuple(part.strip() for part in fields if part.strip())
    if not names:
        raise argparse.ArgumentTypeError("name at least one, separated by commas")
    return names


def pairs(text: str) -> dict[str, str]:
    """Return what is said of names, as in ``zip=category,sold=date``.

    Examples
    --------
    >>> pairs("zip=category, a=b=number")
    {'zip': 'category', 'a=b': 'number'}
    """
    found: dict[str, str] = {}
    for part in listed(text):
        name, mark, value = part.rpartition("=")
        if not mark or not name.strip() or not value.strip():
            raise argparse.ArgumentTypeError(f"{part!r} is not like COL=KIND")
        found[name.strip()] = value.strip()
    return found


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
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def number(text: str) -> float:
    """Return a finite number."""
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if found != found or found in (float("inf"), float("-inf")):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return found


def gibibytes(text: str) -> int:
    """Return bytes that are told in GiB."""
    return int(number(text) * 1024**3)


# From tables to parsers. -------------------------------------------------------------

_ENTRY = re.compile(
    r"(?:-\w, )?(?P<name>[\w-]+?)(?P<many>[?*+]?)(?: (?P<value>\S+))?  +(?P<help>.+)"
)
_TYPES: dict[str, Callable[[str], Any]] = {
    "N": whole,
    "GIB": gibibytes,
    **dict.fromkeys(("X", "SHARE", "SECONDS"), number),
    **dict.fromkeys(("COL,…", "CODE,…", "TEXT,…"), listed),
    "COL=KIND,…": pairs,
}
_MORE: dict[str, dict[str, Any]] = {
    "--as": {"dest": "kind"},
    "--class": {"dest": "klass"},
    "--curve": {"choices": CURVES},
    "--delimiter": {"type": separator},
    "--escape": {"type": escape},
    "--notify": {"choices": SIGNALS, "metavar": None},
    "--objective": {"choices": OBJECTIVES},
    "--set": {"action": "append"},
    "--split": {"nargs": "?", "const": 0.2},
    "--status": {"choices": STATUSES},
    "--synthetic": {"nargs": "?", "const": "synthetic"},
    "--table": {"choices": get_args(Table)},
    "--tag": {"action": "append"},
    "--test": {"dest": "test_source"},
}
"""What a line of a table does not say."""


def add(parser: argparse.ArgumentParser, table: str) -> None:
    r"""Give a parser the arguments and options of a table.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add(parser, "runs+ RUN  which\n# how much\n--most N  so many\n--all  all")
    >>> parser.parse_args(["3f2a", "--most", "7"])
    Namespace(runs=['3f2a'], most=7, all=False)
    """
    group: argparse._ActionsContainer = parser
    for line in re.sub(r"\n +", " ", table).splitlines():
        if line.startswith("# "):
            group = parser.add_argument_group(line.removeprefix("# "))
        else:
            _add(group, line)


def _add(group: argparse._ActionsContainer, line: str) -> None:
    found = _ENTRY.fullmatch(line)
    assert found is not None, line
    name, value = found["name"], found["value"]
    more: dict[str, Any] = {"help": found["help"]}
    if value is None:
        more |= {"action": "store_true"}
        if name.startswith("--no-"):  # it says nothing of what it turns off if unsaid
            field = name.removeprefix("--no-").replace("-", "_")
            more |= {"action": "store_false", "dest": field, "default": None}
    else:
        more |= {"metavar": value, "type": _TYPES.get(value)}
    if found["many"]:
        more["nargs"] = found["many"]
    names = line[: found.end("name")].split(", ")
    group.add_argument(*names, **more | _MORE.get(name, {}))
