"""`imbtui validate`: a bundle on new labelled rows."""

from __future__ import annotations

import argparse
from functools import partial

from engine.core.messages import Validate
from engine.io.source import check
from engine.service.client import in_process
from tui.cli.declare import JSON, QUIET, READ, Option, command
from tui.cli.output import answer, stages, within_memory
from tui.cli.predict import read_of
from tui.cli.streams import say
from tui.text.validation import render_validation


@command(
    "imbtui validate stroke-bundle new.csv -o validation.html",
    Option("bundle BUNDLE", "folder or .zip written by imbtui export --as bundle"),
    Option("data DATA", "labelled rows: a table, sample:NAME, or - (stdin)"),
    *(JSON, QUIET),
    "output",
    Option("-o, --output OUT", "file for a report: .html or .md"),
    Option("--force", "overwrite OUT"),
    "validation",
    Option("--at NAME", "operating point (default: that of the bundle)"),
    Option("--width X", "wanted half width of intervals (default: 0.05)"),
    Option("--keep-equal", "count rows equal to training rows (default: leave out)"),
    Option("--coerce", "read cells of the wrong kind as missing (default: refuse)"),
    Option("--as-trained", "use the delimiter, encoding and decimal mark of the run"),
    *READ,
)
def validate(args: argparse.Namespace) -> int:
    """Validate an exported bundle on new labelled rows."""
    check(args.data)
    with stages(quiet=args.quiet) as progress:
        given = {} if args.width is None else {"width": args.width}
        request = Validate(
            bundle=args.bundle,
            data=args.data,
            at=args.at,
            keep_equal=args.keep_equal,
            coerce=args.coerce,
            output=args.output,
            overwrite=args.force,
            read=read_of(args),
            **given,
        )
        way = "give it as CSV or Parquet, which are read in parts"
        with within_memory("validating on this table", way):
            found = in_process.validate(request, progress)
    if args.output is not None:
        say(f"wrote {args.output}")
    return answer(found, json=args.json, render=partial(render_validation, found))
