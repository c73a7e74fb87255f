"""Arms over the folds, and what so few positives can show: as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from engine.export.page.facts import Document, Facts
from tui.console import figures
from tui.console.grid import Column, grid
from tui.console.lines import Line, Span, aside, line
from tui.console.style import Look

WORSE: Final = "░"
SAME: Final = "─"
BETTER: Final = "█"
METRICS: Final = {
    "average_precision": ("average precision", 3),
    "roc_auc": ("ROC AUC", 3),
    "log_loss": ("log loss", 4),
    "brier": ("Brier score", 4),
    "cost_per_1000": ("cost per 1,000 rows", 1),
    "false_positive_rate": ("false positive rate at equal recall", 3),
    "recall": ("recall at the same operating point", 3),
    "f1": ("highest F1", 3),
}
FEWEST_FOLDS: Final = 5
"""An interval of a mean over fewer folds is wider than the figure can be."""
_BAR: Final = 20
_MOST_NAME: Final = 32
_FOLDS: Final = (
    Column("arm", align="left", least=8, most=_MOST_NAME),
    Column("difference", "diff"),
    Column("95 % interval", drop=2),
    Column("adjusted p", "p", drop=1),
    Column("worse", drop=3),
    Column("same", drop=3),
    Column("better", drop=3),
    Column("", align="left"),
)
_SEEN: Final = (
    Column("arm", align="left", least=8, most=_MOST_NAME),
    Column("threshold", align="left", drop=2),
    Column("positives", drop=1),
    Column("arms disagree on", "disagree"),
    Column("smallest difference in recall", "smallest"),
)


def bar(worse: float, same: float, better: float, width: int = _BAR) -> str:
    """Draw three probabilities side by side, told apart without colour.

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


def folds(document: Document, *, width: int) -> list[Line]:
    """Return how arms differ over the folds, and what could be seen at all.

    Parameters
    ----------
    document : mapping
        A result document.
    width : int
        Cells that a line takes at most.

    Returns
    -------
    list of Line
        A table per metric with a bar of the probabilities that an arm is worse,
        practically the same, and better; then the smallest differences in recall that
        the test positives show. Empty where a run has neither.
    """
    lines: list[Line] = []
    compared = document.get("folds") or []
    for metric, (name, digits) in METRICS.items():
        rows = [row for row in compared if row["metric"] == metric]
        if rows:
            lines += [(), *_metric(rows, name, digits, width)]
    if lines:
        text = (
            f"{WORSE} worse, {SAME} practically the same, {BETTER} better: the "
            "probability of each, by a Bayesian test that knows that folds overlap. "
            "The folds also chose the trials compared."
        )
        lines += aside(text, width)
    found = document.get("detectable") or []
    if found:
        lines += [(), *_seen(found, Facts(document), width)]
    return lines[1:]


def _metric(
    rows: Sequence[Mapping[str, Any]], name: str, digits: int, width: int
) -> list[Line]:
    first = rows[0]
    cells = [
        [
            Span(row["a"]),
            Span(figures.signed(row["difference"], digits), _sure(row)),
            Span(interval(row, digits)),
            Span(_p(row["adjusted_p"]), _sure(row)),
            *(
                Span(f"{row[what]:.2f}", "bold" if row[what] > 0.95 else "")
                for what in ("worse", "same", "better")
            ),
            Span(bar(row["worse"], row["same"], row["better"])),
        ]
        for row in rows
    ]
    heading = line(
        " ",
        Span(f"{name} over {first['folds']:,} folds, minus {first['b']}", "bold"),
        Span(f"   the same in practice: ± {first['rope']:.2g}", "dim"),
    )
    return [heading, *grid(_FOLDS, cells, width)[0]]


def interval(row: Mapping[str, Any], digits: int) -> str:
    """Write the interval of a difference over the folds, if there are enough.

    Examples
    --------
    >>> interval({"ci": (-0.01, 0.02), "folds": 5}, 2)
    '−0.01 to +0.02'
    >>> interval({"ci": (-1.3, 1.7), "folds": 3}, 2)
    'too few folds'
    """
    if row["folds"] < FEWEST_FOLDS:
        return "too few folds"
    return " to ".join(figures.signed(limit, digits) for limit in row["ci"])


def _sure(row: Mapping[str, Any]) -> Look:
    return "bold" if row["adjusted_p"] < 0.05 else ""


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.2g}"


def _seen(found: Sequence[Mapping[str, Any]], facts: Facts, width: int) -> list[Line]:
    cells = [
        [
            Span(row["arm"]),
            Span(facts.called(row["policy"])),
            Span(figures.count(row["positives"])),
            Span(f"{100 * row['discordant']:.0f} %"),
            Span(
                "none could" if row["difference"] >= 1 else f"{row['difference']:.2f}",
                "bold",
            ),
        ]
        for row in found
    ]
    text = (
        "A smaller difference goes unseen more often than in one run of five: that it "
        "is not shown does not mean that there is none."
    )
    return [
        line(" ", Span("what the test positives can show", "bold")),
        *grid(_SEEN, cells, width)[0],
        *aside(text, width),
    ]
