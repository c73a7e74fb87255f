"""A sheet of a workbook, read in a process of its own: `main` runs there.

Its reader lays all cells out in one rectangle, so that a single one in the last row
and column takes all memory there is, and without memory it ends its process. It gives
cells with an error as empty ones, too: in an xlsx file they are counted here. Light:
stdlib, msgspec and python-calamine.
"""

from __future__ import annotations

import contextlib
import datetime
import difflib
import html
import io
import posixpath
import re
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from engine.children import limit_memory
from engine.data.read.raw import line, listed, size
from engine.errors import DataError, EngineError, TooBigError

__all__ = ["CELL_BYTES", "LENGTH", "NO_MEMORY", "Head", "main", "room", "unpacked"]

CELL_BYTES = 100
"""What a cell takes while it is read: in the library, in Python and in the frame."""
LENGTH = struct.Struct("<I")
"""What stands before each message: how long it is."""
LEAST_ROOM = 1 << 26
SMALL_ROOM = 1 << 29
ROOM_SHARE = 64
"""Bytes of memory for a byte of a large workbook: more than any table takes."""
NO_MEMORY = 3
"""What the process ends with where Python is refused memory; the library aborts."""
CHUNK_CELLS = 100_000
SMALL_BYTES = 5_000_000
"""Of a workbook up to this size all sheets are looked into."""
PIECE = 1 << 20
OVERLAP = 4096
MOST_SIZE = 1 << 24
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_PLAIN = frozenset((str, float, int, bool))
_MOMENT, _DAY = 1, 2
# No "<" inside a tag: what is never closed would be read anew from each of its tags.
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^<>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^<>]*>")
_ATTRIBUTE = re.compile(r"""(?<![\w:])([\w:]++)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ERROR = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\bt=["']e["']""")
_FORMULA = re.compile(rb"(?:</f>|<f\s[^<>]*/>)\s*(?:<v\s*/>|<v>\s*</v>|</c>)")


class Head(msgspec.Struct):
    """What is known of a sheet before its rows come.

    Attributes
    ----------
    sheet : str
    others : list of str
        Other sheets with cells.
    height, top : int
        Rows, and empty ones before them.
    errors, uncalculated : int
        Cells with an error, and formulas without a value.
    """

    sheet: str
    others: list[str]
    height: int
    top: int
    errors: int
    uncalculated: int


def room(path: Path, limit: int) -> int:
    """Return the bytes of memory that a workbook may take to be opened.

    A third of the limit, and less for a small file: what is in it may be far more.
    """
    fair = max(SMALL_ROOM, ROOM_SHARE * path.stat().st_size)
    return max(LEAST_ROOM, min(limit // 3, fair))


def main() -> int:
    """Write a sheet as messages: ``main PATH NAME LIMIT [read|names [SHEET]]``."""
    path, name, limit, what, *sheet = sys.argv[1:]
    name = name.encode(errors="backslashreplace").decode()
    out = sys.stdout.buffer
    try:
        from python_calamine import CalamineWorkbook

        limit_memory(room(Path(path), int(limit)))
        content = Path(path).read_bytes()
        if _LOCKED in content:
            raise _locked(name)
        _check(content, name, int(limit))
        with _sound(name):
            book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        if what == "names":
            _send(out, "names", list(book.sheet_names))
        else:
            _read(book, content, name, sheet[0] if sheet else None, int(limit), out)
    except EngineError as error:
        _send(out, "error", [error.code, error.message, error.remedy])
    except MemoryError:
        return NO_MEMORY
    _send(out, "end", None)
    return 0


def unpacked(code: int, data: Any) -> Any:
    """Return a day or a moment that was sent; msgspec calls it."""
    text = bytes(data).decode()
    if code == _MOMENT:
        return datetime.datetime.fromisoformat(text)
    return datetime.date.fromisoformat(text)


def _send(out: BinaryIO, kind: str, what: Any) -> None:
    data = msgspec.msgpack.encode([kind, what])
    out.write(LENGTH.pack(len(data)) + data)
    out.flush()


def _packed(cell: Any) -> Any:
    if isinstance(cell, datetime.datetime):
        return msgspec.msgpack.Ext(_MOMENT, cell.isoformat().encode())
    if isinstance(cell, datetime.date):
        return msgspec.msgpack.Ext(_DAY, cell.isoformat().encode())
    return str(cell)  # a time of day, a span of time


def _read(
    book: Any, content: bytes, name: str, wanted: str | None, limit: int, out: BinaryIO
) -> None:
    sheet, others = _chosen(book, name, wanted, content, out)
    _send(out, "sheet", sheet)
    errors, uncalculated = _look(content, sheet, name)
    with _sound(name):
        page = book.get_sheet_by_name(sheet)
        height, width = page.height, page.width
        top = (page.start or (0, 0))[0]
    if height * width * CELL_BYTES > limit:
        raise TooBigError(
            f"{name}: sheet {sheet!r} has {height:,} rows of {width:,} columns, "
            "more than memory has room for",
            "delete cells far from its table, or save it as CSV, and read a sample of "
            "that with --rows",
        )
    _send(out, "head", Head(sheet, others, height, top, errors, uncalculated))
    with _sound(name):
        chunk: list[list[Any]] = []
        for row in page.iter_rows():
            chunk.append([c if type(c) in _PLAIN else _packed(c) for c in row])
            if len(chunk) * width >= CHUNK_CELLS:
                _send(out, "rows", chunk)
                chunk = []
        _send(out, "rows", chunk)


def _chosen(
    book: Any, name: str, wanted: str | None, content: bytes, out: BinaryIO
) -> tuple[str, list[str]]:
    """Return the name of the sheet to read, and those of others with cells."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    with _sound(name):
        names = list(book.sheet_names)
        known = list(book.sheets_metadata)
    sheets = [
        about.name
        for about in known
        if about.typ == SheetTypeEnum.WorkSheet
        and about.visible == SheetVisibleEnum.Visible
    ] or names
    if wanted is not None:
        if wanted in names:
            return wanted, []
        near = difflib.get_close_matches(wanted, names, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"it has {listed(names)}"
        raise DataError(f"{name} has no sheet {wanted!r}", remedy)
    filled: list[str] = []
    for sheet in sheets:
        # The first is needed anyway; of a large workbook the others are not read.
        if filled and len(content) > SMALL_BYTES:
            filled.append(sheet)
            continue
        _send(out, "sheet", sheet)
        with _sound(name):
            if book.get_sheet_by_name(sheet).height:
                filled.append(sheet)
    if not filled:
        raise DataError(f"{name} has no cells", "give a workbook with a table in it")
    return filled[0], filled[1:]


@contextlib.contextmanager
def _sound(name: str) -> Iterator[None]:
    """Turn whatever a damaged workbook raises into one line."""
    try:
        yield
    except (EngineError, MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        if type(error).__name__ == "PasswordError" or "password" in str(error).lower():
            raise _locked(name) from None
        if "capacity overflow" in str(error):  # more cells than any memory has
            raise MemoryError from None
        raise DataError(
            f"{name} looks like a workbook but cannot be read: {line(error)}",
            "is the file whole? open it in a spreadsheet and save it as CSV",
        ) from None


def _locked(name: str) -> DataError:
    return DataError(
        f"{name} is locked by a password", "save it without one, or as CSV"
    )


# What an xlsx file says of its cells ------------------------------------------------


@contextlib.contextmanager
def _archive(content: bytes, name: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield archive
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


def _check(content: bytes, name: str, limit: int) -> None:
    """Refuse a workbook that says itself that it unpacks to too much."""
    if not content.startswith(b"PK"):
        return
    with _archive(content, name) as archive:
        whole = sum(member.file_size for member in archive.infolist())
    if whole > limit:
        raise TooBigError(
            f"{name} unpacks to {size(whole)}, more than memory has room for",
            "save the sheet as CSV",
        )


def _look(content: bytes, sheet: str, name: str) -> tuple[int, int]:
    """Count cells with an error, and formulas without a value; in xlsx files only."""
    errors = uncalculated = 0
    if content.startswith(b"PK"):
        with _archive(content, name) as archive:
            file = _file_of(archive, sheet)
            for piece in _pieces(archive, file) if file else ():
                errors += len(_ERROR.findall(piece))
                uncalculated += len(_FORMULA.findall(piece))
    return errors, uncalculated


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
