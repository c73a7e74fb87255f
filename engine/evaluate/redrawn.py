"""Thresholds of least cost, chosen anew on redrawn out-of-fold rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.evaluate.arrays import Labels, Scores

__all__ = ["least_cost_thresholds"]

_CELLS = 30_000_000
_MOST, _FEWEST = 200, 50


def least_cost_thresholds(
    y: Labels,
    scores: Scores,
    *,
    cost_fn: float,
    cost_fp: float,
    seed: int,
    repeats: int = 1,
) -> npt.NDArray[np.float64]:
    """Choose the threshold of least cost again and again, on redrawn rows.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per out-of-fold score.
    scores : array of shape (n,)
        Out-of-fold scores, finite.
    cost_fn, cost_fp : float
        What a found positive saves, and what a false alarm costs.
    seed : int
        Seed of the draws, at least 0: the same for every arm.
    repeats : int, default=1
        How often the folds were drawn: `y` is the same rows so many times over, and a
        row is drawn with all its scores.

    Returns
    -------
    array of shape (draws,)
        200 thresholds (fewer, but 50, with very many rows); infinite where calling no
        row positive costs the least. Rows are drawn with replacement within each
        class [1]_.

    References
    ----------
    .. [1] Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their
       Application. Cambridge University Press, section 3.2 (several samples).

    Examples
    --------
    >>> y, scores = np.array([0] * 50 + [1] * 50), np.arange(100) / 100
    >>> found = least_cost_thresholds(y, scores, cost_fn=1, cost_fp=1, seed=0)
    >>> len(found), float(found.min())
    (200, 0.5)
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order].astype(np.float64)
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    worth = np.where(y[order] == 1, -cost_fn, cost_fp)
    rows = len(y) // repeats
    places = [np.flatnonzero(y[:rows] == k) for k in (0, 1)]
    draws = max(_FEWEST, min(_MOST, _CELLS // max(1, len(y))))
    generator = np.random.default_rng(seed)
    found = np.full(draws, np.inf)
    for draw in range(draws):
        counts = np.zeros(rows)
        for inside in places:
            picked = generator.integers(0, len(inside), len(inside))
            counts[inside] = np.bincount(picked, minlength=len(inside))
        paid = np.cumsum(worth * np.tile(counts, repeats)[order])[ends]
        best = int(np.argmin(paid))
        if paid[best] < 0:
            found[draw] = ranked[ends[best]]
    return found
