"""`imbtui profile` and `preflight`: what the service child says of a table."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from engine.client.lab import Judge, Judged
from engine.client.messages import (
    Failure,
    Load,
    LoadProgress,
    Reply,
    TableInfo,
    Warming,
)
from engine.client.service import Service
from engine.data.source import check
from engine.document import of_table
from engine.errors import CancelledError, DataError, EngineError, SpecError, UsageError
from engine.resample import grammar, registry
from engine.spec import Arm, DataSpec, SplitSpec
from tui.cli.output import answer
from tui.cli.reading import from_pipe, is_piped, seed_of, specs
from tui.cli.stages import READING, Told, stages
from tui.console.preflight import render as render_preflight
from tui.console.profile import render as render_profile
from tui.errorlog import service_log

__all__ = ["error", "preflight", "profile"]

ALL = "all"
FOLDS = 5
STAGES = READING | {
    "profiling": "looking at the columns",
    "measuring": "judging each column alone",
    "trying": "trying each remedy on a part of the rows",
}
"""What the stages of a load are called, and what follows."""

Answer = TypeVar("Answer", bound=msgspec.Struct)


def profile(args: argparse.Namespace) -> int:
    """Load a table, measure it, and print what was found."""
    began = time.monotonic()
    with piped(args.data, args.test, "profile") as pipe:
        data, split = specs(args, DataSpec(source=args.data))
        data = from_pipe(data, pipe)
        check(data.source)
        if data.test_source is not None:
            check(data.test_source)
        seed = seed_of(args)
        with stages(STAGES, quiet=args.quiet) as say, Service.start(log()) as service:
            table = load(service, data, split, seed, say)
    if pipe is not None:
        table = renamed(table, pipe.name)
    if isinstance(table, Failure):
        raise error(table)
    if table.problem and table.wrong_use:
        raise UsageError(table.problem)
    document = of_table(table, seconds=time.monotonic() - began)
    return answer(document, json=args.json, render=partial(render_profile, document))


def preflight(args: argparse.Namespace) -> int:
    """Try remedies on a part of the training rows, and print what is expected."""
    began = time.monotonic()
    arms = _arms(args.arms)
    folds = FOLDS if args.folds is None else args.folds
    if folds < 2:
        raise SpecError(f"{folds} folds", "give 2 or more (--folds)")
    seed = seed_of(args)
    with piped(args.data, args.test, "preflight") as pipe:
        data, split = specs(args, DataSpec(source=args.data))
        data = from_pipe(data, pipe)
        check(data.source)
        if data.test_source is not None:
            check(data.test_source)
        request = Judge(id=0, arms=arms, folds=folds)
        table, judged = _ask(data, split, seed, request, quiet=args.quiet)
    if pipe is not None:
        table = renamed(table, pipe.name)
    seconds = time.monotonic() - began
    return answer(
        _document(table, judged, folds, seconds),
        json=args.json,
        render=partial(render_preflight, table, judged, folds=folds),
    )


def _arms(names: str | None) -> tuple[Arm, ...]:
    """Return the arms that are asked for; every one there is unless some are named."""
    asked = grammar.split(names or ALL)
    if not asked:
        raise SpecError("--arms names no arm", f"name some, or {ALL}")
    found: dict[str, Arm] = {}
    for name in asked:
        for known in registry.names() if name == ALL else (name,):
            arm = grammar.parse(known)
            found.setdefault(arm.name, arm)
    return tuple(found.values())


def _ask(
    data: DataSpec, split: SplitSpec, seed: int, request: Judge, *, quiet: bool
) -> tuple[TableInfo, Judged]:
    """Let the service load the table and judge the arms on its training rows."""
    with stages(STAGES, quiet=quiet) as say, Service.start(log()) as service:
        table = load(service, data, split, seed, say)
        if isinstance(table, Failure):
            raise error(table)
        if not table.train:
            raise UsageError(table.problem or f"{table.name} has no training rows")
        say("trying", 0, None)
        request = msgspec.structs.replace(request, id=service.next_id())
        answer = service.request(request, heard(say))
    if isinstance(answer, Failure):
        raise error(answer)
    assert isinstance(answer, Judged)
    return table, answer


def _document(
    table: TableInfo, answer: Judged, folds: int, seconds: float
) -> dict[str, object]:
    return {
        "name": table.name,
        "target": table.target,
        "positive": table.positive,
        "train": table.train,
        "folds": folds,
        "arms": msgspec.to_builtins(answer.findings),
        "preflight_seconds": round(answer.seconds, 3),
        "seconds": round(seconds, 3),
    }


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
