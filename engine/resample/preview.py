"""What an arm does to the training rows, to be looked at before anything is trained."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from engine.core import space
from engine.core.errors import ArmError, DataError
from engine.core.events import Quality, Sampled
from engine.core.lab import Cloud, SyntheticRow, Treat, TreatedRows
from engine.core.methods.grammar import Arm
from engine.core.seeds import child
from engine.data.profile import MOST_ROWS, RowClasses, page, picture
from engine.features.encoding import BLOCK_ROWS
from engine.io.logs import collect_warnings, time_limit
from engine.io.machine import one_thread
from engine.resample import method, quality
from engine.resample.provenance import SYNTHETIC
from engine.resample.training_rows import TrainingRows, method_key

BINS = 30
LEAST_SECONDS = 20.0
"""A treatment is given up after ten times the patience, and never before this."""
LISTED_CELLS, LEAST_LISTED = 200_000, 20
"""Cells of the synthetic rows that are listed at most, and how many rows at least."""
COMPONENTS = ("component 1", "component 2")
DIGITS = 6
WIDE = 1_000
"""Columns beyond which two components are found without all others, which takes time
that grows with their cube."""
_NUMBERS = ("number", "integer")


@dataclass(frozen=True)
class PreviewRows:
    """What became of some training rows.

    `places` are those treated, `treated` what came out. `made` are the synthetic rows
    as cells of the table, in their order.
    """

    places: np.ndarray
    treated: method.MethodRows
    made: pd.DataFrame
    warnings: tuple[str, ...]
    seconds: float
    quality: Quality | None

    @property
    def synthetic(self) -> np.ndarray:
        """Places of the synthetic rows among the treated ones."""
        return np.flatnonzero(self.treated.origin == SYNTHETIC)

    @property
    def left(self) -> np.ndarray:
        """Which of the real rows are still there."""
        left = np.zeros(len(self.places), dtype=bool)
        left[self.treated.origin[self.treated.origin != SYNTHETIC]] = True
        return left


class Previewer:
    """Treats the training rows of one table with any arms, and shows what came out.

    Parameters
    ----------
    bench : TrainingRows
        The training rows.

    Notes
    -----
    The rows are those that a run of the same choices would treat before its final
    fit: the same hold-out, encoding, seed and, where all of them are treated, the same
    synthetic rows.
    """

    def __init__(self, bench: TrainingRows) -> None:
        self.bench = bench
        # The last one, so that another look at it takes no time.
        self._done: tuple[tuple[str, int], PreviewRows] | None = None

    def preview(self, request: Treat) -> TreatedRows:
        """Return what an arm does to the training rows.

        Parameters
        ----------
        request : Treat
            The arm, and what is to be seen of it.

        Returns
        -------
        TreatedRows
            Without synthetic, dropped and repeated rows for an arm that changes none.

        Raises
        ------
        ArmError
            If a sampler cannot work on these rows, or takes far too long.
        DataError
            If an axis or the column is none of the table's.
        """
        bench = self.bench
        choices = tuple(c.name for c in bench.dataset.columns if c.kind in _NUMBERS)
        # A table of two numbers and nothing else is drawn as it is.
        two = len(choices) == len(bench.dataset.columns) == 2
        axes = request.axes or ((choices[0], choices[1]) if two else None)
        for name in axes or ():
            if name not in choices:
                raise DataError(
                    f"there is no number column {name!r}", "choose another axis"
                )
        # Of what is left to a search, what it begins with is seen.
        arm = space.fix_setting(request.arm, space.first_setting(request.arm))
        treatment = self._treatment(arm, request.patience)
        treated, before = treatment.treated, bench.y[treatment.places]
        real = len(treated.y) - len(treatment.synthetic)
        part = len(before) < len(bench.y)
        names, kept, made, dropped = draw_points(
            bench, treatment, axes, most=request.points
        )
        reply = TreatedRows(
            id=request.id,
            arm=request.arm,
            before=bench.counts(before),
            after=bench.counts(treated.y),
            synthetic=bench.counts(treated.y[treatment.synthetic]),
            removed=bench.counts(before[~treatment.left]),
            copies=real - int(treatment.left.sum()),
            sampled=Sampled(rows=len(before), of=len(bench.y)) if part else None,
            repairs=treated.repairs,
            notes=tuple(dict.fromkeys([*treated.notes, *treatment.warnings])),
            seconds=treatment.seconds,
            axes=names,
            choices=choices,
            kept=kept,
            made=made,
            dropped=dropped,
            quality=treatment.quality,
            columns=tuple(c.name for c in bench.dataset.columns),
            lineage=_lineage(bench, treatment, request),
        )
        if request.column is None:
            return reply
        return _with_column(reply, bench, treatment, request.column)

    def _treatment(self, arm: Arm, patience: float) -> PreviewRows:
        places = self.bench.places(arm, patience)
        limit = max(LEAST_SECONDS, 10 * patience)
        late = ArmError(
            f"{arm.name} was given up after {limit:.0f} seconds: it takes much longer "
            "on these rows than was estimated",
            "use a quicker arm; a run waits for it",
            code="too-slow",
        )
        key = method_key(arm), len(places)
        if self._done is None or self._done[0] != key:
            with time_limit(limit, late):
                self._done = key, _apply(self.bench, arm, places)
        return self._done[1]


def _apply(bench: TrainingRows, arm: Arm, places: np.ndarray) -> PreviewRows:
    X, y = bench.rows(places), bench.y[places]
    started = time.perf_counter()
    with one_thread(), collect_warnings() as warnings:
        treated = bench.apply(arm, X, y)
    seconds = time.perf_counter() - started
    made = bench.features.restore(treated.X[treated.origin == SYNTHETIC])
    with collect_warnings():
        measured = quality.measure_applied(X, y, treated, bench.seed)
    return PreviewRows(places, treated, made, tuple(warnings), seconds, measured)


# A column ---------------------------------------------------------------------------


def _with_column(
    reply: TreatedRows, bench: TrainingRows, treatment: PreviewRows, name: str
) -> TreatedRows:
    """Add how a column is distributed before and after, over the same bins."""
    column = next((c for c in bench.dataset.columns if c.name == name), None)
    if column is None:
        raise DataError(f"there is no feature column {name!r}", "choose another one")
    treated, y = treatment.treated, bench.y[treatment.places]
    rows = bench.cells(treatment.places)[name]
    real = treated.origin != SYNTHETIC
    repeated = rows.iloc[treated.origin[real]]
    parts = [rows, repeated, _as(treatment.made[name], rows)]
    codes = [y, treated.y[real] + len(bench.labels)]
    codes.append(treated.y[~real] + len(bench.labels))
    sides = [(side, label) for side in ("before", "after") for label in bench.labels]
    drawing = picture(
        pd.concat(parts, ignore_index=True),
        column,
        RowClasses(tuple(map(repr, sides)), np.concatenate(codes)),
        id=0,
        bins=BINS,
    )
    before, after = (
        {label: drawing.counts[repr((side, label))] for label in bench.labels}
        for side in ("before", "after")
    )
    return msgspec.structs.replace(
        reply,
        column=name,
        edges=drawing.edges,
        levels=drawing.levels,
        bins_before=before,
        bins_after=after,
    )


def _as(made: pd.Series, like: pd.Series) -> pd.Series:
    """Return synthetic cells as the column holds its own."""
    if pd.api.types.is_numeric_dtype(like.dtype):
        numbers = made.to_numpy(dtype=np.float64, na_value=np.nan)
        return pd.Series(numbers, name=made.name)
    return made.astype(object)


# Lineage ----------------------------------------------------------------------------


def _lineage(
    bench: TrainingRows, treatment: PreviewRows, request: Treat
) -> tuple[SyntheticRow, ...]:
    """Return some synthetic rows with their parents, as cells of the table."""
    synthetic, lineage = treatment.synthetic, treatment.treated.lineage
    if not len(synthetic) or request.rows < 1 or lineage is None:
        return ()
    rng = np.random.default_rng(child(bench.seed, "preview", "lineage"))
    fitting = max(LEAST_LISTED, LISTED_CELLS // len(bench.dataset.columns))
    most = min(request.rows, MOST_ROWS, fitting, len(synthetic))
    rows = synthetic[np.sort(rng.choice(len(synthetic), most, replace=False))]
    treated = treatment.treated
    parents: list[pd.DataFrame] = []
    numbers: list[list[int | None]] = []
    for side in (lineage.first[rows], lineage.second[rows]):
        places = treatment.places[np.maximum(side, 0)]
        parents.append(bench.cells(places))
        there = zip(bench.numbers[places].tolist(), side.tolist(), strict=True)
        numbers.append([number if have >= 0 else None for number, have in there])
    cells = _cells(bench, bench.features.restore(treated.X[rows], parents))
    first, second = (_cells(bench, frame) for frame in parents)
    shown = []
    for place, row in enumerate(rows.tolist()):
        one, other = numbers[0][place], numbers[1][place]
        weight = float(lineage.weight[row])
        shown.append(
            SyntheticRow(
                method=request.arm.steps[int(lineage.step[row])].sampler,
                label=bench.labels[int(treated.y[row])],
                cells=cells[place],
                first=() if one is None else first[place],
                second=() if other is None else second[place],
                rows=(one, other),
                weight=short(weight) if np.isfinite(weight) else None,
                exact=bool(lineage.exact[row]),
            )
        )
    return tuple(shown)


def _cells(
    bench: TrainingRows, frame: pd.DataFrame
) -> tuple[tuple[str | None, ...], ...]:
    return page(frame, bench.dataset.columns, id=0, start=0, count=len(frame)).rows


# Points -----------------------------------------------------------------------------


def draw_points(
    bench: TrainingRows, of: PreviewRows, axes: tuple[str, str] | None, *, most: int
) -> tuple[tuple[str, str], Cloud, Cloud, Cloud]:
    """Return points of the kept, the synthetic and the dropped rows, by class.

    Parameters
    ----------
    bench : TrainingRows
    of : PreviewRows
        What became of some of them.
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
    before, treated = bench.y[of.places], of.treated
    sides = {
        "kept": (before, np.flatnonzero(of.left)),
        "made": (treated.y, of.synthetic),
        "dropped": (before, np.flatnonzero(~of.left)),
    }
    chosen = {side: bench.draw(side, *rows, most) for side, rows in sides.items()}
    if axes is not None:
        names = axes
        real, new = _numbers(bench.cells(of.places), axes), _numbers(of.made, axes)
        flat = {
            "kept": real[chosen["kept"]],
            "made": new[np.searchsorted(of.synthetic, chosen["made"])],
            "dropped": real[chosen["dropped"]],
        }
    else:
        X = bench.rows(of.places)
        names, mean, directions = _components(X)
        flat = {
            side: ((treated.X if side == "made" else X)[rows] - mean) @ directions
            for side, rows in chosen.items()
        }
    kept, added, gone = (
        _cloud(bench, y[chosen[side]], flat[side]) for side, (y, _) in sides.items()
    )
    return names, kept, added, gone


def _cloud(bench: TrainingRows, labels: np.ndarray, points: np.ndarray) -> Cloud:
    """Return points by class; those of which a coordinate is missing are left out."""
    known = np.isfinite(points).all(axis=1)
    cloud: Cloud = {}
    for number, label in enumerate(bench.labels):
        chosen = points[known & (labels == number)]
        if len(chosen):
            across, up = (tuple(map(short, axis)) for axis in chosen.T.tolist())
            cloud[label] = (across, up)
    return cloud


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
    # A single column has no second direction: all points lie on a line.
    directions = np.zeros((X.shape[1], 2))
    many = min(2, X.shape[1])
    if X.shape[1] > WIDE and len(X) > many:
        found = PCA(many, svd_solver="arpack", random_state=0).fit(X)
        directions[:] = found.components_.T
        shares = found.explained_variance_ratio_.tolist()
    else:
        spread = np.zeros((X.shape[1], X.shape[1]))
        for begin in range(0, len(X), BLOCK_ROWS):
            block = X[begin : begin + BLOCK_ROWS] - mean
            spread += block.T @ block
        values, vectors = np.linalg.eigh(spread)
        directions[:, :many] = vectors[:, ::-1][:, :many]
        total = max(values.sum(), np.finfo(float).tiny)
        shares = [*(values[::-1][:many] / total), 0.0][:2]
    # A direction may point either way; this one is the same each time.
    for place in range(many):
        if directions[np.abs(directions[:, place]).argmax(), place] < 0:
            directions[:, place] *= -1
    first, second = (
        f"{name} ({share:.0%} of the variance)"
        for name, share in zip(COMPONENTS, shares, strict=True)
    )
    return (first, second), mean, directions
