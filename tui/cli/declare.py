"""Every headless command, declared once in ``commands.txt``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from engine.export.kinds import KINDS as EXPORTS
from engine.spec import OBJECTIVES
from engine.spec_checks import FORMATS
from engine.spec_checks import KINDS as COLUMN_KINDS
from engine.suite.values import METRICS
from tui.cli.options import CURVES, STATUSES, add

REMOVED = "+-"
"""What marks a tag to remove once the arguments are read: no tag begins so."""

Prepare = Callable[[Sequence[str]], list[str]]


class Command(NamedTuple):
    """One command.

    `handler` is ``module:function``; the function takes the parsed arguments and
    returns the exit code. `table` has the arguments, and `defaults` are those of this
    command. `prepare` may rewrite what was typed before it is parsed.
    """

    name: str
    summary: str
    example: str
    handler: str
    table: str
    defaults: Mapping[str, Any]
    prepare: Prepare

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Give a parser the arguments of the command."""
        add(parser, self.table)
        parser.set_defaults(**self.defaults)


def tag_changes(argv: Sequence[str]) -> list[str]:
    """Mark the tags to remove, so that argparse takes them for no options.

    Examples
    --------
    >>> tag_changes(["last", "+a", "-b", "c", "--store", "s.sqlite"])
    ['last', '+a', '+-b', 'c', '--store', 's.sqlite']
    >>> tag_changes(["-h"])
    ['-h']
    """
    marked: list[str] = []
    named = False
    for word in argv:
        removes = named and len(word) > 1 and word[0] == "-" != word[1]
        marked.append(f"+{word}" if removes else word)
        named = named or not word.startswith("-")
    return marked


def _read() -> dict[str, str]:
    """Return the parts of ``commands.txt`` by their headings, others put in."""
    parts = {
        "COLUMN_KINDS": ", ".join(COLUMN_KINDS),
        "CURVES": ", ".join(CURVES),
        "EXPORTS": ", ".join(kind.name for kind in EXPORTS),
        "FORMATS": ", ".join(FORMATS),
        "METRICS": ", ".join(METRICS),
        "OBJECTIVES": ", ".join(OBJECTIVES),
        "STATUSES": ", ".join(STATUSES),
    }
    text = (files("tui.cli") / "commands.txt").read_text("utf-8")
    for part in text.split("\n= ")[1:]:
        name, body = part.split("\n", 1)
        parts[name] = body.strip().format_map(parts)
    return parts


def _unsaid(table: str) -> dict[str, Any]:
    """Return the options of an experiment as if none of them was given."""
    parser = argparse.ArgumentParser(add_help=False)
    add(parser, table)
    return vars(parser.parse_args([]))


_PARTS = _read()
APP = _PARTS["APP"]
"""What the app takes."""


def _commands() -> tuple[Command, ...]:
    local = {"executor": "local"}
    whole = _unsaid(_PARTS["EXPERIMENT"]) | local
    # A smaller budget than the preset's 10 and 5: the demo is a first impression.
    demo = {
        "data": "sample:stroke",
        "target": "stroke",
        "positive": "1",
        "preset": "article",
        "trials": 6,
        "folds": 3,
    }
    defaults: dict[str, Mapping[str, Any]] = {
        "run": local,
        "demo": whole | demo,
        "watch": {"detach": False},
        "curves": {"curve": "pr"},
        "errors": {"kind": "missed", "rows": 20, "start": 1},
        "bench": whole | {"metric": "average_precision"},
    }
    found = []
    for heading, body in _PARTS.items():
        name, _, handler = heading.partition("  ")
        if handler:
            summary, example, table = body.split("\n", 2)
            prepare = tag_changes if name == "tag" else list
            given = defaults.get(name, {})
            where = f"tui.cli.{handler}"
            found.append(Command(name, summary, example, where, table, given, prepare))
    return tuple(found)


COMMANDS = _commands()


def find(name: str) -> Command | None:
    """Return the command of that name, or None."""
    return next((c for c in COMMANDS if c.name == name), None)
