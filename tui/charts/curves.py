"""Curves over all thresholds, of the test rows; reliability; how the search went."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from engine.core import curve
from engine.core import format as figures
from engine.core.costs import wilson
from engine.core.curve import Sweep
from engine.core.outcome import CalibrationBin
from engine.core.views.calibration import ReliabilityCurve
from tui.charts.base import MARKERS, Palette, logarithmic_ticks, message, nice_ceiling
from tui.charts.canvas import BELOW, Axis, Point, finite, round_out
from tui.charts.plane import PLAIN, Line, Whisker, plane

# Curves over all thresholds -----------------------------------------------------------

_COUNTED_RECALL = 0.1
"""Recall from which on a precision counts for the height of its scale."""
_LOWEST_ERROR = _LOWEST_SHARE = 0.001
_FEWEST = 10
"""Rows predicted positive from which on a lift is drawn: of fewer it is chance."""
_ARROW = 2
"""Cells that a plane adds to the name of its vertical scale."""
_RATES = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)
_DIAGONAL = ((0.0, 0.0), (1.0, 1.0))


class Series(NamedTuple):
    """An arm's sweep over its thresholds.

    Parameters
    ----------
    label : str
        What the legend calls it.
    sweep : sequence of (float, int, int)
        Threshold, false and true positives, from the highest threshold down.
    note : str, default=""
        A figure for the legend, such as the area.
    rank : int, default=PLAIN
        Lines of a higher rank are drawn over others.
    """

    label: str
    sweep: Sweep
    note: str = ""
    rank: int = PLAIN


class _Drawing(NamedTuple):
    """The points of each series, on their scales, with a line to compare with."""

    points: Sequence[Sequence[Point]]
    x: Axis
    y: Axis
    dotted: tuple[Point, Point] | None
    empty: str = ""


_Shape: TypeAlias = Callable[[Sequence[Sweep], int, int, int], _Drawing]
_Chart: TypeAlias = Callable[[Sequence[Series], int, int, int, int, Palette], str]


def _chart(shape: _Shape) -> _Chart:
    """Return the chart of a curve: a line for each series, or why there is none.

    A shape gets the sweeps, the positives and negatives among the test rows, and the
    width; the chart gets `Series`, these counts, width, height, and a palette.
    """

    def draw(
        series: Sequence[Series],
        positives: int,
        negatives: int,
        width: int,
        height: int,
        palette: Palette,
    ) -> str:
        reason = _refusal([one.sweep for one in series], positives, negatives)
        if reason:
            return message(reason, width, height)
        drawn = shape([one.sweep for one in series], positives, negatives, width)
        if drawn.empty and not any(drawn.points):
            return message(drawn.empty, width, height)
        lines = [
            Line(one.label, points, one.note, rank=one.rank)
            for one, points in zip(series, drawn.points, strict=True)
        ]
        dotted = [drawn.dotted] if drawn.dotted else []
        return plane(lines, drawn.x, drawn.y, width, height, palette, dotted=dotted)

    draw.__name__, draw.__doc__ = shape.__name__, shape.__doc__
    return draw


@_chart
def roc(sweeps: Sequence[Sweep], positives: int, negatives: int, _: int) -> _Drawing:
    """Draw recall against the false positive rate; dotted is a random score."""
    points = [_places(curve.roc(one, positives, negatives), True) for one in sweeps]
    x = Axis("false positive rate")
    return _Drawing(points, x, Axis("recall"), _DIAGONAL)


@_chart
def gain(sweeps: Sequence[Sweep], positives: int, negatives: int, _: int) -> _Drawing:
    """Draw recall against the share of rows predicted positive."""
    points = [_places(curve.gain(one, positives, negatives), True) for one in sweeps]
    x = Axis("share of rows predicted positive")
    y = Axis("recall (dotted: guessing)", brief="recall")
    return _Drawing(points, x, y, _DIAGONAL)


@_chart
def precision_recall(
    sweeps: Sequence[Sweep], positives: int, negatives: int, width: int
) -> _Drawing:
    """Draw precision against recall, with the prevalence to compare with.

    The scale of the precision ends where it is of use: at the greatest value from a
    recall of 0.1 on. What few rows reach before is cut, and the picture says so.
    """
    prevalence = positives / (positives + negatives)
    points = [
        _places(curve.precision_recall(one, positives, negatives)) for one in sweeps
    ]
    counted = [y for some in points for x, y in some if x >= _COUNTED_RECALL]
    top = min(1.0, nice_ceiling(max([2 * prevalence, *counted])))
    cut = "" if top == 1 else f", cut at {top:g}"
    name = f"precision (dotted: prevalence {figures.threshold(prevalence)}{cut})"
    if len(name) + _ARROW > width:
        name = f"precision{cut} (dotted: prevalence)"
    level = ((0.0, prevalence), (1.0, prevalence))
    y = Axis(name, 0.0, top, brief=f"precision{cut}")
    return _Drawing(points, Axis("recall"), y, level)


@_chart
def det(sweeps: Sequence[Sweep], positives: int, negatives: int, _: int) -> _Drawing:
    """Draw the false negative rate against the false positive rate, in normal deviates.

    Lower and further left is better. Scores that are normal in each class make
    straight lines, and rare errors have room. Dotted is a random score.
    """
    x, y = (
        (curve.deviate(min(0.2, least)), curve.deviate(0.99))
        for least in (
            max(_LOWEST_ERROR, 1 / negatives),
            max(_LOWEST_ERROR, 1 / positives),
        )
    )
    points = [
        [(a, b) for a, b in some if x[0] <= a <= x[1] and y[0] <= b <= y[1]]
        for some in (
            [on_scales("det", point) for point in curve.det(one, positives, negatives)]
            for one in sweeps
        )
    ]
    rates = [(curve.deviate(rate), f"{100 * rate:g} %") for rate in _RATES]
    low, high = max(x[0], -y[1]), min(x[1], -y[0])
    across = Axis("false positive rate", *x, ticks=rates)
    name = "false negative rate"
    up = Axis(f"{name} (lower is better)", *y, ticks=rates, brief=name)
    line = ((low, -low), (high, -high)) if low < high else None
    empty = "No threshold makes errors of both kinds: there is nothing to trade."
    return _Drawing(points, across, up, line, empty)


@_chart
def lift(sweeps: Sequence[Sweep], positives: int, negatives: int, _: int) -> _Drawing:
    """Draw precision as a multiple of the prevalence, by the rows predicted positive.

    Their share has a logarithmic scale, since only few rows can be looked at. Dotted
    at 1, which guessing reaches.
    """
    least = max(_LOWEST_SHARE, min(0.1, _FEWEST / (positives + negatives)))
    low = math.log10(least)
    points = [
        [
            on_scales("lift", point)
            for point in curve.lift(one, positives, negatives)
            if point.x >= least
        ]
        for one in sweeps
    ]
    highest = max([2.0, *(y for some in points for _, y in some)])
    shares = [
        (place, f"{100 * 10**place:.3g} %") for place, _ in logarithmic_ticks(low, 0)
    ]
    x = Axis("share of rows predicted positive", low, 0.0, ticks=shares)
    y = Axis("lift (dotted: guessing)", 0.0, nice_ceiling(highest), brief="lift")
    return _Drawing(points, x, y, ((low, 1.0), (0.0, 1.0)))


DRAWN: Final = {
    "pr": precision_recall,
    "roc": roc,
    "det": det,
    "lift": lift,
    "gain": gain,
}
"""The charts of curves, by the names of `engine.core.curve.CURVES`."""


def on_scales(kind: str, point: curve.CurvePoint) -> Point:
    """Return where a curve's point is on the scales of its chart."""
    if kind == "det":
        return curve.deviate(point.x), curve.deviate(point.y)
    return (math.log10(point.x) if kind == "lift" else point.x), point.y


def place_at(
    kind: str, fp: int, tp: int, positives: int, negatives: int
) -> Point | None:
    """Return where counts are on the scales of a curve's chart, if they are there."""
    made = curve.CURVES[kind]
    if positives <= 0 or negatives <= 0 or not (made.idle or fp + tp):
        return None
    place = made.place(fp, tp, positives, negatives)
    return on_scales(kind, curve.CurvePoint(math.nan, *place))


def point_at(
    kind: str, sweep: Sweep, positives: int, negatives: int, x: float
) -> curve.CurvePoint | None:
    """Return the point of a curve that is nearest to a place on its chart.

    Parameters
    ----------
    kind : str
        Out of `DRAWN`.
    sweep : sequence of (float, int, int)
        Threshold, false and true positives, from the highest threshold down.
    positives, negatives : int
        Test rows.
    x : float
        On the horizontal scale, as `on_scales` has it.

    Returns
    -------
    CurvePoint or None
        Of several above each other the one with fewer errors; None without a curve.

    Examples
    --------
    >>> sweep = [(0.9, 0, 1), (0.6, 1, 1), (0.4, 1, 2)]
    >>> point_at("pr", sweep, 2, 2, 0.6), point_at("roc", sweep, 2, 2, 0.6)
    (CurvePoint(threshold=0.9, x=0.5, y=1.0), CurvePoint(threshold=0.4, x=0.5, y=1.0))
    """
    points = curve.CURVES[kind].points(sweep, positives, negatives)
    better = -1 if kind != "det" else 1

    def far(point: curve.CurvePoint) -> tuple[float, float]:
        return abs(on_scales(kind, point)[0] - x), better * point.y

    return min(points, key=far, default=None)


def threshold_sweep(
    sweep: Sweep,
    positives: int,
    negatives: int,
    threshold: float | None,
    width: int,
    height: int,
    palette: Palette,
    label: str = "",
    negative: float = 1.0,
) -> str:
    """Draw recall, precision and alert rate against the threshold of one arm.

    Parameters
    ----------
    sweep : sequence of (float, int, int)
        Threshold, false and true positives, from the highest threshold down.
    positives, negatives : int
        Test rows.
    threshold : float or None
        Where the threshold stands now: marked and told, unless it is None.
    width, height, palette
        As for every chart.
    label : str, default=""
        The arm.
    negative : float, default=1
        What a negative counts beside a positive; see `engine.core.prevalence`.
    """
    if reason := _refusal([sweep], positives, negatives):
        return message(reason, width, height)
    if threshold is not None and not math.isfinite(threshold):
        return message("No threshold is set.", width, height)
    known = [(t, negative * fp, tp) for t, fp, tp in sweep if math.isfinite(t)][::-1]
    rows = positives + negative * negatives
    rates = {
        "recall": [(t, tp / positives) for t, _, tp in known],
        "precision": [(t, tp / (fp + tp)) for t, fp, tp in known if fp + tp > 0],
        "alert rate": [(t, (fp + tp) / rows) for t, fp, tp in known],
    }
    high = max([threshold or 0.0, *(t for t, _, _ in known)])
    x, y = Axis("threshold", 0.0, nice_ceiling(high)), Axis("share")
    lines, size = [Line(*rate) for rate in rates.items()], (width, height, palette)
    if threshold is None:
        return plane(lines, x, y, *size, heading=label)
    at = f"at {figures.threshold(threshold)}"
    heading = f"{label}  {at}" if label else at
    return plane(lines, x, y, *size, heading=heading, upright=(threshold, ""))


def counts_at(sweep: Sweep, threshold: float) -> tuple[int, int]:
    """Return false and true positives at a threshold, as a sweep knows them.

    Parameters
    ----------
    sweep : sequence of (float, int, int)
        Threshold, false and true positives, from the highest threshold down.
    threshold : float
        A row is predicted positive at or above it.

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
    counts = [(fp, tp) for at, fp, tp in sweep if at >= threshold]
    return counts[-1] if counts else (0, 0)


def _places(
    points: Iterable[curve.CurvePoint], to_the_end: bool = False
) -> list[Point]:
    """Return points without thresholds; if asked to the end, where all are positive."""
    places = [(point.x, point.y) for point in points]
    return [*places, (1.0, 1.0)] if places and to_the_end else places


def _refusal(sweeps: Sequence[Sweep], positives: int, negatives: int) -> str:
    """Return why there is nothing to draw, or nothing."""
    if not any(sweeps):
        return "No result to draw yet."
    if positives <= 0 or negatives <= 0:
        return "A curve needs test rows of both classes."
    return ""


# Reliability --------------------------------------------------------------------------

_HEADROOM = 1.1
_ALIKE = 2.0
"""Scales whose ends differ by no more than this get the same end."""
_LOW, _MANY = 0.2, 0.5
"""More than this part of the points, below this part of a scale, bends it."""
_LABELS = 8
"""Cells that the numbers of the vertical scale take at most."""


def reliability(
    series: Sequence[ReliabilityCurve], width: int, height: int, palette: Palette
) -> str:
    """Draw the share of positives in each bin against the mean score in it.

    Perfect probabilities are on the dotted line. Bars are Wilson's 95 % intervals of
    the shares, where there is room for them. Both scales end where the points do; if
    most points are in a low corner even then, both are square-root scales, on which
    the dotted line is as straight.

    Parameters
    ----------
    series : sequence of ReliabilityCurve
        One line each, the first drawn over the others.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        At most `height` lines, or a message where there is nothing, or no room.
    """
    drawn = series[: len(MARKERS)]
    bins = [one for curve in drawn for one in curve.bins]
    if not bins:
        return message("No result to draw yet.", width, height)
    right, top, root = _scale(bins)

    def place(value: float) -> float:
        return math.sqrt(max(0.0, value)) if root else value

    name, canvas = "predicted probability", width - _LABELS
    across: list[tuple[float, str]] = []
    up: list[tuple[float, str]] = []
    if root:
        long = f"{name}, square-root scales"
        name = long if len(long) + 2 <= canvas else f"{name} (√)"
        rows = height - max(1, height // 6) - 1 - BELOW
        across, up = _ticks(right, canvas, across=True), _ticks(top, rows)
    brief = "mean score (√)" if root else "mean score"
    x = Axis(name, 0.0, place(right), ticks=across, brief=brief)
    name, brief = "observed rate (dotted: perfect)", "observed rate"
    y = Axis(name, 0.0, place(top), ticks=up, brief=brief)
    lines = []
    for label, some, note in series:
        points = [(place(b.score), place(b.positives / b.rows)) for b in some]
        lines.append(Line(label, points, note, dots=points))
    # The last curve has its own first: it is the one that may be on the dotted line.
    whiskers = [
        Whisker(
            number,
            place(b.score),
            *map(place, wilson(b.positives, b.rows) or (0.0, 1.0)),
        )
        for number, curve in [*enumerate(drawn)][::-1]
        for b in reversed(curve.bins)
    ]
    end = min(x.high, y.high)
    dotted = [((0.0, 0.0), (end, end))]
    return plane(lines, x, y, width, height, palette, dotted=dotted, whiskers=whiskers)


def _scale(bins: Sequence[CalibrationBin]) -> tuple[float, float, bool]:
    """Return the ends of both scales, and whether they are of square roots."""
    scores = [b.score for b in bins]
    share = max(b.positives / b.rows for b in bins)
    x = min(1.0, nice_ceiling(max(scores)))
    y = min(1.0, nice_ceiling(_HEADROOM * share)) if share else x
    if max(x, y) <= _ALIKE * min(x, y):
        x = y = max(x, y)
    low = sum(score < _LOW * x for score in scores)
    return x, y, low > _MANY * len(scores)


def _ticks(high: float, cells: int, *, across: bool = False) -> list[tuple[float, str]]:
    """Return ticks of a square-root scale, from its end down, as many as fit."""
    top = math.ceil(math.log10(high))
    values = [high, *(m * 10.0**e for e in range(top, top - 7, -1) for m in (5, 2, 1))]
    marks: list[tuple[float, str]] = []
    last, wide = math.inf, 0
    for value in [*(v for v in values if v <= high), 0.0]:
        text = f"{value:g}"
        place = math.sqrt(value / high) * (cells - 1)
        need = (len(text) + wide) / 2 + 2 if across else 2
        if last - place >= need and (value == 0 or place >= need):
            marks.append((math.sqrt(value), text))
            last, wide = place, len(text)
    return marks[::-1]


# The search for a model's parameters --------------------------------------------------


def objective_by_trial(
    series: Mapping[str, Sequence[tuple[int, float]]],
    width: int,
    height: int,
    palette: Palette,
    *,
    objective: str = "objective",
    greater_is_better: bool = True,
    ranks: Mapping[str, int] | None = None,
) -> str:
    """Draw the best score so far of each arm against its trials.

    Parameters
    ----------
    series : mapping of str to sequence of (int, float)
        Trial numbers and scores by arm. A single arm's trials are dotted too.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    objective : str, default="objective"
        What the score is called.
    greater_is_better : bool, default=True
        Which way is up.
    ranks : mapping of str to int, default=None
        How the lines of arms are drawn; `PLAIN` where nothing is said.

    Returns
    -------
    str
    """
    lines = []
    for label, trials in series.items():
        if points := sorted(finite(trials)):
            best = _best_so_far(points, greater_is_better)
            note = figures.decimals(best[-1][1], 3)
            dots = points if len(series) == 1 else ()
            rank = (ranks or {}).get(label, PLAIN)
            lines.append(Line(label, best, note, dots, rank))
    if not lines:
        return message("No finished trial yet.", width, height)
    last = max(line.points[-1][0] for line in lines)
    lines = [_lengthen(line, last) for line in lines]
    values = [y for line in lines for _, y in [*line.points, *line.dots]]
    x = Axis("trial", 0, nice_ceiling(last), whole=True)
    y = _around(f"{objective}, best so far", values)
    return plane(lines, x, y, width, height, palette)


def boosting_curve(
    points: Sequence[tuple[int, float]],
    width: int,
    height: int,
    palette: Palette,
    *,
    objective: str = "objective",
    greater_is_better: bool = True,
    label: str = "",
    rounds: str = "boosting rounds",
) -> str:
    """Draw the mean objective of one trial against its rounds.

    Parameters
    ----------
    points : sequence of (int, float)
        Rounds and scores.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    objective : str, default="objective"
        What the score is called.
    greater_is_better : bool, default=True
        Which way is up.
    label : str, default=""
        The arm and the trial.
    rounds : str, default="boosting rounds"
        What they are called.

    Returns
    -------
    str
        With the best round marked.
    """
    known = sorted(finite(points))
    if len(known) < 2:
        return message(f"No {rounds} to show yet.", width, height)
    choose = max if greater_is_better else min
    best = choose(known, key=lambda point: point[1])
    note = f"best {figures.decimals(best[1], 3)} at {best[0]:,}"
    line = Line(label or "mean over the folds", known, note, dots=[best])
    x = Axis(rounds, 0, nice_ceiling(known[-1][0]), whole=True)
    y = _around(objective, [value for _, value in known])
    return plane([line], x, y, width, height, palette)


def _best_so_far(points: Sequence[Point], greater: bool) -> list[Point]:
    """Return the steps of the best value so far."""
    steps: list[Point] = []
    best = points[0][1]
    for x, y in points:
        if steps and x > steps[-1][0]:
            steps.append((x, best))
        if not steps or (y > best if greater else y < best):
            best = y
            steps.append((x, best))
    return steps


def _lengthen(line: Line, last: float) -> Line:
    x, y = line.points[-1]
    points = [*line.points, (last, y)] if x < last else line.points
    return Line(line.label, points, line.note, line.dots, line.rank)


def _around(name: str, values: Sequence[float]) -> Axis:
    """Return a scale with a little air at both ends."""
    low, high = min(values), max(values)
    air = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
    return Axis(name, *round_out(low - air, high + air))
