"""Logistic regression with a ridge penalty, which weakens from round to round.

A round is a value of C: the path goes from strong to weak shrinkage, each fit beginning
at the last one's coefficients. The best round is that of the least log loss, whatever
the search aims at: shrinkage hardly changes how rows are ranked, so that average
precision would take any C, and it does change whether scores are probabilities.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from scipy.special import expit, softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from engine.core.experiment import ModelSpec
from engine.io.machine import one_thread
from engine.train.models.onnx_graph import make_graph, make_raw
from engine.train.models.port import (
    FittedModel,
    Growing,
    Model,
    PlainRows,
    Rounds,
    Setting,
    Tick,
    malformed,
    sample_weights,
)

if TYPE_CHECKING:
    import onnx

    from engine.features.encoding import Layout

PATH = tuple(10.0 ** (k / 2) for k in range(-6, 9))
"""Values of C, from 0.001 to 10,000: the last of them is almost no penalty."""
PATIENCE = 4
"""Values of C without a better log loss after which a path ends."""
LARGEST = 1e30
"""Coefficients beyond it are none that a fit comes to; not to overflow."""
FEW = 500
"""Columns up to which Newton's method, which takes their square, is the faster one."""


class Coefficients(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of coefficients for two classes, else one for each class.

    Attributes
    ----------
    columns : tuple of tuple of float
        Log odds for each column.
    intercepts : tuple of float
    """

    columns: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]


class LinearModel(FittedModel):
    """Log odds that add up over the columns.

    Parameters
    ----------
    coefficients : Coefficients
    """

    def __init__(self, coefficients: Coefficients) -> None:
        self._held = coefficients
        self._columns = np.array(coefficients.columns, dtype=np.float64)
        self._intercepts = np.array(coefficients.intercepts, dtype=np.float64)

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of the positive class, or of each of several."""
        # Not by BLAS, whose last bits depend on how many rows there are.
        cells = np.asarray(X, dtype=np.float64)
        margins = np.einsum("ij,kj->ik", cells, self._columns) + self._intercepts
        if margins.shape[1] == 1:
            return np.asarray(expit(margins[:, 0]).astype(np.float32))
        return np.asarray(softmax(margins, axis=1).astype(np.float32))

    @classmethod
    def of(cls, columns: np.ndarray, intercepts: np.ndarray) -> LinearModel:
        """Return a model of coefficients, a row for each intercept."""
        rows = tuple(map(tuple, columns.tolist()))
        return cls(Coefficients(rows, tuple(intercepts.tolist())))

    def dump(self) -> bytes:
        """Return it as JSON, every number to the last bit; `read_linear` reads it."""
        return msgspec.json.encode(self._held)

    def with_odds(self, odds: float) -> LinearModel:
        """Return it with another intercept."""
        return LinearModel.of(self._columns, self._intercepts + np.log(odds))

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """Return what each column adds to the log odds, the bias as the last."""
        parts = X[:, np.newaxis, :] * self._columns
        bias = np.broadcast_to(self._intercepts, parts.shape[:2])[..., np.newaxis]
        found = np.concatenate([parts, bias], axis=2)
        return found[:, 0] if found.shape[1] == 1 else found

    def coefficients(self) -> np.ndarray:
        """Return the log odds of each column, in one row or a row for each class."""
        return self._columns

    def onnx(self) -> onnx.ModelProto:
        """Return it as a graph of ONNX."""
        rows, width = self._columns.shape
        raw = make_raw(
            "LinearRegressor",
            targets=rows,
            coefficients=self._columns.ravel(),
            intercepts=self._intercepts,
        )
        classes = 2 if rows == 1 else rows
        return make_graph([raw], width=width, classes=classes, link="logit")

    @property
    def trees(self) -> int:
        """About as fast as one tree."""
        return 1


def _regression(columns: int) -> LogisticRegression:
    solver = "newton-cholesky" if columns <= FEW else "lbfgs"
    return LogisticRegression(solver=solver, tol=1e-6, max_iter=1000)


class _Growing(Growing):
    def __init__(
        self,
        rows: PlainRows,
        path: tuple[float, ...],
        weights: np.ndarray | None,
        tick: Tick,
    ) -> None:
        self._rows, self._weights, self._tick = rows, weights, tick
        self._path, self._done = path, 0
        self._model = _regression(rows.X.shape[1]).set_params(warm_start=True)

    def advance(self, rounds: int) -> None:
        for _ in range(rounds):
            self._tick()
            self._model.set_params(C=self._path[self._done])
            self._done += 1
            with one_thread(), warnings.catch_warnings():
                # What has not quite converged goes on from here with the next C.
                warnings.simplefilter("ignore", ConvergenceWarning)
                X, y, _ = self._rows
                self._model.fit(X, y, sample_weight=self._weights)

    def scores(self, matrix: PlainRows) -> np.ndarray:
        return self.scorer().scores(matrix.X)

    def scorer(self) -> LinearModel:
        return LinearModel.of(self._model.coef_, self._model.intercept_)


class Logistic(Model):
    """Logistic regression of scikit-learn."""

    own_matrix = True
    weights_are_rows = True
    estimator_dtype = "float64"
    estimator_close = 1e-4

    def matrix(
        self,
        X: np.ndarray,
        y: np.ndarray | None = None,
        *,
        weights: np.ndarray | None = None,
        like: Any = None,
        layout: Layout | None = None,
    ) -> PlainRows:
        """Return rows in 64 bits, in which a fit converges."""
        return PlainRows(np.asarray(X, dtype=np.float64), y, weights)

    def matrix_bytes(self, rows: int, features: int) -> int:
        """Return the bytes of rows in 64 bits."""
        return 8 * rows * features

    def schedule(self, spec: ModelSpec, setting: Setting) -> Rounds:
        """Return the path of C; one step where C is fixed."""
        if "C" in setting:
            return Rounds()
        return Rounds(len(PATH), 1, PATIENCE, by="log_loss")

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
        """Begin the path."""
        path = (float(setting["C"]),) if "C" in setting else PATH
        return _Growing(matrix, path, sample_weights(matrix, positive_weight), tick)

    def estimator(
        self,
        setting: Setting,
        *,
        seed: int,
        rounds: int,
        shape: tuple[int, int],
        class_weight: dict[int, float] | None = None,
        weighed: bool = False,
    ) -> LogisticRegression:
        """Return a regression with the C of the last round, fitted by itself."""
        C = float(setting.get("C", PATH[rounds - 1]))
        return _regression(shape[1]).set_params(C=C, class_weight=class_weight)

    def load(self, raw: bytes, *, width: int, classes: int) -> LinearModel:
        """Return coefficients from JSON."""
        return read_linear(raw, self.entry.title, width=width, classes=classes)


def read_linear(raw: bytes, title: str, *, width: int, classes: int) -> LinearModel:
    """Return the model that `LinearModel.dump` wrote, once it is checked.

    Raises
    ------
    DataError
        If it is not sound.
    """
    try:
        found = msgspec.json.decode(raw, type=Coefficients)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(title, str(error)) from None
    rows = 1 if classes == 2 else classes
    fits = len(found.intercepts) == len(found.columns) == rows
    if not fits or any(len(row) != width for row in found.columns):
        raise malformed(title, "it takes other columns or classes")
    numbers = [*found.intercepts, *(v for row in found.columns for v in row)]
    if not all(abs(number) <= LARGEST for number in numbers):
        raise malformed(title, "a coefficient is too large")
    return LinearModel(found)
