"""imbalanced-learn's cleaners where they name their search of neighbours themselves.

Edited nearest neighbours take any search, so they are used as they are. These three
do not: what they decide is left to their own code, only who finds the neighbours is
not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from imblearn.under_sampling import AllKNN, EditedNearestNeighbours, TomekLinks
from sklearn.base import clone

from engine.resample.neighbours import ExactNeighbors

__all__ = ["SearchingAllKNN", "SearchingTomekLinks", "VotingNeighbors"]


class SearchingTomekLinks(TomekLinks):  # type: ignore[misc]  # untyped
    """Tomek links among the neighbours that a search finds.

    Parameters
    ----------
    sampling_strategy : str, dict or list, default="auto"
    n_jobs : int or None, default=None
    search : ExactNeighbors or None, default=None
        Asked for two neighbours, the row itself among them.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(60, 2)), np.repeat([0, 1], [50, 10])
    >>> ours, _ = SearchingTomekLinks().fit_resample(X, y)
    >>> stock, _ = TomekLinks().fit_resample(X, y)
    >>> len(ours) < 60, np.array_equal(ours, stock)
    (True, True)
    """

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        n_jobs: int | None = None,
        search: ExactNeighbors | None = None,
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy, n_jobs=n_jobs)
        self.search = search

    def _fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        search = _search(self.search, 2).fit(X)
        nearest = search.kneighbors(X, return_distance=False)[:, 1]
        links = self.is_tomek(y, nearest, self.sampling_strategy_)
        self.sample_indices_ = np.flatnonzero(np.logical_not(links))
        return X[self.sample_indices_], y[self.sample_indices_]


class SearchingAllKNN(AllKNN):  # type: ignore[misc]  # untyped
    """All-KNN among the neighbours that a search finds.

    Parameters
    ----------
    sampling_strategy : str, dict or list, default="auto"
    n_neighbors : int, default=3
    kind_sel : {"all", "mode"}, default="all"
    allow_minority : bool, default=False
    n_jobs : int or None, default=None
    search : ExactNeighbors or None, default=None
        Asked for 2, 3, … neighbours in turn, the row itself among them.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(60, 2)), np.repeat([0, 1], [50, 10])
    >>> ours, _ = SearchingAllKNN().fit_resample(X, y)
    >>> stock, _ = AllKNN().fit_resample(X, y)
    >>> len(ours) < 60, np.array_equal(ours, stock)
    (True, True)
    """

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        n_neighbors: int = 3,
        kind_sel: str = "all",
        allow_minority: bool = False,
        n_jobs: int | None = None,
        search: ExactNeighbors | None = None,
    ) -> None:
        super().__init__(
            sampling_strategy=sampling_strategy,
            n_neighbors=n_neighbors,
            kind_sel=kind_sel,
            allow_minority=allow_minority,
            n_jobs=n_jobs,
        )
        self.search = search

    def _validate_estimator(self) -> None:
        super()._validate_estimator()
        self.enn_ = _SearchingENN(
            sampling_strategy=self.sampling_strategy,
            n_neighbors=self.n_neighbors,
            kind_sel=self.kind_sel,
            search=self.search,
        )


class _SearchingENN(EditedNearestNeighbours):  # type: ignore[misc]  # untyped
    """Edited nearest neighbours whose number of them is set from outside."""

    def __init__(
        self,
        *,
        sampling_strategy: Any = "auto",
        n_neighbors: int = 3,
        kind_sel: str = "all",
        n_jobs: int | None = None,
        search: ExactNeighbors | None = None,
    ) -> None:
        super().__init__(
            sampling_strategy=sampling_strategy,
            n_neighbors=n_neighbors,
            kind_sel=kind_sel,
            n_jobs=n_jobs,
        )
        self.search = search

    def _validate_estimator(self) -> None:
        self.nn_ = _search(self.search, self.n_neighbors + 1)


class VotingNeighbors(ExactNeighbors):
    """A nearest neighbours classifier of two classes, by a search of ours.

    What neighbourhood cleaning wants: the class of most neighbours, the first class
    where they are equal in number, as of
    `sklearn.neighbors.KNeighborsClassifier`.

    Parameters
    ----------
    n_neighbors : int, default=5
    n_jobs : int or None, default=None
    search : ExactNeighbors or None, default=None

    Examples
    --------
    >>> X, y = np.array([[0.0], [0.1], [0.2], [1.0], [1.1]]), np.array([0, 0, 1, 1, 1])
    >>> VotingNeighbors(n_neighbors=3).fit(X, y).predict(X)
    array([0, 0, 0, 1, 1])
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        n_jobs: int | None = None,
        search: ExactNeighbors | None = None,
    ) -> None:
        super().__init__(n_neighbors, n_jobs=n_jobs)
        self.search = search

    def fit(self, X: np.ndarray, y: Any = None) -> VotingNeighbors:
        """Keep the rows and their classes."""
        self._labels = np.asarray(y)
        self._by = _search(self.search, self.n_neighbors).fit(X)
        self.n_samples_fit_ = self._by.n_samples_fit_
        return self

    def kneighbors(
        self,
        X: np.ndarray | None = None,
        n_neighbors: int | None = None,
        return_distance: bool = True,
    ) -> Any:
        """Ask the search."""
        return self._by.kneighbors(X, n_neighbors, return_distance)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class of most neighbours of each query."""
        votes = self._labels[self.kneighbors(X, return_distance=False)]
        classes = np.unique(self._labels)
        counts = np.stack([(votes == one).sum(axis=1) for one in classes])
        chosen: np.ndarray = classes[counts.argmax(axis=0)]
        return chosen


def _search(prototype: ExactNeighbors | None, count: int) -> ExactNeighbors:
    search = ExactNeighbors() if prototype is None else clone(prototype)
    search.set_params(n_neighbors=count)
    return search
