"""Delimited text, read by Arrow, with a slower way where that is in doubt."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.read import rewrite
from engine.data.read.begin import Text
from engine.data.read.encoding import SurpriseError, place
from engine.data.read.pieces import frame
from engine.data.read.quotes import survey
from engine.data.read.raw import Progress, silent
from engine.errors import DataError
from engine.execute.threads import cores
from engine.spec import ReadSpec

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["table"]

BLOCK = 1 << 20
LARGEST_BLOCK = 1 << 30
_COLUMN = re.compile(r"In CSV column #(\d+): CSV conversion error")


def table(
    text: Text,
    spec: ReadSpec,
    *,
    columns: list[int] | None = None,
    progress: Progress = silent,
    keep: Callable[[int, int], Any] | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a text, or find out by a slower way why it cannot be read.

    Parameters
    ----------
    text : Text
    spec : ReadSpec
        What becomes of ragged lines.
    columns : list of int or None, default=None
        Places of the columns to read; all when None.
    progress : callable, optional
    keep : callable or None, default=None
        Takes the number of the first row of a part and the number of its rows, and
        returns which of them to keep; all are kept when None.

    Returns
    -------
    frame : pandas.DataFrame
        Numbers as such, all else as categories of text; columns are called by their
        place.
    notes : tuple of str
        What was mended.

    Raises
    ------
    DataError
        With the line of the first row that cannot be read.
    """
    try:
        return _read(text, columns, progress, keep), ()
    except _UnclearError:
        pass
    copy, mended = rewrite.anew(
        text.path,
        text.offset,
        text.dialect,
        text.layout.width,
        name=text.name,
        before=text.layout.lines,
        ragged=spec.ragged,
    )
    try:
        again = text._replace(path=copy, offset=0, dialect=rewrite.PLAIN)
        frame = _read(again, columns, progress, keep, anew=True)
    except _UnclearError as error:
        raise DataError(
            f"{text.name} cannot be read as a table: {error}",
            "check its quotes and delimiters (--quote, --delimiter)",
        ) from None
    finally:
        copy.unlink()
    done = {"drop": "left out", "fill": "filled"}.get(spec.ragged, "")
    said = (f"{mended:,} lines with other numbers of fields {done}",) if mended else ()
    return frame, said


class _UnclearError(Exception):
    """Arrow cannot read a text, or not every reader would read it alike."""


def _read(
    text: Text,
    columns: list[int] | None,
    progress: Progress,
    keep: Callable[[int, int], Any] | None,
    *,
    anew: bool = False,
) -> pd.DataFrame:
    """Read a text with Arrow, which notices rows that are too short or too long.

    Of what was written `anew`, every quote is known to be right.
    """
    import pyarrow as pa

    quotes = survey(text.path, text.offset, text.dialect, progress)
    if quotes.nul is not None:
        line, _ = place(text.path, quotes.nul)
        raise DataError(
            f"{text.name}, line {line:,}: a NUL byte, which no text holds",
            "is the file whole? write it again",
        )
    doubtful = quotes.stray or text.dialect.escape or text.dialect.spaced
    if doubtful and not anew:
        raise _UnclearError("quotes that not every reader understands alike")
    wanted = list(range(text.fields)) if columns is None else columns
    plain = {i for i in wanted if _is_plain(text, i)}
    # Whole numbers are read as text, to see the zeros in front of 00501.
    whole = {i for i in plain if text.kinds[i] <= {"whole", "missing"}}
    floats = plain - whole
    block = BLOCK
    while True:
        try:
            rows = _rows(text, wanted, floats, whole, quotes.any, block, progress, keep)
            return frame(rows, wanted, whole)
        except pa.ArrowInvalid as error:
            if "UTF8" in str(error):
                raise SurpriseError from None
            spoilt = _COLUMN.search(str(error))
            if "straddl" in str(error) and block < LARGEST_BLOCK:
                block *= 32  # a row of megabytes
            elif spoilt is not None and floats:
                # A cell that is no number. After a second one all are read as text.
                first = int(spoilt[1]) in floats and len(floats) == len(plain - whole)
                floats = floats - {int(spoilt[1])} if first else set()
            else:
                raise _UnclearError(str(error)) from None
        except pa.ArrowException as error:
            raise _UnclearError(str(error)) from None


def _rows(
    text: Text,
    wanted: list[int],
    floats: set[int],
    whole: set[int],
    quoted: bool,
    block: int,
    progress: Progress,
    keep: Callable[[int, int], Any] | None,
) -> pa.Table:
    """Return rows as Arrow reads them: numbers where told, else texts.

    Raises
    ------
    _UnclearError
        If a row is not as wide as the table.
    """
    import pyarrow as pa
    from pyarrow import csv

    ragged = False

    def wrong(row: Any) -> str:
        nonlocal ragged
        ragged = ragged or bool(row.text.strip())
        return "skip"

    words = pa.dictionary(pa.int32(), pa.string())
    types = {
        str(i): pa.float64() if i in floats else pa.string() if i in whole else words
        for i in wanted
    }
    options = (
        csv.ReadOptions(
            column_names=[str(i) for i in range(text.layout.width)], block_size=block
        ),
        csv.ParseOptions(
            delimiter=text.dialect.delimiter,
            quote_char=text.dialect.quote if quoted else False,
            double_quote=True,
            newlines_in_values=quoted,
            invalid_row_handler=wrong,
        ),
        csv.ConvertOptions(
            include_columns=list(types),
            column_types=types,
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    progress("reading", text.offset, text.path.stat().st_size)
    try:
        with _all_cores(), _Told(text.path, text.offset, progress) as source:
            if keep is None:
                rows = csv.read_csv(source, *options)
            else:
                rows = _kept(csv.open_csv(source, *options), keep)
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise
        rows = pa.table({n: pa.array([], t) for n, t in types.items()})
    if ragged:
        raise _UnclearError("rows of another width")
    return rows


@contextmanager
def _all_cores() -> Iterator[None]:
    """Let Arrow use every core, where OpenMP is held to one for the sake of numbers."""
    import pyarrow as pa

    before = pa.cpu_count()
    pa.set_cpu_count(cores())
    try:
        yield
    finally:
        pa.set_cpu_count(before)


def _kept(batches: Any, keep: Callable[[int, int], Any]) -> pa.Table:
    """Return some of the rows, with a batch at a time of the others."""
    import pyarrow as pa

    seen, kept = 0, []
    for batch in batches:
        kept.append(batch.take(pa.array(keep(seen, batch.num_rows))))
        seen += batch.num_rows
    return pa.Table.from_batches(kept, batches.schema)


class _Told(io.FileIO):
    """A file from an offset on that tells of the bytes that were read."""

    def __init__(self, path: Path, offset: int, progress: Progress) -> None:
        super().__init__(path)
        self.seek(offset)
        self._done = offset
        self._total = path.stat().st_size
        self._progress = progress

    def read(self, size: int | None = -1) -> bytes:
        """Read the next bytes."""
        data = super().read(-1 if size is None else size) or b""
        self._done += len(data)
        self._progress("reading", self._done, self._total)
        return data


def _is_plain(text: Text, place: int) -> bool:
    """Tell whether a column holds numbers as programs write them, as far as seen."""
    return text.reader.decimal != "," and text.kinds[place] <= {
        "whole",
        "number",
        "missing",
    }
