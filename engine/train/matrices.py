"""Prepared rows as XGBoost's quantile matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.events import FoldPrepared
from engine.execute.threads import one_thread
from engine.spec import Arm
from engine.train.finish import class_weights
from engine.train.plan import Plan
from engine.train.prepare import Rows

if TYPE_CHECKING:
    import xgboost

__all__ = ["Matrices", "matrices", "matrix_bytes", "row_weights"]


def matrix_bytes(rows: int, features: int) -> int:
    """Return the size of a quantile matrix: a byte per cell, and 12 per row."""
    return rows * (features + 12)


class Matrices(NamedTuple):
    """The matrices of an arm's fold, and the event that told of its rows."""

    fit: xgboost.QuantileDMatrix
    judge: xgboost.QuantileDMatrix | None
    positive_weight: float
    nbytes: int
    event: FoldPrepared


def row_weights(plan: Plan, arm: Arm, y: np.ndarray) -> np.ndarray | None:
    """Return what each row weighs, of more than two classes; None if all the same.

    Parameters
    ----------
    plan : Plan
    arm : Arm
    y : numpy.ndarray of shape (n_rows,)
        Classes of the rows, after the recipe.

    Returns
    -------
    numpy.ndarray of shape (n_rows,) or None
        Weighed by class, every class weighs the same in sum; by cost, a row weighs
        what it costs to call it something else. On average it is 1.
    """
    if not plan.multiclass or not arm.weights:
        return None
    per_class = class_weights(plan, arm, np.bincount(y, minlength=2))
    weights = per_class[y]
    found: np.ndarray = weights / weights.mean()
    return found


def matrices(rows: Rows, weights: np.ndarray | None = None) -> Matrices:
    """Return the matrices of an arm's fold; `weights` are of its rows to fit on."""
    import xgboost

    with one_thread():
        fit = xgboost.QuantileDMatrix(rows.X, rows.y, weight=weights, nthread=1)
        judge = None
        if rows.judge is not None:
            judge = xgboost.QuantileDMatrix(rows.judge, ref=fit, nthread=1)
    positives = int(np.count_nonzero(rows.y))
    judged = 0 if rows.judge is None else len(rows.judge)
    return Matrices(
        fit,
        judge,
        (len(rows.y) - positives) / positives if positives else 1.0,
        matrix_bytes(len(rows.y) + judged, rows.X.shape[1]),
        rows.event,
    )
