"""`imbtui generate`: make a lopsided table up, and say what it is or write it."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

from engine.data import make_file
from engine.data.make_kinds import KINDS, Value
from engine.data.make_spec import TARGET, Make, is_made, make, parse
from engine.errors import UsageError
from tui.cli.output import print_json, say, width
from tui.cli.streams import write
from tui.console.made import described, kinds_list
from tui.console.style import style_for

__all__ = ["generate"]

OPTIONS = (
    "rows",
    "ratio",
    "noise",
    "overlap",
    "classes",
    "features",
    "informative",
    "clusters",
    "seed",
)


def generate(args: argparse.Namespace) -> int:
    """List the kinds, say what a table would be, or write it."""
    if args.kind is None:
        return _list(args)
    table = _table(args)
    if args.output is None:
        if args.json:
            print_json(_document(table))
        else:
            text = described(table, width=width(), style=style_for(sys.stdout))
            write(f"{text}\n")
        return 0
    path = make_file.write(table, Path(args.output), overwrite=args.force)
    if args.json:
        print_json({**_document(table), "path": str(path)})
    else:
        say(f"wrote {path}: {table.rows:,} rows, target {TARGET}")
        say(f"the same table without a file: {shlex.quote(table.source)}")
    return 0


def _list(args: argparse.Namespace) -> int:
    given = [name for name in OPTIONS if getattr(args, name) is not None]
    if args.output is not None or given:
        raise UsageError(
            "no kind of table was named", f"imbtui generate KIND, of {', '.join(KINDS)}"
        )
    if args.json:
        print_json([asdict(kind) for kind in KINDS.values()])
    else:
        write(f"{kinds_list(width=width(), style=style_for(sys.stdout))}\n")
    return 0


def _table(args: argparse.Namespace) -> Make:
    """Return the table that the arguments say; options go before a source."""
    given: dict[str, str | Value] = {
        name: getattr(args, name) for name in OPTIONS if getattr(args, name) is not None
    }
    if not is_made(args.kind):
        return make(args.kind, given)
    said = parse(args.kind)
    return make(said.kind, {**said.values, **given})


def _document(table: Make) -> dict[str, object]:
    return {
        "source": table.source,
        "kind": table.kind,
        **table.values,
        "target": TARGET,
        "columns": [*table.columns, TARGET],
        "counts": table.counts,
    }
