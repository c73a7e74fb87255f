"""The folds inside the training rows: indices only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import TargetError
from engine.seeds import child

if TYPE_CHECKING:
    import numpy as np

    from engine.data.roles import Dataset
    from engine.spec import SearchSpec, SplitSpec

__all__ = ["MOST_GROUPS", "Fold", "complete", "cut", "folds"]

MOST_GROUPS = 10_000
"""Sets of equal rows that are dealt out one by one; more take too long."""
FEWER = "give fewer folds (--folds), or another group column (--group)"
SOONER = "give fewer folds (--folds), or another split than by time"
APART = "give fewer folds (--folds), or let equal rows be apart (--duplicates apart)"


@dataclass(frozen=True)
class Fold:
    """One fold: row numbers to fit on and row numbers to judge on."""

    fit: np.ndarray
    judge: np.ndarray


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
    told = dataset.times is not None or dataset.groups is not None
    together = split.duplicates == "together" and not told
    return folds(
        dataset.y,
        train,
        spec,
        seed=seed,
        groups=dataset.groups,
        times=dataset.times,
        copies=dataset.equal_rows if together else None,
    )


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
    """Cut the training rows into folds, as often as asked.

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
        Place of each row in time. Every fold then judges a stretch of time and is
        fitted on all that was before it, so that the first of ``folds + 1`` stretches
        is judged by none. There is one such cut: repeats would be the same again.
    copies : numpy.ndarray of shape (n_rows,) or None, default=None
        Rows of one number are equal and stay in one fold.

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
    import numpy as np

    inside = y[train]
    fewest = int(np.bincount(inside, minlength=int(y.max(initial=1)) + 1).min())
    rarer = "rarest" if y.max() > 1 else "rarer"
    if fewest < spec.folds and times is None:
        raise TargetError(
            f"{fewest} training rows of the {rarer} class cannot fill {spec.folds} "
            "folds",
            f"give {fewest} folds or fewer (--folds), or collect more of them"
            if fewest >= 2
            else "collect more of them: at least 2 must be left for training",
        )
    if times is not None:
        found = _forward(train, times[train], spec.folds)
    else:
        found = [
            Fold(fit=train[fit], judge=train[judge])
            for repeat in range(spec.repeats)
            for fit, judge in _parts(
                inside,
                spec.folds,
                child(seed, "folds", repeat),
                None if groups is None else groups[train],
                None if copies is None else copies[train],
            )
        ]
    for number, fold in enumerate(found, start=1):
        if complete(y, fold.judge) and complete(y, fold.fit):
            continue
        if times is None:
            remedy = FEWER if copies is None else APART
            raise TargetError("a fold would hold one class only", remedy)
        raise TargetError(
            f"fold {number} of {spec.folds} in the order of time would have one class "
            "only to learn from or to judge",
            SOONER,
        )
    return tuple(found)


def _parts(
    y: np.ndarray,
    number: int,
    seed: int,
    groups: np.ndarray | None,
    copies: np.ndarray | None,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the places, within the training rows, to fit on and to judge."""
    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    plain = StratifiedKFold(number, shuffle=True, random_state=seed)
    grouped = StratifiedGroupKFold(number, shuffle=True, random_state=seed)
    if groups is not None:
        return _tried(grouped, y, groups)
    if copies is None:
        return _tried(plain, y, None)
    _, first, each = np.unique(copies, return_index=True, return_inverse=True)
    if len(first) == len(y):
        return _tried(plain, y, None)
    first = np.sort(first)
    fewest = int(np.bincount(y[first], minlength=int(y.max()) + 1).min())
    if fewest < number:
        if len(first) > MOST_GROUPS:
            raise TargetError(
                f"{fewest} different training rows of the rarest class cannot fill "
                f"{number} folds",
                APART,
            )
        return _tried(grouped, y, copies)
    parts = []
    for _, drawn in _tried(plain, y[first], None):
        judged = np.zeros(len(first), dtype=bool)
        judged[each[first[drawn]]] = True
        judge = judged[each]
        parts.append((np.flatnonzero(~judge), np.flatnonzero(judge)))
    return parts


def _tried(
    splitter: Any, y: np.ndarray, groups: np.ndarray | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    try:
        return list(splitter.split(y, y, groups))
    except ValueError as error:
        raise TargetError(
            f"the training rows cannot be cut into folds: {error}", FEWER
        ) from None


def _forward(train: np.ndarray, times: np.ndarray, number: int) -> list[Fold]:
    """Cut time into stretches of about as many rows; each is judged by what it knows.

    As scikit-learn's ``TimeSeriesSplit``, but rows of one moment stay together.
    """
    import numpy as np

    moments, counts = np.unique(times, return_counts=True)
    if len(moments) <= number:
        raise TargetError(
            f"{len(moments):,} different moments among the training rows cannot be cut "
            f"into {number} folds in the order of time",
            SOONER,
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
        Fold(fit=train[stretches < one], judge=train[stretches == one])
        for one in range(1, number + 1)
    ]


def complete(y: np.ndarray, part: np.ndarray) -> bool:
    """Tell whether a part has rows of more than one class."""
    return len(part) > 0 and bool((y[part] != y[part[0]]).any())
