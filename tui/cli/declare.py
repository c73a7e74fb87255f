"""Every headless command, declared once: its name, help, example and arguments."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from tui.cli import tables as t
from tui.cli.options import add

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


def _command(
    text: str,
    handler: str,
    defaults: Mapping[str, Any] | None = None,
    prepare: Prepare = list,
) -> Command:
    head, example, table = text.lstrip().split("\n", 2)
    name, summary = head.split("  ")
    where = f"tui.cli.{handler}"
    return Command(name, summary, example, where, table, defaults or {}, prepare)


def _unsaid() -> dict[str, Any]:
    """Return the options of an experiment as if none of them was given."""
    parser = argparse.ArgumentParser(add_help=False)
    add(parser, t.EXPERIMENT)
    return vars(parser.parse_args([]))


_LOCAL = {"executor": "local"}
# A smaller budget than the preset's 10 and 5: the demo is a first impression.
_DEMO = {
    "data": "sample:stroke",
    "target": "stroke",
    "positive": "1",
    "preset": "article",
    "trials": 6,
    "folds": 3,
}
_ERRORS = {"kind": "missed", "rows": 20, "start": 1}
_METRIC = {"metric": "average_precision"}

COMMANDS: tuple[Command, ...] = (
    _command(t.RUN, "run:run", _LOCAL),
    _command(t.DEMO, "run:run", _unsaid() | _LOCAL | _DEMO),
    _command(t.RUNS, "listing:runs"),
    _command(t.SHOW, "runs:show"),
    _command(t.COMPARE, "runs:compare"),
    _command(t.WATCH, "runs:watch", {"detach": False}),
    _command(t.RESUME, "runs:resume"),
    _command(t.CANCEL, "runs:cancel"),
    _command(t.RERUN, "run:rerun"),
    _command(t.NOTE, "runs:note"),
    _command(t.TAG, "runs:tag", prepare=tag_changes),
    _command(t.DELETE, "runs:delete"),
    _command(t.KEEP, "runs:store"),
    _command(t.PROFILE, "profile:profile"),
    _command(t.DRAW, "curves:curves", {"curve": "pr"}),
    _command(t.ERRORS, "errors:errors", _ERRORS),
    _command(t.EXPLAIN, "errors:explain"),
    _command(t.EXPORT, "export:export"),
    _command(t.BENCH, "bench:bench", _unsaid() | _LOCAL | _METRIC),
    _command(t.METHODS, "catalogue:methods"),
    _command(t.PREFLIGHT, "profile:preflight"),
    _command(t.SAMPLE, "catalogue:sample"),
    _command(t.GENERATE, "catalogue:generate"),
    _command(t.BALANCE, "balance:balance"),
    _command(t.PREDICT, "predict:predict"),
    _command(t.LEAK, "balance:leak"),
)


def find(name: str) -> Command | None:
    """Return the command of that name, or None."""
    return next((c for c in COMMANDS if c.name == name), None)
