"""What single rows cost: intervals where amounts differ, and simpler decisions."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from engine.core.costs import Costs
from engine.core.outcome import Alternative, Confusion
from engine.core.result import FEWEST_ROWS
from engine.evaluate.bootstrap import Floats, interval_and_p
from engine.evaluate.probabilities import Labels

_Z95 = NormalDist().inv_cdf(0.975)
WIDER = "paired stratified bootstrap, {draws:,} draws, percentile or normal interval"
_MOST_STUDENTIZED = 5_000
_CELLS, _LEAST_DRAWS = 30_000_000, 500


def wider(differences: Floats, around: float) -> tuple[tuple[float, float], float]:
    """Read a difference's 95 % interval and p off its draws, where amounts differ.

    A few large amounts make the percentile interval too narrow (docs/statistics.md):
    each limit is that of the normal interval around the difference, with the draws'
    standard deviation [1]_, where that is wider, and the larger p counts.

    Parameters
    ----------
    differences : array of shape (draws,)
        The difference in every draw.
    around : float
        The difference itself.

    References
    ----------
    .. [1] Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their
       Application. Cambridge University Press, section 5.2.

    Examples
    --------
    >>> [round(limit, 2) for limit in wider(np.array([1.0, 1.0, 4.0]), 2.0)[0]]
    [-1.39, 5.39]
    """
    (low, high), p = interval_and_p(differences)
    error = float(np.std(differences, ddof=1))
    if error > 0:
        p = max(p, 2 * NormalDist().cdf(-abs(around) / error))
    half = _Z95 * error
    return (min(low, around - half), max(high, around + half)), p


def uneven(worth: Floats | None) -> bool:
    """Tell whether rows have costs that differ."""
    return worth is not None and bool(len(worth)) and bool(np.ptp(worth) > 0)


def amount_intervals(
    worth: Floats,
    found: npt.NDArray[np.bool_],
    counts: Confusion,
    costs: Costs,
    *,
    seed: int,
    draws: int = 1000,
) -> dict[str, tuple[float, float] | None]:
    """Return the 95 % intervals of a cost and of the share of the amount that is found.

    Amounts are skewed, so that percentile and normal intervals are too short on one
    side. Here each draw is divided by its own standard error (bootstrap-t [1]_, rows
    drawn within each class), and a limit is that of the normal interval where that is
    wider.

    Parameters
    ----------
    worth : array of shape (positives,)
        What each positive counts beside one that costs ``costs.cost_fn``.
    found : array of shape (positives,), dtype bool
    counts : Confusion
        Of all rows.
    costs : Costs
    seed : int
        At least 0.
    draws : int, default=1000
        None with more than 5,000 positives, where the normal interval will do.

    Returns
    -------
    dict
        ``cost_per_1000_ci`` and ``amount_recall_ci``; None with fewer than 20 rows of a
        class, and where nothing was missed or no positive costs anything.

    References
    ----------
    .. [1] Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap.
       Chapman & Hall, section 12.5.

    Examples
    --------
    >>> worth, found = np.ones(400), np.arange(400) < 300
    >>> counts = Confusion(tn=3500, fp=100, fn=100, tp=300)
    >>> both = amount_intervals(
    ...     worth, found, counts, Costs(cost_fn=10, cost_fp=1), seed=0
    ... )
    >>> [round(limit) for limit in both["cost_per_1000_ci"]]
    [232, 321]
    >>> [round(limit, 2) for limit in both["amount_recall_ci"]]
    [0.7, 0.79]
    """
    positives, negatives = counts.fn + counts.tp, counts.tn + counts.fp
    if min(positives, negatives) < FEWEST_ROWS or found.all() or not worth.any():
        return {"cost_per_1000_ci": None, "amount_recall_ci": None}
    on, rows = costs.of_rows(positives, negatives), positives + negatives
    once = np.ones((1, positives))
    draws = draws if positives <= _MOST_STUDENTIZED else 0
    generator = np.random.default_rng(seed)
    redrawn = np.zeros((draws, positives))
    for line in redrawn:
        picked = generator.integers(0, positives, positives)
        line += np.bincount(picked, minlength=positives)
    drawn = np.vstack([once, redrawn])
    square, hit = worth * worth, found.astype(np.float64)
    total, every = drawn @ worth, drawn @ square
    missed, lost = drawn @ (worth * (1 - hit)), drawn @ (square * (1 - hit))
    alarms = np.append(
        counts.fp, generator.binomial(negatives, counts.fp / negatives, draws)
    )
    step = on.cost_fp - on.cost_tn
    cost = on.cost_fn * missed + step * alarms + on.cost_tn * negatives
    variance = on.cost_fn**2 * np.maximum(lost - missed**2 / positives, 0.0)
    variance += step**2 * alarms * (1 - alarms / negatives)
    share = np.divide(missed, total, out=np.zeros(len(total)), where=total > 0)
    # Of a ratio: what a row adds beyond the share that is expected of it.
    apart = lost * (1 - 2 * share) + share**2 * every
    spread = np.divide(apart, total**2, out=np.zeros(len(total)), where=total > 0)
    low, high = _studentized(share, np.sqrt(np.maximum(spread, 0.0)))
    found_share = max(0.0, 1 - high), min(1.0, 1 - low)
    low, high = _studentized(cost, np.sqrt(variance))
    per_1000 = 1000 * max(0.0, low) / rows, 1000 * high / rows
    return {"cost_per_1000_ci": per_1000, "amount_recall_ci": found_share}


def _studentized(values: Floats, errors: Floats) -> tuple[float, float]:
    """Return limits of the first value; the others, with their errors, are draws."""
    value, error = float(values[0]), float(errors[0])
    low, high = value - _Z95 * error, value + _Z95 * error
    sure = errors[1:] > 0
    if sure.any():
        apart = (values[1:][sure] - value) / errors[1:][sure]
        under, over = np.quantile(apart, [0.025, 0.975])
        low, high = (
            min(low, value - float(over) * error),
            max(high, value - float(under) * error),
        )
    return low, high


# Simpler decisions ------------------------------------------------------------------


def alternatives(
    y: Labels,
    paid: Floats,
    others: Mapping[str, Floats],
    *,
    seed: int,
    draws: int = 2000,
    uneven: bool = False,
) -> tuple[Alternative, ...]:
    """Compare the cost of a decision with that of others, row by row.

    Parameters
    ----------
    y : array of shape (n,)
        The class of each test row.
    paid : array of shape (n,)
        What the decision costs at each row.
    others : mapping of str to array of shape (n,)
        The same of each alternative, by its name.
    seed : int
        Seed of the draws, at least 0.
    draws : int, default=2000
        Draws of the bootstrap; fewer with very many values of a difference.
    uneven : bool, default=False
        Whether rows have costs of their own, for which the interval is a normal one
        where that is wider (`wider`).

    Returns
    -------
    tuple of Alternative
        Costs per 1,000 rows; the interval is the percentile interval of a paired
        bootstrap stratified by class [1]_, None where a class has fewer than 20 rows.

    Notes
    -----
    The difference at a row has few values, so a draw of the rows of a class is a
    multinomial draw of how often each value comes up: exact, and fast at any size.

    References
    ----------
    .. [1] Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their
       Application. Cambridge University Press, section 3.2 (several samples).

    Examples
    --------
    >>> y = np.array([0] * 80 + [1] * 20)
    >>> nobody, exact = np.where(y == 1, 10.0, 0.0), np.zeros(100)
    >>> (found,) = alternatives(y, exact, {"nobody": nobody}, seed=0)
    >>> found.cost, found.difference, found.ci
    (2000.0, -2000.0, (-2000.0, -2000.0))
    """
    present, sizes = np.unique(y, return_counts=True)
    enough = len(sizes) > 1 and int(sizes.min()) >= FEWEST_ROWS
    return tuple(
        Alternative(
            name=name,
            cost=1000 * float(other.mean()),
            difference=1000 * float((paid - other).mean()),
            ci=_interval(y, present, paid - other, seed, draws, uneven)
            if enough
            else None,
        )
        for name, other in others.items()
    )


def _interval(
    y: Labels,
    present: Labels,
    difference: Floats,
    seed: int,
    draws: int,
    uneven: bool,
) -> tuple[float, float]:
    generator = np.random.default_rng(seed)
    groups = [np.unique(difference[y == k], return_counts=True) for k in present]
    draws = max(_LEAST_DRAWS, min(draws, _CELLS // max(len(v) for v, _ in groups)))
    total = np.zeros(draws)
    for values, counts in groups:
        sampled = generator.multinomial(counts.sum(), counts / counts.sum(), size=draws)
        total += sampled @ values
    total *= 1000 / len(y)
    if uneven:
        return wider(total, 1000 * float(difference.mean()))[0]
    return interval_and_p(total)[0]
