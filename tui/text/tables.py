"""Lists as text: runs, a store, the sample datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.core import format as figures
from engine.core.result import Result
from engine.core.views import STATUS, Column, Look
from engine.io.catalogue import Sample
from tui.terminal.safe_text import clip, pad
from tui.text.grid import grid
from tui.text.lines import (
    PLAIN,
    Line,
    Span,
    Style,
    labels,
    line,
    marks,
    paint,
    wrap,
)

# Runs ---------------------------------------------------------------------------------

_RUNS = (
    Column("run"),
    Column("id", align="left", drop=7, most=36),
    Column("created", align="left", drop=1),
    Column("status", align="left", least=11),
    Column("dataset", align="left", least=10, most=32),
    Column("target", align="left", drop=3, least=6, most=20),
    Column("arms", drop=4),
    Column("trials", drop=5),
    Column("best", align="left", least=34, most=60),
    Column("time", drop=2),
)
_SIZE = Column("disk", drop=6)
_MOST_CLASS = 16
_NO_BEST = {"VRD009": "no better than chance", "VRD005": "too few to tell"}
"""What a verdict that tells no arms apart comes to."""
_NOTE_LINES = 2
_WORTH_BYTES = 1_000_000
"""Prepared folds that take less are not worth a word."""
_LOOKS: dict[str, Look] = STATUS | {"running": "chosen"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run of a list, as ``imbtui runs --json`` prints it.

    Parameters
    ----------
    number : int
        Its number in the store, from 1.
    run : str
        The run's id.
    created : datetime
        When it was begun; shown in the machine's zone if it has one.
    status : str
        ``done``, ``failed``, ``cancelled``, ``running`` or another word.
    dataset, target : str
        What it is about; empty if the run did not come that far.
    arms : tuple of str
        Those of the experiment.
    stalled : bool, default=False
        Whether its process has not been heard for too long.
    trials : int, default=0
        How many are finished.
    best : str, default=""
        What `best_line` says of it.
    seconds : float or None, default=None
        How long it took.
    note : str, default=""
    tags : tuple of str, default=()
        The user's own words.
    bytes : int or None, default=None
        What it takes on the disk, if that is known.
    todo : str, default=""
        What to do about it, where it does not go on by itself; no part of the document.
    """

    number: int
    run: str
    created: datetime
    status: str
    stalled: bool = False
    dataset: str
    target: str
    arms: tuple[str, ...]
    trials: int = 0
    best: str = ""
    seconds: float | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    bytes: int | None = None
    todo: str = ""

    @property
    def standing(self) -> str:
        """The status, as the list shows it."""
        return "stalled" if self.stalled else self.status


def best_line(result: Result) -> str:
    """Say what the recommended arm misses at the board's point, or why none is best.

    Without a recommendation yet the one that misses the fewest. Of more than two
    classes the rows of the rarest count.

    Parameters
    ----------
    result : Result

    Returns
    -------
    str
        For example ``smote-enn misses 63 of 161``; empty without a result.
    """
    placed = result.at_point(result.point_name)
    if placed and result.verdict and result.verdict.code in _NO_BEST:
        return _NO_BEST[result.verdict.code]
    chosen = result.choice.arm if result.choice else ""
    rarest = result.rarest
    for arm in sorted(placed, key=lambda arm: arm.name != chosen):
        of = f" rows of class {clip(rarest, _MOST_CLASS)}" if rarest else ""
        return f"{arm.name} misses {arm.missed:,} of {arm.positives:,}{of}"
    return ""


def runs_table(
    rows: Sequence[RunRow], below: str = "", *, width: int, style: Style = PLAIN
) -> str:
    """Return a list of runs as text.

    Parameters
    ----------
    rows : sequence of RunRow
        In the order shown.
    below : str, default=""
        What is said below the list, such as `totals`.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Lines without a newline at the end: one per run, and below it what the user
        noted and what to do about it; what to do first where there is no run.
    """
    if not rows:
        text = "No run yet. Start one with: imbtui run sample:moons --preset quick"
        return paint(wrap(text, width, first=" "), style, width)
    cells = [
        [
            Span(str(row.number), "bold"),
            Span(row.run),
            Span(f"{row.created.astimezone():%Y-%m-%d %H:%M}"),
            Span(row.standing, "warn" if row.todo else _LOOKS.get(row.standing, "")),
            Span(row.dataset or figures.NOTHING),
            Span(row.target or figures.NOTHING),
            Span(figures.count(len(row.arms))),
            Span(figures.count(row.trials)),
            Span(row.best or figures.NOTHING),
            Span(figures.clock(row.seconds)),
            Span(figures.size(row.bytes)),
        ]
        for row in rows
    ]
    columns = [*_RUNS, _SIZE]
    if all(row.bytes is None for row in rows):
        columns, cells = [*_RUNS], [line[:-1] for line in cells]
    (head, *laid_out), _ = grid(columns, cells, width)
    lines = [head]
    for row, own in zip(rows, laid_out, strict=True):
        lines += [own, *_below(row, width)]
    if below:
        lines += [(), *wrap(below, width, first=" ", look="dim")]
    return paint(lines, style, width)


def _below(row: RunRow, width: int) -> list[Line]:
    lines: list[Line] = []
    noted = " ".join([*(f"#{tag}" for tag in row.tags), row.note]).strip()
    if noted:
        short = clip(noted, _NOTE_LINES * (width - 3))
        lines += wrap(short, width, first="   ", look="dim")
    if row.todo:
        lines += wrap(row.todo, width, first=Span("   → ", "warn"))
    return lines


def totals(shown: int, every: int, store: int, folds: int) -> str:
    """Return the lines below a list of runs.

    Parameters
    ----------
    shown, every : int
        Runs listed, and runs there are.
    store, folds : int
        Bytes of the store, and of the cached folds.

    Examples
    --------
    >>> totals(7, 7, store=12_300_000, folds=340_000_000)
    '7 runs, 12.3 MB; cached folds 340 MB: imbtui store --prune frees them'
    >>> totals(2, 7, store=12_300_000, folds=0)
    '2 of 7 runs, 12.3 MB'
    """
    counted = figures.plural(every, "run")
    text = counted if shown == every else f"{shown:,} of {counted}"
    text += f", {figures.size(store)}"
    if folds < _WORTH_BYTES:
        return text
    freed = f"cached folds {figures.size(folds)}: imbtui store --prune frees them"
    return f"{text}; {freed}"


# Samples ------------------------------------------------------------------------------


def samples_table(
    samples: Sequence[Sample], *, width: int, style: Style = PLAIN
) -> str:
    """Return the sample datasets as text.

    Parameters
    ----------
    samples : sequence of Sample
        At least one.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Two or more lines per dataset, then how to use one. No newline at the end.
    """
    lines: list[Line] = []
    for sample in samples:
        lines += [
            line(
                " ",
                Span(f"sample:{sample.name}", "bold"),
                f"   {sample.rows:,} × {sample.columns:,}",
                f"   {sample.target}={sample.positive}",
                Span(f"   {sample.origin}, {sample.licence}", "dim"),
            ),
            *wrap(f"{sample.title}. {sample.description}", width, first="   "),
            (),
        ]
    name = samples[0].name
    lines += wrap(f"try one: imbtui run sample:{name} --preset quick", width, first=" ")
    lines += wrap(f"keep one: imbtui sample {name} -o {name}.csv", width, first=" ")
    return paint(lines, style, width)


# The store ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSummary:
    """A store as ``imbtui store --json`` prints it.

    `damaged` and `freed` are None where that was not asked for.
    """

    path: str
    version: int
    filesystem: str
    journal: str
    bytes_store: int
    bytes_folds: int
    bytes_inputs: int
    bytes_logs: int
    free: int
    runs: Mapping[str, int]
    problem: str | None = None
    notices: tuple[str, ...] = ()
    damaged: Sequence[str] | None = None
    freed: int | None = None


def render_store(store: StoreSummary, *, width: int, style: Style = PLAIN) -> str:
    """Return a store as text: what it is, what it takes, and whether it is whole.

    Parameters
    ----------
    store : StoreSummary
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Lines without a newline at the end.
    """
    runs = sorted(store.runs.items())
    about = {
        "store": store.path,
        "version": str(store.version),
        "on": f"{store.filesystem}, journal {store.journal}",
        "runs": ", ".join(f"{count:,} {status}" for status, count in runs) or "none",
    }
    lines = labels(about, about.values(), width)
    sizes = {
        "runs": store.bytes_store,
        "cached folds": store.bytes_folds,
        "standard input": store.bytes_inputs,
        "logs": store.bytes_logs,
    }
    sizes |= {"in all": sum(sizes.values()), "free": store.free}
    head = max(map(len, sizes))
    lines.append(())
    lines += [
        line(Span(f" {pad(name, head)}  ", "dim"), pad(figures.size(taken), 8, "right"))
        for name, taken in sizes.items()
    ]
    notices = [*store.notices, *filter(None, [store.problem])]
    if notices:
        lines += [(), *marks(notices, width, Span(" ! ", "warn"))]
    if store.damaged is not None:
        lines += [(), *_check_lines(store.damaged, width)]
    return paint(lines, style, width)


def _check_lines(damaged: Sequence[str], width: int) -> list[Line]:
    """Say what a check of a store found, a line or more for each damage."""
    if not damaged:
        return [line(Span(" ✓ every record is intact", "good"))]
    lines = marks(damaged, width, Span(" ✗ ", "bad"))
    way = "delete a run that is damaged (imbtui delete RUN), and start it again"
    return lines + wrap(way, width, first="   → ")
