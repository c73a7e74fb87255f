"""`imbtui errors`: the test rows that an arm gets wrong, and where they are."""

from __future__ import annotations

import argparse
import sys

import msgspec

from engine.client.explain import ErrorGroups, ErrorRows, GroupsShown, RowsShown
from engine.client.explaining import answer
from engine.errors import SpecError
from tui.cli.opening import open_store
from tui.cli.output import print_json, width
from tui.cli.stages import stages
from tui.cli.streams import write
from tui.console.errors import render_groups, render_rows
from tui.console.style import style_for
from tui.explain import KINDS

__all__ = ["STAGES", "errors", "opened"]

STAGES = {
    "fetching": "fetching the table",
    "decompressing": "reading the table again",
    "checking": "reading the table again",
    "reading": "reading the table again",
    "cleaning": "reading the table again",
    "preparing": "dividing its rows as the run did",
    "opening the model": "opening the model",
    "shuffling columns": "shuffling columns",
}


def opened(args: argparse.Namespace) -> tuple[str, str]:
    """Return the file of the store and the id of the run."""
    with open_store(args.store, create=False) as store:
        return str(store.path), store.run(args.run).id


def errors(args: argparse.Namespace) -> int:
    """List the rows that an arm gets wrong, or count them by a column."""
    if args.kind not in KINDS:
        raise SpecError(f"no kind {args.kind!r}", f"choose one of {', '.join(KINDS)}")
    path, run = opened(args)
    style = style_for(sys.stdout)
    told = {
        "id": 0,
        "store": path,
        "run": run,
        "arm": args.arm,
        "policy": args.policy,
        "klass": args.klass,
    }
    shown: RowsShown | GroupsShown
    with stages(STAGES, quiet=args.quiet) as progress:
        if args.by is not None:
            asked = ErrorGroups(**told, column=args.by)
            found = answer(asked, progress)
        else:
            rows = ErrorRows(
                **told,
                kind=args.kind,
                where=_where(args.where),
                against=args.against,
                start=max(1, args.start) - 1,
                count=max(0, args.rows),
            )
            found = answer(rows, progress)
    assert isinstance(found, RowsShown | GroupsShown)
    shown = found
    if args.json:
        print_json(document(shown, run))
    elif isinstance(shown, RowsShown):
        text = render_rows(shown, run, against=args.against, width=width(), style=style)
        write(f"{text}\n")
    else:
        write(f"{render_groups(shown, run, width=width(), style=style)}\n")
    return 0


def document(shown: msgspec.Struct, run: str) -> dict[str, object]:
    """Return an answer as a document, with the run that it is about."""
    plain: dict[str, object] = msgspec.to_builtins(shown)
    return {"run": run} | {k: v for k, v in plain.items() if k not in ("id", "reply")}


def _where(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    column, equals, level = text.partition("=")
    if not equals or not column:
        raise SpecError(
            f"--where is {text!r}", "write it as COLUMN=LEVEL, like --where gender=Male"
        )
    return column, level
