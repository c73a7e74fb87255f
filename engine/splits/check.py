"""A check of the hold-out after it was drawn: whether it represents the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.core.seeds import child
from engine.data.duplicates import most_copies, units_of_copies
from engine.splits.holdout import POINT

if TYPE_CHECKING:
    from engine.core.experiment import SplitSpec
    from engine.data.roles import Dataset
    from engine.splits.holdout import Split

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
    fix = "use another seed"
    if dataset.groups is not None:
        fix = "use another group column or another seed"
    notes = _classes(dataset, split, fix) if spec.stratify else []
    auc, p = separation(dataset, split, spec, seed=seed)
    if auc > SEPARATES and p < P_VALUE:
        notes.append(
            "the test rows do not represent the table: a small classifier separates "
            f"them from the training rows (ROC AUC {auc:.2f}, where 0.5 is chance); "
            f"{fix}"
        )
    return tuple(notes)


def _classes(dataset: Dataset, split: Split, fix: str) -> list[str]:
    """Note the class whose share of the test rows is furthest from that of the table.

    A class of one row or unit, which is for training, is noted by the split.
    """
    y, labels = dataset.y, dataset.labels
    test = np.bincount(y[split.test], minlength=len(labels))
    every = np.bincount(y, minlength=len(labels))
    off = test / len(split.test) - every / len(y)
    if np.abs(off).max() <= max(POINT, 1 / len(split.test)):
        return []
    k = 1 if len(labels) == 2 else int(np.abs(off).argmax())
    return [
        f"{100 * test[k] / len(split.test):.3g}% of the test rows are {labels[k]!r}, "
        f"but {100 * every[k] / len(y):.3g}% of the table; {fix}"
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
        _some(rows, units, max(most, FEWEST), rng) for rows in (split.train, split.test)
    ]
    if min(map(len, sides)) < FEWEST or not columns:
        return 0.5, 1.0
    is_test = np.repeat([0, 1], list(map(len, sides)))
    cells = _codes(dataset, np.concatenate(sides))
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


def _some(
    rows: np.ndarray, units: np.ndarray | None, most: int, rng: np.random.Generator
) -> np.ndarray:
    """Return up to so many rows, one of each unit."""
    rows = rng.permutation(rows)
    if units is not None:
        rows = rows[np.sort(np.unique(units[rows], return_index=True)[1])]
    return rows[:most]


def _codes(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return the rank of each cell among its column's; a missing one is the lowest."""
    import pandas as pd

    part = dataset.frame.iloc[rows]
    return np.column_stack(
        [pd.factorize(part.iloc[:, at], sort=True)[0] for at in range(part.shape[1])]
    ).astype(np.float32)
