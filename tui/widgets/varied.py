"""A list whose columns are chosen for the room there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from textual import events

from tui.widgets.columns import Column
from tui.widgets.rows import Item, Rows

__all__ = ["Made", "VariedRows"]

Made: TypeAlias = Callable[[int], tuple[Sequence[Column], Sequence[Item]]]
"""From the cells of a line to its columns, and the lines with a cell for each."""

_GUTTER = 2
_UNKNOWN = 100
"""Cells to reckon with until there is a size."""


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

    def on_resize(self, event: events.Resize | None = None) -> None:
        """Make the columns anew, and keep the cursor in sight."""
        if self._made is not None and self._room_of_line != self._width:
            self._fill(None)
        super().on_resize()

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
