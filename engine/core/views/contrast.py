"""Runs side by side: what was done differently, then what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core import format as figures
from engine.core.views import STATUS, Cell, Column, Row, ViewTable

if TYPE_CHECKING:
    from engine.core.compare_runs import ArmRow, Change, Contrast, ContrastRun

_MOST_ID: Final = 12
_MOST_LABEL: Final = 24
_RUNS: Final = (
    Column("run", align="left"),
    Column("status", align="left"),
    Column("dataset", align="left", least=10, most=32),
    Column("target", align="left", least=6, most=_MOST_LABEL),
    Column("test rows", drop=1),
    Column("of them", align="left", drop=2),
    Column("time", drop=3),
)
_MEASURED: Final = {
    "missed": (Column("missed"), 0),
    "recall": (Column("recall (95 %)", "recall", align="left"), 2),
    "false_alarms": (Column("false alarms", "FP"), 0),
    "precision": (Column("precision", "prec."), 2),
    "macro_recall": (Column("macro recall", "macro"), 2),
    "average_precision": (Column("AP"), 3),
    "brier": (Column("Brier", drop=2), 3),
}
"""Columns of what may differ between two runs, with their decimals."""
_RESULTS: Final = (
    Column("", align="left"),
    *(column for column, _ in _MEASURED.values()),
    Column("threshold", "thresh.", drop=3),
    Column("trials", drop=5),
    Column("time", drop=4),
)
_OF_SOME: Final = ("threshold", "macro recall")
"""Columns that are left out where no run has them."""


def run_name(run: ContrastRun) -> str:
    """Return what a run is called beside others."""
    return figures.brief(run.id, _MOST_ID)


def runs(table: Contrast) -> ViewTable:
    """Return a row per run: what it is, and of what."""
    rows = tuple(
        Row(
            run.id,
            (
                Cell(run_name(run), "bold"),
                Cell(run.status, STATUS.get(run.status, "chosen")),
                Cell(run.dataset or figures.NOTHING),
                Cell(run.target or figures.NOTHING),
                Cell(figures.count(run.test_rows)),
                Cell(_class_rows(run)),
                Cell(figures.clock(run.seconds or None)),
            ),
        )
        for run in table.runs
    )
    return ViewTable(_RUNS, rows)


def _class_rows(run: ContrastRun) -> str:
    """Say of which class rows can be missed, and how many there are."""
    if run.label is None or run.positives is None:
        return figures.NOTHING
    return f"{run.positives:,} of class {figures.brief(run.label, _MOST_LABEL)}"


def results(table: Contrast) -> ViewTable | None:
    """Return a group of rows per arm: one for each run, and one for each change.

    An arm without a result in a run has a heading with the reason in its place. None
    where no run has a result.
    """
    if table.at is None:
        return None
    rows: list[Row] = []
    for arm in table.arms:
        rows.append(Row(arm, (Cell(arm, "bold"),), heading=True))
        for row in table.of(arm):
            run, key = table.runs[row.run], f"{arm}/{row.run}"
            if not row.has_counts:
                lead = Cell(f"  {run_name(run)}  ")
                rows.append(Row(key, (lead, _without_result(row, run)), heading=True))
                continue
            rows.append(Row(key, _cells(row, run)))
            if row.change is not None:
                rows.append(Row(f"{key}/±", _change(row.change)))
    title = [Cell(f"at the operating point {table.at}", "bold")]
    if any(row.change is not None for row in table.rows if row.has_counts):
        text = f"   the same test rows; ± is the change from {run_name(table.runs[0])}"
        title.append(Cell(text, "dim"))
    filled = [row.cells for row in rows if not row.heading]
    empty = [
        column.title
        for place, column in enumerate(_RESULTS)
        if column.title in _OF_SOME
        and not any(cells[place].text.strip(f" {figures.NOTHING}") for cells in filled)
    ]
    return ViewTable(_RESULTS, tuple(rows), title=tuple(title)).without(*empty)


def _cells(row: ArmRow, run: ContrastRun) -> tuple[Cell, ...]:
    missed, recall, *others = (
        _figure(getattr(row, name), digits) for name, (_, digits) in _MEASURED.items()
    )
    others += [figures.threshold(row.threshold), figures.count(row.trials)]
    recall += f" {figures.interval(row.recall_ci)}"
    texts = recall, *others, figures.clock(row.seconds)
    return (Cell(f"  {run_name(run)}"), Cell(missed, "bold"), *map(Cell, texts))


def _figure(value: float | None, digits: int) -> str:
    if value is None or digits:
        return figures.decimals(value, digits)
    return figures.count(int(value))


def _change(change: Change) -> tuple[Cell, ...]:
    changes = (
        _change_text(getattr(change, name), digits)
        for name, (_, digits) in _MEASURED.items()
    )
    texts = ["     ±", *changes, *[""] * 3]
    if not any(text.strip("0") for text in texts[1:]):
        texts = ["     ± none", *[""] * (len(texts) - 1)]
    return tuple(Cell(text, "dim") for text in texts)


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


def _without_result(row: ArmRow, run: ContrastRun) -> Cell:
    if row.status == "failed":
        return Cell(f"✗ failed: {row.error or 'no cause given'}", "bad")
    known = {"absent": "not in this run", "done": "no result at this operating point"}
    over = "stopped before its result" if run.status != "running" else "still at work"
    if row.trials:
        over += f", {figures.plural(row.trials, 'trial')} finished"
    return Cell(known.get(row.status, over), "dim")


def verdicts(table: Contrast) -> list[str]:
    """Return a sentence per run; nothing where no run has a verdict."""
    known = any(table.verdicts)
    return [v or "none: the run is not done" for v in table.verdicts if known]
