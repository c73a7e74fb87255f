"""`imbtui compare`: two runs or more side by side."""

from __future__ import annotations

import argparse
import sys

import msgspec

from engine.contrast import contrast
from engine.resample import grammar
from tui.cli.opening import open_store, readable
from tui.cli.output import document, print_json, width
from tui.cli.streams import write
from tui.console.contrast import render_contrast
from tui.console.style import style_for

__all__ = ["compare"]


def compare(args: argparse.Namespace) -> int:
    """Print what differs between runs, and their results side by side."""
    arms = None if args.arms is None else grammar.split(args.arms)
    with open_store(args.store, create=False) as store:
        chosen = [readable(store, name) for name in args.runs]
        documents = [document(store, run) for run in chosen]
    found = contrast(documents, policy=args.policy, arms=arms)
    if args.json:
        print_json(msgspec.to_builtins(found))
    else:
        text = render_contrast(found, width=width(), style=style_for(sys.stdout))
        write(f"{text}\n")
    return 0
