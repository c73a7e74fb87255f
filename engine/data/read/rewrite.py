"""Texts that no fast reader takes as they are, written anew so that it does.

Fields that runs of blanks or longer marks separate, rows to be left out or filled, and
notations that two readers understand differently. Slower, and rarely needed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from engine.data.read.dialect import Dialect, fields_of, is_long, reader_of
from engine.errors import DataError
from engine.scratch import temporary_file

__all__ = ["PLAIN", "anew", "complain", "rows"]

PLAIN = Dialect(",", '"')
"""The dialect of what is written."""
EXCERPT = 60
Ragged = Literal["refuse", "drop", "fill"]


def rows(path: Path, offset: int, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the line that each row begins in, from 1, and its fields.

    Raises
    ------
    csv.Error
        With the number of the line as second argument.
    """
    with path.open(encoding="utf-8", newline="") as file:
        file.seek(offset)
        if is_long(dialect.delimiter):
            for number, line in enumerate(file, 1):
                yield number, fields_of(line, dialect)
            return
        reader = reader_of(file, dialect, strict=True)
        begin = 1
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise csv.Error(str(error), begin) from None
            yield begin, fields
            begin = reader.line_num + 1


def anew(
    path: Path,
    offset: int,
    dialect: Dialect,
    width: int,
    *,
    name: str,
    before: int,
    ragged: Ragged = "refuse",
) -> tuple[Path, int]:
    """Write rows to a temporary file in the plainest dialect.

    Parameters
    ----------
    path, offset, dialect
        The text, from its first row on.
    width : int
        Fields of a row.
    name : str
        What to call it in an error.
    before : int
        Lines before the first row.
    ragged : {"refuse", "drop", "fill"}
        What becomes of rows of another width.

    Returns
    -------
    path : Path
        To be removed by the caller.
    mended : int
        Rows that were left out or filled.

    Raises
    ------
    DataError
        At the first row that is refused, with its line.
    """
    mended = 0
    with temporary_file(name, ".csv") as (copy, file):
        out = io.TextIOWrapper(file, encoding="utf-8", newline="")
        write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
        for line, fields in _checked(rows(path, offset, dialect), name, before):
            if len(fields) == width:
                write(fields)
            elif not "".join(fields).strip():
                continue
            elif ragged == "refuse" or (ragged == "fill" and len(fields) > width):
                complain(name, before + line, fields, width)
            else:
                mended += 1
                if ragged == "fill":
                    write(fields + [""] * (width - len(fields)))
        out.flush()
    return copy, mended


def complain(name: str, line: int, fields: list[str], width: int) -> None:
    """Refuse a row of another width.

    Raises
    ------
    DataError
        Always.
    """
    begin = " ".join("…".join(fields).split())[:EXCERPT]
    has = "1 field" if len(fields) == 1 else f"{len(fields):,} fields"
    mend = "--ragged drop leaves such lines out"
    if any(cell.endswith("\\") for cell in fields[:-1]):
        mend = f"--escape backslash takes a delimiter after \\ as text; {mend}"
    if len(fields) < width:
        mend += ", --ragged fill takes the absent fields as missing"
    raise DataError(
        f"{name}, line {line:,}: {has} where {width:,} are expected ({begin})",
        f"correct that line (is a quote missing, or a delimiter too many?); {mend}",
    )


def _checked(
    found: Iterator[tuple[int, list[str]]], name: str, before: int
) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from found
    except UnicodeDecodeError:
        raise DataError(
            f"{name} has bytes that are no UTF-8",
            "name its encoding (--encoding cp1252)",
        ) from None
    except csv.Error as error:
        reason, line = (*error.args, 1)[:2]
        if "end of data" in str(reason):
            reason = "a quote opens there and never closes"
        raise DataError(
            f"{name}, line {before + int(line):,}: {reason}",
            "correct that line, or say that quotes mean nothing (--quote none)",
        ) from None
