"""Curves over all thresholds: what a model can reach on the test rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from tui.charts import ticks
from tui.charts.base import Palette, message
from tui.charts.plane import Axis, Line, plane
from tui.console import figures

__all__ = [
    "Series",
    "Sweep",
    "counts_at",
    "precision_recall",
    "roc",
    "threshold_sweep",
]

Sweep: TypeAlias = Sequence[tuple[float, int, int]]
"""Threshold, false positives, true positives, from the highest threshold down."""

_COUNTED_RECALL = 0.1
"""Recall from which on a precision counts for the height of its scale."""


class Series(NamedTuple):
    """An arm's sweep over its thresholds, with a figure for the legend."""

    label: str
    sweep: Sweep
    note: str = ""


def roc(
    series: Sequence[Series],
    positives: int,
    negatives: int,
    width: int,
    height: int,
    palette: Palette,
) -> str:
    """Draw the share of positives found against that of false alarms.

    Parameters
    ----------
    series : sequence of Series
        One line each; `note` may hold the area.
    positives, negatives : int
        Test rows.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        With the diagonal of a coin.
    """
    if refusal := _refusal(series, positives, negatives):
        return message(refusal, width, height)
    lines = []
    for label, sweep, note in series:
        points = [(fp / negatives, tp / positives) for _, fp, tp in sweep]
        ends = [(0.0, 0.0), *points, (1.0, 1.0)] if points else []
        lines.append(Line(label, ends, note))
    return plane(
        lines,
        Axis("share of negatives alarmed"),
        Axis("recall"),
        width,
        height,
        palette,
        dotted=[((0.0, 0.0), (1.0, 1.0))],
    )


def precision_recall(
    series: Sequence[Series],
    positives: int,
    negatives: int,
    width: int,
    height: int,
    palette: Palette,
) -> str:
    """Draw precision against recall, with the prevalence to compare with.

    The scale of the precision ends where it is of use: at the greatest value from a
    recall of 0.1 on. What few rows reach before is cut, and the picture says so.

    Parameters
    ----------
    series : sequence of Series
        One line each; `note` may hold the average precision.
    positives, negatives : int
        Test rows.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        With a dotted line at the prevalence.
    """
    if refusal := _refusal(series, positives, negatives):
        return message(refusal, width, height)
    prevalence = positives / (positives + negatives)
    lines, highest = [], 2 * prevalence
    for label, sweep, note in series:
        points = [
            (tp / positives, tp / (fp + tp)) for _, fp, tp in sweep if fp + tp > 0
        ]
        lines.append(Line(label, points, note))
        counted = [y for x, y in points if x >= _COUNTED_RECALL]
        highest = max([highest, *counted])
    top = min(1.0, ticks.nice_ceiling(highest))
    name = f"precision (dotted: prevalence {figures.threshold(prevalence)}"
    name += ")" if top == 1 else f", cut at {top:g})"
    return plane(
        lines,
        Axis("recall"),
        Axis(name, 0.0, top),
        width,
        height,
        palette,
        dotted=[((0.0, prevalence), (1.0, prevalence))],
    )


def threshold_sweep(
    sweep: Sweep,
    positives: int,
    negatives: int,
    threshold: float,
    width: int,
    height: int,
    palette: Palette,
    label: str = "",
) -> str:
    """Draw recall, precision and alarms against the threshold of one arm.

    Parameters
    ----------
    sweep : sequence of (float, int, int)
        Threshold, false and true positives, from the highest threshold down.
    positives, negatives : int
        Test rows.
    threshold : float
        Where the threshold stands now: marked.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    label : str, default=""
        The arm.

    Returns
    -------
    str
    """
    if refusal := _refusal([Series(label, sweep)], positives, negatives):
        return message(refusal, width, height)
    if not math.isfinite(threshold):
        return message("No threshold is set.", width, height)
    known = [(t, fp, tp) for t, fp, tp in sweep if math.isfinite(t)][::-1]
    recall = [(t, tp / positives) for t, _, tp in known]
    precision = [(t, tp / (fp + tp)) for t, fp, tp in known if fp + tp > 0]
    alarms = [(t, (fp + tp) / (positives + negatives)) for t, fp, tp in known]
    high = max([threshold, *(t for t, _, _ in known)])
    heading = f"{label}  " if label else ""
    heading += f"at {figures.threshold(threshold)}"
    return plane(
        [
            Line("recall", recall),
            Line("precision", precision),
            Line("alarms", alarms),
        ],
        Axis("threshold", 0.0, ticks.nice_ceiling(high)),
        Axis("share"),
        width,
        height,
        palette,
        heading=heading,
        upright=threshold,
    )


def counts_at(sweep: Sweep, threshold: float) -> tuple[int, int]:
    """Return false and true positives at a threshold, as a sweep knows them.

    Parameters
    ----------
    sweep : sequence of (float, int, int)
        Threshold, false and true positives, from the highest threshold down.
    threshold : float
        A row is called positive at or above it.

    Returns
    -------
    tuple of (int, int)
        Exact at the sweep's own thresholds, and between two that are neighbours
        among all scores; a thinned sweep leaves some out.

    Examples
    --------
    >>> counts_at([(0.9, 0, 1), (0.4, 1, 2)], 0.5), counts_at([(0.9, 0, 1)], 0.95)
    ((0, 1), (0, 0))
    """
    found = (0, 0)
    for at, fp, tp in sweep:
        if at < threshold:
            break
        found = (fp, tp)
    return found


def _refusal(series: Sequence[Series], positives: int, negatives: int) -> str:
    """Return why there is nothing to draw, or nothing."""
    if not any(one.sweep for one in series):
        return "No result to draw yet."
    if positives <= 0 or negatives <= 0:
        return "A curve needs test rows of both classes."
    return ""
