"""Apply an arm's samplers, imbalanced-learn's own, to fitting rows."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.errors import ArmError
from engine.resample import preflight, registry
from engine.resample.provenance import SYNTHETIC, origin
from engine.spec import Arm, Step

__all__ = ["Treated", "apply", "build"]

BLOCK_ROWS = 65_536

_TOMEK = ("tomek", "tomek-links")
_FAST = {
    "svm-smote": "border of a linear SVM, not of the kernel SVM",
    "": "approximate neighbours (1 to 4 % further away, 4 times at most)",
}


@dataclass(frozen=True)
class Treated:
    """Fitting rows after an arm's recipe.

    Attributes
    ----------
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
    y : numpy.ndarray of shape (n_rows,), dtype int8
    origin : numpy.ndarray of shape (n_rows,)
        Row number among the fitting rows, or -1 for a synthetic row.
    repairs, notes : tuple of str
        What the pre-flight changed, and what the result shows.
    resamples : int
        Samplers that came to an end.
    """

    X: np.ndarray
    y: np.ndarray
    origin: np.ndarray
    repairs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    resamples: int = 0


def apply(
    arm: Arm,
    X: np.ndarray,
    y: np.ndarray,
    *,
    seed: int,
    legalise: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Treated:
    """Treat fitting rows with an arm's recipe.

    Parameters
    ----------
    arm : Arm
        Its steps are applied in order; a control returns the rows as they are.
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
        Fitting rows only.
    y : numpy.ndarray of shape (n_rows,)
        1 where the row is positive.
    seed : int
        ``random_state`` of every sampler.
    legalise : callable or None, default=None
        Turns synthetic rows into rows that could exist; see `Features.legalise`.

    Returns
    -------
    Treated

    Raises
    ------
    ArmError
        If a sampler cannot work on these rows.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(100, 2)), np.repeat([0, 1], [90, 10])
    >>> treated = apply(registry.arm("smote"), X, y, seed=0)
    >>> np.bincount(treated.y), int((treated.origin == -1).sum())
    (array([90, 90]), 80)
    """
    treated = Treated(X, np.asarray(y), np.arange(len(y), dtype=np.int64))
    # A step may leave fewer majority rows; which class is which does not change.
    minority = int(np.bincount(y, minlength=2).argmin())
    for step in arm.steps:
        treated = _step(step, treated, minority, seed)
    made = treated.origin == SYNTHETIC
    rows = treated.X
    if legalise is not None and made.any():
        # In blocks and in place: the rows may be most of what fits into memory.
        places = np.flatnonzero(made)
        for begin in range(0, len(places), BLOCK_ROWS):
            block = places[begin : begin + BLOCK_ROWS]
            rows[block] = legalise(rows[block])
    return Treated(
        X=rows,
        y=treated.y.astype(np.int8),
        origin=treated.origin,
        repairs=treated.repairs,
        notes=(*treated.notes, *_notes(arm, np.asarray(y), treated)),
        resamples=treated.resamples,
    )


def build(
    name: str,
    params: dict[str, Any],
    y: np.ndarray,
    *,
    seed: int,
    minority: int | None = None,
) -> Any:
    """Return imbalanced-learn's sampler for the registry's parameters.

    The ratio is given as counts: as a fraction imbalanced-learn truncates
    ``ratio * majority`` and refuses some valid ratios.

    Parameters
    ----------
    name : str
        Name of a registered sampler.
    params : dict
        All of its parameters, as `registry.check_step` returns them.
    y : numpy.ndarray of shape (n_rows,)
        1 where the row is positive.
    seed : int
        Its ``random_state``.
    minority : int or None, default=None
        The class that is rare; the rarer one of `y` when None.

    Returns
    -------
    imbalanced-learn sampler
        Not fitted.
    """
    entry = registry.sampler(name)
    kind = _named(entry.home)
    own = ("ratio", "clusters", "variant")
    given = {k: v for k, v in params.items() if k not in own}
    if minority is None:
        minority = int(np.bincount(y, minlength=2).argmin())
    fast = params.get("variant") == registry.FAST
    if not entry.has_ratio:
        return _cleaner(name, kind, given, [1 - minority], fast=fast)
    if entry.group == "combined":
        smote = _named("imblearn.over_sampling.SMOTE")(
            sampling_strategy=_counts(entry.group, params["ratio"], y, minority),
            k_neighbors=given.pop("k_neighbors"),
            random_state=seed,
        )
        part, cleaner = ("enn", "enn") if name == "smote-enn" else _TOMEK
        rest = {"n_neighbors": 3} if cleaner == "enn" else {}
        given[part] = _cleaner(
            cleaner, _named(registry.sampler(cleaner).home), rest, "all", fast=fast
        )
        return kind(random_state=seed, smote=smote, **given)
    if name == "svm-smote" and fast:
        from engine.resample.border import LinearBorder

        given["svm_estimator"] = LinearBorder()
    if name == "kmeans-smote":
        given["kmeans_estimator"] = params["clusters"]
        if given["cluster_balance_threshold"] == 0.5:
            given["cluster_balance_threshold"] = "auto"  # the same for two classes
    return kind(
        sampling_strategy=_counts(entry.group, params["ratio"], y, minority),
        random_state=seed,
        **given,
    )


def _named(home: str) -> Any:
    module, _, attribute = home.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def _cleaner(
    name: str, kind: Any, given: dict[str, Any], of: list[int] | str, *, fast: bool
) -> Any:
    """Return a cleaner of imbalanced-learn that asks a search of ours.

    Parameters
    ----------
    name : str
        Name of the registered cleaner.
    kind : type
        imbalanced-learn's class.
    given : dict
        Its parameters.
    of : list of int or "all"
        The classes to drop rows of.
    fast : bool
        Whether neighbours that are about the nearest will do.
    """
    from engine.resample import cleaners, neighbours

    given = dict(given, sampling_strategy=of)
    searches = neighbours.FastNeighbors if fast else neighbours.ExactNeighbors
    if name == "tomek-links":
        return cleaners.SearchingTomekLinks(search=searches(), **given)
    if name == "all-knn":
        return cleaners.SearchingAllKNN(search=searches(), **given)
    count = given["n_neighbors"]
    if name == "neighbourhood-cleaning":
        edited = _named("imblearn.under_sampling.EditedNearestNeighbours")
        given["n_neighbors"] = cleaners.VotingNeighbors(count, search=searches())
        given["edited_nearest_neighbours"] = edited(
            sampling_strategy=of, n_neighbors=searches(count + 1), kind_sel="mode"
        )
    else:
        # A search is taken as it is: the row itself must be counted in.
        given["n_neighbors"] = searches(count + 1)
    return kind(**given)


def _counts(group: str, ratio: float, y: np.ndarray, minority: int) -> dict[int, int]:
    counts = np.bincount(y, minlength=2)
    few, many = int(counts[minority]), int(counts[1 - minority])
    if group == "under":
        return {1 - minority: min(many, max(few, round(few / ratio)))}
    return {minority: max(few, round(ratio * many))}


def _step(step: Step, treated: Treated, minority: int, seed: int) -> Treated:
    X, y = treated.X, treated.y
    rare = int((y == minority).sum())
    failure: ArmError | None = None
    for attempt in preflight.attempts(step, minority=rare, rows=len(y)):
        sampler = build(step.sampler, attempt.params, y, seed=seed, minority=minority)
        try:
            after, labels = sampler.fit_resample(X, y)
            where = origin(sampler, X, after)
        except (ValueError, RuntimeError) as error:
            failure = failure or _failure(step, error)
            continue
        _check(step, after, labels)
        real = where != SYNTHETIC
        where[real] = treated.origin[where[real]]
        return Treated(
            X=after,
            y=labels,
            origin=where,
            repairs=(*treated.repairs, *attempt.repairs),
            notes=treated.notes,
            resamples=treated.resamples + 1,
        )
    raise failure or ArmError(f"{step.sampler} cannot be tried", code="sampler")


def _failure(step: Step, error: Exception) -> ArmError:
    text = str(error).strip().splitlines()[0].rstrip(".")
    if "considered as noise" in text:
        remedy = "the classes overlap too much for a border: use smote or weights"
    elif "No clusters" in text:
        remedy = "lower cluster_balance_threshold, or change clusters"
    elif "NaN" in text and step.sampler == "kmeans-smote":
        remedy = "minority rows of a cluster are all alike: give fewer clusters"
    else:
        remedy = "use another sampler, or other parameters"
    return ArmError(f"{step.sampler}: {text}", remedy, code="sampler")


def _check(step: Step, X: np.ndarray, y: np.ndarray) -> None:
    """Refuse an answer that came without an error and cannot be trained on."""
    counts = np.bincount(y, minlength=2)
    if counts.min() == 0:
        raise ArmError(
            f"{step.sampler} left one class only ({counts[0]:,} negatives, "
            f"{counts[1]:,} positives)",
            "use another sampler",
            code="one-class",
        )
    if not np.isfinite(X).all():
        raise ArmError(
            f"{step.sampler} made values that are no numbers",
            "check the columns for extreme values",
            code="not-finite",
        )


def _notes(arm: Arm, before: np.ndarray, treated: Treated) -> tuple[str, ...]:
    if not arm.steps:
        return ()
    old, new = np.bincount(before, minlength=2), np.bincount(treated.y, minlength=2)
    minority = int(old.argmin())
    notes = [
        f"{step.sampler}, fast variant: {_FAST.get(step.sampler, _FAST[''])}"
        for step in arm.steps
        if registry.is_fast(step)
    ]
    last = registry.sampler(arm.steps[-1].sampler)
    if np.array_equal(old, new) and not (treated.origin == SYNTHETIC).any():
        why = "the classes have the asked ratio already"
        if not last.has_ratio:
            why = "there is no row to drop"
        notes.append(f"changed nothing: {why}")
    if new[minority] < old[minority]:
        notes.append(
            f"fewer minority rows than before ({old[minority]:,} → {new[minority]:,})"
        )
    if last.has_ratio and last.group == "over":
        asked = registry.check_step(arm.steps[-1])["ratio"]
        reached = new[minority] / new[1 - minority]
        if reached < 0.98 * asked:
            notes.append(f"reached {reached:.2f} of the asked ratio {asked:g}")
    return tuple(notes)
