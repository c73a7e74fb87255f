"""Fit the models: XGBoost's boosters fold by fold, and imbalanced-learn's ensembles.

The folds of a trial grow together, from one look to the next. One booster per fold;
early stopping and pruning look at the mean score over the folds, so that all of them
share one best round. Between two looks the boosters need nothing of each other and may
grow side by side. Each grows exactly as it would by itself: `seed_per_iteration` gives
every round its own random numbers, where boosters that take turns would otherwise share
one stream.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from engine.core.errors import ArmError, out_of_memory
from engine.core.experiment import ModelSpec
from engine.core.methods import registry
from engine.core.methods.builtin import Fewer
from engine.core.methods.samplers import ParamValue
from engine.core.state import is_better_score
from engine.evaluate.metrics import score
from engine.io.machine import one_thread
from engine.resample.method import import_class

if TYPE_CHECKING:
    import xgboost

    from engine.train.plan import Bar

Tick = Callable[[], None]
Look = Callable[[list[tuple[int, float]]], None]
Spread = Callable[[Sequence[Callable[[], Any]]], list[Any]]
"""Does several things that need nothing of each other; returns their results."""


# Boosters ---------------------------------------------------------------------------


def in_turn(things: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do one thing after another."""
    return [thing() for thing in things]


class FitData(NamedTuple):
    """The matrices of one fold, the validation labels, and XGBoost's parameters."""

    fit: xgboost.DMatrix
    validation: xgboost.DMatrix
    y_validation: np.ndarray
    params: dict[str, object]


class Grown(NamedTuple):
    """What a trial came to.

    Attributes
    ----------
    rounds : int
        The best round of the mean curve.
    scores : list of numpy.ndarray
        Predictions for each fold's validation rows at that round.
    curve : list of (int, float)
        Round and mean score at every look.
    grown : int
        Boosting rounds over all folds, the wasted ones too.
    pruned : bool
        Whether it was stopped below the bar.
    """

    rounds: int
    scores: list[np.ndarray]
    curve: list[tuple[int, float]]
    grown: int
    pruned: bool


def booster_params(
    params: dict[str, ParamValue],
    *,
    seed: int,
    positive_weight: float = 1.0,
    classes: int = 2,
) -> dict[str, object]:
    """Return XGBoost's parameters: one thread, repeatable, log loss.

    Parameters
    ----------
    params : dict
        The trial's setting with what the experiment fixes.
    seed : int
        XGBoost's seed.
    positive_weight : float, default=1
        Weight of a positive row (``scale_pos_weight``).
    classes : int, default=2
        With more than two, each class gets a score and weights are in the matrix.
    """
    settings: dict[str, object] = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "nthread": 1,
        "seed": seed,
        "seed_per_iteration": True,
        "verbosity": 0,
        **params,
    }
    if classes > 2:
        return settings | {"objective": "multi:softprob", "num_class": classes}
    if positive_weight != 1.0:
        settings["scale_pos_weight"] = positive_weight
    return settings


def grow(
    pairs: Sequence[FitData],
    model: ModelSpec,
    *,
    objective: str,
    tick: Tick,
    look: Look = lambda curve: None,
    spread: Spread = in_turn,
    bar: Bar = (),
) -> Grown:
    """Grow one booster per fold until the mean score stops getting better.

    Parameters
    ----------
    pairs : sequence of FitData
        One per fold.
    model : ModelSpec
        Rounds, early stopping and how often to look.
    objective : str
        What is scored on the validation rows.
    tick : callable
        Called each round; may raise to end the trial.
    look : callable, optional
        Called with the curve so far at every look at the validation rows.
    spread : callable, optional
        Grows the folds from one look to the next; may do so side by side.
    bar : Bar, default=()
        What the best mean score must have reached at a look; the trial is stopped
        where it has not.

    Returns
    -------
    Grown
    """
    import xgboost

    boosters = [
        xgboost.Booster(pair.params, [pair.fit, pair.validation]) for pair in pairs
    ]

    def advance(fold: int, begin: int, end: int) -> np.ndarray:
        for number in range(begin, end):
            tick()
            boosters[fold].update(pairs[fold].fit, number)
        return np.asarray(boosters[fold].predict(pairs[fold].validation))

    needed = dict(bar)
    curve: list[tuple[int, float]] = []
    best_round, best_mean = 0, float("nan")
    best_scores: list[np.ndarray] = []
    done, pruned = 0, False
    while done < model.rounds:
        end = min(done + model.evaluate_every, model.rounds)
        scores = spread([partial(advance, k, done, end) for k in range(len(pairs))])
        done = end
        values = [
            score(objective, p.y_validation, s)
            for p, s in zip(pairs, scores, strict=True)
        ]
        mean = float(np.mean(values))
        curve.append((done, mean))
        look(curve)
        if not best_scores or is_better_score(objective, mean, best_mean):
            best_round, best_mean, best_scores = done, mean, scores
        if done in needed and is_better_score(objective, needed[done], best_mean):
            pruned = True
            break
        if not model.early_stopping:
            best_round, best_scores = done, scores
        elif done - best_round >= model.early_stopping:
            break
    return Grown(best_round, best_scores, curve, done * len(pairs), pruned)


def refit(
    matrix: xgboost.DMatrix, params: dict[str, object], rounds: int, *, tick: Tick
) -> xgboost.Booster:
    """Grow the final booster on all training rows, without early stopping.

    `params` are those of `booster_params`.
    """
    import xgboost

    booster = xgboost.Booster(params, [matrix])
    for done in range(rounds):
        tick()
        booster.update(matrix, done)
    return booster


# Ensembles --------------------------------------------------------------------------


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


def dump_ensemble(model: Any) -> bytes:
    """Return a fitted ensemble as bytes of pickle: it has no format of its own."""
    return pickle.dumps(model)
