"""Grow the folds of a trial together, round by round.

One booster per fold; early stopping looks at the mean score over the folds, so
that all of them share one best round. Each booster grows exactly as it would by
itself: `seed_per_iteration` gives every round its own random numbers, where
boosters that take turns would otherwise share one stream.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine.evaluate.metrics import score
from engine.spec import ModelSpec, ParamValue
from engine.state import better

if TYPE_CHECKING:
    import xgboost

__all__ = ["Grown", "Pair", "booster_params", "grow", "refit"]

Tick = Callable[[], None]
Look = Callable[[list[tuple[int, float]]], None]


class Pair(NamedTuple):
    """The matrices of one fold: to fit on, to judge on, and the judged labels."""

    fit: xgboost.DMatrix
    judge: xgboost.DMatrix
    y_judge: np.ndarray
    positive_weight: float


class Grown(NamedTuple):
    """What a trial came to.

    Attributes
    ----------
    rounds : int
        The best round of the mean curve.
    scores : list of numpy.ndarray
        Predictions for each fold's judged rows at that round.
    curve : list of (int, float)
        Round and mean score at every look.
    grown : int
        Boosting rounds over all folds, the wasted ones too.
    """

    rounds: int
    scores: list[np.ndarray]
    curve: list[tuple[int, float]]
    grown: int


def booster_params(
    params: dict[str, ParamValue],
    *,
    seed: int,
    positive_weight: float = 1.0,
) -> dict[str, Any]:
    """Return all that XGBoost is told: one thread, repeatable, log loss.

    Parameters
    ----------
    params : dict
        The trial's setting with what the experiment fixes.
    seed : int
        XGBoost's seed.
    positive_weight : float, default=1
        Weight of a positive row (``scale_pos_weight``).
    """
    told: dict[str, Any] = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "nthread": 1,
        "seed": seed,
        "seed_per_iteration": True,
        "verbosity": 0,
        **params,
    }
    if positive_weight != 1.0:
        told["scale_pos_weight"] = positive_weight
    return told


def grow(
    pairs: Sequence[Pair],
    params: dict[str, ParamValue],
    model: ModelSpec,
    *,
    objective: str,
    seed: int,
    tick: Tick,
    look: Look = lambda curve: None,
) -> Grown:
    """Grow one booster per fold until the mean score stops getting better.

    Parameters
    ----------
    pairs : sequence of Pair
        One per fold.
    params : dict
        The trial's setting with what the experiment fixes.
    model : ModelSpec
        Rounds, early stopping and how often to look.
    objective : str
        What is scored on the judged rows.
    seed : int
        XGBoost's seed, the same for every trial.
    tick : callable
        Called each round; may raise to end the trial.
    look : callable, optional
        Called with the curve so far at every look at the judged rows.

    Returns
    -------
    Grown
    """
    import xgboost

    boosters = [
        xgboost.Booster(
            booster_params(params, seed=seed, positive_weight=pair.positive_weight),
            [pair.fit, pair.judge],
        )
        for pair in pairs
    ]
    curve: list[tuple[int, float]] = []
    best_round, best_mean = 0, float("nan")
    best_scores: list[np.ndarray] = []
    for done in range(1, model.rounds + 1):
        tick()
        for booster, pair in zip(boosters, pairs, strict=True):
            booster.update(pair.fit, done - 1)
        if done % model.evaluate_every and done != model.rounds:
            continue
        scores = [b.predict(p.judge) for b, p in zip(boosters, pairs, strict=True)]
        values = [
            score(objective, p.y_judge, s) for p, s in zip(pairs, scores, strict=True)
        ]
        mean = float(np.mean(values))
        curve.append((done, mean))
        look(curve)
        if not best_scores or better(objective, mean, best_mean):
            best_round, best_mean, best_scores = done, mean, scores
        if not model.early_stopping:
            best_round, best_scores = done, scores
        elif done - best_round >= model.early_stopping:
            break
    return Grown(best_round, best_scores, curve, done * len(pairs))


def refit(
    matrix: xgboost.DMatrix,
    params: dict[str, ParamValue],
    rounds: int,
    *,
    seed: int,
    positive_weight: float,
    tick: Tick,
) -> xgboost.Booster:
    """Grow the final booster on all training rows, without early stopping."""
    import xgboost

    booster = xgboost.Booster(
        booster_params(params, seed=seed, positive_weight=positive_weight), [matrix]
    )
    for done in range(rounds):
        tick()
        booster.update(matrix, done)
    return booster
