"""Words for how a file is read, and what its first rows promise."""

from __future__ import annotations

from typing import Final

from engine.client.messages import Preview
from engine.events import Reader, Sampled
from tui.console import figures
from tui.panes import wording
from tui.safe_text import clip

__all__ = [
    "DECIMALS",
    "DELIMITERS",
    "delimiter",
    "header",
    "is_text",
    "promise",
    "quote",
    "read_as",
    "sampled",
]

DELIMITERS: Final = {
    ",": "comma",
    ";": "semicolon",
    "\t": "tab",
    "|": "bar |",
    ":": "colon",
    "whitespace": "blanks",
    "^": "caret ^",
    "~": "tilde ~",
}
DECIMALS: Final = {".": "point", ",": "comma"}
_QUOTES: Final = {'"': 'double "', "'": "single '", "none": "none"}
_LONGEST: Final = 24


def delimiter(text: str) -> str:
    """Return what a delimiter is called.

    Examples
    --------
    >>> delimiter(";"), delimiter("#")
    ('semicolon', '#')
    """
    return DELIMITERS.get(text) or clip(text, _LONGEST)


def quote(text: str) -> str:
    """Return what a quote character is called."""
    return _QUOTES.get(text) or clip(text, _LONGEST)


def header(lines: int) -> str:
    """Return how many header lines there are.

    Examples
    --------
    >>> header(0), header(1), header(2)
    ('no header line', '1 header line', '2 header lines')
    """
    return "no header line" if not lines else figures.plural(lines, "header line")


def is_text(reader: Reader | None) -> bool:
    """Tell whether a file is delimited text, or nothing better is known."""
    return reader is None or reader.format in ("", "text", "csv", "delimited text")


def read_as(reader: Reader) -> str:
    """Return how a table was read, as a few words apart.

    Examples
    --------
    >>> read_as(Reader(format="text", delimiter=",", encoding="utf-8", header=1))
    'text · comma · utf-8 · 1 header line'
    """
    parts = [clip(reader.format, _LONGEST)] if reader.format else []
    if reader.compression:
        parts.append(clip(reader.compression, _LONGEST))
    if reader.member:
        parts.append(clip(reader.member, _LONGEST))
    if reader.delimiter:
        parts.append(delimiter(reader.delimiter))
    if reader.encoding:
        parts.append(clip(reader.encoding, _LONGEST))
    if reader.header is not None:
        parts.append(header(reader.header))
    if reader.skipped:
        parts.append(f"{figures.plural(reader.skipped, 'line')} skipped")
    if reader.decimal == ",":
        parts.append("decimal comma")
    if reader.quoting in ("'", "none"):
        parts.append(f"quotes: {quote(reader.quoting)}")
    if reader.escape:
        parts.append(f"escape {reader.escape}")
    return " · ".join(parts)


def promise(preview: Preview) -> str:
    """Return what the first rows tell of the whole: size, rows, memory.

    Examples
    --------
    >>> promise(Preview(source="a", name="a", bytes=2_600_000, columns=("x", "y"),
    ...         rows=(), reader=Reader(format="text"), estimated_rows=43_000))
    '2 columns · about 43,000 rows · 2.6 MB'
    """
    parts = [figures.plural(len(preview.columns), "column")]
    if preview.estimated_rows is not None:
        parts.append(f"about {figures.plural(preview.estimated_rows, 'row')}")
    if preview.bytes is not None:
        parts.append(wording.size(preview.bytes))
    if preview.memory is not None:
        takes = f"takes {wording.size(preview.memory)}"
        if preview.free is not None:
            takes += f" of {wording.size(preview.free)} free"
        parts.append(takes)
    return " · ".join(parts)


def sampled(sample: Sampled) -> str:
    """Say that a table is a sample.

    Examples
    --------
    >>> sampled(Sampled(rows=100_000, of=12_000_000))
    'sample 100,000 of 12,000,000 rows'
    """
    return f"sample {sample.rows:,} of {sample.of:,} rows"
