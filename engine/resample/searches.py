"""Rows to be treated in parts, and how long a cleaner takes for all of them.

All of a cleaner's time goes into a search of neighbours, which picks another way where
there are many rows, so that a part of the rows says little. The search is made ready
for all of them, and asked for the neighbours of a few hundred.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from engine.errors import ArmError
from engine.layout import Layout
from engine.resample import recipe, registry
from engine.resample.build import build
from engine.resample.neighbours import ExactNeighbors
from engine.seeds import child
from engine.spec import Arm, Step

__all__ = ["ASKED", "FEWEST", "Rows", "Searches", "key_of"]

OF_CLASS = 6
"""Rows of a class in a part at least: fewer, and samplers repair what needs none."""

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


@dataclass
class Rows:
    """Rows of several classes, and what treating them needs.

    Attributes
    ----------
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
    y : numpy.ndarray of shape (n_rows,)
    seed : int
        Of the draws, and of the samplers.
    layout, legalise, labels
        As in `recipe.apply`.
    clock : callable
        What seconds are read of.
    """

    X: np.ndarray
    y: np.ndarray
    seed: int
    layout: Layout | None
    legalise: Callable[[np.ndarray], np.ndarray] | None
    labels: tuple[str, ...]
    clock: Callable[[], float]
    _order: list[np.ndarray] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(child(self.seed, "probe"))
        places = (np.flatnonzero(self.y == label) for label in np.unique(self.y))
        self._order = [rng.permutation(those) for those in places]

    @property
    def total(self) -> int:
        """All rows."""
        return len(self.y)

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each class that there is, by label."""
        codes, counts = np.unique(self.y, return_counts=True)
        names = [self.labels[c] if self.labels else str(c) for c in codes.tolist()]
        return dict(zip(names, counts.tolist(), strict=True))

    def part(self, rows: int) -> np.ndarray:
        """Return the places of so many rows; a larger part holds the smaller ones."""
        if rows >= self.total:
            return np.arange(self.total)
        share = rows / self.total
        parts = [
            those[: max(OF_CLASS, round(share * len(those)))] for those in self._order
        ]
        return np.sort(np.concatenate(parts))

    def treat(self, arm: Arm, places: np.ndarray) -> tuple[float, recipe.Treated]:
        """Treat some rows; return the seconds it takes, and what becomes of them."""
        X, y = self.X[places], self.y[places]
        began = self.clock()
        treated = recipe.apply(
            arm,
            X,
            y,
            seed=self.seed,
            layout=self.layout,
            legalise=self.legalise,
            labels=self.labels,
            whole=self.total,
        )
        return self.clock() - began, treated


class Searches:
    """What the neighbours of all rows take to find, from those of a few hundred."""

    def __init__(self, rows: Rows, ends: float) -> None:
        self._rows = rows
        self._ends = ends
        self._known: dict[tuple[str, int], float] = {}
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
        rows = self._rows
        grown = registry.sampler(step.sampler).group == "combined"
        smote = Step("smote", {k: v for k, v in step.params.items() if k in _SMOTES})
        key = (key_of(smote) if grown else "", count)
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
        taken = self._timed(_thinned(X, most), count)
        if total > most:
            half = self._timed(_thinned(X, most // 2), count)
            grows = (min(max(math.log2(taken / half), 1.0), 2.0) + 2.0) / 2
            taken *= float((total / min(len(X), most)) ** grows)
        self._known[key] = taken
        return taken

    def _timed(self, X: np.ndarray, count: int) -> float:
        """Make the search ready for rows, and ask for the neighbours of a few."""
        clock = self._rows.clock
        began = clock()
        search = ExactNeighbors(count).fit(X)
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
