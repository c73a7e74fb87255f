"""Facts as rows of cells, put into words once; front ends only draw them."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

Align: TypeAlias = Literal["left", "right", "center"]
Look: TypeAlias = Literal[
    "", "bold", "dim", "missed", "alarm", "chosen", "good", "bad", "warn"
]
"""What a cell means to the eye; it only repeats what its words and figures say."""


STATUS: Final[dict[str, Look]] = {
    "done": "good",
    "failed": "bad",
    "cancelled": "warn",
    "interrupted": "warn",
}
"""How the status of a run looks that is over."""
FOCUSED: Final = "▸"
"""Begins the name of the arm or class in focus."""


class Cell(NamedTuple):
    """Text in one look; the text may be untrusted."""

    text: str
    look: Look = ""


class Column(NamedTuple):
    """One column of a table.

    Parameters
    ----------
    title : str
        Its heading.
    short : str, default=""
        The heading where the full one does not fit; the same when empty.
    align : {"left", "right", "center"}, default="right"
        Where cells and heading stand.
    drop : int, default=0
        Columns of the highest number go first where there is no room; 0 never goes.
    least : int, default=0
        Cells down to which it may be cut; never cut when 0.
    most : int, default=200
        Cells it takes at most.
    """

    title: str
    short: str = ""
    align: Align = "right"
    drop: int = 0
    least: int = 0
    most: int = 200


class Row(NamedTuple):
    """One row of a table.

    Parameters
    ----------
    key : str
        What it stands for; unique in its table.
    cells : tuple of Cell
        One per column; a heading has one, or one that names its row and a text.
    heading : bool, default=False
        It names a group of rows, or says why there are no figures.
    """

    key: str
    cells: tuple[Cell, ...]
    heading: bool = False


class ViewTable(NamedTuple):
    """Rows below the titles of their columns, and their notes.

    Parameters
    ----------
    columns : tuple of Column
    rows : tuple of Row
    notes : tuple of str, default=()
    title : tuple of Cell, default=()
        What stands above the columns.
    warnings : tuple of str, default=()
        What stands below the notes.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    title: tuple[Cell, ...] = ()
    warnings: tuple[str, ...] = ()

    def without(self, *titles: str) -> ViewTable:
        """Return the table without some of its columns.

        Examples
        --------
        >>> row = Row("1", (Cell("x"), Cell("y")))
        >>> ViewTable((Column("a"), Column("b")), (row,)).without("a").rows[0].cells
        (Cell(text='y', look=''),)
        """
        places = [n for n, c in enumerate(self.columns) if c.title not in titles]
        columns = tuple(self.columns[place] for place in places)
        rows = (
            row
            if row.heading
            else row._replace(cells=tuple(row.cells[place] for place in places))
            for row in self.rows
        )
        return self._replace(columns=columns, rows=tuple(rows))
