"""`imbtui predict`: score a table with a bundle."""

from __future__ import annotations

import argparse

from engine.bundle.asked import Predict, Predicted, Seen
from engine.client.here import predict as scored
from engine.client.here import trained
from engine.core import format as figures
from engine.data.source import check
from engine.errors import SpecError, UsageError
from engine.spec import DataSpec, ReadSpec
from engine.spec_checks import check_data
from tui.cli.declare import command
from tui.cli.fields import READ
from tui.cli.options import JSON, QUIET, Option
from tui.cli.output import print_json, say, within_memory
from tui.cli.reading import said
from tui.cli.stages import stages
from tui.safe_text import clean

_POINTLESS = {
    "columns": "the columns that the model needs are read by themselves",
    "rows": "every row is scored",
}


@command(
    "imbtui predict stroke-bundle new.csv -o scores.csv",
    Option("bundle BUNDLE", "the folder or .zip that imbtui export --as bundle wrote"),
    Option("data DATA", "rows to score: a table, sample:NAME, or - for standard input"),
    *(JSON, QUIET),
    "what is written",
    Option("-o, --output OUT", "the scores: a .csv or .parquet"),
    Option("--keep COL,…", "write these columns of the table beside the scores"),
    Option("--all", "write every column of the table"),
    Option("--force", "replace OUT if it exists already"),
    "what rows are called",
    Option("--at NAME", "default, prevalence, f1, cost …; else that of the bundle"),
    Option(
        "--threshold X", "positive from this score on, no operating point (two classes)"
    ),
    Option("--coerce", "read cells of the wrong kind as missing, do not refuse them"),
    Option("--as-trained", "read it with the run's delimiter, encoding, decimal mark"),
    *READ,
)
def predict(args: argparse.Namespace) -> int:
    """Score the rows of a table with a bundle that a run was exported as."""
    if args.output is None:
        raise UsageError("no file was named", "say where to write it (-o OUT.csv)")
    if args.keep and args.all:
        raise SpecError("both --keep and --all were given", "give one of them")
    check(args.data)
    with stages(quiet=args.quiet) as told:
        read = _read(args)
        asked = Predict(
            bundle=args.bundle,
            data=args.data,
            output=args.output,
            at=args.at,
            threshold=args.threshold,
            keep=tuple(args.keep or ()),
            keep_all=args.all,
            coerce=args.coerce,
            overwrite=args.force,
            read=read,
        )
        way = "give it as CSV or Parquet, which are read in parts"
        with within_memory("scoring this table", way):
            done = scored(asked, told)
    for line in done.notes:
        say(line)
    if args.json:
        print_json(done)
        return 0
    _tell(done)
    return 0


def _read(args: argparse.Namespace) -> ReadSpec:
    """Return how the table is read."""
    for name, why in _POINTLESS.items():
        if getattr(args, name) is not None:
            raise SpecError(f"--{name}: {why}", f"leave --{name} out")
    read = said(trained(args.bundle) if args.as_trained else ReadSpec(), args)
    check_data(DataSpec(source=args.data, read=read))
    return read


def _tell(done: Predicted) -> None:
    at = "" if done.threshold is None else f", positive from {done.threshold:.6g} on"
    by = done.at if done.at != "threshold" else "a threshold that was given"
    say(f"wrote {done.path}: {done.rows:,} rows scored by {done.arm} of run {done.run}")
    say(f"called by {by}{at}:")
    for label, count in done.called.items():
        say(f"  {label}: {count:,} ({figures.share(count, done.rows)})")
    if done.seen is not None:
        for line in matrix(done.seen):
            say(line)
    if done.seen is not None and done.training_rows:
        if done.unseen is None:
            say("every row with a class is equal to a training row: none is left")
            return
        for line in matrix(
            done.unseen, "without rows that are equal to training rows:"
        ):
            say(line)


def matrix(seen: Seen, title: str = "the table has the target:") -> list[str]:
    """Return a confusion matrix as lines.

    Examples
    --------
    >>> for line in matrix(Seen(labels=("no", "yes"), matrix=((90, 5), (2, 3)))):
    ...     print(line)
    the table has the target:
              said no  said yes
      is no        90         5
      is yes        2         3
    """
    names = [clean(label) for label in seen.labels]
    left = max(len(f"is {name}") for name in names)
    cells = [[f"{count:,}" for count in row] for row in seen.matrix]
    heads = [f"said {name}" for name in names]
    widths = [
        max(len(head), *(len(row[k]) for row in cells)) for k, head in enumerate(heads)
    ]
    lines = [title]
    rows = [("", heads), *zip([f"is {n}" for n in names], cells, strict=True)]
    for name, row in rows:
        shown = "  ".join(one.rjust(w) for one, w in zip(row, widths, strict=True))
        lines.append(f"  {name.ljust(left)}  {shown}")
    if seen.without:
        lines.append(f"  {seen.without:,} rows without a class that the model knows")
    return lines
