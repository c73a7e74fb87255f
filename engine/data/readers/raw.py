"""What a format's reader gives back, its notes and names, and what all readers share.

Light: pandas is loaded by whoever reads.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.core.errors import DataError, TooBigError, first_line
from engine.core.execution import Progress, silent
from engine.core.format import brief, meant, size, some
from engine.io.machine import available

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from engine.core.events import Reader
    from engine.core.experiment import ReadSpec
    from engine.data.thin import DrawnRows


EXACT = 2**53
"""Whole numbers beyond this are not all different as floats."""


class SourceFile(NamedTuple):
    """A file that is about to be read.

    Attributes
    ----------
    path : Path
    name : str
        What to call it.
    spec : ReadSpec
        What is known about it, and which columns are wanted.
    limit : int or None, default=None
        Bytes that the table may take.
    progress : callable, optional
        Called with what is done, how much of it, and of how much.
    """

    path: Path
    name: str
    spec: ReadSpec
    limit: int | None = None
    progress: Progress = silent

    @property
    def most(self) -> int:
        """Bytes that it may take: the limit, or half of the free memory."""
        return (available() or 1 << 34) // 2 if self.limit is None else self.limit

    def check_size(self, share: float) -> None:
        """Refuse a file that has to be held whole and is too large for that.

        Parameters
        ----------
        share : float
            Bytes in memory for a byte of the file.

        Raises
        ------
        TooBigError
        """
        needed = int(self.path.stat().st_size * share)
        if self.limit is not None and needed > self.limit:
            raise TooBigError(
                f"{self.name} would take some {size(needed)} of memory where "
                f"{size(self.limit)} can be had",
                "save it as Parquet or CSV: of these a sample can be read",
                field="data.read.rows",
            )


class LineError(Exception):
    """A line that does not fit: its number, why, and what to do where that is special.

    What catches it adds the name of the file.
    """

    def __init__(self, line: int, reason: str, fix: str = "") -> None:
        super().__init__(f"line {line:,}: {reason}")
        self.fix = fix


class RawTable(NamedTuple):
    """A table as its file has it: cells as read, names as written.

    Attributes
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        Names may be blank or there twice. Text is str (or object of str, or
        categorical) with None where missing; whole numbers that a float cannot hold
        beside a gap are text.
    reader : Reader
        How it was read.
    target : str or None
        What the file itself names as its target.
    drawn : DrawnRows or None
        Which of its rows these are, if negatives were left out.
    """

    frame: pd.DataFrame
    reader: Reader
    target: str | None = None
    drawn: DrawnRows | None = None


class Notes:
    """Collects notes; those about columns are put together.

    Examples
    --------
    >>> notes = Notes()
    >>> notes.about("a", "decimal comma")
    >>> notes.about("b", "decimal comma")
    >>> notes.lines()
    ['a, b: decimal comma']
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._columns: dict[str, list[str]] = {}
        self.dates: dict[str, str] = {}
        """The notation of each column of dates that was text."""

    def say(self, *lines: str) -> None:
        """Add lines about the file."""
        self._lines += [line for line in lines if line not in self._lines]

    def about(self, column: str, text: str) -> None:
        """Add a note about a column."""
        self._columns.setdefault(text, []).append(column)

    def lines(self) -> list[str]:
        """Return all of them."""
        about = [f"{some(names)}: {text}" for text, names in self._columns.items()]
        return self._lines + about


def settle(names: Sequence[object]) -> tuple[list[str], list[str]]:
    """Return names that tell columns apart, and what was changed.

    Parameters
    ----------
    names : sequence
        As written; blank ones and repeated ones may be among them.

    Returns
    -------
    names : list of str
    notes : list of str

    Examples
    --------
    >>> settle(["a", " a", "", "a.2"])[0]
    ['a', 'a.3', 'column 3', 'a.2']
    """
    written = [" ".join(str(n).split()) if n is not None else "" for n in names]
    taken = set(written)
    used: set[str] = set()
    settled: list[str] = []
    blank: list[str] = []
    again: list[str] = []
    for place, name in enumerate(written, 1):
        if not name:
            name = f"column {place}"
            while name in taken:
                name += "'"
            taken.add(name)
            blank.append(name)
        elif name in used:
            numbered = (f"{name}.{number}" for number in itertools.count(2))
            new = next(one for one in numbered if one not in taken)
            again.append(f"{name!r} again: {new!r}")
            taken.add(new)
            name = new
        used.add(name)
        settled.append(name)
    notes = []
    if blank and len(blank) < len(written):
        notes.append(f"without a name in the header: {some(blank, 5)}")
    if again:
        notes.append(f"names that stand twice were numbered: {some(again, 5)}")
    return settled, notes


def chosen(
    names: Sequence[object], columns: Sequence[str], name: str
) -> tuple[list[int], list[str]]:
    """Return where the wanted columns are, and what to call them.

    Parameters
    ----------
    names : sequence
        As written in the file.
    columns : sequence of str
        Names that are wanted, repaired (as everybody sees them) or as written; all
        when empty, and then names stay as written.
    name : str
        What to call the file.

    Raises
    ------
    DataError
        If there is no such column.

    Examples
    --------
    >>> chosen(["a", " a ", "b"], ["a.2", "b"], "t.csv")
    ([1, 2], ['a.2', 'b'])
    """
    if not columns:
        return list(range(len(names))), [str(one) for one in names]
    settled, _ = settle(names)
    wanted = set()
    for column in columns:
        if column in settled:
            wanted.add(settled.index(column))
            continue
        found = [place for place, one in enumerate(names) if one == column]
        if not found:
            raise DataError(f"{name} has no column {column!r}", meant(column, settled))
        wanted.update(found)
    places = sorted(wanted)
    return places, [settled[place] for place in places]


def too_big(what: str, needed: int, limit: int, fit: int) -> TooBigError:
    """Return the error of a table of which so many rows would fit."""
    error = TooBigError(
        f"{what} take some {size(needed)} of memory where {size(limit)} can be had",
        f"read a sample of {fit} of its rows, or some columns",
        field="data.read.rows data.read.columns",
    )
    error.sample_rows = fit
    return error


def line(error: BaseException, most: int = 160) -> str:
    r"""Return the first line of what a library reports, without its full stop.

    Examples
    --------
    >>> line(ValueError("no magic bytes.\nmore"))
    'no magic bytes'
    """
    return brief(first_line(error).strip().rstrip("."), most)
