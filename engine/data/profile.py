"""What each column of a table is, before any learning, and how to show it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np
import pandas as pd

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

MOST_KEPT = 100
"""Different numbers up to which the place of each cell among them is kept."""

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


Values: TypeAlias = pd.Index | np.ndarray
Report: TypeAlias = Callable[[int, int | None], None]
"""Takes how many columns are done, and of how many."""


class ColumnProfile(NamedTuple):
    """One column: what it is, how many cells are missing, how many levels it has."""

    name: str
    kind: Kind
    missing: int
    levels: int


class FrameColumns:
    """What the columns of a table are, each found out once.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        Cleaned by `engine.data.load`; it must not change.

    Attributes
    ----------
    frame : pandas.DataFrame

    Examples
    --------
    >>> import pandas as pd
    >>> known = FrameColumns(pd.DataFrame({"side": ["left", "right", "left"]}))
    >>> known.profile("side").levels, known.on("side", np.array([0, 2])).levels
    (2, 1)
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self._series: dict[str, pd.Series] = {}
        self._profiles: dict[str, ColumnProfile] = {}
        self._codes: dict[str, tuple[np.ndarray, Values]] = {}

    def __getitem__(self, name: str) -> pd.Series:
        # Of a frame of many columns each costs more than sorting a thousand cells.
        if name not in self._series:
            self._series[name] = self.frame[name]
        return self._series[name]

    def profile(self, name: str) -> ColumnProfile:
        """Return what a column is, of all rows."""
        if name not in self._profiles:
            self._profiles[name] = self._find(name, None)
        return self._profiles[name]

    def all(self, report: Report) -> Iterator[ColumnProfile]:
        """Yield what each column is, of all rows; say how many are done."""
        names = list(self.frame.columns)
        for done, name in enumerate(names):
            report(done, len(names))
            yield self.profile(name)

    def on(self, name: str, rows: np.ndarray) -> ColumnProfile:
        """Return what a column is, of some rows."""
        return self._find(name, rows)

    def codes(self, name: str) -> tuple[np.ndarray, Values]:
        """Return the place of each cell among the different values, and these.

        As `pandas.factorize`. Those of many different numbers are not kept: they take
        as much memory as the column, and are not needed again.
        """
        if name not in self._codes:
            series = self[name]
            codes, values = _factorize(series)
            if len(values) > MOST_KEPT and _numbers(series) is not None:
                return codes, values
            # Most texts have few levels, whose codes take an eighth in memory.
            fits = np.min_scalar_type(-max(len(values), 1))
            self._codes[name] = codes.astype(fits), values
        codes, values = self._codes[name]
        return codes.astype(np.int64), values

    def counts(self, name: str) -> pd.Series:
        """Return the rows of each value, as `pandas.Series.value_counts`."""
        codes, values = self.codes(name)
        rows = np.bincount(codes[codes >= 0], minlength=len(values))
        return pd.Series(rows, index=values).sort_values(ascending=False, kind="stable")

    def absent(self, name: str) -> np.ndarray:
        """Return which cells are missing, as an array of bool."""
        cells = _numbers(self[name])
        if cells is None:
            return self.codes(name)[0] < 0
        return np.asarray(np.isnan(cells))

    def over(self, frame: pd.DataFrame) -> FrameColumns:
        """Return those of a table that has some of these columns and others."""
        if frame is self.frame:
            return self
        found = FrameColumns(frame)
        if len(frame) == len(self.frame):
            both = self.frame.columns.intersection(frame.columns)
            same = {n for n in both if _same(frame[n], self[n])}
            found._profiles = {n: p for n, p in self._profiles.items() if n in same}
            found._codes = {n: c for n, c in self._codes.items() if n in same}
        return found

    def _find(self, name: str, rows: np.ndarray | None) -> ColumnProfile:
        series = self[name]
        if _numbers(series) is not None:
            return column(series, rows)
        codes, values = self.codes(name)
        if rows is not None:
            codes = codes[rows]
            there = np.zeros(len(values) + 1, dtype=bool)
            there[codes] = True  # the last is that of missing cells
            values = values[there[:-1]]
        return _described(series, values, len(codes), int((codes < 0).sum()))


def columns(frame: pd.DataFrame) -> tuple[ColumnProfile, ...]:
    """Return what each column of a table is, in order."""
    return tuple(column(frame.iloc[:, place]) for place in range(frame.shape[1]))


def column(series: pd.Series, rows: np.ndarray | None = None) -> ColumnProfile:
    """Return what a column is.

    Text of two words, such as yes and no, is a category: what a model learns from
    it is the same. ``boolean`` are numbers that are 0 or 1. ``constant`` has the same
    value in every row, or none; one value and missing cells are a flag.

    Parameters
    ----------
    series : pandas.Series of shape (n_rows,)
        Cleaned by `engine.data.load`: numbers, dates, or str and missing.
    rows : numpy.ndarray or None, default=None
        The rows that decide; all of them when None.

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
    cells = _numbers(series)
    if cells is None:
        codes, values = _factorize(series if rows is None else series.iloc[rows])
        return _described(series, values, len(codes), int((codes < 0).sum()))
    # Sorting takes a fifth of the time of a hash table of a million numbers.
    cells = np.sort(cells if rows is None else cells[rows])
    known = cells
    if cells.dtype.kind == "f":  # what is missing comes last
        known = cells[: np.searchsorted(cells, np.nan)]
    levels = int((known[1:] != known[:-1]).sum()) + bool(len(known))
    kind = _kind(series, known, levels, len(cells), len(known))
    return ColumnProfile(str(series.name), kind, len(cells) - len(known), levels)


def _factorize(series: pd.Series) -> tuple[np.ndarray, Values]:
    return pd.factorize(series)


def _numbers(series: pd.Series) -> np.ndarray | None:
    """Return the cells of a column if they are plain numbers."""
    plain = isinstance(series.dtype, np.dtype) and series.dtype.kind in "iuf"
    return series.to_numpy() if plain else None


def _same(one: pd.Series, other: pd.Series) -> bool:
    """Tell whether two columns of as many rows are the same memory."""
    if not isinstance(one.dtype, np.dtype) or one.dtype != other.dtype:
        return False
    mine, others = one.to_numpy(), other.to_numpy()
    begins = mine.ctypes.data == others.ctypes.data
    return begins and mine.strides == others.strides


def _described(
    series: pd.Series, values: Values, rows: int, missing: int
) -> ColumnProfile:
    """Return what a column is by its different values."""
    kind = _kind(series, values, len(values), rows, rows - missing)
    return ColumnProfile(str(series.name), kind, missing, len(values))


def _kind(
    series: pd.Series, values: Values, levels: int, rows: int, known: int
) -> Kind:
    """Return what a column is by its different values, or all of them in order."""
    name = str(series.name)
    # One value or none in a cell are two: a flag that is set or is not.
    if levels == 0 or (levels == 1 and known == rows):
        return "constant"
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return "date"
    unique = levels == known
    named = bool(ID_NAME.search(name)) and known > FEW_ROWS
    nearly = named and levels >= NEARLY * known
    if pd.api.types.is_numeric_dtype(series.dtype):
        numbers = np.asarray(values)
        if levels <= 2 and {*numbers[[0, -1]].tolist()} <= {0, 1}:
            return "boolean"
        # The first few tell of most; an array takes a tenth of a Series' time.
        if not _whole(numbers[:FEW_ROWS]) or not _whole(numbers):
            return "number"
        if nearly or (unique and _in_turn(numbers)):
            return "id"
        return "integer"
    if all(DATE_TEXT.match(str(value)) for value in values):
        return "date"
    if nearly or (unique and known > FEW_ROWS):
        return "id"
    return "text" if levels > max(100, known // 2) else "category"


def _whole(values: np.ndarray) -> bool:
    with np.errstate(invalid="ignore"):
        return bool((values - np.floor(values) == 0).all())


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
