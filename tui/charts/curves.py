"""Curves over all thresholds: what a model can reach on the test rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine import curve
from engine.curve import Point, Sweep
from tui.charts import ticks
from tui.charts.base import Palette, message
from tui.charts.plane import Axis, Line, plane
from tui.console import figures

__all__ = [
    "Series",
    "Sweep",
    "counts_at",
    "det",
    "line_of",
    "places",
    "precision_recall",
    "refusal",
    "roc",
    "threshold_sweep",
]

_COUNTED_RECALL = 0.1
"""Recall from which on a precision counts for the height of its scale."""
_LOWEST_ERROR = 0.001
_ARROW = 2
"""Cells that a plane adds to the name of its vertical scale."""
_RATES = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)


class Series(NamedTuple):
    """An arm's sweep over its thresholds.

    Parameters
    ----------
    label : str
        What the legend calls it.
    sweep : sequence of (float, int, int)
        Threshold, false and true positives, from the highest threshold down.
    note : str, default=""
        A figure for the legend.
    named : str, default=""
        What is written beside its line, so that it is found without colour.
    """

    label: str
    sweep: Sweep
    note: str = ""
    named: str = ""


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
    if reason := refusal(series, positives, negatives):
        return message(reason, width, height)
    lines = []
    for one in series:
        points = places(curve.roc(one.sweep, positives, negatives))
        lines.append(line_of(one, [*points, (1.0, 1.0)] if points else []))
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
    if reason := refusal(series, positives, negatives):
        return message(reason, width, height)
    prevalence = positives / (positives + negatives)
    lines, highest = [], 2 * prevalence
    for one in series:
        points = places(curve.precision_recall(one.sweep, positives, negatives))
        lines.append(line_of(one, points))
        counted = [y for x, y in points if x >= _COUNTED_RECALL]
        highest = max([highest, *counted])
    top = min(1.0, ticks.nice_ceiling(highest))
    cut = "" if top == 1 else f", cut at {top:g}"
    name = f"precision (dotted: prevalence {figures.threshold(prevalence)}{cut})"
    if len(name) + _ARROW > width:
        name = f"precision{cut} (dotted: prevalence)"
    return plane(
        lines,
        Axis("recall"),
        Axis(name, 0.0, top),
        width,
        height,
        palette,
        dotted=[((0.0, prevalence), (1.0, prevalence))],
    )


def det(
    series: Sequence[Series],
    positives: int,
    negatives: int,
    width: int,
    height: int,
    palette: Palette,
) -> str:
    """Draw the share missed against that of false alarms, both in normal deviates.

    The lower and the further left the better. Scores that are normal in each class
    make straight lines, and rare errors have as much room as frequent ones.

    Parameters
    ----------
    series : sequence of Series
        One line each.
    positives, negatives : int
        Test rows.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        With the dotted line of a coin.
    """
    if reason := refusal(series, positives, negatives):
        return message(reason, width, height)
    alarmed = max(_LOWEST_ERROR, 1 / negatives)
    missed = max(_LOWEST_ERROR, 1 / positives)
    x, y = (_deviates(least) for least in (alarmed, missed))
    lines = []
    for one in series:
        points = [
            (curve.deviate(point.x), curve.deviate(point.y))
            for point in curve.det(one.sweep, positives, negatives)
        ]
        inside = [(a, b) for a, b in points if x[0] <= a <= x[1] and y[0] <= b <= y[1]]
        lines.append(line_of(one, inside))
    if not any(line.points for line in lines):
        text = "No threshold makes errors of both kinds: there is nothing to trade."
        return message(text, width, height)
    rates = [(curve.deviate(rate), f"{100 * rate:g} %") for rate in _RATES]
    low, high = max(x[0], -y[1]), min(x[1], -y[0])
    return plane(
        lines,
        Axis("share of negatives alarmed", *x, ticks=rates),
        Axis("positives missed (lower is better)", *y, ticks=rates),
        width,
        height,
        palette,
        dotted=[((low, -low), (high, -high))] if low < high else [],
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
    if reason := refusal([Series(label, sweep)], positives, negatives):
        return message(reason, width, height)
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


def places(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Return points without their thresholds."""
    return [(point.x, point.y) for point in points]


def line_of(one: Series, points: list[tuple[float, float]]) -> Line:
    """Return the line of an arm through these points."""
    return Line(one.label, points, one.note, named=one.named)


def _deviates(least: float) -> tuple[float, float]:
    """Return the ends of a scale of errors: from few of them to nearly all."""
    return curve.deviate(min(0.2, least)), curve.deviate(0.99)


def refusal(series: Sequence[Series], positives: int, negatives: int) -> str:
    """Return why there is nothing to draw, or nothing."""
    if not any(one.sweep for one in series):
        return "No result to draw yet."
    if positives <= 0 or negatives <= 0:
        return "A curve needs test rows of both classes."
    return ""
