"""What the app shows of a table: rows as text, and a column's distribution."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
import numpy as np
import pandas as pd

from engine.core.messages import ColumnPicture, TablePage
from engine.data.profile import ColumnProfile, dates
from engine.data.readers.raw import EXACT

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

    Returns
    -------
    TablePage

    Examples
    --------
    >>> import pandas as pd
    >>> from engine.data import profile
    >>> frame = pd.DataFrame({"a": [1.0, None, 3.0, 4.0], "b": [0.5, 1, 2, 3]})
    >>> page(frame, profile.columns(frame), id=1, start=0, count=2).rows
    (('1', '0.5'), (None, '1.0'))
    """
    start = min(max(start, 0), len(frame))
    stop = min(len(frame), start + min(max(count, 0), MOST_ROWS))
    cells = []
    for position, column in enumerate(columns):
        series = frame.iloc[:, position]
        plain = _is_day(series) if column.kind == "date" else _is_whole(series, column)
        part = series.iloc[start:stop].tolist()
        cells.append([_text(value, plain) for value in part])
    return TablePage(
        id=id,
        start=start,
        total=len(frame),
        columns=tuple(column.name for column in columns),
        rows=tuple(zip(*cells, strict=True)),
    )


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
