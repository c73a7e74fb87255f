"""What commands that ask the service child have in common."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.client.messages import Failure
from engine.errors import CancelledError, DataError, EngineError, UsageError
from tui.cli.reading import is_piped
from tui.errorlog import service_log

__all__ = ["error", "log", "piped", "renamed"]

Answer = TypeVar("Answer", bound=msgspec.Struct)


@contextlib.contextmanager
def piped(source: str, test: str | None, command: str) -> Iterator[Path | None]:
    """Yield standard input as a file, for as long as it is read, if it is asked for.

    Parameters
    ----------
    source : str
        The table.
    test : str or None
        The one of the test rows.
    command : str
        What it is piped into.

    Raises
    ------
    DataError
        If nothing is piped.
    """
    if not is_piped(source, test):
        yield None
        return
    if sys.stdin.isatty():
        raise DataError(
            "standard input is a terminal", f"pipe a table into imbtui {command} -"
        )
    from engine.data.read.open import spool

    path = spool(sys.stdin.buffer)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def renamed(answer: Answer, name: str) -> Answer:
    """Return an answer in which the file of standard input is called so."""
    text = msgspec.json.encode(answer).replace(name.encode(), b"standard input")
    return msgspec.json.decode(text, type=type(answer))


def error(failure: Failure) -> EngineError:
    """Return the error that a failure of the service was."""
    if failure.code == "cancelled":
        return CancelledError(failure.message, failure.remedy)
    if failure.code in ("data", "too-big", "target", "spec"):
        return UsageError(failure.message, failure.remedy)
    return EngineError(failure.message, failure.remedy)


def log() -> Path | None:
    """Return where the child writes, if there is a place for it."""
    try:
        return service_log()
    except (OSError, RuntimeError):  # no home
        return None
