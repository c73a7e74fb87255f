"""Which scores go to a person, what that costs, and which classes a score excludes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.core.costs import Costs, error_costs
from engine.core.outcome import CalibrationMap
from engine.core.prevalence import weights
from engine.core.review import ConformalSets, Proportion, ReviewBand, proportion
from engine.core.seeds import child
from engine.evaluate.board import TOO_FEW
from engine.evaluate.bootstrap import Floats
from engine.evaluate.metrics import class_sizes
from engine.evaluate.probabilities import Labels, Scores, apply

SETS_LEVEL = 0.9
_DRAWS = 2000
_AT_ONCE = 4_000_000
"""Random numbers that are held at a time."""


class RowCosts(NamedTuple):
    """What each row costs if it is decided wrongly, if reviewed, and if right."""

    wrong: Floats
    review: Floats
    right: Floats


class ArmToReview(NamedTuple):
    """An arm's scores, its threshold of least cost, and its calibration."""

    oof: Scores
    test: Scores
    threshold: float
    map: CalibrationMap


def row_costs(y: Labels, costs: Costs, price: float) -> RowCosts:
    """Return the costs of rows, which count for more or less at another prevalence.

    Examples
    --------
    >>> row_costs(np.array([0, 1]), Costs(cost_fn=10, cost_fp=1), 0.5)
    RowCosts(wrong=array([ 1., 10.]), review=array([0.5, 0.5]), right=array([0., 0.]))
    """
    up, down = weights(costs.prevalence, *class_sizes(y))
    positive, extra = y == 1, error_costs(costs)
    return RowCosts(
        np.where(positive, up * extra["cost_fn"], down * extra["cost_fp"]),
        np.where(positive, up, down) * price,
        np.where(positive, up * costs.cost_tp, down * costs.cost_tn),
    )


def choose_band(
    y: Labels, scores: Scores, costs: RowCosts, threshold: float
) -> tuple[float, float]:
    """Choose the scores that go to a person, who is assumed right.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
        Out-of-fold scores, finite.
    costs : RowCosts
        Of the same rows.
    threshold : float
        Of least cost, for all rows where no band costs less.

    Returns
    -------
    tuple of float
        From the first to below the second: of all pairs of scores the one of the least
        total cost [1]_, and of about equally good ones a narrow one. The second is
        infinite where no row is predicted positive without a person. Both are
        `threshold` where no pair costs less than the best single one.

    Notes
    -----
    What is below the low end and what is above the high end are sums of their own, so
    that the best low end for each high one is a running minimum: after sorting, one
    pass tries all pairs. Without a running minimum both ends might cross.

    References
    ----------
    .. [1] Chow, C. K. (1970). On optimum recognition error and reject tradeoff. IEEE
       Transactions on Information Theory 16(1), 41-46.

    Examples
    --------
    >>> y, scores = np.array([0, 0, 1, 0, 1, 1]), np.arange(6) / 10
    >>> priced = row_costs(y, Costs(cost_fn=4, cost_fp=2), 0.5)
    >>> choose_band(y, scores, priced, 0.2)
    (0.2, 0.4)
    """
    order = np.argsort(scores, kind="stable")
    ranked, positive = scores[order], y[order] == 1
    # Where each score begins, and behind the last one.
    ends = np.append(np.flatnonzero(np.diff(ranked, prepend=-np.inf)), len(ranked))
    wrong, review = costs.wrong[order], costs.review[order]
    missed, alarms, reviewed = (
        np.concatenate(([0.0], np.cumsum(each)))[ends]
        for each in (np.where(positive, wrong, 0), np.where(positive, 0, wrong), review)
    )
    below, above = missed - reviewed, alarms[-1] - alarms + reviewed
    nil = 1e-12 * float(missed[-1] + alarms[-1] + reviewed[-1])
    total = np.minimum.accumulate(below) + above
    if total.min() >= (below + above).min() - nil:
        return threshold, threshold
    high = int(np.argmax(total <= total.min() + nil))
    best = below[: high + 1]
    low = int(np.flatnonzero(best <= best.min() + nil)[-1])
    at = np.append(ranked[ends[:-1]].astype(np.float64), np.inf)
    return float(at[low]), float(at[high])


def paid(
    y: Labels, scores: Scores, costs: RowCosts, band: tuple[float, float]
) -> Floats:
    """Return what each row costs with a band of scores that go to a person.

    Examples
    --------
    >>> y = np.array([0, 1, 0, 1])
    >>> priced = row_costs(y, Costs(cost_fn=10, cost_fp=1), 0.5)
    >>> paid(y, np.array([0.9, 0.1, 0.5, 0.8]), priced, (0.4, 0.6))
    array([ 1. , 10. ,  0.5,  0. ])
    """
    positive, asked = y == 1, _within(scores, band)
    wrong = ~asked & (positive != (scores >= np.float64(band[1])))
    extra = np.where(wrong, costs.wrong, 0.0) + np.where(asked, costs.review, 0.0)
    return np.asarray(costs.right + extra)


def _within(scores: Scores, band: tuple[float, float]) -> npt.NDArray[np.bool_]:
    low, high = map(np.float64, band)
    return np.asarray((scores >= low) & (scores < high))


def review_arms(
    arms: Mapping[str, ArmToReview],
    y_oof: Labels,
    y_test: Labels,
    costs_oof: RowCosts,
    costs_test: RowCosts,
    *,
    seed: int,
    repeats: int = 1,
    level: float = SETS_LEVEL,
) -> tuple[ReviewBand, ...]:
    """Choose each arm's band on out-of-fold scores, and count the test rows with it.

    Parameters
    ----------
    arms : mapping of str to ArmToReview
    y_oof, y_test : array
        0 or 1 per out-of-fold score, and per test row.
    costs_oof, costs_test : RowCosts
        Of the same rows.
    seed : int
        Of the draws.
    repeats : int, default=1
        How often each row is among the out-of-fold scores.
    level : float, default=0.9
        Of the conformal sets.

    Returns
    -------
    tuple of ReviewBand

    Examples
    --------
    >>> y, scores = np.tile([0, 0, 0, 1], 50), np.tile([0.1, 0.2, 0.6, 0.7], 50)
    >>> priced = row_costs(y, Costs(cost_fn=3, cost_fp=1), 0.2)
    >>> arm = ArmToReview(scores, scores, 0.7, CalibrationMap())
    >>> (one,) = review_arms({"untreated": arm}, y, y, priced, priced, seed=0)
    >>> (one.low, one.high), one.reviewed.count, one.sets.positives.share
    ((0.7, 0.7), 0, 1.0)
    """
    made = []
    for name, arm in arms.items():
        band = choose_band(y_oof, arm.oof, costs_oof, arm.threshold)
        plain = arm.threshold, arm.threshold
        with_band, alone = (
            paid(y_test, arm.test, costs_test, each) for each in (band, plain)
        )
        difference = with_band - alone
        own, change = None, None
        if min(class_sizes(y_test)) >= TOO_FEW:
            draw, asks = child(seed, name), band[0] < band[1]
            own_range, change_range = _ranges(y_test, costs_test, asks=asks)
            own = mean_interval(y_test, with_band, own_range, seed=draw)
            if asks:
                change = mean_interval(y_test, difference, change_range, seed=draw)
        missed, alarms = _errors(y_test, arm.test, band)
        alone_missed, alone_alarms = _errors(y_test, arm.test, plain)
        risks = [float(apply(arm.map, np.array(at))) for at in band if at < math.inf]
        out_of_fold = paid(y_oof, arm.oof, costs_oof, band)
        limits = conformal_limits(y_oof, arm.oof, level=level, repeats=repeats)
        made.append(
            ReviewBand(
                arm=name,
                pays=band[0] < band[1],
                low=band[0],
                high=band[1] if band[1] < math.inf else None,
                low_risk=risks[0],
                high_risk=risks[1] if len(risks) > 1 else None,
                expected_cost=1000 * float(out_of_fold.mean()),
                reviewed=proportion(int(_within(arm.test, band).sum()), len(y_test)),
                missed=missed,
                alarms=alarms,
                cost=1000 * float(with_band.mean()),
                cost_ci=own,
                threshold=arm.threshold,
                alone_missed=alone_missed,
                alone_alarms=alone_alarms,
                alone=1000 * float(alone.mean()),
                difference=1000 * float(difference.mean()),
                difference_ci=change,
                sets=conformal_sets(y_test, arm.test, limits, level=level),
            )
        )
    return tuple(made)


def _errors(y: Labels, scores: Scores, band: tuple[float, float]) -> tuple[int, int]:
    low, high = map(np.float64, band)
    missed, alarms = (y == 1) & (scores < low), (y != 1) & (scores >= high)
    return int(missed.sum()), int(alarms.sum())


# Intervals ----------------------------------------------------------------------------


def _ranges(
    y: Labels, costs: RowCosts, *, asks: bool
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return between what a row of each class costs, and how a band can change that."""
    paid, change = [], []
    for k in (0, 1):
        wrong, review, right = (each[y == k] for each in costs)
        most = np.maximum(wrong, review) if asks else wrong
        paid.append((float(right.min()), float((right + most).max())))
        saved = float((review - wrong).min())
        change.append((min(0.0, saved), float(review.max())))
    return paid, change


def mean_interval(
    y: Labels,
    values: Floats,
    ranges: Sequence[tuple[float, float]],
    *,
    seed: int,
    draws: int = _DRAWS,
) -> tuple[float, float]:
    """Return the 95 % interval of the mean of 1,000 rows.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row; as many rows of each class are taken to be there.
    values : array of shape (n,)
    ranges : sequence of tuple of float
        The least and the most that a row of class 0 and 1 can have, seen or not.
    seed : int
    draws : int, default=2000

    Returns
    -------
    tuple of float
        Percentiles of a Bayesian bootstrap [1]_ within each class, with a row more of
        the least value for the lower limit, and of the most for the upper one [2]_: of
        a share these are Clopper and Pearson's. A bootstrap of the rows alone gives
        no chance to what none of them shows, such as a rare miss.

    References
    ----------
    .. [1] Rubin, D. B. (1981). The Bayesian bootstrap. Annals of Statistics 9(1),
       130-134.
    .. [2] Learned-Miller, E. and Thomas, P. S. (2019). A new confidence interval for
       the mean of a bounded random variable. arXiv:1905.06208.

    Examples
    --------
    >>> y, nothing = np.repeat([0, 1], 50), np.zeros(100)
    >>> limits = mean_interval(y, nothing, [(0.0, 1.0), (0.0, 10.0)], seed=0)
    >>> [round(limit) for limit in limits]
    [0, 366]
    """
    generator = np.random.default_rng(seed)
    total = np.zeros((2, draws))
    for k, ends in enumerate(ranges):
        own, rows = np.unique(values[y == k], return_counts=True)
        counts = np.append(rows, 1)
        step = max(1, _AT_ONCE // len(counts))
        for start in range(0, draws, step):
            part = slice(start, min(start + step, draws))
            size = part.stop - start, len(counts)
            drawn = generator.standard_gamma(counts, size=size)
            drawn /= drawn.sum(axis=1, keepdims=True)
            seen = drawn[:, :-1] @ own
            for side, end in enumerate(ends):
                total[side, part] += rows.sum() * (seen + drawn[:, -1] * end)
    total *= 1000 / len(y)
    return float(np.quantile(total[0], 0.025)), float(np.quantile(total[1], 0.975))


# Conformal sets -----------------------------------------------------------------------


def conformal_limits(
    y: Labels, scores: Scores, *, level: float = SETS_LEVEL, repeats: int = 1
) -> tuple[float | None, float | None]:
    """Return from which score a set has the positive class, and up to which the other.

    Parameters
    ----------
    y : array of shape (repeats * n,)
        0 or 1 per score.
    scores : array of shape (repeats * n,)
        Out-of-fold scores, one repeat after the other.
    level : float, default=0.9
        Share of the rows of each class that should have their class in the set.
    repeats : int, default=1

    Returns
    -------
    tuple of float or None
        None where there are too few rows of the class to exclude it at all.

    Notes
    -----
    A class is excluded where its p-value, the share of its rows whose score speaks no
    more for it (the row itself counted), is at most ``1 - level``: class by class
    (Mondrian [1]_), with one minus the score of a class as its nonconformity, as
    MAPIE's LAC has it for all classes together. With the scores of a model on rows that
    it has not seen, the classes exchangeable, sets hold at least at the level, whatever
    the model (split conformal). Cross-conformal sets [2]_ take out-of-fold scores and
    compare each with that of its own fold's model, with a proven level of about
    ``1 - 2 * (1 - level)`` [3]_. Here it is the final model's score that is compared,
    so that the level is nearly reached, not guaranteed: the test rows measure it.

    References
    ----------
    .. [1] Vovk, V., Gammerman, A. and Shafer, G. (2005). Algorithmic Learning in a
       Random World. Springer, section 4.5.
    .. [2] Vovk, V. (2015). Cross-conformal predictors. Annals of Mathematics and
       Artificial Intelligence 74, 9-28.
    .. [3] Barber, R. F., Candes, E. J., Ramdas, A. and Tibshirani, R. J. (2021).
       Predictive inference with the jackknife+. Annals of Statistics 49(1), 486-507.

    Examples
    --------
    >>> y, scores = np.repeat([0, 1], 19), np.arange(38) / 38
    >>> [round(38 * limit) for limit in conformal_limits(y, scores)]
    [20, 17]
    >>> conformal_limits(y[11:27], scores[11:27])
    (None, None)
    """
    limits = []
    for k in (1, 0):
        own = np.sort(scores[y == k])
        few = len(own) / repeats + 1
        # Rounded: 0.1 is no binary fraction.
        place = math.floor(round(repeats * ((1 - level) * few - 1), 9))
        limits.append(None if place < 0 else float(own[place if k else -1 - place]))
    return limits[0], limits[1]


def conformal_sets(
    y: Labels,
    scores: Scores,
    limits: tuple[float | None, float | None],
    *,
    level: float = SETS_LEVEL,
) -> ConformalSets:
    """Count the sets of some rows, and how many have the class of the row.

    Examples
    --------
    >>> y, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.5, 0.5, 0.2])
    >>> sets = conformal_sets(y, scores, (0.4, 0.6))
    >>> sets.both.count, sets.positives.share, sets.negatives.share
    (2, 0.5, 1.0)
    """
    start, end = limits
    everywhere = np.ones(len(y), dtype=bool)
    positive = everywhere if start is None else scores >= np.float64(start)
    negative = everywhere if end is None else scores <= np.float64(end)

    def share(found: npt.NDArray[np.bool_], rows: npt.NDArray[np.bool_]) -> Proportion:
        return proportion(int((found & rows).sum()), int(rows.sum()))

    return ConformalSets(
        level=level,
        positive_from=start,
        negative_to=end,
        only_negative=share(negative & ~positive, everywhere),
        only_positive=share(positive & ~negative, everywhere),
        both=share(positive & negative, everywhere),
        neither=share(~positive & ~negative, everywhere),
        positives=share(positive, y == 1),
        negatives=share(negative, y != 1),
    )
