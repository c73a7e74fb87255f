"""The levels of a column by which rows are counted: groups of people, for one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from engine.core.errors import SpecError
from engine.core.format import meant
from engine.data import profile
from engine.data.target import label

if TYPE_CHECKING:
    from engine.data.roles import Dataset

MISSING = "(missing)"
FEW_NUMBERS = 8
"""A column of more different numbers is cut into quarters."""
CUT = "cut at the quartiles of the training rows"


class Levels(NamedTuple):
    """The level of each test row.

    `codes` are places in `names`; `cut` says how numbers were cut, if they were.
    """

    codes: np.ndarray
    names: tuple[str, ...]
    cut: str = ""


def levels(dataset: Dataset, train: np.ndarray, test: np.ndarray, name: str) -> Levels:
    """Return the level of each test row in a column.

    Numbers of more than eight different values, and dates, are cut at the quartiles of
    the training rows, which were known before any test row was looked at.

    Parameters
    ----------
    dataset : Dataset
    train, test : numpy.ndarray
        Places of the training rows and of the test rows.
    name : str
        Any column of the table.

    Raises
    ------
    SpecError
        If there is no such column.
    """
    columns = {column.name: column for column in dataset.profile}
    if name not in columns:
        raise SpecError(f"no column {name!r}", meant(name, list(columns)))
    whole = dataset.whole[name]
    if columns[name].kind == "date":
        whole = profile.dates(whole)
    known, rows = whole.iloc[train], whole.iloc[test]
    moments = pd.api.types.is_datetime64_any_dtype(whole.dtype)
    numbers = pd.api.types.is_numeric_dtype(whole.dtype)
    if moments or (numbers and known.nunique() > FEW_NUMBERS):
        return _cut(known, rows)
    codes, values = pd.factorize(rows, sort=numbers)
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
    present, codes = np.unique(codes, return_inverse=True)
    every = [*names, MISSING]
    return Levels(codes, tuple(every[place] for place in present), cut)
