"""How well each column by itself tells the target, cross-validated.

Only training rows are given to this module, and each row is judged by what the
other folds say, so a column of many levels gets no credit for learning by heart.
The folds are cut as those of a run: rows of one group, or equal rows, are in one.
All work is done on the distinct values of a column, of which there are mostly few:
how often each is of which class in which fold says everything.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np
import pandas as pd

from engine.core.errors import TargetError
from engine.core.experiment import SearchSpec
from engine.splits.folds import folds

Values: TypeAlias = pd.Index | np.ndarray

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
    """

    of: np.ndarray
    y: np.ndarray
    classes: int
    forward: bool = False

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
        _, counts, scores = self.tally(codes, values, ordered=ordered)
        if self.forward:  # nothing judges the first stretch
            counts, scores = counts[1:], scores[1:]
        figures = []
        for code in [1] if self.classes == 2 else range(self.classes):
            mine = counts[:, :, code].ravel()
            if mine.any():
                rest = counts.sum(axis=2).ravel() - mine
                figures.append(_judge(scores[:, :, code].ravel(), mine, rest))
        precision, area, sure, share = np.mean(figures, axis=0).tolist()
        sure = sure if self.classes == 2 else 0.0
        return Strength(precision, area, lift=precision / share, sure=sure)

    def tally(self, codes: np.ndarray, values: Values, *, ordered: bool) -> Tally:
        """Count a column's values by fold and class, and score each by the other folds.

        Parameters are those of `strength`. The scores of a row are
        ``scores[folds.of[row], codes[row]]``.
        """
        if ordered:
            place, width = _places(codes, values)
            codes = np.append(place, width)[codes]  # code -1 takes the last place
        else:
            width = len(values)
            codes = np.where(codes < 0, width, codes)
        width += 1  # a missing cell
        ordered = ordered and len(values) > FEW_VALUES
        shape = (int(self.of.max()) + 1, width, self.classes)
        flat = (self.of * width + codes) * self.classes + self.y
        counts = np.bincount(flat, minlength=math.prod(shape)).reshape(shape)
        scores = np.zeros(shape)
        whole = counts.sum(axis=0)
        for fold in range(int(self.forward), len(scores)):
            before = counts[:fold].sum(axis=0) if self.forward else whole - counts[fold]
            scores[fold] = _rates(before, binned=ordered)
        return Tally(codes, counts, scores)


def cut(
    y: np.ndarray,
    classes: int,
    *,
    seed: int,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    copies: np.ndarray | None = None,
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
        return ColumnFolds(of, y, classes, forward=times is not None)
    return None


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


def _rates(fitting: np.ndarray, *, binned: bool) -> np.ndarray:
    """Return the smoothed rate of each class per value or bin, less its base rate."""
    base = fitting.sum(axis=0) / fitting.sum()
    if not binned:
        return _above(fitting, base)
    bins = _bins(fitting[:-1])
    number = int(bins.max()) + 1 if len(bins) else 0
    weights = fitting[:-1].T
    pooled = np.stack([np.bincount(bins, w, minlength=number) for w in weights], axis=1)
    rates = _above(pooled, base)[bins]
    return np.concatenate([rates, _above(fitting[-1:], base)])


def _above(counts: np.ndarray, base: np.ndarray) -> np.ndarray:
    rows = counts.sum(axis=1, keepdims=True)
    smoothed = (counts + WEIGHT * base) / (rows + WEIGHT)
    # Rounded, so that what a value tells of nothing is the same in every fold.
    above: np.ndarray = np.round(smoothed - base, DECIMALS) + 0.0
    return above


def _bins(counts: np.ndarray) -> np.ndarray:
    """Put values, in order, into bins that hold equal shares of the classes.

    Each class counts the same, however rare: with plain quantiles all rows of a
    class of 2 % would fall into one bin or two.
    """
    sizes = counts.sum(axis=0)
    present = np.flatnonzero(sizes)
    if not len(present):
        return np.zeros(len(counts), dtype=np.int64)
    number = int(2 * np.sqrt(sizes[present].min()))
    number = min(max(number, FEWEST_BINS), MOST_BINS)
    shares = (counts[:, present] / sizes[present]).mean(axis=1)
    middle = np.cumsum(shares) - shares / 2
    binned: np.ndarray = np.minimum(middle * number, number - 1).astype(np.int64)
    return binned


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
