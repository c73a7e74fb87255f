"""Arms ranked on every table: whether they differ, which of them, and from the control.

Values come as rows of tables with a column per arm, higher being better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from engine.core.suite import Friedman

Values: TypeAlias = "NDArray[np.float64] | Sequence[Sequence[float]]"

MOST_EXACT = 50
"""Differences up to which every assignment of signs is counted."""


def ranks(values: Values) -> NDArray[np.float64]:
    """Rank the arms on every table, the best first.

    Parameters
    ----------
    values : array of shape (tables, arms)
        Higher is better.

    Returns
    -------
    array of shape (tables, arms)
        From 1; equal values share the mean of their ranks.

    Examples
    --------
    >>> ranks([[0.9, 0.8, 0.8], [0.1, 0.2, 0.3]]).tolist()
    [[1.0, 2.5, 2.5], [3.0, 2.0, 1.0]]
    """
    found = np.asarray(values, dtype=np.float64)
    return np.asarray(stats.rankdata(-found, axis=1), dtype=np.float64)


def friedman(values: Values, names: Sequence[str] = ()) -> Friedman:
    """Test whether any arm tends to rank before another.

    Parameters
    ----------
    values : array of shape (tables, arms)
        At least two tables and three arms; higher is better.
    names : sequence of str, default=()
        Of the arms.

    Returns
    -------
    Friedman
        Friedman's chi-square, corrected for ties [1]_, and the F of Iman and Davenport
        [2]_, whose p errs less with few tables [3]_. Where every table ranks the arms
        alike, F is infinite, so that it is None, and its p is the chance of that (all
        orders being equally likely); where every table has nothing but ties, both p
        are 1.

    Raises
    ------
    ValueError
        If there are fewer tables or arms.

    References
    ----------
    .. [1] Friedman, M. (1937). The use of ranks to avoid the assumption of normality
       implicit in the analysis of variance. JASA 32, 675-701.
    .. [2] Iman, R. L. and Davenport, J. M. (1980). Approximations of the critical
       region of the Friedman statistic. Communications in Statistics A9, 571-595.
    .. [3] Demsar, J. (2006). Statistical comparisons of classifiers over multiple data
       sets. JMLR 7, 1-30.

    Examples
    --------
    >>> found = friedman([[9, 8, 7], [9, 7, 8], [8, 9, 7], [9, 8, 7]])
    >>> round(found.statistic, 6), round(found.f, 6)
    (4.5, 3.857143)
    """
    placed = ranks(values)
    tables, arms = placed.shape
    if tables < 2 or arms < 3:
        raise ValueError(f"{tables} tables and {arms} arms cannot be ranked")
    f: float | None
    statistic, p, f, f_p = 0.0, 1.0, 0.0, 1.0
    if np.ptp(placed, axis=1).any():
        statistic, p = map(float, stats.friedmanchisquare(*placed.T))
        most = tables * (arms - 1)
        if most - statistic < 1e-9 * most:
            f, f_p = None, _alike(placed)
        else:
            f = (tables - 1) * statistic / (most - statistic)
            f_p = float(stats.f.sf(f, arms - 1, (arms - 1) * (tables - 1)))
    return Friedman(
        statistic=statistic, p=p, f=f, f_p=f_p, tables=tables, arms=tuple(names)
    )


def _alike(placed: NDArray[np.float64]) -> float:
    """Return the chance that all tables rank like the first, ties included."""
    _, ties = np.unique(placed[0], return_counts=True)
    orders = math.factorial(placed.shape[1])
    orders //= math.prod(math.factorial(int(many)) for many in ties)
    return float((1 / orders) ** (len(placed) - 1))


def critical_difference(arms: int, tables: int, *, level: float = 0.05) -> float:
    """Return from which difference of mean ranks on two arms are shown to differ.

    Parameters
    ----------
    arms : int
        At least 2.
    tables : int
        At least 1.
    level : float, default=0.05
        The chance of any false claim among all pairs.

    Returns
    -------
    float
        Nemenyi's [1]_, from the studentized range with infinite degrees of freedom
        [2]_.

    References
    ----------
    .. [1] Nemenyi, P. B. (1963). Distribution-free multiple comparisons. PhD thesis,
       Princeton University.
    .. [2] Demsar, J. (2006), as for `friedman`; its section 3.2.2 and table 5.

    Examples
    --------
    >>> round(critical_difference(4, 14), 2), round(critical_difference(5, 27), 2)
    (1.25, 1.17)
    """
    q = float(stats.studentized_range.ppf(1 - level, arms, np.inf)) / math.sqrt(2)
    return q * math.sqrt(arms * (arms + 1) / (6 * tables))


def groups(
    mean_ranks: dict[str, float], difference: float
) -> tuple[tuple[str, ...], ...]:
    """Return the largest sets of arms within a difference of mean ranks.

    Parameters
    ----------
    mean_ranks : dict of str to float
    difference : float
        The critical one.

    Returns
    -------
    tuple of tuple of str
        Best first, two arms or more each; none lies within another.

    Examples
    --------
    >>> groups({"c": 2.9, "a": 1.0, "b": 2.0, "d": 4.2}, 1.2)
    (('a', 'b'), ('b', 'c'))
    """
    order = sorted(mean_ranks, key=lambda name: mean_ranks[name])
    found: list[tuple[str, ...]] = []
    for first, name in enumerate(order):
        near = tuple(
            one
            for one in order[first:]
            if mean_ranks[one] - mean_ranks[name] < difference
        )
        if len(near) > 1 and (not found or near[-1] not in found[-1]):
            found.append(near)
    return tuple(found)


def signed_rank(differences: Sequence[float]) -> float:
    """Test whether differences lie around 0, by the Wilcoxon signed-rank test.

    Parameters
    ----------
    differences : sequence of float
        One per table; those of 0 say nothing and are left out [1]_.

    Returns
    -------
    float
        Two-sided p: up to 50 differences the exact one given the ranks, with ties as
        they are; beyond that by scipy's normal approximation. 1 without differences.

    References
    ----------
    .. [1] Wilcoxon, F. (1945). Individual comparisons by ranking methods. Biometrics
       Bulletin 1, 80-83.

    Examples
    --------
    >>> signed_rank([0.1, 0.2, 0.3, 0.4, 0.5]), signed_rank([0.0, 0.0])
    (0.0625, 1.0)
    """
    found = np.asarray([d for d in differences if d != 0], dtype=np.float64)
    if not len(found):
        return 1.0
    if len(found) > MOST_EXACT:
        return float(stats.wilcoxon(found, method="asymptotic").pvalue)
    # Ranks with ties are halves, so twice a rank is whole.
    twice = np.rint(2 * stats.rankdata(np.abs(found))).astype(int)
    ways: list[int] = [1]
    for rank in twice:
        longer = [*ways, *[0] * int(rank)]
        for total, many in enumerate(ways):
            longer[total + int(rank)] += many
        ways = longer
    up = int(twice[found > 0].sum())
    least = min(up, int(twice.sum()) - up)
    # Whole numbers divided once: no rounding on the way.
    return min(1.0, float(2 * sum(ways[: least + 1]) / 2 ** len(found)))


DRAWS = 50_000
"""A probability errs by 0.0022 at most with so many (one standard error)."""
_AT_ONCE = 5_000
"""Draws whose weights are in memory together."""
PRIOR = 0.5
"""Weight of the pseudo-table on which there is no difference."""


class Odds(NamedTuple):
    """Probabilities that add up to 1: worse, the same in practice, better."""

    worse: float
    same: float
    better: float


def signed_rank_odds(differences: Sequence[float], rope: float, *, seed: int) -> Odds:
    """Return the probabilities of the Bayesian signed-rank test.

    Parameters
    ----------
    differences : sequence of float
        One per table, above 0 where the arm is better.
    rope : float
        Differences up to this are the same in practice; at least 0.
    seed : int
        Of the draws: the same gives the same to the last bit.

    Returns
    -------
    Odds
        The share of draws from the Dirichlet process, with a prior of weight 0.5 at 0,
        in which each region holds the most of the pairwise means [1]_ [2]_. Draws with
        two regions alike count half for each.

    References
    ----------
    .. [1] Benavoli, A., Mangili, F., Corani, G., Zaffalon, M. and Ruggeri, F. (2014).
       A Bayesian Wilcoxon signed-rank test based on the Dirichlet process. ICML.
    .. [2] Benavoli, A., Corani, G., Demsar, J. and Zaffalon, M. (2017). Time for a
       change: a tutorial for comparing multiple classifiers through Bayesian analysis.
       JMLR 18(77), 1-36.

    Examples
    --------
    >>> odds = signed_rank_odds([0.05, 0.07, 0.06, 0.05, 0.08, 0.06], 0.01, seed=1)
    >>> odds.better > 0.99
    True
    """
    # Sorted, so that the order of the tables changes nothing.
    values = np.array([0.0, *sorted(differences)])
    sums = values[:, None] + values[None, :]
    above = _beyond(sums, 2 * rope)
    below = _beyond(-sums, 2 * rope)
    weights = np.ones(len(values))
    weights[0] = PRIOR
    random = np.random.default_rng(seed)
    won = np.zeros(3)
    left = DRAWS
    while left:
        drawn = random.dirichlet(weights, min(left, _AT_ONCE))
        regions = np.column_stack(
            [
                np.einsum("ij,jk,ik->i", drawn, area, drawn, optimize=True)
                for area in (below, 1 - above - below, above)
            ]
        )
        # Regions that are alike may differ in the last bit.
        best = regions >= regions.max(axis=1, keepdims=True) - 1e-12
        won += (best / best.sum(axis=1, keepdims=True)).sum(axis=0)
        left -= len(drawn)
    worse, same, better = (float(share) for share in won / DRAWS)
    return Odds(worse, same, better)


def _beyond(sums: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """Return 1 beyond a limit, a half exactly on it, 0 before."""
    return np.where(sums == limit, 0.5, np.where(sums > limit, 1.0, 0.0))
