"""An arm's final model opened again, with the test rows encoded as it saw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import DataError, RunFailedError
from engine.execute.machine import one_thread
from engine.explain.stored_run import RESTORE
from engine.state import FINAL_FOLD
from engine.train import ensemble

if TYPE_CHECKING:
    import xgboost

    from engine.explain.stored_run import ReopenedRun


NEAR = 1e-4
"""Scores that differ by more are not those of the run: 32 bits on another processor
differ by far less."""


@dataclass(frozen=True)
class Model:
    """A final model.

    Attributes
    ----------
    arm : str
    X : numpy.ndarray of shape (n_test, width), dtype float32
        The test rows, encoded.
    owners : tuple of str
        The column of the table that each column of `X` comes from.
    booster : xgboost.Booster or None
        None of an ensemble.
    fitted : object or None
        The ensemble.
    classes : int
        Of more than two there is a score for each.
    """

    arm: str
    X: np.ndarray
    owners: tuple[str, ...]
    booster: xgboost.Booster | None = None
    fitted: Any = None
    classes: int = 2

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Return the scores of encoded rows, as those of the run."""
        if self.booster is None:
            return np.asarray(ensemble.scores(self.fitted, X, self.classes))
        with one_thread():
            return np.asarray(self.booster.predict(_matrix(X)))

    def contributions(self, X: np.ndarray) -> np.ndarray:
        """Return what each column of `X` adds to the margin, the bias as the last.

        Raises
        ------
        RunFailedError
            If it is an ensemble, which has no such thing.
        """
        if self.booster is None:
            raise RunFailedError(
                f"{self.arm} is an ensemble of imbalanced-learn: contributions of "
                "columns to a score are known for XGBoost's trees only",
                "use the permutation importance, or another arm",
            )
        with one_thread():
            return np.asarray(self.booster.predict(_matrix(X), pred_contribs=True))

    def gain(self) -> dict[int, float] | None:
        """Return what the splits by each column of `X` gained; None of an ensemble."""
        if self.booster is None:
            return None
        found = self.booster.get_score(importance_type="total_gain")
        return {int(name.removeprefix("f")): float(v) for name, v in found.items()}

    @property
    def trees(self) -> int:
        """How many trees one score takes."""
        if self.booster is None:
            return 1_000  # ensembles of ensembles: about as slow as so many
        return len(self.booster.get_dump())


def open_model(bench: ReopenedRun, arm: str) -> Model:
    """Open an arm's final model, and prove that it is the one that was tested.

    An ensemble is not read from the store, where it is a pickle, which runs whatever
    code it holds: it is fitted again from the seed, and must then say what it said.

    Parameters
    ----------
    bench : ReopenedRun
    arm : str
        One with a result.

    Returns
    -------
    Model

    Raises
    ------
    DataError
        If it does not give the scores that the run kept.
    """
    plan = bench.plan
    wanted = plan.arm(arm)
    features = bench.preparer.features(FINAL_FOLD, plan.missing(wanted))
    X = features.transform(bench.dataset.frame.iloc[bench.split.test])
    own = features.owners_
    if wanted.ensemble is None:
        model = Model(arm, X, own, booster=_booster(bench.artifact(f"model/{arm}")))
    else:
        classes = len(bench.dataset.labels)
        model = Model(arm, X, own, fitted=_fitted(bench, arm), classes=classes)
    now, then = model.scores(X), bench.scores(arm)
    if now.shape != then.shape or not np.allclose(now, then, rtol=0, atol=NEAR):
        raise DataError(
            f"the model of {arm} does not give the scores of the run any more", RESTORE
        )
    return model


def _booster(raw: bytes) -> xgboost.Booster:
    import xgboost

    booster = xgboost.Booster()
    try:
        booster.load_model(bytearray(raw))
    except xgboost.core.XGBoostError:
        raise DataError(
            "this version of XGBoost cannot read the model of the run", RESTORE
        ) from None
    booster.set_param({"nthread": 1})
    return booster


def _matrix(X: np.ndarray) -> xgboost.DMatrix:
    import xgboost

    return xgboost.DMatrix(X, nthread=1)


def _fitted(bench: ReopenedRun, arm: str) -> Any:
    """Fit an ensemble again, as the run did."""
    plan, state = bench.plan, bench.state.arm(arm)
    wanted = plan.variant(arm, state.final.setting if state.final else {})
    best = state.best.params if state.best else {}
    rows = bench.preparer.rows(wanted, FINAL_FOLD)
    return ensemble.fit(
        wanted.ensemble or "",
        {**wanted.params, **best},
        rows.X,
        rows.y,
        seed=plan.experiment.seed,
    )
