"""Where a table begins in its text: lines before it, header lines, names, width."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from engine.core.errors import DataError
from engine.core.format import plural
from engine.data.readers.raw import LineError
from engine.data.readers.values import looks

Row: TypeAlias = tuple[int, list[str]]
"""Number of lines up to the end of a row, and its fields."""

MOST = 400
"""Rows that are looked at."""
FULL = 0.8
"""Share of rows with a value from which a column has one in nearly every row."""
TABLE_ROWS = 4
"""Lines of as many fields from which they are a table, and no preamble."""
FEW_ROWS, BLOCK_ROWS = 3, 20
"""Rows above a second table, and rows below its header: at least, and at most."""
_GENERIC = re.compile(r"(?:[A-Za-z]{0,8}[ _.]?\d+|unnamed.*|y|)\Z", re.IGNORECASE)
_NUMERIC = ("whole", "number", "grouped", "date")


class TextLayout(NamedTuple):
    """Where the rows begin, and what the columns are called.

    Attributes
    ----------
    lines : int
        Lines before the first row of data.
    skipped, header : int
        Of these, lines before the header, and header rows.
    names : list of str
        As written; "" where a column has none.
    width : int
        Fields of a row.
    trailing : bool
        Whether every row ends in one empty field too many.
    notes : tuple of str
    """

    lines: int
    skipped: int
    header: int
    names: list[str]
    width: int
    trailing: bool = False
    notes: tuple[str, ...] = ()


_FIELDS = "data.read.skip data.read.header"
_FIX = "correct it, or give the lines to skip and those of the header"


def find(
    rows: Sequence[Row],
    name: str = "the table",
    *,
    header: int | None = None,
    skip: int | None = None,
    unit: str = "line",
) -> TextLayout:
    """Tell header and preamble from the rows of a table.

    Parameters
    ----------
    rows : sequence of (int, list of str)
        The first rows that are not blank.
    name : str, default="the table"
        What to call the file in an error.
    header, skip : int or None, default=None
        Header rows, and lines before them, as given by the user.
    unit : {"line", "row"}, default="line"
        What is counted: the rows of a sheet are no lines.

    Returns
    -------
    TextLayout

    Raises
    ------
    DataError
        If the lines before the rows are neither a header nor a preamble, or a second
        table follows.

    Examples
    --------
    >>> rows = [(1, ["made today"]), (2, ["a", "b"]), (3, ["1", "2"]), (4, ["3", "4"])]
    >>> layout = find(rows)
    >>> layout.skipped, layout.header, layout.names
    (1, 1, ['a', 'b'])
    """
    try:
        return _find(rows, header, skip)
    except LineError as error:
        text, fix = str(error).replace("line", unit), error.fix or _FIX
        raise DataError(f"{name}, {text}", fix, field=_FIELDS) from None


def _find(rows: Sequence[Row], header: int | None, skip: int | None) -> TextLayout:
    notes: list[str] = []
    if skip is not None:
        rows = [row for row in rows if row[0] > skip]
    if not rows and skip is not None:
        raise LineError(1, f"no line is left after the {skip} to skip")
    if not rows:
        raise LineError(1, "only empty rows follow", "give a file with a header")
    if header is None:
        _refuse_second(rows)
    rows = list(rows[:MOST])
    width = _width(rows)
    first = _first(rows, width) if skip is None else 0
    if header is not None and header > len(rows) - first:
        raise LineError(
            rows[-1][0],
            f"a header of {header} lines where there are {len(rows) - first}",
        )
    trailing = _ends_empty(rows[first:], width)
    fields = [f[: width - 1] if trailing else f for _, f in rows[first:]]
    count = _header_rows(fields) if header is None else header
    if not count and len(rows[first][1]) == width:
        trailing = False  # without a header nobody knows that there is no column
    if skip is None:
        _check(rows, first, count, width)
    before = rows[first - 1][0] if first else (skip or 0)
    if skip is None and before:
        notes.append(f"{plural(before, 'line')} before the header left out")
    names, of_names = _names(fields[:count], width - trailing, given=header is not None)
    notes += of_names
    lines = rows[first + count - 1][0] if count else before
    cells = [c.strip() for c in fields[0]]
    if header is None and count and (_consecutive(cells) or _places(cells)):
        notes.append("its first line, of numbers, was taken for the header")
    return TextLayout(lines, before, count, names, width, trailing, tuple(notes))


def _width(rows: Sequence[Row]) -> int:
    """Return the usual number of fields; that of the later rows counts."""
    later = rows[len(rows) // 5 :] if len(rows) > 4 else rows
    counts = Counter(len(fields) for _, fields in later)
    return max(counts, key=lambda w: (counts[w], w))


def _first(rows: Sequence[Row], width: int) -> int:
    """Return the place of the header: the first row as wide as the table."""
    start = next((i for i, (_, f) in enumerate(rows) if len(f) == width), 0)
    below = start
    full = _full(rows[start:], width)
    while below + 2 < len(rows) and _is_caption(rows[below][1], full):
        below += 1
    body = [f for _, f in rows[below + 1 :] if len(f) == width]
    if below > start and body and _is_header(rows[below][1], body):
        start = below
    comments = [
        i for i, (_, f) in enumerate(rows[start:], start) if f[0].lstrip()[:1] in "#%"
    ]
    # A comment with as many commas as the table has.
    while start in comments and start + 1 < len(rows) and not _is_title(rows, start):
        start += 1
    above = rows[start - 1][1] if start else []
    if len(above) != width - 1 or width < 3 or not all(map(str.strip, above)):
        return start
    # One name fewer than fields: row names, or an empty field at the end.
    body = [f for _, f in rows[start:] if len(f) == width]
    last = sum(bool(f[-1].strip()) for f in body) / len(body)
    names = len({f[0] for f in body}) == len(body)
    fits = last == 0 or (last > FULL and names)
    return start - (fits and not _is_header(body[0], body[1:]))


def _full(rows: Sequence[Row], width: int) -> list[bool]:
    """Tell which columns have a value in nearly every row."""
    body = [f for _, f in rows if len(f) == width]
    return [
        sum(bool(f[i].strip()) for f in body) > FULL * len(body) for i in range(width)
    ]


def _is_caption(row: list[str], full: list[bool]) -> bool:
    """Tell whether a row is a few texts, where the rows below have more."""
    filled = sum(bool(c.strip()) for c in row)
    absent = sum(f and not c.strip() for f, c in zip(full, row, strict=False))
    return len(row) > 2 and (filled <= 1 or absent >= filled)


def _is_title(rows: Sequence[Row], place: int) -> bool:
    """Tell whether a line with # is the header all the same."""
    fields = [f for _, f in rows[place : place + 30] if len(f) == len(rows[place][1])]
    return len(fields) > 1 and not _is_header(fields[1], fields[2:])


def _ends_empty(rows: Sequence[Row], width: int) -> bool:
    if width < 2:
        return False
    full = [f for _, f in rows if len(f) == width]
    head = rows[0][1]
    fits = len(head) == width - 1 or not head[-1].strip()
    return fits and len(full) > 1 and all(not f[-1].strip() for f in full)


def _check(rows: Sequence[Row], first: int, count: int, width: int) -> None:
    """Refuse to leave out above the rows what may be their header, or a table."""
    above = [f for _, f in rows[:first]]
    if not above or all(f[0].lstrip()[:1] in ("#", "%") for f in above):
        return
    if not count:
        line, fields = rows[first - 1]
        has = plural(len(fields), "field")
        reason = f"no header, with {has} above rows of {width:,}"
        raise LineError(line, reason)
    widths = Counter(len(f) for f in above if len(f) not in (1, width))
    if widths and max(widths.values()) >= TABLE_ROWS:
        other = max(widths, key=lambda w: widths[w])
        raise LineError(
            rows[first][0],
            f"rows of {width:,} fields begin here, after rows of {other:,}: "
            "it holds more than one table",
        )


def _refuse_second(rows: Sequence[Row]) -> None:
    """Refuse rows among which another table begins, below some of the first.

    It does where a blank line, a caption of one cell, or both stand before a row of
    words in every column that holds only numbers in the rows below it; or both before
    the header of the first table.
    """
    width = _width(rows)
    full = _full(rows, width)
    heads: list[list[str]] = []
    above = end = 0
    for place, (line, fields) in enumerate(rows):
        blank = not place or _begins(rows[place]) > end + 1
        end = line
        caption = sum(map(bool, map(str.strip, fields))) == 1
        at = place + caption
        if (blank or caption) and at < len(rows) and len(rows[at][1]) == width:
            row = rows[at][1]
            again = row in heads
            heads.append(row)
            if above < FEW_ROWS or (again and not caption):
                pass  # the first one, or its header once more
            elif (again and blank) or _names_numbers(row, rows[at:]):
                raise LineError(
                    _begins(rows[place]),
                    "a second table begins here",
                    "save each table as a file of its own, "
                    f"skip {_begins(rows[at]) - 1} lines to read the rows from there "
                    "on, or say that there is 1 header line to read all as one table",
                )
        above += len(fields) == width and not caption and not _is_caption(fields, full)


def _begins(row: Row) -> int:
    """Return the line that a row begins in: a cell may hold line ends."""
    return row[0] - sum(max(c.count("\n"), c.count("\r")) for c in row[1])


def _names_numbers(row: list[str], rows: Sequence[Row]) -> bool:
    """Tell whether a row names the columns of numbers that follow, up to a gap."""
    cells = [cell.strip() for cell in row]
    words = all(looks(c) == "word" for c in (cells if cells[0] else cells[1:]))
    if not words and not _consecutive(cells):
        return False
    block: list[list[str]] = []
    for before, after in itertools.pairwise(rows[: BLOCK_ROWS + 1]):
        filled = sum(map(bool, map(str.strip, after[1])))
        if _begins(after) > before[0] + 1 or filled < 2:
            break
        block.append(after[1])
    named = [place for place, cell in enumerate(cells) if cell]
    return any(_is_numbers(block, at) for at in named) and _is_header(row, block)


def _is_numbers(rows: list[list[str]], place: int) -> bool:
    """Tell whether a column holds numbers only, and some."""
    kinds = [looks(r[place]) for r in rows if len(r) > place]
    filled = [k for k in kinds if k != "missing"]
    return len(filled) >= FEW_ROWS and all(k in _NUMERIC for k in filled)


def _header_rows(rows: list[list[str]]) -> int:
    """Return how many of the first rows are header."""
    same = next((i for i, row in enumerate(rows) if row != rows[0]), 1)
    body = [r for r in rows[same:] if len(r) == len(rows[-1]) and r != rows[0]]
    if not _is_header(rows[0], body or rows[1:]):
        return 0
    second = same == 1 and len(rows) > 4 and len(rows[1]) == len(rows[0])
    return 2 if second and _is_second_header(rows[1], body[1:]) else same


def _is_header(row: list[str], body: list[list[str]]) -> bool:
    """Tell whether a row names the columns that the rows below it fill."""
    cells = [cell.strip() for cell in row]
    if not body:
        return not all(looks(c) in _NUMERIC for c in cells)
    if _consecutive(cells) and not any(_consecutive(r) for r in body[:20]):
        return True  # 2019, 2020, … or 0, 1, 2, … above other numbers
    names = data = 0
    offset = int(len(body[0]) == len(cells) + 1)  # the first column has no name
    if _numbers_columns([""] * offset + cells, body):
        return True
    for place, cell in enumerate(cells, offset):
        column = [r[place].strip() for r in body if len(r) > place]
        filled = [k for k in map(looks, column) if k != "missing"]
        numbers = sum(k in _NUMERIC for k in filled)
        levels, few = set(column), max(1, len(column) // 2)
        kind = looks(cell)
        if not filled:
            continue
        if numbers >= 0.8 * len(filled):
            data += kind in _NUMERIC
            names += 2 * (kind == "word")
        elif cell in levels and cell:
            data += 1 if len(levels) > len(column) // 2 else 2
        elif kind in _NUMERIC:
            # Among words: a name where no cell below is a number, as in 100022.
            names += not numbers
            data += bool(numbers)
        elif cell and len(levels) <= few:
            names += 1
    if names == data:
        unique = len(set(cells)) == len(cells)
        return unique and not any(looks(c) in _NUMERIC for c in cells)
    return names > data


def _consecutive(cells: list[str]) -> bool:
    """Tell whether whole numbers go up by one from column to column."""
    numbers = [int(c) for c in cells if looks(c) == "whole" and len(c) < 10]
    if len(numbers) < max(2, len(cells) - 1):
        return False
    steps = {b - a for a, b in itertools.pairwise(numbers)}
    years = numbers[0] >= 1800 and numbers[-1] <= 2200
    places = numbers[0] in (0, 1) and len(numbers) == len(cells) > 3
    return steps == {1} and (years or places)


def _places(cells: list[str]) -> list[int]:
    """Return where 0, 1, … or 1, 2, … stand, beside one word or an empty first cell."""
    places = [i for i, c in enumerate(cells) if c.isdecimal()]
    numbers = [cells[i] for i in places]
    others = [looks(c) for c in cells[not cells[0] :] if not c.isdecimal()]
    beside = others == ["word"] or not (others or cells[0])
    runs = [list(map(str, range(n, n + len(places)))) for n in (0, 1)]
    return places if beside and numbers in runs and len(places) > 1 else []


def _numbers_columns(cells: list[str], body: list[list[str]]) -> bool:
    """Tell whether running numbers name columns of numbers, as pandas writes arrays."""
    places = _places(cells)
    fits = not any(_places([c.strip() for c in r]) for r in body[:20])
    for place, cell in enumerate(cells if places else ()):
        column = [r[place].strip() for r in body if len(r) > place]
        kinds, levels = {looks(c) for c in column} - {"missing"}, len(set(column))
        if cell:
            new = cell not in column and levels <= max(1, len(column) // 2)
            word = new and place not in places and len(places) > 2
            fits &= word or kinds <= set(_NUMERIC)
        else:  # numbers or names of the rows
            fits &= levels == len(column) and "number" not in kinds
    return bool(places) and fits


def _is_second_header(row: list[str], body: list[list[str]]) -> bool:
    """Tell whether a second row names too: words where only numbers follow."""
    words = numbers = 0
    for place, cell in enumerate(row):
        if _is_numbers(body, place):
            words += looks(cell) == "word"
            numbers += looks(cell) in _NUMERIC
    return words >= 2 and numbers == 0


def _names(
    rows: list[list[str]], width: int, *, given: bool
) -> tuple[list[str], list[str]]:
    """Return the names that header rows give, with notes."""
    if not rows:
        notes = [] if given else ["it has no header: columns are called by their place"]
        return [""] * width, notes
    texts = [[" ".join(c.split()) for c in row] for row in rows]
    texts[0][0] = texts[0][0].lstrip("#%").strip() or texts[0][0]
    texts = [t for i, t in enumerate(texts) if t not in texts[:i]]
    if len(texts) == 1:
        names, notes = texts[0], []
    elif all(_GENERIC.match(c) for c in texts[0]) and all(texts[-1]):
        names, notes = texts[-1], ["of two header lines the second has the names"]
    else:
        # A merged cell of a first line holds for the columns after it.
        names = [
            " ".join(dict.fromkeys(filter(None, c))) for c in zip(*texts, strict=False)
        ]
        notes = [f"{len(rows)} header lines were joined to one name per column"]
    if len(names) == width - 1:
        notes.append("the first column has no name in the header: called 'row name'")
        names = ["row name", *names]
    return names + [""] * (width - len(names)), notes
