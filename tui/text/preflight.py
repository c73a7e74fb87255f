"""The answers of the lab: what each method does to a table, and what a leak claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.core import format as figures
from engine.core.lab import Finding, LeakShown, PreflightReport
from engine.core.messages import TableInfo
from engine.core.views import Column, Look
from engine.core.views import leak as view
from engine.io.source import STDIN
from tui.text.grid import add_options, draw, grid
from tui.text.lines import PLAIN, Line, Span, Style, line, marks, paint, wrap

NARROW = 80
"""Cells below which what becomes of the rows may be cut."""
_MARKS: dict[str, tuple[str, Look]] = {
    "runs": ("runs", "good"),
    "repaired": ("! repaired", "warn"),
    "cannot": ("✗ cannot", "bad"),
}
_INDENT = " " * 5
MOST_LABELS = 4
"""Classes that are named one by one."""


def render_preflight(
    table: TableInfo,
    answer: PreflightReport,
    *,
    folds: int,
    width: int,
    style: Style = PLAIN,
) -> str:
    """Return the findings as text.

    Parameters
    ----------
    table : TableInfo
        The table, and its training rows.
    answer : PreflightReport
        What was found of each arm.
    folds : int
        So often rows are prepared, and once more for the final fit.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.
    """
    rows = sum(table.train.values())
    title = f"{table.name}   target {table.target!r}"
    text = f"{rows:,} training rows   {_counts(table.train)}"
    lines: list[Line] = [
        line(" ", Span(title, "bold")),
        *wrap(text, width, first=" "),
        (),
    ]
    table_lines, _ = grid(_columns(width), [_row(f) for f in answer.findings], width)
    lines.append(table_lines[0])
    for shown, finding in zip(table_lines[1:], answer.findings, strict=True):
        lines += [shown, *_remarks(finding, width)]
    lines += [(), *wrap(_closing(answer.findings, folds), width, first=" ", look="dim")]
    return paint(lines, style, width)


def _columns(width: int) -> tuple[Column, ...]:
    least = 24 if width < NARROW else 40
    return (
        Column("arm", align="left", least=12, most=48),
        Column("", align="left"),
        Column("rows afterwards", "afterwards", align="left", least=least, most=60),
        Column("time"),
        Column("memory", drop=1),
    )


def _row(finding: Finding) -> list[Span]:
    mark, look = _MARKS[finding.status]
    return [
        Span(finding.arm, "bold"),
        Span(mark, look),
        Span(_after(finding)),
        Span(figures.about(finding.seconds) if finding.measured else figures.NOTHING),
        Span(figures.size(finding.bytes) if finding.bytes else figures.NOTHING),
    ]


def _after(finding: Finding) -> str:
    """Say what becomes of the rows of each class that changes."""
    before, after = finding.before, finding.after
    if finding.status == "cannot":
        return figures.NOTHING
    changed = [label for label in before if after[label] != before[label]]
    if len(changed) > MOST_LABELS:
        rows = f"{sum(before.values()):,} → {sum(after.values()):,} rows"
        return f"{len(changed)} classes: {rows}"
    changes = [f"{label}: {before[label]:,} → {after[label]:,}" for label in changed]
    if not finding.open:
        return ", ".join(changes) or "as they are"
    if changes:
        return f"{', '.join(changes)}, then cleaned"
    rare = min(before, key=lambda label: before[label])
    others = [label for label in before if label != rare]
    if len(others) > MOST_LABELS:
        return f"fewer of all but {rare}"
    return ", ".join(f"{label}: {before[label]:,} → fewer" for label in others)


def _remarks(finding: Finding, width: int) -> list[Line]:
    lines = marks(finding.repairs, width, Span(f"{_INDENT}! ", "warn"))
    if finding.status == "cannot":
        lines += wrap(finding.problem, width, first=_INDENT)
        if fix := add_options(finding.fix, finding.field):
            lines += wrap(f"→ {fix}", width, first=_INDENT, look="dim")
    return lines + marks(finding.notes, width, f"{_INDENT}· ", "dim")


def _counts(counts: Mapping[str, int]) -> str:
    if len(counts) > MOST_LABELS:
        low, high = min(counts.values()), max(counts.values())
        return f"{len(counts)} classes of {low:,} to {high:,} rows"
    return ", ".join(f"{label}: {count:,}" for label, count in counts.items())


def _closing(findings: Sequence[Finding], folds: int) -> str:
    times = folds + 1
    text = "Time: resampling all training rows once, on one core."
    if any(len(finding.before) > 2 for finding in findings):
        text += (
            " Shown is what imbtui balance does to each class; a run compares one "
            "class with all others (--positive LABEL)."
        )
    else:
        text += (
            f" A run of {folds} folds treats rows {times} times: each fold's, and all "
            "of them once."
        )
    return text


def render_leak(
    shown: LeakShown, source: str, *, width: int, style: Style = PLAIN
) -> str:
    """Return the three scores as text.

    Parameters
    ----------
    shown : LeakShown
    source : str
        What the table is called.
    width : int
        Cells that a line takes at most.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        No newline at the end.
    """
    name = "standard input" if source == STDIN else source
    title = f"{name}   {shown.arm.name}   positive {shown.positive!r}"
    lines: list[Line] = [line(" ", Span(title, "bold")), ()]
    lines += draw(view.scores(shown), width)
    for head, text in view.lesson(shown):
        lines += [(), line(" ", head), *wrap(text, width, first="   ")]
    lines += wrap(
        "By hand: imblearn.pipeline.Pipeline, or imbtui balance --split 0.2, which "
        "writes both files. Then compare methods: imbtui run "
        f"{'DATA' if source == STDIN else source}",
        width,
        first="   ",
    )
    return paint(lines, style, width)
