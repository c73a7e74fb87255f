"""Training rows before and after an arm: points in a plane, and a column's values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from engine.client.lab import Cloud, TreatedRows
from engine.client.messages import ColumnPicture
from tui.charts import classes
from tui.charts.base import Colour, Palette, message, render
from tui.charts.column import column_by_class
from tui.charts.plane import Axis, Line, Point, finite, legend, shade, to_cell
from tui.charts.scatter import BELOW, CLOUD, MARKED, axis_of, canvas_of
from tui.console import figures
from tui.safe_text import clip

__all__ = ["SIDES", "WHOLE", "Side", "Window", "column_change", "treated_points"]

Side: TypeAlias = Literal["before", "after", "change"]
SIDES: Final[tuple[Side, ...]] = ("before", "after", "change")

LEAST_WIDTH, LEAST_HEIGHT = 24, 8
MADE, DROPPED = "+", "×"
_SPECIAL = "▲"
_BETWEEN = "■◆○□◇"
"""Markers of classes that are neither the largest nor the special one."""


class Window(NamedTuple):
    """The part of the plane that is seen: its middle and its size, in shares of all."""

    across: float = 0.5
    up: float = 0.5
    size: float = 1.0

    def zoomed(self, factor: float) -> Window:
        """Return the window with another size, from all of the plane to a 64th.

        Examples
        --------
        >>> Window().zoomed(0.5), Window(0.75, 0.5, 0.5).zoomed(2)
        (Window(across=0.5, up=0.5, size=0.5), Window(across=0.5, up=0.5, size=1.0))
        """
        size = min(1.0, max(1 / 64, self.size * factor))
        return Window(self.across, self.up, size)._inside()

    def moved(self, right: int, up: int) -> Window:
        """Return the window a quarter of itself further, inside the plane.

        Examples
        --------
        >>> Window(0.5, 0.5, 0.5).moved(1, -9)
        Window(across=0.625, up=0.25, size=0.5)
        """
        step = self.size / 4
        moved = Window(self.across + right * step, self.up + up * step, self.size)
        return moved._inside()

    def _inside(self) -> Window:
        half = self.size / 2
        across, up = (
            min(1 - half, max(half, middle)) for middle in (self.across, self.up)
        )
        return Window(across, up, self.size)


WHOLE: Final = Window()


class _Series(NamedTuple):
    """Points that look the same: what they are, how many there are, where they are."""

    label: str
    marker: str
    colour: Colour
    total: int
    points: Sequence[Point]
    note: str = ""


def treated_points(
    rows: TreatedRows,
    side: Side,
    width: int,
    height: int,
    palette: Palette,
    *,
    positive: str | None = None,
    window: Window = WHOLE,
) -> str:
    """Draw training rows before or after an arm, or only what it changed.

    The largest class is a cloud of fine dots. Every other class has a marker of its
    own, and so have synthetic and dropped rows. The scales are the same on each side.

    Parameters
    ----------
    rows : TreatedRows
        Points and counts.
    side : {"before", "after", "change"}
        What is drawn; of the last, only rows that were added or dropped.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.
    positive : str or None, default=None
        The positive class; the smallest has its looks without one.
    window : Window, default=WHOLE
        The part of the plane that is seen.

    Returns
    -------
    str
        `height` lines, or a message where there is nothing to draw or no room.
    """
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return message("Too small for a scatter.", width, height)
    clouds = (rows.kept, rows.made, rows.dropped)
    everywhere = [p for cloud in clouds for p in _points(cloud)]
    if not everywhere:
        return message("No row has a value in both columns.", width, height)
    whole = [
        axis_of(name, [p[n] for p in everywhere]) for n, name in enumerate(rows.axes)
    ]
    x, y = (
        _part(axis, middle, window.size)
        for axis, middle in zip(whole, (window.across, window.up), strict=True)
    )
    series = _change(rows, palette) if side == "change" else []
    if side == "change" and not series:
        return message(_unchanged(rows), width, height)
    if side != "change":
        series = _classes(rows, side, positive, palette)
    seen = [s._replace(points=_within(s.points, x, y)) for s in series]
    lines = [
        Line(clip(s.label, 20), (), f"{figures.count(s.total)}{s.note}") for s in series
    ]
    head = legend(
        lines,
        width,
        max(1, height // 6),
        palette,
        markers="".join(s.marker for s in series),
        colours=[s.colour for s in series],
    )
    head.append(palette.paint(clip(f"{y.name} ↑", width), palette.muted))
    tall = height - len(head) - 1
    made, canvas = canvas_of(x, y, width, tall)
    grid = (canvas, tall - BELOW)
    room = _rooms(seen, max(2, canvas * (tall - BELOW) // MARKED))
    drawn = 0
    # What is rare is drawn last, above all else.
    for one in sorted(seen, key=_depth):
        points, many = _spread(one, x, y, grid, room.get(one.marker))
        drawn += many
        if points:
            style = "braille" if one.marker == CLOUD else one.marker
            xs, ys = ([p[n] for p in points] for n in (0, 1))
            made.scatter(xs, ys, marker=style, color=shade(one.colour))
    total = sum(s.total for s in series)
    said = f"{figures.count(drawn)} of {figures.plural(total, 'row')} shown"
    if window.size < 1:
        said += f" · zoomed {1 / window.size:.3g}×"
    return "\n".join(
        [palette.paint(clip(said, width), palette.muted), *head, render(made, palette)]
    )


def _classes(
    rows: TreatedRows, side: Side, positive: str | None, palette: Palette
) -> list[_Series]:
    """Return the real rows by class, and after the arm the synthetic ones."""
    order = classes.largest_first(rows.before)
    special = positive if positive in rows.before else order[-1]
    between = [label for label in order[:-1] if label != special]
    largest = between[0] if between else special
    marks: dict[str, tuple[str, Colour]] = {largest: (CLOUD, palette.majority)}
    others = zip(between[1:], _BETWEEN, palette.series[2:], strict=False)
    marks |= {label: (marker, colour) for label, marker, colour in others}
    marks[special] = (_SPECIAL, palette.minority)
    found = []
    for label, (marker, colour) in marks.items():
        synthetic = rows.synthetic.get(label, 0)
        if side == "before":
            count, points, note = rows.before[label], _all(rows, label), ""
        else:
            count = rows.after.get(label, 0) - synthetic
            points = _points(rows.kept, label)
            kept = rows.before[label] - rows.removed.get(label, 0)
            note = f" ({count - kept:,} repeated)" if count > kept else ""
        found.append(_Series(label, marker, colour, count, points, note))
    if side == "after":
        found += _made(rows, palette)
    return found


def _change(rows: TreatedRows, palette: Palette) -> list[_Series]:
    removed = sum(rows.removed.values())
    found = _made(rows, palette)
    if removed:
        points = _points(rows.dropped)
        found.append(_Series("dropped", DROPPED, palette.accent, removed, points))
    return found


def _made(rows: TreatedRows, palette: Palette) -> list[_Series]:
    many = sum(rows.synthetic.values())
    if not many:
        return []
    points = _points(rows.made)
    return [_Series("synthetic", MADE, palette.synthetic, many, points)]


def _unchanged(rows: TreatedRows) -> str:
    if rows.copies:
        copies = figures.plural(rows.copies, "row is repeated", "rows are repeated")
        return f"{copies}: they lie where those lie that they repeat."
    return "No row was added or dropped."


def _all(rows: TreatedRows, label: str) -> list[Point]:
    """Return the rows of a class before, those kept and those dropped as they were.

    Of both only some are there: as large a part of the one is taken as of the other.
    """
    gone = rows.removed.get(label, 0)
    parts = (
        (_points(rows.kept, label), rows.before[label] - gone),
        (_points(rows.dropped, label), gone),
    )
    share = min((len(p) / many for p, many in parts if p and many > 0), default=0.0)
    return [p for points, many in parts for p in points[: max(1, round(share * many))]]


def _points(cloud: Cloud, label: str | None = None) -> list[Point]:
    labels = cloud if label is None else [label] if label in cloud else []
    pairs = [pair for name in labels for pair in zip(*cloud[name], strict=True)]
    return finite(pairs)


def _part(axis: Axis, middle: float, size: float) -> Axis:
    span = axis.high - axis.low
    low = axis.low + span * (middle - size / 2)
    return Axis(axis.name, low, low + span * size)


def _within(points: Sequence[Point], x: Axis, y: Axis) -> list[Point]:
    return [(a, b) for a, b in points if x.low <= a <= x.high and y.low <= b <= y.high]


def _depth(one: _Series) -> tuple[int, int]:
    """Return how far above others points lie: clouds lowest, the special highest."""
    if one.marker == CLOUD:
        return (0, 0)
    if one.marker in (MADE, DROPPED):
        return (1, -one.total)
    return (3 if one.marker == _SPECIAL else 2, -one.total)


def _rooms(series: Sequence[_Series], room: int) -> dict[str, int]:
    """Divide so many marked cells: made and dropped rows leave a third to the real."""
    marked = [s for s in series if s.marker != CLOUD]
    change = [s for s in marked if s.marker in (MADE, DROPPED)]
    real = [s for s in marked if s not in change]
    left = max(1, room // 3) if change else room
    shares = {s.marker: max(1, left // len(real)) for s in real}
    used = sum(min(shares[s.marker], len(s.points)) for s in real)
    return shares | {s.marker: max(1, (room - used) // len(change)) for s in change}


def _spread(
    one: _Series, x: Axis, y: Axis, grid: tuple[int, int], room: int | None
) -> tuple[list[Point], int]:
    """Return where a series has markers, one in a cell, and for how many points.

    Points are taken in their order, which is that of a draw, until there is no room.
    """
    if room is None:
        return [*one.points], len(one.points)
    found: dict[Point, None] = {}
    many = 0
    for a, b in one.points:
        place = to_cell(a, x, 2, grid[0]), to_cell(b, y, 4, grid[1])
        if place not in found and len(found) == room:
            break
        found[place] = None
        many += 1
    return [*found], many


def column_change(
    rows: TreatedRows, label: str, width: int, height: int, palette: Palette
) -> str:
    """Draw how a column is distributed in one class, before and after an arm.

    Parameters
    ----------
    rows : TreatedRows
        With the counts of its column.
    label : str
        The class.
    width, height : int
        Room in cells and lines.
    palette : Palette
        Colours.

    Returns
    -------
    str
        Both on the same bins and the same scale, as shares of their rows.
    """
    if rows.column is None or label not in rows.bins_before:
        return message("No column was asked for.", width, height)
    picture = ColumnPicture(
        column=rows.column,
        kind="",
        edges=rows.edges,
        levels=rows.levels,
        counts={
            "before": rows.bins_before[label],
            "after": rows.bins_after.get(label, ()),
        },
    )
    return column_by_class(
        picture,
        width,
        height,
        palette,
        positive="after",
        order=("before", "after"),
    )
