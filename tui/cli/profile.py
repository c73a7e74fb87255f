"""`imbtui profile` and `preflight`: what the service child says of a table."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

import msgspec

from engine.core import format as figures
from engine.core.errors import CancelledError, EngineError, SpecError, UsageError
from engine.core.execution import Progress
from engine.core.experiment import Experiment
from engine.core.lab import EstimateRun, Preflight, PreflightReport, RunEstimate
from engine.core.messages import Failure, Load, LoadProgress, Reply, TableInfo
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm
from engine.core.presets import preset
from engine.core.views.profile import of_table
from engine.core.views.progress import expected_text
from engine.io.source import STDIN, check
from engine.service.client import in_process
from engine.service.client.service import Service
from tui.cli.declare import (
    DATA,
    JSON,
    QUIET,
    TABLE,
    Option,
    command,
    from_pipe,
    is_piped,
    refuse_missing,
    seed_of,
    specs,
)
from tui.cli.output import answer, stages
from tui.terminal.files import service_log
from tui.text.profile import render_preflight, render_profile

ALL = "all"
FOLDS = 5

Answer = TypeVar("Answer", bound=msgspec.Struct)
Ask: TypeAlias = Callable[..., Reply]


@command(
    "imbtui profile patients.csv --target stroke",
    DATA,
    Option("--seed N", "seed of the split (default: 42)"),
    *(JSON, QUIET),
    *TABLE,
)
def profile(args: argparse.Namespace) -> int:
    """Profile a dataset: columns, classes and advice, before any training."""
    began = time.monotonic()
    with _load(args) as (table, _):
        pass
    if table.problem and table.wrong_use:
        raise UsageError(table.problem, field=table.field)
    document = of_table(table, seconds=time.monotonic() - began)
    render = partial(render_profile, table, seconds=document.seconds)
    return answer(document, json=args.json, render=render)


@command(
    "imbtui preflight patients.csv --target stroke --methods smote,enn",
    *(DATA, JSON, QUIET),
    "what to check",
    Option("--methods METHOD,…|all", "methods to check (default: all)"),
    Option("--folds N", "number of folds (default: 5)"),
    Option("--seed N", "seed of the split and of the methods (default: 42)"),
    *TABLE,
)
def preflight(args: argparse.Namespace) -> int:
    """Check which methods work on a dataset, what they add, and how long they take."""
    began = time.monotonic()
    arms = _arms(args.methods)
    folds = FOLDS if args.folds is None else args.folds
    if folds < 2:
        raise SpecError(f"{folds} folds", "give 2 or more (--folds)")
    with _load(args) as (table, ask):
        if not table.train:
            why = table.problem or f"{table.name} has no training rows"
            raise UsageError(why, field=table.field)
        report = ask(Preflight(id=0, arms=arms, folds=folds), "trying")
        assert isinstance(report, PreflightReport)
        spec = _experiment(args, table, report, arms, folds)
        told: Reply | None = None
        # What a run would refuse is among the findings.
        with contextlib.suppress(UsageError):
            told = ask(EstimateRun(id=0, experiment=spec), "timing")
    estimate = told if isinstance(told, RunEstimate) else None
    known = estimate is not None and estimate.bytes is not None
    document = {
        "name": table.name,
        "target": table.target,
        "positive": table.positive,
        "train": table.train,
        "folds": folds,
        "arms": msgspec.to_builtins(report.findings),
        "preflight_seconds": round(report.seconds, 3),
        "run": {
            "trials": spec.search.trials,
            "seconds": estimate.seconds,
            "jobs": estimate.jobs,
            "bytes": estimate.bytes,
            "refused": estimate.refused,
        }
        if estimate is not None and known
        else None,
        "seconds": round(time.monotonic() - began, 3),
    }
    run = ""
    if estimate is not None:
        run = estimate.why
        if known:
            run = expected_text(estimate.seconds, estimate.jobs, estimate.bytes)
        trials = figures.plural(spec.search.trials, "trial")
        run = f"imbtui run with what works of these, {trials} × {folds} folds: {run}"
    render = partial(render_preflight, table, report, folds=folds, run=run)
    return answer(document, json=args.json, render=render)


def _experiment(
    args: argparse.Namespace,
    table: TableInfo,
    report: PreflightReport,
    arms: tuple[Arm, ...],
    folds: int,
) -> Experiment:
    """Return what `imbtui run` would run with the methods that work."""
    base = preset(None, source=args.data)
    data, split = specs(args, base.data, base.split)
    data = msgspec.structs.replace(
        data, source=table.source, target=table.target, positive=table.positive
    )
    able = {one.arm for one in report.findings if one.status != "cannot"}
    works = tuple(arm for arm in arms if arm.name in able)
    return msgspec.structs.replace(
        base,
        data=data,
        split=split,
        arms=grammar.with_untreated(works),
        search=msgspec.structs.replace(base.search, folds=folds),
        seed=seed_of(args),
    )


def _arms(names: str | None) -> tuple[Arm, ...]:
    """Return the arms of these names, or all of them."""
    chosen = grammar.split(names or ALL)
    if not chosen:
        raise SpecError("--methods names no arm", f"name some, or {ALL}")
    arms: dict[str, Arm] = {}
    for name in chosen:
        for known in registry.names() if name == ALL else (name,):
            arm = grammar.parse(known)
            arms.setdefault(arm.name, arm)
    return tuple(arms.values())


@contextlib.contextmanager
def _load(args: argparse.Namespace) -> Iterator[tuple[TableInfo, Ask]]:
    """Let the service load a table; yield it, and what asks more about it."""
    seed = seed_of(args)
    with _spool_stdin(args.data, args.test_source) as pipe:
        data, split = specs(args)
        data = from_pipe(data, pipe)
        refuse_missing(data)
        chosen = msgspec.structs.asdict(data) | msgspec.structs.asdict(split)
        with stages(quiet=args.quiet) as say, Service.start(service_log()) as service:

            def ask(
                request: Load | Preflight | EstimateRun, stage: str = "starting"
            ) -> Reply:
                say(stage, 0, None)
                request = msgspec.structs.replace(request, id=service.next_id())
                reply = service.request(request, partial(_report, say))
                if pipe is not None:
                    reply = _rename(reply, pipe.name)
                if isinstance(reply, Failure):
                    raise error(reply)
                return reply

            table = ask(Load(id=0, seed=seed, **chosen))
            assert isinstance(table, TableInfo)
            yield table, ask


@contextlib.contextmanager
def _spool_stdin(source: str, test: str | None) -> Iterator[Path | None]:
    """Yield standard input as a file, for as long as it is read, if wanted."""
    if not is_piped(source, test):
        yield None
        return
    check(STDIN)
    path = in_process.spool(sys.stdin.buffer)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _report(say: Progress, reply: Reply) -> None:
    """Pass on where the service is."""
    if isinstance(reply, LoadProgress):
        say(reply.stage, reply.done, reply.total)


def _rename(reply: Answer, name: str) -> Answer:
    """Return an answer in which the file of standard input is called so."""
    text = msgspec.json.encode(reply).replace(name.encode(), b"standard input")
    return msgspec.json.decode(text, type=type(reply))


def error(failure: Failure) -> EngineError:
    """Return the error that a failure of the service was."""
    wrong = dict.fromkeys(("data", "too-big", "target", "spec"), UsageError)
    kinds: dict[str, type[EngineError]] = {"cancelled": CancelledError, **wrong}
    kind = kinds.get(failure.code, EngineError)
    return kind(failure.message, failure.fix, field=failure.field)
