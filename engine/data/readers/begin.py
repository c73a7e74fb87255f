"""The beginning of a delimited text: what it is, before it is read."""

from __future__ import annotations

import codecs
import csv
import io
import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from engine.core.errors import DataError
from engine.core.events import Reader
from engine.core.experiment import ReadSpec
from engine.data.readers import dialect as dialects
from engine.data.readers import encoding as encodings
from engine.data.readers import layout as layouts
from engine.data.readers.dialect import Dialect
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
            found = encodings.guess(path, name)
        else:
            found = encodings.TextEncoding(codecs.lookup(spec.encoding).name)
        if codecs.lookup(found.name).name not in ("utf-8", "utf-8-sig"):
            path = encodings.as_utf8(path, found.name, name)
            stack.callback(path.unlink)
        elif spec.encoding is not None:
            encodings.check(path, name)
        text = _begin(file, path, found)
        if dialects.is_long(text.dialect.delimiter):
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
            if dialects.is_long(text.dialect.delimiter):
                for number, line in enumerate(file, begin):
                    yield number, dialects.fields_of(line, text.dialect)
                return
            reader = dialects.reader_of(file, text.dialect, strict=True)
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


def _begin(file: SourceFile, path: Path, encoding: TextEncoding) -> Text:
    """Sniff the head of a text in UTF-8."""
    name, spec = file.name, file.spec
    head, whole = _head(path, name)
    mark = head[: head.startswith("\ufeff")]
    head = head.removeprefix(mark)
    if not head.strip():
        raise DataError(f"{name} holds only blank lines", "give a file with a header")
    refuse_page(head[:EXCERPT].encode(), name)
    try:
        found = dialects.sniff(head, spec.delimiter, spec.quote, spec.escape)
        lines = dialects.lines_of(head)
        rows = dialects.rows_of(lines if whole else lines[:-1] or lines, found)
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
    where = layouts.find(rows, name, header=spec.header, skip=spec.skip)
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
        encoding=encoding.name,
        header=where.header,
        quoting=found.quote or "none",
        escape=found.escape if found.literal else None,
        skipped=where.skipped,
        decimal=spec.decimal or _decimal(seen, kinds),
        notes=(*_notes(found, spec, head, encoding), *where.notes),
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
            raise encodings.no_text(name, data.count(b"\n", 0, place) + 1)
        whole = len(data) >= total
        ends = data.count(b"\n") or data.count(b"\r")
        if whole or ends > 3 or size >= LARGEST_HEAD:
            break
        size *= 8
    return data.decode("utf-8", "ignore"), whole


def _notes(
    found: Dialect, spec: ReadSpec, head: str, encoding: TextEncoding
) -> list[str]:
    notes = [encoding.note] if encoding.note else []
    if found.delimiter not in ("", ",") and spec.delimiter is None:
        notes.append(f"fields are separated by {dialects.spoken(found.delimiter)}")
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
