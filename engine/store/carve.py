"""Rows read from the pages of a damaged store without SQLite.

SQLite finds rows by pages that say where they are; where one of those is damaged all
rows below it are out of its reach, though they are whole. Every row has a checksum, so
whatever looks like one can be told for certain.

Layout: https://www.sqlite.org/fileformat2.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

__all__ = ["records"]

_TABLE, _INDEX, _INNER = 0x0D, 0x0A, 0x02
_SIZES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


def records(data: bytes) -> Iterator[list[Any]]:
    r"""Yield what can be read as a row, on any page that is in use.

    Parameters
    ----------
    data : bytes
        Of a database file.

    Yields
    ------
    list
        The values of a row, in the order they are stored.

    Examples
    --------
    >>> import sqlite3
    >>> db = sqlite3.connect(":memory:")
    >>> _ = db.execute("CREATE TABLE t (a TEXT, b REAL, c BLOB)")
    >>> _ = db.execute("INSERT INTO t VALUES ('x', 1.5, x'ff'), (NULL, 2, x'')")
    >>> db.commit()
    >>> [row for row in records(db.serialize()) if len(row) == 3]
    [['x', 1.5, b'\xff'], [None, 2, b'']]
    """
    size = int.from_bytes(data[16:18], "big")
    size = 65536 if size == 1 else size
    if size < 512 or size & (size - 1):
        return
    free = _free(data, size)
    for number in range(1, len(data) // size + 1):
        if number not in free:
            yield from _on_page(data, size, number)


def _on_page(data: bytes, size: int, number: int) -> Iterator[list[Any]]:
    start = (number - 1) * size
    page = data[start : start + size]
    head = 100 if number == 1 else 0
    kind = page[head]
    if kind not in (_TABLE, _INDEX, _INNER):
        return
    first = head + (12 if kind == _INNER else 8)
    count = int.from_bytes(page[head + 3 : head + 5], "big")
    for at in range(first, min(first + 2 * count, size - 1), 2):
        cell = int.from_bytes(page[at : at + 2], "big")
        try:
            yield _record(_payload(data, page, kind, cell))
        except (IndexError, ValueError, struct.error):
            continue  # it is what was damaged


def _payload(data: bytes, page: bytes, kind: int, at: int) -> bytes:
    """Return the bytes of a row, with those on the pages it runs over to."""
    size = len(page)
    at += 4 if kind == _INNER else 0
    length, at = _varint(page, at)
    most = size - 35
    if kind == _TABLE:
        _, at = _varint(page, at)
    else:
        most = (size - 12) * 64 // 255 - 23
    if length > len(data):
        raise ValueError("longer than the file")
    if length <= most:
        return page[at : at + length]
    least = (size - 12) * 32 // 255 - 23
    local = least + (length - least) % (size - 4)
    local = local if local <= most else least
    pieces, left = [page[at : at + local]], length - local
    following = int.from_bytes(page[at + local : at + local + 4], "big")
    while left > 0:
        if not following:
            raise ValueError("it ends too soon")
        start = (following - 1) * size
        pieces.append(data[start + 4 : start + 4 + min(left, size - 4)])
        if not pieces[-1]:
            raise ValueError("it leads out of the file")
        left -= len(pieces[-1])
        following = int.from_bytes(data[start : start + 4], "big")
    return b"".join(pieces)


def _record(payload: bytes) -> list[Any]:
    """Return the values that a row's bytes hold."""
    end, at = _varint(payload, 0)
    kinds = []
    while at < end:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values = []
    for kind in kinds:
        length = _SIZES.get(kind, 8 if kind == 7 else max(0, (kind - 12) // 2))
        piece = payload[at : at + length]
        if len(piece) < length:
            raise ValueError("a value is cut off")
        at += length
        values.append(_value(kind, piece))
    return values


def _value(kind: int, piece: bytes) -> Any:
    if kind == 0:
        return None
    if kind in _SIZES:
        return int.from_bytes(piece, "big", signed=True)
    if kind == 7:
        return struct.unpack(">d", piece)[0]
    if kind in (8, 9):
        return kind - 8
    if kind < 12:
        raise ValueError("no kind of value")
    return piece.decode("utf-8", "replace") if kind % 2 else piece


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to nine bytes, and where it ends."""
    value = 0
    for count in range(9):
        byte = data[at + count]
        if count == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + count + 1
    raise ValueError("no number")


def _free(data: bytes, size: int) -> set[int]:
    """Return the pages that hold nothing any more, as far as they are listed."""
    found: set[int] = set()
    trunk = int.from_bytes(data[32:36], "big")
    while 0 < trunk <= len(data) // size and trunk not in found:
        found.add(trunk)
        start = (trunk - 1) * size
        count = min(int.from_bytes(data[start + 4 : start + 8], "big"), size // 4 - 2)
        listed = struct.unpack_from(f">{count}I", data, start + 8)
        found.update(listed)
        trunk = int.from_bytes(data[start : start + 4], "big")
    return found
