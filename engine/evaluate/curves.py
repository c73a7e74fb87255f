"""Counts at every threshold worth showing: what curves and sliders are made of."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import confusion_matrix_at_thresholds

from engine.evaluate.arrays import Labels, Scores

__all__ = ["MOST_POINTS", "sweep"]

MOST_POINTS = 1000


def sweep(
    y: Labels, scores: Scores, *, most: int = MOST_POINTS
) -> tuple[tuple[float, int, int], ...]:
    """Return false and true positives from the highest threshold to the lowest.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
        One score per row, finite.
    most : int, default=1000
        Points at most. Where there are more distinct scores, those are kept that
        are spread evenly over the rows found and over the rows alarmed.

    Returns
    -------
    tuple of (float, int, int)
        Threshold, false positives, true positives; a row is called positive at or
        above the threshold. The first and the last distinct score are kept.

    Examples
    --------
    >>> sweep(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.4, 0.9]))
    ((0.9, 0, 1), (0.4, 1, 2), (0.1, 2, 2))
    """
    _, fp, _, tp, thresholds = confusion_matrix_at_thresholds(y, scores, pos_label=1)
    kept = np.arange(len(thresholds))
    if len(kept) > most:
        half = most // 2
        kept = np.union1d(_spread(tp, half), _spread(fp + tp, most - half))
    return tuple((float(thresholds[i]), int(fp[i]), int(tp[i])) for i in kept.tolist())


def _spread(counts: np.ndarray, most: int) -> np.ndarray:
    """Return positions whose growing counts lie evenly, both ends among them."""
    wanted = np.linspace(counts[0], counts[-1], most)
    return np.unique(np.searchsorted(counts, wanted).clip(0, len(counts) - 1))
