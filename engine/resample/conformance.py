"""What every sampler must do, imbalanced-learn's or another package's: one list.

The command line runs the checks for a sampler of any package, the tests for those of
imbalanced-learn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import numpy as np

from engine.core.conformance import require
from engine.core.methods import ratio, registry
from engine.core.methods.grammar import Arm, Step
from engine.core.methods.samplers import ParamValue, Sampler
from engine.features.encoding import Layout
from engine.io.machine import one_thread
from engine.resample.method import MethodRows, apply

_RARE, _MANY, _FEW = 30, 300, 7
_NEAR = 0.1
"""How far the rows of a class may be from those asked for: some draw by clusters."""
_LEVELS: Final = ((0, 3), (3, 5), (5, 9))


def _layout(sampler: Sampler) -> Layout:
    """Return two numbers, unless it takes none, and three categories."""
    flat = 0 if sampler.columns == "categories" else 2
    levels = tuple((flat + begin, flat + end) for begin, end in _LEVELS)
    return Layout(("a", "b", "c", "d", "e")[2 - flat :], flat, (), levels)


def _table(
    sampler: Sampler, *counts: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return encoded rows, so many of each class, and their classes."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    layout = _layout(sampler)
    X = np.zeros((len(y), layout.width), dtype=np.float32)
    X[:, : layout.flat] = rng.normal(size=(len(y), layout.flat)) + y[:, None]
    for begin, end in layout.levels:
        level = (rng.random(len(y)) * (end - begin) + 0.5 * y).astype(int)
        X[np.arange(len(y)), np.minimum(begin + level, end - 1)] = 1
    return X, y


def _apply(
    sampler: Sampler, X: np.ndarray, y: np.ndarray, **params: ParamValue
) -> MethodRows:
    arm = Arm(name=sampler.name, steps=(Step(sampler.name, params),))
    registry.check_arm(arm)
    return apply(arm, X, y, seed=3, layout=_layout(sampler))


def check_parameters(sampler: Sampler) -> None:
    """Take every value that its parameters are searched with."""
    X, y = _table(sampler, _MANY, _RARE)
    _apply(sampler, X, y)
    for parameter in sampler.parameters:
        for value in parameter.tries:
            try:
                _apply(sampler, X, y, **{parameter.name: value})
            except Exception as error:
                raise type(error)(f"{parameter.name}={value}: {error}") from error


def check_counts(sampler: Sampler) -> None:
    """Come to the rows per class that are asked for."""
    X, y = _table(sampler, _MANY, _RARE)
    for wanted in (0.5, 1.0) if sampler.has_ratio else ():
        many, rare = np.bincount(_apply(sampler, X, y, ratio=wanted).y, minlength=2)
        asked = f"ratio={wanted:g} came to {rare} and {many} rows"
        if sampler.group == "over":
            require(many == _MANY, f"{asked}: those of the other class changed")
        if sampler.group == "under":
            require(rare == _RARE, f"{asked}: those of the rare class changed")
        if sampler.group != "combined":
            require(abs(rare / many - wanted) <= _NEAR * wanted, asked)
    if not sampler.has_ratio:
        left = np.bincount(_apply(sampler, X, y).y, minlength=2)
        require(left[1] == _RARE, f"a cleaner left {left[1]} of {_RARE} rare rows")
        require(0 < left[0] <= _MANY, f"a cleaner left {left[0]} of {_MANY} rows")


def check_rows(sampler: Sampler) -> None:
    """Keep real rows as they are, and make numbers only."""
    X, y = _table(sampler, _MANY, _RARE)
    treated = _apply(sampler, X, y)
    require(bool(np.isfinite(treated.X).all()), "a row holds what is no number")
    if sampler.group == "over":
        kept = np.unique(treated.origin[treated.origin >= 0])
        require(len(kept) == len(y), f"{len(y) - len(kept)} real rows are gone")
    if sampler.group == "under" and not sampler.has_ratio:
        require(bool((treated.origin >= 0).all()), "a cleaner made rows")


def check_repeats(sampler: Sampler) -> None:
    """Make the same rows from the same seed, whatever else draws, side by side too."""
    tables = [_table(sampler, _MANY, _RARE, seed=seed) for seed in (0, 1)]
    first = _apply(sampler, *tables[0])
    # Whoever draws from the state of the process depends on what else draws from it.
    np.random.seed(None)  # noqa: NPY002
    require(_alike(first, _apply(sampler, *tables[0])), "the same seed gave other rows")
    found: dict[int, MethodRows] = {}

    def work(place: int) -> None:
        found[place] = _apply(sampler, *tables[place % 2])

    with one_thread():
        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    require(len(found) == 4, "it cannot work in several threads at a time")
    beside = _alike(first, found[0]) and _alike(found[1], found[3])
    require(beside, "folds side by side changed a row")


def _alike(left: MethodRows, right: MethodRows) -> bool:
    return np.array_equal(left.X, right.X) and np.array_equal(left.y, right.y)


def check_few(sampler: Sampler) -> None:
    """Work where there are hardly more rare rows than neighbours."""
    if sampler.neighbors is not None:
        _apply(sampler, *_table(sampler, _MANY, _FEW))


def check_several(sampler: Sampler) -> None:
    """Keep each of three classes."""
    X, y = _table(sampler, _MANY, _MANY // 2, _RARE)
    before, after = np.bincount(y), np.bincount(_apply(sampler, X, y).y, minlength=3)
    require(bool((after > 0).all()), "a class is gone")
    rare, _ = ratio.ends(dict(enumerate(before.tolist())))
    if sampler.group == "over":
        require(after[rare] > before[rare], "the rarest of three classes did not grow")


CHECKS: Final[tuple[Callable[[Sampler], None], ...]] = (
    check_parameters,
    check_counts,
    check_rows,
    check_repeats,
    check_few,
    check_several,
)
"""Every check of the rows alone; each raises `NonconformingError`."""
