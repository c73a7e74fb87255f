"""What a file is, by its first bytes, and what is in it if it is packed.

Its name decides only where its bytes do not. A packed file is unpacked a piece at a
time, never more than asked for. Light: stdlib only, until a file is packed with zstd.
"""

from __future__ import annotations

import bz2
import codecs
import contextlib
import gzip
import lzma
import re
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, BinaryIO

from engine.core.errors import DataError
from engine.core.format import listed
from engine.data.readers.raw import line
from engine.io.source import files

HEAD_BYTES = 1 << 16
PIECE = 1 << 18
SMALL_PIECE = 1 << 11
"""A zstd block of four bytes may stand for 128 kB: few of them are taken at once."""
XZ_MEMORY = 1 << 28
"""Bytes that unpacking may take; of what xz -9 writes it takes 65 MiB."""
KINDS = ("text", "parquet", "feather", "jsonl", "arff", "excel")
COLUMNAR = ("parquet", "feather")
"""Of these kinds many files may be one table."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BZ2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # a first block, or the end at once
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # of no file
}
_SUFFIXES = {
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".feather", ".arrow", ".ipc"), "feather"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "excel"),
    **dict.fromkeys((".jsonl", ".ndjson", ".json"), "jsonl"),
    ".arff": "arff",
}
_BINARY = (*COLUMNAR, "excel")
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")

_TABLE = Path(__file__).with_suffix(".toml").read_text("utf-8")
_OTHERS = [
    (what, fix, tuple(start.encode("latin-1") for start in starts))
    for fix, kinds in tomllib.loads(_TABLE).items()
    for what, starts in kinds.items()
]
_SAVE = "save the table as CSV or Parquet and give that"
_COPY = "copy its table into a CSV file"
_PAGES = re.compile(rb"\s*(<!doctype\s+html|<html|<head|<table|<script)", re.I)
_XML = re.compile(rb"\s*<\?xml", re.I)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_JSON = re.compile(r'\s*(\{\s*["}]|\[\s*[{\]])')
_ARFF = re.compile(r"(?:[ \t]*(?:%.*)?\r?\n)*[ \t]*@(?:relation|attribute)\b", re.I)
_OFFICE = {"word/": "a Word document", "ppt/": "a PowerPoint presentation"}
_BOOKS = ("xl/workbook.xml", "xl/workbook.bin")
_SHEETS = b"application/vnd.oasis.opendocument.spreadsheet"


def identify(path: Path, name: str, file_name: str) -> tuple[str | None, str]:
    """Return what a file is packed with, or else its kind.

    Parameters
    ----------
    path : Path
        As for `engine.io.source.files`.
    name, file_name : str
        What to call it, and the name whose suffix counts.

    Returns
    -------
    packing : str or None
    kind : str
        One of `KINDS`; "" of a packed file.

    Raises
    ------
    DataError
        If it is plainly something else than a table.
    """
    if not path.is_file():
        return None, _kind_of_all(path, name)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    packing = compression(head)
    sheets = packing == "zip" and workbook(path, name)
    if packing is not None and not sheets:
        return packing, ""
    refuse(head, name)
    return None, kind(head, file_name, sheets=sheets)


def _kind_of_all(path: Path, name: str) -> str:
    """Return the one kind of the files that are one table together."""
    kinds: dict[str, str] = {}
    for one in files(path):
        try:
            packing, found = identify(one, f"{name}: {one.name}", one.name)
        except OSError as error:
            raise DataError(
                f"{name}: {one.name} cannot be read: {error.strerror}",
                "check its permissions",
            ) from None
        if packing or found not in COLUMNAR:
            raise DataError(
                f"{name}: {one.name} is neither Parquet nor Feather; of other files "
                "each is a table of its own",
                "give the path of one file, or a pattern of Parquet files in quotes",
            )
        kinds.setdefault(found, one.name)
    if len(kinds) > 1:
        raise DataError(
            f"{name} has Parquet files ({kinds['parquet']}) and Feather files "
            f"({kinds['feather']})",
            "give a pattern of one of the two in quotes, such as '*.parquet'",
        )
    return next(iter(kinds))


def compression(head: bytes) -> str | None:
    r"""Return what a file is packed with, or None if it is not.

    Parameters
    ----------
    head : bytes
        Its first bytes, sixteen or more.

    Examples
    --------
    >>> compression(b"\x1f\x8b\x08"), compression(b"BZh,y")
    ('gzip', None)
    """
    if head[:3] == b"BZh" and head[4:10] in _BZ2_BLOCKS:
        return "bz2"
    return next((n for magic, n in _COMPRESSED.items() if head.startswith(magic)), None)


def refuse(head: bytes, name: str) -> None:
    """Refuse a file that is plainly something else than a table.

    Parameters
    ----------
    head : bytes
        Its first bytes, the more the better.
    name : str
        What to call it.

    Raises
    ------
    DataError
        Naming what it is, and what to do.
    """
    for what, fix, starts in _OTHERS:
        if head.startswith(starts):
            raise _is(name, what, fix)
    if head[257:262] == b"ustar":
        raise _is(name, "a tar archive", "unpack it and give the table inside")
    if head[8:12] == b"DUCK":
        raise _is(name, "a DuckDB database", "export one table of it as Parquet")
    refuse_page(head.removeprefix(codecs.BOM_UTF8), name)


def refuse_page(text: bytes, name: str) -> None:
    """Refuse a text that is a page; its other beginnings say nothing."""
    if _PAGES.match(text):
        fix = "open it in a browser or a spreadsheet and save its table as CSV"
        raise _is(name, "a web page (HTML), not a table", fix)
    if _XML.match(text):
        raise _is(name, "an XML file", _SAVE)


def workbook(path: Path, name: str) -> bool:
    """Return whether a zip file is a workbook; refuse other documents in disguise.

    Parameters
    ----------
    path : Path
        A file that begins like a zip archive.
    name : str
        What to call it.

    Raises
    ------
    DataError
        If it is a text document or a presentation, or NumPy arrays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(book in names for book in _BOOKS):
                return True
            if "mimetype" in names:
                with archive.open("mimetype") as file:
                    return file.read(len(_SHEETS) + 1).strip() == _SHEETS
    except Exception:  # a damaged directory: reported when it is unpacked
        return False
    for start, what in _OFFICE.items():
        if any(n.startswith(start) for n in names):
            raise _is(name, what, _COPY)
    if names and all(n.endswith(".npy") for n in names):
        raise _is(name, "NumPy arrays without column names", _SAVE)
    return False


def kind(head: bytes, name: str, *, sheets: bool = False) -> str:
    """Return the format of a file, by its content and then by its name.

    Parameters
    ----------
    head : bytes
        Its first bytes.
    name : str
        Its name; suffixes of compression are overlooked.
    sheets : bool, default=False
        Whether it is known to be a workbook in a zip file.

    Returns
    -------
    str
        One of `KINDS`.

    Examples
    --------
    >>> kind(b'{"a": 1}', "t.csv"), kind(b"a,b", "t.csv"), kind(b"@data", "t.arff")
    ('jsonl', 'text', 'arff')
    """
    suffix = _SUFFIXES.get(_suffix(name), "text")
    binary = _CONTROLS.search(head, 0, 4096) is not None
    if sheets or head.startswith(_OLE):
        return "excel"
    if head.startswith(b"PAR1") and (binary or suffix == "parquet"):
        return "parquet"
    if head.startswith(b"ARROW1\x00\x00"):
        return "feather"
    # An Arrow stream begins with a mark and the length of its schema.
    if head.startswith(b"\xff\xff\xff\xff") and head[6:8] == b"\x00\x00":
        return "feather"
    text = _decoded(head)
    if _ARFF.match(text):
        return "arff"
    if _JSON.match(text):
        return "jsonl"
    # A spreadsheet program's .xls is often text: then it is read as what it is.
    if suffix in _BINARY and not binary:
        return "text"
    return suffix


def _is(name: str, what: str, fix: str) -> DataError:
    return DataError(f"{name} is {what}", fix)


def _suffix(name: str) -> str:
    path = PurePath(name.lower())
    while path.suffix in _PACKED:
        path = path.with_suffix("")
    return path.suffix


def _decoded(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    return head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")


# Packed files -------------------------------------------------------------------------


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
