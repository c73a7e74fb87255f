"""What exporters write files with: templates filled in, and tables as CSV or Parquet.

Text of other people in a note is shown, and never acted on: `quoted`. Tables are for
programs: no digit is lost, a cell is what it is, and nothing is put before one that
begins with ``=``, ``+``, ``-`` or ``@``, which a spreadsheet would take for a formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, count
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa

from engine.core.exports import Piece, Table

if TYPE_CHECKING:
    import jinja2


# Templates ----------------------------------------------------------------------------


def render(name: str, /, **values: object) -> str:
    """Return a template filled in; `quoted` and `counted` are filters in it.

    Parameters
    ----------
    name : str
        Of the file in ``engine/export/templates``, without ``.j2``.
    **values : object
    """
    return environment("engine.export").get_template(f"{name}.j2").render(values)


@cache
def environment(package: str) -> jinja2.Environment:
    """Return how the templates of a package are filled in: Markdown, JSON, Python."""
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    env.filters |= {"quoted": quoted, "counted": counted, "word": _word}
    return env


_MOST_QUOTED = 200


def quoted(text: str) -> str:
    r"""Return any text as code in Markdown: one line, nothing hidden, no mark-up.

    Examples
    --------
    >>> quoted("a`b\n<b>"), quoted("")
    ('`a\\x60b\\n<b>`', '`""`')
    """
    plain = "".join(
        ascii(mark)[1:-1] if not mark.isprintable() else mark for mark in text
    ).replace("`", r"\x60")
    if len(plain) > _MOST_QUOTED:
        plain = f"{plain[: _MOST_QUOTED // 2]}…{plain[-_MOST_QUOTED // 2 :]}"
    return f"`{plain}`" if plain.strip() else f'`"{plain}"`'


def counted(counts: dict[str, int]) -> str:
    """Return rows by class as a sentence has them.

    Examples
    --------
    >>> counted({"0": 34098, "1": 622})
    '34,098 of `0`, 622 of `1`'
    """
    return ", ".join(f"{n:,} of {quoted(label)}" for label, n in counts.items())


def _word(text: str) -> str:
    """Return what is a plain word; anything else has no place in a comment."""
    return text if re.fullmatch(r"[\w.+-]{1,80}", text, re.ASCII) else "?"


# Tables -------------------------------------------------------------------------------

BLOCK_ROWS = 16_384


def table_piece(
    name: str,
    what: str,
    make: Callable[[], pd.DataFrame],
    kind: Table,
    metadata: Callable[[], dict[bytes, bytes] | None] = lambda: None,
) -> Piece:
    """Return a table as a file of an export; see `put_table`."""

    def write(file: BinaryIO) -> None:
        put_table(file, make(), kind, metadata())

    return Piece(f"{name}.{kind}", what, write)


def put_table(
    file: BinaryIO,
    frame: pd.DataFrame,
    kind: Table = "csv",
    metadata: dict[bytes, bytes] | None = None,
) -> None:
    r"""Write a table to a binary file.

    Parameters
    ----------
    file : binary file
    frame : pandas.DataFrame
        Its index is left out.
    kind : {"csv", "parquet"}, default="csv"
        CSV is UTF-8 with a header and line feeds. A number is written in the shortest
        text that says it, 3 and not 3.0; a missing cell is empty, an empty text is
        ``""``.
    metadata : dict of bytes to bytes or None, default=None
        What a Parquet file says of its columns beside their types.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO()
    >>> put_table(file, pd.DataFrame({"a": [0.1, 3.0], "b, c": ["=1+1", None]}))
    >>> file.getvalue()
    b'a,"b, c"\n0.1,=1+1\n3,\n'
    """
    if kind == "parquet":
        import pyarrow.parquet as pq

        table = _arrow(frame)
        if metadata is not None:
            table = table.replace_schema_metadata(metadata)
        pq.write_table(table, file, row_group_size=4 * BLOCK_ROWS)
        return
    for text in lines(frame):
        file.write(text.encode("utf-8", "replace"))


def lines(frame: pd.DataFrame, *, header: bool = True) -> Iterator[str]:
    """Yield a table as CSV text, so many rows at a time.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
    header : bool, default=True
        Whether the names come first.

    Yields
    ------
    str
        Whole lines.
    """
    alone = frame.shape[1] == 1
    if header:
        yield _join([[_text(name)] for name in map(str, frame.columns)], alone)
    for begin in range(0, len(frame), BLOCK_ROWS):
        part = frame.iloc[begin : begin + BLOCK_ROWS]
        yield _join([_texts(part.iloc[:, k]) for k in range(part.shape[1])], alone)


def _join(columns: list[list[str]], alone: bool) -> str:
    rows = [",".join(cells) for cells in zip(*columns, strict=True)]
    if alone:  # an empty line is no row
        rows = [row or '""' for row in rows]
    return "".join(f"{row}\n" for row in rows)


def _texts(column: pd.Series) -> list[str]:
    """Return the cells of a column as they stand in a CSV file."""
    kind = column.dtype
    if pd.api.types.is_datetime64_any_dtype(kind):
        column = column.astype(object).where(column.notna(), None)
    elif kind == np.float32:
        column = column.astype(np.float64)
    return [_text(cell) for cell in column.tolist()]


def _text(cell: Any) -> str:
    """Return one cell as it stands in a CSV file."""
    if isinstance(cell, str):
        # Other programs take a lone carriage return for the end of a line, too.
        odd = not cell or any(mark in cell for mark in '",\r\n')
        return '"' + cell.replace('"', '""') + '"' if odd else cell
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
        return ""
    if isinstance(cell, float | np.floating):
        return repr(float(cell)).removesuffix(".0")
    return _text(str(cell))


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a table in Arrow's types; a column of several types becomes text."""
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, TypeError):
        texts = {}
        for name in frame.columns:
            try:
                pa.array(frame[name], from_pandas=True)
            except (pa.ArrowException, TypeError):
                cells = frame[name].astype(object)
                texts[name] = cells.where(cells.isna(), cells.map(str))
        return pa.Table.from_pandas(frame.assign(**texts), preserve_index=False)


def free(names: Iterable[str], taken: Iterable[str]) -> tuple[str, ...]:
    """Return names for further columns that a table does not have yet.

    Examples
    --------
    >>> free(["row", "fold"], ["ROW", "row_2", "age"])
    ('row_3', 'fold')
    """
    known = {name.casefold() for name in taken}
    found: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in count(2))
        new = next(n for n in chain([name], numbered) if n.casefold() not in known)
        known.add(new.casefold())
        found.append(new)
    return tuple(found)
