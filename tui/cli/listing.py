"""`imbtui runs`: the runs of a store, all or some, with what they take on the disk."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import StoreError
from engine.store.record import unreadable
from engine.store.store import Run, Store
from engine.store.usage import Usage, usage
from tui.cli.opening import open_store
from tui.cli.output import document, print_json, width
from tui.cli.streams import write
from tui.cli.tables import STALLED
from tui.console.style import style_for
from tui.console.tables import RunRow, best_line, runs_table, totals
from tui.history import advice, matches, standing, words_of

__all__ = ["runs"]


def runs(args: argparse.Namespace) -> int:
    """List the runs, the newest first."""
    with open_store(args.store, create=False) as store:
        every = store.runs()
        taken = usage(store)
        some = [run for run in every if _chosen(run, args.status, args.tag or ())]
        found = [(run, _row(store, run, taken)) for run in some]
        wanted = args.filter or ""
        found = [(run, row) for run, row in found if _heard(wanted, run, row)]
        damaged = store.problem is not None
    if args.json:
        print_json([_plain(run, row) for run, row in found])
        return 0
    if every and not found:
        write(f" No run matches; imbtui runs lists all {len(every):,}.\n")
        return 0
    if damaged and not every:
        write(" No run can be read; imbtui store --check says more.\n")
        return 0
    style = style_for(sys.stdout)
    table = runs_table([row for _, row in found], width=width(), style=style)
    write(f"{table}\n")
    if found:
        below = totals(
            len(found),
            len(every),
            store=taken.bytes_store,
            folds=taken.bytes_folds,
            width=width(),
            style=style,
        )
        write(f"\n{below}\n")
    return 0


def _chosen(run: Run, status: str | None, tags: Sequence[str]) -> bool:
    if status == STALLED:
        return run.stalled and set(tags) <= set(run.tags)
    return status in (None, run.status) and set(tags) <= set(run.tags)


def _heard(text: str, run: Run, row: RunRow) -> bool:
    arms = (arm.name for arm in run.experiment.arms)
    status = (run.status, row.status)
    about = (run.id, row.dataset, row.target, *status, run.note, *arms, *run.tags)
    return matches(text, words=words_of(about))


def _row(store: Store, run: Run, taken: Usage) -> RunRow:
    created = datetime.fromtimestamp(run.created, UTC)
    data = run.experiment.data
    size = taken.bytes_runs.get(run.id)
    try:
        if run.status == "unreadable":
            raise unreadable(run.id)
        found = document(store, run)
    except StoreError as error:  # one damaged run does not hide the others
        return RunRow(
            id=run.id,
            created=created,
            status="unreadable",
            dataset=Path(data.source).name,
            target=data.target or "",
            arms=0,
            trials=0,
            # Why the store cannot be read was said above the list.
            best="its results cannot be read" if store.problem else error.message,
            note=run.note,
            tags=run.tags,
            size=size,
        )
    dataset = found["dataset"] or {}
    seconds = found["seconds"] or None
    if not run.ended:
        seconds = found["seconds"] + datetime.now(UTC).timestamp() - run.queued
    return RunRow(
        id=run.id,
        created=created,
        status="not heard" if run.stalled else run.status,
        dataset=dataset.get("name") or Path(data.source).name,
        target=dataset.get("target") or data.target or "",
        arms=len(run.experiment.arms),
        trials=sum(arm["search"]["trials"] for arm in found["arms"]),
        best=best_line(found),
        seconds=seconds,
        note=run.note,
        tags=run.tags,
        size=size,
        todo=_todo(run, taken),
    )


def _todo(run: Run, taken: Usage) -> str:
    todo = advice(run, free=taken.free)
    return f"{standing(run)}: {todo}" if run.stalled else todo


def _plain(run: Run, row: RunRow) -> dict[str, object]:
    unread = row.status == "unreadable"
    return {
        "run": run.id,
        "created": row.created.isoformat(timespec="seconds"),
        "status": row.status if unread else run.status,
        "stalled": run.stalled,
        "dataset": row.dataset,
        "target": row.target,
        "arms": [arm.name for arm in run.experiment.arms],
        "trials": row.trials,
        "best": row.best,
        "seconds": row.seconds,
        "note": run.note,
        "tags": list(run.tags),
        "bytes": row.size,
    }
