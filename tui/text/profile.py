"""A table before a run as text: its profile, what methods do to it, a leak's claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.core import format as figures
from engine.core.lab import Finding, LeakShown, PreflightReport
from engine.core.messages import TableInfo
from engine.core.views import Column, Look, leak
from engine.core.views import profile as view
from engine.io.source import STDIN
from tui.charts.bars import class_bars
from tui.charts.base import MONO
from tui.terminal.safe_text import clip
from tui.text.grid import add_options, advice_text, draw, drawing, grid
from tui.text.lines import (
    PLAIN,
    Line,
    Span,
    Style,
    flow,
    line,
    marks,
    paint,
    stack,
    wrap,
)

# The profile --------------------------------------------------------------------------

MOST_CLASSES = 12
MOST_NOTES = 8
_READ = " ".join(
    f"data.read.{name}"
    for name in ("delimiter", "quote", "encoding", "header", "skip", "member")
)


def render_profile(
    table: TableInfo, *, seconds: float, width: int, style: Style = PLAIN
) -> str:
    """Return the profile of a table as text.

    Parameters
    ----------
    table : TableInfo
    seconds : float
        What reading and measuring took.
    width : int
        Cells that a line takes at most; made for 60 and more.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Lines without a newline at the end. Untrusted text in it is harmless.
    """
    problem = add_options(table.problem or "", table.field)
    parts = (
        _opening(table, seconds, width),
        wrap(problem, width, first=Span(" ! ", "warn")) if problem else [],
        _classes(table, width),
        _split(table, width),
        draw(view.columns(table), width),
        _advice(table, width),
        _reading(table, width),
    )
    return paint(stack(parts), style, width)


def _opening(table: TableInfo, seconds: float, width: int) -> list[Line]:
    items = [
        line(Span(clip(text, width - 2), look)) for text, look in view.headline(table)
    ]
    items += map(line, view.about_rows(table))
    items.append(line(Span(f"{seconds:.1f} s", "dim")))
    return flow(items, width)


def _classes(table: TableInfo, width: int) -> list[Line]:
    """Draw a bar per class, as long as its share of the largest one."""
    if not table.classes:
        return []
    height = max(3, 2 * min(len(table.classes), MOST_CLASSES))
    bars = class_bars(table.classes, width - 1, height, MONO, positive=table.positive)
    return drawing(bars)


def _split(table: TableInfo, width: int) -> list[Line]:
    train, test = sum(table.train.values()), sum(table.test.values())
    if not train or not test:
        return []
    rows, known = view.test_rows(table)
    text = f"{train:,} rows to train and {test:,} to test on"
    text += f": {rows}" if rows else ""
    return wrap(f"{text}{' → ' if known else ''}{known}", width, first=" ")


def _advice(table: TableInfo, width: int) -> list[Line]:
    lines: list[Line] = []
    for entry in table.advice:
        if entry.code == "IMB001":  # told with how the file was read
            continue
        lines += wrap(entry.message, width, first=Span(f" {entry.code}  ", "warn"))
        text = advice_text(entry)
        texts = filter(None, (entry.cause, text and f"→ {text}"))
        lines += marks(texts, width, " " * 9, "dim")
    if table.muted:
        text = f" {figures.plural(table.muted, 'more is', 'more are')} muted"
        lines.append(line(Span(text, "dim")))
    return lines


def _reading(table: TableInfo, width: int) -> list[Line]:
    lines = wrap(view.read_as(table.reader), width, first=Span(" read as ", "dim"))
    notes = table.reader.notes
    lines += marks(notes[:MOST_NOTES], width, " · ")
    more = len(notes) - MOST_NOTES
    if more > 0:
        lines.append(line(Span(f" · and {figures.plural(more, 'more note')}", "dim")))
    if notes:
        lines += wrap(
            add_options("to change how it is read", _READ), width, first=" → "
        )
    return lines


# What each method does ----------------------------------------------------------------

NARROW = 80
"""Cells below which what becomes of the rows may be cut."""
_MARKS: dict[str, tuple[str, Look]] = {
    "runs": ("runs", "good"),
    "repaired": ("! adjusted", "warn"),
    "cannot": ("✗ not possible", "bad"),
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
    run: str = "",
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
    run : str, default=""
        What a run with these would take.
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
    lines += wrap(run, width, first=" ") if run else []
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


# What a leak claims -------------------------------------------------------------------


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
    lines += draw(leak.scores(shown), width)
    for head, text in leak.lesson(shown):
        lines += [(), line(" ", head), *wrap(text, width, first="   ")]
    lines += wrap(
        "By hand: imblearn.pipeline.Pipeline, or imbtui balance --split 0.2, which "
        "writes both files. Then compare methods: imbtui run "
        f"{'DATA' if source == STDIN else source}",
        width,
        first="   ",
    )
    return paint(lines, style, width)
