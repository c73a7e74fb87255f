"""`imbtui sample`: list the sample datasets, or write one to a file."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from engine.data import catalogue
from engine.errors import UsageError
from tui.cli.output import print_json, say, width
from tui.cli.streams import write
from tui.console.style import style_for
from tui.console.tables import samples_table

__all__ = ["sample"]


def sample(args: argparse.Namespace) -> int:
    """List the samples, or write the one named."""
    if args.name is None:
        if args.output is not None or args.force:
            raise UsageError("no sample was named", "imbtui sample NAME -o OUT")
        if args.json:
            print_json([asdict(s) for s in catalogue.SAMPLES.values()])
        else:
            text = samples_table(
                catalogue.SAMPLES, width=width(), style=style_for(sys.stdout)
            )
            write(f"{text}\n")
        return 0
    chosen = catalogue.find(args.name.removeprefix("sample:"))
    out = Path(args.output or f"{chosen.name}.csv")
    path = catalogue.write(chosen, out, overwrite=args.force)
    if args.json:
        print_json({"sample": chosen.name, "path": str(path)})
    else:
        say(f"wrote {path}: {chosen.rows:,} rows, target {chosen.target}")
    return 0
