"""JSON Lines, or one JSON array: an object per row, one plain value per key.

Arrow reads what it reads exactly; anything else is read again, object by object, so
that every digit is kept and every error has its line.
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.read.arrow import frame_of
from engine.data.read.jsonl_objects import Nested, objects
from engine.data.read.notes import Notes
from engine.data.read.raw import EXACT, Progress, Raw, chosen, fits, silent
from engine.errors import DataError, TooBigError
from engine.events import Reader

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["read"]

MEMORY_SHARE = 2.0
"""Bytes in memory for a byte of the file, about."""
MOST_PADDED = 1 << 24
"""Cells without a value that are laid out, beside some for each that has one."""
LOOKED_AT = 200
MOST_SPREAD = 20
"""Times as many different keys as one object has: names that are written as keys."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read(
    path: Path,
    name: str,
    *,
    columns: Sequence[str] = (),
    encoding: str | None = None,
    limit: int | None = None,
    progress: Progress = silent,
) -> Raw:
    """Read a table of JSON objects.

    Parameters
    ----------
    path : Path
    name : str
        What to call it.
    columns : sequence of str, default=()
        Keys to read; all of them when empty. What other keys hold is not looked at.
    encoding : str or None, default=None
        UTF-8 when None, unless a mark at the file's beginning says otherwise.
    limit : int or None, default=None
        Bytes that the table may take.
    progress : callable, optional
        Called with ``("reading", bytes, of bytes)``.

    Returns
    -------
    Raw
        A key that an object lacks is missing in its row. Values of several types in
        one column are text.

    Raises
    ------
    DataError
        Naming the line: for lists or objects as values, a key that stands twice in an
        object, and whatever is no JSON.
    TooBigError
        If it would take more than `limit`, told by the size of the file.
    """
    fits(path, name, MEMORY_SHARE, limit)
    encoding = encoding or _encoding(path)
    table = None
    if encoding in ("utf-8", "utf-8-sig"):
        progress("reading", 0, None)
        table = _fast(path, columns)
    if table is not None:
        frame, notes = frame_of(table)
    else:
        frame, notes = _exact(path, name, columns, encoding, progress)
    return Raw(frame, Reader(format="jsonl", encoding=encoding, notes=tuple(notes)))


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    return next((code for mark, code in _BOMS if head.startswith(mark)), "utf-8")


def _fast(path: Path, columns: Sequence[str]) -> pa.Table | None:
    """Read with Arrow; None if its result could differ from what is written."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.json as arrow_json

    if columns or not _regular(path):  # it would look at what the other keys hold
        return None
    try:
        table = arrow_json.read_json(path)
        # Text that looks like a time is text until somebody looks at all of it.
        times = [f.name for f in table.schema if pa.types.is_timestamp(f.type)]
        if times:
            told = pa.schema([(name, pa.string()) for name in times])
            options = arrow_json.ParseOptions(explicit_schema=told)
            read = arrow_json.read_json(path, parse_options=options)
            table = read.select(table.schema.names)
        table.validate(full=True)
        if table.num_rows == 0 or table.num_rows != _filled_lines(path):
            return None
        for field, column in zip(table.schema, table.columns, strict=True):
            if pa.types.is_nested(field.type):
                return None
            if pa.types.is_floating(field.type):
                # Whole numbers beyond what a float can tell apart came from digits,
                # and so may those that are infinite.
                most = pc.max(pc.abs(pc.if_else(pc.is_nan(column), 0.0, column)))
                if most.is_valid and most.as_py() >= EXACT:
                    return None
    except Exception:  # whatever it is, the exact reader says it with its line
        return None
    return table


def _regular(path: Path) -> bool:
    """Tell whether the first objects have about the same keys, one object per line."""
    keys: set[str] = set()
    most = 0
    with path.open("rb") as file:
        for _, line in zip(range(LOOKED_AT), file, strict=False):
            if line.isspace():
                continue
            if not line.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"):
                return False
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                return False
            if not isinstance(found, dict):
                return False
            keys |= found.keys()
            most = max(most, len(found))
    return len(keys) <= MOST_SPREAD * max(most, 1)


def _filled_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for line in file if not line.isspace())


def _exact(
    path: Path, name: str, columns: Sequence[str], encoding: str, progress: Progress
) -> tuple[pd.DataFrame, list[str]]:
    import pandas as pd

    wanted = frozenset(columns)
    keys: dict[str, None] = {}
    found: dict[str, list[Any]] = {}
    rows = padded = filled = 0
    for number, pairs in objects(path, name, encoding, progress):
        seen: set[str] = set()
        for key, value in pairs:
            if key in seen:
                raise DataError(
                    f"{name}, line {number:,}: the key {key!r} stands twice",
                    "give every value its own key",
                )
            seen.add(key)
            keys.setdefault(key)
            if wanted and key not in wanted and " ".join(key.split()) not in wanted:
                continue
            if isinstance(value, list):
                what = "an object" if isinstance(value, Nested) else "a list"
                raise DataError(
                    f"{name}, line {number:,}: column {key!r} holds {what} where one "
                    "value is read",
                    "write one value per key, or name the columns with --columns",
                )
            cells = found.setdefault(key, [])
            # The rows before did not have it.
            padded += rows - len(cells)
            filled += 1
            cells.extend([None] * (rows - len(cells)))
            cells.append(value)
        rows += 1
        if padded > MOST_PADDED + MOST_SPREAD * filled:
            raise _scattered(name, rows, len(found))
    if len(found) * rows > MOST_PADDED + (MOST_SPREAD + 1) * filled:
        raise _scattered(name, rows, len(found))
    notes = Notes()
    made = {}
    for place, (key, cells) in enumerate(found.items()):
        cells.extend([None] * (rows - len(cells)))
        made[place] = _series(key, cells, notes)
    frame = pd.DataFrame(made, index=pd.RangeIndex(rows))
    frame.columns = pd.Index(list(found), dtype=object)
    if columns and rows:
        places, called = chosen(list(keys), columns, name)
        frame = frame[[list(keys)[place] for place in places]].set_axis(called, axis=1)
    return frame, notes.lines()


def _scattered(name: str, rows: int, keys: int) -> TooBigError:
    return TooBigError(
        f"{name}: its first {rows:,} objects have {keys:,} different keys",
        "are names written as keys? write one object per row, with the same keys",
    )


def _series(key: str, cells: list[Any], notes: Notes) -> pd.Series:
    import pandas as pd

    if float in map(type, cells):
        cells = _finite(key, cells, notes)
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {int, float} and kinds:
        return _numbers(key, cells, kinds, notes)
    if kinds == {bool} and None not in cells:
        return pd.Series(cells, dtype=bool)
    if len(kinds) > 1:
        words = {int: "numbers", float: "numbers", str: "text", bool: "true or false"}
        mixed = " and ".join(sorted({words[kind] for kind in kinds}))
        notes.about(key, f"{mixed} mixed: kept as text")
        return pd.Series([None if c is None else str(c) for c in cells], dtype=object)
    return pd.Series(cells, dtype=object)


def _finite(key: str, cells: list[Any], notes: Notes) -> list[Any]:
    """Make missing what is no number or infinite: neither is JSON, and 1e999 is."""
    infinite = sum(isinstance(cell, float) and math.isinf(cell) for cell in cells)
    if infinite:
        notes.about(key, f"{infinite:,} infinite made missing")
    return [
        None if isinstance(cell, float) and not math.isfinite(cell) else cell
        for cell in cells
    ]


def _numbers(key: str, cells: list[Any], kinds: set[type], notes: Notes) -> pd.Series:
    """Return numbers, or texts of whole ones that a float cannot tell apart."""
    import pandas as pd

    if any(isinstance(cell, int) and abs(cell) > EXACT for cell in cells):
        if kinds == {int}:
            texts = [None if cell is None else str(cell) for cell in cells]
            return pd.Series(texts, dtype=object)
        # Beside fractions they count something: no code of which each digit matters.
        notes.about(key, "whole numbers too long to count with: rounded")
        rounded = [None if cell is None else _rounded(cell) for cell in cells]
        return pd.Series(_finite(key, rounded, notes), dtype="float64")
    full = kinds == {int} and None not in cells
    return pd.Series(cells, dtype="int64" if full else "float64")


def _rounded(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf
