"""`imbtui explain`: what an arm of a run goes by, and what made the score of a row."""

from __future__ import annotations

import argparse
import sys

from engine.client.explain import (
    Contributions,
    ContributionsShown,
    Importance,
    ImportanceShown,
)
from engine.client.explaining import answer
from tui.cli.errors import STAGES, document, opened
from tui.cli.output import print_json, width
from tui.cli.stages import stages
from tui.cli.streams import write
from tui.console.explain import render_importance, render_parts
from tui.console.style import style_for

__all__ = ["explain"]


def explain(args: argparse.Namespace) -> int:
    """Weigh the columns of an arm's model, or take the score of a row apart."""
    path, run = opened(args)
    told = {
        "id": 0,
        "store": path,
        "run": run,
        "arm": args.arm,
        "policy": args.policy,
        "klass": args.klass,
    }
    with stages(STAGES, quiet=args.quiet) as progress:
        found = answer(
            Importance(**told)
            if args.row is None
            else Contributions(**told, row=args.row),
            progress,
        )
    if args.json:
        print_json(document(found, run))
        return 0
    style = style_for(sys.stdout)
    if isinstance(found, ImportanceShown):
        text = render_importance(found, run, width=width(), style=style)
    else:
        assert isinstance(found, ContributionsShown)
        text = render_parts(found, run, width=width(), style=style)
    write(f"{text}\n")
    return 0
