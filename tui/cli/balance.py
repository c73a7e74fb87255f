"""`imbtui balance`: write a training table whose classes are balanced."""

from __future__ import annotations

import argparse
from pathlib import Path

import msgspec

from engine.data.source import STDIN, check
from engine.errors import SpecError, UsageError, out_of_memory, shortage
from engine.resample.balance import balance as balanced
from engine.resample.balance import check_arm, check_paths
from engine.spec import DataSpec, SplitSpec
from tui.cli.output import print_json
from tui.cli.output import say as _say
from tui.cli.reading import specs
from tui.cli.stages import READING, stages
from tui.cli.treating import arm as chosen
from tui.cli.treating import seed as seed_of
from tui.console import figures
from tui.safe_text import clean

__all__ = ["balance"]

STAGES = READING | {
    "splitting": "keeping the test rows apart",
    "treating": "treating the training rows",
    "restoring": "writing",
}
_SPLITS = ("test_size", "no_stratify", "group", "time", "by", "duplicates")


def balance(args: argparse.Namespace) -> int:
    """Treat the training rows of a table and write them."""
    arm = chosen(args)
    check_arm(arm)
    if args.output is None:
        raise UsageError("no file was named", "say where to write it (-o OUT.csv)")
    seed = seed_of(args)
    data, way = _specs(args)
    check(data.source)
    out = Path(args.output)
    check_paths(out, [data.source], split=way is not None, overwrite=args.force)
    if way is None:
        say(
            f"every row of {_called(data.source)} is taken for a training row: rows "
            "that a model is tested on must not pass through here (--split 0.2 keeps "
            "test rows apart)"
        )
    try:
        with stages(STAGES, quiet=args.quiet) as told:
            done = balanced(
                data,
                arm,
                out,
                way=way,
                seed=seed,
                flag=args.synthetic,
                overwrite=args.force,
                progress=told,
            )
    except Exception as error:
        if not out_of_memory(error):
            raise
        raise shortage(
            "this table and its new rows",
            "ask for a smaller ratio, a sample (--rows N), or an under-sampler",
        ) from None
    for text in done.repairs:
        say(f"{arm.name}: {text}")
    for text in done.notes:
        say(text)
    if args.json:
        document = msgspec.to_builtins(done)
        del document["id"], document["reply"]
        print_json({"source": data.source, "arm": arm.name, "seed": seed, **document})
        return 0
    rows = sum(done.after.values())
    say(f"wrote {done.path}: {rows:,} training rows, {done.synthetic:,} synthetic")
    for label, count in done.after.items():
        share = figures.share(count, rows)
        say(f"  {label}: {done.before[label]:,} → {count:,} ({share})")
    if done.test_path is not None:
        say(f"wrote {done.test_path}: the test rows, none of them treated")
    return 0


def _called(source: str) -> str:
    return "standard input" if source == STDIN else source


def say(text: str) -> None:
    """Say what may hold names and labels of a file."""
    _say(clean(text))


def _specs(args: argparse.Namespace) -> tuple[DataSpec, SplitSpec | None]:
    """Return the table, and how test rows are kept apart, if they are."""
    if args.test is not None:
        raise SpecError(
            "--test: its rows are apart already, and only training rows are written",
            "leave --test out",
        )
    if args.split is not None:
        if args.test_size not in (None, args.split):
            raise SpecError("--split and --test-size differ", "give one of them")
        if args.by is None:
            args.test_size = args.split
    wanted = args.split is not None or any(
        getattr(args, name) is not None for name in _SPLITS
    )
    data, way = specs(args, DataSpec(source=args.data))
    return data, way if wanted else None
