"""What synthetic rows look like beside the real ones, in four figures.

One of them asks whether a row is inside the convex hull of others. A hull in more than
a few dimensions has too many faces to be drawn, but one row can be asked about. The
mixture that comes nearest to it is a problem of least squares with weights that are not
negative (Lawson and Hanson 1974, chapter 23). If it is the row itself, the row is
inside; if not, what is left over points away from the hull: every row of the hull must
lie behind it, which is checked (Farkas' lemma). Either answer is a proof, but for
rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import UNSET
from scipy.optimize import nnls
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from engine.core import events, seeds
from engine.io.machine import one_thread
from engine.resample.provenance import SYNTHETIC, match_rows, place, precision

if TYPE_CHECKING:
    from engine.resample.method import MethodRows

PAIRS, LOOKED_AT = 300_000_000, 300
"""Pairs of a synthetic and a real row to compare. With more than 150,000 real rows
fewer synthetic ones are looked at, but so many at least."""
BLOCK_PAIRS: Final = 1_000_000
TOLD_APART: Final = 1_000
FEWEST: Final = 10
FOLDS: Final = 3
TREES: Final = 40
TREE_COLUMNS: Final = 500
"""Columns that the trees see; with 10,000 they took 39 s, whatever the rows."""
LEAVES: Final = 8
TIE: Final = 1e-9
"""Share of a distance by which another must be shorter: 64 bits round differently."""
SOLVED: Final = 250
"""Rows that the hull is asked about one by one, if nothing simpler decides."""
SOLVED_VALUES: Final = 75_000_000
"""Fewer of them where the class is large: each round takes so many products."""


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
    `side`), and stand for all of them. With 250 the share is known
    to ± 6 points (95 %). Rows that were made legal (whole numbers, one level of a
    category) may leave the hull by that alone.

    ``separability`` is the ROC AUC of gradient boosted trees, 40 of up to 8 leaves,
    that tell synthetic rows from real ones of their class, as many of each and at
    most 1,000, each row scored by trees that were not fitted on it (3 folds). With
    several classes it is the mean, weighted by their synthetic rows. At 1 each
    synthetic row gives itself away; at 0.5 the trees cannot tell. Below 0.5 rows are
    copied or nearly so: the real row that a synthetic one was made from is mostly in
    the part that is fitted on, and makes it look real. Of more than 500 columns the
    trees see 500, drawn at random, and ``columns`` says so.

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
    columns = _draw(X.shape[1], TREE_COLUMNS, seeds.child(seed, "quality", "columns"))
    part = len(columns) < X.shape[1]
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
            separability=_separability(X, y, rows, labels, columns, seed),
            columns=len(columns) if part else UNSET,
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


def _separability(
    X: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    labels: np.ndarray,
    columns: np.ndarray,
    seed: int,
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
        scores.append(
            _auc(np.vstack(draws)[:, columns], np.repeat([0, 1], count), seed)
        )
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


def _outside(
    X: np.ndarray,
    y: np.ndarray,
    rows: np.ndarray,
    labels: np.ndarray,
    parents: np.ndarray | None,
    seed: int,
) -> float | None:
    """Return the share of rows that are out of the hull of their class."""
    sides = np.full(len(rows), UNDECIDED, dtype=np.int8)
    if parents is not None:
        # What lies between two real rows of its class is a mixture of them.
        both = np.flatnonzero((parents >= 0).all(axis=1))
        both = both[(y[parents[both]] == labels[both, None]).all(axis=1)]
        on, weight = place(X[parents[both, 0]], X[parents[both, 1]], rows[both])
        sides[both[on & (weight >= 0) & (weight <= 1)]] = INSIDE
    real = {label: X[y == label] for label in np.unique(labels)}
    for label, members in real.items():
        here = np.flatnonzero((labels == label) & (sides == UNDECIDED))
        sides[here[Box(members).excludes(rows[here])]] = OUTSIDE
    open_ = np.flatnonzero(sides == UNDECIDED)
    outside = float((sides == OUTSIDE).sum())
    if open_.size:
        largest = max(members.size for members in real.values())
        most = max(FEWEST, min(SOLVED, SOLVED_VALUES // max(1, largest)))
        seed = seeds.child(seed, "quality", "hull")
        tested = open_[_draw(len(open_), most, seed)]
        for label, members in real.items():
            here = tested[labels[tested] == label]
            sides[here] = side(rows[here], members)
        decided = tested[sides[tested] != UNDECIDED]
        if not decided.size:
            return None
        outside += len(open_) * float((sides[decided] == OUTSIDE).mean())
    return outside / len(rows)


# Inside or outside of a convex hull -------------------------------------------------


INSIDE, OUTSIDE, UNDECIDED = 0, 1, -1
ALL: Final = 800
"""So few rows are given to the solver at once; of more the useful ones, in rounds."""
NEAREST: Final = 96
ADDED: Final = 32
"""Rows that join in a round: those furthest on the wrong side."""
ROUNDS: Final = 40
"""A row that is not separated after so many steps is left undecided."""
SLOP: Final = 4.0
"""How many times the rounding of all columns is still rounding."""
BLOCK_VALUES: Final = 4_000_000


def side(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Tell for each point whether it is out of the convex hull of rows.

    A point that is outside by no more than the rounding of the values' own type is
    inside.

    Parameters
    ----------
    points : numpy.ndarray of shape (n_points, n_features)
    rows : numpy.ndarray of shape (n_rows, n_features)
        One at least; finite.

    Returns
    -------
    numpy.ndarray of shape (n_points,), dtype int8
        `INSIDE`, `OUTSIDE`, or `UNDECIDED` where the solver gave up.

    Examples
    --------
    >>> corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> side(np.array([[0.5, 0.5], [0.51, 0.51], [2.0, 0.0]]), corners)
    array([0, 1, 1], dtype=int8)
    """
    box = Box(rows)
    sides = np.full(len(points), UNDECIDED, dtype=np.int8)
    sides[box.excludes(points)] = OUTSIDE
    open_ = np.flatnonzero(sides == UNDECIDED)
    if not box.wide.any():
        sides[open_] = INSIDE
        return sides
    queries = box.scaled(points[open_])
    mixtures = _Mixtures(box.scaled(rows), box.error[box.wide] / box.width[box.wide])
    sides[open_] = mixtures.side(queries)
    return sides


class Box:
    """The smallest box around rows, widened by their rounding.

    Parameters
    ----------
    rows : numpy.ndarray of shape (n_rows, n_features)

    Attributes
    ----------
    low, width, error : numpy.ndarray of shape (n_features,)
        Where it begins, how wide it is, and what rounding may add on either side.
    wide : numpy.ndarray of shape (n_features,), dtype bool
        The columns in which the rows differ by more.

    Examples
    --------
    >>> Box(np.array([[0.0, 1.0], [2.0, 1.0]])).excludes(np.array([[1.0, 1.5]]))
    array([ True])
    """

    def __init__(self, rows: np.ndarray) -> None:
        unit = precision(rows.dtype)
        self.low = rows.min(axis=0).astype(np.float64)
        self.high = rows.max(axis=0).astype(np.float64)
        self.width = self.high - self.low
        self.error = 4 * unit * np.maximum(np.abs(self.low), np.abs(self.high))
        self.wide = self.width > self.error

    def excludes(self, points: np.ndarray) -> np.ndarray:
        """Return which points are outside of it along some column."""
        below, above = points < self.low - self.error, points > self.high + self.error
        return np.asarray((below | above).any(axis=1))

    def scaled(self, rows: np.ndarray) -> np.ndarray:
        """Return rows in units of the box, without the columns that do not differ."""
        middle = self.low + self.width / 2
        varying = np.asarray(rows[:, self.wide], dtype=np.float64)
        return np.asarray((varying - middle[self.wide]) / self.width[self.wide])


class _Mixtures:
    """Mixtures of rows that come nearest to points, in units of the box."""

    def __init__(self, rows: np.ndarray, error: np.ndarray) -> None:
        self.rows, self.error = rows, error
        self.squares = np.einsum("ij,ij->i", rows, rows)
        # That weights add up to one is one more column.
        self.allowed = np.append(error, error.max())

    def side(self, points: np.ndarray) -> np.ndarray:
        """Ask about all points together: the rows are read once a round."""
        sides = np.full(len(points), UNDECIDED, dtype=np.int8)
        used = [self._first(point) for point in points]
        pending = np.arange(len(points))
        for _ in range(ROUNDS):
            away, missed = np.zeros_like(points), np.zeros(len(points), dtype=bool)
            for number in pending:
                left = self._left_over(points[number], used[number])
                if left is None:
                    continue
                if (np.abs(left) <= self.allowed).all():
                    sides[number] = INSIDE
                else:
                    away[number], missed[number] = left[:-1], True
            pending = np.flatnonzero(missed)
            if not pending.size:
                break
            pending = self._check_behind(points, away, used, pending, sides)
        return sides

    def _first(self, point: np.ndarray) -> np.ndarray:
        """Return the rows to begin with: all, or those near to the point."""
        if len(self.rows) <= ALL:
            return np.arange(len(self.rows))
        far = self.squares - 2 * (self.rows @ point)
        return np.asarray(np.argpartition(far, NEAREST)[:NEAREST])

    def _left_over(self, point: np.ndarray, used: np.ndarray) -> np.ndarray | None:
        """Return how the nearest mixture misses a point; None if none is found."""
        columns = np.vstack([self.rows[used].T, np.ones(len(used))])
        aim = np.append(point, 1.0)
        try:
            weights, _ = nnls(columns, aim)
        except RuntimeError:  # no end within its iterations
            return None
        return np.asarray(aim - columns @ weights)

    def _check_behind(
        self,
        points: np.ndarray,
        away: np.ndarray,
        used: list[np.ndarray],
        pending: np.ndarray,
        sides: np.ndarray,
    ) -> np.ndarray:
        """Look whether every row lies behind a point; return those still open.

        A row that does not may help to mix the point, so it joins.
        """
        directions = away[pending]
        ahead = np.einsum("ij,ij->i", directions, points[pending])
        slack = np.abs(directions) @ self.error
        best, who = self._furthest(directions)
        open_ = []
        for position, number in enumerate(pending):
            if ahead[position] > best[position, 0] + slack[position]:
                sides[number] = OUTSIDE
                continue
            joined = np.union1d(used[number], who[position])
            if len(joined) == len(used[number]):
                # No row can help: either what is left over is no more than rounding,
                # or the solver did not go to the end.
                if np.abs(directions[position]).sum() <= SLOP * self.error.sum():
                    sides[number] = INSIDE
                continue
            used[number] = joined
            open_.append(number)
        return np.array(open_, dtype=np.int64)

    def _furthest(self, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how far the furthest rows along each direction lie, and which."""
        count = min(ADDED, len(self.rows))
        best = np.full((len(directions), 0), -np.inf)
        who = np.zeros((len(directions), 0), dtype=np.int64)
        step = max(count, BLOCK_VALUES // len(directions))
        for begin in range(0, len(self.rows), step):
            reach = directions @ self.rows[begin : begin + step].T
            top = np.argpartition(-reach, min(count, reach.shape[1]) - 1)[:, :count]
            best = np.hstack([best, np.take_along_axis(reach, top, axis=1)])
            who = np.hstack([who, top + begin])
            order = np.argsort(-best, axis=1, kind="stable")[:, :count]
            best = np.take_along_axis(best, order, axis=1)
            who = np.take_along_axis(who, order, axis=1)
        return best, who
