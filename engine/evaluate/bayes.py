"""How likely a difference is, given its values over the folds of cross-validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import t

__all__ = ["Likely", "Posterior", "correlated_t", "posterior"]


class Posterior(NamedTuple):
    """A mean difference and how surely it is known: a scaled, shifted t."""

    mean: float
    scale: float
    degrees: int


class Likely(NamedTuple):
    """The probabilities of a difference below, within and above a region around 0."""

    below: float
    within: float
    above: float


def posterior(differences: Sequence[float], *, test_to_train: float) -> Posterior:
    """Return what differences over overlapping folds say of their mean.

    Parameters
    ----------
    differences : sequence of float of length J
        Arm minus control per fold, at least two.
    test_to_train : float
        Judged rows of a fold over fitting rows, above 0.

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
    if len(values) < 2 or not np.isfinite(values).all() or test_to_train <= 0:
        raise ValueError(
            f"{len(values)} differences and {test_to_train:g} test rows per training "
            "row: at least two finite differences are needed, and a share above 0"
        )
    # Equal values must not differ by the rounding of their mean.
    variance = 0.0 if np.ptp(values) == 0 else float(values.var(ddof=1))
    mean = float(values[0]) if variance == 0 else float(values.mean())
    scale = math.sqrt((1 / len(values) + test_to_train) * variance)
    return Posterior(mean, scale, len(values) - 1)


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
