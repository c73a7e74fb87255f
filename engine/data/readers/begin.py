"""The beginning of a delimited text: its encoding, dialect and layout.

The delimiter is found by CleverCSV (van den Burg, Nazábal & Sutton, 2019, "Wrangling
messy CSV files by detecting row and type patterns"), which was right on every table of
tests/support/ugly.py but those in columns of blanks; these are told here.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from engine.core.errors import DataError
from engine.core.events import Reader
from engine.core.experiment import ReadSpec
from engine.data.readers import encoding, layout
from engine.data.readers.encoding import TextEncoding
from engine.data.readers.layout import TextLayout
from engine.data.readers.magic import refuse_page
from engine.data.readers.raw import SourceFile
from engine.data.readers.values import Looks, grouped, looks
from engine.io.scratch import temporary_file

HEAD_BYTES = 1 << 18
LARGEST_HEAD = 1 << 26
"""Bytes that are looked at where the first lines are very long."""
MOST_FIELDS = 1 << 18
MOST_ROWS = 500
"""Rows that tell what a column holds; the reading itself finds out the rest."""
NO_DELIMITER = "\x1f"
EXCERPT = 60


class Text(NamedTuple):
    """A text that is about to be read.

    Attributes
    ----------
    file : SourceFile
        As it was asked for.
    path : Path
        UTF-8, and a dialect that fast readers take.
    offset : int
        Where the first row begins in it.
    dialect : Dialect
    layout : TextLayout
    reader : Reader
        How it is read, in the words of the original file.
    rows : list of list of str
        The first rows.
    kinds : tuple of frozenset of str
        What the cells of each column look like in these rows.
    row_bytes : float
        Bytes of a row, as far as seen.
    """

    file: SourceFile
    path: Path
    offset: int
    dialect: Dialect
    layout: TextLayout
    reader: Reader
    rows: list[list[str]]
    kinds: tuple[frozenset[Looks], ...]
    row_bytes: float

    @property
    def fields(self) -> int:
        """Columns of the table."""
        return self.layout.width - self.layout.trailing

    @property
    def estimated_rows(self) -> int:
        """Rows that there are likely to be."""
        rest = self.path.stat().st_size - self.offset
        return max(len(self.rows), math.ceil(rest / self.row_bytes))

    def estimated_bytes(self) -> int:
        """Return the bytes of memory that the table is likely to take."""
        each = 0.0
        for place in range(self.fields):
            cells = [r[place] for r in self.rows if len(r) > place]
            each += 8
            wordy = "word" in self.kinds[place]
            if wordy and len(set(cells)) > len(cells) / 2:  # they hardly repeat
                each += 60 + sum(map(len, cells)) / len(cells)
        return int(each * self.estimated_rows)


@contextmanager
def opened(file: SourceFile) -> Iterator[Text]:
    """Find out how a text is to be read.

    Parameters
    ----------
    file : SourceFile
        What its spec does not say is guessed.

    Yields
    ------
    Text

    Raises
    ------
    DataError
        If it is no table.
    """
    path, name, spec = file.path, file.name, file.spec
    with ExitStack() as stack:
        if spec.encoding is None:
            found = encoding.guess(path, name)
        else:
            found = TextEncoding(codecs.lookup(spec.encoding).name)
        if codecs.lookup(found.name).name not in ("utf-8", "utf-8-sig"):
            path = encoding.as_utf8(path, found.name, name)
            stack.callback(path.unlink)
        elif spec.encoding is not None:
            encoding.check(path, name)
        text = _begin(file, path, found)
        if is_long(text.dialect.delimiter):
            rest = path.stat().st_size - text.offset
            text, _ = anew(text)
            stack.callback(text.path.unlink)
            share = max(1, text.path.stat().st_size) / max(1, rest)
            text = text._replace(row_bytes=text.row_bytes * share)
        elif not text.dialect.delimiter:
            text = text._replace(dialect=text.dialect._replace(delimiter=NO_DELIMITER))
        yield text


def anew(text: Text) -> tuple[Text, int]:
    """Write rows to a temporary file in the plainest dialect, which any reader takes.

    For fields that runs of blanks or longer marks separate, rows to be left out or
    filled, and quotes that two readers understand differently.

    Returns
    -------
    text : Text
        Its file is to be removed by the caller.
    corrected : int
        Rows that were left out or filled.

    Raises
    ------
    DataError
        At the first row that is refused, with its line.
    """
    width, ragged, corrected = text.layout.width, text.file.spec.ragged, 0
    with temporary_file(text.file.name, ".csv") as (copy, made):
        out = io.TextIOWrapper(made, encoding="utf-8", newline="")
        write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
        for line, fields in _rows(text):
            if len(fields) == width:
                write(fields)
            elif not "".join(fields).strip():
                continue
            elif ragged == "refuse" or (ragged == "fill" and len(fields) > width):
                raise _ragged(text, line, fields)
            else:
                corrected += 1
                if ragged == "fill":
                    write(fields + [""] * (width - len(fields)))
        out.flush()
    return text._replace(path=copy, offset=0, dialect=Dialect(",")), corrected


def _rows(text: Text) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line that each row begins in, and its fields."""
    before = text.layout.lines
    with text.path.open(encoding="utf-8", newline="") as file:
        file.seek(text.offset)
        begin = before + 1
        try:
            if is_long(text.dialect.delimiter):
                for number, line in enumerate(file, begin):
                    yield number, fields_of(line, text.dialect)
                return
            reader = reader_of(file, text.dialect, strict=True)
            for fields in reader:
                yield begin, fields
                begin = before + reader.line_num + 1
        except csv.Error as error:
            reason = str(error)
            if "end of data" in reason:
                reason = "a quote opens there and never closes"
            raise DataError(
                f"{text.file.name}, line {begin:,}: {reason}",
                "correct that line, or say that quotes mean nothing: 'none'",
                field="data.read.quote",
            ) from None


def _ragged(text: Text, line: int, fields: list[str]) -> DataError:
    begin = " ".join("…".join(fields).split())[:EXCERPT]
    has = "1 field" if len(fields) == 1 else f"{len(fields):,} fields"
    fix, field = "have such lines left out ('drop')", "data.read.ragged"
    if len(fields) < text.layout.width:
        fix += " or the absent fields taken as missing ('fill')"
    if any(cell.endswith("\\") for cell in fields[:-1]):
        fix = f"say that a delimiter after \\ is text (escape 'backslash'), or {fix}"
        field = f"data.read.escape {field}"
    return DataError(
        f"{text.file.name}, line {line:,}: {has} where {text.layout.width:,} are "
        f"expected ({begin})",
        f"correct that line (is a quote missing, or a delimiter too many?); {fix}",
        field=field,
    )


def _begin(file: SourceFile, path: Path, read_as: TextEncoding) -> Text:
    """Sniff the head of a text in UTF-8."""
    name, spec = file.name, file.spec
    head, whole = _head(path, name)
    mark = head[: head.startswith("\ufeff")]
    head = head.removeprefix(mark)
    if not head.strip():
        raise DataError(f"{name} holds only blank lines", "give a file with a header")
    refuse_page(head[:EXCERPT].encode(), name)
    try:
        found = sniff(head, spec.delimiter, spec.quote, spec.escape)
        lines = lines_of(head)
        rows = rows_of(lines if whole else lines[:-1] or lines, found)
    except (csv.Error, TypeError, ValueError) as error:
        raise DataError(
            f"{name} cannot be read as a table: {error}",
            "name its delimiter, its quote and its escape character",
            field="data.read.delimiter data.read.quote data.read.escape",
        ) from None
    if not whole and len(rows) > 1:
        rows = rows[:-1]  # the last one may be cut
    if rows and rows[0][1] and rows[0][1][0].lower().startswith("sep="):
        rows = rows[1:]
    widest = max((len(fields) for _, fields in rows), default=0)
    if widest > MOST_FIELDS:
        raise DataError(
            f"{name} has a line of {widest:,} fields, where at most {MOST_FIELDS:,} "
            "are read",
            "is it a table? write one row per line",
        )
    where = layout.find(rows, name, header=spec.header, skip=spec.skip)
    body = [fields for line, fields in rows if line > where.lines]
    seen = body[:MOST_ROWS]
    kinds = tuple(
        frozenset(looks(r[i]) if r[i] else "missing" for r in seen if len(r) > i)
        for i in range(where.width)
    )
    used = "".join(lines[: where.lines])
    reader = Reader(
        format="text",
        delimiter=found.delimiter or None,
        encoding=read_as.name,
        header=where.header,
        quoting=found.quote or "none",
        escape=found.escape if found.literal else None,
        skipped=where.skipped,
        decimal=spec.decimal or _decimal(seen, kinds),
        notes=(*_notes(found, spec, head, read_as), *where.notes),
    )
    size = sum(len(line.encode()) for line in lines[where.lines :]) or 1
    row_bytes = max(1.0, size / max(1, len(body)))
    offset = len(used.encode()) + len(mark.encode())
    return Text(file, path, offset, found, where, reader, seen, kinds, row_bytes)


def _head(path: Path, name: str) -> tuple[str, bool]:
    """Return the first lines, and whether they are all."""
    size = HEAD_BYTES
    total = path.stat().st_size
    while True:
        with path.open("rb") as file:
            data = file.read(size)
        if (place := data.find(b"\x00")) >= 0:
            raise encoding.no_text(name, data.count(b"\n", 0, place) + 1)
        whole = len(data) >= total
        ends = data.count(b"\n") or data.count(b"\r")
        if whole or ends > 3 or size >= LARGEST_HEAD:
            break
        size *= 8
    return data.decode("utf-8", "ignore"), whole


def _notes(
    found: Dialect, spec: ReadSpec, head: str, read_as: TextEncoding
) -> list[str]:
    notes = [read_as.note] if read_as.note else []
    if found.delimiter not in ("", ",") and spec.delimiter is None:
        mark = _SPOKEN.get(found.delimiter, repr(found.delimiter))
        notes.append(f"fields are separated by {mark}")
    if not found.quote and spec.quote is None and '"' in head:
        notes.append("quotes mean nothing in it")
    if found.quote not in ("", '"') and spec.quote is None:
        notes.append(f"texts are quoted by {found.quote}")
    if found.spaced:
        notes.append("blanks before a quote were left out")
    if found.escape and not found.literal:
        notes.append(f"{found.escape} takes the meaning of the quote after it")
    return notes


def _decimal(rows: list[list[str]], kinds: tuple[frozenset[Looks], ...]) -> str | None:
    """Return "," if some column can only have decimal commas."""
    for place, found in enumerate(kinds):
        if "grouped" not in found or found & {"word", "date"}:
            continue
        cells = [r[place].strip() for r in rows if len(r) > place]
        cells = [c for c in cells if looks(c) != "missing"]
        commas = [c for c in cells if "," in c]
        if any(grouped(c, ",") is None for c in cells):
            continue
        if any(grouped(c, ".") is None for c in commas):
            return ","
    return None


# What separates the fields, and what quotes mean ------------------------------------


WHITESPACE = "whitespace"
SNIFF_CHARACTERS = 16_384
USUAL = ",;\t|"
NAMED = {
    **{"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"},
    **{"bar": "|", "pipe": "|", "blank": " ", "space": " "},
}
"""Delimiters that are awkward to type, by name."""
_SPOKEN = {
    **{"\t": "tabs", ";": "semicolons", "|": "bars", ":": "colons", " ": "blanks"},
    WHITESPACE: "runs of blanks",
}
"""Delimiters in words."""
_FIT = re.compile(r"[!#$%&*+,:;=?@^`|~]|[ \t\x01-\x08\x1c-\x1f]")
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
    try:
        import clevercsv

        found = clevercsv.Detector().detect(
            text, delimiters=None if delimiter is None else [delimiter]
        )
    except Exception:  # it is not there, or raises what it will on what is no table
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
