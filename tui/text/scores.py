"""What scores come to, as tables: costs, calibration, differences, resampling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from engine.core import space
from engine.core.result import Result
from engine.core.views.calibration import judgements
from engine.core.views.comparisons import ALSO_CHOSE
from engine.core.views.matched import matched
from engine.core.views.report import data, forest, parts, scores, subgroups
from engine.core.views.report import review as reviewed
from engine.core.views.report import splits as repeated
from engine.core.views.report.facts import Facts, explain
from tui.terminal.safe_text import clip
from tui.text.grid import draw, draw_page
from tui.text.lines import Line, Span, aside, line, marks, stack, wrap

_Row: TypeAlias = tuple[parts.PageCell, ...]
_NO_RESULT: Final = [line(Span(" no arm has a result yet", "dim"))]


# Costs and matched arms ---------------------------------------------------------------

_WON = (1, 2, 0, 3)
"""Columns of the winners; notes say which leads are in doubt."""
_IN_USE = (1, 2, 0, 3, 4)


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
        return list(_NO_RESULT)
    facts, lines = Facts(result), list[Line]()
    if winners := scores.winners(facts, klass):
        lines += stack(draw_page(table.pick(*_WON), width) for table in winners)
        doubts, leads = scores.winner_notes(result, klass)
        lines += marks(doubts, width, " ", look="dim")
        lines += marks(leads, width, " ")
    in_use = () if klass else scores.winners_in_use(facts)
    by_prevalence = [draw_page(one.pick(*_IN_USE), width) for one in in_use]
    implied = scores.implied_ratios(facts, klass, at or result.point_name)
    return stack([lines, draw_page(implied, width, focused=focused), *by_prevalence])


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
        return list(_NO_RESULT)
    tables, note = matched(result, klass)
    first %= len(tables) or 1
    turned = (*tables[first:], *tables[:first])
    drawn = stack(draw(table, width, focused) for table in turned)
    return [*drawn, (), *aside(note, width)]


# Calibration --------------------------------------------------------------------------

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
    title = (
        "" if klass is None else f"class {clip(klass, _MOST_CLASS)} against the rest"
    )
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


# Differences --------------------------------------------------------------------------

# There is no room for a p that is not adjusted, nor for the power.
_OVER_FOLDS: Final = (0, 1, 2, 4, 5, 6, 7)
_ON_TEST_ROWS: Final = (0, 1, 2, 3, 5, 6)
_DETECTABLE: Final = range(5)


def folds(result: Result, *, width: int) -> list[Line]:
    """Return how arms differ over the folds, and what could be seen at all.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
        A table per metric with a bar of the probabilities that an arm is worse,
        practically the same, and better; then the smallest differences in recall that
        the test positives show. Empty where a run has neither.
    """
    facts = Facts(result)
    drawn = [
        draw_page(table.pick(*_OVER_FOLDS), width, _bar)
        for table in forest.folds(facts)
    ]
    if drawn:
        text = (
            f"{WORSE} worse, {SAME} practically the same, {BETTER} better: the "
            "probability of each, by a Bayesian test that knows that folds overlap. "
            f"{ALSO_CHOSE}"
        )
        drawn.append(aside(text, width))
    if detectable := forest.detectable(facts):
        drawn.append(draw_page(detectable.pick(*_DETECTABLE), width))
    return stack(drawn)


def groups(result: Result, *, width: int) -> list[Line]:
    """Return what each arm does on groups of people, and the gaps between them."""
    drawn = [draw_page(table, width) for table in subgroups.tables(Facts(result))]
    if drawn:
        drawn.append(aside(explain("subgroups"), width))
    return stack(drawn)


def review(result: Result, *, width: int, focused: str = "") -> list[Line]:
    """Return which scores of each arm go to a person, and sets of classes."""
    tables = reviewed.tables(Facts(result))
    return stack(draw_page(table, width, focused=focused) for table in tables)


def splits(
    result: Result, *, width: int, at: str | None = None, seeds: bool = True
) -> list[Line]:
    """Return what several splits come to.

    Parameters
    ----------
    result : Result
    width : int
        Cells that a line takes at most.
    at : str or None, default=None
        Operating point of the figures; the experiment's own when None.
    seeds : bool, default=True
        Whether every split has a line, with the seed that repeats it.

    Returns
    -------
    list of Line
        How often the recommendation stands, what the splits recommend, the spread of
        each arm's figures, and how arms differ. Empty of one split.
    """
    facts = Facts(result)
    said = repeated.standing(facts)
    if not said:
        return []
    tests = (table.pick(*_OVER_FOLDS) for table in repeated.tests(facts))
    point = result.select_point(at)
    tables = repeated.spreads(facts, point), repeated.verdicts(facts)
    each = repeated.outcomes(facts) if seeds else None
    return stack(
        [
            wrap(parts.text(said), width, first=" "),
            *(draw_page(table, width) for table in tables if table),
            *(draw_page(table, width, _bar) for table in tests),
            draw_page(each, width) if each else [],
        ]
    )


def differences(result: Result, *, width: int, at: str) -> list[Line]:
    """Return how arms differ at an operating point, and where none is needed."""
    points = (result.follow_point(at), None)
    by_metric = forest.comparisons(Facts(result), points)
    tables = [draw_page(table.pick(*_ON_TEST_ROWS), width) for table in by_metric]
    few = result.scarcity
    return stack([*tables, aside(few, width) if few else []])


WORSE: Final = "░"
SAME: Final = "─"
BETTER: Final = "█"
_BAR: Final = 20


def bar(worse: float, same: float, better: float, width: int = _BAR) -> str:
    """Draw three probabilities side by side, distinct without colour.

    Parameters
    ----------
    worse, same, better : float
        They add up to 1.
    width : int, default=20
        Cells in all.

    Returns
    -------
    str
        Cells by the largest remainder, so that there are always `width`.

    Examples
    --------
    >>> bar(0.25, 0.5, 0.25, 12), bar(0.0, 0.01, 0.99, 8)
    ('░░░──────███', '████████')
    """
    shares = [share * width for share in (worse, same, better)]
    counts = [int(share) for share in shares]
    rest = sorted(range(3), key=lambda i: counts[i] - shares[i])
    for index in rest[: max(0, width - sum(counts))]:
        counts[index] += 1
    return "".join(
        mark * n for mark, n in zip((WORSE, SAME, BETTER), counts, strict=True)
    )


def _bar(row: tuple[parts.PageCell, ...]) -> Span:
    worse, same, better = (share for cell in row for share in cell.bars)
    return Span(bar(worse, same, better))


# Resampling ---------------------------------------------------------------------------


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
        Empty if no arm made a row, and none was searched.
    """
    table = data.quality(Facts(result))
    lines = draw_page(table, width) if table else []
    return lines + marks(space.chosen_settings(result), width, " ")
