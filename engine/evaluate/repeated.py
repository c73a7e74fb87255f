"""Comparisons over the folds of cross-validation, corrected for their overlap."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from scipy.stats import t

from engine.core.costs import METRICS
from engine.core.experiment import OBJECTIVES
from engine.core.outcome import FoldComparison
from engine.evaluate.bootstrap import holm

_SHARES = ("recall", "f1", "average_precision", "roc_auc", "false_positive_rate")
_SMALL = 0.1
"""Below this a share's rope is a share of itself."""


def compare_folds(
    arms: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    control: str,
    metrics: Sequence[str] = OBJECTIVES,
    train_share: float,
    repeats: int,
    rope: float,
    over: str = "folds",
) -> tuple[FoldComparison, ...]:
    """Compare every arm with the control over the folds of cross-validation.

    Parameters
    ----------
    arms : mapping of str to mapping of str to sequence of float
        Per arm and metric the value in each fold, that of its best trial; the folds
        are the same for every arm and in the same order.
    control : str
        The arm that the others are compared with.
    metrics : sequence of str, default=OBJECTIVES
        What to compare, as far as the arms have it.
    train_share : float
        Share of the rows that a fold's model is fitted on, in (0, 1): 0.8 with five
        folds. The rest are validation rows.
    repeats : int
        Times the folds were drawn anew, at least 1; said in `method`.
    rope : float
        Differences up to this are the same in practice: of average precision and
        other shares as it is, but in proportion where the control's is below 0.1 (of
        0.05 a rope of 0.01 would be a fifth); of a loss or a cost as a share of the
        control's.
    over : {"folds", "splits"}, default="folds"
        What the values are of; said in `method`.

    Returns
    -------
    tuple of FoldComparison
        Arm minus control, by metric, in the order of the arms. `p` and `ci` are the
        corrected resampled t's, `adjusted_p` Holm's over the arms of a metric;
        `worse`, `same` and `better` are the Bayesian correlated t's, and mean that
        the arm is better also where less is better. A fold in which either value is
        not finite (no positive to find) is left out; with less than two left there is
        no comparison. An interval ends where a difference cannot go on: a share
        differs by 1 at most. Empty without the control.

    Notes
    -----
    The folds chose the trials that are compared: every arm is a little better here
    than on new rows. The arms were searched alike, so that mostly cancels out.

    References
    ----------
    See `corrected_t` and `correlated_t`.

    Examples
    --------
    >>> arms = {"untreated": {"brier": [0.02, 0.03, 0.02]},
    ...         "smote": {"brier": [0.06, 0.08, 0.07]}}
    >>> (c,) = compare_folds(
    ...     arms, control="untreated", train_share=2 / 3, repeats=1, rope=0.01
    ... )
    >>> c.a, round(c.difference, 3), c.folds, round(c.worse, 2)
    ('smote', 0.047, 3, 0.99)
    """
    if control not in arms:
        return ()
    ratio = (1 - train_share) / train_share
    comparisons: list[FoldComparison] = []
    for metric in metrics:
        base = arms[control].get(metric, ())
        rows = [
            row
            for name, values in arms.items()
            if name != control and metric in values
            for row in [_compare_arm(name, values[metric], base, metric, ratio, rope)]
            if row is not None
        ]
        adjusted = holm([row.p for row in rows])
        times = f" in {repeats} repeats" if repeats > 1 else ""
        comparisons += [
            msgspec.structs.replace(
                row,
                b=control,
                adjusted_p=p,
                method="corrected resampled t and Bayesian correlated t over "
                f"{row.folds} {over}{times}; Holm over the arms",
            )
            for row, p in zip(rows, adjusted, strict=True)
        ]
    return tuple(comparisons)


def _compare_arm(
    name: str,
    values: Sequence[float],
    base: Sequence[float],
    metric: str,
    ratio: float,
    rope: float,
) -> FoldComparison | None:
    """Compare one arm in one metric, not adjusted; None without two folds."""
    pairs = [
        (a, b)
        for a, b in zip(values, base, strict=True)
        if math.isfinite(a) and math.isfinite(b)
    ]
    if len(pairs) < 2:
        return None
    level = abs(float(np.mean([b for _, b in pairs])))
    width = rope * (min(1.0, level / _SMALL) if metric in _SHARES else level)
    known = posterior([a - b for a, b in pairs], test_to_train=ratio)
    likely = correlated_t(known, width)
    if not METRICS[metric].more:
        likely = Likely(likely.above, likely.within, likely.below)
    tested = corrected_t(known)
    if metric in _SHARES:
        low, high = tested.ci
        tested = tested._replace(ci=(max(-1.0, low), min(1.0, high)))
    return FoldComparison(
        a=name,
        b="",
        metric=metric,
        folds=len(pairs),
        difference=known.mean,
        ci=tested.ci,
        p=tested.p,
        adjusted_p=tested.p,
        rope=width,
        worse=likely.below,
        same=likely.within,
        better=likely.above,
        method="",
    )


class Posterior(NamedTuple):
    """A mean difference and how surely it is known: a scaled, shifted t."""

    mean: float
    scale: float
    degrees: int


def posterior(differences: Sequence[float], *, test_to_train: float) -> Posterior:
    """Return what differences over overlapping folds say of their mean.

    Parameters
    ----------
    differences : sequence of float of length J
        Arm minus control per fold, at least two.
    test_to_train : float
        Validation rows of a fold over fitting rows, above 0.

    Returns
    -------
    Posterior
        The mean, the square root of ``(1/J + test_to_train) * variance``, and J - 1:
        what the corrected resampled t [1]_ and the Bayesian correlated t [2]_ share.

    Notes
    -----
    Fitting rows of two folds overlap, so the J values are no J independent ones. With
    a correlation rho = n_test / (n_test + n_train) the naive 1/J becomes
    1/J + rho / (1 - rho), and rho / (1 - rho) is n_test / n_train.

    References
    ----------
    .. [1] Nadeau, C. and Bengio, Y. (2003). Inference for the generalization error.
       Machine Learning 52, 239-281.
    .. [2] Corani, G. and Benavoli, A. (2015). A Bayesian approach for comparing
       cross-validated algorithms on multiple data sets. Machine Learning 100, 285-304.

    Examples
    --------
    >>> known = posterior([0.1, 0.2, 0.3, 0.4], test_to_train=0.25)
    >>> round(known.mean, 3), round(known.scale, 4), known.degrees
    (0.25, 0.0913, 3)
    """
    values = np.asarray(differences, dtype=np.float64)
    # Equal values must not differ by the rounding of their mean.
    variance = 0.0 if np.ptp(values) == 0 else float(values.var(ddof=1))
    mean = float(values[0]) if variance == 0 else float(values.mean())
    scale = math.sqrt((1 / len(values) + test_to_train) * variance)
    return Posterior(mean, scale, len(values) - 1)


class Resampled(NamedTuple):
    """The 95 % interval of a mean difference, and its two-sided p."""

    ci: tuple[float, float]
    p: float


def corrected_t(known: Posterior) -> Resampled:
    """Test a mean difference over overlapping folds.

    Parameters
    ----------
    known : Posterior
        From `posterior`.

    Returns
    -------
    Resampled
        The corrected resampled t [1]_: Student's t with the variance times
        ``1/J + n_test/n_train`` where the naive one has ``1/J``. Without any spread
        the interval is a point and p is 1 at 0, else 0.

    References
    ----------
    .. [1] Nadeau, C. and Bengio, Y. (2003). Inference for the generalization error.
       Machine Learning 52, 239-281.
    .. [2] Bouckaert, R. R. and Frank, E. (2004). Evaluating the replicability of
       significance tests for comparing learning algorithms. PAKDD, 3-12.

    Examples
    --------
    >>> ci, p = corrected_t(Posterior(0.25, 0.0913, 3))
    >>> [round(limit, 3) for limit in ci], round(p, 3)
    ([-0.041, 0.541], 0.071)
    """
    mean, scale, degrees = known
    if scale == 0:
        return Resampled((mean, mean), 1.0 if mean == 0 else 0.0)
    half = float(t.ppf(0.975, degrees)) * scale
    p = 2 * float(t.sf(abs(mean) / scale, degrees))
    return Resampled((mean - half, mean + half), min(1.0, p))


class Likely(NamedTuple):
    """The probabilities of a difference below, within and above a region around 0."""

    below: float
    within: float
    above: float


def correlated_t(known: Posterior, rope: float) -> Likely:
    """Return how likely a difference is below, within and above ``[-rope, rope]``.

    Parameters
    ----------
    known : Posterior
        From `posterior`.
    rope : float
        Differences up to this are the same in practice; at least 0.

    Returns
    -------
    Likely
        Three probabilities that add up to 1: the Bayesian correlated t test with a
        region of practical equivalence [1]_. Without any spread all of it is where
        the difference is.

    References
    ----------
    .. [1] Benavoli, A., Corani, G., Demšar, J. and Zaffalon, M. (2017). Time for a
       change: a tutorial for comparing multiple classifiers through Bayesian
       analysis. JMLR 18(77), 1-36.

    Examples
    --------
    >>> [round(p, 3) for p in correlated_t(Posterior(0.25, 0.0913, 3), 0.05)]
    [0.023, 0.035, 0.942]
    """
    mean, scale, degrees = known
    if scale == 0:
        return Likely(
            float(mean < -rope), float(-rope <= mean <= rope), float(mean > rope)
        )
    below = float(t.cdf(-rope, degrees, mean, scale))
    above = float(t.sf(rope, degrees, mean, scale))
    return Likely(below, max(0.0, 1 - below - above), above)
