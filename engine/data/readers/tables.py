"""A file of a known kind as a raw table: all of it, some columns, or a sample."""

from __future__ import annotations

import importlib
from functools import partial

import msgspec
import numpy as np
import pandas as pd

from engine.core.errors import DataError
from engine.core.events import Sampled
from engine.core.execution import Progress
from engine.core.experiment import ReadSpec
from engine.core.format import plural
from engine.data.readers import columnar
from engine.data.readers.begin import Text, opened
from engine.data.readers.classes import describe, draw_columnar, draw_text
from engine.data.readers.magic import COLUMNAR
from engine.data.readers.open import OpenFile
from engine.data.readers.raw import RawTable, SourceFile, chosen, settle, too_big
from engine.data.readers.text import table
from engine.data.target import candidates
from engine.data.thin import DrawnRows, Thinning

SEED = 42
FEWEST = 2
"""Rows of every class that a sample has, if there are so many."""
_TEXT = ("delimiter", "quote", "escape", "header", "skip", "ragged")
FORMATS = {
    "text": ("delimited text", ()),
    "parquet": ("Parquet", (*_TEXT, "encoding")),
    "feather": ("Feather", (*_TEXT, "encoding")),
    "jsonl": ("JSON Lines", _TEXT),
    "arff": ("ARFF", _TEXT),
    # Its rows may have no header, or something above it.
    "excel": ("a workbook", ("delimiter", "quote", "escape", "ragged", "encoding")),
    "made": ("a made-up table", (*_TEXT, "encoding", "format", "member", "decimal")),
}
"""What each format is called, and what it has no use for.

A decimal mark has one wherever cells are text.
"""


def read(
    file: OpenFile,
    name: str,
    spec: ReadSpec,
    target: str | None,
    limit: int | None,
    tell: Progress,
    *,
    strict: bool = True,
    thinning: Thinning | None = None,
    workers: columnar.Workers | None = None,
) -> tuple[RawTable, Sampled | None]:
    """Read a file.

    Parameters
    ----------
    file : OpenFile
    name : str
        What to call it.
    spec : ReadSpec
    target : str or None
        Column whose classes keep their shares in a sample.
    limit : int or None
        Bytes that the table may take.
    tell : callable
        Takes the progress.
    thinning : Thinning or None, default=None
        Whether negatives of a large file may be left out; none are when None, of a
        sample, or where the target is not named or has other than two classes.
    workers : callable or None, default=None
        Who reads the parts of a Parquet or Feather file of which not all rows are
        read; with None that is done here.

    Returns
    -------
    table : RawTable
    sampled : Sampled or None
        If it is not the whole table.

    Raises
    ------
    DataError
        If it is no table; TooBigError if it would take more than `limit`.
    """
    kind = file.read_as(name, spec.format)
    if strict:
        refuse_unused(spec, kind, name)
    if kind == "text":
        with opened(SourceFile(file.path, name, spec, limit, tell)) as begun:
            return _text(begun, target, thinning)
    if kind not in COLUMNAR:
        reader = importlib.import_module(f"engine.data.readers.{kind}")
        spec = msgspec.structs.replace(spec, member=file.rest(spec.member))
        found: RawTable = reader.read(SourceFile(file.path, name, spec, limit, tell))
        frame = found.frame
        if spec.rows is None:
            return found, None
        column = frame[target] if target in frame else frame.iloc[:, -1]
        taken = frame.iloc[draw_rows(column, spec.rows)].reset_index(drop=True)
        return found._replace(frame=taken), _sampled(taken, len(frame))
    read_columns = partial(columnar.read, file.path, name, kind, limit=limit)
    rows = of = drawn = apply = None
    first = _of_target(tell)
    if spec.rows is not None:
        with columnar.opened(file.path, name, kind) as about:
            of, names = about.rows, about.columns
        by = target if target in names else names[-1]
        column = read_columns(columns=[by], progress=first).frame.iloc[:, 0]
        rows = draw_rows(column, spec.rows)
    elif thinning is not None and target is not None:
        drawn = draw_columnar(
            file.path, name, kind, spec, target, thinning, first, workers
        )
        if drawn is not None:
            rows, apply = drawn.numbers, workers and workers(file.path)
    found = read_columns(columns=spec.columns, rows=rows, progress=tell, apply=apply)
    return _thinned(found, drawn, target), _sampled(found.frame, of)


def _of_target(tell: Progress) -> Progress:
    """Return what reports the pass that decides which rows the next one reads."""

    def report(stage: str, done: int, total: int | None) -> None:
        reads = stage.startswith("reading")
        tell("reading the target" if reads else stage, done, total)

    return report


def _thinned(table: RawTable, drawn: DrawnRows | None, target: str | None) -> RawTable:
    """Say of a table which rows of the file it has."""
    if drawn is None or target is None:
        return table
    notes = (describe(drawn, target), *table.reader.notes)
    reader = msgspec.structs.replace(table.reader, notes=notes)
    return table._replace(drawn=drawn, reader=reader)


def _text(
    begun: Text, target: str | None, thinning: Thinning | None
) -> tuple[RawTable, Sampled | None]:
    """Read delimited text, or a part of it."""
    spec = begun.file.spec
    names, renamed = settle(begun.layout.names[: begun.fields])
    places, _ = chosen(names, spec.columns, begun.file.name)
    read = partial(table, begun)
    tell = _of_target(begun.file.progress)
    first = begun._replace(file=begun.file._replace(progress=tell))
    sampled = drawn = None
    at = names.index(target) if target in names else None
    if spec.rows is not None:
        place = _likely(names, begun) if at is None else at
        column = table(first, [place])[0][place]
        picked = draw_rows(column, spec.rows)
        read = partial(read, rows=picked)
        sampled = len(column)
    else:
        share = 1.0
        if thinning is not None and at is not None and at in places:
            drawn = draw_text(first, at, thinning)
        if drawn is not None:
            read = partial(read, rows=drawn.numbers)
            share = len(drawn.numbers) / drawn.rows
        needed = begun.estimated_bytes() * share * len(places) / begun.fields
        _check_memory(begun, int(begun.estimated_rows * share), needed)
    # One column alone does not tell a header that is repeated among the rows.
    read_places = places
    if len(places) == 1 and begun.fields > 1:
        read_places = sorted({places[0], (places[0] + 1) % begun.fields})
    frame, notes = read(columns=read_places)
    if begun.layout.trailing:
        last = begun.layout.width - 1
        _refuse_filled(read(columns=[last])[0][last], begun.file.name)
        notes += ("every line ends in an empty field: left out",)
    frame, again = _without_headers(frame, begun)
    empty = int(_reading(frame, [""] * frame.shape[1]).sum())
    if empty and not spec.columns:
        rows = plural(empty, "row has", "rows have")
        again += (f"{rows} no value in any column",)
    frame = frame[places]
    frame.columns = [names[int(i)] for i in frame.columns]
    reader = msgspec.structs.replace(
        begun.reader, notes=(*begun.reader.notes, *renamed, *notes, *again)
    )
    found = _thinned(RawTable(frame, reader), drawn, target)
    return found, _sampled(frame, sampled)


def _sampled(frame: pd.DataFrame, of: int | None) -> Sampled | None:
    return Sampled(len(frame), of) if of is not None and len(frame) < of else None


def _refuse_filled(last: pd.Series, name: str) -> None:
    """Refuse a last field without a name that is not empty everywhere."""
    if last.notna().any():
        row = int(last.notna().to_numpy().argmax()) + 1
        raise DataError(
            f"{name}: row {row:,} has a value in its last field, which has no name and "
            "is empty in the rows above",
            "give that column a name in the header, or correct the row",
        )


def _without_headers(
    frame: pd.DataFrame, begun: Text
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Leave out header lines that stand again among the rows: files put together."""
    names = [begun.layout.names[int(place)].strip() for place in frame.columns]
    if begun.layout.header != 1 or len(names) < 2 or not all(names):
        return frame, ()
    again = _reading(frame, names)
    if not again.any():
        return frame, ()
    lines = plural(int(again.sum()), "line")
    note = f"{lines} among the rows that repeat the header left out"
    return frame[~again].reset_index(drop=True), (note,)


def _reading(frame: pd.DataFrame, cells: list[str]) -> np.ndarray:
    """Return which rows read so, blanks around cells aside; "" is a missing one."""
    found = np.ones(len(frame), dtype=bool)
    for place, cell in zip(frame.columns, cells, strict=True):
        column = frame[place]
        if column.dtype == "category":
            same = [str(c).strip() == cell for c in column.cat.categories]
            found &= np.array([*same, not cell])[column.cat.codes.to_numpy()]
        else:
            found &= column.isna().to_numpy() & (not cell)
        if not found.any():
            break
    return found


def _likely(names: list[str], begun: Text) -> int:
    """Return the place of the column that a sample is stratified by, unless given."""
    columns = {
        name: pd.Series([r[i] or None for r in begun.rows if len(r) > i], dtype=object)
        for i, name in enumerate(names)
    }
    found = candidates(pd.DataFrame(columns))
    return names.index(found[0].name) if found else len(names) - 1


def _check_memory(begun: Text, rows: int, needed: float) -> None:
    """Refuse rows that would take more memory than there is for it.

    Raises
    ------
    TooBigError
    """
    limit = begun.file.limit
    if limit is None or needed <= limit:
        return
    fit = max(1, int(rows * limit / needed / 2))
    fit = int(float(f"{fit:.1g}"))
    what = f"{begun.file.name} has some {rows:,} rows, which would"
    raise too_big(what, int(needed), limit, fit)


def draw_rows(column: pd.Series | np.ndarray, rows: int) -> np.ndarray:
    """Draw rows so that every class keeps its share.

    Parameters
    ----------
    column : pandas.Series or numpy.ndarray of shape (n_rows,)
        The class of each row; missing ones are a class of their own.
    rows : int
        How many to draw; all of them if there are no more.

    Returns
    -------
    numpy.ndarray
        Row numbers, in order.

    Examples
    --------
    >>> import numpy as np
    >>> rows = draw_rows(np.repeat([0, 1], [990, 10]), 100)
    >>> len(rows), int((rows >= 990).sum())
    (100, 2)
    """
    codes = pd.factorize(column)[0]
    if rows >= len(codes):
        return np.arange(len(codes))
    classes, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    exact = counts * rows / len(codes)
    share = np.maximum(np.floor(exact).astype(int), np.minimum(FEWEST, counts))
    # The largest remainders get what is left; the largest classes give what is owed.
    for one in np.argsort(share - exact, kind="stable"):
        if share.sum() >= rows:
            break
        share[one] += share[one] < counts[one]
    while share.sum() > rows and share.max() > 1:
        share[share.argmax()] -= 1
    random = np.random.default_rng(SEED)
    parts = [
        random.choice(np.flatnonzero(place == one), share[one], replace=False)
        for one in range(len(classes))
    ]
    return np.sort(np.concatenate(parts))


def refuse_unused(spec: ReadSpec, kind: str, name: str) -> None:
    """Refuse fields that a file of this format has no use for.

    Parameters
    ----------
    spec : ReadSpec
    kind : str
        One of `engine.data.readers.magic.KINDS`, or ``made``.
    name : str
        What to call the file.

    Raises
    ------
    DataError
        Naming them.

    Examples
    --------
    >>> refuse_unused(ReadSpec(delimiter=";"), "text", "t.csv")
    """
    plain = ReadSpec()
    title, unused = FORMATS[kind]
    given = [field for field in unused if getattr(spec, field) != getattr(plain, field)]
    if given:
        raise DataError(
            f"{name} is {title}, which has no use for {', '.join(given)}",
            "leave that out",
            field=" ".join(f"data.read.{field}" for field in given),
        )
