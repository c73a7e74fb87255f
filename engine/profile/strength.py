"""How well each column by itself tells the target, cross-validated.

Only training rows are given to this module, and each row is judged by what the
other folds say, so a column of many levels gets no credit for learning by heart.
The folds are cut as those of a run: rows of one group, or equal rows, are in one.
All work is done on the distinct values of a column, of which there are mostly few:
how often each is of which class in which fold says everything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np

from engine.core.errors import TargetError
from engine.core.experiment import SearchSpec
from engine.core.seeds import child
from engine.data.profile import Values
from engine.splits.folds import folds

FOLDS = 5
MOST_GROUPS = 10_000
"""Groups that are dealt out one by one; more take too long."""
FEW_VALUES = 20
"""Up to so many numbers may be codes, whose order says nothing: each is a level."""
MOST_PLACES = 4096
"""Ranks by which numbers are distinguished."""
MOST_BINS = 32
FEWEST_BINS = 8
WEIGHT = 10.0
"""Rows of the base rate that are mixed into the rate of every level: a level of one
row proves little."""
DECIMALS = 12
SURE = 0.95
"""Precision from which on a score counts as certain."""


class Strength(msgspec.Struct, frozen=True):
    """How well one column by itself tells the target, on rows not learned from.

    Attributes
    ----------
    average_precision, roc_auc : float
        Of the out-of-fold scores. With more than two classes the mean of one class
        against the rest, over classes.
    lift : float
        Average precision by that of guessing, which is the prevalence.
    sure : float
        Share of positives that are found with a precision of 0.95 or more, 0 if
        there are more than two classes.
    """

    average_precision: float
    roc_auc: float
    lift: float
    sure: float = 0.0


class Tally(NamedTuple):
    """A column as counts of its distinct values.

    Attributes
    ----------
    codes : numpy.ndarray of shape (n_rows,)
        Position of each row's value; the last position is a missing cell.
    counts : numpy.ndarray of shape (n_folds, n_values, n_classes)
        Rows of each value and class in each fold.
    scores : numpy.ndarray of shape (n_folds, n_values, n_classes)
        Rate of each class that the other folds, or those before, give to a value,
        less the rate of the class in them. Without that a fold that has a few more
        of a class than the others, and so is given lower rates, would be ranked
        below them.
    """

    codes: np.ndarray
    counts: np.ndarray
    scores: np.ndarray


class ColumnFolds(NamedTuple):
    """Training rows in folds, by which columns are judged.

    Attributes
    ----------
    of : numpy.ndarray of shape (n_rows,)
        Fold that judges each training row.
    y : numpy.ndarray of shape (n_rows,)
        Code of each row's class; of two, 1 is the positive one.
    classes : int
        How many there are.
    forward : bool, default=False
        Whether folds are stretches of time, from 1 on: what judges one is learned from
        the stretches before it, and nothing judges the first, 0.
    weights : numpy.ndarray of shape (n_classes,) or None, default=None
        Rows that each row of a class stands for, where they are a sample.
    """

    of: np.ndarray
    y: np.ndarray
    classes: int
    forward: bool = False
    weights: np.ndarray | None = None

    def strength(self, codes: np.ndarray, values: Values, *, ordered: bool) -> Strength:
        """Judge a column by itself.

        Parameters
        ----------
        codes : numpy.ndarray of shape (n_rows,)
            Position in `values` of each training row's cell, -1 where it is missing.
        values : index or array of shape (n_values,)
            The different values.
        ordered : bool
            Whether values are numbers, which go into bins unless there are few of
            them; else each is a level.

        Examples
        --------
        >>> import numpy as np
        >>> y = np.array([0] * 90 + [1] * 10)
        >>> words = np.array(["on time", "late"])
        >>> cut(y, 2, seed=0).strength(y, words, ordered=False).roc_auc
        1.0
        """
        _, counts, starts, rates = self._rate(codes, values, ordered=ordered)
        # Values of one bin have one score: their rows are counted together.
        rows = self._pool(counts[:, int(self.forward) :], starts)
        figures = []
        for code in [1] if self.classes == 2 else range(self.classes):
            if rows[code].any():
                rest = rows.sum(axis=0) - rows[code]
                figures.append(_judge(rates[code], rows[code], rest))
        precision, area, sure, share = np.mean(figures, axis=0).tolist()
        sure = sure if self.classes == 2 else 0.0
        return Strength(precision, area, lift=precision / share, sure=sure)

    def tally(self, codes: np.ndarray, values: Values, *, ordered: bool) -> Tally:
        """Count a column's values by fold and class, and score each by the other folds.

        Parameters are those of `strength`. The scores of a row are
        ``scores[folds.of[row], codes[row]]``.
        """
        codes, counts, starts, rates = self._rate(codes, values, ordered=ordered)
        scores = np.zeros(counts.shape)
        judged = scores[:, int(self.forward) :]
        sizes = np.diff(starts, append=judged[0].size)
        judged[:] = np.repeat(rates, sizes, axis=1).reshape(judged.shape)
        return Tally(codes, counts.transpose(1, 2, 0), scores.transpose(1, 2, 0))

    def _rate(
        self, codes: np.ndarray, values: Values, *, ordered: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return codes and counts of a tally, where bins start, and their rates.

        Counts and rates are class by class. A bin is a stretch of the values of one
        fold, which stand one after another; the first stretch of time has none.
        """
        if ordered:
            place, width = _places(codes, values)
            codes = np.append(place, width)[codes]  # code -1 takes the last place
        else:
            width = len(values)
            codes = np.where(codes < 0, width, codes)
        width += 1  # a missing cell
        shape = (self.classes, int(self.of.max()) + 1, width)
        flat = (self.y * shape[1] + self.of) * width + codes
        counts = np.bincount(flat, minlength=math.prod(shape)).reshape(shape)
        fitting = counts.sum(axis=1, keepdims=True) - counts
        if self.forward:
            fitting = (np.cumsum(counts, axis=1) - counts)[:, 1:]
        starts = np.arange(fitting[0].size)
        if ordered and len(values) > FEW_VALUES:
            starts = _starts(fitting, self._weighed)
        rows = self._weighed(fitting.sum(axis=2))
        base = rows / rows.sum(axis=0)
        pooled = self._pool(fitting, starts)
        return codes, counts, starts, _above(pooled, base[:, starts // width])

    def _pool(self, counts: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return the rows of each class in each bin."""
        flat = counts.reshape(len(counts), -1)
        return self._weighed(np.add.reduceat(flat, starts, axis=1))

    def _weighed(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows of a table that rows of a sample stand for, by class."""
        return rows if self.weights is None else rows * self.weights[:, None]


def cut(
    y: np.ndarray,
    classes: int,
    *,
    seed: int,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    copies: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> ColumnFolds | None:
    """Cut training rows into folds, as a run does.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_rows,)
        Code of each row's class.
    classes : int
        How many there are, in the test rows too.
    seed : int
        The experiment's seed.
    groups : numpy.ndarray of shape (n_rows,) or None, default=None
        Rows of one group are in one fold.
    times : numpy.ndarray of shape (n_rows,) or None, default=None
        Place of each row in time: folds are stretches of it.
    copies : numpy.ndarray of shape (n_rows,) or None, default=None
        Rows of one number are equal and in one fold.
    weights : numpy.ndarray of shape (n_classes,) or None, default=None
        As of `ColumnFolds`.

    Returns
    -------
    ColumnFolds or None
        Up to 5 folds, fewer if the rarest class has fewer rows or groups; None if
        there are not two that hold more than one class.
    """
    present = np.bincount(y)
    present = present[present > 0]
    if len(present) < 2:
        return None
    found = np.unique(y, return_inverse=True)[1]  # one may be in the test rows only
    if groups is not None and groups.max(initial=0) >= MOST_GROUPS:
        # By the class of their first rows: dealing them out by size takes too long.
        groups, copies = None, groups
    every = np.arange(len(y))
    most = FOLDS if times is not None else min(FOLDS, int(present.min()))
    for number in range(most, 1, -1):
        try:
            spec, known = SearchSpec(folds=number), {"groups": groups, "times": times}
            parts = folds(found, every, spec, seed=seed, copies=copies, **known)
        except TargetError:
            continue
        of = np.zeros(len(y), dtype=np.int64)
        for place, fold in enumerate(parts, start=int(times is not None)):
            of[fold.validation] = place
        return ColumnFolds(of, y, classes, times is not None, weights)
    return None


def sample(y: np.ndarray, most: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows of which the rare classes are all, and the others an equal number.

    Parameters
    ----------
    y : numpy.ndarray of shape (n_rows,)
        Code of each row's class.
    most : int
        Rows that are drawn, of more.
    seed : int
        The experiment's.

    Returns
    -------
    rows : numpy.ndarray of shape (most,)
        In their order.
    weights : numpy.ndarray of shape (n_classes,)
        Rows that each row of a class stands for.

    Examples
    --------
    >>> rows, weights = sample(np.array([1] * 5 + [0] * 95), 20, seed=0)
    >>> rows[:5].tolist(), len(rows), np.round(weights, 2).tolist()
    ([0, 1, 2, 3, 4], 20, [6.33, 1.0])
    """
    rng = np.random.default_rng(child(seed, "profile"))
    counts = np.bincount(y)
    drawn, weights, left = [], np.ones(len(counts)), most
    for done, code in enumerate(np.argsort(counts, kind="stable")):
        taken = min(int(counts[code]), left // (len(counts) - done))
        left -= taken
        rows = np.flatnonzero(y == code)
        if taken < len(rows):
            weights[code] = len(rows) / taken
            rows = rows[rng.choice(len(rows), taken, replace=False, shuffle=False)]
        drawn.append(rows)
    return np.sort(np.concatenate(drawn)), weights


def _places(codes: np.ndarray, values: Values) -> tuple[np.ndarray, int]:
    """Put numbers in order, and those of nearly the same rank in one place.

    That is rounding: it looks at no target, and saves most of the work where a
    million rows have a million different numbers.
    """
    order = np.argsort(values)
    place = np.empty(len(order), dtype=np.int64)
    if len(order) <= MOST_PLACES:
        place[order] = np.arange(len(order))
        return place, len(order)
    rows = np.bincount(codes[codes >= 0], minlength=len(order))[order]
    ends = np.cumsum(rows)
    middle = (ends - rows / 2) / max(1, ends[-1])
    place[order] = np.minimum(middle * MOST_PLACES, MOST_PLACES - 1)
    return place, MOST_PLACES


def _above(counts: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Return the smoothed rate of each class, less its base rate."""
    smoothed = (counts + WEIGHT * base) / (counts.sum(axis=0) + WEIGHT)
    # Rounded, so that what a value tells of nothing is the same in every fold.
    above: np.ndarray = np.round(smoothed - base, DECIMALS) + 0.0
    return above


def _starts(
    fitting: np.ndarray, weighed: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return where bins start that hold equal shares of the classes, fold by fold.

    Each class counts the same, however rare: with plain quantiles all rows of a
    class of 2 % would fall into one bin or two. The last value, that of missing cells,
    has a bin of its own.
    """
    known = fitting[:, :, :-1]
    sizes = known.sum(axis=2)
    present = sizes > 0
    shares, *others = (
        of_class / np.maximum(size, 1)[:, None]
        for of_class, size in zip(known, sizes, strict=True)
    )
    for share in others:
        shares += share
    shares /= np.maximum(present.sum(axis=0), 1)[:, None]
    rarest = np.where(present, weighed(sizes), np.inf).min(axis=0)
    number = np.clip(2 * np.sqrt(rarest), FEWEST_BINS, MOST_BINS).astype(np.int64)
    middle = np.cumsum(shares, axis=1)
    shares /= 2
    middle -= shares
    middle *= number[:, None]
    places = np.minimum(middle, number[:, None] - 1, out=middle).astype(np.int8)
    begins = np.ones(fitting.shape[1:], dtype=bool)
    np.not_equal(places[:, 1:], places[:, :-1], out=begins[:, 1:-1])
    return np.flatnonzero(begins)


def _judge(
    scores: np.ndarray, mine: np.ndarray, rest: np.ndarray
) -> tuple[float, float, float, float]:
    """Return average precision, ROC AUC, recall at a sure precision, prevalence.

    Each score stands for many rows; equal scores are one threshold, as in
    scikit-learn.
    """
    levels, place = np.unique(-scores, return_inverse=True)
    hits = np.cumsum(np.bincount(place, weights=mine, minlength=len(levels)))
    alarms = np.cumsum(np.bincount(place, weights=rest, minlength=len(levels)))
    predicted = hits + alarms
    use = predicted > 0  # a score that no row has is no threshold
    hits, alarms, predicted = hits[use], alarms[use], predicted[use]
    recall = hits / hits[-1]
    precision = hits / predicted
    average = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    fall_out = alarms / alarms[-1]
    width = np.diff(fall_out, prepend=0.0)
    area = float(np.sum(width * (recall + np.concatenate([[0.0], recall[:-1]])) / 2))
    sure = float(recall[precision >= SURE].max(initial=0.0))
    return average, area, sure, float(hits[-1] / predicted[-1])
