"""LightGBM: boosters that grow leaf by leaf, of the extra of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine.core.experiment import ModelSpec
from engine.io.machine import one_thread
from engine.train.models.fitted_trees import ModelOfTrees, of_lightgbm
from engine.train.models.port import (
    Growing,
    PlainRows,
    Rounds,
    Setting,
    Tick,
    sample_weights,
)
from engine.train.models.trees import TreeModel, probabilities

if TYPE_CHECKING:
    import lightgbm

    from engine.features.encoding import Layout

_BINS = {"verbosity": -1, "num_threads": 1, "feature_pre_filter": False}
"""How rows are put into bins, which serve every setting."""


class BinnedRows(NamedTuple):
    """Rows to fit on, in bins.

    Attributes
    ----------
    bins : lightgbm.Dataset
    plain : PlainRows
        The same rows as they are.
    """

    bins: lightgbm.Dataset
    plain: PlainRows

    def weighed(self, positive_weight: float) -> lightgbm.Dataset:
        """Return the bins of rows whose positive ones weigh so much.

        LightGBM's ``scale_pos_weight`` does not count in the score that it begins with.
        """
        if positive_weight == 1.0:
            return self.bins
        every = self.bins.subset(range(len(self.plain.X))).construct()
        return every.set_weight(sample_weights(self.plain, positive_weight))


class _Growing(Growing):
    def __init__(
        self, booster: lightgbm.Booster, width: int, classes: int, tick: Tick
    ) -> None:
        self._booster, self._tick = booster, tick
        self._width, self._classes = width, classes

    def advance(self, rounds: int) -> None:
        for _ in range(rounds):
            self._tick()
            with one_thread():
                self._booster.update()

    def scores(self, matrix: PlainRows) -> np.ndarray:
        raw = self._booster.predict(matrix.X, raw_score=True)
        known = tuple(range(self._classes))
        found = probabilities(
            np.reshape(raw, (len(matrix.X), -1)), "logit", known, self._classes
        )
        return (found[:, 1] if self._classes == 2 else found).astype(np.float32)

    def scorer(self) -> TreeModel:
        text = self._booster.model_to_string(num_iteration=-1)
        return of_lightgbm(text, self._width, self._classes)


class LightGBM(ModelOfTrees):
    """The library LightGBM, on the processor."""

    own_matrix = True

    def matrix(
        self,
        X: np.ndarray,
        y: np.ndarray | None = None,
        *,
        weights: np.ndarray | None = None,
        like: Any = None,
        layout: Layout | None = None,
    ) -> BinnedRows | PlainRows:
        """Return rows to fit on in bins; rows to score as they are."""
        if y is None:
            return PlainRows(X)
        import lightgbm

        with one_thread():
            bins = lightgbm.Dataset(X, y, weight=weights, params=_BINS)
            return BinnedRows(bins.construct(), PlainRows(X, y, weights))

    def matrix_bytes(self, rows: int, features: int) -> int:
        """Return the size of the rows and of their bins of a byte."""
        return rows * features * 5

    def schedule(self, spec: ModelSpec, setting: Setting) -> Rounds:
        """Return the boosting rounds of the experiment."""
        return Rounds(spec.rounds, spec.evaluate_every, spec.early_stopping)

    def start(
        self,
        matrix: BinnedRows,
        setting: Setting,
        *,
        seed: int,
        tick: Tick,
        positive_weight: float = 1.0,
        classes: int = 2,
    ) -> Growing:
        """Begin to boost."""
        import lightgbm

        params: dict[str, object] = {
            "objective": "binary" if classes == 2 else "multiclass",
            "deterministic": True,
            "force_row_wise": True,
            "seed": seed,
            "bagging_freq": 1,  # rows are drawn anew for each tree
            **_BINS,
            **setting,
        }
        if classes > 2:
            params["num_class"] = classes
        with one_thread():
            booster = lightgbm.Booster(params, matrix.weighed(positive_weight))
        return _Growing(booster, matrix.plain.X.shape[1], classes, tick)

    def estimator(
        self,
        setting: Setting,
        *,
        seed: int,
        rounds: int,
        shape: tuple[int, int],
        class_weight: dict[int, float] | None = None,
        weighed: bool = False,
    ) -> lightgbm.LGBMClassifier:
        """Return a booster with scikit-learn's interface."""
        import lightgbm

        return lightgbm.LGBMClassifier(
            n_estimators=rounds,
            class_weight=class_weight,
            random_state=seed,
            n_jobs=1,
            subsample_freq=1,
            deterministic=True,
            force_row_wise=True,
            data_random_seed=1,  # as by default, whatever the seed is
            **{name: v for name, v in _BINS.items() if name != "num_threads"},
            **setting,
        )
