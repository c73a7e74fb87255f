"""Test rows from a second file, below the training rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pandas as pd

from engine.errors import DataError

if TYPE_CHECKING:
    from engine.data.load import Table


def below(table: Table, test: Table) -> Table:
    """Put test rows below, columns matched by name.

    Parameters
    ----------
    table, test : Table

    Returns
    -------
    Table
        A column that is numbers in one of them and words in the other holds words.

    Raises
    ------
    DataError
        If the test rows lack a column.
    """
    absent = [c for c in table.frame.columns if c not in test.frame.columns]
    if absent:
        raise DataError(
            f"{test.name} has no column {absent[0]!r}, which {table.name} has",
            "give test rows with the columns of the training rows",
        )
    more = [str(c) for c in test.frame.columns if c not in table.frame.columns]
    said = [
        f"{test.name}: {', '.join(more[:5])} left out (no such column in {table.name})"
    ]
    both: dict[str, pd.Series] = {}
    for name in table.frame.columns:
        parts = [table.frame[name], test.frame[name]]
        if len({_class_of(p) for p in parts if p.notna().any()}) > 1:
            parts = [_as_words(p) for p in parts]
        both[name] = pd.concat(parts, ignore_index=True)
    notes = [
        *table.notes,
        *(f"{test.name}: {n}" for n in test.notes),
        *(said if more else []),
    ]
    return replace(
        table,
        frame=pd.DataFrame(both, copy=False),
        name=f"{table.name} + {test.name}",
        reader=msgspec.structs.replace(table.reader, notes=tuple(notes)),
        test_rows=len(test.frame),
    )


def _class_of(series: pd.Series) -> str:
    """Return whether a column holds numbers, dates or words."""
    kind = series.dtype.kind
    return {"i": "n", "f": "n", "M": "d"}.get(kind, "w")


def _as_words(series: pd.Series) -> pd.Series:
    from engine.data.target import label

    words = series.astype(object)
    return words.map(label, na_action="ignore").where(series.notna(), None)
