"""The folds inside the training rows: indices only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.errors import TargetError
from engine.core.format import plural
from engine.core.seeds import child
from engine.data.roles import FEW_COPIES, smaller_units
from engine.splits.draw import choose_groups

if TYPE_CHECKING:
    from engine.core.experiment import SearchSpec, SplitSpec
    from engine.data.roles import Dataset

FAR = 1.5
"""A fold with so many times its rows, or rows of a class, is noted."""
FEWER = "give fewer folds, or another group column"
SOONER = "give fewer folds, or another split than by time"
_FIELDS = "search.folds split.group"


@dataclass(frozen=True)
class Fold:
    """One fold: row numbers to fit on and row numbers to validate on."""

    fit: np.ndarray
    validation: np.ndarray


def cut(
    dataset: Dataset,
    train: np.ndarray,
    spec: SearchSpec,
    split: SplitSpec,
    *,
    seed: int,
) -> tuple[Fold, ...]:
    """Cut the training rows of a dataset into folds, as its test rows were cut off.

    Parameters
    ----------
    dataset : Dataset
    train : numpy.ndarray of shape (n_train,)
        Row numbers of the training rows.
    spec : SearchSpec
        Number of folds and of repeats.
    split : SplitSpec
        Whether equal rows stay together.
    seed : int
        The experiment's.

    Returns
    -------
    tuple of Fold

    Raises
    ------
    TargetError
        If a fold would be without a class.
    """
    free = dataset.times is None and dataset.groups is None
    copies = dataset.equal_rows if free and split.duplicates == "together" else None
    given = {"groups": dataset.groups, "times": dataset.times, "copies": copies}
    return folds(dataset.y, train, spec, seed=seed, **given)


def folds(
    y: np.ndarray,
    train: np.ndarray,
    spec: SearchSpec,
    *,
    seed: int,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    copies: np.ndarray | None = None,
) -> tuple[Fold, ...]:
    """Cut the training rows into folds, once per repeat.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_rows,)
        The class of each row, from 0; of two, 1 is the positive.
    train : numpy.ndarray of shape (n_train,)
        Row numbers of the training rows.
    spec : SearchSpec
        Number of folds and of repeats.
    seed : int
        The experiment's seed.
    groups : numpy.ndarray of shape (n_rows,) or None, default=None
        Rows of one group stay in one fold.
    times : numpy.ndarray of shape (n_rows,) or None, default=None
        Place of each row in time. Every fold then validates a stretch of time and is
        fitted on all rows before it, so that the first of ``folds + 1`` stretches is
        never validated. There is one such cut: repeats would be the same again.
    copies : numpy.ndarray of shape (n_rows,) or None, default=None
        Rows of one number are equal: they stay in one fold as long as they are few
        enough to be copies, or are copies of an oversampled class, and each fold has
        its share of the rows and of each class.

    Returns
    -------
    tuple of Fold
        Stratified; ``folds * repeats`` of them, numbered over all rows.

    Raises
    ------
    TargetError
        If a class has fewer rows than there are folds, or a fold would be without a
        class.
    """
    inside = y[train]
    fewest = int(np.bincount(inside, minlength=int(y.max(initial=1)) + 1).min())
    rarer = "rarest" if y.max() > 1 else "rarer"
    if fewest < spec.folds and times is None:
        raise TargetError(
            f"{plural(fewest, 'training row')} of the {rarer} class cannot fill "
            f"{spec.folds} folds",
            f"give {fewest} folds or fewer, or collect more of them"
            if fewest >= 2
            else "collect more of them: at least 2 must be left for training",
            field="search.folds" if fewest >= 2 else None,
        )
    # Copies are recognised in the whole table, as for the hold-out.
    units = []
    if copies is not None and times is None and groups is None:
        units = [(each[train], whole) for _, whole, each in smaller_units(copies, y)]
    if times is not None:
        cuts = _forward(train, times[train], spec.folds)
    else:
        inside_groups = None if groups is None else groups[train]
        seeds = [child(seed, "folds", repeat) for repeat in range(spec.repeats)]
        cuts = [
            Fold(fit=train[fit], validation=train[rows])
            for number in seeds
            for fit, rows in _parts(inside, spec.folds, number, inside_groups, units)
        ]
    for number, fold in enumerate(cuts, start=1):
        if complete(y, fold.validation) and complete(y, fold.fit):
            continue
        if times is None:
            raise TargetError("a fold would hold one class only", FEWER, field=_FIELDS)
        raise TargetError(
            f"fold {number} of {spec.folds} in the order of time would have rows of "
            "one class only",
            SOONER,
            field="search.folds",
        )
    return tuple(cuts)


def _parts(
    y: np.ndarray,
    number: int,
    seed: int,
    groups: np.ndarray | None,
    units: list[tuple[np.ndarray, bool]],
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the places, within the training rows, to fit and to validate on.

    Equal rows stay together in the first of these units that comes near the shares, or
    has whole copies of an oversampled class and some rows of every class in each fold.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    plain = StratifiedKFold(number, shuffle=True, random_state=seed)
    if groups is not None:
        grouped = StratifiedGroupKFold(number, shuffle=True, random_state=seed)
        return _split(grouped, y, groups)
    parts = _split(plain, y, None)
    wanted = _fold_of_rows(parts, len(y))
    for each, whole in units:
        of = _with_copies(plain, y, each, wanted, whole)
        if of is not None:
            inside = [of == n for n in range(number)]
            return [(np.flatnonzero(~part), np.flatnonzero(part)) for part in inside]
    return parts


def _with_copies(
    splitter: Any, y: np.ndarray, units: np.ndarray, wanted: np.ndarray, whole: bool
) -> np.ndarray | None:
    """Return the fold of each row, units of equal rows kept whole; None if that is far.

    The first row of each unit is dealt out by its class and its equals follow it. Then
    rows without an equal change folds, until each has of every class as many rows as if
    all rows had been dealt out one by one. Where that cannot be, whole units are chosen
    for one fold after the other.
    """
    folds = splitter.n_splits
    first, number = np.unique(units, return_index=True, return_inverse=True)[1:]
    order = np.sort(first)
    if len(first) == len(y) or np.bincount(y[order]).min() < folds:
        return None
    parts = _split(splitter, y[order], None)
    of_unit = np.empty(len(first), dtype=np.int64)
    of_unit[number[order]] = _fold_of_rows(parts, len(order))
    of: np.ndarray = of_unit[number]
    single = np.bincount(number)[number] == 1
    draw = np.random.default_rng(splitter.random_state)
    for label in range(int(y.max()) + 1):
        is_label = y == label
        over = np.bincount(of[is_label], minlength=folds)
        over -= np.bincount(wanted[is_label], minlength=folds)
        rows = draw.permutation(np.flatnonzero(single & is_label))
        spare = [rows[of[rows] == n][: max(0, over[n])] for n in range(folds)]
        moved = np.concatenate(spare)
        of[moved] = np.repeat(np.arange(folds), np.maximum(-over, 0))[: len(moved)]
    target = _counts(wanted, y, folds)

    def is_near(of: np.ndarray) -> bool:
        pairs = zip(_counts(of, y, folds), target, strict=True)
        return all(near(*pair, len(y)) for pair in pairs)

    if is_near(of):
        return of
    units_by_class = _counts(number, y, len(first))
    of = _choose_folds(units_by_class, folds, splitter.random_state)[number]
    in_every = bool((_counts(of, y, folds)[target > 0] > 0).all())
    return of if is_near(of) or (whole and in_every) else None


def _counts(places: np.ndarray, y: np.ndarray, many: int) -> np.ndarray:
    """Count the rows of each class in each of so many places."""
    classes = int(y.max()) + 1
    counts = np.bincount(places * classes + y, minlength=many * classes)
    return counts.reshape(many, classes)


def _choose_folds(counts: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Return the fold of each unit, chosen whole for one fold after the other."""
    of = np.full(len(counts), folds - 1)
    for fold in range(folds - 1):
        left = np.flatnonzero(of == folds - 1)
        held = choose_groups(
            counts[left], 1 / (folds - fold), child(seed, "fold", fold)
        )
        of[left[held]] = fold
    return of


def near(counts: np.ndarray, wanted: np.ndarray, rows: int) -> bool:
    """Tell whether a part has the rows wanted, and of each class, to about a point.

    Of fewer than 300 rows a point is less than the 3 rows that always can be copies, so
    3 rows are near too.

    Parameters
    ----------
    counts, wanted : numpy.ndarray of shape (n_classes,)
        Rows of the part by class.
    rows : int
        Of all parts.

    Examples
    --------
    >>> import numpy as np
    >>> near(np.array([81, 19]), np.array([80, 20]), 500)
    True
    >>> near(np.array([90, 10]), np.array([80, 20]), 500)
    False
    """
    has, of = counts.sum(), wanted.sum()
    if not has or abs(has - of) > max(FEW_COPIES, 0.01 * rows):
        return False
    return bool(abs(counts / has - wanted / of).max() <= max(0.01, FEW_COPIES / has))


def check_folds(
    dataset: Dataset, cuts: tuple[Fold, ...], spec: SearchSpec, split: SplitSpec
) -> tuple[str, ...]:
    """Return notes on the folds.

    Of whole groups, that a fold is far from even; of an oversampled class, that it has
    too few different rows.

    Parameters
    ----------
    dataset : Dataset
    cuts : tuple of Fold
        As `cut` made them.
    spec : SearchSpec
    split : SplitSpec

    Returns
    -------
    tuple of str
        At most one note; of groups, of the rows or the class furthest from even.
    """
    if dataset.times is not None:
        return ()
    if dataset.groups is None:
        if split.duplicates != "together":
            return ()
        _, whole, units = next(smaller_units(dataset.equal_rows, dataset.y))
        if whole and any(
            np.isin(units[x.validation], units[x.fit]).any() for x in cuts
        ):
            return (
                "an oversampled class has fewer different training rows than there are "
                f"folds ({spec.folds}): its copies are in several folds, so that "
                "figures of the folds are too good: give fewer folds",
            )
        return ()
    worst, note = FAR, ""
    names = ["training rows", *(f"training rows of {x!r}" for x in dataset.labels)]
    for place, fold in enumerate(cuts):
        sides = [
            np.bincount(dataset.y[rows], minlength=len(dataset.labels))
            for rows in (fold.validation, np.concatenate([fold.validation, fold.fit]))
        ]
        has, every = (np.concatenate([[side.sum()], side]) for side in sides)
        even = every / spec.folds
        off = np.maximum(has, even) / np.maximum(1, np.minimum(has, even))
        off[abs(has - even) <= 2] = 0
        one = int(off.argmax())
        if off[one] > worst:
            worst = off[one]
            note = (
                f"fold {place % spec.folds + 1} validates {has[one]:,} of "
                f"{every[one]:,} {names[one]}, where {even[one]:,.0f} would be even, "
                f"because of the groups of {split.group!r}: take fewer folds "
                "or another group column"
            )
    return (note,) if note else ()


def _fold_of_rows(parts: list[tuple[np.ndarray, np.ndarray]], rows: int) -> np.ndarray:
    of = np.empty(rows, dtype=np.int64)
    for place, (_, rows_of_fold) in enumerate(parts):
        of[rows_of_fold] = place
    return of


def _split(
    splitter: Any, y: np.ndarray, groups: np.ndarray | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    try:
        return list(splitter.split(y, y, groups))
    except ValueError as error:
        raise TargetError(
            f"the training rows cannot be cut into folds: {error}", FEWER, field=_FIELDS
        ) from None


def _forward(train: np.ndarray, times: np.ndarray, number: int) -> list[Fold]:
    """Cut time into stretches of about as many rows; each validates the earlier ones.

    As scikit-learn's ``TimeSeriesSplit``, but rows of one moment stay together.
    """
    moments, counts = np.unique(times, return_counts=True)
    if len(moments) <= number:
        raise TargetError(
            f"{len(moments):,} different moments among the training rows cannot be cut "
            f"into {number} folds in the order of time",
            SOONER,
            field="search.folds",
        )
    before = np.cumsum(counts)
    ends: list[int] = []
    for stretch in range(1, number + 1):
        # At least one moment for each stretch, those still to come too.
        low = ends[-1] + 1 if ends else 0
        high = len(moments) - 1 - (number - stretch)
        wanted = stretch * len(times) / (number + 1)
        ends.append(low + int(np.abs(before[low:high] - wanted).argmin()))
    stretches = np.searchsorted(moments[ends], times, side="left")
    return [
        Fold(fit=train[stretches < n], validation=train[stretches == n])
        for n in range(1, number + 1)
    ]


def complete(y: np.ndarray, part: np.ndarray) -> bool:
    """Tell whether a part has rows of more than one class."""
    return len(part) > 0 and bool((y[part] != y[part[0]]).any())
