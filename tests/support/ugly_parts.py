"""What an ugly table is, and the rows that many of them have.

Every case is written by hand, so that what must come out is known: names, cells of the
first and the last row, missing cells per column; or that it must be refused, and with
which word.
"""

from __future__ import annotations

from typing import NamedTuple


class Ugly(NamedTuple):
    """One file: its bytes, and the table that is in it (or why there is none).

    `first` and `last` are cells as text (``·`` if missing); `said` are words that a
    note must hold; `refused` is a pattern of the error, `delimiter` and so on are what
    must be found out.
    """

    name: str
    content: bytes
    names: tuple[str, ...] = ()
    rows: int = 0
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    refused: str = ""
    delimiter: str | None = None
    header: int | None = None
    encoding: str | None = None


def u(text: str, encoding: str = "utf-8") -> bytes:
    return text.encode(encoding)


ROWS = "".join(f"{i},{i * 1.5},{'yes' if i % 4 == 0 else 'no'}\n" for i in range(1, 41))
SEMI = "".join(f"{i};{i},5;{'yes' if i % 4 == 0 else 'no'}\n" for i in range(1, 41))
ABC = ("a", "b", "y")
