"""The rows of an ARFF file, checked against its header."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from engine.data.read.arff_header import Attribute, unquoted
from engine.data.read.notes import Notes, counted
from engine.data.read.raw import EXACT, size
from engine.data.read.values import is_number, plain
from engine.errors import DataError, TooBigError
from engine.execute.machine import available

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["Cells", "Rows", "absent", "columns_of", "dense", "sparse"]

Cells: TypeAlias = list[str | None]
Rows: TypeAlias = Iterator[tuple[int, Cells]]

CHUNK_CELLS = 1 << 22
CELL_BYTES = 8
"""What any cell takes in the table, beside its letters."""
_SPECIAL = re.compile(r"['\"\\{%]")
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_CELL = re.compile(rf"\s*({_QUOTED}|[^,]*?)\s*(,|\Z)")
_CLOSED = re.compile(rf"(?:{_QUOTED})\Z")
_QUOTES = ("'", '"')
_WORD = re.compile(rf"\s*({_QUOTED}|\S+)")
_PAIR = re.compile(rf"\s*(\d+)\s+({_QUOTED}|[^,]*?)\s*(,|\Z)")
_WEIGHT = re.compile(r"\{\s*[\d.eE+-]+\s*\}\Z")
_SPARSE = re.compile(r"\{(?P<pairs>.*?)\}\s*(?P<weight>,?\s*\{\s*[\d.eE+-]+\s*\})?\Z")
_MISSING = ("?", "<null>", "")
_NAN = ("nan", "-nan", "+nan")
_WEIGHTS = "weights of single rows are not used"
# Java's letters for dates, and strptime's.
_LETTERS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%m",
    "dd": "%d",
    "d": "%d",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "h": "%I",
    "mm": "%M",
    "m": "%M",
    "ss": "%S",
    "s": "%S",
    "SSS": "%f",
    "a": "%p",
    "EEEE": "%A",
    "EEE": "%a",
    "Z": "%z",
    "XXX": "%z",
}
_DATE_PART = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
_ISO = "yyyy-MM-dd'T'HH:mm:ss"


def dense(text: str, width: int, name: str, number: int, notes: Notes) -> Cells:
    """Return the cells of a line that gives them all.

    Parameters
    ----------
    text : str
        The line, stripped.
    width : int
        Number of attributes.
    name : str
        What to call the file.
    number : int
        Of the line.
    notes : Notes

    Raises
    ------
    DataError
        If it has another number of values.

    Examples
    --------
    >>> dense("1, 'a, b', ?", 3, "t.arff", 9, Notes())
    ['1', 'a, b', None]
    """
    if _SPECIAL.search(text) is None:
        words = [word.strip() for word in text.split(",")]
        cells: Cells = [None if word in _MISSING else word for word in words]
    else:
        words, cells = _split(text, name, number)
        if len(words) == width + 1 and _WEIGHT.match(words[-1]):
            words.pop()
            cells.pop()
            notes.say(_WEIGHTS)
    if len(words) != width and "," not in text:
        words = [found[1] for found in _WORD.finditer(text)]
        cells = [_cell(word) for word in words]
    if len(words) != width:
        raise DataError(
            f"{name}, line {number:,}: {counted(len(words), 'value')} where the header "
            f"has {counted(width, 'attribute')}",
            "mend that line, or is the file whole?",
        )
    if "" in words:
        notes.say("empty values read as missing")
    return cells


def sparse(
    text: str,
    zeros: Cells,
    name: str,
    number: int,
    notes: Notes,
) -> Cells:
    """Return the cells of a line that gives those that are not as in `zeros`.

    Raises
    ------
    DataError
        If a position is no attribute's, or stands twice.
    """
    found = _SPARSE.match(text)
    if found is None:
        raise DataError(
            f"{name}, line {number:,}: no closing }}", "mend that line of the data"
        )
    if found["weight"]:
        notes.say(_WEIGHTS)
    cells = zeros.copy()
    seen: set[int] = set()
    pairs = found["pairs"].strip()
    place = 0
    while place < len(pairs):
        pair = _PAIR.match(pairs, place)
        position = int(pair[1]) if pair and len(pair[1]) < 10 else -1
        if pair is None or not 0 <= position < len(cells) or position in seen:
            shown = pairs[place : place + 30].strip()
            raise DataError(
                f"{name}, line {number:,}: {shown!r} is no value with its position, "
                f"from 0 to {len(cells) - 1:,} and used once",
                "mend that line of the data",
            )
        seen.add(position)
        cells[position] = _cell(pair[2])
        place = pair.end()
    return cells


def absent(attribute: Attribute) -> str | None:
    """Return what a sparse row means that has no value for an attribute.

    That is 0 for numbers, and for nominal attributes the value declared first.
    """
    if attribute.kind in ("number", "integer"):
        return "0"
    return attribute.values[0] if attribute.values else None


def columns_of(
    rows: Rows,
    total: int,
    attributes: tuple[Attribute, ...],
    wanted: list[int],
    name: str,
    limit: int | None,
    notes: Notes,
) -> pd.DataFrame:
    """Return the rows as typed columns.

    Parameters
    ----------
    rows : iterator of (int, list)
        Line numbers and cells.
    total : int
        Number of rows.
    attributes : tuple of Attribute
    wanted : list of int
        Positions of the attributes to keep.
    name : str
        What to call the file.
    limit : int or None
        Bytes that the table may take; half of the free memory when None.
    notes : Notes

    Raises
    ------
    DataError
        Naming the line of a cell that is not what the header says.
    TooBigError
        If the table would take more than `limit`: told before the first row, except
        for the letters of its words, which count as they come.
    """
    import numpy as np
    import pandas as pd

    most = (available() or 1 << 34) // 2 if limit is None else limit
    parts: dict[int, list[np.ndarray]] = {place: [] for place in wanted}
    formats = {
        p: _strptime(attributes[p]) for p in wanted if attributes[p].kind == "date"
    }
    height = max(1, CHUNK_CELLS // max(1, len(attributes)))
    held = total * len(wanted) * CELL_BYTES
    while True:
        if held > most:
            raise TooBigError(
                f"{name} has {total:,} rows of {len(wanted):,} columns, more than fit "
                f"in {size(most)}",
                "name fewer columns with --columns",
            )
        chunk = [row for _, row in zip(range(height), rows, strict=False)]
        if not chunk:
            break
        numbers = [number for number, _ in chunk]
        for place in wanted:
            cells = [cells[place] for _, cells in chunk]
            attribute = attributes[place]
            part = _part(cells, numbers, attribute, formats.get(place), name, notes)
            if attribute.kind == "nominal":
                # Held once, but whoever hashes the table reads them in every cell.
                lengths = np.array([*map(len, attribute.values), 0])
                held += int(lengths[part].sum())
            elif part.dtype.kind == "O":
                known = {cell: cell for cell in part}
                part[:] = [known[cell] for cell in part]  # one object for equal cells
                held += sum(map(sys.getsizeof, known))
            parts[place].append(part)
    made = {place: _joined(parts.pop(place), attributes[place]) for place in wanted}
    frame = pd.DataFrame(made, index=pd.RangeIndex(total), copy=False)
    for place, form in formats.items():
        if form is None:
            said = f"dates written as {attributes[place].format!r} kept as text"
            notes.about(attributes[place].name, said)
    return frame


def _split(text: str, name: str, number: int) -> tuple[list[str], Cells]:
    words: list[str] = []
    place = 0
    while True:
        found = _CELL.match(text, place)
        if found is None:  # cannot be: a word may be anything but a comma
            break
        if found[1][:1] in _QUOTES and _CLOSED.match(found[1]) is None:
            raise DataError(
                f"{name}, line {number:,}: the quote before {found[1][1:30]!r} "
                "is not closed",
                "mend that line of the data",
            )
        if found[1].startswith("%"):
            break  # a comment ends the line
        words.append(found[1])
        place = found.end()
        if not found[2]:
            break
    return words, [_cell(word) for word in words]


def _cell(word: str) -> str | None:
    if word in _MISSING:
        return None
    return unquoted(word) if word[0] in "'\"" or "\\" in word else word


def _part(
    cells: Cells,
    numbers: list[int],
    attribute: Attribute,
    form: str | None,
    name: str,
    notes: Notes,
) -> np.ndarray:
    import numpy as np

    if attribute.kind in ("number", "integer"):
        return _numbers(cells, numbers, attribute, name, notes)
    if attribute.kind == "date" and form is not None:
        return _dates(cells, numbers, attribute, form, name)
    if attribute.kind == "nominal":
        declared: dict[str | None, int] = {None: -1}
        declared.update((value, i) for i, value in enumerate(attribute.values))
        declared.update((value.strip(), i) for i, value in enumerate(attribute.values))
        codes = [declared.get(cell) for cell in cells]
        if None in codes:
            place = codes.index(None)
            what = "one of its declared values"
            _not(name, numbers[place], attribute, str(cells[place]), what)
        return np.array(codes, dtype="int32")
    made = np.empty(len(cells), dtype=object)
    made[:] = cells
    return made


def _numbers(
    cells: Cells, numbers: list[int], attribute: Attribute, name: str, notes: Notes
) -> np.ndarray:
    """Return int64, float64 if there are gaps or fractions, text if too long."""
    import numpy as np

    distinct = set(cells)
    # Most are there many times, zeros above all: each is looked at once.
    read = {cell: _number(cell) for cell in distinct if cell is not None}
    for cell, number in read.items():
        if number is None and cell.lower() not in _NAN:
            place = cells.index(cell)
            _not(name, numbers[place], attribute, cell, "a number")
        if number is None:
            notes.about(attribute.name, "NaN read as missing")
    whole = [number for number in read.values() if isinstance(number, int)]
    if any(abs(number) > EXACT for number in whole):
        made = np.empty(len(cells), dtype=object)
        made[:] = [None if c is None or read[c] is None else c for c in cells]
        return made
    values = [None if cell is None else read[cell] for cell in cells]
    full = len(whole) == len(distinct)
    return np.array(values, dtype="int64" if full else "float64")


def _number(text: str) -> int | float | None:
    if plain(text):
        # No float tells apart what is longer, and int() refuses what is much longer.
        return int(text) if len(text) < 400 else 2 * EXACT
    return float(text) if is_number(text) else None


def _dates(
    cells: Cells, numbers: list[int], attribute: Attribute, form: str, name: str
) -> np.ndarray:
    import pandas as pd

    series = pd.Series(cells, dtype=object)
    utc = "%z" in form
    read = pd.to_datetime(series, format=form, errors="coerce", utc=utc)
    bad = (read.isna() & series.notna()).to_numpy().nonzero()[0]
    if len(bad):
        place = int(bad[0])
        what = f"a date like {attribute.format or _ISO}"
        _not(name, numbers[place], attribute, str(cells[place]), what)
    if utc:
        read = read.dt.tz_localize(None)
    return read.to_numpy().astype("datetime64[us]")


def _strptime(attribute: Attribute) -> str | None:
    """Return a Java date format as one of strptime's; None if it has no like."""
    import pandas as pd

    made: list[str] = []
    for found in _DATE_PART.finditer(attribute.format or _ISO):
        if found[1] is not None:
            made.append((found[1] or "'").replace("''", "'").replace("%", "%%"))
        elif found[2] is None:
            made.append(found[0].replace("%", "%%"))
        elif found[0] in _LETTERS:
            made.append(_LETTERS[found[0]])
        else:
            return None
    form = "".join(made)
    try:  # the same part twice, or parts that do not go together
        pd.to_datetime(pd.Series(["-"]), format=form, errors="coerce")
    except (ValueError, re.error):
        return None
    return form


def _joined(
    parts: list[np.ndarray], attribute: Attribute
) -> np.ndarray | pd.Categorical | pd.Series:
    import numpy as np
    import pandas as pd

    if attribute.kind == "nominal":
        codes = np.concatenate([*parts, np.empty(0, dtype="int32")])
        values = pd.Index(attribute.values, dtype=object)
        return pd.Categorical.from_codes(codes, categories=values)
    if not parts:
        empty = "float64" if attribute.kind in ("number", "integer") else object
        return np.empty(0, dtype=empty)
    kinds = {part.dtype.kind for part in parts}
    if kinds <= {"i"} or kinds <= {"i", "f"} or kinds == {"M"}:
        return np.concatenate(parts)
    whole = [
        part
        if part.dtype.kind == "O"
        else np.array([None if pd.isna(v) else str(v) for v in part.tolist()], object)
        for part in parts
    ]
    # Not as pandas' str, which has every cell's letters once more.
    return pd.Series(np.concatenate(whole), dtype=object)


def _not(
    name: str, number: int, attribute: Attribute, cell: str, what: str
) -> NoReturn:
    shown = cell if len(cell) <= 40 else f"{cell[:40]}…"
    raise DataError(
        f"{name}, line {number:,}: {attribute.name!r} is {shown!r}, not {what}",
        "mend that cell, or the header",
    )
