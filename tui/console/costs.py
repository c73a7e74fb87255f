"""Costs: who costs the least at which ratio, what 0.5 implies, what it comes to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import NamedTuple

from engine.core import format as figures
from engine.core.format import ratio_text
from engine.core.result import Result
from engine.core.views import Column, Look
from engine.costs import Costs
from engine.curve import implied_at
from engine.outcome import CostWinner, OperatingPoint, Scored
from tui.console.grid import grid
from tui.console.lines import Line, Span, aside, line, stack, wrap
from tui.safe_text import clip

CHANCE = "chance alone could explain it"
_TOO_FEW = "too few test rows for an interval"
_BEST = "cost"
_MOST_ARM = 24

_WON = (
    Column("from", align="right"),
    Column("to", align="right"),
    Column("arm", align="left", most=_MOST_ARM),
    Column(
        "cost per 1,000 rows, minus untreated's (95 %)",
        short="per 1,000 − untreated's (95 %)",
        align="left",
    ),
    Column("at", drop=1),
    Column("", align="left", drop=2),
)
_IMPLIED = (
    Column("arm", align="left", most=_MOST_ARM),
    Column("0.5 acts as"),
    Column("threshold", short="thresh.", drop=1),
    Column("acts as", drop=1),
    Column("cost/1,000"),
    Column("at least cost", short="at least", drop=2),
)


class CostFacts(NamedTuple):
    """What is told of costs.

    Parameters
    ----------
    arms : mapping of str to Scored
        The scores of each arm.
    winners : sequence of CostWinner
    costs : Costs or None
        What each outcome costs, if it is known.
    at : str
        Operating point that is read, and how it is called.
    called : str
    focused : str, default=""
        The arm that is marked.
    """

    arms: Mapping[str, Scored]
    winners: Sequence[CostWinner]
    costs: Costs | None
    at: str
    called: str
    focused: str = ""

    @property
    def ratio(self) -> float:
        """How many false alarms a missed positive is worth in the run."""
        return self.costs.ratio if self.costs else math.inf


def costs(result: Result, *, width: int, klass: str | None = None) -> list[Line]:
    """Lay out the costs of a run.

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
    at, klass = result.point_name, klass or result.rarest
    return cost_lines(
        CostFacts(
            arms=result.scored(klass),
            winners=[won for won in result.cost_winners if won.klass == klass],
            costs=result.costs_of(klass),
            at=at,
            called=result.point_label(at, klass),
        ),
        width,
    )


def cost_lines(told: CostFacts, width: int) -> list[Line]:
    """Lay out who costs the least, and what each arm's thresholds imply.

    Parameters
    ----------
    told : CostFacts
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
    """
    if not told.arms:
        return [line(Span(" no arm has a result yet", "dim"))]
    return stack([_winners(told, width), _implied(told, width)])


def _winners(told: CostFacts, width: int) -> list[Line]:
    """Lay out which arm costs least over which ratios, and name the one at the run's.

    A lead that is too small, or over too few ratios, is none.
    """
    if not told.winners:
        return []
    rows, below = [], list[Line]()
    for won in told.winners:
        low, high = won.ratio, won.to
        sure, text = _beside(won)
        doubt = "" if sure else CHANCE if won.ci else _TOO_FEW
        yours = low <= told.ratio and (high is None or told.ratio < high)
        look: Look = "bold" if yours else ""
        if yours:
            said = f"At the run's ratio of {ratio_text(told.ratio)} it is "
            said += f"{clip(won.arm, _MOST_ARM)}{doubt and '; '}{doubt}."
            below = wrap(said, width, first=" ")
        at = "" if text == figures.NOTHING else f"at {ratio_text(won.at)}"
        rows.append(
            [
                Span(ratio_text(low), look),
                Span(figures.NOTHING if high is None else ratio_text(high), look),
                Span(_name(won.arm, told), look),
                Span(text, "bold" if sure else ""),
                Span(at, "dim"),
                Span(doubt, "dim"),
            ]
        )
    table, dropped = grid(_WON, rows, width)
    if "" in dropped:
        few = any(row[-1].text == _TOO_FEW for row in rows)
        text = _TOO_FEW if few else f"an interval that holds 0: {CHANCE}"
        below = [*aside(text, width), *below]
    title = (
        "who costs the least by enough to count, where a missed positive costs as many "
        "false alarms"
    )
    return [*aside(title, width), *table, *below]


def _beside(won: CostWinner) -> tuple[bool, str]:
    """Say what an arm costs beside none where it leads, and whether that is sure."""
    if won.difference is None:
        return True, figures.NOTHING
    text = figures.signed(won.difference, 1)
    if not won.ci:
        return False, text
    low, high = won.ci
    limits = f"{figures.signed(low, 1)} to {figures.signed(high, 1)}"
    return not low <= 0 <= high, f"{text} ({limits})"


def _implied(told: CostFacts, width: int) -> list[Line]:
    """Lay out the cost ratios that thresholds stand for, and what they cost."""
    moved, worse = told.at != "default", told.at != _BEST
    shown = (True, True, moved, moved, True, worse)
    rows = []
    for name, scored in told.arms.items():
        half, point = scored.implied_cost_ratio, scored.at(told.at)
        at = point.threshold if point else None
        implied = None if at is None or half is None else implied_at(at, half)
        row = (
            Span(_name(name, told)),
            Span(_to_one(half), "bold"),
            Span(figures.threshold(at)),
            Span(_to_one(implied)),
            Span(figures.per_mille(expected_cost(point, told.costs))),
            Span(figures.per_mille(expected_cost(scored.at(_BEST), told.costs))),
        )
        rows.append(list(compress(row, shown)))
    text = (
        "how many false alarms a missed positive must be worth for a threshold; read "
        f"at {told.called}"
    )
    columns = list(compress(_IMPLIED, shown))
    return [*aside(text, width), *grid(columns, rows, width)[0]]


def _name(arm: str, told: CostFacts) -> str:
    mark = "▸" if arm == told.focused else ""
    return mark + clip(arm, _MOST_ARM - len(mark))


def expected_cost(point: OperatingPoint | None, costs: Costs | None) -> float | None:
    """Return the cost per 1,000 rows of an operating point, as far as it is known."""
    if costs is None or point is None:
        return None
    counts = point.confusion
    return costs.per_1000(tn=counts.tn, fp=counts.fp, fn=counts.fn, tp=counts.tp)


def _to_one(ratio: float | None) -> str:
    return figures.NOTHING if ratio is None else f"{ratio_text(ratio)}:1"
