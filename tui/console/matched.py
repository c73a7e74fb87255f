"""Arms at matched operating points: at equal recall, at equal alerts, at their best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from engine.core import format as figures
from engine.core.metrics import METRICS
from engine.core.points import parse
from engine.core.result import Result
from engine.core.views import Column
from engine.core.views.comparisons import CHANCE, LEVEL
from engine.costs import Costs, error_costs
from engine.outcome import Comparison, OperatingPoint, Scored
from tui.console.costs import CostReading, expected_cost
from tui.console.grid import grid
from tui.console.lines import Line, Span, aside, line, stack, wrap
from tui.safe_text import clip

_MOST_ARM = 22
_MAYBE = "~"
_COLUMNS = (
    Column("arm", align="left", most=_MOST_ARM),
    Column("missed"),
    Column("recall", drop=3),
    Column("false alarms", short="alarms"),
    Column("precision", short="prec.", drop=2),
)


_ROWS: Final = {"false_positive_rate": "false alarms", "recall": "found"}
_VALUES: Final = {"cost_per_1000": "cost/1,000", "f1": "F1"}
"""What is best of each at a point, where that has a column."""
_EXACT: Final = (
    "beside untreated: each arm at its own threshold that just does so on the test "
    "rows, not the one of this table"
)


def matched_tables(
    result: Result,
    *,
    width: int,
    klass: str | None = None,
    focused: str = "",
    first: int = 0,
) -> list[Line]:
    """Lay out the arms of a run at matched operating points, a table for each.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    klass : str or None, default=None
        The class that is told from all others, of more than two; the rarest if None.
    focused : str, default=""
        The arm that is marked.
    first : int, default=0
        The place of the match that comes first; the others follow in a circle.

    Returns
    -------
    list of Line
    """
    klass = klass or result.rarest
    arms = result.scored(klass)
    if not arms:
        return [line(Span(" no arm has a result yet", "dim"))]
    points = matches(arms)
    first %= len(points) or 1
    # Of more than two classes the comparisons are not about one of them.
    compared = result.comparison if klass is None else ()
    tables = [
        _match(arms, compared, CostReading(result, klass, at, focused), width)
        for at in (*points[first:], *points[:first])
    ]
    text = (
        "Thresholds were chosen out of fold, on the training rows: on the test rows "
        "what is equal comes out about equal."
    )
    if klass is None and result.scarcity:
        text = f"{text} {result.scarcity}"
    return [*stack(tables), (), *aside(text, width)]


def matches(arms: Mapping[str, Scored]) -> list[str]:
    """Return the points at which arms are matched, of those that they have.

    First those at which they are always compared, then those with a number.
    """
    points = (point for scored in arms.values() for point in scored.operating_points)
    known = {point.name: parse(point.name).kind for point in points}
    matched = [at for at, kind in known.items() if kind.equal]

    def order(at: str) -> tuple[bool, bool, bool]:
        kind = known[at]
        return not kind.always, not kind.number, kind.metric != "cost_per_1000"

    return sorted(matched, key=order)


def _match(
    arms: Mapping[str, Scored],
    compared: Sequence[Comparison],
    read: CostReading,
    width: int,
) -> list[Line]:
    """Lay out the arms at one operating point, the best first."""
    kind = parse(read.at).kind
    metric, value = kind.metric, _VALUES.get(kind.metric)
    at_point = {name: scored.at(read.at) for name, scored in arms.items()}
    points = [(name, point) for name, point in at_point.items() if point]
    points.sort(key=lambda named: _order(metric, named[1], read.costs))
    changes = {
        row.a: row
        for row in compared
        if (row.at, row.metric, row.klass) == (read.at, metric, None)
    }
    columns = [
        *_COLUMNS,
        *([Column(value, drop=1)] if value else []),
        Column("threshold", short="thresh.", drop=4),
    ]
    rows = [_row(name, point, metric, read) for name, point in points]
    if changes:
        title = f"{_ROWS.get(metric) or value or ''} beside untreated (95 %)"
        columns.append(Column(title, short="beside untreated (95 %)", align="left"))
        for row, (name, point) in zip(rows, points, strict=True):
            row.append(_change_cell(changes.get(name), metric, point))
    label = figures.point_name(read.at, **error_costs(read.costs))
    lines = [
        line(Span(f" {kind.equal}", "bold"), Span(f"   {label}", "dim")),
        *grid(columns, rows, width)[0],
    ]
    notes = [_EXACT] if changes and kind.always else []
    if any(row.adjusted_p >= LEVEL for row in changes.values()):
        notes.append(f"{_MAYBE} {CHANCE}")
    lines += aside("; ".join(notes), width) if notes else []
    for name, point in points:
        if point.note:
            text = f"{clip(name, _MOST_ARM)}: {point.note}"
            lines += wrap(text, width, first=Span(" ! ", "warn"))
    return lines


def _row(
    name: str, point: OperatingPoint, metric: str, read: CostReading
) -> list[Span]:
    mark, noted = "▸" if name == read.focused else "", " !" if point.note else ""
    value = figures.decimals(point.metric("f1"), 3)
    if metric == "cost_per_1000":
        value = figures.per_mille(expected_cost(point, read.costs))
    return [
        Span(mark + clip(name, _MOST_ARM - len(mark + noted)) + noted),
        Span(figures.count(point.confusion.fn), "bold"),
        Span(figures.decimals(point.metric("recall"), 2)),
        Span(figures.count(point.confusion.fp)),
        Span(figures.decimals(point.metric("precision"), 2)),
        *([Span(value)] if metric in _VALUES else []),
        Span(figures.threshold(point.threshold)),
    ]


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


def _change_cell(row: Comparison | None, metric: str, point: OperatingPoint) -> Span:
    """Say a difference in rows rather than in rates, where that is the same."""
    if row is None:
        return Span(figures.NOTHING)
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
    return Span(text, "bold" if shown else "")
