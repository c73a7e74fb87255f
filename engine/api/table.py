"""The caller's table: a frame or an array becomes the file that a run reads."""

from __future__ import annotations

import io
import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as types

from engine.api.columns import Columns, FeatureRows, Library, column_of, rows_of
from engine.core.errors import DataError, SpecError
from engine.core.format import listed, meant

NAMES = {
    "y": "target",
    "groups": "group",
    "time": "time",
    "sample_weight": "weight",
    "cost_fn_column": "miss_cost",
    "test": "split",
}
"""What the column of each argument is called, if it has no name of its own."""


@dataclass(frozen=True)
class Gathered:
    """What the caller gave, as one table, and what its columns are for.

    Attributes
    ----------
    table : pyarrow.Table of shape (n_rows, n_columns)
        Rows in the order given. Every name is there once.
    target, group, time, weight, by : str or None
        Names of the columns that hold `y`, `groups`, `time`, `sample_weight` and the
        marks of test rows.
    test : pyarrow.Table or None
        The test rows, if they were given themselves; it has the columns of `table`.
    test_size : float or None
        Share of the rows to hold out, if that was given.
    cost : str or None
        Name of the column that says what missing a row costs.
    no_features : tuple of str
        Columns that were added to those of `X` and are not learned from, but for what
        has another part to play.
    index, test_index : pandas.Index
        The caller's labels of the rows of `table` and of `test`: of a pandas frame
        its index, else their numbers from 0.
    library : {"pandas", "polars", "pyarrow", "numpy"}
        What `X` is of.
    """

    table: pa.Table
    target: str | None
    group: str | None
    time: str | None
    weight: str | None
    by: str | None
    test: pa.Table | None
    test_size: float | None
    index: pd.Index
    test_index: pd.Index
    library: Library
    cost: str | None = None
    no_features: tuple[str, ...] = ()


def gather(
    X: Any,
    y: Any = None,
    *,
    groups: Any = None,
    time: Any = None,
    sample_weight: Any = None,
    cost_fn_column: Any = None,
    test: Any = None,
) -> Gathered:
    """Put what describes the same rows into one table.

    Parameters
    ----------
    X : frame or array-like of shape (n_rows, n_features), or tuple (frame, "target")
        A frame of pandas, polars, pyarrow or any other library that narwhals reads
        at once; an array; a list of rows or of dicts; a dict of columns. Columns of
        an array are called x0, x1, …: an identifier among them is then found only by
        its values, which are all different and either text or numbers given out in
        turn; leave any other out.
    y : array-like of shape (n_rows,) or (n_rows, 1), str or None, default=None
        The target, or the name of its column in `X`. A row without one is left out
        of the comparison.
    groups, time, sample_weight, cost_fn_column : array-like, str or None
        Values of each row, or the name of their column in `X`.
    test : float, tuple (X, y), array-like of shape (n_rows,), str or None
        Share of the rows to hold out; test rows of their own; or which rows they
        are, as booleans or ``"train"`` and ``"test"``, or the name of the column
        that says so.

    Returns
    -------
    Gathered

    Raises
    ------
    DataError
        If something is no table or column, or does not have a value for each row.
    SpecError
        If a column that is named is not there, or arguments contradict each other.

    Notes
    -----
    Rows are matched by their place, as in scikit-learn. Where both have labels that
    say something else, that is refused. A Series that is a column of `X`, by name and
    values, is that column, and no feature.

    A file that is read here gives the same table as its path, but for what its reader
    took from it: ``pandas.read_csv`` takes the words NA, N/A and None for missing
    cells, every reader the zeros in front of 00501, and true becomes True.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [30, 41, 52], "ill": ["no", "no", "yes"]})
    >>> found = gather(frame, "ill", groups=[1, 1, 2])
    >>> found.table.column_names, found.target, found.group
    (['age', 'ill', 'group'], 'ill', 'group')
    """
    X, y = _pair(X, y, "X")
    rows = rows_of(X, "X")
    columns = dict(rows.columns)
    parts = {"y": y, "groups": groups, "time": time, "sample_weight": sample_weight}
    parts["cost_fn_column"] = cost_fn_column
    size = pair = None
    if isinstance(test, tuple):
        pair = _test_pair(test, parts)
    elif isinstance(test, float | int) and not isinstance(test, bool):
        size = float(test)
    else:
        parts["test"] = test
    names = {part: _add(columns, rows, part, given) for part, given in parts.items()}
    below: tuple[pa.Table | None, pd.Index] = None, pd.RangeIndex(0)
    if pair is not None:
        below = _below(*pair, list(columns), names["y"])
    return Gathered(
        table=pa.table(columns),
        target=names["y"],
        group=names["groups"],
        time=names["time"],
        weight=names["sample_weight"],
        by=names.get("test"),
        test=below[0],
        test_size=size,
        index=rows.labels,
        test_index=below[1],
        library=rows.library,
        cost=names["cost_fn_column"],
        no_features=_added(names["cost_fn_column"], rows),
    )


def write(table: pa.Table) -> BinaryIO:
    """Return a table as a Parquet file; equal tables have equal bytes.

    Parameters
    ----------
    table : pyarrow.Table

    Returns
    -------
    binary file
        In memory, at its beginning.

    Examples
    --------
    >>> with write(pa.table({"a": [1, 2]})) as file:
    ...     pq.read_table(file).num_rows
    2
    """
    file = io.BytesIO()
    # Most numbers stand once: to look for those that do not takes long.
    words = [field.name for field in table.schema if types.is_large_string(field.type)]
    pq.write_table(
        table, file, compression="zstd", use_dictionary=words, write_page_checksum=True
    )
    file.seek(0)
    return file


def as_native(frame: pd.DataFrame, library: Library) -> Any:
    """Return a frame of results in the library of the caller's table.

    Parameters
    ----------
    frame : pandas.DataFrame
    library : {"pandas", "polars", "pyarrow", "numpy"}

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        Of polars where the table was; it has no index.

    Examples
    --------
    >>> type(as_native(pd.DataFrame({"a": [1]}), "polars")).__module__
    'polars.dataframe.frame'
    """
    if library != "polars":
        return frame
    return nw.from_native(frame, eager_only=True).to_polars()


# The arguments ----------------------------------------------------------------------


def _pair(X: Any, y: Any, what: str) -> tuple[Any, Any]:
    """Return features and target; ``(frame, "target")`` is both."""
    if not (isinstance(X, tuple) and len(X) == 2 and isinstance(X[1], str)):
        return X, y
    if y is not None:
        raise SpecError(
            f"the target is given twice: as {X[1]!r} with {what}, and as y",
            "give one of them",
        )
    return X


def _test_pair(test: tuple[Any, ...], parts: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return features and target of test rows of their own."""
    if len(test) != 2:
        raise SpecError(
            f"test is a tuple of {len(test)}",
            "give (X_test, y_test), a share of the rows, or a list of which they are",
        )
    for part in ("groups", "time", "sample_weight", "cost_fn_column"):
        if parts[part] is not None and not isinstance(parts[part], str | int):
            raise SpecError(
                f"{part} has no values for the test rows, which are given themselves",
                f"make it a column of both X and X_test, and give its name as {part}",
            )
    return test[0], test[1]


def _below(
    X: Any, y: Any, wanted: list[str], target: str | None
) -> tuple[pa.Table, pd.Index]:
    """Return test rows with the columns of the other rows, and their labels."""
    rows = rows_of(X, "X_test")
    columns = dict(rows.columns)
    found = _add(columns, rows, "y_test", y)
    if found is not None and target is not None and found != target:
        if found in rows.columns and isinstance(y, str | int):
            raise SpecError(
                f"the target of the test rows is {found!r}, that of X is {target!r}",
                "give the test rows a target of the same name",
            )
        columns[target] = columns.pop(found)
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise DataError(
            f"X_test has no {listed(missing)}, which X has",
            "give test rows with the columns of X",
        )
    return pa.table({name: columns[name] for name in wanted}), rows.labels


def _add(columns: Columns, rows: FeatureRows, part: str, given: Any) -> str | None:
    """Return the name of the column that an argument is; one of its own is added."""
    if given is None:
        return None
    if isinstance(given, str | int):
        return _named(rows, part, given)
    name, array, labels = column_of(given, part)
    own = "X_test" if part == "y_test" else "X"
    if len(array) != len(rows.labels):
        raise DataError(
            f"{part} has {len(array):,} values, {own} has {len(rows.labels):,} rows",
            "give one value for each row",
        )
    if labels is not None:
        _check_labels(rows.labels, labels, part, own)
    if name is not None and name in rows.columns:
        if rows.columns[name].equals(array):
            return name
        raise SpecError(
            f"{part} is called {name!r} as a column of {own} is, and differs from it",
            f"drop that column from {own} if it tells the same, else rename one",
        )
    if name is None or name in columns:
        name = _free(NAMES.get(part, "target"), columns)
    columns[name] = array
    return name


def _added(name: str | None, rows: FeatureRows) -> tuple[str, ...]:
    """Return the name of a column that is none of the table's."""
    return () if name is None or name in rows.columns else (name,)


def _named(rows: FeatureRows, part: str, name: str | int) -> str:
    """Return the column that is called so, by the caller or in the table."""
    if name in rows.given:
        return rows.given[name]
    if name in rows.columns:
        return str(name)
    raise SpecError(f"{part}: no column {name!r}", meant(str(name), rows.columns))


def _free(name: str, taken: Collection[str]) -> str:
    numbered = itertools.chain([name], (f"{name} {n}" for n in itertools.count(2)))
    return next(one for one in numbered if one not in taken)


def _check_labels(rows: pd.Index, labels: pd.Index, part: str, own: str) -> None:
    """Refuse labels of rows that are those of others, or in another order."""
    if labels.equals(rows):
        return
    same = labels.nlevels == rows.nlevels and bool(
        labels.isin(rows).all() and rows.isin(labels).all()
    )
    if same or not (_is_plain(rows) or _is_plain(labels)):
        how = "in another order" if same else "other ones"
        raise DataError(
            f"the row labels (index) of {part} are not those of {own}: they are {how}",
            f"give {part}.loc[{own}.index]"
            + f", or {part}.to_numpy() if its rows are in the order of {own}",
        )


def _is_plain(labels: pd.Index) -> bool:
    """Tell whether these are the numbers of rows, which reset_index leaves."""
    return labels.equals(pd.RangeIndex(len(labels)))
