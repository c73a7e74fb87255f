"""What each column is for: the target, the features, and what tells the split.

Also which equal rows can be copies of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd
from msgspec import UnsetType

from engine.core.checks import check_data, check_split
from engine.core.errors import SpecError, TargetError
from engine.core.events import Advice, DatasetInfo, Sampled
from engine.core.experiment import DataSpec, SplitSpec
from engine.core.format import plural
from engine.data import column_choices, profile
from engine.data.equal_rows import groups_of_equal_rows
from engine.data.load import Table, fingerprint
from engine.data.profile import FrameColumns
from engine.data.readers.values import is_number, kept_as_text
from engine.data.target import classes, guess_target, known, labelled
from engine.data.thin import DrawnRows
from engine.data.wording import advise

IGNORED: dict[str, tuple[str, str]] = {
    "id": ("IMB004", "an identifier"),
    "constant": ("IMB002", "the same value in every row"),
    "text": ("IMB003", "free text with too many levels to encode"),
    "date": ("IMB005", "a date"),
}
FIRST = 100
"""Cells that tell of most texts that they are no numbers."""
_CUT = ("number", "integer", "date")
MOST_GROUPS = 50
FEW_COPIES = 3
"""Up to so many equal rows can be copies of one in any table."""


@dataclass(frozen=True)
class Dataset:
    """A table with a target, its classes and a role for every column.

    Attributes
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_features)
        The feature columns only.
    y : numpy.ndarray of shape (n_rows,), dtype int8
        1 where the row is of the positive class; of more than two classes the
        place of the row's class in `labels`.
    columns : tuple of ColumnProfile
        What each feature is.
    profile : tuple of ColumnProfile
        What each column is, in the order of the table.
    whole : pandas.DataFrame
        Every column, as its kind was decided.
    info : DatasetInfo
        What to tell about it.
    labels : tuple of str
        Label of the negative and of the positive class; of more than two classes
        all labels, the most frequent first.
    there : numpy.ndarray of shape (n_rows_of_the_table,), dtype bool
        Which rows of the table have a target: those of this dataset.
    groups : numpy.ndarray of shape (n_rows,) or None
        Number of the group of each row.
    times : numpy.ndarray of shape (n_rows,) or None
        Place of each row in time.
    test : numpy.ndarray of shape (n_rows,), dtype bool, or None
        Which rows are test rows, if a column or a second file says it.
    weights : numpy.ndarray of shape (n_rows,), dtype float64, or None
        What each row weighs when a model is fitted, if a column says it.
    miss_costs : numpy.ndarray of shape (n_rows,), dtype float64, or None
        What it costs to miss each row, 0 of a negative, if a column says it.
    even : numpy.ndarray of shape (n_rows,), dtype bool, or None
        Rows among which the classes have their true shares, where negatives were left
        out while the file was read.
    negatives : float
        Share of the negatives that were read.
    file_rows : numpy.ndarray of shape (n_rows,), dtype int64, or None
        Number of each row in its file, from 0, where not all of them were read.
    found : FrameColumns or None
        What is known of the columns of `whole`, if the caller keeps that.
    """

    frame: pd.DataFrame
    y: np.ndarray
    columns: tuple[profile.ColumnProfile, ...]
    profile: tuple[profile.ColumnProfile, ...]
    whole: pd.DataFrame
    info: DatasetInfo
    labels: tuple[str, ...]
    there: np.ndarray
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    test: np.ndarray | None = None
    weights: np.ndarray | None = None
    miss_costs: np.ndarray | None = None
    even: np.ndarray | None = None
    negatives: float = 1.0
    file_rows: np.ndarray | None = None
    found: FrameColumns | None = None

    @cached_property
    def numbers(self) -> np.ndarray:
        """Number of each row in its file, from 0."""
        if self.file_rows is None:
            return np.flatnonzero(self.there)
        return self.file_rows

    @cached_property
    def equal_rows(self) -> np.ndarray:
        """Number of the group of rows that are equal in every feature."""
        return groups_of_equal_rows(self.frame, self.found)


def prepare(
    table: Table,
    spec: DataSpec,
    split: SplitSpec | None = None,
    *,
    train: np.ndarray | None = None,
    multiclass: bool = False,
    found: FrameColumns | None = None,
    fingerprinted: bool = True,
) -> Dataset:
    """Give every column of a table its role.

    Parameters
    ----------
    table : Table
        What was read.
    spec : DataSpec
        Target, positive class, and what was said of columns.
    split : SplitSpec or None, default=None
        Its columns, which tell the sides of rows, are no features.
    train : numpy.ndarray or None, default=None
        The rows that decide what each column is; all of them when None. A run
        gives its training rows, so that no test row has a say.
    multiclass : bool, default=False
        Whether more than two classes are kept as they are while no positive one is
        named; that is refused otherwise.
    found : FrameColumns or None, default=None
        What is known of the columns of the table; it learns more, and the dataset
        keeps it.
    fingerprinted : bool, default=True
        Whether the cells are hashed, which takes a fifth of the time.

    Returns
    -------
    Dataset

    Raises
    ------
    TargetError
        If the target is not there, has one class, or is a quantity.
    SpecError
        If a column that is named is not there, or cannot be what it is said to be.
    """
    split = SplitSpec() if split is None else split
    frame, advice = table.frame, list[Advice]()
    kept, found = found, found or FrameColumns(frame)
    check_data(spec)
    check_split(split, spec)
    for name, field, _ in _choices(spec, split):
        known(name, frame, field)
    for name in muted_columns(spec.mute):
        known(name, frame, "data.mute")
    target = guess_target(
        frame,
        spec.target,
        advice,
        declared=table.target,
        file=table.name,
        found=found,
    )
    _check_target(target, spec, split)
    coded = found.codes(target)
    frame, there = labelled(frame, target, advice, spec.positive, coded)
    every = np.arange(len(frame)) if train is None else train
    frame = column_choices.convert(frame, spec.kinds, every, advice)
    found = found.over(frame)
    labels = classes(
        frame[target],
        spec.positive,
        advice,
        multiclass=multiclass,
        blank=len(there) - len(frame),
        coded=found.codes(target),
    )
    if spec.subgroups and labels.positive is None:
        raise SpecError(
            f"errors are compared by group with two classes, and {target!r} has "
            f"{len(labels.labels)}",
            "name the positive class, or leave the groups out",
            field="data.subgroups",
        )
    groups = column_choices.groups(frame[split.group], advice) if split.group else None
    times = column_choices.instants(frame[split.time]) if split.time else None
    weights = column_choices.row_weights(frame[spec.weight]) if spec.weight else None
    if train is not None:
        fixed = {target, *spec.kinds, *_telling(spec, split).keys()}
        frame = _as_trained(frame, fixed, train, advice)
        found = found.over(frame)
    roles: dict[str, str] = {}
    features: list[profile.ColumnProfile] = []
    columns: list[profile.ColumnProfile] = []
    changed: dict[str, pd.Series] = {}
    for name in frame.columns:
        column = found.profile(name) if train is None else found.on(name, train)
        if column.kind != "constant" and name in spec.kinds:
            column = column._replace(kind=cast(profile.Kind, spec.kinds[name]))
        if name in (spec.subgroups or ()):
            _check_groups(column)
        purpose = role(column, target, spec, split)
        named = (*spec.drop, *(spec.subgroups or ()))
        if purpose in ("id", "ignored") and column.name not in named:
            advice.append(_ignored(column, spec, len(every)))
        if purpose == "feature" and column.kind in IGNORED:
            changed[column.name], column = column_choices.keep(frame[name], column)
        roles[column.name] = purpose
        columns.append(column)
        if purpose == "feature":
            features.append(column)
    frame = frame.assign(**changed) if changed else frame
    found = found.over(frame)
    if not features:
        raise TargetError(
            f"{table.name} has no column to learn from besides {target!r}",
            "give a table with feature columns",
        )
    drawn = table.drawn if labels.positive is not None else None
    counts = labels.counts
    if drawn is not None:
        counts = drawn.counts(counts, labels.labels)
    info = DatasetInfo(
        name=table.name,
        rows=sum(counts.values()),
        columns=frame.shape[1],
        target=target,
        positive=labels.positive,
        classes=counts,
        roles=roles,
        fingerprint=fingerprint(frame) if fingerprinted else "",
        advice=(*(note(n) for n in table.notes), *advice),
        sampled=table.sampled if drawn is None else Sampled(len(frame), drawn.rows),
    )
    return Dataset(
        frame=frame[[c.name for c in features]],
        y=labels.y,
        columns=tuple(features),
        profile=tuple(columns),
        whole=frame,
        info=info,
        labels=labels.labels,
        there=there,
        groups=groups,
        times=times,
        test=_test(table, frame, there, split),
        weights=weights,
        **({} if drawn is None else _drawn(drawn, there)),
        found=found if kept is not None else None,
    )


def with_miss_costs(
    dataset: Dataset, column: str | UnsetType | None, train: np.ndarray
) -> Dataset:
    """Return a dataset with what its column of costs says; the column keeps its role.

    Parameters
    ----------
    dataset : Dataset
        With every column in `whole`.
    column : str, unset or None
    train : numpy.ndarray
        The training rows.

    Raises
    ------
    SpecError
        If there is no such column, it is no cost, or no positive of the training rows
        costs anything.
    """
    if not column:
        return dataset
    known(column, dataset.whole, field := "decision.cost_fn_column")
    if column == dataset.info.target:
        raise SpecError(
            f"column {column!r} is the target and cannot be what a miss costs too",
            "name another column, or give one cost of a miss",
            field=field,
        )
    costs = column_choices.miss_costs(dataset.whole[column], dataset.y == 1)
    if not costs[train].any():
        raise SpecError(
            f"column {column!r} says that no positive of the training rows costs "
            "anything",
            "choose another column, or give one cost of a miss",
            field=field,
        )
    return replace(dataset, miss_costs=costs)


def _drawn(drawn: DrawnRows, there: np.ndarray) -> dict[str, Any]:
    """Return what a dataset knows of rows that were not read; all test rows are even.

    Those of a second file are numbered behind the rows of the first.
    """
    more = len(there) - len(drawn.numbers)
    even = np.concatenate([drawn.even, np.ones(more, dtype=bool)])
    numbers = np.concatenate([drawn.numbers, drawn.rows + np.arange(more)])
    return {
        "even": even[there],
        "file_rows": numbers[there],
        "negatives": drawn.negatives,
    }


def role(
    column: profile.ColumnProfile, target: str | None, spec: DataSpec, split: SplitSpec
) -> str:
    """Return the role of a column under some choices."""
    if column.name == target:
        return "target"
    if (telling := _telling(spec, split).get(column.name)) is not None:
        return telling
    if column.name in spec.drop:
        return "ignored"
    if column.name in (spec.subgroups or ()) and column.name not in spec.keep:
        return "ignored"
    if column.kind not in IGNORED or column.name in spec.keep:
        return "feature"
    return "id" if column.kind == "id" else "ignored"


def _check_groups(column: profile.ColumnProfile) -> None:
    """Refuse a column of more groups than can be compared; numbers are cut."""
    if column.kind in _CUT or column.levels <= MOST_GROUPS:
        return
    raise SpecError(
        f"column {column.name!r} has {column.levels:,} values, and errors are compared "
        f"by at most {MOST_GROUPS} groups",
        "name a column of fewer values, or of numbers",
        field="data.subgroups",
    )


def muted_columns(mute: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns about which some advice is not to be given.

    Examples
    --------
    >>> muted_columns(("IMB016", "IMB018:city"))
    ('city',)
    """
    return tuple(one.partition(":")[2] for one in mute if ":" in one)


def note(text: str) -> Advice:
    """Return what the reader noticed as advice."""
    return advise("IMB001", text=text)


def _telling(spec: DataSpec, split: SplitSpec) -> dict[str, str]:
    """Return the role of each column that tells the side of a row, or its weight."""
    roles = {"group": split.group, "time": split.time, "split": split.by}
    roles |= {"weight": spec.weight or None}
    return {column: role for role, column in roles.items() if column}


def _choices(spec: DataSpec, split: SplitSpec) -> Iterator[tuple[str, str, str]]:
    """Yield each column that is named, the field that does it, and what it is then."""
    yield from ((name, "data.drop", "ignored") for name in spec.drop)
    yield from ((name, "data.keep", "learned from") for name in spec.keep)
    subgroups = spec.subgroups or ()
    yield from ((name, "data.subgroups", "what groups rows") for name in subgroups)
    yield from ((name, "data.kinds", "of a kind of its own") for name in spec.kinds)
    if spec.weight:
        yield spec.weight, "data.weight", "the weight of a row"
    for field in ("group", "time", "by"):
        if name := getattr(split, field):
            yield name, f"split.{field}", "what tells the split"


def _check_target(target: str, spec: DataSpec, split: SplitSpec) -> None:
    """Refuse a target that has another part to play as well."""
    for name, field, part in _choices(spec, split):
        if name == target:
            raise SpecError(
                f"column {target!r} is the target and cannot be {part} too",
                "name another target, or undo that",
                field=f"data.target {field}",
            )


def _as_trained(
    frame: pd.DataFrame, fixed: set[str], train: np.ndarray, advice: list[Advice]
) -> pd.DataFrame:
    """Read as numbers what words in test rows alone made text.

    What the reader itself kept as text, such as 00501, stays that.
    """
    inf, nan = float("inf"), float("nan")
    changed: dict[str, pd.Series] = {}
    for name in frame.columns:
        series = frame[name]
        if name in fixed or not profile.is_text(series):
            continue
        first = series.iloc[train[:FIRST]].dropna()
        if not all(is_number(str(cell)) for cell in first):
            continue
        part = series.iloc[train]
        texts = [str(value) for value in part.dropna().unique()]
        if not texts or not all(map(is_number, texts)) or kept_as_text(texts):
            continue
        numbers = pd.to_numeric(series, errors="coerce").replace([inf, -inf], nan)
        lost = int(series.notna().sum() - numbers.notna().sum())
        if not lost:
            continue
        cells = "test cell that is no number was", "test cells that are no numbers were"
        advice.append(advise("IMB011-test", str(name), lost=plural(lost, *cells)))
        changed[str(name)] = numbers
    return frame.assign(**changed) if changed else frame


def _ignored(column: profile.ColumnProfile, spec: DataSpec, rows: int) -> Advice:
    """Say why a column that was found in so many rows is ignored."""
    code, why = IGNORED[column.kind]
    if column.kind == "constant" and not column.levels:
        why = "empty in every row"
    elif column.name in spec.kinds and column.kind != "constant":
        why += ", as requested"
    elif column.kind == "id":
        all_differ = column.levels + column.missing == rows
        most = "every row" if all_differ else "nearly every row"
        some = " that has one" if column.missing else ""
        why += f", a different value in {most}{some}"
    return advise(code, column.name, why=why)


def _test(
    table: Table, frame: pd.DataFrame, there: np.ndarray, split: SplitSpec
) -> np.ndarray | None:
    """Tell which rows are test rows, if a second file or a column says it."""
    if table.test_rows:
        last = np.arange(len(table.frame)) >= len(table.frame) - table.test_rows
        chosen: np.ndarray = last[there]
        if not chosen.any():
            raise TargetError(
                "no row of the second file has a target",
                "give test rows with their target, or no file: they are drawn then",
                field="data.test_source",
            )
        return chosen
    return column_choices.mark_test_rows(frame[split.by]) if split.by else None


# Equal rows -------------------------------------------------------------------------


def contradictory_rows(groups: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Tell which rows have an equal with another target.

    Parameters
    ----------
    groups : numpy.ndarray of shape (n_rows,)
        As `groups_of_equal_rows` numbers them, of the features.
    y : numpy.ndarray of shape (n_rows,)
        The class of each row.

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype bool

    Examples
    --------
    >>> import numpy as np
    >>> contradictory_rows(np.array([0, 0, 1, 1]), np.array([1, 0, 1, 1])).tolist()
    [True, True, False, False]
    """
    if not len(groups):
        return np.zeros(0, dtype=bool)
    _, first = np.unique(groups, return_index=True)
    numbers = np.searchsorted(groups[first], groups)
    torn = np.zeros(len(first), dtype=bool)
    torn[numbers[y != y[first][numbers]]] = True
    return torn[numbers]


def most_copies(rows: int) -> int:
    """Return how many equal rows can be copies of one: 1 % of the rows, at least 3.

    Examples
    --------
    >>> most_copies(100), most_copies(11_183)
    (3, 111)
    """
    return max(FEW_COPIES, rows // 100)


def units_of_copies(
    groups: np.ndarray, y: np.ndarray, most: int, whole: bool = False
) -> np.ndarray:
    """Part groups of equal rows that are too large to be copies into single rows.

    A class is oversampled if more than half of its rows are in groups of 4 and more
    rows, of this class only, that have a fifth of its rows at most. A table in which
    most of the other rows are in groups of several classes is coarse, and no class of
    it is oversampled.

    Parameters
    ----------
    groups : numpy.ndarray of shape (n_rows,)
        As `groups_of_equal_rows` numbers them, of the features.
    y : numpy.ndarray of shape (n_rows,)
        The class of each row.
    most : int
        Rows that a group may have. Of each class it may have 5 %, or 3 rows where that
        is less.
    whole : bool, default=False
        Whether the groups of an oversampled class stay whole, however large.

    Returns
    -------
    numpy.ndarray of shape (n_rows,)
        Rows of one number stay together.

    Examples
    --------
    >>> import numpy as np
    >>> groups = np.array([0, 0, 0, 0, 1, 1])
    >>> units_of_copies(groups, np.zeros(6, dtype=int), 3).tolist()
    [2, 3, 4, 5, 1, 1]
    """
    large = np.bincount(groups) > most
    last = np.zeros(len(large), dtype=y.dtype)
    last[groups] = y
    mixed, copies = np.zeros((2, len(large)), dtype=bool)
    mixed[groups[y != last[groups]]] = True
    for label in np.unique(y):
        of_class = np.bincount(groups[y == label], minlength=len(large))
        rows = of_class.sum()
        large |= of_class > max(3, 0.05 * rows)
        pure = ~mixed & (of_class > 3) & (of_class <= 0.2 * rows)
        others = mixed[groups[y != label]]
        if of_class[pure].sum() > 0.5 * rows and others.sum() <= 0.5 * len(others):
            copies |= pure
    if whole:
        large &= ~copies
    units = groups.copy()
    apart = large[groups]
    units[apart] = len(large) + np.arange(apart.sum())
    return units


def smaller_units(
    groups: np.ndarray, y: np.ndarray
) -> Iterator[tuple[int, bool, np.ndarray]]:
    """Yield units of equal rows, and how many rows they may have, down to one row.

    If a class is oversampled, the first units have its groups whole.

    Parameters
    ----------
    groups, y : numpy.ndarray of shape (n_rows,)
        As `units_of_copies` takes them.

    Yields
    ------
    most : int
    whole : bool
        Whether the groups of an oversampled class are whole, however large.
    units : numpy.ndarray of shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> steps = smaller_units(np.array([0, 0, 1, 1, 1, 2]), np.zeros(6, dtype=int))
    >>> [(most, len(np.unique(units))) for most, _, units in steps]
    [(3, 3), (1, 6)]
    """
    most = most_copies(len(groups))
    if len(groups) and np.bincount(groups).max() == 1:  # no row has an equal
        yield most, False, groups
        return
    # Of units of one row at most, only those of an oversampled class are larger.
    if np.bincount(units_of_copies(groups, y, 1, whole=True)).max(initial=1) > 1:
        yield most, True, units_of_copies(groups, y, most, whole=True)
    while True:
        units = units_of_copies(groups, y, most)
        yield most, False, units
        largest = int(np.bincount(units).max(initial=1))
        if largest == 1:
            return
        most = largest // 2
