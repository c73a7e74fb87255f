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

from engine.core.state import LOWER_IS_BETTER, is_better_score
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
        What the best mean score must have reached at a look; see `is_behind`.

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

    chosen_by = schedule.by or objective
    curve: list[tuple[int, float]] = []
    best_round, best_value = 0, float("nan")
    best_scores: list[np.ndarray] = []
    done, pruned = 0, False
    while done < schedule.rounds:
        step = min(schedule.every, schedule.rounds - done)
        scores = spread([partial(advance, fold, step) for fold in folds])
        done += step
        mean = mean_score(objective, scores)
        curve.append((done, mean))
        look(curve)
        value = mean if chosen_by == objective else mean_score(chosen_by, scores)
        if not best_scores or is_better_score(chosen_by, value, best_value):
            best_round, best_value, best_scores = done, value, scores
        if is_behind(objective, curve, bar):
            pruned = True
            break
        if not schedule.patience:
            best_round, best_scores = done, scores
        elif done - best_round >= schedule.patience:
            break
    return Grown(best_round, best_scores, curve, done * len(folds), pruned)


def is_behind(objective: str, curve: Sequence[tuple[int, float]], bar: Bar) -> bool:
    """Tell whether a trial is to be stopped at its last look.

    It is if its best score so far is below the bar, and would still be below the next
    one if it gained once more what it gained in the second half of its rounds. A trial
    that learns slowly is behind at first, and still climbs.

    Parameters
    ----------
    objective : str
    curve : sequence of (int, float)
        Round and mean score at every look so far, the last one now.
    bar : Bar

    Examples
    --------
    >>> bar = ((20, 0.4), (40, 0.5))
    >>> is_behind("roc_auc", ((10, 0.1), (20, 0.35)), bar)
    False
    >>> is_behind("roc_auc", ((10, 0.3), (20, 0.35)), bar)
    True
    """
    heights, best = dict(bar), min if objective in LOWER_IS_BETTER else max
    done = curve[-1][0]
    if done not in heights:
        return False
    reached = best(value for _, value in curve)
    if not is_better_score(objective, heights[done], reached):
        return False
    half = [value for rounds, value in curve if 2 * rounds <= done]
    hoped = 2 * reached - best(half) if half else reached
    following = min((r for r in heights if r > done), default=done)
    return is_better_score(objective, heights[following], hoped)
