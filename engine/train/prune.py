"""Stop a trial that is behind the earlier ones: the bar is shipped with the trial.

The median rule: at each look from `WARMUP_ROUNDS` on, a trial's best score so far
must not be worse than the median of what the finished trials had by that round. It
needs no talk with a running trial, and depends on earlier trials only, so that the
same trials are stopped under every executor and after every resume.

References
----------
Golovin et al. 2017, Google Vizier, doi:10.1145/3097983.3098043 (median stopping rule).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from statistics import median

from engine.events import TrialFinished
from engine.state import LOWER_IS_BETTER
from engine.train.plan import Bar

__all__ = ["FEWEST_TRIALS", "WARMUP_ROUNDS", "bar"]

FEWEST_TRIALS = 5
"""Whole trials that there must be before one is measured against them."""
WARMUP_ROUNDS = 30
"""Rounds that every trial gets."""


def bar(objective: str, trials: Iterable[TrialFinished]) -> Bar:
    """Return what the next trial must have reached at each look.

    Parameters
    ----------
    objective : str
        What trials are judged by.
    trials : iterable of TrialFinished
        The earlier trials; those that were stopped themselves do not count.

    Returns
    -------
    Bar
        Empty while there are too few whole trials.

    Examples
    --------
    >>> trials = [
    ...     TrialFinished(arm="none", number=n, params={}, rounds=40, score=s, folds={},
    ...                   curve=((30, s / 2), (40, s)))
    ...     for n, s in enumerate((0.1, 0.2, 0.3, 0.4, 0.5))
    ... ]
    >>> bar("average_precision", trials)
    ((30, 0.15), (40, 0.3))
    >>> bar("average_precision", trials[:4])
    ()
    """
    best = min if objective in LOWER_IS_BETTER else max
    curves = [trial.curve for trial in trials if not trial.pruned and trial.curve]
    if len(curves) < FEWEST_TRIALS:
        return ()
    reached = [
        dict(
            zip(
                (rounds for rounds, _ in curve),
                accumulate((value for _, value in curve), best),
                strict=True,
            )
        )
        for curve in curves
    ]
    looks = sorted({r for known in reached for r in known if r >= WARMUP_ROUNDS})
    # A trial that ended by itself keeps what it had.
    return tuple(
        (r, median(known[max(k for k in known if k <= r)] for known in reached))
        for r in looks
    )
