"""What each column of a table is, before any learning, and how to show it.

Also how advice is written: its wordings by code, and figures one way each.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np
import pandas as pd

from engine.core.checks import CODES
from engine.core.events import Advice, FieldChange
from engine.core.format import plural, some
from engine.core.messages import ColumnPicture, TablePage
from engine.data.readers.raw import EXACT

# What a column is -------------------------------------------------------------------


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
        distinct = np.asarray(values)
        if levels <= 2 and set(distinct.tolist()) <= {0, 1}:
            return "boolean"
        # The first few tell of most; an array takes a tenth of a Series' time.
        if not _whole(distinct[:FEW_ROWS]) or not _whole(distinct):
            return "number"
        if nearly or (unique and _in_turn(distinct)):
            return "id"
        return "integer"
    if all(DATE_TEXT.match(str(value)) for value in values):
        return "date"
    if nearly or (unique and known > FEW_ROWS):
        return "id"
    return "text" if levels > max(100, known // 2) else "category"


def _whole(values: np.ndarray) -> bool:
    with np.errstate(invalid="ignore"):
        return bool((values % 1 == 0).all())


def _in_turn(values: np.ndarray) -> bool:
    """Tell whether numbers look as if they were given out one after another.

    Their order does not matter: the training rows are drawn by chance.
    """
    spread = SPREAD if len(values) >= MANY_ROWS else FEW_SPREAD
    reach = float(values.max()) - float(values.min())
    # Row numbers tell how the file is sorted, and nothing else.
    return len(values) > FEW_ROWS and reach < spread * len(values)


def is_text(series: pd.Series) -> bool:
    """Tell whether a column holds text."""
    return series.dtype == object or isinstance(series.dtype, pd.StringDtype)


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


# Rows as text, and the distribution of a column -------------------------------------


MOST_ROWS = 500
MOST_BINS = 200
MOST_LEVELS = 20
"""Different whole numbers up to which each has a bar of its own."""
TAIL = 0.005
"""Share of a class's numbers that may lie beyond either end of a histogram."""
MARGIN = 0.25
"""How much farther a histogram goes to hold them all, as a share of its range."""

Counts: TypeAlias = dict[str, tuple[int, ...]]


class RowClasses(msgspec.Struct, frozen=True):
    """The class of every row of a table.

    Attributes
    ----------
    names : tuple of str
        What to call them.
    codes : numpy.ndarray of shape (n_rows,)
        Position in `names`; -1 where the row has no target.
    """

    names: tuple[str, ...]
    codes: np.ndarray

    def split(self, values: np.ndarray) -> list[np.ndarray]:
        """Return a value of each row class by class."""
        return [values[self.codes == code] for code in range(len(self.names))]

    def named(self, counts: list[np.ndarray]) -> Counts:
        """Return counts of each class by its name."""
        return {n: tuple(c.tolist()) for n, c in zip(self.names, counts, strict=True)}


def page(
    frame: pd.DataFrame,
    columns: tuple[ColumnProfile, ...],
    *,
    id: int,
    start: int,
    count: int,
    places: np.ndarray | None = None,
) -> TablePage:
    """Return some rows of a table as text.

    Parameters
    ----------
    frame : pandas.DataFrame
    columns : tuple of ColumnProfile
        Its profile.
    id : int
        That of the request.
    start, count : int
        Which rows; at most 500, and none beyond either end of the table.
    places : numpy.ndarray of shape (n_rows,) or None, default=None
        The order that the rows are taken in; as they stand when None.

    Returns
    -------
    TablePage

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"a": [1.0, None, 3.0, 4.0], "b": [0.5, 1, 2, 3]})
    >>> page(frame, columns(frame), id=1, start=0, count=2).rows
    (('1', '0.5'), (None, '1.0'))
    """
    start = min(max(start, 0), len(frame))
    stop = min(len(frame), start + min(max(count, 0), MOST_ROWS))
    taken = np.arange(start, stop) if places is None else places[start:stop]
    cells = []
    for position, column in enumerate(columns):
        series = frame.iloc[:, position]
        plain = _is_day(series) if column.kind == "date" else _is_whole(series, column)
        part = series.iloc[taken].tolist()
        cells.append([_text(value, plain) for value in part])
    return TablePage(
        id=id,
        start=start,
        total=len(frame),
        columns=tuple(column.name for column in columns),
        rows=tuple(zip(*cells, strict=True)),
        numbers=() if places is None else tuple((taken + 1).tolist()),
    )


def sort_places(
    series: pd.Series, column: ColumnProfile, *, reverse: bool = False
) -> np.ndarray:
    """Return the places of cells in their order; equal ones as they stand.

    Numbers and dates are ordered by value, others by their letters; those that are
    missing come last, whichever way.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
    column : ColumnProfile
        Its profile.
    reverse : bool, default=False
        The largest first.

    Returns
    -------
    numpy.ndarray of shape (n_rows,)

    Examples
    --------
    >>> import pandas as pd
    >>> series = pd.Series([10.5, None, 9.0, 9.0])
    >>> sort_places(series, column(series)).tolist()
    [2, 3, 0, 1]
    """
    values = dates(series) if column.kind == "date" else series
    codes, found = pd.factorize(values)
    levels, types, dtype = np.asarray(found), pd.api.types, values.dtype
    if not (types.is_numeric_dtype(dtype) or types.is_datetime64_any_dtype(dtype)):
        levels = np.array([str(level).casefold() for level in found], dtype=object)
    ranks = np.empty(len(levels) + 1, dtype=np.int64)
    ranks[np.argsort(levels, kind="stable")] = np.arange(len(levels))
    keys = -ranks if reverse else ranks
    keys[-1] = len(levels) + 1  # that of a missing cell, whose code is -1
    return np.argsort(keys[codes], kind="stable")


def picture(
    series: pd.Series, column: ColumnProfile, classes: RowClasses, *, id: int, bins: int
) -> ColumnPicture:
    """Return how a column is distributed in each class.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
    column : ColumnProfile
        Its profile.
    classes : RowClasses
    id : int
        That of the request.
    bins : int
        Most bins of a histogram, or levels of a category.

    Returns
    -------
    ColumnPicture
        Whole numbers of up to 20 different values are levels in their order. Any
        other number or date (in seconds since 1970) has bins of equal width, and
        `others` counts what lies far beyond all but the outermost 0.5 % of each
        class: an outlier does not flatten the picture, and a rare class is never
        cut off.
    """
    bins = min(max(bins, 1), MOST_BINS)
    if column.kind == "date":
        series = dates(series)
    counted = classes.codes >= 0
    absent = series.isna().to_numpy()
    use = counted & ~absent
    known = series[use]
    known_classes = RowClasses(classes.names, classes.codes[use])
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        epoch = pd.Timestamp(0, tz=series.dt.tz)
        seconds = ((known - epoch) / pd.Timedelta(seconds=1)).to_numpy(dtype=float)
        edges, counts = _histogram(seconds, known_classes, bins, whole=False)
    elif pd.api.types.is_numeric_dtype(series.dtype):
        whole = _is_whole(series, column)
        if column.levels <= (MOST_LEVELS if whole else 1):
            levels, counts = _levels(known, known_classes, None, whole)
        else:
            values = known.to_numpy(dtype=float)
            edges, counts = _histogram(values, known_classes, bins, whole)
    else:
        levels, counts = _levels(known, known_classes, bins, False)
    return ColumnPicture(
        id=id,
        column=column.name,
        kind=column.kind,
        edges=edges,
        levels=levels,
        counts=counts,
        missing={
            name: int(part.sum())
            for name, part in zip(classes.names, classes.split(absent), strict=True)
        },
        others=len(known) - sum(map(sum, counts.values())),
    )


def _levels(
    known: pd.Series, classes: RowClasses, most: int | None, whole: bool
) -> tuple[tuple[str, ...], Counts]:
    """Count levels: numbers in order, or else the most frequent."""
    found, values = pd.factorize(known, sort=most is None)
    parts = classes.split(found)
    counts = [np.bincount(part, minlength=len(values)) for part in parts]
    order = np.arange(len(values))
    if most is not None:
        order = np.argsort(-np.sum(counts, axis=0), kind="stable")[:most]
    texts = [_text(value, whole) or "" for value in values[order].tolist()]
    return tuple(texts), classes.named([count[order] for count in counts])


def _histogram(
    values: np.ndarray, classes: RowClasses, bins: int, whole: bool
) -> tuple[tuple[float, ...], Counts]:
    if not len(values):
        return (), dict.fromkeys(classes.names, ())
    parts = classes.split(values)
    edges = _edges(values, parts, bins, whole)
    counts = [np.histogram(part, edges)[0] for part in parts]
    return tuple(edges.tolist()), classes.named(counts)


def _edges(
    values: np.ndarray, parts: list[np.ndarray], bins: int, whole: bool
) -> np.ndarray:
    ends = [np.quantile(p, [TAIL, 1 - TAIL], method="nearest") for p in parts if len(p)]
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    with np.errstate(over="ignore"):
        margin = MARGIN * (high - low) if low < high else np.inf
        low = values[values >= low - margin].min()
        high = values[values <= high + margin].max()
    if whole and max(abs(low), abs(high)) < EXACT / 4:
        # Bins of unequal numbers of integers would make a comb.
        step = max(1.0, np.ceil((high - low + 1) / bins))
        number = int(np.ceil((high - low + 1) / step))
        return np.asarray(low - 0.5 + step * np.arange(number + 1))
    limit = np.finfo(float).max / 4
    return np.linspace(max(low, -limit), min(high, limit), bins + 1)


def _is_whole(series: pd.Series, column: ColumnProfile) -> bool:
    """Tell whether a column holds numbers without a fraction only."""
    if not pd.api.types.is_numeric_dtype(series.dtype):
        return False
    if column.kind == "constant":
        return bool((series.dropna() % 1 == 0).all())
    return column.kind != "number"


def _is_day(series: pd.Series) -> bool:
    """Tell whether a column of dates has no time of day; one of text is as it is."""
    if not pd.api.types.is_datetime64_any_dtype(series.dtype):
        return True
    known = series.dropna()
    return bool((known == known.dt.normalize()).all())


def _text(value: object, plain: bool) -> str | None:
    """Return a cell as text: `plain` has neither ``.0`` nor a time of day."""
    if pd.isna(value):  # type: ignore[call-overload]  # any object will do
        return None
    if isinstance(value, pd.Timestamp):
        return str(value.date()) if plain else str(value)
    if isinstance(value, float) and plain and abs(value) < EXACT:
        return str(int(value))
    return str(value)


# How advice is written --------------------------------------------------------------


_WORDINGS: Final = tomllib.loads(
    Path(__file__).with_name("advice.toml").read_text("utf-8")
)


class _Formatter(string.Formatter):
    """Writes ``{n:row}``, ``{n:row is|rows are}``, ``{share:%}``, ``{area:score}``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write a value as a wording asks for."""
        if format_spec == "%":
            return percent(value)
        if format_spec == "score":
            return number(value)
        if format_spec[:1].isalpha():
            return plural(value, *format_spec.split("|"))
        return format(value, format_spec)


_FORMATTER: Final = _Formatter()


def advise(
    wording: str,
    column: str | None = None,
    *,
    fix: tuple[str, str] | None = None,
    **found: object,
) -> Advice:
    """Return advice in a wording of advice.toml, filled in with what was found.

    Examples
    --------
    >>> print(advise("IMB007", "sick", why="the last column").message)
    no target given: 'sick' is used (the last column)
    """
    code, texts = wording[:6], _WORDINGS[wording]
    return Advice(
        code=code,
        column=column,
        message=_FORMATTER.format(texts["message"], column=column, **found),
        fix=_FORMATTER.format(texts["fix"], column=column, **found),
        cause=CODES[code].cause,
        change=None if fix is None else FieldChange(field=fix[0], value=fix[1]),
    )


def percent(share: float) -> str:
    """Write a share, 0 and 100 only if exact.

    Examples
    --------
    >>> percent(0.018), percent(0.5), percent(0.9999), percent(0.0002), percent(1)
    ('1.8 %', '50 %', '>99.9 %', '0.02 %', '100 %')
    """
    value = 100 * share
    if 99.95 <= value < 100:
        return ">99.9 %"
    if 0 < value < 0.05:
        return f"{value:.1g} %"
    return f"{value:.1f}".removesuffix(".0") + " %"


def number(value: float) -> str:
    """Write a score with two decimals, or more where that would be 0 or 1.

    Examples
    --------
    >>> number(0.974), number(0.9997), number(1.0), number(0.018)
    ('0.97', '0.9997', '1.00', '0.018')
    """
    if value < 0.1:
        return f"{value:.3f}"
    for digits in (2, 3, 4, 5):
        text = f"{value:.{digits}f}"
        if float(text) < 1 or value >= 1:
            return text
    return text


def listed(texts: Iterable[str]) -> str:
    """Write up to five texts, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b"]), listed("abcdefg")
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    return some(list(texts), 5)
