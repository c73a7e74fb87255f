"""How a column differs between a training file and a test file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Drift", "drift"]

LEAST = 0.15
"""Distance of two distributions from which on it is worth a word."""
LEAST_MISSING = 0.1
LEAST_UNSEEN = 0.02
FEWEST_UNSEEN = 5
CHANCE = 1.95
"""Kolmogorov-Smirnov: a distance that chance reaches once in a thousand times."""


@dataclass(frozen=True)
class Drift:
    """A large difference of one column.

    Attributes
    ----------
    distance : float
        Of numbers the largest distance of the two cumulative shares
        (Kolmogorov-Smirnov), of categories half the sum of the differences of shares;
        0 if it is small, or may be chance.
    unseen : int
        Test cells of a level that no training row has; 0 if they are few.
    missing : tuple of float or None
        Share of missing cells in train and test, if they are far apart.
    example : str
        A level that was never seen.
    """

    distance: float
    unseen: int
    missing: tuple[float, float] | None
    example: str = ""


def drift(
    train: np.ndarray,
    test: np.ndarray,
    values: np.ndarray,
    *,
    ordered: bool,
) -> Drift | None:
    """Compare a column's training rows with its test rows.

    Parameters
    ----------
    train, test : numpy.ndarray
        Position of each cell in `values`, -1 where missing.
    values : numpy.ndarray of shape (n_values,)
        The different values.
    ordered : bool
        Whether they are numbers, whose order counts.

    Returns
    -------
    Drift or None
        None if there is no large difference.

    Examples
    --------
    >>> import numpy as np
    >>> old, new = np.zeros(500, dtype=int), np.ones(500, dtype=int)
    >>> drift(old, new, np.array(["a", "b"]), ordered=False).unseen
    500
    """
    width = len(values)
    before = np.bincount(train[train >= 0], minlength=width)
    after = np.bincount(test[test >= 0], minlength=width)
    n, m = int(before.sum()), int(after.sum())
    distance, unseen, example = 0.0, 0, ""
    if n and m:
        p, q = before / n, after / m
        if ordered:
            order = np.argsort(values)
            distance = float(np.abs(np.cumsum((p - q)[order])).max())
            chance = CHANCE * np.sqrt((n + m) / (n * m))
        else:
            distance = float(np.abs(p - q).sum() / 2)
            chance = _by_chance(before + after, n, m)
            new = (before == 0) & (after > 0)
            unseen = int(after[new].sum())
            if unseen < max(FEWEST_UNSEEN, LEAST_UNSEEN * m):
                unseen = 0
            else:
                example = str(values[int(np.argmax(np.where(new, after, 0)))])
        if distance < max(LEAST, chance):
            distance = 0.0
    shares = (1 - n / max(1, len(train)), 1 - m / max(1, len(test)))
    missing = shares if abs(shares[0] - shares[1]) >= LEAST_MISSING else None
    if not distance and not unseen and missing is None:
        return None
    return Drift(distance, unseen, missing, example)


def _by_chance(counts: np.ndarray, n: int, m: int) -> float:
    """Return twice the distance that two samples of one distribution would have."""
    p = counts / counts.sum()
    spread = np.sqrt(2 / np.pi * p * (1 - p) * (1 / n + 1 / m))
    return float(spread.sum())
