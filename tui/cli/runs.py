"""The commands for a run that is in the store: show, watch, resume, cancel, delete."""

from __future__ import annotations

import argparse
import sys

from engine import client
from engine.client.runs import hint
from engine.errors import StoreError
from engine.store.store import Run
from tui.cli.follow import follow, launch
from tui.cli.opening import open_store, readable
from tui.cli.output import document, print_document, say, width
from tui.cli.room import free_bytes
from tui.cli.streams import write
from tui.console.sections import sections
from tui.console.style import style_for
from tui.history import advice, standing
from tui.safe_text import clean

__all__ = ["cancel", "delete", "resume", "show", "watch"]


def show(args: argparse.Namespace) -> int:
    """Print the result of a run, as far as it is."""
    with open_store(args.store, create=False) as store:
        run = readable(store, args.run)
        found = document(store, run)
        if args.section is not None and not args.json:
            names = [name.strip() for name in args.section.split(",")]
            style = style_for(sys.stdout)
            told = sections(found, names, width=width(), style=style, klass=args.klass)
            write(f"{told}\n")
        else:
            print_document(found, json=args.json, policy=args.policy)
            if not args.json:
                write(_annotated(run))
        if todo := advice(run, free=free_bytes(store)):
            say(f"run {run.id} is {standing(run)}; {todo}")
        if why := hint(store, run):
            say(why)
    return 0


def watch(args: argparse.Namespace) -> int:
    """Follow a run to its end."""
    with open_store(args.store, create=False) as store:
        run = readable(store, args.run)
        history = store.events(run.id)
        return follow(
            store, run, history, json=args.json, quiet=args.quiet, notify=args.notify
        )


def resume(args: argparse.Namespace) -> int:
    """Go on with a run, and follow it."""
    with open_store(args.store, create=False) as store:
        run = readable(store, args.run)
        history = store.events(run.id)

        def start() -> Run:
            client.resume(store, run)
            return run

        return launch(
            store,
            start,
            history,
            json=args.json,
            quiet=args.quiet,
            detach=args.detach,
            notify=args.notify,
        )


def cancel(args: argparse.Namespace) -> int:
    """Ask a run to end."""
    with open_store(args.store, create=False) as store:
        run = store.run(args.run)
        ended = client.cancel(store, run)
        if ended.status == "done":
            say(f"run {run.id} was done before it could be cancelled")
        elif ended.ended:
            say(f"run {run.id} is {ended.status}; what it has is kept")
        else:
            say(f"run {run.id} was asked to end and has not yet")
        return 0 if ended.ended else 1


def delete(args: argparse.Namespace) -> int:
    """Remove runs that are not running; all of them, or none if one is."""
    with open_store(args.store, create=False) as store:
        chosen = {run.id: run for run in map(store.run, args.runs)}
        for run in chosen.values():
            if not run.ended:
                raise StoreError(
                    f"run {run.id} is {run.status}",
                    f"end it first: imbtui cancel {run.id}",
                )
        for run in chosen.values():
            store.delete(run.id)
            say(f"run {run.id} is deleted")
    return 0


def _annotated(run: Run) -> str:
    """Return the person's note and tags, as lines below a report."""
    told = {"note": run.note, "tags": ", ".join(run.tags)}
    lines = [f" {name}  {clean(text)}\n" for name, text in told.items() if text]
    return "".join(["\n", *lines]) if lines else ""
