"""Where an arm's misses are: by the levels of a column, and in which columns at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

from engine.client.explain import ErrorGroups, GroupsShown, Level, Uneven
from engine.evaluate.paired import holm
from engine.explain.calls import Calls, call
from engine.explain.levels import MOST_LEVELS, Levels, levels, offered
from engine.seeds import child

if TYPE_CHECKING:
    from engine.explain.bench import Bench

__all__ = ["by_level", "error_groups", "spread", "wilson"]

DRAWS = 9_999
"""Random spreads that the one found is compared with."""
MOST_COLUMNS = 200
"""Columns that are compared at most, in the order of the table."""
MOST_RANKED = 20


def error_groups(bench: Bench, request: ErrorGroups) -> GroupsShown:
    """Count an arm's misses and false alarms by the levels of a column.

    Parameters
    ----------
    bench : Bench
    request : ErrorGroups

    Raises
    ------
    SpecError
        If there is no such arm, policy, class or column.
    """
    calls = call(bench, request)
    columns = offered(bench)
    said = calls.called[calls.arm]
    overall = by_level(calls.truth, said, Levels(np.zeros(len(said), int), ("all",)))[0]
    found: list[Level] = []
    cut = ""
    if request.column is not None:
        of = levels(bench, request.column)
        found, cut = by_level(calls.truth, said, of), of.cut
    return GroupsShown(
        id=request.id,
        arm=calls.arm,
        policy=calls.policy,
        klass=calls.klass,
        overall=overall,
        column=request.column,
        levels=tuple(found[:MOST_LEVELS]),
        more=max(0, len(found) - MOST_LEVELS),
        cut=cut,
        ranking=tuple(_ranking(bench, calls, columns[:MOST_COLUMNS])),
        columns=columns,
    )


def by_level(truth: np.ndarray, said: np.ndarray, of: Levels) -> list[Level]:
    """Return what was missed and alarmed in each level, the most missed first.

    Parameters
    ----------
    truth, said : numpy.ndarray of shape (n_rows,), dtype bool
        Which rows are positive, and which are called so.
    of : Levels

    Examples
    --------
    >>> truth, said = np.array([1, 1, 0, 1], bool), np.array([1, 0, 1, 0], bool)
    >>> for level in by_level(truth, said, Levels(np.array([0, 0, 0, 1]), ("f", "m"))):
    ...     print(level.level, level.missed, level.positives, level.alarms)
    f 1 2 1
    m 1 1 0
    """
    many = len(of.names)

    def count(rows: np.ndarray) -> list[int]:
        found: list[int] = np.bincount(of.codes[rows], minlength=many).tolist()
        return found

    rows, positives = count(np.ones(len(truth), dtype=bool)), count(truth)
    missed, alarms = count(truth & ~said), count(~truth & said)
    every = int(truth.sum())
    recall = int((truth & said).sum()) / every if every else None
    made = []
    for place, name in enumerate(of.names):
        is_it, fn, fp = positives[place], missed[place], alarms[place]
        isnt = rows[place] - is_it
        interval = wilson(is_it - fn, is_it)
        made.append(
            Level(
                level=name,
                rows=rows[place],
                positives=is_it,
                missed=fn,
                alarms=fp,
                recall=(is_it - fn) / is_it if is_it else None,
                recall_ci=interval,
                alarm_rate=fp / isnt if isnt else None,
                alarm_rate_ci=wilson(fp, isnt),
                below=interval is not None
                and recall is not None
                and interval[1] < recall,
            )
        )
    return sorted(made, key=lambda one: (-one.missed, -one.positives, -one.rows))


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """Return Wilson's 95 % interval of a share; None of nothing.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
    inference. Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson(98, 161)]
    [0.5316, 0.6807]
    """
    if not whole:
        return None
    found = binomtest(part, whole).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def spread(
    missed: np.ndarray, positives: np.ndarray, *, seed: int, draws: int = DRAWS
) -> float:
    """Return the chance of misses spread so unevenly if they were missed at random.

    Pearson's chi-squared of misses by level, compared with that of random draws of as
    many positives: no level needs to be large for it.

    Parameters
    ----------
    missed, positives : numpy.ndarray of shape (n_levels,)
        Counts by level.
    seed : int
    draws : int, default=9999

    Returns
    -------
    float
        Never 0: the spread that was found counts as one of the draws.

    References
    ----------
    Phipson, B. and Smyth, G. K. (2010). Permutation P-values should never be zero.
    Statistical Applications in Genetics and Molecular Biology 9, article 39.

    Examples
    --------
    >>> spread(np.array([20, 0]), np.array([20, 20]), seed=0)
    0.0001
    >>> spread(np.array([10, 10]), np.array([20, 20]), seed=0)
    1.0
    """
    there = positives > 0
    missed, positives = missed[there], positives[there]
    if len(positives) < 2 or missed.sum() in (0, positives.sum()):
        return 1.0
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_hypergeometric(
        positives, int(missed.sum()), size=draws, method="marginals"
    )
    # With all margins fixed, chi-squared only changes with this.
    found = (missed**2 / positives).sum()
    more = (drawn**2 / positives).sum(axis=1) >= found * (1 - 1e-12)
    return float((1 + more.sum()) / (1 + draws))


def _ranking(bench: Bench, calls: Calls, columns: tuple[str, ...]) -> list[Uneven]:
    """Return the columns over which misses are spread the most unevenly."""
    truth = calls.truth
    missed = truth & ~calls.called[calls.arm]
    if not missed.any() or not (truth & ~missed).any():
        return []
    share = missed.sum() / truth.sum()
    found: list[Uneven] = []
    for name in columns:
        of = levels(bench, name)
        many = len(of.names)
        positives = np.bincount(of.codes[truth], minlength=many)
        misses = np.bincount(of.codes[missed], minlength=many)
        if (positives > 0).sum() < 2:
            continue
        seed = child(bench.plan.experiment.seed, "uneven", name)
        worst = int(np.argmax(misses - share * positives))
        found.append(
            Uneven(
                column=name,
                p=spread(misses, positives, seed=seed),
                adjusted_p=1.0,
                level=of.names[worst],
                missed=int(misses[worst]),
                positives=int(positives[worst]),
            )
        )
    adjusted = holm([one.p for one in found])
    told = [
        Uneven(
            column=one.column,
            p=one.p,
            adjusted_p=p,
            level=one.level,
            missed=one.missed,
            positives=one.positives,
        )
        for one, p in zip(found, adjusted, strict=True)
    ]
    return sorted(told, key=lambda one: one.p)[:MOST_RANKED]
