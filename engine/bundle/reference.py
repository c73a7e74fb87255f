"""What a bundle carries of its run, to compare new rows with: counts, never rows.

Of each column counts of the training rows; of the scores, and of what they are worth,
those of the test rows, which the model had not seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pandas as pd

from engine.bundle.archive import damaged_bundle
from engine.bundle.manifest import REFERENCE, ColumnSpec
from engine.core.costs import Costs
from engine.core.outcome import Calibration, OperatingPoint

CUTS, MOST_COLUMNS, FEW_CUTS = 50, 2_000, 10
"""Cuts of a number column, and of one among very many columns."""
LEVELS = 50
"""How many levels of a category are counted, the most frequent ones."""


class Counted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Counts of a column's cells, or of scores.

    Parameters
    ----------
    name : str
        Empty of scores.
    rows : int
        Missing cells among them.
    missing : int
    cuts : tuple of float
        Of numbers, ascending; the last one is the largest number.
    below : tuple of int
        How many numbers are at or below each cut.
    total, squares : float
        Sum of the numbers and of their squares.
    levels : dict of str to int
        Of a category, rows of its most frequent levels.
    """

    name: str = ""
    rows: int = 0
    missing: int = 0
    cuts: tuple[float, ...] = ()
    below: tuple[int, ...] = ()
    total: float = 0.0
    squares: float = 0.0
    levels: dict[str, int] = {}

    @property
    def known(self) -> int:
        """Rows without a missing cell."""
        return self.rows - self.missing

    def __add__(self, other: Counted) -> Counted:
        """Add the counts of further rows, at the same cuts or levels."""
        return msgspec.structs.replace(
            self,
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            below=tuple(map(sum, zip(self.below, other.below, strict=True))),
            total=self.total + other.total,
            squares=self.squares + other.squares,
            levels={k: n + other.levels[k] for k, n in self.levels.items()},
        )


class RunFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the model's scores were worth on the test rows of its run.

    Parameters
    ----------
    test : dict of str to int
        Test rows of each class.
    costs : Costs
    aim : str
        The operating point that the recommended one follows.
    metrics : dict of str to float or None
        Average precision, ROC AUC, Brier score, log loss.
    average_precision_ci, roc_auc_ci : tuple of float or None
    roc_auc_error : float or None
        Standard error.
    calibration : Calibration
        Of the probabilities that the bundle gives.
    points : tuple of OperatingPoint
    scores : Counted
    """

    test: dict[str, int]
    costs: Costs
    aim: str
    metrics: dict[str, float | None]
    calibration: Calibration
    points: tuple[OperatingPoint, ...]
    scores: Counted
    average_precision_ci: tuple[float, float] | None = None
    roc_auc_ci: tuple[float, float] | None = None
    roc_auc_error: float | None = None


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """The reference of a bundle.

    Parameters
    ----------
    training : dict of str to int
        Training rows of each class.
    columns : tuple of Counted
        Of each feature, in the training rows.
    figures : RunFigures or None
        None of more than two classes.
    """

    training: dict[str, int]
    columns: tuple[Counted, ...]
    figures: RunFigures | None = None


def decode(data: bytes, features: Sequence[ColumnSpec]) -> Reference:
    """Return the reference that a bundle holds.

    Raises
    ------
    DataError
        If it is none, or contradicts itself or the manifest.
    """
    try:
        found = msgspec.json.decode(data, type=Reference)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise damaged_bundle(f"{REFERENCE} cannot be read: {error}") from None
    figures = found.figures
    counted = [*found.columns, *([figures.scores] if figures else [])]
    fine = [one.name for one in found.columns] == [spec.name for spec in features]
    for one, spec in zip(found.columns, features, strict=False):
        fine &= not (one.cuts if spec.kind == "category" else one.levels)
    if not (fine and all(map(_holds, counted))):
        raise damaged_bundle(f"{REFERENCE} contradicts itself or the manifest")
    return found


def _holds(one: Counted) -> bool:
    """Tell whether counts fit together."""
    steps, cuts = np.diff([0, *one.below]), np.asarray(one.cuts)
    return bool(
        0 <= one.missing <= one.rows
        and len(one.cuts) == len(one.below)
        and np.isfinite(cuts).all()
        and (np.diff(cuts) > 0).all()
        and (steps >= 0).all()
        and sum(steps) <= one.known
        and all(n >= 0 for n in one.levels.values())
        and sum(one.levels.values()) <= one.known
    )


def count_numbers(
    values: np.ndarray,
    name: str = "",
    cuts: Sequence[float] | None = None,
    *,
    most: int = CUTS,
) -> Counted:
    """Count numbers at given cuts, or at cuts that have about equally many between.

    Parameters
    ----------
    values : array of shape (n,)
        NaN where missing.
    name : str, default=""
    cuts : sequence of float or None, default=None
        Quantiles of the values when None, `most` of them.
    most : int

    Examples
    --------
    >>> found = count_numbers(np.array([1.0, 2.0, 2.0, np.nan]))
    >>> found.cuts, found.below, found.missing
    ((1.0, 2.0), (1, 3), 1)
    >>> count_numbers(np.array([0.0, 9.0]), cuts=found.cuts).below
    (1, 1)
    """
    known = np.sort(values[~np.isnan(values)].astype(np.float64))
    if cuts is None:
        cuts = _cuts(known, most)
    return Counted(
        name=name,
        rows=len(values),
        missing=len(values) - len(known),
        cuts=tuple(cuts),
        below=tuple(np.searchsorted(known, cuts, side="right").tolist()),
        total=float(known.sum()),
        squares=float(np.square(known).sum()),
    )


def _cuts(ranked: np.ndarray, most: int) -> tuple[float, ...]:
    """Return up to so many of the sorted values, the largest among them."""
    if not len(ranked):
        return ()
    places = np.linspace(0, len(ranked) - 1, most + 1).astype(np.intp)[1:]
    return tuple(np.unique(ranked[places]).tolist())


def count_levels(
    values: pd.Series, name: str = "", levels: Sequence[str] | None = None
) -> Counted:
    """Count the rows of each level, of the most frequent ones if none are given.

    Examples
    --------
    >>> count_levels(pd.Series(["a", "b", "a", None]), levels=["a"]).levels
    {'a': 2}
    """
    known = values.dropna().astype(str)
    found = known.value_counts()
    if levels is None:
        levels = sorted(map(str, found.index[:LEVELS]))
    return Counted(
        name=name,
        rows=len(values),
        missing=len(values) - len(known),
        levels={level: int(found.get(level, 0)) for level in levels},
    )


def count_columns(
    frame: pd.DataFrame,
    features: Sequence[ColumnSpec],
    like: Sequence[Counted] | None = None,
) -> tuple[Counted, ...]:
    """Count the cells of all features, as their encoding takes them.

    Parameters
    ----------
    frame : pandas.DataFrame
    features : sequence of ColumnSpec
    like : sequence of Counted or None, default=None
        Counts whose cuts and levels are taken.
    """
    most = CUTS if len(features) <= MOST_COLUMNS else FEW_CUTS
    found = []
    given = [*like] if like is not None else [None] * len(features)
    for spec, same in zip(features, given, strict=True):
        column = frame[spec.name]
        if spec.kind == "category":
            levels = None if same is None else list(same.levels)
            found.append(count_levels(column, spec.name, levels))
        else:
            values = column.to_numpy(dtype=np.float64, na_value=np.nan)
            cuts = None if same is None else same.cuts
            found.append(count_numbers(values, spec.name, cuts, most=most))
    return tuple(found)
