"""The port of models: whoever learns here can be stopped, pruned and resumed.

A model is asked for one fold at a time, and grows it from look to look. Early stopping,
pruning, cancelling, progress and out-of-fold scores are those of
`engine.train.growth`, for every model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from engine.core import models
from engine.core.errors import DataError, SpecError
from engine.core.experiment import ModelSpec
from engine.core.lazy import import_class
from engine.core.methods.samplers import ParamValue

if TYPE_CHECKING:
    from engine.features.encoding import Layout

Tick: TypeAlias = Callable[[], None]
"""Called often while something grows; raises to end it."""
Setting: TypeAlias = Mapping[str, ParamValue]
"""Parameters of a model, fixed and searched."""


class PlainRows(NamedTuple):
    """PlainRows to learn from, as they are.

    Attributes
    ----------
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
    y : numpy.ndarray of shape (n_rows,) or None, dtype int8
        None of rows to score.
    weights : numpy.ndarray of shape (n_rows,) or None
    """

    X: np.ndarray
    y: np.ndarray | None = None
    weights: np.ndarray | None = None


class Rounds(NamedTuple):
    """How far a fold grows.

    Attributes
    ----------
    rounds : int
        At most.
    every : int
        Rounds from one look at the validation rows to the next.
    patience : int
        Rounds without a better score after which it ends; 0 is never, and then the
        last round is the one that counts.
    by : str or None
        What the best round is chosen by, where it is not the search's objective.
    """

    rounds: int = 1
    every: int = 1
    patience: int = 0
    by: str | None = None


class FittedModel(ABC):
    """A model that has learned."""

    @abstractmethod
    def scores(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of the positive class, or of each of several.

        Parameters
        ----------
        X : numpy.ndarray of shape (n_rows, n_features), dtype float32

        Returns
        -------
        numpy.ndarray of shape (n_rows,) or (n_rows, n_classes), dtype float32
        """

    @abstractmethod
    def with_odds(self, odds: float) -> FittedModel:
        """Return it with the odds of its scores multiplied, of two classes.

        Parameters
        ----------
        odds : float
            Above 0; below 1 the positive class becomes rarer. The order of the scores
            stays.
        """

    @abstractmethod
    def dump(self) -> bytes:
        """Return it as bytes that `Model.load` reads, and no pickle."""

    def contributions(self, X: np.ndarray) -> np.ndarray | None:
        """Return what each column adds to the score's margin, the bias as the last.

        None where the model has no such thing, as by default.
        """
        return None

    def coefficients(self) -> np.ndarray | None:
        """Return the log odds of each column: a row of two classes, else one a class.

        None where the model has no such thing, as by default.
        """
        return None

    def gains(self) -> Mapping[int, float] | None:
        """Return what each column of `X` that is used counts for, each above 0.

        None where the model has no such thing, as by default.
        """
        return None

    def onnx(self) -> Any:
        """Return it as an ``onnx.ModelProto``, as `onnx_graph.make_graph` makes it.

        None where there is no way to ONNX, as by default.
        """
        return None

    @property
    def trees(self) -> int:
        """How many trees take as long as one score; by default of a slow model."""
        return 1_000


class Growing(ABC):
    """A model that learns from the rows of one fold."""

    @abstractmethod
    def advance(self, rounds: int) -> None:
        """Grow by so many rounds."""

    @abstractmethod
    def scores(self, matrix: Any) -> np.ndarray:
        """Return the scores of what `Model.matrix` made of rows, as `FittedModel`."""

    @abstractmethod
    def scorer(self) -> FittedModel:
        """Return it as it is now."""


class WithOdds(Growing):
    """A model whose scores have their odds multiplied while it grows, too.

    What learns from rows of which negatives were left out then scores as if it had
    learned from all: a constant that is added to the log odds of the rows to fit on,
    and dropped of rows to score, comes to the same.

    Parameters
    ----------
    growing : Growing
        Of two classes.
    odds : float
        The share of the negatives that it learns from.

    References
    ----------
    Dal Pozzolo, Caelen, Johnson and Bontempi 2015, doi:10.1109/SSCI.2015.33, section
    III; Fithian and Hastie 2014, doi:10.1214/14-AOS1220 (the same as an offset).
    """

    def __init__(self, growing: Growing, odds: float) -> None:
        self._growing, self._odds = growing, odds

    def advance(self, rounds: int) -> None:
        """Grow by so many rounds."""
        self._growing.advance(rounds)

    def scores(self, matrix: Any) -> np.ndarray:
        """Return the scores of rows, their odds multiplied."""
        return multiply_odds(self._growing.scores(matrix), self._odds)

    def scorer(self) -> FittedModel:
        """Return it as it is now, its odds multiplied."""
        return self._growing.scorer().with_odds(self._odds)


class Model(ABC):
    """A model that can be put into an arm.

    Parameters
    ----------
    entry : ModelEntry
        What is known of it.

    Attributes
    ----------
    own_matrix : bool
        Whether `matrix` makes something of the rows that takes time and memory; else
        all such models share the rows.
    takes_codes : bool
        Whether `matrix` holds a category as one column of codes.
    weights_are_rows : bool
        Whether a row of weight k counts as k equal rows do.
    estimator_dtype : str
        Of the rows that its `estimator` is to be fitted to.
    estimator_close : float
        How far scores of its `estimator` may be from those of the run; 0 is not at all.
    """

    own_matrix: ClassVar[bool] = False
    takes_codes: ClassVar[bool] = False
    weights_are_rows: ClassVar[bool] = False
    estimator_dtype: ClassVar[str] = "float32"
    estimator_close: ClassVar[float] = 0.0

    def __init__(self, entry: models.ModelEntry) -> None:
        self.entry = entry

    def matrix(
        self,
        X: np.ndarray,
        y: np.ndarray | None = None,
        *,
        weights: np.ndarray | None = None,
        like: Any = None,
        layout: Layout | None = None,
    ) -> Any:
        """Return rows as the model takes them; they serve every trial of a fold.

        Parameters
        ----------
        X : numpy.ndarray of shape (n_rows, n_features), dtype float32
            Numbers are scaled, categories have an indicator per level. None is missing
            unless the model takes such.
        y : numpy.ndarray of shape (n_rows,) or None, dtype int8
            Classes from 0 up, of two 1 is the positive one; None of rows to score.
        weights : numpy.ndarray of shape (n_rows,) or None
        like : object, default=None
            What it made of the rows to fit on, when these are scored.
        layout : Layout or None, default=None
            Which columns of the rows to fit on belong to one category; None if that is
            not known.
        """
        return PlainRows(X, y, weights)

    def matrix_bytes(self, rows: int, features: int) -> int:
        """Return the bytes of such a matrix."""
        return 4 * rows * features

    def growth_bytes(self, fit: int, held: int, features: int) -> int:
        """Return the bytes that a fold takes while it grows, the matrices aside.

        Boosting keeps margins, gradients and where each row is, and scores rows.

        Parameters
        ----------
        fit, held : int
            PlainRows to fit on, and rows to validate on.
        features : int
            Columns.
        """
        return 44 * fit + 12 * held

    def schedule(self, spec: ModelSpec, setting: Setting) -> Rounds:
        """Return how far it grows; by default it is fitted in one go."""
        return Rounds()

    @abstractmethod
    def start(
        self,
        matrix: Any,
        setting: Setting,
        *,
        seed: int,
        tick: Tick,
        positive_weight: float = 1.0,
        classes: int = 2,
    ) -> Growing:
        """Begin to learn.

        Parameters
        ----------
        matrix : object
            What `matrix` made of rows to fit on.
        setting : mapping of str to value
            Parameters; those not given have their defaults.
        seed : int
        tick : callable
            To be called at least every second or so.
        positive_weight : float, default=1
            Of two classes, what each positive row weighs besides its own weight. Of
            more the weights are in the matrix.
        classes : int, default=2
            Of more than two each gets a score.

        Raises
        ------
        ArmError
            If it cannot learn from these rows.
        """

    @abstractmethod
    def load(self, raw: bytes, *, width: int, classes: int) -> FittedModel:
        """Return what `Growing.dump` wrote, once it is checked.

        Parameters
        ----------
        raw : bytes
            Of whatever origin.
        width : int
            Columns that it must take.
        classes : int

        Raises
        ------
        DataError
            If it is not sound.
        """

    def estimator(
        self,
        setting: Setting,
        *,
        seed: int,
        rounds: int,
        shape: tuple[int, int],
        class_weight: dict[int, float] | None = None,
        weighed: bool = False,
    ) -> Any:
        """Return an unfitted classifier of a library that comes to the same scores.

        Scripts hold the call that makes it, and pipelines itself; by default there is
        none, and an arm of this model can be neither.

        Parameters
        ----------
        setting : mapping of str to value
            Parameters; those not given have their defaults.
        seed : int
        rounds : int
            How far the model grew.
        shape : tuple of int
            Rows and columns that it will be fitted to.
        class_weight : dict of int to float or None, default=None
            What a row of each class weighs, 1 where it is not listed.
        weighed : bool, default=False
            Whether rows have weights of their own, which its ``fit`` is given.

        Returns
        -------
        classifier
            Of scikit-learn's kind, with ``get_params`` and ``predict_proba``.

        Raises
        ------
        SpecError
            If there is none.
        """
        raise no_estimator(f"this model as the run fits it: {self.entry.title}")


@cache
def find(name: str) -> Model:
    """Return the model of that name, or the ensemble.

    Raises
    ------
    SpecError
        If there is none.

    Examples
    --------
    >>> find("xgboost").own_matrix
    True
    """
    entry = models.get(name)
    made: Model = import_class(entry.home)(entry)
    return made


def multiply_odds(scores: np.ndarray, odds: float) -> np.ndarray:
    """Return probabilities whose odds are multiplied.

    Examples
    --------
    >>> multiply_odds(np.array([0.0, 0.5, 1.0]), 0.25).tolist()
    [0.0, 0.2, 1.0]
    """
    exact = np.asarray(scores, dtype=np.float64)
    return np.asarray(odds * exact / (odds * exact + (1 - exact))).astype(scores.dtype)


def malformed(model: str, why: str) -> DataError:
    """Return the error of a file that holds no model that may be used.

    Examples
    --------
    >>> str(malformed("XGBoost", "it is no JSON"))
    'the file holds no sound XGBoost model: it is no JSON. Export it again'
    """
    what = f"the file holds no sound {model} model: {why}"
    return DataError(what, "export it again", code="damaged")


def no_estimator(what: str) -> SpecError:
    """Return the error that libraries alone do not do what a run did.

    Examples
    --------
    >>> print(no_estimator("this"))
    no library has this. Export another arm, or this one as a bundle
    """
    message = f"no library has {what}"
    fix = "export another arm, or this one as a bundle"
    return SpecError(message, fix, field="arm kind")


def sample_weights(rows: PlainRows, positive_weight: float) -> np.ndarray | None:
    """Return what each row weighs, its class included; None if all the same.

    Examples
    --------
    >>> rows = PlainRows(np.zeros((3, 1)), np.array([0, 0, 1]))
    >>> sample_weights(rows, 2.0).tolist(), sample_weights(rows, 1.0)
    ([1.0, 1.0, 2.0], None)
    """
    if positive_weight == 1.0:
        return rows.weights
    by_class = np.where(rows.y == 1, positive_weight, 1.0)
    return by_class if rows.weights is None else np.asarray(by_class * rows.weights)
