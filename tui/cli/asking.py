"""What commands that ask the service child have in common."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.client.messages import (
    Failure,
    Load,
    LoadProgress,
    Reply,
    TableInfo,
    Warming,
)
from engine.client.service import Service
from engine.errors import CancelledError, DataError, EngineError, UsageError
from engine.spec import DataSpec, SplitSpec
from tui.cli.reading import is_piped
from tui.cli.stages import Told
from tui.errorlog import service_log

__all__ = ["STAGES", "error", "heard", "load", "log", "piped", "renamed"]

STAGES = {
    "fetching": "fetching the table",
    "decompressing": "unpacking the file",
    "checking": "checking encoding and quotes",
    "reading": "reading the file",
    "cleaning": "telling numbers from text",
    "profiling": "looking at the columns",
    "measuring": "judging each column alone",
}
"""What the stages of a load are called."""

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


def heard(say: Told) -> Callable[[Reply], None]:
    """Return what passes on where the service is."""

    def told(reply: Reply) -> None:
        match reply:
            case Warming():
                say("starting", 0, None)
            case LoadProgress(stage=stage, done=done, total=total):
                say(stage, done, total)

    return told


def load(
    service: Service, data: DataSpec, split: SplitSpec, seed: int, say: Told
) -> TableInfo | Failure:
    """Let the service load a table under all choices about it."""
    chosen = {
        name: getattr(part, name)
        for part in (data, split)
        for name in part.__struct_fields__
    }
    request = Load(id=service.next_id(), seed=seed, **chosen)
    answer = service.request(request, heard(say))
    assert isinstance(answer, TableInfo | Failure)
    return answer


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
