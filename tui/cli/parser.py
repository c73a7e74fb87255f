"""Arguments in, exit code out; every error is one line on standard error."""

from __future__ import annotations

import argparse
import difflib
import logging
import os
import platform
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from engine.core.errors import EngineError, UsageError, out_of_memory, shortage
from engine.core.experiment import DataSpec
from engine.core.version import __version__
from engine.io.header import check_target
from engine.io.logs import follow, format_error, silence
from engine.io.scratch import temporary
from engine.io.source import check
from tui.cli import streams
from tui.cli.declare import NAMES, Option, Subcommand, add, every, find
from tui.terminal.safe_text import clean
from tui.text.grid import error_text

APP = (
    Option("data? DATA|RUN", "a table, or a run: its number, id or last"),
    Option("--target COL", "target column"),
    Option("--positive LABEL", "positive class"),
    Option("--store PATH", "file that holds the runs"),
)
ASCII = Option("--ascii", "write and draw in ASCII only")
VERBOSE = Option("-v, --verbose", "log on standard error what is done")
LOG_FILE = Option("--log-file PATH", "append a log to PATH, with tracebacks of errors")
EVERYWHERE = (ASCII, VERBOSE, LOG_FILE)
HELP = Option("-h, --help", "show this help message and exit")
"""All of the app and of every command; argparse adds the last."""
VERSION = Option("--version", "show program's version number and exit")
"""Of the app; argparse acts on it."""
EPILOG = "imbtui COMMAND --help describes a command. Without a command the app opens."


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {clean(message)} (see {self.prog} --help)\n")


class _Help(argparse.HelpFormatter):
    """Names no option in the usage: a run has seventy, and all are listed below it."""

    def __init__(self, prog: str) -> None:
        super().__init__(f"{prog} [options]")

    def add_usage(self, usage: Any, actions: Any, *more: Any, **named: Any) -> None:
        """Write the usage, without what has a dash."""
        arguments = [action for action in actions if not action.option_strings]
        super().add_usage(usage, arguments, *more, **named)


def dispatch(argv: list[str], *, alone: bool = False) -> int:
    """Run the command that the arguments name, or the app.

    Parameters
    ----------
    argv : list of str
    alone : bool, default=False
        Whether this process is for it only: then nothing that a library prints comes
        to its standard streams.

    Returns
    -------
    int
        The exit code.
    """
    streams.settle()
    try:
        return _dispatch(argv, alone)
    except EngineError as error:
        streams.say(error_text(streams.short(error)))
        return error.exit_code
    except KeyboardInterrupt:
        streams.say("interrupted")
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; leave without a word.
        return 1
    except Exception as error:
        if out_of_memory(error):
            failure = shortage("this", "take a sample of the table (--rows N)")
            streams.say(str(failure))
            return failure.exit_code
        return _report_bug(error)


def _dispatch(argv: list[str], alone: bool) -> int:
    try:
        command = find(argv[0]) if argv else None
        if command is not None:
            if alone:
                streams.keep_apart()
                silence()
            args = _parser(command).parse_args(argv[1:])
            if args.ascii:
                streams.settle(ascii=True)
            with _logged(args, command.name):
                code = command.handler(args)
            streams.write("")  # what was printed may not be out yet
            return code
        args = _app_parser(_command_list(argv)).parse_args(argv)
        with _logged(args, "app"):
            return _app(args)
    except SystemExit as done:  # argparse, after --help or an error
        streams.write("")
        return done.code if isinstance(done.code, int) else 2


@contextmanager
def _logged(args: argparse.Namespace, name: str) -> Iterator[None]:
    """Log a command as the user wants: its beginning, its end, its errors."""
    say = (lambda line: streams.say(clean(line))) if args.verbose else None
    with follow(args.log_file, say):
        log = logging.getLogger("tui.cli")
        log.info(
            "%s begins: imbtui %s, Python %s",
            name,
            __version__,
            platform.python_version(),
        )
        started = time.monotonic()
        try:
            yield
        except EngineError as error:
            log.error("%s failed: %s", name, error, exc_info=error)
            raise
        except Exception as error:
            log.critical("%s ended by a bug: %s", name, error, exc_info=error)
            raise
        log.info("%s ended after %.2f s", name, time.monotonic() - started)


def _parser(command: Subcommand) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"imbtui {command.name}",
        description=command.summary,
        epilog=f"example: {command.example}",
        formatter_class=_Help,
        allow_abbrev=False,
    )
    command.arguments(parser)
    add(parser, ["terminal", *EVERYWHERE])
    return parser


def _command_list(argv: list[str]) -> str:
    """Return the list of the commands if help is wanted: it imports all of them."""
    if not {"-h", "--help"} & {*argv}:
        return ""
    width = max(map(len, NAMES))
    lines = [
        f"  {c.name:{width}}  {c.summary[:1].lower()}{c.summary[1:].rstrip('.')}"
        for c in every()
    ]
    return "\n".join(["commands:", *lines])


def _app_parser(commands: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="imbtui",
        description=f"Terminal workbench for imbalanced classification.\n\n{commands}",
        epilog=f"example: imbtui patients.csv --target stroke\n\n{EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add(parser, [*APP, *EVERYWHERE])
    parser.add_argument("--version", action="version", version=f"imbtui {__version__}")
    return parser


_RUN = re.compile(r"last|\d+|[0-9a-f]{4,32}")
"""How a run is named: its number, its id or the beginning of that."""


def _named_run(args: argparse.Namespace) -> str | None:
    """Return the id of the stored run that is named where a table could be."""
    name = args.data or ""
    if not _RUN.fullmatch(name) or Path(name).exists():
        return None
    if args.target is not None or args.positive is not None:
        way = "leave them out: the run has its own"
        raise UsageError(f"--target or --positive with run {name!r}", way)
    # Whoever opens a table has no use for the store yet.
    from tui.cli.output import find_run, open_store

    with open_store(args.store, create=False) as store:
        return find_run(store, name).id


def _app(args: argparse.Namespace) -> int:
    if (run := _named_run(args)) is not None:
        args.data = None
    if args.data is not None and not Path(args.data).exists():
        near = difflib.get_close_matches(args.data, NAMES, n=1)
        if near and not args.data.startswith(("sample:", "make:")):
            way = f"did you mean imbtui {near[0]}?"
            if args.data in NAMES:
                what = f"the command {args.data!r} stands behind an option"
                raise UsageError(what, f"begin with it: imbtui {args.data} …")
            raise UsageError(f"no file and no command {args.data!r}", way)
        check(args.data)
    if args.data is not None:
        check_target(DataSpec(source=args.data, target=args.target))
    if not sys.stdout.isatty() or not sys.stdin.isatty():
        streams.say("the app needs a terminal; imbtui run does not")
        return 2
    from tui.app.app import run_app

    store = Path(args.store) if args.store is not None else None
    table = args.data, args.target, args.positive
    code = run_app(*table, store, run=run, ascii=args.ascii)
    if code > 128:
        # The terminal may be gone; Python's last flush must not change the code.
        streams.abandon(sys.stdout)
        streams.abandon(sys.stderr)
    return code


def _report_bug(error: Exception) -> int:
    """Keep the traceback for us in a file, and tell the user one line."""
    first = str(error).strip().partition("\n")[0]
    text = f"{type(error).__name__}: {first}. This is a bug in imbtui"
    with suppress(OSError):  # there may be no folder to write to
        file, path = temporary(suffix=".log")
        with os.fdopen(file, "w", encoding="utf-8", errors="replace") as log:
            log.write(f"{format_error(error)}\n")
        text += f"; the details are in {path}"
    streams.say(text)
    return 1
