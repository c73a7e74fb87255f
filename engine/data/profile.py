"""What each column is, before any learning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Column", "Kind", "column", "columns"]

Kind: TypeAlias = Literal[
    "number", "integer", "boolean", "category", "date", "text", "id", "constant"
]

ID_NAME = re.compile(
    r"^Unnamed: 0$|(?:^|[_\W])(?:id|uuid|guid|index|key|nr|no)$|[a-z0-9](?:ID|Id)$"
)
FEW_ROWS = 20
"""Rows up to which values that never repeat may be chance."""
MANY_ROWS = 1000
"""Rows from which whole numbers without a repeat may be an identifier by themselves."""
SPREAD = 10
"""Numbers given out in turn leave few gaps: their range is at most so many times
their count. Measured quantities that never repeat are spread wider."""


class Column(NamedTuple):
    """One column: what it is, how many cells are missing, how many levels it has."""

    name: str
    kind: Kind
    missing: int
    levels: int


def columns(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return what each column of a table is, in order."""
    return tuple(column(frame[name]) for name in frame.columns)


def column(series: pd.Series) -> Column:
    """Return what a column is.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
        Cleaned by `engine.data.load`: numbers, dates, or str and missing.

    Returns
    -------
    Column

    Examples
    --------
    >>> import pandas as pd
    >>> column(pd.Series([0, 1, 1, 0], name="flag")).kind
    'boolean'
    """
    missing = int(series.isna().sum())
    levels = int(series.nunique())
    kind = _kind(series, len(series) - missing, levels)
    return Column(str(series.name), kind, missing, levels)


def _kind(series: pd.Series, known: int, levels: int) -> Kind:
    import pandas as pd

    name = str(series.name)
    if levels <= 1:
        return "constant"
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return "date"
    unique = levels == known
    if pd.api.types.is_numeric_dtype(series.dtype):
        values = series.dropna()
        whole = bool((values % 1 == 0).all())
        if levels == 2 and set(values.unique()) <= {0, 1}:
            return "boolean"
        if not whole:
            return "number"
        named = bool(ID_NAME.search(name)) and known > FEW_ROWS
        return "id" if unique and (named or _in_turn(values)) else "integer"
    if unique and known > FEW_ROWS:
        return "id"
    return "text" if levels > max(100, known // 2) else "category"


def _in_turn(values: pd.Series) -> bool:
    """Tell whether numbers look as if they were given out one after another."""
    if len(values) > FEW_ROWS and bool((values.diff().iloc[1:] == 1).all()):
        return True  # row numbers, which tell the order of the file and nothing else
    if len(values) < MANY_ROWS:
        return False
    dense = values.max() - values.min() < SPREAD * len(values)
    return bool(dense or values.is_monotonic_increasing)
