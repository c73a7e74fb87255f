"""Runs side by side as text: what was done differently, then what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.contrast import ArmRow, Change, Contrast, ContrastRun
from engine.core import format as figures
from engine.core.views import Column
from tui.console.grid import grid, left_out
from tui.console.lines import Line, Span, labels, line, marks, paint, stack, wrap
from tui.console.style import PLAIN, STATUS, Style
from tui.safe_text import cells, clip, clip_middle

_MOST_ARM = 40
_MOST_ID = 12
_MOST_LABEL = 24
_MOST_DATASET = 32
_MOST_PATH, _MOST_VALUE = 48, 240
_GAP = 3
_COLUMNS = (
    Column("", align="left"),
    Column("missed"),
    Column("recall (95 %)", "recall", align="left"),
    Column("false alarms", "alarms"),
    Column("precision", "prec."),
    Column("macro recall", "macro"),
    Column("AP"),
    Column("Brier", drop=2),
    Column("threshold", "thresh.", drop=3),
    Column("trials", drop=5),
    Column("time", drop=4),
)


def render_contrast(table: Contrast, *, width: int, style: Style = PLAIN) -> str:
    """Return runs side by side as text.

    Parameters
    ----------
    found : Contrast
    width : int
        Cells that a line takes at most; made for 60 and more.
    style : Style, default=PLAIN
        Whether looks become escape sequences.

    Returns
    -------
    str
        Lines without a newline at the end: the runs, the differences, what must be
        said about the comparison, the results by arm, the verdicts.
    """
    return paint(contrast_lines(table, width), style, width)


def contrast_lines(table: Contrast, width: int) -> list[Line]:
    """Return runs side by side as lines."""
    parts = [
        _runs(table.runs, width),
        _differences(table, width),
        marks(table.notes, width, Span(" ! ", "warn")),
        _results(table, width),
        _verdicts(table, width),
    ]
    return stack(parts)


_CHANGES = {
    "missed": 0,
    "recall": 2,
    "false_alarms": 0,
    "precision": 2,
    "macro_recall": 2,
    "average_precision": 3,
    "brier": 3,
}
"""Decimals of what may differ between two runs, in the order of the columns."""


def _name(run: ContrastRun) -> str:
    return clip(run.id, _MOST_ID)


def _runs(runs: Sequence[ContrastRun], width: int) -> list[Line]:
    columns = (
        Column("run", align="left"),
        Column("status", align="left"),
        Column("dataset", align="left", least=10),
        Column("target", align="left", least=6),
        Column("test rows", drop=1),
        Column("of them", align="left", drop=2),
        Column("time", drop=3),
    )
    rows = [
        [
            Span(_name(run), "bold"),
            Span(run.status, STATUS.get(run.status, "chosen")),
            Span(clip(run.dataset, _MOST_DATASET) or figures.NOTHING),
            Span(clip(run.target, _MOST_LABEL) or figures.NOTHING),
            Span(figures.count(run.test_rows)),
            Span(_class_rows(run)),
            Span(figures.clock(run.seconds or None)),
        ]
        for run in runs
    ]
    return grid(columns, rows, width)[0]


def _class_rows(run: ContrastRun) -> str:
    """Say of which class rows can be missed, and how many there are."""
    if run.label is None or run.positives is None:
        return figures.NOTHING
    return f"{run.positives:,} of class {clip(run.label, _MOST_LABEL)}"


def _differences(table: Contrast, width: int) -> list[Line]:
    if not table.differences:
        return []
    names = [_name(run) for run in table.runs]
    every = [
        (clip_middle(texts.path, _MOST_PATH), *map(_value, texts.values))
        for texts in table.differences
    ]
    # What is too long for a column has lines of its own.
    path = max(cells(texts[0]) for texts in every)
    room = (width - 1 - path) // len(names) - _GAP
    short = [texts for texts in every if max(map(cells, (*texts[1:], *names))) <= room]
    lines: list[Line] = [line(Span(" what differs", "bold"))]
    if short:
        columns = [Column(name, align="left") for name in ("", *names)]
        rows = [list(map(Span, texts)) for texts in short]
        lines += grid(columns, rows, width)[0]
    for texts in every:
        if texts not in short:
            lines += [line(f" {texts[0]}"), *labels(names, texts[1:], width, "   ")]
    return lines


def _value(value: str | None) -> str:
    return figures.NOTHING if value is None else clip_middle(value, _MOST_VALUE)


def _results(table: Contrast, width: int) -> list[Line]:
    """Lay out a block per arm: a line per run, and one for each change."""
    if table.at is None:
        return []
    with_result = [row for row in table.rows if row.has_counts]
    rows: list[list[Span]] = []
    for row in with_result:
        rows.append(_cells(row, table.runs[row.run]))
        if row.change is not None:
            rows.append(_change(row.change))
    shown = [
        place
        for place, column in enumerate(_COLUMNS)
        if column.title not in ("threshold", "macro recall")
        or any(row[place].text.strip(f" {figures.NOTHING}") for row in rows)
    ]
    block, dropped = grid(
        [_COLUMNS[i] for i in shown], [[row[i] for i in shown] for row in rows], width
    )
    head, *block = block
    head_line = line(" ", Span(f"at the operating point {table.at}", "bold"))
    if any(row.change is not None for row in with_result):
        text = f"   the same test rows; ± is the change from {_name(table.runs[0])}"
        head_line += (Span(text, "dim"),)
    lines = [head_line, head]
    ready = iter(block)
    for arm in table.arms:
        lines.append(line(" ", Span(clip_middle(arm, _MOST_ARM), "bold")))
        for row in table.of(arm):
            if row.has_counts:
                lines.append(next(ready))
                if row.change is not None:
                    lines.append(next(ready))
            else:
                lines += _arm_without_result(row, table.runs[row.run], width)
    return lines + left_out(dropped, width)


def _cells(row: ArmRow, run: ContrastRun) -> list[Span]:
    recall = figures.decimals(row.recall, 2)
    return [
        Span(f"  {_name(run)}"),
        Span(figures.count(row.missed), "bold"),
        Span(f"{recall} {figures.interval(row.recall_ci)}"),
        Span(figures.count(row.false_alarms)),
        Span(figures.decimals(row.precision, 2)),
        Span(figures.decimals(row.macro_recall, 2)),
        Span(figures.decimals(row.average_precision, 3)),
        Span(figures.decimals(row.brier, 3)),
        Span(figures.threshold(row.threshold)),
        Span(figures.count(row.trials)),
        Span(figures.clock(row.seconds)),
    ]


def _change(change: Change) -> list[Span]:
    changes = (_change_text(getattr(change, name), n) for name, n in _CHANGES.items())
    texts = ["     ±", *changes, *[""] * 3]
    if not any(text.strip("0") for text in texts[1:]):
        texts = ["     ± none", *[""] * (len(texts) - 1)]
    return [Span(text, "dim") for text in texts]


def _change_text(value: float | None, digits: int) -> str:
    """Write a change with its sign; one that rounds to nothing as 0.

    Examples
    --------
    >>> [_change_text(*one) for one in ((-18, 0), (0.004, 2), (None, 2), (1390, 0))]
    ['−18', '0', '', '+1,390']
    """
    if value is None:
        return ""
    text = f"{value:+,.{digits}f}".replace("-", "−")
    return text if text.strip("+−0.") else "0"


def _arm_without_result(row: ArmRow, run: ContrastRun, width: int) -> list[Line]:
    lead = Span(f"   {_name(run)}  ")
    if row.status == "failed":
        text = f"✗ failed: {row.error or 'no cause given'}"
        return wrap(text, width, first=lead, look="bad")
    known = {"absent": "not in this run", "done": "no result at this operating point"}
    over = "stopped before its result" if run.status != "running" else "still at work"
    if row.trials:
        over += f", {figures.plural(row.trials, 'trial')} finished"
    return wrap(known.get(row.status, over), width, first=lead, look="dim")


def _verdicts(table: Contrast, width: int) -> list[Line]:
    if not any(table.verdicts):
        return []
    texts = [text or "none: the run is not done" for text in table.verdicts]
    names = [_name(run) for run in table.runs]
    return [line(Span(" verdicts", "bold")), *labels(names, texts, width, "   ")]
