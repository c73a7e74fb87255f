"""A window on a table of any size: rows and columns, with a cursor on a cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from engine.core.views import Align
from tui.terminal.safe_text import cells, clean, clip, clip_middle, pad
from tui.widgets.columns import GAP, join_headings
from tui.widgets.order import order
from tui.widgets.rows import MARK
from tui.widgets.scrolled import Scrolled

MISSING = "·"
PAGE = 200
SEEK_PAGE = 5_000
"""Rows that are asked for at a time while something is looked for in all of them."""
_MOST_CELL, _LEAST_CELL = 24, 3
_MOST_NAME, _MOST_FULL = 16, 400
"""Cells of a column's name, and of its cell, where a row is shown in full."""

ONLY_FIRST = "Only the first rows are here; the whole table is sorted once it is read."
Row = Sequence[str | None]
Order: TypeAlias = tuple[int, bool]
"""Place of a column, and whether the largest come first."""


class Sheet(Scrolled):
    """Rows of a table of which only a page is held at a time.

    Moving beyond the page asks for another with `Wanted`; so does looking for something
    in rows that are not held. Sorting asks for the first page of the sorted table: who
    holds all rows sorts them, the sheet itself only where it was given them all.
    """

    KEYS_OF_FIND: ClassVar = "enter ↓ next   ↑ previous   esc ends"

    DEFAULT_CSS = """
    Sheet {
        height: 1fr;
        overflow: hidden auto;
        scrollbar-size-vertical: 1;
        & > .sheet--header { color: $text-muted; text-style: underline; }
        & > .sheet--muted { color: $text-muted; }
        & > .sheet--row { text-style: bold; }
        & > .sheet--cursor {
            color: $block-cursor-blurred-foreground;
            background: $block-cursor-blurred-background;
            text-style: bold underline;
        }
        & > .sheet--focused {
            color: $block-cursor-foreground;
            background: $block-cursor-background;
            text-style: bold;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"sheet--{part}" for part in ("cursor", "focused", "header", "muted", "row")
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(0, -1)", "Left", show=False),
        Binding("right", "move(0, 1)", "Right", show=False),
    ]

    @dataclass
    class Wanted(Message):
        """Rows are seen that are not held; they are sorted as the sheet says."""

        start: int
        count: int

    class Moved(Message):
        """The cursor is on another cell."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns: Sequence[str] = ()
        self._rows: Sequence[Row] = ()
        self._start = self._total = 0
        self._row = self._column = self._left = 0
        self._wanted: int | None = None
        self._shapes: dict[int, tuple[int, Align]] = {}
        self._began = 0, 0
        self._way: Iterator[tuple[int, int]] | None = None
        self._at: tuple[int, int] | None = None
        self._numbers: Sequence[int] = ()
        self._all: Sequence[Row] = ()
        self.order: Order | None = None
        """What the rows are sorted by; None is the order that they come in."""
        self.whole = True
        """Whether these are rows of a whole table, and not its beginning."""

    def put(
        self,
        columns: Sequence[str],
        start: int,
        total: int,
        rows: Sequence[Row],
        numbers: Sequence[int] = (),
    ) -> None:
        """Hold another page.

        Parameters
        ----------
        columns : sequence of str
            Names.
        start, total : int
            Number of the first row held, and rows in all.
        rows : sequence of sequence of (str or None)
            Cells as text; None is missing.
        numbers : sequence of int, default=()
            Those of the rows, where they are sorted.
        """
        other = self._columns != columns or self._total != total
        self._columns, self._rows, self._numbers = columns, rows, numbers
        self._start, self._total = start, total
        self._wanted, self._shapes = None, {}
        if other:
            self._row = min(self._row, max(0, total - 1))
            self._column = min(self._column, max(0, len(columns) - 1))
            self._left = min(self._left, self._column)
            self.virtual_size = self._extent(total)
        self.refresh(layout=other)
        if self._way is not None and not other:
            self._go_on()
        else:
            self._way = None
            self._ask()

    def put_all(self, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Hold all rows of a table, and sort them here.

        Parameters
        ----------
        columns : sequence of str
            Names.
        rows : sequence of sequence of (str or None)
            Cells as text, in the order that they come in.
        """
        self._all, places = rows, list(range(len(rows)))
        if self.order is not None and (column := self.order[0]) < len(columns):
            texts = [row[column] or "" for row in rows]
            places = order(texts, reverse=self.order[1])
        numbers = [place + 1 for place in places]
        self.put(columns, 0, len(rows), [rows[n] for n in places], numbers)

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the cursor."""
        return self._row, self._column

    @property
    def number(self) -> int:
        """The number of the cursor's row, from 1, as it came before it was sorted."""
        return self._number(self._row)

    @property
    def column(self) -> str | None:
        """The name of the cursor's column."""
        inside = self._column < len(self._columns)
        return self._columns[self._column] if inside else None

    @property
    def cell(self) -> str | None:
        """The cell under the cursor; None if it is missing or not held."""
        row = self._held(self._row)
        return row[self._column] if row and self._column < len(row) else None

    @property
    def is_held(self) -> bool:
        """Whether the cursor's row is there."""
        return self._held(self._row) is not None

    def as_text(self) -> str:
        """Return the page as tab-separated text."""
        lines = [list(self._columns), *([v or "" for v in row] for row in self._rows)]
        return "\n".join("\t".join(map(clean, line)) for line in lines)

    # Sort --------------------------------------------------------------------------

    @property
    def can_sort(self) -> bool:
        """Whether there are rows."""
        return self._total > 0

    def sort_next(self) -> None:
        """Sort by the cursor's column; if they are already, in the order they come."""
        if not self.whole:
            self.notify(ONLY_FIRST, markup=False)
            return
        here = self.order is not None and self.order[0] == self._column
        self._sort(None if here else self._first_order(self._column))

    def sort_back(self) -> None:
        """Sort the other way."""
        if self.order is not None:
            self._sort((self.order[0], not self.order[1]))

    def _first_order(self, column: int) -> Order:
        """Return how a column is sorted at first: figures from the largest down."""
        return column, self._shape(column)[1] == "right"

    def _sort(self, wanted: Order | None) -> None:
        self.order, self._start, self._rows, self._numbers = wanted, 0, (), ()
        self._way, self._wanted = None, 0
        self._go(0, self._column)
        self.scroll_to(y=0, animate=False)
        if self._all:
            self.put_all(self._columns, self._all)
        else:
            self.post_message(self.Wanted(0, PAGE))
        self.post_message(self.Moved())
        self.refresh()

    # Find --------------------------------------------------------------------------

    def _begin_find(self) -> None:
        self._began = self._row, self._column

    def _look(self) -> None:
        """Go to the first match from where the search began."""
        self.virtual_size = self._extent(self._total)
        if self.words:
            self._set_out(self._began[0], 1)

    def _leave_find(self) -> None:
        self._way = None
        self._go(*self._began)

    def _step_find(self, step: int) -> bool:
        if self.words and self._way is None:
            self._set_out(self._row + step, step)
        return True

    def _set_out(self, first: int, step: int) -> None:
        """Look for a row from the first one on, once round the table."""
        rows = ((first + step * n) % self._total for n in range(self._total))
        self._way = ((one, step) for one in rows)
        self._at = next(self._way, None)
        self._go_on()

    def _go_on(self) -> None:
        """Look at the rows that are held, and ask for more where they end."""
        words = self.words
        while self._at is not None and words:
            row, step = self._at
            if (held := self._held(row)) is None:
                start = row if step > 0 else max(0, row - SEEK_PAGE + 1)
                if start != self._wanted:
                    self._wanted = start
                    self.post_message(self.Wanted(start, SEEK_PAGE))
                self.refresh()
                return
            if (column := _match(held, words)) is not None:
                break
            self._at = next(self._way, None) if self._way is not None else None
        else:
            column = None
        found, self._way = self._at, None
        if column is not None and found is not None:
            self._go(found[0], column)
        self._ask()
        self.refresh()

    def _count_text(self) -> str:
        if self._way is not None and self._at is not None:
            return f"looking at row {self._at[0] + 1:,} …"
        if self.words and self._at is None:
            return "no row matches"
        return f"row {self.number:,}" if self.words else ""

    # Moving ------------------------------------------------------------------------

    def action_move(self, down: int, right: int = 0) -> None:
        """Move the cursor by rows or columns."""
        self._go(self._row + down, self._column + right)

    def action_page(self, step: int) -> None:
        """Move the cursor a screenful."""
        self._go(self._row + step * max(1, self._room - 1), self._column)

    def action_edge(self, step: int) -> None:
        """Move the cursor to the first or the last row."""
        self._go(0 if step < 0 else self._total - 1, self._column)

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the cell under the pointer.

        On the header, sort by that column, and the other way the next time.
        """
        row = event.y - 1 + self.scroll_offset.y
        for index, left, width in self._places():
            if left <= event.x < left + width + GAP:
                self._go(row if event.y else self._row, index)
                if not event.y and self.can_sort:
                    again = self.order is not None and self.order[0] == index
                    self.sort_back() if again else self.sort_next()
                return

    def _go(self, row: int, column: int) -> None:
        row = min(max(row, 0), max(0, self._total - 1))
        column = min(max(column, 0), max(0, len(self._columns) - 1))
        if (row, column) == (self._row, self._column):
            return
        self._row, self._column = row, column
        self._left = min(self._left, column)
        while self._left < column and not self._fits(column):
            self._left += 1
        self._bring(row)
        self.refresh()
        self.post_message(self.Moved())

    def _fits(self, column: int) -> bool:
        room = self.scrollable_content_region.width
        return any(i == column and left + w <= room for i, left, w in self._places())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for the rows that came into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    @on(events.Resize)
    def _ask(self) -> None:
        """Ask for the rows that came into sight."""
        top = min(self.scroll_offset.y, self._total - 1)
        last = min(self._total, top + self._room) - 1
        held = self._held(top) is not None and self._held(last) is not None
        start = max(0, min(top - PAGE // 4, self._total - PAGE))
        if self._total and self._way is None and not held and start != self._wanted:
            self._wanted = start
            self.post_message(self.Wanted(start, PAGE))

    def _number(self, row: int) -> int:
        place = row - self._start
        inside = 0 <= place < len(self._numbers)
        return self._numbers[place] if inside else row + 1

    def _held(self, row: int) -> Row | None:
        place = row - self._start
        return self._rows[place] if 0 <= place < len(self._rows) else None

    # Drawing -----------------------------------------------------------------------

    @property
    def _gutter(self) -> int:
        return len(f"{self._total:,}") + 1

    def _shape(self, column: int) -> tuple[int, Align]:
        """Return the cells of a column and where they stand; numbers at the right."""
        if column not in self._shapes:
            texts = [row[column] for row in self._rows if column < len(row)]
            there = [text for text in texts if text is not None]
            names = [self._columns[column], *there]
            widest = max(cells(text[: 2 * _MOST_CELL]) for text in names)
            numbers = bool(there) and all(map(_is_number, there))
            width = min(_MOST_CELL, max(_LEAST_CELL, widest))
            self._shapes[column] = width, "right" if numbers else "left"
        return self._shapes[column]

    def _places(self) -> Iterator[tuple[int, int, int]]:
        """Yield number, left edge and cells of the columns that are seen."""
        left = self._gutter + GAP
        for index in range(self._left, len(self._columns)):
            if left >= self.scrollable_content_region.width:
                break
            wide, _ = self._shape(index)
            yield index, left, wide
            left += wide + GAP

    def render_line(self, y: int) -> Strip:
        """Draw one line of the widget."""
        width = self.scrollable_content_region.width
        if self._foot and y == self.size.height - 1:
            return self._foot_strip(width)
        number = y - 1 + self.scroll_offset.y
        if not self._columns or number >= self._total:
            return Strip.blank(width, self.rich_style)
        if y == 0:
            names = [
                (self._columns[index], wide, self._shape(index)[1])
                for index, _, wide in self._places()
            ]
            lead = self._gutter + GAP
            sort = self.order and (self.order[0] - self._left, self.order[1])
            head = " " * lead + join_headings(names, width - lead, sort)
            return self._strip(Content(head), "sheet--header", width)
        row = self._held(number)
        muted = self.get_visual_style("sheet--muted")
        shown = f"{self._number(number):,}"
        parts = [Content.styled(pad(shown, self._gutter, "right"), muted)]
        for index, _, wide in self._places():
            value = row[index] if row and index < len(row) else None
            text = "…" if row is None else MISSING if value is None else value
            cell = pad(text, wide, self._shape(index)[1])
            style = muted if value is None else None
            if (number, index) == (self._row, self._column):
                name = "focused" if self.has_focus else "cursor"
                style = self.get_visual_style(f"sheet--{name}")
            parts.append(Content.styled(cell, style) if style else Content(cell))
        line = Content(" " * GAP).join(parts)
        return self._strip(line, "sheet--row" if number == self._row else "", width)


def in_full(names: Sequence[str], values: Row, cursor: int) -> Iterator[Content]:
    """Yield a line for each cell of a row; that under the cursor is marked."""
    width = min(_MOST_NAME, max(map(cells, names), default=0))
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        here = place == cursor
        head = f"{MARK if here else ' '} {pad(clip_middle(name, width), width)}  "
        text = (MISSING, "dim") if value is None else clip(value, _MOST_FULL)
        yield Content.assemble((head, "bold" if here else "dim"), text)


def _match(row: Row, words: Sequence[str]) -> int | None:
    """Return the first cell that has a word, if the row has them all."""
    texts = [(cell or "").casefold() for cell in row]
    if not all(any(word in text for text in texts) for word in words):
        return None
    return next(n for n, text in enumerate(texts) if words[0] in text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
