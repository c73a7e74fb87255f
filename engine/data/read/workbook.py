"""A look into an xlsx file before it is read: how far it reaches, what is wrong in it.

Its reader lays cells out in one rectangle, so that a single cell in the last row and
column would take all memory there is; and it gives cells with an error as empty ones.
Other workbooks are not looked into. Light: stdlib only.
"""

from __future__ import annotations

import html
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from engine.data.read.raw import size
from engine.errors import DataError, TooBigError

__all__ = ["Look", "look"]

CELL_BYTES = 32
PIECE = 1 << 20
OVERLAP = 4096
MOST_SIZE = 1 << 24
_WIDEST = 702  # columns up to ZZ
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(r"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["'](\d{1,9})["']""")
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,4})\d""")
_WIDE = re.compile(rb"""\br=["'][A-Z]{3}\d""")
_ERROR = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\bt=["']e["']""")
_FORMULA = re.compile(rb"(?:</f>|<f\s[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>|</c>)")


class Look(NamedTuple):
    """What was seen: cells with an error, and formulas without a value."""

    errors: int = 0
    uncalculated: int = 0


def look(content: bytes, sheet: str, name: str, limit: int) -> Look:
    """Look at a sheet of a workbook; of another kind than xlsx nothing is said.

    Parameters
    ----------
    content : bytes
        The workbook.
    sheet : str
        Name of the sheet.
    name : str
        What to call the file.
    limit : int
        Bytes that the sheet may take.

    Raises
    ------
    DataError
        If it is damaged.
    TooBigError
        If its cells reach too far, or it unpacks to too much.
    """
    if not content.startswith(b"PK"):
        return Look()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            whole = sum(member.file_size for member in archive.infolist())
            if whole > limit:
                raise TooBigError(
                    f"{name} unpacks to {size(whole)}, more than memory has room for",
                    "save the sheet as CSV",
                )
            file = _file_of(archive, sheet)
            return Look() if file is None else _scan(archive, file, sheet, name, limit)
    except (
        OSError,
        EOFError,
        KeyError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
    ):
        raise DataError(
            f"{name} looks like a workbook but cannot be unpacked",
            "is the file whole? open it in a spreadsheet and save it as CSV",
        ) from None


def _file_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the file of a sheet in the archive, or None if that is not told."""
    names = archive.namelist()
    book, relations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if book not in names or relations not in names:
        return None
    ids = {
        found.get("name"): next(
            (v for k, v in found.items() if k.split(":")[-1] == "id"), None
        )
        for found in _tags(archive, book, _SHEET)
    }
    targets = {
        found.get("Id"): found.get("Target", "")
        for found in _tags(archive, relations, _RELATION)
    }
    target = targets.get(ids.get(sheet) or "")
    if not target:
        return None
    path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    path = posixpath.normpath(path)
    return path if path in names else None


def _tags(
    archive: zipfile.ZipFile, file: str, tag: re.Pattern[str]
) -> Iterator[dict[str, str]]:
    with archive.open(file) as opened:
        text = opened.read(MOST_SIZE).decode("utf-8", "replace")
    for found in tag.finditer(text):
        yield {
            one[1]: html.unescape(one[2] or one[3] or "")
            for one in _ATTRIBUTE.finditer(found[0])
        }


def _scan(
    archive: zipfile.ZipFile, file: str, sheet: str, name: str, limit: int
) -> Look:
    rows, wide, errors, empty = 0, False, 0, 0
    for piece in _pieces(archive, file):
        rows = max([rows, *map(int, _ROW.findall(piece))])
        wide = wide or _WIDE.search(piece) is not None
        errors += len(_ERROR.findall(piece))
        empty += len(_FORMULA.findall(piece))
    # Only where the widest sheet would be too big are the columns counted.
    if wide or rows * _WIDEST * CELL_BYTES > limit:
        columns = max(
            (
                _place(letters)
                for piece in _pieces(archive, file)
                for letters in set(_CELL.findall(piece))
            ),
            default=0,
        )
        if rows * columns * CELL_BYTES > limit:
            raise TooBigError(
                f"{name}: the cells of sheet {sheet!r} reach to row {rows:,} and "
                f"column {columns:,}, more than memory has room for",
                "delete the far cells in a spreadsheet, or save the table as CSV",
            )
    return Look(errors, empty)


def _pieces(archive: zipfile.ZipFile, file: str) -> Iterator[bytes]:
    """Yield the text in pieces that end with a tag, so that none is cut in two."""
    rest = b""
    with archive.open(file) as opened:
        while piece := opened.read(PIECE):
            piece = rest + piece
            end = piece.rfind(b"</c>") + 4
            if end < 4 or len(piece) - end > OVERLAP * 64:
                end = len(piece)
            yield piece[:end]
            rest = piece[end:]
    if rest:
        yield rest


def _place(letters: bytes) -> int:
    """Return the number of a column called by letters.

    Examples
    --------
    >>> _place(b"A"), _place(b"XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
