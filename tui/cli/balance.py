"""`imbtui balance` and `leak-demo`: resampling without a run."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import msgspec

from engine.core import format as figures
from engine.core.errors import SpecError, UsageError
from engine.core.experiment import DataSpec, SplitSpec
from engine.core.methods import grammar, registry
from engine.core.methods.grammar import Arm
from engine.core.methods.ratio import parse_counts
from engine.io.balanced import check_arm, check_paths
from engine.io.source import STDIN
from engine.service.client import in_process
from tui.cli.declare import (
    DATA,
    JSON,
    QUIET,
    TABLE,
    Option,
    command,
    refuse_missing,
    seed_of,
    specs,
)
from tui.cli.output import answer, plain, print_json, stages, within_memory
from tui.cli.streams import say
from tui.text.profile import render_leak

LEAK_METHOD = "smote"
_SPLITS = ("test_size", "stratify", "group", "time", "by", "duplicates")
TREATMENT = (
    Option("--ratio X", "minority rows per majority row, at most 1"),
    Option("--counts LABEL=N/…", "rows of each class afterwards, instead of a ratio"),
    Option("--set NAME=VALUE", "parameter of the sampler; repeatable", repeat=True),
    Option("--seed N", "seed of the split and of the method (default: 42)"),
)


@command(
    "imbtui balance patients.csv --target stroke --method smote --split 0.2 "
    "-o train.csv",
    *(DATA, JSON, QUIET),
    "resampling",
    Option("--method METHOD|CHAIN", "sampler, or a chain such as smote+enn"),
    *TREATMENT,
    "output",
    Option("-o, --output OUT", "file for the training rows: .csv, .csv.gz or .parquet"),
    Option("--split SHARE", "hold out test rows first (0.2), as OUT-test", const=0.2),
    Option("--synthetic NAME", "column that marks synthetic rows", const="synthetic"),
    Option("--force", "overwrite OUT and OUT-test"),
    *TABLE,
)
def balance(args: argparse.Namespace) -> int:
    """Write a balanced training table; test rows are held out."""
    arm = _arm(args)
    check_arm(arm)
    if args.output is None:
        raise UsageError("no output file was given", "name one (-o OUT.csv)")
    seed = seed_of(args)
    data, way = _specs(args)
    refuse_missing(data)
    out = Path(args.output)
    check_paths(out, [data.source], split=way is not None, overwrite=args.force)
    if way is None:
        table = "standard input" if data.source == STDIN else data.source
        say(
            f"every row of {table} is used as a training row: leave out rows that a "
            "model is tested on, or hold some out (--split 0.2)"
        )
    with (
        within_memory(
            "this table and its new rows",
            "use a smaller ratio, a sample (--rows N), or an under-sampler",
        ),
        stages(quiet=args.quiet) as progress,
    ):
        done = in_process.balance(
            data,
            arm,
            out,
            way=way,
            seed=seed,
            flag=args.synthetic,
            overwrite=args.force,
            progress=progress,
        )
    say(*(f"{arm.name}: {text}" for text in done.repairs), *done.notes)
    if args.json:
        about = {"source": data.source, "arm": arm.name, "seed": seed}
        print_json(about | plain(done))
        return 0
    rows = sum(done.after.values())
    say(f"wrote {done.path}: {rows:,} training rows, {done.synthetic:,} synthetic")
    for label, count in done.after.items():
        share = figures.share(count, rows)
        say(f"  {label}: {done.before[label]:,} → {count:,} ({share})")
    if done.test_path is not None:
        say(f"wrote {done.test_path}: test rows, not resampled")
    return 0


@command(
    "imbtui leak-demo patients.csv --target stroke --method smote",
    *(DATA, JSON, QUIET),
    "resampling",
    Option("--method METHOD|CHAIN", "sampler or chain (default: smote)"),
    *TREATMENT,
    *TABLE,
)
def leak_demo(args: argparse.Namespace) -> int:
    """Show how much a score improves if rows are resampled before the split."""
    arm = _arm(args, LEAK_METHOD)
    check_arm(arm, "nothing can leak through it")
    seed = seed_of(args)
    data, way = specs(args)
    refuse_missing(data)
    with stages(quiet=args.quiet) as progress:
        shown = in_process.demonstrate(data, arm, way=way, seed=seed, progress=progress)
    say(*(f"{arm.name}: {text}" for text in shown.repairs))
    document = {"source": data.source, **plain(shown), "arm": arm.name, "seed": seed}
    render = partial(render_leak, shown, data.source)
    return answer(document, json=args.json, render=render)


def _specs(args: argparse.Namespace) -> tuple[DataSpec, SplitSpec | None]:
    """Return the table, and how test rows are kept apart, if they are."""
    if args.test_source is not None:
        raise SpecError("--test: only training rows are written", "leave --test out")
    if args.split is not None:
        if args.test_size not in (None, args.split):
            raise SpecError("--split and --test-size differ", "give one of them")
        if args.by is None:
            args.test_size = args.split
    hold_out = args.split is not None or any(
        getattr(args, name) is not None for name in _SPLITS
    )
    data, way = specs(args)
    return data, way if hold_out else None


def _arm(args: argparse.Namespace, default: str | None = None) -> Arm:
    """Return the arm that the options say; of a default method if none is named."""
    method = args.method or default
    if method is None:
        names = ", ".join(sampler.name for sampler in registry.SAMPLERS)
        way = f"give --method: {names}, or a chain A+B"
        raise UsageError("no method was given", way)
    settings = list(args.set or ())
    if args.ratio is not None:
        settings.append(f"ratio={args.ratio!r}")
    single = "+" not in method and grammar.parse(method).steps
    if not single and (settings or args.counts is not None):
        option = "--set" if args.set else "--ratio" if settings else "--counts"
        way = "write it into the chain: smote:ratio=0.5+random-under:ratio=0.8"
        raise SpecError(f"{option} with {method!r}, which is not a single sampler", way)
    if args.counts is not None and args.ratio is not None:
        raise SpecError("--ratio and --counts", "give one of them")
    for setting in settings:
        if any(mark in setting for mark in ":,+"):
            raise SpecError(f"--set {setting}", "give one NAME=VALUE, and repeat --set")
    arm = grammar.parse(":".join((method, *settings)))
    if args.counts is None:
        return arm
    parse_counts(args.counts)
    (step,) = arm.steps
    step = msgspec.structs.replace(step, params={**step.params, "counts": args.counts})
    registry.check_step(step)
    arm = msgspec.structs.replace(arm, steps=(step,))
    return msgspec.structs.replace(arm, name=grammar.to_text(arm))
