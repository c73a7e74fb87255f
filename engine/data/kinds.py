"""Columns as a user says they are: other kinds, and what is kept all the same."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from engine.data.advice_text import advise
from engine.data.profile import ColumnProfile, column, dates
from engine.data.target import label
from engine.errors import SpecError
from engine.events import Advice

YES_NO = ({"yes": 1.0, "no": 0.0}, {"true": 1.0, "false": 0.0}, {"y": 1.0, "n": 0.0},
          {"t": 1.0, "f": 0.0})  # fmt: skip


def as_said(
    frame: pd.DataFrame,
    kinds: Mapping[str, str],
    train: np.ndarray,
    advice: list[Advice],
) -> pd.DataFrame:
    """Return a table whose columns hold what they are said to be.

    Parameters
    ----------
    frame : pandas.DataFrame
    kinds : mapping of str to str
        Kind by column.
    train : numpy.ndarray
        The rows that decide whether a column can be that.
    advice : list of Advice
        Cells that got lost are added to it.

    Raises
    ------
    SpecError
        If a column cannot be of the kind it is said to be.
    """
    changed = {
        name: _as(kind, frame[name], train, advice)
        for name, kind in kinds.items()
        if kind not in ("text", "id")
    }
    return frame.assign(**changed) if changed else frame


def kept(series: pd.Series, found: ColumnProfile) -> tuple[pd.Series, ColumnProfile]:
    """Return a column that is learned from although it would be ignored.

    A date becomes its number of days since 1970, an id of numbers a number, and
    anything else a category.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.Series(pd.to_datetime(["1970-01-02", "1970-02-01"]), name="since")
    >>> kept(days, column(days))[0].tolist()
    [1.0, 31.0]
    """
    if found.kind == "date":
        series = _days(series)
    if not pd.api.types.is_numeric_dtype(series.dtype):
        return series, found._replace(kind="category")
    whole = bool((series.dropna() % 1 == 0).all())
    return series, found._replace(kind="integer" if whole else "number")


def _days(series: pd.Series) -> pd.Series:
    since = (dates(series) - pd.Timestamp(0)) / pd.Timedelta(1, "D")
    days: pd.Series = since.rename(str(series.name))
    return days


def _as(
    kind: str, series: pd.Series, train: np.ndarray, advice: list[Advice]
) -> pd.Series:
    """Return a column as the kind that it is said to be."""
    numeric = pd.api.types.is_numeric_dtype(series.dtype)
    if kind == "category":
        return _levels(series)
    if kind == "date":
        if pd.api.types.is_datetime64_any_dtype(series.dtype):
            return series
        if numeric:
            why = "numbers do not say since when they count"
            raise _impossible(series, kind, why)
        return _mostly(series, dates(series), train, advice, kind)
    if kind == "boolean" and not numeric:
        words = series.map(lambda v: label(v).strip().lower(), na_action="ignore")
        seen = set(words.iloc[train].dropna().unique())
        for pair in YES_NO:
            if seen <= pair.keys():
                return words.map(pair).astype(float)
    if column(series).kind == "date":
        numbers = _days(series)
    elif numeric:
        numbers = series.astype(float) if series.dtype == bool else series
    else:
        found = pd.to_numeric(series, errors="coerce")
        numbers = _mostly(series, found, train, advice, kind)
    known = numbers.iloc[train].dropna()
    broken = {"integer": known % 1 != 0, "boolean": ~known.isin([0, 1])}.get(kind)
    if broken is not None and broken.any():
        first = label(float(known[broken.to_numpy()].iloc[0]))
        why = "is not whole" if kind == "integer" else "is neither 0 nor 1"
        raise _impossible(series, kind, f"{first} {why}")
    return numbers


def _levels(series: pd.Series) -> pd.Series:
    if series.dtype == object or isinstance(series.dtype, pd.StringDtype):
        return series
    codes, values = pd.factorize(series)
    levels = pd.Series([label(value) for value in values], dtype=object)
    named = levels.reindex(codes).set_axis(series.index)
    texts: pd.Series = named.where(named.notna(), None).rename(str(series.name))
    return texts


def _mostly(
    series: pd.Series,
    changed: pd.Series,
    train: np.ndarray,
    advice: list[Advice],
    kind: str,
) -> pd.Series:
    """Accept what loses less than half of the cells, and say what is lost."""
    known = series.notna()
    lost = known & changed.isna()
    if not lost.any():
        return changed
    first = int(np.flatnonzero(lost.to_numpy())[0])
    example = repr(label(series.iloc[first]))
    if 2 * lost.iloc[train].sum() >= known.iloc[train].sum():
        raise _impossible(
            series, kind, f"most of its cells are none, such as {example}"
        )
    name, count = str(series.name), int(lost.sum())
    advice.append(advise("IMB011-kind", name, lost=count, kind=kind, example=example))
    return changed


def _impossible(series: pd.Series, kind: str, why: str) -> SpecError:
    return SpecError(
        f"column {str(series.name)!r} cannot be of kind {kind}: {why}",
        "choose another kind, or none: what a column is is found out",
        field="data.kinds",
    )
