"""What each column is, before any learning."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

Kind: TypeAlias = Literal[
    "number", "integer", "boolean", "category", "date", "text", "id", "constant"
]

ID_NAME = re.compile(
    r"^Unnamed: 0$|(?:^|[_\W])(?:id|uuid|guid|index|key|nr|nbr|no)$|[a-z0-9](?:ID|Id)$"
)
FEW_ROWS = 20
"""Rows up to which values that never repeat may be chance."""
MANY_ROWS = 1000
"""Rows from which whole numbers without a repeat may be spread wider."""
SPREAD, FEW_SPREAD = 10, 1.5
"""Numbers given out in turn leave few gaps: their range is at most so many times
their count, the second below `MANY_ROWS`. Measured quantities that never repeat are
spread wider."""
NEARLY = 0.98
"""Share of values of a column called id that differ; copied rows repeat the others."""

_MONTH, _DAY = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?"
_NAMED = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_ISO = rf"[12]\d{{3}}([-/.]){_MONTH}\1{_DAY}{_TIME}"
DATE_TEXT = re.compile(
    rf"(?:{_ISO}|{_DAY}([-/.]){_MONTH}\2[12]\d{{3}}{_TIME}"
    rf"|{_MONTH}([-/.]){_DAY}\3[12]\d{{3}}{_TIME}"
    rf"|{_DAY}[- ]{_NAMED}[- ][12]\d{{3}}|{_NAMED} {_DAY}, [12]\d{{3}})\Z"
)
"""A day of a four-digit year, with or without a time of day."""
OVER_12 = re.compile(r"(?:1[3-9]|2\d|3[01])[-/.]")


class ColumnProfile(NamedTuple):
    """One column: what it is, how many cells are missing, how many levels it has."""

    name: str
    kind: Kind
    missing: int
    levels: int


def columns(frame: pd.DataFrame) -> tuple[ColumnProfile, ...]:
    """Return what each column of a table is, in order."""
    return tuple(column(frame.iloc[:, place]) for place in range(frame.shape[1]))


def column(series: pd.Series) -> ColumnProfile:
    """Return what a column is.

    Text of two words, such as yes and no, is a category: what a model learns from
    it is the same. ``boolean`` are numbers that are 0 or 1. ``constant`` has the same
    value in every row, or none; one value and missing cells are a flag.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
        Cleaned by `engine.data.load`: numbers, dates, or str and missing.

    Returns
    -------
    ColumnProfile

    Examples
    --------
    >>> import pandas as pd
    >>> column(pd.Series([0, 1, 1, 0], name="flag")).kind
    'boolean'
    >>> column(pd.Series(["2024-01-31", "2024-02-29"] * 2, name="day")).kind
    'date'
    """
    codes, values = pd.factorize(series)
    missing = int((codes < 0).sum())
    levels = len(values)
    kind = _kind(series, values, len(series) - missing)
    return ColumnProfile(str(series.name), kind, missing, levels)


def dates(series: pd.Series) -> pd.Series:
    """Return a column of date texts as moments, without a time zone.

    Whether 03/04/2024 is in March or in April is told by the other cells, if one of
    them has a day after the 12th; else the month is taken to come first.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
        Text of which `column` says that it is dates, or moments already.

    Returns
    -------
    pandas.Series
        Of the same index, with NaT where there is no date.

    Examples
    --------
    >>> import pandas as pd
    >>> dates(pd.Series(["31/12/2023", "01/02/2024"])).dt.month.tolist()
    [12, 2]
    """
    codes, values = pd.factorize(series)
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        moments = pd.Series(values)
    else:
        texts = [str(value) for value in values]
        moments = pd.Series(
            pd.to_datetime(
                pd.Series(texts, dtype=object),
                errors="coerce",
                utc=True,
                format="mixed",
                dayfirst=any(map(OVER_12.match, texts)),
                yearfirst=False,
            )
        )
    if moments.dt.tz is not None:
        moments = moments.dt.tz_convert(None)
    found: pd.Series = moments.reindex(codes).set_axis(series.index)
    found.name = series.name
    return found


def _kind(series: pd.Series, values: pd.Index | np.ndarray, known: int) -> Kind:
    name = str(series.name)
    levels = len(values)
    # One value or none in a cell are two: a flag that is set or is not.
    if levels == 0 or (levels == 1 and known == len(series)):
        return "constant"
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return "date"
    unique = levels == known
    named = bool(ID_NAME.search(name)) and known > FEW_ROWS
    nearly = named and levels >= NEARLY * known
    if pd.api.types.is_numeric_dtype(series.dtype):
        distinct = pd.Series(values)
        if levels <= 2 and set(distinct) <= {0, 1}:
            return "boolean"
        if not bool((distinct % 1 == 0).all()):
            return "number"
        if nearly or (unique and _in_turn(distinct)):
            return "id"
        return "integer"
    if all(DATE_TEXT.match(str(value)) for value in values):
        return "date"
    if nearly or (unique and known > FEW_ROWS):
        return "id"
    return "text" if levels > max(100, known // 2) else "category"


def _in_turn(values: pd.Series) -> bool:
    """Tell whether numbers look as if they were given out one after another.

    Their order does not matter: the training rows are drawn by chance.
    """
    spread = SPREAD if len(values) >= MANY_ROWS else FEW_SPREAD
    reach = float(values.max()) - float(values.min())
    # Row numbers tell how the file is sorted, and nothing else.
    return len(values) > FEW_ROWS and reach < spread * len(values)
