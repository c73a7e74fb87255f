"""What a file is, by its first bytes; its name decides only where they do not.

Light: stdlib only.
"""

from __future__ import annotations

import codecs
import re
import tomllib
import zipfile
from pathlib import Path, PurePath

from engine.errors import DataError

HEAD_BYTES = 1 << 16
KINDS = ("text", "parquet", "feather", "jsonl", "arff", "excel")

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
_BINARY = ("parquet", "feather", "excel")
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
    name, called : str
        What to call it, and what its suffix is that of.

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
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    packing = compression(head)
    sheets = packing == "zip" and workbook(path, name)
    if packing is not None and not sheets:
        return packing, ""
    refuse(head, name)
    return None, kind(head, file_name, sheets=sheets)


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
    except Exception:  # a damaged directory: told when it is unpacked
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
