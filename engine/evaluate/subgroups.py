"""How the errors of arms fall on groups of people, and which arm widens a gap."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace
from scipy.stats import chi2, norm

from engine.core.costs import wilson
from engine.core.seeds import child
from engine.core.subgroups import (
    ArmSubgroups,
    GapChange,
    Interval,
    Subgroup,
    SubgroupColumn,
    SubgroupGap,
)
from engine.evaluate.board import TOO_FEW
from engine.evaluate.bootstrap import holm
from engine.evaluate.probabilities import Labels, Scores

LEVEL = 0.05
DRAWS = 9_999
"""Random spreads that the one found is compared with."""
_Z = float(norm.ppf(1 - LEVEL / 2))
METRICS = ("recall", "false_positive_rate", "alert_share")


class Groups(NamedTuple):
    """The group of each test row in a column; `codes` are places in `names`."""

    column: str
    codes: npt.NDArray[np.intp]
    names: Sequence[str]
    cut: str = ""
    learned: bool = False


class Decided(NamedTuple):
    """What an arm says of each test row: positive or not, and its probability."""

    predicted: npt.NDArray[np.bool_]
    risks: Scores


def compare_subgroups(
    columns: Sequence[Groups],
    arms: Mapping[str, Decided],
    y: Labels,
    *,
    control: Mapping[str, str],
    seed: int,
) -> tuple[SubgroupColumn, ...]:
    """Count the errors of each arm by group, and compare groups and arms.

    Parameters
    ----------
    columns : sequence of Groups
    arms : mapping of str to Decided
        At thresholds that no test row has chosen.
    y : array of shape (n,)
        0 or 1 per test row.
    control : mapping of str to str
        The untreated arm that each arm's gaps are compared with.
    seed : int
        Of the permutations.

    Returns
    -------
    tuple of SubgroupColumn

    Notes
    -----
    A gap is the largest rate minus the smallest. Its interval is made of Newcombe's
    hybrid score intervals [1]_ of all pairs of groups, at Bonferroni's level: where
    they all hold, so does that of the largest difference. That it is one rate in all
    groups is tested by permutations. The gap in calibration is that of the share of
    positives minus the mean probability; its rows are as they are, so the interval is
    of the shares, and its test is `even_calibration`.

    Whether an arm widens a gap is asked on the same rows: in each of two groups the
    paired difference of two rates, by Agresti and Min's adjusted interval [2]_, and
    the difference of the two. It keeps its level at 20 rows, where a bootstrap of
    few disagreeing rows is too narrow. Of calibration the difference is that of the
    mean probabilities, since both arms have the same positives. The two groups are
    those furthest apart in the mean of both arms, so that neither has chosen them.

    References
    ----------
    .. [1] Newcombe, R. G. (1998). Interval estimation for the difference between
       independent proportions. Statistics in Medicine 17, 873-890.
    .. [2] Agresti, A. and Min, Y. (2005). Simple improved confidence intervals for
       comparing matched proportions. Statistics in Medicine 24, 729-740.

    Examples
    --------
    >>> y = np.ones(80, dtype=int)
    >>> half = Groups("sex", np.repeat([0, 1], 40), ["f", "m"])
    >>> uneven = Decided(np.arange(80) >= 20, np.full(80, 0.5))
    >>> (found,) = compare_subgroups([half], {"smote": uneven}, y, control={}, seed=0)
    >>> gap = found.gaps[0]
    >>> gap.metric, gap.low, gap.high, gap.gap, [round(v, 2) for v in gap.ci]
    ('recall', 'f', 'm', 0.5, [0.33, 0.65])
    """
    found = [
        SubgroupColumn(
            column=one.column,
            cut=one.cut,
            learned=one.learned,
            few=_few(one, y),
            arms=tuple(
                ArmSubgroups(name, _by_group(one, own, y)) for name, own in arms.items()
            ),
            gaps=tuple(_gaps(one, arms, y, control, seed)),
        )
        for one in columns
    ]
    return _adjusted(found)


def _few(one: Groups, y: Labels) -> tuple[str, ...]:
    positives = np.bincount(one.codes[y == 1], minlength=len(one.names))
    pairs = zip(one.names, positives.tolist(), strict=True)
    return tuple(name for name, count in pairs if count < TOO_FEW)


def _by_group(one: Groups, own: Decided, y: Labels) -> tuple[Subgroup, ...]:
    """Count an arm's errors in each group."""
    positive, predicted = y == 1, own.predicted
    missed, alarms = positive & ~predicted, ~positive & predicted
    rows = (positive | ~positive, positive, missed, alarms)
    many = len(one.names)
    counts = [np.bincount(one.codes[r], minlength=many).tolist() for r in rows]
    expected = np.bincount(one.codes, own.risks, minlength=many).tolist()
    made = []
    for name, n, p, fn, fp, mean in zip(one.names, *counts, expected, strict=True):
        made.append(
            Subgroup(
                level=name,
                rows=n,
                positives=p,
                missed=fn,
                alarms=fp,
                alerts=p - fn + fp,
                recall=_share(p - fn, p),
                recall_ci=wilson(p - fn, p),
                false_positive_rate=_share(fp, n - p),
                false_positive_rate_ci=wilson(fp, n - p),
                alert_share=_share(p - fn + fp, n),
                alert_share_ci=wilson(p - fn + fp, n),
                observed=_share(p, n),
                observed_ci=wilson(p, n),
                expected=_share(mean, n),
            )
        )
    return tuple(made)


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


# Gaps between groups ------------------------------------------------------------------


def _gaps(
    one: Groups,
    arms: Mapping[str, Decided],
    y: Labels,
    control: Mapping[str, str],
    seed: int,
) -> Iterator[SubgroupGap]:
    """Yield the gap of each arm in each metric, as far as there are enough rows."""
    many = len(one.names)
    positive = y == 1
    counted = (positive, ~positive, positive | ~positive)
    for metric, inside in zip(METRICS, counted, strict=True):
        rows = np.bincount(one.codes[inside], minlength=many)
        enough = np.flatnonzero(rows >= TOO_FEW)
        if len(enough) < 2:
            continue
        for name, own in arms.items():
            base = arms.get(control.get(name, ""))
            found = np.bincount(one.codes[inside & own.predicted], minlength=many)
            hits = found[enough]
            yield _gap(
                one,
                (name, metric),
                enough,
                rates=hits / rows[enough],
                ci=gap_interval(hits.tolist(), rows[enough].tolist()),
                p=spread(
                    hits,
                    rows[enough],
                    seed=child(seed, "subgroups", one.column, metric, name),
                ),
                change=None
                if base is None or base is own
                else _change(one, own, base, inside, enough),
            )
    rows = np.bincount(one.codes, minlength=many)
    positives = np.bincount(one.codes[positive], minlength=many)
    enough = np.flatnonzero((positives >= TOO_FEW) & (rows - positives >= TOO_FEW))
    if len(enough) < 2:
        return
    hits, of = positives[enough], rows[enough]
    for name, own in arms.items():
        base = arms.get(control.get(name, ""))
        expected = np.bincount(one.codes, own.risks, minlength=many)[enough] / of
        yield _gap(
            one,
            (name, "calibration"),
            enough,
            rates=hits / of - expected,
            ci=gap_interval(hits.tolist(), of.tolist(), expected.tolist()),
            p=even_calibration(hits, of, expected),
            change=None
            if base is None or base is own
            else _calibration_change(one, own, base, y, enough),
        )


def _gap(
    one: Groups,
    of: tuple[str, str],
    enough: npt.NDArray[np.intp],
    *,
    rates: npt.NDArray[np.float64],
    ci: Interval,
    p: float,
    change: GapChange | None,
) -> SubgroupGap:
    """Return a gap between the groups of enough rows, before its adjustment."""
    arm, metric = of
    return SubgroupGap(
        arm=arm,
        metric=metric,
        groups=len(enough),
        low=one.names[enough[rates.argmin()]],
        high=one.names[enough[rates.argmax()]],
        gap=float(rates.max() - rates.min()),
        ci=ci,
        p=p,
        adjusted_p=1.0,
        change=change,
    )


def gap_interval(
    hits: Sequence[int], rows: Sequence[int], expected: Sequence[float] = ()
) -> Interval:
    """Return an interval of the largest rate minus the smallest, of at least 95 %.

    Parameters
    ----------
    hits, rows : sequence of int
        Per group, at least two; rows at least 1.
    expected : sequence of float, optional
        Per group what is taken off its rate.

    Examples
    --------
    >>> low, high = gap_interval([20, 30], [40, 40])
    >>> round(low, 3), round(high, 3)
    (0.038, 0.433)
    """
    pairs = list(combinations(range(len(rows)), 2))
    z = float(norm.isf(LEVEL / 2 / len(pairs)))
    limits = [
        wilson(hit, of, z) or (0.0, 1.0) for hit, of in zip(hits, rows, strict=True)
    ]
    rates = [hit / of for hit, of in zip(hits, rows, strict=True)]
    off = expected or [0.0] * len(rows)
    lows, highs = [0.0], [0.0]
    for a, b in (*pairs, *((b, a) for a, b in pairs)):
        apart = rates[a] - off[a] - (rates[b] - off[b])
        below = math.hypot(rates[a] - limits[a][0], limits[b][1] - rates[b])
        above = math.hypot(limits[a][1] - rates[a], rates[b] - limits[b][0])
        lows.append(apart - below)
        highs.append(apart + above)
    # Of expected rates two groups can be up to 2 apart.
    return max(lows), min(2.0 if expected else 1.0, max(highs))


def even_calibration(
    positives: npt.NDArray[np.intp],
    rows: npt.NDArray[np.intp],
    expected: npt.NDArray[np.float64],
) -> float:
    """Return how likely positives as far from what is expected are, if evenly far.

    Cochran's test of the differences of the share of positives and the mean
    probability, with the variance of each share under one difference for all: that
    of a binomial, which is at least that of rows of unlike probability.

    Parameters
    ----------
    positives, rows : numpy.ndarray of shape (n_groups,)
        Counts by group.
    expected : numpy.ndarray of shape (n_groups,)
        Mean probabilities.

    References
    ----------
    Cochran, W. G. (1954). The combination of estimates from different experiments.
    Biometrics 10(1), 101-129.

    Examples
    --------
    >>> counts, rows = np.array([40, 40]), np.array([400, 400])
    >>> even_calibration(counts, rows, np.array([0.1, 0.1]))
    1.0
    >>> round(even_calibration(counts, rows, np.array([0.1, 0.15])), 3)
    0.018
    """
    apart = positives / rows - expected
    even = expected + (rows * apart).sum() / rows.sum()
    even = np.clip(even, 0.5 / rows, 1 - 0.5 / rows)
    weights = rows / (even * (1 - even))
    mean = (weights * apart).sum() / weights.sum()
    return float(chi2.sf((weights * (apart - mean) ** 2).sum(), len(rows) - 1))


def spread(
    missed: npt.NDArray[np.intp],
    positives: npt.NDArray[np.intp],
    *,
    seed: int,
    draws: int = DRAWS,
) -> float:
    """Return the chance of misses spread so unevenly if they were missed at random.

    Pearson's chi-squared of misses by level, compared with that of random draws of as
    many positives: no level needs to be large for it.

    Parameters
    ----------
    missed, positives : numpy.ndarray of shape (n_levels,)
        Counts by level.
    seed : int
    draws : int, default=9999

    Returns
    -------
    float
        Never 0: the spread that was found counts as one of the draws.

    References
    ----------
    Phipson, B. and Smyth, G. K. (2010). Permutation P-values should never be zero.
    Statistical Applications in Genetics and Molecular Biology 9, article 39.

    Examples
    --------
    >>> spread(np.array([20, 0]), np.array([20, 20]), seed=0)
    0.0001
    >>> spread(np.array([10, 10]), np.array([20, 20]), seed=0)
    1.0
    """
    known = positives > 0
    missed, positives = missed[known], positives[known]
    if len(positives) < 2 or missed.sum() in (0, positives.sum()):
        return 1.0
    rng = np.random.default_rng(seed)
    draws_of = rng.multivariate_hypergeometric(
        positives, int(missed.sum()), size=draws, method="marginals"
    )
    # With all margins fixed, chi-squared only changes with this.
    observed = (missed**2 / positives).sum()
    more = (draws_of**2 / positives).sum(axis=1) >= observed * (1 - 1e-12)
    return float((1 + more.sum()) / (1 + draws))


# An arm's gap beside that of the untreated arm ----------------------------------------


def _change(
    one: Groups,
    own: Decided,
    base: Decided,
    inside: npt.NDArray[np.bool_],
    enough: npt.NDArray[np.intp],
) -> GapChange:
    """Compare the gap of two arms between the two groups that differ the most."""
    many = len(one.names)

    def count(rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        return np.bincount(one.codes[inside & rows], minlength=many)[enough]

    rows = count(inside)
    mean = (count(own.predicted) + count(base.predicted)) / rows
    low, high = int(mean.argmin()), int(mean.argmax())
    if low == high:
        low, high = 0, 1
    only_own = count(own.predicted & ~base.predicted)
    only_base = count(base.predicted & ~own.predicted)
    paired = [
        paired_difference(int(only_own[k]), int(only_base[k]), int(rows[k]))
        for k in (high, low)
    ]
    net = (only_own - only_base) / rows
    centre = paired[0][0] - paired[1][0]
    error = math.sqrt(paired[0][1] + paired[1][1])
    names = (one.names[enough[low]], one.names[enough[high]])
    return _changed(names, float(net[high] - net[low]), centre, error)


def _calibration_change(
    one: Groups, own: Decided, base: Decided, y: Labels, enough: npt.NDArray[np.intp]
) -> GapChange:
    """Compare how far two arms are from the positives, as `_change` does."""
    means = [y - (own.risks + base.risks) / 2, base.risks - own.risks]
    inside = [one.codes == code for code in enough]
    mean = np.array([means[0][rows].mean() for rows in inside])
    low, high = int(mean.argmin()), int(mean.argmax())
    if low == high:
        low, high = 0, 1
    net = [means[1][inside[k]] for k in (high, low)]
    # Rounded, so that arms of one difference in all rows differ by nothing.
    apart = round(float(net[0].mean() - net[1].mean()), 12)
    error = round(math.sqrt(sum(each.var(ddof=1) / len(each) for each in net)), 12)
    names = (one.names[enough[low]], one.names[enough[high]])
    return _changed(names, apart, apart, error)


def _changed(
    names: tuple[str, str], difference: float, centre: float, error: float
) -> GapChange:
    """Return a change of a gap with its interval, before its adjustment."""
    low, high = names
    return GapChange(
        low=low,
        high=high,
        difference=difference,
        ci=(centre - _Z * error, centre + _Z * error),
        p=float(2 * norm.sf(abs(centre) / error)) if error else float(not centre),
        adjusted_p=1.0,
        effect="not shown",
    )


def paired_difference(only_a: int, only_b: int, rows: int) -> tuple[float, float]:
    """Return a paired difference of rates and its variance (Agresti and Min 2005).

    Half a row is added to each cell of the table of two by two.

    Examples
    --------
    >>> centre, variance = paired_difference(8, 2, 40)
    >>> round(centre, 3), round(variance**0.5, 3)
    (0.143, 0.076)
    """
    n = rows + 2
    apart = (only_a - only_b) / n
    return apart, ((only_a + only_b + 1) / n - apart**2) / n


# Adjustment ---------------------------------------------------------------------------


def _adjusted(columns: Sequence[SubgroupColumn]) -> tuple[SubgroupColumn, ...]:
    """Adjust the tests of all gaps, and those of all changes, by Holm's method."""
    gaps = [gap for one in columns for gap in one.gaps]
    of_gaps = iter(holm([gap.p for gap in gaps]))
    of_changes = iter(holm([gap.change.p for gap in gaps if gap.change]))

    def changed(change: GapChange | None) -> GapChange | None:
        if change is None:
            return None
        p = next(of_changes)
        low, high = change.ci
        shown = p < LEVEL and not low <= 0 <= high
        effect = ("wider" if low > 0 else "narrower") if shown else "not shown"
        return replace(change, adjusted_p=p, effect=effect)

    return tuple(
        replace(
            one,
            gaps=tuple(
                replace(gap, adjusted_p=next(of_gaps), change=changed(gap.change))
                for gap in one.gaps
            ),
        )
        for one in columns
    )
