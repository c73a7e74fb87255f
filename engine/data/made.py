"""Draws made-up tables, with scikit-learn's generators and `make_imbalance`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from imblearn.datasets import make_imbalance
from sklearn.datasets import make_blobs, make_circles, make_classification, make_moons

from engine.client.messages import Sketch, Sketched
from engine.data.make_spec import TARGET, Make, parse
from engine.errors import DataError

__all__ = ["frame", "sketch", "table"]

_Floats: TypeAlias = npt.NDArray[np.float64]
_Points: TypeAlias = tuple[_Floats, npt.NDArray[np.int64]]

SKETCHED_CELLS = 400_000
"""Numbers that are drawn for a sketch at most; that takes a tenth of a second."""
DIGITS = 4
COMPONENTS = ("component 1", "component 2")


def table(source: str) -> pd.DataFrame:
    """Draw the table that a source says.

    Parameters
    ----------
    source : str
        ``make:…``, as `engine.data.make_spec.parse` reads it.

    Returns
    -------
    pandas.DataFrame
        As `frame` returns it.

    Raises
    ------
    DataError
        If the source says no table that can be made.

    Examples
    --------
    >>> table("make:circles?rows=220")["label"].value_counts().to_dict()
    {0: 200, 1: 20}
    """
    return frame(parse(source))


def frame(make: Make) -> pd.DataFrame:
    """Draw a table: classes of equal size first, then `make_imbalance`.

    Both draws have the table's seed, so that the same value gives the same bytes.
    With 2,750 rows, a ratio of 10 and a noise of 0.5 the moons are the article's.

    Parameters
    ----------
    make : Make
        What to draw.

    Returns
    -------
    pandas.DataFrame
        Columns ``feature1`` and on, and ``label``; the rows class by class.

    Examples
    --------
    >>> from engine.data.make_spec import make
    >>> frame(make("moons", rows=100, ratio=4)).columns.tolist()
    ['feature1', 'feature2', 'label']
    """
    return _imbalanced(make, [*make.counts.values()], make.pool)


def _imbalanced(make: Make, counts: Sequence[int], pool: int) -> pd.DataFrame:
    X, y = _DRAWN[make.kind](make, pool)
    rows, label = make_imbalance(
        pd.DataFrame(X, columns=[*make.columns]),
        pd.Series(y, name=TARGET),
        sampling_strategy=dict(enumerate(counts)),
        random_state=make.seed,
    )
    found: pd.DataFrame = rows.assign(**{TARGET: label}).reset_index(drop=True)
    return found


def _moons(make: Make, pool: int) -> _Points:
    X, y = make_moons(n_samples=2 * pool, noise=make.noise, random_state=make.seed)
    if make.overlap != 0.5:
        X[y == 1, 1] += make.overlap - 0.5
    return X, y


def _blobs(make: Make, pool: int) -> _Points:
    box = 14.0 * (1.0 - make.overlap)
    X, y = make_blobs(
        n_samples=make.classes * pool,
        centers=make.classes,
        n_features=make.features,
        cluster_std=make.noise,
        center_box=(-box, box),
        random_state=make.seed,
    )
    return X, y


def _circles(make: Make, pool: int) -> _Points:
    # The two rings would be one at a factor of 1, which scikit-learn refuses.
    X, y = make_circles(
        n_samples=2 * pool,
        noise=make.noise,
        factor=min(make.overlap, 0.999),
        random_state=make.seed,
    )
    return X, y


def _classification(make: Make, pool: int) -> _Points:
    # Unshuffled, the columns that tell the classes come first, as is promised.
    X, y = make_classification(
        n_samples=make.classes * pool,
        n_features=make.features,
        n_informative=make.informative,
        n_redundant=0,
        n_classes=make.classes,
        n_clusters_per_class=make.clusters,
        flip_y=make.noise,
        class_sep=max(2.0 * (1.0 - make.overlap), 1e-9),
        shuffle=False,
        random_state=make.seed,
    )
    return X, y


_DRAWN: dict[str, Callable[[Make, int], _Points]] = {
    "moons": _moons,
    "blobs": _blobs,
    "circles": _circles,
    "classification": _classification,
}


def sketch(request: Sketch) -> Sketched:
    """Return some points of a table, to be seen at once.

    A table too large for that is not drawn: a smaller one is, whose classes have
    the same shape, and the answer says so.

    Parameters
    ----------
    request : Sketch
        The source, the two features, and how many points there is room for.

    Returns
    -------
    Sketched
        Points by class label. Each class has its share of them, a small one at
        least a quarter of an equal share, if it has so many.

    Raises
    ------
    DataError
        If the source says no table, or it has no such feature.

    Examples
    --------
    >>> found = sketch(Sketch(id=1, source="make:moons?rows=110", points=60))
    >>> {label: len(xs) for label, (xs, _) in found.points.items()}
    {'0': 53, '1': 7}
    """
    make = parse(request.source)
    counts = [*make.counts.values()]
    most = SKETCHED_CELLS // (make.classes * make.features)
    whole = make.pool <= most
    there = counts if whole else [min(count, most // 2) for count in counts]
    drawn = _imbalanced(make, there, make.drawn(max(there)))
    X = drawn[[*make.columns]].to_numpy()
    names, flat = _flat(X, make, request.axes)
    y = drawn[TARGET].to_numpy()
    rng = np.random.default_rng(make.seed)
    points: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {}
    for label, many in enumerate(_shared(counts, request.points)):
        # A class of a smaller table may have fewer: the slice ends there.
        rows = rng.permutation(np.flatnonzero(y == label))[:many]
        xs, ys = flat[rows].round(DIGITS).T.tolist()
        points[str(label)] = (tuple(xs), tuple(ys))
    return Sketched(
        id=request.id,
        source=make.source,
        axes=names,
        points=points,
        counts=make.counts,
        whole=whole,
    )


def _shared(counts: Sequence[int], room: int) -> list[int]:
    """Divide so many points among classes: by size, but no small one goes short."""
    if sum(counts) <= room:
        return [*counts]
    least = room // (4 * len(counts))
    rest = [min(count, max(least, room * count // sum(counts))) for count in counts[1:]]
    return [min(counts[0], room - sum(rest)), *rest]


def _flat(
    X: _Floats, make: Make, axes: tuple[str, str] | None
) -> tuple[tuple[str, str], _Floats]:
    """Return two features, or the first two principal components of many."""
    if axes is None and make.features == 2:
        axes = (make.columns[0], make.columns[1])
    if axes is not None:
        for name in axes:
            if name not in make.columns:
                raise DataError(
                    f"{make.source} has no feature {name!r}",
                    f"choose one from {make.columns[0]} to {make.columns[-1]}",
                )
        return axes, X[:, [make.columns.index(name) for name in axes]]
    centred = X - X.mean(axis=0)
    _, _, directions = np.linalg.svd(np.cov(centred, rowvar=False))
    # A direction may point either way; this one is the same at every step.
    largest = np.abs(directions[:2]).argmax(axis=1)
    signs = np.sign(directions[[0, 1], largest])
    flat: _Floats = centred @ (directions[:2] * signs[:, None]).T
    return COMPONENTS, flat
