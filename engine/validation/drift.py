"""Whether columns and scores of new rows differ from what a bundle remembers.

Counts are compared with counts: of a column nothing else is in a bundle.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
from scipy.stats import chi2_contingency, fisher_exact, kstwo

from engine.bundle.reference import Counted
from engine.core.validation import ColumnDrift, ScoreDrift, Test
from engine.evaluate.bootstrap import holm

FEW_CELLS = 10
"""A number with so many cuts at most is compared value by value."""
BINS = 10
"""Of the stability index of numbers."""
_SURE, _LARGE = 0.05, 50
"""A p above the first needs no second look, nor one of expected counts so large."""
_DRAWS, _PER_COLUMN, _MOST_DRAWS = 9_999, 100, 100_000


def column_drifts(
    before: Sequence[Counted], now: Sequence[Counted], *, seed: int
) -> tuple[ColumnDrift, ...]:
    """Compare the columns of new rows with those of the training rows.

    Parameters
    ----------
    before, now : sequence of Counted
        At the same cuts and levels, in the same order.
    seed : int
        Of drawn tables.

    Returns
    -------
    tuple of ColumnDrift
        Of each column. Numbers are compared by the two-sample Kolmogorov-Smirnov test
        at the remembered cuts, which makes it conservative, for the largest distance
        may lie between two cuts [1]_; a number of few values, and a category, by the
        chi-square test of homogeneity, or Fisher's exact test of two cells. Where
        expected counts are small, p of the chi-square is that of drawn tables of the
        same margins. Missing cells of a number are a second test of the column; the
        smaller p counts twice. All p are adjusted by Holm's method: of columns that do
        not differ any is said to with a chance of at most 5 %.

    References
    ----------
    .. [1] Noether, G. E. (1963). Note on the Kolmogorov statistic in the discrete case.
       Metrika 7, 115-116.
    .. [2] Yurdakul, B. and Naranjo, J. (2020). Statistical properties of the population
       stability index. Journal of Risk Model Validation 14(4), 89-100.

    Examples
    --------
    >>> old = Counted(name="sex", rows=200, levels={"f": 100, "m": 100})
    >>> new = Counted(name="sex", rows=200, levels={"f": 140, "m": 60})
    >>> (found,) = column_drifts([old], [new], seed=0)
    >>> found.test, round(found.p, 6), round(found.psi, 2)
    ('fisher', 6.5e-05, 0.17)
    """
    rng = np.random.default_rng(seed)
    draws = min(_MOST_DRAWS, max(_DRAWS, _PER_COLUMN * len(before)))
    found = [_drift(*pair, draws, rng) for pair in zip(before, now, strict=True)]
    adjusted = holm([one.p for one in found])
    return tuple(
        msgspec.structs.replace(one, adjusted_p=p)
        for one, p in zip(found, adjusted, strict=True)
    )


def score_drift(before: Counted, now: Counted) -> ScoreDrift:
    """Compare scores of new rows with those of the test rows, at the same cuts.

    Examples
    --------
    >>> from engine.bundle.reference import count_numbers
    >>> old = count_numbers(np.linspace(0, 1, 500))
    >>> new = count_numbers(np.linspace(0, 1, 300) ** 2, cuts=old.cuts)
    >>> found = score_drift(old, new)
    >>> round(found.statistic, 2), found.p < 1e-9
    (0.25, True)
    """
    distance = _distance(before, now)
    p = _smirnov(distance, before.known, now.known)
    return ScoreDrift(p=p, psi=_psi(before, now), statistic=distance)


def _drift(
    before: Counted, now: Counted, draws: int, rng: np.random.Generator
) -> ColumnDrift:
    name: Test
    difference = None
    if before.cuts and before.known > 1 and now.known:
        mean = before.total / before.known
        variance = before.squares / before.known - mean * mean
        if variance > 1e-12 * max(1.0, mean * mean):
            difference = (now.total / now.known - mean) / variance**0.5
    if len(before.cuts) > FEW_CELLS:
        p = _smirnov(_distance(before, now), before.known, now.known)
        if before.missing or now.missing:
            gone = [[one.missing, one.known] for one in (before, now)]
            p = min(1.0, 2 * min(p, float(fisher_exact(gone).pvalue)))
        name = "kolmogorov-smirnov"
    else:
        name, p = _homogeneity(_cells(before), _cells(now), draws, rng)
    return ColumnDrift(
        column=before.name,
        test=name,
        p=p,
        adjusted_p=p,
        psi=_psi(before, now),
        difference=difference,
        missing=now.missing / max(1, now.rows),
        missing_then=before.missing / max(1, before.rows),
    )


def _distance(before: Counted, now: Counted) -> float:
    """Return the largest distance of two distributions at the cuts."""
    if not (before.known and now.known):
        return 0.0
    shares = [np.asarray(one.below) / one.known for one in (before, now)]
    return float(np.abs(shares[0] - shares[1]).max(initial=0.0))


def _smirnov(distance: float, n: int, m: int) -> float:
    if not (n and m):
        return 1.0
    return float(np.clip(kstwo.sf(distance, max(1, round(n * m / (n + m)))), 0, 1))


def _cells(one: Counted) -> np.ndarray:
    """Return rows by value or level, those of no such, and missing ones."""
    steps = np.diff([0, *one.below]).tolist() if one.cuts else [*one.levels.values()]
    return np.array([*steps, one.known - sum(steps), one.missing])


def _homogeneity(
    before: np.ndarray, now: np.ndarray, draws: int, rng: np.random.Generator
) -> tuple[Test, float]:
    """Test whether two samples have the same shares of cells."""
    table = np.vstack([before, now])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return "fisher", 1.0
    if table.shape[1] == 2:
        return "fisher", float(fisher_exact(table).pvalue)
    found = chi2_contingency(table, correction=False)
    expected, p = found.expected_freq, float(found.pvalue)
    if p > _SURE or expected.min() >= _LARGE:
        return "chi-square", p
    drawn = rng.multivariate_hypergeometric(
        table.sum(axis=0), int(table[1].sum()), size=draws, method="marginals"
    )
    scale = 1 / expected[0] + 1 / expected[1]
    statistic = np.square(drawn - expected[1]) @ scale
    more = np.count_nonzero(statistic >= found.statistic * (1 - 1e-9))
    return "chi-square", (1 + int(more)) / (draws + 1)


def _psi(before: Counted, now: Counted) -> float:
    """Return the population stability index, half a row added to each cell."""
    cells = [_cells(one) for one in (before, now)]
    if len(before.cuts) > BINS:
        ends = np.linspace(0, len(before.cuts), BINS + 1).astype(int)
        cells = [
            np.array([*(c[a:b].sum() for a, b in pairwise(ends)), *c[-2:]])
            for c in cells
        ]
    seen = (cells[0] + cells[1]) > 0
    shares = [(c[seen] + 0.5) / (c[seen] + 0.5).sum() for c in cells]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))
