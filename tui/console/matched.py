"""Arms at matched operating points: at equal recall, at equal alerts, at their best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from engine.core import format as figures
from engine.core.result import FEWEST_ROWS, Result
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
    Match(
        "cost",
        "at the least cost of each",
        "cost_per_1000",
        "cost/1,000",
        own="cost/1,000",
    ),
    Match("f1", "at the best F1 of each", "recall", "found", own="F1"),
)
_EXACT: Final = (
    "beside none: each arm at its own threshold that just does so on the test rows, "
    "not the one of this table"
)


class MatchFacts(NamedTuple):
    """What is told of matched arms.

    Parameters
    ----------
    arms : mapping of str to Scored
        The scores of each arm.
    comparison : sequence of Comparison
        What is not there is not told.
    costs : Costs or None
        What each outcome costs, if it is known.
    focused : str, default=""
        The arm that is marked.
    scarce : str, default=""
        Why there is nothing beside `untreated`, where that is for want of test rows.
    """

    arms: Mapping[str, Scored]
    comparison: Sequence[Comparison]
    costs: Costs | None
    focused: str = ""
    scarce: str = ""


def matched(result: Result, *, width: int, klass: str | None = None) -> list[Line]:
    """Lay out the arms of a run at matched operating points.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    klass : str or None, default=None
        The class that is told from all others, of more than two; the rarest if None.

    Returns
    -------
    list of Line
    """
    klass = klass or result.rarest
    told = MatchFacts(
        arms=result.scored(klass),
        # Of more than two classes the comparisons are not about one of them.
        comparison=result.comparison if klass is None else (),
        costs=result.costs_of(klass),
        scarce=_scarce(result) if klass is None else "",
    )
    return matched_lines(told, matches(told.arms), width)


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


def matched_lines(told: MatchFacts, chosen: Sequence[Match], width: int) -> list[Line]:
    """Lay out a table per match.

    Parameters
    ----------
    told : MatchFacts
    chosen : sequence of Match
        In the order shown.
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
    """
    if not told.arms:
        return [line(Span(" no arm has a result yet", "dim"))]
    text = (
        "Thresholds were chosen out of fold, on the training rows: on the test rows "
        "what is equal comes out about equal."
    )
    if told.scarce:
        text = f"{text} {told.scarce}"
    tables = (_match(told, match, width) for match in chosen)
    return [*stack(tables), (), *aside(text, width)]


def _scarce(result: Result) -> str:
    """Say that a class has too few test rows for any comparison here."""
    if result.scarce is None or not result.verdict:
        return ""
    few, rows = result.scarce
    return (
        f"Arms are not compared with none here: there are {rows:,} test rows of "
        f"{clip(few, _MOST_ARM)}, and {FEWEST_ROWS} are needed."
    )


def _match(told: MatchFacts, match: Match, width: int) -> list[Line]:
    """Lay out the arms at one operating point, the best first."""
    points = [
        (name, point)
        for name, scored in told.arms.items()
        if (point := scored.at(match.at)) is not None
    ]
    points.sort(key=lambda one: _order(match, one[1], told.costs))
    beside = {
        row.a: row
        for row in told.comparison
        if (row.at, row.metric, row.klass) == (match.at, match.metric, None)
    }
    called = figures.point_name(match.at, **paid(told.costs))
    columns = [
        *_COLUMNS,
        *([Column(match.own, drop=1)] if match.own else []),
        Column("threshold", short="thresh.", drop=4),
    ]
    if beside:
        title = f"{match.beside} beside none (95 %)"
        columns.append(Column(title, short="beside none (95 %)", align="left"))
    rows = [
        [
            *_row(told, match, name, point),
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
    told: MatchFacts, match: Match, name: str, point: OperatingPoint
) -> list[Span]:
    mark, noted = "▸" if name == told.focused else "", " !" if point.note else ""
    own = {
        "cost": figures.per_mille(expected_cost(point, told.costs)),
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
