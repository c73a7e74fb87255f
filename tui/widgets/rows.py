"""A list of any length with a cursor; only what is seen is drawn.

Its lines are of columns that give way in a stated order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar, Final, NamedTuple, TypeAlias

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from engine.core.views import Align, ViewTable
from tui.terminal.safe_text import cells, clean, clip_middle, pad

# The list -----------------------------------------------------------------------------

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


class Item(NamedTuple):
    """One line.

    Parameters
    ----------
    key : str
        What it stands for; unique in its list.
    cells : tuple of Cell
        One per column; a heading has one.
    heading : bool, default=False
        It names a group and cannot be highlighted.
    """

    key: str
    cells: tuple[Cell, ...]
    heading: bool = False


Made: TypeAlias = Callable[[int], tuple[Sequence[ListColumn], Sequence[Item]]]
"""From the cells of a line to its columns, and the lines with a cell for each."""
MARK = "▸"
_GUTTER = 2
MOST_COPIED = 5_000
_UNKNOWN = 100
"""Cells of a line to reckon with until there is a size."""


class Scrolled(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines below a header, with a cursor that is always in sight."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "edge(-1)", "First", show=False),
        Binding("end", "edge(1)", "Last", show=False),
    ]
    ALLOW_SELECT = False
    _header = 1

    @property
    def _room(self) -> int:
        return max(1, self.size.height - self._header)

    def _bring(self, line: int, first: int | None = None) -> None:
        """Scroll so that a line is seen; upwards so that an earlier one is, too."""
        top, first = self.scroll_offset.y, line if first is None else first
        if first < top:
            self.scroll_to(y=first, animate=False)
        elif line >= top + self._room:
            self.scroll_to(y=line - self._room + 1, animate=False)

    def _strip(self, line: Content, name: str, width: int) -> Strip:
        style = self.get_visual_style(name) if name else self.visual_style
        strips = Visual.to_strips(self, line.truncate(width), width, 1, style)
        return strips[0].adjust_cell_length(width, style.rich_style)


class Rows(Scrolled):
    """Lines in columns, one of them highlighted.

    Parameters
    ----------
    columns : sequence of ListColumn
        Where there is no room they give way as they say.
    header : bool, default=True
        Whether the first line has the columns' titles.
    empty : str, default=""
        Constant text shown while there are no lines.
    hot : int, default=0
        Cells from the left (the mark not counted) where one click chooses a line,
        as on a tick box; elsewhere the first click only highlights it.
    """

    DEFAULT_CSS = """
    Rows {
        height: auto;
        overflow: hidden auto;
        scrollbar-size-vertical: 1;
        color: $text;
        & > .rows--header { color: $text-muted; text-style: underline; }
        & > .rows--heading { color: $text-muted; text-style: italic; }
        & > .rows--empty { color: $text-muted; }
        & > .rows--cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
        }
        &:focus > .rows--cursor {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"rows--{part}" for part in ("cursor", "empty", "header", "heading")
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose('enter')", "Choose", show=False),
        Binding("space", "choose('space')", "Choose", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """A user moved to another line."""

        key: str

    @dataclass
    class Chosen(Message):
        """A user chose a line; `how` is ``enter``, ``space`` or ``click``."""

        key: str
        how: str

    def __init__(
        self,
        columns: Sequence[ListColumn],
        *,
        header: bool = True,
        empty: str = "",
        hot: int = 0,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._header = int(header)
        self._empty = Content(empty)
        self._hot = hot
        self._items: Sequence[Item] = ()
        self._cursor = 0
        self._moved = False

    def on_mount(self) -> None:
        """Notice whenever there may be another height."""
        signal = self.screen.screen_layout_refresh_signal
        signal.subscribe(self, self._laid_out, immediate=True)

    def _laid_out(self, _: object) -> None:
        """Keep the cursor in sight after there were more lines, or fewer."""
        if self._moved:
            self._moved = False
            self.call_next(self._reveal)

    @property
    def items(self) -> Sequence[Item]:
        """The lines."""
        return self._items

    @property
    def highlighted(self) -> str | None:
        """The key of the highlighted line; None if there is none."""
        item = self._at(self._cursor)
        return None if item is None or item.heading else item.key

    def update_items(self, items: Sequence[Item], key: str | None = None) -> None:
        """Show other lines; only those that differ are drawn again.

        Parameters
        ----------
        items : sequence of Item
        key : str or None, default=None
            The line to highlight; the one that was when None, or not there.
        """
        before, last = self._at(self._cursor), self._cursor
        old, self._items = self._items, items
        place = None if key is None else self._find(key)
        if place is None and before is not None:
            place = self._find(before.key)
        self._cursor = self._nearest(last if place is None else place)
        if len(old) != len(items):
            self.virtual_size = Size(0, len(items) + self._header)
            self.refresh(layout=True)
            self._moved = True
            return
        changed = {i for i in range(len(items)) if old[i] != items[i]}
        if last != self._cursor:
            changed |= {last, self._cursor}
            self._reveal()
        for index in changed:
            self._refresh_item(index)

    def show_table(self, table: ViewTable, key: str | None = None) -> None:
        """Show the rows of a view, in its columns."""
        self._columns = measure_columns(table)
        self.update_items([Item(*row) for row in table.rows], key)
        self.refresh()

    def highlight(self, key: str | None) -> None:
        """Highlight a line without saying so; nothing if there is no such line."""
        if (place := self._find(key)) is not None:
            self._go(place, say=False)

    def as_text(self) -> str:
        """Return titles and lines as tab-separated text, headings left out."""
        lines = (
            [plain([c.long or c.title for c in self._columns])] if self._header else []
        )
        items = self._items[:MOST_COPIED]
        lines += [plain(item.cells) for item in items if not item.heading]
        return "\n".join(lines)

    # Moving ------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Go to the next line that is no heading."""
        index = self._cursor + step
        while (item := self._at(index)) is not None and item.heading:
            index += step
        if item is not None:
            self._go(index)
        elif step < 0:
            self.scroll_to(y=0, animate=False)

    def action_page(self, step: int) -> None:
        """Go a screenful of lines."""
        self._go(self._nearest(self._cursor + step * max(1, self._room - 1)))

    def action_edge(self, step: int) -> None:
        """Go to the first or the last line."""
        self._go(self._nearest(0 if step < 0 else len(self._items) - 1))

    def action_choose(self, how: str) -> None:
        """Say that the highlighted line was chosen."""
        if (key := self.highlighted) is not None:
            self.post_message(self.Chosen(key, how))

    def on_click(self, event: events.Click) -> None:
        """Highlight the line under the pointer; choose it if it was already."""
        index = event.y - self._header + self.scroll_offset.y
        item, again = self._at(index), index == self._cursor
        if event.y >= self._header and item is not None and not item.heading:
            self._go(index)
            if again or _GUTTER <= event.x < _GUTTER + self._hot:
                self.action_choose("click")

    def _go(self, index: int, *, say: bool = True) -> None:
        if index == self._cursor or not 0 <= index < len(self._items):
            return
        last, self._cursor = self._cursor, index
        self._refresh_item(last)
        self._refresh_item(index)
        self._reveal()
        if say and (key := self.highlighted) is not None:
            self.post_message(self.Highlighted(key))

    def _reveal(self) -> None:
        """Scroll so that the cursor is seen, with the heading above it if any."""
        above = self._at(self._cursor - 1)
        headed = above is not None and above.heading
        self._bring(self._cursor, self._cursor - int(headed))

    def _nearest(self, index: int) -> int:
        """Return the nearest line that can be highlighted."""
        last = max(0, len(self._items) - 1)
        index = min(max(index, 0), last)
        places = chain(range(index, last + 1), range(index, -1, -1))
        lines = (i for i in places if self._items and not self._items[i].heading)
        return next(lines, index)

    def _find(self, key: str | None) -> int | None:
        return next((i for i, one in enumerate(self._items) if one.key == key), None)

    def _at(self, index: int) -> Item | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    # Drawing -----------------------------------------------------------------------

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._reveal()

    def _refresh_item(self, index: int) -> None:
        # Item lines begin below the header, which does not scroll.
        self.refresh_line(index + self._header)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines that all items take, or the words in their place."""
        if self._items:
            return len(self._items) + self._header
        return len(self._empty_strips(width)) if self._empty.plain else 1

    def render_line(self, y: int) -> Strip:
        """Draw one line of the widget."""
        width = self.scrollable_content_region.width
        if not self._items:
            strips = self._empty_strips(width)
            return strips[y] if y < len(strips) else Strip.blank(width)
        if y < self._header:
            fitted = fit_columns(self._columns, width - _GUTTER)
            shown = titles(self._columns, fitted)
            line = join_columns(self._columns, fitted, shown)
            return self._strip(Content("  ").append(line), "rows--header", width)
        index = y - self._header + self.scroll_offset.y
        item = self._at(index)
        if item is None:
            return Strip.blank(width, self.rich_style)
        if item.heading:
            text, _ = look(item.cells[0])
            return self._strip(Content(clean(text)), "rows--heading", width)
        here = index == self._cursor
        fitted, bare = (
            fit_columns(self._columns, width - _GUTTER),
            here and self.has_focus,
        )
        line = join_columns(self._columns, fitted, item.cells, bare=bare)
        lead, name = (f"{MARK} ", "rows--cursor") if here else ("  ", "")
        return self._strip(Content(lead).append(line), name, width)

    def _empty_strips(self, width: int) -> list[Strip]:
        style = self.get_visual_style("rows--empty")
        return Visual.to_strips(self, self._empty, max(1, width), None, style)


class VariedRows(Rows):
    """Lines whose columns differ with the room, as a board of many classes."""

    _made: Made | None = None
    _width = 0

    def put(self, made: Made, key: str | None = None) -> None:
        """Show what is made for the room, and again whenever the room changes.

        Parameters
        ----------
        made : callable
            From the cells of a line to columns and lines; pure.
        key : str or None, default=None
            The line to highlight; the one that was when None.
        """
        self._made = made
        self._fill(key)

    def on_resize(self) -> None:
        """Make the columns anew."""
        if self._made is not None and self._room_of_line != self._width:
            self._fill(None)

    @property
    def _room_of_line(self) -> int:
        width = self.scrollable_content_region.width
        return max(1, width - _GUTTER) if width else _UNKNOWN

    def _fill(self, key: str | None) -> None:
        assert self._made is not None
        self._width = self._room_of_line
        columns, items = self._made(self._width)
        if tuple(columns) != self._columns:
            self._columns = tuple(columns)
            self.refresh()
        self.update_items(items, key)


# Its columns --------------------------------------------------------------------------

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


def titles(columns: Sequence[ListColumn], fitted: Fitted) -> list[Cell]:
    """Return the headings of all columns, the long ones where they fit."""
    widths = dict(fitted)
    return [
        one.long if one.long and len(one.long) <= widths.get(place, 0) else one.title
        for place, one in enumerate(columns)
    ]


def look(cell: Cell) -> tuple[str, str]:
    """Return a cell's text and style."""
    text, style = (cell, "") if isinstance(cell, str) else cell
    return text, STYLES.get(style, style)


def plain(cells: Sequence[Cell]) -> str:
    """Return cells as one line of tab-separated text."""
    return "\t".join(clean(look(cell)[0]) for cell in cells)
