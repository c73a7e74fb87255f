"""A store as text: what it is, what it takes on the disk, whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tui.console import figures
from tui.console.lines import Line, Span, line, paint, wrap
from tui.console.style import PLAIN, Style
from tui.safe_text import pad

__all__ = ["StoreFacts", "render_store", "totals"]

_WORTH_BYTES = 1_000_000
"""Prepared folds that take less are not worth a word."""


class StoreFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a store.

    Sizes are bytes, and None where they cannot be told: of the file with what SQLite
    keeps beside it, the prepared folds, the tables from standard input, the logs, and
    what is free on the disk. `runs` counts them by status. `problem` says why the store
    is only read; `notices` are what else a person must know.
    """

    path: str
    version: int
    filesystem: str
    journal: str
    bytes_store: int
    bytes_folds: int
    bytes_inputs: int
    bytes_logs: int
    free: int | None
    runs: Mapping[str, int]
    problem: str | None = None
    notices: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Bytes of all of it."""
        return self.bytes_store + self.bytes_folds + self.bytes_inputs + self.bytes_logs


def render_store(
    facts: StoreFacts,
    damaged: Sequence[str] | None = None,
    *,
    width: int,
    style: Style = PLAIN,
) -> str:
    """Return a store as text.

    Parameters
    ----------
    facts : StoreFacts
    damaged : sequence of str or None, default=None
        What a check found, if there was one.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Lines without a newline at the end.
    """
    counted = [f"{count:,} {status}" for status, count in sorted(facts.runs.items())]
    about = {
        "store": facts.path,
        "version": str(facts.version),
        "on": f"{facts.filesystem}, journal {facts.journal}",
        "runs": ", ".join(counted) or "none",
    }
    head = max(map(len, (*about, "standard input")))
    lines: list[Line] = []
    for name, text in about.items():
        lines += wrap(text, width, first=Span(f" {pad(name, head)}  ", "dim"))
    sizes = {
        "runs": facts.bytes_store,
        "prepared folds": facts.bytes_folds,
        "standard input": facts.bytes_inputs,
        "logs": facts.bytes_logs,
        "in all": facts.total,
        "free": facts.free,
    }
    lines.append(())
    lines += [
        line(
            Span(f" {pad(name, head)}  ", "dim"),
            Span(pad(figures.size(taken), 8, "right")),
        )
        for name, taken in sizes.items()
    ]
    said = [*facts.notices, *([facts.problem] if facts.problem else [])]
    if said:
        lines.append(())
    for text in said:
        lines += wrap(text, width, first=Span(" ! ", "warn"))
    if damaged is not None:
        lines.append(())
        lines += _checked(damaged, width)
    return paint(lines, style, width)


def _checked(damaged: Sequence[str], width: int) -> list[Line]:
    """Say what a check of a store found, a line or more for each damage."""
    if not damaged:
        return [line(Span(" ✓ everything in it is whole", "good"))]
    lines: list[Line] = []
    for text in damaged:
        lines += wrap(text, width, first=Span(" ✗ ", "bad"))
    way = "delete a run that is damaged (imbtui delete RUN), and start it again"
    return lines + wrap(way, width, first="   → ")


def totals(
    shown: int,
    every: int,
    *,
    store: int,
    folds: int,
    width: int,
    style: Style = PLAIN,
) -> str:
    """Return the line below a list of runs.

    Parameters
    ----------
    shown, every : int
        Runs listed, and runs there are.
    store, folds : int
        Bytes of the store, and of the prepared folds.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN

    Examples
    --------
    >>> print(totals(7, 7, store=12_300_000, folds=340_000_000, width=100))
     7 runs, 12.3 MB; prepared folds 340 MB: imbtui store --prune frees them
    >>> print(totals(2, 7, store=12_300_000, folds=0, width=100))
     2 of 7 runs, 12.3 MB
    """
    counted = figures.plural(every, "run")
    text = counted if shown == every else f"{shown:,} of {counted}"
    text += f", {figures.size(store)}"
    if folds >= _WORTH_BYTES:
        text += f"; prepared folds {figures.size(folds)}: imbtui store --prune frees "
        text += "them"
    return paint(wrap(text, width, first=" ", look="dim"), style, width)
