"""In which encoding a text is, and the way to UTF-8 from any other."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import NamedTuple

from engine.core.errors import DataError
from engine.io.scratch import temporary_file

BLOCK = 1 << 18
EVIDENCE_BYTES = 1 << 16
"""Bytes of lines with a foreign character that the detector sees."""
LEAD = 0.012
"""How much surer the detector must be of another encoding than of Windows-1252,
which most files of one byte per character are in."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class TextEncoding(NamedTuple):
    """An encoding by Python's name, with notes."""

    name: str
    note: str | None = None


def no_text(name: str, line: int = 1) -> DataError:
    """Return the error of a NUL byte where a text is read."""
    return DataError(
        f"{name} is no text file (a NUL byte in line {line:,})",
        "give a table: CSV, Parquet, Feather, JSON Lines, ARFF or Excel",
    )


def marked(head: bytes) -> str | None:
    """Return the encoding that a byte-order mark tells, or None without one."""
    return next((code for mark, code in _MARKS if head.startswith(mark)), None)


def decoded(content: bytes, encoding: str, name: str) -> str:
    """Return a text that is held whole.

    Raises
    ------
    DataError
        If a byte is none of it, with its line.
    """
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte, known = content[error.start], encoding.removesuffix("-sig").upper()
        raise DataError(
            f"{name}, line {line:,}: byte {byte:#04x} is no {known} text",
            "save it as UTF-8, or name its encoding, such as cp1252",
            field="data.read.encoding",
        ) from None


def guess(path: Path, name: str) -> TextEncoding:
    """Find out the encoding of a text file; reads on to the first foreign byte.

    Parameters
    ----------
    path : Path
        A plain file.
    name : str
        What to call it in an error.

    Returns
    -------
    TextEncoding
        ``utf-8`` if every byte allows it.

    Raises
    ------
    DataError
        If it is UTF-8 but for a few bytes, or holds NUL bytes.
    """
    with path.open("rb") as file:
        head = file.read(EVIDENCE_BYTES)
    if mark := marked(head):
        if mark == "utf-8-sig":
            check(path, name)
        return TextEncoding(mark)
    if found := wide(head):
        note = f"it has no byte-order mark: read as {found.upper()}"
        return TextEncoding(found, note)
    bad = _first_bad(path)
    if bad is None:
        return TextEncoding("utf-8")
    evidence, foreign, fine, broken = _evidence(path)
    if fine > 2 * broken:
        raise _no_utf8(path, bad, name)
    found = _detect(evidence, foreign)
    return TextEncoding(found, f"it is not UTF-8: read as {found}")


def check(path: Path, name: str) -> None:
    """Refuse a text that is declared UTF-8 and is not.

    Raises
    ------
    DataError
        With the line of the first byte that it does not allow.
    """
    if (bad := _first_bad(path)) is not None:
        raise _no_utf8(path, bad, name)


def as_utf8(path: Path, encoding: str, name: str) -> Path:
    """Write a text anew in UTF-8, to a temporary file that the caller removes.

    Raises
    ------
    DataError
        If a byte is none of the encoding, with its line.
    """
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    line = 1
    try:
        with temporary_file(name, ".csv") as (copy, out), path.open("rb") as file:
            while block := file.read(BLOCK):
                text = decoder.decode(block)
                line += text.count("\n")
                out.write(text.encode("utf-8"))
            out.write(decoder.decode(b"", final=True).encode("utf-8"))
    except UnicodeError as error:
        if isinstance(error, UnicodeDecodeError):
            line += error.object[: error.start].count(b"\n")
        raise DataError(
            f"{name}, line {line:,}: bytes that are no {encoding}",
            "name another encoding",
            field="data.read.encoding",
        ) from None
    return copy


def wide(head: bytes) -> str | None:
    """Return the encoding of a text of two bytes a character, by where its zeros are.

    None if it is none; without a byte-order mark.
    """
    if b"\x00" not in head or len(head) < 4:
        return None
    even, odd = head[0::2], head[1::2]
    zeros_even, zeros_odd = even.count(0) / len(even), odd.count(0) / len(odd)
    if zeros_odd > 0.4 and zeros_even < 0.05:
        return "utf-16-le"
    if zeros_even > 0.4 and zeros_odd < 0.05:
        return "utf-16-be"
    return None


def _no_utf8(path: Path, bad: int, name: str) -> DataError:
    line, column = place(path, bad)
    return DataError(
        f"{name}, line {line:,}: byte {column:,} is no UTF-8",
        "correct that line, or name another encoding, such as cp1252",
        field="data.read.encoding",
    )


def _first_bad(path: Path) -> int | None:
    """Return where the first byte is that UTF-8 does not allow."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            held = len(decoder.getstate()[0])  # of a character that is not whole yet
            try:
                if held or not block.isascii():  # which is quicker
                    decoder.decode(block)
            except UnicodeDecodeError as error:
                return done - held + error.start
            done += len(block)
    held = len(decoder.getstate()[0])
    return done - held if held else None


def place(path: Path, offset: int) -> tuple[int, int]:
    """Return line and byte in it of an offset, both from 1."""
    line, last, done = 1, -1, 0
    with path.open("rb") as file:
        while done < offset:
            block = file.read(min(BLOCK, offset - done))
            line += block.count(b"\n")
            if (found := block.rfind(b"\n")) >= 0:
                last = done + found
            done += len(block)
    return line, offset - last


def _evidence(path: Path) -> tuple[bytes, bytes, int, int]:
    """Return lines with foreign bytes, all such bytes, and how many lines are UTF-8."""
    lines: list[bytes] = []
    foreign: set[int] = set()
    size = fine = broken = 0
    with path.open("rb") as file:
        for line in file:
            if line.isascii():
                continue
            try:
                line.decode()
                fine += 1
            except UnicodeDecodeError:
                broken += 1
            foreign.update(line)
            if size < EVIDENCE_BYTES:
                lines.append(line[:1000])
                size += len(lines[-1])
    return b"".join(lines), bytes(b for b in foreign if b > 127), fine, broken


def _detect(evidence: bytes, foreign: bytes) -> str:
    """Ask chardet, but keep to Windows-1252 where nothing else is likelier.

    The code pages of DOS and of old Macintoshes fit nearly any text: they are thought
    of only where it cannot be Windows-1252.
    """
    try:
        import chardet
    except ImportError:  # where bundles are scored, and no more
        raise DataError(
            "the text is not UTF-8, and chardet, which detects encodings, is missing",
            "save it as UTF-8, or pip install chardet",
        ) from None
    usual = _text(foreign, "cp1252")
    eras = (chardet.EncodingEra.MODERN_WEB, chardet.EncodingEra.ALL)
    for era in eras[: 2 if usual is None else 1]:
        found = chardet.detect_all(evidence, ignore_threshold=True, encoding_era=era)
        sure = {str(f["encoding"]).lower(): float(f["confidence"] or 0) for f in found}
        least = LEAD + (0.0 if usual is None else sure.get("windows-1252", 0.0))
        for encoding, confidence in sure.items():
            known_not = encoding.startswith(("ascii", "utf"))
            if confidence >= least and not known_not and _text(evidence, encoding):
                same = usual is not None and _text(foreign, encoding) == usual
                return "cp1252" if same else codecs.lookup(encoding).name
    return "latin-1" if usual is None else "cp1252"


def _text(data: bytes, encoding: str) -> str | None:
    """Return bytes as text; None if they are none, or have control characters."""
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return None
    return None if any("\x7f" <= c <= "\x9f" for c in text) else text
