"""What the list of runs says: columns for the room there is, cells, more of a run."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from rich.text import Text
from textual.content import Content

from tui.console import figures
from tui.history import matches, words_of
from tui.panes.wording import size
from tui.safe_text import cells, clean, clip, content, pad, rich_text
from tui.screens.frame import short_name
from tui.session import RESUMABLE, DiskUse, RunSummary, Session
from tui.spoken import sentence

MARKED: Final = "●"
_MARKS: Final = {"running": "▶", "queued": "▶", "done": "✓", "failed": "✗"}
_COLUMNS: Final = {
    "run": 5,
    "when": 12,
    "status": 13,
    "data": 13,
    "target": 9,
    "trials": 7,
    "time": 7,
    "disk": 7,
    "tags": 8,
}
"""Titles, and the least cells of each."""
_HEADING: Final[tuple[str, ...]] = (
    *("run", "when", "status", "data", "target", "arms", "trials", "seconds", "id"),
    *("tags", "note", "headline"),
)
_GAP, _SCROLLBAR = 1, 2
_DROPPED: Final = ("disk", "time", "trials", "target")
"""These go first where there is no room."""
_RIGHT: Final = ("run", "trials", "time", "disk")
_MOST: Final = {"target": 24, "tags": 30}


def filtered(runs: Sequence[RunSummary], text: str) -> tuple[RunSummary, ...]:
    """Return the runs that somebody looks for."""
    return tuple(run for run in runs if matches(text, words=_words(run)))


def _words(run: RunSummary) -> tuple[str, ...]:
    known = (str(run.number), run.id, run.source, run.target, *run.arms, run.status)
    return words_of([*known, run.note, *run.tags])


def columns(runs: Sequence[RunSummary], room: int) -> dict[str, int]:
    """Return the columns there is room for and their widths.

    What is left goes to the longest names. Without a tag there is no column of tags.
    """
    wide = dict(_COLUMNS)
    if not any(run.tags for run in runs):
        del wide["tags"]
    for title in _DROPPED:
        if _taken(wide) > room:
            del wide[title]
    spare = max(0, room - _taken(wide))
    wanted = {
        "data": max((cells(short_name(run.source)) for run in runs), default=0),
        "target": max((cells(run.target) for run in runs), default=0),
        "tags": max((cells(" ".join(run.tags)) for run in runs), default=0),
    }
    for title, most in wanted.items():
        if title not in wide:
            continue
        most = min(most, _MOST.get(title, most))
        more = min(spare, max(0, most - wide[title]))
        wide[title] += more
        spare -= more
    return wide


def _taken(wide: Mapping[str, int]) -> int:
    return sum(wide.values()) + _GAP * len(wide) + _SCROLLBAR


def cells_of(
    run: RunSummary,
    wide: Mapping[str, int],
    *,
    marked: bool,
    usage: DiskUse | None,
) -> list[Text]:
    """Return a run's line of the table."""
    when = time.strftime("%d %b %H:%M", time.localtime(run.created))
    state = run.status if run.silent is None else "not heard"
    mark = "‖" if run.silent is not None else _MARKS.get(run.status, "■")
    texts = {
        "run": f"{MARKED if marked else ' '}{run.number:>4}",
        "when": when,
        "status": f"{mark} {state}",
        "data": clip(short_name(run.source), wide["data"]),
        "target": clip(run.target, wide.get("target", 0)),
        "trials": f"{len(run.arms)} × {run.trials}",
        "time": figures.clock(run.seconds),
        "disk": size((usage.runs if usage else {}).get(run.id)),
        "tags": clip(" ".join(run.tags), wide.get("tags", 0)),
    }
    return [
        rich_text(
            pad(texts[title], width, "right" if title in _RIGHT else "left"),
            "bold" if marked and title == "run" else "",
        )
        for title, width in wide.items()
    ]


def as_text(runs: Sequence[RunSummary]) -> str:
    """Return runs as lines with tabs, a heading first."""
    lines = [_HEADING]
    for run in runs:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created))
        spent = "" if run.seconds is None else f"{run.seconds:.0f}"
        line = [str(run.number), when, run.status, run.source, run.target]
        line += [", ".join(run.arms), str(run.trials), spent, run.id]
        lines.append((*line, " ".join(run.tags), run.note, run.headline))
    return "\n".join("\t".join(map(clean, line)) for line in lines) + "\n"


def detail(run: RunSummary, usage: DiskUse | None, room: int) -> Content:
    """Return more of a run, in lines of at most some cells but for the last one.

    What it is, its arms, what can be done about it, its note, and what came of it.
    """
    taken = (usage.runs if usage else {}).get(run.id)
    head = [Content.styled(run.id, "dim")]
    if run.seconds is not None:
        head.append(Content.styled(figures.clock(run.seconds), "dim"))
    if taken is not None:
        head.append(Content.styled(size(taken), "dim"))
    used = sum(part.cell_length + 2 for part in head)
    tags = " ".join(f"#{tag}" for tag in run.tags)
    head.append(content(tags, "$text-accent", max(0, room - used)))
    lines = [Content("  ").join(head), content(", ".join(run.arms), width=room)]
    if run.status == "interrupted":
        text = "its process is gone: R resumes"
        lines.append(Content.styled(text, "bold $text-warning"))
    elif run.silent is not None:
        heard = f"not heard for {figures.clock(run.silent)}: stopped, or waiting"
        lines.append(Content.styled(heard, "bold $text-warning"))
    elif run.status in RESUMABLE:
        lines.append(Content.styled(f"{run.status}: R goes on with it", "dim"))
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
        taken = f"{size(usage.total)} on disk"
        if usage.folds:
            taken = f"{size(usage.total)}, {size(usage.folds)} of it folds (D frees)"
        parts.append(taken)
        if usage.free is not None:
            parts.append(f"{size(usage.free)} free")
    return content(" · ".join(parts))


def warning(session: Session) -> Content | None:
    """Return what is wrong with where runs are kept; None if nothing is."""
    store = session.store
    if session.unlisted is not None and session.stored is not None:
        return content(f"! {session.unlisted.text}", "$text-error")
    if store.problem is not None:
        return content(f"! {sentence(store.problem)}", "$text-error")
    if store.elsewhere:
        text = f"! Runs are kept in {store.path} only: it may be gone after a restart."
        return content(text, "$text-warning")
    return None
