"""Ensembles of imbalanced-learn, each of which balances its members' rows by itself."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from engine.core.errors import ArmError, out_of_memory
from engine.core.methods import registry
from engine.core.methods.builtin import Fewer
from engine.core.methods.samplers import ParamValue
from engine.io.machine import one_thread
from engine.resample.method import import_class
from engine.train.models.port import (
    FittedModel,
    Growing,
    Model,
    PlainRows,
    Setting,
    Tick,
)


def fit_ensemble(
    name: str,
    params: dict[str, ParamValue],
    X: np.ndarray,
    y: np.ndarray,
    *,
    seed: int,
    weights: np.ndarray | None = None,
) -> Any:
    """Fit an ensemble.

    Parameters
    ----------
    name : str
        Name of a registered ensemble.
    params : dict
        Of its parameters in the registry; those not given have their defaults.
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
    y : numpy.ndarray of shape (n_rows,)
        1 where the row is positive; of more than two classes from 0 up.
    seed : int
        Its ``random_state``.
    weights : numpy.ndarray of shape (n_rows,) or None, default=None
        What each row weighs; of an ensemble that takes weights only
        (`Ensemble.takes_weights`).

    Returns
    -------
    classifier of imbalanced-learn

    Raises
    ------
    ArmError
        If it cannot learn from these rows.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(200, 2)), np.repeat([0, 1], [180, 20])
    >>> name = "balanced-random-forest"
    >>> model = fit_ensemble(name, {"n_estimators": 5}, X, y, seed=0)
    >>> ensemble_scores(model, X).shape
    (200,)
    """
    model = make_ensemble(name, params, seed=seed)
    if y.max() > 1:
        share = float(registry.check_ensemble(name, params)["ratio"])
        model.set_params(sampling_strategy=Fewer(share))
    try:
        with one_thread():
            if weights is None:
                model.fit(X, y)
            else:
                model.fit(X, y, sample_weight=weights)
    except (ValueError, RuntimeError) as error:
        if out_of_memory(error):
            raise
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise ArmError(
            f"{name}: {reason}",
            "give more rows of the rarer class, or use smote or weights",
            code="ensemble",
        ) from None
    return model


def make_ensemble(name: str, params: dict[str, ParamValue], *, seed: int) -> Any:
    """Return an ensemble with its parameters, before it sees a row."""
    entry, member = registry.ensemble(name), dict[str, object]()
    for home in reversed(entry.members):
        member = {"estimator": import_class(home)(**member)}
    model = import_class(entry.home)(random_state=seed, **member)
    model.set_params(**entry.library_params(registry.check_ensemble(name, params)))
    return model


def ensemble_scores(model: Any, X: np.ndarray, classes: int = 2) -> np.ndarray:
    """Return the probability of the positive class, or of each class, as float32."""
    with one_thread():
        probabilities = model.predict_proba(X)
    if classes == 2:
        return np.asarray(probabilities[:, 1].astype(np.float32))
    # A class of which no row was left to learn from has no column.
    by_class = np.zeros((len(X), classes), dtype=np.float32)
    by_class[:, model.classes_.astype(np.int64)] = probabilities
    return by_class


class FittedEnsemble(FittedModel):
    """A fitted ensemble.

    Parameters
    ----------
    fitted : classifier of imbalanced-learn
    classes : int
    """

    def __init__(self, fitted: Any, classes: int) -> None:
        self.fitted = fitted
        self._classes = classes

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of the positive class, or of each class."""
        return ensemble_scores(self.fitted, X, self._classes)


class _Growing(Growing):
    def __init__(self, fit: Callable[[], Any], tick: Tick, classes: int) -> None:
        self._fit = fit
        self._tick = tick
        self._classes = classes
        self._fitted: Any = None

    def advance(self, rounds: int) -> None:
        self._tick()
        self._fitted = self._fit()

    def scores(self, matrix: PlainRows) -> np.ndarray:
        return self.scorer().scores(matrix.X)

    def scorer(self) -> FittedEnsemble:
        return FittedEnsemble(self._fitted, self._classes)

    def dump(self) -> bytes:
        return pickle.dumps(self._fitted)


class BalancedEnsemble(Model):
    """An ensemble, fitted in one go."""

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
        """Begin to learn; classes have no weights."""
        X, y, weights = matrix
        assert y is not None
        name, params = self.entry.name, dict(setting)
        fit = partial(fit_ensemble, name, params, X, y, seed=seed, weights=weights)
        return _Growing(fit, tick, classes)

    def load(self, raw: bytes, *, width: int, classes: int) -> FittedModel:
        """Return what was dumped."""
        raise NotImplementedError
