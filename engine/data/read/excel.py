"""Workbooks: xlsx, xls, xlsb and ods, read with python-calamine (an extra)."""

from __future__ import annotations

import datetime
import importlib.util
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from engine import children
from engine.data.read import layout, workbook
from engine.data.read.notes import Notes, counted
from engine.data.read.raw import (
    EXACT,
    Progress,
    Raw,
    chosen,
    line,
    listed,
    silent,
    size,
)
from engine.errors import DataError, TooBigError
from engine.events import Reader
from engine.execute.machine import available

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read", "sheets"]

Row: TypeAlias = list[Any]

ERRORS = frozenset(
    ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!")
)
_EXTRA = "pip install 'imbtui[excel]'"


def read(
    path: Path,
    name: str,
    *,
    member: str | None = None,
    columns: Sequence[str] = (),
    header: int | None = None,
    skip: int | None = None,
    limit: int | None = None,
    progress: Progress = silent,
) -> Raw:
    """Read a sheet of a workbook.

    Parameters
    ----------
    path : Path
    name : str
        What to call it.
    member : str or None, default=None
        Name of the sheet; the first that is not empty when None.
    columns : sequence of str, default=()
        Columns to keep; all of them when empty.
    header, skip : int or None, default=None
        Header rows, and rows before them; found when None.
    limit : int or None, default=None
        Bytes that it may take; half of the free memory when None.
    progress : callable, optional
        Called with ``("reading", rows, of rows)``.

    Returns
    -------
    Raw
        Whole numbers are integers, whatever Excel keeps them as; cells with an error
        are missing, and said.

    Raises
    ------
    DataError
        If it is damaged or locked, has no such sheet or column, or no rows; or
        python-calamine is not there.
    TooBigError
        If the sheet takes more than `limit`.
    """
    most = (available() or 1 << 34) // 2 if limit is None else limit
    notes = Notes()
    progress("reading", 0, None)
    head = None
    rows: list[tuple[int, Row]] = []
    for kind, what in _messages(path, name, most, "read", member):
        if kind == "head":
            head = msgspec.convert(what, workbook.Head)
        elif kind == "rows" and head is not None:
            rows += enumerate(what, head.top + len(rows) + 1)
            progress("reading", len(rows), head.height)
    assert head is not None
    sheet = head.sheet
    if head.others:
        others = listed(head.others)
        notes.say(f"sheet {sheet!r} is read; there is also {others} (--member)")
    found, frame = _table(rows, name, sheet, header, skip, notes)
    _say_formulas(head, notes)
    frame = _kept(frame, columns, name)
    reader = Reader(
        format="excel",
        header=found.header,
        skipped=found.skipped,
        member=sheet,
        notes=tuple(notes.lines()),
    )
    return Raw(frame, reader)


def sheets(path: Path, name: str) -> list[str]:
    """Return the names of the sheets of a workbook.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    most = (available() or 1 << 34) // 2
    found: list[str] = dict(_messages(path, name, most, "names"))["names"]
    return found


def _messages(
    path: Path, name: str, most: int, what: str, *sheet: str | None
) -> Iterator[tuple[str, Any]]:
    """Yield what the process says that opens a workbook, see `workbook.main`."""
    if importlib.util.find_spec("python_calamine") is None:
        raise DataError(
            f"{name} is a workbook, which takes python-calamine to read",
            f"install it: {_EXTRA}; or save the sheet as CSV",
        )
    decoder = msgspec.msgpack.Decoder(tuple[str, Any], ext_hook=workbook.unpacked)
    asked = [str(path), name, str(most), what, *(s for s in sheet if s is not None)]
    held, opening = 0, "its sheets"
    with _started(asked, name) as process:
        assert process.stdout is not None
        try:
            while len(head := process.stdout.read(4)) == 4:
                (length,) = workbook.LENGTH.unpack(head)
                held += length
                if held > most:
                    raise _too_big(name, opening, most)
                data = process.stdout.read(length)
                if len(data) < length:  # it ended in the middle of a message
                    break
                kind, said = decoder.decode(data)
                if kind == "end":
                    return
                if kind == "error":
                    code, message, remedy = said
                    error = TooBigError if code == TooBigError.code else DataError
                    raise error(message, remedy)
                if kind == "sheet":
                    opening = f"sheet {said!r}"
                yield kind, said
        finally:
            process.kill()
    if process.returncode in (workbook.NO_MEMORY, -signal.SIGABRT, -signal.SIGKILL):
        raise _too_big(name, opening, workbook.room(path, most))
    raise DataError(
        f"{name}: {opening} ends the process that opens it ({process.returncode})",
        "open it in a spreadsheet and save the table as CSV",
    )


def _started(arguments: list[str], name: str) -> subprocess.Popen[bytes]:
    try:
        return children.start(
            "engine.data.read.workbook",
            *arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError) as error:
        raise DataError(
            f"no process can be started to open {name}: {line(error)}",
            "save the sheet as CSV",
        ) from None


def _too_big(name: str, opening: str, most: int) -> TooBigError:
    return TooBigError(
        f"{name}: {opening} cannot be opened in {size(most)} of memory",
        "delete cells far from its table in a spreadsheet, or save the table as CSV",
    )


def _table(
    rows: list[tuple[int, Row]],
    name: str,
    sheet: str,
    header: int | None,
    skip: int | None,
    notes: Notes,
) -> tuple[layout.Layout, pd.DataFrame]:
    import pandas as pd

    filled = [(number, row) for number, row in rows if any(c != "" for c in row)]
    if not filled:
        raise DataError(f"{name}: sheet {sheet!r} is empty", "choose another: --member")
    width = len(filled[0][1])
    leading = True
    texts: list[layout.Row] = []
    for number, row in filled[: layout.MOST]:
        cells = [_text(cell) for cell in row]
        # A title above the table, mostly a merged cell, fills one cell only.
        leading = leading and width > 1 and sum(map(bool, cells)) == 1
        texts.append((number, [next(filter(None, cells))] if leading else cells))
    found = layout.find(texts, name, header=header, skip=skip, unit="row")
    body = [row for number, row in filled if number > found.lines]
    notes.say(*(note.replace("line", "row") for note in found.notes))
    inside = rows[-1][0] - found.lines - len(body) if body else 0
    inside -= sum(1 for n, _ in reversed(rows) if n > filled[-1][0])
    if inside > 0:
        rows_left = "1 blank row" if inside == 1 else f"{inside:,} blank rows"
        notes.say(f"{rows_left} left out")
    names = found.names or [""] * width
    made: dict[int, pd.Series] = {}
    kept: list[str] = []
    for place, one in enumerate(names[:width]):
        cells = [row[place] for row in body]
        if not one and all(cell == "" for cell in cells):
            continue  # a gap between columns
        made[place] = _series(one or f"column {place + 1}", cells, notes)
        kept.append(one)
    frame = pd.DataFrame(made, index=pd.RangeIndex(len(body)))
    frame.columns = pd.Index(kept, dtype=object)
    return found, frame


def _series(name: str, cells: list[Any], notes: Notes) -> pd.Series:
    """Return a column as numbers, dates or bools, or as text if it is mixed."""
    import pandas as pd

    wrong = sum(1 for cell in cells if isinstance(cell, str) and cell in ERRORS)
    if wrong:
        errors = counted(wrong, "error cell")
        notes.about(name, f"{errors} (like #N/A) read as missing")
    values = [
        None if isinstance(cell, str) and (cell == "" or cell in ERRORS) else cell
        for cell in cells
    ]
    kinds = {_kind(value) for value in values if value is not None}
    if kinds == {"number"}:
        return _numbers(name, values, notes)
    if kinds == {"date"}:
        moments = [None if v is None else _moment(v) for v in values]
        return pd.Series(moments, dtype="datetime64[us]")
    if kinds == {"bool"}:
        return pd.Series(values, dtype=object if None in values else bool)
    if len(kinds) > 1 and kinds != {"number", "text"}:
        what = {"bool": "true or false", "date": "dates"}
        mixed = " and ".join(sorted(what.get(kind, f"{kind}s") for kind in kinds))
        notes.about(name, f"{mixed.replace('texts', 'text')} mixed: kept as text")
    return pd.Series([None if v is None else _text(v) for v in values], dtype=object)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return "date" if isinstance(value, datetime.date) else "text"


def _numbers(name: str, values: list[Any], notes: Notes) -> pd.Series:
    import pandas as pd

    known = [v for v in values if v is not None]
    whole = all(float(v).is_integer() for v in known)
    if whole and any(abs(v) > EXACT for v in known):
        notes.about(name, "of numbers this long a workbook keeps 15 digits only")
        return pd.Series(values, dtype="float64")
    if whole and len(known) == len(values):
        return pd.Series([int(v) for v in values], dtype="int64")
    return pd.Series(values, dtype="float64")


def _moment(value: datetime.date) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value
    return datetime.datetime(value.year, value.month, value.day)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    return str(value)


def _say_formulas(about: workbook.Head, notes: Notes) -> None:
    if about.errors:
        cells = counted(about.errors, "error cell")
        notes.say(f"{cells} (like #DIV/0!) read as missing")
    if about.uncalculated:
        notes.say(
            counted(about.uncalculated, "formula has", "formulas have")
            + " no value that a spreadsheet has calculated: read as missing"
        )


def _kept(frame: pd.DataFrame, columns: Sequence[str], name: str) -> pd.DataFrame:
    if not columns:
        return frame
    places, called = chosen(list(frame.columns), columns, name)
    return frame.iloc[:, places].set_axis(called, axis=1)
