"""`imbtui leak-demo`: the wrong way beside the right way, on a person's own table."""

from __future__ import annotations

import argparse
import sys

import msgspec

from engine.data.source import check
from engine.resample.balance import check_arm
from engine.resample.leak import demonstrate
from engine.spec import DataSpec
from tui.cli.output import print_json, say, width
from tui.cli.reading import specs
from tui.cli.stages import READING, stages
from tui.cli.streams import write
from tui.cli.treating import arm as chosen
from tui.cli.treating import seed as seed_of
from tui.console.leak import render
from tui.console.style import style_for
from tui.safe_text import clean

__all__ = ["leak"]

METHOD = "smote"
STAGES = READING | {
    "splitting": "setting rows aside",
    "treating": "balancing the other rows",
    "training wrong": "training the wrong way",
    "training right": "training the right way",
    "scoring": "judging both on the rows set aside",
}


def leak(args: argparse.Namespace) -> int:
    """Score a model the wrong way, what that delivers, and the right way."""
    arm = chosen(args, METHOD)
    check_arm(arm, "nothing can leak through it")
    seed = seed_of(args)
    data, way = specs(args, DataSpec(source=args.data))
    check(data.source)
    if data.test_source is not None:
        check(data.test_source)
    with stages(STAGES, quiet=args.quiet) as told:
        shown = demonstrate(data, arm, way=way, seed=seed, progress=told)
    for text in shown.repairs:
        say(clean(f"{arm.name}: {text}"))
    if args.json:
        document = msgspec.to_builtins(shown)
        del document["id"], document["reply"]
        print_json({"source": data.source, **document, "arm": arm.name, "seed": seed})
    else:
        text = render(shown, data.source, width=width(), style=style_for(sys.stdout))
        write(f"{text}\n")
    return 0
