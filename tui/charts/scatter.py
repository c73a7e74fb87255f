"""Points of each class in a plane: as they are, or before and after an arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from engine.core import format as figures
from engine.core.lab import Cloud, TreatedRows
from tui.charts.bars import largest_first
from tui.charts.base import MARKERS, MONO, Colour, Palette, message
from tui.charts.canvas import (
    Area,
    Axis,
    Canvas,
    Cell,
    ChartText,
    Point,
    canvas_of,
    finite,
)
from tui.charts.plane import LEAST_HEIGHT, LEAST_WIDTH, Line, legend
from tui.terminal.safe_text import clip

Side: TypeAlias = Literal["before", "after", "change"]
SIDES: Final[tuple[Side, ...]] = ("before", "after", "change")

CLOUD: Final = "⠿"
"""Stands for the largest class, whose points are dots of the braille patterns."""
MADE, DROPPED = "+", "×"
_SPECIAL, _BETWEEN = MARKERS[1], MARKERS[2:]
"""Markers of the class that matters, and of those between it and the largest."""
_MARGIN = 0.03
_MARKED = 4
"""One in so many cells bears a marker at most: what is below must be seen, too."""


class _Series(NamedTuple):
    """Points that look the same: what they are, how many there are, where they are.

    Without a marker they are only counted.
    """

    label: str
    marker: str
    colour: Colour
    total: int
    points: Sequence[Point] = ()
    note: str = ""


def scatter(
    points: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    counts: Mapping[str, int],
    width: int,
    height: int,
    palette: Palette,
    *,
    axes: tuple[str, str] = ("x", "y"),
    note: str = "",
) -> str:
    """Draw the points of each class, the smaller above the larger.

    The largest class is a cloud of fine dots; each other one has its own marker, a
    cell large, and the smallest the colour of a minority.

    Parameters
    ----------
    points : mapping of str to (sequence of float, sequence of float)
        Where the points of a class are, across and up.
    counts : mapping of str to int
        Rows by class label, of which these points may be a part.
    width, height, palette
        As for every chart.
    axes : tuple of (str, str), default=("x", "y")
        The names of the two scales.
    note : str, default=""
        Said behind the number of points.
    """
    order = [label for label in largest_first(counts) if label in points]
    places = {label: _points(points, label) for label in order}
    everywhere = [point for label in order for point in places[label]]
    if not everywhere:
        return message("No points to draw.", width, height)
    series = [
        _Series(label, *mark, counts[label], places[label])
        for label, mark in _marks(order, order[-1], palette).items()
    ]
    x, y = _axes(axes, everywhere)
    return _picture(series, x, y, width, height, palette, note)


def treated_points(
    rows: TreatedRows,
    side: Side,
    width: int,
    height: int,
    palette: Palette,
    *,
    positive: str | None = None,
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
    width, height, palette
        As for every chart.
    positive : str or None, default=None
        The positive class; the smallest has its looks without one.
    """
    everywhere = [
        p for cloud in (rows.kept, rows.made, rows.dropped) for p in _points(cloud)
    ]
    if not everywhere:
        return message("No row has a value in both columns.", width, height)
    changes = _changes(rows, palette)
    series = changes if side == "change" else _classes(rows, side, positive, palette)
    if not series:
        return message(_say_unchanged(rows), width, height)
    x, y = _axes(rows.axes, everywhere)
    return _picture(series, x, y, width, height, palette)


class Group(NamedTuple):
    """Points of one class and kind: its marker, and what became of its rows."""

    marker: str
    label: str
    kind: Literal["", "synthetic", "dropped"]
    points: Sequence[Point]


def groups_at(
    rows: TreatedRows, side: Side, area: Area, at: Point, positive: str | None = None
) -> list[Group]:
    """Return what `treated_points` has at a place: all that is in its cell.

    Parameters
    ----------
    rows, side, positive
        As for the picture.
    area : Area
        The picture's.
    at : (float, float)
        On its scales.

    Returns
    -------
    list of Group
        With the points in that cell; none of a group without any.
    """
    groups: list[Group] = []
    if side != "change":
        for label, (marker, _) in _class_marks(rows, positive, MONO).items():
            real = _all(rows, label) if side == "before" else _points(rows.kept, label)
            groups.append(Group(marker, label, "", real))
    if side != "before":
        for label in rows.made:
            made = _points(rows.made, label)
            groups.append(Group(MADE, label, "synthetic", made))
    if side == "change":
        for label in rows.dropped:
            dropped = _points(rows.dropped, label)
            groups.append(Group(DROPPED, label, "dropped", dropped))
    cell = area.cell(*at)
    found = [
        one._replace(points=[p for p in one.points if area.cell(*p) == cell])
        for one in groups
    ]
    return [one for one in found if one.marker and one.points]


def _picture(
    series: Sequence[_Series],
    x: Axis,
    y: Axis,
    width: int,
    height: int,
    palette: Palette,
    note: str = "",
) -> str:
    """Return how many rows are shown, the legend, and the points on both scales."""
    if width < LEAST_WIDTH or height <= LEAST_HEIGHT:
        return message("Too small for a scatter.", width, height)
    lines = [
        Line(clip(s.label, 20), (), f"{figures.count(s.total)}{s.note}") for s in series
    ]
    signs, colours = "".join(s.marker for s in series), [s.colour for s in series]
    most = max(1, height // 6)
    head = legend(lines, width, most, palette, markers=signs, colours=colours)
    head.append(palette.paint(clip(f"{y.name} ↑", width), palette.muted))
    canvas = canvas_of(x, y, width, height - len(head) - 1, palette)
    marked = [s for s in series if s.marker]
    room = _rooms(marked, max(2, canvas.columns * canvas.rows // _MARKED))
    drawn = 0
    # What is rare is drawn last, above all else.
    for one in sorted(marked, key=_depth):
        if one.marker == CLOUD:
            drawn += len(one.points)
            canvas.draw([*map(canvas.dot, one.points)], one.colour, joined=False)
            continue
        places, many = _spread(one, canvas, room[one.marker])
        drawn += many
        for cell in places:
            canvas.put(cell, one.marker, one.colour)
    total = sum(s.total for s in series)
    text = f"{figures.count(drawn)} of {figures.plural(total, 'row')} shown"
    text += f" · {note}" if note else ""
    headed = palette.paint(clip(text, width), palette.muted)
    text = "\n".join([headed, *head, *canvas.lines()])
    return ChartText(text, canvas.area(1 + len(head)))


def _marks(
    order: Sequence[str], special: str, palette: Palette
) -> dict[str, tuple[str, Colour]]:
    """Return a marker and a colour per class: the largest, others, the special one.

    Those for which there are no markers come last.
    """
    others = [label for label in order if label != special]
    if not others:
        return {special: (CLOUD, palette.majority)}
    marks: dict[str, tuple[str, Colour]] = {others[0]: (CLOUD, palette.majority)}
    between = zip(others[1:], _BETWEEN, palette.series[2:], strict=False)
    marks |= {label: (marker, colour) for label, marker, colour in between}
    marks[special] = (_SPECIAL, palette.minority)
    return marks | {label: ("", None) for label in others if label not in marks}


def _axes(names: tuple[str, str], points: Sequence[Point]) -> tuple[Axis, Axis]:
    """Return two scales on which all of some points have room."""
    found = []
    for place, name in enumerate(names):
        values = [point[place] for point in points]
        low, high = min(values), max(values)
        margin = (high - low) * _MARGIN or max(abs(low), 1.0) * 0.5
        found.append(Axis(name, low - margin, high + margin))
    return found[0], found[1]


def _classes(
    rows: TreatedRows, side: Side, positive: str | None, palette: Palette
) -> list[_Series]:
    """Return the real rows by class, and after the arm the synthetic ones."""
    found = []
    for label, (marker, colour) in _class_marks(rows, positive, palette).items():
        synthetic = rows.synthetic.get(label, 0)
        if side == "before":
            count, points, note = rows.before[label], _all(rows, label), ""
        else:
            count = rows.after.get(label, 0) - synthetic
            points = _points(rows.kept, label)
            left = rows.before[label] - rows.removed.get(label, 0)
            note = f" ({count - left:,} repeated)" if count > left else ""
        found.append(_Series(label, marker, colour, count, points, note))
    if side == "after":
        found += _changes(rows, palette)[: bool(sum(rows.synthetic.values()))]
    return sorted(found, key=lambda one: not one.marker)


def _class_marks(
    rows: TreatedRows, positive: str | None, palette: Palette
) -> dict[str, tuple[str, Colour]]:
    order = largest_first(rows.before)
    special = positive if positive in rows.before else order[-1]
    return _marks(order, special, palette)


def _changes(rows: TreatedRows, palette: Palette) -> list[_Series]:
    """Return the synthetic rows, and the dropped ones, where there are any."""
    groups = (
        ("synthetic", MADE, palette.synthetic, rows.synthetic, rows.made),
        ("dropped", DROPPED, palette.accent, rows.removed, rows.dropped),
    )
    return [
        _Series(label, marker, colour, sum(counts.values()), _points(cloud))
        for label, marker, colour, counts, cloud in groups
        if sum(counts.values())
    ]


def _say_unchanged(rows: TreatedRows) -> str:
    if rows.copies:
        copies = figures.plural(rows.copies, "row is repeated", "rows are repeated")
        return f"{copies}: hidden behind the rows that they repeat."
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


def _points(
    cloud: Cloud | Mapping[str, tuple[Sequence[float], Sequence[float]]],
    label: str | None = None,
) -> list[Point]:
    labels = cloud if label is None else [label] if label in cloud else []
    pairs = [pair for name in labels for pair in zip(*cloud[name], strict=True)]
    return finite(pairs)


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


def _spread(one: _Series, canvas: Canvas, room: int) -> tuple[list[Cell], int]:
    """Return the cells of a series' markers, and for how many points they stand.

    Points are taken in their order, which is that of a draw, until there is no room.
    """
    found: dict[Cell, None] = {}
    many = 0
    for point in one.points:
        place = canvas.cell(point)
        if place not in found and len(found) == room:
            break
        found[place] = None
        many += 1
    return [*found], many
