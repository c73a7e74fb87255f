"""How the search for a model's parameters went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.core import format as figures
from tui.charts.base import Palette, message
from tui.charts.plane import Axis, Line, Point, finite, plane


def objective_by_trial(
    series: Mapping[str, Sequence[tuple[int, float]]],
    width: int,
    height: int,
    palette: Palette,
    *,
    objective: str = "objective",
    greater_is_better: bool = True,
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

    Returns
    -------
    str
    """
    lines = []
    for label, trials in series.items():
        if points := sorted(finite(trials)):
            best = _best(points, greater_is_better)
            note = figures.decimals(best[-1][1], 3)
            dots = points if len(series) == 1 else ()
            lines.append(Line(label, best, note, dots))
    if not lines:
        return message("No finished trial yet.", width, height)
    first = min(line.points[0][0] for line in lines)
    last = max(line.points[-1][0] for line in lines)
    lines = [_to_the_end(line, last) for line in lines]
    values = [y for line in lines for _, y in [*line.points, *line.dots]]
    x = Axis("trial", first, max(last, first + 1), whole=True)
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
) -> str:
    """Draw the mean objective of one trial against its boosting rounds.

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

    Returns
    -------
    str
        With the best round marked.
    """
    known = sorted(finite(points))
    if len(known) < 2:
        return message("No boosting round to show yet.", width, height)
    choose = max if greater_is_better else min
    best = choose(known, key=lambda point: point[1])
    note = f"best {figures.decimals(best[1], 3)} at round {best[0]:,}"
    line = Line(label or "mean over the folds", known, note, dots=[best])
    first, last = known[0][0], known[-1][0]
    x = Axis("round", first, max(last, first + 1), whole=True)
    y = _around(objective, [value for _, value in known])
    return plane([line], x, y, width, height, palette)


def _best(points: Sequence[Point], greater: bool) -> list[Point]:
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


def _to_the_end(line: Line, last: float) -> Line:
    x, y = line.points[-1]
    points = [*line.points, (last, y)] if x < last else line.points
    return Line(line.label, points, line.note, line.dots)


def _around(name: str, values: Sequence[float]) -> Axis:
    """Return a scale with a little air at both ends."""
    low, high = min(values), max(values)
    air = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
    return Axis(name, low - air, high + air)
