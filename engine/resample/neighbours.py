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

from typing import Any, Final

import numpy as np
from imblearn.under_sampling import AllKNN, EditedNearestNeighbours, TomekLinks
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors
from sklearn.neighbors._base import KNeighborsMixin

from engine.resample.axes import Answer, Axes

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


# imbalanced-learn's cleaners that do not take a search: what they decide is left to
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
