"""Support vectors of a rare class, the same as libsvm's and in a fraction of the time.

SVM-SMOTE asks its support vector machine only which rows of the rare class are support
vectors. Where that class is rare and overlaps the other, they lie far within the
margin, so that a rough solution settles it: one of the rare rows and of those others
that matter, found in turns. Where a rare row is near the margin, libsvm solves it all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import numpy as np
from sklearn.svm import SVC

from engine.resample.neighbours import ExactNeighbors

SMALL: Final = 2_000
"""Fewer rows take libsvm no time."""
SHARE: Final = 4
"""Of the rows, one in so many is solved for at most; more gain nothing."""
AT_ONCE: Final = 3
"""Rows of the other class that begin, and join in a turn, per rare row."""
TURNS: Final = 10
TOLERANCE: Final = 0.1
"""Of the rough solution; libsvm's own is 0.001. One row's decision value moves by about
as much until the end."""
MISSED: Final = 0.25
"""How far within the margin a row that was left out may lie."""
CLEAR: Final = 0.5
"""How far off the margin every rare row must lie."""
_BLOCK: Final = 128
"""Rows of a block of kernel values, so that it stays in a core's cache."""


class RareSVC(SVC):  # type: ignore[misc]  # untyped
    """A Gaussian machine that may know no more than the rare support vectors.

    It takes no parameters: SVM-SMOTE's machine has scikit-learn's own.

    Attributes
    ----------
    rough_ : bool
        Whether a rough solution settled it. `support_` is then all there is, and has
        the rows of the rarer class only.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(3_000, 4)), np.repeat([0, 1], [2_960, 40])
    >>> ours, stock = RareSVC().fit(X, y), SVC().fit(X, y)
    >>> rare = stock.support_[y[stock.support_] == 1]
    >>> ours.rough_, np.array_equal(ours.support_, rare)
    (True, True)
    """

    def __init__(self) -> None:
        super().__init__()

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> RareSVC:
        """Find the support vectors of the rarer of two classes, or fit all of it.

        Parameters
        ----------
        X : array of shape (n_rows, n_features)
        y : array of shape (n_rows,)
        sample_weight : array or None, default=None
            Fits all of it.

        Returns
        -------
        RareSVC
            The fitted object itself.
        """
        classes, counts = np.unique(y, return_counts=True)
        found = None
        if (
            len(classes) == 2
            and sample_weight is None
            and may_be_rough(counts.tolist())
        ):
            found = _settled(np.asarray(X), np.asarray(y) == classes[counts.argmin()])
        self.rough_ = found is not None
        if found is None:
            return super().fit(X, y, sample_weight)  # type: ignore[no-any-return]
        self.support_ = found
        return self


def quicken(sampler: Any, counts: Mapping[int, int]) -> None:
    """Let SVM-SMOTE ask a machine and a search of ours, which find the same.

    Parameters
    ----------
    sampler : imblearn.over_sampling.SVMSMOTE
        Not fitted, with counts per class; its parameters are set.
    counts : mapping of int to int
        Rows of each class that it will be given.
    """
    nearest = sampler.m_neighbors + 1  # a search must count the row itself in
    sampler.set_params(m_neighbors=ExactNeighbors(nearest))
    if list(sampler.sampling_strategy) == [min(counts, key=lambda c: counts[c])]:
        sampler.set_params(svm_estimator=RareSVC())


def may_be_rough(counts: Collection[int]) -> bool:
    """Return whether a class is rare enough among enough rows to try it.

    Examples
    --------
    >>> may_be_rough([2_960, 40]), may_be_rough([296, 4]), may_be_rough([2_800, 200])
    (True, False, False)
    """
    rows = sum(counts)
    return rows >= SMALL and (1 + AT_ONCE) * min(counts) * SHARE <= rows


def _settled(X: np.ndarray, rare: np.ndarray) -> np.ndarray | None:
    """Return the rare support vectors, or None if a rough solution does not tell."""
    spread = X.shape[1] * X.var(dtype=np.float64)
    if not spread > 0:
        return None
    rows = X.astype(np.float64)
    rows -= rows.mean(axis=0)
    rows *= np.sqrt(1 / spread)  # so that gamma is one
    sides = _sides(rows)
    of_class, others = np.flatnonzero(rare), np.flatnonzero(~rare)
    first = others[:: len(others) // (AT_ONCE * len(of_class))]
    chosen = np.sort(np.concatenate([of_class, first]))
    for _ in range(TURNS):
        if len(chosen) * SHARE > len(rows):
            return None
        machine = SVC(gamma=1.0, tol=TOLERANCE).fit(rows[chosen], rare[chosen])
        support = chosen[machine.support_]
        values = _decisions(sides, support, machine)
        inside = np.where(rare, 0.0, 1 + values)
        inside[chosen] = 0.0
        missed = np.flatnonzero(inside > MISSED)
        if not len(missed):
            off = values[of_class] - 1
            return of_class[off < 0] if (np.abs(off) >= CLEAR).all() else None
        worst = np.argsort(-inside[missed], kind="stable")
        joining = missed[worst[: AT_ONCE * len(of_class)]]
        chosen = np.unique(np.concatenate([of_class, support, joining]))
    return None


def _sides(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both sides of a product that is minus the squared distance of rows."""
    own = -np.einsum("ij,ij->i", rows, rows)
    ones = np.ones(len(rows))
    left, right = np.c_[rows, own, ones], np.c_[2 * rows, ones, own]
    return left.astype(np.float32), right.astype(np.float32)


def _decisions(
    sides: tuple[np.ndarray, np.ndarray], support: np.ndarray, machine: SVC
) -> np.ndarray:
    """Return the decision value of every row, in 32 bits."""
    left, right = sides[0], np.ascontiguousarray(sides[1][support].T)
    weights = machine.dual_coef_[0].astype(np.float32)
    values = np.empty(len(left))
    for start in range(0, len(left), _BLOCK):
        kernel = left[start : start + _BLOCK] @ right
        values[start : start + _BLOCK] = np.exp(kernel, out=kernel) @ weights
    return np.asarray(values + machine.intercept_[0])
