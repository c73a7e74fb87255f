"""Whether scores can be read as risks, as they are and recalibrated.

A `CalibrationMap` maps a score to a probability; it is fitted and selected on
out-of-fold scores. All maps are monotonic, so the order of rows stays; except ``prior``
of more than two classes, which corrects all of them together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression
from scipy.special import logit
from sklearn.model_selection import StratifiedKFold

from engine.core.outcome import Calibration, CalibrationBin, CalibrationMap
from engine.evaluate.metrics import ranking_metrics, recalibration, score
from engine.evaluate.probabilities import (
    CLIP,
    IDENTITY,
    Labels,
    Scores,
    apply,
    correct_priors,
)

Method: TypeAlias = Literal["none", "prior", "platt", "isotonic"]
METHODS: Final[tuple[Method, ...]] = ("none", "prior", "platt", "isotonic")
"""From the simplest to the most flexible."""
Losses: TypeAlias = dict[Method, npt.NDArray[np.float64]]
"""The log loss of each row under each repair, fitted on other rows."""

_FOLDS: Final = 5
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
        ``prior``, ``platt``, ``isotonic``, as far as there are (see `maps`): fitted on
        the out-of-fold scores, judged on the test rows. Of more than two classes
        ``prior`` corrects all together: its probabilities add up to 1 in every row.
    str
        The method to use: the simplest of about the least log loss in
        cross-validation within the out-of-fold scores, the mean taken over the
        classes; of those methods that every class has. The test rows have no say.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> risks = rng.random(4000) ** 4
    >>> y = (rng.random(4000) < risks).astype(int)
    >>> shifted = apply(CalibrationMap(intercept=2.0), risks)
    >>> (found,), repair = calibrations(
    ...     y[:2000], shifted[:2000], y[2000:], shifted[2000:],
    ...     shares=[0.2], seen=[0.2 / (0.2 + 0.8 * np.exp(-2.0))], seed=1,
    ... )
    >>> [one.method for one in found], repair
    (['none', 'prior', 'platt', 'isotonic'], 'prior')
    >>> [round(one.brier, 3) for one in found[:2]]
    [0.158, 0.087]
    """
    several = oof.ndim > 1
    factors = class_factors(shares, seen) if several else None
    priors = [
        None if factors is None else correct_priors(s, factors) for s in (oof, test)
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
    return [done for done, _ in by_class], simplest(means)


def _of_class(
    before: tuple[Labels, Scores],
    now: tuple[Labels, Scores],
    shares: tuple[float, float],
    *,
    seed: int,
    repeats: int,
    factor: float | None,
    priors: Sequence[Scores | None],
) -> tuple[tuple[Calibration, ...], Losses]:
    """Evaluate one class against the rest; with the losses that select a method."""
    fitted = maps(
        *before,
        prevalence=shares[0],
        trained_prevalence=shares[1],
        factor=factor,
        repeats=repeats,
    )
    risks = {method: apply(map, now[1]) for method, map in fitted.items()}
    if "prior" in risks and priors[1] is not None:
        risks["prior"] = priors[1]
    return (
        tuple(_evaluate(m, fitted[m], now[0], risks[m]) for m in fitted),
        losses(*before, shares, seed=seed, repeats=repeats, prior=priors[0]),
    )


def _evaluate(
    method: Method, map: CalibrationMap, y: Labels, risks: Scores
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


# Recalibration ----------------------------------------------------------------------


def class_factors(
    shares: Sequence[float], seen: Sequence[float]
) -> tuple[float, ...] | None:
    """Return what the probability of each class is multiplied by, before a sum of 1.

    Parameters
    ----------
    shares : sequence of float
        Share of each class in the training rows as they are.
    seen : sequence of float
        Share that the model saw, after resampling, as weighed.

    Returns
    -------
    tuple of float or None
        One share over the other [1]_; None where they are equal, or where a class has
        no row in either.

    References
    ----------
    .. [1] Saerens, M., Latinne, P. and Decaestecker, C. (2002). Adjusting the outputs
       of a classifier to new a priori probabilities. Neural Computation 14(1), 21-41.

    Examples
    --------
    >>> class_factors((0.75, 0.25), (0.5, 0.5))
    (1.5, 0.5)
    """
    pairs = list(zip(shares, seen, strict=True))
    if not all(0 < share < 1 for pair in pairs for share in pair):
        return None
    if all(math.isclose(*pair, rel_tol=1e-9) for pair in pairs):
        return None
    return tuple(float(share / trained) for share, trained in pairs)


def maps(
    y: Labels,
    scores: Scores,
    *,
    prevalence: float,
    trained_prevalence: float,
    factor: float | None = None,
    repeats: int = 1,
) -> dict[Method, CalibrationMap]:
    """Return every possible recalibration, the simplest first.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row.
    scores : array of shape (n,)
        Scores of rows, as they came, that the model which scored them has not seen.
    prevalence : float
        Share of positives in the training rows as they are.
    trained_prevalence : float
        Share of positives that the model saw, after resampling, as weighed.
    factor : float or None, default=None
        That of the class, of more than two, if there is one (`class_factors`).
    repeats : int, default=1
        How many times each row is among the scores.

    Returns
    -------
    dict of str to CalibrationMap
        ``none`` changes nothing. ``prior`` multiplies the odds by those of the
        prevalence over those of the trained one [1]_ [2]_; left out where these are
        equal, or where one is 0 or 1. With a `factor` it corrects all classes together
        (`correct_priors`). ``platt`` is the logistic regression on
        log-odds [3]_ without a penalty; where the score parts the classes and no
        finite fit exists, only the intercept is fitted; where it ranks them the wrong
        way round the slope is 0, the best that still rises. ``isotonic`` is isotonic
        regression [4]_, drawn straight between the centres of its blocks [5]_. The
        last two are left out where there is one class only.

    Notes
    -----
    Isotonic regression gives the lowest scores a probability of 0 up to the first
    positive, and the highest one of 1: on new rows the log-odds are too extreme, and a
    single positive among them costs an infinite log loss. Therefore one positive more
    is counted at the lowest score and one negative more at the highest. Of a block of n
    negatives below the first positive 1/(n+1) is said then, which is the estimate that
    counts this positive too; of one block for all rows it is Laplace's rule of
    succession. The blocks are steps, which no risk has: that between their centres the
    map rises keeps the order of the rows, and costs less on new rows.

    References
    ----------
    .. [1] Elkan, C. (2001). The foundations of cost-sensitive learning. IJCAI,
       973-978.
    .. [2] Saerens, M., Latinne, P. and Decaestecker, C. (2002). Adjusting the outputs
       of a classifier to new a priori probabilities. Neural Computation 14(1), 21-41.
    .. [3] Platt, J. (1999). Probabilistic outputs for support vector machines.
       Advances in Large Margin Classifiers, 61-74.
    .. [4] Zadrozny, B. and Elkan, C. (2002). Transforming classifier scores into
       accurate multiclass probability estimates. KDD, 694-699.
    .. [5] Oron, A. P. and Flournoy, N. (2017). Centered isotonic regression: point and
       interval estimation for dose-response studies. Statistics in Biopharmaceutical
       Research 9(3), 258-267.

    Examples
    --------
    >>> y, scores = np.array([0, 0, 1, 0, 1]), np.array([0.1, 0.3, 0.4, 0.6, 0.8])
    >>> found = maps(y, scores, prevalence=783 / 43_400, trained_prevalence=0.5)
    >>> list(found), round(found["prior"].intercept, 3)
    (['none', 'prior', 'platt', 'isotonic'], -3.997)
    """
    kinds: dict[Method, CalibrationMap] = {"none": IDENTITY}
    shift = _shift(prevalence, trained_prevalence)
    if factor is not None:
        kinds["prior"] = CalibrationMap(intercept=shift, factor=factor)
    elif shift:
        kinds["prior"] = CalibrationMap(intercept=shift)
    positives = int(np.count_nonzero(y))
    if 0 < positives < len(y):
        kinds["platt"] = _platt(y, scores, positives)
        kinds["isotonic"] = _isotonic(y, scores, repeats)
    return kinds


def _shift(prevalence: float, trained: float) -> float:
    """Return what the log-odds differ by; 0 where that is undefined."""
    if not (0 < prevalence < 1 and 0 < trained < 1):
        return 0.0
    if math.isclose(prevalence, trained, rel_tol=1e-9):
        return 0.0
    return float(logit(prevalence) - logit(trained))


def _platt(y: Labels, scores: Scores, positives: int) -> CalibrationMap:
    slope, intercept, large = recalibration(y, scores)
    if slope is not None and intercept is not None:
        if slope > 0:
            return CalibrationMap(slope=slope, intercept=intercept)
    elif score("roc_auc", y, scores) >= 0.5:
        return CalibrationMap(intercept=large or 0.0)
    return CalibrationMap(slope=0.0, intercept=float(logit(positives / len(y))))


def _isotonic(y: Labels, scores: Scores, repeats: int) -> CalibrationMap:
    levels, place = np.unique(scores.astype(np.float64), return_inverse=True)
    rows = np.bincount(place).astype(np.float64)
    positives = np.bincount(place, weights=y)
    # A positive more at the lowest score, and a negative more at the highest.
    rows[0] += repeats
    positives[0] += repeats
    rows[-1] += repeats
    fit = isotonic_regression(positives / rows, weights=rows)
    starts = fit.blocks[:-1]
    centres = np.add.reduceat(rows * levels, starts) / fit.weights
    return CalibrationMap(
        scores=tuple(centres.tolist()), probabilities=tuple(fit.x[starts].tolist())
    )


def losses(
    y: Labels,
    scores: Scores,
    shares: tuple[float, float],
    *,
    seed: int,
    repeats: int = 1,
    prior: Scores | None = None,
) -> Losses:
    """Return the log loss of each row under each map, fitted on other rows.

    Parameters
    ----------
    y : array of shape (repeats * n,)
        0 or 1 per score.
    scores : array of shape (repeats * n,)
        Out-of-fold scores of n rows, one repeat after the other.
    shares : tuple of float
        Prevalence and trained prevalence, as for `maps`.
    seed : int
        Of the folds, in [0, 2**32).
    repeats : int, default=1
        A row is in the same fold in each of them.
    prior : array of shape (repeats * n,) or None, default=None
        The scores after a correction of several classes together, if there is one.

    Returns
    -------
    dict of str to array of shape (n,)
        Means over the repeats. With fewer than two rows of a class nothing that is
        fitted can be judged: ``none`` and ``prior`` then.
    """
    factor = None if prior is None else 1.0  # it is not looked at
    rows = len(y) // repeats
    positives = int(np.count_nonzero(y[:rows]))
    folds = min(_FOLDS, positives, rows - positives)
    parts = [np.arange(rows)]
    if folds > 1:
        splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
        parts = [part for _, part in splitter.split(np.empty((rows, 0)), y[:rows])]
    kinds: Losses = {}
    for validation in parts:
        out = np.tile(np.isin(np.arange(rows), validation), repeats)
        fitted = maps(
            y[~out],
            scores[~out],
            prevalence=shares[0],
            trained_prevalence=shares[1],
            factor=factor,
            repeats=repeats,
        )
        for name, map in fitted.items():
            if name == "prior" and prior is not None:
                risks = prior[out]
            else:
                risks = apply(map, scores[out])
            kinds.setdefault(name, np.empty(len(y)))[out] = _row_losses(y[out], risks)
    return {
        name: each.reshape(repeats, rows).mean(axis=0) for name, each in kinds.items()
    }


def _row_losses(y: Labels, risks: Scores) -> npt.NDArray[np.float64]:
    clipped = np.clip(risks.astype(np.float64), CLIP, 1 - CLIP)
    return np.asarray(-np.log(np.where(y == 1, clipped, 1 - clipped)))


def simplest(losses: Losses) -> Method:
    """Return the simplest method whose mean loss is within one error of the least.

    That is one standard error of the differences, row by row [1]_: a gain that may be
    chance does not justify a more flexible map.

    References
    ----------
    .. [1] Breiman, L. et al. (1984). Classification and Regression Trees, 3.4.3. The
       one-standard-error rule.

    Examples
    --------
    >>> lost = {"none": np.array([0.5, 0.3]), "platt": np.array([0.3, 0.4])}
    >>> simplest(lost)
    'none'
    """
    least = losses[min(losses, key=lambda name: float(losses[name].mean()))]
    for name, values in losses.items():
        more = values - least
        if more.mean() <= more.std() / math.sqrt(len(more)):
            return name
    raise AssertionError("the least of all is within its own error")
