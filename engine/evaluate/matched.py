"""The control at the recall of another arm: what a moved threshold alone does."""

from __future__ import annotations

from collections.abc import Mapping

from engine.evaluate.arrays import Labels, Scores
from engine.evaluate.metrics import confusion_at, point_metrics
from engine.evaluate.threshold import choose
from engine.events import OperatingPoint

__all__ = ["match"]


def match(
    others: Mapping[str, Scores],
    *,
    control: Scores,
    y: Labels,
    control_test: Scores,
    y_test: Labels,
    cost_fn: float,
    cost_fp: float,
    cost_tp: float = 0.0,
    cost_tn: float = 0.0,
) -> dict[str, OperatingPoint]:
    """Give the control the out-of-fold recall that each arm has at 0.5.

    Parameters
    ----------
    others : mapping of str to array of shape (n_scores,)
        Out-of-fold scores of each arm.
    control : array of shape (n_scores,)
        Out-of-fold scores of the control.
    y : array of shape (n_scores,)
        0 or 1 per score.
    control_test : array of shape (n_test,)
        The control's scores of the test rows.
    y_test : array of shape (n_test,)
        0 or 1 per test row.
    cost_fn, cost_fp : float
        Cost of a missed positive and of a false alarm.
    cost_tp, cost_tn : float, default=0
        Cost of a found positive and of a negative left alone.

    Returns
    -------
    dict of str to OperatingPoint
        The control on the test rows, for each arm that finds anything at 0.5; the
        threshold was chosen on out-of-fold scores only.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([0, 0, 1, 1])
    >>> raw, treated = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.2, 0.6, 0.4, 0.9])
    >>> costs = {"cost_fn": 10, "cost_fp": 1}
    >>> points = match(
    ...     {"smote": treated}, control=raw, y=y, control_test=raw, y_test=y, **costs
    ... )
    >>> points["smote"].policy, points["smote"].threshold
    ('recall>=0.5', 0.4)
    """
    points: dict[str, OperatingPoint] = {}
    for arm, scores in others.items():
        found = confusion_at(y, scores, 0.5)
        recall = found.tp / (found.tp + found.fn)
        if recall == 0:
            continue
        # Full precision: a rounded floor could ask for one positive more.
        policy = f"recall>={recall!r}"
        threshold = choose(
            policy,
            y,
            control,
            prevalence=float(y.mean()),
            cost_fn=cost_fn,
            cost_fp=cost_fp,
        ).threshold
        confusion = confusion_at(y_test, control_test, threshold)
        points[arm] = OperatingPoint(
            policy=policy,
            threshold=threshold,
            confusion=confusion,
            metrics=point_metrics(
                confusion,
                cost_fn=cost_fn,
                cost_fp=cost_fp,
                cost_tp=cost_tp,
                cost_tn=cost_tn,
            ),
        )
    return points
