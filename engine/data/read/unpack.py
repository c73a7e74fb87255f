"""Bytes out of a compressed file, a piece at a time, never more than asked for.

Light: stdlib only, until a zstd file comes.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from engine.data.read.raw import line, listed
from engine.errors import DataError

PIECE = 1 << 18
SMALL_PIECE = 1 << 11
"""A zstd block of four bytes may stand for 128 kB: few of them are taken at once."""
XZ_MEMORY = 1 << 28
"""Bytes that unpacking may take; of what xz -9 writes it takes 65 MiB."""


def pieces(
    file: BinaryIO, packing: str, name: str, member: zipfile.ZipInfo | None = None
) -> Iterator[bytes]:
    """Yield what a compressed file holds.

    Parameters
    ----------
    file : binary file
        Open, at its beginning.
    packing : {"gzip", "bz2", "xz", "zstd", "zip"}
    name : str
        What to call it.
    member : zipfile.ZipInfo or None, default=None
        Which file of a zip archive.

    Yields
    ------
    bytes

    Raises
    ------
    DataError
        If it is damaged or ends too early.
    """
    try:
        with contextlib.ExitStack() as stack:
            yield from _opened(file, packing, member, stack)
    except Exception as error:  # every library has its own
        raise _damaged(name, error) from None


def choose(file: BinaryIO, name: str, wanted: str | None) -> zipfile.ZipInfo:
    """Return the one file of a zip archive that is to be read.

    Parameters
    ----------
    file : binary file
        The archive.
    name : str
        What to call it.
    wanted : str or None
        Its name in the archive, whole or without folders.

    Raises
    ------
    DataError
        If there is none or a choice, naming them; or if it is locked by a password.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            files = [m for m in archive.infolist() if _is_file(m)]
    except Exception as error:
        raise _damaged(name, error) from None
    if not files:
        raise DataError(f"{name} is an archive of no files", "give a file with a table")
    found = [m for m in files if wanted in (None, m.filename)] or [
        m for m in files if PurePosixPath(m.filename).name == wanted
    ]
    # In an archive of one workbook, the name may be that of a sheet.
    found = found or (files if len(files) == 1 else [])
    names = listed([m.filename for m in files])
    if not found:
        raise DataError(f"{name} holds no file {wanted!r}", f"it holds {names}")
    if len(found) > 1:
        raise DataError(
            f"{name} holds {len(files):,} files where one is read: {names}",
            f"choose one, such as {files[0].filename!r}",
            field="data.read.member",
        )
    if found[0].flag_bits & 0x1:
        raise DataError(
            f"{name} is locked by a password", "unpack it and give the file"
        )
    return found[0]


def _is_file(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename).name
    junk = member.filename.startswith("__MACOSX/") or name in (".DS_Store", "Thumbs.db")
    return not (member.is_dir() or junk)


def _opened(
    file: BinaryIO,
    packing: str,
    member: zipfile.ZipInfo | None,
    stack: contextlib.ExitStack,
) -> Iterator[bytes]:
    source: Any
    match packing:
        case "xz":
            return _streams(file, lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY))
        case "zstd":
            import zstandard

            return _streams(file, lambda: zstandard.ZstdDecompressor().decompressobj())
        case "gzip":
            source = gzip.GzipFile(fileobj=file)
        case "bz2":
            source = bz2.BZ2File(file)
        case _:
            assert member is not None
            # By its entry, never by its name: no path of the archive is ever used.
            source = stack.enter_context(zipfile.ZipFile(file)).open(member)
    opened = stack.enter_context(source)
    return iter(lambda: opened.read(PIECE), b"")


def _streams(file: BinaryIO, begin: Callable[[], Any]) -> Iterator[bytes]:
    """Decompress stream after stream; a torn end is seen."""
    stream = None
    while taken := file.read(SMALL_PIECE):
        while taken:
            if stream is None:
                taken = taken.lstrip(b"\0")  # padding between streams
                if not taken:
                    break
                stream = begin()
            yield stream.decompress(taken)
            taken = stream.unused_data if stream.eof else b""
            stream = None if stream.eof else stream
    if stream is not None:
        raise EOFError("it ends in the middle")


def _damaged(name: str, error: BaseException) -> DataError:
    return DataError(
        f"{name} cannot be decompressed: {line(error)}", "is the file whole?"
    )
