"""Whether scores can be read as risks, as they are and repaired."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from engine.core.outcome import Calibration, CalibrationBin, CalibrationMap
from engine.evaluate import recalibrate
from engine.evaluate.metrics import ranking_metrics
from engine.evaluate.objective import Labels, Scores

BINS = 10


def calibrations(
    y_oof: Labels,
    oof: Scores,
    y_test: Labels,
    test: Scores,
    *,
    shares: Sequence[float],
    seen: Sequence[float],
    seed: int,
    repeats: int = 1,
) -> tuple[list[tuple[Calibration, ...]], str]:
    """Evaluate scores as probabilities, as they are and after each recalibration.

    Parameters
    ----------
    y_oof : array of shape (repeats * n,)
        0 or 1 per out-of-fold score; of more than two classes the class, from 0 on.
    oof : array of shape (repeats * n,) or (repeats * n, k)
        Out-of-fold scores of untouched rows, in [0, 1], one repeat after the other.
    y_test : array of shape (n_test,)
    test : array of shape (n_test,) or (n_test, k)
    shares : sequence of float
        Share of the positives in the training rows as they are; of more than two
        classes that of each.
    seen : sequence of float
        The same among the rows that the model saw, after resampling, as weighed.
    seed : int
        Of the folds in which the repairs are compared, in [0, 2**32).
    repeats : int, default=1
        How many times each row is among the out-of-fold scores.

    Returns
    -------
    list of tuple of Calibration
        Of each class against the rest (of two classes, of the positive one): ``none``,
        ``prior``, ``platt``, ``isotonic``, as far as there are (see
        `engine.evaluate.recalibrate.maps`): fitted on the out-of-fold scores, judged
        on the test rows. Of more than two classes ``prior`` corrects all together:
        its probabilities add up to 1 in every row.
    str
        The method to use: the simplest of about the least log loss in
        cross-validation within the out-of-fold scores, the mean taken over the
        classes; of those methods that every class has. The test rows have no say.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> risks = rng.random(4000) ** 4
    >>> y = (rng.random(4000) < risks).astype(int)
    >>> said = recalibrate.apply(CalibrationMap(intercept=2.0), risks)
    >>> (found,), repair = calibrations(
    ...     y[:2000], said[:2000], y[2000:], said[2000:],
    ...     shares=[0.2], seen=[0.2 / (0.2 + 0.8 * np.exp(-2.0))], seed=1,
    ... )
    >>> [one.method for one in found], repair
    (['none', 'prior', 'platt', 'isotonic'], 'prior')
    >>> [round(one.brier, 3) for one in found[:2]]
    [0.158, 0.087]
    """
    several = oof.ndim > 1
    factors = recalibrate.class_factors(shares, seen) if several else None
    priors = [
        None if factors is None else recalibrate.correct_priors(s, factors)
        for s in (oof, test)
    ]
    by_class = []
    for k, (share, trained) in enumerate(zip(shares, seen, strict=True)):
        before, now = (y_oof, oof), (y_test, test)
        if several:
            before, now = (
                ((y == k).astype(np.int8), np.ascontiguousarray(scores[:, k]))
                for y, scores in (before, now)
            )
        result = _of_class(
            before,
            now,
            (share, share if several and factors is None else trained),
            seed=seed,
            repeats=repeats,
            factor=None if factors is None else factors[k],
            priors=[None if prior is None else prior[:, k] for prior in priors],
        )
        by_class.append(result)
    losses = [lost for _, lost in by_class]
    shared = [name for name in losses[0] if all(name in lost for lost in losses)]
    means = {name: np.mean([lost[name] for lost in losses], axis=0) for name in shared}
    return [done for done, _ in by_class], recalibrate.simplest(means)


def _of_class(
    before: tuple[Labels, Scores],
    now: tuple[Labels, Scores],
    shares: tuple[float, float],
    *,
    seed: int,
    repeats: int,
    factor: float | None,
    priors: Sequence[Scores | None],
) -> tuple[tuple[Calibration, ...], recalibrate.Losses]:
    """Evaluate one class against the rest; with the losses that select a method."""
    maps = recalibrate.maps(
        *before, prevalence=shares[0], trained_prevalence=shares[1], factor=factor
    )
    risks = {method: recalibrate.apply(map, now[1]) for method, map in maps.items()}
    if "prior" in risks and priors[1] is not None:
        risks["prior"] = priors[1]
    return (
        tuple(_evaluate(m, maps[m], now[0], risks[m]) for m in maps),
        recalibrate.losses(
            *before, shares, seed=seed, repeats=repeats, prior=priors[0]
        ),
    )


def curve(y: Labels, scores: Scores, bins: int = BINS) -> tuple[CalibrationBin, ...]:
    """Return a reliability curve: mean score and positives of rows of like scores.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
        Probabilities; at least one.
    bins : int, default=10
        Bins at most.

    Returns
    -------
    tuple of CalibrationBin
        From the lowest scores to the highest, about equally many rows in each [1]_.
        Rows of equal scores are in one bin, so there may be fewer bins.

    Notes
    -----
    Where positives are rare nearly all scores are low: of bins of equal width the
    first would have nearly all rows and the last ones a handful, whose observed share
    is noise. With equal frequencies each point weighs as much. Cuts are those of
    scikit-learn's ``calibration_curve(strategy="quantile")``.

    References
    ----------
    .. [1] Nguyen, K. and O'Connor, B. (2015). Posterior calibration and exploratory
       analysis for natural language processing models. EMNLP, 1587-1598.

    Examples
    --------
    >>> y, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.25, 0.25, 0.75])
    >>> [(b.rows, b.positives, round(b.score, 3)) for b in curve(y, scores, 2)]
    [(3, 1, 0.2), (1, 1, 0.75)]
    """
    order = np.argsort(scores, kind="stable")
    ranked, labels = scores[order].astype(np.float64), y[order] == 1
    rows = len(ranked)
    last = [k * (rows - 1) // bins for k in range(1, bins)]
    # Rows that score like the last one of a bin belong to it too.
    cuts = np.searchsorted(ranked, ranked[last], side="right").tolist()
    edges = sorted({0, *cuts, rows})
    return tuple(
        CalibrationBin(
            rows=end - start,
            positives=int(np.count_nonzero(labels[start:end])),
            score=float(ranked[start:end].mean()),
        )
        for start, end in pairwise(edges)
    )


def expected_calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Return how far scores are from observed shares, on the average of all rows.

    Parameters
    ----------
    bins : sequence of CalibrationBin
        Of about equally many rows (see `curve`); at least one.

    Returns
    -------
    float
        The mean over the bins, weighed by their rows, of the absolute difference of
        mean score and share of positives [1]_; 0 for perfect probabilities and very
        many rows. With few rows it is above 0 by chance alone.

    References
    ----------
    .. [1] Naeini, M. P., Cooper, G. and Hauskrecht, M. (2015). Obtaining well
       calibrated probabilities using Bayesian binning. AAAI, 2901-2907.

    Examples
    --------
    >>> y, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.25, 0.25, 0.75])
    >>> round(expected_calibration_error(curve(y, scores, 2)), 4)
    0.1625
    """
    rows = sum(b.rows for b in bins)
    return sum(abs(b.positives - b.score * b.rows) for b in bins) / rows


def _evaluate(
    method: recalibrate.Method, map: CalibrationMap, y: Labels, risks: Scores
) -> Calibration:
    metrics, bins = ranking_metrics(y, risks), curve(y, risks)
    return Calibration(
        method=method,
        brier=metrics["brier"],
        log_loss=metrics["log_loss"],
        slope=metrics["calibration_slope"],
        intercept=metrics["calibration_intercept"],
        in_the_large=metrics["calibration_in_the_large"],
        expected_calibration_error=expected_calibration_error(bins),
        bins=bins,
        map=map,
    )
