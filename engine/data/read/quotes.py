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
        Whether one stands where it neither opens nor closes a field, nor is doubled:
        readers differ on what that means.
    """

    any: bool
    stray: bool


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

    if not dialect.quote:
        return Quotes(False, False)
    quote = dialect.quote.encode()
    fine = np.zeros(256, dtype=bool)
    fine[list((dialect.delimiter + dialect.quote + "\r\n").encode())] = True
    found, before = False, b"\n"
    total = path.stat().st_size
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        while True:
            progress("checking", file.tell(), total)
            block = file.read(BLOCK)
            if quote not in block and not before.endswith(quote):
                if not block:
                    return Quotes(found, False)
                before = block[-2:]
                continue
            found = True
            data = np.frombuffer(before + (block or b"\n"), dtype=np.uint8)
            inner = np.flatnonzero(data[1:-1] == quote[0]) + 1
            if not (fine[data[inner - 1]] | fine[data[inner + 1]]).all():
                return Quotes(True, True)
            if not block:
                return Quotes(True, False)
            before = block[-2:]  # the last byte has no neighbour yet
