"""Parts of the rows, and what treating one takes."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine.errors import ArmError
from engine.layout import Layout
from engine.resample import method, registry
from engine.resample.neighbours import ExactNeighbors
from engine.seeds import child
from engine.spec import Arm, Step

OF_CLASS = 6
"""Rows of a class in a part at least: fewer, and samplers repair what needs none."""
ASKED = 512
"""Rows whose neighbours are looked for among all."""
CELLS = 2_000_000
"""Cells that a search is made ready for at most: more rows are compared each with each
in part."""
SEARCH = frozenset(
    {
        "all-knn",
        "enn",
        "neighbourhood-cleaning",
        "repeated-enn",
        "smote-enn",
        "smote-tomek",
        "tomek-links",
    }
)
"""Samplers that look for the neighbours of all rows, and do little else."""


@dataclass
class LabelledRows:
    """Rows of several classes, and what treating them needs.

    Attributes
    ----------
    X : numpy.ndarray of shape (n_rows, n_features), dtype float32
    y : numpy.ndarray of shape (n_rows,)
    seed : int
        Of the draws, and of the samplers.
    layout, legalise, labels
        As in `method.apply`.
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

    def treat(self, arm: Arm, places: np.ndarray) -> tuple[float, method.MethodRows]:
        """Treat some rows; return the seconds it takes, and what becomes of them."""
        X, y = self.X[places], self.y[places]
        began = self.clock()
        treated = method.apply(
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
    """How the time of looking for neighbours grows with the rows.

    The search picks another way where there are many rows, so that treating few says
    little. It is made ready for all of them, and asked for the neighbours of a few
    hundred.
    """

    def __init__(self, rows: LabelledRows) -> None:
        self._rows = rows
        self._took: dict[tuple[int, int, str], float] = {}

    def grows(self, step: Step, last: int) -> float:
        """Return the power of the rows that it grows with, from a part to all rows."""
        total = self._rows.total
        most = min(total, max(ASKED, CELLS // self._rows.X.shape[1]))
        if last >= most:
            return 2.0
        shown = self._power(step, last, most)
        if most == total:
            return shown
        beyond = (self._power(step, most // 2, most) + 2.0) / 2
        near, far = math.log(most / last), math.log(total / most)
        return (shown * near + beyond * far) / (near + far)

    def _power(self, step: Step, less: int, more: int) -> float:
        longer = self._seconds(step, more) / self._seconds(step, less)
        return max(0.0, math.log(longer) / math.log(more / less))

    def _seconds(self, step: Step, count: int) -> float:
        """Return the seconds of a search among so many rows, and those made of them."""
        rows, made = self._rows, step.sampler.startswith("smote-")
        nearest = 1 + registry.check_step(step).get("n_neighbors", 1)
        key = count, nearest, repr(step) if made else ""
        if key not in self._took:
            places = rows.part(count)
            X = rows.X[places]
            if made:
                of = {k: v for k, v in step.params.items() if k in _SMOTE}
                smote = Arm(name="smote", steps=(Step("smote", of),))
                with contextlib.suppress(ArmError):
                    X = rows.treat(smote, places)[1].X
            began = rows.clock()
            search = ExactNeighbors(nearest).fit(X)
            ready = rows.clock()
            some = np.linspace(0, len(X) - 1, min(ASKED, len(X))).astype(np.int64)
            search.kneighbors(X[some], return_distance=False)
            each = (rows.clock() - ready) / len(some)
            self._took[key] = max(1e-6, ready - began + each * len(X))
        return self._took[key]


_SMOTE = ("ratio", "counts", "k_neighbors")
