"""Two arms on the same rows: only those on which they disagree say anything; Holm."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import binomtest

from engine.core.outcome import Comparison

_Z95 = NormalDist().inv_cdf(0.975)
_EDGE = 1 - 1e-12


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


PAIRED = "exact McNemar test, Tango score interval"
BOOTSTRAP = "paired stratified bootstrap, {draws:,} draws, percentile interval"
MATCHED = "matched within each draw of a paired stratified bootstrap, {draws:,} draws"


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
