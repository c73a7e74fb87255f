"""The hold-out: row numbers of the training and the test rows.

In order of precedence: a second file or a column that names the test rows, the latest
moments, whole groups, and else scikit-learn's ``train_test_split``, in which rows that
are equal in every feature follow the first of them as long as they can be copies and
the sides keep their shares. `check_split` tells whether drawn test rows represent the
table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec import UNSET, UnsetType

from engine.core.errors import TargetError
from engine.core.format import plural
from engine.core.seeds import child
from engine.data.roles import most_copies, smaller_units, units_of_copies
from engine.data.target import label
from engine.splits.draw import draw, draw_groups, draw_units
from engine.splits.folds import complete, near
from engine.splits.thin import KeptRows
from engine.splits.thin import thin as choose_rows

if TYPE_CHECKING:
    from engine.core.experiment import SplitSpec
    from engine.data.roles import Dataset

FAR = 0.05
POINT = 0.01
"""A test share that is further from the one asked for is noted: of moments, which
leave no choice, and of groups."""


@dataclass(frozen=True)
class Split:
    """The hold-out: row numbers and notes."""

    train: np.ndarray
    test: np.ndarray
    notes: tuple[str, ...] = ()
    thinning: KeptRows | None = None

    @property
    def fit(self) -> np.ndarray:
        """Row numbers of the training rows that models are fitted on."""
        return self.to_fit(self.train)

    def to_fit(self, rows: np.ndarray) -> np.ndarray:
        """Return which of some training rows models are fitted on."""
        return rows if self.thinning is None else rows[self.thinning.kept[rows]]

    def to_validate(self, rows: np.ndarray) -> np.ndarray:
        """Return which of some training rows are validated."""
        validated = None if self.thinning is None else self.thinning.validated
        return rows if validated is None else rows[validated[rows]]


def divide(
    dataset: Dataset,
    spec: SplitSpec,
    *,
    seed: int,
    thin: int | UnsetType | None = 0,
) -> Split:
    """Split a dataset into train and test, before anything is fitted.

    Rows named as test rows are taken as they are; by time the latest become the test
    rows, rows of one moment on one side; of groups those are chosen whole that come
    nearest to the test share, of each class. Else rows are drawn as ``train_test_split(
    rows, test_size=…, random_state=seed, stratify=y)`` draws them, so that anyone can
    repeat it; for equal rows see `together`.

    Parameters
    ----------
    dataset : Dataset
        What its classes are called has no say in the draw.
    spec : SplitSpec
    seed : int
        The experiment's.
    thin : int, None or unset, default=0
        Negatives per positive to fit on; see `engine.splits.thin.thin`.

    Returns
    -------
    Split

    Raises
    ------
    TargetError
        If train or test would be without a class.
    SpecError
        If there are more than two classes to thin.
    """
    y, test = dataset.y, dataset.test
    times, groups = dataset.times, dataset.groups
    rows = np.arange(len(y))
    notes: list[str] = []
    fix, field = "stratify the split or change the seed", "seed"
    if spec.stratify:  # a seed hardly changes how many of a class are drawn
        fix, field = "choose another test size", "split.test_size"
    fix = f"collect more of them, or {fix}"
    if test is not None:
        parts = rows[~test], rows[test]
        fix = "let both have rows of every class, or draw the test rows instead"
        field = "split.by data.test_source"
        if groups is not None:
            both = len(np.intersect1d(groups[test], groups[~test]))
            if both:
                notes.append(f"{both:,} groups have training rows and test rows")
    elif times is not None:
        late = _latest(times, spec.test_size)
        parts = rows[~late], rows[late]
        fix = "choose another test size, or another split than by time"
        field = "split.test_size split.time"
    elif groups is not None:
        parts = _draw_whole_groups(y, groups, spec, seed, notes)
        fix = "name another group column: several groups need rows of every class"
        field = "split.group"
    elif spec.duplicates == "together":
        parts = together(y, dataset.equal_rows, spec, seed, notes)[:2]
    else:
        parts = _draw_rows(y, spec, seed, notes)
    for name, part in zip(("training", "test"), parts, strict=True):
        _has_classes(y, part, name, fix, field)
    share = len(parts[1]) / len(y)
    off = abs(share - spec.test_size)
    made = (
        f"make a test share of {100 * share:.3g}%, where {100 * spec.test_size:.3g}% "
        "was asked for"
    )
    if times is not None and off > FAR:
        notes.append(f"the moments of {spec.time!r} {made}")
    elif groups is not None and test is None and off > max(POINT, 1 / len(y)):
        notes.append(
            f"the groups of {spec.group!r} {made}: take another group column or none, "
            f"or ask for a test size of {share:.2g}"
        )
    if dataset.even is not None:
        parts = parts[0], parts[1][dataset.even[parts[1]]]
    kept = choose_rows(dataset, parts[0], thin, seed=seed)
    return Split(parts[0], parts[1], tuple(notes), kept)


def equal_in_training(dataset: Dataset, split: Split) -> np.ndarray:
    """Tell which test rows have an equal training row, in every feature.

    Parameters
    ----------
    dataset : Dataset
    split : Split

    Returns
    -------
    numpy.ndarray of shape (n_test,), dtype bool
        In the order of ``split.test``.
    """
    same = dataset.equal_rows
    trained = np.zeros(int(same.max(initial=-1)) + 1, dtype=bool)
    trained[same[split.train]] = True
    return np.asarray(trained[same[split.test]])


def _has_classes(
    y: np.ndarray, part: np.ndarray, name: str, fix: str, field: str
) -> None:
    if complete(y, part):
        return
    if not len(part):
        message = f"there is no {name} row"
    elif y.max() > 1:
        message = f"the {len(part):,} {name} rows are all of one class"
    else:
        kind = "negative" if y[part[0]] else "positive"
        message = f"no {kind} row among the {len(part):,} {name} rows"
    raise TargetError(message, fix, field=field)


def time_range(
    dataset: Dataset, split: Split, column: str | None
) -> dict[str, tuple[str, str]] | UnsetType:
    """Return the first and last moment of a split by time, as the table has them.

    Parameters
    ----------
    dataset : Dataset
    split : Split
    column : str or None
        That of the time; unset without one.
    """
    if column is None or dataset.times is None:
        return UNSET
    cells, found = dataset.whole[column], dict[str, tuple[str, str]]()
    for side, rows in (("train", split.train), ("test", split.test)):
        moments = dataset.times[rows]
        ends = rows[moments.argmin()], rows[moments.argmax()]
        texts = (label(cells.iloc[row]) for row in ends)
        first, last = (text.removesuffix(" 00:00:00") for text in texts)
        found[side] = first, last
    return found


def _latest(times: np.ndarray, share: float) -> np.ndarray:
    """Tell the rows from the moment on which comes nearest to the share."""
    moments, counts = np.unique(times, return_counts=True)
    if len(moments) < 2:
        raise TargetError(
            "all rows are of one moment",
            "choose another time column",
            field="split.time",
        )
    # After how many rows each moment but the first begins.
    before = np.cumsum(counts)[:-1]
    cutting = int(np.abs(before - (1 - share) * len(times)).argmin())
    return np.asarray(times > moments[cutting])


def _draw_whole_groups(
    y: np.ndarray, groups: np.ndarray, spec: SplitSpec, seed: int, notes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    sizes = np.unique(groups, return_counts=True)[1]
    if len(sizes) < 2:
        raise TargetError(
            "all rows are of one group",
            "choose another group column",
            field="split.group",
        )
    train, test = draw_groups(groups, y, spec.test_size, seed, spec.stratify)
    largest = int(sizes.max())
    if largest > max(len(test), spec.test_size * len(y)):
        notes.append(
            f"the largest group of {spec.group!r} has {largest:,} of {len(y):,} rows, "
            "too many for the test rows: it is for training only"
        )
    return train, test


def _draw_rows(
    y: np.ndarray, spec: SplitSpec, seed: int, notes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Draw row by row; of three and more classes, those of one row are kept."""
    _note_alone(y, spec, notes)
    try:
        return draw(np.arange(len(y)), y, spec.test_size, seed, spec.stratify)
    except ValueError:
        counts = np.bincount(y)
        positives = f" with {counts[1]:,} positives" if len(counts) == 2 else ""
        why = "one side would have no row"
        if spec.stratify:
            why = "both sides need a row of every class"
        raise TargetError(
            f"{len(y):,} rows{positives} cannot be split with test size "
            f"{spec.test_size:g}: {why}",
            "give more rows or another test size",
        ) from None


class Together(NamedTuple):
    """A draw of units of equal rows, and how it was made."""

    train: np.ndarray
    test: np.ndarray
    most: int = 1
    """How many rows a unit may have and stay on one side; 1 where none can."""
    whole: bool = False
    """Whether larger groups of an oversampled class stay on one side too."""
    chosen: bool = False
    """Whether units were chosen by `draw_groups`, not drawn by `draw_units`."""


def together(
    y: np.ndarray, copies: np.ndarray, spec: SplitSpec, seed: int, notes: list[str]
) -> Together:
    """Draw the first of each set of equal rows, and let the others follow.

    Where that does not come near the shares, whole sets are chosen; where that does
    not either, the sets that may stay whole become smaller. Copies of an oversampled
    class stay whole as long as each side can have rows of every class.

    Parameters
    ----------
    y, copies : numpy.ndarray of shape (n_rows,)
        The class of each row, from 0, and a number that equal rows share.
    spec, seed
        As of `divide`.
    notes : list of str
        What is to be noted is added to it.

    Returns
    -------
    Together

    Raises
    ------
    TargetError
        If the plain draw is not possible either.
    """
    classes = y if spec.stratify else np.zeros(len(y), dtype=np.int64)
    wanted = None
    rows = np.bincount(classes)
    how = (y, spec.test_size, seed, spec.stratify)
    for most, whole, units in smaller_units(copies, y):
        first = np.unique(units, return_index=True)[1]
        if len(first) == len(y):
            break
        try:
            if wanted is None:
                plain = draw(np.arange(len(y)), *how)
                wanted = np.bincount(classes[plain[1]], minlength=len(rows))
            parts = draw_units(units, *how)
        except ValueError:  # a class of one unit
            continue
        for chosen in (False, True):
            if chosen:
                parts = draw_groups(units, *how)
            counts = np.bincount(classes[parts[1]], minlength=len(rows))
            good = near(counts, wanted, len(y))
            if chosen:
                good = good or (whole and bool(counts[wanted > 0].all()))
                good = good and bool((counts < rows)[rows > 0].all())
            if good and all(complete(y, part) for part in parts):
                _note_alone(y[first], spec, notes)
                _note_parted(copies, units, notes)
                _note_uneven(counts, rows, wanted, notes)
                return Together(*parts, most, whole, chosen)
    parts = _draw_rows(y, spec, seed, notes)
    _note_parted(copies, np.arange(len(y)), notes)
    return Together(*parts)


def _note_alone(y: np.ndarray, spec: SplitSpec, notes: list[str]) -> None:
    """Note the classes of one row, or one unit of rows."""
    counts = np.bincount(y)
    alone = int((counts == 1).sum())
    if spec.stratify and len(counts) > 2 and alone:
        notes.append(
            f"{alone} classes of one row (or of equal rows only) cannot be on both "
            "sides: they are for training"
        )


def _note_uneven(
    counts: np.ndarray, rows: np.ndarray, wanted: np.ndarray, notes: list[str]
) -> None:
    """Note that copies of an oversampled class do not allow the shares."""
    if near(counts, wanted, rows.sum()):
        return
    shares = 100 * counts[rows > 0] / rows[rows > 0]
    notes.append(
        "an oversampled class has few different rows, and its copies stay on one side "
        f"of the split: the test rows are {100 * counts.sum() / rows.sum():.3g}% of "
        f"the rows, and {shares.min():.3g} to {shares.max():.3g}% of those of a class, "
        f"where {100 * wanted.sum() / rows.sum():.3g}% was asked for"
    )


def _note_parted(copies: np.ndarray, units: np.ndarray, notes: list[str]) -> None:
    """Note the groups of equal rows that are not kept whole."""
    size = np.bincount(copies)
    alone = np.bincount(units)[units] == 1
    parted = np.unique(copies[alone & (size[copies] > 1)])
    if len(parted):
        groups = plural(len(parted), "group")
        largest = f", the largest of {size[parted].max():,}" if len(parted) > 1 else ""
        rows = f"{size[parted].sum():,} rows{largest}"
        notes.append(
            f"{groups} of equal rows ({rows}) too large to stay on one side of the "
            "split: the rows are drawn one by one"
        )


# Whether drawn test rows represent the table ----------------------------------------


MOST_ROWS = 4000
MOST_CELLS = 200_000
"""Of so many rows and cells a classifier learns in a fraction of a second."""
FEWEST = 20
"""Fewer training or test rows tell nothing."""
LEAVES = 8
SEPARATES, P_VALUE = 0.6, 0.001


def check_split(
    dataset: Dataset, split: Split, spec: SplitSpec, *, seed: int
) -> tuple[str, ...]:
    """Return notes on test rows that were drawn.

    The classes must have the shares in the test rows that they have in the table, to a
    point or a row, and a small classifier must not separate test rows from training
    rows. Nothing is noted where a moment, a column or a second file decides which rows
    are the test rows: those are meant to differ.

    Parameters
    ----------
    dataset : Dataset
    split : Split
    spec : SplitSpec
    seed : int
        The experiment's.

    Returns
    -------
    tuple of str
    """
    if dataset.test is not None or dataset.times is not None:
        return ()
    split = replace(split, train=split.to_validate(split.train))
    fix = "use another seed"
    if dataset.groups is not None:
        fix = "use another group column or another seed"
    notes = _note_shares(dataset, split, fix) if spec.stratify else []
    auc, p = separation(dataset, split, spec, seed=seed)
    if auc > SEPARATES and p < P_VALUE:
        notes.append(
            "the test rows do not represent the table: a small classifier separates "
            f"them from the training rows (ROC AUC {auc:.2f}, where 0.5 is chance); "
            f"{fix}"
        )
    return tuple(notes)


def _note_shares(dataset: Dataset, split: Split, fix: str) -> list[str]:
    """Note the class whose share of the test rows is furthest from that of the table.

    A class of one row or unit, which is for training, is noted by the split.
    """
    y, labels = dataset.y, dataset.labels
    test = np.bincount(y[split.test], minlength=len(labels))
    both = np.concatenate([split.train, split.test])
    every = np.bincount(y[both], minlength=len(labels))
    off = test / len(split.test) - every / len(both)
    if np.abs(off).max() <= max(POINT, 1 / len(split.test)):
        return []
    k = 1 if len(labels) == 2 else int(np.abs(off).argmax())
    return [
        f"{100 * test[k] / len(split.test):.3g}% of the test rows are {labels[k]!r}, "
        f"but {100 * every[k] / len(both):.3g}% of the table; {fix}"
    ]


def separation(
    dataset: Dataset, split: Split, spec: SplitSpec, *, seed: int
) -> tuple[float, float]:
    """Return how well a small tree separates test rows from training rows.

    One row of each unit is taken that was drawn as a whole, so that rows can be
    exchanged if the draw was honest: a group, or rows that are equal and can be copies.

    Parameters
    ----------
    dataset : Dataset
    split : Split
    spec : SplitSpec
    seed : int
        The experiment's.

    Returns
    -------
    auc : float
        Mean of two, each of a tree that learned from the other half of the rows; 0.5
        where there are too few rows to tell.
    p : float
        The smaller of the halves' one-sided Mann-Whitney p-values, times two.

    Notes
    -----
    A classifier two-sample test: D. Lopez-Paz, M. Oquab, Revisiting classifier
    two-sample tests, ICLR 2017. The p-values of more folds, or of pooled scores, would
    be too small, because the scores depend on each other.
    """
    from scipy.stats import mannwhitneyu
    from sklearn.model_selection import StratifiedKFold
    from sklearn.tree import DecisionTreeClassifier

    number = child(seed, "split check")
    rng = np.random.default_rng(number)
    units = dataset.groups
    if units is None and spec.duplicates == "together":
        same = dataset.equal_rows
        units = units_of_copies(same, dataset.y, most_copies(len(same)), whole=True)
    columns = dataset.frame.shape[1]
    most = min(MOST_ROWS, MOST_CELLS // max(1, columns)) // 2
    sides = [
        _one_of_each(rows, units, max(most, FEWEST), rng)
        for rows in (split.train, split.test)
    ]
    if min(map(len, sides)) < FEWEST or not columns:
        return 0.5, 1.0
    is_test = np.repeat([0, 1], list(map(len, sides)))
    cells = _ranks(dataset, np.concatenate(sides))
    tree = DecisionTreeClassifier(
        max_leaf_nodes=LEAVES, min_samples_leaf=10, random_state=number
    )
    aucs, p_values = [], []
    halves = StratifiedKFold(2, shuffle=True, random_state=number)
    for fit, held_out in halves.split(cells, is_test):
        scores = tree.fit(cells[fit], is_test[fit]).predict_proba(cells[held_out])
        test, train = (scores[is_test[held_out] == k, 1] for k in (1, 0))
        u = mannwhitneyu(test, train, alternative="greater", method="asymptotic")
        aucs.append(u.statistic / (len(test) * len(train)))
        p_values.append(u.pvalue)
    return float(np.mean(aucs)), float(min(1.0, 2 * min(p_values)))


def _one_of_each(
    rows: np.ndarray, units: np.ndarray | None, most: int, rng: np.random.Generator
) -> np.ndarray:
    """Return up to so many rows, one of each unit."""
    rows = rng.permutation(rows)
    if units is not None:
        rows = rows[np.sort(np.unique(units[rows], return_index=True)[1])]
    return rows[:most]


def _ranks(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return the rank of each cell among its column's; a missing one is the lowest."""
    import pandas as pd

    part = dataset.frame.iloc[rows]
    return np.column_stack(
        [pd.factorize(part.iloc[:, at], sort=True)[0] for at in range(part.shape[1])]
    ).astype(np.float32)
