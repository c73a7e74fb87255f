"""XGBoost: boosters that grow round by round on quantile matrices.

Each grows exactly as it would by itself: `seed_per_iteration` gives every round its own
random numbers, where boosters that take turns would otherwise share one stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.errors import DataError, UsageError, first_line, out_of_memory
from engine.core.experiment import ModelSpec
from engine.io.machine import one_thread
from engine.train.models.onnx_graph import INPUT, OPSET
from engine.train.models.port import FittedModel, Growing, Model, Rounds, Setting, Tick
from engine.train.models.xgboost_file import check_booster

if TYPE_CHECKING:
    import onnx
    import xgboost


def booster_params(
    params: Setting,
    *,
    seed: int,
    positive_weight: float = 1.0,
    classes: int = 2,
) -> dict[str, object]:
    """Return XGBoost's parameters: one thread, repeatable, log loss.

    Parameters
    ----------
    params : mapping
        The trial's setting with what the experiment fixes.
    seed : int
        XGBoost's seed.
    positive_weight : float, default=1
        Weight of a positive row (``scale_pos_weight``).
    classes : int, default=2
        With more than two, each class gets a score and weights are in the matrix.
    """
    settings: dict[str, object] = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "nthread": 1,
        "seed": seed,
        "seed_per_iteration": True,
        "verbosity": 0,
        **params,
    }
    if classes > 2:
        return settings | {"objective": "multi:softprob", "num_class": classes}
    if positive_weight != 1.0:
        settings["scale_pos_weight"] = positive_weight
    return settings


class Booster(FittedModel):
    """A booster that has grown.

    Parameters
    ----------
    booster : xgboost.Booster
    """

    def __init__(self, booster: xgboost.Booster) -> None:
        self.booster = booster

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of the positive class, or of each of several."""
        with one_thread():
            return np.asarray(self.booster.predict(_matrix(X)))

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """Return what each column adds to the margin, the bias as the last."""
        with one_thread():
            return np.asarray(self.booster.predict(_matrix(X), pred_contribs=True))

    def gains(self) -> Mapping[int, float]:
        """Return what all splits by each column gained, of those that a split is by."""
        scores = self.booster.get_score(importance_type="total_gain")
        return {int(name.removeprefix("f")): float(v) for name, v in scores.items()}

    def onnx(self) -> onnx.ModelProto:
        """Return it as a graph of ONNX.

        Raises
        ------
        UsageError
            If onnxmltools does not know this version of XGBoost.
        """
        from onnxmltools.convert import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        takes = [(INPUT, FloatTensorType([None, self.booster.num_features()]))]
        try:
            return convert_xgboost(
                self.booster, initial_types=takes, target_opset=OPSET
            )
        except Exception as error:  # whatever a version of XGBoost's is unlike
            raise UsageError(
                f"onnxmltools cannot convert this model: {first_line(error)}",
                "install another version of it, or export a bundle",
                field="kind",
            ) from None

    @property
    def trees(self) -> int:
        """How many trees one score takes."""
        return len(self.booster.get_dump())


class _Growing(Growing):
    def __init__(
        self, matrix: xgboost.QuantileDMatrix, params: dict[str, object], tick: Tick
    ) -> None:
        import xgboost

        self._booster = xgboost.Booster(params, [matrix])
        self._matrix = matrix
        self._tick = tick
        self._done = 0

    def advance(self, rounds: int) -> None:
        for _ in range(rounds):
            self._tick()
            self._booster.update(self._matrix, self._done)
            self._done += 1

    def scores(self, matrix: Any) -> np.ndarray:
        return np.asarray(self._booster.predict(matrix))

    def scorer(self) -> Booster:
        return Booster(self._booster)

    def dump(self) -> bytes:
        return bytes(self._booster.save_raw("json"))


class XGBoost(Model):
    """The library XGBoost, on the processor."""

    own_matrix = True
    weights_are_rows = True

    def matrix(
        self,
        X: np.ndarray,
        y: np.ndarray | None = None,
        *,
        weights: np.ndarray | None = None,
        like: Any = None,
    ) -> xgboost.QuantileDMatrix:
        """Return rows in bins, those of the rows to fit on."""
        import xgboost

        with one_thread():
            return xgboost.QuantileDMatrix(X, y, weight=weights, ref=like, nthread=1)

    def matrix_bytes(self, rows: int, features: int) -> int:
        """Return the size of a quantile matrix: a byte per cell, and 12 per row."""
        return rows * (features + 12)

    def schedule(self, spec: ModelSpec, setting: Setting) -> Rounds:
        """Return the boosting rounds of the experiment."""
        return Rounds(spec.rounds, spec.evaluate_every, spec.early_stopping)

    def start(
        self,
        matrix: xgboost.QuantileDMatrix,
        setting: Setting,
        *,
        seed: int,
        tick: Tick,
        positive_weight: float = 1.0,
        classes: int = 2,
    ) -> Growing:
        """Begin to boost."""
        params = booster_params(
            setting, seed=seed, positive_weight=positive_weight, classes=classes
        )
        return _Growing(matrix, params, tick)

    def load(self, raw: bytes, *, width: int, classes: int) -> Booster:
        """Return a booster from XGBoost's JSON, of nothing but what was checked."""
        import xgboost

        booster = xgboost.Booster()
        try:
            booster.load_model(check_booster(raw, width, classes))
        except (xgboost.core.XGBoostError, ValueError) as error:
            if out_of_memory(error):
                raise MemoryError from None
            raise DataError(
                "this version of XGBoost cannot read the model",
                "install the version that made it",
            ) from None
        booster.set_param({"nthread": 1})
        return Booster(booster)


def _matrix(X: np.ndarray) -> xgboost.DMatrix:
    import xgboost

    return xgboost.DMatrix(X, nthread=1)
