"""Rows become what boosters learn from: encoded once per fold, treated once per arm.

Both steps are kept in the fold cache under the address of what they are made from,
so that a later run of the same rows, or another process of this one, finds them. What
is found there is checked against its own digest, and whatever cannot be read or written
is made again: a cache never ends a run.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec
import numpy as np

from engine.core.errors import ArmError
from engine.core.events import FoldPrepared, Quality, Work
from engine.core.methods.grammar import Arm
from engine.core.state import FINAL_FOLD
from engine.data.array_cache import ArrayCache
from engine.features.encoder import Features
from engine.features.encoding import BLOCK_ROWS, Layout
from engine.io.logs import collect_warnings
from engine.io.machine import one_thread
from engine.resample import method, quality
from engine.train.finish import class_weights
from engine.train.models.port import Model, find
from engine.train.plan import Plan

log = logging.getLogger(__name__)

KEPT_BYTES = 32 * 1024**2
"""Encoded rows that are kept at hand for the next arm; more if no cache has them, and
there is another use of them."""


# The rows of a fold -----------------------------------------------------------------


@dataclass(frozen=True)
class PreparedFold:
    """An arm's fold: rows to fit on, rows to validate on, and what was done to them.

    Attributes
    ----------
    X : numpy.ndarray of shape (n_fit, n_features), dtype float32
    y : numpy.ndarray of shape (n_fit,), dtype int8
    validation : numpy.ndarray of shape (n_rows, n_features) or None, dtype float32
        Of the final fold there is none: the test rows are left alone until
        everything is chosen.
    event : FoldPrepared
        Told for the arm that made them.
    weights : numpy.ndarray of shape (n_fit,) or None
        What each row to fit on weighs, if the rows of the table have weights.
    layout : Layout or None, default=None
        Which columns belong to one category; None if that is not known.
    """

    X: np.ndarray
    y: np.ndarray
    validation: np.ndarray | None
    event: FoldPrepared
    weights: np.ndarray | None = None
    layout: Layout | None = None

    @property
    def mass(self) -> np.ndarray:
        """What the rows of each class weigh together: their number without weights."""
        return np.bincount(self.y, self.weights, minlength=len(self.event.after))

    @property
    def positive_weight(self) -> float:
        """What a positive row must weigh so that both classes weigh the same."""
        mass = self.mass
        return float((mass.sum() - mass[1]) / mass[1]) if mass[1] else 1.0


class _TreatedFacts(msgspec.Struct, frozen=True):
    """What is reported of a resampled fold, now or in a later run."""

    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    resamples: int = 0
    warnings: tuple[str, ...] = ()
    quality: Quality | None = None


class _EncodedFacts(msgspec.Struct, frozen=True):
    """The digest of the validation rows, and how many of them are not the fold's.

    `layout` is that of all rows.
    """

    layout: Layout
    fingerprint: str = ""
    extra: int = 0


class _Encoded(NamedTuple):
    fit: np.ndarray
    validation: np.ndarray | None
    fitted_on: np.ndarray
    facts: _EncodedFacts

    @property
    def nbytes(self) -> int:
        held = 0 if self.validation is None else self.validation.nbytes
        return self.fit.nbytes + held


class Preparer:
    """Encodes and treats folds; any number of threads may ask it.

    Parameters
    ----------
    plan : Plan
    cache : ArrayCache or None
        Where rows are looked for, and put.
    """

    def __init__(self, plan: Plan, cache: ArrayCache | None) -> None:
        self._plan = plan
        self._cache = cache
        self._features: Shared[tuple[int, str], Features] = Shared(None)
        self._encoded: Shared[tuple[int, str], _Encoded] = Shared(KEPT_BYTES)

    def rows(self, arm: Arm, fold: int) -> PreparedFold:
        """Return an arm's fold.

        Raises
        ------
        ArmError
            If the arm's method cannot work on these rows.
        """
        started = time.perf_counter()
        plan = self._plan
        encoded = self._encode(fold, plan.missing(arm))
        fit, validation = plan.indices(fold)
        y = plan.dataset.y[fit]
        treated, facts, reused = self._treat(arm, fold, encoded.fit, y)
        learned_from = np.zeros(len(plan.dataset.y), dtype=bool)
        learned_from[encoded.fitted_on] = True
        learned_from[fit[treated.origin[treated.origin >= 0]]] = True
        leaked = learned_from[np.union1d(validation, plan.split.test)]
        event = FoldPrepared(
            arm=plan.maker(arm),
            fold=fold,
            before=plan.counts(y),
            after=plan.counts(treated.y),
            synthetic=int((treated.origin < 0).sum()),
            repairs=treated.repairs,
            notes=tuple(dict.fromkeys([*treated.notes, *facts.warnings])),
            validation_fingerprint=encoded.facts.fingerprint,
            synthetic_in_validation=encoded.facts.extra,
            held_out_rows_learned_from=int(leaked.sum()),
            work=Work(
                resamples=treated.resamples,
                matrices=count_matrices(arm, fold),
            ),
            reused=reused,
            quality=facts.quality,
            seconds=time.perf_counter() - started,
        )
        rows = PreparedFold(
            treated.X,
            treated.y,
            encoded.validation,
            event,
            treated.weights,
            encoded.facts.layout,
        )
        self._refuse_weightless(rows)
        return rows

    def _refuse_weightless(self, rows: PreparedFold) -> None:
        """Refuse to fit a model on rows of a class that all weigh 0."""
        counts = np.bincount(rows.y, minlength=len(rows.mass))
        for label in np.flatnonzero((counts > 0) & (rows.mass == 0)):
            name = self._plan.dataset.labels[label]
            raise ArmError(
                f"the {counts[label]:,} rows of {name!r} to fit on weigh 0 together",
                "give some of them a weight above 0, or no weight column",
                code="weights",
                field="data.weight",
            )

    def features(self, fold: int, missing: str) -> Features:
        """Return the encoding fitted on a fold's fitting rows."""
        plan = self._plan

        def fitted() -> Features:
            most = plan.experiment.features.max_categories
            features = Features(plan.dataset.columns, missing, most)
            return features.fit(plan.dataset.frame, at=plan.indices(fold)[0])

        return self._features.get((fold, missing), fitted)

    def _encode(self, fold: int, missing: str) -> _Encoded:
        """Return a fold's rows as numbers, which all arms share."""
        address = self._plan.encoding_key(fold, missing)

        def make() -> _Encoded:
            stored = self._cache.get(address, _EncodedFacts) if self._cache else None
            if stored is None:
                return self._encode_anew(address, fold, missing)
            arrays, facts = stored
            held = arrays.get("validation")
            return _Encoded(arrays["fit"], held, arrays["fitted_on"], facts)

        def keep(made: _Encoded) -> bool:
            # Of many rows the pages of the cache's file do, mapped when needed.
            there = self._cache is not None and address in self._cache
            needed = not there and not self._plan.is_encoded_once(missing)
            return made.nbytes <= KEPT_BYTES or needed

        return self._encoded.get((fold, missing), make, keep)

    def _encode_anew(self, address: str, fold: int, missing: str) -> _Encoded:
        fit, validation = self._plan.indices(fold)
        frame = self._plan.dataset.frame
        features = self.features(fold, missing)
        arrays = {
            "fit": features.transform(frame, fit),
            "fitted_on": features.fitted_on_,
        }
        facts, held = _EncodedFacts(features.layout_), None
        if fold != FINAL_FOLD:
            held = arrays["validation"] = features.transform(frame, validation)
            fingerprint = hashlib.sha256(np.ascontiguousarray(held).data).hexdigest()
            own = np.isin(frame.index[validation], validation)
            extra = len(held) - int(own.sum())
            facts = _EncodedFacts(features.layout_, fingerprint, extra)
        if self._cache:
            self._cache.put(address, arrays, facts)
        return _Encoded(arrays["fit"], held, arrays["fitted_on"], facts)

    def _treat(
        self, arm: Arm, fold: int, X: np.ndarray, y: np.ndarray
    ) -> tuple[method.MethodRows, _TreatedFacts, bool]:
        """Apply the arm's method, or take what it made of these rows before.

        Returns the rows, what is told of them, and whether they were made before.
        """
        seed = self._plan.experiment.seed
        if not arm.steps:
            kept = method.apply(arm, X, y, seed=seed, weights=self._plan.weights(fold))
            return kept, _TreatedFacts(), False
        address = self._plan.treatment_key(arm, fold)
        stored = self._cache.get(address, _TreatedFacts) if self._cache else None
        if stored is not None:
            arrays, facts = stored
            origin = np.array(arrays["origin"])
            rows = np.empty((len(origin), X.shape[1]), dtype=np.float32)
            rows[origin >= 0] = X[origin[origin >= 0]]
            rows[origin < 0] = arrays["made"]
            treated = method.MethodRows(
                X=rows,
                y=np.array(arrays["y"]),
                origin=origin,
                repairs=facts.repairs,
                notes=facts.notes,
                resamples=facts.resamples,
                weights=arrays.get("weights"),
            )
            return treated, facts, True
        with collect_warnings() as warnings:
            treated = self.apply(arm, fold, X, y)
            measured = quality.measure_applied(X, y, treated, seed)
        facts = _TreatedFacts(
            treated.repairs, treated.notes, treated.resamples, tuple(warnings), measured
        )
        if self._cache and not _changes_real_rows(X, treated):
            made = treated.X[treated.origin < 0]
            arrays = {"origin": treated.origin, "made": made, "y": treated.y}
            if treated.weights is not None:
                arrays["weights"] = treated.weights
            self._cache.put(address, arrays, facts)
        return treated, facts, False

    def apply(
        self, arm: Arm, fold: int, X: np.ndarray, y: np.ndarray
    ) -> method.MethodRows:
        """Apply an arm's method to the encoded fitting rows of a fold."""
        features = self.features(fold, self._plan.missing(arm))
        with one_thread():
            return method.apply(
                arm,
                X,
                y,
                seed=self._plan.experiment.seed,
                legalise=features.legalise,
                layout=features.layout_,
                labels=self._plan.dataset.labels,
                whole=len(self._plan.split.fit),
                trace=fold == FINAL_FOLD,
                weights=self._plan.weights(fold),
            )


def count_matrices(arm: Arm, fold: int) -> int:
    """Return how many matrices are made of a fold, where the model has its own."""
    own = find(arm.learner).own_matrix
    return 0 if not own else 1 if fold == FINAL_FOLD else 2


def _changes_real_rows(X: np.ndarray, treated: method.MethodRows) -> bool:
    """Tell whether a sampler changed real rows: their origin says too little then."""
    real = np.flatnonzero(treated.origin >= 0)
    blocks = (real[n : n + BLOCK_ROWS] for n in range(0, len(real), BLOCK_ROWS))
    return not all(
        np.array_equal(X[treated.origin[block]], treated.X[block]) for block in blocks
    )


# Its matrices -----------------------------------------------------------------------


class FoldMatrices(NamedTuple):
    """The matrices of an arm's fold, and the event that reported its rows."""

    fit: Any
    validation: Any
    positive_weight: float
    mass: np.ndarray
    nbytes: int
    event: FoldPrepared


def matrices(
    model: Model, rows: PreparedFold, weights: np.ndarray | None = None
) -> FoldMatrices:
    """Return a model's matrices of an arm's fold; `weights` are of its rows to fit on.

    There is none of validation rows in the final fold.
    """
    fit = model.matrix(rows.X, rows.y, weights=weights, layout=rows.layout)
    validation = None
    if rows.validation is not None:
        validation = model.matrix(rows.validation, like=fit)
    held = 0 if rows.validation is None else len(rows.validation)
    return FoldMatrices(
        fit,
        validation,
        rows.positive_weight,
        rows.mass,
        model.matrix_bytes(len(rows.y) + held, _columns(model, rows)),
        rows.event,
    )


def _columns(model: Model, rows: PreparedFold) -> int:
    """Return how many columns a model's matrix of these rows has."""
    if model.takes_codes and rows.layout is not None:
        return len(rows.layout.names)
    return int(rows.X.shape[1])


def row_weights(plan: Plan, arm: Arm, rows: PreparedFold) -> np.ndarray | None:
    """Return what each row weighs in a matrix; None if all the same.

    Parameters
    ----------
    plan : Plan
    arm : Arm
    rows : PreparedFold
        After the method.

    Returns
    -------
    numpy.ndarray of shape (n_rows,) or None
        Its own weight, if it has one. Of more than two classes times that of its class:
        weighed by class, every class weighs the same in sum; by cost, a row weighs what
        it costs to call it something else. On average the classes' weight is 1. That of
        two classes is given to the model.
    """
    own = rows.weights
    if not plan.multiclass or not arm.weights:
        return own
    weights = class_weights(plan, arm, rows.mass)[rows.y]
    if own is None:
        return np.asarray(weights / weights.mean())
    weights = weights * own
    return np.asarray(weights / (weights.mean() / own.mean()))


# What units share -------------------------------------------------------------------


class HasBytes(Protocol):
    """What can be kept as long as there is room for it."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=HasBytes)


class Shared(Generic[K, V]):
    """What threads share: made once by whoever asks first, kept while there is room.

    Parameters
    ----------
    room : int or None
        Bytes to keep: what was used longest ago is let go (who uses it keeps it), but
        never the newest. All is kept when None.

    Attributes
    ----------
    guard : threading.RLock
        Held while something is put or let go.
    """

    def __init__(self, room: int | None) -> None:
        self.guard = threading.RLock()
        self._room = room
        self._made: OrderedDict[K, V] = OrderedDict()
        self._locks: dict[K, threading.Lock] = {}

    def get(
        self, key: K, make: Callable[[], V], keep: Callable[[V], bool] = lambda _: True
    ) -> V:
        """Return what is kept under a key, or make it and keep it if it is wanted."""
        with self.guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            with self.guard:
                if key in self._made:
                    self._made.move_to_end(key)
                    return self._made[key]
            made = make()
            with self.guard:
                if keep(made):
                    self._made[key] = made
                if self._room is not None:
                    held = sum(one.nbytes for one in self._made.values())
                    while held > self._room and len(self._made) > 1:
                        held -= self._made.popitem(last=False)[1].nbytes
            return made

    def drop(self, stale: Callable[[K], bool]) -> None:
        """Let go of what is kept under some keys."""
        with self.guard:
            for key in [key for key in self._made if stale(key)]:
                del self._made[key]
