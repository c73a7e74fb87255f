"""`imbtui predict`: score a table with a bundle."""

from __future__ import annotations

import argparse

from engine.core import format as figures
from engine.core.checks import check_data
from engine.core.errors import SpecError, UsageError
from engine.core.experiment import DataSpec, ReadSpec
from engine.core.messages import Predict, Predicted, Seen
from engine.io.source import check
from engine.service.client import in_process
from tui.cli.declare import JSON, QUIET, READ, Option, command, with_options
from tui.cli.output import print_json, stages, within_memory
from tui.cli.streams import say
from tui.terminal.safe_text import clean

_POINTLESS = {
    "columns": "the columns of the model are always read",
    "rows": "every row is scored",
}


@command(
    "imbtui predict stroke-bundle new.csv -o scores.csv",
    Option("bundle BUNDLE", "folder or .zip written by imbtui export --as bundle"),
    Option("data DATA", "rows to score: a table, sample:NAME, or - (stdin)"),
    *(JSON, QUIET),
    "output",
    Option("-o, --output OUT", "file for the scores: .csv or .parquet"),
    Option("--keep COL,…", "columns of the table to write beside the scores"),
    Option("--all", "write every column of the table"),
    Option("--force", "overwrite OUT"),
    "predictions",
    Option("--at POINT", "operating point (default: that of the bundle)"),
    Option("--threshold X", "threshold instead of an operating point (two classes)"),
    Option("--coerce", "read cells of the wrong kind as missing (default: refuse)"),
    Option("--as-trained", "use the delimiter, encoding and decimal mark of the run"),
    *READ,
)
def predict(args: argparse.Namespace) -> int:
    """Score the rows of a table with an exported bundle."""
    if args.output is None:
        raise UsageError("no output file was given", "name one (-o OUT.csv)")
    if args.keep and args.all:
        raise SpecError("both --keep and --all were given", "give one of them")
    check(args.data)
    with stages(quiet=args.quiet) as progress:
        read = read_of(args)
        request = Predict(
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
            done = in_process.predict(request, progress)
    say(*done.notes)
    if args.json:
        print_json(done)
        return 0
    _tell(done)
    return 0


def read_of(args: argparse.Namespace) -> ReadSpec:
    """Return how the table of new rows is read."""
    for name, why in _POINTLESS.items():
        if getattr(args, name) is not None:
            raise SpecError(f"--{name}: {why}", f"leave --{name} out")
    trained = (
        in_process.bundle_read_spec(args.bundle) if args.as_trained else ReadSpec()
    )
    read = with_options(trained, args)
    check_data(DataSpec(source=args.data, read=read))
    return read


def _tell(done: Predicted) -> None:
    at = "" if done.threshold is None else f", positive from {done.threshold:.6g} on"
    by = done.at if done.at != "threshold" else "the given threshold"
    say(f"wrote {done.path}: {done.rows:,} rows scored by {done.arm} of run {done.run}")
    say(f"predictions at {by}{at}:")
    for label, count in done.predicted.items():
        say(f"  {label}: {count:,} ({figures.share(count, done.rows)})")
    if done.seen is None:
        return
    say(*matrix(done.seen))
    if done.training_rows and done.unseen is None:
        say("every labelled row is equal to a training row")
    elif done.training_rows and done.unseen is not None:
        say(*matrix(done.unseen, "without rows equal to training rows:"))


def matrix(counts: Seen, title: str = "the table has the target:") -> list[str]:
    """Return a confusion matrix as lines.

    Examples
    --------
    >>> for line in matrix(Seen(labels=("no", "yes"), matrix=((90, 5), (2, 3)))):
    ...     print(line)
    the table has the target:
                  predicted no  predicted yes
      actual no             90              5
      actual yes             2              3
    """
    names = [clean(label) for label in counts.labels]
    margin = max(len(f"actual {name}") for name in names)
    cells = [[f"{count:,}" for count in row] for row in counts.matrix]
    heads = [f"predicted {name}" for name in names]
    widths = [
        max(len(head), *(len(row[k]) for row in cells)) for k, head in enumerate(heads)
    ]
    lines = [title]
    rows = [("", heads), *zip([f"actual {n}" for n in names], cells, strict=True)]
    for name, row in rows:
        shown = "  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True))
        lines.append(f"  {name.ljust(margin)}  {shown}")
    if counts.without:
        lines.append(f"  {counts.without:,} rows without a class known to the model")
    return lines
