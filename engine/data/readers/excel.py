"""Workbooks: xlsx, xls, xlsb and ods, read with python-calamine (an extra).

It lays all cells of a sheet out in one rectangle, so that a single one in the last row
and column takes all memory there is, and without memory it ends its process. So it
works in a process of its own: `main` runs there.
"""

from __future__ import annotations

import datetime
import importlib.util
import io
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.core.errors import DataError, EngineError, TooBigError
from engine.core.events import Reader
from engine.core.experiment import ReadSpec
from engine.core.format import check_known, listed, size
from engine.data.readers import raw
from engine.io import machine

if TYPE_CHECKING:
    import pandas as pd

    from engine.data.readers import layout


Row: TypeAlias = list[Any]

CELL_BYTES = 100
"""What a cell takes while it is read: in the library, in Python and in the frame."""
LEAST_ROOM, SMALL_ROOM = 1 << 26, 1 << 29
ROOM_SHARE = 64
"""Bytes of memory for a byte of a large workbook: more than any table takes."""
NO_MEMORY = 3
"""What the process ends with where Python is refused memory; the library aborts."""
CHUNK_CELLS = 100_000
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_KINDS = {bool: "true or false", int: "numbers", float: "numbers", str: "text"}


def read(file: raw.SourceFile) -> raw.RawTable:
    """Read a sheet of a workbook.

    Parameters
    ----------
    file : SourceFile
        Its member is the sheet: the first one that is not empty, unless told. Its
        progress is called with ``("reading", rows, of rows)``.

    Returns
    -------
    RawTable
        Whole numbers are integers, whatever Excel keeps them as; cells with an error
        are missing.

    Raises
    ------
    DataError
        If it is damaged or locked, has no such sheet or column, or no rows; or
        python-calamine is not there.
    TooBigError
        If the sheet takes more than its limit.
    """
    import pandas as pd

    name, spec, notes = file.name, file.spec, raw.Notes()
    file.progress("reading", 0, None)
    sheet, height, first = "", 0, 1
    rows: list[tuple[int, Row]] = []
    for kind, what in messages(file):
        if kind == "head":
            sheet, others, height, first = what
            if others:
                rest = listed(others)
                notes.say(f"sheet {sheet!r} is read; there is also {rest}")
        elif kind == "rows":
            rows += enumerate(what, first + len(rows))
            file.progress("reading", len(rows), height)
    found, body = _placed(rows, name, sheet, spec, notes)
    made: dict[int, pd.Series] = {}
    names: list[str] = []
    for place, one in enumerate(found.names):
        cells = [row[place] for row in body]
        if one or any(cell != "" for cell in cells):  # no gap between columns
            made[place] = _series(one or f"column {place + 1}", cells, notes)
            names.append(one)
    places, labels = raw.chosen(names, spec.columns, name)
    frame = pd.DataFrame(made, index=pd.RangeIndex(len(body))).iloc[:, places]
    frame.columns = pd.Index(labels, dtype=object)
    reader = Reader(
        format="excel",
        header=found.header,
        skipped=found.skipped,
        member=sheet,
        notes=tuple(notes.lines()),
    )
    return raw.RawTable(frame, reader)


def _placed(
    rows: list[tuple[int, Row]], name: str, sheet: str, spec: ReadSpec, notes: raw.Notes
) -> tuple[layout.TextLayout, list[Row]]:
    """Return where the table is in its sheet, and its rows."""
    # It loads pandas, for which the process that opens a workbook has no use.
    from engine.data.readers import layout

    filled = [(number, row) for number, row in rows if any(c != "" for c in row)]
    if not filled:
        raise DataError(
            f"{name}: sheet {sheet!r} is empty",
            "choose another",
            field="data.read.member",
        )
    leading = len(filled[0][1]) > 1
    texts: list[layout.Row] = []
    for number, row in filled[: layout.MOST]:
        cells = [_text(cell) for cell in row]
        # A title above the table, mostly a merged cell, fills one cell only.
        leading = leading and sum(map(bool, cells)) == 1
        texts.append((number, [next(filter(None, cells))] if leading else cells))
    found = layout.find(texts, name, header=spec.header, skip=spec.skip, unit="row")
    notes.say(*(note.replace("line", "row") for note in found.notes))
    body = [row for number, row in filled if number > found.lines]
    blank = filled[-1][0] - found.lines - len(body) if body else 0
    if blank:
        notes.say(f"{blank:,} blank {'row' if blank == 1 else 'rows'} left out")
    return found, body


def _series(name: str, cells: list[Any], notes: raw.Notes) -> pd.Series:
    """Return a column as numbers, dates or bools, or as text if it is mixed."""
    import pandas as pd

    values: list[Any] = [None if isinstance(c, str) and c == "" else c for c in cells]
    known = [v for v in values if v is not None]
    kinds = {_kind(value) for value in known}
    if kinds == {"numbers"}:
        whole = all(float(v).is_integer() for v in known)
        if whole and any(abs(v) > raw.EXACT for v in known):
            notes.about(name, "of numbers this long a workbook keeps 15 digits only")
        elif whole and len(known) == len(values):
            return pd.Series([int(v) for v in known], dtype="int64")
        return pd.Series(values, dtype="float64")
    if kinds == {"dates"}:
        return pd.Series(values, dtype=object).astype("datetime64[us]")
    if kinds == {"true or false"}:
        return pd.Series(values, dtype=bool if len(known) == len(values) else object)
    if len(kinds) > 1 and kinds != {"numbers", "text"}:
        notes.about(name, f"{' and '.join(sorted(kinds))} mixed: kept as text")
    return pd.Series([None if v is None else _text(v) for v in values], dtype=object)


def _kind(value: Any) -> str:
    if isinstance(value, datetime.date):
        return "dates"
    return _KINDS.get(type(value), "text")


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) <= raw.EXACT:
        return str(int(value))
    return str(value)


# The process that opens it ----------------------------------------------------------


def messages(file: raw.SourceFile) -> Iterator[tuple[str, Any]]:
    """Yield what `main` says of a workbook: the sheet, its head, and its rows."""
    name = file.name
    if importlib.util.find_spec("python_calamine") is None:
        raise DataError(
            f"{name} is a workbook, which takes python-calamine to read",
            "install it: pip install 'imbtui[excel]'; or save the sheet as CSV",
        )
    fair = max(SMALL_ROOM, ROOM_SHARE * file.path.stat().st_size)
    room = max(LEAST_ROOM, min(file.most // 3, fair))
    sheet = file.spec.member or ""
    arguments = [str(file.path), name, str(file.most), str(room), sheet]
    opening = "it"
    try:
        process = machine.start(
            "engine.data.readers.excel",
            *arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError) as error:
        raise DataError(
            f"no process can be started to open {name}: {raw.line(error)}",
            "save the sheet as CSV",
        ) from None
    with process:
        assert process.stdout is not None
        try:
            while True:
                kind, what = pickle.load(process.stdout)
                if kind == "end":
                    return
                if kind == "error":
                    raise what
                if kind == "sheet":
                    opening = f"sheet {what!r}"
                yield kind, what
        except (EOFError, pickle.UnpicklingError):  # it ended in the middle
            process.stdout.close()
            process.wait()
        finally:
            process.kill()
    if process.returncode in (NO_MEMORY, -signal.SIGABRT, -signal.SIGKILL):
        raise TooBigError(
            f"{name}: {opening} cannot be opened in {size(room)} of memory",
            "delete cells far from its table in a spreadsheet, or save it as CSV",
        )
    raise DataError(
        f"{name}: {opening} ends the process that opens it ({process.returncode})",
        "open it in a spreadsheet and save the table as CSV",
    )


def main() -> int:
    """Write a sheet to standard output: ``main PATH NAME LIMIT ROOM SHEET``."""
    path, name, limit, room, sheet = sys.argv[1:]
    name = name.encode(errors="backslashreplace").decode()
    try:
        from python_calamine import CalamineWorkbook

        machine.limit_memory(int(room))
        content = Path(path).read_bytes()
        if _LOCKED in content:
            raise _locked(name)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        _send_sheet(book, name, sheet, int(limit))
    except MemoryError:
        return NO_MEMORY
    except EngineError as error:
        _send("error", error)
    except BaseException as error:  # a panic of the library is no Exception
        if "capacity overflow" in str(error):  # more cells than any memory has
            return NO_MEMORY
        _send("error", _broken(error, name))
    _send("end", None)
    return 0


def _send(kind: str, what: object) -> None:
    sys.stdout.buffer.write(pickle.dumps((kind, what)))
    sys.stdout.buffer.flush()


def _send_sheet(book: Any, name: str, wanted: str, limit: int) -> None:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    names = list(book.sheet_names)
    listed_sheets = [
        about.name
        for about in book.sheets_metadata
        if about.typ == SheetTypeEnum.WorkSheet
        and about.visible == SheetVisibleEnum.Visible
    ]
    tried = [wanted] if wanted else listed_sheets or names
    if wanted:
        check_known(wanted, names, f"{name} has no sheet {wanted!r}", "sheets")
    while tried:
        sheet, *tried = tried
        _send("sheet", sheet)
        page = book.get_sheet_by_name(sheet)
        if page.height or wanted:
            break
    else:
        raise DataError(f"{name} has no cells", "give a workbook with a table in it")
    height, width = page.height, page.width
    if height * width * CELL_BYTES > limit:
        raise TooBigError(
            f"{name}: sheet {sheet!r} has {height:,} rows of {width:,} columns, "
            "more than memory has room for",
            "delete cells far from its table, or save it as CSV, and read a sample of "
            "its rows",
            field="data.read.rows",
        )
    _send("head", (sheet, tried, height, (page.start or (0, 0))[0] + 1))
    chunk: list[Row] = []
    # python-calamine 0.8 panics at the rows of an empty sheet
    for row in page.iter_rows() if height else ():
        chunk.append(row)
        if len(chunk) * width >= CHUNK_CELLS:
            _send("rows", chunk)
            chunk = []
    _send("rows", chunk)


def _broken(error: BaseException, name: str) -> DataError:
    if type(error).__name__ == "PasswordError" or "password" in str(error).lower():
        return _locked(name)
    return DataError(
        f"{name} looks like a workbook but cannot be read: {raw.line(error)}",
        "is the file whole? open it in a spreadsheet and save it as CSV",
    )


def _locked(name: str) -> DataError:
    return DataError(
        f"{name} is locked by a password", "save it without one, or as CSV"
    )
