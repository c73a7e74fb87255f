"""`imbtui profile`: what is known about a table before any learning."""

from __future__ import annotations

import argparse
import sys
import time

from engine.client.messages import Failure
from engine.client.service import Service
from engine.data.source import check
from engine.document import of_table
from engine.errors import UsageError
from engine.spec import DataSpec
from tui.cli.asking import STAGES, error, load, log, piped, renamed
from tui.cli.output import print_json, width
from tui.cli.reading import from_pipe, specs
from tui.cli.stages import stages
from tui.cli.streams import write
from tui.console.profile import render
from tui.console.style import style_for

__all__ = ["profile"]

SEED = 42


def profile(args: argparse.Namespace) -> int:
    """Load a table, measure it, and print what was found."""
    began = time.monotonic()
    with piped(args.data, args.test, "profile") as pipe:
        data, split = specs(args, DataSpec(source=args.data))
        data = from_pipe(data, pipe)
        check(data.source)
        if data.test_source is not None:
            check(data.test_source)
        seed = SEED if args.seed is None else args.seed
        with stages(STAGES, quiet=args.quiet) as say, Service.start(log()) as service:
            answer = load(service, data, split, seed, say)
    if pipe is not None:
        answer = renamed(answer, pipe.name)
    if isinstance(answer, Failure):
        raise error(answer)
    if answer.problem and answer.wrong_use:
        raise UsageError(answer.problem)
    document = of_table(answer, seconds=time.monotonic() - began)
    if args.json:
        print_json(document)
    else:
        text = render(document, width=width(), style=style_for(sys.stdout))
        write(f"{text}\n")
    return 0
