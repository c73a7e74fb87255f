"""The commands for runs that are in the store, and for the store itself."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from engine import client
from engine.client.runs import hint
from engine.contrast import contrast
from engine.errors import StoreError, UsageError
from engine.resample import grammar
from engine.store import VERSION
from engine.store import open_store as opened_quietly
from engine.store.record import unreadable
from engine.store.store import Run, Store
from engine.store.usage import Usage, check, prune, usage
from tui.cli.declare import REMOVED
from tui.cli.follow import follow, launch
from tui.cli.options import STALLED
from tui.cli.output import (
    answer,
    document,
    free_bytes,
    open_store,
    print_document,
    print_json,
    readable,
    say,
)
from tui.cli.streams import write
from tui.console import figures
from tui.console.contrast import render_contrast
from tui.console.report import sections
from tui.console.tables import RunRow, best_line, render_store, runs_table, totals
from tui.history import advice, matches, standing
from tui.safe_text import clean


def show(args: argparse.Namespace) -> int:
    """Print the result of a run, as far as it is."""
    with open_store(args.store, create=False) as store:
        run = readable(store, args.run)
        found = document(store, run)
        if args.section is not None and not args.json:
            names = [name.strip() for name in args.section.split(",")]
            told = partial(sections, found, names, klass=args.klass)
            answer(found, json=False, render=told)
        else:
            print_document(found, json=args.json, at=args.at)
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
        return follow(args, store, run, history)


def resume(args: argparse.Namespace) -> int:
    """Go on with a run, and follow it."""
    with open_store(args.store, create=False) as store:
        run = readable(store, args.run)
        history = store.events(run.id)

        def start() -> Run:
            client.resume(store, run)
            return run

        return launch(args, store, start, history)


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


def compare(args: argparse.Namespace) -> int:
    """Print what differs between runs, and their results side by side."""
    arms = None if args.arms is None else grammar.split(args.arms)
    with open_store(args.store, create=False) as store:
        chosen = [readable(store, name) for name in args.runs]
        documents = [document(store, run) for run in chosen]
    found = contrast(documents, at=args.at, arms=arms)
    plain = msgspec.to_builtins(found)
    return answer(plain, json=args.json, render=partial(render_contrast, found))


def note(args: argparse.Namespace) -> int:
    """Print the note of a run, set it, or clear it."""
    with open_store(args.store, create=False) as store:
        run = store.run(args.run)
        if not args.text:
            if run.note:
                write(f"{clean(run.note)}\n")
            else:
                say(f"run {run.id} has no note")
            return 0
        text = " ".join(" ".join(args.text).splitlines())  # one line, as in the app
        kept = store.annotate(run.id, note=text).note
        say(f"the note of run {run.id} is {'set' if kept else 'cleared'}")
    return 0


def tag(args: argparse.Namespace) -> int:
    """Add tags to a run and remove some, then print what it has."""
    with open_store(args.store, create=False) as store:
        run = store.run(args.run)
        tags = changed(run.tags, args.changes)
        if set(tags) != set(run.tags):
            tags = store.annotate(run.id, tags=tags).tags
        if tags:
            write(f"{' '.join(map(clean, tags))}\n")
        else:
            say(f"run {run.id} has no tags")
    return 0


def changed(tags: tuple[str, ...], changes: list[str]) -> tuple[str, ...]:
    """Return tags after what is added and removed, in that order.

    Parameters
    ----------
    tags : tuple of str
    changes : list of str
        ``+tag`` or ``tag`` adds one, ``+-tag`` removes one.

    Raises
    ------
    UsageError
        If one is to be removed that is not there.

    Examples
    --------
    >>> changed(("old", "a"), ["+new", "b", "+-old"])
    ('a', 'new', 'b')
    """
    kept = dict.fromkeys(tags)
    for change in changes:
        if change.startswith(REMOVED):
            name = change.removeprefix(REMOVED)
            if name not in kept:
                raise UsageError(
                    f"the run has no tag {name!r}",
                    f"it has {', '.join(kept)}" if kept else "it has none",
                )
            del kept[name]
        else:
            kept[change.removeprefix("+")] = None
    return tuple(kept)


def store(args: argparse.Namespace) -> int:
    """Say what the store is and takes; check it, prune it."""
    with opened_quietly(args.store, create=False) as opened:
        damaged = check(opened) if args.check else None
        freed = prune(opened) if args.prune else None
        taken = usage(opened)
        missing = not opened.path.exists()
        found = {
            "path": str(opened.path),
            "version": VERSION,
            "filesystem": taken.filesystem,
            "journal": taken.journal,
            "bytes_store": taken.bytes_store,
            "bytes_folds": taken.bytes_folds,
            "bytes_inputs": taken.bytes_inputs,
            "bytes_logs": taken.bytes_logs,
            "free": taken.free,
            "runs": dict(Counter(run.status for run in opened.runs())),
            "problem": opened.problem,
            "notices": opened.notices,
            "damaged": damaged,
            "freed": freed,
        }
    shown = found | ({"damaged": None} if missing else {})
    answer(found, json=args.json, render=partial(render_store, shown))
    if missing:
        say("there is no such file yet; the first run makes it")
    if freed is not None:
        say(f"{figures.size(freed)} freed" if freed else "there was nothing to free")
    return 1 if damaged else 0


def _annotated(run: Run) -> str:
    """Return the user's note and tags, as lines below a report."""
    told = {"note": run.note, "tags": ", ".join(run.tags)}
    lines = [f" {name}  {clean(text)}\n" for name, text in told.items() if text]
    return "".join(["\n", *lines]) if lines else ""


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
    return matches(text, words=(*about, *row.arms, *row.tags))


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
