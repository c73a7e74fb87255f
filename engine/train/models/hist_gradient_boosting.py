"""Gradient boosting of scikit-learn, on histograms as LightGBM's.

Rows are put into bins here, once for all trials of a fold: scikit-learn would do it
whenever it goes on with a model, and sorts each column 254 times where rows weigh.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from engine.core.experiment import ModelSpec
from engine.train.models.fitted_trees import (
    ModelOfTrees,
    WarmTrees,
    of_hist_gradient_boosting,
)
from engine.train.models.port import (
    Growing,
    PlainRows,
    Rounds,
    Setting,
    Tick,
    no_estimator,
    sample_weights,
)

if TYPE_CHECKING:
    from engine.features.encoding import Layout

BINS = 255
"""Of each column, as by default."""
DRAWN = 200_000
"""Rows beyond which scikit-learn draws those that it makes bins of."""


class Bins(NamedTuple):
    """Rows in bins.

    Attributes
    ----------
    X : numpy.ndarray of shape (n_rows, n_features), dtype float64
        The number of each cell's bin; missing where the cell is.
    y, weights
        As in `PlainRows`.
    edges : tuple of numpy.ndarray
        Of each column the largest number of every bin but the last.
    """

    X: np.ndarray
    y: np.ndarray | None
    weights: np.ndarray | None
    edges: tuple[np.ndarray, ...]


def find_edges(column: np.ndarray) -> np.ndarray:
    """Return what separates the bins of a column, as scikit-learn finds it.

    Examples
    --------
    >>> find_edges(np.float32([3, 1, 1, np.nan])).tolist()
    [2.0]
    """
    cells = column[~np.isnan(column)].astype(np.float64)
    distinct = np.unique(cells)
    if len(distinct) <= BINS:
        return np.asarray((distinct[1:] + distinct[:-1]) / 2)
    percents = np.linspace(0, 100, BINS + 1)[1:-1]
    return np.unique(np.percentile(cells, percents, method="averaged_inverted_cdf"))


class HistGradientBoosting(ModelOfTrees):
    """Boosted trees that take missing numbers as they are."""

    own_matrix = True

    def matrix(
        self,
        X: np.ndarray,
        y: np.ndarray | None = None,
        *,
        weights: np.ndarray | None = None,
        like: Bins | None = None,
        layout: Layout | None = None,
    ) -> Bins:
        """Return rows in bins, those of the rows to fit on."""
        edges = tuple(map(find_edges, X.T)) if like is None else like.edges
        bins = np.array(X, dtype=np.float64)
        for place, ends in enumerate(edges):
            cells = bins[:, place]
            there = ~np.isnan(cells)
            cells[there] = np.searchsorted(ends, cells[there])
        return Bins(bins, y, weights, edges)

    def matrix_bytes(self, rows: int, features: int) -> int:
        """Return the bytes of bins in 64 bits, as scikit-learn takes them."""
        return 8 * rows * features

    def growth_bytes(self, fit: int, held: int, features: int) -> int:
        """Return the bytes of margins, gradients, and bins in a byte."""
        return super().growth_bytes(fit, held, features) + fit * features

    def schedule(self, spec: ModelSpec, setting: Setting) -> Rounds:
        """Return the boosting rounds of the experiment."""
        return Rounds(spec.rounds, spec.evaluate_every, spec.early_stopping)

    def start(
        self,
        matrix: Bins,
        setting: Setting,
        *,
        seed: int,
        tick: Tick,
        positive_weight: float = 1.0,
        classes: int = 2,
    ) -> Growing:
        """Begin to boost."""
        rows = PlainRows(matrix.X, matrix.y, matrix.weights)
        return WarmTrees(
            self.estimator(setting, seed=seed, rounds=1, shape=(0, 0)),
            partial(of_hist_gradient_boosting, edges=matrix.edges),
            classes,
            rows=rows,
            weights=sample_weights(rows, positive_weight),
            tick=tick,
            counts="max_iter",
            at_once=10,
        )

    def estimator(
        self,
        setting: Setting,
        *,
        seed: int,
        rounds: int,
        shape: tuple[int, int],
        class_weight: dict[int, float] | None = None,
        weighed: bool = False,
    ) -> HistGradientBoostingClassifier:
        """Return boosted trees, where scikit-learn finds the same bins."""
        if class_weight or weighed or shape[0] > DRAWN:
            raise no_estimator(
                f"histogram gradient boosting with the run's bins where rows weigh, or "
                f"are more than {DRAWN:,}"
            )
        given: dict[str, Any] = {**setting}
        given["max_depth"] = given.get("max_depth") or None
        return HistGradientBoostingClassifier(
            max_iter=rounds,
            max_bins=BINS,
            early_stopping=False,
            random_state=seed,
            **given,
        )
