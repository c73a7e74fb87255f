"""Which rows of a resampled table are real: told by the samplers themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["SYNTHETIC", "origin"]

SYNTHETIC = -1
"""The origin of a row that no file held."""


def origin(sampler: Any, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return where each row after sampling comes from.

    Parameters
    ----------
    sampler : imbalanced-learn sampler
        Fitted, by its ``fit_resample`` on `before`.
    before : numpy.ndarray of shape (n_before, n_features)
        The rows it was given.
    after : numpy.ndarray of shape (n_after, n_features)
        The rows it returned.

    Returns
    -------
    numpy.ndarray of shape (n_after,), dtype int64
        The row number in `before`, or `SYNTHETIC`.

    Raises
    ------
    ValueError
        If the sampler neither selects rows nor appends to them.
    """
    indices = getattr(sampler, "sample_indices_", None)
    cleaner = getattr(sampler, "enn_", None) or getattr(sampler, "tomek_", None)
    if indices is None and cleaner is not None:
        # The over-sampler appends, then the cleaner selects among all of them.
        selected = np.asarray(cleaner.sample_indices_, dtype=np.int64)
        return np.where(selected < len(before), selected, SYNTHETIC)
    if getattr(sampler, "n_iter_", 0) == 1 and cleaner is not None:
        # Repeated ENN applies the order of its first round twice if it is the last.
        return np.asarray(cleaner.sample_indices_, dtype=np.int64)
    if indices is not None:
        return np.asarray(indices, dtype=np.int64)
    if len(after) >= len(before) and np.array_equal(after[: len(before)], before):
        added = np.full(len(after) - len(before), SYNTHETIC, dtype=np.int64)
        return np.concatenate([np.arange(len(before), dtype=np.int64), added])
    raise ValueError(f"{type(sampler).__name__} does not tell where its rows come from")
