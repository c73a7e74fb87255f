"""The hold-out: row numbers of the training and the test rows.

In order of precedence: a second file or a column that names the test rows, the latest
moments, whole groups, and else scikit-learn's ``train_test_split``, in which rows that
are equal in every feature follow the first of them as long as they can be copies and
the sides keep their shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.core.errors import TargetError
from engine.core.format import plural
from engine.data.duplicates import smaller_units
from engine.splits.draw import draw, draw_groups, draw_units
from engine.splits.folds import complete, near

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


def divide(dataset: Dataset, spec: SplitSpec, *, seed: int) -> Split:
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

    Returns
    -------
    Split

    Raises
    ------
    TargetError
        If train or test would be without a class.
    """
    y, test = dataset.y, dataset.test
    times, groups = dataset.times, dataset.groups
    rows = np.arange(len(y))
    notes: list[str] = []
    fix = "collect more rows, stratify the split or change the seed"
    field = "seed"
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
    return Split(train=parts[0], test=parts[1], notes=tuple(notes))


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


def _note_alone(y: np.ndarray, spec: SplitSpec, notes: list[str]) -> None:
    """Note the classes of one row, or one unit of rows."""
    counts = np.bincount(y)
    alone = int((counts == 1).sum())
    if spec.stratify and len(counts) > 2 and alone:
        notes.append(
            f"{alone} classes of one row (or of equal rows only) cannot be on both "
            "sides: they are for training"
        )


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
