"""Points of treated rows: on two columns, or on two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.client.lab import Cloud
from engine.features import BLOCK_ROWS
from engine.resample.bench import TrainingRows, share_fairly
from engine.resample.provenance import SYNTHETIC
from engine.seeds import child

if TYPE_CHECKING:
    import pandas as pd

    from engine.resample.method import MethodRows


COMPONENTS = ("component 1", "component 2")
DIGITS = 6


def alone(bench: TrainingRows, choices: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the columns of a table that has two numbers and nothing else."""
    if len(choices) == 2 and len(bench.dataset.columns) == 2:
        return choices[0], choices[1]
    return None


def draw_points(
    bench: TrainingRows,
    places: np.ndarray,
    treated: MethodRows,
    made: pd.DataFrame,
    *,
    axes: tuple[str, str] | None,
    most: int,
) -> tuple[tuple[str, str], Cloud, Cloud, Cloud]:
    """Return points of the kept, the synthetic and the dropped rows, by class.

    Parameters
    ----------
    bench : TrainingRows
    places : numpy.ndarray
        Which training rows were treated.
    treated : MethodRows
        What became of them.
    made : pandas.DataFrame
        The synthetic rows, as cells of the table.
    axes : tuple of (str, str) or None
        Two number columns; the first two principal components of the encoded rows,
        fitted on those before, when None.
    most : int
        Points of each kind at most; each kind is a draw with a seed of its own.

    Returns
    -------
    axes : tuple of (str, str)
        What the two coordinates are.
    kept, made, dropped : Cloud
        A row of which a coordinate is missing has no point.
    """
    before = bench.y[places]
    synthetic = np.flatnonzero(treated.origin == SYNTHETIC)
    there = np.zeros(len(before), dtype=bool)
    there[treated.origin[treated.origin != SYNTHETIC]] = True
    sides = {
        "kept": (before, np.flatnonzero(there)),
        "made": (treated.y, synthetic),
        "dropped": (before, np.flatnonzero(~there)),
    }
    chosen = {side: _chosen(bench, side, *of, most) for side, of in sides.items()}
    if axes is not None:
        names = axes
        real, new = _numbers(bench.cells(places), axes), _numbers(made, axes)
        flat = {
            "kept": real[chosen["kept"]],
            "made": new[np.searchsorted(synthetic, chosen["made"])],
            "dropped": real[chosen["dropped"]],
        }
    else:
        X = bench.rows(places)
        names, mean, directions = _components(X)
        flat = {
            side: ((treated.X if side == "made" else X)[rows] - mean) @ directions
            for side, rows in chosen.items()
        }
    kept, added, gone = (
        _cloud(bench, y[chosen[side]], flat[side]) for side, (y, _) in sides.items()
    )
    return names, kept, added, gone


def _chosen(
    bench: TrainingRows, side: str, y: np.ndarray, rows: np.ndarray, most: int
) -> np.ndarray:
    """Draw some rows, in which no class goes short."""
    rng = np.random.default_rng(child(bench.seed, "preview", side))
    counts = np.bincount(y[rows], minlength=len(bench.labels)).tolist()
    parts = [
        rng.permutation(rows[y[rows] == label])[:many]
        for label, many in enumerate(share_fairly(counts, most))
    ]
    return np.concatenate(parts)


def _cloud(bench: TrainingRows, labels: np.ndarray, points: np.ndarray) -> Cloud:
    """Return points by class; those of which a coordinate is missing are left out."""
    known = np.isfinite(points).all(axis=1)
    found: Cloud = {}
    for number, label in enumerate(bench.labels):
        chosen = points[known & (labels == number)]
        if len(chosen):
            across, up = (tuple(map(short, axis)) for axis in chosen.T.tolist())
            found[label] = (across, up)
    return found


def short(value: float) -> float:
    """Return a number with six digits that count: more would not be seen."""
    return float(f"{value:.{DIGITS}g}")


def _numbers(frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    parts = [frame[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in names]
    return np.stack(parts, axis=1)


def _components(X: np.ndarray) -> tuple[tuple[str, str], np.ndarray, np.ndarray]:
    """Return names, mean and directions of the first two principal components.

    The names say the share of the variance that each component holds.
    """
    mean = X.mean(axis=0, dtype=np.float64)
    spread = np.zeros((X.shape[1], X.shape[1]))
    for begin in range(0, len(X), BLOCK_ROWS):
        block = X[begin : begin + BLOCK_ROWS] - mean
        spread += block.T @ block
    values, vectors = np.linalg.eigh(spread)
    # A single column has no second direction: all points lie on a line.
    directions = np.zeros((X.shape[1], 2))
    many = min(2, X.shape[1])
    directions[:, :many] = vectors[:, ::-1][:, :many]
    # A direction may point either way; this one is the same each time.
    for place in range(many):
        if directions[np.abs(directions[:, place]).argmax(), place] < 0:
            directions[:, place] *= -1
    total = max(values.sum(), np.finfo(float).tiny)
    shares = [*(values[::-1][:many] / total), 0.0][:2]
    first, second = (
        f"{name} ({share:.0%} of the variance)"
        for name, share in zip(COMPONENTS, shares, strict=True)
    )
    return (first, second), mean, directions
