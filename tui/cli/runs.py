"""The commands for runs that are in the store."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from engine import client
from engine.errors import StoreError
from engine.store import open_store
from engine.store.store import Run, Store
from tui.cli.follow import follow
from tui.cli.output import document, print_document, print_json, say, width
from tui.console.style import style_for
from tui.console.tables import RunRow, best_line, runs_table

__all__ = ["cancel", "delete", "resume", "runs", "show", "watch"]


def runs(args: argparse.Namespace) -> int:
    """List the runs, the newest first."""
    with open_store(args.store) as store:
        found = store.runs()
        rows = [_row(store, run) for run in found]
        if args.json:
            print_json([_plain(run, row) for run, row in zip(found, rows, strict=True)])
        else:
            table = runs_table(rows, width=width(), style=style_for(sys.stdout))
            print(table)  # noqa: T201
    return 0


def show(args: argparse.Namespace) -> int:
    """Print the result of a run, as far as it is."""
    with open_store(args.store) as store:
        run = store.run(args.run)
        print_document(document(store, run), json=args.json, policy=args.policy)
        if run.status == "interrupted":
            say(f"the run's process is gone; imbtui resume {run.id} goes on")
    return 0


def watch(args: argparse.Namespace) -> int:
    """Follow a run to its end."""
    with open_store(args.store) as store:
        run = store.run(args.run)
        return follow(store, run.id, json=args.json, quiet=args.quiet)


def resume(args: argparse.Namespace) -> int:
    """Go on with a run, and follow it."""
    with open_store(args.store) as store:
        run = store.run(args.run)
        client.resume(store, run)
        return follow(store, run.id, json=args.json, quiet=args.quiet, own=True)


def cancel(args: argparse.Namespace) -> int:
    """Ask a run to end."""
    with open_store(args.store) as store:
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
    with open_store(args.store) as store:
        run = store.run(args.run)
        if not run.ended:
            raise StoreError(
                f"run {run.id} is {run.status}", f"end it first: imbtui cancel {run.id}"
            )
        store.delete(run.id)
        say(f"run {run.id} is deleted")
    return 0


def _row(store: Store, run: Run) -> RunRow:
    found = document(store, run)
    dataset = found["dataset"] or {}
    data = run.experiment.data
    seconds = found["seconds"] or None
    if not run.ended:
        seconds = datetime.now(UTC).timestamp() - run.created
    return RunRow(
        id=run.id,
        created=datetime.fromtimestamp(run.created, UTC),
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
        "status": run.status,
        "dataset": row.dataset,
        "target": row.target,
        "arms": [arm.name for arm in run.experiment.arms],
        "trials": row.trials,
        "best": row.best,
        "seconds": row.seconds,
    }
