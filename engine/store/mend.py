"""A damaged store as it can still be read: a copy of it in memory."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine import scratch
from engine.store import database, raw, shape

__all__ = ["image"]


def image(path: Path, *, mended: bool) -> sqlite3.Connection:
    """Return a store's content in memory, with the changes in its log.

    Parameters
    ----------
    path : Path
        It is only read.
    mended : bool
        Whether the first page is replaced by that of a new store. Where it is
        damaged SQLite opens nothing, though the rows are all on other pages.

    Raises
    ------
    sqlite3.Error, OSError
        If nothing can be read in spite of that, or there is no room.
    """
    with _aside() as folder:
        copy = folder / "store"
        copy.touch()
        names = zip((path, *raw.beside(path)), (copy, *raw.beside(copy)), strict=True)
        for source_file, target in names:
            for chunk in raw.chunks(source_file):
                with target.open("ab") as file:
                    file.write(chunk)
        if mended:
            _mend(copy, logged=raw.beside(copy)[0].exists())
        source = database.opened(copy)
        memory = database.opened(None)
        try:
            source.backup(memory)
        except BaseException:
            memory.close()
            raise
        finally:
            source.close()
    return memory


def _mend(copy: Path, *, logged: bool) -> None:
    page = bytearray(shape.first_page())
    size = copy.stat().st_size
    count = max(1, -(-size // len(page)))
    # How many pages there are, of which none is free, as SQLite's header says it.
    page[28:32] = count.to_bytes(4, "big")
    page[32:40] = bytes(8)
    page[92:96] = page[24:28]
    page[18:20] = b"\2\2" if logged else b"\1\1"
    with copy.open("r+b") as file:
        file.write(page)
        file.truncate(count * len(page))


@contextmanager
def _aside() -> Iterator[Path]:
    folder = scratch.temporary_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
