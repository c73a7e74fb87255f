"""Grow the folds of a trial together, from one look to the next, whatever the model.

Early stopping and pruning look at the mean score over the folds, so that all of them
share one best round. Between two looks the folds need nothing of each other and may
grow side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine.core.state import is_better_score
from engine.evaluate.metrics import score
from engine.train.models.port import Growing, Rounds

if TYPE_CHECKING:
    from engine.train.plan import Bar

Look = Callable[[list[tuple[int, float]]], None]
Spread = Callable[[Sequence[Callable[[], Any]]], list[Any]]
"""Does several things that need nothing of each other; returns their results."""


def in_turn(things: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do one thing after another."""
    return [thing() for thing in things]


class FoldGrowth(NamedTuple):
    """What learns in one fold, the matrix of its validation rows, and their labels."""

    growing: Growing
    validation: Any
    y_validation: np.ndarray


class Grown(NamedTuple):
    """What a trial came to.

    Attributes
    ----------
    rounds : int
        The best round of the mean curve.
    scores : list of numpy.ndarray
        Predictions for each fold's validation rows at that round.
    curve : list of (int, float)
        Round and mean score at every look.
    grown : int
        Rounds over all folds, the wasted ones too.
    pruned : bool
        Whether it was stopped below the bar.
    """

    rounds: int
    scores: list[np.ndarray]
    curve: list[tuple[int, float]]
    grown: int
    pruned: bool


def grow(
    folds: Sequence[FoldGrowth],
    schedule: Rounds,
    *,
    objective: str,
    look: Look = lambda curve: None,
    spread: Spread = in_turn,
    bar: Bar = (),
) -> Grown:
    """Grow a model per fold until the mean score stops getting better.

    Parameters
    ----------
    folds : sequence of FoldGrowth
    schedule : Rounds
        Rounds, early stopping and how often to look.
    objective : str
        What is scored on the validation rows.
    look : callable, optional
        Called with the curve so far at every look at the validation rows.
    spread : callable, optional
        Grows the folds from one look to the next; may do so side by side.
    bar : Bar, default=()
        What the best mean score must have reached at a look; the trial is stopped
        where it has not.

    Returns
    -------
    Grown
    """

    def advance(fold: FoldGrowth, rounds: int) -> np.ndarray:
        fold.growing.advance(rounds)
        return fold.growing.scores(fold.validation)

    def mean_score(metric: str, scores: Sequence[np.ndarray]) -> float:
        pairs = zip(folds, scores, strict=True)
        return float(np.mean([score(metric, f.y_validation, s) for f, s in pairs]))

    needed, chosen_by = dict(bar), schedule.by or objective
    curve: list[tuple[int, float]] = []
    best_round, best_value, highest = 0, float("nan"), float("nan")
    best_scores: list[np.ndarray] = []
    done, pruned = 0, False
    while done < schedule.rounds:
        step = min(schedule.every, schedule.rounds - done)
        scores = spread([partial(advance, fold, step) for fold in folds])
        done += step
        mean = mean_score(objective, scores)
        curve.append((done, mean))
        look(curve)
        if len(curve) == 1 or is_better_score(objective, mean, highest):
            highest = mean
        value = mean if chosen_by == objective else mean_score(chosen_by, scores)
        if not best_scores or is_better_score(chosen_by, value, best_value):
            best_round, best_value, best_scores = done, value, scores
        if done in needed and is_better_score(objective, needed[done], highest):
            pruned = True
            break
        if not schedule.patience:
            best_round, best_scores = done, scores
        elif done - best_round >= schedule.patience:
            break
    return Grown(best_round, best_scores, curve, done * len(folds), pruned)
