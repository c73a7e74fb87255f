"""From the run's file to the run's table, by pandas alone.

The file is read as text, and each column that the run used is brought to what the run
understood. What that takes is found out on the cells themselves: nothing is written
that this file does not need, and what comes of it is compared with the run's own table.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from engine.data.make_spec import is_made, parse, write
from engine.data.profile import column, dates
from engine.data.read.raw import settle
from engine.data.source import STDIN, resolve
from engine.errors import SpecError
from engine.export.scripting.columns import Cleaned, cleaned, same
from engine.export.scripting.exported import PLACES, called, exported
from engine.export.scripting.readers import Reader, UnreadError, cannot, reader
from engine.export.scripting.words import NUMERIC, WIDTH, assigned, listed, literal
from engine.scratch import temporary_folder

if TYPE_CHECKING:
    from engine.export.case import Case

__all__ = ["Reading", "reading"]


@dataclass(frozen=True)
class Reading:
    """How a script comes to the run's table.

    Attributes
    ----------
    paths : tuple of str
        The file, and that of the test rows if there is one, as a script names them.
    advice : tuple of str
        Where a file comes from that is not simply there.
    read, tidy : tuple of str
        Lines of code: what reads it, and what makes its columns what they are.
    table : pandas.DataFrame
        What comes of them, as `tidy` leaves it.
    y : numpy.ndarray of shape (n_rows,), dtype int
        The class of each row, as the code has it.
    apart : bool
        Whether the training rows come first in the code, ``first`` of them, and then
        the test rows.
    instead : str
        Why pandas does not read the table itself, if the rows are read as a data export
        writes them.
    """

    paths: tuple[str, ...]
    advice: tuple[str, ...]
    read: tuple[str, ...]
    tidy: tuple[str, ...]
    table: pd.DataFrame
    y: np.ndarray
    apart: bool = False
    instead: str = ""


def reading(case: Case) -> Reading:
    """Find out how pandas alone reads a run's table, or else what is exported of it.

    Raises
    ------
    SpecError
        If it reads neither as the run did.
    """
    folder = temporary_folder()
    try:
        return _of_table(case, folder)
    except UnreadError as error:
        try:
            found = _of_rows(case, folder)
        except UnreadError:
            raise SpecError(error.message, error.remedy) from None
        return replace(found, instead=error.message.partition(": ")[2])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _of_table(case: Case, folder: Path) -> Reading:
    """Read the run's own file, or its two."""
    data, table = case.data, case.bench.table
    if table.sampled is not None:
        raise cannot("the run had a sample of its rows")
    sources = [data.source, *([data.test_source] if data.test_source else [])]
    files = [_file(source, folder) for source in sources]
    there = np.zeros(len(table.frame), dtype=bool)
    there[_there(case)] = True
    places = ("DATA", "TEST")[: len(files)]
    second = np.arange(len(there)) >= len(there) - table.test_rows
    return _read(case, files, reader(table.reader), places, there=there, second=second)


def _of_rows(case: Case, folder: Path) -> Reading:
    """Read its rows as they are exported."""
    found = exported(case, folder)
    name, command = called(case)
    files = [_File(path, str(path)) for path in found.paths]
    read = _read(case, files, found.reader, PLACES, order=found.order)
    advice = f"Write the run's rows first: {command}"
    return replace(read, paths=(name,), advice=(advice,))


class _File(NamedTuple):
    """A file: where it is, what a script calls it, and how one comes by it."""

    path: Path
    name: str
    advice: tuple[str, ...] = ()


def _file(source: str, folder: Path) -> _File:
    if is_made(source):
        path = write(parse(source), folder / "made.csv")
        how = f"imbtui generate {source!a} -o made.csv"
        return _File(path, "made.csv", (f"Write the made-up table first: {how}",))
    path = resolve(source)[0]
    if source.startswith("sample:"):
        known = source.removeprefix("sample:")
        # Packed as it is shipped: what reads it says so.
        name = known + "".join(path.suffixes)
        how = f"imbtui sample {known} -o {name}"
        return _File(path, name, (f"Write the sample first: {how}",))
    if source == STDIN:
        raise cannot("it came by standard input")
    return _File(path, os.path.normpath(path.absolute()))


def _read(
    case: Case,
    files: Sequence[_File],
    how: Reader,
    places: Sequence[str],
    *,
    there: np.ndarray | None = None,
    second: np.ndarray | None = None,
    order: np.ndarray | None = None,
) -> Reading:
    """Read files, and bring what is read to what the run had.

    Parameters
    ----------
    case : Case
    files : sequence of _File
        One, or two of which the second one's rows follow.
    how : Reader
    places : sequence of str
        What the code calls the path of each.
    there : numpy.ndarray of shape (n_read,), optional
        Which of their rows are the run's; all by default.
    second : numpy.ndarray of shape (n_read,), optional
        Which rows are of the second file, where that says which are the test rows.
    order : numpy.ndarray of shape (n_read,), optional
        Which of the run's rows each of them is, where they are in another order.
    """
    dataset, frame = case.bench.dataset, case.bench.table.frame
    target = dataset.info.target
    used = _used(case, split=order is None)
    if there is None:
        there = np.ones(len(dataset.y), dtype=bool)
    raw, names = _raw(files, how, frame, used, order, len(there))
    found: dict[str, Cleaned] = {}
    for name in used:
        cells = raw[names[name]]
        if name == target:
            found[name] = _labels(cells, there)
        elif name == case.experiment.split.by:
            found[name] = Cleaned(known=frozenset(map(str, cells.dropna())))
        else:
            found[name] = cleaned(cells[there], _understood(case, name))
        if found[name].wrong:
            raise cannot(f"column {name!r} {found[name].wrong}")
    lines = []
    absent = _absent(found, names)
    if how.takes(absent):
        how = how.missing(absent)
        raw, names = _raw(files, how, frame, used, order, len(there))
    elif absent:
        raw = raw.mask(raw.isin(absent))
        lines += [assigned("absent", absent), "table = table.mask(table.isin(absent))"]
    other = {names[name]: name for name in found if names[name] != name}
    made = raw.rename(columns=other) if other else raw
    if other:
        lines += [assigned("names", other), "table = table.rename(columns=names)"]
    if len(files) > 1 and second is not None and not there.all():
        told = literal(_fresh(raw))
        made = made.assign(**{_fresh(made): second})
        lines.append(f"table[{told}] = np.arange(len(table)) >= first")
    if not there.all():
        if not np.array_equal(made[target].notna().to_numpy(), there):
            raise cannot("other rows have a target")
        made = made[there].reset_index(drop=True)
        lines.append(
            f"table = table[table[{literal(target)}].notna()].reset_index(drop=True)"
        )
    lines += _tidied(case, found)
    for name, one in found.items():
        for step in one.steps:
            made[name] = step.of(made[name])
    y, last = _classes(case, made[target])
    for name in dataset.frame.columns:
        if not same(made[name], dataset.frame[name]):
            raise cannot(f"column {name!r} is understood in another way")
    return Reading(
        paths=tuple(one.name for one in files),
        advice=tuple(text for one in files for text in one.advice),
        read=how.lines(*places),
        tidy=(*lines, *last),
        table=made,
        y=y,
        apart=len(files) > 1 and bool(there.all()),
    )


def _fresh(table: pd.DataFrame) -> str:
    """Return a name for the column that tells the rows of the second file."""
    name = "second file"
    while name in table.columns:
        name += "'"
    return name


def _there(case: Case) -> np.ndarray:
    """Return the rows of the table that have a target."""
    from engine.data.target import labelled

    info = case.bench.dataset.info
    found = labelled(case.bench.table.frame, info.target, [], info.positive)[1]
    rows: np.ndarray = np.flatnonzero(found)
    return rows


def _used(case: Case, *, split: bool) -> list[str]:
    """Return the columns that a script needs: features, target, the split's."""
    dataset, spec = case.bench.dataset, case.experiment.split
    told = [name for name in (spec.group, spec.time, spec.by) if name and split]
    return [*dataset.frame.columns, *told, dataset.info.target]


def _understood(case: Case, name: str) -> pd.Series:
    """Return a column as the run understood it; that of the time as moments."""
    dataset = case.bench.dataset
    if name in dataset.frame.columns:
        return dataset.frame[name]
    cells = dataset.whole[name]
    number = pd.api.types.is_numeric_dtype(cells.dtype)
    if name != case.experiment.split.time or number:
        return cells
    if column(cells).kind == "date":
        return dates(cells)
    return pd.to_datetime(cells, format="ISO8601", utc=True).dt.tz_localize(None)


def _labels(cells: pd.Series, there: np.ndarray) -> Cleaned:
    """Return which texts of the target are no class."""
    absent = frozenset(str(text) for text in cells[~there].dropna())
    known = frozenset(str(text) for text in cells[there].dropna())
    wrong = "is understood in another way" if absent & known else ""
    return Cleaned(absent, known, wrong=wrong)


def _absent(
    found: Mapping[str, Cleaned], names: Mapping[str, Any]
) -> list[str] | dict[Any, list[str]]:
    """Return the texts that stand for a missing cell: of all columns, or of each."""
    every = sorted({text for one in found.values() for text in one.absent})
    if not any(one.known & set(every) for one in found.values()):
        return every
    return {names[n]: sorted(one.absent) for n, one in found.items() if one.absent}


def _raw(
    files: Sequence[_File],
    how: Reader,
    frame: pd.DataFrame,
    used: Sequence[str],
    order: np.ndarray | None,
    rows: int,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read the files; return also what pandas calls each column that is used."""
    try:
        parts = [how.read(one.path) for one in files]
    except Exception as error:  # whatever a reader of pandas raises
        said = str(error).strip().partition("\n")[0]
        raise cannot(f"it says {said!r}") from None
    raw = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    if len(raw) != rows:
        raise cannot(f"it finds {len(raw):,} rows, where the run had {rows:,}")
    if order is not None:
        raw = raw.iloc[np.argsort(order)].reset_index(drop=True)
    names = _names(list(raw.columns), list(map(str, frame.columns)))
    absent = [name for name in used if name not in names]
    if absent:
        raise cannot(f"it finds no column {absent[0]!r}")
    return raw, names


def _names(written: list[Any], ours: list[str]) -> dict[str, Any]:
    """Return what pandas calls the run's columns."""
    if set(ours) <= set(written):
        return {name: name for name in ours}
    numbered = all(isinstance(one, int) for one in written)
    settled = settle([""] * len(written) if numbered else written)[0]
    if set(ours) <= set(settled):
        return dict(zip(settled, written, strict=True))
    if len(written) == len(ours):
        return dict(zip(ours, written, strict=True))
    return {}


def _tidied(case: Case, found: Mapping[str, Cleaned]) -> list[str]:
    """Return the lines that bring columns to what they are; alike ones share a line."""
    dataset = case.bench.dataset
    kinds = {c.name: c.kind for c in dataset.columns}
    named = {
        "numbers": [n for n in kinds if kinds[n] in NUMERIC],
        "categories": [n for n in kinds if kinds[n] not in NUMERIC],
    }
    lines = [assigned(what, names) for what, names in named.items() if names]
    shared: dict[str, list[str]] = {}
    many: dict[str, bool] = {}
    for name, one in found.items():
        for step in one.steps:
            shared.setdefault(step.expression, []).append(name)
            many[step.expression] = step.many
    for expression, names in shared.items():
        called = next((w for w, known in named.items() if known == names), "")
        if len(names) == 1:
            cell = f"table[{literal(names[0])}]"
        elif many[expression]:
            cell = f"table[{called or _in_lines(names)}]"
        else:
            lines.append(f"for name in {called or _in_lines(names)}:")
            lines.append(f"    table[name] = {expression.format('table[name]')}")
            continue
        lines.append(f"{cell} = {expression.format(cell)}")
    return lines


def _in_lines(names: list[str]) -> str:
    line = literal(names)
    return line if len(line) < WIDTH - 20 else listed(names)


def _classes(case: Case, target: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Return the class of each row as a number, and the lines for it."""
    dataset = case.bench.dataset
    name = literal(dataset.info.target)
    meaning: dict[Any, int] = {}
    for text, code in zip(target, dataset.y.tolist(), strict=True):
        if meaning.setdefault(text, code) != code:
            raise cannot("its target is understood in another way")
    found = target.map(meaning).to_numpy().astype(int)
    if case.multiclass:
        ordered = dict(sorted(meaning.items(), key=lambda pair: pair[1]))
        lines = [assigned("classes", ordered), f"y = table[{name}].map(classes)"]
    else:
        positive = [text for text, code in meaning.items() if code]
        one = literal(positive[0] if len(positive) == 1 else positive)
        is_it = f" == {one}" if len(positive) == 1 else f".isin({one})"
        lines = [f"y = (table[{name}]{is_it}).astype(int)"]
        if len(positive) != 1:
            lines = [f"y = table[{name}]{is_it}.astype(int)"]
    lines[-1] += ".to_numpy()"
    return found, lines
