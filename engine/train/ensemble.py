"""Ensembles of imbalanced-learn, in the place of XGBoost."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

from engine.core.errors import ArmError, out_of_memory
from engine.core.methods import registry
from engine.core.methods.builtin import Fewer
from engine.core.methods.samplers import ParamValue
from engine.io.machine import one_thread
from engine.resample.build import import_class


def fit(
    name: str, params: dict[str, ParamValue], X: np.ndarray, y: np.ndarray, *, seed: int
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
    >>> model = fit("balanced-random-forest", {"n_estimators": 5}, X, y, seed=0)
    >>> scores(model, X).shape
    (200,)
    """
    model = make_model(name, params, seed=seed)
    if y.max() > 1:
        share = float(registry.check_ensemble(name, params)["ratio"])
        model.set_params(sampling_strategy=Fewer(share))
    try:
        with one_thread():
            model.fit(X, y)
    except (ValueError, RuntimeError) as error:
        if out_of_memory(error):
            raise
        probabilities = str(error).strip().partition("\n")[0].rstrip(".")
        raise ArmError(
            f"{name}: {probabilities}",
            "give more rows of the rarer class, or use smote or weights",
            code="ensemble",
        ) from None
    return model


def make_model(name: str, params: dict[str, ParamValue], *, seed: int) -> Any:
    """Return an ensemble with its parameters, before it sees a row."""
    entry, member = registry.ensemble(name), dict[str, object]()
    for home in reversed(entry.members):
        member = {"estimator": import_class(home)(**member)}
    model = import_class(entry.home)(random_state=seed, **member)
    model.set_params(**entry.library_params(registry.check_ensemble(name, params)))
    return model


def scores(model: Any, X: np.ndarray, classes: int = 2) -> np.ndarray:
    """Return the probability of the positive class, or of each class, as float32."""
    with one_thread():
        probabilities = model.predict_proba(X)
    if classes == 2:
        return np.asarray(probabilities[:, 1].astype(np.float32))
    # A class of which no row was left to learn from has no column.
    by_class = np.zeros((len(X), classes), dtype=np.float32)
    by_class[:, model.classes_.astype(np.int64)] = probabilities
    return by_class


def dump(model: Any) -> bytes:
    """Return a fitted ensemble as bytes of pickle: it has no format of its own."""
    return pickle.dumps(model)
