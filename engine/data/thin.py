"""Negatives that are kept to fit models on, drawn by the number of their row.

A row is kept or not whatever else is read, in whatever order and by how many: its
number decides. Each function is complete in itself, so that a script can carry it.

References
----------
Wang, Zhang and Wang 2021, Nonuniform negative sampling and log odds correction with
rare events data, NeurIPS 34 (what negatives tell is bounded by the positives); Steele,
Lea and Flood 2014, doi:10.1145/2714064.2660195 (the mixing of bits).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def uniform(numbers: np.ndarray, seed: int) -> np.ndarray:
    """Return a number in [0, 1) for each row, by SplitMix64 of its number.

    Parameters
    ----------
    numbers : numpy.ndarray of shape (n_rows,)
        Row numbers, 0 or more.
    seed : int
        In [0, 2**63).

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype float64

    Examples
    --------
    >>> import numpy as np
    >>> uniform(np.array([0, 1, 2]), 7).round(3).tolist()
    [0.132, 0.499, 0.147]
    """
    import numpy as np

    with np.errstate(over="ignore"):
        z = np.asarray(numbers).astype(np.uint64)
        z = (z + np.uint64(1) + np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)) * (
            np.uint64(0x9E3779B97F4A7C15)
        )
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return np.asarray((z >> np.uint64(11)).astype(np.float64) * 2.0**-53)
