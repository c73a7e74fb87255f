"""The hold-out and the folds inside the training rows: indices only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import TargetError
from engine.seeds import child

if TYPE_CHECKING:
    import numpy as np

    from engine.spec import SearchSpec, SplitSpec

__all__ = ["Fold", "Split", "folds", "hold_out"]


@dataclass(frozen=True)
class Split:
    """The hold-out: row numbers of the training and the test rows."""

    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Fold:
    """One fold: row numbers to fit on and row numbers to judge on."""

    fit: np.ndarray
    judge: np.ndarray


def hold_out(
    y: np.ndarray,
    spec: SplitSpec,
    *,
    seed: int,
    groups: np.ndarray | None = None,
    strata: np.ndarray | None = None,
) -> Split:
    """Split rows into train and test, before anything is fitted.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_rows,)
        1 where the row is positive.
    spec : SplitSpec
        Test share and whether it is stratified.
    seed : int
        Passed to scikit-learn as it is, so that anyone can repeat the split with
        ``train_test_split(rows, test_size=…, random_state=seed, stratify=…)``.
    groups : numpy.ndarray of shape (n_rows,) or None, default=None
        Rows of one group stay on one side; the test share is then approximate.
    strata : numpy.ndarray of shape (n_rows,) or None, default=None
        What is kept in proportion if the split is stratified; `y` when None. The
        order of its values matters to scikit-learn's draw.

    Returns
    -------
    Split

    Raises
    ------
    TargetError
        If train or test would be without a class.
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(y))
    if groups is not None:
        train, test = _grouped(y, groups, spec, seed)
    else:
        try:
            train, test = train_test_split(
                rows,
                test_size=spec.test_size,
                random_state=seed,
                stratify=(y if strata is None else strata) if spec.stratify else None,
            )
        except ValueError as error:
            raise TargetError(
                f"{len(y):,} rows with {int(y.sum()):,} positives cannot be split "
                f"with test size {spec.test_size:g}: {error}",
                "give more rows or another test size",
            ) from None
    for name, part in (("training", train), ("test", test)):
        positives = int(y[part].sum())
        if not 0 < positives < len(part):
            kind = "positive" if positives == 0 else "negative"
            raise TargetError(
                f"no {kind} row among the {len(part):,} {name} rows",
                "collect more rows, stratify the split or change the seed (--seed)",
            )
    return Split(train=train, test=test)


def folds(
    y: np.ndarray,
    train: np.ndarray,
    spec: SearchSpec,
    *,
    seed: int,
    groups: np.ndarray | None = None,
) -> tuple[Fold, ...]:
    """Cut the training rows into stratified folds, as often as asked.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_rows,)
        1 where the row is positive.
    train : numpy.ndarray of shape (n_train,)
        Row numbers of the training rows.
    spec : SearchSpec
        Number of folds and of repeats.
    seed : int
        The experiment's seed.
    groups : numpy.ndarray of shape (n_rows,) or None, default=None
        Rows of one group stay in one fold.

    Returns
    -------
    tuple of Fold
        ``folds * repeats`` of them, numbered over all rows.

    Raises
    ------
    TargetError
        If a class has fewer rows than there are folds.
    """
    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    inside = y[train]
    fewest = int(np.bincount(inside, minlength=2).min())
    if fewest < spec.folds:
        raise TargetError(
            f"{fewest} training rows of the rarer class cannot fill {spec.folds} folds",
            f"give {fewest} folds or fewer (--folds), or collect more of them"
            if fewest >= 2
            else "collect more of them: at least 2 must be left for training",
        )
    cut: list[Fold] = []
    for repeat in range(spec.repeats):
        kind = StratifiedKFold if groups is None else StratifiedGroupKFold
        splitter = kind(
            spec.folds, shuffle=True, random_state=child(seed, "folds", repeat)
        )
        parts = _parts(splitter, train, inside, groups)
        cut += [Fold(fit=train[fit], judge=train[judge]) for fit, judge in parts]
    for fold in cut:
        if not 0 < y[fold.judge].sum() < len(fold.judge):
            raise TargetError(
                "a fold would hold one class only",
                "give fewer folds (--folds), or another group column (--group)",
            )
    return tuple(cut)


def _parts(
    splitter: Any, train: np.ndarray, y: np.ndarray, groups: np.ndarray | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    try:
        return list(splitter.split(train, y, None if groups is None else groups[train]))
    except ValueError as error:
        raise TargetError(
            f"the training rows cannot be cut into folds: {error}",
            "give fewer folds (--folds), or another group column (--group)",
        ) from None


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
            parts, taken = _nearest_share(spec.test_size, len(np.unique(groups)))
            splitter = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
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


def _nearest_share(share: float, groups: int) -> tuple[int, int]:
    """Return into how many folds to cut, and how many of them are the test rows."""
    cuts = [(n, k) for n in range(2, min(10, groups) + 1) for k in range(1, n)]
    return min(cuts, key=lambda c: (round(abs(c[1] / c[0] - share), 9), c[0]))
