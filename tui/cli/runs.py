"""The commands for runs that are in the store."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from engine import client
from engine.errors import StoreError
from engine.store import open_store
from engine.store.record import unreadable
from engine.store.store import Run, Store
from tui.cli.follow import follow, launch
from tui.cli.output import document, print_document, print_json, say, width
from tui.cli.streams import write
from tui.console.sections import sections
from tui.console.style import style_for
from tui.console.tables import RunRow, best_line, runs_table

__all__ = ["cancel", "delete", "resume", "runs", "show", "watch"]


def runs(args: argparse.Namespace) -> int:
    """List the runs, the newest first."""
    with _store(args) as store:
        found = store.runs()
        rows = [_row(store, run) for run in found]
        if args.json:
            print_json([_plain(run, row) for run, row in zip(found, rows, strict=True)])
        else:
            table = runs_table(rows, width=width(), style=style_for(sys.stdout))
            write(f"{table}\n")
    return 0


def show(args: argparse.Namespace) -> int:
    """Print the result of a run, as far as it is."""
    with _store(args) as store:
        run = _readable(store, args.run)
        found = document(store, run)
        if args.section is not None and not args.json:
            names = [name.strip() for name in args.section.split(",")]
            style = style_for(sys.stdout)
            told = sections(found, names, width=width(), style=style, klass=args.klass)
            write(f"{told}\n")
        else:
            print_document(found, json=args.json, policy=args.policy)
        if run.status == "interrupted":
            say(f"the run's process is gone; imbtui resume {run.id} goes on")
    return 0


def watch(args: argparse.Namespace) -> int:
    """Follow a run to its end."""
    with _store(args) as store:
        run = _readable(store, args.run)
        history = store.events(run.id)
        return follow(store, run, history, json=args.json, quiet=args.quiet)


def resume(args: argparse.Namespace) -> int:
    """Go on with a run, and follow it."""
    with _store(args) as store:
        run = _readable(store, args.run)
        history = store.events(run.id)

        def start() -> Run:
            client.resume(store, run)
            return run

        return launch(store, start, history, json=args.json, quiet=args.quiet)


def cancel(args: argparse.Namespace) -> int:
    """Ask a run to end."""
    with _store(args) as store:
        run = store.run(args.run)
        client.cancel(store, run)
        ended = client.wait(store, run.id, seconds=10.0)
        say(
            f"run {run.id} is {ended.status}; what it has is kept"
            if ended.ended
            else f"run {run.id} was asked to end and has not yet"
        )
        return 0 if ended.ended else 1


def delete(args: argparse.Namespace) -> int:
    """Remove a run that is not running."""
    with _store(args) as store:
        run = store.run(args.run)
        if not run.ended:
            raise StoreError(
                f"run {run.id} is {run.status}", f"end it first: imbtui cancel {run.id}"
            )
        store.delete(run.id)
        say(f"run {run.id} is deleted")
    return 0


def _store(args: argparse.Namespace) -> Store:
    """Open the store; none of these commands makes one."""
    return open_store(args.store, create=False)


def _readable(store: Store, name: str) -> Run:
    run = store.run(name)
    if run.status == "unreadable":
        raise unreadable(run.id)
    return run


def _row(store: Store, run: Run) -> RunRow:
    created = datetime.fromtimestamp(run.created, UTC)
    data = run.experiment.data
    try:
        if run.status == "unreadable":
            raise unreadable(run.id)
        found = document(store, run)
    except StoreError as error:  # one damaged run does not hide the others
        best = error.message
        return RunRow(
            id=run.id,
            created=created,
            status="unreadable",
            dataset=Path(data.source).name,
            target=data.target or "",
            arms=0,
            trials=0,
            best=best,
        )
    dataset = found["dataset"] or {}
    seconds = found["seconds"] or None
    if not run.ended:
        seconds = found["seconds"] + datetime.now(UTC).timestamp() - run.queued
    return RunRow(
        id=run.id,
        created=created,
        status=run.status,
        dataset=dataset.get("name") or Path(data.source).name,
        target=dataset.get("target") or data.target or "",
        arms=len(run.experiment.arms),
        trials=sum(arm["search"]["trials"] for arm in found["arms"]),
        best=best_line(found),
        seconds=seconds,
    )


def _plain(run: Run, row: RunRow) -> dict[str, object]:
    return {
        "run": run.id,
        "created": row.created.isoformat(timespec="seconds"),
        "status": row.status,
        "dataset": row.dataset,
        "target": row.target,
        "arms": [arm.name for arm in run.experiment.arms],
        "trials": row.trials,
        "best": row.best,
        "seconds": row.seconds,
    }
