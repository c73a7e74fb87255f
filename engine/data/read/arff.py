"""ARFF, as Weka writes it and as KEEL does.

The header says what every column is, so a cell that is something else is an error with
its line, not a guess.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.data.read.arff_cells import absent, columns_of, dense, sparse
from engine.data.read.arff_header import Header, header
from engine.data.read.notes import Notes
from engine.data.read.raw import Progress, Raw, chosen, fits, listed, silent
from engine.errors import DataError
from engine.events import Reader

if TYPE_CHECKING:
    from engine.data.read.arff_cells import Cells, Rows

__all__ = ["read"]

MEMORY_SHARE = 4.0
"""Bytes in memory for a byte of the file: its text and what it is made of."""
TOLD_LINES = 20_000
_LINE = re.compile(r"^.*$", re.MULTILINE)


def read(
    path: Path,
    name: str,
    *,
    columns: Sequence[str] = (),
    encoding: str | None = None,
    limit: int | None = None,
    progress: Progress = silent,
) -> Raw:
    """Read an ARFF file.

    Parameters
    ----------
    path : Path
    name : str
        What to call it.
    columns : sequence of str, default=()
        Attributes to read; all of them when empty.
    encoding : str or None, default=None
        UTF-8 when None, or Windows-1252 (which is said) if it is not that.
    limit : int or None, default=None
        Bytes that the table may take.
    progress : callable, optional
        Called with ``("reading", rows, of rows)``.

    Returns
    -------
    Raw
        Nominal values and strings are text, dates are datetimes, ``?`` is missing.
        KEEL's ``@outputs`` names the target.

    Raises
    ------
    DataError
        Naming the line of whatever does not fit the header.
    TooBigError
        If the rows would take more than `limit`.
    """
    import pandas as pd

    fits(path, name, MEMORY_SHARE, limit)
    notes = Notes()
    text, encoding = _text(path, name, encoding, notes)
    lines = _lines(text)
    head = header(lines, name)
    first, line = next(lines, (text.count("\n") + 2, ""))
    total = sum(_is_row(line) for _, line in itertools.chain([(first, line)], lines))
    body = itertools.islice(_lines(text), first - 1, None)
    names = [attribute.name for attribute in head.attributes]
    wanted, called = chosen(names, columns, name)
    zeros = [absent(attribute) for attribute in head.attributes]
    rows = _rows(body, total, zeros, name, progress, notes)
    frame = columns_of(rows, total, head.attributes, wanted, name, limit, notes)
    frame.columns = pd.Index(called, dtype=object)
    return Raw(
        frame,
        Reader(format="arff", encoding=encoding, notes=tuple(notes.lines())),
        _target(head, notes),
    )


def _text(path: Path, name: str, encoding: str | None, notes: Notes) -> tuple[str, str]:
    content = path.read_bytes()
    if encoding is None:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        else:
            encoding = "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "utf-8"
        guessed = True
    else:
        guessed = False
    try:
        return _newlines(content.decode(encoding)), encoding
    except UnicodeDecodeError as error:
        if not guessed or encoding != "utf-8":
            number = content.count(b"\n", 0, error.start) + 1
            raise DataError(
                f"{name}, line {number:,}: a byte that is no {encoding} text",
                "name another encoding with --encoding",
            ) from None
    except LookupError:
        raise DataError(
            f"there is no encoding {encoding!r}", "name one, like utf-8 or cp1252"
        ) from None
    notes.say("not UTF-8: read as Windows-1252")
    # Five bytes mean nothing in it; Latin-1 takes them for controls.
    try:
        return _newlines(content.decode("cp1252")), "cp1252"
    except UnicodeDecodeError:
        return _newlines(content.decode("latin-1")), "latin-1"


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield its lines, stripped and numbered; a list of them takes far more memory."""
    return enumerate((found[0].strip() for found in _LINE.finditer(text)), 1)


def _is_row(line: str) -> bool:
    return line != "" and line[0] != "%"


def _rows(
    lines: Iterator[tuple[int, str]],
    total: int,
    zeros: Cells,
    name: str,
    progress: Progress,
    notes: Notes,
) -> Rows:
    """Yield the cells of every row, with the number of its line."""
    rows = (found for found in lines if _is_row(found[1]))
    for done, (number, text) in enumerate(rows):
        if done % TOLD_LINES == 0:
            progress("reading", done, total)
        if text.startswith("{"):
            yield number, sparse(text, zeros, name, number, notes)
        else:
            yield number, dense(text, len(zeros), name, number, notes)
    progress("reading", total, total)


def _target(head: Header, notes: Notes) -> str | None:
    if len(head.outputs) > 1:
        notes.say(f"the file names several outputs: {listed(list(head.outputs))}")
    names = {attribute.name for attribute in head.attributes}
    found = [name for name in head.outputs if name in names]
    return found[0] if len(found) == 1 and len(head.outputs) == 1 else None
