"""The commands for runs that are in the store, and for the store itself."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from engine.core import format as figures
from engine.core.compare_runs import contrast
from engine.core.errors import StoreError, UsageError
from engine.core.methods import grammar
from engine.core.record import unreadable
from engine.service import client
from engine.service.client.runs import hint
from engine.store import VERSION
from engine.store import open_store as opened_quietly
from engine.store.store import Run, Store
from engine.store.usage import Usage, check, prune, usage
from tui.cli import output
from tui.cli.declare import (
    DETACH,
    JSON,
    KLASS,
    NOTIFY,
    QUIET,
    RUN,
    STORE,
    Option,
    command,
)
from tui.cli.follow import follow, launch
from tui.cli.output import answer, find_run, free_bytes, open_store
from tui.cli.streams import say, write
from tui.features.runs.history import matches
from tui.terminal.safe_text import clean
from tui.text import tables
from tui.text.comparisons import render_contrast
from tui.text.live import advice, standing
from tui.text.report import SECTIONS, sections

STALLED: Final = "stalled"
STATUSES: Final = (
    *("done", "failed", "cancelled", "running", "queued", "interrupted", "unreadable"),
    STALLED,
)
"""The runs that can be asked for."""


@command(
    "imbtui show last --json",
    RUN,
    Option("--at POINT", "operating point (default: that of the experiment)"),
    Option("--section NAME,…", ", ".join(SECTIONS), words=SECTIONS),
    *(KLASS, STORE, JSON),
)
def show(args: argparse.Namespace) -> int:
    """Print the result of a run."""
    if args.klass is not None and (args.section is None or args.json):
        raise UsageError(
            "a class applies to sections of the result only",
            "name them: --section calibration,costs",
        )
    with open_store(args.store, create=False) as store:
        run = find_run(store, args.run)
        if args.section is not None and not args.json:
            result = output.result_of(store, run, run.name)
            names = [name.strip() for name in args.section.split(",")]
            render = partial(sections, result, names, klass=args.klass, at=args.at)
            answer(result, json=False, render=render)
        else:
            output.print_result(store, run, json=args.json, at=args.at)
            if not args.json:
                write(_note_lines(run))
        if todo := advice(run, free=free_bytes(store)):
            say(f"{run.title} is {standing(run)}; {todo}")
        if why := hint(store, run):
            say(why)
    return 0


@command("imbtui watch last", RUN, NOTIFY, STORE, JSON, QUIET, detach=False)
def watch(args: argparse.Namespace) -> int:
    """Show the progress of a run until it ends, then its result."""
    with open_store(args.store, create=False) as store:
        run = find_run(store, args.run)
        history = store.events(run.id)
        return follow(args, store, run, history)


@command("imbtui resume last --detach", RUN, DETACH, NOTIFY, STORE, JSON, QUIET)
def resume(args: argparse.Namespace) -> int:
    """Resume a run that was interrupted, cancelled or failed."""
    with open_store(args.store, create=False) as store:
        run = find_run(store, args.run)
        history = store.events(run.id)

        def start() -> Run:
            client.resume(store, run)
            return run

        return launch(args, store, start, history)


@command("imbtui cancel last", RUN, STORE)
def cancel(args: argparse.Namespace) -> int:
    """Cancel a run; finished arms and trials are kept."""
    with open_store(args.store, create=False) as store:
        run = store.run(args.run)
        ended = client.cancel(store, run)
        if ended.status == "done":
            say(f"{run.title} finished before it could be cancelled")
        elif ended.ended:
            say(f"{run.title} is {ended.status}; finished arms and trials are kept")
        else:
            say(f"{run.title} has not ended yet; it will be cancelled")
        return 0 if ended.ended else 1


@command("imbtui delete 3f2a 77ab", RUN._replace(name="runs+ RUN"), STORE)
def delete(args: argparse.Namespace) -> int:
    """Delete runs from the store."""
    with open_store(args.store, create=False) as store:
        chosen = {run.id: run for run in map(store.run, args.runs)}
        for run in chosen.values():
            if not run.ended:
                way = f"cancel it first: imbtui cancel {run.name}"
                raise StoreError(f"{run.title} is {run.status}", way)
        for run in chosen.values():
            store.delete(run.id)
            say(f"{run.title} is deleted")
    return 0


@command(
    "imbtui compare 3f2a 77ab --at cost",
    Option("runs+ RUN", "two or more runs: number, id, unique prefix, or last"),
    Option("--at POINT", "operating point (default: that of the first run)"),
    Option("--arm ARM,…", "compare only these arms"),
    *(STORE, JSON),
)
def compare(args: argparse.Namespace) -> int:
    """Compare runs: differences in settings, then in results."""
    arms = None if args.arm is None else grammar.split(args.arm)
    with open_store(args.store, create=False) as store:
        chosen = [find_run(store, name) for name in args.runs]
        results = [
            output.result_of(store, run, None if args.json else f"run {run.name}")
            for run in chosen
        ]
    compared = contrast(results, at=args.at, arms=arms)
    return answer(compared, json=args.json, render=partial(render_contrast, compared))


@command(
    "imbtui annotate last --note 'with the new columns' --tag keep --untag draft",
    RUN,
    Option("--note TEXT", "replace the note; '' clears it"),
    Option("--tag T", "add a tag; repeatable", repeat=True),
    Option("--untag T", "remove a tag; repeatable", repeat=True),
    STORE,
)
def annotate(args: argparse.Namespace) -> int:
    """Set or print the note and the tags of a run."""
    with open_store(args.store, create=False) as store:
        run = store.run(args.run)
        tags = dict.fromkeys([*run.tags, *(args.tag or ())])
        for name in args.untag or ():
            if name not in tags:
                known = f"it has {', '.join(tags)}" if tags else "it has none"
                raise UsageError(f"the run has no tag {name!r}", known)
            del tags[name]
        # A note is one line, as in the app.
        note = None if args.note is None else " ".join(args.note.splitlines())
        changed = set(tags) != set(run.tags)
        if note is not None or changed:
            new_tags = tuple(tags) if changed else None
            run = store.annotate(run.id, note=note, tags=new_tags)
        if run.note or run.tags:
            write(_note_lines(run).removeprefix("\n"))
        else:
            say(f"{run.title} has no note and no tags")
    return 0


@command(
    "imbtui store --check",
    Option("--check", "read every record; exit with 1 if any is damaged"),
    Option("--prune", "delete cached folds and files that no run needs"),
    *(STORE, JSON),
)
def store(args: argparse.Namespace) -> int:
    """Show the disk use of the store; check it or prune it."""
    with opened_quietly(args.store, create=False) as opened:
        damaged = check(opened) if args.check else None
        freed = prune(opened) if args.prune else None
        disk = usage(opened)
        missing = not opened.path.exists()
        sizes = msgspec.structs.asdict(disk) | {"path": str(opened.path)}
        del sizes["bytes_runs"]
        summary = tables.StoreSummary(
            **sizes,
            version=VERSION,
            runs=dict(Counter(run.status for run in opened.runs())),
            problem=opened.problem,
            notices=opened.notices,
            damaged=damaged,
            freed=freed,
        )
    shown = replace(summary, damaged=None) if missing else summary
    answer(summary, json=args.json, render=partial(tables.render_store, shown))
    if missing:
        say("the file does not exist yet; the first run creates it")
    if freed is not None:
        say(f"{figures.size(freed)} freed" if freed else "nothing to free")
    return 1 if damaged else 0


def _note_lines(run: Run) -> str:
    """Return the user's note and tags, as lines below a report."""
    fields = {"note": run.note, "tags": ", ".join(run.tags)}
    lines = [f" {name}  {clean(text)}\n" for name, text in fields.items() if text]
    return "".join(["\n", *lines]) if lines else ""


@command(
    "imbtui runs --filter 'stroke smote' --status done",
    *(STORE, JSON),
    "filters",
    Option("--filter TEXT", "words in id, dataset, target, arms, note, tags or status"),
    Option("--tag T", "runs with this tag; repeatable: with all of them", repeat=True),
    Option("--status S", ", ".join(STATUSES), choices=STATUSES),
)
def runs(args: argparse.Namespace) -> int:
    """List runs and their size on disk."""
    with open_store(args.store, create=False) as store:
        every = store.runs()
        disk = usage(store)
        some = [run for run in every if _has_status(run, args.status, args.tag or ())]
        rows = [_row(store, run, disk) for run in some]
        matching = [row for row in rows if _matches(args.filter or "", row)]
        damaged = store.problem is not None
    if args.json:
        output.print_json([_plain(row) for row in matching], "runs")
    elif every and not matching:
        write(f" No run matches; imbtui runs lists all {len(every):,}.\n")
    elif damaged and not every:
        write(" No run can be read; see imbtui store --check.\n")
    else:
        sizes = disk.bytes_store, disk.bytes_folds
        below = tables.totals(len(matching), len(every), *sizes)
        answer(matching, json=False, render=partial(tables.runs_table, matching, below))
    return 0


def _has_status(run: Run, status: str | None, tags: Sequence[str]) -> bool:
    fits = run.stalled if status == STALLED else status in (None, run.status)
    return fits and set(tags) <= set(run.tags)


def _matches(text: str, row: tables.RunRow) -> bool:
    about = (row.run, row.dataset, row.target, row.status, row.standing, row.note)
    return matches(text, words=(*about, *row.arms, *row.tags))


def _row(store: Store, run: Run, disk: Usage) -> tables.RunRow:
    data = run.experiment.data
    row = tables.RunRow(
        number=run.number,
        run=run.id,
        created=datetime.fromtimestamp(run.created, UTC),
        status=run.status,
        stalled=run.stalled,
        dataset=Path(data.source).name,
        target=data.target or "",
        arms=tuple(arm.name for arm in run.experiment.arms),
        note=run.note,
        tags=run.tags,
        bytes=disk.bytes_runs.get(run.id),
    )
    try:
        if run.status == "unreadable":
            raise unreadable(run.name)
        result = output.result_of(store, run)
    except StoreError as error:  # one damaged run does not hide the others
        # Why the store cannot be read stands above the list.
        why = "its results cannot be read" if store.problem else error.message
        return replace(row, status="unreadable", best=why)
    dataset, seconds = result.dataset, result.seconds or None
    if not run.ended:
        seconds = result.seconds + datetime.now(UTC).timestamp() - run.queued
    todo = advice(run, free=disk.free)
    return replace(
        row,
        dataset=dataset.name if dataset else row.dataset,
        target=dataset.target if dataset else row.target,
        trials=sum(arm.search.trials for arm in result.arms),
        best=tables.best_line(result),
        seconds=seconds,
        todo=f"{standing(run)}: {todo}" if run.stalled else todo,
    )


def _plain(row: tables.RunRow) -> dict[str, object]:
    document = asdict(row) | {"created": row.created.isoformat(timespec="seconds")}
    del document["todo"]
    return document
