"""Which rows of a resampled table are real, as reported by the samplers themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np

SYNTHETIC: Final = -1
"""The origin of a row that no file held."""

_Key: TypeAlias = tuple[Any, bytes]


def origin(
    sampler: Any,
    before: np.ndarray,
    labels: np.ndarray,
    after: np.ndarray,
    labels_after: np.ndarray,
) -> np.ndarray:
    """Return where each row after sampling comes from.

    A sampler that names the rows it selects is believed where the rows agree, one
    that appends to the rows it was given as well. Whatever else a sampler does, a row
    equal to one it was given, in every column and in its class, is that row (equal
    rows in turn), and any other is synthetic. The centroids of `ClusterCentroids` are
    synthetic, unless it votes for real rows.

    Parameters
    ----------
    sampler : imbalanced-learn sampler
        Fitted, by its ``fit_resample`` on `before`.
    before : numpy.ndarray of shape (n_before, n_features)
        The rows it was given.
    labels : numpy.ndarray of shape (n_before,)
        Their classes.
    after : numpy.ndarray of shape (n_after, n_features)
        The rows it returned.
    labels_after : numpy.ndarray of shape (n_after,)
        Their classes.

    Returns
    -------
    numpy.ndarray of shape (n_after,), dtype int64
        The row number in `before`, or `SYNTHETIC`.

    Examples
    --------
    >>> from imblearn.over_sampling import SMOTE
    >>> X, y = np.arange(12.0).reshape(6, 2), np.array([0, 0, 0, 0, 1, 1])
    >>> sampler = SMOTE(k_neighbors=1, random_state=0)
    >>> origin(sampler, X, y, *sampler.fit_resample(X, y))
    array([ 0,  1,  2,  3,  4,  5, -1, -1])
    """
    if getattr(sampler, "voting_", None) == "soft":
        return _kept_classes(sampler, labels)
    indices = selected_rows(sampler, len(after))
    if indices is None and _appended(before, labels, after, labels_after):
        indices = np.arange(len(after), dtype=np.int64)
    if indices is None:
        return match_rows(after, labels_after, before, labels)
    places = np.where(indices < len(before), indices, SYNTHETIC)
    # A smoothed bootstrap names the row that it jitters: the row is not that one.
    wrong = np.flatnonzero(places != SYNTHETIC)
    wrong = wrong[~_alike(after[wrong], before[places[wrong]])]
    places[wrong] = match_rows(after[wrong], labels_after[wrong], before, labels)
    return places


def selected_rows(sampler: Any, count: int) -> np.ndarray | None:
    """Return the row numbers that a sampler names for the rows it returned.

    Parameters
    ----------
    sampler : imbalanced-learn sampler
        Fitted.
    count : int
        Rows it returned.

    Returns
    -------
    numpy.ndarray of shape (count,), dtype int64, or None
        Among the rows it was given followed by those it appended, if any; None if it
        does not tell.
    """
    named = getattr(sampler, "sample_indices_", None)
    cleaner = getattr(sampler, "enn_", None) or getattr(sampler, "tomek_", None)
    if cleaner is not None and (named is None or getattr(sampler, "n_iter_", 0) == 1):
        # An over-sampler appends, then a cleaner selects among all of them. And
        # repeated ENN applies the order of its first round twice if it is the last.
        named = getattr(cleaner, "sample_indices_", None)
    if named is None:
        return None
    indices = np.asarray(named).ravel()
    if len(indices) != count or indices.dtype.kind not in "iu":
        return None
    return indices.astype(np.int64)


def match_rows(
    rows: np.ndarray, labels: np.ndarray, among: np.ndarray, among_labels: np.ndarray
) -> np.ndarray:
    """Find rows among others, equal in every column and in their class.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n_rows, n_features)
    labels : numpy.ndarray of shape (n_rows,)
    among : numpy.ndarray of shape (n_others, n_features)
    among_labels : numpy.ndarray of shape (n_others,)

    Returns
    -------
    numpy.ndarray of shape (n_rows,), dtype int64
        The number of an equal row, -1 if there is none. Rows that are asked for
        several times get those that are equal in turn.

    Examples
    --------
    >>> among = np.array([[1.0], [2.0], [1.0]])
    >>> same = np.zeros(3, dtype=int)
    >>> match_rows(np.array([[1.0], [1.0], [3.0]]), same, among, same)
    array([ 0,  2, -1])
    """
    if len(rows) == 0:
        return np.empty(0, dtype=np.int64)
    wanted = list(_keys(rows, labels, among.dtype))
    places: dict[_Key, list[int]] = {key: [] for key in wanted}
    for number, key in enumerate(_keys(among, among_labels, among.dtype)):
        if key in places:
            places[key].append(number)
    uses: Counter[_Key] = Counter()
    origins = np.full(len(rows), SYNTHETIC, dtype=np.int64)
    for position, key in enumerate(wanted):
        equal = places[key]
        if equal:
            origins[position] = equal[uses[key] % len(equal)]
            uses[key] += 1
    return origins


def _keys(rows: np.ndarray, labels: np.ndarray, dtype: Any) -> Iterator[_Key]:
    # Adding 0 turns -0.0 into 0.0, of which the bytes differ.
    plain = np.ascontiguousarray(rows, dtype=dtype) + np.zeros(1, dtype=dtype)
    return zip(labels.tolist(), map(bytes, plain), strict=True)


def _kept_classes(sampler: Any, labels: np.ndarray) -> np.ndarray:
    """Return the rows of the classes that were left alone, in the order of classes."""
    parts = []
    for label in np.unique(labels):
        count = sampler.sampling_strategy_.get(label)
        rows = np.flatnonzero(labels == label)
        parts.append(rows if count is None else np.full(count, SYNTHETIC))
    return np.concatenate(parts).astype(np.int64)


def _appended(
    before: np.ndarray, labels: np.ndarray, after: np.ndarray, labels_after: np.ndarray
) -> bool:
    count = len(before)
    return (
        len(after) >= count
        and np.array_equal(labels_after[:count], labels)
        and bool(_alike(after[:count], before).all())
    )


def _alike(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which rows are equal in every column; missing is equal to missing."""
    alike: np.ndarray = ((rows == others) | ((rows != rows) & (others != others))).all(
        axis=1
    )
    return alike
