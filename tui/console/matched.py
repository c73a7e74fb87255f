"""Arms at matched operating points: at equal recall, at equal alerts, at their best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from engine.core import format as figures
from engine.core.result import Result
from engine.core.views import Column
from engine.costs import Costs, paid
from engine.outcome import Comparison, OperatingPoint, Scored
from tui.console.costs import CHANCE, expected_cost
from tui.console.grid import grid
from tui.console.lines import Line, Span, aside, line, stack, wrap
from tui.safe_text import clip

_MOST_ARM = 22
_SURE = 0.05
_MAYBE = "~"
_COST = "cost/1,000"
_COLUMNS = (
    Column("arm", align="left", most=_MOST_ARM),
    Column("missed"),
    Column("recall", drop=3),
    Column("false alarms", short="alarms"),
    Column("precision", short="prec.", drop=2),
)


class Match(NamedTuple):
    """An operating point at which arms are matched.

    Parameters
    ----------
    at : str
    title : str
        What is made equal.
    metric : str
        What then differs, as a comparison names it.
    beside : str
        The same in words.
    exact : bool, default=False
        Whether comparisons put every arm to it on the test rows themselves.
    own : str, default=""
        What is best of each, where that has a column.
    """

    at: str
    title: str
    metric: str
    beside: str
    exact: bool = False
    own: str = ""


_KINDS: Final = (
    Match("recall>=", "at equal recall", "false_positive_rate", "false alarms", True),
    Match("alerts<=", "at equal alerts", "recall", "found", True),
    Match("precision>=", "at equal precision", "recall", "found"),
    Match("cost", "at the least cost of each", "cost_per_1000", _COST, own=_COST),
    Match("f1", "at the best F1 of each", "recall", "found", own="F1"),
)
_EXACT: Final = (
    "beside untreated: each arm at its own threshold that just does so on the test "
    "rows, not the one of this table"
)


def matched(
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
    found = matches(arms)
    first %= len(found) or 1
    costs = result.costs_of(klass)
    # Of more than two classes the comparisons are not about one of them.
    compared = result.comparison if klass is None else ()
    tables = [
        _match(arms, compared, costs, match, focused, width)
        for match in (*found[first:], *found[:first])
    ]
    text = (
        "Thresholds were chosen out of fold, on the training rows: on the test rows "
        "what is equal comes out about equal."
    )
    if klass is None and result.scarcity:
        text = f"{text} {result.scarcity}"
    return [*stack(tables), (), *aside(text, width)]


def matches(arms: Mapping[str, Scored]) -> list[Match]:
    """Return the points at which arms are matched, of those that they have."""
    points = (point for scored in arms.values() for point in scored.operating_points)
    known = dict.fromkeys(point.name for point in points)
    return [
        kind._replace(at=at)
        for kind in _KINDS
        for at in known
        if at == kind.at or (kind.at.endswith("=") and at.startswith(kind.at))
    ]


def _match(
    arms: Mapping[str, Scored],
    compared: Sequence[Comparison],
    costs: Costs | None,
    match: Match,
    focused: str,
    width: int,
) -> list[Line]:
    """Lay out the arms at one operating point, the best first."""
    points = [
        (name, point)
        for name, scored in arms.items()
        for point in scored.operating_points
        if point.name == match.at
    ]
    points.sort(key=lambda one: _order(match, one[1], costs))
    beside = {
        row.a: row
        for row in compared
        if (row.at, row.metric, row.klass) == (match.at, match.metric, None)
    }
    called = figures.point_name(match.at, **paid(costs))
    columns = [
        *_COLUMNS,
        *([Column(match.own, drop=1)] if match.own else []),
        Column("threshold", short="thresh.", drop=4),
    ]
    if beside:
        title = f"{match.beside} beside untreated (95 %)"
        columns.append(Column(title, short="beside untreated (95 %)", align="left"))
    rows = [
        [
            *_row(match, name, point, costs, focused),
            *([_beside(beside.get(name), match, point)] if beside else []),
        ]
        for name, point in points
    ]
    lines = [
        line(Span(f" {match.title}", "bold"), Span(f"   {called}", "dim")),
        *grid(columns, rows, width)[0],
    ]
    notes = [_EXACT] if beside and match.exact else []
    if any(row.adjusted_p >= _SURE for row in beside.values()):
        notes.append(f"{_MAYBE} {CHANCE}")
    lines += aside("; ".join(notes), width) if notes else []
    for name, point in points:
        if point.note:
            text = f"{clip(name, _MOST_ARM)}: {point.note}"
            lines += wrap(text, width, first=Span(" ! ", "warn"))
    return lines


def _row(
    match: Match, name: str, point: OperatingPoint, costs: Costs | None, focused: str
) -> list[Span]:
    mark, noted = "▸" if name == focused else "", " !" if point.note else ""
    own = {
        "cost": figures.per_mille(expected_cost(point, costs)),
        "f1": figures.decimals(point.metric("f1"), 3),
    }
    return [
        Span(mark + clip(name, _MOST_ARM - len(mark + noted)) + noted),
        Span(figures.count(point.confusion.fn), "bold"),
        Span(figures.decimals(point.metric("recall"), 2)),
        Span(figures.count(point.confusion.fp)),
        Span(figures.decimals(point.metric("precision"), 2)),
        *([Span(own[match.at])] if match.own else []),
        Span(figures.threshold(point.threshold)),
    ]


def _order(
    match: Match, point: OperatingPoint, costs: Costs | None
) -> tuple[float, float]:
    """Return what arms are sorted by: what the match leaves to differ."""
    fp, fn = point.confusion.fp, point.confusion.fn
    if match.metric == "false_positive_rate":
        return fp, fn
    if match.at == "cost":
        return expected_cost(point, costs) or 0.0, fn
    if match.at == "f1":
        return -(point.metric("f1") or 0.0), fn
    return fn, fp


def _beside(row: Comparison | None, match: Match, point: OperatingPoint) -> Span:
    """Say a difference in rows rather than in rates, where that is the same."""
    if row is None:
        return Span(figures.NOTHING)
    counts = point.confusion
    times, digits = {
        "false_positive_rate": (counts.tn + counts.fp, 0),
        "recall": (counts.fn + counts.tp, 0),
    }.get(match.metric, (1, 1))
    difference, low, high = (
        figures.signed(times * value, digits) for value in (row.difference, *row.ci)
    )
    sure = row.adjusted_p < _SURE
    text = f"{difference} ({low} to {high}){'' if sure else f' {_MAYBE}'}"
    return Span(text, "bold" if sure else "")
