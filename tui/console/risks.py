"""Whether scores can be read as risks: as a table, and in one sentence."""

from __future__ import annotations

from dataclasses import replace

from engine.core.result import Result
from engine.core.views.calibration import judgements
from engine.export.page import parts, scores
from engine.export.page.facts import Facts
from tui.console.grid import draw_page
from tui.console.lines import Line, Span, line, marks
from tui.safe_text import clip

_MOST_CLASS = 24


def calibration(result: Result, *, width: int, klass: str | None = None) -> list[Line]:
    """Lay out how far the arms' scores can be read as risks, as they are and repaired.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    klass : str or None, default=None
        Of more than two classes the one that is told from the rest; the rarest when
        None.

    Returns
    -------
    list of Line
        A table with the recommended method marked, then a sentence or two per arm.

    Raises
    ------
    UsageError
        If the run has no such class.
    """
    klass = result.select_class(klass)
    table = scores.calibrations(Facts(result), klass)
    if table is None:
        yet = " yet" if result.status == "running" else ""
        return [line(Span(f" no arm has a calibration{yet}", "dim"))]
    title = "" if klass is None else f"{clip(klass, _MOST_CLASS)} against the rest"
    lines = draw_page(replace(table, title=title, rows=_group(table.rows)), width)
    sentences, warnings = judgements(result.scored(klass))
    lines += marks(sentences, width, " · ")
    return lines + marks(warnings, width, Span(" ⚠ ", "warn"))


def _group(
    rows: tuple[tuple[parts.PageCell, ...], ...],
) -> tuple[tuple[parts.PageCell, ...], ...]:
    """Name an arm in the first of its rows only."""
    names = [row[0] for row in rows]
    shown = (
        parts.PageCell(("",) if name == before else name.spans, "strong")
        for name, before in zip(names, [None, *names], strict=False)
    )
    return tuple((name, *row[1:]) for name, row in zip(shown, rows, strict=True))
