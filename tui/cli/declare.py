"""What a headless command is; each is declared beside its handler."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, NamedTuple, TypeAlias

from tui.cli.options import Option, Options, add

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
