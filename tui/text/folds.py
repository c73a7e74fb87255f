"""Arms over the folds, and what so few positives can show: as text."""

from __future__ import annotations

from typing import Final

from engine.core.result import Result
from engine.core.views.comparisons import ALSO_CHOSE
from engine.core.views.report import forest, parts
from engine.core.views.report.facts import Facts
from tui.text.grid import draw_page
from tui.text.lines import Line, Span, aside, stack

WORSE: Final = "░"
SAME: Final = "─"
BETTER: Final = "█"
_BAR: Final = 20
# There is no room for a p that is not adjusted, nor for the power.
_OVER_FOLDS: Final = (0, 1, 2, 4, 5, 6, 7)
_ON_TEST_ROWS: Final = (0, 1, 2, 3, 5, 6)
_DETECTABLE: Final = range(5)


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


def differences(result: Result, *, width: int, at: str) -> list[Line]:
    """Return how arms differ at an operating point, and where none is needed."""
    points = (result.follow_point(at), None)
    by_metric = forest.comparisons(Facts(result), points)
    tables = [draw_page(table.pick(*_ON_TEST_ROWS), width) for table in by_metric]
    few = result.scarcity
    return stack([*tables, aside(few, width) if few else []])


def _bar(row: tuple[parts.PageCell, ...]) -> Span:
    worse, same, better = (share for cell in row for share in cell.bars)
    return Span(bar(worse, same, better))
