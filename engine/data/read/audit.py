"""A second reader beside the first: counts rows, and finds what the first would hide.

pandas fills short rows, says nothing, and turns 00501 into 501. Arrow's parser, which
shares no code with it, reads the same bytes at the same time: it counts rows, notices
every row that is too short or too long, and looks at whole numbers as texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.data.read.dialect import Dialect

__all__ = ["Audit", "audit"]

BLOCK = 1 << 22
LARGEST_BLOCK = 1 << 30
LONGEST = 15
"""Digits up to which every whole number is a float of its own."""
ZEROS = "^[+-]?0[0-9]"


@dataclass
class Audit:
    """What the second reader found.

    Attributes
    ----------
    rows : int
        Rows as wide as the table.
    ragged : bool
        Whether there are others.
    stray : bool
        Whether a quote stands where it neither opens nor closes a field, nor is
        doubled: readers differ on what that means.
    coded : set of int
        Columns of whole numbers with zeros in front, or too long for a float.
    failed : str or None
        Why it could not read on.
    """

    rows: int = 0
    ragged: bool = False
    stray: bool = False
    coded: set[int] = field(default_factory=set)
    failed: str | None = None


def audit(
    path: Path,
    offset: int,
    dialect: Dialect,
    width: int,
    watched: Sequence[int],
    *,
    quotes: bool,
) -> Audit:
    """Read a text with Arrow.

    Parameters
    ----------
    path : Path
        A text in UTF-8.
    offset : int
        Where its rows begin.
    dialect : Dialect
    width : int
        Fields of a row.
    watched : sequence of int
        Columns of whole numbers.
    quotes : bool
        Whether there is a quote anywhere.

    Returns
    -------
    Audit
    """
    import pyarrow as pa

    block = BLOCK
    while True:
        # A file of Arrow's own: the other reader is not held up by this one's reads.
        with pa.OSFile(str(path), "rb") as file:
            file.seek(offset)
            found = _audit(file, dialect, width, watched, quotes, block)
        if found.failed and "straddl" in found.failed and block < LARGEST_BLOCK:
            block *= 16  # a row of megabytes
            continue
        found.stray = quotes and _stray(path, offset, dialect)
        return found


def _audit(
    file: Any,
    dialect: Dialect,
    width: int,
    watched: Sequence[int],
    quotes: bool,
    block: int,
) -> Audit:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    found = Audit()

    def wrong(row: Any) -> str:
        if row.text.strip():
            found.ragged = True
        return "skip"

    shown = [str(i) for i in (watched or [0])]
    try:
        batches = csv.open_csv(
            file,
            csv.ReadOptions(
                column_names=[str(i) for i in range(width)],
                block_size=block,
                use_threads=False,
            ),
            csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote if quotes and dialect.quote else False,
                double_quote=True,
                escape_char=dialect.escape or False,
                newlines_in_values=quotes,
                invalid_row_handler=wrong,
            ),
            csv.ConvertOptions(
                check_utf8=False,
                include_columns=shown,
                column_types=dict.fromkeys(shown, pa.binary()),
            ),
        )
        for batch in batches:
            found.rows += batch.num_rows
            for place in watched:
                if place in found.coded:
                    continue
                column = batch.column(str(place))
                longest = pc.max(pc.binary_length(column)).as_py() or 0
                if longest > LONGEST or _any(pc.match_substring_regex(column, ZEROS)):
                    found.coded.add(place)
    except (pa.ArrowException, ValueError) as error:
        if "Empty CSV" not in str(error):
            found.failed = str(error)
    return found


def _stray(path: Path, offset: int, dialect: Dialect) -> bool:
    """Tell whether a quote has neither a border, a quote nor an escape beside it."""
    import numpy as np

    beside = dialect.delimiter + dialect.quote + dialect.escape + "\r\n"
    fine = np.zeros(256, dtype=bool)
    fine[list((beside + " " * dialect.spaced).encode())] = True
    quote = ord(dialect.quote)
    rest = b"\n"
    with path.open("rb") as file:
        file.seek(offset)
        while True:
            block = file.read(BLOCK)
            data = np.frombuffer(rest + (block or b"\n"), dtype=np.uint8)
            inner = np.flatnonzero(data[1:-1] == quote) + 1
            if not (fine[data[inner - 1]] | fine[data[inner + 1]]).all():
                return True
            if not block:
                return False
            # The last byte has no neighbour yet: it comes again.
            rest = data[-2:].tobytes()


def _any(mask: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(mask).as_py())
