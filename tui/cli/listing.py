"""`imbtui runs`: the runs of a store, all or some, with what they take on the disk."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from engine.errors import StoreError
from engine.store.record import unreadable
from engine.store.store import Run, Store
from engine.store.usage import Usage, usage
from tui.cli.opening import open_store
from tui.cli.options import STALLED
from tui.cli.output import answer, document, print_json
from tui.cli.streams import write
from tui.console.tables import RunRow, best_line, runs_table, totals
from tui.history import advice, matches, standing, words_of


def runs(args: argparse.Namespace) -> int:
    """List the runs, the newest first."""
    with open_store(args.store, create=False) as store:
        every = store.runs()
        taken = usage(store)
        some = [run for run in every if _chosen(run, args.status, args.tag or ())]
        rows = [_row(store, run, taken) for run in some]
        found = [row for row in rows if _heard(args.filter or "", row)]
        damaged = store.problem is not None
    if args.json:
        print_json([_plain(row) for row in found])
    elif every and not found:
        write(f" No run matches; imbtui runs lists all {len(every):,}.\n")
    elif damaged and not every:
        write(" No run can be read; imbtui store --check says more.\n")
    else:
        below = totals(len(found), len(every), taken.bytes_store, taken.bytes_folds)
        answer(found, json=False, render=partial(runs_table, found, below))
    return 0


def _chosen(run: Run, status: str | None, tags: Sequence[str]) -> bool:
    if status == STALLED:
        return run.stalled and set(tags) <= set(run.tags)
    return status in (None, run.status) and set(tags) <= set(run.tags)


def _heard(text: str, row: RunRow) -> bool:
    about = (row.run, row.dataset, row.target, row.status, row.standing, row.note)
    return matches(text, words=words_of((*about, *row.arms, *row.tags)))


def _row(store: Store, run: Run, taken: Usage) -> RunRow:
    data = run.experiment.data
    row = RunRow(
        run=run.id,
        created=datetime.fromtimestamp(run.created, UTC),
        status=run.status,
        stalled=run.stalled,
        dataset=Path(data.source).name,
        target=data.target or "",
        arms=tuple(arm.name for arm in run.experiment.arms),
        note=run.note,
        tags=run.tags,
        bytes=taken.bytes_runs.get(run.id),
    )
    try:
        if run.status == "unreadable":
            raise unreadable(run.id)
        found = document(store, run)
    except StoreError as error:  # one damaged run does not hide the others
        # Why the store cannot be read was said above the list.
        why = "its results cannot be read" if store.problem else error.message
        return replace(row, status="unreadable", best=why)
    dataset = found["dataset"] or {}
    seconds = found["seconds"] or None
    if not run.ended:
        seconds = found["seconds"] + datetime.now(UTC).timestamp() - run.queued
    todo = advice(run, free=taken.free)
    return replace(
        row,
        dataset=dataset.get("name") or row.dataset,
        target=dataset.get("target") or row.target,
        trials=sum(arm["search"]["trials"] for arm in found["arms"]),
        best=best_line(found),
        seconds=seconds,
        todo=f"{standing(run)}: {todo}" if run.stalled else todo,
    )


def _plain(row: RunRow) -> dict[str, object]:
    told = asdict(row) | {"created": row.created.isoformat(timespec="seconds")}
    del told["todo"]
    return told
