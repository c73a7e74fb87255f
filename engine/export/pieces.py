"""The files that an exporter makes: told first, made when somebody takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

__all__ = ["Parts", "Piece", "of_bytes", "of_text"]


@dataclass(frozen=True)
class Piece:
    """One file.

    Attributes
    ----------
    name : str
        Its name in the folder, parts parted by ``/``; of a single file it is the
        name that the person gave. Never made of untrusted text without
        `engine.filenames.slug`.
    what : str
        What is in it, in a few words: for the preview.
    write : callable
        Writes it to a binary file. Called once, in the order of the pieces; all that
        takes time happens in here.
    """

    name: str
    what: str
    write: Callable[[BinaryIO], None]


@dataclass(frozen=True)
class Parts:
    """All files of an export.

    Attributes
    ----------
    pieces : tuple of Piece
    notes : tuple of str
        What is to be known before, a sentence each.
    told : callable
        Called after all pieces were written: what was noticed on the way.
    """

    pieces: tuple[Piece, ...]
    notes: tuple[str, ...] = ()
    told: Callable[[], tuple[str, ...]] = tuple


def of_bytes(name: str, what: str, make: Callable[[], bytes]) -> Piece:
    """Return a file whose bytes are made at once.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> of_bytes("a.txt", "a letter", lambda: b"a").write(file)
    >>> file.getvalue()
    b'a'
    """

    def write(file: BinaryIO) -> None:
        file.write(make())

    return Piece(name, what, write)


def of_text(name: str, what: str, make: Callable[[], str]) -> Piece:
    """Return a text file in UTF-8; half a surrogate is written as ``?``."""
    return of_bytes(name, what, lambda: make().encode("utf-8", "replace"))
