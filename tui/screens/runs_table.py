"""What the list of runs says: columns for the room there is, cells, more of a run."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Final

from textual.content import Content

from engine.core import format as figures
from tui.history import matches
from tui.safe_text import cells, content, sentence
from tui.screens.frame import short_name
from tui.session import RESUMABLE, DiskUse, RunSummary, Session
from tui.widgets.columns import ListColumn
from tui.widgets.rows import Item, Made

MARKED: Final = "●"
_MARKS: Final = {"running": "▶", "queued": "▶", "done": "✓", "failed": "✗"}


def filtered(runs: Sequence[RunSummary], text: str) -> tuple[RunSummary, ...]:
    """Return the runs that a user looks for."""
    return tuple(run for run in runs if matches(text, words=_words(run)))


def _words(run: RunSummary) -> tuple[str, ...]:
    known = (str(run.number), run.id, run.source, run.target, *run.arms, run.status)
    return tuple(filter(None, (*known, run.note, *run.tags)))


def table(
    runs: Sequence[RunSummary], marked: Collection[str], usage: DiskUse | None
) -> Made:
    """Return what makes columns and lines of runs for the room there is.

    What is left goes to the longest names. Without a tag there is no column of tags.
    """
    names = max((cells(short_name(run.source)) for run in runs), default=0)
    targets = max((cells(run.target) for run in runs), default=0)
    tagged = any(run.tags for run in runs)
    columns = (
        ListColumn("run", 5, "right"),
        ListColumn("when", 12),
        ListColumn("status", 13),
        ListColumn("data", 11, grow=names, middle=True),
        ListColumn("target", 8, drop=1, grow=min(24, targets)),
        ListColumn("trials", 6, "right", drop=2),
        ListColumn("time", 6, "right", drop=3),
        ListColumn("disk", 7, "right", drop=4),
        *([ListColumn("tags", 8, grow=30)] if tagged else []),
    )
    disk = usage.runs if usage else {}
    items = [_item(run, run.id in marked, disk.get(run.id)) for run in runs]
    return lambda room: (columns, items)


def _item(run: RunSummary, marked: bool, disk: int | None) -> Item:
    """Return a run's line of the table."""
    state = run.status if run.silent is None else "not heard"
    mark = "‖" if run.silent is not None else _MARKS.get(run.status, "■")
    number = f"{MARKED if marked else ' '}{run.number:>4}"
    return Item(
        run.id,
        (
            (number, "bold") if marked else number,
            time.strftime("%d %b %H:%M", time.localtime(run.created)),
            f"{mark} {state}",
            short_name(run.source),
            run.target,
            f"{len(run.arms)} × {run.trials}",
            figures.clock(run.seconds),
            figures.size(disk),
            " ".join(run.tags),
        ),
    )


def detail(run: RunSummary, usage: DiskUse | None, room: int) -> Content:
    """Return more of a run, in lines of at most some cells but for the last one.

    What it is, its arms, what can be done about it, its note, and what came of it.
    """
    taken = (usage.runs if usage else {}).get(run.id)
    head = [Content.styled(run.id, "dim")]
    if run.seconds is not None:
        head.append(Content.styled(figures.clock(run.seconds), "dim"))
    if taken is not None:
        head.append(Content.styled(figures.size(taken), "dim"))
    used = sum(part.cell_length + 2 for part in head)
    tags = " ".join(f"#{tag}" for tag in run.tags)
    head.append(content(tags, "$text-accent", max(0, room - used)))
    lines = [Content("  ").join(head), content(", ".join(run.arms), width=room)]
    if run.status == "interrupted":
        text = "its process ended unexpectedly: R resumes"
        lines.append(Content.styled(text, "bold $text-warning"))
    elif run.silent is not None:
        heard = f"no sign of life for {figures.clock(run.silent)}: stopped or waiting"
        lines.append(Content.styled(heard, "bold $text-warning"))
    elif run.status in RESUMABLE:
        lines.append(Content.styled(f"{run.status}: R resumes it", "dim"))
    if run.note:
        lines.append(content(run.note, "italic", room))
    if run.headline:
        lines.append(content(run.headline))
    return Content("\n").join(lines)


def totals(session: Session, shown: int, marked: Collection[str], text: str) -> Content:
    """Return how many runs there are, and the disk they take."""
    runs, usage = session.stored or (), session.usage
    parts: list[str] = []
    if marked:
        parts.append(f"{MARKED} {len(marked)} marked")
    many = figures.plural(len(runs), "run")
    parts.append(f"{shown} of {many}" if text.strip() else many)
    if usage is not None:
        taken = f"{figures.size(usage.total)} on disk"
        if usage.folds:
            taken += f", {figures.size(usage.folds)} of it prepared folds (D removes)"
        parts.append(taken)
        if usage.free is not None:
            parts.append(f"{figures.size(usage.free)} free")
    return content(" · ".join(parts))


def warning(session: Session) -> Content | None:
    """Return what is wrong with where runs are kept; None if nothing is."""
    store = session.store
    if session.unlisted is not None and session.stored is not None:
        return content(f"! {session.unlisted.text}", "$text-error")
    if store.problem is not None:
        return content(f"! {sentence(store.problem)}", "$text-error")
    if store.elsewhere:
        text = f"! Runs are stored in {store.path}, which a restart may delete."
        return content(text, "$text-warning")
    return None
