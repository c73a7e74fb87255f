"""Quotes of a whole text: whether there are any, and all where they may be."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from engine.data.read.dialect import Dialect
from engine.data.read.raw import Progress, silent

__all__ = ["Quotes", "survey"]

BLOCK = 1 << 18


class Quotes(NamedTuple):
    """What is known of the quotes of a text.

    Attributes
    ----------
    any : bool
        Whether there is one.
    stray : bool
        Whether one stands where it neither opens nor closes a field, nor is doubled,
        or one never closes: readers differ on what that means.
    nul : int or None
        Where the first NUL byte is.
    """

    any: bool
    stray: bool
    nul: int | None = None


def survey(
    path: Path, offset: int, dialect: Dialect, progress: Progress = silent
) -> Quotes:
    """Look at every quote of a text and at the bytes beside it.

    Parameters
    ----------
    path : Path
        UTF-8.
    offset : int
        Where its rows begin.
    dialect : Dialect
    progress : callable, optional
        Called with ``("checking", bytes, of bytes)``.

    Returns
    -------
    Quotes
    """
    import numpy as np

    quote = dialect.quote.encode() or b"\x00"
    fine = np.zeros(256, dtype=bool)
    fine[list((dialect.delimiter + dialect.quote + "\r\n").encode())] = True
    seen, stray, before = 0, False, b"\n"
    total = path.stat().st_size
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        while True:
            progress("checking", file.tell(), total)
            block = file.read(BLOCK)
            if (place := block.find(b"\x00")) >= 0:
                return Quotes(seen > 0, stray, file.tell() - len(block) + place)
            if not stray and (quote in block or before.endswith(quote)):
                data = np.frombuffer(before + (block or b"\n"), dtype=np.uint8)
                inner = np.flatnonzero(data[1:-1] == quote[0]) + 1
                opens = (seen + np.arange(len(inner))) % 2 == 0
                beside = np.where(opens, data[inner - 1], data[inner + 1])
                stray = not fine[beside].all()
                seen += len(inner)
            if not block:
                return Quotes(seen > 0, stray or seen % 2 == 1)
            before = (before + block)[-2:]  # the last byte has no neighbour yet
