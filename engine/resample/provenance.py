"""Which rows of a resampled table are real, and where a synthetic one lies.

The samplers themselves report it, or it is looked for. Samplers that interpolate put a
row between a row and one of its neighbours of the same class: among all segments
between a row and each of its neighbours the nearest is looked for, at no distance, but
for rounding, where the sampler interpolates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from scipy.spatial import cKDTree

from engine.features.encoding import BLOCK_ROWS

SYNTHETIC: Final = -1
"""The origin of a row that no file held."""

PAIRS: Final = 2_000_000
"""Pairs of a row and a segment that are looked at at a time."""
GATHERED: Final = 200_000
"""Pairs of which the distance is taken column by column at a time."""

_Key: TypeAlias = tuple[Any, bytes]


# Which rows are real ----------------------------------------------------------------


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
    real = np.flatnonzero(places != SYNTHETIC)
    blocks = [real[rows] for rows in _blocks(len(real))]
    unlike = [rows[~_alike(after[rows], before[places[rows]])] for rows in blocks]
    wrong = np.concatenate([real[:0], *unlike])
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
    if len(after) < count or not np.array_equal(labels_after[:count], labels):
        return False
    kept = after[:count]
    return all(_alike(kept[rows], before[rows]).all() for rows in _blocks(count))


def _blocks(rows: int) -> Iterator[slice]:
    """Cut rows into blocks, since a comparison copies what it compares."""
    return (slice(n, n + BLOCK_ROWS) for n in range(0, rows, BLOCK_ROWS))


def _alike(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which rows are equal in every column; missing is equal to missing."""
    both_missing = (rows != rows) & (others != others)
    return np.asarray(((rows == others) | both_missing).all(axis=1))


# Where a synthetic row lies ---------------------------------------------------------


def place(
    start: np.ndarray,
    end: np.ndarray,
    rows: np.ndarray,
    weight: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows lie on the line through two others, and where.

    Parameters
    ----------
    start, end : numpy.ndarray of shape (n_rows, n_features)
        The two others of each row.
    rows : numpy.ndarray of shape (n_rows, n_features)
    weight : numpy.ndarray of shape (n_rows,) or None, default=None
        Where they are said to lie. Borderline-2 goes a random part of its step only,
        so where that is not it, the place is measured.

    Returns
    -------
    on : numpy.ndarray of shape (n_rows,), dtype bool
        But for rounding, in every column.
    weight : numpy.ndarray of shape (n_rows,)
        0 is the start, 1 the end.

    Examples
    --------
    >>> start, end = np.zeros((2, 2)), np.full((2, 2), 4.0)
    >>> place(start, end, np.array([[1.0, 1.0], [1.0, 2.0]]))
    (array([ True, False]), array([0.25 , 0.375]))
    """
    largest = np.abs(start).max(axis=1) + np.abs(end).max(axis=1)
    near = 4 * precision(rows.dtype) * largest
    start = np.asarray(start, dtype=np.float64)
    along, apart = end - start, rows - start
    length = np.einsum("ij,ij->i", along, along)
    measured = np.einsum("ij,ij->i", apart, along) / np.where(length > 0, length, 1.0)
    if weight is None:
        weight = measured
    on_line = np.abs(apart - weight[:, None] * along).max(axis=1) <= near
    weight = np.where(on_line, weight, measured)
    return np.abs(apart - weight[:, None] * along).max(axis=1) <= near, weight


def precision(kind: np.dtype) -> float:
    """Return the rounding of numbers of a type; whole ones are taken for 64 bits."""
    return float(np.finfo(kind).eps) if kind.kind == "f" else 2.0**-52


def rounding(points: np.ndarray, rows: np.ndarray) -> float:
    """Return how far off a point may be that was calculated from rows.

    Parameters
    ----------
    points, rows : numpy.ndarray of shape (n, n_features)
        The less precise of their types is what was calculated in.

    Returns
    -------
    float
        Four units in the last place of the largest row: a difference, a product and
        a sum are rounded, and the sum is stored.
    """
    unit = max(precision(points.dtype), precision(rows.dtype))
    largest = max(_norms(a).max(initial=0.0) for a in (points, rows))
    return 4 * unit * float(largest)


def _norms(rows: np.ndarray) -> np.ndarray:
    wide = np.asarray(rows, dtype=np.float64)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", wide, wide)))


def nearest_rows(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the number of each point's nearest row.

    Examples
    --------
    >>> nearest_rows(np.array([[2.9], [0.4]]), np.array([[0.0], [3.0]]))
    array([1, 0])
    """
    tree = cKDTree(np.asarray(rows, dtype=np.float64), balanced_tree=False)
    places: np.ndarray = tree.query(np.asarray(points, dtype=np.float64))[1]
    return places.astype(np.int64)


def nearest_levels(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the number of the row that differs from each point in fewest columns.

    For categories: codes have an order that means nothing.

    Examples
    --------
    >>> nearest_levels(np.array([[9, 9, 1]]), np.array([[8, 8, 1], [0, 9, 1]]))
    array([1])
    """
    distinct, back = np.unique(points, axis=0, return_inverse=True)
    nearest = np.empty(len(distinct), dtype=np.int64)
    step = max(1, PAIRS // max(1, len(rows)))
    for begin in range(0, len(distinct), step):
        block = distinct[begin : begin + step]
        differing = np.zeros((len(block), len(rows)), dtype=np.int32)
        for column in range(rows.shape[1]):
            differing += block[:, column, None] != rows[None, :, column]
        nearest[begin : begin + step] = differing.argmin(axis=1)
    return np.asarray(nearest[back.ravel()])


class Segments(NamedTuple):
    """The nearest segment of each point.

    Attributes
    ----------
    first, second : numpy.ndarray of shape (n_points,), dtype int64
        Its ends: row numbers.
    weight : numpy.ndarray of shape (n_points,)
        Where on it is nearest to the point: 0 is its first end, 1 its second.
    distance : numpy.ndarray of shape (n_points,)
        How far that is.
    """

    first: np.ndarray
    second: np.ndarray
    weight: np.ndarray
    distance: np.ndarray


def nearest_segments(
    points: np.ndarray, rows: np.ndarray, neighbours: np.ndarray
) -> Segments:
    """Find the nearest segment between a row and one of its neighbours.

    A point on a segment is within half its length of its middle: a tree of the points
    finds those few. For a point on no segment, all of them are compared.

    Parameters
    ----------
    points : numpy.ndarray of shape (n_points, n_features)
    rows : numpy.ndarray of shape (n_rows, n_features)
    neighbours : numpy.ndarray of shape (n_rows, n_neighbors), dtype int
        Row numbers of each row's neighbours, one at least.

    Returns
    -------
    Segments
        Of those at the same distance the one that comes first.

    Examples
    --------
    >>> rows = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 8.0]])
    >>> points = np.array([[1.0, 0.0], [0.0, 6.0]])
    >>> nearest_segments(points, rows, np.array([[1], [0], [0]]))[:3]
    (array([0, 2]), array([1, 0]), array([0.25, 0.25]))
    """
    first, second = _distinct(neighbours)
    error = rounding(points, rows)
    centre = rows.mean(axis=0, dtype=np.float64)
    queries, ends = points - centre, rows - centre
    best = _Best(queries, ends, first, second)
    for pairs in _within_reach(best, error):
        best.compare(*pairs)
    off = np.flatnonzero(~(best.distance <= error))
    if off.size:
        best.search(off)
    chosen = best.segment
    return Segments(first[chosen], second[chosen], best.weight, best.distance)


def _distinct(neighbours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends of every segment once."""
    count, width = neighbours.shape
    first = np.repeat(np.arange(count, dtype=np.int64), width)
    second = np.asarray(neighbours, dtype=np.int64).ravel()
    low, high = np.minimum(first, second), np.maximum(first, second)
    first_uses = np.sort(np.unique(low * count + high, return_index=True)[1])
    return first[first_uses], second[first_uses]


class _Best:
    """The nearest segment of each point that was met so far."""

    def __init__(
        self,
        points: np.ndarray,
        rows: np.ndarray,
        first: np.ndarray,
        second: np.ndarray,
    ) -> None:
        self.points, self.rows = points, rows
        self.first, self.second = first, second
        self.segment = np.zeros(len(points), dtype=np.int64)
        self.weight = np.zeros(len(points))
        self.distance = np.full(len(points), np.inf)

    def compare(self, point: np.ndarray, segment: np.ndarray) -> None:
        """Take the distance of some pairs, column by column."""
        start = self.rows[self.first[segment]]
        along = self.rows[self.second[segment]] - start
        apart = self.points[point] - start
        length = np.einsum("ij,ij->i", along, along)
        reach = np.einsum("ij,ij->i", apart, along)
        # Two rows that are equal have one place between them.
        weight = np.clip(reach / np.where(length > 0, length, 1.0), 0.0, 1.0)
        apart -= weight[:, None] * along
        distance = np.sqrt(np.einsum("ij,ij->i", apart, apart))
        order = np.lexsort((segment, distance, point))
        leads = np.ones(len(order), dtype=bool)
        leads[1:] = np.diff(point[order]) > 0
        order = order[leads]
        order = order[distance[order] < self.distance[point[order]]]
        here = point[order]
        self.segment[here] = segment[order]
        self.weight[here] = weight[order]
        self.distance[here] = distance[order]

    def search(self, points: np.ndarray) -> None:
        """Compare some points with every segment, by one matrix product a block."""
        start = self.rows[self.first]
        along = self.rows[self.second] - start
        length = np.einsum("ij,ij->i", along, along)
        offset = np.einsum("ij,ij->i", start, along)
        squares = np.einsum("ij,ij->i", start, start)
        safe = np.where(length > 0, length, 1.0)
        step = max(1, PAIRS // len(self.first))
        for begin in range(0, len(points), step):
            block = points[begin : begin + step]
            with_rows = self.points[block] @ self.rows.T
            with_start = with_rows[:, self.first]
            reach = with_rows[:, self.second] - with_start - offset
            weight = np.clip(reach / safe, 0.0, 1.0)
            # Half of what differs from segment to segment in the squared distance.
            apart = squares / 2 - with_start - weight * (reach - weight * length / 2)
            self.compare(block, apart.argmin(axis=1))


def _within_reach(best: _Best, error: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the points and segments that may touch, but for `error`."""
    tree = cKDTree(best.points, balanced_tree=False)
    start, end = best.rows[best.first], best.rows[best.second]
    middles, radii = (start + end) / 2, _norms(end - start) / 2 + 2 * error
    step = max(1, PAIRS // len(best.points))
    for begin in range(0, len(middles), step):
        some = slice(begin, begin + step)
        inside = tree.query_ball_point(middles[some], radii[some], return_sorted=False)
        counts = [len(near) for near in inside]
        point = np.fromiter(chain.from_iterable(inside), np.int64, sum(counts))
        segment = np.repeat(np.arange(begin, begin + len(counts)), counts)
        for cut in range(0, len(point), GATHERED):
            yield point[cut : cut + GATHERED], segment[cut : cut + GATHERED]
