"""Nearest neighbours, the same as scikit-learn's and in a fraction of the time.

The cleaners of imbalanced-learn ask for the nearest rows of every row, and with more
than 15 columns scikit-learn compares each row with each other. Here a k-d tree over
the principal axes answers, where it prunes; where it does not, it still gives an
upper bound of each answer in little time, and one matrix product in 32 bits finds the
few pairs within that bound, of which the distances are then taken exactly. Rows at
the same distance are ordered by how scikit-learn happens to round and to order
them, so those questions are asked of scikit-learn itself.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from imblearn.under_sampling import AllKNN, EditedNearestNeighbours, TomekLinks
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors
from sklearn.neighbors._base import KNeighborsMixin

Answer: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Distances and row numbers, both of shape (n_queries, n_neighbors)."""

SMALL: Final = 2_000
"""Fewer rows are not worth a tree."""
AMBIGUOUS: Final = 0.3
SAMPLE: Final = 256
"""scikit-learn is asked everything if more than this share of a sample is tied."""
TIE: Final = 1e-7
_SAME_ORDER: Final = 1_025
"""scikit-learn orders ties in one way up to 1,024 questions, in another beyond."""


class ExactNeighbors(KNeighborsMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """Find the rows that `sklearn.neighbors.NearestNeighbors` finds.

    The first neighbour and the set of all are the same; among the others, those at
    the same distance may come in another order. One thread is used, and memory for a
    copy of the rows.

    Parameters
    ----------
    n_neighbors : int, default=5
        How many; the row itself counts if it is among those fitted.
    n_jobs : int or None, default=None
        Taken since imbalanced-learn sets it; changes nothing.

    Attributes
    ----------
    method_ : {"stock", "tree", "pairs"}
        What answers: scikit-learn, the tree, or the product of all pairs.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(3_000, 4))
    >>> search = ExactNeighbors(n_neighbors=3).fit(rows)
    >>> search.method_, search.kneighbors(rows[:1], return_distance=False)[0, 0]
    ('tree', np.int64(0))
    """

    def __init__(self, n_neighbors: int = 5, *, n_jobs: int | None = None) -> None:
        self.n_neighbors = n_neighbors
        self.n_jobs = n_jobs

    def fit(self, X: np.ndarray, y: Any = None) -> ExactNeighbors:
        """Keep the rows among which neighbours are looked for.

        Parameters
        ----------
        X : array of shape (n_rows, n_features)
        y : ignored
            Only here for scikit-learn's sake.

        Returns
        -------
        ExactNeighbors
            The fitted object itself.
        """
        self._stock = NearestNeighbors(n_neighbors=self.n_neighbors).fit(X)
        self.n_samples_fit_ = self._stock.n_samples_fit_
        self.n_features_in_ = self._stock.n_features_in_
        self._axes = Axes.of(X) if self.n_samples_fit_ >= SMALL else None
        self.method_ = self._choose()
        return self

    def kneighbors(
        self,
        X: np.ndarray | None = None,
        n_neighbors: int | None = None,
        return_distance: bool = True,
    ) -> Any:
        """Return the nearest rows of each query, nearest first.

        Parameters
        ----------
        X : array of shape (n_queries, n_features) or None, default=None
            None asks for each fitted row's neighbours other than itself.
        n_neighbors : int or None, default=None
            How many, if not as many as given at first.
        return_distance : bool, default=True
            Whether to return the distances, too.

        Returns
        -------
        distances : numpy.ndarray of shape (n_queries, n_neighbors)
            Only if wanted.
        indices : numpy.ndarray of shape (n_queries, n_neighbors)
        """
        wanted = self.n_neighbors if n_neighbors is None else n_neighbors
        axes = self._axes
        points = None if X is None or axes is None else axes.rotated(X)
        if points is None or axes is None or wanted + 1 >= self.n_samples_fit_ // 2:
            return self._stock.kneighbors(X, wanted, return_distance)
        distances, indices = self._answer(axes, X, points, wanted)
        return (distances, indices) if return_distance else indices

    def _choose(self) -> str:
        if self._axes is None:
            return "stock"
        count = self.n_neighbors + 1
        tree = self._axes.tree_cost(count)
        return "tree" if tree <= self._axes.pairs_cost(count) else "pairs"

    def _answer(self, axes: Axes, X: Any, points: np.ndarray, wanted: int) -> Answer:
        if len(points) > 4 * SAMPLE:
            some = points[:: len(points) // SAMPLE]
            answer = self._search(axes, some, wanted + 1)
            if answer is None or answer[2].mean() > AMBIGUOUS:
                return self._ask_stock(X, wanted)
        answer = self._search(axes, points, wanted + 1)
        if answer is None:
            return self._ask_stock(X, wanted)
        distances, indices, tied = answer
        if tied.any():
            again = np.flatnonzero(tied)
            padded = again
            if len(again) < _SAME_ORDER <= len(points):
                padded = np.resize(again, _SAME_ORDER)
            again_distances, named = self._ask_stock(np.asarray(X)[padded], wanted)
            distances[again] = again_distances[: len(again)]
            indices[again] = named[: len(again)]
        return distances, indices

    def _search(
        self, axes: Axes, points: np.ndarray, count: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return all neighbours but the last, and where rounding would tell them.

        The last only shows whether the one before it has a rival.
        """
        if self.method_ == "tree":
            distances, indices = axes.nearest(points, count)
        else:
            answer = axes.within(points, count)
            if answer is None:
                return None
            distances, indices = answer
        rounding = axes.rounding(points)
        squares = distances**2
        tied = squares[:, -1] - squares[:, -2] <= TIE * squares[:, -1] + rounding
        if count > 2:
            tied |= squares[:, 1] - squares[:, 0] <= TIE * squares[:, 1] + rounding
        return distances[:, :-1], indices[:, :-1], tied

    def _ask_stock(self, X: Any, wanted: int) -> Answer:
        """Ask scikit-learn."""
        distances, indices = self._stock.kneighbors(X, wanted)
        return distances.astype(np.float64, copy=False), indices


# Cleaners of imbalanced-learn that do not take a search: what they decide is left to
# their own code, only who finds the neighbours is not.


class SearchingTomekLinks(TomekLinks):  # type: ignore[misc]  # untyped
    """Tomek links among the neighbours that a search finds.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(60, 2)), np.repeat([0, 1], [50, 10])
    >>> ours, _ = SearchingTomekLinks().fit_resample(X, y)
    >>> stock, _ = TomekLinks().fit_resample(X, y)
    >>> len(ours) < 60, np.array_equal(ours, stock)
    (True, True)
    """

    def _fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        search = ExactNeighbors(2).fit(X)
        nearest = search.kneighbors(X, return_distance=False)[:, 1]
        links = self.is_tomek(y, nearest, self.sampling_strategy_)
        self.sample_indices_ = np.flatnonzero(np.logical_not(links))
        return X[self.sample_indices_], y[self.sample_indices_]


class SearchingAllKNN(AllKNN):  # type: ignore[misc]  # untyped
    """All-KNN among the neighbours that a search finds.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(60, 2)), np.repeat([0, 1], [50, 10])
    >>> ours, _ = SearchingAllKNN().fit_resample(X, y)
    >>> stock, _ = AllKNN().fit_resample(X, y)
    >>> len(ours) < 60, np.array_equal(ours, stock)
    (True, True)
    """

    def _validate_estimator(self) -> None:
        super()._validate_estimator()
        self.enn_ = _SearchingENN(
            sampling_strategy=self.sampling_strategy,
            n_neighbors=self.n_neighbors,
            kind_sel=self.kind_sel,
        )


class _SearchingENN(EditedNearestNeighbours):  # type: ignore[misc]  # untyped
    """Edited nearest neighbours whose number of them is set from outside."""

    def _validate_estimator(self) -> None:
        self.nn_ = ExactNeighbors(self.n_neighbors + 1)


# Rows along their principal axes ----------------------------------------------------


LEAF: Final = 40
LOOSE: Final = 3.0
"""How far beyond the truth, as a share, the tree's upper bound may lie."""
CROWD: Final = 512
"""Pairs within the bound, per question, above which the bound is of no use."""
LEAF_COST, LEAF_COST_COLUMN = 350.0, 12.0
PAIR_COST, PAIR_COST_COLUMN, PAIRS_COST = 0.2, 0.021, 3_000.0
CANDIDATE_COST, CANDIDATE_COST_COLUMN = 60.0, 1.5
"""Nanoseconds for a leaf, a pair and a pair within the bound, once and per column, and
for a question of all pairs: measured once on eleven tables, on an idle machine and on
a busy one, so that no choice depends on a clock."""
SHARES: Final = (0.25, 0.375, 0.5, 0.625, 0.75, 0.875)
"""Of the axes, the first of which may be enough to rule nearly all pairs out."""
SAMPLED_ROWS: Final = 48
LARGEST: Final = 1e15
"""Norm beyond which 32 bits are not tried."""
QUERIES, ROWS = 128, 8_192
"""Shape of a block of pairs: 4 MB, so that it stays in a core's cache."""


class Axes:
    """Rows along their principal axes, and the ways to search them.

    A tree asks least where the rows fill few dimensions. Elsewhere the product of all
    pairs in 32 bits, a block at a time, finds the few pairs within a bound.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n_rows, n_features), dtype float64
        Finite ones.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(500, 3))
    >>> axes = Axes.of(rows)
    >>> asked = axes.rotated(rows[:9])
    >>> bool((axes.nearest(asked, 2)[1] == axes.within(asked, 2)[1]).all())
    True
    """

    def __init__(self, rows: np.ndarray) -> None:
        self._largest_given = float(np.einsum("ij,ij->i", rows, rows).max())
        self._centre = rows.mean(axis=0)
        moved = rows - self._centre
        # The largest spread first: distances are summed in this order.
        self._turn = np.linalg.eigh(moved.T @ moved)[1][:, ::-1]
        turned = moved @ self._turn
        self._norm = float(np.sqrt(np.einsum("ij,ij->i", moved, moved).max()))
        # Indicators of one category add up to one: an axis on which nothing differs.
        used = np.flatnonzero(np.abs(turned).max(axis=0) > self._flat)
        self._used = int(used.max(initial=0)) + 1
        self._turned = np.ascontiguousarray(turned[:, : self._used])
        self._tree = cKDTree(self._turned, leafsize=LEAF, balanced_tree=False)
        self._narrow: np.ndarray | None = None
        self._leading = self._used

    @classmethod
    def of(cls, X: Any) -> Axes | None:
        """Return them, or None if the rows are nothing to calculate with."""
        if not isinstance(X, np.ndarray) or X.dtype.kind != "f" or not X.shape[1]:
            return None
        rows = np.asarray(X, dtype=np.float64)
        if not np.isfinite(rows).all() or np.abs(rows).max() > LARGEST:
            return None
        return cls(rows)

    def rotated(self, X: Any) -> np.ndarray | None:
        """Return queries along the same axes.

        None if they are nothing to calculate with, or lie outside of the axes.
        """
        rows = np.asarray(X, dtype=np.float64)
        if not np.isfinite(rows).all() or np.abs(rows).max(initial=0) > LARGEST:
            return None
        turned: np.ndarray = (rows - self._centre) @ self._turn
        if (np.abs(turned[:, self._used :]) > self._flat).any():
            return None
        return turned[:, : self._used]

    @property
    def _flat(self) -> float:
        """How far along an axis is nowhere: lost in the rounding of 64 bits."""
        return 1e-11 * self._norm

    def rounding(self, points: np.ndarray) -> np.ndarray:
        """Bound the errors of 64 bits in a squared distance, here and there.

        scikit-learn takes |x|² - 2xy + |y|² of the rows as given; our turning them
        adds an error of the same kind.
        """
        features = len(self._centre)
        queries = np.einsum("ij,ij->i", points, points)
        largest = 2 * (queries + self._norm**2) + 4 * self._largest_given
        error: np.ndarray = 4 * (features + 4) * np.finfo(np.float64).eps * largest
        return error

    def nearest(self, points: np.ndarray, count: int, slack: float = 0.0) -> Answer:
        """Ask the tree."""
        distances, indices = self._tree.query(points, count, eps=slack)
        if count == 1:
            return distances[:, None], indices[:, None]
        return distances, indices

    def tree_cost(self, count: int) -> float:
        """Return about how many nanoseconds the tree takes for a question."""
        sample = self._turned[:: max(1, len(self._turned) // SAMPLED_ROWS)]
        radius = self.nearest(sample, count, LOOSE)[0][:, -1]
        low, high = self._cells()
        met = []
        for row, r in zip(sample, radius, strict=True):
            outside = np.maximum(np.maximum(low - row, row - high), 0)
            met.append(np.count_nonzero(np.square(outside).sum(axis=1) <= r * r))
        return float(np.mean(met)) * (LEAF_COST + LEAF_COST_COLUMN * self._used)

    def pairs_cost(self, count: int) -> float:
        """Return about how many nanoseconds all pairs take for a question.

        How many axes rule out the most pairs for the least work is found by a sample
        and kept for `within`.
        """
        rows = self._turned.astype(np.float32)
        sample = self._turned[:: max(1, len(rows) // SAMPLED_ROWS)]
        squares = self.nearest(sample, count, LOOSE)[0][:, -1] ** 2
        each = CANDIDATE_COST + CANDIDATE_COST_COLUMN * self._used
        costs: dict[int, float] = {}
        for axes in {round(s * self._used) for s in SHARES} - {0} | {self._used}:
            part = rows[:, :axes]
            half = np.einsum("ij,ij->i", part, part) / 2
            near = sample[:, :axes].astype(np.float32)
            own = np.einsum("ij,ij->i", near, near) / 2
            within = near @ part.T - half >= (own - squares / 2)[:, None]
            pair = PAIR_COST + PAIR_COST_COLUMN * axes
            hits = np.count_nonzero(within) / len(sample)
            costs[axes] = PAIRS_COST + len(rows) * pair + hits * each
        self._leading = min(costs, key=lambda axes: (costs[axes], axes))
        return costs[self._leading]

    def _cells(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners of the leaves as the tree sees them: by its cuts."""
        corners: list[tuple[np.ndarray, np.ndarray]] = []
        nodes = [(self._tree.tree, self._tree.mins, self._tree.maxes)]
        while nodes:
            node, low, high = nodes.pop()
            if node.split_dim == -1:
                corners.append((low, high))
                continue
            cut_low, cut_high = low.copy(), high.copy()
            cut_high[node.split_dim] = cut_low[node.split_dim] = node.split
            nodes += [(node.lesser, low, cut_high), (node.greater, cut_low, high)]
        lows, highs = zip(*corners, strict=True)
        return np.array(lows), np.array(highs)

    def within(self, points: np.ndarray, count: int) -> Answer | None:
        """Compare all pairs; None if the bound leaves too many of them."""
        bound = self.nearest(points, count, LOOSE)[0][:, -1]
        distances = np.empty((len(points), count))
        indices = np.empty((len(points), count), dtype=np.int64)
        buffer = np.empty((QUERIES, ROWS), dtype=np.float32)
        for start in range(0, len(points), QUERIES):
            some = slice(start, start + QUERIES)
            pairs = self._pairs(points[some], bound[some], buffer)
            if pairs is None:
                return None
            query, row = pairs
            apart = points[some][query] - self._turned[row]
            squares = np.einsum("ij,ij->i", apart, apart)
            order = np.lexsort((squares, query))
            first = np.searchsorted(query[order], np.arange(len(bound[some]) + 1))
            if np.diff(first).min() < count:
                return None  # The bound says that it cannot be.
            first = first[:-1]
            best = order[first[:, None] + np.arange(count)]
            distances[some] = np.sqrt(squares[best])
            indices[some] = row[best]
        return distances, indices

    def _pairs(
        self, points: np.ndarray, bound: np.ndarray, buffer: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Return every pair within the bound, and few others.

        Along the first axes alone no pair is further apart than along all of them.
        An entry of the product is half of (bound - squared distance). The bound is
        widened by what rounding to 32 bits can do: with u = 2⁻²⁴, each row moves by
        at most u times its norm; a product of m terms errs by at most mu/(1 - mu)
        times the sum of their sizes, in any order (Higham 2002, section 3.1).
        """
        if self._narrow is None:
            self._narrow = _columns(self._turned[:, : self._leading])
        narrow = self._narrow
        u, terms = 2.0**-24, narrow.shape[0]
        rows = points[:, : self._leading].astype(np.float32)
        exact = rows.astype(np.float64)
        squares = np.einsum("ij,ij->i", exact, exact)
        norms = np.sqrt(squares)
        reach = (bound * (1 + 1e-12) + 1.01 * u * (norms + self._norm)) ** 2
        size = norms * self._norm + (self._norm**2 + squares + reach) / 2
        error = 1.05 * (terms + 2) * u * size
        left = np.empty((len(rows), terms), dtype=np.float32)
        left[:, :-2] = rows
        left[:, -2] = 1
        left[:, -1] = (reach - squares) / 2 + error
        queries: list[np.ndarray] = []
        others: list[np.ndarray] = []
        total = 0
        for start in range(0, narrow.shape[1], ROWS):
            right = narrow[:, start : start + ROWS]
            block = buffer.ravel()[: len(left) * right.shape[1]]
            np.matmul(left, right, out=block.reshape(len(left), -1))
            hits = np.flatnonzero(block >= 0)
            total += len(hits)
            if total > CROWD * len(left) + ROWS:
                return None
            query, row = np.divmod(hits, right.shape[1])
            queries.append(query)
            others.append(row + start)
        return np.concatenate(queries), np.concatenate(others)


def _columns(rows: np.ndarray) -> np.ndarray:
    """Return the right side of the product: rows, half squares, ones."""
    narrow = np.empty((rows.shape[1] + 2, len(rows)), dtype=np.float32)
    narrow[:-2] = rows.T
    exact = narrow[:-2].astype(np.float64)
    narrow[-2] = -np.einsum("ij,ij->j", exact, exact) / 2
    narrow[-1] = 1
    return narrow
