"""Costs: who costs the least at which ratio, what 0.5 implies, what it comes to."""

from __future__ import annotations

from engine.core.result import Result
from engine.export.page import scores
from engine.export.page.facts import Facts
from tui.console.grid import draw_page
from tui.console.lines import Line, Span, line, marks, stack

_WON = (1, 2, 0, 3)
"""Columns of the winners; notes say which leads are in doubt."""


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
    klass = klass or result.rarest
    if not result.scored(klass):
        return [line(Span(" no arm has a result yet", "dim"))]
    facts, lines = Facts(result), list[Line]()
    if winners := scores.winners(facts, klass):
        lines += draw_page(winners.pick(*_WON), width)
        doubts, leads = scores.winner_notes(result, klass)
        lines += marks(doubts, width, " ", look="dim")
        lines += marks(leads, width, " ")
    implied = scores.implied_ratios(facts, klass, at or result.point_name)
    return stack([lines, draw_page(implied, width, focused=focused)])
