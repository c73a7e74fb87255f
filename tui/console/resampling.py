"""What the methods made, and what the search chose of them."""

from __future__ import annotations

from engine.core.result import Result
from engine.export.page.arms import quality
from engine.export.page.facts import Facts
from engine.resample import tuning
from tui.console.grid import draw_page
from tui.console.lines import Line, marks


def resampling(result: Result, *, width: int) -> list[Line]:
    """Return what synthetic rows look like, and what was searched of the samplers.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
        None if no arm made a row, and none was searched.
    """
    table = quality(Facts(result))
    lines = draw_page(table, width) if table else []
    return lines + marks(tuning.chosen_settings(result), width, " ")
