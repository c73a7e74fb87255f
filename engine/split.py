"""The hold-out: row numbers of the training and the test rows.

In order of their say: a second file or a column that names the test rows, the latest
moments, whole groups, and else scikit-learn's ``train_test_split``, in which rows that
are equal in every feature follow the first of them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import TargetError
from engine.folds import MOST_GROUPS, Fold, complete, cut, folds

if TYPE_CHECKING:
    import numpy as np

    from engine.data.roles import Dataset
    from engine.spec import SplitSpec

__all__ = ["Fold", "Split", "cut", "divide", "folds", "hold_out", "nearest_share"]

FAR = 0.05
"""A test share that is further from the one asked for is said."""


@dataclass(frozen=True)
class Split:
    """The hold-out: row numbers, and what is to be said of it."""

    train: np.ndarray
    test: np.ndarray
    notes: tuple[str, ...] = ()


def divide(dataset: Dataset, spec: SplitSpec, *, seed: int) -> Split:
    """Split a dataset into train and test, before anything is fitted.

    Parameters
    ----------
    dataset : Dataset
    spec : SplitSpec
    seed : int
        The experiment's.

    Returns
    -------
    Split

    Raises
    ------
    TargetError
        If train or test would be without a class.
    """
    told = (dataset.test, dataset.times, dataset.groups)
    together = spec.duplicates == "together" and all(way is None for way in told)
    return hold_out(
        dataset.y,
        spec,
        seed=seed,
        groups=dataset.groups,
        times=dataset.times,
        test=dataset.test,
        copies=dataset.equal_rows if together else None,
    )


def hold_out(
    y: np.ndarray,
    spec: SplitSpec,
    *,
    seed: int,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    test: np.ndarray | None = None,
    copies: np.ndarray | None = None,
) -> Split:
    """Split rows into train and test.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_rows,)
        The class of each row, from 0; of two, 1 is the positive. What the classes are
        called has no say in the draw.
    spec : SplitSpec
        Test share and whether it is stratified.
    seed : int
        Passed to scikit-learn as it is, so that anyone can repeat the split with
        ``train_test_split(rows, test_size=…, random_state=seed, stratify=y)``.
    groups : numpy.ndarray of shape (n_rows,) or None, default=None
        Rows of one group stay on one side; the test share is then approximate.
    times : numpy.ndarray of shape (n_rows,) or None, default=None
        Place of each row in time: the latest rows become the test rows, and rows of
        one moment stay on one side.
    test : numpy.ndarray of shape (n_rows,), dtype bool, or None, default=None
        Which rows are the test rows; nothing is drawn then.
    copies : numpy.ndarray of shape (n_rows,) or None, default=None
        Equal rows have one number here. The first of each is drawn, the others
        follow it. Without equal rows that is the plain draw, row by row.

    Returns
    -------
    Split

    Raises
    ------
    TargetError
        If train or test would be without a class.
    """
    import numpy as np

    rows = np.arange(len(y))
    notes: list[str] = []
    remedy = "collect more rows, stratify the split or change the seed (--seed)"
    if test is not None:
        parts = rows[~test], rows[test]
        remedy = (
            "let both parts have rows of every class, or draw the test rows instead"
        )
        if groups is not None:
            notes += _in_both(groups, test)
    elif times is not None:
        late = _latest(times, spec.test_size)
        parts = rows[~late], rows[late]
        remedy = "choose another test size (--test-size), or another split than by time"
    elif groups is not None:
        parts = _grouped(y, groups, spec, seed)
    elif copies is not None:
        parts = _with_copies(y, copies, spec, seed, notes)
    else:
        parts = _drawn(rows, y, spec, seed, notes)
    for name, part in zip(("training", "test"), parts, strict=True):
        _has_classes(y, part, name, remedy)
    share = len(parts[1]) / len(y)
    if test is None and abs(share - spec.test_size) > FAR:
        notes.append(
            f"{_why(spec, times, groups)} make a test share of {share:.0%}, where "
            f"{spec.test_size:.0%} was asked for"
        )
    return Split(train=parts[0], test=parts[1], notes=tuple(notes))


def _drawn(
    rows: np.ndarray, y: np.ndarray, spec: SplitSpec, seed: int, notes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw with scikit-learn; of three and more classes, those of one row are kept."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    inside = y[rows]
    counts = np.bincount(inside)
    alone = np.zeros(len(rows), dtype=bool)
    if spec.stratify and len(counts) > 2:
        alone = counts[inside] == 1
    if alone.any():
        notes.append(
            f"{int(alone.sum())} classes of one row (or of equal rows only) cannot be "
            "on both sides: they are for training"
        )
    try:
        train, test = train_test_split(
            rows[~alone],
            test_size=spec.test_size,
            random_state=seed,
            stratify=inside[~alone] if spec.stratify else None,
        )
    except ValueError as error:
        positives = f" with {counts[1]:,} positives" if len(counts) == 2 else ""
        raise TargetError(
            f"{len(rows):,} rows{positives} cannot be split with test size "
            f"{spec.test_size:g}: {error}",
            "give more rows or another test size",
        ) from None
    return np.concatenate([train, rows[alone]]), test


def _with_copies(
    y: np.ndarray, copies: np.ndarray, spec: SplitSpec, seed: int, notes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the first of each set of equal rows, and let the others follow.

    Where few rows are different the parts may come out lopsided, or without a class.
    The sets are then dealt out as groups are, which looks at their sizes.
    """
    import numpy as np

    _, first, number = np.unique(copies, return_index=True, return_inverse=True)
    few = len(first) <= MOST_GROUPS and len(first) < len(y)
    said: list[str] = []
    try:
        drawn = _drawn(np.sort(first), y, spec, seed, said)
    except TargetError:
        if not few:
            raise
        return _dealt(y, copies, spec, seed)
    # Each copy stands right behind its first.
    place = np.empty(len(first), dtype=np.int64)
    place[number[np.concatenate(drawn)]] = np.arange(len(first))
    order = np.argsort(place[number], kind="stable")
    ends = int((place[number] < len(drawn[0])).sum())
    train, test = order[:ends], order[ends:]
    near = abs(len(test) / len(y) - spec.test_size) <= FAR
    whole = complete(y, train) and complete(y, test)
    if few and not (near and whole):
        try:
            return _dealt(y, copies, spec, seed)
        except TargetError:
            if not whole:
                raise
    notes += said
    return train, test


def _dealt(
    y: np.ndarray, copies: np.ndarray, spec: SplitSpec, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    try:
        train, test = _grouped(y, copies, spec, seed)
    except TargetError:
        train = test = np.zeros(0, dtype=np.int64)
    if complete(y, train) and complete(y, test):
        return train, test
    raise TargetError(
        f"only {len(np.unique(copies)):,} of {len(y):,} rows are different, too few to "
        "split them with equal rows on one side",
        "let equal rows be on both sides (--duplicates apart), or give more columns",
    )


def _latest(times: np.ndarray, share: float) -> np.ndarray:
    """Tell the rows from the moment on which comes nearest to the share."""
    import numpy as np

    moments, counts = np.unique(times, return_counts=True)
    if len(moments) < 2:
        raise TargetError(
            "all rows are of one moment", "choose another time column (--time)"
        )
    # After how many rows each moment but the first begins.
    before = np.cumsum(counts)[:-1]
    cutting = int(np.abs(before - (1 - share) * len(times)).argmin())
    late: np.ndarray = times > moments[cutting]
    return late


def _grouped(
    y: np.ndarray, groups: np.ndarray, spec: SplitSpec, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np
    from sklearn.model_selection import GroupShuffleSplit, StratifiedGroupKFold

    if len(np.unique(groups)) < 2:
        raise TargetError(
            "all rows are of one group", "choose another group column (--group)"
        )
    try:
        if not spec.stratify:
            shuffle = GroupShuffleSplit(1, test_size=spec.test_size, random_state=seed)
            train, test = next(shuffle.split(groups, y, groups))
        else:
            parts, taken = nearest_share(spec.test_size, len(np.unique(groups)))
            splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
            with warnings.catch_warnings():
                # That a class is smaller than the number of pieces is no matter here.
                warnings.simplefilter("ignore", UserWarning)
                pieces = [test for _, test in splitter.split(groups, y, groups)]
            test = np.sort(np.concatenate(pieces[:taken]))
            train = np.setdiff1d(np.arange(len(y)), test)
    except ValueError as error:
        raise TargetError(
            f"{len(np.unique(groups))} groups cannot be split with test size "
            f"{spec.test_size:g}: {error}",
            "choose another group column (--group) or test size",
        ) from None
    return train, test


def nearest_share(share: float, groups: int) -> tuple[int, int]:
    """Return into how many folds to cut, and how many of them are the test rows.

    Parameters
    ----------
    share : float
        Of the test rows, in (0, 1).
    groups : int
        How many there are to deal out, at least 2.

    Examples
    --------
    >>> nearest_share(0.2, 50), nearest_share(0.3, 50)
    ((5, 1), (10, 3))
    """
    cuts = [(n, k) for n in range(2, min(10, groups) + 1) for k in range(1, n)]
    return min(cuts, key=lambda c: (round(abs(c[1] / c[0] - share), 9), c[0]))


def _has_classes(y: np.ndarray, part: np.ndarray, name: str, remedy: str) -> None:
    if complete(y, part):
        return
    if not len(part):
        raise TargetError(f"there is no {name} row", remedy)
    if y.max() > 1:
        raise TargetError(f"the {len(part):,} {name} rows are all of one class", remedy)
    kind = "negative" if y[part[0]] else "positive"
    raise TargetError(f"no {kind} row among the {len(part):,} {name} rows", remedy)


def _in_both(groups: np.ndarray, test: np.ndarray) -> list[str]:
    import numpy as np

    both = len(np.intersect1d(groups[test], groups[~test]))
    if not both:
        return []
    return [f"{both:,} groups are among the training rows and among the test rows"]


def _why(spec: SplitSpec, times: np.ndarray | None, groups: np.ndarray | None) -> str:
    if times is not None:
        return f"the moments of {spec.time!r}"
    if groups is not None:
        return f"the groups of {spec.group!r}"
    return "equal rows, which stay on one side,"
