"""Columns of a list, which give way in a stated order where there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from textual.content import Content

from engine.core.views import Align, ViewTable
from tui.terminal.safe_text import cells, clean, clip_middle, pad

Cell: TypeAlias = str | tuple[str, str]
"""Text, or text and a style; the text may be untrusted."""


class ListColumn(NamedTuple):
    """One column of a list.

    Parameters
    ----------
    title : str
        Its heading.
    width : int
        Cells; the least of them if it grows.
    align : {"left", "right", "center"}, default="left"
        Where heading and cells stand.
    drop : int, default=0
        Columns of the highest number go first where there is no room; 0 never goes.
    grow : int, default=0
        Cells that it may grow to where there is room left.
    long : str, default=""
        The heading where there is room for it.
    middle : bool, default=False
        Whether a cell without room is cut in its middle, as names are whose ends tell
        them apart.
    """

    title: str
    width: int
    align: Align = "left"
    drop: int = 0
    grow: int = 0
    long: str = ""
    middle: bool = False


Fitted: TypeAlias = tuple[tuple[int, int], ...]
"""Places of the columns that are shown, with their cells."""
GAP = 2
STYLES: Final[dict[str, str]] = {
    "bold": "bold",
    "dim": "dim",
    "missed": "bold $text-error",
    "alarm": "$text-warning",
    "chosen": "bold $text-accent",
    "good": "$text-success",
    "bad": "bold $text-error",
    "warn": "$text-warning",
}
"""What a look of `engine.core.views` is here."""
_COLOURLESS = ("bold", "italic", "underline", "reverse", "strike")


def measure_columns(table: ViewTable) -> tuple[ListColumn, ...]:
    """Return the columns of a view, as wide as what is in them."""
    columns = []
    for place, one in enumerate(table.columns):
        short, long = one.short or one.title, one.title
        texts = (row.cells[place].text for row in table.rows if not row.heading)
        wide = min(max(map(cells, (short, *texts))), one.most)
        least, grow = min(one.least or wide, wide), max(wide, len(long))
        columns.append(
            ListColumn(short, least, one.align, one.drop, grow, long, middle=not place)
        )
    return tuple(columns)


def fit_columns(columns: Sequence[ListColumn], width: int) -> Fitted:
    """Choose the columns that have room, and how wide each is.

    Parameters
    ----------
    columns : sequence of ListColumn
    width : int
        Cells of a line.

    Returns
    -------
    tuple of (int, int)
        Places and cells. The first column is cut where nothing else helps.

    Examples
    --------
    >>> columns = [ListColumn("arm", 6, grow=20), ListColumn("missed", 6)]
    >>> fit_columns([*columns, ListColumn("AP", 5, drop=1)], 16)
    ((0, 8), (1, 6))
    """
    shown = list(range(len(columns)))

    def left() -> int:
        return width - sum(columns[i].width for i in shown) - GAP * (len(shown) - 1)

    while left() < 0 and (going := max((columns[i].drop for i in shown), default=0)):
        shown = [i for i in shown if columns[i].drop < going]
    wide = {i: columns[i].width for i in shown}
    over = left()
    for i in shown:
        more = min(max(0, columns[i].grow - columns[i].width), max(0, over))
        wide[i] += more
        over -= more
    if over < 0 and shown:
        wide[shown[0]] = max(1, wide[shown[0]] + over)
    return tuple((i, wide[i]) for i in shown)


def join_columns(
    columns: Sequence[ListColumn],
    fitted: Fitted,
    cells: Sequence[Cell],
    *,
    bare: bool = False,
) -> Content:
    """Return a line of cells.

    Parameters
    ----------
    columns : sequence of ListColumn
    fitted : tuple of (int, int)
        What `fit_columns` returned.
    cells : sequence of Cell
        One per column.
    bare : bool, default=False
        Leave colours out, as on a line that has its own.
    """
    parts: list[str | tuple[str, str]] = []
    for place, (index, width) in enumerate(fitted):
        if place:
            parts.append(" " * GAP)
        text, style = look(cells[index])
        if bare:
            style = " ".join(word for word in style.split() if word in _COLOURLESS)
        text = clip_middle(text, width) if columns[index].middle else text
        shown = pad(text, width, columns[index].align)
        parts.append((shown, style) if style else shown)
    return Content.assemble(*parts)


def titles(columns: Sequence[ListColumn], fitted: Fitted) -> list[str]:
    """Return the headings of all columns, the long ones where they fit."""
    widths = dict(fitted)
    return [
        one.long if one.long and len(one.long) <= widths.get(place, 0) else one.title
        for place, one in enumerate(columns)
    ]


def join_headings(
    headings: Sequence[tuple[str, int, Align]],
    room: int,
    sort: tuple[int, bool] | None = None,
) -> str:
    """Return the line of headings; the one that lines are sorted by is marked.

    Where the mark has no cell left in its column, it takes one beside it.

    Parameters
    ----------
    headings : sequence of (str, int, Align)
        Text, cells and where it stands.
    room : int
        Cells of the line.
    sort : tuple of (int, bool) or None, default=None
        Which of the headings is marked, and whether the largest come first.

    Examples
    --------
    >>> join_headings([("arm", 5, "left"), ("missed", 6, "right")], 14, (1, True))
    'arm    missed▼'
    >>> join_headings([("arm", 5, "left"), ("missed", 6, "right")], 13, (1, False))
    'arm   ▲missed'
    >>> join_headings([("arm", 5, "left"), ("missed", 6, "right")], 13, (0, False))
    'arm▲   missed'
    """
    taken = sum(width for _, width, _ in headings) + GAP * (len(headings) - 1)
    line = lead = ""
    for place, (text, width, align) in enumerate(headings):
        gap, lead = lead or " " * GAP * bool(place), ""
        shown = pad(text, width, align)
        if sort is not None and place == sort[0]:
            mark = "▼" if sort[1] else "▲"
            last = place == len(headings) - 1
            if cells(text) < width:
                shown = pad(f"{clean(text)}{mark}", width, align)
            elif not last or taken < room:
                shown, lead = shown + mark, " " * (GAP - 1)
            elif place:
                gap = f"{gap[:-1]}{mark}"
            else:
                shown = f"{pad(text, max(1, width - 1), align)}{mark}"
        line += gap + shown
    return line


def look(cell: Cell) -> tuple[str, str]:
    """Return a cell's text and style."""
    text, style = (cell, "") if isinstance(cell, str) else cell
    return text, STYLES.get(style, style)


def plain(cells: Sequence[Cell]) -> str:
    """Return cells as one line of tab-separated text."""
    return "\t".join(clean(look(cell)[0]) for cell in cells)
