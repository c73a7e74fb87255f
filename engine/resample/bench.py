"""The training rows of the loaded table, encoded: what remedies are tried on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from engine.data import roles
from engine.data.target import labelled
from engine.errors import TargetError
from engine.features import Features
from engine.resample import cost
from engine.seeds import child
from engine.spec import Arm, FeatureSpec
from engine.split import Split, divide

if TYPE_CHECKING:
    from engine.client.messages import Load
    from engine.data.load import Table
    from engine.data.roles import Dataset

__all__ = ["Bench", "evenly", "lay", "shared"]

MOST_CELLS = 50_000_000
"""Numbers that are encoded at most; more rows are a sample of themselves."""
LEAST_ROWS = 200
STEPS = 20


@dataclass
class Bench:
    """Training rows under some choices, with what is needed to show them.

    Attributes
    ----------
    dataset : Dataset
        As a run prepares it: the training rows say what each column is.
    split : Split
        The hold-out. Nothing here looks at its test rows.
    features : Features
        Fitted on all training rows.
    y : numpy.ndarray of shape (n_train,)
        The class of each training row, as its place in `labels`.
    numbers : numpy.ndarray of shape (n_train,)
        The number of each training row in the table, from 1.
    seed : int
        The experiment's.
    """

    dataset: Dataset
    split: Split
    features: Features
    y: np.ndarray
    numbers: np.ndarray
    seed: int
    _encoded: tuple[np.ndarray, np.ndarray] | None = field(default=None, repr=False)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the classes are called, by number."""
        return self.dataset.labels

    @property
    def width(self) -> int:
        """Columns of the encoded rows."""
        return len(self.features.names_)

    def counts(self, y: np.ndarray) -> dict[str, int]:
        """Return rows by label; none is left out."""
        found = np.bincount(y, minlength=len(self.labels)).tolist()
        return dict(zip(self.labels, found, strict=True))

    def rows(self, places: np.ndarray) -> np.ndarray:
        """Return training rows encoded; those asked for last are kept."""
        if self._encoded is None or not np.array_equal(self._encoded[0], places):
            frame = self.dataset.frame.iloc[self.split.train[places]]
            self._encoded = places, self.features.transform(frame)
        return self._encoded[1]

    def places(self, arm: Arm, patience: float) -> np.ndarray:
        """Return which training rows are treated: all, if that is no matter.

        Parameters
        ----------
        arm : Arm
        patience : float
            Seconds that its treatment may be estimated to take.

        Returns
        -------
        numpy.ndarray of int64
            Places among the training rows, growing. Where all would take too long,
            a draw of them, in which no class goes short that has so few rows.
        """
        counts = np.bincount(self.y, minlength=len(self.labels)).tolist()
        most = min(len(self.y), max(LEAST_ROWS, MOST_CELLS // self.width))
        if most == len(self.y) and self.seconds(arm, counts) <= patience:
            return np.arange(len(self.y))
        low, high = min(LEAST_ROWS, len(self.y)), most
        # Rows per class that are asked for are scaled by the share of all rows.
        asked = any(step.params.get("counts") for step in arm.steps)
        share = evenly if asked else shared
        for _ in range(STEPS):
            middle = (low + high + 1) // 2
            if self.seconds(arm, share(counts, middle)) <= patience:
                low = middle
            else:
                high = middle - 1
            if low >= high:
                break
        rng = np.random.default_rng(child(self.seed, "preview", "rows"))
        parts = [
            rng.permutation(np.flatnonzero(self.y == label))[:many]
            for label, many in enumerate(share(counts, low))
        ]
        return np.sort(np.concatenate(parts))

    def seconds(self, arm: Arm, counts: Sequence[int]) -> float:
        """Return what treating so many rows of each class may take."""
        there = [count for count in counts if count]
        found = cost.arm_estimate(
            arm, rows=sum(there), minority=min(there), features=self.width
        )
        return found.seconds


def lay(table: Table, request: Load) -> Bench:
    """Prepare, split and encode a table as a run with these choices would.

    Parameters
    ----------
    table : Table
    request : Load
        Target, roles, hold-out and seed.

    Returns
    -------
    Bench

    Raises
    ------
    TargetError, SpecError
        If the choices give no training rows.
    """
    spec = replace(request.data, mute=())
    dataset = roles.prepare(table, spec, request.split, multiclass=True)
    try:
        split = divide(dataset, request.split, seed=request.seed)
    except ValueError as error:  # scikit-learn's, about too few groups
        raise TargetError(
            f"the rows cannot be split so: {' '.join(str(error).split())}",
            "choose another group or test size",
        ) from None
    dataset = roles.prepare(
        table, spec, request.split, train=split.train, multiclass=True
    )
    features = Features(
        dataset.columns, missing="impute", max_categories=FeatureSpec().max_categories
    ).fit(dataset.frame.iloc[split.train])
    numbers = np.arange(1, len(table.frame) + 1)
    if len(dataset.frame) < len(table.frame):
        # Rows without a target are in the table, and not in the dataset.
        positive = dataset.info.positive
        _, there = labelled(table.frame, dataset.info.target, [], positive)
        numbers = numbers[there]
    return Bench(
        dataset=dataset,
        split=split,
        features=features,
        y=dataset.y[split.train].astype(np.int64),
        numbers=numbers[split.train],
        seed=request.seed,
    )


def evenly(counts: Sequence[int], room: int) -> list[int]:
    """Divide so many places among classes by size alone, but one for each.

    Examples
    --------
    >>> evenly([9_000, 300, 0], 600)
    [581, 19, 0]
    """
    total = sum(counts)
    return [min(n, max(1, round(n * room / total))) for n in counts]


def shared(counts: Sequence[int], room: int) -> list[int]:
    """Divide so many places among classes: by size, but no small one goes short.

    Parameters
    ----------
    counts : sequence of int
        Rows by class.
    room : int
        Places in all.

    Returns
    -------
    list of int
        At most the rows that there are; a class has half of an equal share at least.

    Examples
    --------
    >>> shared([9_000, 300, 5_000], 600), shared([10, 2], 600)
    ([290, 104, 205], [10, 2])
    """
    total = sum(counts)
    if total <= room:
        return [*counts]
    least = room // (2 * len(counts))
    given = [min(count, least) for count in counts]
    left = [count - have for count, have in zip(counts, given, strict=True)]
    rest = max(0, room - sum(given))
    more = [rest * count // sum(left) for count in left]
    return [have + extra for have, extra in zip(given, more, strict=True)]
