"""Nearest neighbours, the same as scikit-learn's and often in a tenth of the time.

The cleaners of imbalanced-learn ask for the nearest rows of every row, and with more
than 15 columns scikit-learn compares each row with each other. Here a k-d tree over
the principal axes answers where it is quicker. Rows at the same distance are told apart
by how scikit-learn happens to round and to order them, so those questions are asked of
scikit-learn itself.
"""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np
from imblearn.under_sampling import AllKNN, EditedNearestNeighbours, TomekLinks
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors
from sklearn.neighbors._base import KNeighborsMixin

SMALL: Final = 2_000
"""Fewer rows are not worth a tree."""

AMBIGUOUS: Final = 0.3
SAMPLE: Final = 256
"""scikit-learn is asked everything if more than this share of a sample is tied."""

LARGEST: Final = 1e15
"""Norm beyond which nothing is turned."""

TIE: Final = 1e-7
_SAME_ORDER: Final = 1_025
"""scikit-learn orders ties in one way up to 1,024 questions, in another beyond."""


class Axes:
    """Rows along their principal axes, in a k-d tree.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n_rows, n_features), dtype float64
        Finite ones.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(500, 3))
    >>> axes = Axes.of(rows)
    >>> axes.nearest(axes.rotated(rows[:2]), 1)[1]
    array([[0],
           [1]])
    """

    def __init__(self, rows: np.ndarray) -> None:
        self._largest_given = float(np.einsum("ij,ij->i", rows, rows).max())
        self._centre = rows.mean(axis=0)
        moved = rows - self._centre
        # The largest spread first: distances are summed in this order.
        self._turn = np.linalg.eigh(moved.T @ moved)[1][:, ::-1]
        turned = moved @ self._turn
        self._norm = float(np.sqrt(np.einsum("ij,ij->i", moved, moved).max()))
        # How far along an axis is nowhere: lost in the rounding of 64 bits.
        self._flat = 1e-11 * self._norm
        # Indicators of one category add up to one: an axis on which nothing differs.
        used = np.flatnonzero(np.abs(turned).max(axis=0) > self._flat)
        self._used = int(used.max(initial=0)) + 1
        self._tree = cKDTree(turned[:, : self._used], 40, balanced_tree=False)

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

    def rounding(self, asked: np.ndarray) -> np.ndarray:
        """Bound the errors of 64 bits in a squared distance, here and there.

        scikit-learn takes |x|² - 2xy + |y|² of the rows as given; our turning them
        adds an error of the same kind.
        """
        features = len(self._centre)
        queries = np.einsum("ij,ij->i", asked, asked)
        largest = 2 * (queries + self._norm**2) + 4 * self._largest_given
        error: np.ndarray = 4 * (features + 4) * np.finfo(np.float64).eps * largest
        return error

    def nearest(self, asked: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return distances and row numbers, both of shape (n_queries, count)."""
        distances, indices = self._tree.query(asked, range(1, count + 1))
        return distances, indices


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
    method_ : {"stock", "tree"}
        What answers: scikit-learn, or the tree.

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
        if self._axes is None or not self._quicker(self._axes, np.asarray(X)):
            self._axes = None
        self.method_ = "stock" if self._axes is None else "tree"
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
        asked = None if X is None or axes is None else axes.rotated(X)
        if asked is None or axes is None or wanted + 1 >= self.n_samples_fit_ // 2:
            return self._stock.kneighbors(X, wanted, return_distance)
        distances, indices, tied = self._found(axes, asked, wanted + 1)
        if tied.any():
            again = np.flatnonzero(tied)
            padded = again
            if len(again) < _SAME_ORDER <= len(asked):
                padded = np.resize(again, _SAME_ORDER)
            told, named = self._stock.kneighbors(np.asarray(X)[padded], wanted)
            distances[again] = told[: len(again)]
            indices[again] = named[: len(again)]
        return (distances, indices) if return_distance else indices

    def _quicker(self, axes: Axes, X: np.ndarray) -> bool:
        """Tell whether the tree answers a sample of the rows, and does so quicker."""
        some = X[:: max(1, len(X) // SAMPLE)]
        asked, began = axes.rotated(some), time.thread_time()
        if asked is None:
            return False
        tied = self._found(axes, asked, self.n_neighbors + 1)[2]
        between = time.thread_time()
        self._stock.kneighbors(some)
        own, theirs = between - began, time.thread_time() - between
        return own < theirs and float(tied.mean()) <= AMBIGUOUS

    @staticmethod
    def _found(
        axes: Axes, asked: np.ndarray, count: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return all neighbours but the last, and where rounding would tell them.

        The last only shows whether the one before it has a rival.
        """
        distances, indices = axes.nearest(asked, count)
        rounding = axes.rounding(asked)
        squares = distances**2
        tied = squares[:, -1] - squares[:, -2] <= TIE * squares[:, -1] + rounding
        if count > 2:
            tied |= squares[:, 1] - squares[:, 0] <= TIE * squares[:, 1] + rounding
        return distances[:, :-1], indices[:, :-1], tied


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
