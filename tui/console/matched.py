"""Arms at matched operating points as text."""

from __future__ import annotations

from engine.core.result import Result
from engine.core.views.matched import matched
from tui.console.grid import draw
from tui.console.lines import Line, Span, aside, line, stack


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
    if not result.scored(klass or result.rarest):
        return [line(Span(" no arm has a result yet", "dim"))]
    tables, note = matched(result, klass)
    first %= len(tables) or 1
    turned = (*tables[first:], *tables[:first])
    drawn = stack(draw(table, width, focused) for table in turned)
    return [*drawn, (), *aside(note, width)]
