"""Bytes out of a compressed file, a piece at a time, never more than asked for.

Light: stdlib only, until a zstd file comes.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from engine.data.read.raw import line, listed
from engine.errors import DataError

__all__ = ["PIECE", "choose", "pieces"]

PIECE = 1 << 18
# A zstd block of four bytes may stand for 128 kB: few of them are taken at once.
_ZSTD_PIECE = 1 << 11
_XZ_MEMORY = 1 << 28
"""Bytes that unpacking may take; of what xz -9 writes it takes 65 MiB."""
_DAMAGE = (
    EOFError,
    MemoryError,
    OSError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
)
_JUNK = ("__MACOSX/",)


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
    if packing in ("zstd", "xz"):
        yield from _guarded((_zstd if packing == "zstd" else _xz)(file), name)
    else:
        with contextlib.ExitStack() as stack:
            yield from _guarded(_read(file, packing, member, stack), name)


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
    except (*_DAMAGE, UnicodeDecodeError) as error:
        raise _damaged(name, error) from None
    if not files:
        raise DataError(f"{name} is an archive of no files", "give a file with a table")
    found = files
    if wanted is not None:
        found = [m for m in files if m.filename == wanted] or [
            m for m in files if PurePosixPath(m.filename).name == wanted
        ]
        # In an archive of one workbook, the name may be that of a sheet.
        if not found and len(files) == 1:
            found = files
    names = listed([m.filename for m in files])
    if not found:
        raise DataError(f"{name} holds no file {wanted!r}", f"it holds {names}")
    if len(found) > 1:
        first = files[0].filename
        raise DataError(
            f"{name} holds {len(files):,} files where one is read: {names}",
            f"choose one, like --member {first!r}",
        )
    if found[0].flag_bits & 0x1:
        raise DataError(
            f"{name} is locked by a password", "unpack it and give the file"
        )
    return found[0]


def _is_file(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    return not (
        member.is_dir()
        or member.filename.startswith(_JUNK)
        or path.name in (".DS_Store", "Thumbs.db")
    )


def _read(
    file: BinaryIO,
    packing: str,
    member: zipfile.ZipInfo | None,
    stack: contextlib.ExitStack,
) -> Iterator[bytes]:
    source: IO[bytes] | gzip.GzipFile
    match packing:
        case "gzip":
            source = gzip.GzipFile(fileobj=file)
        case "bz2":
            source = bz2.BZ2File(file)
        case _:
            assert member is not None
            archive = stack.enter_context(zipfile.ZipFile(file))
            # By its entry, never by its name: no path of the archive is ever used.
            source = archive.open(member)
    stack.enter_context(source)
    while piece := source.read(PIECE):
        yield piece


def _xz(file: BinaryIO) -> Iterator[bytes]:
    """Decompress stream after stream, none with a larger window than xz -9 takes."""
    stream = None
    while taken := file.read(PIECE):
        while taken:
            if stream is None:
                taken = taken.lstrip(b"\0")  # padding between streams
                if not taken:
                    break
                stream = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
            while not stream.eof and (taken or not stream.needs_input):
                if piece := stream.decompress(taken, PIECE):
                    yield piece
                taken = b""
            taken = stream.unused_data if stream.eof else b""
            if stream.eof:
                stream = None
    if stream is not None:
        raise EOFError("it ends in the middle")


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    """Decompress frame after frame; unlike a stream reader this sees a torn end."""
    import zstandard

    frame = None
    try:
        while taken := file.read(_ZSTD_PIECE):
            while taken:
                frame = frame or zstandard.ZstdDecompressor().decompressobj()
                yield frame.decompress(taken)
                taken = frame.unused_data if frame.eof else b""
                if frame.eof:
                    frame = None
    except zstandard.ZstdError as error:
        raise ValueError(line(error)) from None
    if frame is not None:
        raise EOFError("it ends in the middle")


def _guarded(source: Iterator[bytes], name: str) -> Iterator[bytes]:
    while True:
        try:
            piece = next(source, None)
        except _DAMAGE as error:
            raise _damaged(name, error) from None
        if piece is None:
            return
        yield piece


def _damaged(name: str, error: BaseException) -> DataError:
    return DataError(
        f"{name} cannot be decompressed: {line(error)}", "is the file whole?"
    )
