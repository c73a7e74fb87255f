"""Standard streams that may be closed, full, gone, or of a narrow encoding.

Light: the parser has nothing else to load.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

from engine.core.errors import EngineError, ReadOnlyError
from tui.terminal.plain import ASCII_ERRORS, needs_ascii
from tui.terminal.safe_text import clean

SHOWN: set[str] = set()
"""What was said of stores, each once."""


def settle(*, ascii: bool = False) -> None:
    """Make the standard streams safe to write to.

    What is written to a closed one is lost, and for a character that an encoding lacks
    there is one of ASCII.

    Parameters
    ----------
    ascii : bool, default=False
        Write ASCII only; to a terminal that shows no more it is written anyhow.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            # In this order each takes its own number, which nothing else then gets.
            file = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(file, mode, encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper) and mode == "w":
            narrow = ascii or (stream.isatty() and needs_ascii(os.environ))
            encoding = "ascii" if narrow else None
            stream.reconfigure(encoding=encoding, errors=ASCII_ERRORS)


def keep_apart() -> None:
    """Lead what native code prints nowhere: a result is all that comes to stdout.

    The two streams go on to where they went, by other numbers.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
            buffering = 1 if name == "stderr" or stream.isatty() else -1
            code = stream.encoding, stream.errors
            copy = os.fdopen(os.dup(stream.fileno()), "w", buffering, *code)
            # Also what asks the terminal for its size looks here.
            setattr(sys, name, copy)
            setattr(sys, f"__{name}__", copy)
            abandon(stream)


def write(text: str) -> None:
    """Write to standard output.

    Raises
    ------
    BrokenPipeError
        If whoever read it has gone.
    EngineError
        If it cannot be written for another reason.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        abandon(sys.stdout)
        raise
    except OSError as error:
        abandon(sys.stdout)
        wrong = f"standard output cannot be written: {error.strerror}"
        raise EngineError(wrong, "write to a disk with free space") from None


def tell(text: str, end: str = "\n") -> None:
    """Write a line to standard error; nothing depends on its being read."""
    try:
        sys.stderr.write(f"{text}{end}")
        sys.stderr.flush()
    except OSError:
        abandon(sys.stderr)


def say(*texts: str) -> None:
    """Say something to the user, beside the output proper; any text is harmless."""
    for text in texts:
        tell(f"imbtui: {clean(text)}")


def abandon(stream: TextIO) -> None:
    """Lead a stream nowhere, so that its last flush at the exit succeeds."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def short(error: EngineError) -> EngineError:
    """Return an error without why a store is only read, if that was reported before.

    Examples
    --------
    >>> why = "the store is damaged"
    >>> SHOWN.add(why)
    >>> str(short(ReadOnlyError(why, "give another")))
    'nothing is changed. Give another'
    """
    if isinstance(error, ReadOnlyError) and error.message in SHOWN:
        return ReadOnlyError("nothing is changed", error.fix, field=error.field)
    return error
