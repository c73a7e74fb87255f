"""Arms at matched operating points: at equal recall, at equal alerts, at their best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from engine.core import format as figures
from engine.core.costs import METRICS, Costs, error_costs, expected_cost
from engine.core.outcome import Comparison, OperatingPoint, Scored
from engine.core.points import parse
from engine.core.result import Result
from engine.core.views import Cell, Column, Row, ViewTable
from engine.core.views.board import AMOUNTS
from engine.core.views.comparisons import CHANCE, LEVEL

_MOST_ARM: Final = 22
_MAYBE: Final = "~"
_COLUMNS: Final = (
    Column("arm", align="left", most=_MOST_ARM + 1),
    Column("missed"),
    Column("recall", drop=3),
    Column("false alarms", short="FP"),
    Column("precision", short="prec.", drop=2),
)
_THRESHOLD: Final = Column("threshold", short="thresh.", drop=4)
_ROWS: Final = {"false_positive_rate": "false alarms", "recall": "found"}
_VALUES: Final = {"cost_per_1000": "cost/1,000", "f1": "F1"}
"""What is best of each at a point, where that has a column."""
_EXACT: Final = (
    "Δ: both arms at thresholds that just meet this on the test rows, not at those of "
    "this table"
)
_OUT_OF_FOLD: Final = (
    "Thresholds were chosen out of fold, on the training rows: on the test rows what "
    "is equal comes out about equal."
)


def matched(
    result: Result, klass: str | None = None
) -> tuple[tuple[ViewTable, ...], str]:
    """Return a table for each match of the arms of a run, and what holds of them all.

    Parameters
    ----------
    result : Result
    klass : str or None, default=None
        The class that is told from all others, of more than two; the rarest if None.
    """
    klass = klass or result.rarest
    arms, costs = result.scored(klass), result.costs_of(klass)
    # Of more than two classes the comparisons are not about one of them.
    compared = result.comparison if klass is None else ()
    note = _OUT_OF_FOLD
    if klass is None and result.scarcity:
        note = f"{note} {result.scarcity}"
    return tuple(_match(arms, compared, at, costs) for at in matches(arms)), note


def matches(arms: Mapping[str, Scored]) -> list[str]:
    """Return the points at which arms are matched, of those that they have.

    First those at which they are always compared, then those with a number.
    """
    points = (point for scored in arms.values() for point in scored.operating_points)
    known = {point.name: parse(point.name).kind for point in points}
    equal = [at for at, kind in known.items() if kind.equal]

    def order(at: str) -> tuple[bool, bool, bool]:
        kind = known[at]
        return not kind.always, not kind.number, kind.metric != "cost_per_1000"

    return sorted(equal, key=order)


def _match(
    arms: Mapping[str, Scored],
    compared: Sequence[Comparison],
    at: str,
    costs: Costs | None,
) -> ViewTable:
    """Return the arms at one operating point, the best first."""
    kind = parse(at).kind
    metric, value = kind.metric, _VALUES.get(kind.metric)
    at_point = {name: scored.at(at) for name, scored in arms.items()}
    points = [(name, point) for name, point in at_point.items() if point]
    points.sort(key=lambda named: _order(metric, named[1], costs))
    changes = {
        row.a: row
        for row in compared
        if (row.at, row.metric, row.klass) == (at, metric, None)
    }
    by_row = metric == "cost_per_1000" and bool(costs and costs.column)
    amounts = AMOUNTS if by_row else ()
    value_columns = [Column(value, drop=1)] if value else []
    columns = [*_COLUMNS, *amounts, *value_columns, _THRESHOLD]
    if changes:
        title = f"Δ {_ROWS.get(metric) or value or ''} vs untreated (95 % CI)"
        columns.append(Column(title, short="Δ vs untreated (95 %)", align="left"))
    rows = []
    for name, point in points:
        change = [_change(changes.get(name), metric, point)] if changes else []
        rows.append(Row(name, (*_cells(name, point, metric, costs), *change)))
    notes = [_EXACT] if changes and kind.always else []
    if any(row.adjusted_p >= LEVEL for row in changes.values()):
        notes.append(f"{_MAYBE} {CHANCE}")
    label = figures.point_name(at, **error_costs(costs))
    return ViewTable(
        tuple(columns),
        tuple(rows),
        ("; ".join(notes),) if notes else (),
        (Cell(kind.equal, "bold"), Cell(f"   {label}", "dim")),
        tuple(
            f"{figures.brief(name, _MOST_ARM)}: {point.note}"
            for name, point in points
            if point.note
        ),
    )


def _cells(
    name: str, point: OperatingPoint, metric: str, costs: Costs | None
) -> tuple[Cell, ...]:
    noted = " !" if point.note else ""
    value = figures.decimals(point.metric("f1"), 3)
    if metric == "cost_per_1000":
        value = figures.per_mille(expected_cost(point, costs))
    amounts = (
        Cell(figures.amount(point.metric("missed_amount"))),
        Cell(figures.decimals(point.metric("amount_recall"), 2)),
    )
    return (
        Cell(figures.brief(name, _MOST_ARM - len(noted)) + noted),
        Cell(figures.count(point.confusion.fn), "bold"),
        Cell(figures.decimals(point.metric("recall"), 2)),
        Cell(figures.count(point.confusion.fp)),
        Cell(figures.decimals(point.metric("precision"), 2)),
        *(amounts if metric == "cost_per_1000" and costs and costs.column else ()),
        *([Cell(value)] if metric in _VALUES else []),
        Cell(figures.threshold(point.threshold)),
    )


def _order(
    metric: str, point: OperatingPoint, costs: Costs | None
) -> tuple[float, float]:
    """Return what arms are sorted by: what the match leaves to differ."""
    fp, fn = point.confusion.fp, point.confusion.fn
    return {
        "false_positive_rate": (fp, fn),
        "cost_per_1000": (expected_cost(point, costs) or 0.0, fn),
        "f1": (-(point.metric("f1") or 0.0), fn),
    }.get(metric, (fn, fp))


def _change(row: Comparison | None, metric: str, point: OperatingPoint) -> Cell:
    """Say a difference in rows rather than in rates, where that is the same."""
    if row is None:
        return Cell(figures.NOTHING)
    counts = point.confusion
    times, digits = {
        "false_positive_rate": (counts.tn + counts.fp, 0),
        "recall": (counts.fn + counts.tp, 0),
    }.get(metric, (1, METRICS[metric].digits))
    difference, low, high = (
        figures.signed(times * value, digits) for value in (row.difference, *row.ci)
    )
    shown = row.adjusted_p < LEVEL
    text = f"{difference} ({low} to {high}){'' if shown else f' {_MAYBE}'}"
    return Cell(text, "bold" if shown else "")
