"""How long cleaners take: all of it is a search of neighbours.

The search picks another way where there are many rows, so that a part of the rows says
little. It is made ready for all of them, and asked for the neighbours of a few hundred.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from engine.errors import ArmError
from engine.resample import registry
from engine.resample.build import build
from engine.resample.neighbours import ExactNeighbors, FastNeighbors
from engine.resample.stratified import Rows
from engine.spec import Arm, Step

__all__ = ["ASKED", "FEWEST", "Searches", "key_of"]

ASKED = 512
"""Rows whose neighbours are looked for among all."""
FEWEST = 2_000
"""Rows that are treated in no time."""
SEARCHED = 2_000_000
"""Cells that the search is made ready for at most; half of the rows too if there are
more, to see how the time grows."""
ROUNDS = 3_000
"""Rows that are cleaned again and again, to see how often that is."""

_REPEATED = "repeated-enn"
_SEARCHING = frozenset(
    {
        "all-knn",
        "enn",
        "neighbourhood-cleaning",
        "smote-enn",
        "smote-tomek",
        "tomek-links",
        _REPEATED,
    }
)
_SMOTES = ("ratio", "counts", "k_neighbors")


def key_of(step: Step) -> str:
    """Return what tells a step from others: its sampler and what is set of it."""
    return f"{step.sampler} {sorted(step.params.items())}"


class Searches:
    """What the neighbours of all rows take to find, from those of a few hundred."""

    def __init__(self, rows: Rows, ends: float) -> None:
        self._rows = rows
        self._ends = ends
        self._known: dict[tuple[str, int, bool], float] = {}
        self._grown: dict[str, np.ndarray] = {}

    def seconds(self, step: Step) -> float | None:
        """Return the seconds of a cleaner's searches; None if they are not known."""
        if step.sampler not in _SEARCHING or self._rows.total < FEWEST:
            return None
        total = 0.0
        try:
            for count in _asked_for(step):
                total += self._found(step, count)
        except (ArmError, TimeoutError):
            return None
        return total * (self._rounds(step) if step.sampler == _REPEATED else 1)

    def _found(self, step: Step, count: int) -> float:
        """Return the seconds of one search."""
        rows, fast = self._rows, registry.is_fast(step)
        grown = registry.sampler(step.sampler).group == "combined"
        smote = Step("smote", {k: v for k, v in step.params.items() if k in _SMOTES})
        key = (key_of(smote) if grown else "", count, fast)
        if key in self._known:
            return self._known[key]
        most = max(ASKED, SEARCHED // rows.X.shape[1])
        if rows.clock() > self._ends:
            raise TimeoutError
        X, total = rows.X, rows.total
        if grown:
            # So many rows become twice as many at most.
            part = rows.part(most // 2)
            if key[0] not in self._grown:
                made = rows.treat(Arm(name="smote", steps=(smote,)), part)
                self._grown[key[0]] = made[1].X
            X = self._grown[key[0]]
            total = round(len(X) * total / len(part))
        taken = self._timed(_thinned(X, most), count, fast=fast)
        if total > most:
            half = self._timed(_thinned(X, most // 2), count, fast=fast)
            grows = (min(max(math.log2(taken / half), 1.0), 2.0) + 2.0) / 2
            taken *= float((total / min(len(X), most)) ** grows)
        self._known[key] = taken
        return taken

    def _timed(self, X: np.ndarray, count: int, *, fast: bool) -> float:
        """Make the search ready for rows, and ask for the neighbours of a few."""
        clock = self._rows.clock
        began = clock()
        search = (FastNeighbors if fast else ExactNeighbors)(count).fit(X)
        ready = clock()
        some = _thinned(X, ASKED)
        search.kneighbors(some, return_distance=False)
        return ready - began + (clock() - ready) / len(some) * len(X)

    def _rounds(self, step: Step) -> int:
        """Return how many rounds of cleaning a part of the rows takes."""
        rows = self._rows
        part = rows.part(ROUNDS)
        y = np.unique(rows.y[part], return_inverse=True)[1]
        counts = dict(enumerate(np.bincount(y).tolist()))
        params = registry.check_step(step)
        sampler = build(step.sampler, params, counts, seed=rows.seed)
        try:
            sampler.fit_resample(rows.X[part], y)
        except ValueError:
            return 1
        return int(sampler.n_iter_)


def _thinned(X: np.ndarray, most: int) -> np.ndarray:
    """Return so many rows, evenly spread."""
    if len(X) <= most:
        return X
    return X[np.linspace(0, len(X) - 1, most).astype(np.int64)]


def _asked_for(step: Step) -> Iterator[int]:
    """Yield how many neighbours a cleaner asks for, the row itself among them."""
    if step.sampler in ("tomek-links", "smote-tomek"):
        yield 2
        return
    nearest = int(registry.check_step(step).get("n_neighbors", 3))
    if step.sampler == "all-knn":
        yield from range(2, nearest + 2)
    else:
        yield nearest + 1
