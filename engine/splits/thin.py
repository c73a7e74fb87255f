"""Thinning: which training rows models are fitted on where negatives are plenty.

What can be learned is bounded by the positives: with ten negatives to each, more of
them hardly add to it [1]_. All positives are kept, and negatives by the number of their
row. Test rows, and the rows that folds validate, have the classes as they are.

References
----------
.. [1] Wang, Zhang and Wang 2021, Nonuniform negative sampling and log odds correction
   with rare events data, NeurIPS 34.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from engine.core.errors import SpecError
from engine.core.sections import MANY_ROWS, NEGATIVES
from engine.core.seeds import child
from engine.data.thin import uniform

if TYPE_CHECKING:
    from engine.data.roles import Dataset

FEWEST = 1_000
"""Positives that folds validate at least, where they are among more rows."""


@dataclass(frozen=True)
class KeptRows:
    """Which rows models are fitted on, and which folds validate.

    Attributes
    ----------
    ratio : int
        Negatives per positive that were to be kept.
    share : float
        Of the negatives among the training rows of the file, those kept.
    kept : numpy.ndarray of shape (n_rows,), dtype bool
        Rows that may be fitted on.
    validated : numpy.ndarray of shape (n_rows,), dtype bool, or None
        Rows that folds may validate; None if all may.
    """

    ratio: int
    share: float
    kept: np.ndarray
    validated: np.ndarray | None = None


def thin(
    dataset: Dataset,
    train: np.ndarray,
    ratio: int | msgspec.UnsetType | None,
    *,
    seed: int,
) -> KeptRows | None:
    """Choose the training rows to fit on.

    Parameters
    ----------
    dataset : Dataset
    train : numpy.ndarray of shape (n_train,)
        Row numbers of the training rows.
    ratio : int, None or unset
        Negatives per positive; 0 keeps all. Where none is given 10 of more than a
        million rows, and of rows of which not all were read, else all.
    seed : int
        The experiment's. With the same one, more negatives per positive include those
        that fewer keep.

    Returns
    -------
    KeptRows or None
        None if all rows are kept.

    Raises
    ------
    SpecError
        If negatives per positive are asked for where there are more than two classes.
    """
    asked, even = isinstance(ratio, int), dataset.even
    wanted = NEGATIVES if len(train) > MANY_ROWS or even is not None else 0
    wanted = ratio if isinstance(ratio, int) else wanted
    if not wanted:
        return None
    if len(dataset.labels) != 2:
        if not asked:
            return None
        raise SpecError(
            f"there are {len(dataset.labels)} classes, and negatives per positive are "
            "of two",
            "name the positive class, or fit on all rows",
            field="data.thin data.positive",
        )
    positive = dataset.y == 1
    positives = int(positive[train].sum())
    negatives = len(train) - positives
    if wanted * positives >= negatives and even is None:
        return None
    drawn = uniform(dataset.numbers, child(seed, "thin"))
    kept = positive | (drawn < wanted * positives / negatives)
    share = dataset.negatives * float((kept & ~positive)[train].sum() / negatives)
    alike = train if even is None else train[even[train]]
    few = max(MANY_ROWS, FEWEST * len(alike) // max(1, int(positive[alike].sum())))
    if len(alike) > few:
        fewer = uniform(dataset.numbers, child(seed, "validate")) < few / len(alike)
        even = fewer if even is None else even & fewer
    return KeptRows(wanted, share, kept, even)
