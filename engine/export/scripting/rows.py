"""The run's rows by the libraries alone: read, divided, encoded.

What a table takes is found out on its cells: a plain call of pandas if that comes to
what the run understood, else the rows as `engine.export.data` writes them. The code is
run here and must come to the very numbers that the run's model was fitted on.
"""

from __future__ import annotations

import ast
import copy
import inspect
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd

from engine.core.errors import DataError, SpecError, first_line
from engine.core.experiment import SplitSpec
from engine.core.seeds import child
from engine.data.load import resolve
from engine.data.readers.values import TEXT_MISSING
from engine.data.roles import units_of_copies
from engine.data.synthetic import write
from engine.data.thin import uniform
from engine.export.case import Case
from engine.export.data import RunRows
from engine.export.experiment import absolute, public_path
from engine.export.scripting.words import (
    NUMERIC,
    WIDTH,
    assignment,
    call,
    format_lines,
    imports,
    literal,
    render,
)
from engine.export.tables import put_table
from engine.features.encoding import LARGEST
from engine.io.files import fresh
from engine.io.logs import collect_warnings
from engine.io.make_spec import is_made, parse
from engine.io.scratch import temporary_folder
from engine.io.source import STDIN, is_dataset
from engine.splits.draw import choose_groups, draw, draw_groups, draw_units
from engine.splits.holdout import together

INSTEAD = "run it as a CSV, or export the arm as a bundle"


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


class SplitCode(NamedTuple):
    """How a script divides the rows.

    Attributes
    ----------
    kind : str
        ``plain``, ``alone``, ``groups``, ``units``, ``time`` or ``by``.
    spec : SplitSpec
    share, arguments, most : str
        The share of test rows, and what the functions are called with, as code.
    seed : int
    functions : tuple of str
        The source of functions of ours that it takes.
    draw : str
        Which of them draws units.
    """

    kind: str
    spec: SplitSpec
    share: str
    seed: int
    arguments: str
    functions: tuple[str, ...] = ()
    draw: str = ""
    most: str = ""


class EncodingNeeds(NamedTuple):
    """What the columns of a table ask of an encoding.

    Attributes
    ----------
    named : dict of str to list of str
        The columns of numbers, and of categories.
    numbers, marks : int
        Columns of numbers, and those that mark a missing one.
    zero_one, whole : list of int
        Places of flags and of whole numbers among the numbers.
    levels : bool
        Whether there are categories.
    most : int
        Columns that a category has at most, if rare levels share one; else 0.
    blank : bool
        Whether cells of categories are missing.
    clipped : str
        Beyond which numbers are cut; empty where none is as large.
    fill, scaled, prepared : str
        The code of what fills a number, of that and what scales it, and of all that a
        column of numbers goes through.
    X : numpy.ndarray of shape (n_train, n_features), dtype float32
        The training rows, encoded.
    """

    named: dict[str, list[str]]
    numbers: int
    marks: int
    zero_one: list[int]
    whole: list[int]
    levels: bool
    most: int
    blank: bool
    clipped: str
    fill: str
    scaled: str
    prepared: str
    X: np.ndarray

    @property
    def features(self) -> str:
        """The feature columns as the code calls them."""
        return " + ".join(self.named)

    @property
    def flag_names(self) -> list[str]:
        """The columns that are 0 or 1."""
        return [self.named["numbers"][place] for place in self.zero_one]


class ThinCode(NamedTuple):
    """How a script leaves out negatives.

    Attributes
    ----------
    ratio : int
        Negatives per positive.
    seed : int
    function : str
        The source of what draws them.
    odds : str
        The name of what the odds of scores are multiplied by; empty where nothing is.
    """

    ratio: int
    seed: int
    function: str
    odds: str


class RowCode(NamedTuple):
    """What makes a script's rows: how they are read, divided and encoded."""

    source: Source
    split: SplitCode
    encoding: EncodingNeeds
    target: str
    labels: list[str]
    weight: str = ""
    thinning: ThinCode | None = None


def rows(case: Case) -> RowCode:
    """Find code that comes to the run's encoded rows.

    Raises
    ------
    SpecError
        If pandas does not come to the table.
    DataError
        If other libraries come to other numbers than in the run.
    """
    encoding, split = _encoding(case), _split(case)
    dataset, why = case.bench.dataset, list[str]()
    folder = temporary_folder()
    try:
        for source in sources(case, folder, why):
            try:
                with collect_warnings():
                    source = complete(case, source, encoding.named)
                target, labels = dataset.info.target, [*dataset.labels]
                weight = case.data.weight or ""
                about = source, split, encoding, target, labels, weight
                code = RowCode(*about, _thinning(case))
                _compare(case, encoding, render("rows", **code._asdict()), source.path)
            except UnreadError as error:
                why.append(str(error))
                continue
            return code
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if "other rows" in why[-1]:
        what = "this version divides or encodes rows in another way than the run's did"
        raise DataError(what, "export with the versions that made the run")
    raise SpecError(
        f"pandas alone does not read the run's table: {why[0]}", INSTEAD, field="kind"
    )


def _compare(case: Case, encoding: EncodingNeeds, code: str, path: str) -> None:
    """Run the code, and refuse it if it does not come to the run's rows."""
    names: dict[str, object] = {"np": np, "pd": pd, "os": os, "DATA": path}
    try:  # it is what the user gets: of data it holds literals only
        exec("\n".join([*imports(code), code]), names)
    except Exception as error:  # whatever the libraries raise
        raise UnreadError(f"other rows come of it: {error}") from None
    dataset, split = case.bench.dataset, case.bench.split
    wanted = {
        "y_train": dataset.y[split.fit],
        "y_test": dataset.y[split.test],
        "X_train": encoding.X,
        "X_test": case.features().transform(dataset.frame.iloc[split.test]),
    }
    if dataset.weights is not None:
        wanted["weights"] = dataset.weights[split.fit]
    for name, rows in wanted.items():
        if not np.array_equal(np.asarray(names[name]), rows, equal_nan=True):
            raise UnreadError(f"other rows come of it ({name})")


# Reading ------------------------------------------------------------------------------

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
    names = ("train", "test", "rows") if case.plan.split.thinning else ("train", "test")
    for name in names:
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
    if case.bench.table.drawn is not None:
        raise UnreadError("the run had a part of its negatives")
    if case.data.test_source:
        raise UnreadError("it is in two files")
    if is_made(source):
        path = write(parse(source), folder / "made.csv")
        advice = render("first", make="generate", source=ascii(source), name="made.csv")
        return Source(path.name, str(path), advice=advice)
    if source == STDIN:
        raise UnreadError("it came by standard input")
    path = resolve(source)[0]
    if not path.is_file():
        raise UnreadError("it is in many files")
    if source.startswith("sample:"):
        known = source.removeprefix("sample:")
        # Packed as it is shipped: pandas knows it by its ending.
        name = known + "".join(path.suffixes)
        advice = render("first", make="sample", source=known, name=name)
        return Source(name, str(path), advice=advice)
    if is_dataset(source):
        raise UnreadError("it is of a collection")
    folder = absolute(case.request.path or "script.py").parent
    name, inside = public_path(str(path), folder)
    advice = "" if inside else render("first", make="put", name=ascii(name))
    return Source(name, str(path), advice=advice)


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
    if weight := case.data.weight:
        wanted[weight] = pd.Series(dataset.weights)
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


# Dividing -----------------------------------------------------------------------------


def _split(case: Case) -> SplitCode:
    dataset, spec, split = case.bench.dataset, case.experiment.split, case.bench.split
    share, seed = spec.test_size, case.experiment.seed
    arguments = f"share={share!r}, seed={seed}, stratify={spec.stratify}"
    found = SplitCode("plain", spec, repr(share), seed, arguments)
    if dataset.test is not None or dataset.times is not None:
        return found._replace(kind="time" if dataset.test is None else "by")
    if dataset.groups is not None:
        functions = _sources_of(choose_groups, draw_groups)
        return found._replace(kind="groups", functions=functions)
    with suppress(ValueError):
        every = np.arange(len(dataset.y))
        drawn = draw(every, dataset.y, share, seed, spec.stratify)
        if all(map(np.array_equal, drawn, (split.train, split.test))):
            counts = np.bincount(dataset.y)
            alone = spec.stratify and len(counts) > 2 and bool((counts == 1).any())
            return found._replace(kind="alone" if alone else "plain")
    way = together(dataset.y, dataset.equal_rows, spec, seed, [])
    function = draw_groups if way.chosen else draw_units
    needed = choose_groups if way.chosen else draw
    return found._replace(
        kind="units",
        functions=_sources_of(needed, units_of_copies, function),
        draw=function.__name__,
        most=f"most={way.most}" + (", whole=True" if way.whole else ""),
    )


def _thinning(case: Case) -> ThinCode | None:
    thinning = case.bench.split.thinning
    if thinning is None:
        return None
    (function,) = _sources_of(uniform)
    seed = child(case.experiment.seed, "thin")
    odds = "" if case.plan.odds(case.chosen.arm) == 1.0 else "share"
    return ThinCode(thinning.ratio, seed, function, odds)


def _sources_of(*functions: Callable[..., object]) -> tuple[str, ...]:
    """Return functions as code, each with the first line of its words."""
    found = []
    for function in functions:
        text = inspect.getsource(function)
        (node,) = ast.parse(text).body
        assert isinstance(node, ast.FunctionDef)
        words, lines = node.body[0], text.splitlines()
        first = (function.__doc__ or "").splitlines()[0]
        lines[words.lineno - 1 : words.end_lineno] = [f'    """{first}"""']
        # The script imports them at its top.
        code = [x for x in lines if not re.match(r"    (import|from) \w", x)]
        found.append("\n".join(code))
    return tuple(found)


# Encoding -----------------------------------------------------------------------------


def _encoding(case: Case) -> EncodingNeeds:
    dataset, features = case.bench.dataset, case.features()
    train = dataset.frame.iloc[case.bench.split.fit]
    columns = dataset.columns
    numbers = [c.name for c in columns if c.kind in NUMERIC]
    levels = [c.name for c in columns if c.kind not in NUMERIC]
    kinds = [c.kind for c in columns if c.kind in NUMERIC]
    every = dataset.frame[numbers]
    native = case.plan.missing(case.chosen.arm) == "native"
    fill, scale = "", "StandardScaler()" if set(kinds) - {"boolean"} else ""
    if not native and every.isna().to_numpy().any():
        empty = train[numbers].isna().all().any()
        more = ", keep_empty_features=True" if empty else ""
        fill = f'SimpleImputer(strategy="median"{more})'
    both = f"make_pipeline({fill}, {scale})" if fill and scale else fill or scale
    prepared = both or '"passthrough"'
    if scale and "boolean" in kinds:
        prepared = "prepared(name)"
    largest = np.nanmax(np.abs(every.to_numpy(dtype=float)), initial=0.0)
    named = {"numbers": numbers, "categories": levels}
    return EncodingNeeds(
        named={name: columns for name, columns in named.items() if columns},
        numbers=len(numbers),
        marks=features.layout_.flat - len(numbers),
        zero_one=[i for i, kind in enumerate(kinds) if kind == "boolean"],
        whole=[i for i, kind in enumerate(kinds) if kind == "integer"],
        levels=bool(levels),
        most=case.experiment.features.max_categories if features.rare_ else 0,
        blank=bool(dataset.frame[levels].isna().to_numpy().any()),
        clipped=repr(LARGEST) if largest > LARGEST else "",
        fill=fill,
        scaled=both,
        prepared=prepared,
        X=features.transform(train),
    )
