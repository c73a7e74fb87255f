"""A bundle as a classifier of scikit-learn, fitted already."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from engine.bundle.archive import describe_known
from engine.bundle.cells import Fit, lacking
from engine.bundle.scorer import Scorer, open_scorer
from engine.core.errors import DataError, UsageError
from engine.data.readers.raw import settle
from engine.data.readers.values import is_number


class FitWarning(UserWarning):
    """How rows differ from those that the model was made from, or that they do not.

    Numbers beyond their range are no warning: among new rows there are always some.
    """


class BundleClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """A model from a bundle; see `load_bundle`.

    Parameters
    ----------
    bundle : Scorer
        What was opened.
    at : str or None, default=None
        What `predict` decides by; the bundle's own choice when None.
    threshold : float or None, default=None
        Instead of a point, of two classes: of the score of the positive class.

    Attributes
    ----------
    classes_ : numpy.ndarray of shape (n_classes,)
        The labels in order, as pandas reads them: numbers if they are numbers.
    positive_ : object
        The positive one among them; None of more than two.
    feature_names_in_ : numpy.ndarray of shape (n_features,)
        Columns that a table must have; others are ignored, and the order is free.
    n_features_in_ : int
    points_ : tuple of str
        What `at` may be.
    """

    def __init__(
        self, bundle: Scorer, at: str | None = None, threshold: float | None = None
    ) -> None:
        self.bundle = bundle
        self.at = at
        self.threshold = threshold

    def fit(self, X: Any, y: Any = None) -> BundleClassifier:
        """Refuse: the model is what a run made of its rows.

        Raises
        ------
        UsageError
        """
        raise UsageError(
            "a bundle is fitted already, and cannot be fitted again",
            "wrap it in sklearn.frozen.FrozenEstimator where something fits it",
        )

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return what the model says of rows, as in the run.

        Parameters
        ----------
        X : pandas.DataFrame of shape (n_rows, n_columns)
            As ``pandas.read_csv`` gives it.

        Returns
        -------
        numpy.ndarray of shape (n_rows, n_classes)
            In the order of `classes_`.

        Raises
        ------
        DataError
            If a column is missing, or holds what it cannot hold.
        """
        return self._by_class(self.scores(X))

    def predict_calibrated(self, X: pd.DataFrame) -> np.ndarray:
        """Return probabilities, repaired as the run found best.

        Of more than two classes they add up to 1 if the repair is ``none`` or
        ``prior``; by the others each is repaired against the rest.

        Returns
        -------
        numpy.ndarray of shape (n_rows, n_classes)
            In the order of `classes_`.
        """
        return self._by_class(self.bundle.calibrate(self.scores(X)))

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return the class that rows are predicted to be at the operating point.

        Returns
        -------
        numpy.ndarray of shape (n_rows,)
            Of `classes_`.
        """
        point = self.bundle.point(self.at, self.threshold)
        predicted = self.bundle.predict(self.scores(X), point)
        return np.asarray(self._labels()[predicted])

    def scores(self, X: pd.DataFrame) -> np.ndarray:
        """Return the scores themselves: of the positive class, or of each class.

        Returns
        -------
        numpy.ndarray of shape (n_rows,) or (n_rows, n_classes), dtype float32
            Of more than two classes in the order of the run.
        """
        frame, fit = self._frame(X), Fit("the table")
        lacking(self.bundle.manifest.features, list(frame.columns), "the table")
        rows = self.bundle.encode(frame, self.bundle.rules, fit, from_pandas=True)
        lines = fit.lines(ranges=False)
        if self.bundle.known is not None:
            equal, compared = (int(f.sum()) for f in self.bundle.known.compare(rows))
            if equal:
                lines.append(describe_known(equal, compared, len(rows)))
        for line in lines:
            warnings.warn(line, FitWarning, stacklevel=3)
        return self.bundle.scores(rows)

    @property
    def classes_(self) -> np.ndarray:
        """The labels, in order."""
        return np.asarray(np.unique(self._labels()))

    @property
    def positive_(self) -> Any:
        """The positive class."""
        if self.bundle.manifest.positive is None:
            return None
        return self._labels()[-1]

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Columns that a table must have."""
        names = [one.name for one in self.bundle.manifest.features]
        return np.array(names, dtype=object)

    @property
    def n_features_in_(self) -> int:
        """How many there are."""
        return len(self.bundle.manifest.features)

    @property
    def points_(self) -> tuple[str, ...]:
        """What `at` may be."""
        return tuple(one.at for one in self.bundle.manifest.points)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_clone__(self) -> BundleClassifier:
        # Its parameters may be changed apart; the model is the same.
        return copy.copy(self)

    def _frame(self, X: Any) -> pd.DataFrame:
        if not isinstance(X, pd.DataFrame):
            raise DataError(
                f"rows were given as {type(X).__name__}, which has no names of columns",
                "give a pandas.DataFrame, such as pandas.read_csv returns",
            )
        names = [str(name) for name in X.columns]
        needed = set(self.feature_names_in_)
        if not needed <= set(names):
            names = settle(names)[0]
        twice = [name for name in needed if names.count(name) > 1]
        if twice:
            raise DataError(
                f"the table has two columns {twice[0]!r}", "give each its own name"
            )
        rows: pd.DataFrame = X.set_axis(names, axis=1).reset_index(drop=True)
        return rows

    def _labels(self) -> np.ndarray:
        """Return the labels in the order of the run, as pandas reads them."""
        manifest = self.bundle.manifest
        names = manifest.classes
        column = manifest.target
        if manifest.merged:
            return np.array(names, dtype=object)
        if set(names) <= {"True", "False"}:
            return np.array([name == "True" for name in names])
        if column.cells == "codes" and all(map(is_number, names)):
            numbers = [float(name) for name in names]
            whole = all(number.is_integer() for number in numbers)
            return np.array([int(n) if whole else n for n in numbers])
        return np.array(names, dtype=object)

    def _by_class(self, scores: np.ndarray) -> np.ndarray:
        wide = scores.astype(np.float64)
        if wide.ndim == 1:
            wide = np.column_stack([1.0 - wide, wide])
        return np.asarray(wide[:, np.argsort(self._labels(), kind="stable")])


def load_bundle(path: str | Path) -> BundleClassifier:
    """Open a bundle as a classifier of scikit-learn.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder or the zip of an exported bundle.

    Returns
    -------
    BundleClassifier

    Raises
    ------
    DataError
        If it is no bundle, or was changed.

    Notes
    -----
    Two lines score a table::

        model = engine.load_bundle("bundle")
        model.predict_proba(pandas.read_csv("new.csv"))
    """
    scorer = open_scorer(path)
    for note in scorer.notes:
        warnings.warn(note, FitWarning, stacklevel=2)
    return BundleClassifier(scorer)
