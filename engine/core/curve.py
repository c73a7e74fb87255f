"""Curves as points, from an arm's sweep or its cost steps: pure functions.

What a chart draws and what a document of curves holds are the same points. Light:
standard library and msgspec only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import NormalDist
from typing import Final, NamedTuple, TypeAlias

from msgspec import UNSET

from engine.core.costs import weighted_interval
from engine.core.outcome import CostStep
from engine.core.prevalence import Prevalence

NO_BENEFIT: Final = (
    "net benefit counts every positive alike, and this run has a cost for each"
)
"""Why there are no decision curves of a run with a cost column."""
Sweep: TypeAlias = Sequence[tuple[float, int, int]]
"""Threshold, false positives, true positives, from the highest threshold down."""


class CurvePoint(NamedTuple):
    """The place of a threshold on two scales; infinite if no row is positive."""

    threshold: float
    x: float
    y: float


class CostPoint(NamedTuple):
    """The threshold of least cost at a cost ratio.

    `cost` is per 1,000 rows, a false alarm costing 1; `share` is that cost as a share
    of the cost of predicting no or every row positive, whichever is less.
    """

    ratio: float
    threshold: float
    cost: float
    share: float


class Curve(NamedTuple):
    """A curve over all thresholds: the names of its scales and its points.

    `place` takes false and true positives, and all positives and negatives; `idle` is
    whether there is a point at which no row is predicted positive.

    References
    ----------
    .. [1] ``roc``: Fawcett, T. (2006). An introduction to ROC analysis. Pattern
       Recognition Letters 27(8), 861-874.
    .. [2] ``pr``: Davis, J. and Goadrich, M. (2006). The relationship between
       Precision-Recall and ROC curves. ICML, 233-240.
    .. [3] ``det``: Martin, A. et al. (1997). The DET curve in assessment of detection
       task performance. Eurospeech, 1895-1898. A chart stretches both scales by
       `deviate`: the corner where both errors are rare has room then.
    .. [4] ``lift``: Vuk, M. and Curk, T. (2006). ROC curve, lift chart and calibration
       plot. Metodoloski zvezki 3(1), 89-108. How many times the prevalence is found;
       1 is what guessing reaches. ``gain`` is the same as a share of the positives.
    """

    x: str
    y: str
    place: Callable[[int, int, int, int], tuple[float, float]]
    idle: bool = True

    def points(
        self, sweep: Sweep, positives: int, negatives: int
    ) -> tuple[CurvePoint, ...]:
        """Return a point per threshold.

        Parameters
        ----------
        sweep : sequence of (float, int, int)
            Threshold, false and true positives, from the highest threshold down.
        positives, negatives : int
            Rows of each class.

        Returns
        -------
        tuple of CurvePoint
            Empty without a row of a class.

        Examples
        --------
        >>> [tuple(point) for point in roc([(0.9, 0, 1), (0.4, 1, 2)], 2, 2)]
        [(inf, 0.0, 0.0), (0.9, 0.0, 0.5), (0.4, 0.5, 1.0)]
        >>> [tuple(point) for point in lift([(0.9, 0, 1), (0.4, 2, 2)], 2, 2)]
        [(0.9, 0.25, 2.0), (0.4, 1.0, 1.0)]
        """
        if positives <= 0 or negatives <= 0 or not sweep:
            return ()
        nobody = [] if sweep[0][1:] == (0, 0) else [(math.inf, 0, 0)]
        return tuple(
            CurvePoint(at, *self.place(fp, tp, positives, negatives))
            for at, fp, tp in (*nobody, *sweep)
            if self.idle or fp + tp
        )


CURVES: Final = {
    "pr": Curve(
        "recall", "precision", lambda fp, tp, p, n: (tp / p, tp / (fp + tp)), idle=False
    ),
    "roc": Curve(
        "false_positive_rate", "recall", lambda fp, tp, p, n: (fp / n, tp / p)
    ),
    "det": Curve(
        "false_positive_rate",
        "false_negative_rate",
        lambda fp, tp, p, n: (fp / n, (p - tp) / p),
    ),
    "lift": Curve(
        "alert_rate",
        "lift",
        lambda fp, tp, p, n: ((fp + tp) / (p + n), tp * (p + n) / (p * (fp + tp))),
        idle=False,
    ),
    "gain": Curve(
        "alert_rate", "recall", lambda fp, tp, p, n: ((fp + tp) / (p + n), tp / p)
    ),
}
"""The curves over all thresholds, by their names on the command line."""
precision_recall: Final = CURVES["pr"].points
roc: Final = CURVES["roc"].points
det: Final = CURVES["det"].points
lift: Final = CURVES["lift"].points
gain: Final = CURVES["gain"].points


def deviate(rate: float) -> float:
    """Return the normal deviate of a rate: where that share lies below.

    Parameters
    ----------
    rate : float
        In [0, 1].

    Returns
    -------
    float
        Infinite at both ends.

    Examples
    --------
    >>> round(deviate(0.975), 3), deviate(0.5), deviate(0.0)
    (1.96, 0.0, -inf)
    """
    if rate <= 0 or rate >= 1:
        return math.copysign(math.inf, rate - 0.5)
    return NormalDist().inv_cdf(rate)


def step_at(steps: Sequence[CostStep], ratio: float) -> CostStep | None:
    """Return the step of least cost at a ratio.

    Parameters
    ----------
    steps : sequence of CostStep
        From the least ratio to the greatest.
    ratio : float
        Cost of a missed positive in false alarms, at least 0.

    Returns
    -------
    CostStep or None
        At the very ratio of a step it costs as much as the one before: that one is
        returned, which raises fewer alarms. None where there are no steps.

    Examples
    --------
    >>> steps = [
    ...     CostStep(ratio=0.0, threshold=1.0, fp=0, fn=9),
    ...     CostStep(ratio=4.0, threshold=0.3, fp=7, fn=2),
    ... ]
    >>> [step_at(steps, ratio).threshold for ratio in (0, 4, 4.1)]
    [1.0, 1.0, 0.3]
    """
    below = [step for step in steps[1:] if step.ratio < ratio]
    return [*steps[:1], *below][-1] if steps else None


def cost_curve(
    steps: Sequence[CostStep],
    positives: int,
    negatives: int,
    ratios: Iterable[float],
    negative: float = 1.0,
    count: float | None = None,
) -> tuple[CostPoint, ...]:
    """Return what the thresholds of least cost come to at cost ratios.

    The share is Drummond and Holte's normalised expected cost [1]_, by the lower of
    the two sides of their triangle.

    Parameters
    ----------
    steps : sequence of CostStep
        From the least ratio to the greatest.
    positives, negatives : int
        Test rows of each class.
    ratios : iterable of float
        Costs of a missed positive in false alarms, above 0.
    negative : float, default=1
        What a negative counts beside a positive; see `engine.core.prevalence`.
    count : float or None, default=None
        What the positives count together, where each has its own cost and the ratio is
        that of the mean (`engine.core.costs.Costs.count`); their number when None.

    Returns
    -------
    tuple of CostPoint
        One per ratio; empty without steps or without a row of a class, and where no
        positive costs anything.

    References
    ----------
    .. [1] Drummond, C. and Holte, R. C. (2006). Cost curves: an improved method for
       visualizing classifier performance. Machine Learning 65, 95-130.

    Examples
    --------
    >>> steps = [CostStep(ratio=0.0, threshold=0.3, fp=6, fn=2)]
    >>> cost_curve(steps, 10, 90, [1.0, 12.0])
    (CostPoint(ratio=1.0, threshold=0.3, cost=80.0, share=0.8), \
CostPoint(ratio=12.0, threshold=0.3, cost=300.0, share=0.3333333333333333))
    """
    total = positives if count is None else count
    if positives <= 0 or negatives <= 0 or total <= 0:
        return ()
    points = []
    for ratio in ratios:
        step = step_at(steps, ratio)
        if step is not None:
            cost = ratio * step.count + negative * step.fp
            idle = min(ratio * total, negative * negatives)
            rows = positives + negative * negatives
            point = CostPoint(ratio, step.threshold, 1000 * cost / rows, cost / idle)
            points.append(point)
    return tuple(points)


class BenefitPoint(NamedTuple):
    """The net benefit of acting on risks from `probability` on, with its interval.

    `threshold` is the score from which rows are predicted positive then.
    """

    probability: float
    threshold: float
    benefit: float
    ci: tuple[float, float]


def decision_curve(
    steps: Sequence[CostStep],
    positives: int,
    negatives: int,
    probabilities: Iterable[float],
    prevalence: Prevalence = UNSET,
) -> tuple[BenefitPoint, ...]:
    """Return the net benefit of the thresholds of least cost, by threshold probability.

    The net benefit is ``tp / n - fp / n * t / (1 - t)`` [1]_: found positives per row,
    less false alarms at the exchange rate that a user has who acts on a risk of t. That
    is a cost ratio of ``(1 - t) / t``, for which each arm has its own threshold, chosen
    out of fold: scores that are no probabilities are at no disadvantage.

    Parameters
    ----------
    steps : sequence of CostStep
        From the least ratio to the greatest.
    positives, negatives : int
        Test rows of each class.
    probabilities : iterable of float
        Threshold probabilities, in (0, 1).
    prevalence : float or unset
        Share of positives in use; that of the test rows if unset.

    Returns
    -------
    tuple of BenefitPoint
        One per probability; empty without steps or without a row of a class. The 95 %
        interval is that of a weighted sum of recall and false positive rate [2]_, at
        the prevalence as it is.

    References
    ----------
    .. [1] Vickers, A. J. and Elkin, E. B. (2006). Decision curve analysis: a novel
       method for evaluating prediction models. Medical Decision Making 26(6), 565-574.
    .. [2] Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about
       effect measures: a general approach. Statistics in Medicine 27(10), 1693-1702.

    Examples
    --------
    >>> steps = [CostStep(ratio=0.0, threshold=0.3, fp=6, fn=2)]
    >>> (point,) = decision_curve(steps, 10, 90, [0.25])
    >>> round(point.benefit, 9), [round(limit, 2) for limit in point.ci]
    (0.06, [0.02, 0.08])
    """
    if positives <= 0 or negatives <= 0:
        return ()
    share = prevalence or positives / (positives + negatives)
    found = []
    for probability in probabilities:
        odds = probability / (1 - probability)
        step = step_at(steps, 1 / odds)
        if step is None:
            return ()
        counts = positives - step.fn, positives, step.fp, negatives
        weights = share, -(1 - share) * odds
        ci = weighted_interval(*counts, weights)
        assert ci is not None
        recall, rate = counts[0] / positives, step.fp / negatives
        value = weights[0] * recall + weights[1] * rate
        found.append(BenefitPoint(probability, step.threshold, value, ci))
    return tuple(found)


def treat_all(prevalence: float, probability: float) -> float:
    """Return the net benefit of predicting every row positive.

    Examples
    --------
    >>> treat_all(0.5, 0.5), treat_all(0.1, 0.0)
    (0.0, 0.1)
    """
    return prevalence - (1 - prevalence) * probability / (1 - probability)


def implied_at(threshold: float, ratio_at_half: float) -> float:
    """Return the cost ratio for which a threshold is the right one.

    Parameters
    ----------
    threshold : float
        Where rows are predicted positive.
    ratio_at_half : float
        What 0.5 implies; 1 for true probabilities.

    Returns
    -------
    float
        How many false alarms a missed positive must be worth: from infinity at 0 to
        0 at 1 and beyond.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978, equation 2.

    Examples
    --------
    >>> implied_at(0.5, 54.4), round(implied_at(1 / 11, 1.0), 9)
    (54.4, 10.0)
    """
    if threshold <= 0:
        return math.inf
    return ratio_at_half * max(0.0, 1 - threshold) / threshold
