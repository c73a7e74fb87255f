"""`imbtui preflight`: what will become of each remedy, before it is run."""

from __future__ import annotations

import argparse
import sys
import time

import msgspec

from engine.client.lab import Judge, Judged
from engine.client.messages import Failure, TableInfo
from engine.client.service import Service
from engine.data.source import check
from engine.errors import SpecError, UsageError
from engine.resample import grammar, registry
from engine.spec import Arm, DataSpec, SplitSpec
from tui.cli.asking import STAGES, error, heard, load, log, piped, renamed
from tui.cli.output import print_json, width
from tui.cli.reading import from_pipe, specs
from tui.cli.stages import stages
from tui.cli.streams import write
from tui.cli.treating import seed as seed_of
from tui.console.preflight import render
from tui.console.style import style_for

__all__ = ["preflight"]

ALL = "all"
FOLDS = 5
WORDS = {**STAGES, "trying": "trying each remedy on a part of the rows"}


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
        table, answer = _ask(data, split, seed, request, quiet=args.quiet)
    if pipe is not None:
        table = renamed(table, pipe.name)
    seconds = time.monotonic() - began
    if args.json:
        print_json(_document(table, answer, folds, seconds))
    else:
        text = render(
            table, answer, folds=folds, width=width(), style=style_for(sys.stdout)
        )
        write(f"{text}\n")
    return 0


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
    with stages(WORDS, quiet=quiet) as say, Service.start(log()) as service:
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
