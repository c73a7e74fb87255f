"""95 % intervals of figures of one model: rankings, mean losses, calibration.

That of the average precision is in `bootstrap`, that of a rate `engine.core.costs`'.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import expit
from scipy.stats import norm, rankdata

from engine.core.costs import wilson
from engine.evaluate.bootstrap import (
    CHUNK_CELLS,
    Counts,
    RankedArm,
    draw_rows,
    strata,
)
from engine.evaluate.metrics import ranking_metrics
from engine.evaluate.probabilities import Labels, Scores, log_odds

Limits = tuple[float, float] | None
_RANKED_CELLS, _FEWEST_RANKED = 50_000_000, 200
Z = float(norm.ppf(0.975))


class Auc(NamedTuple):
    """A ROC AUC, its standard error and its 95 % interval."""

    value: float
    error: float
    ci: tuple[float, float]


def auc_interval(y: Labels, scores: Scores) -> Auc | None:
    """Return the ROC AUC with DeLong's standard error.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)

    Returns
    -------
    Auc or None
        None with fewer than two rows of a class. The interval is symmetric in
        log-odds [2]_; of a perfect ranking it is Wilson's of the rarer class, and so is
        the standard error.

    References
    ----------
    .. [1] DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988). Comparing the
       areas under two or more correlated receiver operating characteristic curves.
       Biometrics 44(3), 837-845.
    .. [2] Qin, G. and Hotilovac, L. (2008). Comparison of non-parametric confidence
       intervals for the area under the ROC curve of a continuous-scale diagnostic test.
       Statistical Methods in Medical Research 17(2), 207-221.

    Examples
    --------
    >>> y, scores = np.array([0, 0, 1, 0, 1, 1]), np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.8])
    >>> found = auc_interval(y, scores)
    >>> round(found.value, 3), round(found.error, 3)
    (0.889, 0.157)
    """  # noqa: E501
    positive = y == 1
    up, down = scores[positive], scores[~positive]
    if min(len(up), len(down)) < 2:
        return None
    ranks = rankdata(scores)
    above = (ranks[positive] - rankdata(up)) / len(down)
    below = 1 - (ranks[~positive] - rankdata(down)) / len(up)
    value = float(above.mean())
    error = math.sqrt(above.var(ddof=1) / len(up) + below.var(ddof=1) / len(down))
    if not (error > 0 and 0 < value < 1):
        fewest = min(len(up), len(down))
        low, high = wilson(round(value * fewest), fewest) or (0.0, 1.0)
        return Auc(value, (high - low) / (2 * Z), (low, high))
    half = Z * error / (value * (1 - value))
    middle = math.log(value / (1 - value))
    return Auc(value, error, (float(expit(middle - half)), float(expit(middle + half))))


def loss_interval(losses: Scores) -> Limits:
    """Return the 95 % interval of a mean of values that are not negative.

    Parameters
    ----------
    losses : array of shape (n,)
        Squared errors or log losses, a row each.

    Returns
    -------
    tuple of float or None
        Symmetric in the logarithm (delta method), for where positives are rare nearly
        all of the loss is that of few rows; None where all are 0, or of one row.

    References
    ----------
    .. [1] Armitage, P., Berry, G. and Matthews, J. N. S. (2002). Statistical Methods in
       Medical Research, 4th ed. Blackwell, section 10.8 (transformed scales).

    Examples
    --------
    >>> [round(x, 3) for x in loss_interval(np.array([0.1, 0.2, 0.3, 0.2]))]
    [0.134, 0.298]
    """
    if len(losses) < 2 or not losses.any():
        return None
    mean = float(losses.mean())
    factor = math.exp(Z * float(losses.std(ddof=1)) / math.sqrt(len(losses)) / mean)
    return mean / factor, mean * factor


class CoxFit(NamedTuple):
    """Slope, intercept and calibration in the large, each with its standard error."""

    slope: tuple[float, float] | None
    intercept: tuple[float, float] | None
    in_the_large: tuple[float, float] | None


def cox_fit(y: Labels, risks: Scores) -> CoxFit:
    """Return Cox's recalibration with standard errors.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    risks : array of shape (n,)
        Probabilities, clipped to [1e-7, 1 - 1e-7].

    Returns
    -------
    CoxFit
        The figures are those of `engine.evaluate.metrics.ranking_metrics`. Their
        standard errors are of the expected information [1]_; None where there is no
        finite fit.

    References
    ----------
    .. [1] McCullagh, P. and Nelder, J. A. (1989). Generalized Linear Models, 2nd ed.
       Chapman & Hall, section 4.4.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> risks = rng.random(5000) ** 4
    >>> found = cox_fit((rng.random(5000) < risks).astype(int), risks)
    >>> [round(figure, 2) for figure in (*found.slope, *found.in_the_large)]
    [1.07, 0.04, 0.04, 0.05]
    """
    found, logits = ranking_metrics(y, risks), log_odds(risks)
    slope, intercept = found["calibration_slope"], found["calibration_intercept"]
    large = found["calibration_in_the_large"]
    of_large = None
    if large is not None:
        fitted = expit(logits + large)
        of_large = large, 1 / math.sqrt(float(np.sum(fitted * (1 - fitted))))
    if slope is None or intercept is None:
        return CoxFit(None, None, of_large)
    fitted = expit(intercept + slope * logits)
    x = np.column_stack([np.ones(len(logits)), logits])
    errors = np.sqrt(np.diag(np.linalg.inv((x.T * (fitted * (1 - fitted))) @ x)))
    return CoxFit((slope, float(errors[1])), (intercept, float(errors[0])), of_large)


def limits(estimate: tuple[float, float] | None, z: float = Z) -> Limits:
    """Return the interval of a figure and its standard error; of 95 % by default.

    Examples
    --------
    >>> [round(x, 2) for x in limits((1.0, 0.1))], limits(None)
    ([0.8, 1.2], None)
    """
    if estimate is None:
        return None
    value, error = estimate
    return value - z * error, value + z * error


def positives_for_rate(rate: float, half_width: float) -> int:
    """Return how many rows give a rate an interval of such a half width.

    Parameters
    ----------
    rate : float
        In [0, 1].
    half_width : float
        Wanted half width of Wilson's 95 % interval, above 0.

    Returns
    -------
    int
        The fewest rows, the rate of which may lie between two counts.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and
       statistical inference. JASA 22(158), 209-212.

    Examples
    --------
    >>> positives_for_rate(0.8, 0.05)
    245
    """
    # Half of it, squared, is z² (r (1 − r) / n + z² / 4 n²) / (1 + z² / n)².
    square, spread = Z * Z, rate * (1 - rate)
    wanted = (half_width / Z) ** 2
    a, b, c = wanted, 2 * wanted * square - spread, square * (wanted * square - 0.25)
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return max(1, math.ceil((root - b) / (2 * a)))


def ranking_interval(
    y: Labels,
    scores: Scores,
    *,
    seed: int,
    draws: int = 1000,
    stratified: bool = True,
) -> tuple[float, float]:
    """Return the 95 % percentile interval of an arm's average precision.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row, at least one 1.
    scores : array of shape (n,)
        Score per row.
    seed : int
        The same for all arms, so that they have the same draws.
    draws : int, default=1000
        Bootstrap draws; fewer with more than 50,000 rows, but not below 200.
    stratified : bool, default=True
        Whether each class keeps its number of rows, as in a stratified split. Of rows
        that came as they came the number of positives is a sample too, and an interval
        that holds it fixed is too narrow.

    Examples
    --------
    >>> y = np.tile([0, 0, 0, 1], 30)
    >>> ranking_interval(y, y * 0.5, seed=0, draws=100)
    (1.0, 1.0)
    """
    arm, positives = RankedArm(y, scores), int(np.count_nonzero(y))
    sizes = positives, len(y) - positives
    many = min(draws, max(_FEWEST_RANKED, _RANKED_CELLS // len(y)))
    draw = strata if stratified else _pooled
    found = draw(sizes, seed=seed, draws=many)
    values = np.hstack([arm.average_precision(up, down) for up, down in found])
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _pooled(
    sizes: Sequence[int], *, seed: int, draws: int
) -> Iterator[tuple[Counts, ...]]:
    """Draw rows with replacement from all classes together, each present."""
    generator, rows = np.random.default_rng(seed), sum(sizes)
    ends = np.cumsum(sizes)[:-1]
    size = max(1, CHUNK_CELLS // rows)
    for start in range(0, draws, size):
        parts = np.split(draw_rows(generator, rows, min(size, draws - start)), ends)
        present = np.all([part.any(axis=0) for part in parts], axis=0)
        yield tuple(part[:, present] for part in parts)
