"""Generate synthetic tables: scikit-learn's shapes, and those of a publication."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from imblearn.datasets import make_imbalance
from sklearn.datasets import make_blobs, make_moons

from engine.core.messages import Sketch, Sketched
from engine.io.catalogue import checked, encoded
from engine.io.files import put
from engine.io.make_spec import TARGET, Make, parse

SKETCHED_CELLS = 400_000
"""Numbers that are drawn for a sketch at most; that takes a tenth of a second."""
DIGITS = 4
CORRELATION = 0.2
SPREAD = 0.7
"""Variance of a positive row's features; that of the others is 1."""
SHIFTS = {8: 0.6043, 16: 0.4854}
"""Mean of a positive row's features, by how many there are; that of the others is 0."""


def frame(make: Make, counts: Sequence[int] = ()) -> pd.DataFrame:
    """Draw a table, with its seed: the same value gives the same bytes.

    Moons and blobs are drawn with classes of equal size first, then `make_imbalance`
    thins them. With 2,750 rows, a ratio of 10 and a noise of 0.5 the moons are the
    article's. ``carriero`` is the mechanism of Carriero et al. (2025), Statistics in
    Medicine, doi 10.1002/sim.10320; only the number of positives, which they draw
    from a binomial distribution, is its mean here.

    Parameters
    ----------
    make : Make
        What to draw.
    counts : sequence of int, default=()
        Rows of each class, if not those that the table says.

    Returns
    -------
    pandas.DataFrame
        Columns ``feature1`` and on, and ``label``; the rows class by class.

    Examples
    --------
    >>> from engine.io.make_spec import make
    >>> frame(make("moons", rows=100, ratio=4)).columns.tolist()
    ['feature1', 'feature2', 'label']
    """
    counts = counts or [*make.counts.values()]
    if make.kind == "carriero":
        return _two_normals(make, counts)
    if make.kind == "moons":
        X, y = make_moons(2 * max(counts), noise=make.noise, random_state=make.seed)
        if make.overlap != 0.5:
            X[y == 1, 1] += make.overlap - 0.5
    else:
        box = 14.0 * (1.0 - make.overlap)
        X, y = make_blobs(
            n_samples=make.classes * max(counts),
            centers=make.classes,
            n_features=make.features,
            cluster_std=make.noise,
            center_box=(-box, box),
            random_state=make.seed,
        )
    rows, label = make_imbalance(
        pd.DataFrame(X, columns=[*make.columns]),
        pd.Series(y, name=TARGET),
        sampling_strategy=dict(enumerate(counts)),
        random_state=make.seed,
    )
    found: pd.DataFrame = rows.assign(**{TARGET: label}).reset_index(drop=True)
    return found


def _two_normals(make: Make, counts: Sequence[int]) -> pd.DataFrame:
    """Draw two normal distributions; the positives' covariance is 0.7 of the other.

    A part that some features share gives each pair of them its covariance.
    """
    rng = np.random.default_rng(make.seed)
    y = np.repeat([0, 1], counts)
    X = rng.standard_normal((len(y), make.features))
    common = rng.standard_normal((len(y), 1))
    alike = X[:, : make.features * 3 // 4]
    alike[:] = math.sqrt(1 - CORRELATION) * alike + math.sqrt(CORRELATION) * common
    X[y == 1] = SHIFTS[make.features] + math.sqrt(SPREAD) * X[y == 1]
    return pd.DataFrame(X, columns=[*make.columns]).assign(**{TARGET: y})


def sketch(request: Sketch) -> Sketched:
    """Return some points of a table, by their first two features.

    Of a table too large to be seen at once, a smaller one with classes of the same
    shape is drawn, and the answer says so.

    Parameters
    ----------
    request : Sketch
        The source, and how many points there is room for.

    Returns
    -------
    Sketched
        Points by class label. Each class has its share of them, a small one at
        least a quarter of an equal share, if it has so many.

    Raises
    ------
    DataError
        If the source says no table.

    Examples
    --------
    >>> found = sketch(Sketch(id=1, source="make:moons?rows=110", points=60))
    >>> {label: len(xs) for label, (xs, _) in found.points.items()}
    {'0': 53, '1': 7}
    """
    make = parse(request.source)
    counts = [*make.counts.values()]
    most = SKETCHED_CELLS // (make.classes * make.features)
    table = frame(make, [min(count, most) for count in counts])
    X = table[[*make.columns[:2]]].to_numpy().round(DIGITS)
    y = table[TARGET].to_numpy()
    rng = np.random.default_rng(make.seed)
    points: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {}
    for label, many in enumerate(_shared(counts, request.points)):
        rows = rng.permutation(np.flatnonzero(y == label))[:many]
        xs, ys = X[rows].T.tolist()
        points[str(label)] = (tuple(xs), tuple(ys))
    return Sketched(
        id=request.id,
        source=make.source,
        points=points,
        counts=make.counts,
        whole=max(counts) <= most,
    )


def _shared(counts: Sequence[int], room: int) -> list[int]:
    """Divide so many points among classes: by size, but no small one goes short."""
    if sum(counts) <= room:
        return [*counts]
    least = room // (4 * len(counts))
    rest = [min(count, max(least, room * count // sum(counts))) for count in counts[1:]]
    return [min(counts[0], room - sum(rest)), *rest]


def write(table: Make, out: Path, overwrite: bool = False) -> Path:
    """Write a made-up table, whole or not at all; only its owner may read it.

    Parameters
    ----------
    table : Make
        What to draw.
    out : pathlib.Path
        The file to write; ``.csv``, ``.csv.gz`` or ``.parquet`` decides the format.
    overwrite : bool, default=False
        Whether a file of that name may be replaced.

    Returns
    -------
    pathlib.Path
        The file that was written.

    Raises
    ------
    DataError
        If the format is unknown.
    OutputError
        If the folder is missing, the file exists and may not be replaced, or cannot
        be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from engine.io.make_spec import make
    >>> with TemporaryDirectory() as folder:
    ...     path = write(make("moons", rows=50), Path(folder, "m.csv"))
    ...     path.read_text().splitlines()[0]
    'feature1,feature2,label'
    """
    suffix = checked(table.kind, out, overwrite)
    put(out, encoded(frame(table), suffix), overwrite=overwrite)
    return out
