"""What so few rows can show: the smallest difference, and any skill at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom, norm, rankdata

from engine.core.outcome import Detectable, Skill
from engine.core.points import FIXED
from engine.evaluate.board import CONTROL
from engine.evaluate.probabilities import Labels, Scores

if TYPE_CHECKING:
    from engine.evaluate.compare import ArmScores

POWER, LEVEL = 0.8, 0.05
# Shares of the number of disagreeing rows that are left out at either end.
_TAIL = 1e-12
SKILL_LEVEL = 0.01
"""Below it p has to be: a threshold for a ranking by chance only costs."""


# The smallest difference ------------------------------------------------------------


def detectable(
    arms: Sequence[ArmScores], *, control: str = CONTROL
) -> tuple[Detectable, ...]:
    """Say for each arm what difference in recall the test positives could show.

    Parameters
    ----------
    arms : sequence of ArmScores
        As for `engine.evaluate.compare.compare`.
    control : str, default="untreated"
        The arm that the others are compared with.

    Returns
    -------
    tuple of Detectable
        Per arm and point whose threshold is not tuned, given how often that arm and
        the control disagree. Empty without the control or without positives.

    Examples
    --------
    >>> from engine.evaluate.compare import ArmScores
    >>> y = np.array([0] * 60 + [1] * 40)
    >>> low, high = np.linspace(0, 0.4, 100), np.linspace(0, 0.7, 100)
    >>> untreated = ArmScores("untreated", y, low, {"fixed": 0.5})
    >>> smote = ArmScores("smote", y, high, {"fixed": 0.5})
    >>> (one,) = detectable([untreated, smote])
    >>> one.positives, one.discordant, round(one.difference, 2)
    (40, 0.725, 0.39)
    """
    base = next((arm for arm in arms if arm.name == control), None)
    if base is None:
        return ()
    positive = base.y_test == 1
    count = int(np.count_nonzero(positive))
    rows = []
    for arm in arms if count else ():
        for at in FIXED:
            if arm is base or at not in base.thresholds.keys() & arm.thresholds:
                continue
            own, control_rows = (
                a.scores[positive] >= np.float64(a.thresholds[at]) for a in (arm, base)
            )
            share = int(np.count_nonzero(own != control_rows)) / count
            rows.append(
                Detectable(
                    arm=arm.name,
                    at=at,
                    positives=count,
                    discordant=share,
                    difference=smallest_difference(count, share),
                    power=POWER,
                )
            )
    return tuple(rows)


def smallest_difference(
    positives: int, discordant: float, *, power: float = POWER
) -> float:
    """Return the smallest difference in recall that so many positives can show.

    Parameters
    ----------
    positives : int
        Positives in the test rows, at least 1.
    discordant : float
        Share of them on which the arms disagree, in [0, 1]. Where a difference needs
        more disagreement than that, the arms are taken to disagree in the one
        direction only: the least that could show it. So is it with 0.
    power : float, default=0.8
        Chance of finding it.

    Returns
    -------
    float
        In (0, 1]; 1 where not even that would show (up to five positives at 5 %: the
        smallest p of the exact test is 2 in 2 to the power of their number).

    Notes
    -----
    The usual formula [1]_ [2]_ is that of a large-sample test. The exact test, which
    is the one used here, finds less where few rows disagree: with 30 positives and a
    disagreement of 0.2 the formula promises 0.22, but it takes 0.25. So this inverts
    the exact power; from a hundred disagreeing rows on the two nearly agree.

    References
    ----------
    .. [1] Miettinen, O. S. (1968). The matched pairs design in the case of
       all-or-none responses. Biometrics 24(2), 339-352.
    .. [2] Connor, R. J. (1987). Sample size for testing differences in proportions
       for the paired-sample design. Biometrics 43(1), 207-211.

    Examples
    --------
    >>> round(smallest_difference(161, 0.3), 3), smallest_difference(5, 0.3)
    (0.124, 1.0)
    """

    def excess(difference: float) -> float:
        share = max(discordant, difference)
        return paired_power(positives, share, difference) - power

    if excess(1.0) < 0:
        return 1.0
    return float(brentq(excess, 0.0, 1.0, xtol=1e-9, rtol=1e-6))


def rows_needed(difference: float, discordant: float, *, level: float = LEVEL) -> int:
    """Return how many rows of a class find a difference with a chance of 0.8.

    Parameters
    ----------
    difference : float
        True difference of the two rates, in (0, 1].
    discordant : float
        Share of the rows on which the arms disagree; at least `difference` is taken.
    level : float, default=0.05
        Two-sided level of the test.

    Returns
    -------
    int
        About the fewest: the exact power goes up and down a little from one number
        to the next.

    Examples
    --------
    >>> rows_needed(0.1, 0.3)
    249
    """
    share = min(1.0, max(discordant, difference))

    def enough(rows: int) -> bool:
        return paired_power(rows, share, difference, level=level) >= POWER

    high = 8
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def paired_power(
    rows: int, discordant: float, difference: float, *, level: float = LEVEL
) -> float:
    """Return the chance that the exact McNemar test finds a difference.

    Parameters
    ----------
    rows : int
        Rows that both arms were judged on (for a recall: positives), at least 1.
    discordant : float
        Share of them on which the arms disagree, in [0, 1]; at least `difference`.
    difference : float
        True difference of the two rates, in [0, 1].
    level : float, default=0.05
        Two-sided level of the test.

    Returns
    -------
    float
        The unconditional power: that of the conditional test [1]_, averaged over the
        number of rows on which the arms may come to disagree.

    References
    ----------
    .. [1] Duffy, S. W. (1984). Asymptotic and exact power for the McNemar test and
       its analogue with R controls per case. Biometrics 40(4), 1005-1015.

    Examples
    --------
    >>> round(paired_power(161, 0.3, 0.15), 2)
    0.93
    """
    counts, chances, critical = _rejections(rows, discordant, level)
    if not len(counts):
        return 0.0
    share = 0.5 + difference / discordant / 2
    power = binom.sf(counts - critical - 1, counts, share)
    power += binom.cdf(critical, counts, share)
    return float(min(1.0, np.sum(chances * power)))


def _rejections(
    rows: int, discordant: float, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the numbers of disagreeing rows that matter, and what is rejected.

    That is each number, its chance, and the most rows on the rarer side with which
    the two-sided test still rejects.
    """
    low, high = binom.ppf([_TAIL, 1 - _TAIL], rows, discordant)
    fewest = math.ceil(1 - math.log2(level))
    counts = np.arange(max(low, fewest), high + 1)
    # The largest k with 2 P(X <= k) below the level; the quantile is the first above.
    critical = binom.ppf(level / 2, counts, 0.5) - 1
    exact = 2 * binom.cdf(critical + 1, counts, 0.5) < level
    critical = np.where(exact, critical + 1, critical)
    possible = critical >= 0
    counts, critical = counts[possible], critical[possible]
    return counts, binom.pmf(counts, rows, discordant), critical


# Any skill --------------------------------------------------------------------------


def skill(
    arms: Mapping[tuple[str, str | None], tuple[Labels, Scores]],
    *,
    tests: int | None = None,
) -> Skill:
    """Tell whether any arm is shown to rank better than chance.

    Parameters
    ----------
    arms : mapping of (str, str or None) to (array of shape (n,), array of shape (n,))
        Per arm, and of more than two classes per class, labels (0 or 1) and scores of
        the test rows.
    tests : int or None, default=None
        Of how many tests these are; as many as are given when None.

    Returns
    -------
    Skill
        An arm is shown to if p is below 0.01 after Bonferroni over all tests.
        So with labels that mean nothing one is shown to in at most 1 % of runs.

    Notes
    -----
    The folds are not used. They chose among trials and, by early stopping, among
    numbers of rounds, and each of their models learned from the rows that the others
    judge, so that their rank sums go up and down together: with labels that mean
    nothing a test of the folds finds something far too often.

    Examples
    --------
    >>> y, scores = np.array([0] * 40 + [1] * 10), np.arange(50.0)
    >>> found = skill({("untreated", None): (y, scores)})
    >>> found.shown, found.arms, found.roc_auc
    (True, ('untreated',), 1.0)
    """
    number = len(arms) if tests is None else tests
    tested = {
        what: min(1.0, number * ranks_better(*labelled))
        for what, labelled in arms.items()
    }
    if not tested:
        return Skill(shown=False)
    best = min(tested, key=tested.__getitem__)
    able = [arm for (arm, _), p in tested.items() if p < SKILL_LEVEL]
    return Skill(
        shown=bool(able),
        arms=tuple(dict.fromkeys(able)),
        arm=best[0],
        klass=best[1],
        p=tested[best],
        roc_auc=_auc(*arms[best]),
    )


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
    auc, n = _auc(y, scores), len(y)
    if auc is None:
        return 1.0
    positives = int(np.count_nonzero(y))
    _, ties = np.unique(scores, return_counts=True)
    tied = float(np.sum(ties.astype(np.float64) ** 3 - ties)) / (n**3 - n)
    variance = positives * (n - positives) * (n + 1) * (1 - tied) / 12
    if variance <= 0:
        return 1.0
    above = float(rankdata(scores)[y == 1].sum()) - positives * (n + 1) / 2
    return float(norm.sf(above / math.sqrt(variance)))


def _auc(y: Labels, scores: Scores) -> float | None:
    """Return the ROC AUC; None where there are not both classes."""
    positives = int(np.count_nonzero(y))
    negatives = len(y) - positives
    if not positives or not negatives:
        return None
    ranks = float(rankdata(scores)[y == 1].sum())
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)
