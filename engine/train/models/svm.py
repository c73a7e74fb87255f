"""Support vector machines, linear and with Gaussian kernel, with Platt's probabilities.

They are fitted in one go. Distances to the margin become probabilities by a sigmoid
that is fitted on those of rows which the machine did not learn from: three parts of the
rows take turns. As elsewhere, synthetic rows and those that they come from may be in
different parts.

References
----------
Platt 1999, Probabilistic outputs for support vector machines; Lin, Lin and Weng 2007,
doi:10.1007/s10994-007-5018-6 (the targets of the sigmoid).
"""

from __future__ import annotations

import math
import warnings
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC, LinearSVC

from engine.core.errors import ArmError
from engine.io.machine import one_thread
from engine.train.models.logistic import LARGEST, LinearModel, read_linear
from engine.train.models.onnx_graph import make_graph, make_raw
from engine.train.models.port import (
    FittedModel,
    Growing,
    Model,
    PlainRows,
    Setting,
    Tick,
    malformed,
    sample_weights,
)

if TYPE_CHECKING:
    import onnx

PARTS = 3
"""Parts of the rows that take turns for the sigmoid."""
MOST_NUMBERS = 20_000_000
"""Cells that the support vectors of a file may have."""
_BLOCK = 256


class SupportVectors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine with a Gaussian kernel, and its sigmoid.

    Attributes
    ----------
    gamma : float
        Of the kernel, ``exp(-gamma * distance ** 2)``.
    bias : float
        What is added to the sum of the kernels.
    slope, offset : float
        The log odds are ``slope`` times that, plus ``offset``.
    weights : tuple of float
        Of each support vector.
    vectors : tuple of tuple of float
    """

    gamma: float
    bias: float
    slope: float
    offset: float
    weights: tuple[float, ...]
    vectors: tuple[tuple[float, ...], ...]


class KernelModel(FittedModel):
    """Log odds that add up over support vectors.

    Parameters
    ----------
    machine : SupportVectors
    """

    def __init__(self, machine: SupportVectors) -> None:
        self.machine = machine
        self._vectors = np.array(machine.vectors, dtype=np.float64)
        self._weights = np.array(machine.weights, dtype=np.float64)
        self._squares = np.einsum("ij,ij->i", self._vectors, self._vectors)

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of the positive class."""
        machine, cells = self.machine, np.asarray(X, dtype=np.float64)
        found = np.empty(len(cells), dtype=np.float32)
        for at in range(0, len(cells), _BLOCK):
            block = cells[at : at + _BLOCK]
            # Not by BLAS, whose last bits depend on how many rows there are.
            distance = -2 * np.einsum("ij,kj->ik", block, self._vectors)
            distance += np.einsum("ij,ij->i", block, block)[:, np.newaxis]
            distance += self._squares
            kernel = np.exp(-machine.gamma * np.maximum(distance, 0.0))
            margins = np.einsum("ik,k->i", kernel, self._weights) + machine.bias
            odds = machine.slope * margins + machine.offset
            found[at : at + _BLOCK] = expit(odds)
        return found

    def with_odds(self, odds: float) -> KernelModel:
        """Return it with another offset."""
        offset = self.machine.offset + math.log(odds)
        return KernelModel(msgspec.structs.replace(self.machine, offset=offset))

    def dump(self) -> bytes:
        """Return it as JSON, every number to the last bit."""
        return msgspec.json.encode(self.machine)

    def onnx(self) -> onnx.ModelProto:
        """Return it as a graph of ONNX."""
        machine = self.machine
        raw = make_raw(
            "SVMRegressor",
            kernel_type="RBF",
            kernel_params=[machine.gamma, 0.0, 0.0],
            n_supports=len(machine.vectors),
            support_vectors=self._vectors.ravel(),
            coefficients=machine.slope * self._weights,
            rho=[machine.slope * machine.bias + machine.offset],
        )
        width = self._vectors.shape[1]
        return make_graph([raw], width=width, classes=2, link="logit")


def fit_sigmoid(
    margins: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Return slope and offset of the log odds, by Platt's smoothed targets.

    Parameters
    ----------
    margins : numpy.ndarray of shape (n_rows,)
        Of rows that were not learned from.
    y : numpy.ndarray of shape (n_rows,)
        1 where the row is positive.
    weights : numpy.ndarray of shape (n_rows,) or None, default=None

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> margins = rng.normal(size=2000)
    >>> y = rng.random(2000) < 1 / (1 + np.exp(1 - 2 * margins))
    >>> [round(value, 1) for value in fit_sigmoid(margins, y)]
    [2.0, -0.9]
    """
    own = np.ones(len(y)) if weights is None else weights
    mass = np.array([own[y != 1].sum(), own[y == 1].sum()])
    target = np.where(y == 1, (mass[1] + 1) / (mass[1] + 2), 1 / (mass[0] + 2))
    both = np.concatenate([own * target, own * (1 - target)])
    model = LogisticRegression(C=1e10, solver="newton-cholesky", tol=1e-8)
    doubled = np.tile(margins, 2)[:, np.newaxis]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(doubled, np.repeat([1, 0], len(y)), sample_weight=both)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


class _Growing(Growing):
    """A machine and its sigmoid, fitted in one go."""

    def __init__(
        self, rows: PlainRows, setting: Setting, seed: int, weight: float, tick: Tick
    ) -> None:
        self._rows, self._setting, self._seed, self._tick = rows, setting, seed, tick
        self._weights = sample_weights(rows, weight)
        self._machine: Any = None
        self._sigmoid = (1.0, 0.0)

    @abstractmethod
    def make(self, seed: int, setting: Setting) -> Any:
        """Return the machine, before it sees a row."""

    def advance(self, rounds: int) -> None:
        X, y, _ = self._rows
        assert y is not None
        rarest = int(np.bincount(y, minlength=2).min())
        if rarest < 2:
            raise ArmError(
                "a support vector machine needs 2 rows of each class for its "
                f"probabilities, there is {rarest}",
                "give fewer folds, or use another model",
                code="too-few-positives",
            )
        margins = np.empty(len(y))
        parts = StratifiedKFold(
            min(PARTS, rarest), shuffle=True, random_state=self._seed
        )
        for fit, held in parts.split(X, y):
            self._tick()
            margins[held] = self._fit(fit).decision_function(X[held])
        self._tick()
        self._sigmoid = fit_sigmoid(margins, y, self._weights)
        self._machine = self._fit(np.arange(len(y)))

    def _fit(self, rows: np.ndarray) -> Any:
        X, y, _ = self._rows
        assert y is not None
        own = None if self._weights is None else self._weights[rows]
        machine = self.make(self._seed, self._setting)
        with one_thread(), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            machine.fit(X[rows], y[rows], sample_weight=own)
        return machine

    def scores(self, matrix: PlainRows) -> np.ndarray:
        return self.scorer().scores(matrix.X)


class _Linear(_Growing):
    def make(self, seed: int, setting: Setting) -> Any:
        C = float(setting.get("C", 1.0))
        return LinearSVC(C=C, dual=False, tol=1e-6, max_iter=1000, random_state=seed)

    def scorer(self) -> LinearModel:
        slope, offset = self._sigmoid
        columns = slope * self._machine.coef_
        return LinearModel.of(columns, slope * self._machine.intercept_ + offset)


class _Gaussian(_Growing):
    def make(self, seed: int, setting: Setting) -> Any:
        X = self._rows.X
        # What scikit-learn calls "scale", of all rows: the parts have the same kernel.
        spread = X.shape[1] * float(X.var())
        gamma = float(setting.get("gamma", 1.0)) / (spread or 1.0)
        return SVC(C=float(setting.get("C", 1.0)), gamma=gamma, cache_size=100)

    def scorer(self) -> KernelModel:
        machine, (slope, offset) = self._machine, self._sigmoid
        return KernelModel(
            SupportVectors(
                gamma=float(machine.gamma),
                bias=float(machine.intercept_[0]),
                slope=slope,
                offset=offset,
                weights=tuple(machine.dual_coef_[0].tolist()),
                vectors=tuple(map(tuple, machine.support_vectors_.tolist())),
            )
        )


class LinearMachine(Model):
    """The linear support vector machine of LIBLINEAR, by scikit-learn."""

    def start(
        self,
        matrix: PlainRows,
        setting: Setting,
        *,
        seed: int,
        tick: Tick,
        positive_weight: float = 1.0,
        classes: int = 2,
    ) -> Growing:
        """Begin to learn."""
        return _Linear(matrix, setting, seed, positive_weight, tick)

    def load(self, raw: bytes, *, width: int, classes: int) -> LinearModel:
        """Return coefficients from JSON."""
        return read_linear(raw, self.entry.title, width=width, classes=classes)


class GaussianMachine(Model):
    """The support vector machine of LIBSVM with a Gaussian kernel, by scikit-learn."""

    def growth_bytes(self, fit: int, held: int, features: int) -> int:
        """Return the bytes of the kernel's cache and of the support vectors."""
        return 100 * 1024**2 + 16 * fit * features

    def start(
        self,
        matrix: PlainRows,
        setting: Setting,
        *,
        seed: int,
        tick: Tick,
        positive_weight: float = 1.0,
        classes: int = 2,
    ) -> Growing:
        """Begin to learn."""
        return _Gaussian(matrix, setting, seed, positive_weight, tick)

    def load(self, raw: bytes, *, width: int, classes: int) -> KernelModel:
        """Return support vectors from JSON."""
        title = self.entry.title
        if raw.count(b",") > MOST_NUMBERS:
            raise malformed(title, f"it holds more than {MOST_NUMBERS:,} numbers")
        try:
            found = msgspec.json.decode(raw, type=SupportVectors)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise malformed(title, str(error)) from None
        if classes != 2 or any(len(row) != width for row in found.vectors):
            raise malformed(title, "it takes other columns or classes")
        if len(found.vectors) != len(found.weights) or not found.vectors:
            raise malformed(title, "its vectors have not a weight each")
        numbers = np.array([*found.weights, found.bias, found.slope, found.offset])
        vectors = np.array(found.vectors)
        small = np.abs(numbers).max() <= LARGEST and np.abs(vectors).max() <= LARGEST
        if not small or not 0 <= found.gamma <= LARGEST:
            raise malformed(title, "a number is too large")
        return KernelModel(found)
