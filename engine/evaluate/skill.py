"""Whether any arm ranks better than chance."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy.stats import norm, rankdata

from engine.evaluate.arrays import Labels, Scores
from engine.events import Skill

__all__ = ["LEVEL", "ranks_better", "skill"]

LEVEL = 0.01
"""Below it p has to be: a threshold for a ranking by chance only costs."""


def ranks_better(y: Labels, scores: Scores) -> float:
    """Test whether positives are ranked above negatives.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)

    Returns
    -------
    float
        One-sided p of the Wilcoxon-Mann-Whitney test [1]_, by the normal
        approximation, corrected for ties; 1 where there are not both classes, or all
        scores are equal.

    References
    ----------
    .. [1] Mann, H. B. and Whitney, D. R. (1947). On a test of whether one of two
       random variables is stochastically larger than the other. Annals of
       Mathematical Statistics 18, 50-60.

    Examples
    --------
    >>> y = np.array([0] * 20 + [1] * 5)
    >>> round(ranks_better(y, np.arange(25.0)), 4)
    0.0003
    >>> ranks_better(y, np.zeros(25))
    1.0
    """
    n = len(y)
    positives = int(np.count_nonzero(y))
    negatives = n - positives
    if not positives or not negatives:
        return 1.0
    _, ties = np.unique(scores, return_counts=True)
    tied = float(np.sum(ties.astype(np.float64) ** 3 - ties)) / (n**3 - n)
    variance = positives * negatives * (n + 1) * (1 - tied) / 12
    if variance <= 0:
        return 1.0
    above = float(rankdata(scores)[y == 1].sum()) - positives * (n + 1) / 2
    return float(norm.sf(above / math.sqrt(variance)))


def skill(arms: Mapping[tuple[str, str | None], tuple[Labels, Scores]]) -> Skill:
    """Tell whether any arm is shown to rank better than chance.

    Parameters
    ----------
    arms : mapping of (str, str or None) to (array of shape (n,), array of shape (n,))
        Per arm, and of more than two classes per class, labels (0 or 1) and scores of
        the test rows.

    Returns
    -------
    Skill
        An arm is shown to if p is below 0.01 after Bonferroni over all that is given.
        So with labels that mean nothing one is shown to in at most 1 % of runs.

    Notes
    -----
    The folds are not asked. They chose among trials and, by early stopping, among
    numbers of rounds, and each of their models learned from the rows that the others
    judge, so that their rank sums go up and down together: with labels that mean
    nothing a test of the folds finds something far too often.

    Examples
    --------
    >>> y, scores = np.array([0] * 40 + [1] * 10), np.arange(50.0)
    >>> found = skill({("none", None): (y, scores)})
    >>> found.shown, found.arms, found.roc_auc
    (True, ('none',), 1.0)
    """
    tested = {
        what: min(1.0, len(arms) * ranks_better(*one)) for what, one in arms.items()
    }
    if not tested:
        return Skill(shown=False)
    best = min(tested, key=tested.__getitem__)
    able = [arm for (arm, _), p in tested.items() if p < LEVEL]
    return Skill(
        shown=bool(able),
        arms=tuple(dict.fromkeys(able)),
        arm=best[0],
        klass=best[1],
        p=tested[best],
        roc_auc=_auc(*arms[best]),
    )


def _auc(y: Labels, scores: Scores) -> float | None:
    positives = int(np.count_nonzero(y))
    negatives = len(y) - positives
    if not positives or not negatives:
        return None
    ranks = float(rankdata(scores)[y == 1].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)
