"""A bundle as a classifier of scikit-learn, fitted already."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from engine.bundle.archive import describe_known
from engine.bundle.cells import Fit, lacking
from engine.bundle.manifest import ColumnSpec
from engine.bundle.scorer import Scorer, open_scorer
from engine.core.errors import DataError, UsageError
from engine.core.format import plural
from engine.data.readers.raw import settle
from engine.data.readers.values import is_number

try:
    from sklearn.base import BaseEstimator, ClassifierMixin

    _BASES: tuple[type, ...] = (ClassifierMixin, BaseEstimator)
except ImportError:  # rows are scored without it, too
    _BASES = ()


class FitWarning(UserWarning):
    """How rows differ from those that the model was made from, or that they do not.

    Numbers beyond their range are no warning: among new rows there are always some.
    """


def _as_pandas(X: Any) -> pd.DataFrame:
    """Return a table of another library."""
    try:
        found: pd.DataFrame = nw.from_native(X, eager_only=True).to_pandas()
    except TypeError:
        raise DataError(
            f"rows were given as {type(X).__name__}, which is no table",
            "give a DataFrame, of pandas or another library, or an array of numpy",
        ) from None
    return found


class BundleClassifier(*_BASES):  # type: ignore[misc]  # untyped
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
    threshold_ : float or None
        The score of the positive class from which `predict` says that one; None of
        more than two classes.
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

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return what the model says of rows, as in the run.

        Parameters
        ----------
        X : DataFrame or numpy.ndarray of shape (n_rows, n_columns)
            Of pandas, as ``pandas.read_csv`` gives it, of polars, pyarrow or another
            library that narwhals knows. The columns of an array are those of the
            run's table, in its order: all but the target, or the features only.

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

    def predict_calibrated(self, X: Any) -> np.ndarray:
        """Return probabilities, repaired as the run found best.

        Of more than two classes they add up to 1 if the repair is ``none`` or
        ``prior``; by the others each is repaired against the rest.

        Returns
        -------
        numpy.ndarray of shape (n_rows, n_classes)
            In the order of `classes_`.
        """
        return self._by_class(self.bundle.calibrate(self.scores(X)))

    def predict(self, X: Any) -> np.ndarray:
        """Return the class that rows are predicted to be at the operating point.

        Returns
        -------
        numpy.ndarray of shape (n_rows,)
            Of `classes_`.
        """
        point = self.bundle.point(self.at, self.threshold)
        predicted = self.bundle.predict(self.scores(X), point)
        return np.asarray(self._labels()[predicted])

    def scores(self, X: Any) -> np.ndarray:
        """Return the scores themselves: of the positive class, or of each class.

        Returns
        -------
        numpy.ndarray of shape (n_rows,) or (n_rows, n_classes), dtype float32
            Of more than two classes in the order of the run.
        """
        fit = Fit("the table")
        rows = self.bundle.encode(self.read(X, fit))
        lines = fit.lines(ranges=False)
        if self.bundle.known is not None:
            equal, compared = (int(f.sum()) for f in self.bundle.known.compare(rows))
            if equal:
                lines.append(describe_known(equal, compared, len(rows)))
        for line in lines:
            warnings.warn(line, FitWarning, stacklevel=3)
        return self.bundle.scores(rows)

    def read(self, X: Any, fit: Fit) -> pd.DataFrame:
        """Return rows as what the model learned from; `fit` takes what is noticed."""
        frame = self._frame(X)
        lacking(self.bundle.manifest.features, list(frame.columns), "the table")
        return self.bundle.read(frame, self.bundle.rules, fit, from_pandas=True)

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

    @property
    def threshold_(self) -> float | None:
        """The threshold that `predict` goes by."""
        return self.bundle.point(self.at, self.threshold).threshold

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_clone__(self) -> BundleClassifier:
        # Its parameters may be changed apart; the model is the same.
        return copy.copy(self)

    def _frame(self, X: Any) -> pd.DataFrame:
        if not isinstance(X, pd.DataFrame):
            X = self._named(X) if isinstance(X, np.ndarray) else _as_pandas(X)
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

    def _named(self, X: np.ndarray) -> pd.DataFrame:
        """Return an array as a table: its columns are those of the run, in order."""
        manifest = self.bundle.manifest
        every, plain = (
            [c.name for c in manifest.columns if c.role not in without]
            for without in (("target",), ("target", "group", "time", "split", "weight"))
        )
        features = [c.name for c in manifest.features]
        for names in (every, plain, features):
            if X.ndim == 2 and X.shape[1] == len(names):
                return pd.DataFrame(X, columns=names)
        either = plural(len(plain), "column")
        if len(features) < len(plain):
            either += f", or {len(features):,} without those that are not learned from"
        raise DataError(
            f"rows were given as an array of shape {X.shape}",
            f"give {either}, in the order of the run's table; or a DataFrame",
        )

    def _labels(self) -> np.ndarray:
        """Return the labels in the order of the run, as pandas reads them."""
        manifest = self.bundle.manifest
        if manifest.merged:
            return np.array(manifest.classes, dtype=object)
        return labels_of(manifest.classes, manifest.target)

    def _by_class(self, scores: np.ndarray) -> np.ndarray:
        wide = scores.astype(np.float64)
        if wide.ndim == 1:
            wide = np.column_stack([1.0 - wide, wide])
        return np.asarray(wide[:, np.argsort(self._labels(), kind="stable")])


def labels_of(names: Sequence[str], target: ColumnSpec) -> np.ndarray:
    """Return the labels of classes as a table holds them: text, numbers, truth values.

    Parameters
    ----------
    names : sequence of str
        Labels as text.
    target : ColumnSpec
        How the column was read.

    Returns
    -------
    numpy.ndarray of shape (n_classes,)

    Examples
    --------
    >>> codes = ColumnSpec(name="y", role="target", kind="category", cells="codes")
    >>> labels_of(["0", "1"], codes).tolist(), labels_of(["False", "True"], codes)
    ([0, 1], array([False,  True]))
    """
    if set(names) <= {"True", "False"}:
        return np.array([name == "True" for name in names])
    if target.cells == "codes" and all(map(is_number, names)):
        numbers = [float(name) for name in names]
        whole = all(number.is_integer() for number in numbers)
        return np.array([int(n) if whole else n for n in numbers])
    return np.array(names, dtype=object)


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
