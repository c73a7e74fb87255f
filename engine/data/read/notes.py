"""What a reader has to say, one line for all columns that the same is said of."""

from __future__ import annotations

__all__ = ["Notes", "counted"]

SHOWN = 4


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

    def say(self, *lines: str) -> None:
        """Add lines about the file."""
        self._lines += [line for line in lines if line not in self._lines]

    def about(self, column: str, text: str) -> None:
        """Add what is to be said about a column."""
        self._columns.setdefault(text, []).append(column)

    def lines(self) -> list[str]:
        """Return all of them."""
        about = [f"{_some(names)}: {text}" for text, names in self._columns.items()]
        return self._lines + about


def _some(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def counted(count: int, what: str, many: str | None = None) -> str:
    """Write a number of things.

    Parameters
    ----------
    count : int
    what : str
        One of them.
    many : str or None, default=None
        Several of them; with an s at the end when None.

    Examples
    --------
    >>> counted(1, "cell"), counted(0, "cell"), counted(2, "row is", "rows are")
    ('1 cell', '0 cells', '2 rows are')
    """
    return f"{count:,} {what if count == 1 else many or what + 's'}"
