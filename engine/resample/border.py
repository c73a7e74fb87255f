"""The border that a linear support vector machine draws, for SVM-SMOTE."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.svm import LinearSVC

__all__ = ["LinearBorder"]


class LinearBorder(BaseEstimator):  # type: ignore[misc]  # untyped
    """A linear support vector machine that names its support vectors.

    They are the rows on the wrong side of the margin, or on it. Where the classes
    overlap so much that every minority row is one, a kernel machine names the same
    minority rows at a price that grows with the square of the rows.

    Attributes
    ----------
    support_ : numpy.ndarray of int
        Rows with y f(x) ≤ 1, y being -1 or 1; of more than two classes, with regard to
        any machine of one class against the rest.

    Examples
    --------
    >>> X, y = np.array([[-3.0], [-2.9], [-0.1], [0.1], [3.0]]), [0, 0, 0, 1, 1]
    >>> LinearBorder().fit(X, y).support_
    array([2, 3])
    """

    def fit(self, X: np.ndarray, y: Any) -> LinearBorder:
        """Draw the border.

        Parameters
        ----------
        X : numpy.ndarray of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
            Two classes or more.

        Returns
        -------
        LinearBorder
            The fitted object itself.
        """
        labels = np.asarray(y)
        # The primal problem has no chance in it, and is small: one weight a column.
        self._machine = LinearSVC(dual=False, random_state=0).fit(X, labels)
        decided = self._machine.decision_function(X).reshape(len(labels), -1)
        sides = self._machine.classes_[1 if decided.shape[1] == 1 else slice(None)]
        signs = np.where(labels[:, None] == sides, 1.0, -1.0)
        self.support_ = np.flatnonzero((signs * decided <= 1.0).any(axis=1))
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class on whose side of the border each row lies."""
        side: np.ndarray = self._machine.predict(X)
        return side
