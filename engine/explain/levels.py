"""The levels of a column among the test rows: what rows are grouped by."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from engine.data import profile
from engine.data.advice_say import listed
from engine.data.read.raw import meant
from engine.data.target import label
from engine.errors import SpecError

if TYPE_CHECKING:
    from engine.explain.bench import Bench

__all__ = ["MISSING", "Levels", "levels", "offered", "with_level"]

MISSING = "(missing)"
FEW_NUMBERS = 8
"""A column of more different numbers is cut into quarters."""
MOST_LEVELS = 50
CUT = "cut at the quartiles of the training rows"


class Levels(NamedTuple):
    """The level of each test row.

    `codes` are places in `names`; `cut` says how numbers were cut, if they were.
    """

    codes: np.ndarray
    names: tuple[str, ...]
    cut: str = ""


def offered(bench: Bench) -> tuple[str, ...]:
    """Return the columns by which misses can be usefully counted, in their order.

    Those that a model learned from, and others of few levels, but for the target.
    """
    info = bench.dataset.info
    kept = []
    for column in bench.dataset.profile:
        role = info.roles.get(column.name, "")
        few = role != "id" and 1 < column.levels <= MOST_LEVELS
        if role in ("feature", "group", "time") or (role != "target" and few):
            kept.append(column.name)
    return tuple(kept)


def levels(bench: Bench, name: str) -> Levels:
    """Return the level of each test row in a column.

    Numbers of more than eight different values, and dates, are cut at the quartiles of
    the training rows, which were known before any test row was looked at.

    Parameters
    ----------
    bench : Bench
    name : str
        Any column of the table.

    Raises
    ------
    SpecError
        If there is no such column.
    """
    columns = {column.name: column for column in bench.dataset.profile}
    if name not in columns:
        raise SpecError(f"no column {name!r}", meant(name, list(columns)))
    whole = bench.dataset.whole[name]
    if columns[name].kind == "date":
        whole = profile.dates(whole)
    test, train = whole.iloc[bench.split.test], whole.iloc[bench.split.train]
    moments = pd.api.types.is_datetime64_any_dtype(whole.dtype)
    numbers = pd.api.types.is_numeric_dtype(whole.dtype)
    if moments or (numbers and train.nunique() > FEW_NUMBERS):
        return _cut(train, test)
    codes, values = pd.factorize(test, sort=numbers)
    return _with_missing(codes, [label(value) for value in values])


def _cut(train: pd.Series, test: pd.Series) -> Levels:
    """Cut a column at values that stand in it."""
    known = np.sort(train.dropna().to_numpy())
    if not len(known):
        return _with_missing(np.full(len(test), -1), [])
    places = [int(np.ceil(share * len(known))) - 1 for share in (0.25, 0.5, 0.75)]
    edges = np.unique(known[places])
    values = test.to_numpy()
    absent = test.isna().to_numpy()
    codes = np.full(len(test), -1)
    codes[~absent] = np.searchsorted(edges, values[~absent], side="left")
    texts = [_edge(edge) for edge in edges]
    names = [f"up to {texts[0]}"]
    names += [f"over {a} to {b}" for a, b in pairwise(texts)]
    names += [f"over {texts[-1]}"]
    return _with_missing(codes, names, CUT)


def _edge(value: object) -> str:
    if isinstance(value, np.datetime64):
        moment = pd.Timestamp(value)
        return str(moment.date() if moment == moment.normalize() else moment)
    return label(float(value))  # type: ignore[arg-type]  # a number of numpy's


def _with_missing(codes: np.ndarray, names: list[str], cut: str = "") -> Levels:
    """Give missing cells a level of their own, and drop levels that no row has."""
    codes = np.where(codes < 0, len(names), codes)
    there, codes = np.unique(codes, return_inverse=True)
    every = [*names, MISSING]
    return Levels(codes, tuple(every[place] for place in there), cut)


def with_level(bench: Bench, column: str, level: str) -> np.ndarray:
    """Return which test rows have a level, or a cell, in a column.

    Parameters
    ----------
    bench : Bench
    column : str
    level : str
        As `levels` names it, or a cell as the file has it.

    Raises
    ------
    SpecError
        If there is no such column, or no test row has that.
    """
    found = levels(bench, column)
    places = [place for place, name in enumerate(found.names) if name == level]
    if places:
        rows: np.ndarray = np.isin(found.codes, places)
        return rows
    cells = bench.cells[column].map(str, na_action="ignore")
    same = np.asarray(cells == level, dtype=bool)
    if same.any():
        return same
    raise SpecError(
        f"no test row has {level!r} in {column!r}",
        f"it has: {listed([repr(name) for name in found.names[:MOST_LEVELS]])}",
    )
