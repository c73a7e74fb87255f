"""ARFF, as Weka and OpenML write it and as KEEL does.

The header says what every column is, so a cell that is something else is an error with
its line, not a guess.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from engine.core.errors import DataError, TooBigError
from engine.core.events import Reader
from engine.core.execution import Progress
from engine.core.format import brief, listed, plural, size
from engine.data.readers import raw
from engine.data.readers.encoding import TextEncoding, decoded, guess
from engine.data.readers.raw import LineError
from engine.data.readers.values import is_number, is_whole

Cells: TypeAlias = list[str | None]
Rows: TypeAlias = Iterator[tuple[int, Cells]]

MEMORY_SHARE = 4.0
"""Bytes in memory for a byte of the file: its text and what it is made of."""
CHUNK_CELLS = 1 << 22
WORD_BYTES = 64
"""What a cell of a string takes in the table at least; one of another type takes 8."""
_KINDS = {
    **dict.fromkeys(("numeric", "real", "integer"), "number"),
    **{"string": "text", "date": "date"},
}
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_LINE = re.compile(r"^.*$", re.MULTILINE)
_ATTRIBUTE = re.compile(
    rf"@attribute\s+(?P<name>{_QUOTED}|[^\s'\"{{][^\s{{]*)\s*(?P<kind>.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_KIND = re.compile(r"(?P<word>[A-Za-z]*)(?:\s*\[[^\]]*\])?\s*(?P<form>.*)", re.DOTALL)
_SPECIAL = re.compile(r"['\"\\]")
_CELL = re.compile(rf"\s*({_QUOTED}|[^,]*?)\s*(,|\Z)", re.DOTALL)
_CLOSED = re.compile(rf"(?:{_QUOTED})\Z", re.DOTALL)
_PAIR = re.compile(rf"\s*(\d{{1,9}})\s+({_QUOTED}|[^,]*?)\s*(?:,|\Z)")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_MISSING = ("?", "<null>", "")
_ISO = "yyyy-MM-dd'T'HH:mm:ss"
# Letters of Java for dates; more of one are the same number.
_JAVA = {
    **{"y": "%Y", "yy": "%y", "M": "%m", "MMM": "%b", "d": "%d", "a": "%p"},
    **{"H": "%H", "h": "%I", "m": "%M", "s": "%S", "S": "%f", "Z": "%z"},
}
_LETTERS = re.compile(r"([A-Za-z])\1*")


class _Attribute(NamedTuple):
    """A column: its name, what it holds, its values, or how its dates are written."""

    name: str
    kind: str
    values: tuple[str, ...] = ()
    form: str = ""

    @property
    def zero(self) -> str | None:
        """What a sparse row means that has no value for it."""
        return "0" if self.kind == "number" else next(iter(self.values), None)


def read(file: raw.SourceFile) -> raw.RawTable:
    """Read an ARFF file.

    Parameters
    ----------
    file : SourceFile
        Its progress is called with ``("reading", rows, of rows)``.

    Returns
    -------
    RawTable
        Nominal values and strings are text, dates are datetimes, ``?`` is missing.
        KEEL's ``@outputs`` names the target.

    Raises
    ------
    DataError
        Naming the line of whatever does not fit the header.
    TooBigError
        If the rows would take more than its limit: told before the first row.
    """
    path, name, spec = file.path, file.name, file.spec
    file.check_size(MEMORY_SHARE)
    notes = raw.Notes()
    encoding = TextEncoding(spec.encoding) if spec.encoding else guess(path, name)
    notes.say(*filter(None, [encoding.note]))
    text = decoded(path.read_bytes(), encoding.name, name)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        attributes, outputs, begin = _header(text)
        wanted, labels = raw.chosen([a.name for a in attributes], spec.columns, name)
        total = sum(1 for _ in _filled(text, begin))
        rows = _rows(_filled(text, begin), total, attributes, file.progress, notes)
        height = max(1, CHUNK_CELLS // len(attributes))
        each = [WORD_BYTES if attributes[p].kind == "text" else 8 for p in wanted]
        if total * sum(each) > file.most:
            raise TooBigError(
                f"{name} has {total:,} rows of {len(wanted):,} columns, more than "
                f"fit in {size(file.most)}",
                "name fewer columns",
                field="data.read.columns",
            )
        parts: dict[int, list[np.ndarray]] = {place: [] for place in wanted}
        while chunk := list(itertools.islice(rows, height)):
            for place in wanted:
                parts[place].append(_part(attributes[place], place, chunk, notes))
    except LineError as error:
        raise DataError(f"{name}, {error}", "correct that line") from None
    made = {place: _join(attributes[place], parts.pop(place)) for place in wanted}
    frame = pd.DataFrame(made, index=pd.RangeIndex(total), copy=False)
    frame.columns = pd.Index(labels, dtype=object)
    if len(outputs) > 1:
        notes.say(f"the file names several outputs: {listed(outputs)}")
    one = len(outputs) == 1 and outputs[0] in [a.name for a in attributes]
    found = Reader(format="arff", encoding=encoding.name, notes=tuple(notes.lines()))
    return raw.RawTable(frame, found, outputs[0] if one else None)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield its lines, stripped and numbered; a list of them takes far more memory."""
    return enumerate((found[0].strip() for found in _LINE.finditer(text)), 1)


def _filled(text: str, begin: int) -> Iterator[tuple[int, str]]:
    rows = itertools.islice(_lines(text), begin, None)
    return (row for row in rows if row[1] and row[1][0] != "%")


# The header -------------------------------------------------------------------------


def _header(text: str) -> tuple[list[_Attribute], list[str], int]:
    """Return the attributes, KEEL's outputs, and the number of the ``@data`` line."""
    attributes: list[_Attribute] = []
    outputs: list[str] = []
    number = 0
    for number, line in _lines(text):
        if not line or line.startswith("%"):
            continue
        word = line.split(maxsplit=1)[0].lower()
        if word == "@data" and attributes:
            return attributes, outputs, number
        if word == "@data":
            raise LineError(number, "@data comes before any @attribute")
        if word == "@attribute":
            attributes.append(_attribute(line, number))
        elif word in ("@outputs", "@output"):
            outputs = _values(line[len(word) :])
        elif word not in ("@relation", "@inputs", "@input"):
            raise LineError(number, f"{brief(line, 41)!r} is no part of an ARFF header")
    raise LineError(number, "it ends without an @data line: is it whole?")


def _attribute(text: str, number: int) -> _Attribute:
    found = _ATTRIBUTE.match(text)
    if found is None:
        raise LineError(number, "the attribute has no name that can be read")
    name, rest = _unquoted(found["name"]), found["kind"]
    if rest.startswith("{"):
        if "}" not in rest:
            raise LineError(number, f"the values of {name!r} have no closing }}")
        values = _values(rest[1 : rest.rindex("}")])
        return _Attribute(name, "nominal", tuple(dict.fromkeys(values)))
    kind = _KIND.match(rest)
    assert kind is not None  # it may be empty
    word = kind["word"].lower()
    if word not in _KINDS:
        shown = word or brief(rest, 41) or "nothing"
        known = "numeric, real, integer, string, date and {…}"
        raise LineError(number, f"the type of {name!r} is {shown!r}, none of {known}")
    form = _unquoted(kind["form"].strip()) if word == "date" else ""
    return _Attribute(name, _KINDS[word], (), form or _ISO)


def _values(text: str) -> list[str]:
    values = [_unquoted(word) for word in _split(text)]
    return [value for value in values if value] or values


def _split(text: str) -> list[str]:
    words: list[str] = []
    place, more = 0, True
    while more and (found := _CELL.match(text, place)):
        words.append(found[1])
        place, more = found.end(), bool(found[2])
    return words


def _unquoted(text: str) -> str:
    """Return a name or a value without its quotes and escapes."""
    if _CLOSED.match(text):
        text = text[1:-1]
    if "\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda m: chr(int(m[1][1:], 16)) if m[1][1:] else _ESCAPES.get(m[1], m[1]), text
    )


# The rows ---------------------------------------------------------------------------


def _rows(
    lines: Iterator[tuple[int, str]],
    total: int,
    attributes: list[_Attribute],
    progress: Progress,
    notes: raw.Notes,
) -> Rows:
    """Yield the cells of every row, with the number of its line."""
    zeros = [attribute.zero for attribute in attributes]
    for done, (number, text) in enumerate(lines):
        if done % 20_000 == 0:
            progress("reading", done, total)
        if text[0] == "{":
            yield number, _sparse(text, zeros, number)
            continue
        special = _SPECIAL.search(text) is not None
        words = _split(text) if special else [w.strip() for w in text.split(",")]
        for word in words if special else ():
            if word[:1] in ("'", '"') and not _CLOSED.match(word):
                raise LineError(number, f"the quote before {word[1:30]!r} is open")
        if len(words) != len(zeros):
            values, known = len(words), plural(len(zeros), "attribute")
            problem = f"{plural(values, 'value')} where the header has {known}"
            raise LineError(number, problem)
        if "" in words:
            notes.say("empty values read as missing")
        yield number, [_cell(word) for word in words]
    progress("reading", total, total)


def _sparse(text: str, zeros: Cells, number: int) -> Cells:
    """Return the cells of a row that gives those that are not as in `zeros`."""
    if not text.endswith("}"):
        raise LineError(number, "no closing }")
    cells = zeros.copy()
    seen: set[int] = set()
    pairs, place = text[1:-1].strip(), 0
    while place < len(pairs):
        pair = _PAIR.match(pairs, place)
        position = int(pair[1]) if pair else len(cells)
        if pair is None or position >= len(cells) or position in seen:
            shown = pairs[place : place + 30].strip()
            known = f"from 0 to {len(cells) - 1:,} and used once"
            raise LineError(number, f"{shown!r} is no value with its position, {known}")
        seen.add(position)
        cells[position] = _cell(pair[2])
        place = pair.end()
    return cells


def _cell(word: str) -> str | None:
    if word in _MISSING:
        return None
    return _unquoted(word) if word[0] in "'\"" or "\\" in word else word


# The columns ------------------------------------------------------------------------


def _part(
    attribute: _Attribute, place: int, rows: list[tuple[int, Cells]], notes: raw.Notes
) -> np.ndarray:
    """Return the cells of a column in its type, of rows with the numbers of lines."""
    cells = [row[place] for _, row in rows]
    part, odd, what = np.array([*cells, None], dtype=object)[:-1], list[int](), ""
    match attribute.kind:
        case "number":
            part, odd, what = *_numbers(attribute.name, cells, part, notes), "a number"
        case "nominal":
            values = attribute.values
            codes = {v.strip(): code for code, v in enumerate(values)}
            codes |= {v: code for code, v in enumerate(values)}
            found = [-1 if cell is None else codes.get(cell, -2) for cell in cells]
            part, what = np.array(found, "int32"), "one of its declared values"
            odd = np.flatnonzero(part == -2).tolist()
        case "date":
            part, odd = _dates(part, attribute.form)
            what = f"a date like {attribute.form}"
    if odd:
        cell = brief(str(cells[odd[0]]), 41)
        raise LineError(rows[odd[0]][0], f"{attribute.name!r} is {cell!r}, not {what}")
    if part.dtype.kind == "O":
        known = {cell: cell for cell in part}
        part[:] = [known[cell] for cell in part]  # one object for equal cells
    return part


def _numbers(
    name: str, cells: Cells, text: np.ndarray, notes: raw.Notes
) -> tuple[np.ndarray, list[int]]:
    # Most are there many times, zeros above all: each is looked at once.
    read = {cell: _number(cell) for cell in set(cells) if cell is not None}
    for cell in [c for c, number in read.items() if number is None]:
        if cell.lower().lstrip("+-") != "nan":
            return text, [cells.index(cell)]
        notes.about(name, "NaN read as missing")
    whole = [number for number in read.values() if isinstance(number, int)]
    numbers = [None if cell is None else read[cell] for cell in cells]
    if any(abs(number) > raw.EXACT for number in whole):
        text[[number is None for number in numbers]] = None
        return text, []
    full = len(whole) == len(read) and None not in cells
    return np.array(numbers, dtype="int64" if full else "float64"), []


def _join(attribute: _Attribute, parts: list[np.ndarray]) -> pd.Series | pd.Categorical:
    """Return all cells of a column."""
    if attribute.kind == "nominal":
        codes = pd.concat([pd.Series(dtype="int32"), *map(pd.Series, parts)])
        values = pd.Index(attribute.values, dtype=object)
        return pd.Categorical.from_codes(codes, categories=values)
    if not parts:
        return pd.Series(dtype="float64" if attribute.kind == "number" else object)
    series = [pd.Series(part, copy=False) for part in parts]
    if len({part.dtype.kind == "O" for part in parts}) > 1:  # one is too long
        series = [s.astype(object).map(str, na_action="ignore") for s in series]
    # Not as pandas' str, which has every cell's letters once more.
    return pd.concat(series, ignore_index=True)


def _number(text: str) -> int | float | None:
    if is_whole(text):
        # No float tells apart what is longer, and int() refuses what is much longer.
        return int(text) if len(text) < 400 else 2 * raw.EXACT
    return float(text) if is_number(text) else None


def _dates(text: np.ndarray, java: str) -> tuple[np.ndarray, list[int]]:
    def translate(letters: re.Match[str]) -> str:
        return _JAVA.get(letters[0]) or _JAVA.get(letters[1], letters[0])

    form = _LETTERS.sub(translate, java.replace("'", ""))
    try:
        dates = pd.to_datetime(
            pd.Series(text), format=form, errors="coerce", utc="%z" in form
        )
    except (ValueError, re.error):  # the same part twice
        return text, pd.notna(text).nonzero()[0].tolist()
    odd = (dates.isna() & pd.notna(text)).to_numpy().nonzero()[0].tolist()
    return dates.dt.tz_localize(None).to_numpy().astype("datetime64[us]"), odd
