"""Workbooks: xlsx, xls, xlsb and ods, read with python-calamine (an extra)."""

from __future__ import annotations

import contextlib
import datetime
import difflib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from engine.data.read import layout
from engine.data.read.notes import Notes, counted
from engine.data.read.raw import EXACT, Progress, Raw, chosen, line, listed, silent
from engine.data.read.workbook import Look, look
from engine.errors import DataError, EngineError, TooBigError
from engine.events import Reader
from engine.execute.machine import available

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read"]

Row: TypeAlias = list[Any]

CELL_BYTES = 100
"""What a cell takes while it is read: in the library, in Python and in the frame."""
TOLD_ROWS = 10_000
SMALL_BYTES = 5_000_000
"""Of a workbook up to this size all sheets are looked into."""
ERRORS = frozenset(
    ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!")
)
_LOCKED = "EncryptedPackage".encode("utf-16-le")
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
    content = path.read_bytes()
    if _LOCKED in content:
        raise _locked(name)
    with _book(content, name) as book:
        sheet = _chosen(book, name, member, content, most, notes)
        about = look(content, sheet, name, most)
        with _sound(name):
            page = book.get_sheet_by_name(sheet)
            height, width = page.height, page.width
        if height * width * CELL_BYTES > most:
            raise TooBigError(
                f"{name}: sheet {sheet!r} has {height:,} rows of {width:,} columns, "
                "more than memory has room for",
                "save it as CSV, and read a sample of that with --rows",
            )
        with _sound(name):
            top = (page.start or (0, 0))[0]
            rows = [
                (number, row)
                for number, row in enumerate(_told(page, height, progress), top + 1)
            ]
    found, frame = _table(rows, name, sheet, header, skip, notes)
    _say_formulas(about, notes)
    frame = _kept(frame, columns, name)
    reader = Reader(
        format="excel",
        header=found.header,
        skipped=found.skipped,
        member=sheet,
        notes=tuple(notes.lines()),
    )
    return Raw(frame, reader)


@contextlib.contextmanager
def _book(content: bytes, name: str) -> Iterator[Any]:
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        raise DataError(
            f"{name} is a workbook, which takes python-calamine to read",
            f"install it: {_EXTRA}; or save the sheet as CSV",
        ) from None
    with _sound(name):
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    try:
        yield book
    finally:
        book.close()


@contextlib.contextmanager
def _sound(name: str) -> Iterator[None]:
    """Turn whatever a damaged workbook raises into one line."""
    try:
        yield
    except (EngineError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        if type(error).__name__ == "PasswordError" or "password" in str(error).lower():
            raise _locked(name) from None
        raise DataError(
            f"{name} looks like a workbook but cannot be read: {line(error)}",
            "is the file whole? open it in a spreadsheet and save it as CSV",
        ) from None


def _locked(name: str) -> DataError:
    return DataError(
        f"{name} is locked by a password", "save it without one, or as CSV"
    )


def _told(page: Any, height: int, progress: Progress) -> Iterator[Row]:
    for number, row in enumerate(page.iter_rows()):
        if number % TOLD_ROWS == 0:
            progress("reading", number, height)
        yield row
    progress("reading", height, height)


def _chosen(
    book: Any,
    name: str,
    wanted: str | None,
    content: bytes,
    most: int,
    notes: Notes,
) -> str:
    """Return the name of the sheet to read."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    with _sound(name):
        names = list(book.sheet_names)
        known = list(book.sheets_metadata)
    sheets = [
        about.name
        for about in known
        if about.typ == SheetTypeEnum.WorkSheet
        and about.visible == SheetVisibleEnum.Visible
    ] or names
    if wanted is not None:
        if wanted in names:
            return wanted
        near = difflib.get_close_matches(wanted, names, n=1)
        remedy = f"did you mean {near[0]!r}?" if near else f"it has {listed(names)}"
        raise DataError(f"{name} has no sheet {wanted!r}", remedy)
    filled: list[str] = []
    for sheet in sheets:
        # The first is needed anyway; of a large workbook the others are not read.
        if filled and len(content) > SMALL_BYTES:
            filled.append(sheet)
            continue
        look(content, sheet, name, most)  # before all its cells are laid out
        with _sound(name):
            if book.get_sheet_by_name(sheet).height:
                filled.append(sheet)
    if not filled:
        raise DataError(f"{name} has no cells", "give a workbook with a table in it")
    if len(filled) > 1:
        others = listed(filled[1:])
        notes.say(f"sheet {filled[0]!r} is read; there is also {others} (--member)")
    return filled[0]


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
    found = layout.find(texts, header=header, skip=skip)
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


def _say_formulas(about: Look, notes: Notes) -> None:
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
