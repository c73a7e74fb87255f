"""Scores that go to a person, and sets of classes: a part of the result. Light."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from engine.core.costs import Costs, error_costs, wilson

Interval: TypeAlias = tuple[float, float]


class Proportion(msgspec.Struct, frozen=True, kw_only=True):
    """A number of rows of some, as a share with Wilson's 95 % interval."""

    count: int
    of: int
    share: float | None
    ci: Interval | None


def proportion(count: int, of: int) -> Proportion:
    """Return a number of rows as a share of some.

    Examples
    --------
    >>> found = proportion(12, 50)
    >>> found.share, [round(limit, 3) for limit in found.ci]
    (0.24, [0.143, 0.374])
    """
    share = count / of if of else None
    return Proportion(count=count, of=of, share=share, ci=wilson(count, of))


class ConformalSets(msgspec.Struct, frozen=True, kw_only=True):
    """For each test row the classes that an arm cannot exclude at a level.

    A set has the positive class from the score `positive_from` on, and the negative
    class up to `negative_to`; always, where there are too few rows for a limit (None).
    `only_negative`, `only_positive`, `both` and `neither` count the sets, and
    `positives` and `negatives` how many rows of each class have it in their set.
    """

    level: float
    positive_from: float | None
    negative_to: float | None
    only_negative: Proportion
    only_positive: Proportion
    both: Proportion
    neither: Proportion
    positives: Proportion
    negatives: Proportion


class ReviewBand(msgspec.Struct, frozen=True, kw_only=True):
    """An arm on the test rows, with a person for the scores from `low` to below `high`.

    The person is assumed right. Below `low` rows are predicted negative, from `high`
    on positive; without an end (None) a person looks at all from `low` on. Both are
    scores as the model says them, chosen on out-of-fold scores; `low_risk` and
    `high_risk` are the same after the recommended calibration. Unless a band `pays`,
    no row is reviewed and both ends are the least-cost `threshold`.

    Costs are per 1,000 rows: `expected_cost` out of fold, `cost` on the test rows, and
    `alone` without the band, at `threshold`. `difference` is the cost with the band
    minus that without. Intervals are of 95 %, None with too few rows.
    """

    arm: str
    pays: bool
    low: float
    high: float | None
    low_risk: float
    high_risk: float | None
    expected_cost: float
    reviewed: Proportion
    missed: int
    alarms: int
    cost: float
    cost_ci: Interval | None
    threshold: float
    alone_missed: int
    alone_alarms: int
    alone: float
    difference: float
    difference_ci: Interval | None
    sets: ConformalSets


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What it comes to if a person looks at some rows, at `price` for each.

    At or above the price `most` none can pay.
    """

    price: float
    most: float
    arms: tuple[ReviewBand, ...]


def highest_price(costs: Costs) -> float:
    """Return the price from which on no review of any row can pay.

    A row of risk r costs ``r * cost_fn`` if it is predicted negative, and ``(1 - r) *
    cost_fp`` if positive; the lesser of both is the greatest where they are equal [1]_.

    References
    ----------
    .. [1] Chow, C. K. (1970). On optimum recognition error and reject tradeoff. IEEE
       Transactions on Information Theory 16(1), 41-46.

    Examples
    --------
    >>> highest_price(Costs(cost_fn=9, cost_fp=1))
    0.9
    """
    extra = error_costs(costs)
    miss, alarm = extra["cost_fn"], extra["cost_fp"]
    return miss * alarm / (miss + alarm)
