"""A list of any length with a cursor; only what is seen is drawn.

Its lines are of columns that give way in a stated order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar, NamedTuple, TypeAlias

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.visual import Visual

from engine.core.views import ViewTable
from tui.terminal.safe_text import clean
from tui.widgets.columns import (
    GAP,
    STYLES,
    Cell,
    ListColumn,
    fit_columns,
    join_columns,
    join_headings,
    look,
    measure_columns,
    plain,
    titles,
)
from tui.widgets.order import order
from tui.widgets.scrolled import Scrolled

__all__ = [
    "GAP",
    "STYLES",
    "Cell",
    "Item",
    "ListColumn",
    "Made",
    "Rows",
    "ScreenRows",
    "VariedRows",
    "fit_columns",
    "join_columns",
    "look",
    "measure_columns",
    "plain",
    "titles",
]


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
    more : str, default=""
        What else it is found by.
    ranks : tuple of str, default=()
        What it is sorted by, where that is not what its cells say.
    """

    key: str
    cells: tuple[Cell, ...]
    heading: bool = False
    more: str = ""
    ranks: tuple[str, ...] = ()


Made: TypeAlias = Callable[[int], tuple[Sequence[ListColumn], Sequence[Item]]]
"""From the cells of a line to its columns, and the lines with a cell for each."""
MARK = "▸"
_GUTTER = 2
MOST_COPIED = 5_000
_NO_MATCH = Content("Nothing matches; esc shows all.")
_UNKNOWN = 100
"""Cells of a line to reckon with until there is a size."""


class Rows(Scrolled):
    """Lines in columns, one of them highlighted.

    The user can narrow them to those with some words in them, and sort them by a
    column; then the headings go.

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
        & > .rows--focused {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"rows--{part}" for part in ("cursor", "empty", "focused", "header", "heading")
    }
    KEYS_OF_FIND: ClassVar = "enter keeps   esc ends"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose('enter')", "Choose", show=False),
        Binding("space", "choose('space')", "Choose", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """A user moved to another line."""

        key: str

    @dataclass
    class Sorted(Message):
        """A user sorted the list by a column; None is the order that it comes in."""

        rows: Rows
        column: str | None
        reverse: bool

        @property
        def control(self) -> Rows:
            """The list."""
            return self.rows

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
        self._all: Sequence[Item] = ()
        self._items: Sequence[Item] = ()
        self._cursor = 0
        self._moved = False
        self._sort: tuple[str, bool] | None = None
        self._began: str | None = None

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
        """The lines, in the order that they come in."""
        return self._all

    def say_empty(self, text: str) -> None:
        """Say something else while there are no lines."""
        if text != self._empty.plain:
            self._empty = Content(text)
            self.refresh(layout=not self._all)

    @property
    def shown(self) -> Sequence[Item]:
        """The lines that are seen, in the order that was chosen."""
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
        self._all = items
        old, self._items = self._items, (items := self._arranged())
        place = None if key is None else self._find(key)
        if place is None and before is not None:
            place = self._find(before.key)
        self._cursor = self._nearest(last if place is None else place)
        if len(old) != len(items):
            self.virtual_size = self._extent(len(items))
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

    # Sort and find -----------------------------------------------------------------

    @property
    def sortable(self) -> list[str]:
        """The names of the columns that the list can be sorted by: those seen."""
        shown = dict(fit_columns(self._columns, self._room_of_line))
        if not self._header or not self._all:
            return []
        return [_name(self._columns[place]) for place in shown if place in self._named]

    @property
    def can_sort(self) -> bool:
        """Whether there is a column to sort by."""
        return bool(self.sortable)

    @property
    def left_out(self) -> list[str]:
        """The names of the columns that there is no room for."""
        shown = dict(fit_columns(self._columns, self._room_of_line))
        return [_name(self._columns[n]).strip() for n in self._named if n not in shown]

    @property
    def _named(self) -> list[int]:
        return [place for place, one in enumerate(self._columns) if _name(one)]

    def sort(self, column: str | None, *, reverse: bool = False) -> None:
        """Sort by a column, if there is one of that name; None: as the lines come."""
        self._sort = None if column is None else (column, reverse)
        self.update_items(self._all)
        self.refresh()

    def sort_next(self) -> None:
        """Sort by the next column, after the last one as the lines come."""
        now = self._sort[0] if self._sort else None
        names = self.sortable
        place = names.index(now) + 1 if now in names else 0
        self._sort_by(names[place] if place < len(names) else None)

    def sort_back(self) -> None:
        """Sort the other way."""
        if self._sort is not None:
            self._sort_by(self._sort[0], not self._sort[1])

    def _sort_by(self, column: str | None, reverse: bool | None = None) -> None:
        """Sort, figures from the largest down unless it is said how."""
        if reverse is None:
            reverse = any(
                _name(one) == column and one.align == "right" for one in self._columns
            )
        self.sort(column, reverse=reverse)
        self.post_message(self.Sorted(self, column, reverse))

    def _arranged(self) -> Sequence[Item]:
        """Return the lines that are seen, in the order that was chosen."""
        items, words = self._all, self.words
        if (place := self._sorted_place) is not None:
            some = [item for item in items if not item.heading]
            texts = [
                item.ranks[place] if item.ranks else look(item.cells[place])[0]
                for item in some
            ]
            reverse = self._sort is not None and self._sort[1]
            items = [some[n] for n in order(texts, reverse=reverse)]
        return _narrowed(items, words) if words else items

    @property
    def _sorted_place(self) -> int | None:
        named = self._named if self._sort is not None and self._header else ()
        return next(
            (
                n
                for n in named
                if self._sort and _name(self._columns[n]) == self._sort[0]
            ),
            None,
        )

    def _begin_find(self) -> None:
        self._began = self.highlighted

    def _look(self) -> None:
        before = self.highlighted
        self.update_items(self._all)
        # The line of what is looked for comes and goes without a line of the list.
        self.virtual_size = self._extent(len(self._items))
        if (key := self.highlighted) not in (None, before):
            self.post_message(self.Highlighted(f"{key}"))

    def _leave_find(self) -> None:
        self.sought = None
        self.update_items(self._all)
        if (place := self._find(self._began)) is not None:
            self._go(place)

    def _count_text(self) -> str:
        many = sum(not item.heading for item in self._items)
        return f"{many:,} of {sum(not item.heading for item in self._all):,}"

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
        """Highlight the line under the pointer; choose it if it was already.

        On the header, sort by that column, and the other way the next time.
        """
        if event.y < self._header:
            self._sort_at(event.x - _GUTTER)
            return
        if self._foot and event.y == self.size.height - 1:
            self.find()
            return
        index = event.y - self._header + self.scroll_offset.y
        item, again = self._at(index), index == self._cursor
        if item is not None and not item.heading:
            self._go(index)
            if again or _GUTTER <= event.x < _GUTTER + self._hot:
                self.action_choose("click")

    def _sort_at(self, x: int) -> None:
        """Sort by the column at a cell; the other way if it is sorted by that."""
        left, names = 0, self.sortable
        for place, width in fit_columns(self._columns, self._room_of_line):
            name = _name(self._columns[place])
            if left <= x < left + width + GAP and name in names:
                if self._sort is not None and self._sort[0] == name:
                    self.sort_back()
                else:
                    self._sort_by(name)
            left += width + GAP

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
        """Keep the cursor in sight, and above it no more out of sight than that takes.

        How far the list was scrolled while it was laid out must not be seen.
        """
        self.scroll_to(y=max(0, self._cursor - self._room + 1), animate=False)

    @property
    def _room_of_line(self) -> int:
        width = self.scrollable_content_region.width
        return max(1, width - _GUTTER) if width else _UNKNOWN

    def _refresh_item(self, index: int) -> None:
        # Item lines begin below the header, which does not scroll.
        self.refresh_line(index + self._header)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines that all items take, or the words in their place."""
        if self._items or self._foot:
            return max(1, len(self._items)) + self._header + self._foot
        return len(self._empty_strips(width)) if self._empty.plain else 1

    def render_line(self, y: int) -> Strip:
        """Draw one line of the widget."""
        width = self.scrollable_content_region.width
        if self._foot and y == self.size.height - 1:
            return self._foot_strip(width)
        if not self._items:
            strips = self._empty_strips(width)
            return strips[y] if y < len(strips) else Strip.blank(width)
        if y < self._header:
            fitted = fit_columns(self._columns, width - _GUTTER)
            shown = titles(self._columns, fitted)
            names = [(shown[n], wide, self._columns[n].align) for n, wide in fitted]
            places = [n for n, _ in fitted]
            at, sort = self._sorted_place, None
            if self._sort is not None and at in places:
                sort = places.index(at), self._sort[1]
            head = " " * _GUTTER + join_headings(names, width - _GUTTER, sort)
            return self._strip(Content(head), "rows--header", width)
        index = y - self._header + self.scroll_offset.y
        item = self._at(index)
        if item is None:
            return Strip.blank(width, self.rich_style)
        if item.heading:
            text, _ = look(item.cells[0])
            return self._strip(Content(clean(text)), "rows--heading", width)
        here = index == self._cursor
        bare = here and self.has_focus
        fitted = fit_columns(self._columns, width - _GUTTER)
        line = join_columns(self._columns, fitted, item.cells, bare=bare)
        name = "rows--focused" if bare else "rows--cursor" if here else ""
        lead = f"{MARK} " if here else "  "
        return self._strip(Content(lead).append(line), name, width)

    def _empty_strips(self, width: int) -> list[Strip]:
        style = self.get_visual_style("rows--empty")
        text = _NO_MATCH if self._all else self._empty
        return Visual.to_strips(self, text, max(1, width), None, style)


def _narrowed(items: Sequence[Item], words: Sequence[str]) -> list[Item]:
    """Return the lines with all words in them, below their headings."""
    found: list[Item] = []
    heading: Item | None = None
    for item in items:
        if item.heading:
            heading = item
            continue
        text = " ".join([*(look(cell)[0] for cell in item.cells), item.more]).casefold()
        if all(word in text for word in words):
            found += [item] if heading is None else [heading, item]
            heading = None
    return found


def _name(column: ListColumn) -> str:
    """Return what a column is called, however little room it has."""
    return column.long or column.title


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

    def _fill(self, key: str | None) -> None:
        assert self._made is not None
        self._width = self._room_of_line
        columns, items = self._made(self._width)
        if tuple(columns) != self._columns:
            self._columns = tuple(columns)
            self.refresh()
        self.update_items(items, key)


class ScreenRows(VariedRows):
    """A list whose `enter` and `space` are the screen's: the footer has them."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `enter` and `space` to the screen."""
        return action != "choose"
