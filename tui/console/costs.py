"""Costs: who costs the least at which ratio, what 0.5 implies, what it comes to."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import compress
from typing import NamedTuple

from engine.core import format as figures
from engine.core.format import ratio_text
from engine.core.result import Result
from engine.core.views import Column
from engine.core.views.comparisons import CHANCE, lead_doubt
from engine.costs import Costs
from engine.curve import implied_at
from engine.export.page import scores
from engine.export.page.facts import Facts
from engine.outcome import OperatingPoint
from tui.console.grid import draw_page, grid
from tui.console.lines import Line, Span, aside, line, stack, wrap
from tui.safe_text import clip

_BEST = "cost"
_MOST_ARM = 24

_WON = (1, 2, 0, 3)
_IMPLIED = (
    Column("arm", align="left", most=_MOST_ARM),
    Column("0.5 acts as"),
    Column("threshold", short="thresh.", drop=1),
    Column("acts as", drop=1),
    Column("cost/1,000"),
    Column("at least cost", short="at least", drop=2),
)


class CostReading(NamedTuple):
    """What costs are read at: of which class, at which point, and the marked arm."""

    result: Result
    klass: str | None
    at: str
    focused: str

    @property
    def costs(self) -> Costs | None:
        """What each outcome costs, if it is known."""
        return self.result.costs_of(self.klass)


def costs(
    result: Result,
    *,
    width: int,
    klass: str | None = None,
    at: str | None = None,
    focused: str = "",
) -> list[Line]:
    """Lay out who costs the least, and what each arm's thresholds imply.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    klass : str or None, default=None
        The class that is told from all others, of more than two; the rarest if None.
    at : str or None, default=None
        Operating point that is read; the experiment's own when None.
    focused : str, default=""
        The arm that is marked.

    Returns
    -------
    list of Line
    """
    if not result.scored(klass or result.rarest):
        return [line(Span(" no arm has a result yet", "dim"))]
    at, klass = at or result.point_name, klass or result.rarest
    read = CostReading(result, klass, at, focused)
    return stack([_winners(read, width), _implied_ratios(read, width)])


def _winners(read: CostReading, width: int) -> list[Line]:
    """Lay out which arm costs least over which ratios, and name the one at the run's.

    A lead that is too small, or over too few ratios, is none.
    """
    table = scores.winners(Facts(read.result), read.klass)
    if table is None:
        return []
    # An interval reads from the left.
    columns = [column._replace(align="left") for column in table.columns[3:]]
    table = replace(table, columns=(*table.columns[:3], *columns))
    lines = draw_page(table, width, _WON)
    ratio = read.costs.ratio if read.costs else math.inf
    won_here = [won for won in read.result.cost_winners if won.klass == read.klass]
    doubts = dict.fromkeys(filter(None, map(lead_doubt, won_here)))
    for doubt in doubts:
        text = f"an interval that holds 0: {CHANCE}" if doubt == CHANCE else doubt
        lines += aside(text, width)
    for won in won_here:
        below = won.ratio <= ratio and (won.to is None or ratio < won.to)
        if below:
            text = f"At the run's ratio of {ratio_text(ratio)} it is "
            text += "; ".join(filter(None, (clip(won.arm, _MOST_ARM), lead_doubt(won))))
            lines += wrap(f"{text}.", width, first=" ")
    return lines


def _implied_ratios(read: CostReading, width: int) -> list[Line]:
    """Lay out the cost ratios that thresholds stand for, and what they cost."""
    at, costs = read.result.follow_point(read.at), read.costs
    moved, worse = at != "fixed", at != _BEST
    shown = (True, True, moved, moved, True, worse)
    rows = []
    for name, scored in read.result.scored(read.klass).items():
        half, point = scored.implied_cost_ratio, scored.at(at)
        stands, implied = point.threshold if point else None, None
        if stands is not None and half is not None:
            implied = implied_at(stands, half)
        row = (
            Span(_arm_name(name, read)),
            Span(_to_one(half), "bold"),
            Span(figures.threshold(stands)),
            Span(_to_one(implied)),
            Span(figures.per_mille(expected_cost(point, costs))),
            Span(figures.per_mille(expected_cost(scored.at(_BEST), costs))),
        )
        rows.append(list(compress(row, shown)))
    text = (
        "how many false alarms a missed positive must be worth for a threshold; read "
        f"at {read.result.point_label(read.at, read.klass)}"
    )
    columns = list(compress(_IMPLIED, shown))
    return [*aside(text, width), *grid(columns, rows, width)[0]]


def _arm_name(arm: str, read: CostReading) -> str:
    mark = "▸" if arm == read.focused else ""
    return mark + clip(arm, _MOST_ARM - len(mark))


def expected_cost(point: OperatingPoint | None, costs: Costs | None) -> float | None:
    """Return the cost per 1,000 rows of an operating point, as far as it is known."""
    if costs is None or point is None:
        return None
    counts = point.confusion
    return costs.per_1000(tn=counts.tn, fp=counts.fp, fn=counts.fn, tp=counts.tp)


def _to_one(ratio: float | None) -> str:
    return figures.NOTHING if ratio is None else f"{ratio_text(ratio)}:1"
