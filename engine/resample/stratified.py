"""Rows to be treated, and parts of them in which each class has its share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from engine.layout import Layout
from engine.resample import cost, recipe
from engine.seeds import child
from engine.spec import Arm, Step

__all__ = ["Rows"]

FEWEST = 6
"""Rows of a class in a part at least: fewer, and samplers repair what needs none."""


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
    def minority(self) -> int:
        """Rows of the rarest class."""
        return min(len(those) for those in self._order)

    def part(self, rows: int) -> np.ndarray:
        """Return the places of so many rows; a larger part holds the smaller ones."""
        if rows >= self.total:
            return np.arange(self.total)
        share = rows / self.total
        return np.sort(
            np.concatenate(
                [
                    those[: max(FEWEST, round(share * len(those)))]
                    for those in self._order
                ]
            )
        )

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

    def law(self, step: Step, rows: int) -> float:
        """Return the seconds of a law, for a part in which classes have their share."""
        share = rows / self.total
        return cost.step_estimate(
            step,
            rows=rows,
            minority=max(1, round(share * self.minority)),
            features=self.X.shape[1],
        ).seconds
