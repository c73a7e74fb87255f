"""Delimited text: dialect and layout found out, then two readers at once."""

from __future__ import annotations

import csv
import io
import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.data.read import rewrite
from engine.data.read.audit import Audit, audit
from engine.data.read.begin import Text
from engine.data.read.body import Body, holds
from engine.data.read.pieces import Pieces
from engine.data.read.raw import Progress, silent
from engine.data.read.values import looks
from engine.errors import DataError, EngineError
from engine.spec import ReadSpec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["table"]

CHUNK_BYTES = 1 << 23
READ_BYTES = 1 << 18


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
    """Two readers do not agree on a text, or one of them cannot read it."""


def _read(
    text: Text,
    columns: list[int] | None,
    progress: Progress,
    keep: Callable[[int, int], Any] | None,
    *,
    anew: bool = False,
) -> pd.DataFrame:
    """Read a text with two readers that must agree.

    Of what was written `anew`, every quote is known to be right.
    """
    wanted = list(range(text.fields)) if columns is None else columns
    free = _free(text, wanted)
    quotes = bool(text.dialect.quote) and holds(text.path, text.dialect.quote)
    watched = [i for i in free if _whole(text, i)]
    checked: list[Audit] = []

    def check() -> None:
        checked.append(
            audit(
                text.path,
                text.offset,
                text.dialect,
                text.layout.width,
                watched,
                quotes=quotes,
            )
        )

    second = threading.Thread(target=check, name="audit", daemon=True)
    second.start()
    failed: Exception | None = None
    pieces = Pieces(wanted)
    try:
        pieces = _gather(text, wanted, free, quotes, progress, keep)
    except (MemoryError, EngineError):  # the latter if reading was cancelled
        raise
    except Exception as error:  # pandas raises half a dozen kinds here
        failed = error
    second.join()
    if not checked:
        raise DataError(f"{text.name} cannot be read", "is the file whole?")
    found = checked[0]
    unclear = found.failed or found.ragged or failed
    if unclear or (found.stray and not anew) or found.rows != pieces.seen:
        raise _UnclearError(str(failed or found.failed or "rows differ"))
    again = sorted(pieces.spoiled | found.coded)
    if again:
        # Only now it is known that these are no plain numbers: as texts, then.
        pieces.replace(_gather(text, again, set(), quotes, progress, keep), again)
    return pieces.frame()


def _gather(
    text: Text,
    wanted: list[int],
    free: set[int],
    quotes: bool,
    progress: Progress,
    keep: Callable[[int, int], Any] | None,
) -> Pieces:
    import pandas as pd

    pieces = Pieces(wanted)
    body = io.BufferedReader(Body(text.path, text.offset, progress), READ_BYTES)
    with warnings.catch_warnings(), body:
        warnings.simplefilter("ignore")  # what it warns of, the audit finds
        try:
            chunks = pd.read_csv(
                body,
                header=None,
                names=list(range(text.layout.width)),
                index_col=False,
                usecols=wanted,
                dtype={i: str for i in wanted if i not in free},
                sep=text.dialect.delimiter,
                quotechar=text.dialect.quote or '"',
                quoting=csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE,
                escapechar=text.dialect.escape or None,
                skipinitialspace=text.dialect.spaced,
                encoding="utf-8",
                keep_default_na=False,
                na_values=[""],
                low_memory=False,
                chunksize=max(1000, int(CHUNK_BYTES / text.row_bytes)),
            )
            for chunk in chunks:
                rows = None if keep is None else keep(pieces.seen, len(chunk))
                pieces.add(chunk, rows)
        except pd.errors.EmptyDataError:
            pass
    return pieces


def _free(text: Text, wanted: list[int]) -> set[int]:
    """Return the columns whose type pandas may find out: plain numbers, or words.

    What is both as far as seen is read as text, and so is all that pandas would make
    something else of. Where a column turns out to be both later on, it is read again.
    """
    numbers = frozenset({"whole", "number", "missing"})
    free = set()
    for place in wanted:
        kinds = text.kinds[place]
        if kinds <= numbers:
            blank = not any(
                r[place].strip() and looks(r[place]) == "missing"
                for r in text.rows
                if len(r) > place
            )
            if blank and text.reader.decimal != ",":
                free.add(place)
        elif "word" in kinds and not kinds & {"whole", "number", "grouped"}:
            words = {r[place].strip().lower() for r in text.rows if len(r) > place}
            if not words & {"true", "false"}:
                free.add(place)
    return free


def _whole(text: Text, place: int) -> bool:
    """Tell whether a column may be one of whole numbers."""
    return text.kinds[place] <= {"whole", "missing"}
