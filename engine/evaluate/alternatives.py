"""What simpler decisions cost beside an arm, on the same test rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from engine.evaluate.arrays import Labels
from engine.evaluate.bootstrap import interval_and_p
from engine.evaluate.rules import TOO_FEW
from engine.events import Alternative

__all__ = ["alternatives"]

Paid = npt.NDArray[np.float64]


def alternatives(
    y: Labels, paid: Paid, others: Mapping[str, Paid], *, seed: int, draws: int = 2000
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
        Draws of the bootstrap.

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
    enough = len(sizes) > 1 and int(sizes.min()) >= TOO_FEW
    return tuple(
        Alternative(
            name=name,
            cost=1000 * float(other.mean()),
            difference=1000 * float((paid - other).mean()),
            ci=_interval(y, present, paid - other, seed, draws) if enough else None,
        )
        for name, other in others.items()
    )


def _interval(
    y: Labels, present: Labels, difference: Paid, seed: int, draws: int
) -> tuple[float, float]:
    generator = np.random.default_rng(seed)
    total = np.zeros(draws)
    for k in present:
        values, counts = np.unique(difference[y == k], return_counts=True)
        drawn = generator.multinomial(counts.sum(), counts / counts.sum(), size=draws)
        total += drawn @ values
    low_high, _ = interval_and_p(1000 * total / len(y))
    return low_high
