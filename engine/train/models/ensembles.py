"""Ensembles of imbalanced-learn, each of which balances its members' rows by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from engine.core.errors import ArmError, out_of_memory
from engine.core.lazy import import_class
from engine.core.methods import registry
from engine.core.methods.builtin import Fewer
from engine.core.methods.samplers import ParamValue
from engine.io.machine import one_thread
from engine.train.models.fitted_trees import (
    GrowingTrees,
    ModelOfTrees,
    ToArrays,
    of_bagging,
    of_boosting,
    of_forest,
)
from engine.train.models.port import Growing, PlainRows, Setting, Tick


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
    >>> model.predict_proba(X).shape
    (200, 2)
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


class _Growing(GrowingTrees):
    """An ensemble that is fitted in one go."""

    def __init__(
        self, fit: Callable[[], Any], to_arrays: ToArrays, classes: int, tick: Tick
    ) -> None:
        super().__init__(None, to_arrays, classes)
        self._fit, self._tick = fit, tick

    def advance(self, rounds: int) -> None:
        self._tick()
        self.classifier = self._fit()


_TO_ARRAYS: Mapping[str, ToArrays] = {
    "balanced-random-forest": of_forest,
    "balanced-bagging": of_bagging,
    "easy-ensemble": of_bagging,
    "rus-boost": of_boosting,
}


class BalancedEnsemble(ModelOfTrees):
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
        return _Growing(fit, _TO_ARRAYS[name], classes, tick)
