"""The bytes of a store's file, read past SQLite.

A file that is closed takes SQLite's locks on it in this process along, whoever opened
it (that is how POSIX locks are). So what is opened here is never closed: it is one
number per damaged file, as long as the process lives.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["BESIDE", "beside", "chunks", "head", "pending", "signature"]

BESIDE = ("-wal", "-journal")
"""How SQLite's own files beside a store end: changes not yet in it, or to be undone."""
CHUNK = 1 << 20

_files: dict[tuple[int, int], int] = {}


def beside(path: Path) -> list[Path]:
    """Return SQLite's own files beside a store, whether they are there or not.

    Examples
    --------
    >>> [file.name for file in beside(Path("runs.sqlite"))]
    ['runs.sqlite-wal', 'runs.sqlite-journal']
    """
    return [path.with_name(path.name + end) for end in BESIDE]


def pending(path: Path) -> bool:
    """Tell whether a store's file is not all of it: there is something beside it.

    A journal that was begun before there was a first page has nothing to give back:
    whoever made the store was killed.
    """
    _, logged, journalled = (size for _, size, _ in signature(path))
    return bool(logged or (journalled and _pages_before(beside(path)[1])))


def signature(path: Path) -> list[list[int]]:
    """Return what changes when a store does: number, size and time of its files."""
    found = []
    for file in (path, *beside(path)):
        try:
            status = file.stat()
        except OSError:
            found.append([0, 0, 0])
            continue
        # An empty file beside it says the same as none.
        whole = [status.st_ino, status.st_size, status.st_mtime_ns]
        found.append(whole if status.st_size else [0, 0, 0])
    return found


def _pages_before(journal: Path) -> int:
    """Return how many pages a store had when its journal was begun."""
    try:
        with journal.open("rb") as file:  # SQLite has no locks on this one
            return int.from_bytes(file.read(20)[16:], "big")
    except OSError:
        return 0


def head(path: Path, count: int = 100) -> bytes:
    """Return the first bytes of a file; none if it cannot be read."""
    try:
        return os.pread(_opened(path), count, 0)
    except OSError:
        return b""


def chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in pieces; nothing if it is not there."""
    try:
        file = _opened(path)
    except FileNotFoundError:
        return
    at = 0
    while data := os.pread(file, CHUNK, at):
        at += len(data)
        yield data


def _opened(path: Path) -> int:
    status = path.stat()
    key = (status.st_dev, status.st_ino)
    if key not in _files:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        status = os.fstat(file)
        key = (status.st_dev, status.st_ino)
        _files[key] = file
    return _files[key]
