"""JSON Lines, or one JSON array: an object per row, one plain value per key.

Arrow reads what it reads exactly; anything else is read again, object by object, so
that every digit is kept and every error has its line.
"""

from __future__ import annotations

import codecs
import itertools
import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as arrow_json

from engine.core.errors import DataError, TooBigError
from engine.core.events import Reader
from engine.core.execution import Progress, silent
from engine.data.readers import raw
from engine.data.readers.arrow import frame_of
from engine.data.readers.encoding import decoded, marked

MEMORY_SHARE = 2.0
"""Bytes in memory for a byte of the file, about."""
MOST_PADDED = 1 << 24
"""Cells without a value that are laid out, beside some for each that has one."""
LOOKED_AT = 200
MOST_SPREAD = 20
"""Times as many different keys as one object has: names that are written as keys."""
TOLD_ROWS = 20_000
_SURROGATE = re.compile(r"\\u[dD]")
_SPACE = re.compile(r"[ \t\r\n]*")
_WORDS = {int: "numbers", float: "numbers", str: "text", bool: "true or false"}


class _Nested(list[tuple[str, Any]]):
    """The pairs of an object; a class of its own tells it from a list."""


_DECODER = json.JSONDecoder(object_pairs_hook=_Nested)


def read(file: raw.SourceFile) -> raw.RawTable:
    """Read a table of JSON objects.

    Parameters
    ----------
    file : SourceFile
        Its columns are the keys to read, all of them unless told: what others hold is
        not looked at. The encoding is UTF-8, unless given or marked otherwise. Its
        progress is called with ``("reading objects", characters, of characters)``.

    Returns
    -------
    RawTable
        A key that an object lacks is missing in its row. Values of several types in
        one column are text.

    Raises
    ------
    DataError
        Naming the line: for lists or objects as values, a key that stands twice in an
        object, and whatever is no JSON.
    TooBigError
        If it would take more than its limit, told by the size of the file.
    """
    path, columns = file.path, file.spec.columns
    file.check_size(MEMORY_SHARE)
    with path.open("rb") as opened:
        encoding = file.spec.encoding or marked(opened.read(4)) or "utf-8"
    file.progress("reading objects", 0, None)
    # Arrow would look at what the other keys hold.
    fast = encoding in ("utf-8", "utf-8-sig") and not columns and _regular(path)
    table = _fast(path) if fast else None
    if table is not None:
        frame, notes = frame_of(table)
    else:
        text = decoded(path.read_bytes(), encoding, file.name)
        frame, notes = _exact(text, file.name, columns, file.progress)
    reader = Reader(format="jsonl", encoding=encoding, notes=tuple(notes))
    return raw.RawTable(frame, reader)


def _regular(path: Path) -> bool:
    """Tell whether the first objects have about the same keys, one object per line."""
    keys: set[str] = set()
    most = 1
    with path.open("rb") as file:
        for line in itertools.islice(file, LOOKED_AT):
            begin = line.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
            try:
                found = json.loads(line) if begin == b"{" else None
            except (ValueError, RecursionError):
                return False
            if isinstance(found, dict):
                keys |= found.keys()
                most = max(most, len(found))
            elif begin:
                return False
    return len(keys) <= MOST_SPREAD * most


def _fast(path: Path) -> pa.Table | None:
    """Read with Arrow; None if its result could differ from what is written."""
    try:
        table = arrow_json.read_json(path)
        # Text that looks like a time is text until a user looks at all of it.
        times = [f.name for f in table.schema if pa.types.is_timestamp(f.type)]
        if times:
            texts = pa.schema([(name, pa.string()) for name in times])
            options = arrow_json.ParseOptions(explicit_schema=texts)
            read = arrow_json.read_json(path, parse_options=options)
            table = read.select(table.schema.names)
        table.validate(full=True)
        with path.open("rb") as file:
            rows = sum(not line.isspace() for line in file)
        if table.num_rows != rows or not rows:
            return None
        for column in table.columns:
            if pa.types.is_nested(column.type):
                return None
            if pa.types.is_floating(column.type):
                # Whole numbers beyond what a float can tell apart came from digits,
                # and so may those that are infinite.
                most = pc.max(pc.abs(pc.if_else(pc.is_nan(column), 0.0, column)))
                if most.is_valid and most.as_py() >= raw.EXACT:
                    return None
    except Exception:  # whatever it is, the exact reader says it with its line
        return None
    return table


def _exact(
    text: str, name: str, columns: Sequence[str], progress: Progress = silent
) -> tuple[pd.DataFrame, list[str]]:
    wanted = frozenset(columns)
    keys: dict[str, None] = {}
    found: dict[str, list[Any]] = {}
    rows = filled = 0
    for number, place, pairs in _objects(text, name):
        if rows % TOLD_ROWS == 0:
            progress("reading objects", place, len(text))
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
                what = "an object" if isinstance(value, _Nested) else "a list"
                raise DataError(
                    f"{name}, line {number:,}: column {key!r} holds {what} where one "
                    "value is read",
                    "write one value per key, or name the columns to read",
                    field="data.read.columns",
                )
            cells = found.setdefault(key, [])
            cells.extend([None] * (rows - len(cells)))  # the rows before had none
            cells.append(value)
            filled += 1
        rows += 1
        if len(found) * rows > MOST_PADDED + (MOST_SPREAD + 1) * filled:
            raise TooBigError(
                f"{name}: its first {rows:,} objects have {len(found):,} different "
                "keys",
                "are names written as keys? write one object per row, with the same "
                "keys",
            )
    notes = raw.Notes()
    for cells in found.values():
        cells.extend([None] * (rows - len(cells)))
    made = [_series(key, cells, notes) for key, cells in found.items()]
    frame = pd.DataFrame(dict(enumerate(made)), index=pd.RangeIndex(rows))
    frame.columns = pd.Index(list(found), dtype=object)
    if columns and rows:
        places, labels = raw.chosen(list(keys), columns, name)
        frame = frame[[list(keys)[place] for place in places]].set_axis(labels, axis=1)
    return frame, notes.lines()


def _series(key: str, cells: list[Any], notes: raw.Notes) -> pd.Series:
    # Neither NaN nor Infinity is JSON, and 1e999 is no number that can be held.
    infinite = sum(isinstance(c, float) and math.isinf(c) for c in cells)
    if infinite:
        notes.about(key, f"{infinite:,} infinite made missing")
    cells = [
        None if isinstance(c, float) and not math.isfinite(c) else c for c in cells
    ]
    kinds = {type(cell) for cell in cells if cell is not None}
    long = any(type(c) is int and abs(c) > raw.EXACT for c in cells)
    if len(kinds) > 1 and not kinds <= {int, float}:
        mixed = " and ".join(sorted({_WORDS[kind] for kind in kinds}))
        notes.about(key, f"{mixed} mixed: kept as text")
    elif float in kinds and long:
        # Beside fractions they count something: no code of which each digit matters.
        notes.about(key, "whole numbers too long to count with: rounded")
        most = int(sys.float_info.max)
        rounded = [c if c is None or abs(c) <= most else math.inf for c in cells]
        return _series(key, [None if c is None else float(c) for c in rounded], notes)
    elif kinds and kinds <= {int, float} and not long:
        full = kinds == {int} and None not in cells
        return pd.Series(cells, dtype="int64" if full else "float64")
    elif kinds == {bool}:
        return pd.Series(cells, dtype=object if None in cells else bool)
    return pd.Series([None if c is None else str(c) for c in cells], dtype=object)


def _objects(text: str, name: str) -> Iterator[tuple[int, int, _Nested]]:
    """Yield the objects of one list, or those that begin in lines of their own.

    Each comes with the number of its first line, and its place in the text.
    """

    def wrong(place: int, what: str) -> DataError:
        line = text.count("\n", 0, place) + 1
        fix = 'give one JSON object per line, like {"age": 51, "sick": 1}'
        return DataError(f"{name}, line {line:,}: {what}", fix)

    place = _skip(text, 0)
    listed = text.startswith("[", place)
    place = _skip(text, place + listed)
    number, counted = 1, 0
    while place < len(text) and not (listed and text[place] == "]"):
        number += text.count("\n", counted, place)
        counted = place
        try:
            value, end = _DECODER.raw_decode(text, place)
        except json.JSONDecodeError as error:
            reason = error.msg[:1].lower() + error.msg[1:]
            raise wrong(error.pos, f"{reason} (character {error.colno:,})") from None
        except RecursionError:
            raise wrong(place, "values inside values, too deep to read") from None
        except ValueError as error:
            raise wrong(place, str(error).partition(";")[0]) from None
        if not isinstance(value, _Nested):
            raise wrong(place, "there is no JSON object")
        if _SURROGATE.search(text, place, end):
            try:
                json.dumps(value, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                what = "half of a character (a lone surrogate)"
                raise wrong(place, what) from None
        yield number, place, value
        place = _skip(text, end)
        if listed and place < len(text) and text[place] != "]":
            after = _skip(text, place + 1)
            if text[place] != "," or text.startswith("]", after):
                raise wrong(place, "expecting ',' and an object, or ']'")
            place = after
        elif not listed and place < len(text) and "\n" not in text[end:place]:
            raise wrong(end, "something follows the object")
    if listed and place >= len(text):
        raise wrong(len(text), "the list has no end")
    if listed and _skip(text, place + 1) < len(text):
        raise wrong(len(text), "something follows the list")


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place
