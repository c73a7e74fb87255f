"""What separates the fields of a text, and what its quotes mean.

The delimiter is found by CleverCSV (van den Burg, Nazábal & Sutton, 2019, "Wrangling
messy CSV files by detecting row and type patterns"), which was right on every table of
tests/support/ugly.py but those in columns of blanks; these are told here.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from engine.data.readers.values import looks

WHITESPACE = "whitespace"
SNIFF_CHARACTERS = 16_384
USUAL = ",;\t|"
_FIT = re.compile(r"[!#$%&*+,:;=?@^`|~]|[ \t\x01-\x08\x1c-\x1f]")
NAMED = {
    **{"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"},
    **{"bar": "|", "pipe": "|", "blank": " ", "space": " "},
}
"""Delimiters that are awkward to type, by name."""
_SPOKEN = {"\t": "tabs", ";": "semicolons", "|": "bars", ":": "colons", " ": "blanks"}
_SEP = re.compile(r"\Asep=(.)\r?\n", re.IGNORECASE)
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(\S+)')
_ESCAPED = re.compile(r'(\\+)"')
_PREAMBLE = re.compile(r"\s*(?:#|%|//)")


class Dialect(NamedTuple):
    """How fields are separated.

    `delimiter` is "" if there is one column; `quote` is "" if quotes mean nothing;
    `escape` is a character that takes the meaning of the next one, or ""; `literal` if
    it does so of any character, and not of quotes only; `spaced` if blanks stand before
    a quote that opens a field.
    """

    delimiter: str
    quote: str = '"'
    escape: str = ""
    spaced: bool = False
    literal: bool = False


def sniff(
    text: str,
    delimiter: str | None = None,
    quote: str | None = None,
    escape: str | None = None,
) -> Dialect:
    r"""Find out the dialect of the beginning of a text.

    Parameters
    ----------
    text : str
        Whole lines.
    delimiter, quote, escape : str or None, default=None
        As given by the user; ``none`` is no quote.

    Returns
    -------
    Dialect

    Examples
    --------
    >>> sniff("a;b\n1,5;2\n2,5;3\n").delimiter
    ';'
    """
    given = "" if quote == "none" else quote
    if given and not (len(given) == 1 and given.isascii()):
        raise ValueError(f"quote {quote!r} is not one character of ASCII")
    if delimiter is not None:
        if delimiter in ("", "\x00", "\r", "\n", given or '"'):
            raise ValueError(f"{delimiter!r} cannot separate fields")
        delimiter = NAMED.get(delimiter.lower(), delimiter)
    if named := _SEP.match(text):
        delimiter, text = delimiter or named[1], text[named.end() :]
    part = _part(text)
    if escape is not None:
        bare = re.sub(re.escape(escape) + ".", "x", part, flags=re.DOTALL)
        found = sniff(bare, delimiter, quote)
        if is_long(found.delimiter) or escape in (found.delimiter, found.quote):
            raise ValueError(f"{escape!r} cannot escape between {found.delimiter!r}")
        found = found._replace(escape=escape, literal=True, spaced=False)
        return found._replace(spaced=_spaced(part, found))
    if delimiter is None and _in_columns(part):
        return Dialect(WHITESPACE, '"' if given is None else given)
    found = _clever(part, delimiter)
    if given is not None:
        found = found._replace(quote=given, escape=found.escape if given else "")
    elif not found.quote:
        means = _quotes_mean(part, found.delimiter)
        found = found._replace(quote='"' if means else "", escape="")
    return found._replace(spaced=_spaced(part, found))


def lines_of(text: str) -> list[str]:
    """Return lines with their ends; only CR and LF end one."""
    return list(io.StringIO(text, newline=""))


def rows_of(lines: list[str], dialect: Dialect) -> list[tuple[int, list[str]]]:
    """Return rows as (number of lines before its end, fields); blank ones left out.

    Raises
    ------
    csv.Error
        If a field is longer than the csv module takes, or quotes are wrong.
    """
    if is_long(dialect.delimiter):
        split = [(i, fields_of(line, dialect)) for i, line in enumerate(lines, 1)]
        return [(i, fields) for i, fields in split if "".join(fields).strip()]
    reader = reader_of(iter(lines), dialect)
    return [(reader.line_num, r) for r in reader if any(f.strip() for f in r)]


def reader_of(lines: Iterable[str], dialect: Dialect, *, strict: bool = False) -> Any:
    """Return Python's reader of a dialect, whose fields may be of any length."""
    csv.field_size_limit(1 << 30)
    return csv.reader(
        map(_doubled, lines) if dialect.escape and not dialect.literal else lines,
        delimiter=dialect.delimiter or "\x00",
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        doublequote=True,
        escapechar=dialect.escape if dialect.literal else None,
        skipinitialspace=dialect.spaced,
        strict=strict,
    )


def _doubled(line: str) -> str:
    r"""Write an escaped quote as a doubled one; other backslashes stay."""
    return _ESCAPED.sub(lambda m: m[1][:-1] + '""' if len(m[1]) % 2 else m[0], line)


def is_long(delimiter: str) -> bool:
    """Tell whether a delimiter is more than the one byte that fast readers take."""
    return delimiter == WHITESPACE or len(delimiter.encode()) > 1


def fields_of(line: str, dialect: Dialect) -> list[str]:
    """Return the fields of a line that blanks or a longer mark separate."""
    line = line.strip("\r\n")
    if dialect.delimiter != WHITESPACE:
        return line.split(dialect.delimiter)
    if dialect.quote and dialect.quote in line:
        return [
            m[1].replace('""', '"') if m[2] is None else m[2]
            for m in _TOKEN.finditer(line)
        ]
    return line.split()


def spoken(delimiter: str) -> str:
    """Return a delimiter in words."""
    if delimiter == WHITESPACE:
        return "runs of blanks"
    return _SPOKEN.get(delimiter, repr(delimiter))


def _part(text: str) -> str:
    """Return so many first lines as the detector may see."""
    lines: list[str] = []
    size = 0
    for line in lines_of(text):
        if size + len(line) > SNIFF_CHARACTERS and len(lines) > 1:
            break
        if not lines and _PREAMBLE.match(line) and len(line) < 1000:
            continue
        lines.append(line[: 4 * SNIFF_CHARACTERS])
        size += len(line)
    return "".join(lines)


def _in_columns(text: str) -> bool:
    """Tell whether fields stand in columns of blanks, in which no comma separates."""
    rows = [line for line in lines_of(text) if line.strip()][1:]
    if len(rows) < 2 or not all(
        re.search(r"\S\s{2,}\S|\A\s+\S", r.rstrip()) for r in rows[:3]
    ):
        return False
    for mark in USUAL.replace("\t", ""):
        if min(row.count(mark) for row in rows[:20]) > 0:
            return False
    if all("\t" in row.strip() for row in rows[:20]) and not any(
        "  " in r for r in rows[:20]
    ):
        return False
    widths = [len(row.split()) for row in rows]
    numbers = sum(looks(f) in ("whole", "number") for f in rows[0].split())
    return widths.count(widths[0]) > 0.9 * len(widths) and widths[0] > 1 and numbers > 0


def _clever(text: str, delimiter: str | None) -> Dialect:
    if delimiter is not None and is_long(delimiter):
        return Dialect(delimiter)
    import clevercsv

    try:
        found = clevercsv.Detector().detect(
            text, delimiters=None if delimiter is None else [delimiter]
        )
    except Exception:  # it raises what it will on what is no table
        found = None
    if found is None:
        return Dialect(delimiter if delimiter is not None else _by_widths(text))
    mark = delimiter if delimiter is not None else found.delimiter
    if delimiter is None and (not mark or not _FIT.fullmatch(mark)):
        mark = _by_widths(text)
    quote = found.quotechar if found.quotechar in ('"', "'", "`") else ""
    return Dialect(mark or "", quote, "\\" if found.escapechar == "\\" else "")


def _by_widths(text: str) -> str:
    """Return the usual delimiter that splits the lines most evenly; "" if none does."""
    lines = [line for line in lines_of(text) if line.strip()]
    best, best_score = "", 0.6
    for mark in USUAL:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=mark)]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count) if widths else 1
        score = widths.count(usual) / len(widths) if usual > 1 else 0.0
        if score > best_score:
            best, best_score = mark, score
    return best


def _spaced(text: str, dialect: Dialect) -> bool:
    """Tell whether blanks stand between a delimiter and a quote that opens a field."""
    if not (
        dialect.quote and len(dialect.delimiter) == 1 and dialect.delimiter.strip()
    ):
        return False
    try:
        fields = [f for _, row in rows_of(lines_of(text), dialect) for f in row]
    except csv.Error:
        return False
    return any(f[:1] == " " and f.lstrip(" ").startswith(dialect.quote) for f in fields)


def _quotes_mean(text: str, delimiter: str) -> bool:
    """Tell whether quotes open and close fields, where the detector saw none do.

    They do unless a field begins with one and none is whole in its quotes. Where none
    is here, one may be further down.
    """
    mark = re.escape(delimiter or "\x00")
    begin, end = rf"(?:^|[\r\n]|{mark})", rf"(?:$|[\r\n]|{mark})"
    if re.search(rf'{begin}"[^"\r\n]*"{end}', text):
        return True
    return re.search(rf'{begin}\s*["\']', text) is None
