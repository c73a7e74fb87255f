"""Ensembles of imbalanced-learn as files that run no code: skops, known types only."""

from __future__ import annotations

import zipfile
from typing import Any

from engine.data.read.raw import listed
from engine.errors import DataError, UsageError

__all__ = ["TRUSTED", "dump", "load"]

_SAMPLER = "imblearn.under_sampling._prototype_selection._random_under_sampler"
TRUSTED: frozenset[str] = frozenset(
    {
        "imblearn.ensemble._bagging.BalancedBaggingClassifier",
        "imblearn.ensemble._easy_ensemble.EasyEnsembleClassifier",
        "imblearn.ensemble._forest.BalancedRandomForestClassifier",
        "imblearn.ensemble._weight_boosting.RUSBoostClassifier",
        "imblearn.pipeline.Pipeline",
        f"{_SAMPLER}.RandomUnderSampler",
        "sklearn.tree._tree.Tree",
    }
)
"""All that a bundle's model may be made of, besides what skops itself trusts: types of
numpy, scipy and scikit-learn, and plain values."""
_SPENT = ("sampling_strategy", "_sampling_strategy", "sampling_strategy_")
"""What only fitting looks at, and holds functions of ours."""


def dump(model: Any) -> bytes:
    """Return a fitted ensemble as the bytes of a skops file.

    Raises
    ------
    UsageError
        If skops is not installed.
    DataError
        If it holds a type that nobody should trust.
    """
    io = _skops()
    _spent(model, set())
    raw: bytes = io.dumps(model)
    _known(io, raw)
    return raw


def load(raw: bytes, width: int, classes: int) -> Any:
    """Open a skops file, if it holds known types only.

    Parameters
    ----------
    raw : bytes
    width : int
        Columns that it must take.
    classes : int
        How many it must tell apart.

    Raises
    ------
    UsageError
        If skops is not installed.
    DataError
        If it is no such file, or holds another type.
    """
    io = _skops()
    _known(io, raw)
    try:
        model = io.loads(raw, trusted=sorted(TRUSTED))
        fits = model.n_features_in_ == width and len(model.classes_) <= classes
    except Exception as error:  # whatever a made-up state leads to
        raise _unsound(type(error).__name__) from None
    if not fits or type(model).__name__ not in {t.rpartition(".")[2] for t in TRUSTED}:
        raise _unsound("it is of other columns or classes")
    return model


def _skops() -> Any:
    try:
        import skops.io
    except ImportError:
        raise UsageError(
            "a bundle of an ensemble needs skops, which is not installed",
            "install it: pip install 'imbtui[skops]'",
        ) from None
    return skops.io


def _known(io: Any, raw: bytes) -> None:
    """Refuse what holds a type that is not one of ours, before any of it is made."""
    try:
        found = io.get_untrusted_types(data=raw)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise _unsound(type(error).__name__) from None
    strange = sorted(set(found) - TRUSTED)
    if strange:
        raise DataError(
            f"the model of the bundle holds types that are not trusted: "
            f"{listed(strange)}",
            "do not use it; export the bundle again from the run",
        )


def _unsound(why: str) -> DataError:
    return DataError(
        f"the model of the bundle cannot be read: {why}", "export the bundle again"
    )


def _spent(thing: Any, seen: set[int]) -> None:
    """Leave out what nothing but fitting looks at, in every member."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, list | tuple):
        for one in thing:
            _spent(one, seen)
    elif hasattr(thing, "get_params"):
        held = vars(thing)
        for name in _SPENT:
            if name in held:
                held[name] = "auto"
        for one in held.values():
            _spent(one, seen)
