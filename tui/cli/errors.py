"""`imbtui errors` and `imbtui explain`: the rows that an arm gets wrong, and why."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from engine.core import explain as requests
from engine.core.errors import SpecError
from engine.core.explain import KINDS
from engine.core.record import Run
from engine.service.client import in_process
from tui.cli.declare import JSON, KLASS, QUIET, RUN, STORE, Option, command
from tui.cli.output import answer, open_store, plain, stages
from tui.text.errors import render

LOOK = (
    RUN,
    Option("--arm ARM", "arm (default: the recommended one)"),
    Option("--at POINT", "operating point (default: that of the run)"),
    KLASS,
    *(STORE, JSON, QUIET),
)


def open_run(args: argparse.Namespace) -> tuple[str, Run]:
    """Return the file of the store, and the run."""
    with open_store(args.store, create=False) as store:
        return str(store.path), store.run(args.run)


@command(
    "imbtui errors last --arm smote --at cost",
    *LOOK,
    "row filters",
    Option("--kind KIND", ", ".join(KINDS), default="missed", words=KINDS),
    Option("--where COLUMN=LEVEL", "only rows with this value in this column"),
    Option("--against ARM", "only rows that this arm predicts differently"),
    Option("--rows N", "maximum number of rows", default=20),
    Option("--start N", "position of the first row", default=1),
    Option(
        "--by COLUMN", "misses, false alarms and gaps between the levels of a column"
    ),
)
def errors(args: argparse.Namespace) -> int:
    """List the test rows that an arm gets wrong, or count them by column."""
    if args.kind not in KINDS:
        raise SpecError(f"no kind {args.kind!r}", f"choose one of {', '.join(KINDS)}")
    if args.by is not None:
        return _answer(args, requests.ErrorGroups, column=args.by)
    return _answer(
        args,
        requests.ErrorRows,
        kind=args.kind,
        where=_where(args.where),
        against=args.against,
        start=max(1, args.start) - 1,
        count=max(0, args.rows),
    )


@command(
    "imbtui explain last --arm smote",
    *LOOK,
    Option("--row N", "row, as numbered by imbtui errors (default: the whole model)"),
)
def explain(args: argparse.Namespace) -> int:
    """Show feature importances, or the contributions to the score of one row."""
    if args.row is None:
        return _answer(args, requests.Importance)
    return _answer(args, requests.Contributions, row=args.row)


def _answer(
    args: argparse.Namespace, request_type: type[requests.RunRequest], **about: Any
) -> int:
    """Ask, and print the answer."""
    store, run = open_run(args)
    named = {name: getattr(args, name) for name in ("arm", "at", "klass")}
    request = request_type(id=0, store=store, run=run.id, **named, **about)
    with stages(quiet=args.quiet) as progress:
        reply = in_process.answer(request, progress)
    document = {"run": request.run} | plain(reply)
    where = request.where if isinstance(request, requests.ErrorRows) else None
    column, against = where[0] if where else "", getattr(args, "against", None)
    show = partial(render, reply, run.name, where=column, against=against)
    return answer(document, json=args.json, render=show)


def _where(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    column, equals, level = text.partition("=")
    if not equals or not column:
        way = "write it as COLUMN=LEVEL, like --where gender=Male"
        raise SpecError(f"--where is {text!r}", way)
    return column, level
