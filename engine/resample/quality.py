"""What synthetic rows look like beside the real ones, in four figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from engine.core import events, seeds
from engine.io.machine import one_thread
from engine.resample import hull
from engine.resample.provenance import SYNTHETIC, match_rows
from engine.resample.segments import place

if TYPE_CHECKING:
    from engine.resample.method import MethodRows

SOLVED: Final = 250
"""Rows that the hull is asked about one by one, if nothing simpler decides."""
SOLVED_VALUES: Final = 75_000_000
"""Fewer of them where the class is large: each round takes so many products."""

PAIRS, LOOKED_AT = 300_000_000, 300
"""Pairs of a synthetic and a real row to compare. With more than 150,000 real rows
fewer synthetic ones are looked at, but so many at least."""
BLOCK_PAIRS: Final = 1_000_000

TOLD_APART: Final = 1_000
FEWEST: Final = 10
FOLDS: Final = 3
TREES: Final = 40
LEAVES: Final = 8

TIE: Final = 1e-9
"""Share of a distance by which another must be shorter: 64 bits round differently."""


def measure(
    X: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    labels: np.ndarray,
    *,
    seed: int,
    parents: np.ndarray | None = None,
    most: int = 2_000,
) -> events.Quality | None:
    """Compare synthetic rows with the real rows that they are trained beside.

    The figures are of at most `most` of the synthetic rows, drawn at random, all
    classes together.

    ``intruding`` is the share whose nearest real row is of another class: strictly
    nearer than any of their own. Of rows at the same distance one of the own class
    counts, so a row equal to real rows of two classes does not intrude.

    ``duplicates`` is the share that are equal to a real row of their class in every
    column.

    ``outside`` is the share out of the convex hull of the real rows of their class,
    beyond rounding. A row out of the box around them is outside, one between two of
    them inside; of the others at most 250 are drawn and decided by a proof (see
    `engine.resample.hull`), and stand for all of them. With 250 the share is known to
    ± 6 points (95 %). Rows that were made legal (whole numbers, one level of a
    category) may leave the hull by that alone.

    ``separability`` is the ROC AUC of gradient boosted trees, 40 of up to 8 leaves,
    that tell synthetic rows from real ones of their class, as many of each and at
    most 1,000, each row scored by trees that were not fitted on it (3 folds). With
    several classes it is the mean, weighted by their synthetic rows. At 1 each
    synthetic row gives itself away; at 0.5 the trees cannot tell. Below 0.5 rows are
    copied or nearly so: the real row that a synthetic one was made from is mostly in
    the part that is fitted on, and makes it look real.

    Parameters
    ----------
    X : numpy.ndarray of shape (n_real, n_features), dtype float32
        Real rows of all classes.
    y : numpy.ndarray of shape (n_real,)
        Their classes.
    rows : numpy.ndarray of shape (n_synthetic, n_features), dtype float32
        Synthetic rows.
    labels : numpy.ndarray of shape (n_synthetic,)
        Their classes.
    seed : int
        Of the draws.
    parents : numpy.ndarray of shape (n_synthetic, 2) or None, default=None
        Row numbers in `X` of what each was made from, -1 where there is none. A row
        between two of them is inside without a proof, so the share is known better.
    most : int, default=2_000
        Synthetic rows to look at; fewer beside more than 150,000 real rows.

    Returns
    -------
    Quality or None
        None if there are no synthetic rows. A figure is None where nothing can be
        said: of less than 10 rows of either kind, or of values that are no numbers.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(200, 2)), np.repeat([0, 1], 100)
    >>> rows = (X[100:150] + X[150:]) / 2
    >>> found = measure(X, y, rows, np.ones(50, dtype=int), seed=0)
    >>> found.rows, found.duplicates, found.outside
    (50, 0.0, 0.0)
    """
    of = len(rows)
    if of == 0:
        return None
    most = min(most, max(LOOKED_AT, PAIRS // max(1, len(X))))
    drawn = _draw(of, most, seeds.child(seed, "quality", "rows"))
    rows, labels = rows[drawn], labels[drawn]
    if not (np.isfinite(X).all() and np.isfinite(rows).all()):
        return events.Quality(rows=len(rows), of=of)
    with one_thread():
        classes = np.isin(y, labels)
        equal = match_rows(rows, labels, X[classes], y[classes]) >= 0
        kin = None if parents is None else np.asarray(parents)[drawn]
        return events.Quality(
            rows=len(rows),
            of=of,
            intruding=_count_intruding(X, y, rows[~equal], labels[~equal]) / len(rows),
            duplicates=float(equal.mean()),
            outside=_outside(X, y, rows, labels, kin, seed),
            separability=_separability(X, y, rows, labels, seed),
        )


def measure_applied(
    X: np.ndarray, y: np.ndarray, rows: MethodRows, seed: int
) -> events.Quality | None:
    """Measure the synthetic rows of a method whose parents were traced."""
    lineage = rows.lineage
    if lineage is None:
        return None
    made = rows.origin == SYNTHETIC
    parents = np.column_stack([lineage.first[made], lineage.second[made]])
    return measure(X, y, rows.X[made], rows.y[made], seed=seed, parents=parents)


def _draw(count: int, most: int, seed: int) -> np.ndarray:
    if count <= most:
        return np.arange(count)
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(count, size=most, replace=False))


def _count_intruding(
    X: np.ndarray, y: np.ndarray, rows: np.ndarray, labels: np.ndarray
) -> int:
    """Count the rows that are nearest to a row of another class."""
    count = 0
    for label in np.unique(labels):
        points, own, other = rows[labels == label], X[y == label], X[y != label]
        if len(other):
            near, far = _distance(points, own), _distance(points, other)
            count += int((far < near * (1 - TIE)).sum())
    return count


def _distance(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return how far the nearest row of each point is.

    All pairs are compared by a product of matrices: it takes the same time whatever
    the rows are like, where a tree may need a hundred times as long in 20 columns.
    """
    centre = rows.mean(axis=0, dtype=np.float64)
    centred = points - centre
    best, who = np.full(len(points), -np.inf), np.zeros(len(points), dtype=np.int64)
    step = max(1, BLOCK_PAIRS // len(points))
    for begin in range(0, len(rows), step):
        block = rows[begin : begin + step] - centre
        # The nearest has the largest of xy - y²/2.
        near = centred @ block.T
        near -= np.einsum("ij,ij->i", block, block) / 2
        top = near.argmax(axis=1)
        nearness = near[np.arange(len(top)), top]
        closer = nearness > best
        best[closer], who[closer] = nearness[closer], top[closer] + begin
    apart = np.asarray(points, dtype=np.float64) - rows[who]
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", apart, apart)))


def _outside(
    X: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    labels: np.ndarray,
    parents: np.ndarray | None,
    seed: int,
) -> float | None:
    """Return the share of rows that are out of the hull of their class."""
    sides = np.full(len(rows), hull.UNDECIDED, dtype=np.int8)
    if parents is not None:
        # What lies between two real rows of its class is a mixture of them.
        both = np.flatnonzero((parents >= 0).all(axis=1))
        both = both[(y[parents[both]] == labels[both, None]).all(axis=1)]
        on, weight = place(X[parents[both, 0]], X[parents[both, 1]], rows[both])
        sides[both[on & (weight >= 0) & (weight <= 1)]] = hull.INSIDE
    real = {label: X[y == label] for label in np.unique(labels)}
    for label, members in real.items():
        here = np.flatnonzero((labels == label) & (sides == hull.UNDECIDED))
        sides[here[hull.Box(members).excludes(rows[here])]] = hull.OUTSIDE
    open_ = np.flatnonzero(sides == hull.UNDECIDED)
    outside = float((sides == hull.OUTSIDE).sum())
    if open_.size:
        largest = max(members.size for members in real.values())
        most = max(FEWEST, min(SOLVED, SOLVED_VALUES // max(1, largest)))
        seed = seeds.child(seed, "quality", "hull")
        tested = open_[_draw(len(open_), most, seed)]
        for label, members in real.items():
            here = tested[labels[tested] == label]
            sides[here] = hull.side(rows[here], members)
        decided = tested[sides[tested] != hull.UNDECIDED]
        if not decided.size:
            return None
        outside += len(open_) * float((sides[decided] == hull.OUTSIDE).mean())
    return outside / len(rows)


def _separability(
    X: np.ndarray, y: np.ndarray, rows: np.ndarray, labels: np.ndarray, seed: int
) -> float | None:
    """Return how well trees tell synthetic from real, over the classes."""
    scores, weights = [], []
    for label in np.unique(labels):
        made, real = rows[labels == label], X[y == label]
        count = min(len(made), len(real), TOLD_APART)
        if count < FEWEST:
            continue
        draws = [
            part[_draw(len(part), count, seeds.child(seed, "quality", name))]
            for name, part in (("real", real), ("synthetic", made))
        ]
        scores.append(_auc(np.vstack(draws), np.repeat([0, 1], count), seed))
        weights.append(len(made))
    return float(np.average(scores, weights=weights)) if scores else None


def _auc(rows: np.ndarray, made: np.ndarray, seed: int) -> float:
    seed = seeds.child(seed, "quality", "trees")
    trees = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        # A child of 20 rows, its default, is much where there are 20 rows.
        min_samples_leaf=min(20, max(1, len(rows) // 20)),
        early_stopping=False,
        random_state=seed,
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    scored = cross_val_predict(trees, rows, made, cv=folds, method="predict_proba")
    return float(roc_auc_score(made, scored[:, 1]))
