"""The draws behind the hold-out, as functions that an exported script can carry.

Each is complete in itself and uses numpy, pandas and scikit-learn only: a script gets
their source, so that it draws the very same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def draw(
    rows: np.ndarray, y: np.ndarray, share: float, seed: int, stratify: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Draw test rows with train_test_split; a class of one row is for training.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n,)
        Row numbers to draw from.
    y : numpy.ndarray of shape (n_rows,)
        The class of each row of the table.
    share : float
        Of the test rows.
    seed : int
    stratify : bool

    Returns
    -------
    train, test : numpy.ndarray
        Row numbers, in the order in which they were drawn.

    Raises
    ------
    ValueError
        scikit-learn's, if there are too few rows.

    Examples
    --------
    >>> import numpy as np
    >>> draw(np.arange(10), np.arange(10) % 2, 0.2, 0, True)[1].tolist()
    [8, 7]
    """
    import numpy as np
    from sklearn.model_selection import train_test_split

    counts = np.bincount(y[rows])
    alone = np.zeros(len(rows), dtype=bool)
    if stratify and len(counts) > 2:
        alone = counts[y[rows]] == 1
    train, test = train_test_split(
        rows[~alone],
        test_size=share,
        random_state=seed,
        stratify=y[rows[~alone]] if stratify else None,
    )
    return np.concatenate([train, rows[alone]]), test


def draw_units(
    units: np.ndarray, y: np.ndarray, share: float, seed: int, stratify: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Draw units of equal rows; then single rows change sides until counts are right.

    Parameters
    ----------
    units : numpy.ndarray of shape (n_rows,)
        Rows of one number stay on one side.
    y, share, seed, stratify
        As `draw` takes them.

    Returns
    -------
    train, test : numpy.ndarray
        Each row stands right behind the first of its unit. If every unit has one row
        they are those of `draw`.

    Raises
    ------
    ValueError
        scikit-learn's, if there are too few units.

    Examples
    --------
    >>> import numpy as np
    >>> units, y = np.arange(20) // 2, np.arange(20) % 4 // 2
    >>> draw_units(units, y, 0.2, 0, True)[1].tolist()
    [16, 17, 14, 15]
    """
    import numpy as np

    first, number = np.unique(units, return_index=True, return_inverse=True)[1:]
    train_units, test_units = draw(np.sort(first), y, share, seed, stratify)
    place = np.empty(len(first), dtype=np.int64)
    place[number[np.concatenate([train_units, test_units])]] = np.arange(len(first))
    order = np.argsort(place[number], kind="stable")
    end = int((place[number] < len(train_units)).sum())
    train, test = order[:end], order[end:]
    if len(first) == len(units):
        return train, test
    # Of each class as many test rows as if all rows had been drawn one by one.
    classes = y if stratify else np.zeros(len(y), dtype=np.int64)
    plain = draw(np.arange(len(y)), y, share, seed, stratify)[1]
    single = np.bincount(number)[number] == 1
    quota = np.bincount(classes[plain], minlength=int(classes.max()) + 1)
    for label, wanted in enumerate(quota):
        movable = single & (classes == label)
        over = int((classes[test] == label).sum() - wanted)
        if over > 0:
            moved = test[movable[test]][-over:]
            test = test[~np.isin(test, moved)]
            train = np.concatenate([train, moved])
        elif over < 0:
            moved = train[movable[train]][over:]
            train = train[~np.isin(train, moved)]
            test = np.concatenate([test, moved])
    return train, test


def draw_groups(
    groups: np.ndarray, y: np.ndarray, share: float, seed: int, stratify: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Draw whole groups so that rows, and rows of each class, come nearest the share.

    Parameters
    ----------
    groups : numpy.ndarray of shape (n_rows,)
        Rows of one number stay on one side.
    y, share, seed, stratify
        As `draw` takes them.

    Returns
    -------
    train, test : numpy.ndarray
        Row numbers, ascending.

    Examples
    --------
    >>> import numpy as np
    >>> groups, y = np.repeat([0, 1, 2, 3, 4], [10, 1, 4, 1, 4]), np.arange(20) % 2
    >>> draw_groups(groups, y, 0.2, 0, True)[1].tolist()
    [11, 12, 13, 14]
    """
    import numpy as np
    import pandas as pd

    number, known = pd.factorize(groups)
    classes = y if stratify else np.zeros(len(y), dtype=np.int64)
    counts = np.zeros((len(known), int(classes.max()) + 1))
    np.add.at(counts, (number, classes), 1)
    held = choose_groups(counts, share, seed)[number]
    return np.flatnonzero(~held), np.flatnonzero(held)


def choose_groups(counts: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Choose groups at random, then better the choice one or two groups at a time.

    Groups with the same counts are one kind, and the choice is how many to take of each
    kind, so that very many small groups cost no more than a few. Groups that have more
    rows, or more of a class, than the test rows should have are left out, unless
    nothing near the share can be had without them.

    Parameters
    ----------
    counts : numpy.ndarray of shape (n_groups, n_classes)
        Rows of each group and class.
    share : float
        Of the rows of each class to choose.
    seed : int

    Returns
    -------
    numpy.ndarray of shape (n_groups,), dtype bool

    Examples
    --------
    >>> import numpy as np
    >>> choose_groups(np.array([[50.0], [20.0], [20.0], [10.0]]), 0.1, 0).tolist()
    [False, False, False, True]
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    total = counts.sum(axis=0)
    counts, total = counts[:, total > 0], total[total > 0]
    quota = share * total
    kinds, kind, many = np.unique(
        counts, axis=0, return_inverse=True, return_counts=True
    )
    sizes = kinds.sum(axis=1)

    def loss(rows: np.ndarray) -> np.ndarray:
        """As chi-squared; a class that is missing on a side counts most."""
        missing = ((rows < 0.5) | (rows > total - 0.5)).sum(axis=-1)
        off = ((rows - quota) ** 2 / quota).sum(axis=-1)
        return np.asarray(off + missing * total.sum())

    def better(taken: np.ndarray, free: np.ndarray) -> bool:
        """Take more or fewer of one kind, or one of a kind in the place of another."""
        rows = taken @ kinds
        if (np.abs(rows - quota) < 1).all():
            return False
        step = (quota - rows) / quota @ kinds.T / (kinds**2 / quota).sum(axis=1)
        step = np.rint(step) + (np.rint(step) == 0) * np.sign(step)
        step = np.clip(step, -taken, free - taken)
        single = loss(rows + step[:, None] * kinds)
        best = int(single.argmin())
        if single[best] < loss(rows) - 1e-9:
            taken[best] += step[best]
            return True
        out, into = np.flatnonzero(taken > 0), np.flatnonzero(taken < free)
        out, into = (rng.permutation(among)[:300] for among in (out, into))
        if not len(out) or not len(into):
            return False
        pairs = loss(rows - kinds[out][:, None] + kinds[into][None])
        one, other = np.unravel_index(pairs.argmin(), pairs.shape)
        if pairs[one, other] >= loss(rows) - 1e-9:
            return False
        taken[out[one]] -= 1
        taken[into[other]] += 1
        return True

    small = (kinds <= np.ceil(quota)).all(axis=1) & (sizes <= np.ceil(quota.sum()))
    best_taken, least = np.zeros(len(kinds)), np.inf
    for free in (many * small, many):
        inside = min(1.0, quota.sum() / max(1.0, free @ sizes))
        for _ in range(5):  # starts
            taken = np.minimum(np.floor(free * inside + rng.random(len(kinds))), free)
            for _ in range(1000):  # steps, of which far fewer are needed
                if not better(taken, free):
                    break
            if loss(taken @ kinds) < least:
                best_taken, least = taken, float(loss(taken @ kinds))
        off = np.abs(best_taken @ kinds - quota).sum()
        if off <= 0.01 * quota.sum():
            break
    order = rng.permutation(len(counts))
    order = order[np.argsort(kind.ravel()[order], kind="stable")]
    rank = np.arange(len(order)) - np.repeat(np.cumsum(many) - many, many)
    chosen = np.zeros(len(counts), dtype=bool)
    chosen[order[rank < np.repeat(best_taken, many)]] = True
    return chosen
