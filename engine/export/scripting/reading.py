"""From the run's file to the columns that the run understood, by pandas alone.

What a table takes is found out on its cells: a plain call of pandas if that comes to
what the run understood, else the rows as the export of data tables writes them.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd

from engine.core.errors import first_line
from engine.data.readers.values import TEXT_MISSING
from engine.data.source import resolve
from engine.data.synthetic import write
from engine.export.case import Case
from engine.export.data import RunRows
from engine.export.scripting.words import (
    WIDTH,
    assignment,
    call,
    format_lines,
    literal,
    render,
)
from engine.export.tables import put_table
from engine.io.files import fresh
from engine.io.make_spec import is_made, parse
from engine.io.source import STDIN

MOST_WORDS = 100
"""So many different cells at most are written down with what they mean."""
_MOMENTS = tuple(
    ("pd.to_datetime(", f', format="mixed", utc=True{first}).dt.tz_localize(None)')
    for first in ("", ", dayfirst=True")
)
_SINCE = ' - pd.Timestamp(0)) / pd.Timedelta(1, "D")'
_WAYS = (
    ("", ".astype(float)"),
    ("pd.to_numeric(", ', errors="coerce")'),
    ("(", _SINCE),
    *((f"({before}", f"{after}{_SINCE}") for before, after in _MOMENTS),
    *_MOMENTS,
    ("", ".astype(str)"),
)
"""What may be done to a column, before its name and behind it."""


class UnreadError(Exception):
    """Why a way to read does not come to the run's rows."""


class Source(NamedTuple):
    """How a script comes to the run's table.

    Attributes
    ----------
    name : str
        What it calls the file, or the folder of the rows.
    path : str
        Where that is now.
    read : str
        The call of pandas; none where the rows are read as they are exported.
    advice : str
        How one comes by a file that is not simply there.
    instead : str
        Why pandas does not read the table itself.
    blank : bool
        Whether rows without a target are left out.
    tidy : tuple of str
        Lines that make columns, and classes, what they were in the run.
    tests : sequence
        What a column says of test rows.
    """

    name: str
    path: str
    read: str = ""
    advice: str = ""
    instead: str = ""
    blank: bool = False
    tidy: tuple[str, ...] = ()
    tests: Sequence[Any] = ()


def sources(case: Case, folder: Path, why: list[str]) -> Iterator[Source]:
    """Yield ways to read a table, the plainest one first."""
    try:
        file = _file(case, folder)
        for read in _calls(case):
            yield file._replace(read=read)
    except UnreadError as error:
        why.append(str(error))
    other = copy.copy(case)  # with what was read of the table already
    other.request = msgspec.structs.replace(case.request, table="parquet")
    parts = RunRows(other)
    for name in ("train", "test"):
        with fresh(folder / f"{name}.parquet") as out:
            put_table(out, getattr(parts, name), "parquet", parts.metadata)
    name, control = f"{case.run}-data", "untreated" in case.done
    advice = render("first", make="rows", run=case.run, control=control, name=name)
    yield Source(name, str(folder), advice=advice, instead=why[0])


def _file(case: Case, folder: Path) -> Source:
    """Return the run's file: where it is, what a script calls it, how it is made."""
    source = case.data.source
    if case.bench.table.sampled is not None:
        raise UnreadError("the run had a sample of its rows")
    if case.data.test_source:
        raise UnreadError("it is in two files")
    if is_made(source):
        path = write(parse(source), folder / "made.csv")
        advice = render("first", make="generate", source=ascii(source), name="made.csv")
        return Source(path.name, str(path), advice=advice)
    if source == STDIN:
        raise UnreadError("it came by standard input")
    path = resolve(source)[0]
    if source.startswith("sample:"):
        known = source.removeprefix("sample:")
        # Packed as it is shipped: pandas knows it by its ending.
        name = known + "".join(path.suffixes)
        advice = render("first", make="sample", source=known, name=name)
        return Source(name, str(path), advice=advice)
    return Source(os.path.normpath(path.absolute()), str(path))


def _calls(case: Case) -> Iterator[str]:
    """Yield calls of pandas that may read the run's file."""
    found, missing = case.bench.table.reader, case.data.read.missing
    if found.format in ("parquet", "feather"):
        yield f"pd.read_{found.format}(DATA)"
    elif found.format == "jsonl":
        yield "pd.read_json(DATA, lines=True, dtype=False, precise_float=True)"
    elif found.format not in ("text", "made"):
        raise UnreadError(f"it is {found.format}")
    else:
        dialect = {
            "sep": (found.delimiter, ","),
            "decimal": (found.decimal, "."),
            "encoding": (found.encoding, "utf-8", "ascii"),
            "skiprows": (found.skipped,),
        }
        parts = [
            f"{key}={literal(value)}"
            for key, (value, *usual) in dialect.items()
            if value and value not in usual
        ]
        if tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1):
            parts.append('float_precision="round_trip"')  # later it is always so
        some = [f"na_values={literal(list(missing))}"] if missing else []
        yield call("pd.read_csv", ["DATA", *parts, *some], 8)
        every = literal(sorted(TEXT_MISSING | set(missing)))
        parts += ["keep_default_na=False", f"na_values={every}"]
        yield call("pd.read_csv", ["DATA", *parts], 8)


def complete(case: Case, source: Source, named: Mapping[str, list[str]]) -> Source:
    """Return a source with what makes its columns what they were in the run."""
    table, order = _table(case, source)
    dataset, spec = case.bench.dataset, case.experiment.split
    target = dataset.info.target
    wanted = {str(name): dataset.frame[name] for name in dataset.frame.columns}
    if source.read and spec.time and spec.time not in wanted:
        wanted[spec.time] = dataset.whole[spec.time]
    done: dict[tuple[str, str], list[str]] = {}
    used = [*wanted, target, *(n for n in (spec.group, spec.by) if n and source.read)]
    for name in used:
        if name not in table.columns:
            raise UnreadError(f"it finds no column {name!r}")
    for name, cells in wanted.items():
        way = _way(table[name], cells.iloc[order].reset_index(drop=True))
        if way is None:
            raise UnreadError(f"column {name!r} is parsed differently")
        if any(way):
            done.setdefault(way, []).append(name)
    tidy = []
    for (before, after), names in done.items():
        cell = f"table[{literal(names[0])}]"
        if len(names) > 1:
            known = [n for n, columns in named.items() if columns == names]
            line = literal(names)
            listing = format_lines(names) if len(line) > WIDTH - 20 else line
            tidy.append(f"for name in {known[0] if known else listing}:")
            cell = "table[name]"
        tidy.append(f"{'    ' * (len(names) > 1)}{cell} = {before}{cell}{after}")
    tests: list[Any] = []
    if spec.by and source.read and dataset.test is not None:
        tests = table[spec.by][dataset.test].unique().tolist()
    tidy += _classes(case, table[target], dataset.y[order])
    blank = bool(source.read) and not dataset.there.all()
    return source._replace(blank=blank, tidy=tuple(tidy), tests=tests)


def _table(case: Case, source: Source) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the table as pandas reads it, and which of the run's rows each is."""
    split = case.bench.split
    if not source.read:
        names = ("train.parquet", "test.parquet")
        parts = [pd.read_parquet(Path(source.path) / name) for name in names]
        order = np.concatenate([split.train, split.test])
        return pd.concat(parts, ignore_index=True), order
    try:
        table: pd.DataFrame = eval(source.read, {"pd": pd, "DATA": source.path})
    except Exception as error:  # whatever a reader of pandas raises
        raise UnreadError(f"it says {first_line(error)!r}") from None
    there = case.bench.dataset.there
    if len(table) != len(there):
        raise UnreadError(f"it finds {len(table):,} rows, not {len(there):,}")
    target = case.bench.dataset.info.target
    if target not in table.columns:
        raise UnreadError(f"it finds no column {target!r}")
    if not np.array_equal(table[target].notna().to_numpy(), there):
        raise UnreadError("other rows have a target")
    return table[there].reset_index(drop=True), np.arange(there.sum())


def _way(cells: pd.Series, wanted: pd.Series) -> tuple[str, str] | None:
    """Return code around a column that brings it to what the run understood."""
    if same(cells, wanted):
        return "", ""
    for before, after in _WAYS:
        with suppress(Exception):  # whatever a cell of another kind leads to
            if same(eval(f"{before}cells{after}", {"pd": pd, "cells": cells}), wanted):
                return before, after
    pairs = pd.DataFrame({0: cells.astype(object), 1: wanted.astype(object)}).dropna()
    meaning = dict(zip(pairs[0], pairs[1], strict=True))
    if len(meaning) <= MOST_WORDS and same(cells.map(meaning), wanted):
        with suppress(TypeError):  # neither text nor number
            return "", f".map({literal(meaning)})"
    return None


def same(one: pd.Series, other: pd.Series) -> bool:
    """Tell whether two columns hold the same cells; missing is equal to missing.

    Examples
    --------
    >>> same(pd.Series([1, None]), pd.Series([1.0, float("nan")]))
    True
    >>> same(pd.Series(["1"]), pd.Series([1]))
    False
    """
    kind = _kind(one)
    if kind != _kind(other):
        return False
    if kind == "number":
        a, b = (s.to_numpy(dtype=np.float64) for s in (one, other))
        return bool(np.array_equal(a, b, equal_nan=True))
    gone = one.isna().to_numpy()
    if not np.array_equal(gone, other.isna().to_numpy()):
        return False
    return bool(one[~gone].tolist() == other[~gone].tolist())


def _kind(cells: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return "moment"
    plain = not pd.api.types.is_extension_array_dtype(cells.dtype)
    return "number" if plain and pd.api.types.is_numeric_dtype(cells.dtype) else ""


def _classes(case: Case, target: pd.Series, y: np.ndarray) -> list[str]:
    """Return the lines that make a number of each row's class."""
    meaning: dict[Any, int] = {}
    for cell, code in zip(target, y.tolist(), strict=True):
        if meaning.setdefault(cell, code) != code:
            raise UnreadError("its target is parsed differently")
    cells = f"table[{literal(case.bench.dataset.info.target)}]"
    try:
        if case.multiclass:
            ordered = dict(sorted(meaning.items(), key=lambda pair: pair[1]))
            lookup = assignment("classes", ordered)
            return [lookup, f"y = {cells}.map(classes).to_numpy()"]
        positive = [cell for cell, code in meaning.items() if code]
        is_it = f"{cells}.isin({literal(positive)})"
        if len(positive) == 1:
            is_it = f"({cells} == {literal(positive[0])})"
    except TypeError:
        raise UnreadError("its target is neither text nor number") from None
    return [f"y = {is_it}.astype(int).to_numpy()"]
