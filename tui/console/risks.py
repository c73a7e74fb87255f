"""Whether scores can be read as risks: as a table, and in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from engine.core.result import Result
from engine.core.views.calibration import judgements
from engine.export.page import parts, scores
from engine.export.page.facts import Facts
from tui.console.grid import draw_page
from tui.console.lines import Line, Span, line, marks
from tui.safe_text import clip

_MOST_CLASS = 24
_Row: TypeAlias = tuple[parts.PageCell, ...]


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
    lines = draw_page(
        replace(table, title=title, rows=tuple(_group(table.rows))), width
    )
    sentences, warnings = judgements(result.scored(klass))
    lines += marks(sentences, width, " · ")
    return lines + marks(warnings, width, Span(" ⚠ ", "warn"))


def _group(rows: Sequence[_Row]) -> Iterator[_Row]:
    """Name an arm in the first of its rows only."""
    before = None
    for name, *others in rows:
        spans = ("",) if name == before else name.spans
        yield (parts.PageCell(spans, "strong"), *others)
        before = name
