"""The line between two real rows on which a synthetic row lies, if none is reported.

Samplers that interpolate put a row between a row and one of its neighbours of the
same class. So among all lines between a row and each of its neighbours the nearest is
looked for: at no distance, but for rounding, where the sampler interpolates.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

PAIRS: Final = 2_000_000
"""Pairs of a row and a segment that are looked at at a time."""
GATHERED: Final = 200_000
"""Pairs of which the distance is taken column by column at a time."""


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
    unit = float(np.finfo(rows.dtype).eps) if rows.dtype.kind == "f" else 2.0**-52
    near = 4 * unit * (np.abs(start).max(axis=1) + np.abs(end).max(axis=1))
    start = np.asarray(start, dtype=np.float64)
    along, apart = end - start, rows - start
    length = np.einsum("ij,ij->i", along, along)
    measured = np.einsum("ij,ij->i", apart, along) / np.where(length > 0, length, 1.0)
    if weight is None:
        weight = measured
    on_line = np.abs(apart - weight[:, None] * along).max(axis=1) <= near
    weight = np.where(on_line, weight, measured)
    return np.abs(apart - weight[:, None] * along).max(axis=1) <= near, weight


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
    kinds = [a.dtype for a in (points, rows) if a.dtype.kind == "f"]
    unit = max((float(np.finfo(kind).eps) for kind in kinds), default=2.0**-52)
    largest = max(_norms(a).max(initial=0.0) for a in (points, rows))
    return 4 * unit * float(largest)


def _norms(rows: np.ndarray) -> np.ndarray:
    wide = np.asarray(rows, dtype=np.float64)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", wide, wide)))


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
