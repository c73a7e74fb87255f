"""Bootstrap of test rows: the same draws for every arm, so that pairs stay pairs.

A draw is stored as the number of times each row was drawn. A sum over rows then is one
sparse product of whole numbers with those counts: exact, so that no result depends on
the order of rows, arms or chunks. The exact tests of paired rows are here too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.sparse import csr_array
from scipy.stats import binomtest

from engine.core.outcome import Comparison
from engine.core.points import parse
from engine.evaluate.probabilities import Labels, Scores

Counts: TypeAlias = npt.NDArray[np.int32]
Floats: TypeAlias = npt.NDArray[np.float64]

PAIRED = "exact McNemar test, Tango score interval"
BOOTSTRAP = "paired stratified bootstrap, {draws:,} draws, percentile interval"
MATCHED = "matched within each draw of a paired stratified bootstrap, {draws:,} draws"
CHUNK_CELLS = 4_000_000
_ALL_CELLS = 200_000_000
_FEWEST = 500
_PER_TEST = 50
_Z95 = NormalDist().inv_cdf(0.975)
_EDGE = 1 - 1e-12


def affordable(rows: int, draws: int, tests: int = 1) -> int:
    """Return how many draws are made: `draws`, or fewer for very many rows.

    Parameters
    ----------
    rows : int
        Test rows.
    draws : int
        Draws asked for.
    tests : int, default=1
        How many p-values are adjusted together.

    Returns
    -------
    int
        At most `draws`; what keeps rows times draws within 200 million, but never
        cut below 500, nor below 50 per test: the smallest p, times `tests`, has to
        stay below 0.05 (see `interval_and_p`).

    Examples
    --------
    >>> affordable(8_680, 2000), affordable(250_000, 2000), affordable(10**6, 2000)
    (2000, 800, 500)
    >>> affordable(10**6, 2000, tests=20)
    1000
    """
    fewest = max(_FEWEST, _PER_TEST * tests)
    return min(draws, max(fewest, _ALL_CELLS // max(rows, 1)))


def strata(
    sizes: Sequence[int], *, seed: int, draws: int
) -> Iterator[tuple[Counts, ...]]:
    """Draw rows with replacement within each class.

    Parameters
    ----------
    sizes : sequence of int
        Rows of each class, which keep their number in every draw [1]_.
    seed : int
        Seed, at least 0; each class has a stream of its own.
    draws : int
        Number of draws.

    Yields
    ------
    tuple of arrays of shape (size, k)
        How often each row was drawn, for the next k draws; an array per class. Chunks
        bound the memory (about 16 MB per array up to 4 million rows) and do not change
        the draws.

    References
    ----------
    .. [1] Davison, A. C. and Hinkley, D. V. (1997). Bootstrap Methods and their
       Application. Cambridge University Press, section 3.2 (several samples).

    Examples
    --------
    >>> [up.sum(axis=0).tolist() for up, down in strata((3, 5), seed=0, draws=4)]
    [[3, 3, 3, 3]]
    """
    streams = np.random.SeedSequence(seed).spawn(len(sizes))
    generators = [np.random.default_rng(stream) for stream in streams]
    size = max(1, CHUNK_CELLS // max(*sizes, 1))
    for start in range(0, draws, size):
        k = min(size, draws - start)
        yield tuple(
            draw_rows(generator, rows, k)
            for generator, rows in zip(generators, sizes, strict=True)
        )


def draw_rows(generator: np.random.Generator, rows: int, draws: int) -> Counts:
    """Return how often each row was drawn in each draw, an array of (rows, draws)."""
    counts = np.zeros((rows, draws), dtype=np.int32)
    for draw in range(draws if rows else 0):
        picked = generator.integers(0, rows, rows)
        counts[:, draw] = np.bincount(picked, minlength=rows)
    return counts


def sum_over_rows(
    values: npt.NDArray[Any], draws: Counts, worth: Floats | None = None
) -> Counts | Floats:
    """Add up whole numbers over the drawn rows.

    Parameters
    ----------
    values : array of int of shape (m, n)
        Mostly zeros: m quantities of n rows.
    draws : array of int of shape (n, k)
        How often each row was drawn.
    worth : array of shape (n,) or None, default=None
        What each row counts; 1 when None.

    Returns
    -------
    array of shape (m, k)

    Examples
    --------
    >>> drawn = np.array([[2], [1], [0]], dtype=np.int32)
    >>> sum_over_rows(np.array([[1, 0, -1]]), drawn)
    array([[2]], dtype=int32)
    >>> sum_over_rows(np.array([[1, 0, -1]]), drawn, np.array([0.5, 1.0, 1.0]))
    array([[1.]])
    """
    weighed = values.astype(np.int32) if worth is None else values * worth
    return np.asarray(csr_array(weighed) @ draws)


class RankedArm:
    """An arm's scores, sorted once, to work out average precision of any draw.

    Precision only matters at scores that a positive has. Each row is put into
    the bin of the highest such score that it reaches; rows below them all raise
    no precision and are left out. Rows with equal scores share a bin, so ties
    are never split.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1 per row, at least one 1.
    scores : array of shape (n,)
        Score per row.
    negative : float, default=1
        What a negative counts beside a positive, in all but the average precision.

    Examples
    --------
    >>> arm = RankedArm(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    >>> once = np.ones((2, 1), dtype=np.int32)
    >>> arm.average_precision(once, once).round(2)
    array([0.83])
    """

    def __init__(self, y: Labels, scores: Scores, negative: float = 1.0) -> None:
        self._negative = negative
        positive = y == 1
        levels, up = np.unique(-scores[positive], return_inverse=True)
        down = np.searchsorted(levels, -scores[~positive], side="left")
        self._up = bins(up, len(levels))
        self._down = bins(down, len(levels))

    def average_precision(self, up: Counts, down: Counts) -> Floats:
        """Return the average precision of every draw.

        Parameters
        ----------
        up : array of int of shape (positives, k)
            How often each positive was drawn, in the order of the rows.
        down : array of int of shape (negatives, k)
            The same of the negatives.

        Returns
        -------
        array of shape (k,)
            What `sklearn.metrics.average_precision_score` gives with those counts
            as `sample_weight`, up to rounding.
        """
        return self.count(up, down).average_precision()

    def count(self, up: Counts, down: Counts) -> Draws:
        """Count at every score of a positive, in every draw; see `Draws`."""
        hits = np.cumsum(self._up @ up, axis=0)
        predicted = hits + np.cumsum(self._down @ down, axis=0)
        return Draws(hits, predicted, down.shape[0], self._negative)


class Draws(NamedTuple):
    """An arm's counts in every draw, at each score that a positive has.

    From the highest score to the lowest: rows predicted positive at or above it, and
    the positives among them. Thresholds between two such scores find no more.
    `negative` is what a negative counts beside a positive.
    """

    tp: Counts
    predicted: Counts
    negatives: int
    negative: float = 1.0

    @property
    def weighed(self) -> Any:
        """The rows predicted positive, as they count."""
        if self.negative == 1:
            return self.predicted
        return self.tp + self.negative * (self.predicted - self.tp)

    def average_precision(self) -> Floats:
        """Return the average precision of every draw."""
        gained = np.diff(self.tp, axis=0, prepend=0)
        precision = self.tp / np.maximum(self.predicted, 1)
        return np.asarray(np.sum(gained * precision, axis=0) / self.tp[-1])

    def false_positive_rate(self, recall: float) -> Floats:
        """Return that at the highest threshold whose recall is at least `recall`.

        Every draw has a threshold of its own; 0 where there is no negative.
        """
        enough = recall * self.tp[-1] * (1 - 1e-12)
        place = np.argmax(self.tp >= enough, axis=0)[np.newaxis]
        alarms = np.take_along_axis(self.predicted - self.tp, place, axis=0)[0]
        return np.asarray(alarms / max(self.negatives, 1), dtype=np.float64)

    def recall(self, alerts: float) -> Floats:
        """Return that at the lowest threshold with at most `alerts` alerts, as weighed.

        Every draw has a threshold of its own. Rows of one score are predicted alike;
        if those of the highest score are more, no row is predicted positive.
        """
        fits = np.count_nonzero(self.weighed <= alerts * (1 + 1e-12), axis=0)
        place = np.maximum(fits - 1, 0)[np.newaxis]
        hits = np.take_along_axis(self.tp, place, axis=0)[0]
        return np.asarray(np.where(fits > 0, hits, 0) / self.tp[-1])

    def recall_at_precision(self, precision: float) -> Floats:
        """Return the highest recall whose precision is at least `precision`; else 0."""
        enough = self.tp >= precision * self.weighed * (1 - 1e-12)
        hits = np.max(np.where(enough & (self.predicted > 0), self.tp, 0), axis=0)
        return np.asarray(hits / self.tp[-1])

    def f1(self) -> Floats:
        """Return the highest F1."""
        value: Floats = np.max(2 * self.tp / (self.weighed + self.tp[-1]), axis=0)
        return value

    def value(self, at: str, rows: int, of: int | None = None) -> Floats:
        """Return what is compared with all arms at one point of their rankings.

        Parameters
        ----------
        at : str
            ``recall>=r`` (the false positive rate), ``precision>=p`` and
            ``alerts<=k`` (the recall), or ``f1``.
        rows : int
            Rows of a draw, of which ``alerts<=5%`` is a share.
        of : int or None, default=None
            Rows that ``alerts<=k`` speaks of; those of a draw when None.
        """
        point = parse(at)
        number = point.number or 0.0
        match point.name:
            case "recall":
                return self.false_positive_rate(number)
            case "precision":
                return self.recall_at_precision(number)
            case "alerts":
                share = number if point.share else number / (of or rows)
                positives = rows - self.negatives
                return self.recall(share * (positives + self.negative * self.negatives))
        return self.f1()


def bins(places: npt.NDArray[np.intp], count: int, worth: Floats | None = None) -> Any:
    """Return the matrix that adds up rows by bin; bin `count` is dropped.

    Each row counts 1, or its `worth`.
    """
    rows = np.flatnonzero(places < count)
    ones = np.ones(len(rows), dtype=np.int32) if worth is None else worth[rows]
    return csr_array((ones, (places[rows], rows)), shape=(count, len(places)))


def interval_and_p(differences: Floats) -> tuple[tuple[float, float], float]:
    """Read a difference's 95 % interval and two-sided p off its draws.

    Parameters
    ----------
    differences : array of shape (draws,)
        The difference in every draw.

    Returns
    -------
    tuple of (tuple of float) and float
        The percentile interval, and the p that fits it [1]_: with k draws on the
        rarer side of 0 (draws at 0 count on both), twice (1 + k) / (draws + 1),
        at most 1 and never 0.

    References
    ----------
    .. [1] Efron, B. and Tibshirani, R. J. (1993). An Introduction to the
       Bootstrap. Chapman & Hall, chapters 13 and 15.

    Examples
    --------
    >>> interval_and_p(np.arange(1.0, 42.0))
    ((2.0, 40.0), 0.047619047619047616)
    """
    low, high = np.quantile(differences, [0.025, 0.975])
    # Costs such as 0.1 are no binary fractions: a 0 may be off by rounding.
    nil = 1e-12 * float(np.max(np.abs(differences)))
    rarer = min(
        np.count_nonzero(differences <= nil), np.count_nonzero(differences >= -nil)
    )
    p = min(1.0, 2 * (1 + int(rarer)) / (len(differences) + 1))
    return (float(low), float(high)), p


# Exact tests of paired rows ---------------------------------------------------------


def mcnemar(only_a: int, only_b: int) -> float:
    """Test whether two arms have the same rate, exactly.

    Parameters
    ----------
    only_a, only_b : int
        Rows that only the one and only the other arm predicted positive.

    Returns
    -------
    float
        Two-sided p of the exact conditional test [1]_, in (0, 1]; 1 if the arms
        agree on every row.

    References
    ----------
    .. [1] McNemar, Q. (1947). Note on the sampling error of the difference
       between correlated proportions or percentages. Psychometrika 12, 153-157.

    Examples
    --------
    >>> round(mcnemar(6, 16), 6)
    0.052479
    """
    both = only_a + only_b
    return float(binomtest(only_a, both, 0.5).pvalue) if both else 1.0


def tango(only_a: int, only_b: int, rows: int) -> tuple[float, float]:
    """Return the 95 % score interval of a difference of paired proportions.

    Parameters
    ----------
    only_a, only_b : int
        Rows that only the one and only the other arm predicted positive.
    rows : int
        All rows both were judged on; at least ``only_a + only_b`` and 1.

    Returns
    -------
    tuple of float
        Limits, in [-1, 1], of rate a minus rate b: the differences that Tango's
        score test does not reject [1]_. It has a width even where the arms agree
        on every row. (Its test at 0 is the large-sample McNemar test, so with
        few disagreeing rows the interval may leave out 0 where the exact p is
        above 0.05; a claim should ask for both.)

    References
    ----------
    .. [1] Tango, T. (1998). Equivalence test and confidence interval for the
       difference in proportions for the paired-sample design. Statistics in
       Medicine 17(8), 891-908.
    .. [2] Fagerland, M. W., Lydersen, S. and Laake, P. (2014). Recommended tests
       and confidence intervals for paired binomial proportions. Statistics in
       Medicine 33(16), 2850-2875.

    Examples
    --------
    >>> [round(limit, 4) for limit in tango(6, 16, 161)]
    [-0.124, -0.0054]
    """
    low = -_upper(only_b, only_a, rows)
    return low, _upper(only_a, only_b, rows)


def _upper(b: int, c: int, n: int) -> float:
    """Return the upper limit of (b - c) / n."""
    observed = (b - c) / n
    if observed == 1:
        return 1.0

    def excess(difference: float) -> float:
        return _score(b, c, n, difference) + _Z95

    return float(brentq(excess, observed, _EDGE, xtol=1e-13))


def _score(b: int, c: int, n: int, difference: float) -> float:
    """Return Tango's statistic: how far the data are from a true difference."""
    distance = b - c - n * difference
    if distance == 0:
        return 0.0
    linear = (2 * n - b + c) * difference - b - c
    root = math.sqrt(linear**2 + 8 * n * c * difference * (1 - difference))
    # Chance of a row that only b's rival calls, given the difference.
    rare = max(0.0, (root - linear) / (4 * n))
    variance = n * (2 * rare + difference * (1 - difference))
    return distance / math.sqrt(variance) if variance > 0 else -math.inf


# Comparisons, and Holm's adjustment of their p-values -------------------------------


class Raw(NamedTuple):
    """A comparison before its p is adjusted for the others."""

    arm: str
    at: str | None
    metric: str
    difference: float
    ci: tuple[float, float]
    p: float
    method: str
    klass: int | None = None


def rate(
    arm: str,
    at: str,
    metric: str,
    changes: npt.NDArray[Any],
    rows: int,
    klass: int | None = None,
) -> Raw:
    """Compare a rate: `changes` is 1 where only the arm counts a row, -1 or 0 else.

    Examples
    --------
    >>> rate("smote", "fixed", "recall", np.array([1, 1, -1, 0]), 4).difference
    0.25
    """
    more, fewer = int(np.sum(changes == 1)), int(np.sum(changes == -1))
    interval, p = tango(more, fewer, rows), mcnemar(more, fewer)
    return Raw(arm, at, metric, (more - fewer) / rows, interval, p, PAIRED, klass)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for having made several comparisons.

    Parameters
    ----------
    p_values : sequence of float
        One per comparison, in [0, 1].

    Returns
    -------
    list of float
        In the same order, by Holm's step-down method [1]_: the chance of any
        false claim among them stays below the level the adjusted p are read at.

    References
    ----------
    .. [1] Holm, S. (1979). A simple sequentially rejective multiple test
       procedure. Scandinavian Journal of Statistics 6(2), 65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(
        sorted(range(len(p_values)), key=p_values.__getitem__)
    ):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def adjust_p_values(
    raw: Sequence[Raw],
    control: str,
    decisive: Sequence[tuple[str, str | None]],
    labels: Sequence[str] = (),
) -> tuple[Comparison, ...]:
    """Adjust p-values by Holm's method, and name the family.

    Parameters
    ----------
    raw : sequence of Raw
        Arm minus control, of several arms, metrics and operating points.
    control : str
        The arm that the others are compared with.
    decisive : sequence of (metric, operating point)
        What decides; it makes one family together.
    labels : sequence of str, default=()
        Names of the classes; their numbers when empty.

    Returns
    -------
    tuple of Comparison
        In the same order. A family are the arms in one metric and point, but for
        what decides.

    Examples
    --------
    >>> raw = [Raw(arm, None, "average_precision", 0.1, (0.0, 0.2), 0.03, "bootstrap")
    ...        for arm in ("smote", "adasyn")]
    >>> what = ("average_precision", None)
    >>> found = adjust_p_values(raw, "untreated", [what])
    >>> found[0].adjusted_p, found[0].method
    (0.06, 'bootstrap; Holm over the arms and the metrics that decide')
    """
    families: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for index, row in enumerate(raw):
        what = row.metric, row.at
        families[decisive[0] if what in decisive else what].append(index)
    adjusted = {
        index: p
        for family in families.values()
        for index, p in zip(family, holm([raw[i].p for i in family]), strict=True)
    }

    def method(row: Raw) -> str:
        decides = (row.metric, row.at) in decisive
        metrics = " and the metrics that decide" if decides else ""
        return f"{row.method}; Holm over the arms{metrics}"

    def name(klass: int) -> str:
        return labels[klass] if labels else str(klass)

    return tuple(
        Comparison(
            a=row.arm,
            b=control,
            at=row.at,
            metric=row.metric,
            difference=row.difference,
            ci=row.ci,
            p=row.p,
            adjusted_p=adjusted[index],
            method=method(row),
            klass=None if row.klass is None else name(row.klass),
        )
        for index, row in enumerate(raw)
    )
