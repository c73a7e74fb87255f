"""A stratified sample of a table that is too large to hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["SEED", "choose", "keeper"]

SEED = 42
FEWEST = 2
"""Rows of every class that a sample has, if there are so many."""


def choose(codes: np.ndarray, rows: int) -> np.ndarray:
    """Draw rows so that every class keeps its share.

    Parameters
    ----------
    codes : numpy.ndarray of shape (n_rows,)
        The class of each row; negative ones are a class of their own.
    rows : int
        How many to draw; all of them if there are no more.

    Returns
    -------
    numpy.ndarray
        Row numbers, in order.

    Examples
    --------
    >>> import numpy as np
    >>> drawn = choose(np.repeat([0, 1], [990, 10]), 100)
    >>> len(drawn), int((drawn >= 990).sum())
    (100, 2)
    """
    import numpy as np

    if rows >= len(codes):
        return np.arange(len(codes))
    classes, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    exact = counts * rows / len(codes)
    share = np.maximum(np.floor(exact).astype(int), np.minimum(FEWEST, counts))
    # The largest remainders get what is left; the largest classes give what is owed.
    for one in np.argsort(share - exact, kind="stable"):
        if share.sum() >= rows:
            break
        share[one] += share[one] < counts[one]
    while share.sum() > rows and share.max() > 1:
        share[share.argmax()] -= 1
    random = np.random.default_rng(SEED)
    drawn = [
        random.choice(np.flatnonzero(place == one), share[one], replace=False)
        for one in range(len(classes))
    ]
    return np.sort(np.concatenate(drawn))


def keeper(drawn: np.ndarray) -> Callable[[int, int], Any]:
    """Return what tells which rows of each part were drawn."""
    import numpy as np

    def keep(first: int, count: int) -> np.ndarray:
        low, high = np.searchsorted(drawn, [first, first + count])
        return drawn[low:high] - first

    return keep
