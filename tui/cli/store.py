"""`imbtui store`: what the store is, whether it is whole, and making room in it."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

import msgspec

from engine.store import VERSION, open_store
from engine.store.usage import check, prune, usage
from tui.cli.output import print_json, say, width
from tui.cli.streams import write
from tui.console import figures
from tui.console.style import style_for
from tui.console.usage import StoreFacts, render_check, render_store

__all__ = ["store"]


def store(args: argparse.Namespace) -> int:
    """Say what the store is and takes; check it, prune it."""
    with open_store(args.store, create=False) as opened:
        damaged = check(opened) if args.check else None
        freed = prune(opened) if args.prune else None
        taken = usage(opened)
        missing = not opened.path.exists()
        facts = StoreFacts(
            path=str(opened.path),
            version=VERSION,
            filesystem=taken.filesystem,
            journal=taken.journal,
            bytes_store=taken.bytes_store,
            bytes_folds=taken.bytes_folds,
            bytes_inputs=taken.bytes_inputs,
            bytes_logs=taken.bytes_logs,
            free=taken.free,
            runs=dict(Counter(run.status for run in opened.runs())),
            problem=opened.problem,
            notices=opened.notices,
        )
    if args.json:
        told = {"damaged": damaged, "freed": freed}
        print_json(msgspec.to_builtins(facts) | told)
    else:
        style = style_for(sys.stdout)
        write(f"{render_store(facts, width=width(), style=style)}\n")
        if damaged is not None and not missing:
            write(f"\n{render_check(damaged, width=width(), style=style)}\n")
    if missing:
        say("there is no such file yet; the first run makes it")
    if freed is not None:
        say(f"{figures.size(freed)} freed" if freed else "there was nothing to free")
    return 1 if damaged else 0
